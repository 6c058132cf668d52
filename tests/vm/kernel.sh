#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# kernel: on this release's own kernel and with its programs: the test of one user against all others,
# random steps, the tests of the module, what users plant. Elsewhere they run on the kernel of whoever
# runs them, and on an imitation of Linux 6.1. Each program is a case here, in a throw-away host of its own
# (tests/host), which knows nothing of SELinux: the kernel is started without it.
#
# $PRIVTMP_PROGRAMS are those that run, if not all; $PRIVTMP_STEPS is the number of random steps (2000).

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/kit.sh"

cd /vm/build
PRIVTMP_MODULE=$(pwd)/pam_privtmp/pam_privtmp.so
PRIVTMP_COMMAND=$(pwd)/pam_privtmp/privtmp
PRIVTMP_STEPS=${PRIVTMP_STEPS:-2000}
# For a machine that is ten times slower than others.
export PRIVTMP_MUST_RUN=1 PRIVTMP_MODULE PRIVTMP_COMMAND PRIVTMP_STEPS \
        CK_DEFAULT_TIMEOUT=600 CK_TIMEOUT_MULTIPLIER=4

# holds NAME: what tests/count takes for a program without a failure.
holds() {
        echo "$1" >"$tap/tests"
        python3 -c 'import json, sys
print(json.dumps({"name": sys.argv[1], "returncode": int(sys.argv[2]), "result": "OK",
                  "stdout": open(sys.argv[3], errors="replace").read()}))' \
                "$1" "$program_status" "$tap/out" >"$tap/testlog.json"
        python3 /vm/tests/count 0 "$tap" >"$tap/sum" || {
                cat "$tap/sum" "$tap/out"
                return 1
        }
}

# program NAME COMMAND [ARG...]: as tests/host/run has them
program() {
        program_name=$1
        shift
        case " ${PRIVTMP_PROGRAMS:-$program_name} " in
        *" $program_name "*) ;;
        *) return 0 ;;
        esac
        program_start=$(date +%s)
        program_status=0
        sh /vm/tests/host/run -m "$PRIVTMP_MODULE" "$@" >"$tap/out" 2>&1 || program_status=$?
        check "$program_name" holds "$program_name"
        echo "# $program_name: $(tail -n 1 "$tap/sum"), $(($(date +%s) - program_start)) s"
        grep '^# to take' "$tap/out" || true
}

check "the kernel has no SELinux" same Disabled "$(getenforce)"
uname -r | sed 's/^/# Linux /'
program veto -b ext4 sh /vm/tests/real/veto.sh
program protected -b ext4 sh /vm/tests/real/protected.sh
program random tests/test-random
program random-memory tests/test-random-memory
case $(uname -r) in
6.1.*) ;; # lists no mount namespaces
*)
        program veto-listed -1 sh /vm/tests/real/veto.sh listed
        program random-listed -1 tests/test-random
        ;;
esac
for file in /vm/tests/module/*.c; do
        name=$(basename "$file" .c)
        program "$name" "tests/test-$name"
done

finish
