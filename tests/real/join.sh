#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# system-join: second sessions of a user, by real programs: they are in the first one's namespace,
# or have one of their own where the working directory would be another, or in any other doubt.

. "$(dirname "$0")/../kit/tap.sh"
need su sudo sshd ssh login python3 cron nsenter bindfs

mounts=$(cat /proc/self/mountinfo)
start_sshd
echo secret >/tmp/outside

# What a session says of itself: its namespace, its working directory, its /tmp.
probe='readlink /proc/self/ns/mnt; stat -c "%d:%i" .; stat -c "%d:%i" /tmp'

# line NUMBER TEXT
line() {
        echo "$2" | sed -n "${1}p"
}

here() {
        stat -c '%d:%i' .
}

# session_pid NAME: of the shell in it.
session_pid() {
        # shellcheck disable=SC2016 # that shell's
        in_session "$1" 'echo $$'
}

# ------------------------------------------------------------------ working directories

by_su() {
        su alice -c "$probe"
}

by_sudo() {
        sudo -u alice sh -c "$probe"
}

by_ssh() {
        as_ssh alice "$probe"
}

by_login() {
        as_login alice "{ $probe; } >~/seen"
        cat /home/alice/seen
}

by_cron() {
        mkdir -p /etc/cron.d
        # cron takes a bare % for the end of the line
        echo "@reboot alice { $probe; } >~/seen; touch ~/done" | sed 's/%/\\%/g' >/etc/cron.d/jobs
        rm -f /run/crond.reboot /home/alice/done
        cron -f >"$tap/cron" 2>&1 &
        cron=$!
        wait_for test -e /home/alice/done
        kill "$cron"
        wait "$cron" 2>/dev/null || true
        rm /etc/cron.d/jobs
        cat /home/alice/seen
}

# from WORDS HOW joins|apart same|top|home: a second session of alice's, from the working directory.
from() {
        seen=$("by_$2" 2>"$tap/stderr") # where a shell complains of a deleted directory
        case $3 in
        joins) check "$2 from $1: in the first session's namespace" \
                        same "$ns" "$(line 1 "$seen")" ;;
        apart) check "$2 from $1: in a namespace of its own" not same "$ns" "$(line 1 "$seen")" ;;
        esac
        check "$2 from $1: it has the first session's /tmp" same "$tmp" "$(line 3 "$seen")"
        case $4 in
        same) cwd=$(here) ;;
        top) cwd=$tmp ;;
        home) cwd=$(stat -c '%d:%i' /home/alice) ;;
        esac
        check "$2 from $1: its working directory is the right one ($4)" \
                same "$cwd" "$(line 2 "$seen")"
}

# from_all WORDS joins|apart same|top: by all programs; those that begin at home do so.
from_all() {
        from "$1" su "$2" "$3"
        from "$1" sudo "$2" "$3"
        from "$1" login "$2" home
}

mkdir -m 777 /tmp/sub /srv/desk /srv/real /srv/fuse /srv/gone
mkdir -m 777 /srv/desk/sub
bindfs /srv/real /srv/fuse
log_mark
start_session first ssh alice@127.0.0.1 sh
seen=$(in_session first "$probe")
ns=$(line 1 "$seen")
tmp=$(line 3 "$seen")
check "the first session has a namespace of its own" \
        not same "$(readlink /proc/self/ns/mnt)" "$ns"

from "where the program itself goes" ssh joins home
from "where the program itself goes" cron joins home
cd /
from_all / joins same
cd /home/alice
from_all "the home" joins same
cd /tmp
from_all /tmp joins top
cd /tmp/sub
from_all "a directory below /tmp" joins top
cd /srv/desk/sub
from_all "a directory elsewhere" joins same
cd /srv/fuse
from_all "a FUSE file system" apart same
cd /srv/gone
rmdir /srv/gone
from_all "a deleted directory" apart same
nsenter -t "$(session_pid first)" -m mount -t tmpfs none /srv/desk
cd /srv/desk
from_all "a directory that is covered in the first session" apart same
cd /srv/desk/sub
from_all "a directory below one that is covered in the first session" apart same
from "a directory that is covered in the first session" ssh joins home
cd /

# What is done next, with relative names, is done to what the caller saw.
check "a relative name from a joined session is that of the caller's directory" \
        sh -c 'cd /srv/real; su alice -c "touch by-joined"; test -e /srv/real/by-joined'
check "and from one that did not join as well" \
        sh -c 'cd /srv/desk; su alice -c "touch by-apart"; test -e /srv/desk/by-apart'
check "which is not the directory that the first session has there" \
        same "" "$(in_session first 'ls -A /srv/desk')"
in_session first 'mkdir /srv/desk/mine; touch /srv/desk/mine/file'
# shellcheck disable=SC2016 # that shell's
check "sudo chown -R in the first session is for what the caller saw there" \
        in_session first '(cd /srv/desk/mine; sudo chown -R bob .
                test "$(stat -c %U . file)" = "$(printf "bob\nbob")")'
check "and in a joined session for what was seen there" \
        same bob "$(su alice -c 'cd /srv/desk/mine; stat -c %U file')"
nsenter -t "$(session_pid first)" -m umount /srv/desk
cd /srv/desk
from_all "what was covered there for a while" joins same
cd /
check "nothing of all this was worth a line in the log" not log_says pam_privtmp
end_session first
check "in the end nothing is left" wait_for gone alice
umount /srv/fuse
check "and the host's mounts are the same" same "$mounts" "$(cat /proc/self/mountinfo)"

# ------------------------------------------------------------------ any order

# start_three: one, two and three, by three programs, in one namespace.
start_three() {
        start_session one ssh alice@127.0.0.1 sh
        start_session two su - alice
        start_session three sudo -u alice sh
        in_session one 'echo hello >/tmp/file'
        ns=$(in_session one 'readlink /proc/self/ns/mnt')
}

# is_well NAME: the session sees what it saw before.
is_well() {
        # shellcheck disable=SC2016 # that shell's
        same "$ns hello" "$(in_session "$1" 'echo "$(readlink /proc/self/ns/mnt) $(cat /tmp/file)"')"
}

# kill_opener NAME: by SIGKILL; what runs in the session goes on.
kill_opener() {
        case $1 in
        one) opener=$(grep -las '^sshd[^:]*: alice \[priv\]' /proc/[0-9]*/cmdline |
                sed 's/[^0-9]//g') ;;
        *) opener=$(cat "$tap/$1/pid") ;;
        esac
        kill -KILL "$opener"
        wait_for not kill -0 "$opener"
}

for order in 'one two three' 'three two one' 'two one three' 'three one two'; do
        start_three
        check "$order: all are in one namespace" is_well three
        # shellcheck disable=SC2086 # three words
        set -- $order
        end_session "$1"
        check "$order: the end of the first of them does not disturb the second" is_well "$2"
        check "$order: nor the third" is_well "$3"
        check "$order: who comes now joins" same "$ns" "$(su alice -c 'readlink /proc/self/ns/mnt')"
        end_session "$2"
        check "$order: nor does the end of the second" is_well "$3"
        end_session "$3"
        check "$order: with the last one the instance goes" wait_for gone alice
done

for killed in one two three; do
        start_three
        shell=$(session_pid "$killed")
        kill_opener "$killed"
        for name in one two three; do
                [ "$name" = "$killed" ] || check "killed $killed: $name goes on" is_well "$name"
        done
        check "killed $killed: who comes now joins" \
                same "$ns" "$(as_ssh alice 'readlink /proc/self/ns/mnt')"
        kill -KILL "$shell" 2>/dev/null || true
        wait_for not kill -0 "$shell"
        for name in one two three; do
                end_session "$name"
        done
        wait_for ssh_is_over alice
        check "killed $killed: the instance goes, at the latest with the next login" \
                wait_for sh -c "su alice -c true; ! ls -d $base/1001/*"
        rm -rf "$base/.trash/"*
done

# A process of the first session lives on.
start_three
# shellcheck disable=SC2016 # for the inner shell
in_session one 'setsid sh -c "echo \$\$ >~/survivor; until test -e ~/sign; do sleep 0.1; done
        cat /tmp/file >~/saw; exec sleep infinity" >/dev/null 2>&1 </dev/null &'
wait_for test -s /home/alice/survivor
end_session one
check "a process of the first session: the second goes on" is_well two
end_session two
end_session three
check "a process of the first session: it keeps the instance" has_instances alice 1
check "a process of the first session: the next login has the same /tmp" \
        same hello "$(su alice -c 'cat /tmp/file; touch ~/sign')"
wait_for test -s /home/alice/saw
check "a process of the first session: as it has itself" same hello "$(cat /home/alice/saw)"
survivor=$(cat /home/alice/survivor)
kill "$survivor"
wait_for not kill -0 "$survivor"
su alice -c true
check "a process of the first session: when it has ended, the instance goes" \
        has_instances alice 0
rm -rf "$base/.trash/"* /home/alice/s*

# ------------------------------------------------------------------ sessions inside sessions

# covers NAME: how many mounts are on /tmp there.
covers() {
        in_session "$1" 'grep -c " /tmp " /proc/self/mountinfo'
}

start_session alice su - alice
start_session bob ssh bob@127.0.0.1 sh
start_session inner su - alice
in_session alice 'echo hers >/tmp/file'
in_session bob 'echo his >/tmp/file'
hers=$(in_session alice 'readlink /proc/self/ns/mnt')
his=$(in_session bob 'readlink /proc/self/ns/mnt')
covers=$(covers alice)

type_in inner 'su bob'
check "su bob in alice's session: in bob's namespace" \
        same "$his" "$(in_session inner 'readlink /proc/self/ns/mnt')"
check "su bob in alice's session: with bob's /tmp" same his "$(in_session inner 'cat /tmp/file')"
check "su bob in alice's session: nothing is stacked" same "$covers" "$(covers inner)"
type_in inner 'su alice'
check "su alice in there: in alice's namespace" \
        same "$hers" "$(in_session inner 'readlink /proc/self/ns/mnt')"
check "su alice in there: with alice's /tmp" same hers "$(in_session inner 'cat /tmp/file')"
check "su alice in there: nothing is stacked" same "$covers" "$(covers inner)"
type_in inner 'sudo su bob'
check "sudo su bob in there: bob's /tmp" same his "$(in_session inner 'cat /tmp/file')"
check "sudo su bob in there: nothing is stacked" same "$covers" "$(covers inner)"
type_in inner exit
check "back from there: alice's namespace" \
        same "$hers" "$(in_session inner 'readlink /proc/self/ns/mnt')"
type_in inner exit
check "back from su alice: bob's namespace" \
        same "$his" "$(in_session inner 'readlink /proc/self/ns/mnt')"
type_in inner exit
check "back from su bob: alice's namespace" \
        same "$hers" "$(in_session inner 'readlink /proc/self/ns/mnt')"
check "back from su bob: alice's /tmp" same hers "$(in_session inner 'cat /tmp/file')"
check "back from su bob: nothing is stacked" same "$covers" "$(covers inner)"
check "bob has one instance" has_instances bob 1
end_session bob
check "it goes with his own session" wait_for has_instances bob 0
end_session alice
check "alice's is there as long as her second session" \
        same hers "$(in_session inner 'cat /tmp/file')"
end_session inner
check "nested: in the end nothing is left" wait_for gone alice
check "nested: no record either" same "" "$(ls -A /run/privtmp)"
check "nested: the host's mounts are the same" same "$mounts" "$(cat /proc/self/mountinfo)"

finish
