#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# systemd: what ends without a close, and what systemd does beside sessions.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/kit.sh"
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/stays.sh"
install_and_wire

# ------------------------------------------------------------------ what ends without a close

# ends NAME COMMAND...: ends all that alice has by the command, and nothing of hers is left.
ends() {
        ends_name=$1
        shift
        check "$ends_name" "$@"
        check "$ends_name: all ends" wait_long not pgrep -x stays
        rm -f "$said"/*
        check "$ends_name: nothing is left" is_cleaned alice
}

# Alice's login, in it bob's by su, in it hers by sudo.
nested() {
        as_ssh alice 'sudo -n su bob -c "sudo -n -u alice stays nested"' &
        wait_long has_come nested
}

# bobs NAME: what is bob's, who had no session of logind, waits for the timer.
bobs() {
        check "$1: bob's goes with the timer" systemctl start privtmp-clean.service
        check "$1: then nothing of bob's is left, either" wait_long gone bob
}

# Of her login, not of her user manager, which is a session of its own from systemd 256 on.
session_of_alice() {
        for id in $(loginctl --no-legend list-sessions | awk '$3 == "alice" { print $1 }'); do
                [ "$(loginctl show-session -P Service "$id")" != sshd ] || echo "$id"
        done
}

as_ssh alice 'stays sshd' &
wait_long has_come sshd
ends "stop of the login's scope" systemctl stop "session-$(session_of_alice).scope"

printf '[Login]\nKillUserProcesses=yes\n' >/etc/systemd/logind.conf.d/kill.conf
systemctl restart systemd-logind
as_ssh alice 'setsid stays sshd >/dev/null 2>&1 & sleep 2'
ends "KillUserProcesses=yes: the logout" true
rm /etc/systemd/logind.conf.d/kill.conf
systemctl restart systemd-logind

nested
ends "terminate-session" loginctl terminate-session "$(session_of_alice)"
bobs "terminate-session"
nested
ends "terminate-user" loginctl terminate-user alice
bobs "terminate-user"

# One user's, as these units do.
sudo -u alice stays one &
su bob -c 'sleep 1000' &
wait_long has_come one
wait_long has_instances bob 1
pkill -KILL '^(sudo|su|stays|sleep)$'
rm -f "$said"/*
wait_long not pgrep -x stays
check "clean --user" privtmp clean --user 1001
check "clean --user: the user's is gone" has_instances alice 0
check "clean --user: another's stays" has_instances bob 1
bobs "clean"

# ------------------------------------------------------------------ beside other things of systemd

# tmux is a process that outlives the login.
as_ssh alice 'tmux new -d stays tmux'
wait_long has_come tmux
as_ssh alice 'stays sshd' &
wait_long has_come sshd
check "tmux: keeps its /tmp after the logout, and the next login has the same" all_the_same tmux sshd

systemctl restart ssh systemd-logind
systemctl daemon-reexec
check "restart of ssh and logind, daemon-reexec: sessions keep their /tmp" all_the_same tmux sshd
check "the next login has the same" says "^$(cat "$said/sshd.says")$" as_ssh alice where

systemd-run --wait -q -p PrivateTmp=yes -p User=alice sh -c 'where >/home/alice/service; touch /tmp/x'
check "PrivateTmp= beside it: a service of the same user has another /tmp" \
        same system "$(cat /home/alice/service)"
check "and leaves nothing in the login's" not as_ssh alice 'ls /tmp/x'

mkdir -p /srv/mounted /srv/data
touch /srv/data/file
mount --bind /srv/data /srv/mounted
printf '[Mount]\nWhat=/srv/data\nWhere=/srv/auto\nOptions=bind\n' >/run/systemd/system/srv-auto.mount
printf '[Automount]\nWhere=/srv/auto\nTimeoutIdleSec=1s\n' >/run/systemd/system/srv-auto.automount
systemctl daemon-reload
systemctl start srv-auto.automount
# in the session that was open before: its namespace
in_it() {
        nsenter -m -t "$(pgrep -x -o stays)" "$@"
}
check "a mount of the host comes to open sessions" in_it test -e /srv/mounted/file
check "so does an automount, at its first use" in_it test -e /srv/auto/file
umount /srv/mounted
check "it goes from them, too" in_it test ! -e /srv/mounted/file
systemctl stop srv-auto.automount srv-auto.mount || true

as_ssh alice 'touch -d "50 days ago" /tmp/old'
date -s '+40 days' >/dev/null
systemctl start systemd-tmpfiles-clean.service
date -s '-40 days' >/dev/null
check "systemd-tmpfiles, 40 days later, leaves what is in use" all_the_same tmux sshd
check "and files in it" as_ssh alice 'ls /tmp/old'
# tmux first: Debian 13's runs what it is given in a scope of the user manager, which ends with the
# last login.
go tmux
go sshd
systemctl start privtmp-clean.service
check "all that is gone in the end" wait_long gone alice

finish
