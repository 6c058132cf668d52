#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# system-memory: lines with the source tmpfs.

. "$(dirname "$0")/../kit/tap.sh"
need sshd ssh su sudo python3
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../kit/command.sh"

mounts=$(cat /proc/self/mountinfo)
start_sshd

# has_records NUMBER
has_records() {
        same "$1" "$(find /run/privtmp -type l ! -name 'memory.*' 2>/dev/null | wc -l)"
}

nothing_is_on_the_disk() {
        same "" "$(find "$base" -mindepth 1 2>/dev/null || true)"
}

# device SESSION: of its /tmp, as mount tables have it.
device() {
        in_session "$1" 'stat -c %Hd:%Ld /tmp'
}

# ------------------------------------------------------------------ limits

table 'tmpfs /tmp *,!root size=1M,nr_inodes=20'
start_session alice su alice

check "size=: /tmp is a tmpfs" same tmpfs "$(in_session alice 'stat -fc %T /tmp')"
# shellcheck disable=SC2016 # for the session's shell
check "size=: it is as large as the line says" \
        same 1048576 "$(in_session alice 'echo $(($(stat -fc "%b * %S" /tmp)))')"
check "size=: what does not fit is refused" \
        says 'No space left on device' in_session alice 'head -c 2M /dev/zero >/tmp/big'
check "size=: what does fit was written" \
        same 1048576 "$(in_session alice 'stat -c %s /tmp/big')"
in_session alice 'rm /tmp/big'
# shellcheck disable=SC2016 # for the session's shell
check "nr_inodes=: one file too many is refused" \
        says 'No space left on device' in_session alice \
        'touch $(seq -f /tmp/%g 30)'
check "nr_inodes=: the directory and 19 files have their inodes" \
        same 19 "$(in_session alice 'ls /tmp | wc -l')"
in_session alice 'rm /tmp/*; echo hers >/tmp/file'

check "tmpfs: owner, group and mode are as on a disk" \
        same "1777 root alice" "$(in_session alice 'stat -c "%a %U %G" /tmp')"
check "tmpfs: it is noexec, nosuid and nodev" \
        same 3 "$(in_session alice 'findmnt -rno SOURCE,VFS-OPTIONS --mountpoint /tmp' |
                grep ^privtmp | grep -ow 'noexec\|nosuid\|nodev' | wc -l)"
check "tmpfs: bob fills his own" \
        says 'No space left on device' su bob -c 'head -c 2M /dev/zero >/tmp/big'
check "tmpfs: alice can still write" in_session alice 'head -c 512K /dev/zero >/tmp/more'
check "tmpfs: nothing is on the disk" nothing_is_on_the_disk
check "tmpfs: but one record of the session" has_records 1
check "tmpfs: the host's mounts are the same during the session" \
        same "$mounts" "$(cat /proc/self/mountinfo)"
device=$(device alice)
check "tmpfs: the session's mount table has it" mounted "$device"
end_session alice
check "tmpfs: it is gone with the session" not mounted "$device"
check "tmpfs: and so is the record" has_records 0

# ------------------------------------------------------------------ defaults

table 'tmpfs /tmp *,!root'
start_session alice su alice
# shellcheck disable=SC2016 # for awk and the session's shell
check "no size=: 10 % of the memory" in_session alice '
        tenth=$(awk "/^MemTotal/ { printf \"%.0f\", \$2 * 1024 / 10 }" /proc/meminfo)
        size=$(($(stat -fc "%b * %S" /tmp)))
        echo "$size, a tenth is $tenth"
        [ "$size" -le $((tenth + 4096)) ] && [ "$size" -ge $((tenth - 1048576)) ]'
check "no nr_inodes=: 100k" same 102400 "$(in_session alice 'stat -fc %c /tmp')"
end_session alice

table 'tmpfs /tmp *,!root size=5%,nr_inodes=4k'
start_session alice su alice
# shellcheck disable=SC2016 # for awk and the session's shell
check "size=5%: so much of the memory" in_session alice '
        part=$(awk "/^MemTotal/ { printf \"%.0f\", \$2 * 1024 / 20 }" /proc/meminfo)
        size=$(($(stat -fc "%b * %S" /tmp)))
        echo "$size, 5 % is $part"
        [ "$size" -le $((part + 4096)) ] && [ "$size" -ge $((part - 1048576)) ]'
check "nr_inodes=4k: so many" same 4096 "$(in_session alice 'stat -fc %c /tmp')"
end_session alice

# ------------------------------------------------------------------ several sessions

table 'tmpfs /tmp *,!root size=1M'
start_session first ssh alice@127.0.0.1 sh
start_session second su alice
in_session first 'echo hello >/tmp/file'
check "scope=user: the second session has the same tmpfs" \
        same hello "$(in_session second 'cat /tmp/file')"
check "scope=user: so has a third one" same hello "$(as_ssh alice 'cat /tmp/file')"
in_session first 'head -c 700K /dev/zero >/tmp/first'
check "scope=user: all share one limit" \
        says 'No space left on device' in_session second 'head -c 700K /dev/zero >/tmp/second'
check "scope=user: bob's is another" not su bob -c 'cat /tmp/file'
device=$(device first)
end_session first
check "scope=user: it outlives the session that made it" \
        same hello "$(in_session second 'cat /tmp/file')"
end_session second
check "scope=user: it is gone with the last session" wait_for not mounted "$device"
check "scope=user: no record is left" wait_for has_records 0

start_session bob su bob
in_session bob 'echo his >/tmp/file'
start_session alice su alice
in_session alice 'echo hers >/tmp/file'
check "nested: su alice in her own session has the same tmpfs" \
        same hers "$(in_session alice 'su alice -c "cat /tmp/file"')"
check "nested: su bob has that of his live session" \
        same his "$(in_session alice 'su bob -c "cat /tmp/file"')"
check "nested: root by sudo has the caller's" \
        same hers "$(in_session alice 'sudo cat /tmp/file')"
end_session bob
check "nested: when his session has ended, su bob has a new one" \
        same "" "$(in_session alice 'su bob -c "ls -A /tmp"')"
check "nested: back from it, alice has hers" same hers "$(in_session alice 'cat /tmp/file')"
end_session alice

for mode in 700:alice 1777:root; do
        table "tmpfs /tmp *,!root mode=$(printf %04d ${mode%:*})"
        check "mode=${mode%:*}: it has that, and its owner" \
                same "$mode:alice" "$(su alice -c 'stat -c %a:%U:%G /tmp')"
done

table 'tmpfs /tmp *,!root size=1M,scope=session'
start_session first ssh alice@127.0.0.1 sh
start_session second su alice
in_session first 'echo hello >/tmp/file; head -c 700K /dev/zero >/tmp/first'
check "scope=session: the second session does not have the first one's file" \
        not in_session second 'cat /tmp/file'
check "scope=session: it has a limit of its own" \
        in_session second 'head -c 700K /dev/zero >/tmp/second'
end_session first
end_session second

# ------------------------------------------------------------------ survivors, crashes

table 'tmpfs /tmp *,!root size=1M'
as_ssh alice 'echo mine >/tmp/mine
        setsid sh -c "cd /; until test -e ~/end; do sleep 0.1; done
                cat /tmp/mine >~/saw; touch ~/done" >/dev/null 2>&1 </dev/null &
        stat -c %Hd:%Ld /tmp >~/device'
wait_for ssh_is_over alice
device=$(cat /home/alice/device)
check "a survivor: the tmpfs stays" mounted "$device"
check "a survivor: so does the record" has_records 1
"$command" clean >"$tap/out"
check "a survivor: clean takes neither away" has_records 1
check "a survivor: the next login has what it has" \
        same mine "$(su alice -c 'cat /tmp/mine 2>/dev/null')"
runuser -u alice -- touch /home/alice/end
wait_for test -e /home/alice/done
check "a survivor: saw its own" same mine "$(cat /home/alice/saw)"
check "a survivor: the tmpfs goes with it" wait_for not mounted "$device"
"$command" clean >"$tap/out"
check "a survivor: and the record with the next clean" has_records 0

start_session alice su alice
in_session alice 'echo before >/tmp/file'
device=$(device alice)
shell=$(in_session alice 'echo $$')
kill -KILL "$(cat "$tap/alice/pid")"
check "su killed: the shell still has its tmpfs" grep -qs " $device / " "/proc/$shell/mountinfo"
kill -KILL "$shell"
end_session alice
check "su and its shell killed: the tmpfs is gone" wait_for not mounted "$device"
"$command" clean >"$tap/out"
check "su and its shell killed: no record is left after clean" has_records 0
check "su and its shell killed: the next login has an empty one" \
        same "" "$(su alice -c 'ls -A /tmp')"

# ------------------------------------------------------------------ /dev/shm

# shm COMMAND: lines of Python that work on a POSIX segment as shm_open(3) opens it.
cat >/run/shm.py <<'EOS'
import _posixshmem, mmap, os, sys
fd = _posixshmem.shm_open("/segment", os.O_RDWR | (os.O_CREAT if sys.argv[1] == "write" else 0),
                          mode=0o600)
if sys.argv[1] == "write":
    os.ftruncate(fd, 4096)
memory = mmap.mmap(fd, 4096)
if sys.argv[1] == "write":
    memory[:5] = sys.argv[2].encode()
else:
    print(memory[:5].decode())
EOS
chmod 644 /run/shm.py

table 'tmpfs /dev/shm *,!root size=1M'
echo secret >/dev/shm/outside
start_session first ssh alice@127.0.0.1 sh
start_session second ssh alice@127.0.0.1 sh
check "/dev/shm: nothing of the system's is there" \
        same "" "$(in_session first 'ls -A /dev/shm')"
check "/dev/shm: a segment is made" in_session first 'python3 /run/shm.py write hello'
check "/dev/shm: another session of the user has it" \
        same hello "$(in_session second 'python3 /run/shm.py read')"
in_session second 'python3 /run/shm.py write again'
check "/dev/shm: it is the same memory" same again "$(in_session first 'python3 /run/shm.py read')"
check "/dev/shm: another user's is another" not as_ssh bob 'python3 /run/shm.py read'
check "/dev/shm: the system's does not have it" same outside "$(ls -A /dev/shm)"
check "/dev/shm: /tmp, which no line names, is the system's" \
        same "$(stat -c %d:%i /tmp)" "$(in_session first 'stat -c %d:%i /tmp')"
end_session first
end_session second
check "/dev/shm: in the end no record is left" wait_for has_records 0
check "in the end the host's mounts are the same" same "$mounts" "$(cat /proc/self/mountinfo)"
check "in the end no note is left of what was in memory" \
        same "" "$(find /run/privtmp -name 'memory.*')"
check "in the end nothing was on the disk" nothing_is_on_the_disk

finish
