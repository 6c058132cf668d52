#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# real-check-wiring: privtmp check: what it finds in /etc/pam.d and in sudoers.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../kit/tap.sh"
need su sudo cc logger
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../kit/check.sh"

# For what a user starts, and for daemons.
strict='session required pam_privtmp.so'
wire='session [success=ok ignore=ignore module_unknown=ignore default=bad] pam_privtmp.so'

rm /etc/pam.d/*
[ ! -d /usr/lib/pam.d ] || mount -t tmpfs -o mode=755 tmpfs /usr/lib/pam.d
check "no service is wired" finds 0 \
        "warning: /etc/pam.d: no service names pam_privtmp.so: nothing is private; run \"privtmp wire --try 2m\", see privtmp(8)"

# Debian's own, without ours.
only='session required pam_unix.so'
for door in su sudo doas runuser; do
        echo "$only" >/etc/pam.d/$door
done
printf '%s\n' '# a comment' "$wire" >/etc/pam.d/sshd
missing='pam_privtmp.so is missing, though sshd has it'
in_vain() {
        echo "warning: /etc/pam.d/$1: $missing: $1 takes a user's /tmp into another's session; run \"privtmp wire\", or add the line, see pam_privtmp(8)"
}
check "sshd is wired; su, sudo and doas are not; runuser is for root" finds 0 "$(
        for door in su sudo doas; do in_vain $door; done)"
for door in su sudo doas; do
        echo "$strict" >/etc/pam.d/$door
done
check "all are wired: nothing" finds 0 "$nothing"
rm /etc/pam.d/*
echo "$wire" >/etc/pam.d/login
check "login alone is wired: nothing" finds 0 "$nothing"
printf '%s\n' "# this comment does not go on \\" "$wire # nor does this \\" "session optional pam_unix.so" \
        >/etc/pam.d/login
check "a comment that ends with a backslash takes no line away" finds 0 "$nothing"
rm /etc/pam.d/*

# ------------------------------------------------------------------ before and behind

# late NUMBER MODULE AT: ours, in line NUMBER, comes before that one. early: comes after.
late() {
        echo "warning: /etc/pam.d/login:$1: it comes before $2 ($3), which at login runs as root in the user's /tmp, and mounts for the user's sessions alone; put it behind that line"
}
early() {
        echo "warning: /etc/pam.d/login:$1: it comes after $2 ($3), which at logout still runs as root in the user's /tmp, and unmounts for the user's sessions alone; put a line of ours with the argument \"close\" before that one, as \"privtmp unwire\" and \"wire\" do"
}
printf 'session optional \\\n  pam_mount.so\n' >/etc/pam.d/mounts
printf '%s\n' "$wire # pam_exec.so" '@include mounts' >/etc/pam.d/login
check "before pam_mount, in a file that Debian's @include names" \
        finds 0 "$(late 1 pam_mount.so /etc/pam.d/mounts:1)"
printf '%s\n' 'auth include nothing' 'session include  inner' "$wire" 'session substack mounts' \
        >/etc/pam.d/login
echo 'session required /lib/security/pam_ecryptfs.so' >/etc/pam.d/inner
check "before pam_mount, and after pam_ecryptfs, in files of their own" finds 0 \
        "$(late 3 pam_mount.so /etc/pam.d/mounts:1)
$(early 3 pam_ecryptfs.so /etc/pam.d/inner:1)"
printf '%s\n' "$wire close" 'session include mounts' "$wire" 'auth include mounts' >/etc/pam.d/login
check "a line that closes before pam_mount, one that opens behind: nothing" finds 0 "$nothing"

# runs LINE LATE EARLY: is it told, before and behind?
runs() {
        printf '%s\n' "$wire" "$1" >/etc/pam.d/login
        told=$nothing module=$(echo "$1" | grep -o 'pam_[a-z]*.so')
        [ "$2" = no ] || told=$(late 1 "$module" /etc/pam.d/login:2)
        check "behind ours, $1: $2" finds 0 "$told"
        printf '%s\n' "$1" "$wire" >/etc/pam.d/login
        told=$nothing
        [ "$3" = no ] || told=$(early 2 "$module" /etc/pam.d/login:1)
        check "before ours, $1: $3" finds 0 "$told"
}
#                                                             late  early
runs 'session optional pam_exec.so /bin/true'                  yes   yes
runs 'session optional pam_exec.so type=open_session /bin/x'   yes   no
runs 'session optional pam_exec.so type=close_session /bin/x'  no    yes
runs '-session optional pam_script.so'                         yes   yes
runs 'session required pam_mount.so'                           yes   yes
runs 'session optional pam_ecryptfs.so unwrap'                 yes   yes
runs 'session optional pam_snapper.so'                         yes   yes
runs 'session required pam_mkhomedir.so'                       yes   no
runs 'session optional pam_motd.so motd=/run/motd.dynamic'     yes   no
runs 'session optional pam_motd.so noupdate'                   no    no
runs 'session optional pam_systemd.so'                         no    no
runs 'session required pam_limits.so'                          no    no
runs 'auth optional pam_mount.so'                              no    no
runs 'session [success=ok default=ignore] pam_selinux.so open' no    no
rm /etc/pam.d/*
echo "$wire close" >/etc/pam.d/login
check "a line that closes only: nothing is private" finds 0 \
        "warning: /etc/pam.d: no service names pam_privtmp.so: nothing is private; run \"privtmp wire --try 2m\", see privtmp(8)"

printf '%s\n' "$wire" 'session optional pam_unix.so' "$wire" "$wire close" >/etc/pam.d/login
check "two lines that open: the second one does nothing" finds 0 \
        "warning: /etc/pam.d/login:3: it does nothing: the line in /etc/pam.d/login:1 comes first, and opens the session; take it out"

# passes LINE: PAM may not come to ours, in line 3.
passes() {
        printf '%s\n' "$1" 'session optional pam_unix.so' "$wire" >/etc/pam.d/login
        check "PAM may not come to ours: $1" finds 0 \
                "warning: /etc/pam.d/login:3: PAM may not come to it: pam_succeed_if.so (/etc/pam.d/login:1) can end the stack or jump over it; put it before that line, unless that is what you want"
}
comes() {
        printf '%s\n' "$1" 'session optional pam_unix.so' "$wire" >/etc/pam.d/login
        check "PAM comes to ours: $1" finds 0 "$nothing"
}
passes 'session sufficient pam_succeed_if.so user ingroup staff'
passes 'session [success=done default=ignore] pam_succeed_if.so user ingroup staff'
passes 'session [success=2 default=ignore] pam_succeed_if.so user ingroup staff'
comes 'session [success=1 default=ignore] pam_succeed_if.so service in crond'
comes 'auth sufficient pam_rootok.so'
rm /etc/pam.d/login

# ------------------------------------------------------------------ what PAM can't read

# unreadable LINE WHAT: it is a fault, and so it is: PAM refuses root, who needs no password.
unreadable() {
        printf '%s\n' "$1" "$wire" >/etc/pam.d/login
        check "unreadable: $1" finds 1 \
                "fault: /etc/pam.d/login:1: PAM can't read this line, and refuses the service: $2; correct it"
        printf '%s\n' "$1" 'auth sufficient pam_rootok.so' 'account required pam_permit.so' \
                'session required pam_permit.so' >/etc/pam.d/su
        check "unreadable, and so it is: $1" not su alice -c true
        rm /etc/pam.d/su
}
# readable LINE: the counterpart.
readable() {
        printf '%s\n' "$1" "$wire" >/etc/pam.d/login
        check "readable: $1" finds 0 "$nothing"
        printf '%s\n' 'auth sufficient pam_rootok.so' 'account required pam_permit.so' \
                'session required pam_permit.so' "$1" >/etc/pam.d/su
        check "readable, and so it is: $1" su alice -c true
        rm /etc/pam.d/su
}
unreadable 'session [success=ok ignore=ignore default=bad pam_permit.so' 'its "[" has no "]"'
unreadable 'sesion required pam_permit.so' 'its type "sesion" is none of auth, account, password, session'
unreadable 'session requird pam_permit.so' 'its control "requird" is none that PAM knows, nor names a return value'
unreadable 'session' 'it has no control'
unreadable 'session required' 'it names no module'
unreadable 'session [success=ok default=bad]' 'it names no module'
unreadable 'session [sucess=ok default=bad] pam_permit.so' \
        'its control "sucess=ok default=bad" is none that PAM knows, nor names a return value'
unreadable 'session [success ok] pam_permit.so' 'its control "success ok" lacks a "="'
unreadable 'session [success=okay] pam_permit.so' \
        'its control "success=okay" is none that PAM knows, nor names a return value'
unreadable 'session [success=fine] pam_permit.so' \
        'its control "success=fine" names an action that PAM does not know'
unreadable 'session [success=0] pam_permit.so' \
        'its control "success=0" names an action that PAM does not know'
unreadable 'session include gone' 'gone: No such file or directory'
unreadable 'session include' 'it names no file'
unreadable '@include gone' 'gone: No such file or directory'
unreadable 'session substack gone' 'gone: No such file or directory'
unreadable 'auth requird pam_permit.so' 'its control "requird" is none that PAM knows, nor names a return value'
readable 'SESSION Required pam_permit.so'
readable 'session success=ok pam_permit.so'
readable 'session [required] pam_permit.so'
readable 'session [ success = ok default=bad ] pam_permit.so'
readable 'session [success=okdefault=ignore] pam_permit.so'
readable 'session [session_err=die default=ignore] pam_permit.so'
readable '-session optional pam_gone.so'
readable '   # session requird pam_permit.so'
echo 'sesion required pam_permit.so' >/etc/pam.d/inner
printf '%s\n' 'session include inner' "$wire" >/etc/pam.d/login
check "unreadable, in a file that a line names" finds 1 \
        "fault: /etc/pam.d/inner:1: PAM can't read this line, and refuses the service: its type \"sesion\" is none of auth, account, password, session; correct it"
rm /etc/pam.d/inner
printf '%s\n' 'session include login' "$wire" >/etc/pam.d/login
check "a file that includes itself" finds 1 \
        "fault: /etc/pam.d/login:1: PAM can't read this line, and refuses the service: login: Too many levels of symbolic links; correct it"
rm /etc/pam.d/*

printf '%s\n' "$wire" >/etc/pam.d/common-session
printf '%s\n' '@include common-session' '@include mounts' >/etc/pam.d/login
echo 'session optional pam_mount.so' >/etc/pam.d/mounts
check "in common-session: told once" finds 0 \
        "warning: /etc/pam.d/common-session:1: services include this file that close no session, or need the system's /tmp; put it into the files of single services"
rm /etc/pam.d/*
echo "$strict" >/etc/pam.d/runuser
echo "$wire" >/etc/pam.d/gdm-password
unfit="closes no session, or needs the system's /tmp; take it out"
check "in services that it is not for" finds 0 \
        "warning: /etc/pam.d/gdm-password:1: gdm-password $unfit
warning: /etc/pam.d/runuser:1: runuser $unfit"
rm /etc/pam.d/*
echo "$wire" >/etc/pam.d/login
echo "$wire" >/etc/pam.d/login.dpkg-old
echo "$wire" >/etc/pam.d/lightdm~
check "copies of files do not count" finds 0 "$nothing"
rm /etc/pam.d/*

printf '%s\n' 'session required pam_permit.so' 'session optional pam_motd.so' \
        'session requisite pam_limits.so' "$strict" >/etc/pam.d/sudo
check "sudo: behind what can't hide it: nothing" finds 0 "$nothing"
printf '%s\n' 'session required pam_limits.so' "$strict" '-session optional pam_systemd.so' \
        >/etc/pam.d/sudo-i
check "sudo: behind a line whose failure hides its own" finds 0 \
        "warning: /etc/pam.d/sudo-i:2: it comes after pam_limits.so (/etc/pam.d/sudo-i:1): where that fails, sudo may go on without ours; make it the first session line"
rm /etc/pam.d/*

# ------------------------------------------------------------------ our line

weak='with this control a session goes on with the system directory where ours fails; write the control that pam_privtmp(8) has'
goes_on() {
        echo "fault: /etc/pam.d/$1:1: with this control $1 goes on where the module can't be loaded, and whoever starts it can bring that about by \"ulimit -v\"; write \"session required\""
}
stays_out="warning: /etc/pam.d/login:1: with this control nobody comes in by login, root neither, where the module can't be loaded; write the control that pam_privtmp(8) has for it"
for line in 'session optional pam_privtmp.so' 'session sufficient pam_privtmp.so' \
            'session [success=ok default=ignore] pam_privtmp.so' \
            'session [success=ok system_err=ignore default=bad] pam_privtmp.so' \
            'session [success=ok buf_err=ignore default=bad] pam_privtmp.so' \
            'session [success=ok user_unknown=ignore default=bad] pam_privtmp.so'; do
        echo "$line" >/etc/pam.d/login
        check "it lets failures pass: $line" finds 1 "fault: /etc/pam.d/login:1: $weak"
done
rm /etc/pam.d/*
for door in su su-l sudo sudo-i doas; do
        for line in "$wire" "-$strict" \
                    'session [default=bad success=ok module_unknown=ignore] pam_privtmp.so'; do
                echo "$line" >/etc/pam.d/$door
                check "$door: too tolerant: $line" finds 1 "$(goes_on $door)"
        done
        for line in "$strict" 'session requisite pam_privtmp.so' \
                    'session [success=ok default=die] pam_privtmp.so'; do
                echo "$line" >/etc/pam.d/$door
                check "$door: strict as it must be: $line" finds 0 "$nothing"
        done
        rm /etc/pam.d/$door
done
echo "$strict" >/etc/pam.d/login
check "login: too strict" finds 0 "$stays_out"
echo "-$strict debug" >/etc/pam.d/login
check "login: strict, but for a module that is not there" finds 0 "$nothing"
rm /etc/pam.d/*
echo "$strict" >/etc/pam.d/cron
check "cron: as you like" finds 0 "$nothing"
rm /etc/pam.d/*
echo "$base /tmp *" >/srv/conf
echo "$wire debug bogus conf=/srv/conf" >/etc/pam.d/login
check "arguments" finds 1 \
        "fault: /etc/pam.d/login:1: unknown argument \"bogus\": nobody can log in here; take it out
warning: /etc/pam.d/login:1: another table is read here, /srv/conf; look at it by \"privtmp check --conf FILE\""
# denies_all CONF REASON: a line that names that table denies all but root.
denies_all() {
        echo "$wire conf=$1" >/etc/pam.d/login
        finds 1 "fault: /etc/pam.d/login:1: all but root are denied here: $2; name a table that is there and has no faults
warning: /etc/pam.d/login:1: another table is read here, $1; look at it by \"privtmp check --conf FILE\""
}
check "a table that is not there" denies_all /srv/none 'conf=/srv/none: No such file or directory'
check "no path" denies_all srv/conf 'conf=srv/conf is no absolute path in its shortest form'
echo bogus >/srv/bad
check "a table with faults" denies_all /srv/bad \
        '/srv/bad:1: 1 column, where source, directory, users and maybe options belong'
echo "$wire conf=/srv/conf" >/etc/pam.d/login
check "the other table is looked at by --conf" prints 0 "$nothing" "$command" check --conf /srv/conf

echo "$wire" >/etc/pam.d/login
module=$(find /usr/lib /lib -name pam_privtmp.so 2>/dev/null | head -n 1)
folder=$(dirname "$module")
mv "$folder/pam_unix.so" "$folder/away.so"
check "the command was built for another folder of modules than PAM's" finds 1 \
        "fault: /etc/pam.d/login:1: PAM does not look for modules in $folder: pam_unix.so is not there; build it with -Dpamdir=, the folder that has pam_unix.so"
mv "$folder/away.so" "$folder/pam_unix.so"
mv "$module" "$module.away"
check "the module is not there" finds 1 \
        "fault: /etc/pam.d/login:1: $module is not there; install it, or take the line out"
echo 'int gone;' | cc -shared -fPIC -Wl,-soname,libgone.so -x c -o "$tap/libgone.so" -
echo 'extern int gone; int *pam_sm_open_session = &gone;' |
        cc -shared -fPIC -x c -o "$module" - -x none "$tap/libgone.so"
cannot="install what it needs, or take the line out"
check "a library of it is not there" finds 1 \
        "fault: /etc/pam.d/login:1: $module can't be loaded: libgone.so: cannot open shared object file: No such file or directory; $cannot"
echo 'int nothing;' | cc -shared -fPIC -x c -o "$module" -
check "it is no PAM module" finds 1 \
        "fault: /etc/pam.d/login:1: $module can't be loaded: $module: undefined symbol: pam_sm_close_session; $cannot"
echo '#include <stdlib.h>
void __attribute__((constructor)) end(void) { abort(); }' | cc -shared -fPIC -x c -o "$module" -
check "it ends whoever loads it" finds 1 \
        "fault: /etc/pam.d/login:1: $module can't be loaded: loading it ends in a signal: Aborted; $cannot"
echo '#include <stdlib.h>
void __attribute__((constructor)) end(void) { _Exit(0); }' | cc -shared -fPIC -x c -o "$module" -
check "it ends whoever loads it, without a signal" finds 1 \
        "fault: /etc/pam.d/login:1: $module can't be loaded: it ends whoever loads it; $cannot"
mv "$module.away" "$module"

rival='does not go together with pam_privtmp.so in one stack; take one of the two out'
printf '%s\n' 'session optional pam_tmpdir.so' "$wire" >/etc/pam.d/login
check "libpam-tmpdir in the same stack" finds 0 "warning: /etc/pam.d/login:1: pam_tmpdir.so $rival"
printf '%s\n' "$wire" 'session required pam_namespace.so' >/etc/pam.d/login
check "pam_namespace without a table: nothing" finds 0 "$nothing"
echo '/var/tmp /var/tmp-inst/ level root' >/etc/security/namespace.conf
check "pam_namespace for another directory: nothing" finds 0 "$nothing"
mkdir /etc/security/namespace.d
echo '/tmp /tmp-inst/ level root' >/etc/security/namespace.d/tmp.conf
check "pam_namespace for the same directory" \
        finds 0 "warning: /etc/pam.d/login:2: pam_namespace.so $rival"
rm -r /etc/security/namespace.conf /etc/security/namespace.d

# ------------------------------------------------------------------ sudoers

echo "$strict" >/etc/pam.d/sudo
rm /etc/pam.d/login
no_session() {
        echo "warning: $1: with \"!pam_session\" sudo opens no session: whoever the command runs as, it has the caller's /tmp; take it out"
}
check "sudoers of Debian: nothing" finds 0 "$nothing"
cp /etc/sudoers "$tap/sudoers"
lines=$(wc -l </etc/sudoers)
# what sudo makes of it: does it open a session?
opens_session() {
        log_mark
        sudo -n "$@" true
        logger over # the last message
        wait_for log_says over >/dev/null
        log_says 'sudo: pam_unix(sudo:session): session opened'
}
printf '%s\n' 'session required pam_unix.so' 'account required pam_permit.so' >>/etc/pam.d/sudo
for setting in 'Defaults !pam_session' 'Defaults:root !pam_session' 'Defaults env_reset, ! pam_session' \
               'Defaults>root   !!!pam_session # why'; do
        echo "$setting" >>/etc/sudoers
        check "sudoers, $setting" finds 0 "$(no_session /etc/sudoers:$((lines + 1)))"
        check "and so it is" not opens_session
        cp "$tap/sudoers" /etc/sudoers
done
for setting in 'Defaults pam_session' 'Defaults !!pam_session' '# Defaults !pam_session' \
               'Defaults !pam_setcred'; do
        echo "$setting" >>/etc/sudoers
        check "sudoers, $setting: nothing" finds 0 "$nothing"
        check "and so it is" opens_session
        cp "$tap/sudoers" /etc/sudoers
done
unknown="warning: /etc/sudoers:$((lines + 1)): \"runas_allow_unknown_id\" lets a command run as a uid that is no user's: PAM opens no session for it, and it has the caller's /tmp; take it out"
for setting in 'Defaults runas_allow_unknown_id' 'Defaults:root env_reset,runas_allow_unknown_id # why'; do
        echo "$setting" >>/etc/sudoers
        check "sudoers, $setting" finds 0 "$unknown"
        check "and so it is" not opens_session -u '#4711'
        cp "$tap/sudoers" /etc/sudoers
done
echo 'Defaults !runas_allow_unknown_id, runas_allow_unknown_id2' >/etc/sudoers.d/x
check "sudoers: where it is switched off, or is another word: nothing" finds 0 "$nothing"
rm /etc/sudoers.d/x
mv /etc/sudoers.d/privtmp "$tap/editors"
missing="fault: /etc/sudoers: sudoedit runs the caller's editor, as the caller, in the other user's private directories; add \"Defaults!sudoedit !pam_session\""
check "sudoers: the line for sudoedit is missing" finds 1 "$missing"
echo 'Defaults!sudoedit    !pam_session' >>/etc/sudoers
check "sudoers: it may stand anywhere" finds 0 "$nothing"
cp "$tap/sudoers" /etc/sudoers
echo 'Defaults!sudoedit pam_session' >>/etc/sudoers
check "sudoers: with the opposite it is missing" finds 1 "$missing"
cp "$tap/sudoers" /etc/sudoers
mv "$tap/editors" /etc/sudoers.d/privtmp
mkdir /etc/more.d
echo 'Defaults !pam_session' >/etc/more.d/10-a
cp /etc/more.d/10-a /etc/more.d/20.old
cp /etc/more.d/10-a /etc/more.d/30~
printf 'root ALL=(ALL) \\\nALL\nDefaults !pam_session\n' >/etc/one-more
for word in '@' '#'; do
        printf '%sincludedir more.d\n%sinclude /etc/one-more\n' "$word" "$word" >>/etc/sudoers
        check "sudoers: what it includes by $word" finds 0 "$(no_session /etc/more.d/10-a:1)
$(no_session /etc/one-more:3)"
        cp "$tap/sudoers" /etc/sudoers
done
rm -r /etc/more.d /etc/one-more
rm /etc/pam.d/sudo
echo 'Defaults !pam_session' >>/etc/sudoers
check "sudoers: where nothing is wired, it is not told" finds 0 \
        "warning: /etc/pam.d: no service names pam_privtmp.so: nothing is private; run \"privtmp wire --try 2m\", see privtmp(8)"
cp "$tap/sudoers" /etc/sudoers

[ ! -d /usr/lib/pam.d ] || umount /usr/lib/pam.d
as_before

finish
