# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2154 # here: see below
#
# common: what the commands of this folder share. Whoever has set $here, this folder, says
#
#       . "$here/common.sh"

top=$(cd "$here/../.." && pwd)

die() {
        echo "bench: $*" >&2
        exit 1
}

# begin [BUILD]: the module is built in the meson folder BUILD (without it: in one that is deleted at
# the end); $work is the working directory from here on, and stays visible in a throw-away host.
begin() {
        [ "$(id -u)" = 0 ] || die "sessions are opened by root: sudo sh $0"
        work=$(mktemp -d)
        trap 'rm -rf "$work"' EXIT
        trap 'exit 1' HUP INT TERM
        chmod 755 "$work"

        build=$(realpath -m "${1:-$work/build}")
        [ -e "$build/build.ninja" ] || meson setup "$build" "$top" >"$work/log" ||
                die "meson setup failed: $(cat "$work/log")"
        meson compile -C "$build" >"$work/log" || die "the build failed: $(cat "$work/log")"
        module=$build/pam_privtmp/pam_privtmp.so
        cd "$work" || exit
}

# in_host [-1k] [-b KIND] COMMAND...: a host that can't be had is a failure here, not a test that is
# skipped.
in_host() {
        way=
        while :; do
                case $1 in
                -b) way="$way $1 $2"; shift 2 ;;
                -*) way="$way $1"; shift ;;
                *) break ;;
                esac
        done
        # shellcheck disable=SC2086 # one word an option
        PRIVTMP_MUST_RUN=1 sh "$top/tests/host/run" $way -m "$module" "$@"
}

# ------------------------------------------------------------------ in a throw-away host

# The host's /dev is its own.
make_loops() {
        mknod /dev/loop-control c 10 237
        for n in 0 1 2 3 4 5 6 7; do
                mknod "/dev/loop$n" b 7 "$n"
        done
}

# One file system for the directories of all methods, below a path that only root can change. With
# a journal, as on a disk that is in use: it counts for whoever makes more files.
mount_disk() {
        disk=/var/lib/bench
        mkdir "$disk"
        make_loops
        truncate -s 256M /run/disk
        if mkfs.ext4 -q -N 200000 /run/disk && mount -o loop /run/disk "$disk"; then
                return
        fi 2>/dev/null
        echo "no loop device: measuring on a tmpfs" >&2
        mount -t tmpfs -o mode=755,size=256M bench "$disk"
}

# compile NAME: to /run/NAME.
compile() {
        "${CC:-cc}" -std=gnu11 -D_GNU_SOURCE -O2 -I "$top/tests" -o "/run/$1" "$here/$1.c" \
                -lpam -lm
}

find_pamdir() {
        dirname "$(find /usr/lib/*/security /lib/*/security /usr/lib64/security /lib64/security \
                /lib/security -name pam_unix.so 2>/dev/null | head -n 1)"
}

machine() {
        echo "Linux $(uname -r), $(nproc) processors ($(sed -n 's/^model name.*: //p' /proc/cpuinfo |
                head -n 1)), load $(cut -d' ' -f1-3 /proc/loadavg)"
        echo "Linux-PAM $(dpkg-query -W -f '${Version}' libpam-modules 2>/dev/null || echo of this host)," \
                "util-linux $(dpkg-query -W -f '${Version}' libmount1 2>/dev/null || echo of this host)," \
                "$(wc -l </proc/self/mountinfo) mounts," \
                "directories on $(df --output=fstype "$disk" | tail -n 1)"
}
