# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2154
#
# stays: behind kit.sh, for suites about alice's sessions by real services: what such a session runs, and
# what can be asked about it. The project is installed and wired with it.

# The instance that covers /tmp where this runs, as UID/XXXXXX; or "system".
cat >/usr/local/bin/where <<'EOS'
#!/bin/sh
sed -n 's,.* /[^ ]*/\([0-9]*/[A-Za-z0-9]*\)/root /tmp .*,\1,p' /proc/self/mountinfo |
        grep . || echo system
EOS
# Where that is said; also jobs of cron may write there.
said=/var/tmp/stays
install -d -m 1777 "$said"
chcon -t tmp_t "$said" # else it is of its own type, where jobs of cron may make nothing
echo "x $said" >/etc/tmpfiles.d/stays.conf # nothing in it is old: systemd-tmpfiles is tried, too
# stays NAME: as alice, stays until it is told to go, and says where it is, again and again.
cat >/usr/local/bin/stays <<'EOS'
#!/bin/sh
PATH=/usr/local/bin:/usr/bin:/bin
trap '' HUP
cd /var/tmp/stays && touch "$1.stays"
while [ -e "$1.stays" ]; do
        where >"$1.new" 2>&1
        mv "$1.new" "$1.says"
        sleep 1
done
rm -f "$1.says"
EOS
chmod 755 /usr/local/bin/where /usr/local/bin/stays

# ------------------------------------------------------------------ what can be asked

# has_come NAME, has_gone NAME: "stays NAME" has begun, has ended.
has_come() {
        test -s "$said/$1.says"
}

has_gone() {
        not has_come "$1"
}

# go NAME: tells it to go.
go() {
        rm -f "$said/$1.stays"
        wait_long has_gone "$1"
}

# is_in INSTANCE NAME: that is the /tmp of "stays NAME", asked anew.
is_in() {
        rm -f "$said/$2.says"
        wait_long has_come "$2" && same "$1" "$(cat "$said/$2.says")"
}

# all_the_same NAME...: they have one /tmp, which is private.
all_the_same() {
        first=$(cat "$said/$1.says")
        case $first in 1001/*) ;; *) echo "$1: $first"; return 1 ;; esac
        for name in "$@"; do
                is_in "$first" "$name" || return 1
        done
}

# openers SERVICE: who has opened sessions by that service of PAM
openers() {
        privtmp list -n -o USER,SERVICE,PID | awk -v service="$1" '$2 == service { print $3 }'
}

# has_sessions SERVICE NUMBER
has_sessions() {
        same "$2" "$(openers "$1" | grep -c . || true)"
}

# is_cleaned USER: no instance is left, by the end of the user's last session alone; and the rest of
# what a logout had no time to delete, which is for the path unit, can be cleaned.
is_cleaned() {
        wait_long has_instances "$1" 0 || {
                privtmp list -p
                return 1
        }
        systemctl start privtmp-clean.service && gone "$1"
}

# ------------------------------------------------------------------ every way in

# begin SERVICE: "stays SERVICE" as alice, by that service, in the background.
begin() {
        case $1 in
        sshd) as_ssh alice 'stays sshd' ;;
        su) su alice -c 'stays su' ;;
        sudo) sudo -u alice stays sudo ;;
        sudo-i) sudo -i -u alice stays sudo-i ;;
        login) at_the_console ;;
        atd) echo 'stays atd' | setpriv --reuid 1001 --regid 1001 --clear-groups at now ;;
        cron) echo '* * * * * alice [ -e /var/tmp/stays/cron.stays ] || /usr/local/bin/stays cron' \
                >/etc/cron.d/stays ;;
        machinectl) on_a_terminal 'machinectl -q shell alice@.host /usr/local/bin/stays machinectl' ;;
        run0) on_a_terminal 'run0 --user=alice /usr/local/bin/stays run0' ;;
        PAMName=*) systemd-run --wait -q -p User=alice -p "$1" stays "$1" ;;
        esac </dev/null >"$tap/begun" 2>&1 &
}

# A login by getty and login at the first serial line, where nobody can type: see .bash_profile.
at_the_console() {
        touch /home/alice/console
        systemctl reset-failed console.service || true
        systemd-run -q --unit=console -p StandardInput=tty -p StandardOutput=tty \
                -p TTYPath=/dev/ttyS0 -p TTYReset=yes -p TTYVHangup=yes \
                /sbin/agetty -a alice --noclear ttyS0 vt100
}
echo '[ ! -e ~/console ] || { rm -f ~/console; stays login; exit; }' >/home/alice/.bash_profile

on_a_terminal() {
        script -qec "$1" /dev/null
}

# install_and_wire: the project, all services, and a logind that waits less.
install_and_wire() {
        install_privtmp
        load_our_policy
        systemd-tmpfiles --create privtmp.conf
        wire sshd su sudo sudo-i login cron
        # The user manager stays for ten seconds after the last session; a test can't wait so long so
        # often.
        mkdir -p /etc/systemd/logind.conf.d
        printf '[Login]\nUserStopDelaySec=1s\n' >/etc/systemd/logind.conf.d/test.conf
        systemctl restart systemd-logind
}
