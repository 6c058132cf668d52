#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# system-check: privtmp check: each of its findings, brought about.
#
# The wiring is looked at in check-wiring.sh, the rules of tmpfiles.d in check-tmpfiles.sh.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../kit/tap.sh"
need su sudo runuser setpriv strace perl cc python3
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
                not says "^fault:.*; $mend_conf\$" "$command" check --conf /srv/conf
        none "and nothing to be warned of, but names that are not there" \
                "$("$command" check --conf /srv/conf | grep '^warning' | grep -v ': there is no ')"
done
echo "$base /tmp * mode=1707" >/srv/conf
check "which would be told" says "^fault:.*; $mend_conf\$" "$command" check --conf /srv/conf

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
where='where source, directory, users and maybe options belong'
columns="columns, $where"
column="column, $where"
check "every fault of every file is told, in one run" finds 1 \
        "fault: $conf:2: 1 $column; $mend
fault: $conf:3: unknown option \"bogus\"; $mend
fault: $conf:5: 2 $columns; $mend
fault: $conf.d/10-a.conf:1: users: \"3:2\" is a range whose end lies before its beginning; $mend
fault: $conf.d/20-b.conf: has a NUL byte at offset 11; $mend
fault: $conf.d/40-d.conf: belongs to uid 1002, not to root; $mend
fault: $conf.d/10-a.conf:2: the base /tmp/b is below the directory /tmp of $conf:4; $mend
fault: $conf.d/10-a.conf:2: the base /tmp/b is below the directory /tmp of $conf.d/10-a.conf:2; $mend
fault: $conf.d/30-c.conf:1: the directory /tmp/x is below the directory /tmp of $conf:4; $mend
fault: $conf.d/30-c.conf:1: the directory /tmp/x is below the directory /tmp of $conf.d/10-a.conf:2; $mend
fault: $conf.d/10-a.conf:2: /tmp/b: others than root can write /tmp; $parents"
log_mark
check "a login is denied" not su alice -c true
check "and names the first of them" wait_for log_says "^10\..*: $conf:2: 1 $column"
check "and no other" not log_says "$conf:3:"
rm -r "$conf.d"/*
table "$base /tmp *"
chmod 777 "$conf.d"
check "a folder that others can write" finds 1 \
        "fault: $conf.d: others than root can write $conf.d; $mend"
as_before

absent='give the absolute path of a file that is there'
check "--conf: a file that is not there" prints 1 \
        "fault: /srv/none: No such file or directory; $absent" "$command" check --conf /srv/none
check "--conf: a name that is none" prints 1 \
        "fault: srv/conf: is no absolute path in its shortest form; $absent" \
        "$command" check --conf srv/conf
echo 'none /tmp' >/srv/conf
check "--conf: the file is read instead of the others" prints 1 \
        "fault: /srv/conf:1: 2 $columns; $mend_conf" "$command" check --conf /srv/conf
chown bob /srv/conf
check "--conf: a file that the module would not read" prints 1 \
        "fault: /srv/conf: belongs to uid 1002, not to root; $mend_conf" \
        "$command" check --conf /srv/conf
rm /srv/conf

empty='no line makes a directory private: everybody has the system'"'"'s; add one, see EXAMPLES in privtmp.conf(5)'
table '# all gone'
check "a table without lines" finds 0 "warning: $conf: $empty"
table 'none /tmp *' 'inherit /tmp root'
check "a table in which nothing is private" finds 0 "warning: $conf: $empty"
echo '# empty' >/srv/conf
check "the same of a file that is named" prints 0 "warning: /srv/conf: $empty" \
        "$command" check --conf /srv/conf
table bogus
check "where its lines have faults, these are told" finds 1 "fault: $conf:1: 1 $column; $mend"
sed -i '/^[^#]*pam_privtmp\.so/d' /etc/pam.d/*
check "as long as no service is wired, all can log in" says \
        "^fault: $conf:1: 1 $column; $mend_conf\$" "$command" check
as_before

move='put it behind that line, or take it out'
table "$base /tmp alice" "$base /tmp alice"
check "two lines for the same users" finds 0 \
        "warning: $conf:1: no login has this line: $conf:2, which stands behind it, is for all of its users; $move"
table "$base /tmp alice exec" "$base /tmp *" 'none /tmp root' 'none /tmp root'
check "a line for few before a line for all, and two for the same" finds 0 \
        "warning: $conf:4: sudo in a session finds the system's /tmp, where anybody may have put a file of the same name as the user's; write \"inherit\", see Root in privtmp.conf(5)
warning: $conf:1: no login has this line: $conf:2, which stands behind it, is for all of its users; $move
warning: $conf:3: no login has this line: $conf:4, which stands behind it, is for all of its users; $move"
mkdir -p "$conf.d"
table "$base /tmp alice,1005" "$base /tmp 1005,alice" "$base /tmp *,!root"
echo "$base /tmp *" >"$conf.d/50-site.conf"
check "other users, and a drop-in, which may replace lines" finds 0 "$nothing"
rm "$conf.d/50-site.conf"

table "$base /tmp alice,nobody-there,!@no-such-group share=.x@no-such-owner"
check "users and groups that do not exist" finds 0 \
        "warning: $conf:1: there is no user \"nobody-there\"; it matches nobody, correct it or take it out
warning: $conf:1: there is no group \"no-such-group\"; it matches nobody, correct it or take it out
warning: $conf:1: there is no user \"no-such-owner\"; it matches nobody, correct it or take it out"
table "$base /tmp alice,ALL,all,adm"
check "a word of other programs for everybody, and a group without its sign" finds 0 \
        "warning: $conf:1: there is no user \"ALL\"; it matches nobody: \"*\" stands for everybody
warning: $conf:1: there is no user \"all\"; it matches nobody: \"*\" stands for everybody
warning: $conf:1: there is no user \"adm\"; it matches nobody: there is a group of this name, which is written @NAME"

table "tmpfs /tmp alice size=10" "tmpfs /tmp bob size=1023k" "tmpfs /tmp carol size=1m" \
        "tmpfs /tmp daemon size=1%"
check "a size that is hardly meant" finds 0 \
        "warning: $conf:1: size=10 is less than a mebibyte; write such as 10%, 500m or 2g, unless it is meant
warning: $conf:2: size=1023k is less than a mebibyte; write such as 10%, 500m or 2g, unless it is meant"

leave="leave them out with \"!\", as in \"*,!0:999\", or name them one by one if they are meant"
table "$base /tmp *" 'none /tmp 1:999' 'inherit /tmp root' 'none /tmp carol,@games'
mkdir -p "$conf.d"
echo "$base /tmp * exec" >"$conf.d/50-site.conf"
check "a line for all that takes in whom earlier lines leave out" finds 0 \
        "warning: $conf.d/50-site.conf:1: takes in 1:999, whom $conf:2 leaves with the system's /tmp; $leave
warning: $conf.d/50-site.conf:1: takes in root, whom $conf:3 leaves with the caller's /tmp; $leave
warning: $conf.d/50-site.conf:1: takes in carol, whom $conf:4 leaves with the system's /tmp; $leave
warning: $conf.d/50-site.conf:1: takes in @games, whom $conf:4 leaves with the system's /tmp; $leave"
echo "$base /tmp *,!0:999,!carol,!@games exec" >"$conf.d/50-site.conf"
check "and one that leaves them out, too" finds 0 "$nothing"
printf '%s\n' "$base /tmp 990:1500" "$base /tmp daemon,33,root" >"$conf.d/50-site.conf"
check "a range that takes in some of them; who is named is meant" finds 0 \
        "warning: $conf.d/50-site.conf:1: takes in 1:999, whom $conf:2 leaves with the system's /tmp; $leave
warning: $conf.d/50-site.conf:1: takes in carol, whom $conf:4 leaves with the system's /tmp; $leave"
echo "$base /tmp @games" >"$conf.d/50-site.conf"
sed -i '/^games:/s/$/root/' /etc/group
check "a group that root is in" finds 0 \
        "warning: $conf.d/50-site.conf:1: takes in root, whom $conf:3 leaves with the caller's /tmp; $leave
warning: $conf.d/50-site.conf:1: takes in @games, whom $conf:4 leaves with the system's /tmp; $leave"
sed -i '/^games:/s/root$//' /etc/group
rm "$conf.d/50-site.conf"
table 'none /tmp *,!root' "$base /tmp *,!root,!bin"
check "a line for all that leaves all with the system's is the rule, not an exception" \
        finds 0 "$nothing"

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
        "$base /srv alice mode=0700" 'none /srv root' "$base /opt * mode=0700"
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

table "$base /tmp *"
mkdir /etc/security/privtmp.conf.d
touch /etc/security/privtmp.conf.d/50-site /etc/security/privtmp.conf.d/.50.swp \
        /etc/security/privtmp.conf.d/50.conf.bak /etc/security/privtmp.conf.d/README
check "a drop-in that is none by its name" finds 0 \
        "warning: $conf.d/50-site: is not read: its name does not end in .conf; give it a name that does"
check "which is nothing to another table" prints 0 "$nothing" "$command" check --conf "$conf"
as_before

# ------------------------------------------------------------------ bases and directories

mkdir -m 700 /srv/good /srv/bobs /srv/file-above
mkdir -m 755 /srv/open
ln -s good /srv/link
chown bob /srv/bobs
echo x >/srv/file
mount -t tmpfs tmpfs /srv/good
chmod 700 /srv/good
table "/srv/open /tmp alice" "/srv/bobs /tmp bob" "/srv/link /tmp carol" "/srv/file /tmp daemon" \
        "/srv/none/base /tmp bin" "/tmp/base /var/tmp alice" "/srv/good /tmp *,!root"
check "bases that no login can use" finds 1 \
        "fault: $conf:6: the base /tmp/base is below the directory /tmp of $conf:1; $mend
fault: $conf:6: the base /tmp/base is below the directory /tmp of $conf:2; $mend
fault: $conf:6: the base /tmp/base is below the directory /tmp of $conf:3; $mend
fault: $conf:6: the base /tmp/base is below the directory /tmp of $conf:4; $mend
fault: $conf:6: the base /tmp/base is below the directory /tmp of $conf:5; $mend
fault: $conf:7: the directory /tmp is above the base /tmp/base of $conf:6; $mend
fault: $conf:1: /srv/open has mode 0755, it must be 0700; $chmod
fault: $conf:2: /srv/bobs belongs to uid 1002, not to root; $other
fault: $conf:3: /srv/link: /srv/link is a symbolic link; name the directory that it leads to
fault: $conf:4: /srv/file: Not a directory; $other
fault: $conf:5: /srv/none: No such file or directory; make the parent: a login makes no more than the last component
fault: $conf:6: /tmp/base: others than root can write /tmp; $parents"
table "/srv/bobs/base /tmp *"
check "a base that lies in a user's directory" finds 1 \
        "fault: $conf:1: /srv/bobs/base: /srv/bobs belongs to uid 1002, not to root; $parents"

# Who does what check says takes no directory from those whose it is.
mkdir -m 755 /srv/full /srv/empty /srv/empty/1001 /srv/empty/.trash /srv/empty/.trash/x
echo x >/srv/full/file
advice() {
        "$command" check | sed -n 's/^fault: [^ ]*: \(\/[^ :]*\)[: ].*; /\1: /p' | grep -v 'lines out$'
}
table "/srv/empty /z alice" "/srv/full /z bob" "/dev/shm /z carol" "/var /z daemon" \
        "/tmp /srv/d *" "/home/alice/p /z bin" "/var/tmp /z *"
check "a directory that others may use is never to be closed or taken" \
        same "/srv/empty: $chmod
/srv/full: $other
/dev/shm: $other
/var: $other
/tmp: $other
/home/alice/p: $parents
/var/tmp: $other" "$(advice)"
# What a base has is root's. /run/user has folders with the same names; where few have logged in,
# there are none but root's. Elsewhere is nothing at the moment.
mkdir -m 755 /run/user/0 /run/user/1001 /srv/homes /srv/homes/1001 /srv/shared /srv/acl
chown alice /run/user/1001 /srv/homes/1001
chmod 1777 /srv/shared
# as "setfacl -m u:alice:rx /srv/acl"
python3 -c 'import os, struct
entries = (1, 7, 2**32 - 1), (2, 5, 1001), (4, 5, 2**32 - 1), (16, 5, 2**32 - 1), (32, 5, 2**32 - 1)
os.setxattr("/srv/acl", "system.posix_acl_access",
            struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *one) for one in entries))'
table "/run/user /z alice" "/srv/homes /z bob" "/srv/shared /z carol" "/srv/acl /z daemon" \
        "/run/sshd /z bin"
check "nor are folders that only look like a base, or have nothing in them for now" \
        same "/run/user: $other
/srv/homes: $other
/srv/shared: $other
/srv/acl: $other
/run/sshd: $other" "$(advice)"
rmdir /run/user/1001
check "nor is /run/user while only root is in" same "/run/user: $other" "$(advice | head -n 1)"
rmdir /run/user/0
table "/tmp /var/lib/privtmp *"
check "nor is /tmp where source and directory are exchanged" \
        same "/tmp: $other" "$(advice)"
mkdir -m 755 /srv/outer /srv/outer/in
table "/srv/outer /srv/outer/in *"
check "nor is one that a directory of the table lies in" same "/srv/outer: $other" "$(advice | head -n 1)"
table "/srv/outer/in /srv/outer *"
check "or that lies in one" same "/srv/outer/in: $other" "$(advice | head -n 1)"
as_before

table "/srv/good /nothing *" "/srv/good /srv/link bob" "inherit /nothing-too bob"
check "directories that can't be covered" finds 1 \
        "fault: $conf:1: /nothing: No such file or directory; mend it, or take its lines out
fault: $conf:2: /srv/link: /srv/link is a symbolic link; mend it, or take its lines out"

table "/srv/good /home *"
check "a directory that sessions need" finds 0 \
        "warning: $conf:1: who has a private /home finds nothing in it of what is there; name one for temporary files, such as /tmp or /dev/shm"

# Times that the kernel sets can't be changed, but the clock can be told wrong.
cat >"$tap/day.c" <<'EOF'
#include <time.h>

time_t time(time_t *ret)
{
        struct timespec now;

        clock_gettime(CLOCK_REALTIME, &now);
        now.tv_sec += 24 * 60 * 60 + 60;
        if (ret)
                *ret = now.tv_sec;
        return now.tv_sec;
}
EOF
cc -shared -fPIC -o "$tap/day.so" "$tap/day.c"
in_a_day() {
        LD_PRELOAD="$tap/day.so" "$command" check
}

table "/srv/good /tmp *"
mkdir -p /srv/good/.stuck/1001.aaaaaa
check "what clean could not delete" finds 0 \
        "warning: $conf:1: /srv/good/.stuck has 1 that could not be deleted; run \"privtmp clean\", which says why"
rm -r /srv/good/.stuck
mkdir -p /srv/good/.trash/1001.aaaaaa /srv/good/.work/1001.bbbbbb
check "what is in the trash since today" finds 0 "$nothing"
run='have "privtmp clean" run: enable its units, or see examples/cron.d'
check "what is in the trash since yesterday" says \
        "^warning: $conf:1: 2 in the trash of /srv/good should have been deleted more than a day ago; $run\$" \
        in_a_day
rm -r /srv/good/.trash /srv/good/.work
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

# ------------------------------------------------------------------ bases of before

# left BASE N
left() {
        echo "warning: $1: private directories are left in this base, which no line names: $2; \"privtmp clean BASE\" deletes what is not used and not kept any more, \"privtmp list BASE\" tells what is"
}

table "/srv/before /tmp *"
plant /srv/before 1001 aaaaaa
"$command" clean >/dev/null
plant /srv/before 1001 aaaaaa
table "tmpfs /tmp *"
check "a base of before that has something left" finds 0 "$(left /srv/before 1)"
check "list shows it" same "alice /tmp stale" \
        "$("$command" list -n -o USER,DIRECTORY,STATE /srv/before | xargs)"
check "list shows of a user alone what is the user's" same "" "$("$command" list -n bob /srv/before)"
mkdir -m 700 /srv/before/.trash/1001.bbbbbb
check "what is in its trash counts" finds 0 "$(left /srv/before 2)"
"$command" clean /srv/before >/dev/null
check "a base of before that is empty" finds 0 "$nothing"
plant /srv/before 1001 aaaaaa
table "/srv/before /tmp *"
check "a base that a line names again" not says 'are left in this base' "$command" check
rm -r /srv/before
table "tmpfs /tmp *"
check "a base of before that is gone" finds 0 "$nothing"
rm -r /var/lib/misc/privtmp-bases
plant "$base" 1001 aaaaaa
check "the base of the built-in table, though clean has never run" finds 0 "$(left "$base" 1)"
rm -r "$base/1001"
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
        "warning: $conf:1: $base is by another name above /srv/d1 of $conf:1; keep one of the two"
umount /srv/d1 /srv/base
mount --bind "$base" /srv/d1
check "a directory that is a base, by another name" finds 0 \
        "warning: $conf:1: $base is by another name /srv/d1 of $conf:1; keep one of the two"
umount /srv/d1
rmdir "$base/in"
mkdir -m 700 /srv/up /srv/up/base
mount --bind /srv/up /srv/d1
table "/srv/up/base /srv/d1 bob"
check "a directory that a base lies in, by another name" finds 0 \
        "warning: $conf:1: /srv/up/base is by another name below /srv/d1 of $conf:1; keep one of the two"
umount /srv/d1
rm -r /srv/up
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

# ------------------------------------------------------------------ the kernel

mkdir /srv/alone
mount -t tmpfs -o mode=700 tmpfs /srv/alone
table "/srv/alone /tmp *"

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
        "fault: $conf:1: /srv/alone is on a network or FUSE file system; $local" fake FAKE_NFS=1
table "/srv/alone/privtmp /tmp *"
check "a base that would be on NFS" prints 1 \
        "fault: $conf:1: /srv/alone/privtmp would be on a network or FUSE file system; $local" \
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

printf '/srv/alone /tmp * \377b\303\266se\342\202\254\360\237\230\200\303\n/srv/alone /var/tmp "quoted"\n' >"$conf"
echo 'none /var/tmp nobody-there' >>"$conf"
wire='session [success=ok ignore=ignore module_unknown=ignore default=bad] pam_privtmp.so'
printf '%s \033[31m\\x\n' "$wire" >/etc/pam.d/login
rm -f /etc/pam.d/sudo-i
text="fault: $conf:1: unknown option \"?böse€😀?\"; $mend
warning: $conf:2: there is no user \"\"quoted\"\"; it matches nobody, correct it or take it out
warning: $conf:3: there is no user \"nobody-there\"; it matches nobody, correct it or take it out
fault: /etc/pam.d/login:1: unknown argument \"?[31m\\x\": nobody can log in here; take it out"
check "whatever stands in a file, it is told as text" finds 1 "$text"
check "and as JSON, with the same words" prints 1 "$text" as_text --json
check "-J is --json" prints 1 "$text" as_text -J
as_before

finish
