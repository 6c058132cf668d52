#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# system-wrong: lines with a fault in them. Each denies the login with one line in the log that says
# where the fault is and what it is, and none changes anything on the host.

. "$(dirname "$0")/../kit/tap.sh"
need su

# All that a login could leave behind: mounts, and files with their times.
host() {
        cat /proc/self/mountinfo
        find /tmp /run /srv /etc/security -xdev \
                \( -path /run/host -o -path /run/log -o -path /run/utmp -o -path "$tap" \) \
                -prune -o \
                -printf '%p %i %M %u %g %l %T@ %C@\n'
        find /var/lib /var/tmp -maxdepth 1 -printf '%p %i %M %u %g\n'
}

# A good line first, which makes the session private: nothing of it may be begun.
good='/var/lib/privtmp /tmp *,!root'
mkdir -m 755 /srv/open
mkdir -m 700 /srv/base /srv/tmp /srv/tmp/sub
ln -s /tmp /srv/link
touch /srv/file
mkdir -m 1777 /srv/everybodys
mkdir -m 755 /srv/everybodys/sub

# wrong LINE MESSAGE: the message is what follows "FILE:2: ".
wrong() {
        table "$good" "$1"
        host >"$tap/before"
        log_mark
        check "$1: denied" not su alice -c 'touch ~/ran'
        check "$1: $2" wait_for log_is "10.3 pam_privtmp(su:session): alice is denied: $conf:2: $2"
        host >"$tap/after"
        check "$1: nothing has changed" cmp "$tap/before" "$tap/after"
}

conf=/etc/security/privtmp.conf

# log_is TEXT: the one line of ours since log_mark, without its time and process.
log_is() {
        same "$1" "$(sed "1,$(cat "$tap/mark")d" /run/log/messages | grep pam_privtmp |
                sed 's/^\(10\.[0-9]\) .* \(pam_privtmp(su:session):\)/\1 \2/')"
}

columns='columns, where source, directory, users and maybe options belong'
source='is no absolute path in its shortest form, and not "tmpfs", "none" or "inherit"'
glob='option "share" must be names such as .X11-unix:krb5cc_*, each may have @OWNER'
time='option "keep" must be a time such as 30m, 12h or 2d, a year at most'

# The line itself.
wrong '/srv/base' "1 column, where source, directory, users and maybe options belong"
wrong '/srv/base /srv/tmp' "2 $columns"
wrong '/srv/base /srv/tmp * exec 0 0' "6 $columns"
wrong '/srv/base /srv/tmp * exec # comment' "6 $columns; a comment stands on a line of its own"
wrong '/srv/base /srv/tmp * exec, dev' "5 $columns; there is no blank before or after a comma"
wrong '/srv/tmp /srv/tmp-inst/ level root,adm' 'directory "/srv/tmp-inst/" is no absolute path in'\
' its shortest form; it looks like a line of namespace.conf: here the base stands first, then the'\
' directory, the users and the options'
wrong '36 35 98:0 /' "can't be read as a line of fstab(5)"
wrong "$(printf '/srv/base /srv/tmp *\r')" 'ends as lines of Windows do (CR LF);'\
" take the carriage returns out of the file: sed -i 's/\\r\$//' FILE"
wrong "$(printf '\357\273\277/srv/base /srv/tmp *')" "source \"$(printf '\357\273\277')/srv/base\" $source;"\
' it begins with a byte order mark: save the file without one'
# Source and directory.
wrong 'base /srv/tmp *' "source \"base\" $source"
wrong '/srv//base /srv/tmp *' "source \"/srv//base\" $source"
wrong 'UUID=0000 /srv/tmp *' "source \"UUID=0000\" $source"
wrong '/srv/base srv/tmp *' 'directory "srv/tmp" is no absolute path in its shortest form'
wrong '/srv/base /srv/tmp/ *' 'directory "/srv/tmp/" is no absolute path in its shortest form'\
'; leave the "/" at the end out'
wrong '/srv/base / *' 'directory "/" is no absolute path in its shortest form'
# Users.
wrong '/srv/base /srv/tmp tmpfs size=1G' \
        'users: "tmpfs" belongs to another column, the third one names users'
wrong '/srv/base /srv/tmp noexec' 'users: "noexec" belongs to another column, the third one names users'
wrong '/srv/base /srv/tmp mode=0770,exec' \
        'users: "mode=0770" belongs to another column, the third one names users'
wrong '/srv/base /srv/tmp !bob' 'users: "!bob" only excludes, it needs an item without "!"'
wrong '/srv/base /srv/tmp alice,,bob' 'users: "" names nobody'
wrong '/srv/base /srv/tmp @' 'users: "@" names no group'
wrong '/srv/base /srv/tmp 9:1' 'users: "9:1" is a range whose end lies before its beginning'
wrong '/srv/base /srv/tmp 4294967295' 'users: "4294967295" is not a uid'
# Limits on disk, where there are no quotas.
wrong '/srv/base /srv/tmp * size=1G' "size= and nr_inodes= need a file system of the base's own,"\
' mounted on /srv/base'
mkdir -m 700 /srv/mounted
mount -t tmpfs -o mode=700 tmpfs /srv/mounted
for option in size=1G nr_inodes=4k; do
        wrong "/srv/mounted /srv/tmp alice $option" 'no user quotas are in force on /srv/mounted: it'\
' must be ext4, xfs or a tmpfs, mounted with usrquota'
done
umount /srv/mounted
wrong '/srv/none /srv/tmp * size=1G' '/srv/none, a file system of its own, is not mounted'
wrong '/var/lib/privtmp /srv/tmp * size=1G' 'size= and nr_inodes= are not those of line 1 (/tmp),'\
' which has the same base'
# Options.
wrong '/srv/base /srv/tmp * bogus' 'unknown option "bogus"'
wrong '/srv/base /srv/tmp * defaults' 'unknown option "defaults"'
wrong '/srv/base /srv/tmp * noexec,noexec' \
        'option "noexec" contradicts or repeats an earlier one'
wrong '/srv/base /srv/tmp * noexec,exec' 'option "exec" contradicts or repeats an earlier one'
wrong '/srv/base /srv/tmp * nodev=1' 'option "nodev" takes no value'
wrong '/srv/base /srv/tmp * mode=0777' 'option "mode" must be 1777, 1770, 0770 or 0700'
wrong '/srv/base /srv/tmp * mode=0700,mode=0700' 'option "mode" stands there twice'
wrong '/srv/base /srv/tmp * scope=host' 'option "scope" must be user or session'
wrong '/srv/base /srv/tmp * end=never' 'option "end" must be idle or close'
wrong '/srv/base /srv/tmp * keep=1' "$time"
wrong '/srv/base /srv/tmp * keep=1h,end=close' 'option "keep" contradicts "end=close"'
wrong '/srv/base /srv/tmp * share=a/b' "$glob"
wrong '/srv/base /srv/tmp * share=..' "$glob"
wrong '/srv/base /srv/tmp * share=a@' "$glob"
wrong 'tmpfs /srv/tmp * size=1X' 'option "size" must be a size such as 512M, 2G or 10%'
wrong 'tmpfs /srv/tmp * nr_inodes=5%' 'option "nr_inodes" must be a number such as 4096 or 100k'
wrong 'tmpfs /srv/tmp * keep=1h' \
        'option "keep" does not go with tmpfs, which ends with its last process'
wrong 'none /srv/tmp * exec' 'source "none" takes no options'
wrong '/srv/base /srv/tmp * share="a:b' 'options have no quotes and no backslashes'
wrong '/srv/base /srv/tmp * exec,,dev' "the options can't be read"
# The whole table.
wrong '/tmp/base /srv/tmp *' \
        "the base /tmp/base is below the directory /tmp of $conf:1"
wrong '/srv/tmp /srv/tmp *' \
        "the base /srv/tmp is the directory /srv/tmp of $conf:2"
wrong '/srv/base /tmp/sub *' "the directory /tmp/sub is below the directory /tmp of $conf:1"
# The host. What the good line needs is made by then, and taken away again: but the folder of the
# base stays, and one in it for the user.
table "$good"
su alice -c true
wrong '/srv/none/base /srv/tmp *' '/srv/none: No such file or directory'
wrong '/srv/open /srv/tmp *' '/srv/open has mode 0755, it must be 0700'
wrong '/srv/link /srv/tmp *' '/srv/link: /srv/link is a symbolic link'
wrong '/srv/base /srv/link *' '/srv/link: /srv/link is a symbolic link'
wrong '/srv/base /srv/file *' '/srv/file: Not a directory'
wrong '/srv/base /srv/none *' '/srv/none: No such file or directory'
wrong '/srv/base /srv/everybodys/sub *' \
        '/srv/everybodys/sub: others than root can write /srv/everybodys'
check "no instance was left" same "" "$(find "$base" -mindepth 2)"
check "nothing was ever run" not test -e /home/alice/ran

finish
