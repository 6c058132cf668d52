#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# system-caller: whatever a user makes of the circumstances of su and sudo (limits, working
# directory, descriptors ...), the command finds the /tmp that the table says,
# or is refused. Each line of the matrix is one circumstance; in each, alice calls for root, for
# herself and for bob, by su and by sudo, in a session and outside, with three tables.
#
# usage: caller.sh [STEP]: of the sweeps every STEPth value only, and no table with a group

. "$(dirname "$0")/../kit/tap.sh"
. "$(dirname "$0")/../kit/whose.sh"
need su sudo prlimit bindfs fusermount3 setpriv perl ldconfig

mkdir -m 755 /home/alice/src /home/alice/own /home/alice/open /home/alice/shut
chown alice:alice /home/alice/*
echo user_allow_other >>/etc/fuse.conf
# A group that only a service of the name service knows which is a library of its own, before the
# files, as sss and ldap are elsewhere: where it can't be loaded, the group does not exist.
if ! ldconfig -p | grep -q libnss_systemd; then
        need nss-systemd
fi
mkdir /etc/userdb
echo '{"groupName":"hpc","gid":5000,"members":["alice","bob"]}' >/etc/userdb/hpc.group
ln -s hpc.group /etc/userdb/5000.group
touch /etc/userdb/alice:hpc.membership /etc/userdb/bob:hpc.membership
sed -i 's/^group:.*/group: systemd files/' /etc/nsswitch.conf

# in DIRECTORY COMMAND...
cat >/srv/bin/in <<'EOS'
#!/bin/sh
cd "$1" || exit 1
shift
exec "$@"
EOS

# with CODE COMMAND...: the code is perl's
cat >/srv/bin/with <<'EOS'
#!/bin/sh
code=$1
shift
exec perl -e "$code; exec { \$ARGV[0] } @ARGV" -- "$@"
EOS

step=${1:-1}
echo "$step" >/srv/bin/step
tables='shipped all group'
[ "$step" = 1 ] || tables='shipped all'

# The matrix. Sweeps go from where nothing works to where all does.
cat >/srv/bin/matrix <<'EOS'
#!/bin/sh
PATH=/srv/bin:$PATH
step=$(cat /srv/bin/step)
cd "$HOME"
bindfs --no-allow-other ~/src ~/own
bindfs -o allow_other ~/src ~/open
mkdir -p /tmp/sub

try works:nothing env

# working directories
try works:own-fuse in ~/own
try works:open-fuse in ~/open
try works:below-tmp in /tmp/sub
try works:tmp in /tmp
try works:mode-0 with 'chmod 0700, "shut"; chdir "shut" or die; chmod 0, "."'
try works:deleted with 'mkdir "gone"; chdir "gone"; rmdir "../gone"'
try works:too-long with 'mkdir "deep"; chdir "deep"; for (1 .. 30) {
        my $d = "d" x 200; mkdir $d; chdir $d or die }'

# what a process hands on
try works:umask with 'umask 0777'
for fd in 0 1 2; do
        try "works:fd-$fd-closed" with "use POSIX; POSIX::close($fd)"
done
try works:fds-closed with 'use POSIX; POSIX::close($_) for 0 .. 2'
try works:sigchld-ignored with '$SIG{CHLD} = "IGNORE"'
try works:signals-blocked with 'use POSIX; POSIX::sigprocmask(SIG_SETMASK,
        POSIX::SigSet->new(1 .. 31))'
try works:memlock prlimit --memlock=0
try works:sigpending prlimit --sigpending=0
try works:core prlimit --core=0
try works:msgqueue prlimit --msgqueue=0
try any:fsize prlimit --fsize=0
try any:nproc prlimit --nproc=1
try any:locks prlimit --locks=0
try any:rss prlimit --rss=0
# behind so much of the one second that there is
for hundredths in 95 99; do
        try "any:cpu-$hundredths" prlimit --cpu=1 with "my \$used; do {
                my @times = times; \$used = \$times[0] + \$times[1] } while \$used < 0.$hundredths"
done
for ms in 1 3 5 8 12 20; do
        try "any:alarm-$ms" with "use Time::HiRes 'ualarm'; ualarm(${ms}000)"
done

# sweeps
for nofile in $(seq 3 $step 24) 28 32 40; do
        try "sweep:nofile-$nofile" prlimit --nofile=$nofile
done
for kib in $(seq 3000 $((step * 600)) 9000) 24000 48000 96000; do
        try "sweep:as-$kib" prlimit --as=$((kib * 1024))
done
for kib in $(seq 250 $((step * 75)) 1000) 24000 48000; do
        try "sweep:data-$kib" prlimit --data=$((kib * 1024))
done
for kib in 16 32 64 96 128 192; do
        try "any:stack-$kib" prlimit --stack=$((kib * 1024))
done

cd /
fusermount3 -u ~/own
fusermount3 -u ~/open
rm -rf ~/deep
EOS
chmod 755 /srv/bin/*

# reached <ANSWERS: the sweeps that came from refusals to what works, for every program and target.
reached() {
        awk '$1 ~ /^sweep:/ { split($1, name, /[:-]/); seen[name[2], $2, $3, $4 == "refused"] = 1 }
        END {
                for (i in seen) { split(i, f, SUBSEP); rows[f[1] SUBSEP f[2] SUBSEP f[3]]++ }
                for (row in rows) if (rows[row] != 2) { gsub(SUBSEP, " ", row); print row }
        }'
}

# matrix TABLE PLACE COMMAND...: the command becomes alice.
matrix() {
        name="$1 table, $2"
        table=$1 place=$2
        shift 2
        log_mark
        "$@" /srv/bin/matrix >"$tap/answers" 2>"$tap/said"
        check "$name: whoever is called for finds what the table says, or is refused" \
                same "" "$(wrong "$table" "$place" <"$tap/answers" | head -n 20)"
        check "$name: the sweeps have both" same "" "$(reached <"$tap/answers")"
        check "$name: root is not let in for the caller's doing" \
                not log_says 'root is let in'
        check "$name: $(wc -l <"$tap/answers") calls" test -s "$tap/answers"
}

touch /tmp/mark-of-system
for table in $tables; do
        case $table in
        shipped) table ;;
        all) table "$base /tmp *" ;;
        group) table "$base /tmp @hpc" ;;
        esac
        for user in alice bob root; do
                [ "$user" != root ] || [ "$table" = all ] || continue
                start_session "$user" su "$user"
                in_session "$user" "touch /tmp/mark-of-$user"
        done
        matrix "$table" outside outside
        matrix "$table" inside su alice -c
        for user in alice bob root; do
                [ "$user" != root ] || [ "$table" = all ] || continue
                end_session "$user"
        done
        check "$table table: nothing is left" wait_for has_instances bob 0
done

# ------------------------------------------------------------------ a chroot

# The whole tree once more, whose "/" is a mount point, and a plain directory with mounts in it.
mkdir /srv/root /srv/jail
mount --rbind / /srv/root
for folder in bin lib lib64 usr etc proc run tmp srv dev var home; do
        if [ -L "/$folder" ]; then
                ln -s "$(readlink "/$folder")" "/srv/jail/$folder"
        elif [ -d "/$folder" ]; then
                mkdir "/srv/jail/$folder"
                mount --rbind "/$folder" "/srv/jail/$folder"
        fi
done

for table in shipped all; do
        case $table in
        shipped) table ;;
        all) table "$base /tmp *" ;;
        esac
        log_mark
        chroot --userspec=1001:1001 /srv/root /srv/bin/try works:chroot env >"$tap/answers"
        check "$table table, in a chroot: everybody finds what the table says" \
                same "6 " "$(wc -l <"$tap/answers") $(wrong "$table" outside <"$tap/answers")"
        chroot --userspec=1001:1001 /srv/jail /srv/bin/try any:jail env >"$tap/answers"
        check "$table table, in one without a mount at its top: or is refused" \
                same "6 " "$(wc -l <"$tap/answers") $(wrong "$table" outside <"$tap/answers")"
        check "$table table, in one without a mount at its top: alice and bob are" \
                same 4 "$(grep -c ' \(alice\|bob\) refused$' "$tap/answers")"
        check "$table table, in a chroot: root is not let in for that" not log_says 'root is let in'

        # in a session it is root who makes one, with the session's /tmp in it
        start_session alice su alice
        in_session alice 'touch /tmp/mark-of-alice; echo $$ >/srv/said/alice'
        mkdir -p /srv/inner
        nsenter -m -t "$(cat /srv/said/alice)" mount --rbind / /srv/inner
        log_mark
        nsenter -m -t "$(cat /srv/said/alice)" chroot --userspec=1001:1001 /srv/inner \
                /srv/bin/try any:inner env >"$tap/answers"
        check "$table table, in a chroot in a session: everybody finds that, or is refused" \
                same "6 " "$(wc -l <"$tap/answers") $(wrong "$table" inside <"$tap/answers")"
        check "$table table, in a chroot in a session: root is not let in for that" \
                not log_says 'root is let in'
        rm /srv/said/alice
        end_session alice
done

finish
