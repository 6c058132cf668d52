#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# system-tmpfiles: systemd-tmpfiles makes the base, and no rule with an age takes an instance apart.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../kit/tap.sh"

need systemd-tmpfiles faketime su

rules=$(cd "$(dirname "$0")/../../conf/tmpfiles.d" && pwd -P)/privtmp.conf
# What a distribution might have: all below a parent of the base, or in folders there, goes when
# it is 30 days old. By its times of reading and change of contents alone, since that of the inode
# can't be set back.
ageing=$tap/ageing.conf
cat >"$ageing" <<EOS
d /var/lib - - - aAmM:30d
e /var/lib/p*  - - - aAmM:30d
EOS

is_closed() {
        same "700 root root" "$(stat -c '%a %U %G' "$1")"
}

make_old() {
        find "$1" -exec touch -h -d '2 years ago' {} +
}

things() {
        find "$base" -printf '%P %y %m %U\n' | sort
}

rm -rf "$base" /run/privtmp
check "systemd-tmpfiles takes the rules" systemd-tmpfiles --create "$rules"
check "it makes the base" is_closed "$base"
check "it makes the folder of the records" is_closed /run/privtmp

chmod 755 "$base"
chown alice:alice "$base"
systemd-tmpfiles --create "$rules"
check "a base that others could enter is closed again" is_closed "$base"

start_session one su - alice
in_session one 'mkdir -p /tmp/a/b && echo text >/tmp/a/b/file'
mkdir "$base/.trash"
mkdir -p /var/lib/other/old
make_old "$base"
make_old /var/lib/other
things >"$tap/before"

systemd-tmpfiles --clean "$rules" "$ageing"
things >"$tap/after"
check "the made-up rule removes what is old" test ! -e /var/lib/other/old
check "an old instance stays whole" diff "$tap/before" "$tap/after"
check "the user's file is there" same text "$(in_session one 'cat /tmp/a/b/file')"

systemd-tmpfiles --create --remove --boot "$rules" "$ageing"
things >"$tap/after"
check "it stays whole at boot" diff "$tap/before" "$tap/after"

make_old "$base"
systemd-tmpfiles --clean "$ageing"
things >"$tap/after"
check "without our rules it would not have stayed" not diff "$tap/before" "$tap/after"

end_session one

# ------------------------------------------------------------------ ageing, if it is wanted

# The line that the file has as a comment, by a clock that is ten days ahead, and more.
sed -n 's/^#e /e /p' "$rules" >"$tap/age.conf"
age() {
        NO_FAKE_STAT=1 faketime "+$1 days" systemd-tmpfiles --clean "$rules" "$tap/age.conf"
}
rm -rf "$base"
start_session two su - alice
in_session two 'mkdir -p /tmp/dir && echo text >/tmp/dir/file && ln -s /etc/passwd /tmp/link'
find "$base" -path '*/root' -prune -o -printf '%P %y %m %U\n' | sort >"$tap/before"
age 9
check "the line for ageing leaves what is nine days old" same text "$(in_session two 'cat /tmp/dir/file')"
age 11
check "what is eleven days old goes" in_session two '! ls -A /tmp | grep .'
find "$base" -path '*/root' -prune -o -printf '%P %y %m %U\n' | sort >"$tap/after"
check "instances themselves stay whole" diff "$tap/before" "$tap/after"
check "the session can write" in_session two 'touch /tmp/new'

end_session two
check "and its end removes all" same 0 "$(find "$base" -name root | wc -l)"
finish
