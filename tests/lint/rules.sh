#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# rules: each rule of the SELinux policy stands below the denial that it answers (TAP). That each is
# used is for tests/vm/selinux.sh.
#
# usage: rules.sh TOP

set -eu

tap=$(mktemp -d)
trap 'rm -rf "$tap"' EXIT
. "$(dirname "$0")/../kit/case.sh"
cd "$1"
policy=conf/selinux/privtmp.cil

# unnamed FILE
unnamed() {
        python3 tests/vm/rules.py unnamed "$1"
}

none "the comment above each rule names a permission and the type it is asked of" \
        "$(unnamed $policy)"
sed 's/^; mounton tmp_t.*/; what is covered/' $policy >"$tap/other"
check "a rule without is found" says '^(allow privtmp_login tmp_t (dir (mounton)))' \
        unnamed "$tap/other"
finish
