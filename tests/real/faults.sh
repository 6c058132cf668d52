#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# faults: privtmp list, with an error of each system call in turn, and without memory for each thing
# that needs some. What an open and a close do then: module/failure.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../kit/tap.sh"
need su strace python3
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../kit/command.sh"
kit=$(dirname "$0")/../kit
LEAN=${PRIVTMP_LEAN:-$(dirname "${PRIVTMP_COMMAND:?}")/../tests/liblean.so}
export LEAN tap

# survives SCENE STATE PREPARE VERB [ARG...]: see kit/faults.py.
survives() {
        survives_scene=$1 survives_state=$2 survives_prepare=$3
        shift 3
        python3 "$kit/faults.py" "$survives_scene" "$command" "$survives_state" \
                "$survives_prepare" "$@" >&3 2>&1
}

table "$base /tmp *" 'tmpfs /var/tmp alice'
start_session a su alice
start_session b su bob
in_session b 'echo 123 >/tmp/file'
check "list tells all that is there, or what it can't tell" \
        survives list "find $base /run/privtmp -printf '%p %y %l\n' | sort" true \
        list -n -o SOURCE,PATH

finish
