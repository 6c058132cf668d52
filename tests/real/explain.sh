#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# system-explain: privtmp explain says what a login gets, and which line decides.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../kit/tap.sh"
need su runuser setpriv strace findmnt perl
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../kit/command.sh"

explain() {
        "$command" explain "$@"
}

conf=/etc/security/privtmp.conf

# ------------------------------------------------------------------ usage and faults

check "help is help" says 'privtmp explain \[options\] \[USER\]' explain --help
check "the list of the verbs says, too, that none need be named" says '^ explain *\[USER\] ' \
        "$command" --help
check "an unknown option: usage" exits 2 explain --force alice
check "no user: the caller is meant" same "$(su alice -c "$command explain alice")" \
        "$(su alice -c "$command explain")"
check "no user, and the caller has no name" complains 1 "privtmp: explain: uid 4321 has no name" \
        setpriv --reuid 4321 --regid 4321 --clear-groups "$command" explain
check "two users: usage" complains 2 "privtmp: explain: one user belongs here" \
        explain alice bob
check "a user that is not there" complains 1 "privtmp: explain: nobody1: there is no such user" \
        explain nobody1
check "a uid without a user" complains 1 "privtmp: explain: 4321: there is no such user" \
        explain 4321
check "a uid is as good as its name" same "$(explain alice)" "$(explain 1001)"
check "a table that is not there is a failure, of which no login knows" complains 1 \
        "privtmp: conf=/srv/none: No such file or directory" explain --conf /srv/none alice
table '/srv/base /tmp * keep=1x'
check "a fault in the table is told of with its place" says "^privtmp: $conf:1: option \"keep\"" \
        explain alice
check "and what comes of it" says '^privtmp: explain: so alice can.t log in$' explain alice
check "which is true" not su - alice -c true
check "and not of root" not says 'log in' explain root
check "with status 1" exits 1 explain alice

# ------------------------------------------------------------------ which line decides

table
check "without a table the built-in one is told of" says "built-in.*: decides" explain alice
check "as the first of its lines" says "^  private: an instance below $base/1001, " explain alice
check "root has what the caller had" says '^  what the caller had; a direct login has' explain root
check "a system account has the system directory" says \
        "^  the system directory, also within another user's session" explain daemon

table '# a comment' "$base /tmp * keep=12h" 'none /tmp @makers' "$base /tmp alice,bob,!carol mode=1777,exec" \
        'tmpfs /var/tmp carol size=3M,nr_inodes=500,scope=session,mode=0770' 'inherit /tmp root'
groupadd -g 2001 makers
usermod -aG makers alice
usermod -aG makers carol
check "all lines of a directory, those that matched and lost, too" same "\
/tmp
  private: an instance below $base/1001, root:1001 1777, exec,nosuid,nodev
  shared by the user's sessions; gone when nobody uses it any more
  $conf:6: is not for this user
  $conf:4: decides, as the last line that matches
  $conf:3: matches, but a later line does, too
  $conf:2: matches, but a later line does, too
/var/tmp
  the system directory: no line is for this user
  $conf:5: is not for this user" "$(explain alice)"
check "by a group, and a tmpfs" same "\
/tmp
  the system directory, also within another user's session
  $conf:6: is not for this user
  $conf:4: is not for this user
  $conf:3: decides, as the last line that matches
  $conf:2: matches, but a later line does, too
/var/tmp
  private: a tmpfs, size 3M, 500 inodes, root:1003 1770 (sticky since root inherits),\
 noexec,nosuid,nodev
  one for each session; gone with the last process
  $conf:5: decides, as the last line that matches" "$(explain carol)"
mkdir -p "$conf.d"
echo "$base /tmp alice mode=0700,keep=90m,noatime,nofail,share=.X11-unix:krb5cc_*@alice" \
        >"$conf.d/50-site.conf"
check "drop-ins come last" says "^  $conf.d/50-site.conf:1: decides" explain alice
check "mode=0700 is the user's own" says ' alice:1001 0700, noexec,nosuid,nodev,noatime$' \
        explain alice
check "a time is told in minutes" says '; kept for 90 minutes after its last use$' explain alice
sed 's/keep=90m/keep=12h/' "$conf.d/50-site.conf" >/srv/hours
check "or in hours, or days, where these have no rest" says '; kept for 12 hours after its last use$' \
        explain --conf /srv/hours alice
check "shares are told" says '^  with what is shared: .X11-unix:krb5cc_\*@alice$' explain alice
check "nofail is told" says '^  if that fails, the login has the system directory$' explain alice
rm "$conf.d/50-site.conf"
table ''
check "a table without lines" same "the table has no lines: nothing is private" "$(explain alice)"
echo "$base /tmp * end=close" >/srv/conf
check "--conf FILE is read in place of the table" says '^  /srv/conf:1: decides' \
        explain --conf /srv/conf alice
check "end=close is told" says '; gone at the last logout, whatever still runs$' \
        explain --conf /srv/conf alice

# ------------------------------------------------------------------ what it says is what a login gets

# told USER: what it says of /tmp's owner, mode and flags.
told() {
        explain "$1" | sed -n 's/^  private:.*, \(.*\):\([0-9]*\) 0*\([0-7]*\)[^,]*, \(.*\)$/\1 \2 \3 \4/p'
}

# shellcheck disable=SC2016,SC2046 # of words
# got USER: what the user's login finds.
got() {
        su "$1" -c 'echo $(stat -c "%U %g %a" /tmp) $(findmnt -no VFS-OPTIONS --mountpoint /tmp |
                head -n 1 | tr , "\n")' >"$tap/got"
        set -- $(cat "$tap/got")
        echo "$1 $2 $3 $(echo "$*" | grep -qw noexec && echo noexec || echo exec),nosuid,nodev"
}

for options in '' mode=0770 mode=1770 mode=1777,exec mode=0700; do
        table "$base /tmp * $options"
        check "with ${options:-no options} a login has what was told" same "$(told alice)" "$(got alice)"
        table "$base /tmp * $options" 'inherit /tmp root'
        check "and where root inherits" same "$(told bob)" "$(got bob)"
done

# ------------------------------------------------------------------ what a login meets now

# denies USER PATTERN: explain says so, with status 1.
denies() {
        exits 1 explain "$1" >"$tap/denies" && grep -q "^  now: a login is denied: $2" "$tap/denies"
}

# field DIRECTORY KEY: of the JSON for alice.
field() {
        explain --json alice >"$tap/json" || true
        perl -MJSON::PP -e 'local $/; my ($d) = grep { $_->{directory} eq $ARGV[0] }
                @{decode_json(<STDIN>)->{directories}}; print $d->{$ARGV[1]} // "null"' \
                "$1" "$2" <"$tap/json"
}

table "$base /tmp *"
check "where nothing stands in the way nothing is said of it" not says '^  now:' explain alice
check "JSON: that it is private" same private "$(field /tmp now)"
check "JSON: which line decides" same "$conf 1" "$(field /tmp file) $(field /tmp line)"
table '/srv/no/base /tmp *'
check "the base has no parent: denied" denies alice '/srv/no: No such file or directory'
check "which is true" not su - alice -c true
check "JSON: denied, and why" same "denied /srv/no: No such file or directory" \
        "$(field /tmp now) $(field /tmp reason)"
check "JSON has the same exit status" exits 1 explain --json alice
check "a user is told so, too" says '^  now: a login is denied: /srv/no: No such file' \
        runuser -u alice -- "$command" explain alice
check "root is let in" says '^  now: a direct login has the system directory: /srv/no' explain root
table '/srv/no/base /tmp * nofail'
check "with nofail: the system directory" says \
        '^  now: a login has the system directory in its place: /srv/no' explain alice
check "with status 0" exits 0 explain alice
check "JSON: the system directory" same "system /srv/no: No such file or directory" \
        "$(field /tmp now) $(field /tmp reason)"
install -d -m 755 /srv/open
table '/srv/open /tmp *'
check "a base that others can enter: denied" denies alice '/srv/open has mode 0755, it must be 0700'
install -d -m 700 -o bob /srv/bobs
table '/srv/bobs /tmp *'
check "one that is not root's: denied" denies alice '/srv/bobs'
check "which is true" not su - alice -c true
install -d -m 700 /srv/base
install -d -m 755 /srv/base/1001
table '/srv/base /tmp *'
check "a folder of the user's that is open: denied" denies alice "/srv/base/1001 is not root's 0700"
check "which is true" not su - alice -c true
table '/srv/base /srv/gone *'
check "a directory that is not there: denied" denies alice '/srv/gone: No such file or directory'
table 'tmpfs /srv/gone *'
check "the same for a tmpfs" denies alice '/srv/gone: No such file or directory'
mkdir -m 700 /srv/full
mount -t tmpfs -o mode=700,nr_inodes=1 tmpfs /srv/full
table '/srv/full /tmp *'
check "a full disk: in memory" says \
        '^  now: a login has a tmpfs of 16M in its place: the file system of /srv/full is full$' \
        explain alice
check "which is true" same tmpfs "$(su alice -c 'stat -f -c %T /tmp')"
check "JSON: in memory" same memory "$(field /tmp now)"
mount -o remount,ro /srv/full
check "a disk that can't be written: in memory" says \
        '^  now: a login has a tmpfs of 16M in its place: the file system of /srv/full is read-only$' \
        explain alice
umount /srv/full
table '/srv/base /tmp * size=1G'
check "a limit on a base that is no file system: denied" denies alice \
        "size= and nr_inodes= need a file system of the base's own, mounted on /srv/base"
table '/srv/no /tmp * nr_inodes=4k'
check "on one that is not mounted: denied" denies alice \
        '/srv/no, a file system of its own, is not mounted'
check "which is true" not su - alice -c true
table '/no-such-base /tmp *'
check "a base that is not there yet: nothing stands in the way" not says '^  now:' explain alice
table "$base /tmp * exec,suid,dev,scope=session,end=close,nofail" 'none /var/tmp *' 'inherit /opt *'
check "JSON: what the line says" same "exec,suid,dev session close 1" \
        "$(field /tmp flags) $(field /tmp scope) $(field /tmp end) $(field /tmp nofail)"
check "JSON: the system directory, and the caller's" same "system inherit" \
        "$(field /var/tmp what) $(field /opt what)"
check "the same in words: these flags" says ', exec,suid,dev$' explain alice
table "$base /tmp *" 'none /tmp bob' 'tmpfs /var/tmp bob'
check "JSON: what a line that does not match comes to" same "system null" \
        "$(field /var/tmp what) $(field /var/tmp file)"
check "JSON: whether a line decides" same "1 0" "$(field /tmp matches) $(field /var/tmp matches)"
check "JSON: lines are children" same 'no yes' "$(field /tmp now >&2; perl -MJSON::PP -e 'local $/;
        my ($d) = grep { $_->{directory} eq "/tmp" } @{decode_json(<STDIN>)->{directories}};
        print join " ", map { $_->{matches} ? "yes" : "no" } @{$d->{children}}' <"$tap/json")"

# ------------------------------------------------------------------ touches nothing

find "${base:?}" -mindepth 1 -delete
table "$base /tmp *" '/srv/none /var/tmp *'
check "it needs no root" says "^  private: an instance below $base/1001" \
        runuser -u alice -- "$command" explain alice
check "JSON: without root it does not tell what it can't look at" says '"now": *null' \
        runuser -u alice -- "$command" explain --json alice
check "no base is made" not test -e /srv/none
check "nor anything in one" same "" "$(find "$base" -mindepth 1)"
# shellcheck disable=SC2317 # called by name
changes() {
        strace -f -qq -o "$tap/trace" -e trace='/(open|creat|mkdir|mknod|unlink|rename|link|chmod|chown|truncate|mount|unshare|setns|flock|utime).*' \
                "$command" explain alice >/dev/null
        [ -s "$tap/trace" ] && grep -v 'open.*O_RDONLY\|readlink' "$tap/trace"
}
check "it opens for reading alone, and changes nothing" not changes

finish
