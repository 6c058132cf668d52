#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# ways: every way in, beside systemd and logind.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/kit.sh"
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/stays.sh"
install_and_wire

# closers WAY: who would close. Of what systemd opens that is a process beside it; the one that has
# opened runs the command then, and "list" does not take it for the session's.
closers() {
        case $1 in
        machinectl|run0|PAMName=*) pgrep -u alice -f '^[(]sd-pam[)]' ;;
        *) openers "$1" ;;
        esac
}

has_closers() {
        test -n "$(closers "$1")"
}

# way NAME OTHERS: it opens a session, has the same /tmp as another login, closes, so that OTHERS are left
# of its kind; a kill of who would close takes nothing from who is there, and leaves nothing in the end.
way() {
        su alice -c 'stays other' &
        wait_long has_come other
        common=$(cat "$said/other.says")
        begin "$1"
        check "$1: somebody comes" wait_long has_come "$1"
        check "$1: has a session" has_closers "$1"
        check "$1: has the /tmp of another login" is_in "$common" "$1"
        rm -f /etc/cron.d/stays
        go "$1"
        case $1 in machinectl|run0|PAMName=*) ;; *)
                check "$1: closes" wait_long has_sessions "$1" "$2" ;;
        esac
        begin "$1"
        wait_long has_come "$1"
        rm -f /etc/cron.d/stays
        check "$1: kill -9 of who would close" sh -c "kill -KILL $(closers "$1" | tr '\n' ' ')"
        check "$1: they keep their /tmp" is_in "$common" "$1"
        check "$1: and the other login keeps it" is_in "$common" other
        go "$1"
        go other
        check "$1: nothing is left" is_cleaned alice
}

# What nobody has wired has the system's /tmp; so has run0, unless it gets a file like this.
check "systemd-run: has the system's /tmp" systemd-run --wait -q -p User=alice sh -c \
        'where | grep -x system'
for way in sshd sudo sudo-i login cron machinectl PAMName=login PAMName=cron; do
        way "$way" 0
done
way su 1

if command -v run0 >/dev/null; then
        # With Debian's policy PID 1 may not have the terminal that run0 hands it.
        setenforce 0
        check "run0: has the system's /tmp" says '^system' on_a_terminal 'run0 --user=alice where'
        cat >/etc/pam.d/systemd-run0 <<'EOS'
account  include  common-account
session  required pam_loginuid.so
session  include  common-session
session  [success=ok ignore=ignore module_unknown=ignore default=bad]  pam_privtmp.so
EOS
        way run0 0
fi

finish
