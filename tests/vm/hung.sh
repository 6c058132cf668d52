#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# hung: alice holds the kernel's lock of a directory in her /tmp (kit/hold.c), and nobody closes her
# session: what deletes it hangs. The units of systemd go on for everybody else.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/kit.sh"
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/stays.sh"
install_and_wire

# starts: how often the service was started since log_mark
starts() {
        journalctl --sync
        journalctl -q --no-pager -o cat --cursor "$(cat "$tap/cursor")" -u privtmp-clean.service |
                grep -c '^Starting' || true
}

# has_run TIMES: since log_mark, and runs no more
has_run() {
        same "$1" "$(starts)" && not is privtmp-clean.service activating
}

# trash NAME: something of bob's for the path unit, with what clean takes for its own form
trash() {
        install -d -m 700 "$base/.trash" "$base/.trash/1002.$1" "$base/.trash/1002.$1/root"
}

# hanging: processes of ours that no signal ends
hanging() {
        pgrep -x -r D privtmp | wc -l
}

# She lingers: logind's unit of her would else have it cleaned before the path unit has.
loginctl enable-linger alice
wait_long is user@1001.service active
as_ssh alice 'mkdir /tmp/d && touch /tmp/d/file && stays sshd' &
wait_long has_come sshd
cp /vm/hold "$tap/hold"
setpriv --reuid 1001 --regid 1001 --clear-groups \
        "$tap/hold" dents "/proc/$(pgrep -x -o stays)/root/tmp/d" >"$tap/held" 2>&1 &
check "alice holds a lock" wait_long grep -q held "$tap/held"
server=$(sed -n '1s/.* //p' "$tap/held")
openers sshd | xargs kill -KILL
pkill -KILL -x stays
rm -f "$said"/*
wait_long not pgrep -x stays
log_mark
trash first
systemctl start privtmp-clean.path
check "bob's trash goes" wait_long gone bob
check "within one run" same 1 "$(starts)"
check "the service ends, and fails" wait_long is privtmp-clean.service failed
check "it names what hangs" log_says "$base/.work/1001[^ ]*: hangs"
check "nothing is in the trash" same '' "$(ls -A "$base/.trash")"
check "one process is left" same 1 "$(hanging)"
check "alice can log in, and has a new /tmp" as_ssh alice 'where | grep ^1001/ && ! ls /tmp/d'
for run in 2 3; do
        trash "$run"
        check "run $run takes what is bob's" wait_long gone bob
        check "it is run $run, and it ends" wait_long has_run "$run"
        check "one process is left after it" same 1 "$(hanging)"
done
check "the path unit waits" says '^SubState=waiting$' systemctl show -p SubState privtmp-clean.path
check "the service can be stopped" systemctl stop privtmp-clean.service
log_mark
loginctl disable-linger alice
check "logind's unit of her ends" wait_long is user-runtime-dir@1001.service inactive
check "she can log in as before" says '^1001/' as_ssh alice where
check "one process is left at last" same 1 "$(hanging)"
kill -KILL "$server"
systemctl reset-failed
check "when it is free the service succeeds" systemctl start privtmp-clean.service
check "and nothing is left" wait_long gone alice

finish
