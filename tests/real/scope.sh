#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# system-scope: several sessions of one user at once, with scope=user and with scope=session.

. "$(dirname "$0")/../kit/tap.sh"
need sshd ssh su

start_sshd

start_session first ssh alice@127.0.0.1 sh
start_session second su alice
in_session first 'echo hello >/tmp/file'
check "scope=user: the second session has the same /tmp" \
        same hello "$(in_session second 'cat /tmp/file')"
check "scope=user: there is one instance" has_instances alice 1
end_session first
check "scope=user: the first logout leaves it" \
        same hello "$(in_session second 'cat /tmp/file')"
check "scope=user: a third session finds it" \
        same hello "$(as_ssh alice 'cat /tmp/file')"
end_session second
check "scope=user: the last logout removes it" wait_for gone alice

table '/var/lib/privtmp /tmp * scope=session'
start_session first ssh alice@127.0.0.1 sh
start_session second su alice
in_session first 'echo hello >/tmp/file'
check "scope=session: the second session does not have the first one's file" \
        not in_session second 'ls /tmp/file'
check "scope=session: there are two instances" has_instances alice 2
end_session first
check "scope=session: the first logout removes the first one's" \
        wait_for has_instances alice 1
check "scope=session: and leaves the second one's" \
        in_session second 'echo still >/tmp/there'
end_session second
check "scope=session: the last logout removes the other" wait_for gone alice

# ------------------------------------------------------------------ two directories, one base

mkdir -p /srv/two
table '/var/lib/privtmp /tmp *' '/var/lib/privtmp /srv/two *'
start_session first su alice
in_session first 'echo one >/tmp/file; echo two >/srv/two/file'
check "two directories: each has an instance of its own" has_instances alice 2
check "two directories: both are the session's own" \
        same 'one two ' "$(in_session first "cat /tmp/file /srv/two/file | tr '\n' ' '")"
check "two directories: a second session has both" \
        same 'one two ' "$(su alice -c "cat /tmp/file /srv/two/file | tr '\n' ' '")"
check "two directories: and makes no third instance" has_instances alice 2
end_session first
check "two directories: the last logout removes both" wait_for gone alice

finish
