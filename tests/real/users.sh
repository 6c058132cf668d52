#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# users: each row of privtmp(7), under its own words: what is met, and what helps.
#
# $PRIVTMP_COMMAND is the command; without it, the one beside the module $PRIVTMP_MODULE. Where a row
# names a program that is not installed (a Java tool, Ansible, Docker, systemd), the test does what
# that program does.

# shellcheck source-path=SCRIPTDIR disable=SC2016 # what stands in quotes is for inner shells
. "$(dirname "$0")/../kit/tap.sh"
need su sudo sshd ssh scp tmux git make python3 Xvfb xdpyinfo klist findmnt nsenter runuser flock
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../kit/command.sh"
page=$(dirname "$0")/../../pam_privtmp/privtmp.7

# row TITLE: what follows is about this row.
row() {
        title=$1
        echo "$title" >>"$tap/rows"
}

# met COMMAND..., helps WHAT COMMAND...: two halves of a row.
met() {
        check "$title: so it is" "$@"
}
helps() {
        what=$1
        shift
        check "$title: $what" "$@"
}

own="$base /tmp *,!root"
start_sshd
runtime=/run/user/1001
install -d -m 700 -o alice -g alice "$runtime"
echo systems >/tmp/whose
# What the host itself starts for a user, in no session of ours.
by_a_service() {
        runuser -u alice -- sh -c "$1"
}

# ------------------------------------------------------------------ files

row "scp puts a file into /tmp, and the next ssh does not find it"
echo data >/srv/data
chmod 644 /srv/data
scp_then_ssh() {
        scp -q /srv/data "alice@127.0.0.1:$1/data" && wait_for ssh_is_over alice &&
                same data "$(as_ssh alice "cat $1/data")"
}
met not scp_then_ssh /tmp
helps "the home directory" scp_then_ssh /home/alice
one_connection() {
        ssh -o ControlMaster=yes -o ControlPath="$tap/master" -f -N alice@127.0.0.1 &&
                scp -q -o ControlPath="$tap/master" /srv/data alice@127.0.0.1:/tmp/data &&
                same data "$(ssh -n -o ControlPath="$tap/master" alice@127.0.0.1 cat /tmp/data)" &&
                ssh -q -o ControlPath="$tap/master" -O exit alice@127.0.0.1
}
helps "one connection for both" one_connection
wait_for ssh_is_over alice
table "$own keep=30m"
helps "keep=30m" scp_then_ssh /tmp
table

row "The output of cron and nohup in /tmp is gone"
# leaves FOLDER: what nohup has written there before its session ended.
leaves() {
        su alice -c "nohup echo done >$1/out 2>$1/err" && test -s "$1/out"
}
met not leaves /tmp
helps "the home directory" leaves /home/alice

row "sudo -u bob, su bob: bob does not find my file"
start_session alice su - alice
in_session alice 'printf "b\na\n" >/tmp/data; mkdir /tmp/below'
met not in_session alice 'sudo -u bob sort /tmp/data'
helps "by <" same "a b" "$(in_session alice 'sudo -u bob sort </tmp/data' | xargs)"
helps "by a pipe" same "a b" "$(in_session alice 'sort /tmp/data | sudo -u bob cat' | xargs)"
helps "who starts below /tmp starts at the top of bob's" \
        same /tmp "$(in_session alice 'cd /tmp/below && sudo -u bob pwd')"

row "Ansible's become_user does not find its files"
echo 'print("module ran")' >/srv/module.py
# Ansible copies a module as one user, and runs it as the other.
as_ansible() {
        in_session alice "mkdir -p $1 && chmod 755 $1 && cat /srv/module.py >$1/module.py &&
                sudo -u bob /bin/sh -c 'python3 $1/module.py'"
}
met not as_ansible /tmp/ansible
helps "pipelining" same "module ran" \
        "$(in_session alice "sudo -u bob /bin/sh -c python3 </srv/module.py")"
install -d -m 1777 /srv/ansible
helps "remote_tmp that is not private" same "module ran" "$(as_ansible /srv/ansible/tmp)"

row "Two users can't meet in /tmp, as with tmux -S /tmp/pair"
# can_pair SOCKET: alice's tmux lets bob in, and bob comes.
can_pair() {
        in_session alice "tmux -S $1 new-session -d -s pair && chmod 777 $1 &&
                tmux -S $1 server-access -a bob 2>&1" &&
                says '^pair:' su - bob -c "tmux -S $1 list-sessions"
}
met not can_pair /tmp/pair
in_session alice 'tmux -S /tmp/pair kill-server'
install -d -m 1777 /srv/pair
helps "a directory that is not private" can_pair /srv/pair/socket
in_session alice 'tmux -S /srv/pair/socket kill-server'
end_session alice
install -d -m 1777 /tmp/pair
table "$own share=pair"
start_session alice su - alice
helps "share=pair" can_pair /tmp/pair/socket
in_session alice 'tmux -S /tmp/pair/socket kill-server'
end_session alice
rm -r /tmp/pair
table

row "The administrator looks for a user's file"
start_session alice su - alice
in_session alice 'echo mine >/tmp/mine'
met not test -e /tmp/mine
helps "privtmp enter" same mine "$("$command" enter alice cat /tmp/mine)"

row "jstack and jcmd, run by root, do not find a user's Java program"
# What they do: they speak to a socket in /tmp, and its owner must be who asks.
in_session alice 'python3 -c "
import socket
s = socket.socket(socket.AF_UNIX); s.bind(\"/tmp/.java_pid1\"); s.listen()
while True:
    c = s.accept()[0]; c.send(b\"threads\"); c.close()" & echo $! >~/java'
in_session alice 'until test -S /tmp/.java_pid1; do sleep 0.1; done'
jcmd='import os, socket
s = socket.socket(socket.AF_UNIX); s.connect("/tmp/.java_pid1"); print(s.recv(99).decode(), os.getuid())'
met not python3 -c "$jcmd"
helps "privtmp enter -u" same "threads 1001" "$("$command" enter -u alice -- python3 -c "$jcmd")"
in_session alice 'kill "$(cat ~/java)"'

row "A lock or a socket of root's in /tmp is seen by one of root's programs and not by another"
# is_locked FILE: the host's root holds it, and root by sudo is kept out.
is_locked() {
        (
                exec 8>"$1"
                flock 8
                not in_session alice "sudo flock -n $1 true"
        )
}
met not is_locked /tmp/lock
helps "/run/lock" is_locked /run/lock/lock

row "What I start by systemd-run, run0, at or machinectl does not see my file"
in_session alice 'echo mine >/tmp/file; echo mine >~/file; echo "echo mine" >/tmp/install.sh'
runuser -u bob -- sh -c 'echo "echo bobs" >/tmp/install.sh'
met same bobs "$(sh /tmp/install.sh)"
helps "a directory that only you can write" same mine "$(by_a_service 'cat ~alice/file')"

row "Services of systemd --user have the system's /tmp"
in_session alice "echo mine >$runtime/file"
met not by_a_service 'test -e /tmp/file'
helps "\$XDG_RUNTIME_DIR" same mine "$(by_a_service "cat $runtime/file")"
helps "the home directory" same mine "$(by_a_service 'cat ~alice/file')"

row "df /tmp shows the system's"
helps "findmnt -T /tmp" says '/1001/[A-Za-z0-9]*/root' in_session alice 'findmnt -T /tmp'
helps "stat -f /tmp" same "$(stat -f -c %T "$base")" "$(in_session alice 'stat -f -c %T /tmp')"

row "On this system /tmp was in memory, and now it is on disk"
helps "privtmp explain" says "private: an instance below $base/1001" in_session alice "$command explain"
end_session alice

# ------------------------------------------------------------------ programs

row "Installers and build tools run programs in /tmp: Permission denied"
printf 'check:\n\t@printf "#!/bin/sh\\necho built\\n" >$${TMPDIR:-/tmp}/program\n\t@chmod +x $${TMPDIR:-/tmp}/program\n\t@$${TMPDIR:-/tmp}/program\n' >/srv/Makefile
chmod 644 /srv/Makefile
start_session alice su - alice
met says 'Permission denied' in_session alice 'make -f /srv/Makefile check'
helps "TMPDIR" same built "$(in_session alice 'mkdir ~/tmp && TMPDIR=$HOME/tmp make -f /srv/Makefile check')"
helps "with sudo" same built "$(in_session alice 'sudo TMPDIR=/var/tmp make -f /srv/Makefile check')"
end_session alice
echo 'devel:x:2000:alice' >>/etc/group
table "$own" "$base /tmp @devel,!0:999 exec"
helps "a line with exec" same built "$(su - alice -c 'make -f /srv/Makefile check')"
table

row "A hook of git in a repository below /tmp is not run"
# has_hook FOLDER
has_hook() {
        su - alice -c "git init -q $1/r && cd $1/r && printf '#!/bin/sh\necho hooked >&2\n' >.git/hooks/pre-commit &&
                chmod +x .git/hooks/pre-commit &&
                git -c user.name=a -c user.email=a@b commit -q --allow-empty -m m" >"$tap/hook" 2>&1
        grep -qx hooked "$tap/hook"
}
met not has_hook /tmp
helps "the home directory" has_hook /home/alice

row "tmux and agents that ran before the change"
by_a_service 'cd; env -u TMUX_TMPDIR tmux new-session -d -s old'
start_session alice su - alice
met not says '^old:' in_session alice 'tmux list-sessions'
by_a_service 'tmux kill-server'
in_session alice 'tmux new-session -d -s new'
helps "end it once" says '^new:' in_session alice 'tmux list-sessions'
in_session alice 'tmux kill-server'
by_a_service "cd; TMUX_TMPDIR=$runtime tmux new-session -d -s kept"
helps "TMUX_TMPDIR" says '^kept:' in_session alice "TMUX_TMPDIR=$runtime tmux list-sessions"
by_a_service "TMUX_TMPDIR=$runtime tmux kill-server"
by_a_service "ssh-agent -a $runtime/agent" >"$tap/agent"
helps "ssh-agent -a" says 'no identities' in_session alice "SSH_AUTH_SOCK=$runtime/agent ssh-add -l"
kill "$(sed -n 's/.*Agent pid \([0-9]*\).*/\1/p' "$tap/agent")"

row "psql and mysql do not find the server's socket in /tmp"
bin=$(dirname "$(find /usr/lib/postgresql -name initdb 2>/dev/null | tail -n 1)")
install -d -m 700 -o postgres /srv/pg
runuser -u postgres -- "$bin/initdb" -A trust -N -D /srv/pg >"$tap/initdb" 2>&1
runuser -u postgres -- "$bin/postgres" -D /srv/pg -F -c listen_addresses= \
        -c unix_socket_directories=/tmp -c shared_buffers=1MB >"$tap/postgres" 2>&1 &
postgres=$!
wait_for runuser -u postgres -- psql -h /tmp -c 'select 1'
met says 'No such file' in_session alice 'psql -h /tmp -U postgres -Atc "select 6*7"'
helps "sudo -u postgres" same 42 "$(in_session alice 'cd /; sudo -u postgres psql -h /tmp -Atc "select 6*7"')"
end_session alice
table "$own share=.s.PGSQL.*@postgres" 'none /tmp 1:999'
helps "share=.s.PGSQL.*@postgres" \
        same 42 "$(su - alice -c 'psql -h /tmp -U postgres -Atc "select 6*7"')"
table
kill "$postgres"
wait "$postgres" 2>/dev/null || true

row "X: a program does not find its display"
install -d -m 1777 /tmp/.X11-unix
Xvfb :79 -ac -nolisten tcp -nolisten local -screen 0 64x64x8 >"$tap/x" 2>&1 &
x_server=$!
wait_for test -S /tmp/.X11-unix/X79
table "$own"
met says 'unable to open display' su - alice -c 'DISPLAY=:79 xdpyinfo'
table "$own share=.X11-unix"
helps "share=.X11-unix" says 'name of display: *:79' su - alice -c 'DISPLAY=:79 xdpyinfo'
kill "$x_server"
table

row "Kerberos: the ticket in /tmp/krb5cc_... is not there"
# A cache of version 4 with a principal and no ticket in it.
python3 -c '
import struct
def text(s): return struct.pack(">I", len(s)) + s.encode()
open("/tmp/krb5cc_1001_x", "wb").write(b"\x05\x04" + struct.pack(">H", 0)
        + struct.pack(">II", 1, 1) + text("EXAMPLE.ORG") + text("alice"))'
chown alice:alice /tmp/krb5cc_1001_x
chmod 600 /tmp/krb5cc_1001_x
klist='KRB5CCNAME=FILE:/tmp/krb5cc_1001_x klist'
met not su - alice -c "$klist"
table "$own share=krb5cc_*"
helps "share=krb5cc_*" says 'Default principal: alice@EXAMPLE.ORG' su - alice -c "$klist"
table

row "docker -v /tmp/x:/x shows an empty directory"
start_session alice su - alice
in_session alice 'mkdir /tmp/x ~/x; touch /tmp/x/file ~/x/file; chmod 711 ~'
# What the daemon does: it mounts what it sees under that name.
as_docker() {
        unshare -m sh -c 'mkdir -p "$1" /srv/x && mount --bind "$1" /srv/x && ls /srv/x' sh "$1"
}
met same '' "$(as_docker /tmp/x)"
helps "a directory that is not private" same file "$(as_docker /home/alice/x)"

row "sudo mount: the mount is gone after the last logout, and others do not see it"
mkdir /srv/disk /srv/disk2
in_session alice 'sudo mount -t tmpfs disk /srv/disk'
met not findmnt /srv/disk
in_session alice 'sudo nsenter -t 1 -m mount -t tmpfs disk /srv/disk2'
helps "nsenter" findmnt /srv/disk2
end_session alice
helps "nsenter, after the logout" findmnt /srv/disk2
check "nothing is left of alice" gone alice

# ------------------------------------------------------------------ all of them

sed -n '/^\.Sh WHAT YOU MAY MEET/,/^\.Sh SEE/s/^\.It //p' "$page" >"$tap/page"
check "each row of privtmp(7) has been tried, under its own words" diff "$tap/page" "$tap/rows"

finish
