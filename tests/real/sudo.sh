#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# system-sudo: what root and others find in /tmp when alice runs sudo in her session.

. "$(dirname "$0")/../kit/tap.sh"
need su sudo

# Bob knows which names alice will use.
mkdir -m 777 /tmp/build
for file in /tmp/install.sh /tmp/only-bobs.sh /tmp/build/setup.sh; do
        runuser -u bob -- sh -c "echo 'echo BOB' >$file"
done
# The shell of this test, which is root, is the witness that the trap is set.
check "bob's files are in the system's /tmp" same BOB "$(sh /tmp/install.sh)"

start_session alice su - alice
in_session alice 'mkdir /tmp/build /tmp/empty
        echo "echo alice" >/tmp/install.sh
        echo "echo alice" >/tmp/build/setup.sh'

# ------------------------------------------------------------------ root

for sudo in 'sudo' 'sudo -i' 'sudo -s' 'sudo su root -c' 'sudo su - root -c'; do
        case $sudo in
        *-c) run="$sudo 'sh /tmp/install.sh'" ;;
        *) run="$sudo sh /tmp/install.sh" ;;
        esac
        check "$sudo: root finds the caller's /tmp, not what bob planted" \
                same alice "$(in_session alice "$run")"
done
check "sudo: below /tmp, a relative name is the caller's" \
        same alice "$(in_session alice 'cd /tmp/build; sudo sh ./setup.sh')"
check "sudo: the working directory stays" \
        same /tmp/build "$(in_session alice 'cd /tmp/build; sudo /bin/pwd')"
check "sudo: a name that only bob has is not there" \
        not in_session alice 'sudo sh /tmp/only-bobs.sh'
check "sudo: a relative name that only bob has is not there" \
        not in_session alice 'cd /tmp/empty; sudo sh ./setup.sh'
check "sudo: root's file is where the caller sees it" \
        same root "$(in_session alice 'sudo touch /tmp/made; stat -c %U /tmp/made')"
check "sudo: and not in the system's /tmp" not test -e /tmp/made
check "sudo: the caller can't put another file in place of root's" \
        not in_session alice 'mv /tmp/made /tmp/away'
check "sudo: nor remove it" not in_session alice 'rm -f /tmp/made'
check "sudo: root has no instance" has_instances root 0
in_session alice 'sudo rm /tmp/made'

# ------------------------------------------------------------------ other users

echo secret >/tmp/outside
in_session alice 'echo hers >/tmp/inside'
check "sudo -u bob: bob has a /tmp of his own" \
        same "" "$(in_session alice 'sudo -u bob ls -A /tmp')"
check "sudo -u bob: it is gone when sudo has ended" gone bob
check "sudo -u bob: the caller's /tmp is not" same hers "$(in_session alice 'cat /tmp/inside')"
check "sudo -u daemon: a system account has the system's /tmp" \
        same secret "$(in_session alice 'sudo -u daemon cat /tmp/outside')"
check "sudo -u daemon: and not the caller's" \
        not in_session alice 'sudo -u daemon ls /tmp/inside'
check "sudo -u daemon: and no instance" has_instances daemon 0

# ------------------------------------------------------------------ another table

end_session alice
check "sudo: nothing is left when the session has ended" gone alice

table '/var/lib/privtmp /tmp *' 'none /tmp root'
start_session alice su - alice
check "none /tmp root: root has the system's /tmp" \
        same secret "$(in_session alice 'sudo cat /tmp/outside')"
in_session alice 'echo hers >/tmp/inside'
check "none /tmp root: and not the caller's" not in_session alice 'sudo ls /tmp/inside'
check "none /tmp root: the caller still has her own" \
        same hers "$(in_session alice 'cat /tmp/inside')"
check "none /tmp root: with the mode of any /tmp" \
        same 1777 "$(in_session alice 'stat -c %a /tmp')"
check "none /tmp root: below /tmp, a relative name is still the caller's" \
        same hers "$(in_session alice 'cd /tmp; sudo cat ./inside')"
end_session alice
check "none /tmp root: nothing is left" gone alice

finish
