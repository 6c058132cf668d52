#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# system-kill-sshd: sshd's monitor is killed at each system call of open and of close.

. "$(dirname "$0")/../kit/kill.sh"
need sshd ssh su

victim() {
        as_ssh alice "$1"
}

# The exchange that takes the least time.
echo 'KexAlgorithms curve25519-sha256' >>/etc/ssh/ssh_config
start_sshd
kill_begin sshd
# ssh has ended when sshd closes the session
kill_ends_before=close_session
start_session bob ssh bob@127.0.0.1 sh
in_session bob 'echo of bob >/tmp/note'
kill_matrix "alone" all
check "ssh: alice can still log in" as_ssh alice true
check "bob's session still has its /tmp" same "of bob" "$(in_session bob 'cat /tmp/note')"
end_session bob
wait_for ssh_is_over bob
check "and leaves nothing when it ends" leaves_nothing bob

finish
