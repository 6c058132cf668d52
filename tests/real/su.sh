#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# system-su: sessions of util-linux's su, and of runuser, which does without the module.

. "$(dirname "$0")/../kit/tap.sh"
need su runuser

mounts=$(cat /proc/self/mountinfo)
echo secret >/tmp/outside

# ------------------------------------------------------------------ su, su -

for su in 'su' 'su -'; do
        # shellcheck disable=SC2086 # two words
        start_session alice $su alice
        check "$su: a file of the system's /tmp is invisible inside" \
                not in_session alice 'ls /tmp/outside'
        in_session alice 'echo mine >/tmp/inside'
        check "$su: a file made inside is invisible outside" not test -e /tmp/inside
        check "$su: it lies in the user's instance" \
                same mine "$(cat "$(instances alice)/root/inside")"
        check "$su: the host's mounts are the same during the session" \
                same "$mounts" "$(cat /proc/self/mountinfo)"
        end_session alice
        check "$su: the instance is gone when su has ended" gone alice
        check "$su: the host's mounts are the same after the session" \
                same "$mounts" "$(cat /proc/self/mountinfo)"
done

check "su: the exit status of the command comes through" \
        same 7 "$(su alice -c 'exit 7' || echo $?)"
check "su: root has the system's /tmp" same secret "$(su root -c 'cat /tmp/outside')"
check "su: a system account has the system's /tmp" \
        same secret "$(su -s /bin/sh daemon -c 'cat /tmp/outside')"
check "su: and no instance" has_instances daemon 0

# ------------------------------------------------------------------ the working directory

mkdir -m 777 /tmp/sub
cd /tmp/sub
check "su: started below /tmp, the working directory is the top of the private /tmp" \
        same "$(printf '/tmp\n/tmp')" "$(su alice -c 'pwd -P; /bin/pwd')"
check "su: a relative name is then one in the private /tmp" \
        same "/tmp/relative" "$(su alice -c 'echo x >relative; ls /tmp/relative')"
check "su: and not where su was started" not test -e relative
mkdir -p /run/site/tmp /run/site/tmpfoo
table '/var/lib/privtmp /run/site/tmp *' 'inherit /run/site/tmp root'
cd /run/site/tmp
check "su: with another directory in the table, that one is private" \
        same /run/site/tmp "$(su alice -c 'echo x >relative; /bin/pwd')"
check "su: and what is written there is not in the system's" not test -e relative
check "su: while /tmp is the system's" same secret "$(su alice -c 'cat /tmp/outside')"
cd /run/site/tmpfoo
check "su: a working directory whose name only begins like the private one's stays" \
        same /run/site/tmpfoo "$(su alice -c '/bin/pwd')"
check "su: and is the same directory" \
        same "$(stat -c %i .)" "$(su alice -c 'stat -c %i .')"
cd /
table
check "su: nothing is left of all these sessions" gone alice

# ------------------------------------------------------------------ runuser

check "runuser: has the system's /tmp, its pam.d file does not name the module" \
        same secret "$(runuser -u alice -- cat /tmp/outside)"
check "runuser: with a session of its own, too" \
        same secret "$(runuser alice -c 'cat /tmp/outside')"
check "runuser: makes no instance" has_instances alice 0

finish
