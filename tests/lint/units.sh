#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# units: what is installed for systemd and cron, without running it (TAP).
#
# usage: units.sh TOP

set -eu

tap=$(mktemp -d)
trap 'rm -rf "$tap"' EXIT
. "$(dirname "$0")/../kit/case.sh"
cd "$1"
units=$tap/units
mkdir "$units"
base=/var/lib/privtmp

none_in() {
        pattern=$1
        shift
        if grep -nE "$pattern" "$@"; then
                return 1
        fi
}

# As installed, but for the program, which need not be there.
for file in conf/systemd/*.in conf/systemd/*.path conf/systemd/*.timer; do
        sed 's|^ExecStart=.*|ExecStart=/bin/true|' "$file" >"$units/$(basename "$file" .in)"
done

# What it says counts: it exits with 0 where it ignores a line.
verify() {
        systemd-analyze --man=no verify "$units"/*.service "$units"/*.path "$units"/*.timer \
                >"$units/faults" 2>&1 || true
        cat "$units/faults"
        [ ! -s "$units/faults" ]
}

# In tenths: systemd-analyze calls it 2.2.
is_confined() {
        systemd-analyze security --no-pager --offline=true --threshold=22 \
                "$units/privtmp-clean.service"
}

if command -v systemd-analyze >/dev/null; then
        check "systemd knows every line of the units" verify
        check "the service is confined" is_confined
elif [ "${PRIVTMP_MUST_RUN:-0}" = 1 ]; then
        check "systemd is there" false
else
        count=$((count + 1))
        echo "ok $count # SKIP systemd-analyze is missing"
fi

check "the program's folder is left open" \
        grep -qx 'ExecStart=@bindir@/privtmp clean' conf/systemd/privtmp-clean.service.in
# RestrictSUIDSGID= makes openat2(2) fail; what is not seen is taken for missing or unused
check "the sandbox hides nothing that the job needs" none_in \
        '^(RestrictSUIDSGID|ProcSubset|PrivateUsers|PrivatePIDs|Inaccessible.*|ProtectHome=(yes|tmpfs))' \
        conf/systemd/privtmp-clean.service.in
check "the path unit starts it no more often than a timer allows" \
        grep -qx 'Unit=privtmp-clean-soon.timer' conf/systemd/privtmp-clean.path

# One base, in all that names it.
check "the base of the table is the one that is watched" \
        grep -qx "DirectoryNotEmpty=$base/.trash" conf/systemd/privtmp-clean.path
check "the base of the table is the one that can be written" \
        grep -qx "ReadWritePaths=-$base -/run/privtmp -/var/lib/misc/privtmp-bases" \
        conf/systemd/privtmp-clean.service.in
check "the base of the table is the one that is made" \
        grep -qE "^d $base +0700 +root +root +-$" conf/tmpfiles.d/privtmp.conf
check "the base of the table is no other" grep -q "^$base " conf/privtmp.conf

# cron takes no line without its newline.
is_cron_table() {
        when='(@reboot|([0-9*,/]+ ){4}[0-9*,/]+)'
        [ -z "$(tail -c 1 "$1")" ] &&
                ! grep -vE "^(|#.*|[A-Z]+=.*|$when +root +(.*privtmp (clean( >/dev/null)?|check .*)|find [^;|]*))\$" "$1"
}
check "the lines for cron are lines of a system's table" is_cron_table examples/cron.d/privtmp
# commented FILE: without the mark before lines that are to be switched on.
commented() {
        sed 's/^#\([0-9]\)/\1/' "$1" >"$tap/cron"
        is_cron_table "$tap/cron"
}
check "so is the one to be switched on" commented examples/cron.d/privtmp
none "no line is too wide to be read" "$(awk 'length > 84 { print FILENAME ":" FNR }' README \
        conf/privtmp.conf examples/cron.d/* examples/tables/*)"
check "one of them is for the boot" grep -q '^@reboot ' examples/cron.d/privtmp
check "what was deleted is not mailed" not grep 'privtmp clean$' examples/cron.d/privtmp

finish
