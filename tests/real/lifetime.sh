#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# system-lifetime: sessions that do not end as they should, and what outlives them.
#
# $PRIVTMP_COMMAND is the command; without it, the one beside the module $PRIVTMP_MODULE.

. "$(dirname "$0")/../kit/tap.sh"
need sshd ssh su tmux strace

command=${PRIVTMP_COMMAND:-$(dirname "${PRIVTMP_MODULE:?}")/privtmp}

clean() {
        "$command" clean
}

start_sshd
echo secret >/tmp/outside

# A process that goes on after logout. At a sign it notes what it sees in /tmp and writes there.
survivor='setsid sh -c "until test -e ~/sign; do sleep 0.1; done
        ls -A /tmp >~/saw; echo x >/tmp/by-survivor; echo noted >~/noted
        until test -e ~/end; do sleep 0.1; done; rm ~/end" >/dev/null 2>&1 </dev/null &'

# The sign is given by the user, in no session.
sign() {
        runuser -u alice -- touch "/home/alice/$1"
}

forget() {
        rm -f /home/alice/sign /home/alice/saw /home/alice/noted
}

# The next login takes away what was left behind, but only as far as the trash.
empty_trash() {
        rm -rf "$base/.trash/"*
}

survivor_has_ended() {
        not test -e /home/alice/end
}

# ------------------------------------------------------------------ survivors

as_ssh alice "echo mine >/tmp/mine; $survivor"
wait_for ssh_is_over alice
instance=$(instances alice)
check "end=idle: with a process left, logout leaves the instance" test -d "$instance"
sign sign
wait_for test -e /home/alice/noted
check "end=idle: the process still sees its own /tmp, and nothing of the system's" \
        same mine "$(cat /home/alice/saw)"
check "end=idle: clean leaves what it uses" clean
check "end=idle: what it writes does not come to the system's /tmp" not test -e /tmp/by-survivor
check "end=idle: the next login finds the same /tmp" \
        same "$(printf 'by-survivor\nmine')" "$(as_ssh alice 'ls -A /tmp')"
sign end
wait_for survivor_has_ended
as_ssh alice true
check "end=idle: when the process has ended and the user has logged in again, it is gone" \
        wait_for not test -e "$instance"
forget
empty_trash

table '/var/lib/privtmp /tmp * end=close' 'inherit /tmp root'
as_ssh alice "echo mine >/tmp/mine; $survivor"
check "end=close: logout removes the instance, though a process is left" wait_for gone alice
sign sign
wait_for test -e /home/alice/noted
check "end=close: the process sees nothing of the system's /tmp" same "" "$(cat /home/alice/saw)"
check "end=close: and can't put a file there" not test -e /tmp/by-survivor
sign end
wait_for survivor_has_ended
forget
table

# ------------------------------------------------------------------ tmux

as_ssh alice 'tmux new-session -d -s work; echo hello >/tmp/file'
instance=$(instances alice)
check "tmux: logout leaves the instance" test -d "$instance"
check "tmux: so does clean" clean
check "tmux: the next login can attach to it" says '^work:' as_ssh alice 'tmux list-sessions'
check "tmux: and finds its files" same hello "$(as_ssh alice 'cat /tmp/file')"
start_session alice su - alice
check "tmux: from su as well" says '^work:' in_session alice 'tmux list-sessions'
end_session alice
check "tmux: a window of it does not see the system's /tmp" as_ssh alice \
        'tmux send-keys -t work "ls -A /tmp >~/saw; touch ~/noted" Enter'
wait_for test -e /home/alice/noted
check "tmux: but its own" says '^file$' cat /home/alice/saw
check "tmux: and not the system's" not grep outside /home/alice/saw
forget
# It ends while nobody is logged in.
tmux_server=$(as_ssh alice "tmux display-message -p '#{pid}'")
wait_for ssh_is_over alice
kill "$tmux_server"
wait_for not kill -0 "$tmux_server"
# the shell in it may take longer to end than the server
# shellcheck disable=SC2016 # for the inner shell
check "tmux: gone when tmux has ended and the user has logged in again" \
        wait_for sh -c 'ssh -n alice@127.0.0.1 true; ! test -e "$1"' sh "$instance"
check "tmux: nothing of alice's is left in the end" wait_for has_instances alice 0
empty_trash

as_ssh alice 'tmux new-session -d -s work'
wait_for ssh_is_over alice
start_session alice su - alice
processes=$(in_session alice "tmux display-message -p '#{pid} #{pane_pid}'")
in_session alice 'tmux kill-server'
for process in $processes; do
        wait_for not kill -0 "$process"
done
end_session alice
check "tmux: ended in a later session, its instance goes with that session" gone alice

# ------------------------------------------------------------------ su is killed

start_session alice su alice
in_session alice 'echo before >/tmp/file'
instance=$(instances alice)
kill -KILL "$(cat "$tap/alice/pid")"
check "su killed: the shell goes on with its /tmp" \
        same before "$(in_session alice 'cat /tmp/file')"
check "su killed: the user can log in again and has the same /tmp" \
        same before "$(su alice -c 'cat /tmp/file')"
check "su killed: the shell still has it after that" \
        same before "$(in_session alice 'cat /tmp/file')"
shell=$(in_session alice 'echo $$')
end_session alice
wait_for not kill -0 "$shell"
check "su killed: with the shell ended, the next login has a new /tmp" \
        same "" "$(su alice -c 'ls -A /tmp')"
check "su killed: and the old one is gone" has_instances alice 0

# The killed su was the only one who could write to the terminal: no shell is left this time.
start_session alice su alice
in_session alice 'echo before >/tmp/file'
shell=$(in_session alice 'echo $$')
kill -KILL "$(cat "$tap/alice/pid")" "$shell"
wait_for not kill -0 "$shell"
end_session alice
check "su and its shell killed: the instance is left behind" has_instances alice 1
check "su and its shell killed: the next login has a new /tmp" \
        same "" "$(as_ssh alice 'ls -A /tmp')"
check "su and its shell killed: and the old one is gone" wait_for has_instances alice 0

# ------------------------------------------------------------------ sshd is killed

# sshd_of TITLE: the number of sshd's process with that title.
sshd_of() {
        grep -las "^sshd[^:]*: $1" /proc/[0-9]*/cmdline | sed 's/[^0-9]//g'
}

start_session alice ssh alice@127.0.0.1 sh
in_session alice 'echo before >/tmp/file'
shell=$(in_session alice 'echo $$')
child=$(sshd_of 'alice@')
monitor=$(sshd_of 'alice \[priv\]')
kill -KILL "$monitor"
wait_for not kill -0 "$monitor"
check "sshd killed: the user can log in again" as_ssh alice true
check "sshd killed: by su, too" su alice -c true
kill -KILL "$shell" "$child" 2>/dev/null || true
wait_for not kill -0 "$shell"
wait_for not kill -0 "$child"
end_session alice
check "sshd killed: the next login has a new /tmp" same "" "$(as_ssh alice 'ls -A /tmp')"
check "sshd killed: and the old one is gone" wait_for has_instances alice 0

# ------------------------------------------------------------------ su is stopped

start_session alice su alice
in_session alice 'echo before >/tmp/file'
kill -STOP "$(cat "$tap/alice/pid")"
check "su stopped: the user can log in again and has the same /tmp" \
        same before "$(as_ssh alice 'cat /tmp/file')"
kill -CONT "$(cat "$tap/alice/pid")"
end_session alice
check "su stopped and continued: nothing is left" wait_for has_instances alice 0

# ------------------------------------------------------------------ what clean finds

as_ssh alice "echo mine >/tmp/mine; $survivor"
wait_for ssh_is_over alice
start_session bob su bob
in_session bob 'echo live >/tmp/file'
start_session killed su bob
kill -KILL "$(cat "$tap/killed/pid")"
start_session carol su carol
shell=$(in_session carol 'echo $$')
kill -KILL "$(cat "$tap/carol/pid")" "$shell"
wait_for not kill -0 "$shell"
end_session carol
check "clean: with a survivor, live sessions and killed ones there" clean
check "clean: the survivor has its /tmp" same 1 "$(instances alice | wc -l)"
check "clean: a live session has its own" same live "$(in_session bob 'cat /tmp/file')"
check "clean: so has a shell whose su was killed" same live "$(in_session killed 'cat /tmp/file')"
check "clean: what nobody uses is gone" gone carol
sign sign
wait_for test -e /home/alice/noted
check "clean: the survivor found its files" same mine "$(cat /home/alice/saw)"
sign end
wait_for survivor_has_ended
check "clean: with the survivor ended" clean
check "clean: its instance is gone" gone alice
shell=$(in_session killed 'echo $$')
end_session killed
end_session bob
wait_for not kill -0 "$shell"
check "clean: with the others ended" clean
check "clean: nothing is left" gone bob
forget

# ------------------------------------------------------------------ stopped with a lock

# As strace says. /proc tells of a stop at each call, too, that lasts for a moment only.
has_stopped() {
        grep -q 'stopped by SIGSTOP' "$tap/strace"
}

has_stopped_or_ended() {
        has_stopped || ! kill -0 "$stopped" 2>/dev/null
}

# stopped_at NUMBER COMMAND [ARG...]: starts a command that is stopped when it has come out of its
# n-th flock(2). False if it does not come so far.
stopped_at() {
        tap_number=$1
        shift
        rm -f "$tap/stopped" "$tap/strace"
        # shellcheck disable=SC2016 # for the inner shell
        strace -qq -o "$tap/strace" -e trace=flock -e inject="flock:signal=STOP:when=$tap_number" \
                sh -c 'echo $$ >"$1"; shift; exec "$@"' sh "$tap/stopped" "$@" </dev/null >"$tap/out" &
        strace=$!
        wait_for test -s "$tap/stopped"
        stopped=$(cat "$tap/stopped")
        wait_for has_stopped_or_ended
        has_stopped
}

go_on() {
        kill -CONT "$stopped"
        wait "$strace"
}

# log_in: must not wait for who is stopped. (One that did would wait for ever: it is given up.)
log_in() {
        same in "$(timeout 120 su alice -c 'echo in >/tmp/in; cat /tmp/in')"
}

# Three kinds of instances to be found: none, one that is kept, one that a killed su left.
leave_nothing() {
        table
}

leave_kept() {
        table '/var/lib/privtmp /tmp * keep=30m' 'inherit /tmp root'
        su alice -c 'echo kept >/tmp/file'
}

leave_stale() {
        table '/var/lib/privtmp /tmp * keep=30m' 'inherit /tmp root'
        su alice -c 'echo stale >/tmp/file'
        touch -d '1 hour ago' "$(instances alice)/lock"
}

stops=0
for left in nothing kept stale; do
        for who in su clean; do
                case $who in
                su) set -- su alice -c true ;;
                clean) set -- "$command" clean ;;
                esac
                for number in $(seq 20); do
                        "leave_$left"
                        if ! stopped_at "$number" "$@"; then
                                wait "$strace"
                                break
                        fi
                        stops=$((stops + 1))
                        check "$who stopped at lock $number, $left left: the user can log in" log_in
                        check "$who stopped at lock $number, $left left: clean ends" \
                                timeout 120 "$command" clean
                        check "$who stopped at lock $number, $left left: and goes on well" go_on
                        table
                        su alice -c true
                        clean >"$tap/out"
                        find "$base/1001" -name lock -exec touch -d '1 hour ago' {} +
                        clean >"$tap/out"
                        check "$who stopped at lock $number, $left left: nothing stays" gone alice
                done
        done
done
echo "# stopped at $stops locks"
check "stopped: at enough locks" test "$stops" -ge 15
table

# ------------------------------------------------------------------ what hides in a chroot

# Its mount table lacks what lies outside of its root. It has the lower number, so it is read first.
su alice -c 'echo kept >/tmp/file
        setsid unshare -r chroot /usr /bin/sleep infinity & echo $! >~/chrooted
        while ! grep -qs sleep /proc/$!/comm; do sleep 0.1; done
        setsid sleep infinity & echo $! >~/plain'
check "a chrooted process: does not hide that another uses the instance" \
        same kept "$(cat "$(instances alice)/root/file")"
kill "$(cat /home/alice/plain)"
wait_for not kill -0 "$(cat /home/alice/plain)"
check "a chrooted process: alone, it leaves the matter in doubt: the instance stays" \
        same kept "$(su alice -c 'cat /tmp/file')"
kill "$(cat /home/alice/chrooted)"
wait_for not kill -0 "$(cat /home/alice/chrooted)"
check "a chrooted process: ended, the next login has a new /tmp" \
        same "" "$(su alice -c 'ls -A /tmp')"

# ------------------------------------------------------------------ records

records() {
        find /run/privtmp -mindepth 1 | wc -l
}

check "records: none is left of all these sessions" same 0 "$(records)"
start_session alice su alice
for number in 1 2 3; do
        start_session "killed$number" su alice
        shell=$(in_session "killed$number" 'echo $$')
        kill -KILL "$(cat "$tap/killed$number/pid")" "$shell"
        wait_for not kill -0 "$shell"
        end_session "killed$number"
done
check "records: each session has one, also one whose su was killed" same 4 "$(records)"
is_pruned() {
        clean && same 1 "$(records)"
}
check "records: clean takes away those of killed openers though the user stays" wait_for is_pruned
check "records: and the one of the session that is there does not" in_session alice true
end_session alice
check "records: they go with the instance" same 0 "$(records)"

# ------------------------------------------------------------------ another user's mounts

# 2,000 mounts with long names, in a namespace of bob's own: alice's logout reads their table.
# shellcheck disable=SC2016 # for the inner shell
runuser -u bob -- setsid unshare -Urm sh -c '
        mount -t tmpfs none /mnt && cd /mnt
        name=$(printf %0200d 0)
        for depth in 1 2 3 4 5 6 7 8 9 10 11 12; do mkdir $name; cd ./$name; done
        mkdir from to
        for number in $(seq 2000); do mount --bind from to; done
        echo $$ >/home/bob/mounted
        exec sleep infinity' &
wait_for test -s /home/bob/mounted
su alice -c 'echo hello >/tmp/file'
check "another user's mounts: alice's instance goes at logout, or at her next one" \
        wait_for sh -c 'su alice -c true; ! ls -d /var/lib/privtmp/1001/*'
kill "$(cat /home/bob/mounted)"

finish
