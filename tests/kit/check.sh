# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2034,SC2154
#
# check: for tests of "privtmp check", behind tap.sh. $PRIVTMP_COMMAND is the command; without it,
# the one beside the module $PRIVTMP_MODULE.

# Where everybody can run it.
command=$tap/privtmp
cp "${PRIVTMP_COMMAND:-$(dirname "${PRIVTMP_MODULE:?}")/privtmp}" "$command"

conf=/etc/security/privtmp.conf
nothing='no faults, no warnings'
mend='mend it, see privtmp.conf(5): until then only root can log in'
rebase="make it root's, mode 0700, on a local disk, or name another"

# exits STATUS COMMAND [ARG...]
exits() {
        tap_wanted=$1
        shift
        tap_status=0
        "$@" || tap_status=$?
        same "$tap_wanted" "$tap_status"
}

# prints STATUS TEXT COMMAND [ARG...]: on stdout, and nothing on stderr.
prints() {
        wanted=$1 text=$2 status=0
        shift 2
        "$@" >"$tap/out" 2>"$tap/err" || status=$?
        same "$text" "$(cat "$tap/out")" && same '' "$(cat "$tap/err")" && same "$wanted" "$status"
}

# finds STATUS TEXT
finds() {
        prints "$1" "$2" "$command" check
}

# complains STATUS TEXT COMMAND [ARG...]: on stderr, with nothing on stdout.
complains() {
        wanted=$1 text=$2 status=0
        shift 2
        "$@" >"$tap/out" 2>"$tap/err" || status=$?
        same '' "$(cat "$tap/out")" && same "$text" "$(cat "$tap/err")" && same "$wanted" "$status"
}

# No rule of tmpfiles.d is about /tmp: Debian 13 has one with an age, and this file stands for it.
no_rules() {
        rm -rf /etc/tmpfiles.d /run/tmpfiles.d
        mkdir /etc/tmpfiles.d
        : >/etc/tmpfiles.d/tmp.conf
}

# As it was in the beginning.
no_rules
rm -rf /etc/security/namespace.conf /etc/security/namespace.d
cp -a /etc/pam.d "$tap/pam.d"
as_before() {
        rm -rf /etc/security/privtmp.conf.d
        no_rules
        table
        rm -rf /etc/pam.d
        cp -a "$tap/pam.d" /etc/pam.d
}
