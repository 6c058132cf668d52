#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# count: nothing that goes wrong in a run of the tests stays without a name (TAP).
#
# usage: count.sh TOP

set -eu

count=$1/tests/count
tap=$(mktemp -d)
trap 'rm -rf "$tap"' EXIT
. "$(dirname "$0")/../kit/case.sh"
logs=$tap/logs

# ran NAME RESULT STATUS OUTPUT: one more line in meson's log. OUTPUT is JSON: \n is a new line.
ran() {
        echo "$1" >>"$logs/tests"
        printf '{"name": "%s", "result": "%s", "returncode": %s, "stdout": "%s"}\n' "$@" \
                >>"$logs/testlog.json"
}

# begin: a new log, with one test in which two cases passed.
begin() {
        rm -rf "$logs"
        mkdir "$logs"
        ran good OK 0 'ok 1 - a\nok 2 - b\n1..2\n'
}

# counts STATUS LINE...: what is said of the log, and the exit status.
counts() {
        wanted=$1
        shift
        got=0
        python3 "$count" "$meson" "$logs" >"$tap/got" || got=$?
        same "$(printf '%s\n' "$@")" "$(cat "$tap/got")" && same "$wanted" "$got"
}

# sees NAME RESULT STATUS OUTPUT WORDS: a test that went wrong is named with these words.
sees() {
        begin
        ran "$1" "$2" "$3" "$4"
        counts 1 "FAILED $1: $5" "2 passed, 1 failed, 0 skipped"
}

meson=0
export PRIVTMP_MUST_RUN=0

begin
check "what passes is counted" counts 0 '2 passed, 0 failed, 0 skipped'
ran more OK 0 '1..1\nwords\nok 1 - c\n'
check "over all programs and logs" counts 0 '3 passed, 0 failed, 0 skipped'

one='ok 1 - a\n'
bad='1..1\nnot ok 1 - b\n'
check "a case that does not hold" sees bad FAIL 1 "$bad" 'not ok 1 - b'
begin
ran bad FAIL 1 'not ok 1 - b\n# why\n# and more\nok 2 - c\n# not of it\n1..2\n'
check "with what the test says of it" counts 1 'FAILED bad: not ok 1 - b' '    # why' \
        '    # and more' "3 passed, 1 failed, 0 skipped"
begin
ran long FAIL 1 "${bad}$(seq 20 | sed 's/^/# /; s/$/\\n/' | tr -d '\n')"
# shellcheck disable=SC2046 # one word a number
check "where that is long, with its beginning and its end" counts 1 'FAILED long: not ok 1 - b' \
        "$(printf '    # %s\n' $(seq 8) '[4 lines]' $(seq 13 20))" "2 passed, 1 failed, 0 skipped"
check "one that is still to be done" \
        sees todo OK 0 '1..1\nnot ok 1 - b # TODO\n' 'not ok 1 - b # TODO'
check "a program that died before its first case" \
        sees dead ERROR 127 '' '0 plans, 0 results: it did not come to its end'
check "one that ended without a word" \
        sees mute OK 0 '1..0\n' 'it has no case'
begin
ran dead FAIL 1 "$bad"
ran alive ERROR 1 "not $one"
check "one that died beside cases that do not hold" counts 1 'FAILED dead: not ok 1 - b' \
        'FAILED alive: not ok 1 - a' \
        'FAILED alive: 0 plans, 1 results: it did not come to its end' \
        '2 passed, 3 failed, 0 skipped'
begin
ran killed FAIL -9 "$bad"
check "one that was killed" counts 1 'FAILED killed: not ok 1 - b' \
        'FAILED killed: signal 9 ended it' '2 passed, 2 failed, 0 skipped'
begin
ran slow TIMEOUT -15 "1..2\n$one"
check "one that took too long" counts 1 \
        'FAILED slow: the plan says 2 cases, the 1 results do not fit' \
        'FAILED slow: it took too long and was killed' '3 passed, 2 failed, 0 skipped'
begin
ran leak ERROR 99 "${one}1..1\n"
check "one that failed without a failed case" counts 1 \
        'FAILED leak: exit status 99, and no case says why' '3 passed, 1 failed, 0 skipped'
begin
ran odd ERROR 0 "${one}1..1\n"
check "one that meson alone objects to" counts 1 \
        'FAILED odd: meson says ERROR' '3 passed, 1 failed, 0 skipped'

begin
ran less ERROR 0 "1..3\n${one}ok 3 - c\n"
check "a case that is missing" counts 1 \
        'FAILED less: the plan says 3 cases, the 2 results do not fit' \
        '4 passed, 1 failed, 0 skipped'
begin
ran twice ERROR 0 "$one${one}1..2\n"
check "one that ran twice" counts 1 \
        'FAILED twice: the plan says 2 cases, the 2 results do not fit' \
        '4 passed, 1 failed, 0 skipped'
begin
ran bail ERROR 1 'Bail out! needs sshd\n'
check "a program that gave up" counts 1 'FAILED bail: Bail out! needs sshd' \
        'FAILED bail: 0 plans, 0 results: it did not come to its end' \
        '2 passed, 2 failed, 0 skipped'
begin
ran middle OK 0 "${one}1..0 # SKIP no sshd\n"
check "one that skips itself in the middle" counts 1 \
        'FAILED middle: the plan says 0 cases, the 1 results do not fit' \
        'SKIPPED middle: 1..0 # SKIP no sshd' '3 passed, 1 failed, 1 skipped'

begin
ran skip SKIP 0 '1..0 # SKIP no sshd\n'
ran some OK 0 '1..2\nok 1 - a # SKIP no ext4\nok 2 - b\n'
skips='SKIPPED skip: 1..0 # SKIP no sshd
SKIPPED some: ok 1 - a # SKIP no ext4
3 passed, 0 failed, 2 skipped'
check "what is skipped is named" counts 0 "$skips"
PRIVTMP_MUST_RUN=1
check "it is no success where all must run" counts 1 "$skips"
PRIVTMP_MUST_RUN=0

begin
echo 'suite lnt' >>"$logs/tests"
check "a suite that did not run" counts 1 'FAILED suite lnt: it did not run' \
        '2 passed, 1 failed, 0 skipped'
rm "$logs/testlog.json"
echo good >"$logs/tests"
check "a run without a log" counts 1 'FAILED good: it did not run' '0 passed, 1 failed, 0 skipped'
: >"$logs/tests"
check "nothing to run is no success" counts 1 '0 passed, 0 failed, 0 skipped'
begin
meson=2
check "meson itself" counts 1 'FAILED meson test: exit status 2, and no test says why' \
        '2 passed, 1 failed, 0 skipped'
meson=0

begin
ran random OK 0 "# again: PRIVTMP_SEED=7 PRIVTMP_STEPS=5\n${one}1..1\n"
check "how random steps are taken again" counts 0 \
        'random steps of random: PRIVTMP_SEED=7 PRIVTMP_STEPS=5' '3 passed, 0 failed, 0 skipped'

finish
