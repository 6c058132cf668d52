# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2154
#
# command: for tests of the command, behind tap.sh. $PRIVTMP_COMMAND is the command; without it, the
# one beside the module $PRIVTMP_MODULE.

# Where everybody can run it.
command=$tap/privtmp
cp "${PRIVTMP_COMMAND:-$(dirname "${PRIVTMP_MODULE:?}")/privtmp}" "$command"

# exits STATUS COMMAND [ARG...]
exits() {
        tap_wanted=$1
        shift
        tap_status=0
        "$@" || tap_status=$?
        same "$tap_wanted" "$tap_status"
}

# prints STATUS TEXT COMMAND [ARG...]: on stdout, with nothing else there and nothing on stderr.
prints() {
        tap_wanted=$1 tap_text=$2
        shift 2
        tap_status=0
        "$@" >"$tap/out" 2>"$tap/err" || tap_status=$?
        same "$tap_wanted" "$tap_status" && same "$tap_text" "$(cat "$tap/out")" &&
                same "" "$(cat "$tap/err")"
}

# complains STATUS TEXT COMMAND [ARG...]: on stderr, with nothing else there and nothing on stdout.
complains() {
        tap_wanted=$1 tap_text=$2
        shift 2
        tap_status=0
        "$@" >"$tap/out" 2>"$tap/err" || tap_status=$?
        same "$tap_wanted" "$tap_status" && same "$tap_text" "$(cat "$tap/err")" &&
                same "" "$(cat "$tap/out")"
}

# plant BASE UID NAME [AGE [KEEP]]: an instance without a session, whose clock says AGE.
plant() {
        planted=$1/$2/$3
        install -d -m 700 "$1" "$1/$2" "$planted"
        install -d -m 1770 -g "$2" "$planted/root"
        install -m 600 /dev/null "$planted/lock"
        ln -s /tmp "$planted/directory"
        ln -s "$(id -nu "$2" 2>/dev/null || echo gone)" "$planted/user"
        [ -z "${5:-}" ] || ln -s "$5" "$planted/keep"
        touch -m -d "${4:-now}" "$planted/lock"
}

# mounted DEVICE: somewhere, as mount tables have it.
mounted() {
        grep -qs " $1 / " /proc/[0-9]*/mountinfo
}
