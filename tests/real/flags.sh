#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# system-flags: what can't be done in a private /tmp.

. "$(dirname "$0")/../kit/tap.sh"
need su sudo

# A setuid program of root's and a device, by root, in alice's /tmp.
make_bad_files() {
        in_session alice 'sudo cp /usr/bin/id /tmp/id; sudo chmod 4755 /tmp/id
                sudo mknod -m 666 /tmp/zero c 1 5'
}

start_session alice su - alice
in_session alice 'cp /bin/true /tmp/true; cp /bin/sh /tmp/sh'

check "flags: a program in /tmp is not run" \
        says 'Permission denied' in_session alice '/tmp/true'
make_bad_files
check "flags: a setuid program in /tmp is not run" \
        says 'Permission denied' in_session alice '/tmp/id -u'
check "flags: a device in /tmp is not opened" \
        says 'Permission denied' in_session alice 'head -c 1 /tmp/zero'
check "flags: not even by root" \
        says 'Permission denied' in_session alice 'sudo head -c 1 /tmp/zero'
check "flags: the mount says noexec, nosuid and nodev" \
        same 3 "$(in_session alice 'findmnt -rno SOURCE,VFS-OPTIONS --mountpoint /tmp' |
                grep '/root\]' | grep -ow 'noexec\|nosuid\|nodev' | wc -l)"
end_session alice
check "flags: setuid files and devices are removed as others are" gone alice

table '/var/lib/privtmp /tmp * exec' 'inherit /tmp root'
start_session alice su - alice
make_bad_files
check "exec: a program in /tmp is run, but setuid is without effect" \
        same 1001 "$(in_session alice '/tmp/id -u')"
check "exec: a device in /tmp is still not opened" \
        says 'Permission denied' in_session alice 'head -c 1 /tmp/zero'
end_session alice

table '/var/lib/privtmp /tmp * exec,suid,dev' 'inherit /tmp root'
start_session alice su - alice
make_bad_files
check "exec,suid,dev: a setuid program has its effect" same 0 "$(in_session alice '/tmp/id -u')"
check "exec,suid,dev: a device is opened" in_session alice 'head -c 1 /tmp/zero'
end_session alice
check "exec,suid,dev: nothing is left" gone alice

finish
