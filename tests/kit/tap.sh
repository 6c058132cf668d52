# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
#
# tap: functions for tests that run in a throw-away host and speak TAP. A test does
#
#       . "$(dirname "$0")/../kit/tap.sh"
#       need sshd                       a missing program skips the whole test
#       check "a sentence" COMMAND      one test case, see case.sh
#       finish
#
# A command that fails outside of check ends the test.

set -eu

# check hides what is printed: what the reader of the TAP must see goes here.
exec 3>&1

tap=/run/tap
mkdir -m 711 "$tap"
# shellcheck source=tests/kit/case.sh
. "${tap_kit:-$(dirname "$0")/../kit}/case.sh"

# need PROGRAM...
need() {
        for tap_program in "$@"; do
                command -v "$tap_program" >/dev/null && continue
                if [ "${PRIVTMP_MUST_RUN:-0}" = 1 ]; then
                        echo "Bail out! needs $tap_program"
                        exit 1
                fi
                echo "1..0 # SKIP needs $tap_program"
                exit 0
        done
}

# wait_for COMMAND [ARG...]: until it succeeds. It is given up after two minutes, when even a machine
# that has much else to do would have come so far.
wait_for() {
        tap_tries=0
        tap_end=$(($(date +%s) + 120))
        until "$@" >/dev/null 2>&1; do
                tap_tries=$((tap_tries + 1))
                if [ "$tap_tries" -ge 20 ] && [ "$(date +%s)" -ge "$tap_end" ]; then
                        echo "waited in vain for: $*"
                        "$@" || true
                        return 1
                fi
                sleep 0.1
        done
}

# log_says PATTERN: in what was logged since log_mark.
log_mark() {
        wc -l </run/log/messages >"$tap/mark"
}

log_says() {
        sed "1,$(cat "$tap/mark")d" /run/log/messages >"$tap/log"
        grep -e "$1" "$tap/log" || {
                echo "no '$1' in the log:"
                cat "$tap/log"
                return 1
        }
}

log_mark

# ------------------------------------------------------------------ instances

base=/var/lib/privtmp

# instances USER: the paths of the user's instances, one a line.
instances() {
        find "$base/$(id -u "$1")" -mindepth 1 -maxdepth 1 2>/dev/null || true
}

# has_instances USER NUMBER
has_instances() {
        same "$2" "$(instances "$1" | wc -l)" || {
                instances "$1"
                return 1
        }
}

# gone USER: no instance is left, neither the user's nor in the trash.
gone() {
        has_instances "$1" 0 &&
                same "" "$(find "$base/.trash" "$base/.work" -mindepth 1 2>/dev/null || true)"
}

# table LINE...: the table in force from now on; without lines the built-in one.
table() {
        if [ $# = 0 ]; then
                rm -f /etc/security/privtmp.conf
        else
                printf '%s\n' "$@" >/etc/security/privtmp.conf
        fi
}

# ------------------------------------------------------------------ sshd, ssh, login

# start_sshd: on a free port of the loopback interface, which ssh finds by itself.
start_sshd() {
        rm -f /run/sshd.pid
        for tap_try in 1 2 3 4 5 6 7 8 9 10; do
                tap_port=$((20000 + $(od -An -N2 -tu2 /dev/urandom) % 20000))
                "$(command -v sshd)" -D -p "$tap_port" -o PidFile=/run/sshd.pid &
                tap_sshd=$!
                wait_for sshd_has_decided
                [ ! -s /run/sshd.pid ] || break
                echo "# port $tap_port is in use, that was try $tap_try"
        done
        [ -s /run/sshd.pid ]
        echo "Port $tap_port" >>/etc/ssh/ssh_config
}

sshd_has_decided() {
        [ -s /run/sshd.pid ] || ! kill -0 "$tap_sshd"
}

# ssh_is_over USER: sshd has no connection of the user's any more. (ssh ends before its session.)
ssh_is_over() {
        not grep -qas "^sshd[^:]*: $1" /proc/[0-9]*/cmdline
}

# as_ssh USER COMMAND
as_ssh() {
        ssh -n "$1@127.0.0.1" "$2"
}

# as_login USER COMMAND: types it in after login, at a terminal.
as_login() {
        tap_prompt='$ '
        [ "$1" != root ] || tap_prompt='# '
        printf '%s\n' "$2" exit |
                python3 "$(dirname "$0")/../kit/terminal.py" "$tap_prompt" login -f "$1" \
                        >"$tap/terminal" 2>&1
}

# ------------------------------------------------------------------ sessions that stay open

# start_session NAME COMMAND [ARG...]: the command starts a shell that reads from its input. When
# this returns, the session is open.
start_session() {
        tap_session=$tap/$1
        shift
        rm -rf "$tap_session"
        mkdir "$tap_session"
        chmod 777 "$tap_session"
        mkfifo "$tap_session/input"
        # This one keeps the pipe open until the session is to end. It has it from its first instant
        # on: a session that begins before would find the end of its input.
        exec 9<>"$tap_session/input"
        sleep infinity <&9 9<&- &
        echo $! >"$tap_session/holder"
        "$@" <"$tap_session/input" >"$tap_session/output" 2>&1 9<&- &
        echo $! >"$tap_session/pid"
        exec 9<&-
        in_session "${tap_session##*/}" true
}

# in_session NAME COMMAND: prints what the command prints and returns its exit status. A session
# that does not answer ends the test.
in_session() {
        tap_session=$tap/$1
        rm -f "$tap_session/said" "$tap_session/status" "$tap_session/status.new"
        cat >"$tap_session/input" <<EOS
{ $2
} >$tap_session/said 2>&1 </dev/null; echo \$? >$tap_session/status.new
mv $tap_session/status.new $tap_session/status
EOS
        wait_for test -s "$tap_session/status" || {
                sed 's/^/# /' "$tap_session/output" >&3
                echo "Bail out! session $1 does not answer: $2" >&3
                exit 1
        }
        cat "$tap_session/said"
        return "$(cat "$tap_session/status")"
}

# type_in NAME LINE: to a session, as it is. Waits until the session's shell has read it: dash reads
# as much as there is, and what is written too soon would be lost to the shell that LINE starts.
type_in() {
        rm -f "$tap/$1/typed"
        echo "touch $tap/$1/typed; $2" >"$tap/$1/input"
        wait_for test -e "$tap/$1/typed"
}

# end_session NAME: by the end of its input, as by Ctrl-D; waits for the command of start_session.
end_session() {
        kill "$(cat "$tap/$1/holder")"
        wait "$(cat "$tap/$1/pid")" 2>/dev/null || true
}
