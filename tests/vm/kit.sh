# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
#
# kit: tests/kit/tap.sh in the virtual machine, and what installs and wires the project there.

# tap.sh looks into a file of messages. Here the journal has them.
: >/run/log/messages
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../kit/tap.sh"
# what confined users write there is theirs
[ "$(getenforce)" = Disabled ] || chcon -t tmp_t "$tap"

# With --after-cursor, journalctl of Debian 12 leaves out the first entry that a filter lets through. So
# it is --cursor below, and the entry itself says nothing.
log_mark() {
        logger mark
        journalctl --sync
        journalctl -q -n 0 --show-cursor | sed -n 's/^-- cursor: //p' >"$tap/cursor"
}

# log: what was logged since log_mark, without the records of audit
log() {
        journalctl --sync
        journalctl -q --no-pager -o cat --cursor "$(cat "$tap/cursor")" _TRANSPORT=syslog \
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

# is UNIT STATE
is() {
        same "$2" "$(systemctl show -P ActiveState "$1")"
}

# gone USER: nothing of that user is left, neither instances nor trash. (What a logout can't delete
# within its share of time is trash, and this machine is slow.)
gone() {
        has_instances "$1" 0 &&
                same '' "$(find "$base/.trash" "$base/.work" -maxdepth 1 -name "$(id -u "$1").*" \
                        2>/dev/null || true)"
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

# boot_again: as an administrator does it. tests/vm/run starts the machine again when it reads this.
boot_again() {
        echo "# power cut"
        systemctl reboot
        sleep 1000
}

# ------------------------------------------------------------------ SELinux

# load_our_policy: as "semodule -i" and "semodule -DB" do, which take long here
load_our_policy() {
        tar -C / --no-overwrite-dir -xf /vm/policy.tar
        restorecon -RF /etc/selinux/default/policy /etc/selinux/default/contexts/files
        load_policy
        restorecon -RFi /var/lib/privtmp /run/privtmp
}

# denials TYPES: what the policy has denied to programs of these types since log_mark, each once,
# without what differs from time to time. TYPES is a pattern for egrep. The kernel says it; that the
# journal also hears of it as records of audit is switched off in Debian 13.
denials() {
        journalctl --sync
        journalctl -q --no-pager -o cat --cursor "$(cat "$tap/cursor")" _TRANSPORT=kernel |
                grep -aE "avc:  denied.*scontext=[^ ]*:($1):" |
                sed -E 's/^.*avc: /avc:/; s/ (pid|ino|dev|ioctlcmd|capability|s?pid|tpid)=[^ ]*//g;
                        s/(:s0)(-s0)?(:c[0-9][0-9.,c]*)?/\1/g' | sort -u
}
