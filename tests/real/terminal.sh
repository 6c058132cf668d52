#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# terminal: what run and enter start has a terminal of its own, and works there as on root's.

# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2016 # what is in single quotes is for the shells that are started
. "$(dirname "$0")/../kit/tap.sh"
need su python3 perl less tar bash cmp
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../kit/command.sh"
chmod 1777 "$tap"
python=/usr/bin/python3
[ -x "$python" ] || python=$(command -v python3)
driver=$(cd "$(dirname "$0")/../kit" && pwd -P)/keyboard.py

# play COMMAND [ARG...] <STEPS: on a terminal; see kit/keyboard.py.
play() {
        "$python" "$driver" "$@"
}

# in_shell <STEPS: for a shell of root's with job control, whose prompt is "now>".
in_shell() {
        tap_status=0
        { echo 'see now>'; cat; echo 'type exit 0'; } |
                PS1='now> ' play sh -i >"$tap/screen" || tap_status=$?
        cat "$tap/screen"
        return "$tap_status"
}

# modes MODE...: those of root's terminal, wherever the steps asked for them.
modes() {
        same "$*" "$(grep -o '<[a-z]*>' "$tap/screen" | tr -d '<>' | xargs)"
}

nothing_left() {
        same "" "$(find "$base/1001" -mindepth 1 2>/dev/null)"
}

table "$base /tmp *" 'none /tmp root'

# ------------------------------------------------------------------ whose terminal it is

# Notes what terminals a program has, and types a command by way of each of them.
cat >"$tap/look.py" <<'EOS'
import fcntl, os, sys, termios
def has(name, fd):
    try:
        termios.tcgetattr(fd)
    except termios.error:
        print(name, "none", file=out)
        return
    print(name, os.fstat(fd).st_rdev, file=out)
    for byte in b"touch " + sys.argv[2].encode() + b"\n":
        try:
            fcntl.ioctl(fd, termios.TIOCSTI, bytes([byte]))
        except OSError:
            return
with open(sys.argv[1], "w") as out:
    stat = open("/proc/self/stat").read().rpartition(")")[2].split()
    print("session", stat[3], file=out)
    print("controls", stat[4], file=out)
    for fd in 0, 1, 2:
        has(str(fd), fd)
    try:
        has("tty", os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        print("tty none", file=out)
EOS

# each_redirection: of 0 to 2, one a line.
each_redirection() {
        for input in '' '</dev/null'; do
                for output in '' "2>&1 >$tap/out" '| cat' '</dev/null | cat'; do
                        for error in '' '2>/dev/null'; do
                                echo "$input $error $output"
                        done
                done
        done
}

# is_apart ARG...: what privtmp starts with these has nothing of root's terminal.
is_apart() {
        rm -f "$tap"/noted*
        each_redirection >"$tap/redirections"
        {
                echo "type $python -c 'import os; print(os.fstat(0).st_rdev)' >$tap/mine"
                echo 'see now>'
                echo "type cut -d ' ' -f 6 /proc/\$\$/stat >>$tap/mine"
                echo 'see now>'
                while read -r redirection; do
                        look=$tap/noted$((n = ${n:--1} + 1))
                        echo "type $command $* $python $tap/look.py $look $tap/typed $redirection"
                        echo 'see now>'
                done <"$tap/redirections"
        } | in_shell && has_nothing_of
}

# has_nothing_of: root's terminal, in what was noted; and nothing was typed there.
has_nothing_of() {
        same 2 "$(wc -l <"$tap/mine")" && same "$(wc -l <"$tap/redirections")" \
                "$(grep -l '^tty' "$tap"/noted* | wc -l)" &&
                not grep -wFf "$tap/mine" "$tap"/noted* && not test -e "$tap/typed"
}

su - alice -c true
check "run -u: a terminal of its own, or none, whatever 0 to 2 are" is_apart run -u alice
check "run: the same" is_apart run
table "$base /tmp * keep=30m" 'none /tmp root'
su - alice -c true
check "enter -u: the same" is_apart enter -u alice
check "enter: the same" is_apart enter alice
table "$base /tmp *" 'none /tmp root'
touch -d '2 hours ago' "$(instances alice)/lock"
"$command" clean >"$tap/out"

is_none() {
        grep -q '^controls 0$' "$tap/look" && grep -q '^tty none$' "$tap/look" &&
                same "none none none" "$(sed -n 's/^[012] //p' "$tap/look" | xargs)"
}
in_shell <<EOS >"$tap/said-none"
type $command run -u alice $python $tap/look.py $tap/look $tap/typed </dev/null >$tap/out 2>&1
see now>
EOS
check "where 0 to 2 are no terminals it has none, though root has one" is_none
in_shell <<EOS >"$tap/said-one"
type $command run -u alice $python $tap/look.py $tap/look $tap/typed </dev/null 2>&1 | cat >$tap/out
see now>
type $command run -u alice sh -c 'stat -Lc %U /dev/stdin; echo on-\$(tty) >/dev/tty'
see alice
see on-/dev/pts/
see now>
EOS
check "it is the user's, and is found by its name" same 1 "$(grep -c '^on-/dev/pts' "$tap/said-one")"

# Goes on reading when its command is over.
cat >"$tap/lurk.py" <<'EOS'
import os, signal, sys
signal.signal(signal.SIGHUP, signal.SIG_IGN)
if os.fork():
    os._exit(0)
got = b""
try:
    while b"\n" not in got:
        new = os.read(0, 100)
        if not new:
            break
        got += new
except OSError:
    pass
open(sys.argv[1], "wb").write(b"read: " + got + b"\n")
EOS
lurks() {
        in_shell <<EOS
type $command run -u alice $python $tap/lurk.py $tap/loot
see now>
type : SECRET
see now>
do while [ ! -s $tap/loot ]; do sleep 0.1; done
EOS
        same "read: " "$(cat "$tap/loot")"
}
check "a process that stays reads nothing that root types afterwards" lurks

# ------------------------------------------------------------------ what goes through

head -c 3000000 /dev/urandom >"$tap/bytes"
check "input and output by pipes: as they are" sh -c \
        '"$1" run -u alice cat <"$2" | cat | cmp - "$2"' - "$command" "$tap/bytes"
piped() {
        in_shell <<EOS
type cat $tap/bytes | $command run -u alice -- tar c -C / etc/passwd -f - --to-stdout 2>/dev/null | tar tf - ; echo is-\$?
see etc/passwd
see is-0
type cat $tap/bytes | $command run -u alice -- cat | cmp - $tap/bytes; echo is-\$?
see is-0
EOS
}
check "the same beside a terminal" piped
check "the exit status" exits 7 play "$command" run -u alice sh -c 'exit 7' </dev/null
check "a signal that ends it" exits 143 play "$command" run -u alice sh -c 'kill -TERM $$' </dev/null

play "$command" run -u alice seq 100000 </dev/null | tr -d '\r' >"$tap/out"
check "all that it wrote, though it is over by then" sh -c 'seq 100000 | cmp - "$1"' - "$tap/out"
play "$command" run -u alice sh -c 'trap "" HUP; yes & echo up' </dev/null >"$tap/out"
check "a process that goes on writing is not waited for" grep -q '^up' "$tap/out"
check "without a terminal nothing is added" same "one" "$("$command" run -u alice echo one)"

cat >"$tap/size.py" <<'EOS'
import os, signal, sys
# by os.write: the signal may come while "ready" is still being printed
signal.signal(signal.SIGWINCH, lambda *_: os.write(1, b"size %d %d\n" % os.get_terminal_size(0)))
print("ready", flush=True)
print("got", sys.stdin.read() + ".", flush=True)
EOS
sees_size() {
        play "$command" run -u alice "$python" "$tap/size.py" <<EOS
see ready
size 31 97
see size 97 31
size 33 99
see size 99 33
key C-d
see got .
EOS
}
check "another size is told, by SIGWINCH; and Ctrl-D is the end of the input" sees_size
starts_with_size() {
        in_shell <<EOS
size 41 87
type $command run -u alice stty size
see 41 87
see now>
EOS
}
check "it begins with the size of root's" starts_with_size

# ------------------------------------------------------------------ keys

# Can be ended and stopped from when it says so on. (A shell that is about to fork may lose a signal.)
cat >"$tap/waits" <<EOS
#!/usr/bin/perl
open(P, ">", "$tap/pid.new"); print P "\$\$\n"; close P; rename("$tap/pid.new", "$tap/pid");
print STDERR "ready\n";
select(undef, undef, undef, 0.1) until -e "$tap/go";
print STDERR "ov" . "er\n";
EOS
chmod 755 "$tap/waits"

ctrl() {
        in_shell <<EOS
type $command run -u alice $tap/waits; echo is-\$?
see ready
modes
key $1
see is-$2
see now>
modes
EOS
        modes raw cooked
}
check "Ctrl-C ends it, and root's terminal is as before" ctrl C-c 130
check "so does Ctrl-\\" ctrl "C-\\" 131

raw_program() {
        in_shell <<EOS
type $command run -u alice sh -c 'stty raw -echo; echo re""ady; head -c 1 | od -b'; echo is-\$?
see ready
key C-c
see 003
see is-0
see now>
modes
EOS
        modes cooked
}
check "a program that sets raw mode gets all keys, and root's terminal is as before" raw_program

stops() {
        rm -f "$tap/pid"
        in_shell <<EOS
type $command run -u alice sh -c 'echo \$\$ >$tap/pid; echo re""ady; read x; echo got-\$x; exec cat'; echo is-\$?
see ready
modes
key C-z
see Stopped
see now>
modes
do grep -q '^State:[[:space:]]*T' /proc/\$(cat $tap/pid)/status
type echo be""tween; fg; echo is-\$?
see between
see sh -c
do while grep -q '^State:[[:space:]]*T' /proc/\$(cat $tap/pid)/status; do sleep 0.1; done
type words
see got-words
modes
key C-d
see is-0
see now>
modes
EOS
        modes raw cooked raw cooked
}
check "Ctrl-Z stops it and gives the terminal back; fg goes on" stops

background() {
        rm -f "$tap/run"
        in_shell <<EOS
type $command run -u alice sh -c 'echo re""ady; read x; echo got-\$x' & echo \$! >$tap/run
see ready
modes
do while ! grep -q '^State:[[:space:]]*T' /proc/\$(cat $tap/run)/status; do sleep 0.1; done
type jobs
see Stopped
type fg; echo is-\$?
see sh -c
type words
see got-words
see is-0
see now>
modes
EOS
        modes cooked cooked
}
check "in the background it does not touch the keys, and stops when it wants them" background

goes_to_background() {
        in_shell <<EOS
type $command run -u alice $tap/waits
see ready
key C-z
see Stopped
type bg
see now>
modes
do touch $tap/go
see over
type wait; echo is-\$?
see is-0
EOS
        rm "$tap/go"
        modes cooked
}
check "bg lets it go on without the keys" goes_to_background

# As by "kill -STOP" of another: bash, unlike dash, then sees to the modes of its terminal.
in_bash() {
        { echo 'see now>'; cat; echo 'type exit 0'; } |
                PS1='now> ' play bash --norc --noprofile -i
}

stopped_from_outside() {
        rm -f "$tap/run"
        in_bash <<EOS
type sh -c 'echo \$\$ >$tap/run; exec $command run -u alice $tap/waits'; echo is-\$?
see ready
do kill -s STOP \$(cat $tap/run)
see Stopped
see now>
type bg
see now>
type echo my-\$((40 + 2))
see my-42
see now>
type fg
see alice
do sleep 0.2
key C-c
see now>
EOS
}
check "stopped by SIGSTOP, it loses the keys, and gets them back by fg" stopped_from_outside
stopped_with_jobs() {
        rm -f "$tap/run"
        in_bash <<EOS
type export PS1=in""ner'> '; sh -c 'echo \$\$ >$tap/run; exec $command run -u alice bash --norc --noprofile -i'
see inner>
type sh -c 'echo re""ady; exec sed -u s/^/got-/'
see ready
do kill -s STOP \$(cat $tap/run)
see Stopped
see inner>
type fg
see alice
type once
see got-once
type again
see got-again
key C-d
see inner>
type exit
see exit
see exit
see inner>
EOS
}
check "and so does the job in front of a shell there" stopped_with_jobs

inner_jobs() {
        in_shell <<EOS
type PS1='inner> ' $command run -u alice bash --norc --noprofile -i; echo is-\$?
see inner>
type sh -c 'echo re""ady; exec cat'
see ready
key C-z
see Stopped
see inner>
type kill -9 %1; wait -f %1; suspend
see Stopped
see now>
type fg; echo is-\$?
see bash
type
see inner>
type exit 8
see is-8
see now>
EOS
}
check "a shell there has jobs of its own, and can be suspended" inner_jobs

# ------------------------------------------------------------------ pipelines

pages() {
        in_shell <<EOS
size 24 80
type seq 1000 | $command run -u alice less; echo is-\$?
see 23
see :
type
key Enter
see 25
type q
see is-0
see now>
modes
type $command run -u alice seq 1000 | less; echo is-\$?
see 23
see :
key Enter
see 24
type q
see is-0
see now>
modes
EOS
        modes cooked cooked
}
check "less works, in it and behind it" pages

asks_in_pipeline() {
        in_shell <<EOS
type echo piped | $command run -u alice bash -c 'read -rsp "pass""word: " x </dev/tty; cat; echo \$x' | cat; echo is-\$?
see password:
type geheim
see piped
see geheim
see is-0
see now>
modes
EOS
        modes cooked && same 1 "$(grep -c geheim "$tap/screen")"
}
check "between two pipes it can ask for a password, which is not shown" asks_in_pipeline
interrupted() {
        in_shell <<EOS
type $command run -u alice $tap/waits | cat; echo is-\$?
see ready
modes
key C-c
see now>
modes
EOS
        modes cooked cooked
}
check "Ctrl-C ends a pipeline that has not taken the keys" interrupted

# ------------------------------------------------------------------ ends

# killed SIGNAL STATUS: privtmp gets it, and so does the command; root's terminal is as before.
killed() {
        rm -f "$tap/pid" "$tap/run"
        in_shell <<EOS
type sh -c 'echo \$\$ >$tap/run; exec $command run -u alice $tap/waits'; echo is-\$?
see ready
modes
do kill -s $1 \$(cat $tap/run)
see is-$2
see now>
modes
do ! grep -q '^State:[[:space:]]*[A-WYa-z]' /proc/\$(cat $tap/pid)/status
EOS
        modes raw cooked
}
# deaf: a terminal that shows nothing any more is in the way of nobody who ends the command. It is
# full when the command sleeps, ten looks in a row.
deaf() {
        rm -f "$tap/run"
        play sh -c "echo \$\$ >$tap/run; exec $command run -u alice yes" <<EOS
see y
do n=0; while [ \$n -lt 10 ]; do grep -q '^State:.S' /proc/\$(pgrep -u alice -x yes)/status && n=\$((n + 1)) || n=0; sleep 0.1; done
do kill -s TERM \$(cat $tap/run); while pgrep -u alice -x yes; do sleep 0.1; done
do while kill -s TERM \$(cat $tap/run) && grep -q '^State:[[:space:]]*[A-WYa-z]' /proc/\$(cat $tap/run)/status; do sleep 0.5; done
EOS
}
check "where the terminal takes no more output, another SIGTERM ends it" exits 143 deaf
check "closed fds are /dev/null for it" same "/dev/null /dev/null" \
        "$("$command" run -u alice sh -c 'readlink /proc/$$/fd/0 /proc/$$/fd/2' <&- 2>&- | xargs)"
check "SIGTERM is passed on, and root's terminal is as before" killed TERM 143
check "SIGHUP, too" killed HUP 129
check "SIGINT, too" killed INT 130
check "nothing is left of all that" nothing_left

is_over() {
        not grep -qs '^State:[[:space:]]*[A-WYa-z]' "/proc/$1/status"
}
rm -f "$tap/pid"
play "$command" run -u alice "$tap/waits" <<EOS >"$tap/out" || true
see ready
hangup
EOS
check "when root's terminal goes away, the command is hung up" wait_for is_over "$(cat "$tap/pid")"
check "and its directory is deleted" wait_for nothing_left

rm -f "$tap/pid" "$tap/run"
PS1="now> " play sh -i <<EOS >"$tap/out" || true
type sh -c 'echo \$\$ >$tap/run; exec $command run -u alice $tap/waits'; echo is-\$?
see ready
do kill -s KILL \$(cat $tap/run)
see is-137
hangup
EOS
check "when privtmp is killed, the command is hung up" wait_for is_over "$(cat "$tap/pid")"
"$command" clean >"$tap/out"
check "and clean deletes its directory" nothing_left

finish
