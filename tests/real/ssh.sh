#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# system-ssh: sessions of a real sshd.

. "$(dirname "$0")/../kit/tap.sh"
need sshd ssh scp sftp

mounts=$(cat /proc/self/mountinfo)
start_sshd

# ------------------------------------------------------------------ inside and outside

echo secret >/tmp/outside
start_session alice ssh alice@127.0.0.1 sh

check "ssh: alice is logged in" same alice "$(in_session alice 'id -un')"
check "ssh: a file of the system's /tmp is invisible inside" \
        not in_session alice 'ls /tmp/outside'
check "ssh: the private /tmp is empty at first" \
        same "" "$(in_session alice 'ls -A /tmp')"
check "ssh: the user can write there" \
        in_session alice 'echo mine >/tmp/inside'
check "ssh: a file made inside is invisible outside" \
        not test -e /tmp/inside
check "ssh: it lies in the user's instance" \
        same mine "$(cat "$(instances alice)/root/inside")"
check "ssh: nobody but root can enter the base" \
        same "700 root" "$(stat -c '%a %U' "$base")"
check "ssh: nobody but root can enter the instance" \
        same "700 root" "$(stat -c '%a %U' "$(instances alice)")"
check "ssh: inside, /tmp is root's, of the user's group, as every program expects it" \
        same "1777 root alice" "$(in_session alice 'stat -c "%a %U %G" /tmp')"
check "ssh: the host's mounts are the same during the session" \
        same "$mounts" "$(cat /proc/self/mountinfo)"

end_session alice
check "ssh: the instance is gone after logout" wait_for gone alice
check "ssh: the host's mounts are the same after the session" \
        same "$mounts" "$(cat /proc/self/mountinfo)"
check "ssh: the system's /tmp is as it was" same secret "$(cat /tmp/outside)"

# ------------------------------------------------------------------ two users

start_session alice ssh alice@127.0.0.1 sh
start_session bob ssh bob@127.0.0.1 sh
in_session alice 'echo of alice >/tmp/note'
in_session bob 'echo of bob >/tmp/note'
check "ssh: alice and bob at once: alice has her own file" \
        same "of alice" "$(in_session alice 'cat /tmp/note')"
check "ssh: alice and bob at once: bob has his own file" \
        same "of bob" "$(in_session bob 'cat /tmp/note')"
end_session alice
check "ssh: alice and bob at once: alice's instance goes with her" \
        wait_for has_instances alice 0
check "ssh: alice and bob at once: bob's stays" \
        same "of bob" "$(in_session bob 'cat /tmp/note')"
end_session bob
check "ssh: alice and bob at once: in the end nothing is left" wait_for gone bob

# ------------------------------------------------------------------ many connections of one user

start_session alice ssh alice@127.0.0.1 sh
echo 'echo ran here' >/root/script
check "ssh: scp into /tmp by a connection of its own" \
        scp -q /root/script alice@127.0.0.1:/tmp/script
check "ssh: what scp brought is there in the next connection" \
        same "ran here" "$(as_ssh alice 'sh /tmp/script')"
check "ssh: and in the session that was open all the time" \
        same "ran here" "$(in_session alice 'sh /tmp/script')"
check "ssh: and not in the system's /tmp" not test -e /tmp/script

echo 'put /root/script /tmp/by-sftp' >/root/batch
check "ssh: sftp writes to the private /tmp" sftp -q -b /root/batch alice@127.0.0.1
check "ssh: where the open session finds it" in_session alice 'test -s /tmp/by-sftp'
check "ssh: and the system's /tmp has nothing of it" not test -e /tmp/by-sftp
end_session alice
check "ssh: after scp, sftp and ssh nothing is left" wait_for gone alice

# ------------------------------------------------------------------ one connection, many channels

ssh -f -N -M -S /root/master alice@127.0.0.1
over_master() {
        ssh -n -S /root/master alice@127.0.0.1 "$1"
}
check "ssh: a channel of a ControlMaster writes to the private /tmp" \
        over_master 'echo shared >/tmp/channel'
check "ssh: the next channel finds it" same shared "$(over_master 'cat /tmp/channel')"
check "ssh: scp over the ControlMaster, too" \
        scp -q -o ControlPath=/root/master alice@127.0.0.1:/tmp/channel /root/channel
check "ssh: all channels are one session" has_instances alice 1
ssh -S /root/master -O exit alice@127.0.0.1 2>/dev/null
check "ssh: the instance is gone when the ControlMaster has ended" wait_for gone alice

# ------------------------------------------------------------------ root

check "ssh: root has the system's /tmp" same secret "$(as_ssh root 'cat /tmp/outside')"
check "ssh: and no instance" has_instances root 0

finish
