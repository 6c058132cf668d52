# SPDX-License-Identifier: LGPL-2.1-or-later
"""kill: looks at processes, files and traces for kill.sh, which so starts no processes to look.

usage: python3 kill.py DIRECTORY BASE DEVICE SERVICE <REQUESTS >ANSWERS

DIRECTORY is that of kill.sh, BASE the module's, on DEVICE (MAJOR:MINOR), SERVICE a file in
/etc/pam.d. Requests are lines, done one after the other; the answer to each is one line, "yes" or
"no", and sometimes a word behind it:

    before               remembers namespaces and traces as they are now
    arm PHASE            from now on the opener waits in PHASE (open_session or close_session)
    opener               yes PID, as soon as one waits; it goes on when it is traced
    disarm               from now on none waits
    points WHICH         writes DIRECTORY/points: the calls of the trace, up to the clone of the
                         line behind ours; WHICH are all or changes. yes same, if they are the
                         same as those of the request before; else yes other
    hit INDEX WHICH      was it killed at that point, behind all those before it?
    others               waits until the namespaces are as before
    age                  makes temporary names in BASE so old that clean deletes them
    same                 are the traces as before? DIRECTORY/said has the differences

What is waited for in vain for 120 seconds is answered with "no".
"""

import difflib
import os
import re
import select
import sys
import time

PATIENCE = 120

# Calls that only see to memory, whose number may vary, and those that strace can't name (statmount,
# listmount): a kill before one is a kill before the next.
MEMORY = re.compile(r"(brk|mmap|mremap|munmap|syscall_0x[0-9a-f]+)$")

# Calls of which nothing outlives the process: a kill before one is a kill before the next, too.
LOOKS = re.compile(
    r"(clock_gettime|close|fcntl|fgetxattr|fstatfs|getcwd|getdents64|geteuid|getpid|getrandom"
    r"|ioctl|lseek|newfstatat|openat2|read|readlink|readlinkat|statx|syscall_.*)$"
)


def read(path):
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        return file.read()


def write(path, text):
    with open(path, "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write(text)


def wait_until(is_so):
    """Looks again and again; starts no processes, for the module looks at all of them."""
    end = time.monotonic() + PATIENCE
    while not is_so():
        if time.monotonic() >= end:
            return False
        time.sleep(0.005)
    return True


class Kill:
    def __init__(self, directory, base, device, service):
        self.directory = directory
        self.base = base
        self.device = device
        self.pam = "/etc/pam.d/" + service
        self.plain = read(self.pam)
        self.trace = directory + "/trace"
        # Both ends are open all the time: so neither side waits when it opens them.
        self.opener_pipe = os.open(directory + "/opener", os.O_RDWR | os.O_NONBLOCK)
        self.go_pipe = os.open(directory + "/go", os.O_RDWR | os.O_NONBLOCK)
        self.points = None
        self.namespaces_before = None
        self.traces_before = None

    # ---------------------------------------------------------------- the opener

    def arm(self, phase):
        """The lines have the phase, so that no other one starts a process for them."""
        write(self.trace, "")
        for pipe in self.opener_pipe, self.go_pipe:
            while select.select([pipe], [], [], 0)[0]:
                os.read(pipe, 4096)
        lines = []
        for line in self.plain.splitlines():
            is_ours = re.match("session.*pam_privtmp.so", line)
            run = f"session optional pam_exec.so type={phase} "
            if is_ours:
                lines.append(f"{run}seteuid {self.directory}/stop")
            lines.append(line)
            if is_ours:
                lines.append(f"{run}/bin/true")
        write(self.pam, "\n".join(lines) + "\n")
        return "yes"

    def disarm(self):
        """Another one that waits by mistake goes on, and is found out by what it does."""
        write(self.pam, self.plain)
        os.write(self.go_pipe, b"go\n")
        return "yes"

    def opener(self):
        if not select.select([self.opener_pipe], [], [], PATIENCE)[0]:
            return "no"
        # A line that short comes in one piece.
        return "yes " + os.read(self.opener_pipe, 4096).decode().strip()

    def let_go(self, opener):
        """strace has written something as soon as it traces."""
        wait_until(lambda: os.path.getsize(self.trace) > 0 or not os.path.exists("/proc/" + opener))
        os.write(self.go_pipe, b"go\n")

    # ---------------------------------------------------------------- the trace

    def calls(self, which):
        """NAME N, the Nth of that name, for each call that counts."""
        count = {}
        found = []
        for line in read(self.trace).splitlines():
            if line.startswith(("---", "+++")):
                continue
            name = line.split("(")[0]
            count[name] = count.get(name, 0) + 1
            if MEMORY.match(name):
                continue
            looks = LOOKS.match(name) or name == "openat" and "O_CREAT" not in line
            if which != "all" and looks:
                continue
            found.append(f"{name} {count[name]}")
        return found[1:]  # without the wait for the line before ours

    def find_points(self, which):
        points = []
        for call in self.calls(which):
            points.append(call)
            if call.startswith("clone"):
                break
        write(self.directory + "/points", "".join(point + "\n" for point in points))
        is_same = points == self.points
        self.points = points
        return "yes same" if is_same else "yes other"

    def hit(self, index, which):
        is_hit = self.calls(which) == self.points[: int(index)]
        is_killed = re.search(r"^\+\+\+ killed by SIGKILL", read(self.trace), re.M)
        return "yes" if is_hit and is_killed else "no"

    # ---------------------------------------------------------------- the host

    def mounts(self):
        """The process and the lines of its mountinfo, for each process. Some end meanwhile."""
        for process in filter(str.isdigit, os.listdir("/proc")):
            try:
                yield process, read(f"/proc/{process}/mountinfo")
            except OSError:
                pass

    def namespaces(self):
        """The mount namespaces of this host that processes are in."""
        found = set()
        for process, mounts in self.mounts():
            try:
                if f" {self.device} / " in mounts:
                    found.add(os.readlink(f"/proc/{process}/ns/mnt"))
            except OSError:
                pass
        return found

    def traces(self):
        """All that sessions leave on disk and have mounted, and whether it was touched."""
        found = set()
        # these two are made when they are needed, and stay
        usual = self.base + "/.trash", self.base + "/.work"
        for top in self.base, "/run/privtmp":
            for directory, directories, files in os.walk(top):
                for name in directories + files:
                    path = os.path.join(directory, name)
                    if path not in usual:
                        found.add(self.describe(path))
        root = re.compile(rf"^.* {re.escape(self.device)} /.*/root .*$", re.M)
        for _, mounts in self.mounts():
            found.update(root.findall(mounts))
        return sorted(found)

    @staticmethod
    def describe(path):
        try:
            status = os.lstat(path)
            if os.path.isdir(path) and not os.path.islink(path):
                return f"{path} {status.st_ino}"
            link = os.readlink(path) if os.path.islink(path) else ""
            return f"{path} {status.st_ino} {status.st_size} {status.st_mtime_ns} {link}"
        except FileNotFoundError:
            return f"{path} went away"

    def before(self):
        self.namespaces_before = self.namespaces()
        self.traces_before = self.traces()
        return "yes"

    def others(self):
        """The victim's own processes end by themselves, but not at once."""
        return "yes" if wait_until(lambda: self.namespaces() == self.namespaces_before) else "no"

    def age(self):
        """A temporary name is left alone for 10 minutes."""
        old = time.time() - 11 * 60
        for user in os.scandir(self.base):
            # as the shell's */.??????: not .trash and .work, which are no users
            if user.name.startswith(".") or not user.is_dir():
                continue
            try:
                for instance in os.scandir(user.path):
                    if re.fullmatch(r"\.......", instance.name) and instance.is_dir():
                        os.utime(instance.path, (old, old))
            except FileNotFoundError:
                pass  # somebody deletes it now
        return "yes"

    def same(self):
        now = self.traces()
        differences = difflib.unified_diff(self.traces_before, now, "before", "now", "", "", 0, "")
        write(self.directory + "/said", "".join(line + "\n" for line in differences))
        return "yes" if now == self.traces_before else "no"


def main():
    kill = Kill(*sys.argv[1:])
    requests = {
        "before": kill.before,
        "arm": kill.arm,
        "disarm": kill.disarm,
        "opener": kill.opener,
        "points": kill.find_points,
        "hit": kill.hit,
        "others": kill.others,
        "age": kill.age,
        "same": kill.same,
    }
    for line in sys.stdin:
        request, *words = line.split()
        answer = requests[request](*words)
        print(answer, flush=True)
        if request == "opener" and answer != "no":
            # The asker attaches strace now, so this can't come before the answer.
            kill.let_go(answer.split()[1])


main()
