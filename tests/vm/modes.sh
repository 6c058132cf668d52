#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# modes: where SELinux enforces nothing, where it is off, where its policy lacks ours, and where the
# module was built without it, things are as README says.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/kit.sh"

state=/root/modes

# sees USER PATTERN COMMAND
sees() {
        says "$2" as_ssh "$1" "grep -q '/root /tmp ' /proc/self/mountinfo && echo private; $3"
}

if [ ! -e "$state" ]; then
        install_privtmp
        systemd-tmpfiles --create privtmp.conf
        wire --force sshd

        log_mark
        check "enforcing, without our policy: nobody logs in" not as_ssh alice true
        check "enforcing, without our policy: root does" as_ssh root true
        check "the log says what is missing" wait_long log_says \
                'SELinux enforces a policy without the module privtmp'
        setsebool allow_polyinstantiation on
        check "a boolean of pam_namespace does not help" not as_ssh alice true
        check "check says so" says "^fault: SELinux: sshd may not make" privtmp check
        check "wire refuses" says '^privtmp: SELinux enforces a policy without ours' privtmp wire -n
        setsebool allow_polyinstantiation off

        setenforce 0
        log_mark
        check "permissive, without our policy: alice has a private /tmp" sees alice '^private$' true
        check "permissive: with the label of /tmp" sees uma ':tmp_t:s0 ' 'ls -dZ /tmp'
        check "permissive: the log does not call the policy missing" not log_says 'without the module'
        check "permissive: check warns" says "^warning: SELinux: sshd may not make" privtmp check
        check "permissive: that is no fault" not says "^fault" privtmp check
        setenforce 1

        load_our_policy
        module=$(find /usr/lib -name pam_privtmp.so)
        cp "$module" "$tap/module"
        install -m 644 /vm/plain.so "$module"
        restorecon -F "$module"
        log_mark
        # README: such a module gives no labels, so that users could not enter their /tmp
        check "built without SELinux, enforcing: a confined user can't enter /tmp" \
                not as_ssh uma 'touch /tmp/file'
        install -m 644 "$tap/module" "$module"
        restorecon -F "$module"
        check "built with it: she can" as_ssh uma 'touch /tmp/file'

        # by the kernel's command line: since Linux 6.4 /etc/selinux/config can't switch it off
        echo '# boot with lsm=landlock,lockdown,yama,integrity,bpf'
        echo "$tap_count $tap_failed" >"$state"
        sync "$state"
        boot_again
fi

read -r tap_count tap_failed <"$state"
check "SELinux is off" same Disabled "$(getenforce)"
check "off: alice has a private /tmp" sees alice '^private$' true
check "off: uma has" sees uma '^private$' 'touch /tmp/file'
check "off: check says nothing of SELinux" not says SELinux privtmp check
check "off: nothing is left" wait_long gone uma
finish
