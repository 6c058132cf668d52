#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# real-protected: what a user plants in a private /tmp for root and for set-uid programs: links,
# fifos and files that stand where they write. What Linux prevents in the system's /tmp it must
# prevent here, too.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../kit/tap.sh"
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../kit/protected.sh"
need su sudo sshd ssh cc setpriv

# Alice may do one thing as root: run the program of an administrator who trusts in /tmp.
sed -i 's,^alice .*,alice ALL=(root) NOPASSWD: /srv/report,' /etc/sudoers
cat >/srv/report <<'EOS'
#!/bin/sh
echo root was here >/tmp/report.txt
EOS
chmod 755 /srv/report

# A set-uid program that keeps its state there.
cat >"$tap/state.c" <<'EOS'
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(void)
{
        int fd = open("/tmp/state", O_WRONLY | O_CREAT | O_APPEND, 0600);

        if (fd < 0 || write(fd, "state\n", 6) != 6) {
                perror("state");
                return 1;
        }
        return 0;
}
EOS
cc -o /srv/state "$tap/state.c"
chmod 4755 /srv/state

# Where root's programs must not write to, though alice links there.
mkdir -m 755 /srv/target

# plants WHAT NAME: in the session, where the program will write.
plants() {
        case $1 in
        link) in_session alice "rm -f $2; ln -s /srv/target/evil $2" ;;
        fifo) in_session alice "rm -f $2; mkfifo -m 666 $2; exec 8<>$2" ;;
        file) in_session alice "rm -f $2; echo hers >$2; chmod 666 $2" ;;
        esac
}

# falls_for_it WHAT NAME COMMAND: the program writes where alice wants it.
falls_for_it() {
        plants "$1" "$2"
        rm -f /srv/target/evil
        in_session alice "timeout 120 $3" >"$tap/program" 2>&1 || true
        case $1 in
        link) test -e /srv/target/evil ;;
        fifo) in_session alice "dd iflag=nonblock bs=1 count=1 <&8 2>/dev/null" | grep -q . ;;
        file) in_session alice "test \$(wc -c <$2) -gt 5" ;;
        esac
}

# answers ANSWER COMMAND [ARG...]: the command succeeds where the answer is yes, else it fails.
answers() {
        case $1 in
        yes) shift; "$@" ;;
        no) shift; not "$@" ;;
        *) return 1 ;;
        esac
}

# traps NAME LINK FIFO FILE: does a planted one catch root and a set-uid program? In a session.
traps() {
        name=$1
        shift
        for what in link fifo file; do
                check "$name: sudo writes where a $what of the user's stands: $1" \
                        answers "$1" falls_for_it $what /tmp/report.txt 'sudo -n /srv/report'
                check "$name: so does a set-uid program: $1" \
                        answers "$1" falls_for_it $what /tmp/state /srv/state
                shift
        done
}

# ------------------------------------------------------------------ the system's /tmp

# The measure: as it is on a host without the module.
table 'none /tmp *'
start_session alice su alice
check "the system's /tmp has the mode that all know" \
        same "1777 root" "$(in_session alice 'stat -c "%a %U" /tmp')"
traps "the system's /tmp" no no no
end_session alice
rm -rf /tmp/report.txt /tmp/state

# ------------------------------------------------------------------ a private one

table
start_session alice su alice
check "the built-in table: /tmp is root's, 1777, of the user's group" \
        same "1777 root alice" "$(in_session alice 'stat -c "%a %U %G" /tmp')"
traps "the built-in table" no no no
end_session alice

cp "$(dirname "$0")/../../conf/privtmp.conf" /etc/security/privtmp.conf
start_session alice su alice
check "the shipped table: /tmp is root's, 1777, of the user's group" \
        same "1777 root alice" "$(in_session alice 'stat -c "%a %U %G" /tmp')"
traps "the shipped table" no no no
end_session alice

table 'tmpfs /tmp *' 'inherit /tmp root'
start_session alice su alice
traps "a tmpfs" no no no
end_session alice

# What the manual says of the other modes; and that these traps can catch somebody.
while read -r mode link fifo file; do
        table "$base /tmp * mode=$mode" 'inherit /tmp root'
        start_session alice su alice
        traps "mode=$mode" "$link" "$fifo" "$file"
        end_session alice
done <<'EOS'
1777 no  no  no
1770 yes yes no
0700 yes yes yes
EOS
# Where root has a directory of its own, only set-uid programs come by.
table "$base /tmp * mode=0770" 'none /tmp root'
start_session alice su alice
for what in link fifo file; do
        check "mode=0770: a set-uid program writes where a $what of the user's stands: yes" \
                falls_for_it $what /tmp/state /srv/state
done
end_session alice

# ------------------------------------------------------------------ the disk is full

table
mount -t tmpfs -o mode=700,nr_inodes=1 tmpfs "$base"
start_session alice su alice
# shellcheck disable=SC2016 # for the session's shell
check "the disk is full: a tmpfs takes its place" \
        same "tmpfs 1777 root alice" \
        "$(in_session alice 'echo $(stat -fc %T /tmp) $(stat -c "%a %U %G" /tmp)')"
traps "the disk is full" no no no
end_session alice
umount "$base"

# ------------------------------------------------------------------ the message of the day

# What sshd has made by root, while alice is logged in elsewhere.
rm -rf /etc/update-motd.d
mkdir /etc/update-motd.d
cat >/etc/update-motd.d/50-status <<'EOS'
#!/bin/sh
echo "$(id -un) $(cat /tmp/whose)" >>/run/motd.saw
echo load >/tmp/motd.cache
EOS
chmod 755 /etc/update-motd.d/50-status
echo systems >/tmp/whose
start_sshd
start_session alice su alice
in_session alice 'echo alices >/tmp/whose'

# motd WHOSE NAME: alice has planted a link, and logs in by ssh.
motd() {
        rm -f /run/motd.saw /srv/target/evil
        plants link /tmp/motd.cache
        check "$2: alice logs in by ssh" as_ssh alice true
        check "$2: root's program finds the $1 /tmp" same "root $1" "$(cat /run/motd.saw)"
        check "$2: it wrote nowhere where alice's link leads" not test -e /srv/target/evil
}
motd systems "the message of the day"
# Where our line stood in a version before, and where a site may have it.
line=$(grep '^session.*pam_privtmp' /etc/pam.d/sshd)
sed -i -e '/^session.*pam_privtmp/d' -e "s/^@include common-session\$/&\\n$line/" /etc/pam.d/sshd
motd alices "the message of the day, made behind our line"
end_session alice

finish
