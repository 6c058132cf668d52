#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# limits: a benchmark of what size= and nr_inodes= cost an open (tests/bench/limits.c), on ext4 and xfs.
#
# The machine is emulated: only how the two compare says something of others.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/kit.sh"

# disk KIND NAME OPTION: a fresh file system on /bench/NAME
disk() {
        truncate -s 400M "/var/tmp/$1.$2"
        case $1 in
        ext4) mke2fs -q -t ext4 -O quota,project -E quotatype=usrquota "/var/tmp/$1.$2" ;;
        xfs) mkfs.xfs -q "/var/tmp/$1.$2" ;;
        esac
        mkdir -p "/bench/$2"
        mount -t "$1" -o "loop,$3" "/var/tmp/$1.$2" "/bench/$2"
        chmod 700 "/bench/$2"
}

# measure KIND: what it prints goes out, too
measure() {
        "$tap/limits" /bench/pam.d alice /bench/plain /bench/limited 200 >"$tap/figures"
        measure_status=$?
        sed "s/^/# $1: /" "$tap/figures" >&3
        return "$measure_status"
}

install_privtmp
systemd-tmpfiles --create privtmp.conf
modprobe loop
gcc -D_GNU_SOURCE -O2 -I/vm/tests -o "$tap/limits" /vm/tests/bench/limits.c -lpam -lm
mkdir -p /bench/pam.d
for kind in ext4 xfs; do
        disk "$kind" plain defaults
        case $kind in ext4) disk ext4 limited usrquota ;; xfs) disk xfs limited uquota ;; esac
        check "$kind: opens with and without limits are measured" measure "$kind"
        umount /bench/plain /bench/limited
done
finish
