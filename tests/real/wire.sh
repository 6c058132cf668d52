#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# wire: privtmp wire and unwire, on the files of a throw-away host, and logins in between.

# shellcheck source-path=SCRIPTDIR disable=SC2016 # what stands in quotes is for inner shells
. "$(dirname "$0")/../kit/tap.sh"
need su sudo sshd strace python3 cc nm
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../kit/command.sh"
module=$(find /usr/lib /usr/lib64 -path '*/security/pam_privtmp.so' 2>/dev/null | head -n 1)
pamd=/etc/pam.d
journal=/var/lib/misc/privtmp-wire
line='pam_privtmp\.so'

# The host's own files have the line already; these are what it had before.
sed -i "/^[^#]*$line/d" "$pamd"/*
cp -a "$pamd" "$tap/before"

# attribute FILE: the one that this test sets.
attribute() {
        python3 -c 'import os, sys; print(os.listxattr(sys.argv[1]).count("user.test") and
                os.getxattr(sys.argv[1], "user.test"))' "$1"
}

# everything: contents, modes, owners and extended attributes of all files.
everything() {
        python3 - "$1" <<'EOS'
import os, stat, sys

os.chdir(sys.argv[1])
for name in sorted(os.listdir(".")):
    of = os.lstat(name)
    if stat.S_ISREG(of.st_mode) and not name.startswith("."):
        print(name, oct(of.st_mode), of.st_uid, of.st_gid)
        print([(a, os.getxattr(name, a)) for a in sorted(os.listxattr(name))])
        print(open(name, errors="surrogateescape").read())
EOS
}

as_before() {
        everything "$pamd" >"$tap/now"
        everything "$tap/before" | diff - "$tap/now" &&
                same '' "$(find "$pamd" -name '.*' -type f)"
}

# refuses PATTERN [ARG...]: wire fails, says so, and changes nothing.
refuses() {
        pattern=$1
        shift
        everything "$pamd" >"$tap/was"
        exits 1 "$command" wire "$@" >"$tap/out" 2>&1 && says "$pattern" cat "$tap/out" &&
                everything "$pamd" >"$tap/is" && diff "$tap/was" "$tap/is" &&
                same '' "$(find "$pamd" -name '.*.privtmp-wire')"
}

# lines FILE: how many lines of ours it has.
lines() {
        grep -c "^[^#]*$line" "$pamd/$1" || true
}

has_own_tmp() {
        not same "$(stat -c %d:%i /tmp)" "$("$@" stat -c %d:%i /tmp)"
}

has_system_tmp() {
        same "$(stat -c %d:%i /tmp)" "$("$@" stat -c %d:%i /tmp)"
}

# wired SERVICE: what it says of the service there
wired() {
        "$command" wire --list --json | perl -MJSON::PP -0e '
                my ($s) = grep { $_->{service} eq $ARGV[0] } @{decode_json(<STDIN>)->{services}};
                print $s->{wired} ? "wired" : defined $s->{wired} ? "not wired" : "nothing"' "$1"
}

table
start_sshd

check "wire --dry-run tells what it would do" says "$pamd/su: would get the line" "$command" wire -n
check "and changes nothing" as_before
check "list as JSON tells that su is not wired" same "not wired" "$(wired su)"
check "before, alice has the system's /tmp" has_system_tmp su alice -c 'exec "$0" "$@"' --
check "wire gives each service its line" exits 0 "$command" wire
for service in su sudo sshd login cron; do
        check "$service has it once" same 1 "$(lines "$service")"
done
check "su-l has it from su" same 0 "$(lines su-l)"
check "sudo has it before its other session lines" says 'pam_privtmp' sh -c \
        "grep -v '^#' $pamd/sudo | grep -m 1 -e session"
check "su refuses where the module can't be loaded" says 'required' grep "$line" "$pamd/su"
check "sshd goes on there" says 'module_unknown=ignore' grep "$line" "$pamd/sshd"
check "su: alice has a /tmp of her own" has_own_tmp su alice -c 'exec "$0" "$@"' --
check "ssh: she has" has_own_tmp ssh alice@127.0.0.1
check "su -: she has" has_own_tmp su - alice -c 'exec "$0" "$@"' --
check "list tells where" says "^su  *true  *$pamd/su:[0-9]* " "$command" wire --list
check "list tells the control" says 'sshd .*module_unknown=ignore' "$command" wire --list
check "list as JSON tells that it is" same wired "$(wired su)"
check "check has nothing against it" not says 'pam.d' "$command" check
everything "$pamd" >"$tap/wired"
check "wire again has nothing to do" says 'nothing to do' "$command" wire
everything "$pamd" >"$tap/again"
check "and changes nothing then" cmp "$tap/wired" "$tap/again"
check "unwire gives all files back" exits 0 "$command" unwire
check "byte for byte, with modes and owners" as_before
check "afterwards alice has the system's /tmp" has_system_tmp su alice -c 'exec "$0" "$@"' --
check "unwire again has nothing to do" says 'nothing to do' "$command" unwire
check "nothing is left in the journal" same '' "$(find "$journal" -type f)"

# ------------------------------------------------------------------ single services

chmod 640 "$pamd/su"
chown root:adm "$pamd/su"
python3 -c 'import os, sys; os.setxattr(sys.argv[1], "user.test", b"mine")' "$pamd/su"
cp -a "$pamd/su" "$tap/before/su"
check "su-l alone can't be wired" refuses \
        '^privtmp: su-l includes su, which is not wired: name su instead$' su-l
check "nor dry" refuses 'name su instead$' --dry-run su-l
check "together with su it has nothing to do" says '^su-l: nothing to do$' "$command" wire -n su-l su
check "a service that is named twice is wired once" same 1 \
        "$("$command" wire -n su su | grep -c 'would get the line')"
check "however often it is named" exits 0 "$command" wire -n su su su su su su su su su su su su su \
        su su su su su su su su su
check "one service alone, named twice" exits 0 "$command" wire su su
check "su-l has nothing to do then" prints 0 'su-l: nothing to do
nothing to do' "$command" wire su-l
check "the others stay as they are" same 0 "$(lines sudo)"
check "owner and mode stay" same '640 root:adm' "$(stat -c '%a %U:%G' "$pamd/su")"
check "so do extended attributes" same "b'mine'" "$(attribute "$pamd/su")"
check "wire adds the others" exits 0 "$command" wire
check "su has the line once" same 1 "$(lines su)"
check "unwire one" exits 0 "$command" unwire su
check "the others keep theirs" same 1 "$(lines sudo)"
check "unwire the rest" exits 0 "$command" unwire
check "all is as before" as_before

check "a service that nobody knows is an error" refuses 'nosuch: no service' nosuch
check "so it is for unwire" exits 1 "$command" unwire nosuch
check "an unknown option is a usage error" exits 2 "$command" wire --nosuch
check "to unwire, too" exits 2 "$command" unwire --nosuch
check "--list takes no services" exits 2 "$command" wire --list su
check "--json belongs to --list" complains 2 \
        "privtmp: wire: --list takes no services, and --json belongs to it" "$command" wire --json
check "--pending takes no services" complains 2 "privtmp: unwire: --pending takes no services" \
        "$command" unwire --pending su
for verb in wire unwire; do
        check "$verb: help is help" says "privtmp $verb \\[options\\]" "$command" $verb --help
        check "$verb: a user is told that it needs root" \
                says "^privtmp: $verb: needs root\$" su alice -c "$command $verb"
done

# ------------------------------------------------------------------ what runs at logout

# as pam-auth-update puts modules there
printf '%s\n' 'session optional pam_exec.so /bin/true' >>"$pamd/common-session"
check "with a module that runs programs at logout, too" says "pam_privtmp.so close" \
        "$command" wire su
check "su gets a line that closes before that" \
        same 'session  required  pam_privtmp.so close' "$(grep -m 1 -e ^session -e ^@include "$pamd/su")"
check "and one that opens behind it" same 'session  required  pam_privtmp.so' \
        "$(tail -n 1 "$pamd/su")"
check "check is content" not says "$pamd/su" "$command" check
check "list tells of the one that opens" says "^su *true *$pamd/su:$(wc -l <"$pamd/su") *required" \
        "$command" wire --list
check "alice has a /tmp of her own" has_own_tmp su alice -c 'exec "$0" "$@"' --
echo '# mine' >>"$pamd/su"
sed -i '$d' "$pamd/common-session"
check "both are taken out, also of a file that was edited" exits 0 "$command" unwire
check "the edit stays" same '# mine' "$(tail -n 1 "$pamd/su")"
sed '$d' "$pamd/su" >"$tap/su"
check "all else is as before" cmp "$tap/su" "$tap/before/su"
sed -i '1i session required pam_privtmp.so close' "$pamd/su"
check "a line that closes needs the module, and is told" says "^su *true *$pamd/su:1 " \
        "$command" wire --list
cp -a "$tap/before/su" "$tap/before/common-session" "$pamd/"

# ------------------------------------------------------------------ what can't be read

"$command" wire su >/dev/null
sed -i '/^[^#]*pam_privtmp\.so/d' "$pamd/su"
check "check finds a line that was lost" says "the line .* is gone.* sessions of su " \
        "$command" check
mkdir /srv/folder
echo '@include /srv/folder' >>"$pamd/su"
check "list does not say of what it could not read that it is not wired" \
        says "can't tell which services are wired: $pamd/su:[0-9]*: can't read /srv/folder" \
        "$command" wire --list
check "and fails" exits 1 "$command" wire --list
check "nor does check say that the line was lost" not says "is gone" "$command" check
check "it says that it could not look" says "whether su still has the line" "$command" check
rm -r "$journal"
cp -a "$tap/before/su" "$pamd/"
rmdir /srv/folder

# ------------------------------------------------------------------ edited in between

"$command" wire >/dev/null
echo 'session optional pam_keyinit.so' >>"$pamd/su"
cp -a "$pamd/su" "$tap/edited"
check "a file that was edited since loses our line alone" exits 0 "$command" unwire
check "the edit stays" same "$(grep -v "^[^#]*$line" "$tap/edited")" "$(cat "$pamd/su")"
cp -a "$tap/before/su" "$pamd/su"
check "the others are as before" as_before

"$command" wire >/dev/null
cp -a "$tap/before/sudo" "$pamd/sudo" # as an upgrade of its package does
check "check tells that a file has lost its line" \
        says "^fault: $pamd/sudo: the line that \"privtmp wire\" has written is gone" "$command" check
check "also who is not root is told that this could not be looked at" \
        says "^unchecked: $journal: whether wired services have lost" su alice -c "$command check"
check "a file that an upgrade replaced is wired again" exits 0 "$command" wire
check "it has the line" same 1 "$(lines sudo)"
check "then check misses nothing" not says "^fault: $pamd" "$command" check
cp -a "$tap/before/sudo" "$pamd/sudo"
"$command" unwire -n >/dev/null
check "unwire --dry-run forgets nothing" says "^fault: $pamd/sudo: the line that" "$command" check
check "unwire takes it as it is" exits 0 "$command" unwire
check "and nobody misses it" not says "^fault: $pamd" "$command" check
check "all is as before again" as_before

# ------------------------------------------------------------------ what can't be judged

# with LINE FILE: the line at the top of the file.
with() {
        printf '%s\n' "$1" | cat - "$tap/before/$2" >"$pamd/$2"
        cp -a "$pamd/$2" "$tap/odd"
}

with 'session optional pam_privtmp.so' su
check "a line by hand" refuses "$pamd/su:1: .*not written by"
check "unwire leaves it alone, too" exits 1 "$command" unwire
with 'sesion optional pam_permit.so' su
check "a type that PAM does not know" refuses "$pamd/su:1: PAM can't read this line, and refuses the service: its type"
with 'session [success=ok pam_permit.so' sshd
cp -a "$tap/before/su" "$pamd/su"
check "a control that PAM can't read" refuses "$pamd/sshd:1: PAM can't read"
cp -a "$tap/before/sshd" "$pamd/sshd"
with 'session [success=30 default=ignore] pam_permit.so' su
check "a line that jumps over ours" refuses "$pamd/su:1: this line can jump over others"
with 'session sufficient pam_permit.so' su
check "a line that ends the stack" refuses "$pamd/su:1: this line can end the stack"
with 'session [success=done default=ignore] pam_permit.so' su
check "the same in brackets" refuses "$pamd/su:1: this line can end the stack"
cp -a "$tap/before/su" "$pamd/su"
with 'session [success=1 default=ignore] pam_permit.so
session optional pam_deny.so' su
check "a jump that ends before ours is none" exits 0 "$command" wire su
check "it is taken out again" exits 0 "$command" unwire su
cp -a "$tap/before/su" "$pamd/su"
printf 'session sufficient pam_permit.so\n' >"$pamd/odd-common"
with '@include odd-common' su
check "what an included file does counts" refuses "$pamd/odd-common:1: this line can end"
cp -a "$tap/before/su" "$pamd/su"
with "@include $pamd/odd-common" su
check "by its whole path as well" refuses "$pamd/odd-common:1: this line can end"
rm "$pamd/odd-common"
cp -a "$tap/before/su" "$pamd/su"
with '@include odd-common' su
check "an included file that is missing" refuses "$pamd/su:1: PAM can't read this line, and refuses the service: odd-common"
cp -a "$tap/before/su" "$pamd/su"
ln -s su "$tap/link"
mv "$pamd/su" "$pamd/su.real"
ln -s su.real "$pamd/su"
check "a symbolic link" refuses "$pamd/su is a symbolic link"
mv "$pamd/su.real" "$pamd/su"
chmod g+w "$pamd/su"
check "a file that others can write" refuses "$pamd/su: others than root can write it"
cp -a "$tap/before/su" "$pamd/su"
mkdir "$tap/x"
mv "$pamd/su" "$tap/x/su"
mkdir "$pamd/su"
check "a directory" refuses "$pamd/su is no regular file"
rmdir "$pamd/su"
mv "$tap/x/su" "$pamd/su"
check "after all these all is as before" as_before

# ------------------------------------------------------------------ a host that is not ready

mv "$module" "$module.away"
check "a module that is not there" refuses "$module can't be loaded"
echo broken >"$module"
check "a module that can't be loaded" refuses "$module can't be loaded"
mv "$module.away" "$module"
table 'nonsense'
check "a table with a fault" refuses \
        'the table has a fault: /etc/security/privtmp.conf:1: .*, or see --force$'
check "unless it is forced" exits 0 "$command" wire --force su
check "and taken back" exits 0 "$command" unwire
mkdir -m 755 "$tap/open"
table "$tap/open /tmp alice"
check "a base that others can read" refuses \
        "the table has a fault: /etc/security/privtmp.conf:1: $tap/open has mode 0755.*, or see --force\$"
table "$tap/gone/base /tmp alice"
check "a base without a parent" refuses "privtmp.conf:1: .*$tap/gone.*, or see --force\$"
table '/var/lib/privtmp /nowhere alice'
check "a directory that is not there" refuses "privtmp.conf:1: .*/nowhere.*, or see --force\$"
check "also --dry-run" refuses "/nowhere" --dry-run
check "these can be forced, too" exits 0 "$command" wire --force su
check "and are taken back" exits 0 "$command" unwire
table '/var/lib/privtmp /tmp nosuch'
check "a warning is no reason" exits 0 "$command" wire su
check "which is taken back as well" exits 0 "$command" unwire
table
mkdir "$tap/doors"
mv "$pamd/sshd" "$pamd/login" "$tap/doors"
check "no way to root without the module" refuses 'nobody could become root any more, but see --force$'
check "unless that is forced" exits 0 "$command" wire --force su
check "which is taken back" exits 0 "$command" unwire
known='; these can be: su su-l sudo sudo-i doas sshd login cron crond atd$'
check "a service that is not known" refuses "ftpd: no service that can be wired$known" ftpd
check "nor to unwire" says "ftpd: no service that can be wired$known" "$command" unwire ftpd
mv "$tap/doors"/* "$pamd"
check "all is as before after that" as_before

# SELinux as it is on a host that enforces a policy, which does not know of us.
cat >"$tap/enforcing.c" <<'EOF'
int is_selinux_enabled(void)
{
        return 1;
}

int security_getenforce(void)
{
        return 1;
}

int security_check_context_raw(const char *context)
{
        return -1;
}
EOF
cc -shared -fPIC -o "$tap/enforcing.so" "$tap/enforcing.c"
command_here=$command
# Built without SELinux it does not ask, and neither does the module.
if nm -D "$command" | grep -q security_check_context_raw; then
        command=$tap/enforcing
        printf '#!/bin/sh\nLD_PRELOAD=%s exec %s "$@"\n' "$tap/enforcing.so" "$command_here" \
                >"$command"
        chmod +x "$command"
        check "a policy of SELinux that would deny all logins" \
                refuses 'SELinux enforces a policy without ours.*semodule -i .*, or see --force$'
        check "also --dry-run" refuses 'SELinux enforces' --dry-run
fi
check "unless it is forced, or nothing is asked of SELinux" exits 0 "$command" wire --force su
check "which is taken back, too" exits 0 "$command" unwire
command=$command_here
check "all is as before then" as_before

# ------------------------------------------------------------------ a file system that is not

# on_tmpfs OPTIONS COMMAND...: with the files of pam.d on a tmpfs of their own.
on_tmpfs() {
        options=$1
        shift
        unshare -m sh -c '
                mount -t tmpfs -o mode=755 tmpfs /mnt && cp -a /etc/pam.d/. /mnt &&
                        mount -o "remount,$1" /mnt && mount --move /mnt /etc/pam.d || exit 99
                shift
                "$@"' sh "$options" "$@"
}

on_tmpfs_refuses() {
        options=$1 pattern=$2
        shift 2
        on_tmpfs "$options" sh -c '
                cd /etc/pam.d && cat * >"$2/was"
                "$1" wire "$3" 2>"$2/err" && exit 98
                cat "$2/err" && cat * | diff "$2/was" - && grep -q -e "$4" "$2/err" &&
                        ! ls -A | grep privtmp-wire' sh "$command" "$tap" su "$pattern"
}

check "a file system that can't be written" on_tmpfs_refuses ro \
        "can't write in $pamd for su: Read-only file system"
# the files that are there have all that there is
files=$(find "$pamd" | wc -l)
check "a file system that is full" on_tmpfs_refuses "nr_inodes=$((files + 1))" \
        "can't write in $pamd for su: No space left on device"

# all_or_none CALLS ERROR: wire, with an error of each of its calls in turn.
all_or_none() {
        n=0
        while :; do
                n=$((n + 1)) status=0
                strace -qq -o "$tap/trace" -e "trace=$1" -e "inject=$1:error=$2:when=$n" \
                        "$command" wire >"$tap/out" 2>&1 || status=$?
                grep -q INJECTED "$tap/trace" || break
                [ "$status" = 0 ] || as_before || {
                        echo "not as before after error $n:"
                        cat "$tap/trace" "$tap/out"
                        return 1
                }
                "$command" unwire >/dev/null || { echo "unwire $n"; return 1; }
                as_before || { echo "not as before after unwire $n"; return 1; }
        done
        "$command" unwire >/dev/null
        echo "# $2 came $((n - 1)) times" >&3
        [ "$n" -gt 10 ]
}

check "a disk that becomes full, at any write: none is wired" all_or_none write,fsync ENOSPC
check "a file that can't be replaced, any of them: none is wired" all_or_none renameat EPERM

# ------------------------------------------------------------------ a service of /usr/lib/pam.d

vendor() {
        unshare -m sh -c '
                mkdir -p "$3/vendor" && cp -a /usr/lib/pam.d/. "$3/vendor" 2>/dev/null
                cp /etc/pam.d/cron "$3/vendor/atd"
                rm -f /etc/pam.d/atd
                mount --bind "$3/vendor" /usr/lib/pam.d || exit 99
                "$2" wire atd >/dev/null || exit 1
                grep -v pam_privtmp /etc/pam.d/atd | cmp - "$3/vendor/atd" || exit 2
                grep -q pam_privtmp /etc/pam.d/atd || exit 3
                "$2" unwire >/dev/null || exit 4
                [ ! -e /etc/pam.d/atd ]' sh - "$command" "$tap"
}

if [ -d /usr/lib/pam.d ]; then
        check "a file of /usr/lib/pam.d is copied whole, and the copy goes again" vendor
fi

# ------------------------------------------------------------------ killed

calls=write,fsync,renameat,renameat2,unlinkat,fchmod,fchown,fsetxattr

# old_or_new: each file is as it was, or what it was with one line more.
old_or_new() {
        for file in su sudo sshd login cron su-l sudo-i; do
                [ -e "$pamd/$file" ] || { echo "$file is gone"; return 1; }
                grep -v "^[^#]*$line" "$pamd/$file" | cmp - "$tap/before/$file" || return 1
        done
}

# killed VERB: at each of its calls. The number of kills, or a complaint.
killed() {
        verb=$1 n=0
        while :; do
                n=$((n + 1))
                [ "$verb" = wire ] || "$command" wire >/dev/null 2>&1
                status=0
                strace -qq -o /dev/null -e "trace=$calls" -e "inject=$calls:signal=KILL:when=$n" \
                        "$command" "$verb" >/dev/null 2>&1 || status=$?
                old_or_new || { echo "after kill $n"; return 1; }
                "$command" unwire --pending >/dev/null || { echo "take back $n"; return 1; }
                "$command" unwire >/dev/null || { echo "unwire $n"; return 1; }
                as_before || { echo "not as before after kill $n"; return 1; }
                [ "$status" = 137 ] || break
        done
        echo "# $verb was killed at $((n - 1)) calls" >&3
        [ "$n" -gt 20 ]
}

check "wire, killed at any call: old or new, and taken back" killed wire
check "unwire, killed at any call: old or new, and finished" killed unwire

finish
