#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# real-packages: what "sh examples/demo" and "sh tests/run" install starts nothing, and they say so.
# dpkg-query and apt-get are this test's own.

. "$(dirname "$0")/../kit/tap.sh"
need comm

mount -t tmpfs tmpfs /usr/sbin
policy=/usr/sbin/policy-rc.d
system=/etc/systemd/system
user=/etc/systemd/user
wants=$system/multi-user.target.wants
rm -rf "$system" "$user"
mkdir -p "$tap/bin" "$wants" "$system/getty.target.wants" "$user/sockets.target.wants" /etc/rc2.d
ln -s /lib/systemd/system/before.service "$wants/before.service"
cat >"$tap/bin/dpkg-query" <<'EOF'
#!/bin/sh
for package; do :; done
[ "$package" = present ] && echo 'install ok installed'
EOF
# A package that brings a service; while it is installed the policy forbids to start that.
cat >"$tap/bin/apt-get" <<EOF
#!/bin/sh
echo "apt-get \$*" >>$tap/calls
[ "\$2" != update ] || exit 0
$policy
echo "\$?" >$tap/policy
units=/lib/systemd/system
ln -s \$units/brought.service $wants/brought.service
ln -s \$units/brought.service $system/broughtd.service
ln -s \$units/many@.service $wants/many@one.service
ln -s \$units/getty@.service $system/getty.target.wants/getty@tty1.service
ln -s \$units/remote-fs.target $wants/remote-fs.target
ln -s /dev/null $system/masked.service
ln -s /usr/lib/systemd/user/agent.socket $user/sockets.target.wants/agent.socket
ln -s ../init.d/brought /etc/rc2.d/S01brought
ln -s ../init.d/old /etc/rc2.d/S01old
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
check "its alias, too" not test -L "$system/broughtd.service"
check "and what starts for each user" not test -L "$user/sockets.target.wants/agent.socket"
check "and by a script of init's" test -L /etc/rc2.d/K01old -a ! -L /etc/rc2.d/S01old
check "how to switch each on is said, once, with names that the command takes" same \
        "These would start at boot, and are switched off. What switches NAME on:
  systemctl enable NAME            brought.service many@one.service
  systemctl --global enable NAME   agent.socket
  update-rc.d NAME enable          old" "$(sed -n '3,$p' "$tap/out")"
check "the console's login stays" test -L "$system/getty.target.wants/getty@tty1.service"
check "so do targets" test -L "$wants/remote-fs.target"
check "and what keeps a unit from starting" test -L "$system/masked.service"
check "what was there before is as it was" test -L "$wants/before.service"
check "the policy is gone" not test -e "$policy"

finish
