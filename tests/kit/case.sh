# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2154
#
# case: test cases in TAP. tap.sh has it for those that run in a throw-away host; others do
#
#       tap=$(mktemp -d)                a directory for what commands print; the caller's
#       . "$(dirname "$0")/../kit/case.sh"
#       check "a sentence" COMMAND      one test case: ok, if COMMAND says so
#       none "a sentence" FINDINGS      the same, if there are no findings
#       finish                          the plan; a test that dies before has none and is failed

tap_count=0
tap_failed=0

# check NAME COMMAND [ARG...]: what the command prints is shown if it fails.
check() {
        tap_name=$1
        shift
        tap_count=$((tap_count + 1))
        if "$@" >"$tap/said" 2>&1; then
                echo "ok $tap_count - $tap_name"
        else
                tap_failed=$((tap_failed + 1))
                echo "not ok $tap_count - $tap_name"
                echo "# failed: $*" | sed '2,$s/^/#         /'
                sed 's/^/#   /' "$tap/said"
        fi
}

# none NAME FINDINGS: one test case: ok, if there are no findings.
none() {
        tap_count=$((tap_count + 1))
        if [ -z "$2" ]; then
                echo "ok $tap_count - $1"
        else
                tap_failed=$((tap_failed + 1))
                echo "not ok $tap_count - $1"
                echo "$2" | sed 's/^/#   /'
        fi
}

finish() {
        echo "1..$tap_count"
        [ "$tap_failed" = 0 ]
}

# ------------------------------------------------------------------ what can be asked

# not COMMAND [ARG...]
not() {
        if "$@"; then
                return 1
        fi
}

# same WANTED GOT
same() {
        [ "$1" = "$2" ] || {
                echo "wanted: $1"
                echo "got:    $2"
                return 1
        }
}

# says PATTERN COMMAND [ARG...]: some line of what the command prints matches.
says() {
        tap_pattern=$1
        shift
        "$@" >"$tap/says" 2>&1 || true
        grep -qe "$tap_pattern" "$tap/says" || {
                echo "no '$tap_pattern' in:"
                cat "$tap/says"
                return 1
        }
}
