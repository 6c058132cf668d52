#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# test-host: a throw-away host is the same on a machine whose logins are another site's (TAP).
#
# usage: test-host.sh HOST MODULE.so SYSLOGD
#
# That machine is this one with another /etc, in a mount namespace of its own.

set -eu

# Nobody can log in there, and whoever could would find what this site sets.
wire_otherwise() {
        etc=$(mktemp -d)
        mount -t tmpfs tmpfs "$etc"
        cp -a /etc/. "$etc/"
        mount --move "$etc" /etc
        rmdir "$etc"

        rm -rf /etc/pam.d /etc/profile.d /etc/security /etc/ssh
        mkdir -p /etc/pam.d /etc/profile.d /etc/security /etc/ssh /etc/default
        for service in common-auth common-account common-session common-session-noninteractive \
                       su su-l sudo sudo-i sshd runuser runuser-l other; do
                printf '%s required pam_deny.so\n' auth account session >"/etc/pam.d/$service"
        done
        echo 'export SITE=profile' >/etc/profile
        echo 'export SITE=profile.d' >/etc/profile.d/site.sh
        echo 'SITE DEFAULT=pam_env' >/etc/security/pam_env.conf
        echo 'SITE=environment' >/etc/environment
        echo 'SITE=locale' >/etc/default/locale
        echo '* hard nofile 77' >/etc/security/limits.conf
        echo 'ENV_PATH PATH=/site' >/etc/login.defs
        echo 'DenyUsers *' >/etc/ssh/sshd_config
        echo 'ALL: ALL' >/etc/hosts.deny
        echo 'closed' >/etc/nologin
        echo 'ALL ALL=(ALL) NOEXEC: NONE' >/etc/sudoers
        echo 'Plugin sudoers_policy site.so' >/etc/sudo.conf
}

case $1 in
--inside) ;;
--other)
        wire_otherwise
        exec sh "$2" -m "$3" -l "$4" sh "$0" --inside
        ;;
*)
        # without root it says what is skipped, and why
        [ "$(id -u)" = 0 ] || exec sh "$1" true
        exec unshare -m sh "$0" --other "$@"
        ;;
esac

. "$(dirname "$0")/../kit/tap.sh"
need su sudo sshd ssh runuser

# shellcheck disable=SC2016 # for the shells that are asked
ask='echo "${SITE-none} $(ulimit -n | grep -x 77 || echo all) $PATH"'
path=/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games
start_sshd

check "su" same "none all $PATH" "$(su alice -c "$ask")"
check "su -" same "none all $path" "$(su - alice -c "$ask")"
check "a login shell" same "none all $path" "$(echo "$ask" | su - alice)"
check "ssh" same "none all /usr/local/bin:/usr/bin:/bin:/usr/games" "$(as_ssh alice "$ask")"
check "sudo" says '^none all /usr/local/sbin:' sudo -u alice sh -c "$ask"
check "sudo -i" says "^none all /usr/local/" sudo -iu alice sh -c "$ask"
check "what the user may do by sudo" same 0 "$(as_ssh alice 'sudo id -u')"
check "runuser" says "^none all /" runuser -u alice -- sh -c "$ask"

finish
