#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# system-login: sessions of login, as on a console.

. "$(dirname "$0")/../kit/tap.sh"
need login python3

echo secret >/tmp/outside
mounts=$(cat /proc/self/mountinfo)

check "login: alice logs in" \
        as_login alice 'echo mine >/tmp/inside; ls -A /tmp >seen; stat -c "%a %U %G" /tmp >mode'
check "login: her /tmp has her file and nothing else" same inside "$(cat /home/alice/seen)"
check "login: it is root's, of her group, with the sticky bit" \
        same "1777 root alice" "$(cat /home/alice/mode)"
check "login: the file is not in the system's /tmp" not test -e /tmp/inside
check "login: the instance is gone after logout" wait_for gone alice
check "login: the host's mounts are the same" same "$mounts" "$(cat /proc/self/mountinfo)"

as_login root 'cat /tmp/outside >seen'
check "login: root has the system's /tmp" same secret "$(cat /root/seen)"

table '/var/lib/privtmp /tmp * bogus'
log_mark
as_login alice 'touch ran' || true
check "login: refused where the table is broken" not test -e /home/alice/ran
check "login: for that reason" log_says 'login.*/etc/security/privtmp.conf:1: .*bogus'
rm /root/seen
as_login root 'id -u >seen'
check "login: but not for root" same 0 "$(cat /root/seen)"

finish
