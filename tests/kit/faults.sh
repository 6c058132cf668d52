# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2154
#
# faults: for tests in which whatever a command does fails, behind tap.sh and command.sh.

need strace python3
LEAN=${PRIVTMP_LEAN:-$(dirname "${PRIVTMP_COMMAND:?}")/../tests/liblean.so}
REFUSE=${PRIVTMP_REFUSE:-$(dirname "${PRIVTMP_COMMAND:?}")/../tests/refuse}
export LEAN REFUSE tap
unset LD_LIBRARY_PATH # of the build: each of its folders is searched for each library

# survives [-m] [-t] SCENE STATE PREPARE CHECK VERB [ARG...]: see faults.py.
survives() {
        survives_how=
        while [ "${1#-}" != "$1" ]; do
                survives_how="$survives_how $1"
                shift
        done
        survives_scene=$1 survives_state=$2 survives_prepare=$3 survives_check=$4
        shift 4
        # shellcheck disable=SC2086 # one word an option
        python3 "${0%/*}/../kit/faults.py" $survives_how "$survives_scene" "$command" \
                "$survives_state" "$survives_prepare" "$survives_check" "$@" >&3 2>&1
}
