#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# check-layers: the plan of the rooms, held by a check (TAP).
#
# usage: check-layers.sh TOP MODULE.so

# shellcheck disable=SC2013,SC2086,SC2116 # names of rooms and files here have no blanks
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
        found=$(grep -l "#include <$header" ./*.c ./*.h || true)
        for room in "$@"; do
                found=$(echo "$found" | grep -vx "./$room.[ch]" || true)
        done
        result "only $* includes <$header>" "$found"
}

only security/ pam_privtmp
only syslog.h pam_privtmp
only libmount.h entry line mounts
only selinux/ label
only pwd.h subject privtmp-program privtmp-check-groups
only grp.h subject privtmp-program privtmp-check-groups
only sched.h namespace caller privtmp-solo privtmp-enter privtmp-check-host
only sys/file.h lock candidate instance place ending records session stale sweep

# The pure rooms: strings and numbers, no system.
pure='name numbers users value policy'
for room in $pure; do
        result "$room touches no system" "$(grep -n '#include <' "$room.c" "$room.h" |
                grep -vE '<(errno|limits|stdbool|stddef|stdint|stdio|stdlib|string|sys/types)\.h>' || true)"
done

# Who may call whom: a room includes only headers of rooms that stand before it here.
order='cleanup grow deadline report name numbers lock subject users value entry line safedir table policy label mounts
       namespace listing seal remove tasks cover share hint caller record match namespaces opener records passes idle
       instance stale candidate holders survey usage subvolume sweep trash outer place ending join opening decision
       session pam_privtmp privtmp privtmp-program privtmp-solo privtmp-columns privtmp-check-findings
       privtmp-check-text privtmp-check-table privtmp-check-bases privtmp-check-names privtmp-check-groups
       privtmp-check-stack privtmp-check-wiring privtmp-check-tmpfiles privtmp-check-host privtmp-check
       privtmp-clean privtmp-enter privtmp-explain privtmp-list privtmp-run'
below=''
wrong=''
for room in $order; do
        for file in "$room.c" "$room.h"; do
                [ -e "$file" ] || continue
                for header in $(sed -n 's/^#include "\(.*\)\.h"/\1/p' "$file"); do
                        case " $below $room " in
                        *" $header "*) ;;
                        *) wrong="$wrong$file includes $header.h
" ;;
                        esac
                done
        done
        below="$below $room"
done
result "calls go downwards only" "$wrong"

unknown=''
for file in *.c; do
        room=${file%.c}
        case " $(echo $order) label-none " in
        *" $room "*) ;;
        *) unknown="$unknown$room " ;;
        esac
done
result "every room has its place in the plan" "$unknown"

# The process belongs to the login program. The command's faces, privtmp*.c, have one of their own.
rooms=$(find . -maxdepth 1 -name '*.[ch]' ! -name 'privtmp*')
result "no fork, exec, umask, environment, signals, exit" "$(grep -nE \
        '(^|[^_[:alnum:]])(v?fork|system|popen|exec[lv]p?e?|umask|setenv|putenv|getenv|secure_getenv|signal|sigaction|_?exit|abort|chdir|pam_info|pam_error|pam_prompt|f?printf|puts|perror)[[:space:]]*\(' \
        $rooms || true)"
result "no path is given to the kernel but by safedir, and those of /proc" "$(grep -nE \
        '(^|[^_[:alnum:]])(fopen|open|creat|mkdir|rename|unlink|rmdir|symlink|chown|chmod|l?stat|readlink|opendir|mount|access|truncate)[[:space:]]*\(' \
        $rooms | grep -vE '^[^:]*:[0-9]+: \*|open\("/(", O_PATH|proc)|NAMESPACE_|open\(path, O_RDONLY' || true)"
result "every open is close-on-exec" "$(grep -nE '(^|[^_[:alnum:]])open(at)?\(' ./*.c |
        grep -vE 'O_CLOEXEC|, flags|,$|static int|^[^:]*:[0-9]+: \*' || true)"
result "no mutable variable of a file" "$(grep -nE '^(static )?[a-z].*(=|;)$' ./*.c ./*.h |
        grep -vE '(const|typedef|struct [a-z_]+;|enum|extern|\()' || true)"

# Sizes: one noun a room.
large=''
for file in *.c; do
        lines=$(wc -l <"$file")
        [ "$lines" -le 350 ] || large="$large$file has $lines lines
"
done
result "no room is too large" "$large"

# Every law of a room names its test, and that test exists.
laws=''
for file in *.c; do
        for test in $(sed -n '1,/^#include/s/.*\(test-[a-z-]*\.c\).*/\1/p' "$file"); do
                [ -e "../tests/$test" ] || laws="$laws$file names $test
"
        done
done
result "every law of a room has its test" "$laws"

for manual in pam_privtmp.8 privtmp.8 privtmp.conf.5; do
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
