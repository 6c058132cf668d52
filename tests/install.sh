#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# install: what `meson install` puts where (TAP).
#
# usage: install.sh BUILD PAMDIR

set -eu

build=$1
pamdir=$2
to=$(mktemp -d)
trap 'rm -rf "$to"' EXIT
count=0
failed=0

# check NAME COMMAND [ARG...]
check() {
        name=$1
        shift
        count=$((count + 1))
        if "$@" >"$to.said" 2>&1; then
                echo "ok $count - $name"
        else
                failed=$((failed + 1))
                echo "not ok $count - $name"
                sed 's/^/#   /' "$to.said"
        fi
        rm -f "$to.said"
}

install_there() {
        DESTDIR=$to meson install -C "$build" --no-rebuild
}

# The lines of the shipped table and of the one in the source, without comments and padding.
same_lines() {
        grep -v '^#' "$table" | tr -s ' \n' >"$to/shipped"
        sed -n '/^const char table_built_in/,/;/s/.*"\(.*\)\\n".*/\1/p' \
                "$here/pam_privtmp/table.c" | tr -s ' \n' >"$to/built-in"
        [ "$(wc -l <"$to/built-in")" = 3 ] && diff -B "$to/built-in" "$to/shipped"
}

here=$(cd "$(dirname "$0")/.." && pwd -P)
table=$to/etc/security/privtmp.conf

check "the project can be installed" install_there
check "the module is where PAM looks" test -f "$to$pamdir/pam_privtmp.so"
check "the table is the shipped one" cmp "$here/conf/privtmp.conf" "$table"
check "its lines are those of the built-in table" same_lines
echo "# mine" >"$table"
check "it can be installed again" install_there
check "an administrator's table stays as it was" grep -qx '# mine' "$table"
check "the manual of the module is there" test -n "$(find "$to" -name pam_privtmp.8)"
check "the manual of the table is there" test -n "$(find "$to" -name privtmp.conf.5)"

echo "1..$count"
[ "$failed" = 0 ]
