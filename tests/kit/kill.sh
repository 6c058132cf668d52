# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
#
# kill: functions for tests that kill a login program at each system call of the module. A test does
#
#       . "$(dirname "$0")/../kit/kill.sh"             which has tap.sh in it
#       victim() { su alice -c "$1"; }          the program, with a command for its session
#       kill_begin su                           the service of the victim
#       kill_matrix "a scene" all               at each call of open, then at each of close
#       finish
#
# Who is killed is the opener, the process that calls the module. In the file of the service a line
# before ours makes it wait until strace is attached: so calls are counted from there, and the same
# number is the same call, whatever the program did before. A line behind ours clones: so a first
# run tells which calls are the module's.
#
# strace kills before a call is made, so the call behind the module's last one is a point, too.
#
# A point is to cost few processes, for on some machines they are dear. So one process for the whole
# test, kill.py, looks, compares and waits; and the extra lines are in the file of the service only
# while a victim is to be traced.
#
# $PRIVTMP_COMMAND is the command; without it, the one beside the module $PRIVTMP_MODULE.

. "$(dirname "$0")/../kit/tap.sh"
need strace python3

kill_dir=$tap/kill
kill_command=${PRIVTMP_COMMAND:-$(dirname "${PRIVTMP_MODULE:?}")/privtmp}

# What an open must call, else it was not the one that is meant: two words.
kill_opens='unshare move_mount'

# ------------------------------------------------------------------ a scene

# Who needs another one sets these behind scene.
# shellcheck disable=SC2317 # called below
scene() {
        kill_user=alice                         # whose session it is
        kill_says='echo mine >/tmp/file'        # what is done in it
        kill_again='echo again >/tmp/again'     # and in the one after it
        kill_first=login                        # or clean: what comes first after a kill
        kill_ends_before=nothing                # the phase that begins when victim() has ended
        before_kill() { :; }
        after_kill() { :; }
        before_clean() { :; }
}

# ------------------------------------------------------------------ the victim and its tracer

# wait_a_little COMMAND [ARG...]: as wait_for, for what takes no time most often.
wait_a_little() {
        kill_tries=0
        until "$@"; do
                kill_tries=$((kill_tries + 1))
                [ "$kill_tries" -lt 12000 ] || return 1
                sleep 0.01
        done
}

# ask REQUEST [WORD...]: of kill.py. A word that is answered behind "yes" is in $kill_answer.
ask() {
        echo "$*" >&6
        kill_yes='' kill_answer=''
        read -r kill_yes kill_answer <&7 || echo "kill.py has ended"
        [ "$kill_yes" = yes ]
}

# kill_begin SERVICE
kill_begin() {
        kill_service=$1
        mkdir -m 711 "$kill_dir"
        mkfifo "$kill_dir/opener" "$kill_dir/go" "$kill_dir/requests" "$kill_dir/answers"
        # kill.py writes to the pipe "go" when the opener is traced. As it holds both pipes open, no
        # open waits for another.
        cat >"$kill_dir/stop" <<EOS
#!/bin/sh
echo "\$PPID" >$kill_dir/opener
read -r go <$kill_dir/go
EOS
        chmod 755 "$kill_dir/stop"
        python3 "$(dirname "$0")/../kit/kill.py" "$kill_dir" "$base" \
                "$(stat -c '%Hd:%Ld' "$base")" "$1" \
                <"$kill_dir/requests" >"$kill_dir/answers" &
        exec 6>"$kill_dir/requests" 7<"$kill_dir/answers"
        scene
}

# traced PHASE OPTION...: a victim whose opener is traced from its open_session or close_session to
# its end.
traced() {
        ask arm "$1" || return
        victim "$kill_says" </dev/null >"$kill_dir/said" 2>&1 6>&- 7<&- &
        kill_victim=$!
        ask opener || {
                ask disarm
                return 1
        }
        # The module looks at all processes: from here on none comes or goes by itself.
        [ "$kill_ends_before" != "$1" ] || wait "$kill_victim" || true
        shift
        # it ends as its tracee does
        strace -q -o "$kill_dir/trace" "$@" -p "$kill_answer" 2>/dev/null 6>&- 7<&- || true
        ask disarm || return
        wait "$kill_victim" || true
}

# find_points PHASE all|changes: $kill_answer tells whether they are the same as those before.
find_points() {
        traced "$1" || complain "not traced" || return
        ask points "$2"
}

# ------------------------------------------------------------------ what must hold after a kill

log_in_again() {
        timeout 120 su "$kill_user" -c "$kill_again" </dev/null >"$kill_dir/said" 2>&1 6>&- 7<&-
}

run_clean() {
        "$kill_command" clean >"$kill_dir/said" 2>&1 6>&- 7<&- || return
        kill_line=''
        while read -r kill_line; do
                case $kill_line in
                "deleted "[0-9]*" director"*) ;;
                *) return 1 ;;
                esac
        done <"$kill_dir/said"
        # what does not end its line is not one of those either
        [ -z "$kill_line" ]
}

clean() {
        ask age || return
        before_clean
        run_clean
}

complain() {
        echo "$*"
        cat "$kill_dir/said"
        return 1
}

is_as_before() {
        clean && ask same
}

# Nothing else but this may be needed to have everything as it was.
recover() {
        after_kill || complain "what lives on was touched" || return
        if [ "$kill_first" = clean ]; then
                ask others || complain "processes remain" || return
                $kill_wait is_as_before || complain "clean alone is not enough" || return
        fi
        log_in_again || complain "$kill_user can't log in again" || return
        ask others || complain "processes or namespaces remain" || return
        $kill_wait is_as_before || complain "it is not as it was before"
}

is_gone_with_clean() {
        run_clean && gone "$1"
}

# leaves_nothing USER: whose session was there all the time.
leaves_nothing() {
        $kill_wait is_gone_with_clean "$1"
}

# ------------------------------------------------------------------ the matrix

# kill_at PHASE all|changes INDEX NAME N: what hits another call, since something on the host
# disturbed the order, is done again.
kill_at() {
        for kill_try in 1 2 3 4 5 6; do
                before_kill
                traced "$1" -e "inject=$4:signal=KILL:when=$5" || complain "not traced" || return
                recover || return
                if ask hit "$3" "$2"; then
                        return 0
                fi
                kill_missed=$((kill_missed + 1))
        done
        kill_unhit=$((kill_unhit + 1))
        echo "not hit in $kill_try runs, the last one:"
        cat "$kill_dir/trace"
        return 1
}

# find_usual_points PHASE all|changes: three runs must agree, for one open in 64 does more.
find_usual_points() {
        kill_same=0
        for kill_try in 1 2 3 4 5 6 7 8 9 10 11 12; do
                before_kill
                find_points "$1" "$2" || return
                kill_points_are=$kill_answer
                recover || return
                if [ "$kill_points_are" = same ]; then
                        kill_same=$((kill_same + 1))
                else
                        kill_same=1
                fi
                [ "$kill_same" -lt 3 ] || return 0
        done
        complain "no three runs in a row make the same calls"
}

# has_points NAME...: calls of these names are among them.
has_points() {
        for kill_name in "$@"; do
                grep -q "^$kill_name " "$kill_dir/points" || {
                        echo "no $kill_name in:"
                        cat "$kill_dir/points"
                        return 1
                }
        done
}

# kill_points_of PHASE all|changes NAME...: at each call that is usual now.
kill_points_of() {
        find_usual_points "$1" "$2" || return
        kill_points=0
        kill_failed=0
        kill_unhit=0
        while read -r kill_call kill_nth <&5; do
                kill_points=$((kill_points + 1))
                kill_at "$1" "$2" "$kill_points" "$kill_call" "$kill_nth" 5<&- || {
                        echo "^ $1, killed before $kill_call number $kill_nth"
                        kill_failed=$((kill_failed + 1))
                        # what is left spoils the points that follow
                        [ "$kill_failed" -lt 3 ] || return 1
                }
        done 5<"$kill_dir/points"
        shift 2
        has_points "$@" && [ "$kill_failed" = 0 ]
}

# kill_each PHASE all|changes NAME...: once more, if nothing was wrong but that calls were not hit:
# then others are usual than were before.
kill_each() {
        kill_unhit=0
        kill_points_of "$@" || {
                [ "$kill_unhit" -gt 0 ] && [ "$kill_unhit" = "$kill_failed" ] && kill_points_of "$@"
        }
}

# kill_matrix SCENE all|changes: at all calls, or at those that change something and the one behind.
kill_matrix() {
        kill_calls=$2
        kill_wait=
        # Where the kernel tells of all mount namespaces, other calls depend on what else runs, and
        # somebody else's look may hold a namespace for a moment.
        if [ "$(readlink /proc/1/ns/mnt)" != "$(readlink /proc/self/ns/mnt)" ]; then
                kill_calls=changes
                kill_wait=wait_a_little
        fi
        log_in_again
        clean
        ask before
        kill_points=0
        kill_missed=0
        # shellcheck disable=SC2086 # two words
        check "$kill_service, $1: killed in open, nothing is left behind or touched" \
                kill_each open_session "$kill_calls" $kill_opens
        kill_in_open=$kill_points
        kill_points=0
        check "$kill_service, $1: killed in close, nothing is left behind or touched" \
                kill_each close_session "$kill_calls" setns flock
        echo "# $kill_service, $1: $kill_in_open kill points in open, $kill_points in close" \
             "(and $kill_missed runs that missed theirs)"
}
