#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# security: each test that pam_privtmp/SECURITY names is there (TAP).
#
# usage: security.sh TOP

set -eu
cd "$1"
count=0
failed=0

# is_test NAME: one that meson knows.
is_test() {
        grep -qE "'($1|${1#real-})'" tests/meson.build || return 1
        case $1 in
        real-*) [ -e "tests/real/${1#real-}.sh" ] ;;
        esac
}

# source_of NAME: the source of a Check program.
source_of() {
        sed -n "s|^  '$1': \\[\\{0,1\\}'\\([^']*[.]c\\)'.*|tests/\\1|p" tests/meson.build
}

# is_held NAME [CASE]
is_held() {
        is_test "$1" || return 1
        [ -z "${2:-}" ] || grep -qs "^START_TEST($2)" "$(source_of "$1")"
}

# What stands in brackets, be it on one line or on two.
references() {
        tr '\n' ' ' <pam_privtmp/SECURITY | grep -o '\[[^]]*\]' | tr -d '[]' | tr -s ' ' | sort -u
}

references >/dev/null
while read -r name case; do
        count=$((count + 1))
        if is_held "$name" "$case"; then
                echo "ok $count - $name $case"
        else
                failed=$((failed + 1))
                echo "not ok $count - there is no test $name $case"
        fi
done <<EOS
$(references)
EOS
echo "1..$count"
[ "$failed" = 0 ] && [ "$count" -gt 30 ]
