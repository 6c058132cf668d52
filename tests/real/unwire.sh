#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# unwire: lines of the module that "privtmp wire" has not written: unwire names each, and fails, and
# the package is not removed.

# shellcheck source-path=SCRIPTDIR disable=SC2016,SC2119 # inner shells; table without arguments
. "$(dirname "$0")/../kit/tap.sh"
need su
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../kit/command.sh"
pamd=/etc/pam.d
prerm=$(dirname "$0")/../../conf/packaging/debian/libpam-privtmp.prerm
by_hand='this line of pam_privtmp.so stays; take this line out by hand'
line='session required pam_privtmp.so'

# The host's own files have the line already.
sed -i '/^[^#]*pam_privtmp\.so/d' "$pamd"/*
cp -a "$pamd" "$tap/before"

# number FILE: that of its last line.
number() {
        wc -l <"$1"
}

# complain_lines: unwire fails, and what it complains of is in a file.
complain_lines() {
        exits 1 "$command" unwire 2>"$tap/lines"
}

# gives_back: all files are as they were before anything was added.
gives_back() {
        cp -a "$tap/before/." "$pamd/" && diff -r "$tap/before" "$pamd"
}

# removal: what dpkg runs before it removes the package.
removal() {
        PATH=$tap:$PATH sh "$prerm" remove
}

# is_kept PATTERN...: the removal is refused, and each pattern is in what it says.
is_kept() {
        exits 1 removal >"$tap/out" 2>&1 || return 1
        for pattern in "$@"; do
                says "$pattern" cat "$tap/out" || return 1
        done
}

table
check "without a line there is nothing to do" prints 0 'nothing to do' "$command" unwire
check "and the package can be removed" removal

# ------------------------------------------------------------------ files that wire does not know

for file in common-session common-session-noninteractive runuser vsftpd systemd-user odd; do
        echo "$line" >>"$pamd/$file"
        left="privtmp: $pamd/$file:$(number "$pamd/$file"): $by_hand"
        check "a line in $file is left" complains 1 "$left" "$command" unwire
        check "also --dry-run says so" complains 1 "$left" "$command" unwire -n
        check "the package stays, and says why" is_kept "$left" '^Take out by hand'
        [ -e "$tap/before/$file" ] || rm "$pamd/$file"
        check "without it all is well" gives_back
done
for copy in su.dpkg-old su~; do
        echo "$line" >"$pamd/$copy"
        check "PAM does not read $copy" prints 0 'nothing to do' "$command" unwire
        rm "$pamd/$copy"
done
printf 'session optional pam_privtmp.so \\\n\nsession optional pam_permit.so\n' >>"$pamd/common-session"
check "a line that releases of PAM read in two ways may be ours: unwire fails" exits 1 "$command" unwire
check "and names it" says "^privtmp: $pamd/common-session:[0-9]*: not every release of PAM " "$command" unwire
check "without that, all is well" gives_back
echo '#session required pam_privtmp.so' >>"$pamd/common-session"
check "a comment is no line" prints 0 'nothing to do' "$command" unwire
check "all is as before" gives_back

"$command" wire su >/dev/null
check "the package stays where wire has written a line" is_kept "^$pamd/su is still wired\$" \
        '^Run "privtmp unwire" first, then remove the package[.]$'
echo "$line" >>"$pamd/common-session"
echo "-session optional /lib/security/pam_privtmp.so debug" >>"$pamd/odd"
check "two lines in two files: unwire fails" complain_lines
check "su has lost the line of wire's nevertheless" cmp "$tap/before/su" "$pamd/su"
check "both lines are named, each once, though all services include the one" same \
        "privtmp: $pamd/common-session:$(number "$pamd/common-session"): $by_hand
privtmp: $pamd/odd:1: $by_hand" "$(sort "$tap/lines")"
rm "$pamd/odd"
check "all is as before again" gives_back

# ------------------------------------------------------------------ named services

echo "$line" >>"$pamd/common-session"
left="privtmp: $pamd/common-session:$(number "$pamd/common-session"): $by_hand"
check "a service that is named has it from a file that it includes" says "^$left\$" "$command" unwire su
check "and unwire fails" exits 1 "$command" unwire su
gives_back >/dev/null
echo "$line" >>"$pamd/runuser"
check "another service's line is nothing to one that is named" exits 0 "$command" unwire su
gives_back >/dev/null
"$command" wire su >/dev/null
check "su-l has its line from su" says \
        "^privtmp: $pamd/su:[0-9]*: this line of pam_privtmp.so stays; name its service, too\$" \
        "$command" unwire su-l
check "both together can be unwired" exits 0 "$command" unwire su su-l
check "all is as before then" gives_back

# ------------------------------------------------------------------ files that wire knows

"$command" wire cron >/dev/null
for file in su sshd; do
        sed -i '1i session optional pam_privtmp.so' "$pamd/$file"
done
echo "$line" >>"$pamd/common-session"
check "a line by hand in files that wire knows" complain_lines
for file in su sshd; do
        check "names that in $file" says "^privtmp: $pamd/$file:1: .*; take it out by hand first\$" \
                cat "$tap/lines"
done
check "and that in a file that wire does not know" says "^$left\$" cat "$tap/lines"
check "these are all" same 3 "$(number "$tap/lines")"
check "no file is changed then" grep -q 'pam_privtmp' "$pamd/cron"
check "the package stays, and says where" is_kept "$pamd/su:1: " "$pamd/sshd:1: " "$left"
cp -a "$tap/before/su" "$tap/before/sshd" "$tap/before/common-session" "$pamd/"
check "without these lines it is unwired" exits 0 "$command" unwire
check "after all this all is as before" gives_back
check "and the package can be removed then" removal

# Whose package has gone is none of ours, and a line that is taken out may let everybody in.
printf 'auth required pam_permit.so\n@include gone-with-its-package\n' >"$pamd/orphan"
check "a service that includes a file which is not there keeps nothing" \
        prints 0 "nothing to do" "$command" unwire
check "and the package can be removed" removal
rm "$pamd/orphan"

# ------------------------------------------------------------------ other folders

# vendor COMMAND...: with files of ours in /usr/lib/pam.d alone.
vendor() {
        unshare -m sh -c '
                mkdir -p "$0" && mount --bind "$0" /usr/lib/pam.d || exit 99
                "$@"' "$tap/vendor" "$@"
}

if [ -d /usr/lib/pam.d ]; then
        mkdir "$tap/vendor"
        echo "$line" | tee "$tap/vendor/odd" >"$tap/vendor/su"
        check "a file in /usr/lib/pam.d counts, but where one in /etc/pam.d stands for it" \
                complains 1 "privtmp: /usr/lib/pam.d/odd:1: $by_hand" vendor "$command" unwire
fi

finish
