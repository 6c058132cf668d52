#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# system-systemd: the units, run by a real systemd.
#
# usage (in a throw-away host): system-systemd.sh PRIVTMP
#
# systemd is process 1 of a container in the throw-away host. Besides our units it sees a few empty
# targets. None of the machine's own: those empty /tmp, set sysctls and make devices.

set -eu

store=/run/systemd-test
units=$store/units

# is_thrown_away DIRECTORY: it lies in memory or is copy-on-write.
is_thrown_away() {
        case $(findmnt -n -o FSTYPE -M "$1" | tail -n 1) in
        tmpfs|overlay) ;;
        *) echo "$1 is the machine's own"; return 1 ;;
        esac
}

# The container's first half, before systemd takes its place.
boot() {
        for dir in /dev /etc /home /root /run /srv /tmp /var; do
                is_thrown_away "$dir"
        done
        mount --make-rslave /
        mount -t cgroup2 cgroup2 /sys/fs/cgroup
        mount --bind /proc/sys /proc/sys
        mount -o remount,bind,ro /proc/sys
        mount -o remount,bind,ro /
        exec env -i PATH="$PATH" container=throw-away SYSTEMD_UNIT_PATH="$units" \
                SYSTEMD_GENERATOR_PATH="$store/none" \
                SYSTEMD_ENVIRONMENT_GENERATOR_PATH="$store/none" \
                "$systemd" --system --unit=multi-user.target --log-target=kmsg --show-status=no
}

systemd=/lib/systemd/systemd
if [ "${1:-}" = --boot ]; then
        boot
fi

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../kit/tap.sh"

need "$systemd" systemctl nsenter findmnt chattr

program=$1
here=$(cd "$(dirname "$0")/../.." && pwd -P)
trash=$base/.trash
stuck=$base/.stuck
second=/srv/privtmp
journal=/dev/kmsg

# ------------------------------------------------------------------ the container

# target NAME [LINE...]
target() {
        printf '[Unit]\n' >"$units/$1.target"
        target_name=$1
        shift
        [ $# = 0 ] || printf '%s\n' "$@" >>"$units/$target_name.target"
}

# switch_on UNIT TARGET: as systemctl does, which asks the units of the machine
switch_on() {
        grep -qx "WantedBy=$2" "$units/$1"
        mkdir -p "$units/$2.wants"
        ln -s "../$1" "$units/$2.wants/$1"
}

make_units() {
        mkdir -m 711 "$store"
        mkdir "$units" "$store/none"
        cp "$program" "$store/privtmp"
        cp "$here"/conf/systemd/*.path "$here"/conf/systemd/*.timer "$units"
        for unit in privtmp-clean.service privtmp-check.service; do
                sed "s|@bindir@|$store|" "$here/conf/systemd/$unit.in" >"$units/$unit"
        done

        # logind's unit for as long as a user has sessions, with our drop-in
        printf '[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n' \
                >"$units/user-runtime-dir@.service"
        cp -r "$here/conf/systemd/user-runtime-dir@.service.d" "$units"
        sed "s|^ExecStart=.*/privtmp |ExecStart=$store/privtmp |" \
                "${program%/*}/../conf/privtmp-clean-user@.service" >"$units/privtmp-clean-user@.service"

        target sysinit DefaultDependencies=no
        target shutdown DefaultDependencies=no
        target paths
        target timers
        target basic DefaultDependencies=no \
                'Requires=sysinit.target' 'After=sysinit.target' \
                'Wants=paths.target timers.target' 'After=paths.target timers.target'
        target multi-user 'Requires=basic.target' 'After=basic.target' 'AllowIsolate=yes'
        switch_on privtmp-clean.path paths.target
        switch_on privtmp-clean.timer timers.target
        switch_on privtmp-check.timer timers.target
        switch_on privtmp-clean.service multi-user.target

        # What is said goes where it can be read, and a test can't wait for ten seconds.
        mkdir "$units/privtmp-clean.service.d" "$units/privtmp-clean-soon.timer.d"
        cat >"$units/privtmp-clean.service.d/test.conf" <<EOS
[Service]
StandardOutput=append:$store/said
StandardError=append:$store/said
EOS
        mkdir "$units/privtmp-check.service.d" "$units/privtmp-check.timer.d"
        sed "s|$store/said|$store/found|" "$units/privtmp-clean.service.d/test.conf" \
                >"$units/privtmp-check.service.d/test.conf"
        cat >"$units/privtmp-clean-soon.timer.d/test.conf" <<EOS
[Timer]
OnActiveSec=
OnActiveSec=500ms
AccuracySec=1ms
EOS
        # A second base, as privtmp(8) says.
        mkdir "$units/privtmp-clean.path.d"
        cat >"$units/privtmp-clean.path.d/site.conf" <<EOS
[Path]
DirectoryNotEmpty=$second/.trash
EOS
        cat >"$units/privtmp-clean.service.d/site.conf" <<EOS
[Service]
ReadWritePaths=-$second
EOS
        # The same sandbox, with another program in it.
        sed "s|^ExecStart=.*|ExecStart=/bin/sh $store/probe|" "$units/privtmp-clean.service" \
                >"$units/probe.service"
        sed -i '/^WantedBy=/d' "$units/probe.service"
}

# The processes' end comes a moment before the groups can be removed.
remove_groups() {
        find "$group" -depth -type d -exec rmdir {} + && [ ! -e "$group" ]
}

stop_container() {
        [ -z "$container" ] || kill -KILL "$container" 2>/dev/null || true
        wait_for remove_groups
}

# Processes in groups of their own, which only the second version's tree allows.
start_container() {
        groups=$(findmnt -n -t cgroup2 -o TARGET | head -n 1)
        if [ -z "$groups" ] || ! group=$(mktemp -d "$groups/privtmp-test.XXXXXX"); then
                [ "${PRIVTMP_MUST_RUN:-0}" = 0 ] || { echo "Bail out! needs cgroup2"; exit 1; }
                echo "1..0 # SKIP needs cgroup2"
                exit 0
        fi
        container=''
        trap stop_container EXIT
        : >$journal
        (
                echo 0 >"$group/cgroup.procs"
                exec unshare -m -p -f -u -i -n -C --mount-proc --kill-child sh "$0" --boot
        ) >"$store/boot" 2>&1 &
        # Ends with it whatever is in there (--kill-child), which is its only child.
        container=$!
        wait_for pgrep -P "$container"
        init=$(pgrep -P "$container")
}

# inside COMMAND [ARG...]
inside() {
        nsenter -t "$init" -m -p -u -i -n -C "$@"
}

# ------------------------------------------------------------------ what can be asked

# shows UNIT PROPERTY VALUE
shows() {
        same "$3" "$(inside systemctl show -P "$2" "$1")"
}

# The service has ended, whatever triggered it, and nothing is about to start it again.
is_quiet() {
        shows privtmp-clean.path SubState waiting &&
                shows privtmp-clean-soon.timer ActiveState inactive &&
                not shows privtmp-clean.service ActiveState activating
}

# starts_at_least NUMBER: since boot
starts_at_least() {
        [ "$(grep -c 'Starting privtmp-clean.service' $journal)" -ge "$1" ]
}

has_booted() {
        shows multi-user.target ActiveState active && starts_at_least 1 && is_quiet
}

comes_up() {
        wait_for has_booted || {
                cat "$store/boot" $journal
                return 1
        }
}

came_after_boot() {
        ready=$(inside systemctl show -P ActiveEnterTimestampMonotonic multi-user.target)
        began=$(inside systemctl show -P InactiveExitTimestampMonotonic privtmp-clean.service)
        echo "ready $ready, clean began $began"
        [ "$ready" -le "$began" ]
}

is_empty() {
        same "" "$(find "$1" -mindepth 1 2>/dev/null || true)"
}

# make_tree NAME [BASE], put_tree NAME [BASE]: as a logout leaves it in the trash
make_tree() {
        tree=${2:-$base}/4242/$1
        mkdir -p "$tree/root/dir/dir" "${2:-$base}/.trash"
        chmod 700 "${tree%/*}" "${2:-$base}/.trash"
        touch "$tree/lock" "$tree/root/dir/file"
        chown -R 4242:4242 "$tree/root/dir"
}

put_tree() {
        [ -e "${2:-$base}/4242/$1" ] || make_tree "$@"
        mv "${2:-$base}/4242/$1" "${2:-$base}/.trash/4242.$1"
}

clean() {
        inside systemctl start privtmp-clean.service
}

# kill_opener USER: leaves what runs in the session
kill_opener() {
        pkill -KILL -f "^su - $1"
}

# ------------------------------------------------------------------ the tests

table "$base /tmp *" 'none /tmp 1:999' 'inherit /tmp root' "$second /tmp carol"
mkdir -m 700 "$second"
make_units
start_container
check "systemd comes up" comes_up
check "the service has run at boot" shows privtmp-clean.service Result success
check "it did not hold up the boot" came_after_boot
check "the timer waits" shows privtmp-clean.timer SubState waiting
check "no line of a unit is unknown" not grep -F "$units" $journal

put_tree aaaaaa
check "what comes into the trash is removed" wait_for is_empty "$trash"
check "then nothing is left to start" wait_for is_quiet

put_tree aaaaaa "$second"
check "what comes into the trash of a second base is removed" wait_for is_empty "$second/.trash"
check "and nothing is left to start again" wait_for is_quiet

start_session used inside su - alice
start_session idle inside su - bob
in_session used 'echo text >/tmp/file; setsid sleep 1000 >/dev/null 2>&1 </dev/null &'
in_session idle 'mkdir -p /tmp/dir/dir; echo text >/tmp/dir/file'
kill_opener alice
kill_opener bob
end_session used
end_session idle
check "the service succeeds" clean
check "an instance in use stays" has_instances alice 1
check "with what is in it" grep -qx text "$(instances alice)/root/file"
check "an idle one is removed" gone bob
pkill -KILL -f '^sleep 1000'
wait_for not pgrep -f '^sleep 1000'
check "the service succeeds again" clean
check "when its last process has ended, the other goes too" gone alice
check "no session is noted any more" is_empty /run/privtmp

# ------------------------------------------------------------------ the end of a user's last session

# hold TIME: the service for one user takes that long
hold() {
        mkdir -p "$units/privtmp-clean-user@.service.d"
        printf '[Service]\nExecStartPre=/bin/sleep %s\n' "$1" \
                >"$units/privtmp-clean-user@.service.d/test.conf"
        inside systemctl daemon-reload
}

# They would clean for all users.
inside systemctl stop privtmp-clean.path privtmp-clean.timer privtmp-clean-soon.timer
inside systemctl stop privtmp-clean.service
start_session ended inside su - alice
start_session other inside su - bob
kill_opener alice
kill_opener bob
end_session ended
end_session other
inside systemctl start user-runtime-dir@1001.service
check "when a user's last session has ended, what it left is still there" has_instances alice 1
check "logind's unit ends" inside systemctl stop user-runtime-dir@1001.service
check "then it is removed" wait_for has_instances alice 0
check "what others have left stays" has_instances bob 1
hold 1000
inside systemctl start user-runtime-dir@1002.service
check "while it is removed, however long that takes, logind's unit ends" \
        timeout 120 nsenter -t "$init" -m -p -u -i -n -C systemctl stop user-runtime-dir@1002.service
check "the service for that user is at work" shows privtmp-clean-user@1002.service ActiveState activating
hold 0
inside systemctl stop privtmp-clean-user@1002.service
check "the service succeeds for all users" clean
check "the others' is removed, too" gone bob
inside systemctl start privtmp-clean.path privtmp-clean.timer
wait_for is_quiet

# ------------------------------------------------------------------ what can't be removed

make_tree bbbbbb
chattr +i "$base/4242/bbbbbb/root/dir/file"
put_tree bbbbbb
put_tree cccccc
check "the trash gets empty, even of what can't be removed" wait_for is_empty "$trash"
check "which does not start the service again and again" wait_for is_quiet
check "it is kept elsewhere" test -e "$(find "$stuck" -name file)"
check "the failure can be seen" shows privtmp-clean.service ActiveState failed
check "what else was there is gone" same "" "$(find "$base" -name '*cccccc')"
chattr -i "$(find "$stuck" -name file)"
check "when it can be removed, the service does it" clean
check "nothing is kept any more" is_empty "$stuck"

put_tree dddddd
mount -o remount,ro "$base"
starts=$(grep -c 'Starting privtmp-clean.service' $journal)
check "while nothing can be removed, it is tried again" \
        wait_for starts_at_least $((starts + 7))
check "the path unit does not give up" shows privtmp-clean.path ActiveState active
mount -o remount,rw "$base"
check "the trash gets empty as soon as that is possible" wait_for is_empty "$trash"
check "then all is quiet again" wait_for is_quiet

# ------------------------------------------------------------------ the daily look

finds() {
        grep -q "$1" "$store/found" || {
                cat "$store/found"
                return 1
        }
}

# checks RESULT: what the service has found is in $store/found.
checks() {
        rm -f "$store/found"
        inside systemctl start privtmp-check.service || true
        shows privtmp-check.service Result "$1"
}

# as pam_privtmp(8) has it: no service is wired but by "privtmp wire"
sed -i '/^[^#]*pam_privtmp\.so/d' /etc/pam.d/*
cp -a /etc/pam.d/su "$tap/su"
check "the timer of the daily look waits" shows privtmp-check.timer SubState waiting
check "su is wired" inside "$store/privtmp" wire --force su
check "then the daily look finds no fault" checks success
check "and could look at everything" not finds '^unchecked: '
cp -a "$tap/su" /etc/pam.d/su # as an upgrade of its package does
printf '[Timer]\nOnCalendar=\nOnActiveSec=500ms\nAccuracySec=1ms\nRandomizedDelaySec=0\n' \
        >"$units/privtmp-check.timer.d/test.conf"
inside systemctl daemon-reload
rm -f "$store/found"
inside systemctl restart privtmp-check.timer
gone='fault: /etc/pam.d/su: the line that "privtmp wire" has written is gone'
check "when an upgrade has replaced the file of su, the timer's run tells it" wait_for finds "$gone"
check "and the service has failed" wait_for shows privtmp-check.service ActiveState failed
check "su is wired again" inside "$store/privtmp" wire --force su
check "then all is well" checks success
cp -a "$tap/su" /etc/pam.d/su
check "it is unwired" says "^su: nothing to take out" inside "$store/privtmp" unwire su
check "a service that is unwired is not missed" checks success

# ------------------------------------------------------------------ the sandbox

cat >"$store/probe" <<EOS
exec >$base/probe 2>&1
try() {
        if "\$@"; then echo "can: \$*"; else echo "can't: \$*"; fi
}
while read -r name value; do
        case \$name in CapEff:|CapBnd:|NoNewPrivs:|Seccomp:) echo "\$name \$value" ;; esac
done </proc/self/status
try touch /etc/x
try touch /usr/x
try touch /var/lib/x
try touch /home/alice/x
try mount -t tmpfs none /var/lib/privtmp
try unshare -m true
try mkdir -p $base/4242 $trash
try touch $base/4242/x
try ln $base/4242/x $trash/x
try readlink /proc/1/ns/mnt
try chown alice $base/4242/x
EOS
inside systemctl start probe.service || true
probed() {
        grep -qxe "$1" "$base/probe" || {
                cat "$base/probe"
                return 1
        }
}
# chown, dac_override, sys_ptrace, sys_admin
check "the service has four capabilities" probed 'CapEff: 0000000000280003'
check "it can't get more" probed 'CapBnd: 0000000000280003'
check "nor by a program" probed 'NoNewPrivs: 1'
check "its system calls are filtered" probed 'Seccomp: 2'
for path in /etc/x /usr/x /var/lib/x /home/alice/x; do
        check "it can't write $path" probed "can't: touch $path"
done
check "it can't mount" probed "can't: mount -t tmpfs none /var/lib/privtmp"
check "it can't leave its namespaces" probed "can't: unshare -m true"
check "it can write the base" probed "can: touch $base/4242/x"
check "the whole base is one mount there" probed "can: ln $base/4242/x $trash/x"
check "it can look at other processes" probed 'can: readlink /proc/1/ns/mnt'
check "it can change owners" probed "can: chown alice $base/4242/x"

finish
