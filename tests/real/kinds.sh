#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# system-kinds: several directories in one session, all or nothing; and sessions inside of sessions
# by lines of every kind.

. "$(dirname "$0")/../kit/tap.sh"
need su sudo unshare bindfs fusermount3 psql

# On this machine it may have lost its setuid bit.
install -m 4755 /usr/bin/fusermount3 /run/fusermount3
mount --bind /run/fusermount3 /usr/bin/fusermount3
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../kit/command.sh"
echo 'ALL ALL=(ALL:ALL) NOPASSWD: ALL' >>/etc/sudoers
other=/srv/base
mkdir -p /srv/scratch/tmp
chmod 1777 /srv/scratch/tmp
directories='/tmp /var/tmp /dev/shm /srv/scratch/tmp'
for directory in $directories; do
        echo system >"$directory/whose"
done
mounts=$(cat /proc/self/mountinfo)

# is_clean: nothing of any session is on the host. What is noted of a tmpfs of an inner session goes
# with the user's next login, or by clean.
is_clean() {
        same "$mounts" "$(cat /proc/self/mountinfo)" &&
                same "" "$(find "$base" "$other" -mindepth 2 -maxdepth 2 2>/dev/null)" &&
                same "" "$(find /run/privtmp -type l ! -name 'memory.*' 2>/dev/null)"
}

# ends_clean: the same, at once or by the next clean: a close looks only for 250 ms whether somebody
# is there, and this machine may have too much to do.
ends_clean() {
        wait_for is_clean || {
                "$command" clean
                is_clean
        }
}

# all_say NAME: what the files of that name contain, in all directories.
all_say() {
        for directory in $directories; do
                printf 'cat %s/%s 2>/dev/null || echo none; ' "$directory" "$1"
        done
}

# ------------------------------------------------------------------ several directories

roots='inherit /tmp root
inherit /var/tmp root
inherit /dev/shm root
inherit /srv/scratch/tmp root'
table '/var/lib/privtmp /tmp *' '/var/lib/privtmp /var/tmp *' 'tmpfs /dev/shm * size=1M' \
        "$other /srv/scratch/tmp * mode=1770" "$roots"

start_session alice su alice
check "four directories: nothing of the system's is in any" \
        same "$(printf 'none\nnone\nnone\nnone')" "$(in_session alice "$(all_say whose)")"
for directory in $directories; do
        in_session alice "echo 'hers in $directory' >$directory/whose"
done
hers=$(eval "printf 'hers in %s\n' $directories")
check "four directories: each is another one" \
        same "$hers" "$(in_session alice "$(all_say whose)")"
check "four directories: another session of the user has all of them" \
        same "$hers" "$(su alice -c "$(all_say whose)")"
check "four directories: so has root by sudo" \
        same "$hers" \
        "$(in_session alice "sudo sh -c '$(all_say whose)'")"
check "four directories: bob has none of them" \
        same "$(printf 'none\nnone\nnone\nnone')" "$(su bob -c "$(all_say whose)")"
check "four directories: bob has none of them from inside, too" \
        same "$(printf 'none\nnone\nnone\nnone')" \
        "$(in_session alice "sudo -u bob sh -c '$(all_say whose)'")"
check "four directories: each line has its own base and mode" \
        same '1777 1770' "$(in_session alice 'stat -c %a /tmp /srv/scratch/tmp | xargs')"
check "four directories: below each, su bob starts at the top of his own" \
        same "$(echo "$directories" | tr ' ' '\n')" \
        "$(for directory in $directories; do
                in_session alice "mkdir $directory/sub; cd $directory/sub; su bob -c /bin/pwd"
        done)"
check "four directories: the host's mounts are the same" \
        same "$mounts" "$(cat /proc/self/mountinfo)"
check "four directories: one record tells of all" \
        same 4 "$(find /run/privtmp -type l -printf '%l\n' | grep -o cover= | wc -l)"
end_session alice
check "four directories: nothing is left" ends_clean
check "four directories: the system's are untouched" \
        same "$(printf 'system\nsystem\nsystem\nsystem')" "$(eval "$(all_say whose)")"

# ------------------------------------------------------------------ all or nothing

mkdir -m 755 /srv/open
ln -s /tmp /srv/link
touch /srv/file

# refused WHAT MESSAGE LINE: with that third line, after two that are good, nobody comes in.
refused() {
        table '/var/lib/privtmp /tmp *,!root' 'tmpfs /var/tmp *,!root' "$3"
        log_mark
        check "$1: the login is denied" not su alice -c 'touch ~/ran'
        check "$1: nothing was run" not test -e /home/alice/ran
        check "$1: the log says which line, and why" wait_for log_says "$2"
        check "$1: nothing of the first two directories is left" is_clean

        table '/var/lib/privtmp /tmp *,!root' 'tmpfs /var/tmp *,!root' "$3,nofail"
        log_mark
        check "$1, nofail: the first two are private, the third is the system's" \
                same 'none none' "$(su alice -c 'cat /tmp/whose /var/tmp/whose 2>&1 |
                        sed "s/.*No such.*/none/" | xargs')"
        check "$1, nofail: the log warns" wait_for log_says "^10\.4 .*nofail, .* is not private: "
        check "$1, nofail: nothing is left" ends_clean

        table '/var/lib/privtmp /tmp *,!root nofail' 'tmpfs /var/tmp *,!root nofail' "$3"
        check "$1, nofail on the others: the login is denied" not su alice -c true
        check "$1, nofail on the others: nothing is left" is_clean
}

refused "a bad base" 'privtmp.conf:3: /srv/open has mode 0755' '/srv/open /dev/shm *,!root exec'
refused "no such parent of the base" 'privtmp.conf:3: /srv/none: No such file' \
        '/srv/none/base /dev/shm *,!root exec'
refused "no such directory" 'privtmp.conf:3: /srv/none: No such file' \
        '/var/lib/privtmp /srv/none *,!root exec'
refused "a file" 'privtmp.conf:3: /srv/file: Not a directory' \
        'tmpfs /srv/file *,!root exec'
refused "a directory that is a link to another" 'privtmp.conf:3: .*/srv/link is a symbolic link' \
        '/var/lib/privtmp /srv/link *,!root exec'
refused "a directory below what others may write" 'privtmp.conf:3: /srv/scratch/tmp' \
        '/var/lib/privtmp /srv/scratch/tmp/whose *,!root exec'

# ------------------------------------------------------------------ the same directory twice

mkdir /srv/same
mount --bind /tmp /srv/same
mounts=$(cat /proc/self/mountinfo)
table '/var/lib/privtmp /tmp *,!root' '/var/lib/privtmp /srv/same *,!root'
check "one directory by a bind mount at two places: both are private" \
        same 'none none' "$(su alice -c 'cat /tmp/whose /srv/same/whose 2>&1 |
                sed "s/.*No such.*/none/" | xargs')"
check "one directory at two places: nothing is left" ends_clean
umount /srv/same
mounts=$(cat /proc/self/mountinfo)

# ------------------------------------------------------------------ too many

nine=
for number in 1 2 3 4 5 6 7 8 9; do
        mkdir "/srv/d$number"
        nine="$nine/var/lib/privtmp /srv/d$number *,!root
"
done
table "$nine"
log_mark
check "nine directories: the login is denied" not su alice -c true
check "nine directories: the log says how many there may be" \
        wait_for log_says 'more than 8 private directories'
check "nine directories: nothing is left" is_clean

# ------------------------------------------------------------------ nested, by lines of every kind

# Alice's is on disk, bob's in memory; carol has the system's, dave and root what the caller has.
echo 'dave:x:1004:1004::/home/dave:/bin/sh' >>/etc/passwd
echo 'dave:x:1004:' >>/etc/group
echo 'dave::19000:0:99999:7:::' >>/etc/shadow
install -d -m 700 -o 1004 -g 1004 /home/dave
table '/var/lib/privtmp /tmp alice mode=1777' 'tmpfs /tmp bob mode=1777' 'none /tmp carol' \
        'inherit /tmp dave,root'

# view_of USER CALLERS-VIEW: whose /tmp the user sees.
view_of() {
        case $1 in
        alice|bob) echo "$1" ;;
        carol) echo system ;;
        *) echo "$2" ;;
        esac
}

# What a level sees: who it is, whose /tmp, and how many mounts are on /tmp.
# shellcheck disable=SC2016 # for the session's shell
look='test -e /tmp/whose || id -un >/tmp/whose
        echo "$(id -un) $(cat /tmp/whose) $(grep -c " /tmp " /proc/self/mountinfo)"'

# seen USER VIEW: what it should see; the throw-away host has one mount there, the system's.
seen() {
        case $2 in
        system) echo "$1 system 1" ;;
        *) echo "$1 $2 2" ;;
        esac
}

# into USER: the session's shell starts a session of the user's by su or by sudo, in turns.
into() {
        turn=$((turn + 1))
        case $1-$((turn % 2)) in
        root-*) type_in nested 'sudo sh' ;;
        *-0) type_in nested "su $1" ;;
        *) type_in nested "sudo -u $1 sh" ;;
        esac
}

# chain HOW FIRST USER...: one session in another, and out of them again.
chain() {
        how=$1 first=$2
        shift 2
        names="$how$first" stack=''
        view=$(view_of "$first" system)
        case $how in
        '') start_session nested su "$first" ;;
        *) start_session nested unshare -m --propagation slave su "$first" ;;
        esac
        check "$names" same "$(seen "$first" "$view")" "$(in_session nested "$look")"
        stack="$first:$view"
        for user in "$@"; do
                view=$(view_of "$user" "$view")
                names="$names > $user"
                into "$user"
                check "$names" same "$(seen "$user" "$view")" "$(in_session nested "$look")"
                stack="$user:$view $stack"
        done
        # shellcheck disable=SC2086 # a list of words
        set -- $stack
        while [ $# -gt 1 ]; do
                shift
                type_in nested exit
                names="$names <"
                check "$names" same "$(seen "${1%:*}" "${1#*:}")" "$(in_session nested "$look")"
        done
        end_session nested
        check "$names, end: nothing is left" ends_clean
}

turn=0
for how in '' 'in a sandbox: '; do
        chain "$how" alice bob root alice
        chain "$how" alice root bob carol alice
        turn=$((turn + 1))
        chain "$how" bob alice dave carol bob
        chain "$how" carol alice carol root bob
        chain "$how" dave alice dave root bob dave
done
chain '' bob root alice root bob root
chain '' alice alice bob bob alice

# ------------------------------------------------------------------ another user's mounts

# In a folder of their group, alice mounts FUSE: whoever looks there as bob would ask her.
table '/var/lib/privtmp /tmp *' 'inherit /tmp root'
echo 'project:x:2000:alice,bob' >>/etc/group
mkdir -m 2770 /srv/project
chgrp 2000 /srv/project
echo real >/srv/project/data

# fuse HOW [COMMAND...]: with alice's session started by COMMAND su.
fuse() {
        how=$1
        shift
        start_session alice "$@" su alice
        # shellcheck disable=SC2016 # for the session's shell
        in_session alice 'mkdir ~/trap; echo trap >~/trap/data; chmod 755 ~/trap
                bindfs -f --no-allow-other -o nonempty ~/trap /srv/project & echo $! >~/server
                until grep -q " /srv/project " /proc/self/mountinfo; do sleep 0.1; done'
        check "$how alice has her mount" same trap "$(in_session alice 'cat /srv/project/data')"
        check "$how su bob: it is not there" \
                same real "$(in_session alice 'su bob -c "cat /srv/project/data"')"
        check "$how sudo -u bob: it is not there" \
                same real "$(in_session alice 'sudo -u bob cat /srv/project/data')"
        check "$how su bob in sudo: it is not there" \
                same real "$(in_session alice 'sudo su bob -c "cat /srv/project/data"')"
        check "$how a direct login of bob's: it is not there" \
                same real "$(su bob -c 'cat /srv/project/data')"
        check "$how alice still has it" same trap "$(in_session alice 'cat /srv/project/data')"
        kill -STOP "$(cat /home/alice/server)"
        check "$how it never answers: su bob does not wait for it" \
                same real "$(in_session alice 'su bob -c "cat /srv/project/data"')"
        kill -CONT "$(cat /home/alice/server)"
        in_session alice 'fusermount3 -u /srv/project; rm -r ~/trap'
        end_session alice
        check "$how nothing is left" ends_clean
}

fuse "FUSE:"
fuse "FUSE, in a sandbox:" unshare -m --propagation slave

# ------------------------------------------------------------------ PostgreSQL

# Its socket is in the system's /tmp. A system account, it may have the number of no one here.
bin=$(dirname "$(find /usr/lib/postgresql -name initdb 2>/dev/null | tail -n 1)")
install -d -m 700 -o postgres /srv/pg
runuser -u postgres -- "$bin/initdb" -A trust -N -D /srv/pg >"$tap/initdb" 2>&1
runuser -u postgres -- "$bin/postgres" -D /srv/pg -F -c listen_addresses= \
        -c unix_socket_directories=/tmp -c shared_buffers=1MB >"$tap/postgres" 2>&1 &
postgres=$!
wait_for test -S /tmp/.s.PGSQL.5432
wait_for runuser -u postgres -- psql -h /tmp -c 'select 1'

table
start_session alice su alice
in_session alice 'cd /'
check "postgres: alice's own psql finds no socket under the shipped table" \
        says 'No such file' in_session alice 'psql -h /tmp -U postgres -Atc "select 6*7"'
check "postgres: sudo -u postgres reaches it" \
        same 42 "$(in_session alice 'sudo -u postgres psql -h /tmp -Atc "select 6*7"')"
check "postgres: sudo -i -u postgres, too" \
        same 42 "$(in_session alice 'sudo -i -u postgres psql -h /tmp -Atc "select 6*7"')"
end_session alice
table '/var/lib/privtmp /tmp * share=.s.PGSQL.*@postgres' 'none /tmp 1:999' 'inherit /tmp root'
check "postgres: with share=GLOB@postgres alice reaches it from her own /tmp" \
        same 42 "$(su - alice -c 'psql -h /tmp -U postgres -Atc "select 6*7"')"
table '/var/lib/privtmp /tmp * share=.s.PGSQL.*' 'none /tmp 1:999' 'inherit /tmp root'
check "postgres: without the owner's name she does not" \
        not su - alice -c 'psql -h /tmp -U postgres -Atc "select 6*7"'
kill "$postgres"
wait "$postgres" 2>/dev/null || true
check "postgres: in the end nothing is left" is_clean

finish
