#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# manager: the user manager, before it is wired and when it is; linger; a fault of the table.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/kit.sh"
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/stays.sh"
install_and_wire

# as_alice COMMAND [ARG...]: as a client of her user manager, from outside of all sessions.
as_alice() {
        systemd-run --wait -q -p User=alice -p Environment=XDG_RUNTIME_DIR=/run/user/1001 \
                -p SELinuxContext=unconfined_u:unconfined_r:unconfined_t:s0-s0:c0.c1023 "$@"
}

# What the session bus starts claims no name: the call is not answered.
call_bus() {
        as_alice busctl --user --timeout=1s call test.Stays / org.freedesktop.DBus.Peer Ping || true
}

manager_comes() {
        wait_long has_come unit
        call_bus
        wait_long has_come bus
        as_alice systemd-run --user -q /usr/local/bin/stays run
        wait_long has_come run
}

units=/home/alice/.config/systemd/user
buses=/home/alice/.local/share/dbus-1/services
mkdir -p "$units/default.target.wants" "$buses"
cat >"$units/stays.service" <<'EOS'
[Service]
ExecStart=/usr/local/bin/stays unit
ExecStopPost=/bin/rm -f /var/tmp/stays/unit.says /var/tmp/stays/unit.stays
EOS
ln -s ../stays.service "$units/default.target.wants/"
printf '[D-BUS Service]\nName=test.Stays\nExec=/usr/local/bin/stays bus\n' >"$buses/test.Stays.service"
chown -R alice: /home/alice/.config /home/alice/.local
restorecon -RF /home/alice/.config /home/alice/.local

as_ssh alice 'stays sshd' &
wait_long has_come sshd
wait_long has_come unit
check "not wired: a service of the user manager has the system's /tmp" is_in system unit
check "not wired: a scope has that of the session" says '^1001/' \
        as_ssh alice 'systemd-run --user --scope -q where'
go sshd
wait_long is user@1001.service inactive

# As README says, a complete file.
install -m 644 /vm/examples/pam.d/systemd-user /etc/pam.d/systemd-user
restorecon /etc/pam.d/systemd-user

# The login is first: cron's stack, without pam_systemd, starts no user manager.
begin PAMName=cron
wait_long has_come PAMName=cron
check "the login first: the user manager has not come" is user@1001.service inactive
as_ssh alice 'stays sshd' &
wait_long has_come sshd
manager_comes
check "the login first: it, ssh, services, the session bus, systemd-run have one /tmp" \
        all_the_same PAMName=cron sshd unit bus run

# The same view, where the kernel has ids of mount namespaces.
as_ssh alice 'mkdir -p /tmp/view ~/src && touch ~/src/file && bindfs --no-allow-other ~/src /tmp/view'
as_alice systemd-run --user -q --wait sh -c 'ls -A /tmp/view >/home/alice/view'
case $(uname -r) in
6.1.*) check "Linux 6.1: what the login mounts by FUSE, services do not see" \
        same '' "$(cat /home/alice/view)" ;;
*) check "what the login mounts by FUSE, services see, too" same file "$(cat /home/alice/view)" ;;
esac
as_ssh alice 'fusermount3 -u /tmp/view'
go PAMName=cron
go run
go bus
go sshd
check "the end of the user manager leaves nothing" is_cleaned alice

# The manager is first: it lingers.
loginctl enable-linger alice
manager_comes
as_ssh alice 'stays sshd' &
wait_long has_come sshd
check "the user manager first: all have one /tmp" all_the_same unit bus run sshd
check "kill -9 of (sd-pam)" pkill -KILL -u alice -f '^[(]sd-pam[)]'
check "(sd-pam) killed: they keep their /tmp" all_the_same unit sshd
check "(sd-pam) killed: so has the next login" says "^$(cat "$said/unit.says")$" as_ssh alice where
go sshd
check "linger: after the logout the manager keeps its /tmp" is_in "$(cat "$said/unit.says")" unit
check "linger: as long as it runs" has_instances alice 1
go run
go bus
loginctl disable-linger alice
check "linger: when it is over nothing is left" is_cleaned alice
rm "$units/default.target.wants/stays.service"

# A fault of the table.
loginctl enable-linger root
wait_long is user@0.service active
mkdir -p /etc/security/privtmp.conf.d
echo '/tmp bogus' >/etc/security/privtmp.conf.d/99.conf
systemctl stop user@0.service
log_mark
check "a fault of the table: a user's manager does not start" not systemctl start user@1001.service
check "a fault of the table: root's does" systemctl start user@0.service
check "a fault of the table: the log has it" log_says 'root is let in without a private directory'
rm /etc/security/privtmp.conf.d/99.conf
systemctl reset-failed
check "without it the user's manager starts" systemctl start user@1001.service
systemctl stop user@1001.service user-runtime-dir@1001.service
loginctl disable-linger root
rm /etc/pam.d/systemd-user

finish
