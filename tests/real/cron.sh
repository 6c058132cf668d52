#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# system-cron: jobs of Debian's cron. @reboot ones, because these run as soon as cron starts.

. "$(dirname "$0")/../kit/tap.sh"
need cron su

# jobs LINE...: runs these lines of a system crontab.
jobs() {
        mkdir -p /etc/cron.d
        printf '%s\n' "$@" >/etc/cron.d/jobs
        rm -f /run/crond.reboot
        cron -f &
        cron=$!
}

stop_cron() {
        kill "$cron"
        wait "$cron" 2>/dev/null || true
}

echo secret >/tmp/outside
mounts=$(cat /proc/self/mountinfo)

start_session alice su - alice
in_session alice 'echo hers >/tmp/inside'
jobs '@reboot alice cat /tmp/inside >~/seen; ls -A /tmp >~/list; touch /tmp/by-cron ~/done' \
     '@reboot bob   ls -A /tmp >~/list; echo his >/tmp/inside; touch ~/done' \
     '@reboot root  cat /tmp/outside >~/seen; touch ~/done' \
     '@reboot daemon cat /tmp/outside >/run/tap/daemon; touch /run/tap/daemon.done'
: >/run/tap/daemon
: >/run/tap/daemon.done
chmod 666 /run/tap/daemon*
wait_for test -e /home/alice/done
wait_for test -e /home/bob/done
wait_for test -e /root/done
wait_for test -s /run/tap/daemon
check "cron: alice's job has the /tmp of her session" same hers "$(cat /home/alice/seen)"
check "cron: and nothing of the system's" same inside "$(cat /home/alice/list)"
check "cron: her session sees what the job made" in_session alice 'ls /tmp/by-cron'
check "cron: bob's job has an empty /tmp" same "" "$(cat /home/bob/list)"
check "cron: what it wrote is not in the system's /tmp" not test -e /tmp/inside
check "cron: bob's is gone when the job has ended" wait_for gone bob
check "cron: root's job has the system's /tmp" same secret "$(cat /root/seen)"
check "cron: a system account's, too" same secret "$(cat /run/tap/daemon)"
stop_cron
end_session alice
check "cron: alice's is gone when the session has ended" gone alice
check "cron: the host's mounts are the same" same "$mounts" "$(cat /proc/self/mountinfo)"

table '/var/lib/privtmp /tmp * bogus'
log_mark
jobs '@reboot bob touch ~/ran' '@reboot root touch ~/ran'
check "cron: with a broken table root's job runs" wait_for test -e /root/ran
check "cron: for bob the log says where the fault is" \
        wait_for log_says 'cron.*/etc/security/privtmp.conf:1: .*bogus'
stop_cron
check "cron: and bob's job does not run" not test -e /home/bob/ran

finish
