# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
#
# kit: tests/kit/tap.sh in the virtual machine, and what installs and wires the project there.

# tap.sh looks into a file of messages. Here the journal has them.
: >/run/log/messages
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../kit/tap.sh"
# what confined users write there is theirs
chcon -t tmp_t "$tap"

log_mark() {
        journalctl --sync
        journalctl -q -n 0 --show-cursor | sed -n 's/^-- cursor: //p' >"$tap/cursor"
}

# log: what was logged since log_mark, without the records of audit
log() {
        journalctl --sync
        journalctl -q --no-pager -o cat --after-cursor "$(cat "$tap/cursor")" _TRANSPORT=syslog \
                + _TRANSPORT=journal + _TRANSPORT=stdout
}

log_says() {
        log >"$tap/log"
        grep -e "$1" "$tap/log" || {
                echo "no '$1' in the log:"
                cat "$tap/log"
                return 1
        }
}

# ------------------------------------------------------------------ logins

as_ssh() {
        ssh -n "$1@localhost" "$2"
}

# ------------------------------------------------------------------ the project

# install_privtmp: what meson installs; nothing is wired.
install_privtmp() {
        tar -C / --keep-directory-symlink -xf /vm/install.tar
        tar -tf /vm/install.tar | sed -n 's,^\.\(.*[^/]\)$,\1,p' | xargs restorecon -F
        systemctl daemon-reload
}

# The line, and where README says that it belongs.
line='session [success=ok ignore=ignore module_unknown=ignore default=bad] pam_privtmp.so'

# wire SERVICE...; unwire: all files as they were
wire() {
        [ -e /root/pam.d ] || cp -a /etc/pam.d /root/pam.d
        for wire_service in "$@"; do
                case $wire_service in
                sshd|login) sed -i "/^@include common-session$/a $line" "/etc/pam.d/$wire_service" ;;
                su|cron) echo "$line" >>"/etc/pam.d/$wire_service" ;;
                sudo|sudo-i) sed -i "0,/^session\|^@include common-session/s//$line\n&/" \
                        "/etc/pam.d/$wire_service" ;;
                esac
        done
        restorecon -RF /etc/pam.d
}

unwire() {
        cp -a /root/pam.d/. /etc/pam.d/
}
