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
useradd -m alice
cp -a /etc/pam.d "$tap/pam.d"

pamd_is_as_before() {
        diff -r "$tap/pam.d" /etc/pam.d
}

has_own_tmp() {
        not same "$(stat -c %d:%i /tmp)" "$(su alice -c 'stat -c %d:%i /tmp')"
}

# The session of a su that stays until it is told to end.
open_session() {
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

check "it builds without a warning, and lintian finds nothing" same clean "$1"
check "it installs" dpkg -i "$first"
check "and wires nothing" pamd_is_as_before
check "the table is there" test -f /etc/security/privtmp.conf
for unit in privtmp-clean.path privtmp-clean.timer privtmp-clean.service privtmp-unwire.service; do
        check "$unit is enabled" test -n \
                "$(find /etc/systemd/system -name "$unit" -path '*.wants/*')"
done
check "check finds no fault" privtmp check
check "it can be wired" privtmp wire
check "su has a /tmp of its own" has_own_tmp
check "while it is wired it can't be removed" not dpkg -r libpam-privtmp
check "the reason is said" says 'privtmp unwire' dpkg -r libpam-privtmp
check "su still works" has_own_tmp
open_session
check "it can be upgraded while a session is open" dpkg -i "$next"
check "the session keeps its files, and ends" end_session
check "nothing is left of it" same '' "$(find /var/lib/privtmp -name 'root')"
check "su works after the upgrade" has_own_tmp
check "it can be unwired" privtmp unwire
check "the files of pam.d are as before" pamd_is_as_before
check "then it can be removed" dpkg -r libpam-privtmp
check "the command is gone" same '' "$(find /usr -name privtmp -type f -path '*bin*')"
check "su works without it" su alice -c true
check "it can be purged" dpkg -P libpam-privtmp
check "nothing is left" same '' "$(find / -xdev -path /proc -prune -o -name '*privtmp*' -print |
        grep -vE '^/(libpam-privtmp|run/)|^/var/log')"
finish
