#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# boot: the machine is what the other suites take it for, and the module is installed in it.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/kit.sh"

is_running() {
        case $(systemctl is-system-running) in running|starting) ;; *)
                systemctl --failed --no-legend
                return 1 ;;
        esac
}

kernel_of_release() {
        case $(sed -n 's/^VERSION_ID="\(.*\)"/\1/p' /etc/os-release) in
        12) echo "6\.1\." ;;
        13) echo "6\.12\." ;;
        esac
}

check "Linux is the release's" says "^$(kernel_of_release)" uname -r
check "systemd has started everything" is_running
check "SELinux enforces its policy" same Enforcing "$(getenforce)"
check "the suite runs as an administrator" says unconfined_t id -Z
check "alice is a user as Debian maps them" says 'unconfined_u:unconfined_r:unconfined_t' \
        as_ssh alice 'id -Z'
check "sam is staff_u" says 'staff_u:staff_r:staff_t' as_ssh sam 'id -Z'
check "uma is user_u" says 'user_u:user_r:user_t' as_ssh uma 'id -Z'
check "logins are sessions of logind" says '^[0-9]' as_ssh alice "echo \$XDG_SESSION_ID"

install_privtmp
check "the command is there" says privtmp privtmp --version

finish
