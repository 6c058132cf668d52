#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# wire-try: privtmp wire --try is taken back, whatever happens to it, unless somebody confirms it.
#
# $PRIVTMP_COMMAND is the command; without it, the one beside the module $PRIVTMP_MODULE.

# shellcheck source-path=SCRIPTDIR disable=SC2016 # what stands in quotes is for inner shells
. "$(dirname "$0")/../kit/tap.sh"
need su python3
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../kit/command.sh"
su=/etc/pam.d/su

sed -i '/^[^#]*pam_privtmp\.so/d' /etc/pam.d/*
cp -a "$su" "$tap/before"

is_wired() {
        grep -q '^[^#]*pam_privtmp\.so' "$su"
}

is_as_before() {
        cmp "$tap/before" "$su"
}

# on_terminal DOES [ARG...]: wire --try su ARG... on a terminal of its own; once it waits, DOES
# happens: "enter"; "type TEXT", and Enter; "early", Enter before it waits, then a "no"; "hangup", of
# the terminal; a signal for the process; "told", what unwire says ends it; "end", nothing. Its exit
# status.
on_terminal() {
        python3 - "$command" "$@" <<'EOS'
import os, pty, re, select, signal, subprocess, sys

command, does, arguments = sys.argv[1], sys.argv[2], sys.argv[3:]
pid, terminal = pty.fork()
if pid == 0:
    if does == "early":
        select.select([0], [], [])
    os.execv(command, [command, "wire", *arguments, "su"])
if does == "early":
    os.write(terminal, b"\n")
said = b""
while b"does not count." not in said:
    try:
        more = os.read(terminal, 1000)
    except OSError:
        more = b""
    if not more:
        sys.exit("ended: " + said.decode())
    said += more
if does == "enter":
    os.write(terminal, b"\n")
elif does == "early":
    os.write(terminal, b"no\n")
elif does.startswith("type "):
    os.write(terminal, does[5:].encode() + b"\n")
elif does == "hangup":
    os.close(terminal)
    terminal = -1
elif does == "told":
    says = subprocess.run([command, "unwire"], stderr=subprocess.PIPE, text=True).stderr
    found = re.search(r': "kill ([0-9]+)" ends it, and takes a trial back$', says)
    if not found or int(found[1]) != pid:
        os.kill(pid, signal.SIGTERM)
        sys.exit("unwire says: " + says)
    subprocess.run(["kill", found[1]])
elif does != "end":
    os.kill(pid, getattr(signal, does))
while terminal >= 0:
    try:
        if not os.read(terminal, 1000):
            break
    except OSError:
        break
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) % 256)
EOS
}

# is_over: nobody watches any more.
is_over() {
        not grep -qas 'unwire.--pending' /proc/[0-9]*/cmdline
}

check "Enter keeps it" exits 0 on_terminal enter --try 1h
check "it is wired" is_wired
wait_for is_over
check "and stays so when nobody watches any more" is_wired
check "unwire takes it out" exits 0 "$command" unwire
check "it is as before" is_as_before

check "Enter before the question is no answer" exits 1 on_terminal early --try 1h
check "it is as before the question" is_as_before
for word in no n y yes ' '; do
        check "\"$word\" takes it back" exits 1 on_terminal "type $word" --try 1h
        check "\"$word\": it is as before" is_as_before
done

for signal in SIGHUP SIGINT SIGTERM SIGQUIT; do
        check "$signal takes it back" exits 1 on_terminal "$signal" --try 1h
        check "$signal: it is as before" is_as_before
done
for signal in SIGTSTP SIGTTIN SIGTTOU; do
        check "$signal does not stop it" exits 1 on_terminal "$signal" --try 1s
        check "$signal: it is as before" is_as_before
done
check "unwire tells who waits, and how to end that" \
        not says 'unwire says' on_terminal told --try 1h
check "that takes it back" is_as_before
check "the end of the terminal takes it back" exits 1 on_terminal hangup --try 1h
check "it is as before then" is_as_before
check "the end of the time takes it back" exits 1 on_terminal end --try 1s
check "it is as before in the end" is_as_before

check "kill -9 ends it" exits 247 on_terminal SIGKILL --try 1h
check "the watcher takes it back" wait_for is_as_before
wait_for is_over

check "without a terminal it can't be confirmed" exits 1 sh -c \
        'yes | "$0" wire --try 1s su' "$command"
check "and is taken back" is_as_before
wait_for is_over

# Who is locked out looks for the reason, as by "debug" in one of the files.
cp -a /etc/pam.d/sudo "$tap/sudo"
"$command" wire su sudo >/dev/null
printf 'sudo su ' >/var/lib/misc/privtmp-wire/pending
sed -i '/pam_privtmp\.so/s/$/ debug/' /etc/pam.d/sudo
check "a file that was changed during the trial is named" \
        says '/etc/pam.d/sudo:[0-9]*: this line of pam_privtmp.so was not written by' \
        not "$command" unwire --pending
check "and all others are as before" is_as_before
check "it is pending still" exits 1 "$command" unwire --pending
sed -i '/pam_privtmp\.so/s/ debug$//' /etc/pam.d/sudo
check "until it can be taken back" exits 0 "$command" unwire --pending
check "as it was before" cmp "$tap/sudo" /etc/pam.d/sudo

# A boot in between: nobody of those who wait is left.
"$command" wire su >/dev/null
printf 'su ' >/var/lib/misc/privtmp-wire/pending
check "wire --dry-run takes nothing back" same 'su: nothing to do
nothing to do' "$("$command" wire -n su)"
check "it is still wired" is_wired
check "what nobody could confirm is taken back at boot" exits 0 "$command" unwire --pending
check "it is as before the boot" is_as_before
check "where nothing is pending, nothing is taken back" sh -c \
        '"$0" wire su && "$0" unwire --pending && grep -q "^[^#]*pam_privtmp" /etc/pam.d/su' "$command"

# Two at once: the second one is told.
second() {
        exec 9</var/lib/misc/privtmp-wire
        flock -n 9
        says 'another "privtmp wire" is at work' "$command" wire sudo
}
check "one change at a time" second
check "a time that is none is a usage error" exits 2 "$command" wire --try 5 su
exec 9<&-

# Where systemd runs, the watcher is a unit of it, for which systemd has to answer.
mkdir -p /run/systemd/system
check "without a watcher there is no trial" \
        says "^privtmp: wire: systemd-run can't start a watcher\$" "$command" wire --try 5s sudo
check "and nothing is wired" not grep -q '^[^#]*pam_privtmp' /etc/pam.d/sudo
rmdir /run/systemd/system

finish
