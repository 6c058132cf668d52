#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# system-enter: privtmp enter shows what a user sees, and runs nothing of the user's as root.

# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2016 # what is in single quotes is for the shells that enter starts
. "$(dirname "$0")/../kit/tap.sh"
need su sshd ssh runuser bindfs fusermount3 findmnt script
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../kit/command.sh"
chmod 1777 "$tap"

enter() {
        "$command" enter "$@"
}

mounts=$(cat /proc/self/mountinfo)
echo secret >/tmp/outside
# bindfs asks for it
echo user_allow_other >>/etc/fuse.conf
table "$base /tmp *" 'tmpfs /var/tmp *' 'none /tmp root' 'none /var/tmp root'

# ------------------------------------------------------------------ usage

check "help is help" says 'privtmp enter \[options\] USER' enter --help
check "an unknown option: usage" exits 2 enter --force alice
check "no user: usage" complains 2 \
        "privtmp: enter: whose directories? A user's name is missing" enter
check "who is not root is told so" complains 1 "privtmp: enter: needs root" \
        runuser -u alice -- "$command" enter alice
check "a user that is not there" complains 1 "privtmp: enter: nobody1: there is no such user" \
        enter nobody1
none="privtmp: enter: alice: no session is open, and no private directory is there"
check "a user with nothing: it says so and runs nothing" complains 1 "$none" enter alice echo ran
check "and makes nothing" same "" "$(find "$base" -mindepth 1)"

echo bogus >/srv/conf
check "--conf FILE is read in place of the table" says '^privtmp: /srv/conf:1: 1 column' \
        enter --conf /srv/conf alice
rm /srv/conf

# ------------------------------------------------------------------ a live session

start_session alice su - alice
in_session alice 'echo mine >/tmp/file; echo tmpfs >/var/tmp/file; mkdir /tmp/fuse ~/real
        echo fuse >~/real/file; bindfs ~/real /tmp/fuse'
view() {
        in_session alice 'stat -c "%d:%i" /tmp /var/tmp; ls -A /tmp'
}
check "root sees what the session sees" same "$(view)" \
        "$(enter alice sh -c 'stat -c "%d:%i" /tmp /var/tmp; ls -A /tmp')"
check "its file" same mine "$(enter alice cat /tmp/file)"
check "that in memory" same tmpfs "$(enter alice -- cat /var/tmp/file)"
check "and that the user has mounted a FUSE there" enter alice findmnt -t fuse /tmp/fuse
check "which is the user's alone to look into" same fuse "$(enter --user alice cat /tmp/fuse/file)"
check "root it is" same "0 0" "$(enter alice sh -c 'echo $(id -u) $(id -g)')"
check "in no directory of the user's" same / "$(cd /tmp && enter alice /bin/pwd -P)"
check "the exit status comes through" exits 42 enter alice sh -c 'exit 42'
check "a signal ends it as it would without" exits 143 enter alice sh -c 'kill -TERM $$'
check "a command that is not there is 127" complains 127 \
        "privtmp: /srv/no: No such file or directory" enter alice /srv/no
check "one that can't be run is 126" complains 126 "privtmp: /etc/passwd: Permission denied" \
        enter alice /etc/passwd
check "options after the command's name are the command's" same "-u x" \
        "$(enter alice printf '%s %s' -u x)"
check "no file descriptor is left to it" same "$(ls /proc/self/fd)" \
        "$(enter alice ls /proc/self/fd)"

# --------------------------------------------------- what is the user's is not run, nor read

for name in .profile .bashrc .bash_profile .shrc env; do
        echo "/usr/bin/touch $tap/sourced-$name" >"/home/alice/$name"
done
cp /home/alice/.profile /home/alice/env
mkdir /home/alice/bin
printf '#!/bin/sh\n/usr/bin/touch %s/planted\n' "$tap" >/home/alice/bin/ls
chmod 755 /home/alice/bin/ls
chown -R alice:alice /home/alice
# as an administrator who came from the user's session might have it
from_alice() {
        HOME=/home/alice ENV=/home/alice/env BASH_ENV=/home/alice/env PATH=/home/alice/bin:. \
                LD_LIBRARY_PATH=/home/alice "$@"
}
check "PATH is a fixed one" same \
        /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        "$(from_alice "$command" enter alice printenv PATH)"
check "nothing else of the environment is left but TERM" same "HOME PATH SHELL TERM" \
        "$(TERM=xterm X=y from_alice "$command" enter alice /usr/bin/env | cut -d = -f 1 | sort | xargs)"
from_alice "$command" enter alice ls /tmp >/dev/null
check "a program of the user's is not found" not test -e "$tap/planted"
echo exit | from_alice "$command" enter alice
echo exit | script -qec "env HOME=/home/alice ENV=/home/alice/env $command enter alice" /dev/null \
        >/dev/null
from_alice "$command" enter alice bash -c true
check "no file of the user's is sourced" same "" "$(find "$tap" -name 'sourced-*')"
check "a shell is /bin/sh, whatever the user's is" same /bin/sh \
        "$(usermod -s /bin/bash alice; echo 'echo $0' | enter alice; usermod -s /bin/sh alice)"

# ------------------------------------------------------------------ as the user

groupadd -g 2001 makers
usermod -aG makers alice
for option in '--user alice' '-u alice' 'alice --user'; do
        # shellcheck disable=SC2086 # two words
        check "$option: the user's ids and groups" same "1001 1001 1001 2001 /home/alice alice" \
                "$(enter $option sh -c 'echo $(id -u) $(id -g) $(id -G) $HOME $USER')"
done
check "no capability is left" same "0" "$(enter -u alice cat /proc/self/status |
        sed -n 's/^Cap\(Inh\|Prm\|Eff\|Amb\):\t//p' | tr -d '0\n' | wc -c)"
check "root's files can't be read" not enter -u alice cat /etc/shadow
check "what the user writes there is in the session" same new \
        "$(enter -u alice sh -c 'echo new >/tmp/new'; in_session alice 'cat /tmp/new')"

# ------------------------------------------------------------------ which one, and without one

in_session alice 'fusermount3 -u /tmp/fuse; rmdir /tmp/fuse; sleep 1000 & echo $! >~/sleeper'
end_session alice
check "a session that is over, but in use: its instance" same mine "$(enter alice cat /tmp/file)"
check "and what is kept in memory" same tmpfs "$(enter alice cat /var/tmp/file)"
check "other directories are the system's then" same "$(stat -c %d:%i /dev/shm)" \
        "$(enter alice stat -c %d:%i /dev/shm)"
check "nobody else sees that mount" same "$mounts" "$(cat /proc/self/mountinfo)"
kill "$(cat /home/alice/sleeper)"
"$command" clean >"$tap/out"
wait_for sh -c "$command clean; test -z \"\$(find $base/1001 -mindepth 1)\""
check "when all is gone it says so" complains 1 "$none" enter alice true

table "$base /tmp * keep=30m" 'none /tmp root'
su - alice -c 'echo kept >/tmp/kept'
check "a kept instance is shown" same kept "$(enter alice cat /tmp/kept)"
check "with noexec, nosuid, nodev" says '^rw,nosuid,nodev,noexec' \
        enter alice findmnt -no VFS-OPTIONS --mountpoint /tmp
plant "$base" 1001 youngr 'now + 1 minute' 1800
plant "$base" 1001 oldest '2 hours ago' 86400
touch -d 'now + 1 minute' "$base/1001/youngr"
touch -d '2 hours ago' "$base/1001/oldest"
check "of several of one directory the youngest is" same '' "$(enter alice ls -A /tmp)"
rm -r "$base/1001/youngr" "$base/1001/oldest"
check "the kept one, when it is that" same kept "$(enter alice cat /tmp/kept)"
check "it is not that of the system" not enter alice test -e /tmp/outside
check "and stays kept" same kept "$(su - alice -c 'cat /tmp/kept')"
check "as the user, too" same kept "$(enter -u alice cat /tmp/kept)"
flock -F "$(instances alice)/lock" sleep infinity &
holder=$!
wait_for not flock -n "$(instances alice)/lock" true
check "one that somebody has locked is not said to be missing" complains 1 \
        "privtmp: another process, a login or clean, has locked what is there" enter alice true
kill "$holder"
wait "$holder" || true
mv "$(instances alice)/user" "$(instances alice)/was"
ln -s mallory "$(instances alice)/user"
check "one of somebody else who had the uid is not" complains 1 "$none" enter alice true
rm "$(instances alice)/user"
mv "$(instances alice)/was" "$(instances alice)/user"
check "a uid is as good as the name" same kept "$(enter 1001 cat /tmp/kept)"
check "as the user, too" same alice "$(enter -u 1001 id -un)"
sed -i.was '/^alice:/d' /etc/passwd
check "the uid of a user who is gone shows what is left" same kept "$(enter 1001 cat /tmp/kept)"
check "though nobody can be that user" complains 1 "privtmp: enter: 1001: there is no such user" \
        enter -u 1001 true
cat /etc/passwd.was >/etc/passwd
start_session bob su - bob
in_session bob 'echo of-bob >/tmp/bob'
check "beside a session of another user" same kept "$(enter alice ls /tmp)"
check "each has their own" same bob "$(enter bob ls /tmp)"
end_session bob
start_session alice su - alice
in_session alice 'echo live >/tmp/live'
check "while it is looked at, nothing ends" same "kept live" \
        "$(enter alice sh -c "$command clean; ls /tmp" | xargs)"
end_session alice
check "nobody else sees a mount" same "$mounts" "$(cat /proc/self/mountinfo)"

finish
