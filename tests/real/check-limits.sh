#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# check-limits: privtmp check: size= and nr_inodes= of lines with a base. What it says where there
# are quotas: tests/vm/quota.sh.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../kit/tap.sh"
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../kit/check.sh"
: >/etc/subuid
see='see Limits on a disk in privtmp.conf(5)'
quotas="no user quotas are in force on /srv/mounted: it must be ext4, xfs or a tmpfs, mounted with \
usrquota"

mkdir -m 700 /srv/mounted /srv/folder
mount -t tmpfs -o mode=700 tmpfs /srv/mounted
table "/srv/folder /tmp alice size=1G"
check "a base that is no file system of its own" finds 1 \
        "fault: $conf:1: size= and nr_inodes= need a file system of the base's own, mounted on /srv/folder; $see"
table "/srv/none /tmp alice nr_inodes=4k"
check "a base that is not mounted" finds 1 \
        "fault: $conf:1: /srv/none, a file system of its own, is not mounted; $see"
table "/srv/mounted /tmp alice size=1G"
check "a file system without quotas" finds 1 "fault: $conf:1: $quotas; $see"
chmod 755 /srv/mounted
check "a base that can't be used is told of as such, once" finds 1 \
        "fault: $conf:1: /srv/mounted has mode 0755, it must be 0700; $chmod"
chmod 700 /srv/mounted

echo alice:100000:65536 >/etc/subuid
check "users who can give files to uids without a limit" finds 1 "fault: $conf:1: $quotas; $see
warning: /etc/subuid: users with subordinate uids can give these what they write, and so pass the limits of $conf:1; take out the users who must keep to size= and nr_inodes="
rm /etc/subuid
check "who has no such file has none" finds 1 "fault: $conf:1: $quotas; $see"

table "/srv/mounted /tmp alice" "/srv/mounted /var/tmp bob size=1G" "/srv/mounted /opt bob"
check "other limits in the same base" finds 1 \
        "warning: $conf:2: size= and nr_inodes= are not those of line 1 (/tmp), which has the same base: who has both is denied; give both the same, or let no user have both
fault: $conf:2: $quotas; $see
warning: $conf:3: size= and nr_inodes= are not those of line 2 (/var/tmp), which has the same base: who has both is denied; give both the same, or let no user have both"

finish
