#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# system-namespaces: there is no room for another mount namespace (sysctl user.max_mnt_namespaces),
# as users can bring about by keeping many. su and sudo show the /tmp that the table says, or
# refuse; a daemon's login of root goes on. In a user namespace, which has a limit of its own.

. "$(dirname "$0")/../kit/tap.sh"
. "$(dirname "$0")/../kit/whose.sh"
need su sudo setpriv python3

[ -d "$base" ] || mkdir -m 700 "$base"
mkfifo /srv/begun /srv/mapped

# Root has all rights in a new user namespace until its first exec(2): the limit is set before.
cat >/srv/bin/narrow <<'EOS'
import ctypes, os, sys
if ctypes.CDLL(None, use_errno=True).unshare(0x10000000 | 0x20000) != 0:
    sys.exit("unshare: " + os.strerror(ctypes.get_errno()))
with open("/srv/begun", "w") as begun:
    begun.write(str(os.getpid()))
open("/srv/mapped").close()
with open("/proc/sys/user/max_mnt_namespaces", "w") as limit:
    limit.write(sys.argv[1])
os.execv("/bin/sh", ["sh", "/srv/bin/inside", sys.argv[2]])
EOS

cat >/srv/bin/inside <<'EOS'
mount -t tmpfs -o mode=700 tmpfs /var/lib/privtmp
mount -t tmpfs -o mode=1777 tmpfs /tmp
touch /tmp/mark-of-system
case $1 in
outside) setpriv --reuid=1001 --regid=1001 --clear-groups env HOME=/home/alice \
                /srv/bin/try any:namespaces env ;;
inside) su alice -c 'touch /tmp/mark-of-alice; exec /srv/bin/try any:namespaces env' ;;
esac
mkdir -m 777 /srv/said/root
su root -c '/srv/bin/whose /srv/said/root'
echo "direct su root $(cd /srv/said/root && echo *)"
rm -r /srv/said/root
EOS

# narrow NUMBER PLACE: prints the answers of a host that has room for so many, its own among them.
narrow() {
        python3 /srv/bin/narrow "$@" &
        narrow=$!
        read -r inside </srv/begun || true
        echo '0 0 65536' >"/proc/$inside/uid_map"
        echo '0 0 65536' >"/proc/$inside/gid_map"
        : >/srv/mapped
        wait "$narrow"
}

for table in shipped all; do
        case $table in
        shipped) table ;;
        all) table "$base /tmp *" ;;
        esac
        narrow 100 outside >"$tap/answers"
        check "$table table, with room: all work" same 7 "$(grep -vc refused "$tap/answers")"
        check "$table table, with room: everybody finds what the table says" \
                same "" "$(wrong "$table" outside <"$tap/answers")"
        log_mark
        narrow 1 outside >"$tap/answers"
        check "$table table, no room: nobody in su and sudo finds what the table does not say" \
                same "" "$(grep -v '^direct' "$tap/answers" | wrong "$table" outside)"
        check "$table table, no room: alice and bob are refused" \
                same 4 "$(grep -c ' \(alice\|bob\) refused$' "$tap/answers")"
        check "$table table, no room: and told why" \
                log_says 'bob is denied: .*: No space left on device'
        check "$table table, no room: root's own su, like a daemon's login, goes on" \
                same 'direct su root system' "$(grep '^direct' "$tap/answers")"
        cp "$tap/answers" "$tap/outside"
        narrow 100 inside >"$tap/answers"
        check "$table table, in a session, with room: all work" \
                same 7 "$(grep -vc refused "$tap/answers")"
        # her session is one more, and a mount that is built one, as long as it is attached nowhere
        narrow 3 inside >"$tap/answers"
        check "$table table, in a session, no more room: nobody finds what the table does not say" \
                same "6 " "$(grep -vc '^direct' "$tap/answers") $(
                        grep -v '^direct' "$tap/answers" | wrong "$table" inside)"
        check "$table table, in a session, no more room: bob is refused" \
                same 2 "$(grep -c ' bob refused$' "$tap/answers")"
done
check "with a directory of its own root is refused in su and sudo" \
        same '2 2' "$(grep -c ' root refused$' "$tap/outside") $(
                grep -c ' root refused$' "$tap/answers")"
check "and let in directly, with a critical line" same 1 \
        "$(grep -c "^10\.2 .*root is let in .*No space left" /run/log/messages)"

finish
