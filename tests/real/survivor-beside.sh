#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# survivor-beside: what is kept in memory beside lines on disk, with nofail, of nested sessions, and
# whatever is killed in whatever order.
#
# shellcheck disable=SC2016 # for the sessions' shells

. "$(dirname "$0")/../kit/tap.sh"
. "$(dirname "$0")/../kit/survivor.sh"
need sshd ssh su sudo unshare runuser script
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../kit/command.sh"

mounts=$(cat /proc/self/mountinfo)
start_sshd

# nothing_is_left: of sessions and what they had; nothing is running any more.
nothing_is_left() {
        "$command" clean >/dev/null &&
                same "" "$(find /run/privtmp "$base" -mindepth 1 ! -name '*.lock' ! -name '100?' \
                        ! -name '.trash' ! -name '.work' ! -name '.stuck' 2>/dev/null)"
}

# ------------------------------------------------------------------ lines on disk beside it

mkdir -m 1777 /srv/disk
table 'tmpfs /tmp *,!root size=16M' '/var/lib/privtmp /srv/disk *,!root' \
        'tmpfs /dev/shm *,!root size=2M'
# what a session finds: its files, and the device of /tmp
finds='echo $(cat /tmp/file /srv/disk/file /dev/shm/file) $(stat -c %Hd:%Ld /tmp)'
leave beside 'for d in /tmp /srv/disk /dev/shm; do echo $d >$d/file; done'
kept=$(device alice)
all="/tmp /srv/disk /dev/shm $kept"
check "beside a disk: ssh finds all" same "$all" "$(as_ssh alice "$finds")"
check "beside a disk: so does su" same "$all" "$(su alice -c "$finds")"
start_session alice su alice
check "beside a disk: and a session that joins one" same "$all" "$(su alice -c "$finds")"
end_session alice
check "beside a disk: there is one instance" has_instances alice 1
check "beside a disk: and a note of each in memory" notes 2
end beside
check "beside a disk: when it has ended, all are empty" \
        same "" "$(su alice -c 'ls -A /tmp /srv/disk /dev/shm | grep -v :')"
check "beside a disk: and nothing is left" wait_for nothing_is_left

# What hides one of them hides no other.
leave hides 'for d in /tmp /srv/disk /dev/shm; do echo $d >$d/file; done; mount -t tmpfs none /tmp' \
        unshare -Urm
check "one is hidden: the others are found" same '/srv/disk /dev/shm' \
        "$(su alice -c 'echo $(cat /tmp/file /srv/disk/file /dev/shm/file 2>/dev/null)')"
leave again 'echo more >/tmp/file; mount -t tmpfs none /tmp' unshare -Urm
check "two are hidden: the login is refused" not su alice -c true
check "two are hidden: it has left no mount, and nothing of the others" \
        same "$mounts" "$(cat /proc/self/mountinfo)"
end again
check "one is hidden again: the others are found" same '/srv/disk /dev/shm' \
        "$(su alice -c 'echo $(cat /tmp/file /srv/disk/file /dev/shm/file 2>/dev/null)')"
end hides
check "none is hidden: all are empty" \
        same "" "$(su alice -c 'ls -A /tmp /srv/disk /dev/shm | grep -v :')"
check "none is hidden: and nothing is left" wait_for nothing_is_left

# ------------------------------------------------------------------ nofail

table 'tmpfs /tmp *,!root size=16M,nofail'
touch /tmp/system
leave nofail 'echo kept >/tmp/file'
check "nofail: what is kept is found" same 'kept' "$(su alice -c 'ls /tmp | grep -v file; cat /tmp/file')"
end nofail
check "nofail: when it has ended, it is gone" same "" "$(su alice -c 'ls -A /tmp')"
for name in one two; do
        leave $name "echo $name >/tmp/file; mount -t tmpfs none /tmp" unshare -Urm
done
log_mark
check "nofail: more is hidden than may be, and ssh goes on, with the system directory" \
        says '^system$' as_ssh alice 'ls /tmp'
check "nofail: the log says so, and what ends it" wait_for log_says \
        'nofail, /tmp is not private: .*uid 1001 keep 2 file systems in memory from /tmp .* end them'
check "nofail: whoever calls su has brought that about, and is refused" \
        not su bob -c 'script -qec "su alice -c true" /dev/null'
check "nofail: bob has his own" same "" "$(su bob -c 'ls -A /tmp')"
end one
check "nofail: when one has ended, the login has one of its own" same "" "$(su alice -c 'ls -A /tmp')"
end two
check "nofail: nothing is left" wait_for nothing_is_left
rm /tmp/system

# ------------------------------------------------------------------ nested

table 'tmpfs /tmp *,!root size=16M' 'inherit /tmp root'

# leave_nested NAME COMMAND: what bob has started within alice's session stays when both have ended.
leave_nested() {
        start_session alice su alice
        in_session alice 'echo hers >/tmp/file'
        in_session alice "$2 'cd; setsid /run/stay $1 \"echo his >/tmp/file\" >/dev/null 2>&1 </dev/null &'"
        wait_for test -e "/home/bob/began-$1"
        end_session alice
}

# end_nested NAME
end_nested() {
        end_pid=$(cat "/home/bob/began-$1")
        runuser -u bob -- touch "/home/bob/end-$1"
        wait_for not kill -0 "$end_pid"
        rm "/home/bob/ended-$1"
}

for way in 'su bob -c' 'sudo -u bob sh -c' 'sudo su bob -c'; do
        leave_nested nested "$way"
        check "nested, $way: bob finds it by su" same his "$(su bob -c 'cat /tmp/file')"
        check "nested, $way: by ssh" same his "$(as_ssh bob 'cat /tmp/file')"
        check "nested, $way: within a session of alice's" \
                same his "$(su alice -c "$way 'cat /tmp/file'")"
        check "nested, $way: there root has what is alice's" \
                same "" "$(su alice -c 'sudo ls -A /tmp')"
        check "nested, $way: alice's is empty" same "" "$(su alice -c 'ls -A /tmp')"
        end_nested nested
        check "nested, $way: when it has ended, it is gone" same "" "$(su bob -c 'ls -A /tmp')"
        check "nested, $way: and nothing is left" wait_for nothing_is_left
done

# What alice keeps is hers within bob's session, too.
leave inner 'echo hers >/tmp/file'
start_session bob su bob
in_session bob 'echo his >/tmp/file'
check "within bob's session, su finds what alice keeps" \
        same hers "$(in_session bob 'script -qec "su alice -c \"cat /tmp/file\"" /dev/null' | tr -d '\r')"
check "and bob has his still" same his "$(in_session bob 'cat /tmp/file')"
end inner
end_session bob
check "within bob's session: nothing is left" wait_for nothing_is_left

# ------------------------------------------------------------------ kill -9

# begin_three: three sessions, each in a namespace of its own, have one tmpfs. Of the first two only
# the shells are left.
begin_three() {
        for i in 1 2 3; do
                start_session $i su alice
                su3=$(cat "$tap/$i/pid")
                eval "shell$i=$(in_session $i 'echo $$')"
                [ $i = 3 ] || kill -KILL "$su3"
        done
        in_session 2 'echo kept >/tmp/file'
}

# All orders of four.
for order in '1 2 3 s' '1 2 s 3' '1 3 2 s' '1 3 s 2' '1 s 2 3' '1 s 3 2' \
             '2 1 3 s' '2 1 s 3' '2 3 1 s' '2 3 s 1' '2 s 1 3' '2 s 3 1' \
             '3 1 2 s' '3 1 s 2' '3 2 1 s' '3 2 s 1' '3 s 1 2' '3 s 2 1' \
             's 1 2 3' 's 1 3 2' 's 2 1 3' 's 2 3 1' 's 3 1 2' 's 3 2 1'; do
        begin_three
        found=''
        for who in $order; do
                found="$found $(su alice -c 'cat /tmp/file 2>&1' || true)"
                case $who in
                s) kill -KILL "$su3" 2>/dev/null || true ;; # it ends with its shell
                *) eval "kill -KILL \$shell$who"; eval "wait_for not kill -0 \$shell$who" ;;
                esac
        done
        for i in 1 2 3; do
                end_session $i
        done
        check "kill -9, in the order $order: each login finds it, as long as anybody is left" \
                says '^ kept kept kept \(kept\|cat: .*\)$' echo "$found"
        check "kill -9, in the order $order: then it is gone" same "" "$(su alice -c 'ls -A /tmp')"
done
check "kill -9: nothing is left" wait_for nothing_is_left
check "in the end the host's mounts are the same" same "$mounts" "$(cat /proc/self/mountinfo)"

finish
