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
        timeout 900 ssh -n "$1@localhost" "$2"
}

# stay USER COMMAND: a login that runs the command, prints what that says, and stays until leave USER.
stay() {
        as_ssh "$1" "{ $2; } >said 2>&1; touch stays; while [ -e stays ]; do sleep 3; done" &
        echo $! >"$tap/ssh.$1"
        wait_long test -e "/home/$1/stays"
        cat "/home/$1/said"
}

leave() {
        rm -f "/home/$1/stays"
        wait "$(cat "$tap/ssh.$1")" || true
        wait_long ssh_is_over "$1"
}

# wait_long COMMAND [ARG...]: as wait_for, but for five minutes, and rarely: the machine is slow, and
# to ask costs it time.
wait_long() {
        wait_long_end=$(($(date +%s) + 300))
        until "$@" >/dev/null 2>&1; do
                if [ "$(date +%s)" -ge "$wait_long_end" ]; then
                        echo "waited in vain for: $*"
                        "$@"
                        return
                fi
                sleep 2
        done
}

# ------------------------------------------------------------------ the project

# install_privtmp: what meson installs; nothing is wired.
install_privtmp() {
        tar -C / --keep-directory-symlink -xf /vm/install.tar
        tar -tf /vm/install.tar | sed -n 's,^\.\(.*[^/]\)$,\1,p' | xargs restorecon -F
        systemctl daemon-reload
}

# wire SERVICE...; unwire: all files as they were
wire() {
        privtmp wire "$@" >/dev/null
}

unwire() {
        privtmp unwire >/dev/null
}

# ------------------------------------------------------------------ SELinux

# load_our_policy: as "semodule -i" and "semodule -DB" do, which take long here
load_our_policy() {
        tar -C / --no-overwrite-dir -xf /vm/policy.tar
        restorecon -RF /etc/selinux/default/policy /etc/selinux/default/contexts/files
        load_policy
        restorecon -RF /var/lib/privtmp /run/privtmp
}

# denials TYPES: what the policy has denied to programs of these types since log_mark, each once,
# without what differs from time to time. TYPES is a pattern for egrep.
denials() {
        journalctl --sync
        journalctl -q --no-pager -o cat --after-cursor "$(cat "$tap/cursor")" _TRANSPORT=audit |
                grep -aE "avc:  denied.*scontext=[^ ]*:($1):" |
                sed -E 's/^.*avc: /avc:/; s/ (pid|ino|dev|ioctlcmd|capability|s?pid|tpid)=[^ ]*//g;
                        s/(:s0)(-s0)?(:c[0-9][0-9.,c]*)?/\1/g' | sort -u
}
