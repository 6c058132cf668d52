#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# real-loading: a module that can't be loaded: because whoever runs su or sudo leaves no memory for
# it, or because it is not there. su and sudo refuse then; daemons go on without.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../kit/tap.sh"
need su sudo sshd ssh cc

echo systems >/tmp/whose
start_session alice su alice
in_session alice 'echo alices >/tmp/whose'

# ------------------------------------------------------------------ no memory for it

# What the command tells of the /tmp that it has; the last word is always there.
look='cat /tmp/whose 2>/dev/null; echo had-a-shell'

# answer_at LIMIT COMMAND: what the command says, in one line, behind "refused" if it failed.
answer_at() {
        echo "said=\$( (ulimit -v $1; exec $2) 2>&1 </dev/null) || said=\"refused \$said\"
                echo \$said"
}

# The first limit, in KiB, with which everything is loaded, our module as well: it may still refuse,
# since it asks for more than that (ground/headroom).
find_enough() {
        enough=3072
        until in_session alice "$(answer_at "$enough" "$1")" | grep -q 'Memory buffer error\|had-a'; do
                enough=$((enough + 512))
                [ "$enough" -lt 65536 ]
        done
}

# at_each_limit COMMAND: "KIBIBYTES: ANSWER" for each limit on the address space up to there, by
# alice in her session. Many at once: where PAM can't load what asks for a password, su waits for two
# seconds.
at_each_limit() {
        find_enough "$1"
        first=$((enough - 9200 + 512))
        [ "$first" -ge 1024 ] || first=1024
        for batch in 0 1 2 3 4 5 6; do
                in_session alice "for n in $(seq -s ' ' 0 32); do
                        limit=\$(($first + ($batch * 33 + n) * 40))
                        {
                                answer=\$($(answer_at "\$limit" "$1"))
                                echo \$limit: \$answer
                        } &
                done
                wait"
        done
}

# never WORD: in no answer.
never() {
        not grep -w "$1" "$tap/answers"
}

# at_some PATTERN: so that the limits are the ones that count.
at_some() {
        says "^[0-9]*: $1\$" cat "$tap/answers"
}

for command in "su bob -c '$look'" "sudo -n -u bob sh -c '$look'"; do
        name=${command%% -*}
        at_each_limit "$command" >"$tap/answers"
        check "$name: all limits were tried" same 231 "$(grep -c '^[0-9]*: ' "$tap/answers")"
        check "$name: with a little memory all is there but our module, and it refuses" \
                at_some 'refused.*session: Module is unknown.*'
        check "$name: with enough, bob has a /tmp of his own" \
                same had-a-shell "$(in_session alice "(ulimit -v 262144; exec $command)")"
        check "$name: never does he have the system's" never systems
        check "$name: nor that of the session" never alices
done
at_each_limit "sudo -n sh -c '$look'" >"$tap/answers"
check "sudo: with a little memory it refuses to become root" \
        at_some 'refused.*session: Module is unknown.*'
check "sudo: with enough, root inherits the session's" \
        same "alices had-a-shell" "$(in_session alice "(ulimit -v 262144; exec sudo -n sh -c '$look')" | xargs)"
check "sudo: never does root have the system's" never systems
check "nothing is left of bob" gone bob

# ------------------------------------------------------------------ it is not there

pamdir=$(dirname "$(find /usr/lib /lib -name pam_privtmp.so 2>/dev/null | head -n 1)")
start_sshd

# refuses COMMAND...: and its command is not run.
refuses() {
        not "$@" >"$tap/refused" 2>&1 &&
                grep 'session: Module is unknown' "$tap/refused" &&
                not grep had-a-shell "$tap/refused"
}

without_it() {
        check "$1: su refuses" refuses in_session alice "su bob -c '$look'"
        check "$1: su - refuses" refuses in_session alice "su - bob -c '$look'"
        check "$1: sudo refuses" refuses in_session alice "sudo -n -u bob sh -c '$look'"
        check "$1: sudo -i refuses" refuses in_session alice "sudo -n -i -u bob sh -c '$look'"
        check "$1: sudo to root refuses" refuses in_session alice "sudo -n sh -c '$look'"
        check "$1: su by root refuses" refuses su alice -c "$look"
        log_mark
        check "$1: sshd lets people in, to the system's /tmp" \
                same "systems had-a-shell" "$(as_ssh alice "$look" | xargs)"
        check "$1: and the log says why" wait_for log_says 'adding faulty module.*pam_privtmp.so'
        check "$1: so the way back in is open: root by ssh" \
                same "systems had-a-shell" "$(as_ssh root "$look" | xargs)"
}

mv "$pamdir/pam_privtmp.so" "$tap/away"
without_it "the module is gone"

echo 'int gone;' | cc -shared -fPIC -Wl,-soname,libgone.so -x c -o "$tap/libgone.so" -
echo 'extern int gone; int *pam_sm_open_session = &gone;' |
        cc -shared -fPIC -x c -o "$pamdir/pam_privtmp.so" - -x none "$tap/libgone.so"
check "a library of the module is gone" says 'libgone.so => not found' ldd "$pamdir/pam_privtmp.so"
without_it "a library of the module is gone"

mv "$tap/away" "$pamdir/pam_privtmp.so"
check "it is there again: su works" \
        same had-a-shell "$(in_session alice "su bob -c '$look'")"

end_session alice
check "nothing is left" gone alice
finish
