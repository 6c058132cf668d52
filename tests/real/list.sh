#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# system-list: privtmp list, with ten sessions of three users, in all states, and what it takes.

# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2016 # what is in single quotes is perl's
. "$(dirname "$0")/../kit/tap.sh"
need su sshd ssh script runuser perl bindfs strace flock
perl -MJSON::PP -e 1
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../kit/command.sh"

list() {
        "$command" list "$@"
}

# shows WANTED LIST [ARG...]: of columns.
shows() {
        tap_wanted=$1
        shift
        same "$tap_wanted" "$(columns "$@")"
}

# json EXPRESSION [ARG...]: what a perl expression makes of list --json with these; $j is all, and
# of(NAME, VALUE...) are the directories with all these.
json() {
        tap_expression=$1
        shift
        list --json "$@" >"$tap/json"
        perl -MJSON::PP -e '
                sub of {
                        my %want = @_;
                        return grep { my $d = $_; !grep { ($d->{$_} // "") ne $want{$_} } keys %want }
                                @{$j->{directories}};
                }
                local $/; $j = decode_json(<STDIN>); $, = " "; print eval $ARGV[0]; die $@ if $@;
                ' "$tap_expression" <"$tap/json"
}

# columns LIST [ARG...]: these, one space between, without headings.
columns() {
        tap_columns=$1
        shift
        list --noheadings -o "$tap_columns" "$@" | tr -s ' ' | sed 's/^ //; s/ $//'
}

start_sshd

# ------------------------------------------------------------------ usage

check "help is help" says 'privtmp list \[options\] \[USER\]' list --help
for column in USER DIRECTORY SOURCE STATE UNTIL SESSIONS PROCS SIZE INODES PARTIAL USE LIMIT AGE SERVICE FROM \
              PID COMMAND SINCE PATH; do
        check "help tells of $column" says "^ *$column  [a-z]" list --help
done
check "help tells of a verb, too" says 'privtmp list \[options\] \[USER\]' "$command" help list
check "and of all" says '^ list ' "$command" help
check "help of what is no verb: usage" exits 2 "$command" help lst
check "an unknown option: usage" exits 2 list --force
check "two users: usage" complains 2 \
        "privtmp: list: bob: a base is an absolute path, with no slash behind it" list alice bob
check "an unknown column: usage" complains 2 "privtmp: list: unknown column: X" list -o USER,X
check "who is not root is told so of others" complains 1 "privtmp: list: only root can list other users' directories" \
        runuser -u alice -- "$command" list bob
check "and of bases" complains 1 "privtmp: list: bases need root" \
        runuser -u alice -- "$command" list /srv
check "and of sizes" complains 1 "privtmp: list: sizes need root" \
        runuser -u alice -- "$command" list --size
check "a sum is no JSON" complains 2 "privtmp: list: --sum is for tables, not for JSON" \
        list --sum --json
check "a base that is not there" complains 1 "privtmp: /srv/none: there is no such folder" \
        "$command" list /srv/none
check "a user that is not there" complains 1 "privtmp: list: nobody1: there is no such user" \
        list nobody1
check "a table that is not there is a failure" says '^privtmp: .*/srv/none: No such file' \
        list --conf /srv/none
check "with status 1" exits 1 list --conf /srv/none

table "/srv/nothing /tmp *"
check "where nothing is, nothing is listed" same "" "$(columns USER)"
check "and that is JSON, too" same 0 "$(json 'scalar @{$j->{directories}}')"
check "the base is not made" not test -e /srv/nothing

# ------------------------------------------------------------------ ten sessions of three users

table "$base /tmp *" 'tmpfs /var/tmp alice' "$base /srv bob scope=session" 'none /tmp root'
for n in 1 2 3 4; do
        start_session "a$n" su - alice
done
for n in 1 2 3; do
        start_session "b$n" ssh bob@127.0.0.1 sh
done
for n in 1 2; do
        start_session "c$n" su carol
done
start_session c3 script -qec 'su - carol' /dev/null

check "each private directory is in the list, with its state and sessions" same "\
alice /tmp live 4
alice /var/tmp live 4
bob /srv live 1
bob /srv live 1
bob /srv live 1
bob /tmp live 3
carol /tmp live 3" "$(columns USER,DIRECTORY,STATE,SESSIONS)"
check "one user's alone" same "\
alice /tmp $base
alice /var/tmp tmpfs" "$(columns USER,DIRECTORY,SOURCE alice)"
check "with the path of the instance" same "$(instances carol)" "$(columns PATH carol)"
check "which a tmpfs has not" same "alice
alice $(instances alice)" "$(columns USER,PATH alice | sort)"
check "ten sessions are there, below their directories" same 17 \
        "$(list -n -o STATE,PID | grep -c session)"

su_pid() {
        in_session "$1" 'cut -d " " -f 4 /proc/$$/stat'
}

check "a session by su: service and process" same "\
- su $(su_pid c1)
- su $(su_pid c2)" "$(columns SERVICE,PID,FROM carol | sed -n 's/^.-\(su [0-9]*\)$/- \1/p')"
check "a session on a terminal: which" says '[`|]-su-l  */dev/pts/[0-9]* *[0-9]*$' \
        list -n -o SERVICE,FROM,PID carol
check "a session from afar: from where" same 3 \
        "$(columns SERVICE,FROM,DIRECTORY bob | grep -c 'sshd 127.0.0.1' | awk '{ print $1 / 2 }')"
check "the tree is in the first column only" not says '|-.*|-' list -o DIRECTORY,USER,PID

# processes NAME: what is in that session's namespace.
processes() {
        wanted=$(readlink "/proc/$(in_session "$1" 'echo $$')/ns/mnt")
        readlink /proc/[0-9]*/ns/mnt | grep -cxF "$wanted"
}

in_session a1 'sleep 1000 & echo $! >~/sleeper; sleep 1001 & echo $! >>~/sleeper'
check "who they are" same "$(cat /home/alice/sleeper)" \
        "$(columns COMMAND,PID --processes alice | awk '/sleep [0-9]+$/ { print $NF }' | sort -u)"
check "a line for each, below the directory" same "$(processes a1)" \
        "$(columns DIRECTORY,STATE -p alice | awk 'index($1, "/") == 1 { d = $1 } / process / && d == "/tmp" { n++ } END { print n }')"
check "JSON: they are children" same "sleep sleep" "$(json '
        map { $_->{command} } grep { ($_->{command} // "") eq "sleep" }
        @{(of(directory => "/tmp"))[0]{children}}' -p alice)"

# a name that is no text, as any process may have
cat >/srv/odd <<'EOS'
#!/usr/bin/perl
open my $name, ">", "/proc/self/comm" or die;
print $name "\xffa\x1b";
close $name;
print "named\n";
close STDOUT;
sleep 1000;
EOS
chmod 755 /srv/odd
in_session a1 '/srv/odd >~/named & echo $! >~/odd
        while [ ! -s ~/named ]; do :; done'
check "JSON: a process that is called by no text" same "?a?" "$(json '
        map { $_->{command} } grep { ($_->{command} // "") =~ /a/ }
        @{(of(directory => "/tmp"))[0]{children}}' -p alice)"
kill "$(cat /home/alice/odd)"
wait_for not readlink "/proc/$(cat /home/alice/odd)/ns/mnt"

# What a user sees without root.
own() {
        in_session "$1" "$command list --noheadings -o USER,DIRECTORY,SOURCE,STATE" | xargs
}
check "without root: one's own, from within" same \
        "alice /tmp used alice /var/tmp tmpfs used" "$(own a1)"
check "the same from elsewhere" same "alice /tmp used alice /var/tmp tmpfs used" \
        "$(runuser -u alice -- "$command" list -n -o USER,DIRECTORY,SOURCE,STATE | xargs)"
check "with one's processes" same "$(sort /home/alice/sleeper | xargs)" \
        "$(runuser -u alice -- "$command" list -n -p -o DIRECTORY,PID | awk '/sleep *$/ { print $(NF - 1) }' |
                sort -u | xargs)"
check "who has none has an empty list" same "" "$(runuser -u daemon -- "$command" list -n)"
in_both() {
        same "$(processes a1) $(processes a1)" "$(columns PROCS alice | xargs)"
}
check "processes: all that see it" wait_for in_both
# in_each: the mv of in_session may still be there, in one of the sessions, for a moment.
in_each() {
        same 3 "$(columns DIRECTORY,PROCS bob | grep -c "/srv $(processes b1)$")"
}
check "in bob's own directories: those of one session" wait_for in_each

# ------------------------------------------------------------------ other states

check "JSON: keys are those of the manual" same "age children command directory from inodes limit partial \
path pid procs service sessions since size source state until use user" \
        "$(json 'sort keys %{(of(user => "alice", directory => "/tmp"))[0]}')"
check "JSON: sessions are children" same "sshd 127.0.0.1 session" \
        "$(json '@{(of(directory => "/tmp"))[0]{children}[0]}{qw(service from state)}' bob)"
check "JSON: numbers are numbers" same 4 \
        "$(json 'of(directory => "/tmp")' alice >/dev/null
                grep -c '"sessions": 4,\|"procs": [0-9]*,' "$tap/json")"
check "JSON: what is not there is null" grep -q '"until": null' "$tap/json"
check "JSON: of the chosen columns" same "state user" \
        "$(json 'sort keys %{$j->{directories}[0]}' -o USER,STATE)"
check "JSON: when it was made can be read by machines" same 1 "$(json '
        (of(directory => "/tmp"))[0]{since} =~ /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$/' alice)"

for n in 1 2 3 4; do
        end_session "a$n"
done
check "without a session, but in use: used" \
        wait_for shows "alice /tmp used 0
alice /var/tmp used 0" USER,DIRECTORY,STATE,SESSIONS alice
check "with the processes that have stayed" same "2
2" "$(columns PROCS alice)"
xargs kill </home/alice/sleeper

for n in 1 2; do
        end_session "c$n"
done
check "sessions that have ended are not there any more" same "carol /tmp live 1" \
        "$(columns USER,DIRECTORY,STATE,SESSIONS carol)"
end_session c3
for n in 1 2 3; do
        end_session "b$n"
done
wait_for ssh_is_over bob
wait_for shows "" PATH bob
"$command" clean >"$tap/out"

# The oldest process of the session's namespace is in a chroot, whose mounts are not all.
start_session first su alice
nsenter -m -t "$(cat "$tap/first/pid")" chroot /usr /bin/sleep infinity &
jailed=$!
wait_for grep -qx sleep "/proc/$jailed/comm"
start_session second su alice
end_session first
check "who is in a chroot does not hide the others of that namespace" \
        says "[-]$(in_session second 'echo $$') sh" list -n -p -o PID,COMMAND alice
kill "$jailed"
wait "$jailed" || true
end_session second
wait_for gone alice

table "$base /tmp * keep=30m"
began=$(date +%s)
su - alice -c true
until=$(columns UNTIL alice)
check "an idle one is kept until" same "alice /tmp kept" "$(columns USER,DIRECTORY,STATE alice)"
check "half an hour later" test "$(date -d "$until" +%s)" -ge "$((began + 1800))" -a \
        "$(date -d "$until" +%s)" -le "$(($(date +%s) + 1800))"
"$command" list >/dev/null
su - alice -c true
check "looking does not end it" has_instances alice 1

plant "$base" 1002 aaaaaa '2 hours ago' 3600
plant "$base" 1002 bbbbbb '2 hours ago' 36000
plant "$base" 1002 cccccc '1970-01-01 UTC' 3600
plant "$base" 1002 dddddd
install -d -m 700 "$base/.trash" "$base/.trash/1002.eeeeee" "$base/.stuck" \
        "$base/.stuck/1003.ffffff" "$base/1002/.gggggg" "$base/other"
check "stale, kept, clock not yet set, half made, trash and stuck" same "\
carol stuck $base/.stuck/1003.ffffff
bob trash $base/.trash/1002.eeeeee
bob half $base/1002/.gggggg
bob stale $base/1002/aaaaaa
bob kept $base/1002/bbbbbb
bob kept $base/1002/cccccc
bob stale $base/1002/dddddd" "$(columns USER,STATE,PATH | grep -v ^alice | sort -k 3)"
check "each has its age" same 3d \
        "$(touch -d '80 hours ago' "$base/1002/aaaaaa"
                columns STATE,AGE,PATH bob | awk '/aaaaaa/ { print $2 }' | sed 's/^[0-9]*s$/3d/')"
check "--sort AGE: the youngest first, days behind seconds" says '[0-9]d$' sh -c \
        '"$1" list -n --sort AGE -o USER,AGE | tail -n 1' sh "$command"
check "a user's trash is the user's" same 6 "$(columns PATH bob | wc -l)"
userdel bob
check "of a user who is gone the name stays, as it was noted" same 4 \
        "$(columns USER | grep -c '^bob$')"
check "or the number is there" says "^1002 .*trash" list
check "the number is whom to list, too" same 6 "$(columns PATH 1002 | wc -l)"
echo "bob:x:1002:1002::/home/bob:/bin/sh" >>/etc/passwd
echo "bob:x:1002:" >>/etc/group
echo "bob::19000:0:99999:7:::" >>/etc/shadow

check "a lock that is held is nothing to wait for, nor to take" \
        flock "$base/1002/aaaaaa/lock" "$command" list
# shellcheck disable=SC2317 # called by name
takes_a_lock() {
        strace -f -qq -e signal=none -o "$tap/trace" -e trace=flock,fcntl,unlink,unlinkat,rename,renameat2 \
                "$command" list -s >/dev/null
        grep -v 'F_[GS]ETF[DL]\|F_DUPFD' "$tap/trace"
}
check "it takes no lock and changes nothing" not takes_a_lock

# ------------------------------------------------------------------ form

check "headings are there" says '^USER *DIRECTORY *STATE' list
check "and can be left out" not says '^USER' list --noheadings
check "more columns than the usual ones" same "USER DIRECTORY STATE PROCS AGE SERVICE FROM PID PATH UNTIL" \
        "$(list -o +until,user | head -n 1 | tr -s ' ')"
check "columns in the order that was asked for" same "STATE USER" \
        "$(list -o state,user | head -n 1 | tr -s ' ')"
# no_escape COMMAND [ARG...]: nothing that a terminal would obey.
no_escape() {
        "$@" >"$tap/out" 2>&1 || true
        [ -s "$tap/out" ] && not grep -q "$(printf '\033')" "$tap/out"
}
for verb in list 'list -s' 'list --json' 'list --help' 'explain alice' 'clean -n' --help; do
        # shellcheck disable=SC2086 # two words
        check "no escape sequence goes to a pipe: $verb" no_escape "$command" $verb
done
check "nor to a terminal" no_escape script -qec "TERM=xterm $command list" /dev/null
check "a full disk is told of" says '^privtmp: standard output: No space left on device' \
        sh -c "$command list >/dev/full"

# ------------------------------------------------------------------ size

"$command" clean >"$tap/out" 2>&1 || true
table "$base /tmp *"
start_session alice su - alice
top=$(instances alice)
check "without --size nothing is added up" not says SIZE list alice
in_session alice 'mkdir -p /tmp/a/b; dd if=/dev/zero of=/tmp/a/b/c bs=1k count=300 2>/dev/null; sync'
all_bytes() {
        find "$top" -printf '%b\n' | awk '{ n += $1 * 512 } END { print n }'
}
all_inodes() {
        find "$top" | wc -l
}
is_size() {
        same "$(all_bytes) $(all_inodes)" "$(columns SIZE,INODES "$@" alice)"
}
check "--bytes: disk space in use, files and directories" is_size --bytes --size
check "who names the column gets it" is_size -b
# human BYTES: as lsblk has it.
human() {
        awk -v n="$1" 'BEGIN { split("B K M G", u); for (i = 1; n >= 1024; i++) n /= 1024
                n = sprintf("%.1f", n); sub(/\.0$/, "", n); print n u[i] }'
}
check "else it is for people" same "$(human "$(all_bytes)")" "$(columns SIZE alice)"
check "JSON: bytes, as a number" grep -q "\"size\": $(all_bytes)," "$(json 1 --size alice >&2; echo "$tap/json")"
check "JSON: and whether that is all" grep -q '"partial": false' "$tap/json"
check "--sum: a last line with what all take" same "total $(human "$(all_bytes)") $(all_inodes)" \
        "$(list -n --sum -o USER,SIZE,INODES alice | tail -n 1 | xargs)"
# sorted COLUMN WANTED [OPTION...]: USER in that order
sorted() {
        sorted_by=$1 sorted_wanted=$2
        shift 2
        same "$sorted_wanted" "$(list -n --sort "$sorted_by" -o USER "$@" | awk '$1 !~ /-$/ { print $1 }' | uniq | xargs)"
}
# what bob has is less, in the smaller unit, and the larger number
start_session sorted su - bob
in_session sorted 'head -c 900K /dev/zero >/tmp/file'
in_session alice 'head -c 2M /dev/zero >/tmp/large'
check "--sort SIZE: the largest last, in whatever units" sorted SIZE 'bob alice'
check "and bytes" sorted SIZE 'bob alice' --bytes
check "the total stays where it is" sorted SIZE 'bob alice total' --sum
check "--sort USER: by letters" sorted USER 'alice bob'
check "the column that it sorts by is shown" says '^USER *AGE' list --sort AGE -o USER
check "--sort of a column that is none: usage" complains 2 "privtmp: list: unknown column: X" \
        list --sort X
in_session alice 'rm /tmp/large'
end_session sorted
in_session alice 'ln -s / /tmp/a/root; ln -s . /tmp/a/loop; ln -s /nowhere /tmp/a/x; mkfifo /tmp/fifo
        ln /tmp/a/b/c /tmp/hard; truncate -s 1T /tmp/sparse'
check "no symbolic link is followed, nothing waited for; holes are nothing" \
        same "$(all_inodes)" "$(columns INODES alice)"
in_session alice '(i=0; cd /tmp; while [ $i -lt 100 ]; do mkdir d; cd d; i=$((i + 1)); done)'
check "a tree that is too deep: more than that" says "^ *>[0-9]" \
        list -n --size -o SIZE alice
in_session alice 'rm -rf /tmp/d'

# The time is the CPU's: here each file that is looked at takes 20 ms of it.
cat >"$tap/clock.c" <<'EOS'
#define _GNU_SOURCE
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long ahead;

int fstatat64(int dir, const char *path, struct stat64 *ret, int flags)
{
        ahead += 20000000;
        return (int)syscall(SYS_newfstatat, dir, path, ret, flags);
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
        int r = (int)syscall(SYS_clock_gettime, clock, now);

        if (clock == CLOCK_THREAD_CPUTIME_ID) {
                now->tv_nsec += ahead;
                now->tv_sec += now->tv_nsec / 1000000000;
                now->tv_nsec %= 1000000000;
        }
        return r;
}
EOS
cc -shared -fPIC -o "$tap/clock.so" "$tap/clock.c"
in_session alice 'for i in $(seq 90); do : >/tmp/f$i; done'
check "where the time is up: more than that" says "^ *>[0-9]* *>[0-9]* $top" \
        env LD_PRELOAD="$tap/clock.so" "$command" list -nb -o SIZE,INODES,PATH alice
in_session alice 'rm /tmp/f*'

echo user_allow_other >>/etc/fuse.conf
in_session alice 'mkdir /tmp/fuse ~/real; for i in 1 2 3 4 5; do echo >~/real/$i; done
        bindfs ~/real /tmp/fuse && ls /tmp/fuse' >/dev/null
pkill -STOP -U alice bindfs
check "what a user has mounted is not looked into, though it never answers" same \
        "$(all_inodes)" "$(timeout -s KILL 120 "$command" list -n --size -o INODES alice | tr -d ' ')"
start_session root nsenter -t "$(in_session alice 'echo $$')" -m sh
check "not even from within the session" same "$(all_inodes)" \
        "$(in_session root "timeout -s KILL 120 $command list -n --size -o INODES alice" | tr -d ' ')"
end_session root
pkill -KILL -U alice bindfs
wait_for not pgrep -U alice bindfs
end_session alice
wait_for gone alice

# ------------------------------------------------------------------ how much it reads

# How many mount tables are read.
tables_read() {
        strace -f -qq -e signal=none -o "$tap/trace" -e trace=openat "$command" list >/dev/null
        grep -c '/mountinfo"' "$tap/trace"
}
plant "$base" 1001 many00
once=$(tables_read)
for i in $(seq 10 99); do
        plant "$base" 1001 "many$i"
done
check "for many directories no table is read more often than for one" same "$once" "$(tables_read)"
rm -rf "$base"/1001/many*

finish
