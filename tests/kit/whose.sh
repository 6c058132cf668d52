# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
#
# whose: for tests that ask whose /tmp su and sudo show, whatever a caller has made of the
# circumstances. To be read in after tap.sh, by root in a throw-away host.
#
#       /srv/bin/try NAME PREFIX...   to be run by alice: calls for root, for herself and for bob, by
#                                     sudo and by su, behind the prefix; prints
#                                     "NAME PROGRAM TARGET ANSWER" for each
#       wrong TABLE PLACE             of such lines, those that must not be
#
# The answer is system, alice, bob or root: whose mark is in /tmp; fresh: it has none; or refused.

mkdir -m 755 /srv/bin
mkdir -m 777 /srv/said
# alice may become root by su, too.
sed -i 's/^root:[^:]*:/root::/' /etc/shadow
# Who fails to become somebody waits for a second, else.
echo 'FAIL_DELAY 0' >/etc/login.defs
sed -i 's/nullok/nullok nodelay/' /etc/pam.d/common-auth

# whose: told by the mark that each /tmp has. By an empty file: descriptors may be closed, and files
# may not grow. By nothing but the shell: there may be no room for another program.
cat >/srv/bin/whose <<'EOS'
#!/bin/sh
for whose in system alice bob root; do
        [ ! -e /tmp/mark-of-$whose ] || { : >"$1/$whose"; exit; }
done
: >"$1/fresh"
EOS

# try NAME PREFIX...: prints "NAME PROGRAM TARGET ANSWER" for each. To be run by alice.
cat >/srv/bin/try <<'EOS'
#!/bin/sh
name=$1
shift
for target in root alice bob; do
        for program in sudo su; do
                # one of its own: what a killed su leaves may answer late
                said=
                if ! answers=$(mktemp -d -p /srv/said) || ! chmod 777 "$answers"; then
                        # a cgroup without room: nobody was called
                        echo "$name $program $target refused"
                        continue
                fi
                case $program in
                sudo) timeout -s KILL 60 "$@" sudo -n -u $target /srv/bin/whose "$answers" ;;
                su) timeout -s KILL 60 "$@" su $target -c "/srv/bin/whose $answers" ;;
                esac >/dev/null 2>&1 </dev/null
                # without another process, which could be killed for want of memory
                for answer in "$answers"/*; do
                        said=$said${said:+ }${answer##*/}
                done
                [ "$said" != '*' ] || said=refused
                echo "$name $program $target $said"
        done
done
EOS

chmod 755 /srv/bin/*

# outside COMMAND: as alice, in no session.
outside() {
        setpriv --reuid=1001 --regid=1001 --clear-groups env HOME=/home/alice sh -c "$1"
}

# wrong TABLE PLACE <ANSWERS: what must not be there.
wrong() {
        awk -v table="$1" -v place="$2" '
        {
                own = $3
                if ($3 == "root" && table != "all")
                        own = place == "inside" ? "alice" : "system"
                right = $4 == own || ($4 == "fresh" && own == $3)
                if (NF != 4 || !right && ($4 != "refused" || $1 ~ /^works:/))
                        print
        }'
}
