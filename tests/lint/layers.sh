#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# layers: the plan of the rooms, held by a check (TAP).
#
# usage: layers.sh TOP MODULE.so

# shellcheck disable=SC2013,SC2044,SC2086 # names of rooms and files here have no blanks
set -eu
. "$(dirname "$0")/../kit/case.sh"
cd "$1/pam_privtmp"
module=$2

# only "HEADER" ROOM...: no other room includes it.
only() {
        header=$1
        shift
        found=$(grep -rl "#include <$header" . || true)
        for room in "$@"; do
                found=$(echo "$found" | grep -vx "./$room.[ch]" || true)
        done
        none "only $* includes <$header>" "$found"
}

only security/ pam_privtmp
only syslog.h pam_privtmp
only libmount.h table/entry table/option mounts/mounts
only selinux/ ground/label command/check/selinux
only pwd.h table/subject command/account command/program command/check/groups
only grp.h table/subject command/account command/program command/check/groups
only sched.h mounts/stance mounts/stance-save command/run-without-root command/enter command/check/host
only sys/file.h ground/lock lifetime/memory lifetime/reuse disk/instance disk/trash session/source session/place \
        session/hold lifetime/stale lifetime/records-lock command/lasting command/sweep command/wire/journal

# The pure rooms: strings and numbers, no system.
pure='ground/mark ground/name ground/number ground/idset ground/path table/slip table/users table/value table/policy
      session/fault session/hint command/check/control command/check/pamline command/wire/pamd command/wire/service'
for room in $pure; do
        none "$room touches no system" "$(grep -n '#include <' "$room.c" "$room.h" |
                grep -vE '<(errno|limits|stdbool|stddef|stdint|stdio|stdlib|strings?|sys/(types|sysmacros))\.h>' || true)"
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
none "calls go downwards only" "$wrong"

# Within a layer: tsort says where rooms use each other in a circle.
rooms_use() {
        for file in $(find . -name '*.[ch]'); do
                room=${file#./}
                for header in $(sed -n 's/^#include "\(.*\)\.h"/\1/p' "$file"); do
                        echo "${room%.[ch]} $header"
                done
        done
}
none "no rooms use each other in a circle" "$(rooms_use | tsort 2>&1 >/dev/null || true)"

none "each room belongs to a library or a program" "$(for file in $(find . -name '*.c'); do
        grep -qF "'${file#./}'" meson.build || echo "$file"
done)"

# The process belongs to the login program. The command has one of its own.
all=$(find . -name '*.[ch]')
rooms=$(find . -name '*.[ch]' ! -path './command/*')
# but table/subject, which asks what the name service is kept from answering by
none "no fork, exec, umask, environment, signals, exit" "$(grep -nE \
        '(^|[^_[:alnum:]])(v?fork|system|popen|exec[lv]p?e?|umask|setenv|putenv|getenv|secure_getenv|signal|sigaction|_?exit|abort|chdir|pam_info|pam_error|pam_prompt|f?printf|puts|perror)[[:space:]]*\(' \
        $rooms | grep -v '^./table/subject.c:[0-9]*:.*getenv(' || true)"
none "no path is given to the kernel but by safedir, and those of /proc" "$(grep -nE \
        '(^|[^_[:alnum:]])(fopen|open|creat|mkdir|rename|unlink|rmdir|symlink|chown|chmod|l?stat|readlink|opendir|mount|access|truncate)[[:space:]]*\(' \
        $rooms | grep -vE '^[^:]*:[0-9]+: \*|open\("/(", O_PATH|proc)|NAMESPACE_|open\(path, O_RDONLY' || true)"
none "every open is close-on-exec" "$(grep -nE '(^|[^_[:alnum:]])open(at)?\(' $all |
        grep -vE 'O_CLOEXEC|, flags|,$|static int|^[^:]*:[0-9]+: \*' || true)"
none "no mutable variable of a file" "$(grep -nE '^(static )?[a-z].*(=|;)$' $all |
        grep -vE '(const|typedef|struct [a-z_]+;|enum|extern|\()' || true)"

# How many arrows there are between the folders and the face: see "The house" in HACKING.
arrows=$(for file in $(find . -name '*.[ch]'); do
        from=${file#./}
        case $from in
        */*) from=${from%%/*} ;;
        *) from=face ;;
        esac
        sed -n "s,^#include \"\([a-z]*\)/.*,$from \1," "$file"
done | sort -u | awk '$1 != $2')
none "there are 19 arrows between the folders at most" "$(
        [ "$(echo "$arrows" | wc -l)" -le 19 ] || echo "$arrows")"
none "the face uses the session and the ground only" "$(
        echo "$arrows" | grep '^face ' | grep -vxE 'face (ground|session)' || true)"
none "only the command uses the command" "$(echo "$arrows" | grep ' command$' || true)"

# Sizes: one noun a room.
large=''
for file in $(find . -name '*.[ch]'); do
        lines=$(wc -l <"$file")
        [ "$lines" -le 300 ] || large="$large$file has $lines lines
"
done
none "no room has more than 300 lines" "$large"

# A function begins with its name at the left, and what it is given ends before "{".
none "no function has more than five parameters, or 60 lines" "$(for file in $(find . -name '*.c'); do
        awk -v file="$file" '
                /^[a-z].*\(/ && !/;$/ { head = ""; at = NR }
                at && !begun { head = head $0 }
                /^\{/ && at {
                        begun = NR
                        name = head
                        sub(/\(.*/, "", name)
                        sub(/.*[ *]/, "", name)
                        sub(/^[^(]*\(/, "", head)
                        gsub(/\([^()]*\)/, "", head)
                        if (gsub(/,/, "", head) > 4)
                                print file ": " name "() has more than five parameters"
                }
                /^\}/ {
                        if (begun && NR - begun > 61)
                                print file ": " name "() has " NR - begun - 1 " lines"
                        at = begun = 0
                }' "$file"
done)"

# A comment stands right above the function, or above others that it is about as well.
none "each function of a header says what it does, and what an int is" "$(find . -name '*.h' |
        while read -r header; do
                awk -v header="$header" '
                        /^\/\*/ { words = "" }
                        { words = words " " $0 }
                        /^(static inline )?[a-z][a-z0-9_]* .*\(/ && !/^(typedef|extern)|_cleanup|cleanup_/ {
                                if (above == "")
                                        print header ": there is no comment: " $0
                                else if (/^int / && above ~ /\*\/$/ &&
                                         words !~ /[^0-9][01][^0-9]|-errno|-E[A-Z]|[Rr]eturn|fd|same|As |status/)
                                        print header ": what does it return? " $0
                        }
                        { above = $0 }' "$header"
        done)"

# Every law of a room names its test, and that test exists.
laws=''
for file in $(find . -name '*.c'); do
        for test in $(sed -n '1,/^#include/s,.*(\([a-z]*/[a-z/-]*\.c\)).*,\1,p' "$file"); do
                [ -e "../tests/$test" ] || laws="$laws$file names $test
"
        done
done
none "every law of a room has its test" "$laws"

for manual in pam_privtmp.8 privtmp.7 privtmp.8 privtmp.conf.5; do
        if command -v mandoc >/dev/null; then
                none "$manual is clean" "$(mandoc -T lint -W warning "$manual" 2>&1 || true)"
        elif [ "${PRIVTMP_MUST_RUN:-0}" = 1 ]; then
                none "$manual is clean" "mandoc is missing"
        else
                tap_count=$((tap_count + 1))
                echo "ok $tap_count # SKIP mandoc is missing"
        fi
done

[ -e "$module" ]
none "the module exports two functions and no more" "$(nm -D --defined-only "$module" |
        awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' |
        grep -vxE 'pam_sm_(open|close)_session' || true)"
none "the module exports the two" "$(for name in pam_sm_open_session pam_sm_close_session; do
        nm -D --defined-only "$module" | grep -qw "$name" || echo "$name is missing"
done)"

finish
