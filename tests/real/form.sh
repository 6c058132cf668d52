#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# system-form: who is inside of a session is told by what is mounted there, not by a record.

. "$(dirname "$0")/../kit/tap.sh"
need su sudo bindfs fusermount3

# On this machine it may have lost its setuid bit.
install -m 4755 /usr/bin/fusermount3 /run/fusermount3
mount --bind /run/fusermount3 /usr/bin/fusermount3
echo 'ALL ALL=(ALL:ALL) NOPASSWD: ALL' >>/etc/sudoers
echo secret >/tmp/outside
mounts=$(cat /proc/self/mountinfo)

# private OPTIONS [SOURCE]: a private /tmp for users, the system's for root and daemons.
private() {
        table "${2:-/var/lib/privtmp} /tmp *${1:+ $1}" 'none /tmp 1:999' 'none /tmp root'
}

# forget: as if no session had left a record.
forget() {
        find /run/privtmp -type l -delete
}

# on_tmp COMMAND: the number of mounts on /tmp that whom the command makes sees.
on_tmp() {
        in_session alice "$1 cut -d ' ' -f 5 /proc/self/mountinfo" | grep -cx /tmp || true
}

# inside HOW: what su and sudo find in alice's session, which has no record.
inside() {
        how=$1
        in_session alice 'echo of alice >/tmp/note'
        check "$how: there is no record" same "" "$(find /run/privtmp -type l)"
        check "$how: sudo: root has the system's /tmp" \
                same secret "$(in_session alice 'sudo cat /tmp/outside')"
        check "$how: sudo -u daemon: the system's /tmp" \
                same secret "$(in_session alice 'sudo -u daemon cat /tmp/outside')"
        check "$how: sudo -u bob: his own" \
                same "" "$(in_session alice 'sudo -u bob ls -A /tmp')"
        check "$how: sudo -u bob: nothing of hers is below it" \
                same "$outside 1" "$outside $(($(on_tmp 'sudo -u bob') - outside))"
        check "$how: su bob: his own" same "" "$(in_session alice 'su bob -c "ls -A /tmp"')"
        check "$how: alice has hers in the end" \
                same "of alice" "$(in_session alice 'cat /tmp/note')"
}
outside=$(cut -d ' ' -f 5 /proc/self/mountinfo | grep -cx /tmp || true)

# ------------------------------------------------------------------ somebody removed the record

for source in /var/lib/privtmp tmpfs; do
        private '' "$source"
        start_session alice su - alice
        forget
        inside "$source"

        forget
        table "$source /tmp *" 'none /tmp 1:999' 'inherit /tmp root'
        check "$source: root inherits" same "of alice" "$(in_session alice 'sudo cat /tmp/note')"
        check "$source: bob in root's session has his own" \
                same "" "$(in_session alice 'sudo sudo -u bob ls -A /tmp')"
        end_session alice
        forget
done

# ------------------------------------------------------------------ it could not be written

# Any user with a folder on /run, as screen makes them, can fill it.
private ''
mkdir -p /run/privtmp
chmod 700 /run/privtmp
mount -t tmpfs -o size=64k,nr_inodes=2,mode=700 none /run/privtmp
touch /run/privtmp/full
start_session alice su - alice
inside "no room for a record"
end_session alice
umount /run/privtmp

# ------------------------------------------------------------------ root has shared all mounts

private ''
start_session alice su - alice
nsenter -m -t "$(pgrep -u alice -n sh)" mount --make-rshared /
forget
inside "shared mounts"
end_session alice
forget

# ------------------------------------------------------------------ nor is a table needed

for record in with without; do
        for mode in 1777 0770; do
                private "mode=$mode"
                start_session alice su - alice
                in_session alice 'echo of alice >/tmp/note'
                echo 'no line' >>/etc/security/privtmp.conf
                [ "$record" = with ] || forget
                name="mode $mode, a table that can't be read, $record a record"
                wanted='of alice'
                [ "$mode" = 1777 ] || wanted=refused
                check "$name: root inherits by sudo, or is refused" same "$wanted" \
                        "$(in_session alice 'sudo -n cat /tmp/note 2>/dev/null || echo refused')"
                check "$name: bob is refused" not in_session alice 'sudo -n -u bob true'
                check "$name: and by su" not in_session alice 'su bob -c true'
                private "mode=$mode"
                end_session alice
                forget
        done
done

# ------------------------------------------------------------------ what a user can put on top

private mode=0770
for record in with without; do
        start_session alice su - alice
        in_session alice 'echo of alice >/tmp/note; mkdir ~/trap; echo trap >~/trap/outside
                bindfs -f --no-allow-other -o nonempty,fsname=none ~/trap /tmp & echo $! >~/server
                until grep -q " /tmp .* fuse" /proc/self/mountinfo; do sleep 0.1; done'
        [ "$record" = with ] || forget
        check "FUSE on top, $record a record: sudo: root has the system's /tmp" \
                same secret "$(in_session alice 'sudo cat /tmp/outside')"
        [ "$record" = with ] || forget
        check "FUSE on top, $record a record: su bob: his own" \
                same "" "$(in_session alice 'su bob -c "ls -A /tmp"')"
        [ "$record" = with ] || forget
        check "FUSE on top, $record a record: nothing of it is below bob's" \
                same 1 "$(($(on_tmp 'sudo -u bob') - outside))"
        in_session alice 'fusermount3 -u /tmp; rm -r ~/trap'
        end_session alice
        forget
done

# ------------------------------------------------------------------ what only looks like a cover

# What the host mounts for a user, as udisks does an image of theirs, can begin at any path in it,
# and have any owner.
fake=/media/alice/stick
mkdir -p "$fake" /srv/image/1001/AAAAAA/root
chmod 750 /media/alice
looks_like_a_cover() {
        mount --bind /srv/image/1001/AAAAAA/root "$fake"
}

private ''
for record in with without; do
        for when in before after; do
                [ "$when" = after ] || looks_like_a_cover
                start_session bob su - bob
                [ "$when" = before ] || looks_like_a_cover
                [ "$record" = with ] || forget
                name="a mount of the host's $when the login, $record a record"
                check "$name: it is not taken for a cover" same "1" \
                        "$(in_session bob "su alice -c 'grep -c \"/1001/AAAAAA/root $fake \" /proc/self/mountinfo'")"
                in_session bob 'touch /tmp/of-bob'
                [ "$record" = with ] || forget
                check "$name: nobody finds bob's" same "" \
                        "$(in_session bob 'su alice -c "ls -A /tmp"')"
                end_session bob
                forget
                umount "$fake"
        done
done

# ------------------------------------------------------------------ whoever lives on

# With end=close the instance goes, and what was mounted of it has another name.
private end=close
start_session alice su - alice
in_session alice 'until test -e ~/go; do sleep 0.1; done >/dev/null 2>&1 &'
in_session alice 'setsid sh -c "touch ~/lives
        until test -e ~/go; do sleep 0.1; done
        sudo cat /tmp/outside >~/root 2>&1
        sudo -u bob cut -d \" \" -f 5 /proc/self/mountinfo >~/bob 2>&1
        touch ~/done" >/dev/null 2>&1 &'
wait_for test -e /home/alice/lives
end_session alice
check "after the end: alice has no instance" has_instances alice 0
touch /home/alice/go
chown alice /home/alice/go
wait_for test -e /home/alice/done
check "after the end: sudo: root has the system's /tmp" same secret "$(cat /home/alice/root)"
check "after the end: sudo -u bob: nothing of hers is below his" \
        same 1 "$(($(grep -cx /tmp /home/alice/bob) - outside))"

forget
check "the host's mounts are the same" same "$mounts" "$(cat /proc/self/mountinfo)"
finish
