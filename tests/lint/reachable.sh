#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# reachable: all that is in the module can be reached from its two functions (TAP).
#
# usage: reachable.sh ARCHIVE MAP COMPILER...
#
# ARCHIVE has the module's face and rooms, compiled with a section for each function and without
# inlining. The linker keeps the sections that can be reached, and says which ones it drops.

set -eu
archive=$1
map=$2
shift 2
tap=$(mktemp -d)
trap 'rm -rf "$tap"' EXIT
# shellcheck source=tests/kit/case.sh
. "$(dirname "$0")/../kit/case.sh"

# Nothing calls this.
echo 'void canary(void); void canary(void) {}' >"$tap/canary.c"
"$@" -c -fPIC -ffunction-sections -o "$tap/canary.o" "$tap/canary.c"
"$@" -shared -o "$tap/module.so" "$tap/canary.o" -Wl,--whole-archive "$archive" \
        -Wl,--no-whole-archive "-Wl,--version-script=$map" -Wl,--gc-sections \
        -Wl,--print-gc-sections >"$tap/out" 2>&1
# What the compiler itself links has sections, too: ours are named after functions.
sed -nE "s,.*'\.text\.([^.']*)' in file.*,\1,p" "$tap/out" | sort -u >"$tap/names"

check "what nothing calls is found" grep -qx canary "$tap/names"
check "all that is in the module can be reached" same '' "$(grep -vx canary "$tap/names")"
finish
