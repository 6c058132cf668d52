#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# real-order: where the other modules of a stack run, before and behind our line: in sshd's, with
# programs of root's that tell what they find in /tmp.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../kit/tap.sh"
need sshd ssh su

# What root's program finds, and that it writes where a user could have planted something.
cat >/run/spy <<'EOS'
#!/bin/sh
echo "$1 $PAM_TYPE $(cat /tmp/whose 2>/dev/null || echo nothing)" >>/run/seen
EOS
chmod 755 /run/spy

echo systems >/tmp/whose
examples=$(cd "$(dirname "$0")/../../examples/pam.d" && pwd -P)
table '/var/lib/privtmp /tmp * keep=30m'
su alice -c 'echo alices >/tmp/whose'
start_sshd

# sees WHAT: what has been seen during one login and logout by ssh, sorted.
sees() {
        : >/run/seen
        as_ssh alice true
        wait_for grep -q "close_session" /run/seen
        wait_for ssh_is_over alice
        same "$1" "$(sort /run/seen)"
}

# wire SED: the stack of the examples, changed, with one spy before and one behind our line.
wire() {
        sed -e '/^session.*pam_privtmp/{
                i session optional pam_exec.so /run/spy before
                a session optional pam_exec.so /run/spy behind
        }' "$examples/sshd" >/etc/pam.d/sshd
}

wire
check "what stands before runs outside at login, and inside at logout; what stands behind the other way round" \
        sees "before close_session alices
before open_session systems
behind close_session systems
behind open_session alices"
sed -i '0,/^session/s//session required pam_privtmp.so close\n&/' /etc/pam.d/sshd
check "with a first line that closes, no program runs inside but what stands behind at login" \
        sees "before close_session systems
before open_session systems
behind close_session systems
behind open_session alices"
check "it opens nothing: alice's directory is the one that the other line has made" \
        same alices "$(as_ssh alice 'cat /tmp/whose')"
sed -i 's/^session.*pam_privtmp.so$/#&/' /etc/pam.d/sshd
check "alone it makes nothing private" same systems "$(as_ssh alice 'cat /tmp/whose')"

# ------------------------------------------------------------------ the stacks of the examples

# What Debian has of its own that runs programs.
rm -rf /etc/update-motd.d
mkdir /etc/update-motd.d
cp /run/spy /etc/update-motd.d/50-spy
cp "$examples/sshd" /etc/pam.d/sshd
wait_for ssh_is_over alice
: >/run/seen
check "sshd: alice logs in" same alices "$(as_ssh alice 'cat /tmp/whose')"
check "sshd: the message of the day was made outside" same systems "$(xargs </run/seen)"

# known FILE: the session lines behind ours, of modules that run no program and write no file.
known() {
        sed '1,/^session.*pam_privtmp/d' "$examples/$1" | grep ^session |
                grep -v 'pam_selinux.so open$\|pam_limits.so$' || true
}

for file in sshd login su cron; do
        check "$file: what stands behind our line runs no program" same '' "$(known $file)"
done
for file in sudo sudo-i; do
        check "$file: nothing stands before our line" \
                same pam_privtmp.so "$(grep -m 1 ^session /etc/pam.d/$file | grep -o pam_privtmp.so)"
done

finish
