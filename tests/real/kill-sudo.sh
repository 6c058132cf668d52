#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# system-kill-sudo: sudo is killed at each system call of open and of close.

. "$(dirname "$0")/../kit/kill.sh"
need sudo su

victim() {
        sudo -u alice sh -c "$1"
}

kill_begin sudo
start_session bob su bob
in_session bob 'echo of bob >/tmp/note'
kill_matrix "alone" all
check "bob's session still has its /tmp" same "of bob" "$(in_session bob 'cat /tmp/note')"
end_session bob
check "and leaves nothing when it ends" leaves_nothing bob

finish
