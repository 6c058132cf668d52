#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# system-clean: privtmp clean, beside real sessions, killed, short of everything, and against a user
# who writes while it deletes.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../kit/tap.sh"
need sshd ssh su strace chattr prlimit script perl
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../kit/command.sh"

clean() {
        "$command" clean
}

# deletes_and_complains STATUS TEXT COMMAND [ARG...]: on stderr, with nothing else there, and nothing on
# stdout but what was deleted.
deletes_and_complains() {
        tap_wanted=$1 tap_text=$2
        shift 2
        tap_status=0
        "$@" >"$tap/out" 2>"$tap/err" || tap_status=$?
        same "$tap_wanted" "$tap_status" && same "$tap_text" "$(cat "$tap/err")" &&
                same "" "$(grep -v '^deleted [0-9]* director' "$tap/out")"
}

# Everything in a base, with all that a change would change; but what reading alone changes.
listing() {
        find "$1" -printf '%p %i %y %m %U:%G %s %l %T@ %C@\n' | sort
}

# is_empty BASE: nothing is left of any instance.
is_empty() {
        same "" "$(find "$1" -mindepth 2)"
}

# ------------------------------------------------------------------ arguments and faults

table '/srv/missing /tmp *'
check "a base that is not there is nothing to complain of" deletes_and_complains 0 "" clean
check "and is not made" not test -e /srv/missing
check "help is help" says 'privtmp clean \[options\] \[BASE...\]' "$command" clean --help
check "and no fault" exits 0 "$command" clean -h
check "without a verb: usage" \
        deletes_and_complains 2 "privtmp: a verb is missing, try 'privtmp --help'" "$command"
check "an unknown verb: usage" \
        deletes_and_complains 2 "privtmp: sweep: no such verb, try 'privtmp --help'" "$command" sweep
check "an argument that is no path: usage" deletes_and_complains 2 \
        "privtmp: clean: base: a base is an absolute path, with no slash behind it" \
        "$command" clean base
check "an unknown option: usage" exits 2 "$command" clean --force
check "it says so as privtmp" says "^privtmp: .*--force" "$command" clean --force
check "--conf without a file: usage" exits 2 "$command" clean --conf
check "who is not root is told so" \
        deletes_and_complains 1 "privtmp: clean: needs root" runuser -u alice -- "$command" clean
check "also for a dry run" \
        deletes_and_complains 1 "privtmp: clean: needs root" runuser -u alice -- "$command" clean -n

table '/srv/two /tmp *' '/srv/two /var/tmp * keep=1x'
plant /srv/two 1001 aaaaaa
check "a fault in the table is told of with its place" says \
        '^privtmp: /etc/security/privtmp.conf:2: option "keep" must be' clean
check "and is a failure" exits 1 clean
check "nothing is cleaned then" test -d /srv/two/1001/aaaaaa
check "a table that is not there is a failure" exits 1 "$command" clean --conf /srv/none
check "and told of" says '^privtmp: .*/srv/none: No such file' "$command" clean --conf /srv/none
table 'none /tmp *'
rm -rf /srv/two
check "a table without a base is no fault" deletes_and_complains 0 "" clean

# ------------------------------------------------------------------ which bases

table '/var/lib/privtmp /tmp *' '/srv/two /var/tmp *' '/srv/two /srv/three bob keep=1h' \
        '/srv/missing /srv/three alice'
plant "$base" 1001 aaaaaa
plant /srv/two 1001 bbbbbb
plant /srv/two 1002 cccccc
plant /srv/four 1002 dddddd
install -d -m 700 /srv/two/.trash /srv/two/.trash/1003.eeeeee /srv/two/.stuck/1003.ffffff
check "a dry run names each once, though a base is in several lines" same "\
stale /srv/two/1001/bbbbbb
stale /srv/two/1002/cccccc
stale $base/1001/aaaaaa
stuck /srv/two/.stuck/1003.ffffff
trash /srv/two/.trash/1003.eeeeee" "$("$command" clean --dry-run | sort)"
check "--conf FILE is read in place of the table" same "stale /srv/four/1002/dddddd" \
        "$(echo '/srv/four /tmp *' >/srv/conf; "$command" clean -n --conf /srv/conf)"
check "all bases are cleaned" deletes_and_complains 0 "" clean
check "the first is empty" is_empty "$base"
check "the second, too" is_empty /srv/two
check "the one that no line names is left alone" test -d /srv/four/1002/dddddd
check "the missing one is not made" not test -e /srv/missing
check "with --conf FILE it is cleaned" "$command" clean --conf /srv/conf
check "that is empty now" is_empty /srv/four

# ------------------------------------------------------------------ bases that are named

plant /srv/two 1001 bbbbbb
plant /srv/four 1001 aaaaaa
plant /srv/four 1002 bbbbbb 'now' 3600
plant "$base" 1001 aaaaaa
# what has not all of an instance's form could be anything that root keeps in a folder
plant /srv/four 1001 nolink && rm /srv/four/1001/nolink/user
plant /srv/four 1001 nowhere
plant /srv/four 1001 nopath && ln -sfn tmp /srv/four/1001/nopath/directory
plant /srv/four 1001 noroot && rmdir /srv/four/1001/noroot/root
plant /srv/four 1001 nolock && rm /srv/four/1001/nolock/lock
plant /srv/four 1001 .aaaaab
plant /srv/four 0 aaaaac && mv /srv/four/0 /srv/four/root
touch -d '1 hour ago' /srv/four/1001/* /srv/four/1001/.aaaaab
install -d -m 700 /srv/four/.trash /srv/four/.work /srv/four/.stuck /srv/four/.trash/1001.cccccc \
        /srv/four/.work/1001.dddddd /srv/four/.stuck/1001.eeeeee /srv/four/.trash/letters \
        /srv/four/.trash/1001.a-file
install -d -m 755 /srv/four/.trash/1001.ffffff
touch /srv/four/.trash/file /srv/four/.trash/1001.gggggg
# all but what is to go
others() {
        find /srv/four ! -name aaaaaa ! -path '*/aaaaaa/*' ! -name '1001.[cde]*' | sort
}
other=$(others)
check "a base that no line names: a dry run has what is an instance for certain" same "\
stale /srv/four/1001/aaaaaa
stuck /srv/four/.stuck/1001.eeeeee
trash /srv/four/.trash/1001.cccccc
work /srv/four/.work/1001.dddddd" "$("$command" clean -n /srv/four | sort)"
check "a base that no line names: is cleaned" deletes_and_complains 0 "" "$command" clean /srv/four
check "a base that no line names: what was stale is gone, and all else is left" \
        same "$other" "$(find /srv/four | sort)"
check "the bases of the table were not looked at" test -d "$base/1001/aaaaaa"
check "a base of the table that is named is cleaned as ever" deletes_and_complains 0 "" \
        "$command" clean /srv/two
check "it alone" test ! -d /srv/two/1001/bbbbbb -a -d "$base/1001/aaaaaa"
check "one that is not there is a failure" deletes_and_complains 1 \
        "privtmp: /srv/missing-too: there is no such folder" "$command" clean /srv/missing-too
mkdir -m 777 /srv/open-too
check "one that others can write is no base" complains 1 \
        "privtmp: /srv/open-too is no base: it has mode 0777, a base has 0700" \
        "$command" clean /srv/open-too
check "nor is it for list" complains 1 \
        "privtmp: /srv/open-too is no base: it has mode 0777, a base has 0700" \
        "$command" list /srv/open-too
ln -s /srv/four /srv/link-too
check "so is one behind a link" exits 1 "$command" clean /srv/link-too
rm -rf /srv/four "$base/1001/aaaaaa" /srv/open-too /srv/link-too

plant "$base" 1001 aaaaaa
plant /srv/two 1001 bbbbbb
chmod 770 "$base"
check "a base that others can write is refused" says "^privtmp: $base" clean
check "which is a failure" exits 1 clean
check "nothing was touched there" test -d "$base/1001/aaaaaa"
check "the others are cleaned all the same" is_empty /srv/two
chmod 700 "$base"
mkdir -m 777 /srv/open
mkdir -m 700 /srv/open/base
table '/srv/open/base /var/tmp *' '/var/lib/privtmp /tmp *'
check "so is one that others could swap" exits 1 clean
check "and the others are cleaned" is_empty "$base"
table

# ------------------------------------------------------------------ of one user

table '/var/lib/privtmp /tmp *' '/srv/two /var/tmp *'
plant "$base" 1001 aaaaaa
plant "$base" 1002 bbbbbb
plant /srv/two 1001 cccccc
plant /srv/two 10010 dddddd
install -d -m 700 "$base/.trash" "$base/.trash/1001.eeeeee" "$base/.trash/1002.ffffff" \
        "$base/.trash/10010.gggggg" "$base/.stuck" "$base/.stuck/1001.hhhhhh"
check "--user: a dry run has only what is the user's" same "\
stale /srv/two/1001/cccccc
stale $base/1001/aaaaaa
stuck $base/.stuck/1001.hhhhhh
trash $base/.trash/1001.eeeeee" "$("$command" clean -n --user alice | LC_ALL=C sort)"
check "--user: is deleted" deletes_and_complains 0 "" "$command" clean --user 1001
check "--user: nothing of the user's is left" same "" \
        "$(find "$base" /srv/two -mindepth 2 \( -path '*/1001/*' -o -name '1001.*' \))"
check "--user: all that is another's is" test -d "$base/1002/bbbbbb" -a \
        -d /srv/two/10010/dddddd -a -d "$base/.trash/1002.ffffff" -a -d "$base/.trash/10010.gggggg"
check "--user: who has no account any more is named by the uid" \
        deletes_and_complains 0 "" "$command" clean --user 10010
check "--user: and those are gone" same "" "$(find "$base" /srv/two -name '*[dg]*' -path '*10010*' \
        ! -name 10010)"
check "--user: an unknown name is a failure" \
        deletes_and_complains 1 "privtmp: clean: nobody1: there is no such user" "$command" clean --user nobody1
check "--user: a number that is no uid, too" deletes_and_complains 1 \
        "privtmp: clean: 4294967295: there is no such user" "$command" clean --user 4294967295
check "--user: without a user: usage" exits 2 "$command" clean --user
rm -rf /srv/two "$base/1002" "$base/.trash"
table

# ------------------------------------------------------------------ a dry run

# A session of alice's, and what is left of one of bob's.
start_session alice su alice
live=$(instances alice)
in_session alice 'echo live >/tmp/file'
su bob -c 'echo live >/tmp/file; setsid sleep infinity & echo $! >~/left'
used=$(instances bob)
plant "$base" 1001 stale1
plant "$base" 1002 stale2 @0
plant "$base" 1001 keptAA '10 minutes ago' 3600
plant "$base" 1001 overAA '2 hours ago' 3600
plant "$base" 1001 stands @0 3600
plant "$base" 1001 future 'next week' 3600
plant "$base" 1001 .oldone
plant "$base" 1001 .newone
touch -d '11 minutes ago' "$base/1001/.oldone"
install -d -m 700 "$base/.trash/1001.inside/root" "$base/.stuck/1001.asides/root"
echo x >"$base/.trash/file"

listing "$base" >"$tap/before"
"$command" clean --dry-run >"$tap/dry" 2>"$tap/err"
listing "$base" >"$tap/after"
check "a dry run says what would go, and nothing else" same "\
stale $base/1001/.oldone
stale $base/1001/overAA
stale $base/1001/stale1
stale $base/1002/stale2
stuck $base/.stuck/1001.asides
trash $base/.trash/1001.inside
trash $base/.trash/file" "$(sort "$tap/dry")"
check "it complains of nothing" same "" "$(cat "$tap/err")"
check "and changes nothing" cmp "$tap/before" "$tap/after"
check "where nobody can read what it says, it fails" \
        not sh -c "'$command' clean --dry-run >/dev/full"
check "then they go" deletes_and_complains 0 "" clean
check "and the others are there" same "\
$base/1001/.newone
$base/1001/future
$base/1001/keptAA
$base/1001/stands
$live
$used" "$({ instances alice && instances bob; } |
        sed "s,$live,~&,; s,$used,~~&," | LC_ALL=C sort | tr -d '~')"
check "a live session has its file" same live "$(in_session alice 'cat /tmp/file')"
check "a process that outlived its session has it, too" same live "$(cat "$used/root/file")"
end_session alice
check "the trash is empty" is_empty "$base/.trash"
kill "$(cat /home/bob/left)"
wait_for not kill -0 "$(cat /home/bob/left)"
check "with that process ended its instance goes" clean
check "it is gone" has_instances bob 0
rm -rf "$base/1001"

# ------------------------------------------------------------------ records

records() {
        find /run/privtmp -mindepth 1 | wc -l
}

start_session alice su alice
# Both are there before the first is killed: the number of its namespace would be used again, and
# an open takes the records away that have the number of its own.
start_session bob su bob
start_session carol su carol
for user in bob carol; do
        shell=$(in_session "$user" 'echo $$')
        kill -KILL "$(cat "$tap/$user/pid")" "$shell"
        wait_for not kill -0 "$shell"
        end_session "$user"
done
check "records: a live session has one, and two killed ones have" same 3 "$(records)"
check "records: a dry run leaves them" "$command" clean --dry-run
check "records: it does" same 3 "$(records)"
# Without their instances nothing tells but that their namespaces have gone.
rm -rf "$base/1002" "$base/1003"
check "records: clean takes those of the killed away" clean
check "records: and leaves that of the live one" same 1 "$(records)"
check "records: which goes on" in_session alice true
end_session alice
check "records: and goes with its session" same 0 "$(records)"

# ------------------------------------------------------------------ what can't be removed

install -d -m 700 "$base/.trash/1001.before" "$base/.trash/1001.fixedA/root/deep" \
        "$base/.trash/1002.afterA"
echo x >"$base/.trash/1001.fixedA/root/deep/file"
chattr +i "$base/.trash/1001.fixedA/root/deep/file"
plant "$base" 1001 stale1
check "stuck: it is told of, and a failure" deletes_and_complains 1 \
        "privtmp: $base/.stuck/1001.fixedA: root/deep/file: Operation not permitted, it is immutable: chattr -i" clean
check "stuck: the rest is gone" is_empty "$base/.trash"
check "stuck: also what was stale" has_instances alice 0
check "stuck: it lies aside" test -d "$base/.stuck/1001.fixedA"
check "stuck: a dry run says so" same "stuck $base/.stuck/1001.fixedA" "$("$command" clean -n)"
check "stuck: it is told of each time" deletes_and_complains 1 \
        "privtmp: $base/.stuck/1001.fixedA: root/deep/file: Operation not permitted, it is immutable: chattr -i" clean
check "stuck: a login and logout are as always" su alice -c 'echo x >/tmp/file'
find "$base/.stuck" -type f -exec chattr -i {} +
check "stuck: when it can be removed, the next clean does" deletes_and_complains 0 "" clean
check "stuck: it has" is_empty "$base"

plant "$base" 1001 aaaaaa now nonsense
plant "$base" 1002 bbbbbb
check "what is kept for a time that can't be read stays, and is told of" deletes_and_complains 1 \
        "privtmp: $base/1001/aaaaaa: can't tell how long it is kept" clean
check "the others go" same "$base/1001/aaaaaa" "$(instances alice && instances bob)"
rm -rf "$base/1001"

# ------------------------------------------------------------------ killed in the middle

# messy TREE: as sessions and those who were killed in the middle of it leave one.
messy() {
        plant "$(dirname "$(dirname "$1")")" "$(basename "$(dirname "$1")")" "$(basename "$1")"
        (
                cd "$1/root"
                mkdir -p a/b/c/d/e a/f/g ".h/i j"
                seq 30 | xargs touch
                seq 30 | sed 's,^,a/b/c/,' | xargs touch
                ln -s /srv/canary a/b/link
                ln -s /srv/canary/file ".h/i j/link"
                mkfifo a/fifo
                chown -R 1001 a
        )
}

mkdir /srv/canary
echo precious >/srv/canary/file
find /srv/canary -printf '%p %i %m %U %l %T@ %C@\n' >"$tap/canary"
points=0
for point in unlinkat:1 unlinkat:2 unlinkat:40 unlinkat:100 renameat2:1 renameat2:2 renameat2:3 \
        renameat2:4 openat2:1 openat2:4 fchmod:2 fchown:3 mkdirat:1 flock:3; do
        messy "$base/1001/stale1"
        messy "$base/1002/stale2"
        rm -rf "$base/.trash"
        call=${point%:*}
        # shellcheck disable=SC2016 # strace's shell says "Killed": not what is looked at
        sh -c '"$@"; exit 0' sh strace -f -qq -o "$tap/strace" -e trace="$call" \
                -e inject="$call:signal=KILL:when=${point#*:}" "$command" clean >/dev/null 2>&1
        grep -q 'killed by SIGKILL' "$tap/strace" || {
                echo "# no $point"
                continue
        }
        points=$((points + 1))
        check "killed at $point: the next login and logout are as always" \
                su alice -c 'echo x >/tmp/file'
        check "killed at $point: the next clean goes on" deletes_and_complains 0 "" clean
        check "killed at $point: nothing is left" is_empty "$base"
done
check "killed: at enough points" test "$points" -ge 12
find /srv/canary -printf '%p %i %m %U %l %T@ %C@\n' >"$tap/canary.now"
check "killed: nothing outside was touched" cmp "$tap/canary" "$tap/canary.now"

# ------------------------------------------------------------------ two at once, beside logins

# log_in TIMES: each must find what it wrote itself.
log_in() {
        for number in $(seq "$1"); do
                same "$number" "$(su carol -c "echo $number >/tmp/file; cat /tmp/file")" || exit 1
        done
}

# clean_until FILE: is there
clean_until() {
        until [ -e "$1" ]; do
                "$command" clean || exit 1
        done
}

start_session alice su alice
in_session alice 'echo live >/tmp/file'
for number in $(seq 100 140); do
        messy "$base/1002/bob$number"
done
clean_until "$tap/enough" >"$tap/one" 2>&1 &
one=$!
clean_until "$tap/enough" >"$tap/two" 2>&1 &
two=$!
check "two at once: no login or logout fails" log_in 40
check "two at once: a live session has its file" same live "$(in_session alice 'cat /tmp/file')"
touch "$tap/enough"
check "two at once: the one succeeds" wait "$one"
check "two at once: so does the other" wait "$two"
check "two at once: and complain of nothing" same "" "$(cat "$tap/one" "$tap/two" |
        grep -v '^deleted [0-9]* director')"
check "two at once: nothing of bob's is left" has_instances bob 0
end_session alice
check "two at once: nothing at all is" clean
check "two at once: it is not" is_empty "$base"

# ------------------------------------------------------------------ short of everything

# Where the program can't even start with so little (sanitizers), memory is as it is.
memory=--as=67108864
prlimit "$memory" "$command" --version >/dev/null 2>&1 || memory=--as=unlimited
short() {
        prlimit --nofile=64 --stack=1048576 "$memory" "$command" clean
}

install -d -m 700 "$base/1001"
seq 1000 3999 | sed "s,.*,$base/1001/bb& $base/1001/bb&/root," | xargs mkdir -m 700
seq 1000 3999 | sed "s,.*,$base/1001/bb&/lock," | xargs touch
check "3,000 stale instances: are taken away" deletes_and_complains 0 "" short
check "3,000 stale instances: and gone" is_empty "$base"

deep=$(printf 'd/%.0s' $(seq 1250))
install -d -m 700 "$base/.trash/1001.deeper/root"
(
        cd "$base/.trash/1001.deeper/root"
        mkdir -p "$deep"
        env -C "$deep" mkdir -p "$deep"
        env -C "$deep" env -C "$deep" mkdir -p "$deep"
        env -C "$deep" env -C "$deep" env -C "$deep" mkdir -p "$deep"
)
check "5,000 levels: are taken away" deletes_and_complains 0 "" short
check "5,000 levels: and gone" is_empty "$base"

install -d -m 700 "$base/.trash/1001.crowds/root"
seq 20000 | env -C "$base/.trash/1001.crowds/root" xargs touch
check "20,000 files: are taken away" deletes_and_complains 0 "" short
check "20,000 files: and gone" is_empty "$base"

# ------------------------------------------------------------------ what the base may be

echo x >"$base/.trash/file"
mkdir -p "$base/.trash/lost+found/root" "$base/.trash/.hidden/x/y"
ln -s /srv/canary "$base/.trash/link"
check "what root put into the trash: goes" deletes_and_complains 0 "" clean
check "what root put into the trash: is gone" is_empty "$base"

# What was there before the overlay can't be renamed.
plant /srv/lower 1001 lowerA
messy /srv/lower/1002/lowerB
mkdir -m 700 /srv/upper /srv/spool /srv/over
mount -t overlay -o lowerdir=/srv/lower,upperdir=/srv/upper,workdir=/srv/spool overlay /srv/over
table '/srv/over /tmp *' 'inherit /tmp root'
plant /srv/over 1002 upperA
check "an overlay: what lies in its lower layer goes" deletes_and_complains 0 "" clean
check "an overlay: it is gone" is_empty /srv/over
check "an overlay: a login and logout are as always" su alice -c 'echo x >/tmp/file'
umount /srv/over
table

# ------------------------------------------------------------------ the bar

plant "$base" 1001 stale1
# Its first unlinkat lasts longer than a second.
cat >"$tap/slow" <<EOS
strace -f -qq -o $tap/strace -e trace=unlinkat \\
        -e inject=unlinkat:delay_enter=1500000:when=1 $command clean
EOS
check "a bar: is there on a terminal, after a second" says "$base \[#* *\] 1/1, [0-9]* entries" \
        script -qec "sh $tap/slow" /dev/null
check "a bar: and is taken off it before the line that says what is deleted" \
        grep -q "$(printf '\r\033\\[Kdeleted 1 directory')" "$tap/says"
plant "$base" 1001 stale1
check "a bar: is not where there is no terminal" deletes_and_complains 0 "" sh "$tap/slow"
check "a bar: nothing is left" is_empty "$base"

# ------------------------------------------------------------------ a hostile writer

# A base in memory is no place for what has no end.
[ "$(stat -f -c %T "$base")" != tmpfs ] || mount -o remount,nr_inodes=60000 "$base"

# All of this at once: directories within directories without end, faster than they can be deleted
# (then clean gives up after 10 seconds), and directories that become links to what must not be
# touched while somebody is about to enter them.
cat >"$tap/writer" <<'EOS'
sub dive {
        my $top = shift;
        mkdir $top, 0777; chdir $top;
        for (;;) { mkdir "d", 0777; chdir "d"; }
}
sub swap {
        my ($top, $target) = @_;
        mkdir $top, 0777; chdir $top;
        for (my $i = 0;; $i++) {
                mkdir "x", 0777; mkdir "x/y", 0777; open my $file, ">", "x/y/f";
                symlink $target, "l";
                rename "x", "z$i"; rename "l", "x";
                symlink $target, "k$i" if $i < 100;
                rename "z$i/y", "y$i"; symlink $target, "z$i/y";
                unlink "x"; unlink "z$i/y"; rmdir "z$i"; unlink "y$i/f"; rmdir "y$i";
        }
}
$SIG{HUP} = "IGNORE";
chdir "/tmp";
for my $n (1 .. 4) { dive("dive$n") unless fork; }
for my $n (1 .. 2) { swap("swap$n", $n % 2 ? "/srv/canary" : "/srv/open") unless fork; }
open my $ready, ">", "$ENV{HOME}/ready";
close $ready;
sleep 1 for 1 .. 600;
EOS
chmod 644 "$tap/writer"
rm -rf /srv/open
mkdir -m 1777 /srv/open
mkdir /srv/open/directory
echo precious >/srv/open/file
echo precious >/srv/open/directory/file
echo precious >/srv/canary/other
canaries() {
        find /srv/canary /srv/open -printf '%p %i %m %U %l %T@ %C@\n'
}
canaries >"$tap/canary"

table '/var/lib/privtmp /tmp * end=close' 'inherit /tmp root'
cat >"$tap/start" <<EOS
rm -f ~/ready
setsid perl $tap/writer >/dev/null 2>&1 </dev/null &
echo \$! >~/writer
until [ -e ~/ready ] && [ -e /tmp/dive1/d/d/d/d ] && [ -e /tmp/swap2 ]; do sleep 0.01; done
EOS
chmod 644 "$tap/start"
check "a hostile writer: does not keep logout from ending" su alice -c "sh $tap/start"
writer=$(cat /home/alice/writer)
check "a hostile writer: goes on" kill -0 "$writer"
check "a hostile writer: its directory is out of its place" has_instances alice 0
check "a hostile writer: the user can log in and out meanwhile" su alice -c 'echo x >/tmp/file'
check "a hostile writer: so can others" su bob -c 'echo x >/tmp/file'
install -d -m 700 "$base/.trash/1002.behind/root"
tap_status=0
timeout 120 "$command" clean >"$tap/out" 2>&1 || tap_status=$?
sed 's/^/# clean: /' "$tap/out"
check "a hostile writer: clean ends" test "$tap_status" -le 1
check "a hostile writer: it leaves the trash empty" is_empty "$base/.trash"
check "a hostile writer: it says what it leaves" same "$tap_status" \
        "$(grep -cv "^deleted " "$tap/out")"
check "a hostile writer: which goes on" kill -0 "$writer"
kill -KILL "-$writer"
wait_for not kill -0 "-$writer"
check "a hostile writer: when it has ended the next clean succeeds" deletes_and_complains 0 "" clean
check "a hostile writer: and nothing is left" is_empty "$base"
canaries >"$tap/canary.now"
check "a hostile writer: nothing outside was touched" cmp "$tap/canary" "$tap/canary.now"

finish
