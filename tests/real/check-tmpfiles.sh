#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# check-tmpfiles: privtmp check: what it says of rules of tmpfiles.d, and what systemd-tmpfiles does.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../kit/tap.sh"
need systemd-tmpfiles
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../kit/check.sh"

here=/etc/tmpfiles.d/test.conf
old=aAmM:30d

# is_left_alone: what is old in an instance, by systemd-tmpfiles.
is_left_alone() {
        mkdir -p "$base/1000/aaaaaa/root"
        echo x >"$base/1000/aaaaaa/root/file"
        find "$base" -exec touch -d '2 years ago' {} +
        systemd-tmpfiles --clean --prefix=/var/lib
        [ -d "$base" ] || mkdir -m 700 "$base"
        test -e "$base/1000/aaaaaa/root/file"
}

rules() {
        mkdir -p /etc/tmpfiles.d /run/tmpfiles.d
        printf '%s\n' "$@" >"$here"
}

# reach FILE LINE
reach() {
        echo "warning: $1:$2: it would delete by age what is in the base $base; write a line \"x BASE/*\" into a file of /etc/tmpfiles.d"
}

# spares NAME RULE...: for us, and for systemd-tmpfiles.
spares() {
        name=$1
        shift
        [ $# = 0 ] || rules "$@"
        check "tmpfiles: $name: nothing" finds 0 "$nothing"
        check "tmpfiles: $name: and so it is" is_left_alone
}

# reaches NAME RULE...: the first of them.
reaches() {
        name=$1
        shift
        [ $# = 0 ] || rules "$@"
        check "tmpfiles: $name: is told" finds 0 "$(reach "${file:-$here}" 1)"
        check "tmpfiles: $name: and so it is" not is_left_alone
}

# A base that lies with others, and is not to be blamed for that.
if mountpoint -q "$base"; then
        spares "a rule for what is above a mount" "d /var/lib - - - $old"
        umount "$base"
fi
[ -d "$base" ] || mkdir -m 700 "$base"
mount -t tmpfs tmpfs /var/log

reaches "a rule for the base" "d $base - - - $old"
reaches "a rule for what is above" "d /var/lib/ - - - $old"
reaches "a rule in quotes" "d \"/var/lib\" - - - \"$old\""
reaches "a pattern that the base matches" "e /var/lib/p* - - - $old"
reaches "a pattern for what is in it" "e $base/[0-9]* - - - $old"
spares "no age" "d /var/lib - - -" "e /var/lib/p* - - - -"
spares "a comment" "#d /var/lib - - - $old"
spares "at boot only" "d! /var/lib - - - $old"
spares "a rule for something else" "d /var/lib/privtm - - - $old" "e /var/l?b/q* - - - $old"
spares "a pattern where patterns mean nothing" "d /var/l?b - - - $old"
spares "an x for the base" "d /var/lib - - - $old" "x $base"
spares "an x for what is in it" "d $base - - - $old" "x $base/*"
spares "another rule for the base" "d /var/lib - - - $old" "z $base 0700 root root"
reaches "an x for the base, and a rule for it" "d $base - - - $old" "x $base"
reaches "an x for something else" "d /var/lib - - - $old" "x /var/lib/*/privtmp"
spares "the first of two rules counts" "d $base - - - -" "d $base - - - $old"

rules "# nothing"
file=/run/tmpfiles.d/run.conf
echo "d /var/lib - - - $old" >"$file"
reaches "a rule in /run"
: >/etc/tmpfiles.d/run.conf
spares "a file of that name in /etc stands for it"
rm /etc/tmpfiles.d/run.conf
ln -s /dev/null /etc/tmpfiles.d/run.conf
spares "so does a link to /dev/null"
echo "x $base" >/etc/tmpfiles.d/aa.conf
rm /etc/tmpfiles.d/run.conf
spares "an x in another file"
rm /etc/tmpfiles.d/aa.conf /run/tmpfiles.d/run.conf
rules "d /var/lib - - - $old"
echo "d /var/lib - - - -" >/run/tmpfiles.d/aa.conf
spares "the first file of all folders, by its name, counts"
rm /run/tmpfiles.d/aa.conf

# empties RULE: at boot systemd-tmpfiles does, and we tell of it.
mkdir -p /var/spool/d0/d1
table "$base /var/spool/d0/d1 * keep=1d" "$base /tmp bob keep=1d" "$base /var/tmp carol"
empties() {
        echo "$1" >"$here"
        check "tmpfiles: $1: is told" finds 0 \
                "warning: $conf:1: $here:1 empties /var/spool/d0/d1 at boot, but this line keeps it over a boot; take keep= out"
        touch /var/spool/d0/d1/file
        systemd-tmpfiles --remove --boot --prefix=/var/spool
        check "tmpfiles: $1: and so it is" not test -e /var/spool/d0/d1/file
}
# fills RULE: at boot it does not.
fills() {
        echo "$1" >"$here"
        mkdir -p /var/spool/d0/d1
        check "tmpfiles: $1: nothing" finds 0 "$nothing"
        touch /var/spool/d0/d1/file
        systemd-tmpfiles --remove --boot --prefix=/var/spool
        check "tmpfiles: $1: and so it is" test -e /var/spool/d0/d1/file
}
empties 'D /var/spool/d0/d1 0777 root root -'
empties 'D! /var/spool/d0/d1 0777 root root -'
empties 'D /var/spool/d0 0755 root root 10d'
fills 'd /var/spool/d0/d1 0777 root root -'
fills 'D /var/spool/d0/d1/below 0777 root root -'
echo 'd /var/spool/d0/d1' >/run/tmpfiles.d/aa.conf
fills 'D /var/spool/d0/d1 0777 root root -'
rm /run/tmpfiles.d/aa.conf
printf 'D /tmp 1777 root root -\nD /var/tmp 1777 root root -\n' >"$here"
check "tmpfiles: where a boot ends keep=, or nothing is kept: nothing" finds 0 "$nothing"
rm -r /var/spool/d0 "$here"
umount /var/log
rm -r "$base/1000"
as_before

finish
