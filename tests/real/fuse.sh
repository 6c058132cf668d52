#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# system-fuse: what users mount by FUSE in one session is there in their others, and in nobody's
# way: not when sessions open and close, not when privtmp cleans, even if it never answers.
#
# $PRIVTMP_COMMAND is the command; without it, the one beside the module $PRIVTMP_MODULE.

. "$(dirname "$0")/../kit/tap.sh"
need sshd ssh su bindfs sshfs fuse-overlayfs fusermount3

command=${PRIVTMP_COMMAND:-$(dirname "${PRIVTMP_MODULE:?}")/privtmp}

mounts=$(cat /proc/self/mountinfo)
# Where administrators allow it, root can be made to wait: bindfs asks for it.
echo user_allow_other >>/etc/fuse.conf
start_sshd
mkdir -m 755 /home/alice/real /home/alice/real/sub /home/alice/upper /home/alice/work
echo hello >/home/alice/real/file
chown -R alice:alice /home/alice/real /home/alice/upper /home/alice/work

# The three, mounting ~/real on a directory.
# shellcheck disable=SC2317 # called by name
mount_bindfs() {
        echo "bindfs ~/real $1"
}

# shellcheck disable=SC2317 # called by name
mount_sshfs() {
        echo "sshfs alice@127.0.0.1:real $1"
}

# shellcheck disable=SC2317 # called by name
mount_fuse_overlayfs() {
        echo "fuse-overlayfs -o lowerdir=\$HOME/real,upperdir=\$HOME/upper,workdir=\$HOME/work $1"
}

# promptly COMMAND [ARG...]: what waits for a file system that does not answer waits for ever.
promptly() {
        timeout -s KILL 120 "$@"
}

clean() {
        promptly "$command" clean
}

# server_of NAME: the processes of alice's that serve it.
server_of() {
        pgrep -U alice -f "^$1 " || true
}

no_server_of() {
        same "" "$(server_of "$1")"
}

no_connection() {
        not grep -qas '^sshd[^:]*: alice' /proc/[0-9]*/cmdline
}

# nothing_left: when the last is gone, and what a close left to clean, is deleted.
nothing_left() {
        clean && gone alice && same "$mounts" "$(cat /proc/self/mountinfo)"
}

start_two() {
        start_session one ssh alice@127.0.0.1 sh
        start_session two ssh alice@127.0.0.1 sh
        in_session one 'echo mine >/tmp/mine'
}

for fs in bindfs sshfs fuse-overlayfs; do
        mount=mount_$(echo "$fs" | tr - _)
        # shellcheck disable=SC2088 # expanded by the session
        for on in '~/mnt' '/tmp/mnt'; do
                start_two
                in_session one "mkdir $on"
                check "$fs on $on: is mounted in one session" in_session one "$($mount "$on")"
                check "$fs on $on: is seen in the other" \
                        same hello "$(in_session two "cat $on/file")"
                check "$fs on $on: what the other writes is seen in the first" \
                        same by-two "$(in_session two "echo by-two >$on/new" &&
                                in_session one "cat $on/new; rm $on/new")"
                check "$fs on $on: is seen by a session that comes now, by su" \
                        same hello "$(promptly su - alice -c "cat $on/file")"
                check "$fs on $on: and by ssh" same hello "$(promptly ssh -n alice@127.0.0.1 \
                        "cat $on/file")"
                check "$fs on $on: is not on the host" \
                        same "$mounts" "$(cat /proc/self/mountinfo)"
                check "$fs on $on: is not in another user's session" \
                        not promptly su bob -c "grep -F fuse.$fs /proc/self/mountinfo"
                check "$fs on $on: clean goes on, and leaves it alone" clean
                end_session one
                check "$fs on $on: is seen by the other when the first has ended" \
                        same hello "$(in_session two "cat $on/file")"
                in_session two "fusermount3 -u $on; rmdir $on"
                wait_for no_server_of "$fs"
                end_session two
                wait_for no_connection
                check "$fs on $on: unmounted, nothing is left after the last logout" \
                        wait_for nothing_left
        done

        # Nobody unmounts: the server is a process of the user's that lives on.
        start_two
        in_session one "mkdir /tmp/mnt; $($mount /tmp/mnt)"
        end_session one
        end_session two
        check "$fs, still served after the last logout: the instance stays" has_instances alice 1
        check "$fs, still served after the last logout: clean leaves it alone" \
                sh -c "timeout -s KILL 120 $command clean && test -e $base/1001/*/root/mine"
        check "$fs, still served after the last logout: the next login has the same /tmp" \
                same mine "$(promptly ssh -n alice@127.0.0.1 'cat /tmp/mine')"
        for server in $(server_of "$fs"); do
                kill "$server"
        done
        wait_for no_server_of "$fs"
        wait_for no_connection
        check "$fs, no longer served: nothing is left" wait_for nothing_left

        # It stops answering: everybody who asks it waits for ever.
        start_two
        in_session one "mkdir ~/mnt /tmp/mnt && $($mount /home/alice/mnt) && $($mount /tmp/mnt)"
        mkdir /home/alice/mnt/sub # on the host, where nothing is mounted on ~/mnt
        start_session three su alice
        in_session three 'cd ~/mnt'
        servers=$(server_of "$fs")
        for server in $servers; do
                kill -STOP "$server"
        done
        check "$fs, without an answer: the next login by su goes well" \
                same mine "$(promptly su alice -c 'cat /tmp/mine')"
        check "$fs, without an answer: and by ssh" \
                same mine "$(promptly ssh -n alice@127.0.0.1 'cat /tmp/mine')"
        check "$fs, without an answer: from the directory it is mounted on" \
                same mine "$(cd /home/alice/mnt && promptly su alice -c 'cat /tmp/mine')"
        check "$fs, without an answer: from below that" \
                same mine "$(cd /home/alice/mnt/sub && promptly su alice -c 'cat /tmp/mine')"
        check "$fs, without an answer: clean goes on" clean
        end_session three
        end_session two
        end_session one
        check "$fs, without an answer: clean goes on after the last logout" clean
        for server in $servers; do
                kill -KILL "$server"
        done
        wait_for no_server_of "$fs"
        wait_for no_connection
        check "$fs, killed: nothing is left" wait_for nothing_left
        rm -r /home/alice/mnt
done

# ------------------------------------------------------------------ end=close

# Here close deletes what a file system that does not answer is mounted on.
table '/var/lib/privtmp /tmp * end=close' 'inherit /tmp root'
start_session one ssh alice@127.0.0.1 sh
in_session one 'mkdir /tmp/mnt; bindfs ~/real /tmp/mnt'
server=$(server_of bindfs)
kill -STOP "$server"
end_session one
check "end=close, without an answer: the last logout deletes the instance" wait_for gone alice
check "end=close, without an answer: the next login goes well" promptly su alice -c true
kill -KILL "$server"
wait_for no_server_of bindfs
wait_for no_connection
check "end=close, killed: nothing is left" nothing_left

finish
