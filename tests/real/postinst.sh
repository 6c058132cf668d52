#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# postinst: what the package says when it is installed beside a module that is not its own.

. "$(dirname "$0")/../kit/tap.sh"
postinst=$(dirname "$0")/../../conf/packaging/debian/libpam-privtmp.postinst

mkdir "$tap/bin"
printf '#!/bin/sh\nexit 1\n' >"$tap/bin/semodule" # there is no policy
chmod +x "$tap/bin/semodule"
mount -t tmpfs tmpfs /usr/local
mkdir -p /usr/local/bin /usr/local/sbin /usr/local/lib/security
cp -a "$tap/bin/semodule" "$tap/stray"

# installation [ARG]: what dpkg runs.
installation() {
        PATH=$tap/bin:$PATH sh "$postinst" "${1:-configure}" 2>&1
}

# is_told FILE: the one that is there now, and what is to be done.
is_told() {
        cp "$tap/stray" "$1"
        installation >"$tap/out"
        rm "$1"
        says "is installed from its source, too: $1\$" cat "$tap/out" &&
                says '^Run "privtmp unwire" and "ninja -C build uninstall" now, ' cat "$tap/out" &&
                says 'force-confmiss' cat "$tap/out"
}

check "the package alone has nothing to say" same '' "$(installation)"
check "it tells of a command of another installation" is_told /usr/local/bin/privtmp
check "and of a module" is_told /usr/local/lib/security/pam_privtmp.so
arch=$(find /usr/lib -maxdepth 2 -name security -path '/usr/lib/*/security' | head -n 1)
mkdir -p "/usr/local/lib/$(basename "$(dirname "${arch:-x/y}")")/security"
check "and of one for this machine" is_told \
        "/usr/local/lib/$(basename "$(dirname "${arch:-x/y}")")/security/pam_privtmp.so"
check "dpkg has other words for what it does" same '' "$(touch /usr/local/bin/privtmp
        installation abort-remove)"

finish
