#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# system-run: privtmp run, by root, for a user and without root; with signals and on terminals.

# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2016 # what is in single quotes is for the shells that run starts
. "$(dirname "$0")/../kit/tap.sh"
need su runuser perl tmux bash findmnt unshare
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../kit/command.sh"
chmod 1777 "$tap"

run() {
        "$command" run "$@"
}

# as_alice COMMAND [ARG...]: with her rights, and no session.
as_alice() {
        runuser -u alice -- env HOME=/home/alice "$@"
}

solo() {
        as_alice "$command" run "$@"
}

nothing_left() {
        same "" "$(find "$base" /run/privtmp -mindepth 1 ! -path "$base/[0-9]*" ! -name .trash \
                ! -name .work ! -name .stuck; find "$base" -mindepth 2)"
}

outside=$(stat -c '%d:%i' /tmp)
mounts=$(cat /proc/self/mountinfo)
echo secret >/tmp/outside

# ------------------------------------------------------------------ usage

check "help is help" says 'privtmp run \[options\]' run --help
check "and no fault" exits 0 run -h
check "an unknown option: usage" exits 2 run --force
check "it says so as privtmp" says '^privtmp: .*--force' run --force
check "-u without a name: usage" exits 2 run -u
check "--size is not for root" complains 2 \
        "privtmp: run: --size is for users; root's is said by the table" run --size 1M true
check "a size that is none" complains 2 \
        "privtmp: run: --size must be a size such as 512M, 2G or 10%" solo --size=1M,uid=0 true
check "a user that is not there" complains 1 "privtmp: run: nobody1: there is no such user" \
        run -u nobody1 true
check "a uid without a user" complains 1 "privtmp: run: 4321: there is no such user" \
        run -u 4321 true
check "a uid is as good as its name" prints 0 alice run -u 1001 id -un
check "without root there is no -u" complains 1 "privtmp: run: --user needs root" \
        solo -u bob true
check "nor --conf" complains 1 "privtmp: run: --conf needs root" solo --conf /etc/passwd true
check "a table that is not there is a failure" says '^privtmp: .*/srv/none: No such file' \
        run --conf /srv/none true
check "of which the command sees nothing" complains 1 \
        "$(run --conf /srv/none true 2>&1)" run --conf /srv/none echo run
# a login may go on with the system's directory, the command may not
table '/srv/none/base /tmp * nofail'
check "where a directory can't be made private, nothing is run" complains 1 \
        "privtmp: /etc/security/privtmp.conf:1: /srv/none: No such file or directory" \
        run echo "it runs"
table '/srv/none /tmp * keep=1x'
check "so is a fault in the table" exits 1 run true
check "told of with its place" says \
        '^privtmp: /etc/security/privtmp.conf:1: option "keep" must be' run true
table

# ------------------------------------------------------------------ exit status

all_statuses() {
        for status in $(seq 0 255); do
                exits "$status" "$@" sh -c "exit $status" || return 1
        done
}

# What every shell says of a command that a signal has ended.
all_signals() {
        for signal in HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM; do
                exits $((128 + $(kill -l "$signal"))) "$@" prlimit --core=0 \
                        perl -e '$SIG{$ARGV[0]} = "DEFAULT"; kill $ARGV[0], $$; sleep 9' \
                        "$signal" || return 1
        done
}

# kill -l NAME is not in POSIX
kill() {
        if [ "$1" = -l ]; then
                bash -c "kill -l $2"
        else
                command kill "$@"
        fi
}

check "each exit status comes through" all_statuses run
check "a signal that ends the command is 128 and its number" all_signals run
check "the same for a user: status" exits 7 run -u alice sh -c 'exit 7'
check "the same for a user: signal" exits 143 run -u alice sh -c 'kill -TERM $$'
check "a command that is not there is 127" complains 127 \
        "privtmp: /srv/no: No such file or directory" run /srv/no
check "one that can't be run is 126" complains 126 "privtmp: /etc/passwd: Permission denied" \
        run /etc/passwd
check "options after the command's name are the command's" same "-u x --size" \
        "$(run printf '%s %s %s' -u x --size)"
check "and so is all that follows --" same "-- -h" "$(run -- sh -c 'echo "$0" "$@"' -- -h)"
check "it works where the caller ignores the end of children" exits 3 \
        perl -e '$SIG{CHLD} = "IGNORE"; exec @ARGV' "$command" run sh -c 'exit 3'
check "which the command still does" same 0000000000010000 "$(
        perl -e '$SIG{$_} = "DEFAULT" for keys %SIG; $SIG{CHLD} = "IGNORE"; exec @ARGV' \
                "$command" run awk '/^SigIgn/ { print $2 }' /proc/self/status)"
check "no signal is blocked for the command" same 0000000000000000 \
        "$(run awk '/^SigBlk/ { print $2 }' /proc/self/status)"
check "nothing is left of all that" nothing_left

# ------------------------------------------------------------------ what the command has

check "its /tmp is not that of the system" not run test -e /tmp/outside
check "and empty" same "" "$(run ls -A /tmp)"
check "of root's it is 1777 root root" same "1777 root root" "$(run stat -c '%a %U %G' /tmp)"
check "with the flags of the line: no program is run there" exits 126 \
        run sh -c 'cp /bin/true /tmp/; exec /tmp/true'
check "and nosuid, noexec, nodev are on the mount" says '^rw,nosuid,nodev,noexec' \
        run findmnt -no VFS-OPTIONS --mountpoint /tmp
check "a working directory below /tmp becomes the top of it" same "/tmp" \
        "$(mkdir /tmp/below && cd /tmp/below && run /bin/pwd -P)"
check "another one stays" same "/srv" "$(cd /srv && run /bin/pwd -P)"
check "input and output are the command's" same "through" "$(echo through | run cat)"
check "a shell is run without a command" same "/bin/sh: hello" \
        "$(echo 'echo $0: hello' | run)"
check "no file descriptor is left to it" same "$(ls /proc/self/fd)" "$(run ls /proc/self/fd)"
check "the caller's environment is the command's" same "x $HOME" \
        "$(VALUE=x run sh -c 'echo $VALUE $HOME')"

# its_own COMMAND [ARG...]: it is private with these arguments of run's.
its_own() {
        not same "$outside" "$("$@" stat -c '%d:%i' /tmp)"
}

table 'none /tmp *'
check "a none line does not count" its_own run -u alice
check "the built-in line does then" same \
        "$base" "$(run -u alice findmnt -no FSROOT --mountpoint /tmp >"$tap/root"
                run sh -c "ls -d $base")"
table 'inherit /tmp *'
check "an inherit line does not count" its_own run
table '/srv/base /tmp *' 'none /tmp alice' 'inherit /tmp root'
check "the line before it does" test -n "$(run -u alice find /srv/base -path '*1001/*/root' 2>&1 |
        grep denied || run find /srv/base -mindepth 2)"
table ''
check "neither does a table without lines" its_own run
table '/srv/base /tmp * keep=1h'
check "keep= does not count" same "" "$(run true; find /srv/base -mindepth 2)"
check "--conf FILE is read in place of the table" test -n \
        "$(echo '/srv/other /tmp *' >/srv/conf; run --conf /srv/conf find /srv/other -mindepth 2)"
table 'tmpfs /tmp * size=1M'
check "a tmpfs has its size" same "1048576" "$(run sh -c 'echo $(($(stat -f -c "%b*%S" /tmp)))')"
table "$base /tmp *" "$base /var/tmp *" 'none /srv *'
check "all directories of the table are private" not run test -e /var/tmp -a \
        "$(stat -c %d:%i /var/tmp)" = "$(run stat -c %d:%i /var/tmp)"
table

# ------------------------------------------------------------------ -u

says_who='echo $(id -u) $(id -g) $(id -G); echo $HOME $USER $LOGNAME $SHELL'
groupadd -g 2001 makers
usermod -aG makers alice
check "the command has the user's ids, groups and environment" same "\
1001 1001 1001 2001
/home/alice alice alice /bin/sh" "$(run -u alice sh -c "$says_who")"
check "all ids are the user's" same "1001 1001 1001 1001" "$(run -u alice awk \
        '/^Uid/ { print $2, $3, $4, $5 }' /proc/self/status)"
check "no capability is left" same "0" "$(run -u alice cat /proc/self/status |
        sed -n 's/^Cap\(Inh\|Prm\|Eff\|Amb\):\t//p' | tr -d '0\n' | wc -c)"
check "root's files can't be read" not run -u alice cat /etc/shadow
check "root can't be had back" not run -u alice perl -e '$> = $< = 0; exit($> != 0)'
# this shell has more open; 3 is the folder that ls reads
check "no file descriptor is left to it" same "$(printf '0\n1\n2\n3')" \
        "$(run -u alice ls /proc/self/fd)"
check "its /tmp is root's and the user's group's" same "1777 root alice" \
        "$(run -u alice stat -c '%a %U %G' /tmp)"
check "the user can write there" run -u alice sh -c 'echo x >/tmp/x && rm /tmp/x'
check "a shell is the user's own" same "/bin/bash" \
        "$(usermod -s /bin/bash bob; echo 'echo $0' | run -u bob)"
check "the base is closed to it" not run -u alice ls "$base"

# with_key COMMAND [ARG...]: with a key in root's session keyring, of which the command's rights tell.
with_key() {
        perl -e 'require "syscall.ph";
                my ($keyring, $type, $name, $secret) = ("privtmp-test", "user", "of-root", "x");
                syscall(SYS_keyctl(), 1, $keyring) >= 0 or die "keyctl: $!"; # join that one
                syscall(SYS_add_key(), $type, $name, $secret, 1, -3) >= 0 or die "add_key: $!";
                exec @ARGV' "$@"
}
check "a key of root's is root's to use" says 'of-root' with_key cat /proc/keys
check "but not that of a program of the user's" not says 'of-root' \
        with_key "$command" run -u alice cat /proc/keys
check "nor does a keyring of root's go along" not says 'privtmp-test' \
        with_key "$command" run -u alice cat /proc/keys
check "which has one of its own" says ' 1001  *1001 keyring  *_ses' run -u alice cat /proc/keys

# ------------------------------------------------------------------ beside sessions

start_session alice su - alice
in_session alice 'echo mine >/tmp/mine'
check "a live session's file is not seen" same "" "$(run -u alice ls -A /tmp)"
has_instances alice 1
run -u alice sh -c "touch /tmp/of-run; touch $tap/in; while [ ! -e $tap/go ]; do sleep 0.1; done" &
running=$!
wait_for test -e "$tap/in"
check "it has an instance of its own" has_instances alice 2
check "a later session does not come into it" same mine "$(su - alice -c 'ls /tmp')"
check "nor a session in its namespace by chance" same "" \
        "$(run -u alice ls -A /tmp)"
check "a clean leaves what is in use" "$command" clean
check "both" has_instances alice 2
touch "$tap/go"
wait "$running"
check "and it is gone afterwards, the session's stays" has_instances alice 1
check "with what is in it" same mine "$(in_session alice 'cat /tmp/mine')"
end_session alice
rm "$tap/in" "$tap/go"

start_session alice su - alice
check "from within a session of root's: its own, too" same "" \
        "$(in_session alice "touch /tmp/x; sudo $command run ls -A /tmp")"
check "the session's is as before" same x "$(in_session alice 'ls /tmp')"
check "enter -u leaves no key of root's to the user's program either" not says 'of-root' \
        with_key "$command" enter -u alice cat /proc/keys
end_session alice
wait_for gone alice

run sh -c "sleep 1000 & echo \$! >$tap/sleeper"
check "it is gone though a process has stayed" nothing_left
kill "$(cat "$tap/sleeper")"
rm "$tap/sleeper"
check "no mount is seen outside" same "$mounts" "$(cat /proc/self/mountinfo)"

# ------------------------------------------------------------------ signals

# start_waiting ARG...: run with these, a command that notes each signal; its pid is $running.
start_waiting() {
        rm -f "$tap/in" "$tap/got"
        # the shell would have them ignored in the background
        perl -e '$SIG{$_} = "DEFAULT" for qw(INT QUIT); exec @ARGV' \
                "$command" run "$@" perl -e '
                for my $name (qw(TERM HUP INT QUIT USR1 USR2 WINCH)) {
                        $SIG{$name} = sub { open(F, ">", "$ARGV[0]/got.new"); print F $name;
                                            close F; rename("$ARGV[0]/got.new", "$ARGV[0]/got") };
                }
                open(F, ">", "$ARGV[0]/in.new"); print F $$; close F;
                rename("$ARGV[0]/in.new", "$ARGV[0]/in");
                while (1) { sleep 1; exit 5 if -e "$ARGV[0]/go" }' "$tap" &
        running=$!
        wait_for test -s "$tap/in"
}

# passes SIGNAL
passes() {
        rm -f "$tap/got"
        kill -s "$1" "$running"
        wait_for test -s "$tap/got" && same "$1" "$(cat "$tap/got")"
}

# is_over PID: it is no more, or only its number is left.
is_over() {
        not grep -qs '^State:[[:space:]]*[A-WYa-z]' "/proc/$1/status"
}

for who in '' '-u alice'; do
        # shellcheck disable=SC2086 # two words
        start_waiting $who
        for signal in TERM HUP INT QUIT USR1 USR2 WINCH; do
                check "$signal is passed on${who:+ with $who}" passes "$signal"
        done
        kill -s KILL "$(cat "$tap/in")"
        check "kill -9 of the command is 137${who:+ with $who}" exits 137 wait "$running"
        check "its instance is gone" nothing_left
done

start_waiting
kill -s TERM "$running"
touch "$tap/go"
check "a command that outlives a signal ends as it likes" exits 5 wait "$running"
rm "$tap/go"

start_waiting
kill -s KILL "$running"
wait "$running" 2>/dev/null || true
check "kill -9 of privtmp leaves the command alone" not is_over "$(cat "$tap/in")"
check "while it runs, clean leaves it its /tmp" test -n \
        "$("$command" clean >&2; find "$base/0" -mindepth 2 -name root)"
kill -s KILL "$(cat "$tap/in")"
wait_for is_over "$(cat "$tap/in")"
check "then clean takes it away" "$command" clean
check "all of it" nothing_left

# ------------------------------------------------------------------ on a terminal

screen() {
        tmux -u -S "$tap/tmux" -f /dev/null "$@"
}

# keys KEY...: what is typed.
keys() {
        screen send-keys "$@"
}

shows() {
        screen capture-pane -p >"$tap/pane"
        grep -e "$1" "$tap/pane"
}

# types LINE: as soon as the shell asks for it.
types() {
        wait_for prompts
        keys "$1" Enter
}

prompts() {
        shows . | tail -n 1 | grep -q 'now\$ *$'
}

# says_status FILE NUMBER: the shell has written it there.
says_status() {
        wait_for test -s "$tap/$1" && same "$2" "$(cat "$tap/$1")"
}

is_stopped() {
        grep -q '^State:[[:space:]]*T' "/proc/$(cat "$tap/pid")/status"
}

# on_terminal TEXT ARG...: what a user does with keys, for run with these.
on_terminal() {
        text=$1
        shift
        rm -f "$tap/pid" "$tap/got" "$tap/status"
        waits="sh -c 'echo \$\$ >$tap/pid; read x; echo \$x >$tap/got; exec sleep 1000'"
        types "clear; $command run $* $waits; echo \$? >$tap/status"
        wait_for test -s "$tap/pid"
        keys C-z
        check "Ctrl-Z stops the command$text" wait_for is_stopped
        check "and gives the terminal back$text" wait_for shows 'Stopped'
        types "clear; fg; echo \$? >$tap/status2"
        check "fg starts it again$text" wait_for not is_stopped
        keys "typed words" Enter
        check "it can read from the terminal$text" says_status got "typed words"
        wait_for is_sleeping
        rm -f "$tap/status2"
        keys C-c
        check "Ctrl-C ends it$text" says_status status2 130
}

is_sleeping() {
        grep -qx 'sleep' "/proc/$(cat "$tap/pid")/comm"
}

screen new-session -d -x 100 -y 24 "env PS1='now$ ' bash --norc --noprofile -i"
wait_for prompts
on_terminal ""

rm -f "$tap/status"
types "clear; PS1='inner$ ' $command run; echo \$? >$tap/status"
wait_for shows '^inner'
keys 'echo my $((40 + 2)); exit 9' Enter
check "a shell is interactive there" says_status status 9
rm -f "$tap/status"
types "clear; PS1='inner$ ' $command run bash --norc --noprofile -i; echo \$? >$tap/status"
wait_for shows '^inner'
keys suspend Enter
check "a shell with job control can be suspended" wait_for shows Stopped
types "clear; fg; echo \$? >$tap/status2"
rm -f "$tap/status2"
keys Enter
wait_for shows '^inner'
keys 'exit 8' Enter
check "and ends as it likes" says_status status2 8

on_terminal " of a user's" -u alice
types "clear; PS1='inner$ ' runuser -u alice $command run sh; echo \$? >$tap/status3"
wait_for shows '^inner'
keys 'exit 6' Enter
check "without root a shell is interactive, too" says_status status3 6
types 'exit'
wait_for not screen has-session
check "nothing is left of all that" nothing_left

# ------------------------------------------------------------------ without root

table 'none /tmp *'
unprivileged=$(as_alice unshare -U true && echo yes)
check "users can make namespaces here" same yes "$unprivileged"
check "it works and prints nothing" complains 0 "" solo true
check "the user stays who he is" same "1001 1001" "$(solo sh -c 'echo $(id -u) $(id -g)')"
check "a file of his belongs to him outside, too" same "alice alice" \
        "$(solo touch /home/alice/made; stat -c '%U %G' /home/alice/made)"
check "his groups still open what they open" same "makers" "$(
        install -g makers -m 640 /dev/null /srv/group
        echo makers >/srv/group
        solo cat /srv/group)"
check "nobody can give a group up" same deny "$(solo cat /proc/self/setgroups)"
check "he has no capability" same "0" "$(solo cat /proc/self/status |
        sed -n 's/^Cap\(Inh\|Prm\|Eff\|Amb\):\t//p' | tr -d '0\n' | wc -c)"
check "/tmp is a tmpfs of his" same "700 alice alice tmpfs" \
        "$(solo sh -c 'stat -c "%a %U %G" /tmp; stat -f -c %T /tmp' | xargs)"
check "an empty one" same "" "$(solo ls -A /tmp)"
check "with nosuid and nodev" says '^rw,nosuid,nodev,relatime$' \
        solo findmnt -no VFS-OPTIONS --mountpoint /tmp
check "where builds can run what they make" solo sh -c 'cp /bin/true /tmp/; exec /tmp/true'
check "--size is its size" same 1048576 \
        "$(solo --size 1M sh -c 'echo $(($(stat -f -c "%b*%S" /tmp)))')"
check "and more is ENOSPC" says 'No space left on device' \
        solo --size 1M dd if=/dev/zero of=/tmp/x bs=1M count=2
check "a working directory below /tmp becomes the top of it" same "/tmp" \
        "$(chmod 755 /tmp/below; cd /tmp/below && solo /bin/pwd -P)"
check "the exit status comes through" exits 42 solo sh -c 'exit 42'
check "a signal ends it, as it would without" exits 143 solo sh -c 'kill -TERM $$'
check "a command that is not there is 127" complains 127 \
        "privtmp: /srv/no: No such file or directory" solo /srv/no
check "no mount is seen outside" same "$mounts" "$(cat /proc/self/mountinfo)"
check "no file descriptor is left to it" same "$(as_alice ls /proc/self/fd)" \
        "$(solo ls /proc/self/fd)"

# In a user namespace where no other may be made.
forbidden() {
        as_alice unshare -U -c --keep-caps sh -c \
                "echo 0 >/proc/sys/user/max_user_namespaces; exec $command run echo ran"
}
check "where namespaces are forbidden it says so, and runs nothing" complains 1 \
        "privtmp: run: this system does not let users make namespaces\
 (user.max_user_namespaces, AppArmor, a container): No space left on device" forbidden

# Where the maps of a user namespace can't be written.
sealed() {
        unshare -m sh -c "mount --bind /proc /proc; mount -o remount,bind,ro /proc
                exec setpriv --reuid alice --regid alice --clear-groups '$command' run echo ran"
}
check "where the kernel takes no map it says so, too" complains 1 \
        "privtmp: run: this system does not let users make namespaces\
 (user.max_user_namespaces, AppArmor, a container): Read-only file system" sealed

mkdir /srv/project
cat >/srv/project/Makefile <<'EOS'
check: ; t=$$(mktemp) && echo ok >$$t && cat $$t && rm $$t
EOS
need make
check "make check of a project works" says '^ok$' solo make -s -C /srv/project check
check "as it does for root" says '^ok$' run make -s -C /srv/project check

finish
