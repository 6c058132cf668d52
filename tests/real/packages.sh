#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# real-packages: what "sh examples/demo" and "sh tests/run" install starts nothing, and they say so.
# dpkg-query and apt-get are this test's own.

. "$(dirname "$0")/../kit/tap.sh"
need comm

mount -t tmpfs tmpfs /usr/sbin
policy=/usr/sbin/policy-rc.d
wants=/etc/systemd/system/multi-user.target.wants
mkdir -p "$tap/bin" "$wants"
ln -s /dev/null "$wants/before.service"
cat >"$tap/bin/dpkg-query" <<'EOF'
#!/bin/sh
for package; do :; done
[ "$package" = present ] && echo 'install ok installed'
EOF
# A package that brings a service; while it is installed the policy forbids to start that.
cat >"$tap/bin/apt-get" <<EOF
#!/bin/sh
echo "apt-get \$*" >>$tap/calls
[ "\$2" = update ] || { $policy; echo "\$?" >$tap/policy; ln -s /dev/null $wants/brought.service; }
EOF
chmod +x "$tap/bin"/*
packages() {
        PATH=$tap/bin:$PATH sh "$(dirname "$0")/../packages" "$@"
}

check "where nothing is missing, nothing is said" same '' "$(packages present)"
check "and nothing is done" not test -e "$tap/calls"
packages present absent >"$tap/out"
check "what is missing is named, and that it stays off, before anything is done" same \
        "These Debian packages are missing and are installed now: absent
What they bring is not started, and stays off at the next boot." "$(head -n 2 "$tap/out")"
check "it alone is installed" says 'install.* absent$' cat "$tap/calls"
check "nothing was started meanwhile" same 101 "$(cat "$tap/policy")"
check "what would start at boot is switched off" not test -L "$wants/brought.service"
check "how to switch it on is said" same "These would start at boot, and are switched off\
 (\"systemctl enable NAME\" switches one on): brought.service" "$(sed -n '3,$p' "$tap/out" | sed 's/ *$//')"
check "what was there before is as it was" test -L "$wants/before.service"
check "the policy is gone" not test -e "$policy"

finish
