#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# system-scarce: what others hold or fill, and what a group of processes may use: locks, openers that
# were stopped, the disk of the base, the folder of the records, memory and processes of a cgroup. In
# each su and sudo show the /tmp that the table says, or refuse; see kit/whose.sh.

. "$(dirname "$0")/../kit/tap.sh"
. "$(dirname "$0")/../kit/whose.sh"
need su sudo setpriv flock strace pgrep

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

# stop USER...: a su of each, behind its record, with all the locks of an open.
stop() {
        for user in "$@"; do
                rm -f "$tap/stopped"
                strace -qq -o "$tap/stopped" -e trace=symlinkat -e inject=symlinkat:signal=STOP \
                        su "$user" -c true &
                wait_for grep -q 'stopped by SIGSTOP' "$tap/stopped"
                holders="$holders $(pgrep -P $!) $!"
                check "$table table, $user: a stopped su has the lock" \
                        not flock -n -x "$base/$(id -u "$user")" true
        done
}

let_go() {
        for holder in $holders; do
                kill -KILL "$holder" || true # with its child strace ends
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
        case $table in
        shipped) stop alice bob ;;
        all) stop alice bob root ;;
        esac
        all_right works:openers-stopped
        let_go
        for uid in 0 1001 1002; do
                touch "/run/privtmp/$uid.records"
                hold "$base/$uid" "/run/privtmp/$uid.records"
        done
        all_right works:locked
        fill "$base"
        all_right works:locked-and-full
        check "$table table, works:locked-and-full: what is new is in memory" \
                log_says ' is in memory .* No space left on device'
        let_go
        all_right works:full
        fill /run/privtmp
        all_right works:full-records
        rm -f "$base"/.fill* /run/privtmp/.fill* /run/privtmp/*.records
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

# limited PLACE: alice's calls in the group; what it has no room for is killed, or not even begun.
limited() {
        rm -f /srv/said/who /srv/said/go
        "in_$1" 'sh -c "echo \$\$ >/srv/said/who.new; mv /srv/said/who.new /srv/said/who
                until [ -e /srv/said/go ]; do sleep 0.05; done
                exec /srv/bin/try any:cgroup env"' 2>/dev/null &
        limited=$!
        wait_for test -e /srv/said/who
        cat /srv/said/who >"$group/cgroup.procs"
        touch /srv/said/go
        wait "$limited" || true
        wait_for rmdir "$group"
}

in_outside() {
        outside "$1" || true
}

in_inside() {
        in_session alice "{ $1; } 2>/dev/null" || true
}

for table in shipped all; do
        begin "$table"
        log_mark
        for place in outside inside; do
                name="$table table, $place"
                for kib in 1000 1500 2000 3000 4000 6000 8000 16000 64000; do
                        set_limit memory memory.limit_in_bytes memory.max $((kib * 1024))
                        limited "$place"
                done >"$tap/answers"
                check "$name, memory of a cgroup: nobody finds what is another's" \
                        same "" "$(wrong "$table" "$place" <"$tap/answers")"
                check "$name, memory of a cgroup: with enough of it all works" \
                        same 6 "$(tail -n 6 "$tap/answers" | grep -vc refused)"
                for pids in 2 3 4 5 6 8 10 40; do
                        set_limit pids pids.max pids.max "$pids"
                        limited "$place"
                done >"$tap/answers"
                check "$name, processes of a cgroup: nobody finds what is another's" \
                        same "" "$(wrong "$table" "$place" <"$tap/answers")"
                check "$name, processes of a cgroup: with enough of them all works" \
                        same 6 "$(tail -n 6 "$tap/answers" | grep -vc refused)"
        done
        check "$table table, cgroups: root is not let in for it" not log_says 'root is let in'
        end "$table"
done

finish
