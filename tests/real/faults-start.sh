#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# faults-start: the verbs that start a program: enter with an error of each system call in turn, and
# both without memory for each thing that needs some. What an open and a close do, as of run:
# module/failure.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../kit/tap.sh"
need su
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../kit/command.sh"
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../kit/faults.sh"
rm -f /srv/ran

table "$base /tmp *"
state="'$command' clean >/dev/null; find $base /run/privtmp -printf '%p %y %l\n' | sort; cat /srv/ran"

# starts [-m] [-t] SCENE VERB [ARG...]: what is started leaves a file. It ran, or it is said why not.
starts() {
        starts_how=
        while [ "${1#-}" != "$1" ]; do
                starts_how="$starts_how $1"
                shift
        done
        starts_scene=$1
        shift
        # shellcheck disable=SC2086 # one word an option
        survives $starts_how "$starts_scene" "$state" 'rm -f /srv/ran' true \
                "$@" -- /bin/sh -c 'echo ran >/srv/ran'
}

start_session a su alice
in_session a 'echo mine >/tmp/file'
mkdir -m 700 "$base/.trash" "$base/.work" # which stay
chmod 1777 /srv
check "enter: a live session" starts "enter a session" enter alice
check "at a terminal, as the user" starts -t "enter -u" enter -u alice
plant "$base" 1002 keptAA now 3600
check "what has no session" starts "enter what is kept" enter bob
check "run: without memory" starts -m run run -u carol
check "the session is as it was" same mine "$(in_session a 'cat /tmp/file')"

finish
