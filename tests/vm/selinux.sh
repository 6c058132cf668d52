#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# selinux: with Debian's policy and ours, which is enforced, all works as it does without SELinux.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/kit.sh"

# The types of programs that log users in.
logins='sshd_t|local_login_t|crond_t|[a-z]*_su_t|[a-z]*_sudo_t'

cat >/usr/local/bin/look <<'EOS'
#!/bin/sh
# what this session sees, in one line; what it leaves there is of all kinds
file=/tmp/file.$$
: >"$file" && ln -s x "$file.link" && mkfifo "$file.pipe" && mkdir -p "$file.dir/a" &&
        : >"$file.dir/a/b"
if grep -q '/root /tmp ' /proc/self/mountinfo; then private=private; else private=shared; fi
echo "$private $(stat -c %C /tmp) $(stat -c %C "$file" | cut -d: -f3)" \
        "$(stat -c %C "$file.dir/a" | cut -d: -f3) by $(id -un) in $(id -Z | cut -d: -f3)"
EOS
chmod 755 /usr/local/bin/look

# private NAME USER TYPE COMMAND [ARG...]: a line of look says that all is as it must be. su asks for
# the password on the same line.
private() {
        private_name=$1
        private_line="^\(Password: \)*private system_u:object_r:tmp_t:s0 user_tmp_t user_tmp_t by $2 in $3$"
        shift 3
        check "$private_name" says "$private_line" "$@"
}

# on_console USER: the second console logs the user in, and starts look.
on_console() {
        cat >"/home/$1/.profile" <<EOS
[ "\$(tty)" = /dev/tty2 ] || return 0
look >/home/$1/console 2>&1
exit
EOS
        mkdir -p /run/systemd/system/getty@tty2.service.d
        cat >/run/systemd/system/getty@tty2.service.d/login.conf <<EOS
[Service]
ExecStart=
ExecStart=-/sbin/agetty --autologin $1 %I linux
Restart=no
EOS
        systemctl daemon-reload
        systemctl restart getty@tty2.service
        wait_long test -s "/home/$1/console"
        cat "/home/$1/console"
}

install_privtmp
systemd-tmpfiles --create privtmp.conf

# ------------------------------------------------------------------ Debian's policy alone

wire --force sshd
log_mark
check "without our policy a login is denied" not as_ssh alice true
for program in sshd login cron; do
        check "check: a fault for $program" says "^fault: SELinux: $program may not make" privtmp check
done
check "and the log names what is missing" wait_long log_says \
        'pam_privtmp.*SELinux enforces a policy without the module privtmp'
unwire

# ------------------------------------------------------------------ every way in

check "our policy allows nothing that is allowed without it" \
        same '' "$(python3 tests/vm/rules.py before conf/selinux/privtmp.cil)"
load_our_policy
check "no switch of the policy helps" says ' off$' getsebool allow_polyinstantiation
wire sshd su sudo sudo-i login cron
log_mark
mkdir -p /etc/security/privtmp.conf.d
echo 'tmpfs /dev/shm sam,uma size=1M' >/etc/security/privtmp.conf.d/50.conf
printf '* * * * * bob /usr/local/bin/look >>/var/tmp/cron\n' >/etc/cron.d/look
mkdir -p /tmp/.X11-unix

private "ssh as unconfined_u" alice unconfined_t stay alice look
private "a second login" alice unconfined_t as_ssh alice 'look; ls /home/alice/stays; ls /tmp'
check "joins the first" says "^1$" sh -c 'privtmp list -n -o PATH alice 2>/dev/null | sort -u | grep -c privtmp'
check "list tells root of it" \
        says '^alice */tmp *1$' privtmp list -n -o USER,DIRECTORY,SESSIONS alice
check "enter goes where she is" says '^file[.][0-9]*[.]link$' privtmp enter alice -- ls /tmp
private "ssh as staff_u" sam staff_t stay sam 'look; touch /dev/shm/x; stat -c %C /dev/shm /dev/shm/x'
check "a line with the source tmpfs has the label of the directory" \
        says '^system_u:object_r:tmpfs_t:s0$' cat /home/sam/said
check "and files in it have the type that they have there" \
        says ':user_tmpfs_t:' cat /home/sam/said
private "ssh as user_u" uma user_t stay uma 'look; ls -d /tmp/.X11-unix; mount | grep X11; privtmp list -n -o USER,DIRECTORY'
check "list tells a confined user what is theirs" says '^uma */tmp$' cat /home/uma/said
check "share= binds an entry of the system's /tmp" says '/tmp/.X11-unix' cat /home/uma/said
check "restorecon has nothing to change while they are logged in" \
        same '' "$(restorecon -Rnv /var/lib/privtmp /run/privtmp)"
for user in alice sam uma; do
        leave "$user"
        check "the last logout of $user takes it away" wait_long has_instances "$user" 0
done

private "su of root" alice unconfined_t su alice -c look
private "sudo of root" alice unconfined_t sudo -u alice look
private "sudo -i of root" alice unconfined_t sudo -i -u alice look
private "su as staff_u" alice staff_t as_ssh sam 'echo alice | su alice -c look'
private "sudo as staff_u" alice staff_t as_ssh sam 'sudo -n -u alice look'
private "sudo -i as staff_u" alice staff_t as_ssh sam 'sudo -n -i -u alice look'
private "su as user_u" alice user_t as_ssh uma 'echo alice | su alice -c look'
check "it ends with the last of them" wait_long has_instances alice 0

private "the console as unconfined_u" alice unconfined_t on_console alice
private "the console as staff_u" sam staff_t on_console sam
check "a logout there takes it away" wait_long has_instances sam 0

check "cron" wait_long says '^private system_u:object_r:tmp_t:s0 .* by bob' cat /var/tmp/cron
rm /etc/cron.d/look

# ------------------------------------------------------------------ a full disk

# no_room: a base that has no inode left
no_room() {
        mount -t tmpfs -o mode=700,nr_inodes=2 tmpfs /var/lib/privtmp
        restorecon /var/lib/privtmp
        touch /var/lib/privtmp/full
        as_ssh "$1" 'touch /tmp/x; stat -c %C /tmp /tmp/x; findmnt -n -o FSTYPE /tmp | tail -n 1' |
                tr '\n' ' '
        umount /var/lib/privtmp
}

for user in alice uma; do
        check "a full disk: the /tmp of $user is in memory, with the same labels" says \
                '^system_u:object_r:tmp_t:s0 [^ ]*:user_tmp_t:s0 tmpfs $' no_room "$user"
done

# ------------------------------------------------------------------ the command

wrong_label() {
        chcon -t var_lib_t /var/lib/privtmp
        says "^fault: SELinux: sshd .*/var/lib/privtmp has the label .*var_lib_t" privtmp check
        wrong_label_status=$?
        restorecon /var/lib/privtmp
        return "$wrong_label_status"
}

check "check says nothing of SELinux" not says SELinux privtmp check
check "check: a base with a wrong label is a fault" wrong_label
check "list" privtmp list
check "explain" says /var/lib/privtmp privtmp explain uma
check "run" says user_tmp_t privtmp run -u uma -- sh -c 'touch /tmp/x; stat -c %C /tmp/x'
check "clean" systemctl start privtmp-clean.service
for user in alice sam uma; do
        check "nothing of $user is left" gone "$user"
done

# ------------------------------------------------------------------ what was denied

denials "$logins" >"$tap/denials"
# Debian's own, the same without us, most of which it does not log as a rule: what every exec asks;
# pam_systemd: its socket, bus, fd, and PID 1; pam_unix, before it starts its helper; statfs(2) of
# /proc by libraries; homes of others; pam_keyinit of login, a keyring that sshd has made
grep -vE '\{ search \}.*:local_login_t:.*:sshd_t:.*tclass=key |\{ (noatsecure|rlimitinh|siginh|net_admin|send_msg|use) \}|shadow_t|tclass=filesystem|user_home_dir_t|\{ getattr \}.*init_t.*tclass=file' \
        "$tap/denials" >"$tap/ours" || true
check "what is denied is seen" says "noatsecure.*:sshd_t:" cat "$tap/denials"
check "nothing was denied to the programs that log users in" same '' "$(cat "$tap/ours")"

finish
