#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# power: the power fails while the wiring is tried, while sessions open and close, and while what they
# leave is deleted. tests/vm/run starts the machine again, with the disk as it was left.
#
# $PRIVTMP_CUTS is how often it fails amid sessions (1).

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/kit.sh"

# What this suite keeps on the disk: where it is, and the files of pam.d as they were.
state=/root/power
phase=install
cuts=${PRIVTMP_CUTS:-1}
[ ! -e "$state/now" ] || read -r phase cuts tap_count tap_failed <"$state/now"

# next PHASE: what the next boot goes on with. What comes after it may be lost, with this power.
next() {
        echo "$1 $cuts $tap_count $tap_failed" >"$state/now"
        sync "$state/now"
}

# cut: the power fails, some moments after the words are through.
cut() {
        echo "# power cut"
        sleep "$(shuf -i 1-4 -n 1).$(shuf -i 0-9 -n 1)"
        echo b >/proc/sysrq-trigger
        sleep 1000
}

pam_is_as_before() {
        diff -r "$state/pam.d" /etc/pam.d
}

all_log_in() {
        for user in alice bob uma; do
                says "/privtmp/$(id -u $user)/.*/root /tmp " as_ssh $user 'cat /proc/self/mountinfo' ||
                        return 1
        done
}

# Nothing but what bob's line keeps: what is for /tmp ends with a boot.
only_kept() {
        same "$(instances bob)" "$(find "$base" -mindepth 2 -maxdepth 2)" &&
                has_instances bob 1
}

# Logins, logouts and cleans without an end, and what they leave is more than a logout deletes.
busy() {
        while :; do as_ssh alice 'mkdir /tmp/d && cd /tmp/d && seq 2000 | xargs touch'; done &
        while :; do su sam -c 'seq 400 | sed s,^,/tmp/, | xargs touch'; done &
        while :; do privtmp clean; sleep 0.5; done &
        as_ssh uma 'touch /tmp/file; sleep 1000' &
        as_ssh bob 'touch /tmp/file /var/tmp/file; sleep 1000' &
} >/dev/null 2>&1

case $phase in
install)
        install_privtmp
        load_our_policy
        systemd-tmpfiles --create privtmp.conf
        systemctl enable privtmp-unwire.service
        mkdir -p "$state" /etc/security/privtmp.conf.d
        echo '/var/lib/privtmp /var/tmp bob keep=30d' >/etc/security/privtmp.conf.d/50.conf
        cp -a /etc/pam.d "$state/"
        sync
        next tried
        sleep 1000 | script -qec 'privtmp wire --try 1h' /dev/null >"$tap/try" 2>&1 &
        check "wire --try waits" wait_long grep -q 'Press Enter' "$tap/try"
        check "it is wired" grep -q 'pam_privtmp\.so' /etc/pam.d/sshd
        next tried
        cut
        ;;
tried)
        check "a try that nobody has confirmed is taken back at boot" pam_is_as_before
        check "nothing is pending" test ! -e /var/lib/misc/privtmp-wire/pending
        check "people log in as before" says 'system_u' as_ssh alice 'ls -dZ /tmp'
        wire sshd su sudo sudo-i login cron
        next wired
        cut
        ;;
wired)
        check "what was wired before the power failed is wired" \
                says '^sshd *true' privtmp wire --list
        check "all services are" not says ' false ' privtmp wire --list
        check "everybody logs in" all_log_in
        as_ssh bob 'echo kept >/var/tmp/kept; sync /var/tmp/kept'
        wait_long ssh_is_over bob
        next sessions
        busy
        cut
        ;;
sessions)
        echo "# $cuts more"
        check "everybody logs in at once" all_log_in
        check "nothing of bob's is lost" says '^kept$' as_ssh bob 'cat /var/tmp/kept'
        for user in alice bob uma; do
                wait_long ssh_is_over "$user"
        done
        check "clean succeeds" privtmp clean
        check "nothing is left but what is kept" wait_long only_kept
        check "no session is noted" same '' "$(ls -A /run/privtmp)"
        cuts=$((cuts - 1))
        if [ "$cuts" -gt 0 ]; then
                next sessions
                busy
                cut
        fi
        as_ssh alice 'touch /tmp/file; sleep 1000' &
        wait_long has_instances alice 1
        next reboot
        boot_again
        ;;
reboot)
        check "after a reboot amid a session everybody logs in" all_log_in
        for user in alice bob uma; do
                wait_long ssh_is_over "$user"
        done
        check "and clean brings the base to what is kept" privtmp clean
        check "so it is" wait_long only_kept
        check "unwire succeeds" privtmp unwire
        check "pam.d is as it was in the beginning" pam_is_as_before
        finish
        ;;
esac
