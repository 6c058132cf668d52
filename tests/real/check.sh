#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# system-check: privtmp check: each of its findings, brought about.
#
# $PRIVTMP_COMMAND is the command; without it, the one beside the module $PRIVTMP_MODULE.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../kit/tap.sh"
need su sudo runuser setpriv strace perl cc systemd-tmpfiles

# Where everybody can run it.
command=$tap/privtmp
cp "${PRIVTMP_COMMAND:-$(dirname "${PRIVTMP_MODULE:?}")/privtmp}" "$command"

conf=/etc/security/privtmp.conf
nothing='no faults, no warnings'
mend='mend it, see privtmp.conf(5): until then only root can log in'
rebase="make it root's, mode 0700, on a local disk, or name another"

# exits STATUS COMMAND [ARG...]
exits() {
        tap_wanted=$1
        shift
        tap_status=0
        "$@" || tap_status=$?
        same "$tap_wanted" "$tap_status"
}

# prints STATUS TEXT COMMAND [ARG...]: on stdout, and nothing on stderr.
prints() {
        wanted=$1 text=$2 status=0
        shift 2
        "$@" >"$tap/out" 2>"$tap/err" || status=$?
        same "$text" "$(cat "$tap/out")" && same '' "$(cat "$tap/err")" && same "$wanted" "$status"
}

# finds STATUS TEXT
finds() {
        prints "$1" "$2" "$command" check
}

# complains STATUS TEXT COMMAND [ARG...]: on stderr, with nothing on stdout.
complains() {
        wanted=$1 text=$2 status=0
        shift 2
        "$@" >"$tap/out" 2>"$tap/err" || status=$?
        same '' "$(cat "$tap/out")" && same "$text" "$(cat "$tap/err")" && same "$wanted" "$status"
}

# As it was in the beginning.
rm -rf /etc/tmpfiles.d /etc/security/namespace.conf /etc/security/namespace.d
cp -a /etc/pam.d "$tap/pam.d"
as_before() {
        rm -rf /etc/security/privtmp.conf.d /etc/tmpfiles.d /run/tmpfiles.d
        table
        rm -rf /etc/pam.d
        cp -a "$tap/pam.d" /etc/pam.d
}

# ------------------------------------------------------------------ the face

check "help is help" says 'privtmp check \[options\]' "$command" check --help
check "and no fault" exits 0 "$command" check -h
check "an argument: usage" \
        complains 2 "privtmp: check: /tmp: no argument belongs here" "$command" check /tmp
check "an unknown option: usage" exits 2 "$command" check --force
check "--conf without a file: usage" exits 2 "$command" check --conf
check "who can't print says so" complains 1 "privtmp: standard output: No space left on device" \
        sh -c "'$command' check >/dev/full"

# ------------------------------------------------------------------ a fresh installation

check "a fresh installation, wired as the examples are, has nothing to be told" finds 0 "$nothing"
check "as JSON: an empty list" prints 0 0 sh -c \
        "'$command' check --json | perl -MJSON::PP -0ne 'print scalar @{decode_json(\$_)->{findings}}'"
cp "$(dirname "$0")/../../conf/privtmp.conf" "$conf"
check "so has the shipped table" finds 0 "$nothing"
as_before

ls -lRn --time-style=full-iso /etc /run/privtmp "$base" >"$tap/before" 2>/dev/null || true
"$command" check >"$tap/out"
ls -lRn --time-style=full-iso /etc /run/privtmp "$base" >"$tap/after" 2>/dev/null || true
check "it has changed nothing" diff "$tap/before" "$tap/after"

[ -d "$base" ] || mkdir -m 700 "$base"
as_alice() {
        runuser -u alice -- "$command" check
}
check "without root it says what it could not look at" prints 0 \
        "unchecked: mounts: whether directories have other names on the host; run it as root
unchecked: $base: Permission denied; run it as root
unchecked: kernel: whether a login may leave the shared mount namespace; run it as root" as_alice

start_session alice su - alice
check "by sudo in a session it looks at the host, not at the session" \
        same "$nothing" "$(in_session alice "sudo $command check")"
end_session alice

# ------------------------------------------------------------------ the table

table '# a comment' bogus "$base /tmp * noexec,bogus" "$base /tmp *" 'none /tmp'
mkdir /etc/security/privtmp.conf.d
printf '%s /tmp 3:2\n/tmp/b /tmp *\n' "$base" >/etc/security/privtmp.conf.d/10-a.conf
printf 'none /tmp b\0b\n' >/etc/security/privtmp.conf.d/20-b.conf
echo 'none /tmp/x bob' >/etc/security/privtmp.conf.d/30-c.conf
echo '# good' >/etc/security/privtmp.conf.d/40-d.conf
chown bob /etc/security/privtmp.conf.d/40-d.conf
columns='columns, where source, directory, users and maybe options belong'
check "every fault of every file is told, in one run" finds 1 \
        "fault: $conf:2: 1 $columns; $mend
fault: $conf:3: unknown option \"bogus\"; $mend
fault: $conf:5: 2 $columns; $mend
fault: $conf.d/10-a.conf:1: users: \"3:2\" is a range whose end lies before its beginning; $mend
fault: $conf.d/20-b.conf: has a NUL byte at offset 11; $mend
fault: $conf.d/40-d.conf: belongs to uid 1002, not to root; $mend
fault: $conf.d/10-a.conf:2: the base /tmp/b is at, below or above the directory /tmp of $conf:4; $mend
fault: $conf.d/10-a.conf:2: the base /tmp/b is at, below or above the directory /tmp of $conf.d/10-a.conf:2; $mend
fault: $conf.d/30-c.conf:1: the directory /tmp/x is below the directory /tmp of $conf:4; $mend
fault: $conf.d/30-c.conf:1: the directory /tmp/x is below the directory /tmp of $conf.d/10-a.conf:2; $mend
fault: $conf.d/10-a.conf:2: /tmp/b: others than root can write /tmp; $rebase"
log_mark
check "a login is denied" not su alice -c true
check "and names the first of them" wait_for log_says "^10\..*: $conf:2: 1 $columns"
check "and no other" not log_says "$conf:3:"
rm -r "$conf.d"/*
table "$base /tmp *"
chmod 777 "$conf.d"
check "a folder that others can write" finds 1 \
        "fault: $conf.d: others than root can write $conf.d; $mend"
as_before

check "--conf: a file that is not there" prints 1 \
        "fault: /srv/none: No such file or directory; $mend" "$command" check --conf /srv/none
check "--conf: a name that is none" prints 1 \
        "fault: srv/conf: is no absolute path in its shortest form; $mend" \
        "$command" check --conf srv/conf
echo 'none /tmp' >/srv/conf
check "--conf: the file is read instead of the others" prints 1 "fault: /srv/conf:1: 2 $columns; $mend" \
        "$command" check --conf /srv/conf

table "$base /tmp alice,nobody-there,!@no-such-group share=.x@no-such-owner"
check "users and groups that do not exist" finds 0 \
        "warning: $conf:1: there is no user \"nobody-there\"; it matches nobody, correct it or take it out
warning: $conf:1: there is no group \"no-such-group\"; it matches nobody, correct it or take it out
warning: $conf:1: there is no user \"no-such-owner\"; it matches nobody, correct it or take it out"

table "$base /tmp *" 'none /tmp root'
check "root with none" finds 0 \
        "warning: $conf:2: sudo in a session finds the system's /tmp, where anybody may have put a file of the same name as the user's; write \"inherit\", see Root in privtmp.conf(5)"
table "$base /tmp alice" 'none /var/tmp root'
check "root with none, of a directory that is nobody's own: nothing" finds 0 "$nothing"

takes="Linux does not keep root and set-uid programs from links and fifos of the user's in"
unless='take it out, unless neither works there, see Modes in privtmp.conf(5)'
owns="where root works, too, and can exchange all that root makes there; take the mode out, or give root another line than \"inherit\""
table "$base /tmp alice mode=0770" "$base /tmp bob mode=1770" "tmpfs /tmp carol mode=1770" \
        "$base /tmp daemon mode=1777" "$base /tmp games" 'inherit /tmp root'
check "modes in which Linux does not protect root" finds 0 \
        "warning: $conf:1: with mode=0770 $takes /tmp; $unless
warning: $conf:2: with mode=1770 $takes /tmp; $unless
warning: $conf:3: with mode=1770 $takes /tmp; $unless"
table "$base /tmp alice mode=0700" 'tmpfs /var/tmp * mode=0700' 'inherit /var/tmp root' \
        "$base /srv alice mode=0700" 'none /srv root' "$base /home * mode=0700"
check "a directory that the user owns, where root inherits it: by a line or without one" finds 1 \
        "warning: $conf:5: sudo in a session finds the system's /srv, where anybody may have put a file of the same name as the user's; write \"inherit\", see Root in privtmp.conf(5)
fault: $conf:1: the user owns /tmp, $owns
fault: $conf:2: the user owns /var/tmp, $owns"

long=/srv/$(printf '%0124d' 0)
mkdir "$long"
table "$base $long bob"
check "a path that is too long" finds 1 \
        "fault: $conf:1: the directory's path has more than 127 bytes; name a shorter one"
rmdir "$long"
many=
for i in 1 2 3 4 5 6 7 8 9 10; do
        mkdir /srv/d$i
        many="$many$base /srv/d$i bob
"
done
table "$many"
check "more directories than a session can have" finds 0 \
        "warning: $conf:9: this is the 9th private directory; a session has 8 at most; take one out, unless nobody has lines for all of them"
as_before

# ------------------------------------------------------------------ bases and directories

mkdir -m 700 /srv/good /srv/bobs /srv/file-above
mkdir -m 755 /srv/open
ln -s good /srv/link
chown bob /srv/bobs
echo x >/srv/file
mount -t tmpfs tmpfs /srv/good
chmod 700 /srv/good
table "/srv/open /tmp alice" "/srv/bobs /tmp alice" "/srv/link /tmp alice" "/srv/file /tmp alice" \
        "/srv/none/base /tmp alice" "/tmp/base /var/tmp alice" "/srv/good /tmp *"
check "bases that no login can use" finds 1 \
        "fault: $conf:6: the base /tmp/base is at, below or above the directory /tmp of $conf:1; $mend
fault: $conf:6: the base /tmp/base is at, below or above the directory /tmp of $conf:2; $mend
fault: $conf:6: the base /tmp/base is at, below or above the directory /tmp of $conf:3; $mend
fault: $conf:6: the base /tmp/base is at, below or above the directory /tmp of $conf:4; $mend
fault: $conf:6: the base /tmp/base is at, below or above the directory /tmp of $conf:5; $mend
fault: $conf:6: the base /tmp/base is at, below or above the directory /tmp of $conf:7; $mend
fault: $conf:1: /srv/open has mode 0755, it must be 0700; $rebase
fault: $conf:2: /srv/bobs belongs to uid 1002, not to root; $rebase
fault: $conf:3: /srv/link: /srv/link is a symbolic link; $rebase
fault: $conf:4: /srv/file: Not a directory; $rebase
fault: $conf:5: /srv/none: No such file or directory; make the parent: a login makes no more than the last component
fault: $conf:6: /tmp/base: others than root can write /tmp; $rebase"
table "/srv/bobs/base /tmp *"
check "a base that lies in a user's directory" finds 1 \
        "fault: $conf:1: /srv/bobs/base: /srv/bobs belongs to uid 1002, not to root; $rebase"

table "/srv/good /nothing *" "/srv/good /srv/link bob" "inherit /nothing-too bob"
check "directories that can't be covered" finds 1 \
        "fault: $conf:1: /nothing: No such file or directory; mend it, or take its lines out
fault: $conf:2: /srv/link: /srv/link is a symbolic link; mend it, or take its lines out"

table "/srv/good /tmp *"
mkdir -p /srv/good/.stuck/1001.aaaaaa
check "what clean could not delete" finds 0 \
        "warning: $conf:1: /srv/good/.stuck has 1 that could not be deleted; run \"privtmp clean\", which says why"
rm -r /srv/good/.stuck
mount -o remount,ro /srv/good
check "a base on a file system that is read-only" finds 0 \
        "warning: $conf:1: the file system of /srv/good is read-only; see to it: whoever logs in has 16 MiB in memory instead"
mount -o remount,rw,nr_inodes=3 /srv/good
touch /srv/good/a /srv/good/b
full="warning: $conf:1: the file system of /srv/good is full; see to it: whoever logs in has 16 MiB in memory instead"
check "a base on a file system without an inode left" finds 0 "$full"
mount -o remount,nr_inodes=9,size=8k /srv/good
head -c 8k /dev/zero >/srv/good/a
check "a base on a file system without a block left" finds 0 "$full"
umount /srv/good

# In places where nothing can be written: those of this machine.
disk='give the base a file system of its own, or quotas'
table '/privtmp-not-yet /tmp *'
check "a base on the file system of /" finds 0 \
        "warning: $conf:1: users can fill the file system of /, which /privtmp-not-yet is on; $disk"
mount --bind /usr /var/log
check "a base on the file system of / and of the logs" finds 0 \
        "warning: $conf:1: users can fill the file system of / and /var/log, which /privtmp-not-yet is on; $disk"
umount /var/log
mkdir -m 700 /var/privtmp
table '/var/privtmp /tmp *'
check "a base on the file system of the logs" finds 0 \
        "warning: $conf:1: users can fill the file system of /var/log, which /var/privtmp is on; $disk"
rmdir /var/privtmp
check "a base that is not there yet" finds 0 \
        "warning: $conf:1: users can fill the file system of /var/log, which /var/privtmp is on; $disk"
check "is not made" test ! -e /var/privtmp
as_before

# ------------------------------------------------------------------ two names

mount --bind /tmp /var/tmp
check "a directory that has another name" finds 0 \
        "warning: built-in table:1: /tmp is the same directory as /var/tmp, which stays the system's; umount the other name, or write lines for it, too"
table "$base /tmp *" "$base /var/tmp bob"
check "two names of the table for one directory" finds 0 \
        "warning: $conf:2: /var/tmp is the same directory as /tmp of $conf:1; keep one of the two"
umount /var/tmp
mkdir -m 700 /srv/base
mount --bind "$base" /srv/base
table "$base /tmp *" "/srv/base /tmp bob"
check "two names for one base" finds 0 \
        "warning: $conf:2: /srv/base is the same directory as $base of $conf:1; keep one of the two"
mkdir "$base/in"
mount --bind "$base/in" /srv/d1
table "$base /srv/d1 bob"
check "a directory that lies in a base, by another name" finds 0 \
        "warning: $conf:1: $base is by another name at, below or above /srv/d1 of $conf:1; keep one of the two"
umount /srv/d1 /srv/base
rmdir "$base/in"
as_before

# ------------------------------------------------------------------ groups

# An instance stays only while somebody is there.
table "$base /tmp * mode=1770"
of_mode="warning: $conf:1: with mode=1770 $takes /tmp; $unless"
echo 'together:x:4711:' >>/etc/group
cp /etc/passwd "$tap/passwd"
cp /etc/group "$tap/group"
start_session alice su alice
check "a group of one's own: nothing but what is told of the mode" finds 0 "$of_mode"
own='give each user a group of their own'
sed -i 's/^alice:x:1001:$/&bob/' /etc/group
check "a user whom another's primary group lists" finds 0 "$of_mode
warning: $conf:1: bob is in the group alice, which can write what is private to alice (mode 1770); $own"
cp "$tap/group" /etc/group
end_session alice
sed -i "s/^\\(alice\\|bob\\):x:\\([0-9]*\\):[0-9]*/\\1:x:\\2:4711/" /etc/passwd
start_session alice su alice
check "a primary group of two users" finds 0 "$of_mode
warning: $conf:1: bob is in the group together, which can write what is private to alice (mode 1770); $own"
end_session alice
table
start_session alice su alice
check "the same with mode=1777, which asks for no group: nothing" finds 0 "$nothing"
end_session alice
cp "$tap/passwd" /etc/passwd
as_before

# ------------------------------------------------------------------ wiring

wire='session [success=ok ignore=ignore module_unknown=ignore default=bad] pam_privtmp.so'

# line_of TEXT FILE: the number of the line of a pam.d file.
line_of() {
        grep -n "^[^#]*$1" "$2" | head -n 1 | cut -d: -f1
}

rm /etc/pam.d/*
[ ! -d /usr/lib/pam.d ] || mount -t tmpfs -o mode=755 tmpfs /usr/lib/pam.d
check "no service is wired" finds 0 \
        "warning: /etc/pam.d: no service names pam_privtmp.so: nothing is private; wire services, see pam_privtmp(8)"

only='session required pam_unix.so'
echo "$only" >/etc/pam.d/su
echo "$only" >/etc/pam.d/sudo
printf '%s\n' '# a comment' "$wire" >/etc/pam.d/sshd
missing='pam_privtmp.so is missing, though sshd has it'
check "sshd is wired, su and sudo are not" finds 0 \
        "warning: /etc/pam.d/su: $missing: su takes a user's /tmp into another's session; add the line, see pam_privtmp(8)
warning: /etc/pam.d/sudo: $missing: sudo takes a user's /tmp into another's session; add the line, see pam_privtmp(8)"
rm /etc/pam.d/sshd
echo "$wire" >/etc/pam.d/login
check "login alone is wired: nothing" finds 0 "$nothing"
rm /etc/pam.d/*

after() {
        echo "warning: /etc/pam.d/login:$1: it comes before $2 ($3), whose mounts only the session would see; put it behind that line"
}
printf '%s\n' "$wire" '-session optional pam_systemd.so' >/etc/pam.d/login
check "before pam_systemd" finds 0 "$(after 1 pam_systemd.so /etc/pam.d/login:2)"
printf 'session optional \\\n  pam_mount.so\n' >/etc/pam.d/mounts
printf '%s\n' "$wire # pam_systemd.so" '@include mounts' >/etc/pam.d/login
check "before pam_mount, in a file that Debian's @include names" \
        finds 0 "$(after 1 pam_mount.so /etc/pam.d/mounts:1)"
printf '%s\n' 'auth include nothing' 'session include  inner' "$wire" 'session substack mounts' \
        >/etc/pam.d/login
echo 'session required /lib/security/pam_ecryptfs.so' >/etc/pam.d/inner
check "before pam_mount, in a file of a substack" \
        finds 0 "$(after 3 pam_mount.so /etc/pam.d/mounts:1)"
printf '%s\n' 'session include mounts' "$wire" 'auth include mounts' >/etc/pam.d/login
check "behind pam_mount, and before lines of another kind: nothing" finds 0 "$nothing"
printf '%s\n' 'session include gone' "$wire" >/etc/pam.d/login
check "a file that is not there" finds 0 \
        "unchecked: /etc/pam.d/login:1: can't read gone: No such file or directory; look there yourself"
printf '%s\n' 'session include login' "$wire" >/etc/pam.d/login
check "a file that includes itself" finds 0 \
        "unchecked: /etc/pam.d/login:1: can't read login: Too many levels of symbolic links; look there yourself"
rm /etc/pam.d/*

printf '%s\n' "$wire" >/etc/pam.d/common-session
printf '%s\n' '@include common-session' '@include mounts' >/etc/pam.d/login
echo 'session optional pam_mount.so' >/etc/pam.d/mounts
check "in common-session: told once" finds 0 \
        "warning: /etc/pam.d/common-session:1: services include this file that close no session, or need the system's /tmp; put it into the files of single services"
rm /etc/pam.d/*
echo "$wire" >/etc/pam.d/runuser
echo "$wire" >/etc/pam.d/gdm-password
unfit="closes no session, or needs the system's /tmp; take it out"
check "in services that it is not for" finds 0 \
        "warning: /etc/pam.d/gdm-password:1: gdm-password $unfit
warning: /etc/pam.d/runuser:1: runuser $unfit"
rm /etc/pam.d/*
echo "$wire" >/etc/pam.d/login
echo "$wire" >/etc/pam.d/login.dpkg-old
echo "$wire" >/etc/pam.d/lightdm~
check "copies of files do not count" finds 0 "$nothing"
rm /etc/pam.d/*

printf '%s\n' 'session required pam_permit.so' 'session optional pam_motd.so' \
        'session requisite pam_limits.so' "$wire" >/etc/pam.d/sudo
check "sudo: behind what can't hide it: nothing" finds 0 "$nothing"
printf '%s\n' 'session required pam_limits.so' "$wire" '-session optional pam_systemd.so' \
        >/etc/pam.d/sudo-i
check "sudo: behind a line whose failure hides its own" finds 0 \
        "warning: /etc/pam.d/sudo-i:2: it comes after pam_limits.so (/etc/pam.d/sudo-i:1): where that fails, sudo may go on without ours; make it the first session line"
rm /etc/pam.d/*

weak='with this control a session goes on with the system directory where ours fails; write the control that pam_privtmp(8) has'
echo 'session optional pam_privtmp.so' >/etc/pam.d/login
check "a control that lets failures pass" finds 0 "warning: /etc/pam.d/login:1: $weak"
echo 'session [success=ok default=ignore] pam_privtmp.so' >/etc/pam.d/login
check "the same in brackets" finds 0 "warning: /etc/pam.d/login:1: $weak"
echo '-session required pam_privtmp.so debug' >/etc/pam.d/login
check "required is good enough" finds 0 "$nothing"
echo "$wire debug bogus conf=/srv/conf" >/etc/pam.d/login
check "arguments" finds 1 \
        "fault: /etc/pam.d/login:1: unknown argument \"bogus\": nobody can log in here; take it out
warning: /etc/pam.d/login:1: another table is read here, /srv/conf; look at it by \"privtmp check --conf FILE\""
echo "$wire conf=/srv/conf" >/etc/pam.d/login
echo "$base /tmp *" >/srv/conf
check "the other table is looked at by --conf" prints 0 "$nothing" "$command" check --conf /srv/conf

echo "$wire" >/etc/pam.d/login
module=$(find /usr/lib /lib -name pam_privtmp.so 2>/dev/null | head -n 1)
mv "$module" "$module.away"
check "the module is not there" finds 1 \
        "fault: /etc/pam.d/login:1: $module is not there: nothing is private; install it, or take the line out"
mv "$module.away" "$module"

rival='does not go together with pam_privtmp.so in one stack; take one of the two out'
printf '%s\n' 'session optional pam_tmpdir.so' "$wire" >/etc/pam.d/login
check "libpam-tmpdir in the same stack" finds 0 "warning: /etc/pam.d/login:1: pam_tmpdir.so $rival"
printf '%s\n' "$wire" 'session required pam_namespace.so' >/etc/pam.d/login
check "pam_namespace without a table: nothing" finds 0 "$nothing"
echo '/var/tmp /var/tmp-inst/ level root' >/etc/security/namespace.conf
check "pam_namespace for another directory: nothing" finds 0 "$nothing"
mkdir /etc/security/namespace.d
echo '/tmp /tmp-inst/ level root' >/etc/security/namespace.d/tmp.conf
check "pam_namespace for the same directory" \
        finds 0 "warning: /etc/pam.d/login:2: pam_namespace.so $rival"
rm -r /etc/security/namespace.conf /etc/security/namespace.d
[ ! -d /usr/lib/pam.d ] || umount /usr/lib/pam.d
as_before

# ------------------------------------------------------------------ tmpfiles.d

here=/etc/tmpfiles.d/test.conf
old=aAmM:30d

# is_left_alone: what is old in an instance, by systemd-tmpfiles.
is_left_alone() {
        mkdir -p "$base/1000/aaaaaa/root"
        echo x >"$base/1000/aaaaaa/root/file"
        find "$base" -exec touch -d '2 years ago' {} +
        systemd-tmpfiles --clean --prefix=/var/lib
        [ -d "$base" ] || mkdir -m 700 "$base"
        test -e "$base/1000/aaaaaa/root/file"
}

rules() {
        mkdir -p /etc/tmpfiles.d /run/tmpfiles.d
        printf '%s\n' "$@" >"$here"
}

# reach FILE LINE
reach() {
        echo "warning: $1:$2: it would delete by age what is in the base $base; write a line \"x BASE/*\" into a file of /etc/tmpfiles.d"
}

# spares NAME RULE...: for us, and for systemd-tmpfiles.
spares() {
        name=$1
        shift
        [ $# = 0 ] || rules "$@"
        check "tmpfiles: $name: nothing" finds 0 "$nothing"
        check "tmpfiles: $name: and so it is" is_left_alone
}

# reaches NAME RULE...: the first of them.
reaches() {
        name=$1
        shift
        [ $# = 0 ] || rules "$@"
        check "tmpfiles: $name: is told" finds 0 "$(reach "${file:-$here}" 1)"
        check "tmpfiles: $name: and so it is" not is_left_alone
}

# A base that lies with others, and is not to be blamed for that.
if mountpoint -q "$base"; then
        spares "a rule for what is above a mount" "d /var/lib - - - $old"
        umount "$base"
fi
[ -d "$base" ] || mkdir -m 700 "$base"
mount -t tmpfs tmpfs /var/log

reaches "a rule for the base" "d $base - - - $old"
reaches "a rule for what is above" "d /var/lib/ - - - $old"
reaches "a rule in quotes" "d \"/var/lib\" - - - \"$old\""
reaches "a pattern that the base matches" "e /var/lib/p* - - - $old"
reaches "a pattern for what is in it" "e $base/[0-9]* - - - $old"
spares "no age" "d /var/lib - - -" "e /var/lib/p* - - - -"
spares "a comment" "#d /var/lib - - - $old"
spares "at boot only" "d! /var/lib - - - $old"
spares "a rule for something else" "d /var/lib/privtm - - - $old" "e /var/l?b/q* - - - $old"
spares "a pattern where patterns mean nothing" "d /var/l?b - - - $old"
spares "an x for the base" "d /var/lib - - - $old" "x $base"
spares "an x for what is in it" "d $base - - - $old" "x $base/*"
spares "another rule for the base" "d /var/lib - - - $old" "z $base 0700 root root"
reaches "an x for the base, and a rule for it" "d $base - - - $old" "x $base"
reaches "an x for something else" "d /var/lib - - - $old" "x /var/lib/*/privtmp"
spares "the first of two rules counts" "d $base - - - -" "d $base - - - $old"

rules "# nothing"
file=/run/tmpfiles.d/run.conf
echo "d /var/lib - - - $old" >"$file"
reaches "a rule in /run"
: >/etc/tmpfiles.d/run.conf
spares "a file of that name in /etc stands for it"
rm /etc/tmpfiles.d/run.conf
ln -s /dev/null /etc/tmpfiles.d/run.conf
spares "so does a link to /dev/null"
echo "x $base" >/etc/tmpfiles.d/aa.conf
rm /etc/tmpfiles.d/run.conf
spares "an x in another file"
rm /etc/tmpfiles.d/aa.conf /run/tmpfiles.d/run.conf
rules "d /var/lib - - - $old"
echo "d /var/lib - - - -" >/run/tmpfiles.d/aa.conf
spares "the first file of all folders, by its name, counts"
umount /var/log
rm -r "$base/1000"
as_before
mkdir /srv/alone
mount -t tmpfs -o mode=700 tmpfs /srv/alone
table "/srv/alone /tmp *"

# ------------------------------------------------------------------ the kernel

# without CALL: on a kernel that does not have it.
without() {
        strace -qq -o /dev/null -e "inject=$1:error=ENOSYS" "$command" check
}
old_kernel() {
        echo "fault: kernel: it has no $1(2), which came with Linux $2; boot Linux 5.12 or newer"
}
for call in open_tree move_mount fsopen fsconfig fsmount; do
        check "a kernel without $call" prints 1 "$(old_kernel $call 5.2)" without $call
done
check "a kernel without openat2" prints 1 "$(old_kernel openat2 5.6)" without openat2
check "a kernel without mount_setattr" prints 1 "$(old_kernel mount_setattr 5.12)
fault: kernel: can't make the mounts slave: Function not implemented; in a container, give it CAP_SYS_ADMIN" \
        without mount_setattr
check "no right to leave the mount namespace" prints 1 \
        "fault: kernel: can't leave the shared mount namespace: Operation not permitted; in a container, give it CAP_SYS_ADMIN" \
        setpriv --bounding-set -sys_admin --inh-caps -sys_admin "$command" check

# ------------------------------------------------------------------ what is not here

cat >"$tap/fake.c" <<'EOS'
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64
#include <dlfcn.h>
#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>

int is_selinux_enabled(void)
{
        return getenv("FAKE_SWITCH") != NULL;
}

int security_getenforce(void)
{
        return getenv("FAKE_ENFORCING") != NULL;
}

int security_get_boolean_active(const char *name)
{
        return strcmp(name, getenv("FAKE_SWITCH")) == 0 ? 0 : -1;
}

int fstatfs(int fd, struct statfs *fs)
{
        int (*real)(int, struct statfs *) = dlsym(RTLD_NEXT, "fstatfs64");
        int r = real(fd, fs);

        if (getenv("FAKE_NFS"))
                fs->f_type = 0x6969;
        return r;
}

int getpwnam_r(const char *name, struct passwd *entry, char *buffer, size_t size,
               struct passwd **ret)
{
        int (*real)(const char *, struct passwd *, char *, size_t, struct passwd **) =
                dlsym(RTLD_NEXT, "getpwnam_r");

        *ret = NULL;
        return strcmp(name, "far-away") == 0 ? EIO : real(name, entry, buffer, size, ret);
}
EOS
cc -w -shared -fPIC -o "$tap/fake.so" "$tap/fake.c" -ldl

# fake VARIABLE=VALUE...: another host than this.
fake() {
        env LD_PRELOAD="$tap/fake.so" ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0 "$@" \
                "$command" check
}

off='is off: programs that log users in may not mount'
if ldd "$command" | grep -q libselinux; then
        check "SELinux: the boolean is off" prints 1 \
                "fault: SELinux: the boolean polyinstantiation_enabled $off; switch it on by setsebool -P" \
                fake FAKE_SWITCH=polyinstantiation_enabled FAKE_ENFORCING=1
        check "SELinux: Debian's name of it, and nothing is enforced" prints 0 \
                "warning: SELinux: the boolean allow_polyinstantiation $off, once SELinux enforces; switch it on by setsebool -P" \
                fake FAKE_SWITCH=allow_polyinstantiation
        check "SELinux: it is on, or there is none: nothing" prints 0 "$nothing" fake FAKE_SWITCH=x
fi
check "a base on NFS" prints 1 \
        "fault: $conf:1: /srv/alone is on a network or FUSE file system; $rebase" fake FAKE_NFS=1
table "/srv/alone/privtmp /tmp *"
check "a base that would be on NFS" prints 1 \
        "fault: $conf:1: /srv/alone/privtmp would be on a network or FUSE file system; $rebase" \
        fake FAKE_NFS=1
table "/srv/alone /tmp far-away"
check "a user who can't be looked up" prints 1 \
        "fault: $conf:1: can't look up the user \"far-away\": Input/output error; see to the name service" \
        fake X=1

# ------------------------------------------------------------------ JSON

# The findings of a JSON text, as the other form has them.
cat >"$tap/as-text.pl" <<'EOS'
use JSON::PP;
local $/;
binmode STDOUT, ":utf8";
my $all = decode_json(<STDIN>);
for my $finding (@{$all->{findings}}) {
        my $line = defined $finding->{line} ? ":$finding->{line}" : "";
        die "no number" if defined $finding->{line} && encode_json([$finding->{line}]) =~ /"/;
        die "keys" if join(",", sort keys %$finding) ne "advice,line,severity,text,where";
        print "$finding->{severity}: $finding->{where}$line: $finding->{text}; $finding->{advice}\n";
}
EOS
as_text() {
        status=0
        "$command" check "$1" >"$tap/json" || status=$?
        perl "$tap/as-text.pl" <"$tap/json"
        return "$status"
}

printf '/srv/alone /tmp * \377b\303\266se\n/srv/alone /var/tmp "quoted"\n' >"$conf"
echo 'none /var/tmp nobody-there' >>"$conf"
printf '%s \033[31m\\x\n' "$wire" >/etc/pam.d/login
rm -f /etc/pam.d/sudo-i
text="fault: $conf:1: unknown option \"?böse\"; $mend
warning: $conf:2: there is no user \"\"quoted\"\"; it matches nobody, correct it or take it out
warning: $conf:3: there is no user \"nobody-there\"; it matches nobody, correct it or take it out
fault: /etc/pam.d/login:1: unknown argument \"?[31m\\x\": nobody can log in here; take it out"
check "whatever stands in a file, it is told as text" finds 1 "$text"
check "and as JSON, with the same words" prints 1 "$text" as_text --json
check "-J is --json" prints 1 "$text" as_text -J
as_before

finish
