#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# system-exemption: root is let in for faults of the table and of the host, so that somebody can
# mend them; in a user's session only where the user's /tmp protects root. What a caller can bring
# about is another matter: caller.sh.

. "$(dirname "$0")/../kit/tap.sh"
need su sudo ssh sshd prlimit

sed -i 's/^root:[^:]*:/root::/' /etc/shadow
touch /tmp/mark-of-system

# Whose /tmp is it? To be run by whoever is let in.
# shellcheck disable=SC2016 # by that shell
whose='for i in system alice; do [ ! -e /tmp/mark-of-$i ] || echo $i; done'

# fault NAME: from now on each open that has something to do fails.
fault() {
        log_mark
        case $1 in
        table) echo '/var/lib/privtmp /tmp * bogus' >>/etc/security/privtmp.conf ;;
        host) chmod 755 "$base" ;;
        esac
}

mend() {
        sed -i '/bogus/d' /etc/security/privtmp.conf
        chmod 700 "$base"
}

start_sshd
for fault in table host; do
        table '/var/lib/privtmp /tmp *'
        fault "$fault"
        check "fault of the $fault: root comes in by ssh" same system "$(as_ssh root "$whose")"
        check "fault of the $fault: and the log says so, as critical" \
                log_says '^10\.2 .*sshd.*root is let in without a private directory: '
        check "fault of the $fault: alice gets root by sudo" same system \
                "$(runuser -u alice -- sudo -n sh -c "$whose")"
        check "fault of the $fault: and by su" same system \
                "$(runuser -u alice -- su root -c "$whose" </dev/null)"
        check "fault of the $fault: bob does not come in" not su bob -c true
        mend
done

# In a session: only where the kernel protects root from what is in the directory.
for mode in 1777 1770 0770 0700; do
        for fault in table host; do
                name="mode $mode, fault of the $fault"
                table "/var/lib/privtmp /tmp * mode=$mode" '/var/lib/privtmp /tmp root'
                start_session alice su - alice
                in_session alice 'touch /tmp/mark-of-alice'
                fault "$fault"
                wanted=
                [ "$mode" != 1777 ] || wanted=alice
                check "$name: root has her /tmp by sudo, or is denied" same "$wanted" \
                        "$(in_session alice "sudo -n sh -c '$whose' 2>/dev/null || :")"
                check "$name: and by su" same "$wanted" \
                        "$(in_session alice "su root -c '$whose' 2>/dev/null || :")"
                check "$name: and by su that root calls there" same "$wanted" \
                        "$(in_session alice "sudo -n su root -c '$whose' 2>/dev/null || :")"
                check "$name: bob does not come in" not in_session alice 'sudo -n -u bob true'
                mend
                end_session alice
        done
done

# What denies root in su and sudo lets a daemon's login pass. Root's own su is like one.
table '/var/lib/privtmp /tmp *'
log_mark
for n in $(seq 6 24); do
        prlimit --nofile="$n" su root -c "$whose" </dev/null || :
done >"$tap/saw" 2>/dev/null
check "too few descriptors for a daemon: root is let in" \
        log_says '^10\.2 .*root is let in without a private directory: .*Too many open files'
check "too few descriptors for a daemon: it has the system's /tmp" says '^system$' cat "$tap/saw"

finish
