#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# system-kill-su: su is killed at each system call of open and of close, by the user who runs it.

. "$(dirname "$0")/../kit/kill.sh"
need su setpriv

# bob, who needs no password of alice's: she has none.
victim() {
        setpriv --reuid bob --regid bob --clear-groups su alice -c "$1"
}

kill_begin su
start_session bob su bob
in_session bob 'echo of bob >/tmp/note'
kill_matrix "alone" all
check "bob's session still has its /tmp" same "of bob" "$(in_session bob 'cat /tmp/note')"
end_session bob
check "and leaves nothing when it ends" leaves_nothing bob

finish
