#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# sudoedit: the caller's editor, which runs as the caller, stays in the caller's session.

# shellcheck disable=SC2016 # what stands in quotes is for inner shells
. "$(dirname "$0")/../kit/tap.sh"
need su sudo

echo hello >/home/bob/notes
chown bob /home/bob/notes
cat >/home/alice/editor <<'EOS'
#!/bin/sh
id -un >/home/alice/who
stat -c %d:%i /tmp >/home/alice/where
ls /tmp >/home/alice/seen
touch /tmp/planted
echo more >>"$1"
EOS
chmod 755 /home/alice/editor

# edit USER FILE: alice edits it by sudoedit, within a session of hers that says what /tmp is.
edit() {
        su alice -c 'stat -c %d:%i /tmp >~/hers; touch /tmp/mine
                SUDO_EDITOR=/home/alice/editor sudo -n -e -u "$0" "$1"' "$1" "$2"
}

# editor_was_at_home
editor_was_at_home() {
        same "$(cat /home/alice/hers)" "$(cat /home/alice/where)" && same mine "$(cat /home/alice/seen)" &&
                same alice "$(cat /home/alice/who)"
}

for lines in '' 'private /var/tmp'; do
        if [ -n "$lines" ]; then
                table '/var/lib/privtmp /tmp *' '/var/lib/privtmp /var/tmp *'
        else
                table
        fi
        name=${lines:-shipped table}
        start_session bob su - bob
        in_session bob 'echo secret >/tmp/secret'
        check "$name: alice edits bob's file" edit bob /home/bob/notes
        check "$name: it is edited" says more cat /home/bob/notes
        check "$name: her editor was in her own /tmp" editor_was_at_home
        check "$name: nothing is planted in bob's" same secret "$(in_session bob 'ls /tmp')"
        end_session bob
        check "$name: nothing keeps bob's" gone bob
        check "$name: a file of root's: edited" edit root /etc/motd
        check "$name: in her own /tmp, too" editor_was_at_home
done

# This is what the line in sudoers is for.
rm /etc/sudoers.d/privtmp
check "without the line it would be bob's" edit bob /home/bob/notes
check "as is seen" not editor_was_at_home

finish
