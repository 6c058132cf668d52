#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# install: what `meson install` puts where (TAP).
#
# usage: install.sh BUILD PAMDIR UNITDIR TMPFILESDIR COMPLETIONSDIR

set -eu

build=$1
pamdir=$2
unitdir=$3
tmpfilesdir=$4
completionsdir=$5
tap=$(mktemp -d)
trap 'rm -rf "$tap"' EXIT
. "$(dirname "$0")/../kit/case.sh"
to=$tap/to

install_there() {
        DESTDIR=$to meson install -C "$build" --no-rebuild
}

# The lines of the shipped table and of the one in the source, without comments and padding.
same_lines() {
        grep -v '^#' "$table" | tr -s ' \n' >"$tap/shipped"
        # the pieces of one string
        sed -n '/^const char table_built_in/,/;/p' "$here/pam_privtmp/table/table.c" |
                grep -o '"[^"]*"' | tr -d '"\n' | sed 's/\\n/\n/g' | tr -s ' \n' >"$tap/built-in"
        [ "$(wc -l <"$tap/built-in")" = 3 ] && diff -B "$tap/built-in" "$tap/shipped"
}

# is_shipped FILE FOLDER
is_shipped() {
        cmp "$here/conf/$1" "$to$2/$(basename "$1")"
}

# The program that the unit names, and no placeholder.
starts_program() {
        program=$(sed -n 's/^ExecStart=\(.*\) clean$/\1/p' "$to$unitdir/privtmp-clean.service")
        [ -x "$to$program" ] && ! grep -F @bindir@ "$to$unitdir/privtmp-clean.service"
}

# The service that cleans, as it is, but for one user.
is_for_one_user() {
        sed -n 's/^\(ExecStart=.*\)/\1 --user %i/; /^\[Install\]/q; /^\[Service\]/,$p' \
                "$to$unitdir/privtmp-clean.service" >"$to/wanted"
        sed -n '/^\[Service\]/,$p' "$to$unitdir/privtmp-clean-user@.service" | diff "$to/wanted" -
}

# What the program itself says.
verbs() {
        "$build/pam_privtmp/privtmp" --help | sed -n 's/^ \([a-z]*\)  .*/\1/p' | sort | xargs
}

services() {
        sed -n 's/^ *{"\([a-z-]*\)", SERVICE_.*/\1/p' "$here/pam_privtmp/command/wire/service.c" |
                sort | xargs
}

services_of_zsh() {
        sed -n 's/.*_values service //p' "$here/conf/zsh-completion/_privtmp" | xargs -n 1 | sort | xargs
}

options_of() {
        "$build/pam_privtmp/privtmp" "$1" --help | grep -o -- '--[a-z][a-z-]*' | sort -u | xargs
}

# completes LINE WANTED: what bash makes of it, in order.
completes() {
        # shellcheck disable=SC2016 # bash's
        got=$(bash --norc --noprofile -c '
                . "$1"
                line="$2"
                read -ra COMP_WORDS <<<"$line"
                [[ $line != *" " ]] || COMP_WORDS+=("")
                COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
                _privtmp privtmp "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
                printf "%s\n" "${COMPREPLY[@]}"' - "$to$completionsdir/privtmp" "$1" | sort | xargs)
        echo "got: $got; wanted: $2"
        [ "$got" = "$2" ]
}

completes_options() {
        for verb in $(verbs); do
                completes "privtmp $verb -" "$(options_of "$verb")" || return 1
        done
}

# Each verb and each option that the program tells of stands in the completion for zsh.
knows_all() {
        file=$(find "$to" -path '*/zsh/site-functions/_privtmp')
        for verb in $(verbs); do
                grep -q "'$verb:" "$file" || { echo "the verb $verb is missing"; return 1; }
                for option in $(options_of "$verb"); do
                        sed -n "/^ *$verb) /,/;;/p; /local -a/p" "$file" | grep -qe "${option}[][}']" || {
                                echo "$verb $option is missing"
                                return 1
                        }
                done
        done
}

# synopsis VERB: its part of that of the manual.
synopsis() {
        sed -n '/^[.]Sh SYNOPSIS/,/^[.]Sh DESCRIPTION/p' "$here/pam_privtmp/privtmp.8" |
                awk -v verb="$1" '/^[.]Nm/ { of = "" } /^[.]Cm/ { of = $2 } of == verb'
}

# Each option of a verb's help is in its synopsis: by its letter, if it has one.
has_synopsis() {
        for verb in $(verbs); do
                "$build/pam_privtmp/privtmp" "$verb" --help |
                        sed -n 's/^ -\(.\), --.*/[^ -]*\1/p; s/^  *-\(-[a-z-]*\) .*/\1/p' |
                        grep -v '[*]h$' >"$tap/options"
                while read -r option; do
                        synopsis "$verb" | grep -qe "Fl $option" || {
                                echo "$verb: $option is missing"
                                return 1
                        }
                done <"$tap/options"
        done
}

here=$(cd "$(dirname "$0")/../.." && pwd -P)
table=$to/etc/security/privtmp.conf

check "the project can be installed" install_there
check "the module is where PAM looks" test -f "$to$pamdir/pam_privtmp.so"
check "the table is the shipped one" cmp "$here/conf/privtmp.conf" "$table"
check "there is a folder for more, as the module wants it" same 755 \
        "$(stat -c %a "$table.d" 2>&1)"
check "its lines are those of the built-in table" same_lines
echo "# mine" >"$table"
check "the service starts the installed program" starts_program
check "it is where users find it, too" grep -q '^ExecStart=.*/bin/privtmp clean$' \
        "$to$unitdir/privtmp-clean.service"
check "so does the one that checks" grep -q '^ExecStart=.*/bin/privtmp check$' \
        "$to$unitdir/privtmp-check.service"
for unit in privtmp-check.timer privtmp-clean.path privtmp-clean.timer privtmp-clean-soon.timer; do
        check "$unit is where systemd looks" is_shipped "systemd/$unit" "$unitdir"
done
check "the service for one user is in the same sandbox" is_for_one_user
check "it is started at the end of the user's last session" grep -qx \
        'OnSuccess=privtmp-clean-user@%i.service' \
        "$to$unitdir/user-runtime-dir@.service.d/privtmp.conf"
check "the rules for the base are where systemd-tmpfiles looks" \
        is_shipped tmpfiles.d/privtmp.conf "$tmpfilesdir"
check "the line for sudoedit is where sudo looks" is_shipped sudoers.d/privtmp /etc/sudoers.d
check "as sudo wants it" same 440 "$(stat -c %a "$to/etc/sudoers.d/privtmp")"
check "the completion is where bash looks" is_shipped bash-completion/privtmp "$completionsdir"
check "it completes the verbs of the program" completes 'privtmp ' "$(verbs)"
check "the options of each verb" completes_options
check "users, where one belongs" completes 'privtmp enter roo' root
check "users behind -u of run" completes 'privtmp run -u roo' root
check "options before a user" completes 'privtmp list --jso' --json
check "of the columns, behind a comma" completes 'privtmp list -o USER,PI' USER,PID
check "services, where one is wired" completes 'privtmp wire ' "$(services)"
check "the completion for zsh knows the verbs and the options" knows_all
check "and the services" same "$(services)" "$(services_of_zsh)"
check "and the synopsis of privtmp(8)" has_synopsis
check "nothing is enabled" test -z "$(find "$to" -name '*.wants')"
check "it can be installed again" install_there
check "an administrator's table stays as it was" grep -qx '# mine' "$table"
check "the manual of the module is there" test -n "$(find "$to" -name pam_privtmp.8)"
check "the manual of the table is there" test -n "$(find "$to" -name privtmp.conf.5)"
check "the page for users is there" test -n "$(find "$to" -name privtmp.7)"

# As README has it. What is left of the project is the administrator's.
uninstall() {
        DESTDIR=$to ninja -C "$build" uninstall
        same "$table" "$(find "$to" -name '*privtmp*' ! -type d)"
}
check "it can be taken out again, all but the table" uninstall

finish
