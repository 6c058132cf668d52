#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# layers: the plan of the rooms, held by a check (TAP).
#
# usage: layers.sh TOP MODULE.so

# shellcheck disable=SC2013,SC2044,SC2086 # names of rooms and files here have no blanks
set -eu
cd "$1/pam_privtmp"
module=$2
count=0
failed=0

# result NAME FINDINGS: ok if there are none.
result() {
        count=$((count + 1))
        if [ -z "$2" ]; then
                echo "ok $count - $1"
        else
                failed=$((failed + 1))
                echo "not ok $count - $1"
                echo "$2" | sed 's/^/#   /'
        fi
}

# only "HEADER" ROOM...: no other room includes it.
only() {
        header=$1
        shift
        found=$(grep -rl "#include <$header" . || true)
        for room in "$@"; do
                found=$(echo "$found" | grep -vx "./$room.[ch]" || true)
        done
        result "only $* includes <$header>" "$found"
}

only security/ pam_privtmp
only syslog.h pam_privtmp
only libmount.h table/entry table/line mounts/mounts
only selinux/ ground/label command/check/selinux
only pwd.h table/subject command/account command/program command/check/groups
only grp.h table/subject command/account command/program command/check/groups
only sched.h mounts/stance command/solo command/enter command/check/host
only sys/file.h ground/lock lifetime/candidate disk/instance disk/trash session/place session/hold \
        session/session lifetime/stale command/sweep command/prune command/wire/journal

# The pure rooms: strings and numbers, no system.
pure='ground/mark ground/name ground/number ground/idset ground/path table/slip table/users table/value table/policy
      session/fault'
for room in $pure; do
        result "$room touches no system" "$(grep -n '#include <' "$room.c" "$room.h" |
                grep -vE '<(errno|limits|stdbool|stddef|stdint|stdio|stdlib|string|sys/(types|sysmacros))\.h>' || true)"
done

# The layers: a folder, and those whose rooms it may use beside its own.
may_use() {
        case $1 in
        ground) echo ;;
        table) echo ground ;;
        disk) echo ground ;;
        mounts) echo ground ;;
        lifetime) echo ground disk mounts ;;
        session) echo ground table disk mounts lifetime ;;
        command) echo ground table disk mounts lifetime session ;;
        *) return 1 ;;
        esac
}

wrong=''
for file in $(find . -mindepth 2 -name '*.[ch]'); do
        folder=${file#./}
        folder=${folder%%/*}
        allowed=$(may_use "$folder") || wrong="$wrong$file: $folder is no layer
"
        for header in $(sed -n 's/^#include "\(.*\)"/\1/p' "$file"); do
                case " $allowed $folder " in
                *" ${header%%/*} "*) ;;
                *) wrong="$wrong$file includes $header
" ;;
                esac
        done
done
result "calls go downwards only" "$wrong"

# Within a layer: tsort says where rooms use each other in a circle.
rooms_use() {
        for file in $(find . -name '*.[ch]'); do
                room=${file#./}
                for header in $(sed -n 's/^#include "\(.*\)\.h"/\1/p' "$file"); do
                        echo "${room%.[ch]} $header"
                done
        done
}
result "no rooms use each other in a circle" "$(rooms_use | tsort 2>&1 >/dev/null || true)"

result "each room belongs to a library or a program" "$(for file in $(find . -name '*.c'); do
        grep -qF "'${file#./}'" meson.build || echo "$file"
done)"

# The process belongs to the login program. The command has one of its own.
all=$(find . -name '*.[ch]')
rooms=$(find . -name '*.[ch]' ! -path './command/*')
result "no fork, exec, umask, environment, signals, exit" "$(grep -nE \
        '(^|[^_[:alnum:]])(v?fork|system|popen|exec[lv]p?e?|umask|setenv|putenv|getenv|secure_getenv|signal|sigaction|_?exit|abort|chdir|pam_info|pam_error|pam_prompt|f?printf|puts|perror)[[:space:]]*\(' \
        $rooms || true)"
result "no path is given to the kernel but by safedir, and those of /proc" "$(grep -nE \
        '(^|[^_[:alnum:]])(fopen|open|creat|mkdir|rename|unlink|rmdir|symlink|chown|chmod|l?stat|readlink|opendir|mount|access|truncate)[[:space:]]*\(' \
        $rooms | grep -vE '^[^:]*:[0-9]+: \*|open\("/(", O_PATH|proc)|NAMESPACE_|open\(path, O_RDONLY' || true)"
result "every open is close-on-exec" "$(grep -nE '(^|[^_[:alnum:]])open(at)?\(' $all |
        grep -vE 'O_CLOEXEC|, flags|,$|static int|^[^:]*:[0-9]+: \*' || true)"
result "no mutable variable of a file" "$(grep -nE '^(static )?[a-z].*(=|;)$' $all |
        grep -vE '(const|typedef|struct [a-z_]+;|enum|extern|\()' || true)"

# Sizes: one noun a room.
large=''
for file in $(find . -name '*.c'); do
        lines=$(wc -l <"$file")
        [ "$lines" -le 350 ] || large="$large$file has $lines lines
"
done
result "no room is too large" "$large"

# Every law of a room names its test, and that test exists.
laws=''
for file in $(find . -name '*.c'); do
        for test in $(sed -n '1,/^#include/s,.*(\([a-z]*/[a-z/-]*\.c\)).*,\1,p' "$file"); do
                [ -e "../tests/$test" ] || laws="$laws$file names $test
"
        done
done
result "every law of a room has its test" "$laws"

for manual in pam_privtmp.8 privtmp.7 privtmp.8 privtmp.conf.5; do
        if command -v mandoc >/dev/null; then
                result "$manual is clean" "$(mandoc -T lint -W warning "$manual" 2>&1 || true)"
        elif [ "${PRIVTMP_MUST_RUN:-0}" = 1 ]; then
                result "$manual is clean" "mandoc is missing"
        else
                count=$((count + 1))
                echo "ok $count # SKIP mandoc is missing"
        fi
done

[ -e "$module" ]
result "the module exports two functions and no more" "$(nm -D --defined-only "$module" |
        awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' |
        grep -vxE 'pam_sm_(open|close)_session' || true)"
result "the module exports the two" "$(for name in pam_sm_open_session pam_sm_close_session; do
        nm -D --defined-only "$module" | grep -qw "$name" || echo "$name is missing"
done)"

echo "1..$count"
[ "$failed" = 0 ]
