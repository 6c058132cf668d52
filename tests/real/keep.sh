#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# system-keep: keep=TIME to the letter, in real sessions.
#
# $PRIVTMP_COMMAND is the command; without it, the one beside the module $PRIVTMP_MODULE.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../kit/tap.sh"
need sshd ssh scp su tmux
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../kit/command.sh"

clean() {
        "$command" clean
}

keep() {
        table "/var/lib/privtmp /tmp *${1:+ keep=$1}" 'inherit /tmp root'
}

# The time that an instance's clock says, in seconds; 0 when it stands.
clock() {
        stat -c %Y "$1/lock"
}

# set_clock INSTANCE TIME, as date(1) reads it
set_clock() {
        touch -m -d "$2" "$1/lock"
}

# goes INSTANCE: its clock was set going not long ago.
goes() {
        [ "$(clock "$1")" -ge "$began" ] && [ "$(clock "$1")" -le "$(date +%s)" ]
}

kept_for() {
        same "$2" "$(readlink "$1/keep" || echo nothing)"
}

# ssh ends before its session.
log_out() {
        wait_for ssh_is_over alice
}

start_sshd
began=$(date +%s)

# ------------------------------------------------------------------ one connection, then another

keep 30m
echo hello >/root/file
scp -q /root/file alice@127.0.0.1:/tmp/file
log_out
instance=$(instances alice)
check "scp: the instance stays after logout" test -d "$instance"
check "scp: its link says for how many seconds" kept_for "$instance" 1800
check "scp: its clock goes since the logout" goes "$instance"
check "scp: the next ssh finds the file" same hello "$(as_ssh alice 'cat /tmp/file')"
log_out
check "scp: in the same instance" same "$instance" "$(instances alice)"
check "scp: so does su" same hello "$(su alice -c 'cat /tmp/file')"
check "scp: and clean leaves it alone" clean
check "scp: it is there still" same hello "$(su alice -c 'cat /tmp/file')"

start_session alice su alice
check "in a session its clock stands" same 0 "$(clock "$instance")"
check "in a session clean leaves it alone" clean
check "in a session its clock stands after clean, too" same 0 "$(clock "$instance")"
end_session alice
check "after the session its clock goes" goes "$instance"

# ------------------------------------------------------------------ its time is over

set_clock "$instance" '29 minutes ago'
check "a minute before its time is over the next login finds it" \
        same hello "$(su alice -c 'cat /tmp/file')"
check "and its time begins anew" goes "$instance"
set_clock "$instance" '31 minutes ago'
check "when its time is over the next login has a new one" same "" "$(su alice -c 'ls -A /tmp')"
check "and the old one is gone" not test -e "$instance"
instance=$(instances alice)
check "the new one is kept in its turn" test -d "$instance"
set_clock "$instance" '29 minutes ago'
check "a minute before its time is over clean leaves it" clean
check "it is there" test -d "$instance"
set_clock "$instance" '31 minutes ago'
check "when its time is over clean succeeds" clean
check "and has removed it" gone alice

# ------------------------------------------------------------------ what outlives the session

as_ssh alice 'tmux new-session -d -s work; echo hello >/tmp/file'
log_out
instance=$(instances alice)
check "tmux: while it runs the clock stands" same 0 "$(clock "$instance")"
check "tmux: clean leaves it alone" clean
check "tmux: and the clock, too" same 0 "$(clock "$instance")"
check "tmux: the next login can attach to it" says '^work:' as_ssh alice 'tmux list-sessions'
log_out
check "tmux: after that logout the clock stands again" same 0 "$(clock "$instance")"
set_clock "$instance" '2 days ago'
check "tmux: whatever the clock says, clean leaves what is in use" clean
check "tmux: it is there, and its clock stands" same 0 "$(clock "$instance")"
set_clock "$instance" '2 days ago'
check "tmux: whatever the clock says, the next login finds what is in use" \
        same hello "$(su alice -c 'cat /tmp/file')"
server=$(su alice -c "tmux display-message -p '#{pid}'")
kill "$server"
wait_for not kill -0 "$server"
check "tmux: when it has ended the clock stands still" same 0 "$(clock "$instance")"
check "tmux: a dry run does not set it going" "$command" clean --dry-run
check "tmux: it stands" same 0 "$(clock "$instance")"
check "tmux: clean sets it going" clean
check "tmux: it goes" goes "$instance"
check "tmux: the next login finds the files" same hello "$(su alice -c 'cat /tmp/file')"
set_clock "$instance" '31 minutes ago'
clean >"$tap/out"
check "tmux: it goes in the end" gone alice

# shellcheck disable=SC2016 # for the session's shell
su alice -c 'nohup sh -c "until test -e ~/sign; do sleep 0.1; done; echo result >/tmp/result" \
        >/dev/null 2>&1 & echo $! >~/job'
instance=$(instances alice)
check "nohup: while the job runs the clock stands" same 0 "$(clock "$instance")"
runuser -u alice -- touch /home/alice/sign
wait_for not kill -0 "$(cat /home/alice/job)"
check "nohup: the next login finds the result" same result "$(su alice -c 'cat /tmp/result')"
check "nohup: in the same instance" same "$instance" "$(instances alice)"
check "nohup: and after that its clock goes" goes "$instance"
rm /home/alice/sign

# ------------------------------------------------------------------ the table is edited

keep 2h
check "a longer time: the next login finds the same directory" \
        same result "$(su alice -c 'cat /tmp/result')"
check "a longer time: and the link says so" kept_for "$instance" 7200
set_clock "$instance" '31 minutes ago'
check "a longer time: holds" same result "$(su alice -c 'cat /tmp/result')"
keep 1m
start_session alice su alice
check "a shorter time: is in the link from the next login on" kept_for "$instance" 60
keep 3m
check "another time: is in the link though the user has a session" su alice -c true
check "another time: it is" kept_for "$instance" 180
end_session alice
set_clock "$instance" '4 minutes ago'
clean >"$tap/out"
check "a shorter time: holds" gone alice

keep 1h
su alice -c 'echo hello >/tmp/file'
instance=$(instances alice)
keep
check "no time any more: clean leaves what was promised" clean
check "no time any more: the next login finds it" same hello "$(su alice -c 'cat /tmp/file')"
check "no time any more: and its logout removes it" gone alice

# ------------------------------------------------------------------ end=close

table '/var/lib/privtmp /tmp * end=close' 'inherit /tmp root'
as_ssh alice 'tmux new-session -d -s work; tmux display-message -p "#{pid}" >~/server'
check "end=close: logout removes the instance though tmux runs on" wait_for gone alice
check "end=close: tmux runs on" kill -0 "$(cat /home/alice/server)"
kill "$(cat /home/alice/server)"
wait_for not kill -0 "$(cat /home/alice/server)"

# ------------------------------------------------------------------ a crowd

# plant_many UID NUMBER: so many stale instances, as sessions that were killed leave them.
plant_many() {
        for number in $(seq 1000 $((999 + $2))); do
                plant "$base" "$1" "ab$number"
        done
}

keep 30m
su alice -c 'echo hello >/tmp/file'
instance=$(instances alice)
plant_many 1001 40
plant_many 1002 3
check "a crowd of stale ones does not hide the kept one" same hello "$(su alice -c 'cat /tmp/file')"
left=$(instances alice | wc -l)
check "of which a login takes away some, sixteen at most" test "$left" -lt 41 -a "$left" -ge 25
check "and none of another user's" has_instances bob 3
check "the kept one is there" goes "$instance"
check "clean takes away the others" clean
check "all but the kept one" same "$instance" "$(instances alice)"
check "and all of the other user's" has_instances bob 0

# ------------------------------------------------------------------ nobody closed

# One session is open, another ended well, a third has a survivor: all are killed.
keep
su bob -c 'echo old >/tmp/file; setsid sleep infinity & echo $! >~/left'
left=$(instances bob)
keep 30m
start_session alice su alice
in_session alice 'echo open >/tmp/open'
start_session carol su carol
in_session carol 'echo mine >/tmp/file'
end_session carol
carols=$(instances carol)
set_clock "$carols" '20 minutes ago'
pid=$(cat "$tap/alice/pid")
shell=$(in_session alice 'echo $$')
sleeper=$(cat /home/bob/left)
kill -KILL "$pid" "$shell" "$sleeper"
for process in "$pid" "$shell" "$sleeper"; do
        wait_for not kill -0 "$process"
done
end_session alice
rm -rf /run/privtmp

check "nobody closed: clean succeeds" clean
check "nobody closed: what is not kept is gone" not test -e "$left"
check "nobody closed: what is kept is there, and its clock was not touched" \
        same "$(($(date +%s) - $(clock "$carols") >= 1200))" 1
check "nobody closed: the clock of what was open goes from now on" goes "$instance"
check "nobody closed: the user finds it" same 'hello open ' \
        "$(su alice -c "cat /tmp/file /tmp/open | tr '\n' ' '")"
check "nobody closed: so does the other" same mine "$(su carol -c 'cat /tmp/file')"
set_clock "$instance" '31 minutes ago'
set_clock "$carols" '31 minutes ago'
check "nobody closed: with their time over clean succeeds" clean
check "nobody closed: and they are gone" gone alice
check "nobody closed: all of them" gone carol

# Without clean the login itself finds it.
su alice -c 'echo hello >/tmp/file'
instance=$(instances alice)
set_clock "$instance" @0
rm -rf /run/privtmp
check "nobody closed: without clean the user finds it as well" same hello "$(su alice -c 'cat /tmp/file')"
set_clock "$instance" @0
check "nobody closed: one that nobody closed goes from the first login on" su alice -c true
check "nobody closed: it does" goes "$instance"

# ------------------------------------------------------------------ a boot

# another_boot INSTANCE: it was noted in a boot before this one.
another_boot() {
        test -L "$1/boot" || return 1
        ln -sfn 00000000-0000-4000-8000-000000000000 "$1/boot"
}

clean >"$tap/out"
rm -rf "$base/1001"
keep 30m
su alice -c 'echo hello >/tmp/file'
instance=$(instances alice)
check "a boot: is noted" same "$(cat /proc/sys/kernel/random/boot_id)" "$(readlink "$instance/boot")"
check "a boot: in this one it is kept" clean
check "a boot: it is" same hello "$(su alice -c 'cat /tmp/file')"
another_boot "$instance"
check "a boot: after another the next login has an empty one" same 0 "$(su alice -c 'ls -A /tmp' | wc -l)"
check "a boot: the old one is gone" not test -e "$instance"
instance=$(instances alice)
another_boot "$instance"
check "a boot: a dry run says so" same "stale $instance" "$("$command" clean -n)"
check "a boot: clean takes it away" clean
check "a boot: it has" gone alice
# the clock may say what it likes
su alice -c true
instance=$(instances alice)
another_boot "$instance"
set_clock "$instance" 'next year'
check "a boot: ends it whatever the clock says" clean
check "a boot: it does" gone alice
table "/var/lib/privtmp /var/tmp * keep=30m" 'inherit /var/tmp root'
su alice -c 'echo hello >/var/tmp/file'
instance=$(instances alice)
check "a boot: for /var/tmp it is not noted" not test -L "$instance/boot"
check "a boot: it is kept" same hello "$(su alice -c 'cat /var/tmp/file')"
rm -rf "$base/1001"
mkdir -m 1777 /srv/memory
check "a boot: /srv is a tmpfs here" same tmpfs "$(stat -f -c %T /srv)"
table "/var/lib/privtmp /srv/memory * keep=30m" 'inherit /srv/memory root'
su alice -c 'echo hello >/srv/memory/file'
instance=$(instances alice)
another_boot "$instance"
check "a boot: what lies in memory is empty after another" same 0 \
        "$(su alice -c 'ls -A /srv/memory' | wc -l)"
rm -rf "$base/1001" /srv/memory
table

finish
