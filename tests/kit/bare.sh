# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2154
#
# bare: for tests that need a bare root of a Debian release. $tree is the project, $release the
# release; both are the caller's.
#
# The roots are made once, in /var/cache/privtmp-packaging; what runs in them sees copies, in $work.

cache=/var/cache/privtmp-packaging
work=$(mktemp -d /var/tmp/privtmp-bare.XXXXXX)
trap 'rm -rf --one-file-system "$work"' EXIT

sh "$tree/tests/packages" mmdebstrap debian-archive-keyring >&2

# root NAME PACKAGES: the bare root of that name, from the cache.
root() {
        file=$cache/$release-$1-$(echo "$2" | cksum | cut -d' ' -f1).tar
        if [ ! -e "$file" ]; then
                mkdir -p "$cache"
                mmdebstrap --quiet --variant=minbase --include="$2" "$release" "$cache/new.$$.tar" >&2
                mv "$cache/new.$$.tar" "$file"
        fi
        mkdir "$work/$1"
        tar -C "$work/$1" -xpf "$file" --exclude='./dev/*' --xattrs
}

# copy_tree NAME: the root of that name gets the project, as /src.
copy_tree() {
        mkdir "$work/$1/src"
        (cd "$tree" && git ls-files -z | tar --null -T - -cf -) | tar -C "$work/$1/src" -xf -
}

# inside NAME SCRIPT [ARG...]: runs the script in the root, in namespaces of its own.
inside() {
        name=$1
        shift
        # shellcheck disable=SC2016 # of the inner shells
        unshare -m -p -f --kill-child sh -ec '
                mount --make-rprivate /
                mount --bind "$1" "$1"
                mount --rbind /dev "$1/dev"
                mount -t proc proc "$1/proc"
                mount -t tmpfs -o mode=755 tmpfs "$1/run"
                root=$1
                shift
                exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
                        HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
                        chroot "$root" sh "$@"' sh "$work/$name" "$@"
}
