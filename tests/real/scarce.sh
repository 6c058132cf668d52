#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# system-scarce: what others hold or fill, and what a group of processes may use: locks, the disk of
# the base, the folder of the records, memory and processes of a cgroup. In each su and sudo show
# the /tmp that the table says, or refuse; see kit/whose.sh.

. "$(dirname "$0")/../kit/tap.sh"
. "$(dirname "$0")/../kit/whose.sh"
need su sudo setpriv flock

users='alice bob root'

# begin TABLE: sessions of all, and their marks.
begin() {
        case $1 in
        shipped) table ;;
        all) table "$base /tmp *" ;;
        esac
        for user in $users; do
                [ "$1 $user" != 'shipped root' ] || continue
                start_session "$user" su "$user"
                in_session "$user" "touch /tmp/mark-of-$user"
        done
}

end() {
        for user in $users; do
                [ "$1 $user" != 'shipped root' ] || continue
                end_session "$user"
        done
}

# all_right NAME: "works:..." must not be refused.
all_right() {
        log_mark
        in_session alice "/srv/bin/try $1 env" >"$tap/inside"
        outside "/srv/bin/try $1 env" >"$tap/outside"
        for place in inside outside; do
                check "$table table, $place, $1: everybody finds what the table says" \
                        same "6 " "$(wc -l <"$tap/$place") $(wrong "$table" "$place" <"$tap/$place")"
        done
        check "$table table, $1: root is not let in for it" not log_says 'root is let in'
}

# hold FILE...: its lock, as a su that was stopped in the middle.
hold() {
        for file in "$@"; do
                [ -e "$file" ] || continue
                (exec 8<"$file"; flock -x 8; exec sleep infinity) &
                holders="$holders $!"
                wait_for not flock -n -x "$file" true
        done
}

let_go() {
        for holder in $holders; do
                kill "$holder"
                wait "$holder" || true
        done
        holders=
}

# fill FOLDER: until no more goes in, by size and by number.
fill() {
        dd if=/dev/zero of="$1/.fill" bs=64k 2>/dev/null || true
        n=0
        while true >"$1/.fill.$n"; do
                n=$((n + 1))
        done 2>/dev/null
}

holders=

touch /tmp/mark-of-system
# Small ones can be filled.
mount -t tmpfs -o mode=700,size=8M,nr_inodes=400 tmpfs "$base"
mkdir -m 700 /run/privtmp
mount -t tmpfs -o mode=700,size=64k,nr_inodes=60 tmpfs /run/privtmp

for table in shipped all; do
        begin "$table"
        all_right works:nothing
        hold "$base/0" "$base/1001" "$base/1002" /run/privtmp
        all_right works:locked
        fill "$base"
        all_right works:locked-and-full
        check "$table table, works:locked-and-full: what is new is in memory" \
                log_says ' is in memory .* No space left on device'
        let_go
        all_right works:full
        fill /run/privtmp
        all_right works:full-records
        rm -f "$base"/.fill* /run/privtmp/.fill*
        all_right works:again
        end "$table"
done

# ------------------------------------------------------------------ a cgroup

# set_limit CONTROLLER FILE FILE VALUE: makes $group, with the limit by the file of version 1 or 2.
set_limit() {
        if [ -d "/sys/fs/cgroup/$1" ]; then
                group=$(mktemp -d -p "/sys/fs/cgroup/$1")
                echo "$4" >"$group/$2"
        else
                group=$(mktemp -d -p /sys/fs/cgroup)
                echo "$4" >"$group/$3"
        fi
}

# limited: alice's calls in the group; what it has no room for is killed, or not even begun.
limited() {
        sh -c "echo \$\$ >$group/cgroup.procs
                exec setpriv --reuid=1001 --regid=1001 --clear-groups /srv/bin/try any:cgroup env" \
                2>/dev/null || true
        wait_for rmdir "$group"
}

for table in shipped all; do
        begin "$table"
        log_mark
        for kib in 1000 1500 2000 3000 4000 6000 8000 16000 64000; do
                set_limit memory memory.limit_in_bytes memory.max $((kib * 1024))
                limited
        done >"$tap/answers"
        check "$table table, memory of a cgroup: nobody finds what is another's" \
                same "" "$(wrong "$table" outside <"$tap/answers")"
        check "$table table, memory of a cgroup: with enough of it all works" \
                not grep -q refused "$(tail -n 6 "$tap/answers" >"$tap/last"; echo "$tap/last")"
        for pids in 2 3 4 5 6 8 10 40; do
                set_limit pids pids.max pids.max "$pids"
                limited
        done >"$tap/answers"
        check "$table table, processes of a cgroup: nobody finds what is another's" \
                same "" "$(wrong "$table" outside <"$tap/answers")"
        check "$table table, cgroups: root is not let in for it" not log_says 'root is let in'
        end "$table"
done

finish
