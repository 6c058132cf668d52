#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# faults-wire: privtmp wire, or unwire, with an error of each system call in turn, and without memory
# for each thing that needs some. Killed at each: real/wire.
#
# usage: faults-wire.sh wire|unwire

# shellcheck source-path=SCRIPTDIR disable=SC2119 # table without arguments
. "$(dirname "$0")/../kit/tap.sh"
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../kit/command.sh"
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../kit/faults.sh"
pamd=/etc/pam.d
journal=/var/lib/misc/privtmp-wire

# A few services, for each that is read makes it longer, without the line that the host's own have.
find "$pamd" -type f ! -name su ! -name su-l ! -name sudo ! -name login ! -name 'common-*' -delete
sed -i '/^[^#]*pam_privtmp\.so/d' "$pamd"/*
mkdir "$tap/none"
[ ! -d /usr/lib/pam.d ] || mount --bind "$tap/none" /usr/lib/pam.d
table
# what runs at close makes a line of ours that closes necessary
echo 'session optional pam_exec.so /bin/true' >>"$pamd/su"
cp -a "$pamd" "$tap/old"
"$command" wire su sudo >/dev/null
cp -a "$pamd" "$tap/new"
cp -a "$journal" "$tap/journal"

state="tree $pamd $journal" # all files, and what is noted about them
clear="rm -rf $journal $pamd/.*.privtmp-wire; cp -a $tap/old/. $pamd"
wired="rm -rf $journal $pamd/.*.privtmp-wire; cp -a $tap/journal $journal; cp -a $tap/new/. $pamd"

# right STATUS WORDS: each file is the old one or the new one, and what is noted tells how it goes on.
# Where the disk may not have it that a file was replaced, the entry stays: the words name the file.
cat >"$tap/right" <<EOS
#!/bin/sh
diff -rq -x '.*' $tap/old $pamd >$tap/not-old
diff -rq -x '.*' $tap/new $pamd | sed 's,$tap/new,$tap/old,' | grep -xF -f $tap/not-old
cd $journal 2>/dev/null || exit
for file in su sudo; do
        [ ! -e \$file.after ] || cmp \$file.after $tap/new/\$file 2>&1
        [ ! -e \$file.after ] || cmp \$file.before $tap/old/\$file 2>&1
        cmp -s $tap/old/\$file $pamd/\$file || [ -e \$file.after ] ||
                echo "\$file is wired, and not noted"
        [ ! -e \$file.after ] || [ -e pending ] || ! cmp -s $tap/old/\$file $pamd/\$file ||
                echo "\$2" | grep -q "^privtmp: can't .* [^ ]*/\$file\\(\.after\\|\\):" ||
                echo "\$file is noted, and not wired"
done
EOS
chmod 755 "$tap/right"
right="$tap/right \"\$@\""

if [ "$1" = wire ]; then
        check "wire: all is done, or nothing and it says why; the next one makes up for it" \
                survives wire "$state" "$clear" "$right" wire su sudo
        check "a dry run changes nothing, whatever fails" \
                survives "wire --dry-run" "$state" "$clear" "$right" wire -n su
        check "one without memory says all that it would do, or why not" \
                survives -m "wire --dry-run" "$state" "$clear" "$right" wire -n su su-l
else
        check "unwire: each file is as it was or as it is to be; the next one makes up for it" \
                survives unwire "$state" "$wired" "$right" unwire
fi

finish
