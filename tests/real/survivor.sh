#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# survivor: what processes keep of a tmpfs when their session has ended.
#
# shellcheck disable=SC2016 # for the sessions' shells

. "$(dirname "$0")/../kit/tap.sh"
. "$(dirname "$0")/../kit/survivor.sh"
need sshd ssh su sudo cron tmux unshare runuser script bindfs python3
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../kit/command.sh"

mounts=$(cat /proc/self/mountinfo)
start_sshd

# ------------------------------------------------------------------ tmux, nohup

table 'tmpfs /tmp *,!root size=16M' 'tmpfs /dev/shm *,!root size=2M'
as_ssh alice 'echo mine >/tmp/file; echo shm >/dev/shm/file; stat -c %Hd:%Ld /tmp >~/device
        tmux new-session -d -s work'
wait_for ssh_is_over alice
kept=$(cat /home/alice/device)
check "tmux: its file system stays" mounted "$kept"
check "tmux: it is noted, and so is that of /dev/shm" notes 2
check "ssh: finds it" same "mine shm $kept" \
        "$(as_ssh alice 'echo $(cat /tmp/file /dev/shm/file) $(stat -c %Hd:%Ld /tmp)')"
check "ssh: and the tmux in it" says '^work: ' as_ssh alice 'tmux ls'
check "su: finds it" same "mine shm $kept" \
        "$(su alice -c 'echo $(cat /tmp/file /dev/shm/file) $(stat -c %Hd:%Ld /tmp)')"
check "su: in a session of bob's, too" \
        same mine "$(su bob -c 'script -qec "su alice -c \"cat /tmp/file\"" /dev/null' | tr -d '\r')"
check "it has the flags of the line" same 3 "$(su alice -c 'findmnt -rno VFS-OPTIONS --mountpoint /tmp' |
        grep -ow 'noexec\|nosuid\|nodev' | wc -l)"
check "bob's is another" not su bob -c 'cat /tmp/file'
mkdir -p /etc/cron.d
echo '@reboot alice cat /tmp/file >~/cron; touch ~/by-cron' >/etc/cron.d/jobs
rm -f /run/crond.reboot
cron -f &
cron=$!
wait_for test -e /home/alice/by-cron
check "cron: finds it" same mine "$(cat /home/alice/cron)"
kill "$cron"
wait "$cron" 2>/dev/null || true
start_session alice su alice
in_session alice 'echo more >/tmp/more'
check "a later session's file is there for the tmux" \
        same more "$(as_ssh alice 'tmux run-shell "cat /tmp/more >~/saw"; cat ~/saw')"
check "the first login and all later ones have one limit" \
        says 'No space left' in_session alice 'head -c 17M /dev/zero >/tmp/big'
in_session alice 'rm -f /tmp/big'
end_session alice
check "list: says that it is used" \
        says "^alice  */tmp  *used" "$command" list alice
# One file of 64k, and three inodes: it, the directory, and tmux's directory and socket.
as_ssh alice 'head -c 64K /dev/zero >/tmp/size'
wait_for ssh_is_over alice
check "list: its use and its limit" says '^alice */tmp *used *7[0-9]K *16M *[4-6]$' \
        "$command" list -o USER,DIRECTORY,STATE,USE,LIMIT,INODES alice
check "enter: finds it" same mine "$("$command" enter alice -- cat /tmp/file)"
check "clean --dry-run: it is used" says "^used tmpfs $kept (/tmp of alice)$" "$command" clean --dry-run
check "clean: leaves it" "$command" clean
check "clean: and its note" notes 2
as_ssh alice 'tmux kill-server'
wait_for ssh_is_over alice
check "when the tmux ends, it goes" wait_for not mounted "$kept"
check "and the next login has an empty one" same "" "$(su alice -c 'ls -A /tmp')"
check "and no note is left" notes 0

# ------------------------------------------------------------------ eight logins, one limit

for i in 1 2 3 4 5 6 7 8; do
        leave "$i" "head -c 15M /dev/zero >/tmp/full-$i; true"
done
check "eight times: log in, fill, leave a process, log out: one file system is kept" \
        same 1 "$(grep -hs ' - tmpfs privtmp ' /proc/[0-9]*/mountinfo | grep ' /tmp ' |
                cut -d' ' -f3 | sort -u | wc -l)"
check "of which one file is full" same 1 \
        "$(su alice -c 'find /tmp -size +14M' | wc -l)"
for i in 1 2 3 4 5 6 7; do
        end $i
done
check "the last of them keeps it still" same full "$(su alice -c 'ls /tmp' | head -c 4)"
end 8
check "when all have ended, it is gone" same "" "$(su alice -c 'ls -A /tmp')"

# ------------------------------------------------------------------ a caller with few descriptors

# Whoever calls su chooses its limits.
leave few 'echo kept >/tmp/file'
for n in 9 10 11 12 13 14 15 16 17 18 20 24 28 32 36 64; do
        found=$(runuser -u alice -- sh -c "cd /; ulimit -n $n
                su alice -c 'cat /tmp/file || echo another one'" 2>/dev/null || true)
        check "ulimit -n $n: su finds it or refuses" says '^\(kept\)*$' echo "$found"
done
check "with enough of them it is found" same kept "$found"
end few
check "when it has ended, it is gone" same "" "$(su alice -c 'ls -A /tmp')"

# ------------------------------------------------------------------ a changed limit

table 'tmpfs /tmp *,!root size=16M,nr_inodes=1000'
leave size 'head -c 3M /dev/zero >/tmp/three'
# shellcheck disable=SC2016 # for the session's shell
limit='echo $(($(stat -fc "%b * %S" /tmp))) $(stat -fc %c /tmp)'
table 'tmpfs /tmp *,!root size=32M,nr_inodes=500'
check "size=: a larger one holds at the next login" same "33554432 500" "$(su alice -c "$limit")"
table 'tmpfs /tmp *,!root size=8M,nr_inodes=500'
log_mark
check "size=: so does a smaller one" same "8388608 500" "$(su alice -c "$limit")"
check "size=: of which nothing is said" not log_says 'keeps the limits'
table 'tmpfs /tmp *,!root size=2M,nr_inodes=500'
check "size=: below what is used, the old one stays" same "8388608 500" "$(su alice -c "$limit")"
check "size=: and that is said" \
        wait_for log_says '^10\.4 .*conf:1: /tmp keeps the limits that it has: more is in use'
check "size=: what is in it is untouched" same 3145728 "$(su alice -c 'stat -c %s /tmp/three')"
table 'tmpfs /tmp *,!root size=8M,nr_inodes=500'
start_session alice su alice
table 'tmpfs /tmp *,!root size=16M,nr_inodes=600'
check "size=: beside a session, a changed one holds" same "16777216 600" "$(su alice -c "$limit")"
table 'tmpfs /tmp *,!root size=8M,nr_inodes=500'
check "size=: it does, too, for a login that joins the session" \
        same "8388608 500" "$(su alice -c "$limit")"
check "size=: and for the session itself" same "8388608 500" "$(in_session alice "$limit")"
end_session alice
table 'tmpfs /tmp *,!root exec'
check "other flags hold, too" not su alice -c 'findmnt -rno VFS-OPTIONS --mountpoint /tmp | grep noexec'
end size

# ------------------------------------------------------------------ namespaces of their own

table 'tmpfs /tmp *,!root size=16M'
leave own 'echo deep >/tmp/file' unshare -Urm
kept=$(device alice)
check "unshare -Urm: found in there" same deep "$(su alice -c 'cat /tmp/file')"
check "unshare -Urm: and again" same "$kept" "$(device alice)"
end own
check "unshare -Urm: when it ends, it is gone" same "" "$(su alice -c 'ls -A /tmp')"

leave ro 'echo deep >/tmp/file; mount -o remount,bind,ro /tmp' unshare -Urm
check "read-only in there: not for a login" su alice -c 'echo more >/tmp/more'
end ro

# hide NAME: a file system that is held, with another one over it.
hide() {
        leave "$1" "echo $1 >/tmp/file; mount -t tmpfs none /tmp" unshare -Urm
}

hide one
log_mark
check "hidden: a login has one more" same "" "$(su alice -c 'ls -A /tmp')"
hide two
log_mark
check "hidden: more than one, and the login is refused" not su alice -c true
check "hidden: the log says why, and what ends it" wait_for log_says \
        'processes of uid 1001 keep 2 file systems in memory from /tmp .* end them'
check "hidden: by ssh, too" not as_ssh alice true
check "hidden: bob is let in" su bob -c true
check "hidden: list knows them" says '^alice  */tmp  *used' "$command" list alice
end two
check "hidden: when one has ended, the login is let in" su alice -c true
end one
check "hidden: when both have ended" same "" "$(su alice -c 'ls -A /tmp')"
check "hidden: no note is left" notes 0

# hidden by more than a mount on the directory
leave root 'mount -t tmpfs none /' unshare -Urm
check "\"/\" mounted over: one more" same "" "$(su alice -c 'ls -A /tmp')"
cat >/run/jail <<'EOS'
#!/bin/sh
mount --rbind / /mnt
mount -t tmpfs none /mnt/tmp
exec /usr/sbin/chroot /mnt "$@"
EOS
chmod 755 /run/jail
leave jail true unshare -Urm sh -c '"echo jail >/tmp/file; exec /run/jail \"\$@\""' jail
kept=$(device alice)
check "a chroot hides nothing" same jail "$(su alice -c 'cat /tmp/file')"
kill -KILL "$(cat /home/alice/began-root)" "$(cat /home/alice/began-jail)"
rm /home/alice/began-*
wait_for not mounted "$kept"
check "when they have ended, it is gone" same "" "$(su alice -c 'ls -A /tmp')"

leave unbindable 'mount --make-runbindable /' unshare -Urm
check "unbindable: one more" su alice -c true
end unbindable

# ------------------------------------------------------------------ what is in the way

# bindfs on /tmp, which never answers. Who does not own a sticky directory can't mount there.
table 'tmpfs /tmp *,!root size=16M,mode=0700'
leave fuse 'mkdir -p ~/real; echo below >/tmp/below; bindfs -f --no-allow-other -o nonempty ~/real /tmp &
        echo $! >~/server; until grep -q " /tmp .* - fuse" /proc/self/mountinfo; do sleep 0.1; done
        kill -STOP $!'
check "FUSE on /tmp that never answers: one more" same "" "$(su alice -c 'ls -A /tmp')"
kill -KILL "$(cat /home/alice/server)"
end fuse
table 'tmpfs /tmp *,!root size=16M'

# 65,536 mounts in the namespace, which is the user's
leave many 'mount -t tmpfs none /mnt; mkdir /mnt/a; mount --bind /mnt/a /mnt/a
        for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
                mkdir -p /mnt/b$i; mount --rbind /mnt/a /mnt/b$i; mount --move /mnt/b$i /mnt/a
        done; mount -t tmpfs none /tmp' unshare -Urm
before=$(date +%s)
check "thousands of mounts, and it is hidden: the login goes on" su alice -c true
check "within seconds" test $(($(date +%s) - before)) -lt 10
check "and bob's" su bob -c true
end many

# ------------------------------------------------------------------ notes of what is another's

# id PID: of its mount namespace, as a note has it.
id() {
        python3 -c '
import fcntl, os, struct, sys
fd = os.open("/proc/%s/ns/mnt" % sys.argv[1], os.O_RDONLY)
try:
    id = struct.unpack("Q", fcntl.ioctl(fd, 0x8008b705, bytes(8)))[0]
except OSError:
    id = 0
print("%d:%d" % (os.fstat(fd).st_ino, id))' "$1"
}

# forge PID: a note that alice has what covers /tmp in the namespace of that process.
forge() {
        forge_device=$(awk '$5 == "/tmp" { at = $3 } END { print at }' "/proc/$1/mountinfo")
        forge_text="m1 boot=$(cat /proc/sys/kernel/random/boot_id) ns=$(id "$1")"
        forge_text="$forge_text is=1.000000000000000000000000 at=/tmp"
        ln -sf "$forge_text" "/run/privtmp/memory.1001.$forge_device"
}

su alice -c true
for i in 1 2 3; do
        runuser -u carol -- sh -c "cd; unshare -Urm sh -c 'mount -t tmpfs privtmp /tmp
                echo planted >/tmp/planted; echo \$\$ >~/fake$i.new; mv ~/fake$i.new ~/fake$i
                exec sleep infinity'" &
        wait_for test -e "/home/carol/fake$i"
        forge "$(cat "/home/carol/fake$i")"
done
check "another user's tmpfs, of our name and a device that is noted: is not had" \
        same "" "$(su alice -c 'ls -A /tmp')"
check "and refuses nobody" su alice -c true
for i in 1 2 3; do
        kill -KILL "$(cat "/home/carol/fake$i")"
done
rm -f /run/privtmp/memory.*
start_session bob su bob
in_session bob 'echo his >/tmp/his'
# shellcheck disable=SC2016 # for the session's shell
forge "$(in_session bob 'echo $$')"
check "bob's, in his session: is not had" same "" "$(su alice -c 'ls -A /tmp')"
end_session bob
rm -f /run/privtmp/memory.*
for device in $(awk '$9 != "tmpfs" || $10 != "privtmp" { print $3 }' /proc/self/mountinfo |
                sort -u | head -3); do
        ln -sf "m1 boot=$(cat /proc/sys/kernel/random/boot_id) ns=1:1 is=1.00 at=/tmp" \
                "/run/privtmp/memory.1001.$device"
done
check "devices of other file systems: refuse nobody" su alice -c true
check "and their notes are taken away" same 0 \
        "$(find /run/privtmp -name 'memory.1001.*' | wc -l)"
ln -sf "m1 boot=$(cat /proc/sys/kernel/random/boot_id) ns=1:1 is=1.00 at=/tmp" \
        /run/privtmp/memory.1001.0:4000
ln -sf 'm0 of another version' /run/privtmp/memory.1001.0:4001
check "a note of nothing, and one that can't be understood" su alice -c true
rm -f /run/privtmp/memory.*

# ------------------------------------------------------------------ shares

install -d -m 1777 /tmp/.X11-unix
table 'tmpfs /tmp *,!root size=16M,share=.X11-unix'
leave share 'echo mine >/tmp/file'
check "shares: found, with the share" same '.X11-unix file' "$(su alice -c 'ls -A /tmp' | tr '\n' ' ' | sed 's/ $//')"
check "shares: it is the system's" same "$(stat -c %i /tmp/.X11-unix)" \
        "$(su alice -c 'stat -c %i /tmp/.X11-unix')"
end share
leave locked 'true' unshare -Urm
check "shares: in a user namespace they can't be left behind: one more" su alice -c true
end locked

# ------------------------------------------------------------------ scope=session, kill -9

"$command" clean >"$tap/out"
table 'tmpfs /tmp *,!root scope=session,size=16M'
leave session 'echo one >/tmp/file'
check "scope=session: a login has its own" same "" "$(su alice -c 'ls -A /tmp')"
check "scope=session: it is not noted" notes 0
end session

table 'tmpfs /tmp *,!root size=16M'
start_session alice su alice
in_session alice 'echo before >/tmp/file'
shell=$(in_session alice 'echo $$')
kill -KILL "$(cat "$tap/alice/pid")"
check "su killed: the shell's is found" same before "$(su alice -c 'cat /tmp/file')"
kill -KILL "$shell"
end_session alice
check "su and its shell killed: it is gone" same "" "$(su alice -c 'ls -A /tmp')"
start_session alice su alice
shell=$(in_session alice 'echo $$')
kill -KILL "$shell" "$(cat "$tap/alice/pid")"
end_session alice
check "killed at once: clean takes the note away" sh -c "$command clean; test -z \"\$(
        find /run/privtmp -name 'memory.*')\""

check "in the end the host's mounts are the same" same "$mounts" "$(cat /proc/self/mountinfo)"

finish
