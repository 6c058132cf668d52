#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# system-share: entries of the system's /tmp in the private one, used by the programs they are for.

. "$(dirname "$0")/../kit/tap.sh"
need su sudo sshd ssh Xvfb xdpyinfo klist python3 perl runuser psql

mounts=$(cat /proc/self/mountinfo)
install -d -m 1777 /tmp/.X11-unix /tmp/.ICE-unix

# ------------------------------------------------------------------ X11

# start_x NUMBER COMMAND [ARG...]: an X server that listens at its socket in the file system only:
# what is abstract is reached from everywhere anyway.
start_x() {
        number=$1
        shift
        "$@" Xvfb ":$number" -ac -nolisten tcp -nolisten local -screen 0 64x64x8 \
                >"$tap/x$number" 2>&1 &
        x_server=$!
        wait_for test -S "/tmp/.X11-unix/X$number"
}

start_x 77 env
table '/var/lib/privtmp /tmp * ' 'inherit /tmp root'
check "X11: without a share no display is found" \
        says 'unable to open display' su alice -c 'DISPLAY=:77 xdpyinfo'
table

check "X11: under the shipped table a client inside reaches a server outside" \
        says 'name of display: *:77' su alice -c 'DISPLAY=:77 xdpyinfo'
check "X11: root by sudo, too" \
        says 'name of display: *:77' su alice -c 'DISPLAY=:77 sudo -E xdpyinfo'
check "X11: /tmp has nothing else of the system's" \
        same '.ICE-unix .X11-unix ' "$(su alice -c 'ls -A /tmp' | tr '\n' ' ')"
check "X11: the folder can be written to, as outside" \
        same '1777 root' "$(su alice -c 'stat -c "%a %U" /tmp/.X11-unix')"
kill "$x_server"
wait_for not test -e /tmp/.X11-unix/X77

start_session alice su alice
# shellcheck disable=SC2016 # for the session's shell
in_session alice 'Xvfb :78 -ac -nolisten tcp -nolisten local -screen 0 64x64x8 >~/x78 2>&1 &
        echo $! >~/x78.pid'
check "X11: the socket of a server inside is seen outside" wait_for test -S /tmp/.X11-unix/X78
check "X11: and answers there" says 'name of display: *:78' env DISPLAY=:78 xdpyinfo
check "X11: and in bob's session" \
        says 'name of display: *:78' su bob -c 'DISPLAY=:78 xdpyinfo'
check "X11: its lock is in the private /tmp" \
        sh -c 'test ! -e /tmp/.X78-lock && su alice -c "test -e /tmp/.X78-lock"'
# shellcheck disable=SC2016 # for the session's shell
check "X11: a server of bob's that may choose finds a number that is free" \
        same other "$(su bob -c '
                Xvfb -displayfd 3 -ac -nolisten tcp -nolisten local 3>~/number 2>~/x &
                until test -s ~/number; do kill -0 $! || exit; sleep 0.1; done
                kill $!; wait $!; [ "$(cat ~/number)" = 78 ] || echo other')"
# shellcheck disable=SC2016 # for the session's shell
in_session alice 'kill "$(cat ~/x78.pid)"; wait'
end_session alice
check "X11: when the session ends, nothing of the folder is deleted" \
        same '1777 root' "$(stat -c '%a %U' /tmp/.X11-unix)"

# ------------------------------------------------------------------ Kerberos

# A cache of version 4 with a principal and no ticket in it.
python3 -c '
import struct
def text(s): return struct.pack(">I", len(s)) + s.encode()
open("/tmp/krb5cc_1001_abc", "wb").write(b"\x05\x04" + struct.pack(">H", 0)
        + struct.pack(">II", 1, 1) + text("EXAMPLE.ORG") + text("alice"))'
chown alice:alice /tmp/krb5cc_1001_abc
chmod 600 /tmp/krb5cc_1001_abc
cp -p /tmp/krb5cc_1001_abc /tmp/krb5cc_1002_abc
chown bob:bob /tmp/krb5cc_1002_abc
table '/var/lib/privtmp /tmp * share=krb5cc_*' 'inherit /tmp root'
log_mark
check "Kerberos: klist inside reads a cache from before" \
        says 'Default principal: alice@EXAMPLE.ORG' \
        su alice -c 'KRB5CCNAME=FILE:/tmp/krb5cc_1001_abc klist'
check "Kerberos: each user has only their own" \
        same krb5cc_1002_abc "$(su bob -c 'ls -A /tmp')"
check "Kerberos: that a pattern leaves others' out is not logged" not log_says pam_privtmp
check "Kerberos: kdestroy can't remove the file" \
        sh -c 'su alice -c "kdestroy -q -c FILE:/tmp/krb5cc_1001_abc"; test -e /tmp/krb5cc_1001_abc'

# ------------------------------------------------------------------ what is named and can't be had

install -d -o bob -g bob /tmp/his
ln -s /home/bob /tmp/link
runuser -u alice -- sh -c 'echo one >/tmp/linked; ln /tmp/linked /tmp/linked2'
table '/var/lib/privtmp /tmp * share=his:link:linked:absent:none*' 'inherit /tmp root'
log_mark
check "share: the login goes on" same "" "$(su alice -c 'ls -A /tmp')"
check "share: of another user's folder there is a line in the log" \
        wait_for log_says '^10\.4 .*conf:1: /tmp/his is not shared: it belongs to another user'
check "share: of a link, too" wait_for log_says 'privtmp.conf:1: /tmp/link is not shared: '
check "share: of a file with two names, too" \
        wait_for log_says 'privtmp.conf:1: /tmp/linked is not shared: it has another name'
check "share: of what is absent there is none" not log_says '/absent\|/none'
check "share: each is said once" same 3 "$(log_says 'is not shared' | wc -l)"

table '/var/lib/privtmp /tmp * share=his@bob' 'inherit /tmp root'
check "GLOB@OWNER: with its owner named it is there" \
        same his "$(su alice -c 'ls -A /tmp')"
table '/var/lib/privtmp /tmp * share=his@nobody-of-that-name' 'inherit /tmp root'
log_mark
check "GLOB@OWNER: an owner who does not exist denies no login" \
        same "" "$(su alice -c 'ls -A /tmp')"
check "GLOB@OWNER: but is logged" wait_for log_says '/tmp/his is not shared: there is no such owner'
rm -r /tmp/his /tmp/link /tmp/linked /tmp/linked2

# ------------------------------------------------------------------ flags

install -d -m 1777 /tmp/drop
install -m 755 /bin/true /tmp/drop/true
table '/var/lib/privtmp /tmp * share=drop' 'inherit /tmp root'
check "flags: a program in a share is not run" \
        says 'Permission denied' su alice -c /tmp/drop/true
check "flags: outside it is" runuser -u alice -- /tmp/drop/true
table '/var/lib/privtmp /tmp * share=drop,exec' 'inherit /tmp root'
check "flags: with exec it is" su alice -c /tmp/drop/true

table 'tmpfs /tmp * share=drop' 'inherit /tmp root'
su alice -c 'echo hello >/tmp/drop/note'
check "tmpfs: has shares, too" same hello "$(cat /tmp/drop/note)"
log_mark
table 'tmpfs /tmp * share=drop:.X11-unix:krb5cc_1002_abc' 'inherit /tmp root'
su alice -c true
check "tmpfs: what can't be shared is logged" wait_for log_says 'is not shared'
check "tmpfs: once" \
        same 1 "$(log_says 'is not shared' | wc -l)"

# ------------------------------------------------------------------ sessions that join

table '/var/lib/privtmp /tmp * share=drop:late*' 'inherit /tmp root'
start_session first su alice
check "late: what is not there yet is not shared" \
        same drop "$(in_session first 'ls -A /tmp')"
install -d -m 777 /tmp/late-folder
echo late >/tmp/late-file
start_session second su alice
check "late: a later session adds it" \
        same late "$(in_session second 'cat /tmp/late-file')"
check "late: and the first one has it then" \
        same late "$(in_session first 'cat /tmp/late-file')"
in_session first 'echo hello >/tmp/late-folder/note'
check "late: it is the folder itself" same hello "$(cat /tmp/late-folder/note)"
log_mark
start_session third su alice
check "late: once more, nothing is mounted on it" \
        same 1 "$(in_session third "grep -c ' /tmp/late-folder ' /proc/self/mountinfo")"
check "late: and nothing said" not log_says pam_privtmp
for session in third second first; do
        end_session $session
done
check "late: when all have ended, the system's entries are untouched" \
        same 'hello late' "$(cat /tmp/late-folder/note) $(cat /tmp/late-file)"
check "late: and nothing of the instance is left" gone alice
rm -r /tmp/late-folder /tmp/late-file

# ------------------------------------------------------------------ a user who wants elsewhere

# She puts a link where the share belongs, while there is nothing to be shared.
table '/var/lib/privtmp /tmp * share=drop,keep=1h' 'inherit /tmp root'
mkdir /srv/trap
mv /tmp/drop /tmp/away
su alice -c 'ln -s /srv/trap /tmp/drop'
mv /tmp/away /tmp/drop
log_mark
check "a link in the place: the login goes on" su alice -c 'test -h /tmp/drop'
check "a link in the place: the share is left out, with a line in the log" \
        wait_for log_says '^10\.4 .*/tmp/drop is not shared: '
check "a link in the place: nothing is mounted where it leads" \
        not su alice -c "grep ' /srv/trap ' /proc/self/mountinfo"
rm -rf "${base:?}"/*

# ------------------------------------------------------------------ what the environment names

# hints LINES: how many lines of the log name a variable.
hints() {
        same "$1" "$(sed "1,$(cat "$tap/mark")d" /run/log/messages |
                grep -c 'is not in the private /tmp' || true)"
}

cat >/etc/environment <<'EOS'
KRB5CCNAME=FILE:/tmp/krb5cc_1001_abc
SSH_AUTH_SOCK=/tmp/ssh-agents/agent.1
XAUTHORITY=/home/alice/.Xauthority
TMPDIR=/tmp
EOS
table '/var/lib/privtmp /tmp * share=.X11-unix' 'inherit /tmp root'
log_mark
su alice -c true
check "hint: what will not be found is said, a line each" wait_for hints 2
check "hint: the ticket, and what to do" \
        wait_for log_says '^10\.4 .*KRB5CCNAME=FILE:/tmp/krb5cc_1001_abc is not in .*: .*KCM:'
check "hint: the agent, and what to do" \
        wait_for log_says '^10\.4 .*SSH_AUTH_SOCK=/tmp/ssh-agents/agent.1 is not .*start the agent'
install -d /tmp/ssh-agents
table '/var/lib/privtmp /tmp * share=krb5cc_*:ssh-agents' 'inherit /tmp root'
log_mark
su alice -c true
check "hint: nothing is said of what is shared" hints 0
start_session alice su alice
log_mark
su alice -c true
check "hint: nor in a session that joins" hints 0
end_session alice
table 'tmpfs /dev/shm * ' 'inherit /dev/shm root'
log_mark
su alice -c true
check "hint: nor of a directory that is not covered" hints 0
table 'none /tmp *'
log_mark
su alice -c true
check "hint: nor where nothing is private" hints 0
: >/etc/environment

# ------------------------------------------------------------------ what is another, or gone

# ticket USER: a cache with that principal and no ticket, put in place by a rename, as sssd does.
ticket() {
        python3 -c '
import struct, sys
def text(s): return struct.pack(">I", len(s)) + s.encode()
open("/tmp/.new", "wb").write(b"\x05\x04" + struct.pack(">H", 0)
        + struct.pack(">II", 1, 1) + text("EXAMPLE.ORG") + text(sys.argv[1]))' "$1"
        chown alice:alice /tmp/.new
        chmod 600 /tmp/.new
        mv /tmp/.new /tmp/krb5cc_1001
}

# principal SESSION
principal() {
        in_session "$1" 'klist -c FILE:/tmp/krb5cc_1001' | sed -n 's/^Default principal: //p'
}

bin=$(dirname "$(find /usr/lib/postgresql -name initdb 2>/dev/null | tail -n 1)")
install -d -m 700 -o postgres /srv/pg
runuser -u postgres -- "$bin/initdb" -A trust -N -D /srv/pg >"$tap/initdb" 2>&1

start_postgres() {
        runuser -u postgres -- "$bin/pg_ctl" -D /srv/pg -w -l "$tap_log" \
                -o '-F -c listen_addresses= -c unix_socket_directories=/tmp' start >"$tap/pg" 2>&1
}

# stop_postgres fast|immediate: the latter as by SIGKILL.
stop_postgres() {
        runuser -u postgres -- "$bin/pg_ctl" -D /srv/pg -w -m "$1" stop >"$tap/pg" 2>&1
}

# answer SESSION: of the server.
answer() {
        in_session "$1" 'cd /; psql -h /tmp -U postgres -Atc "select 6*7"'
}

tap_log=/srv/pg.log
: >"$tap_log"
chown postgres "$tap_log"
rm -rf /tmp/krb5cc_* /tmp/.X11-unix
install -d -m 1777 /tmp/.X11-unix
ticket first
start_postgres
for source in /var/lib/privtmp tmpfs; do
        table "$source /tmp * share=krb5cc_*:.X11-unix:.s.PGSQL.5432@postgres" 'inherit /tmp root'
        log_mark
        start_session first su alice
        in_session first 'exec 7</tmp/krb5cc_1001'
        check "$source: the ticket is there" same "$(klist -c /tmp/krb5cc_1001 |
                sed -n 's/^Default principal: //p')" "$(principal first)"
        check "$source: the server answers" same 42 "$(answer first)"
        ticket "renewed-$(basename "$source")"
        stop_postgres fast
        start_postgres
        rmdir /tmp/.X11-unix
        start_x 79 env # it makes the folder anew
        check "$source: what was made anew is not in a session by itself" \
                not in_session first 'cd /; psql -h /tmp -U postgres -Atc "select 6*7"'
        start_session second su alice
        check "$source: the next login has the ticket" \
                same "renewed-$(basename "$source")@EXAMPLE.ORG" "$(principal second)"
        check "$source: and the server's socket" same 42 "$(answer second)"
        check "$source: and the display" \
                says 'name of display: *:79' in_session second 'DISPLAY=:79 xdpyinfo'
        check "$source: and so has the first session" same 42 "$(answer first)"
        check "$source: who had the old ticket open has it still" \
                says "^krb5" in_session first 'cat <&7 >~/had; echo krb5; test -s ~/had'
        kill "$x_server"
        wait_for not test -e /tmp/.X11-unix/X79
        stop_postgres fast
        rm -r /tmp/.X11-unix /tmp/krb5cc_1001
        check "$source: what is gone is gone with the next login" \
                same "" "$(su alice -c 'ls -A /tmp')"
        check "$source: in the first session, too" same "" "$(in_session first 'ls -A /tmp')"
        in_session second 'echo mine >/tmp/krb5cc_1001'
        check "$source: and the user can have the name" \
                same mine "$(in_session first 'cat /tmp/krb5cc_1001')"
        check "$source: of all that nothing is said" not log_says 'pam_privtmp.*shared'
        end_session second
        end_session first
        install -d -m 1777 /tmp/.X11-unix
        ticket first
        start_postgres
done
stop_postgres fast
rm -rf /tmp/krb5cc_1001

check "in the end the host's mounts are the same" same "$mounts" "$(cat /proc/self/mountinfo)"

finish
