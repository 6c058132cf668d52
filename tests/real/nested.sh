#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# system-nested: sessions inside of sessions, by su and sudo.

. "$(dirname "$0")/../kit/tap.sh"
need su sudo unshare

echo secret >/tmp/outside
mounts=$(cat /proc/self/mountinfo)

# nested HOW [COMMAND...]: all of it, with the outer session started by COMMAND su.
nested() {
        how=$1
        shift
        start_session alice "$@" su - alice
        in_session alice 'echo of alice >/tmp/note'

        # Another user.
        type_in alice 'su bob'
        check "$how su bob: it is bob" same bob "$(in_session alice 'id -un')"
        check "$how su bob: alice's file is not there" not in_session alice 'ls /tmp/note'
        check "$how su bob: the system's file is not there" \
                not in_session alice 'ls /tmp/outside'
        check "$how su bob: bob can write" in_session alice 'echo of bob >/tmp/note'
        check "$how su bob: into an instance of bob's" \
                same "of bob" "$(cat "$(instances bob)/root/note")"
        check "$how su bob: nothing of alice's is left under bob's /tmp" \
                not in_session alice "grep ' /[^ ]*1001/[^ ]*/root /tmp ' /proc/self/mountinfo"
        check "$how su bob: a direct session of bob's has the same /tmp" \
                same "of bob" "$(su - bob -c 'cat /tmp/note')"

        # One more in there.
        type_in alice 'su - carol'
        check "$how su carol in su bob: it is carol" \
                same carol "$(in_session alice 'id -un')"
        check "$how su carol in su bob: nobody else's file is there" \
                same "" "$(in_session alice 'ls -A /tmp')"
        type_in alice exit
        check "$how, back from carol: bob's /tmp" \
                same "of bob" "$(in_session alice 'cat /tmp/note')"
        check "$how, back from carol: her instance is gone" has_instances carol 0

        type_in alice exit
        check "$how, back from bob: alice's /tmp" \
                same "of alice" "$(in_session alice 'cat /tmp/note')"
        check "$how, back from bob: his instance is gone" gone bob

        # The same user, and accounts without a /tmp of their own.
        check "$how su alice: the same /tmp" \
                same "of alice" "$(in_session alice 'su alice -c "cat /tmp/note"')"
        check "$how su alice: her instance outlives it" has_instances alice 1
        check "$how sudo -u alice: the same /tmp" \
                same "of alice" "$(in_session alice 'sudo -u alice cat /tmp/note')"
        check "$how sudo: root has the caller's /tmp" \
                same "of alice" "$(in_session alice 'sudo cat /tmp/note')"
        check "$how sudo -u bob in sudo: bob has his own" \
                same "" "$(in_session alice 'sudo sudo -u bob ls -A /tmp')"
        check "$how sudo -u daemon: the system's /tmp" \
                same secret "$(in_session alice 'sudo -u daemon cat /tmp/outside')"

        # The working directory.
        in_session alice 'mkdir /tmp/build'
        check "$how su bob below /tmp: the working directory is the top of bob's /tmp" \
                same /tmp "$(in_session alice 'cd /tmp/build; su bob -c "/bin/pwd"')"
        check "$how su bob elsewhere: the working directory stays" \
                same / "$(in_session alice 'cd /; su bob -c "/bin/pwd"')"

        # A nested session may be the longer one.
        in_session alice 'setsid su bob -c "echo his >/tmp/his
                until test -e ~/end; do sleep 0.1; done
                ls -A /tmp >~/saw; touch ~/done" >/dev/null 2>&1 &'
        wait_for has_instances bob 1
        end_session alice
        runuser -u bob -- touch /home/bob/end
        wait_for test -e /home/bob/done
        check "$how su bob, longer than the outer session: bob still has his /tmp" \
                same his "$(cat /home/bob/saw)"
        check "$how su bob, longer than the outer session: it goes when su ends" \
                wait_for has_instances bob 0
        rm /home/bob/end /home/bob/saw /home/bob/done
        su alice -c true
        check "$how: in the end nothing is left of alice" has_instances alice 0
        check "$how: the host's mounts are the same" \
                same "$mounts" "$(cat /proc/self/mountinfo)"
        rm -rf "$base/.trash/"*
}

nested "nested"
# The way back to where the outer session began is open in process 1's mount namespace only.
nested "nested, in a sandbox" unshare -m --propagation slave

finish
