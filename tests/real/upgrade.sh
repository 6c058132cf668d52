#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# real-upgrade: sessions and instances of a version whose directories had mode 1770, when a version
# comes whose directories have mode 1777: the same as when an administrator changes the mode of a
# line. What the version before made is, byte for byte, what mode=1770 makes.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../kit/tap.sh"
need su sudo setsid

command=${PRIVTMP_COMMAND:-$(dirname "${PRIVTMP_MODULE:?}")/privtmp}

before() {
        table '/var/lib/privtmp /tmp * noexec,nosuid,nodev,share=.X11-unix:.ICE-unix,mode=1770' \
                'none /tmp 1:999' 'inherit /tmp root'
}

mode_in() {
        in_session "$1" 'stat -c %a /tmp'
}

has_records() {
        same "$1" "$(find /run/privtmp -type l 2>/dev/null | wc -l)"
}

# ------------------------------------------------------------------ a session that is open

before
start_session old su alice
in_session old 'echo before >/tmp/file'
table
start_session new su alice
check "a login beside a session of before has a directory as of now" same 1777 "$(mode_in new)"
check "its own, and empty" same "" "$(in_session new 'ls -A /tmp')"
check "the session of before has what it had" same "1770 before" \
        "$(mode_in old) $(in_session old 'cat /tmp/file')"
check "root inherits it there" same before "$(in_session old 'sudo cat /tmp/file')"
check "su bob has a directory as of now there" same "1777 " \
        "$(in_session old "su bob -c 'echo \$(stat -c %a /tmp) \$(ls -A /tmp)' | sed 's/\$/ /'")"
check "the next login goes where the one of now is" same "$(in_session new 'stat -c %i /tmp')" \
        "$(su alice -c 'stat -c %i /tmp')"
check "check has nothing to say" says '^no faults, no warnings$' "$command" check
end_session old
check "the session of before ends properly" has_instances alice 1
check "with its record" has_records 1
check "and takes nothing from the one of now" same 1777 "$(mode_in new)"
end_session new
check "in the end nothing is left" gone alice
check "nor a record" has_records 0

# ------------------------------------------------------------------ one that was killed

before
start_session old su alice
in_session old 'echo before >/tmp/file'
kill -KILL "$(cat "$tap/old/pid")"
end_session old
check "killed before: the instance is left" has_instances alice 1
table
wait_for not grep -qs /var/lib/privtmp/1001 /proc/[0-9]*/mountinfo
su alice -c true
check "killed before: the next login takes it away" has_instances alice 0
"$command" clean >"$tap/out"
check "killed before: clean leaves nothing of it" gone alice
check "killed before: nor the record" has_records 0

# ------------------------------------------------------------------ what still runs

before
mkfifo "$tap/release"
chmod 666 "$tap/release"
su alice -c "echo before >/tmp/file; setsid sh -c 'read line <$tap/release; cat /tmp/file >/home/alice/said' \
        >/dev/null 2>&1 </dev/null &"
check "still in use: the instance stays" has_instances alice 1
table
# shellcheck disable=SC2016 # for the session's shell
check "still in use: a login has another" same "1777 " \
        "$(su alice -c 'echo "$(stat -c %a /tmp) $(ls -A /tmp)"')"
check "still in use: that one is gone, the other stays" has_instances alice 1
echo now >"$tap/release"
check "still in use: what runs there still sees it" wait_for same before "$(
        wait_for test -s /home/alice/said && cat /home/alice/said)"
is_cleaned() {
        "$command" clean && gone alice
}
check "still in use: it ends with that" wait_for is_cleaned
check "still in use: nor is a record left" has_records 0

finish
