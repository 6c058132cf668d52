#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# quota: size= and nr_inodes= on a disk, on real file systems with user quotas.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/kit.sh"

base=/var/lib/privtmp
conf=/etc/security/privtmp.conf

# disk KIND OPTION: a fresh file system of that kind on the base, mounted with the option.
disk() {
        ! mountpoint -q "$base" || umount "$base"
        rm -f /var/tmp/disk
        truncate -s 400M /var/tmp/disk
        case $1 in
        ext4) mke2fs -q -t ext4 -O quota,project -E quotatype=usrquota /var/tmp/disk ;;
        xfs) mkfs.xfs -q /var/tmp/disk ;;
        esac
        mkdir -p "$base"
        mount -t "$1" -o "loop,$2" /var/tmp/disk "$base"
        chmod 700 "$base"
        restorecon -RF "$base"
}

table() {
        printf '%s\n' "$@" >"$conf"
}

# write USER MIB FILE: a login of that user that writes so much; what it says is about the limit, and last
# how much there is. (On xfs, who has reached it can't make a file, either.)
write() {
        as_ssh "$1" "head -c $2M /dev/zero 2>&1 >/tmp/$3 | cat; stat -c %s /tmp/$3 || echo 0"
}

# is_over USER: nothing of an earlier login takes space. (ssh ends before its session.)
is_over() {
        wait_long ssh_is_over "$1"
        privtmp clean >"$tap/cleaned"
}

# holds USER MIB FILE: the login could write all of it.
holds() {
        is_over "$1"
        same "$(($2 * 1024 * 1024))" "$(write "$1" "$2" "$3")"
}

# is_limited USER MIB LIMIT FILE: it could not, for the limit, which is in MiB.
is_limited() {
        write "$1" "$2" "$4" >"$tap/written" 2>&1 || true
        cat "$tap/written"
        grep -q "Disk quota exceeded" "$tap/written" &&
                [ "$(tail -n 1 "$tap/written")" -le "$(($3 * 1024 * 1024))" ]
}

# use USER: what the kernel counts for the user, and the limit, in bytes.
use() {
        privtmp list -nb -o USE,LIMIT "$1" | tail -n 1 | sed 's/^ *//; s/  */ /'

}

# is_between MIN LIMIT "USE LIMIT"
is_between() {
        echo "$3"
        [ "${3##* }" = "$2" ] || return 1
        taken=$(echo "$3" | sed 's/^ *//; s/ .*//')
        [ "$taken" -ge "$1" ] && [ "$taken" -le "$2" ]
}

# hand_over FILE: alice writes to a file of bob's that was opened for her.
hand_over() {
        before=$(use bob)
        # a shell opens with O_CREAT, which Linux refuses root for a user's file in such a directory
        perl -e 'open(STDOUT, "+<", shift) or die; exec "su", "alice", "-c", "head -c 1M /dev/zero"' \
                "$1"
        is_between "$((${before%% *} + 1048576))" 20971520 "$(use bob)"
}

# give_away FILE: a set-uid program of root's, which no limit binds, gives 10 MiB of alice's to bob.
give_away() {
        before=$(use bob)
        as_ssh alice "truncate -s 10M $1 && /usr/local/bin/give $1"
        is_between "$((${before%% *} + 10485760))" 20971520 "$(use bob)"
}

# xfs_quota(8) knows ext4, too. In KiB: "privtmp list" has no line for a user who has no instance.
limit_of() {
        xfs_quota -f -x -c "quota -u -b -N -v $1" "$base" | awk '{ print $4 }'
}

setquota() {
        xfs_quota -f -x -c "limit -u bhard=$2 ihard=$3 $1" "$base"
}

install_privtmp
systemd-tmpfiles --create privtmp.conf
load_our_policy
wire sshd su
modprobe loop
echo 'int main(int argc, char **argv) { return argc != 2 || chown(argv[1], 1002, 1002); }' |
        gcc -include unistd.h -o /usr/local/bin/give -x c -
chmod 4755 /usr/local/bin/give

try() {
        kind=$1
        option=$2
        disk "$kind" "$option"

        # ---------------------------------------------------------- one limit for each user
        table "$base /tmp *,!root size=20M"
        check "$kind: nothing is wrong with the line" privtmp check --conf "$conf"
        check "$kind: a user writes up to the limit" is_limited alice 30 20 big
        check "$kind: another one has a limit of their own" holds bob 10 big
        stay alice 'head -c 30M /dev/zero >/tmp/big; true' >/dev/null
        check "$kind: in a second session it is the same" is_limited alice 30 20 more
        check "$kind: list tells what is taken and what may be" \
                is_between 20000000 20971520 "$(use alice)"
        log_mark
        check "$kind: who is at the limit is let in" as_ssh alice true
        check "$kind: and the log says so" log_says \
                "$conf:1: the user has reached the limit of size=: nothing can be written to /tmp"

        # ---------------------------------------------------------- who tries to get around it
        check "$kind: another project is no way out" as_ssh alice '
                chattr -p 77 /tmp/big 2>/dev/null || xfs_io -c "chproj 77" /tmp/big 2>/dev/null
                ! head -c 5M /dev/zero >/tmp/another 2>/dev/null'
        check "$kind: neither is a hard link" as_ssh alice '
                ln /tmp/big /tmp/link && rm /tmp/big && ! head -c 5M /dev/zero >/tmp/another 2>/dev/null
                mv /tmp/link /tmp/big'
        check "$kind: nor to give a file away" as_ssh alice '! chown bob /tmp/big 2>/dev/null'
        stay bob 'touch /tmp/handed' >/dev/null
        set -- "$base"/1002/*/root/handed
        check "$kind: a file that another user hands over counts for that user" hand_over "$1"
        check "$kind: so does one that a set-uid program gives away" give_away /tmp/big
        check "$kind: and that user's own limit holds" is_limited bob 12 20 mine
        check "$kind: as does that of the giver" is_limited alice 30 20 again
        leave bob

        # ---------------------------------------------------------- trash
        leave alice
        check "$kind: a full quota keeps nothing from the trash" test ! -e "$base"/1001/*/root/big
        log_mark
        check "$kind: who has it full of trash is let in" as_ssh alice true
        check "$kind: clean removes it" privtmp clean
        check "$kind: and all is free again" holds alice 15 big
        check "$kind: what was given away has gone, too" holds bob 15 big

        # ---------------------------------------------------------- the line changes
        table "$base /tmp *,!root size=40M,nr_inodes=50"
        check "$kind: a changed line holds from the next login on" holds alice 35 big
        check "$kind: nr_inodes= is held" as_ssh alice \
                'seq -f /tmp/%g 60 | xargs touch 2>&1 | grep "Disk quota exceeded"; ls /tmp | wc -l | grep -xE "4[0-9]|50"'
        table "$base /tmp *,!root"
        check "$kind: a line without limits takes them away" holds alice 60 big
        table "$base /tmp *,!root size=10%"
        is_over alice
        check "$kind: percent are of the file system" is_limited alice 60 40 big

        # ---------------------------------------------------------- somebody else's limit
        setquota bob 5m 0
        table "$base /tmp *,!root size=20M"
        log_mark
        as_ssh bob true >/dev/null 2>&1 || true
        check "$kind: a limit of somebody else's is not changed: the login is denied" log_says \
                "bob is denied: $conf:1: uid 1002 has a limit on $base that somebody else has set"
        check "$kind: it is still there" same 5120 "$(limit_of bob)"
        setquota bob 0 0
        check "$kind: without it bob comes in" holds bob 10 big

        # ---------------------------------------------------------- not in force
        is_over bob
        umount "$base"
        table "$base /tmp *,!root size=20M"
        log_mark
        as_ssh alice true >/dev/null 2>&1 || true
        check "$kind: not mounted: denied, and said" log_says \
                "alice is denied: $conf:1: size= and nr_inodes= need a file system of the base's own"
        mount -o loop /var/tmp/disk "$base"
        log_mark
        as_ssh alice true >/dev/null 2>&1 || true
        check "$kind: without quotas in force: denied, and said" log_says \
                "alice is denied: $conf:1: no user quotas are in force on $base"
        check "$kind: check says it before" \
                says "^fault: $conf:1: no user quotas are in force on $base" privtmp check
        check "$kind: root comes in" as_ssh root true
        umount "$base"
}

try ext4 usrquota
try xfs uquota
unwire
finish
