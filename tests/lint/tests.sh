#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# tests: the plan of the tests: each has one subject, and none is forgotten (TAP).
#
# usage: tests.sh TOP

set -eu
. "$(dirname "$0")/../kit/case.sh"
cd "$1/tests"

none "no file has more than 600 lines" "$(find . -type f ! -name '*.pyc' -exec wc -l {} \; |
        awk '$1 > 600 { print $2 " has " $1 " lines" }')"

none "each program of tests is run" "$(for file in module/*.c unit/*/*.c random/*.c; do
        grep -qF "'$file'" meson.build || echo "meson.build does not name $file"
done
for file in real/*.sh lint/*.sh; do
        name=${file#*/}
        grep -qE "'(${name%.sh}|$file)'" meson.build || echo "meson.build does not name $file"
done)"

none "each mutant that is known can be made" "$(awk '/^pam_privtmp/ { room = $0 }
        /^- / { print room; print substr($0, 3) }' mutate.known |
        while read -r room && read -r line; do
                grep -qF -- "$line" "../$room" || echo "mutate.known: $room: $line"
        done)"

none "each reason for what no test runs is about lines that are there" \
        "$(python3 coverage -r 2>&1 || true)"

finish
