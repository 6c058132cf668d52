#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""faults: a command, with each of its system calls failing in turn, and each call for memory.

usage: faults.py SCENE COMMAND STATE PREPARE RUN [ARG...]

Each run begins with PREPARE, which makes the scene; then RUN with the ARGs. STATE prints what is
there then. A first run, in which nothing fails, is what the others are compared with. Whatever
fails:

  - RUN ends by itself, with status 0 or 1;
  - with 1 it says why;
  - with 0 its output and the state are those of the first run, or it says what is missing;
  - another run, in which nothing fails, comes to the state of the first one.

LEAN is the library kit/lean. The output, comments of TAP, has a line for what is wrong, and a sum.
"""
import collections
import os
import re
import subprocess
import sys

# The errors that fit; for all others it is EIO. Not ENOENT and ESRCH: what goes away meanwhile is
# not a fault.
ERRORS = {
    "openat": ["EMFILE", "EIO"],
    "openat2": ["EMFILE", "EIO"],
    "open_tree": ["ENOMEM", "EPERM"],
    "read": ["EIO", "EINTR"],
    "write": ["ENOSPC", "EPIPE"],
    "flock": ["EINTR", "ENOLCK"],
    "mkdirat": ["ENOSPC", "EROFS"],
    "unlinkat": ["EBUSY", "EROFS"],
    "renameat": ["ENOSPC", "EROFS"],
    "renameat2": ["ENOSPC", "EROFS"],
    "fsync": ["EIO", "ENOSPC"],
    "mmap": ["ENOMEM"],
    "mremap": ["ENOMEM"],
    "mprotect": ["ENOMEM"],
    "munmap": ["ENOMEM"],
    "clone": ["EAGAIN"],
    "clone3": ["EAGAIN"],
    "fork": ["EAGAIN"],
    "pipe2": ["EMFILE"],
    "socket": ["EMFILE"],
    "connect": ["ECONNREFUSED"],
    "setns": ["EPERM"],
    "unshare": ["ENOSPC"],
    "prlimit64": ["EPERM"],
    "poll": ["EINTR", "ENOMEM"],
    "ppoll": ["EINTR", "ENOMEM"],
    "ioctl": ["ENOTTY"],
    "wait4": ["EINTR"],
}
# They can't fail, or strace can't name them; a close is not made then, which it always is, and glibc
# takes the error of brk for an address.
NEVER = re.compile(r"^(exit|brk|close|exit_group|execve|rt_sigreturn|restart_syscall|getpid|gettid|getuid"
                   r"|geteuid|getgid|getegid|umask|arch_prctl|set_tid_address|set_robust_list"
                   r"|rseq|syscall_.*|getrandom|kill)$")

scene, command, state, prepare, run = sys.argv[1:6]
arguments = sys.argv[6:]
tap = os.environ["tap"]
trace, hit = tap + "/faults.trace", tap + "/faults.hit"
bad = []


def shell(text):
    return subprocess.run(["sh", "-c", text], capture_output=True, text=True).stdout


def start(*wrapper, **more):
    try:
        done = subprocess.run([*wrapper, command, run, *arguments], capture_output=True, text=True,
                              env=dict(os.environ, **more), errors="replace", timeout=120)
    except subprocess.TimeoutExpired:
        return "none: it hangs", "", "", ""
    return done.returncode, done.stdout, done.stderr, shell(state)


def what_is_wrong(done):
    status, out, err, left = done
    if status not in (0, 1):
        return f"status {status}"
    if status == 1 and not err.strip():
        return "no reason"
    silent = status == 0 and not err.strip()
    if silent and sorted(out.split("\n")) != sorted(wanted[1].split("\n")):
        return "another output, and not a word"
    if silent and left != wanted[3]:
        return "another state, and not a word"
    again = start()
    return None if again[0] == 0 and again[3] == wanted[3] else f"afterwards: {again}"


def judge(where, done):
    wrong = what_is_wrong(done)
    if wrong:
        bad.append(where)
        print(f"# {scene}: {where}: {wrong}: {done[0]} {done[1][:300]!r} {done[2][:300]!r}",
              flush=True)


def points():
    """The calls of each name, per process, without those that load the program."""
    shell(prepare)
    start("strace", "-f", "-qq", "-o", trace)
    counts = collections.defaultdict(collections.Counter)
    loading, first = None, {}
    for line in open(trace, errors="replace"):
        found = re.match(r"^(\d+) +(\w+)\(", line)
        if not found:
            continue
        pid, name = found.groups()
        loading = loading or pid
        counts[pid][name] += 1
        if pid == loading and name == "munmap" and not first:
            first = dict(counts[pid])
    for name in sorted({name for of in counts.values() for name in of}):
        most = max(of[name] for of in counts.values())
        if not NEVER.match(name):
            yield from ((name, n) for n in range(first.get(name, 0) + 1, most + 1))


shell(prepare)
wanted = start()
if wanted[0] != 0 or wanted[2]:
    sys.exit(f"# {scene}: without a fault: {wanted}")
calls = runs = 0
for name, n in list(points()):
    calls += 1
    for error in ERRORS.get(name, ["EIO"]):
        runs += 1
        shell(prepare)
        judge(f"{name} {n} fails with {error}",
              start("strace", "-f", "-qq", "-o", trace, "-e", f"trace={name}",
                    "-e", f"inject={name}:error={error}:when={n}"))
memory = 0
while True:
    shell(prepare)
    if os.path.exists(hit):
        os.unlink(hit)
    done = start(LD_PRELOAD=os.environ["LEAN"], LEAN_NTH=str(memory + 1), LEAN_HIT=hit)
    if not os.path.exists(hit):
        break
    memory += 1
    judge(f"call {memory} for memory", done)
print(f"# {scene}: {calls} system calls, {runs} with an error, {memory} calls for memory: "
      f"{runs + memory - len(bad)} of {runs + memory} behaved")
sys.exit(1 if bad or calls < 50 else 0)
