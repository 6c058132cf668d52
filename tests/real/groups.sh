#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# system-groups: groups in the users column, with a user in 1,000 groups, 10,000 lines, and a name
# service that is slow, or fails.

. "$(dirname "$0")/../kit/tap.sh"
need su cc ldconfig

# ------------------------------------------------------------------ a name service of our own

# It knows the group "remote", whose member is alice, and notes each question. With "never" it takes
# 20 seconds. While there is a file /run/nss/down it fails.
install -d -m 777 /run/nss
cat >/run/nss/slow.c <<'EOS'
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <nss.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum nss_status _nss_slow_getgrnam_r(const char *name, struct group *ret, char *buffer,
                                     size_t size, int *error)
{
        static char *members[] = {"alice", NULL}, group[] = "remote", none[] = "";
        FILE *f = fopen("/run/nss/asked", "ae");

        (void)buffer;
        (void)size;
        if (f) {
                fprintf(f, "%s\n", name);
                fclose(f);
        }
        if (access("/run/nss/down", F_OK) == 0) {
                *error = EIO;
                return NSS_STATUS_UNAVAIL;
        }
        if (strcmp(name, "never") == 0)
                sleep(20);
        if (strcmp(name, group) != 0)
                return NSS_STATUS_NOTFOUND;
        *ret = (struct group){group, none, 20000, members};
        return NSS_STATUS_SUCCESS;
}
EOS
cc -shared -fPIC -o /run/nss/libnss_slow.so.2 /run/nss/slow.c
echo /run/nss >/etc/ld.so.conf.d/nss.conf
ldconfig
sed -i 's/^group:.*/group: files slow/' /etc/nsswitch.conf

# asked: the questions since the last forget.
asked() {
        cat /run/nss/asked 2>/dev/null || true
}

forget() {
        rm -f /run/nss/asked
}

# is_private USER
is_private() {
        same "" "$(su "$1" -c 'ls /tmp')"
}

echo secret >/tmp/outside
getent group remote >"$tap/getent"
check "the name service answers" grep -q '^remote:.*alice' "$tap/getent"

# ------------------------------------------------------------------ who is asked for what

table 'none /tmp @never' '/var/lib/privtmp /tmp *,!root'
forget
check "a group of a line that is not reached: the login does not wait" is_private alice
check "a group of a line that is not reached: nobody asked for it" same "" "$(asked)"

table '/var/lib/privtmp /tmp *,!root' 'none /tmp bob,@never'
forget
check "who is named beside a group: the login does not wait" not is_private bob
check "who is named beside a group: nobody asked for it" same "" "$(asked)"

table '/var/lib/privtmp /tmp *,!root' 'none /tmp @never,!alice'
forget
check "who is excepted by name: the login does not wait" is_private alice
check "who is excepted by name: nobody asked for the group" same "" "$(asked)"

table 'none /tmp *' '/var/lib/privtmp /tmp @remote'
forget
check "a member has the line of the group" is_private alice
check "a member: the group was asked for once" same remote "$(asked)"
check "who is no member does not" not is_private bob

table 'none /tmp *' '/var/lib/privtmp /tmp @no-such-group,alice'
check "a group that does not exist matches nobody" not is_private bob
check "a group that does not exist spoils nothing" is_private alice
table 'none /tmp *' '/var/lib/privtmp /tmp @no-such-group' '/var/lib/privtmp /tmp @nor-this,carol'
log_mark
check "groups that do not exist: bob has the system's /tmp" not is_private bob
check "groups that do not exist: one warning a login, with the line" wait_for log_says \
        '^10\.4 .*privtmp.conf:3: there is no group "nor-this", so it does not match bob$'
check "groups that do not exist: and no more" same 1 "$(log_says 'there is no group' | wc -l)"
log_mark
check "groups that do not exist: carol is not asked about" is_private carol
check "groups that do not exist: nothing is said then" not log_says 'there is no group'

# ------------------------------------------------------------------ it fails

touch /run/nss/down
table 'none /tmp *' '/var/lib/privtmp /tmp @remote'
log_mark
check "the name service is down: the login is denied, whatever an earlier line says" \
        not su alice -c true
check "the name service is down: the log says so" \
        wait_for log_says "^10\.3 .*can't tell the groups of alice: "
table 'none /tmp @remote' '/var/lib/privtmp /tmp *,!root'
check "the name service is down: whom no group decides for comes in" is_private alice
rm /run/nss/down

# ------------------------------------------------------------------ many

seq 1 1000 | sed 's/.*/in&:x:3&:alice/' >>/etc/group
check "1,000 groups: alice has them" same 1001 "$(su alice -c 'id -G' | wc -w)"
table 'none /tmp *' '/var/lib/privtmp /tmp @in1000'
check "1,000 groups: the last one decides" is_private alice
check "1,000 groups: not for bob" not is_private bob

{
        echo '/var/lib/privtmp /tmp alice'
        seq 1 9998 | sed 's/.*/none \/tmp u&/'
        echo 'none /tmp bob'
} >/etc/security/privtmp.conf
forget
check "10,000 lines: the first decides" is_private alice
check "10,000 lines: the last decides" not is_private bob
check "10,000 lines: no group is asked for" same "" "$(asked)"

finish
