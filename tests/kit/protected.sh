# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
#
# protected: what Linux does for root in sticky directories that all can write, as distributions
# have it: fs.protected_symlinks 1, fs.protected_fifos 1, fs.protected_regular 2, see sysctl.d(5)
# and Documentation/admin-guide/sysctl/fs.rst of the kernel. A throw-away host has the switches of
# this machine. Those that are off are put back at the end.

protected=/proc/sys/fs/protected

# switch NAME VALUE
switch() {
        was=$(cat "${protected}_$1")
        [ "$was" -lt "$2" ] || return 0
        echo "# fs.protected_$1 is $was on this machine; it is $2 until this test has ended"
        switched="$switched $1=$was"
        echo "$2" >"${protected}_$1" || true
        [ "$(cat "${protected}_$1")" = "$2" ] || {
                echo "Bail out! can't set fs.protected_$1 to $2, as every distribution has it"
                exit 1
        }
}

switch_back() {
        for pair in $switched; do
                echo "${pair#*=}" >"${protected}_${pair%=*}"
        done
}

switched=''
trap switch_back EXIT
switch symlinks 1
switch fifos 1
switch regular 2
