#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# faults-tell: the verbs that only tell something, without memory for each thing that needs some;
# explain with an error of each system call, too. None may pass over what it could not look at.
#
# usage: faults-tell.sh check|explain|list

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../kit/tap.sh"
need su
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../kit/check.sh"
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../kit/faults.sh"
pamd=/etc/pam.d
drop_ins=$conf.d
mkdir "$drop_ins" "$tap/none"

# Of services and rules there are a few, for each makes it longer.
for folder in /usr/lib/pam.d /usr/lib/tmpfiles.d; do
        [ ! -d "$folder" ] || mount --bind "$tap/none" "$folder"
done
find "$pamd" -type f ! -name su ! -name sudo ! -name sshd -delete
printf '%s\n' 'auth required pam_permit.so' 'account required pam_permit.so' \
        '@include common-session' >"$pamd/su"
echo 'session include common-session' | tee "$pamd/sudo" >"$pamd/sshd"
printf '%s\n' '-session [success=1 default=ignore] pam_exec.so type=open_session /bin/true' \
        'session required pam_permit.so' >"$pamd/common-session"
"$command" wire su sudo sshd >/dev/null

tells() {
        survives -m "$1" true true true "$@"
}

case $1 in
check)
        sed -i 's/pam_privtmp[.]so$/& debug conf=\/srv\/conf/' "$pamd/su"
        sed -i '1i session optional pam_namespace.so' "$pamd/su"
        echo "$base /tmp *" >/srv/conf
        echo "/tmp /tmp-inst/ level root" >/etc/security/namespace.conf
        printf '%s\n' 'd /srv/tmp 1777 root root 10d' 'x /srv/tmp/a' 'D /srv/d' \
                >/etc/tmpfiles.d/tmp.conf
        printf '%s\n' '@include more' '@includedir /etc/sudoers.d' >>/etc/sudoers
        echo 'Defaults:bob !pam_session' >/etc/more
        # instances of alice's and bob's, which others can write by their group
        plant "$base" 1001 aaaaaa
        plant "$base" 1002 eeeeee
        sed -i 's/^bob:x:1002:$/&alice/' /etc/group
        sed -i 's/^\(carol:x:1003\):1003:/\1:1001:/' /etc/passwd
        mkdir -p "$base/.stuck/1001.bbbbbb" "$base/.trash/1001.cccccc"
        mkdir -m 1777 /srv/e
        # a base that no line names any more
        table "/srv/before /tmp *"
        "$command" clean >/dev/null
        plant /srv/before 1001 dddddd
        table "$base /tmp *,!@games share=.X11-unix:krb5cc_*@bob" 'none /tmp 1:999' \
                'inherit /tmp root' 'none /tmp carol,@adm' "$base /var/tmp alice mode=1770,keep=1h" \
                'tmpfs /srv/e nobody-there size=10'
        echo "$base /tmp * exec" >"$drop_ins/50-site.conf"
        touch "$drop_ins/60-site"
        check "as JSON: all that check finds, or that it could not" tells check -J
        rm -r "$drop_ins"
        table 'tmpfs /tmp alice size=10'
        check "as text" tells check
        ;;
explain)
        table "$base /tmp *" 'tmpfs /tmp bob share=.X11-unix:krb5cc_*@bob' 'none /tmp @games' \
                "$base /var/tmp * keep=1h"
        check "as JSON: what bob would get, or that it can't be told" tells explain -J bob
        check "as text" tells explain bob
        check "root's own" tells explain
        table "$base /tmp *,!root" "$base /var/tmp bob"
        check "whatever fails, the same" survives explain true true true explain bob
        check "as JSON, too" survives "explain -J" true true true explain -J bob
        ;;
list)
        table "$base /tmp *"
        start_session a su alice
        plant "$base" 1002 aaaaaa
        check "list: all that is there, or what it can't tell" tells list -J -s \
                -o SOURCE,STATE,SESSIONS,SIZE,SERVICE
        check "list -p: all processes, or what it can't tell" tells list -p -J \
                -o DIRECTORY,STATE,PATH,PID,COMMAND
        check "wire --list: all services, or why not" tells wire --list -J
        check "as a table" tells wire --list
        ;;
esac

finish
