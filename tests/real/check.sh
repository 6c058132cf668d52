#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# system-check: privtmp check: each of its findings, brought about.
#
# The wiring is looked at in check-wiring.sh.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../kit/tap.sh"
need su sudo runuser setpriv strace perl cc systemd-tmpfiles
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../kit/check.sh"

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

for example in "$(dirname "$0")"/../../examples/tables/*; do
        cp "$example" /srv/conf
        check "no line of examples/tables/$(basename "$example") has a fault" \
                not says "; $mend\$" "$command" check --conf /srv/conf
done
echo "$base /tmp * mode=1707" >/srv/conf
check "which would be told" says "; $mend\$" "$command" check --conf /srv/conf

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
unchecked: /etc/sudoers: Permission denied; run it as root
unchecked: kernel: whether a login may leave the shared mount namespace; run it as root
unchecked: kernel: how many mount namespaces are left: Operation not permitted; run it as root" as_alice

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

# with_at_most NUMBER: mount namespaces, in a user namespace whose limit can be set.
with_at_most() {
        unshare -Urm sh -c "echo $1 >/proc/sys/user/max_mnt_namespaces; '$command' check; :"
}
check "when mount namespaces run short it warns" \
        says "^warning: kernel: [12] mount namespaces of 2 are in use" with_at_most 2
check "else it does not" not says "mount namespaces of" with_at_most 100

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
wire='session [success=ok ignore=ignore module_unknown=ignore default=bad] pam_privtmp.so'
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
