#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# real-mode: what each mode of a private /tmp allows, and to whom: the user, root, another uid in
# the same namespace (what sudo starts, and gives up the identity), Perl's File::Temp and podman.
# What a user can plant there for root is in protected.sh.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../kit/tap.sh"
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../kit/protected.sh"
need su sudo perl nsenter runuser bindfs fusermount3

# On this machine it may have lost its setuid bit.
install -m 4755 /usr/bin/fusermount3 /run/fusermount3
mount --bind /run/fusermount3 /usr/bin/fusermount3

# as USER COMMAND: in the mount namespace of alice's session, without a session of its own.
as() {
        nsenter -t "$shell" -m runuser -u "$1" -- sh -c "$2"
}

# perl_temp USER LEVEL: a file and a directory of File::Temp in /tmp.
perl_temp() {
        as "$1" "perl -e '
                use File::Temp qw(tempfile tempdir);
                File::Temp->safe_level(File::Temp::$2);
                tempfile(DIR => q(/tmp), UNLINK => 1);
                tempdir(DIR => q(/tmp), CLEANUP => 1)'"
}

# answers ANSWER COMMAND [ARG...]: the command succeeds where the answer is yes, else it fails.
answers() {
        case $1 in
        yes) shift; "$@" ;;
        no) shift; not "$@" ;;
        *) return 1 ;;
        esac
}

# What rootless podman does with each directory above its own: others must be able to enter it.
# shellcheck disable=SC2016 # for perl
podman='$mode = (stat "/tmp")[2] & 07777; exit($mode & 1 || chmod($mode | 0111, "/tmp") ? 0 : 1)'

# mode MODE OWNER SWAP OTHERS FUSE OVERWRITE MEDIUM-ALICE MEDIUM-ROOT PODMAN: yes or no each
mode() {
        mode=$1 owner=$2 swap=$3 others=$4 fuse=$5 overwrite=$6 perl_alice=$7 perl_root=$8
        with_podman=$9
        table "/var/lib/privtmp /tmp * mode=$mode" 'none /tmp root'
        start_session alice su alice
        # shellcheck disable=SC2016 # for the session's shell
        shell=$(in_session alice 'echo $$')
        check "$mode: owner, group and mode" \
                same "${mode#0} $owner alice" "$(in_session alice 'stat -c "%a %U %G" /tmp')"

        check "$mode: the user can make files, directories and sockets" \
                in_session alice 'echo hers >/tmp/file && mkdir /tmp/folder &&
                        perl -MSocket -e "socket(S, AF_UNIX, SOCK_STREAM, 0) &&
                                bind(S, sockaddr_un(q(/tmp/socket))) or die"'
        check "$mode: root can" as root 'echo roots >/tmp/roots && mkdir -m 777 /tmp/roots-folder'
        check "$mode: root can read and remove the user's files" \
                as root 'cat /tmp/file && rm /tmp/file /tmp/socket && rmdir /tmp/folder'
        in_session alice 'echo hers >/tmp/file'
        check "$mode: root writes to the user's file with > : $overwrite" \
                answers "$overwrite" as root 'echo more >/tmp/file'
        check "$mode: root appends to it where it is not to be created" \
                as root 'perl -MFcntl -e "sysopen(F, q(/tmp/file), O_WRONLY | O_APPEND) or die"'

        check "$mode: the user renames root's directory and puts another there: $swap" \
                answers "$swap" in_session alice \
                'mv /tmp/roots-folder /tmp/away && mkdir /tmp/roots-folder'
        check "$mode: the user removes root's file: $swap" \
                answers "$swap" in_session alice 'rm -f /tmp/roots'
        check "$mode: the user mounts FUSE over /tmp itself: $fuse" \
                answers "$fuse" in_session alice 'bindfs --no-allow-other -o nonempty ~ /tmp'
        [ "$fuse" = no ] || in_session alice 'cd /; fusermount3 -u /tmp'

        check "$mode: another uid makes files: $others" \
                answers "$others" as bob 'echo his >/tmp/his'
        check "$mode: another uid finds what is there: $others" \
                answers "$others" as bob 'ls /tmp'
        check "$mode: another uid reads what the user lets everybody read: $others" \
                answers "$others" as bob 'cat /tmp/file'
        check "$mode: another uid removes the user's file: no" not as bob 'rm -f /tmp/file'
        [ "$others" = no ] || check "$mode: the user removes the other uid's file: no" \
                not in_session alice 'rm -f /tmp/his'

        check "$mode: File::Temp, STANDARD, for the user" perl_temp alice STANDARD
        check "$mode: File::Temp, STANDARD, for root" perl_temp root STANDARD
        check "$mode: File::Temp, STANDARD, for another uid: $others" \
                answers "$others" perl_temp bob STANDARD
        for level in MEDIUM HIGH; do
                check "$mode: File::Temp, $level, for the user: $perl_alice" \
                        answers "$perl_alice" perl_temp alice "$level"
                check "$mode: File::Temp, $level, for root: $perl_root" \
                        answers "$perl_root" perl_temp root "$level"
        done
        check "$mode: File::Temp, MEDIUM, for another uid: $others" \
                answers "$others" perl_temp bob MEDIUM
        check "$mode: podman finds that others can enter, or makes it so: $with_podman" \
                answers "$with_podman" in_session alice "perl -e '$podman'"
        end_session alice
        rm -rf "${base:?}"/*
}

#    mode  owner  swap  others  fuse  overwrite  perl      podman
mode 0770  root   yes   no      yes   yes        no   no   no
mode 1770  root   no    no      no    no         yes  yes  no
mode 1777  root   no    yes     no    no         yes  yes  yes
mode 0700  alice  yes   no      yes   yes        yes  no   yes

# Where root inherits /tmp, as in the shipped table, 0770 is 1770.
table '/var/lib/privtmp /tmp * mode=0770' 'inherit /tmp root'
check "0770 where root inherits: it is 1770" same 1770 "$(su alice -c 'stat -c %a /tmp')"

# What administrators run into: root starts it, it works as another user.
table '/var/lib/privtmp /tmp * mode=1770' 'inherit /tmp root'
check "mode=1770: sudo that becomes another uid can't use /tmp" \
        says 'Permission denied' su alice -c 'sudo runuser -u bob -- mktemp'
table
check "the built-in table: it can" su alice -c 'sudo runuser -u bob -- mktemp'
start_session alice su alice
check "the built-in table: from outside nobody comes in" \
        not runuser -u bob -- ls "$base" "$base/1001" "$(instances alice)/root"
end_session alice

finish
