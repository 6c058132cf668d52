#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# veto: what one user has, keeps nobody else's directory from being deleted.
#
# usage: veto.sh [listed]: "listed" where the kernel lists mount namespaces.
#
# $PRIVTMP_COMMAND is the command; without it, the one beside the module $PRIVTMP_MODULE.

. "$(dirname "$0")/../kit/tap.sh"
need su unshare perl setsid bindfs fusermount3

command=${PRIVTMP_COMMAND:-$(dirname "${PRIVTMP_MODULE:?}")/privtmp}

# hide SCRIPT: alice runs it as root of namespaces of her own, in no session. It says "ready" when it
# is, and its processes are ended by show.
hide() {
        rm -f /home/alice/ready
        runuser -u alice -- setsid unshare -Urm sh -c "$1" >/dev/null 2>&1 </dev/null &
        wait_for test -e /home/alice/ready
}

show() {
        end_all alice
}

# The ancestor of all that this test starts, whose parents may have ended: process 1, or the reaper.
top=1
[ "${1:-}" != listed ] || top=$PPID

# ours USER: what this test has started as the user. Other hosts have users of the same number.
ours() {
        ps -e -o pid= -o ppid= -o ruid= | awk -v top="$top" -v uid="$(id -u "$1")" '
                { parent[$1] = $2; if ($3 == uid) its[$1] }
                END {
                        for (pid in its) {
                                for (p = pid; p in parent && p != top;)
                                        p = parent[p]
                                if (p == top)
                                        print pid
                        }
                }'
}

# end_all USER: whatever runs as the user.
end_all() {
        for pid in $(ours "$1"); do
                kill -9 "$pid" 2>/dev/null || true
        done
        wait_for has_ended "$1"
}

has_ended() {
        test -z "$(ours "$1")"
}

# What a killed su leaves behind.
leave_one() {
        # shellcheck disable=SC2016 # the inner shell's
        su "$1" -c 'echo $PPID >~/pid; sleep 1000' >/dev/null 2>&1 </dev/null &
        wait_for test -s "/home/$1/pid"
        kill -9 "$(cat "/home/$1/pid")"
        rm -f "/home/$1/pid"
        end_all "$1"
}

# others_are_free WHAT: bob's logout, clean and list beside it.
others_are_free() {
        su bob -c 'echo secret >/tmp/x'
        check "$1: bob's directory is gone when he logs out" has_instances bob 0
        # a logout has not long to delete what is in it: on a slow machine that is trash now
        "$command" clean >"$tap/out"
        check "$1: and nothing of it is left" gone bob
        leave_one bob
        leave_one carol
        check "$1: what killed sessions of others have left is listed" \
                same 2 "$("$command" list -n | grep -c 'bob\|carol')"
        check "$1: clean succeeds" "$command" clean
        check "$1: and has deleted bob's" has_instances bob 0
        check "$1: and carol's" has_instances carol 0
        check "$1: list succeeds" "$command" list
}

# alice_is_in_doubt WHAT: a directory of hers, that nobody uses, by /proc.
alice_is_in_doubt() {
        su alice -c 'echo mine >/tmp/x'
        check "$1: alice's own stays, for it could be in use" has_instances alice 1
        "$command" list >"$tap/out" 2>"$tap/err"
        check "$1: list has it" grep -q '^alice.*used' "$tap/out"
        check "$1: and says that it can't be told" \
                grep -q "list: $(instances alice): can't tell who uses it" "$tap/err"
        "$command" clean >"$tap/out"
        check "$1: clean leaves it" has_instances alice 1
        show
        "$command" clean >"$tap/out"
        check "$1: when her processes have ended it is deleted" gone alice
}

# The mounts that alice's processes see.
table_is_long() {
        [ "$(wc -c <"/proc/$(ours alice | head -n 1)/mountinfo")" -gt 300000000 ]
}

# ------------------------------------------------------------------ a root that is mounted nowhere

# shellcheck disable=SC2016 # the inner shell's
hide 'mount -t tmpfs none /mnt
        perl -e '\''open my $in, ">", "$ENV{HOME}/in"; chroot "/mnt" or die; chdir "/";
                syswrite $in, "in"; sleep 1000'\'' &
        until test -s ~/in; do sleep 0.1; done
        umount -l /mnt && rm ~/in && touch ~/ready'
others_are_free "a process whose root is unmounted"
# the kernel's list shows all of it, whatever her root is
if [ "${1:-}" = listed ]; then
        show
else
        alice_is_in_doubt "a process whose root is unmounted"
fi

# ------------------------------------------------------------------ much, and many

# shellcheck disable=SC2016 # the inner shell's
hide 'mount -t tmpfs none /mnt; i=0
        while [ $i -lt 16 ]; do
                mkdir /mnt/$i; mount --rbind /mnt /mnt/$i; i=$((i + 1))
        done
        perl -e '\''open my $ready, ">", "$ENV{HOME}/ready"; chroot "/mnt" or die; chdir "/";
                for (1 .. 400) { fork or sleep 1000 }; sleep 1000'\'
others_are_free "65,000 mounts and 400 chrooted processes"
show

# ------------------------------------------------------------------ paths of megabytes

# Forty mounts below 32,000 directories: whoever reads the table of the session reads 320 MB. A
# directory with a mount in it can be renamed, and so goes down a step at a time.
# shellcheck disable=SC2016 # the inner shells'
bury='mkdir ~/empty /tmp/d
        for i in $(seq 40); do
                mkdir /tmp/d/$i
                bindfs --no-allow-other ~/empty /tmp/d/$i
        done
        perl -e '\''my $name = "n" x 250;
                for (1 .. 32000) {
                        mkdir "/tmp/new" or die;
                        rename "/tmp/d", "/tmp/new/$name" or die;
                        rename "/tmp/new", "/tmp/d" or die;
                }'\''
        touch ~/ready'
rm -f /home/alice/ready
su alice -c "$bury; sleep 1000" >/dev/null 2>&1 </dev/null &
session=$!
wait_for test -e /home/alice/ready
check "paths of megabytes: the table of the session is that long" table_is_long
others_are_free "paths of megabytes in a session"
kill -9 "$session"
others_are_free "paths of megabytes that a killed session has left"
show
"$command" clean >"$tap/out"
check "paths of megabytes: the directory is deleted when all has ended" has_instances alice 0

finish
