#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# system-table: a broken privtmp.conf, and none, and no module.

. "$(dirname "$0")/../kit/tap.sh"
need sshd ssh su sudo

start_sshd
start_session alice su - alice

# ------------------------------------------------------------------ a fault in the table

table '# a comment' '/var/lib/privtmp /tmp * noexec,bogus'
# 10 is authpriv.
fault='/etc/security/privtmp.conf:2: .*bogus'

log_mark
check "a broken table: ssh is refused" not as_ssh bob 'touch ~/ran-by-ssh'
check "a broken table: nothing was run" not test -e /home/bob/ran-by-ssh
check "a broken table: the log says where the fault is" wait_for log_says "^10\..*sshd.*$fault"

log_mark
check "a broken table: su is refused" not su bob -c 'touch ~/ran-by-su'
check "a broken table: su has run nothing" not test -e /home/bob/ran-by-su
check "a broken table: the log of su says where the fault is" log_says "^10\..*su.*$fault"

log_mark
check "a broken table: sudo -u bob is refused" \
        not in_session alice 'sudo -u bob touch /home/bob/ran-by-sudo'
check "a broken table: sudo has run nothing" not test -e /home/bob/ran-by-sudo
check "a broken table: the log of sudo says where the fault is" log_says "^10\..*sudo.*$fault"

check "a broken table: root can log in by ssh" same 0 "$(as_ssh root 'id -u')"
check "a broken table: root by su" same 0 "$(su root -c 'id -u')"
check "a broken table: root by sudo in a session from before" \
        same 0 "$(in_session alice 'sudo id -u')"
log_mark
as_ssh root true
check "a broken table: which the log calls critical" \
        log_says "^10\.2 .*$fault"
check "a broken table: nobody has an instance by it" has_instances bob 0

# Root mends it.
in_session alice 'sudo rm /etc/security/privtmp.conf'
check "a mended table: everybody can log in" as_ssh bob 'touch /tmp/hello'
end_session alice
check "a mended table: nothing is left of alice" gone alice
check "a mended table: nothing is left of bob" wait_for gone bob

# ------------------------------------------------------------------ other tables

echo secret >/tmp/outside
check "no table: it means the built-in one, and never off" not su bob -c 'cat /tmp/outside'
table '# nothing'
check "a table without lines: everybody has the system's /tmp" \
        same secret "$(su bob -c 'cat /tmp/outside')"

# ------------------------------------------------------------------ root's own line is at fault

mkdir -m 755 /srv/bad
table '/var/lib/privtmp /tmp *' '/srv/bad /tmp root'
start_session alice su alice
in_session alice 'mkdir /tmp/here'
log_mark
check "root's base is bad: a nested root stays where the caller is" \
        same /tmp/here "$(in_session alice 'cd /tmp/here; sudo /bin/pwd')"
check "root's base is bad: and sees what the caller sees" \
        same here "$(in_session alice 'sudo ls /tmp')"
check "root's base is bad: the log says where the fault is" \
        log_says '^10\.2 .*privtmp.conf:2: /srv/bad has mode 0755'
end_session alice

# ------------------------------------------------------------------ debug

table
sed -i 's/pam_privtmp.so/& debug/' /etc/pam.d/su
log_mark
su alice -c true
check "debug: the log says which line decided" log_says '^10\.7 .*built-in table:1: /tmp is private'
check "debug: and which instance it is" \
        log_says '^10\.7 .*/tmp: new instance 1001/...... of /var/lib/privtmp'
log_mark
su daemon -s /bin/sh -c true
check "debug: also where nothing is to be done" \
        log_says '^10\.7 .*built-in table:2: /tmp is the system directory'
sed -i 's/ debug$//' /etc/pam.d/su
log_mark
su alice -c true
check "without debug a login that works leaves no line of ours" not log_says pam_privtmp

# ------------------------------------------------------------------ no module

table
module=$(find /usr/lib /lib -name pam_privtmp.so 2>/dev/null | head -n 1)
mv "$module" "$module.away"
check "no module: the examples' pam.d lines lock nobody out" \
        same bob "$(as_ssh bob 'id -un')"
mv "$module.away" "$module"

finish
