# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2034,SC2154
#
# check: for tests of "privtmp check", behind tap.sh.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../kit/command.sh"
conf=/etc/security/privtmp.conf
nothing='no faults, no warnings'
mend='mend it, see privtmp.conf(5): until then only root can log in'
# shellcheck disable=SC2034
mend_conf='mend it, see privtmp.conf(5): with this table only root could log in'
chmod='"chmod 0700 BASE" mends it: there is nothing of others in it'
other='choose another base'
parents='choose a base whose parents only root can write, as /var/lib/privtmp'
local='choose a base on a local disk'

# finds STATUS TEXT
finds() {
        prints "$1" "$2" "$command" check
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
