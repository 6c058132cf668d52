#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# program: a test from elsewhere in the throw-away host that it is made for, on this machine's kernel
# and with this release's programs.
#
# usage: program.sh COMMAND [ARG...]

cd "$(dirname "$0")/../../build" || exit 1
PRIVTMP_MODULE=$(pwd)/pam_privtmp/pam_privtmp.so
PRIVTMP_COMMAND=$(pwd)/pam_privtmp/privtmp
# For a machine that is ten times slower than others.
export PRIVTMP_MUST_RUN=1 PRIVTMP_MODULE PRIVTMP_COMMAND CK_DEFAULT_TIMEOUT=600 CK_TIMEOUT_MULTIPLIER=4
exec sh ../tests/host/run -m "$PRIVTMP_MODULE" "$@"
