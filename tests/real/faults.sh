#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# faults: privtmp list, with an error of each system call in turn, and without memory for each thing
# that needs some. What an open and a close do then: module/failure.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../kit/tap.sh"
need su
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../kit/command.sh"
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../kit/faults.sh"

table "$base /tmp *" 'tmpfs /var/tmp alice'
start_session a su alice
start_session b su bob
in_session b 'echo 123 >/tmp/file'
check "list tells all that is there, or what it can't tell" \
        survives list "tree $base /run/privtmp" true true \
        list -n -o SOURCE,PATH

finish
