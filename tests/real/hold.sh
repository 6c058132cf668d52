#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# real-hold: a user holds the kernel's lock of a file or directory of theirs for ever (kit/hold.c), and
# nobody else waits: not at a login or a logout, not in clean or list, nor in a rename of theirs.
#
# $PRIVTMP_COMMAND is the command; without it, the one beside the module $PRIVTMP_MODULE. $PRIVTMP_HOLD
# is the program that holds the lock.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../kit/tap.sh"
need su setpriv

command=${PRIVTMP_COMMAND:-$(dirname "${PRIVTMP_MODULE:?}")/privtmp}
cp "${PRIVTMP_HOLD:?}" "$tap/hold"
server=
# Whatever happens, nobody is left waiting: with the server the lock is free.
trap '[ -z "$server" ] || kill -KILL "$server"; exit 1' INT TERM HUP

# promptly COMMAND [ARG...]: what waits for a lock that is held waits for ever, and can't be killed.
promptly() {
        rm -f "$tap/promptly"
        {
                promptly_status=0
                "$@" </dev/null >"$tap/promptly.out" 2>&1 || promptly_status=$?
                echo "$promptly_status" >"$tap/promptly.new"
                mv "$tap/promptly.new" "$tap/promptly"
        } &
        wait_for test -e "$tap/promptly"
        cat "$tap/promptly.out"
        [ "$(cat "$tap/promptly")" = 0 ]
}

# sleeps PID: in a sleep that no signal ends.
sleeps() {
        grep -q '^State:[[:space:]]*D' "/proc/$1/status"
}

# hold HOW PATH: alice does, outside of her session, as a service of hers would.
hold() {
        rm -f "$tap/held"
        setpriv --reuid 1001 --regid 1001 --clear-groups "$tap/hold" "$1" "$2" \
                >"$tap/held" 2>"$tap/hold.err" &
        wait_for grep -q held "$tap/held" || {
                sed 's/^/# /' "$tap/hold.err"
                return 1
        }
        server=$(sed -n '1s/.* //p' "$tap/held")
}

# hold_inside [-k] HOW PATH: the same from within her session; with -k its namespace has the instance.
hold_inside() {
        rm -f /home/alice/held
        in_session alice "'$tap/hold' $* >~/held 2>&1 &"
        wait_for grep -q held /home/alice/held || {
                sed 's/^/# /' /home/alice/held
                return 1
        }
        server=$(sed -n '1s/.* //p' /home/alice/held)
}

let_go() {
        kill -KILL "$server"
        server=
}

# Others come and go, and move directories about on the same file system.
others_go_on() {
        promptly su bob -c 'mkdir /tmp/a && cd /tmp/a && seq 400 | xargs touch' &&
                promptly su carol -c 'echo x >/tmp/file' &&
                promptly "$command" list &&
                promptly sh -c "mkdir -p '$base/x/y' '$base/z' && mv '$base/x/y' '$base/z/' &&
                        rm -r '$base/x' '$base/z'"
}

nothing_is_left() {
        same "" "$(find "$base" -mindepth 2)"
}

# has_none FOLDER NAME: nothing of that name is in that folder of the base.
has_none() {
        same "" "$(find "$base/$1" -mindepth 1 -maxdepth 1 -name "$2")"
}

all_goes() {
        "$command" clean && has_none .work '*'
}

# It may know by now that a process hangs, and say so.
clean_ends() {
        promptly sh -c "'$command' clean || [ \$? = 1 ]"
}

# begin NAME: alice's session, with what can be held.
begin() {
        scene=$1
        table '/var/lib/privtmp /tmp * mode=1777' 'inherit /tmp root'
        start_session alice su alice
        in_session alice 'mkdir -p /tmp/d/e && touch /tmp/F /tmp/d/F /tmp/d/e/F'
        shell=$(in_session alice 'echo $$')
}

# finish_scene: what was held is left, and the session is open.
finish_scene() {
        check "$scene: others go on while the session is open" others_go_on
        check "$scene: so does clean" promptly "$command" clean
        check "$scene: a second session of the user opens" promptly su alice -c true

        # A logout may wait for its own user's tree.
        su_pid=$(cat "$tap/alice/pid")
        kill "$(cat "$tap/alice/holder")"
        check "$scene: the user's own logout waits" wait_for sleeps "$su_pid"
        check "$scene: with the tree out of its place" wait_for has_instances alice 0
        check "$scene: others go on" others_go_on
        check "$scene: so does list --size" promptly "$command" list -s
        check "$scene: so does clean, and leaves the tree to who is at it" promptly "$command" clean
        check "$scene: it has emptied the trash" has_none .trash '*'
        check "$scene: bob's is gone" has_none .work '1002.*'
        check "$scene: the user can log in and out again" promptly su alice -c 'echo x >/tmp/F'
        let_go
        wait "$su_pid" || true
        check "$scene: when it is free clean succeeds" promptly "$command" clean
        check "$scene: and nothing is left" nothing_is_left
}

# A namespace of alice's own has the instance as long as she holds it: nobody deletes it.
finish_kept_scene() {
        check "$scene: others go on while the session is open" others_go_on
        check "$scene: so does clean" promptly "$command" clean
        check "$scene: a second session of the user opens" promptly su alice -c true
        end_session alice
        check "$scene: the instance stays" has_instances alice 1
        check "$scene: others go on" others_go_on
        check "$scene: so does list --size" promptly "$command" list -s
        check "$scene: so does clean, which leaves it" promptly "$command" clean
        check "$scene: it does" has_instances alice 1
        check "$scene: bob's is gone" has_instances bob 0
        check "$scene: the user can log in and out again" promptly su alice -c true
        let_go
        check "$scene: when the holder is gone clean takes it" wait_for all_goes
        check "$scene: and nothing is left" nothing_is_left
}

# Each thing that can be held, by its trick; by a process outside of the session, as a service of hers
# would be, by one inside, and by one in a user namespace of its own that has her mounts.
scenes() {
        begin "$1, from outside"
        check "$scene: is held" hold "$2" "/proc/$shell/root/tmp/$3"
        finish_scene
        begin "$1, from inside"
        check "$scene: is held" hold_inside "$2" "/tmp/$3"
        finish_scene
        begin "$1, from a user namespace of its own"
        check "$scene: is held" hold_inside -k "$2" "/tmp/$3"
        finish_kept_scene
}
scenes "a file at the top" write F
scenes "a file below" write d/e/F
scenes "a directory below" dents d
scenes "root/ itself" dents .

# ------------------------------------------------------------------ nobody closed

# How many processes of clean hang.
hanging() {
        count=0
        for pid in $(pgrep -x privtmp); do
                [ "$(readlink "/proc/$pid/exe")" != "$command" ] || ! sleeps "$pid" ||
                        count=$((count + 1))
        done
        echo "$count"
}

one_hangs() {
        same 1 "$(hanging)"
}

start_session alice su alice
in_session alice 'mkdir -p /tmp/d/e && touch /tmp/F /tmp/d/F'
shell=$(in_session alice 'echo $$')
hold dents "/proc/$shell/root/tmp/d"
kill -KILL "$(cat "$tap/alice/pid")" "$shell"
wait_for not kill -0 "$shell"
end_session alice
install -d -m 700 "$base/.trash"
install -d -m 700 "$base/.trash/1002.before" "$base/.trash/1002.before/root" \
        "$base/.trash/1001.second" "$base/.trash/1001.second/root"
"$command" clean >"$tap/out" 2>"$tap/err" &
cleaner=$!
check "clean: a process of its own hangs" wait_for one_hangs
check "clean: others go on" others_go_on
check "clean: what is bob's goes in the same run" \
        wait_for sh -c "! ls -d '$base'/.*/1002.before >/dev/null 2>&1"
check "clean: a second one ends" clean_ends
check "clean: so does a third" clean_ends
check "clean: the one process is all that there is" same 1 "$(hanging)"
tap_status=0
wait "$cleaner" || tap_status=$?
check "clean: fails" same 1 "$tap_status"
check "clean: names what hangs" grep -q "^privtmp: $base/.work/1001\.[A-Za-z0-9]*: hangs" "$tap/err"
check "clean: after that others go on" others_go_on
check "clean: and so does clean" clean_ends
check "clean: the trash is empty, no unit is started again for it" has_none .trash '*'
check "clean: the one process is still all that there is" one_hangs
let_go
check "clean: when it is free, it all goes" wait_for all_goes
check "clean: and nothing is left" nothing_is_left

# ------------------------------------------------------------------ the system directory

# Who can read it can hold its lock. A login that covers it waits, and can't be killed.
table '/var/lib/privtmp /tmp * share=shared' 'inherit /tmp root'
install -d -m 755 /tmp/shared
start_session alice su alice
check "the system's /tmp is held" hold dents /tmp
check "the system's /tmp: a session that joins goes on, with what is shared" \
        promptly su alice -c 'test -d /tmp/shared'
check "the system's /tmp: root comes in" promptly su root -c true
su bob -c true &
first=$!
check "the system's /tmp: who has no session yet waits" wait_for sleeps "$first"
check "the system's /tmp: but nobody waits for them" promptly su alice -c true
let_go
check "the system's /tmp: goes on when it is free" wait "$first"
end_session alice
check "the system's /tmp: nothing is left" nothing_is_left
rmdir /tmp/shared

# ------------------------------------------------------------------ shares

table '/var/lib/privtmp /tmp * share=shared:later' 'inherit /tmp root'
install -d -m 755 /tmp/shared
start_session alice su alice
in_session alice 'touch /tmp/F'
shell=$(in_session alice 'echo $$')
check "a share: is there" in_session alice 'grep -q " /tmp/shared " /proc/self/mountinfo'
check "a share: root/ is held" hold dents "/proc/$shell/root/tmp"
check "a share: a session that joins finds it without asking" promptly su alice -c true
check "a share: others go on" others_go_on
install -d -m 755 /tmp/later
su alice -c true &
late=$!
check "a share whose place is missing: the user's own login waits" wait_for sleeps "$late"
check "a share whose place is missing: nobody else does" others_go_on
let_go
check "a share whose place is missing: goes on when it is free" wait "$late"
end_session alice
check "a share: clean succeeds" promptly "$command" clean
check "a share: nothing is left" nothing_is_left
rm -rf /tmp/shared /tmp/later

# ------------------------------------------------------------------ sizes

list_sizes() {
        promptly sh -c "'$command' list -nb -o USER,SIZE,PARTIAL >'$tap/sizes' 2>'$tap/err'"
}

start_session alice su alice
start_session bob su bob
in_session alice 'mkdir /tmp/d'
in_session bob 'echo x >/tmp/file'
shell=$(in_session alice 'echo $$')
check "sizes: a directory is held" hold dents "/proc/$shell/root/tmp/d"
# who reads it waits only where another one waits who writes to it
setpriv --reuid 1001 --regid 1001 --clear-groups mkdir "/proc/$shell/root/tmp/d/e" &
writer=$!
check "sizes: and somebody waits for it" wait_for sleeps "$writer"
check "sizes: list ends" list_sizes
check "sizes: it says which one hangs" grep -q "list: $(instances alice): hangs" "$tap/err"
check "sizes: what it has of it is no more than a part" \
        grep -Eq '^alice +>[1-9][0-9]+ +yes$' "$tap/sizes"
check "sizes: all of bob's is counted" grep -Eq '^bob +[1-9][0-9]+ +no$' "$tap/sizes"
let_go
wait "$writer" || true
end_session alice
end_session bob
check "sizes: nothing is left" nothing_is_left

finish
