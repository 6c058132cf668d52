#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""faults: a command, with each of its system calls failing in turn, and each call for memory.

usage: faults.py SCENE COMMAND STATE PREPARE CHECK RUN [ARG...]

Each run begins with PREPARE, which makes the scene; then RUN with the ARGs. STATE prints what is
there then. CHECK has that as its input, and the exit status and what was said of faults as its
arguments; it prints what is wrong. A first run, in which nothing fails, is what the others are compared with. Whatever fails:

  - RUN ends by itself, with status 0 or 1;
  - with 1 it says why, and each line that it says has a place or a step, and a reason;
  - with 0 its output and the state are those of the first run, or it says what is missing;
  - CHECK prints nothing;
  - another run, in which nothing fails, comes to the state of the first one.

The calls of the children are among them: those of the program itself, and those of each child.
REFUSE and LEAN are the program kit/refuse and the library kit/lean. The output, comments of TAP,
has a line for what is wrong, and a sum.
"""
import collections
import errno
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
    "statmount": ["ENOMEM", "EPERM"],
    "listmount": ["ENOMEM", "EPERM"],
    "read": ["EIO", "EINTR"],
    "write": ["ENOSPC", "EPIPE"],
    "flock": ["EINTR", "ENOLCK"],
    "mkdirat": ["ENOSPC", "EROFS"],
    "unlinkat": ["EBUSY", "EROFS"],
    "renameat": ["ENOSPC", "EROFS"],
    "renameat2": ["ENOSPC", "EROFS"],
    "symlinkat": ["ENOSPC", "EROFS"],
    "fchmod": ["EPERM", "EROFS"],
    "fchown": ["EPERM", "EROFS"],
    "fsync": ["EIO", "ENOSPC"],
    "fsetxattr": ["ENOSPC", "EPERM"],
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
# They can't fail; a close is not made then, which it always is, and glibc takes the error of brk
# for an address.
NEVER = re.compile(r"^(exit|brk|close|exit_group|rt_sigreturn|restart_syscall|getpid|gettid|getuid"
                   r"|getppid|geteuid|getgid|getegid|umask|arch_prctl|set_tid_address"
                   r"|set_robust_list|rseq|getrandom|kill)$")
NEW = {"syscall_0x1c9": "statmount", "syscall_0x1ca": "listmount"}  # for an older strace
# Who complains, and of what: the words of an error alone are not enough.
SAYS = re.compile(r"^privtmp: (?!(%s)$).{9}" % "|".join(
    re.escape(os.strerror(number)) for number in errno.errorcode))
# Whose words are not those of the error: the loader, the name service, libmount, a look, which only
# has a doubt, and a process that has ended without a word.
OTHERS = re.compile(r"can't be loaded: |look(ed)? up|out of memory|line of fstab|can't tell"
                    r"|was killed")
NO_SUCH_CALL = 125

scene, command, state, prepare, check, run = sys.argv[1:7]
arguments = sys.argv[7:]
tap = os.environ["tap"]
trace, hit = tap + "/faults.trace", tap + "/faults.hit"
bad = []


def shell(text, *words, told=""):
    return subprocess.run(["sh", "-c", text, "sh", *words], capture_output=True, text=True,
                          input=told).stdout


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
    dumb = [line for line in err.splitlines() if not SAYS.match(line)]
    if dumb:
        return f"no reason in {dumb[0]!r}"
    silent = status == 0 and not err.strip()
    if silent and sorted(out.split("\n")) != sorted(wanted[1].split("\n")):
        return "another output, and not a word"
    if silent and left != wanted[3]:
        return "another state, and not a word"
    wrong = shell(check, str(status), err, told=left)
    if wrong:
        return wrong
    again = start()
    return None if again[0] == 0 and again[3] == wanted[3] else f"afterwards: {again}"


def judge(where, done, error):
    wrong = what_is_wrong(done)
    if not wrong and done[0] == 1 and os.strerror(error) not in done[2] \
            and not OTHERS.search(done[2]):
        wrong = "another reason"
    if wrong:
        bad.append(where)
        print(f"# {scene}: {where}: {wrong}: {done[0]} {done[1][:300]!r} {done[2][:300]!r}",
              flush=True)


def points():
    """The calls of each process: who, name, number, nth. Not those that load the program."""
    shell(prepare)
    start("strace", "-f", "-n", "-qq", "-o", trace)
    counts = collections.defaultdict(collections.Counter)
    first = collections.Counter()
    for line in open(trace, errors="replace"):
        found = re.match(r"^(\d+) +\[ *(\d+)\] (\w+)\(", line)
        if not found:
            continue
        pid, number, name = found.groups()
        call = (NEW.get(name, name), number)
        counts[pid][call] += 1
        if len(counts) == 1 and call[0] == "munmap" and not first:
            first = counts[pid].copy()
    the_program = next(iter(counts))
    for call in sorted({call for of in counts.values() for call in of}):
        children = [of for pid, of in counts.items() if pid != the_program and call in of]
        for who, of in enumerate([counts[the_program], *children]):
            least = first[call] if who == 0 else 0
            if not NEVER.match(call[0]):
                yield from ((who, *call, n) for n in range(least + 1, of[call] + 1))


shell(prepare)
wanted = start()
if wanted[0] != 0 or wanted[2]:
    sys.exit(f"# {scene}: without a fault: {wanted}")
calls = runs = missed = 0
for who, name, number, n in list(points()):
    calls += 1
    for error in ERRORS.get(name, ["EIO"]):
        runs += 1
        shell(prepare)
        done = start(os.environ["REFUSE"], str(who), number, str(n),
                     str(getattr(errno, error)))
        if done[0] == NO_SUCH_CALL:
            missed += 1
            continue
        judge(f"{name} {n} of {'child ' + str(who) if who else 'the program'} fails with {error}",
              done, getattr(errno, error))
memory = 0
while True:
    shell(prepare)
    if os.path.exists(hit):
        os.unlink(hit)
    done = start(LD_PRELOAD=os.environ["LEAN"], LEAN_NTH=str(memory + 1), LEAN_HIT=hit)
    if not os.path.exists(hit):
        break
    memory += 1
    judge(f"call {memory} for memory", done, errno.ENOMEM)
print(f"# {scene}: {calls} system calls, {runs} with an error ({missed} were not made then), "
      f"{memory} calls for memory: {runs - missed + memory - len(bad)} of "
      f"{runs - missed + memory} behaved")
sys.exit(1 if bad or calls < 50 or missed > runs // 20 else 0)
