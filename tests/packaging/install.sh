#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# install: in the bare root that run has made, the life of the package (TAP).
#
# usage: install.sh WHAT-BUILD-SAID

set -eu
tap=/run/tap
mkdir "$tap"
# shellcheck source=tests/kit/case.sh
. /case.sh

first=$(echo /libpam-privtmp_0.1_*.deb)
next=$(echo /libpam-privtmp_0.1+next_*.deb)
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
useradd -m -s /bin/bash alice
mkdir -p /run/sshd ~/.ssh ~alice/.ssh
ssh-keygen -q -t ed25519 -N '' -f ~/.ssh/id_ed25519
cp ~/.ssh/id_ed25519.pub ~alice/.ssh/authorized_keys
# a service whose package is upgraded while it is wired
for version in 1 2; do
        mkdir -p "/service$version/DEBIAN" "/service$version/etc/pam.d"
        printf '%s\n' 'Package: some-service' "Version: $version" 'Architecture: all' \
                'Maintainer: nobody <nobody@localhost>' 'Description: a service' \
                >"/service$version/DEBIAN/control"
        echo /etc/pam.d/atd >"/service$version/DEBIAN/conffiles"
        printf '# version %s\n@include common-session\n' "$version" >"/service$version/etc/pam.d/atd"
        dpkg-deb -b --root-owner-group "/service$version" "/service$version.deb" >/dev/null
        rm -r "/service$version"
done
dpkg -i /service1.deb >/dev/null
cp -a /etc/pam.d "$tap/pam.d"

pamd_is_as_before() {
        diff -r "$tap/pam.d" /etc/pam.d
}

# The /tmp of a login of alice's by each of the ways in.
by_su() {
        su alice -c 'stat -c %d:%i /tmp'
}
by_su_l() {
        su - alice -c 'stat -c %d:%i /tmp'
}
by_sudo() {
        sudo -u alice stat -c %d:%i /tmp
}
# over a pipe: there is no network
by_ssh() {
        ssh -o ProxyCommand='/usr/sbin/sshd -i' -o StrictHostKeyChecking=no \
                -o UserKnownHostsFile=/dev/null alice@here 'stat -c %d:%i /tmp'
}
by_login() {
        rm -f /home/alice/tmp
        printf '%s\n' 'stat -c %d:%i /tmp >tmp' exit | python3 /terminal.py '$ ' login -f alice \
                >/dev/null
        cat /home/alice/tmp
}
# cron runs such jobs as soon as it starts
by_cron() {
        rm -f /home/alice/tmp /home/alice/done /run/crond.reboot
        echo '@reboot alice stat -c \%d:\%i /tmp >~/tmp; touch ~/done' >/etc/cron.d/alice
        cron -f &
        cron=$!
        until [ -e /home/alice/done ]; do sleep 0.1; done
        kill "$cron"
        wait "$cron" || true
        rm /etc/cron.d/alice
        cat /home/alice/tmp
}

ways='su su_l sudo ssh login cron'

# is_private WAY, is_shared WAY: a login works, and the /tmp is not the system's, or is.
is_private() {
        tmp=$("by_$1") && says '^[0-9]*:[0-9]*$' echo "$tmp" &&
                not same "$(stat -c %d:%i /tmp)" "$tmp"
}
is_shared() {
        same "$(stat -c %d:%i /tmp)" "$("by_$1")"
}

# The session of a su that stays until it is told to end.
open_session() {
        rm -f "$tap/until"
        mkfifo "$tap/until"
        chmod 666 "$tap/until"
        chmod 711 "$tap"
        su alice -c "echo mine >/tmp/mine; echo >$tap/until; read -r _ <$tap/until; cat /tmp/mine" \
                >"$tap/session" &
        session=$!
        read -r _ <"$tap/until"
}

end_session() {
        echo >"$tap/until"
        wait "$session"
        same mine "$(cat "$tap/session")"
}

# The policy's name, and the label that it gives.
has_policy() {
        semodule -l | grep -qx privtmp && says ':privtmp_t:' matchpathcon /var/lib/privtmp
}

check "it builds without a warning, and lintian finds nothing" same clean "$1"
check "it installs" dpkg -i "$first"
check "and wires nothing" pamd_is_as_before
check "the table is there" test -f /etc/security/privtmp.conf
for unit in privtmp-check.timer privtmp-clean.path privtmp-clean.timer privtmp-clean.service \
        privtmp-unwire.service; do
        check "$unit is enabled" test -n \
                "$(find /etc/systemd/system -name "$unit" -path '*.wants/*')"
done
check "the base is made" same '700 root:root' "$(stat -c '%a %U:%G' /var/lib/privtmp)"
check "the policy of SELinux is loaded, and has the label of the base" has_policy
check "check finds no fault" privtmp check
for way in $ways; do
        check "$way is not private yet" is_shared "$way"
done
check "it can be wired" privtmp wire
for way in $ways; do
        check "$way is private" is_private "$way"
done
check "while it is wired it can't be removed" not dpkg -r libpam-privtmp
check "the reason is said" says 'privtmp unwire' dpkg -r libpam-privtmp
check "su still works" is_private su
check "a service of another package is wired" grep -q pam_privtmp /etc/pam.d/atd
check "that package is upgraded, with its file" dpkg -i --force-confnew /service2.deb
check "check tells that it is not wired any more" \
        says '^fault: /etc/pam.d/atd: the line that "privtmp wire" has written is gone' privtmp check
cp /etc/pam.d/atd* "$tap/pam.d/" # and what dpkg keeps of the one before
open_session
check "it can be upgraded while a session is open" dpkg -i "$next"
check "the session keeps its files, and ends" end_session
check "nothing is left of it" same '' "$(find /var/lib/privtmp -name 'root')"
for way in $ways; do
        check "$way is private after the upgrade" is_private "$way"
done
mkdir -m 700 /srv/base
echo '/srv/base /var/tmp alice' >>/etc/security/privtmp.conf
open_session
privtmp clean >/dev/null # by which it knows the other base
check "it can be unwired" privtmp unwire
check "the files of pam.d are as before, but the one that was upgraded: it is the new one" \
        pamd_is_as_before
for way in $ways; do
        check "$way is not private any more" is_shared "$way"
done
echo 'session required pam_privtmp.so' >>/etc/pam.d/common-session
check "a line that was written by hand keeps it, too" not dpkg -r libpam-privtmp
check "and is named" says \
        "^privtmp: /etc/pam.d/common-session:$(wc -l </etc/pam.d/common-session): .*; take this line out by hand\$" \
        dpkg -r libpam-privtmp
sed -i '$d' /etc/pam.d/common-session
check "then it can be removed" dpkg -r libpam-privtmp
check "the command is gone" same '' "$(find /usr -name privtmp -type f -path '*bin*')"
check "a session that is still open keeps its directory" \
        test -e "$(find /var/lib/privtmp/*/*/root -name mine)"
for way in $ways; do
        check "$way works without it" is_shared "$way"
done
# What systemd writes where it runs.
mkdir -p /var/lib/systemd/timers
touch /var/lib/systemd/timers/stamp-privtmp-clean.timer
purge() {
        dpkg -P libpam-privtmp >"$tap/said.purge" 2>&1
}
check "it can be purged" purge
for base in /var/lib/privtmp /srv/base; do
        check "what stays in $base is said" grep -q " stay in ${base}[.]\$" "$tap/said.purge"
        check "and what to do" grep -q "over, as after a reboot: rm -rf $base\$" "$tap/said.purge"
        check "it stays" test -d "$base"
done
check "the session keeps its files, and ends" end_session
rm -rf /var/lib/privtmp /srv/base
check "its policy is gone" not says privtmp semodule -l
check "nothing is left" same '' "$(find / -xdev -path /proc -prune -o -name '*privtmp*' -print |
        grep -vE '^/(libpam-privtmp|run/)|^/var/log')"
finish
