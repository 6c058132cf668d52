#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# system-kill-scenes: su is killed at each system call of open and of close that changes something,
# in scenes where these make other calls than for who is alone.

# shellcheck disable=SC2317 # functions that are called by those of kill.sh
. "$(dirname "$0")/../kit/kill.sh"
need su nsenter cc

victim() {
        su alice -c "$1"
}

kill_begin su
start_session bob su bob
in_session bob 'echo of bob >/tmp/note'

# ------------------------------------------------------------------ clean before the next login

kill_first=clean
kill_matrix "alone, clean comes first" changes

# ------------------------------------------------------------------ what others left behind

# make_instance NAME: one without a session, to be copied to where instances are.
make_instance() {
        mkdir -m 700 "$kill_dir/left/$1"
        ln -s /tmp "$kill_dir/left/$1/directory"
        ln -s alice "$kill_dir/left/$1/user"
        : >"$kill_dir/left/$1/lock"
        install -d -m 1770 -g alice "$kill_dir/left/$1/root"
        echo left >"$kill_dir/left/$1/root/file"
}

mkdir "$kill_dir/left"
make_instance Stale1
make_instance .Stale2
touch -d '11 minutes ago' "$kill_dir/left/.Stale2"

scene
kill_says='truncate -s 9M /tmp/too-large-for-close'
before_kill() {
        # one process for each point, where making them anew would take ten
        cp -a "$kill_dir/left/Stale1" "$kill_dir/left/.Stale2" "$base/1001"
}
kill_matrix "behind others that were killed" changes

# ------------------------------------------------------------------ what others are to delete

# One tree of the user's is locked, as by a process that hangs in it.
scene
locked=$base/.work/1001.locked
install -d -m 700 "$base/.work" "$locked" "$locked/root"
flock -F "$locked" sleep infinity &
holder=$!
before_kill() {
        install -d -m 700 "$base/.trash" "$base/.trash/1002.others" "$base/.trash/1002.others/root"
}
after_kill() {
        [ -d "$base/.trash/1002.others/root" ] && [ -d "$locked/root" ]
}
before_clean() {
        # clean complains of what somebody has been at for a minute
        chmod 700 "$locked"
}
kill_matrix "beside another user's trash, and a tree that is locked" changes
kill "$holder"
wait "$holder" || true
check "the tree that was locked goes with clean" wait_for run_clean
check "it is gone" not test -e "$locked"

# ------------------------------------------------------------------ records

# One open in 64 looks for records that nobody needs, by the clock: from now on each does.
cat >"$kill_dir/clock.c" <<'EOS'
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *now)
{
        int r = (int)syscall(SYS_clock_gettime, clock, now);

        now->tv_nsec &= ~63L;
        return r;
}
EOS
cc -shared -fPIC -o "$kill_dir/clock.so" "$kill_dir/clock.c"

# Of the session that is there, but for a namespace that is not.
record=$(readlink /run/privtmp/* | head -n 1 | sed 's/ ns=[0-9]*:[0-9]* / ns=1:1 /')

scene
victim() {
        LD_PRELOAD=$kill_dir/clock.so su alice -c "$1"
}
before_kill() {
        ln -sf "$record" /run/privtmp/1.1
        ln -sf "$record" /run/privtmp/1.2
}
kill_matrix "with records of others that were killed" changes
victim() {
        su alice -c "$1"
}

# ------------------------------------------------------------------ what lives on

survivor_is_well() {
        same mine "$(cat "/proc/$survivor/root/tmp/file")"
}

scene
kill_says='echo mine >/tmp/file; setsid sleep infinity & echo $! >~/survivor'
after_kill() {
        [ -s /home/alice/survivor ] || return 0
        survivor=$(cat /home/alice/survivor)
        rm /home/alice/survivor
        kill_again='grep mine /tmp/file'
        survivor_is_well && run_clean && survivor_is_well && log_in_again && survivor_is_well ||
                return
        kill "$survivor"
        kill_again='echo again >/tmp/again'
}
kill_matrix "with a process that lives on" changes

# ------------------------------------------------------------------ a session that is there

start_session alice su alice
in_session alice 'echo of alice >/tmp/note'
scene
kill_says='grep "of alice" /tmp/note'
kill_again=$kill_says
# it joins
kill_opens='setns symlinkat'
kill_matrix "beside another session" changes
kill_opens='unshare move_mount'

table '/var/lib/privtmp /tmp * end=close' 'inherit /tmp root'
kill_matrix "end=close, beside another session" changes
table

# carol logs in within alice's session: hers begins where that one began.
scene
kill_user=carol
inside=$(in_session alice 'echo $$')
victim() {
        nsenter -t "$inside" -m su carol -c "$1"
}
kill_matrix "within the session of another user" changes
victim() {
        su alice -c "$1"
}

table '/var/lib/privtmp /tmp * scope=session' 'inherit /tmp root'
scene
kill_matrix "scope=session, beside another session" changes
check "alice's session still has its /tmp" same "of alice" "$(in_session alice 'cat /tmp/note')"
end_session alice
check "and leaves nothing when it ends" leaves_nothing alice

# ------------------------------------------------------------------ keep=

table '/var/lib/privtmp /tmp * keep=1h' 'inherit /tmp root'
scene
# It stays until its hour is over, and is found again.
after_kill() {
        kill_again='echo again >/tmp/again'
        kept=$(ls "$base"/1001/??????/root/file 2>/dev/null) || return 0
        kill_again='grep mine /tmp/file'
        run_clean && [ -e "$kept" ]
}
before_clean() {
        for lock in "$base"/1001/??????/lock; do
                [ ! -e "$lock" ] || touch -d '2 hours ago' "$lock"
        done
}
kill_matrix "keep=" changes
table

# ------------------------------------------------------------------ the end

check "bob's session still has its /tmp" same "of bob" "$(in_session bob 'cat /tmp/note')"
end_session bob
check "and leaves nothing when it ends" leaves_nothing bob

finish
