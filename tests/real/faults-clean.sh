#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# faults-clean: privtmp clean, with an error of each system call in turn, of its own and of the
# processes that delete, and without memory for each thing that needs some.
#
# usage: faults-clean.sh table|base: the bases of the table, or one that no line names

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../kit/tap.sh"
need su
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../kit/command.sh"
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../kit/faults.sh"
old=/srv/old
records=/run/privtmp
gone=$tap/gone

# fill TREE: what a user has left in it.
fill() {
        mkdir -p "$1/root/deep"
        echo x >"$1/root/deep/file"
        chown -R 1001 "$1/root/deep"
}

# messy BASE: something of each kind that clean deletes, and something that is kept.
messy() {
        plant "$1" 1001 stale1
        fill "$1/1001/stale1"
        plant "$1" 1002 keptAA now 3600
        install -d -m 700 "$1/.trash" "$1/.work" "$1/.stuck" "$1/.trash/1001.trashA" \
                "$1/.work/1002.workAA" "$1/.stuck/1003.stuckA"
        fill "$1/.trash/1001.trashA"
}

# Sessions of alice's and bob's, and one of carol's whose opener is killed: a record and a note of a
# tmpfs remain, and its instance is stale.
table "$base /tmp *" 'tmpfs /var/tmp carol'
start_session a su alice
start_session b su bob
in_session b 'echo mine >/tmp/file'
find "$records" -mindepth 1 >"$tap/before"
start_session c su carol
shell=$(in_session c 'echo $$')
kill -KILL "$(cat "$tap/c/pid")" "$shell"
wait_for not kill -0 "$shell"
end_session c
mkdir -m 700 "$gone"
find "$records" -mindepth 1 | grep -vxF -f "$tap/before" |
        while read -r path; do cp -a "$path" "$gone"; done
check "who was killed has left a record and a note" \
        test "$(find "$gone" -mindepth 1 | wc -l)" -ge 2

if [ "$1" = table ]; then
        of=$base
        set --
        mv "$base/1003" "$tap/1003"
else
        of=$old
        set -- "$old"
        # what is not ours for certain
        plant "$old" 1001 nolink && rm "$old/1001/nolink/user"
        install -d -m 700 "$old/.trash" "$old/.trash/letters" "$old/1001/papers"
        rm -rf "$base/1003"
fi
cp -a "$of" "$tap/kept"
messy "$tap/kept"
mkdir -m 700 "$tap/messy"
mv "$tap/kept/.trash" "$tap/kept/.work" "$tap/kept/.stuck" "$tap/messy"
[ ! -d "$tap/1003" ] || cp -a "$tap/1003" "$tap/messy"
mkdir -m 700 "$tap/messy/1001" "$tap/messy/1002"
mv "$tap/kept/1001/stale1" "$tap/messy/1001"
mv "$tap/kept/1002/keptAA" "$tap/messy/1002"

prepare="rm -rf $of/.trash $of/.work $of/.stuck $of/1001/stale1 $of/1002/keptAA $of/1003
        cp -a $tap/messy/. $of; cp -a --remove-destination $gone/. $records"
state="tree $old $base $records"
sh -c "$prepare"
"$command" clean "$@" >"$tap/out"
find "$of" "$base" >"$tap/left"
check "something is kept" grep -q 1002/keptAA/lock "$tap/left"
check "and something is not" not grep -q -e stale1 -e trashA "$tap/left"
check "clean deletes what is over, or says what it could not, and nothing else" \
        survives "clean${1:+ BASE}" "$state" "$prepare" \
        "grep -vxF -f - $tap/faults.wanted" clean "$@"
check "the sessions are as they were" same mine "$(in_session b 'cat /tmp/file')"

finish
