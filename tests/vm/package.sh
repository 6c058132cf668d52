#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# package: the Debian package is installed and wired, the machine starts again, every service logs in,
# the package is upgraded under an open session, unwired, removed and purged.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/kit.sh"
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/stays.sh"

# What this suite keeps on the disk: where it is, and the files of pam.d as they were.
state=/root/package
phase=install
[ ! -e "$state/now" ] || read -r phase tap_count tap_failed <"$state/now"
ways='sshd su sudo sudo-i login cron atd'

# sees WAY PATTERN: alice logs in that way; "where" says this of her /tmp.
sees() {
        # With Debian's policy neither at nor atd may have their own files, so that no job is run.
        [ "$1" != atd ] || setenforce 0
        begin "$1"
        wait_long has_come "$1" || {
                cat "$tap/begun"
                return 1
        }
        cp "$said/$1.says" "$tap/sees"
        rm -f /etc/cron.d/stays
        go "$1" && says "$2" cat "$tap/sees"
}

atd_is_idle() {
        not pgrep -P "$(pgrep -o -x atd)"
}

# all_see WHEN PATTERN
all_see() {
        for way in $ways; do
                check "$way $1" sees "$way" "$2"
        done
        wait_long atd_is_idle
        setenforce 1
}

# pam_files: all of pam.d, with owner, mode and label
pam_files() {
        find /etc/pam.d -exec stat -c '%n %A %U:%G %C' {} + | sort
        find /etc/pam.d -type f -exec sha256sum {} + | sort
}

pam_is_as_before() {
        pam_files | diff "$state/pam.d" -
}

# has_label FILE
has_label() {
        same system_u:object_r:privtmp_t:s0 "$(stat -c %C "$1")"
}

# The session from before the upgrade has its /tmp, which a new one joins.
keeps_its_tmp() {
        is_in "$open" sshd && as_ssh alice 'ls /tmp/mine'
}

# By a pipe: semodule may not write to the file that "says" looks into.
has_policy() {
        semodule -l | grep -qx privtmp
}

nothing_is_left() {
        same '' "$(find / -xdev -path /vm -prune -o -name '*privtmp*' -print)"
}

case $phase in
install)
        mkdir "$state"
        pam_files >"$state/pam.d"
        check "it installs" dpkg -i /vm/libpam-privtmp_0.1_*.deb
        check "and wires nothing" pam_is_as_before
        for unit in privtmp-clean.service privtmp-unwire.service; do
                check "$unit is enabled" systemctl is-enabled "$unit"
        done
        for unit in privtmp-check.timer privtmp-clean.path privtmp-clean.timer; do
                check "$unit is active" is "$unit" active
        done
        check "our policy is loaded" has_policy
        check "the base is made, with its label" has_label "$base"
        check "/run/privtmp is, too" has_label /run/privtmp
        check "check finds no fault" privtmp check
        check "it can be wired" privtmp wire
        # Alice lingers: nothing but the close of her sessions takes her directory away. Not by loginctl:
        # with Debian 13's policy a su takes logind its bus.
        install -d /var/lib/systemd/linger
        touch /var/lib/systemd/linger/alice
        restorecon -R /var/lib/systemd/linger
        echo "wired $tap_count $tap_failed" >"$state/now"
        sync
        boot_again
        ;;
wired)
        for unit in privtmp-check.timer privtmp-clean.path privtmp-clean.timer; do
                check "$unit is active after the reboot" is "$unit" active
        done
        check "/run/privtmp is made anew, with its label" has_label /run/privtmp
        all_see "is private after the reboot" '^1001/'

        as_ssh alice 'touch /tmp/mine; stays sshd' &
        wait_long has_come sshd
        open=$(cat "$said/sshd.says")
        check "it can be upgraded while a session is open" dpkg -i /vm/libpam-privtmp_0.1+next_*.deb
        check "the session keeps its /tmp, and the next joins it" keeps_its_tmp
        go sshd
        check "its close removes the directory" wait_long gone alice
        all_see "is private after the upgrade" '^1001/'

        check "while it is wired it can't be removed" not dpkg -r libpam-privtmp
        check "the reason is said" says 'privtmp unwire' dpkg -r libpam-privtmp
        check "logins go on" sees sshd '^1001/'
        check "it can be unwired" privtmp unwire
        check "pam.d is as it was before" pam_is_as_before
        check "then it can be removed" dpkg -r libpam-privtmp
        all_see "has the system's /tmp" '^system$'
        check "it can be purged" dpkg -P libpam-privtmp
        check "our policy is gone" not has_policy
        check "nothing is left" nothing_is_left
        check "people log in" sees sshd '^system$'
        finish
        ;;
esac
