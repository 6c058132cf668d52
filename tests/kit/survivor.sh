# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
#
# survivor: what tests of survivors have in common: processes that stay when their session has ended.
# To be read after tap.sh.

# notes NUMBER: of file systems in memory.
notes() {
        same "$1" "$(find /run/privtmp -name 'memory.*' 2>/dev/null | wc -l)"
}

# device USER: of /tmp, at a login.
device() {
        su "$1" -c 'stat -c %Hd:%Ld /tmp'
}

# A command that stays until its file is there.
cat >/run/stay <<'EOS'
#!/bin/sh
# stay NAME [COMMAND]: does the command, and stays until ~/end-NAME is there.
name=$1
shift
[ $# = 0 ] || eval "$@"
echo $$ >~/began-"$name"
until test -e ~/end-"$name"; do sleep 0.1; done
rm -f ~/end-"$name" ~/began-"$name"
touch ~/ended-"$name"
EOS
chmod 755 /run/stay

# leave NAME COMMAND [PREFIX...]: alice logs in by ssh, leaves a process and logs out.
leave() {
        leave_name=$1 leave_command=$2
        shift 2
        rm -f "/home/alice/ended-$leave_name"
        as_ssh alice "cd; setsid $* /run/stay $leave_name '$leave_command' >/dev/null 2>&1 </dev/null &"
        wait_for test -e "/home/alice/began-$leave_name"
        wait_for ssh_is_over alice
}

# end NAME: of that process.
end() {
        end_pid=$(cat "/home/alice/began-$1")
        runuser -u alice -- touch "/home/alice/end-$1"
        wait_for test -e "/home/alice/ended-$1"
        wait_for not kill -0 "$end_pid" # only then its namespace is gone
}
