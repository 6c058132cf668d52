#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""faults: a command, with each of its system calls failing in turn, and each call for memory.

usage: faults.py [-m] [-t] SCENE COMMAND STATE PREPARE CHECK RUN [ARG...]

With -m only calls for memory fail; with -t the input is a terminal. Each run begins in the scene that
PREPARE makes; then RUN with the ARGs. STATE tells what is there then: "tree PATH..." all that is at
these paths and below, or it is a command that prints it. CHECK has that as its input, and the
exit status and what was said of faults as its arguments; it prints what is wrong. A first run, in
which nothing fails, is what the others are compared with; its state is in $tap/faults.wanted. Whatever fails:

  - RUN ends by itself, with status 0 or 1, or 126 if what it was to start can't be;
  - else than with 0 it says why, and each line that it says has a place or a step, and a reason;
  - with 0 its output and the state are those of the first run, or it says what is missing;
  - CHECK prints nothing;
  - another run, in which nothing fails, comes to the state of the first one.

Where STATE is a tree, what another run does depends on nothing else: so it is made once for each
state, and PREPARE is called only where the scene has changed. Where STATE is "true", there is nothing
that a run could change, and another one is made at the end.

What "check" and "explain" find is their output, which may be the reason as well. The calls of the
children are among those that fail: those of the program itself, and those of each child, but not
what another program does that one of them becomes.
REFUSE and LEAN are the program kit/refuse and the library kit/lean. The output, comments of TAP,
has a line for what is wrong, and a sum.
"""
import collections
import errno
import os
import re
import stat
import subprocess
import sys
import time

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
    "lseek": ["ESPIPE"],
    "wait4": ["EINTR"],
}
# They can't fail; a close is not made then, which it always is, and glibc takes the error of brk
# for an address.
NEVER = re.compile(r"^(exit|brk|close|exit_group|rt_sigreturn|restart_syscall|getpid|gettid|getuid"
                   r"|getppid|geteuid|getgid|getegid|umask|arch_prctl|set_tid_address"
                   r"|set_robust_list|rseq|getrandom|kill|rt_sigprocmask|rt_sigaction)$")
NEW = {"syscall_0x1c9": "statmount", "syscall_0x1ca": "listmount"}  # for an older strace
# Who complains, and of what: the words of an error alone are not enough.
SAYS = re.compile(r"^privtmp: (?!(%s)$).{9}" % "|".join(
    re.escape(os.strerror(number)) for number in errno.errorcode))
# Whose words are not those of the error: the loader, the name service, a look, which only has a doubt,
# and a process that has ended without a word.
OTHERS = re.compile(r"can't be loaded: |look(ed)? up|out of memory|can't tell|was killed"
                    r"|can't be told|can't make a terminal")
# What is never the reason: the table is right, and who starts no command knows it.
UNTRUE = re.compile(r"line of fstab|can't start the command(?s:.*)can't be told")
# What the output says of a fault: of "check" and of "explain", as text and as JSON.
TOLD = re.compile(r'^(fault|unchecked): |^  now: |"severity": *"(fault|unchecked)"|"now": *"denied"')
NO_SUCH_CALL = 125

options = [word for word in sys.argv[1:3] if word in ("-m", "-t")]
scene, command, state, prepare, check, run, *arguments = sys.argv[1 + len(options):]
only_memory = "-m" in options
terminal = os.openpty()[1] if "-t" in options else subprocess.DEVNULL
tap = os.environ["tap"]
trace, hit = tap + "/faults.trace", tap + "/faults.hit"
bad = []
whole = state == "true" or state.startswith("tree ")
recovers = set()  # states from which another run comes to that of the first one
agrees = set()    # what CHECK was asked about, and had nothing to say of


def shell(text, *words, told=""):
    return subprocess.run(["sh", "-c", text, "sh", *words], capture_output=True, text=True,
                          input=told).stdout


def entry(path):
    """A line for what is at a path: its kind, mode and owner, and what is in it."""
    found = os.lstat(path)
    holds = ""
    if stat.S_ISLNK(found.st_mode):
        holds = os.readlink(path)
    elif stat.S_ISREG(found.st_mode):
        with open(path, errors="replace") as file:
            holds = repr(file.read())
        if path.endswith("/lock"):  # the clock of an instance
            holds += f" {found.st_mtime_ns}"
    return f"{path} {found.st_mode:o} {found.st_uid}:{found.st_gid} {holds}\n"


def below(path):
    """What is at a path and below. What goes away meanwhile is not there."""
    try:
        yield entry(path)
        if stat.S_ISDIR(os.lstat(path).st_mode):
            for name in os.listdir(path):
                yield from below(f"{path}/{name}")
    except FileNotFoundError:
        pass


def look():
    """What is there, by STATE."""
    words = state.split()
    if words[0] == "tree":
        return "".join(sorted(line for path in words[1:] for line in below(path)))
    return shell(state) if state != "true" else ""


def make_scene():
    """As PREPARE does. A STATE that is a command may change something itself: it is asked later."""
    if not state.startswith("tree ") or look() != scene_made:
        shell(prepare)


def start(*wrapper, **more):
    try:
        done = subprocess.run([*wrapper, command, run, *arguments], stdin=terminal,
                              capture_output=True, env=dict(os.environ, **more), text=True,
                              errors="replace", timeout=120)
    except subprocess.TimeoutExpired:
        return "none: it hangs", "", "", ""
    return done.returncode, done.stdout, done.stderr, look()


def settles():
    """Does the state become that of the first run? What was killed may not have ended yet."""
    end = time.monotonic() + 60
    while look() != wanted[3]:
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def told(out):
    """What the output says of a fault that is none of the first run."""
    return [line for line in out.splitlines() if TOLD.search(line) and line not in wanted[1]]


def what_is_wrong(done):
    status, out, err, left = done
    if status not in (0, 1, 126):
        return f"status {status}"
    said = err.strip() or told(out)
    if status != 0 and not said:
        return "no reason"
    dumb = [line for line in err.splitlines() if not SAYS.match(line)]
    if dumb:
        return f"no reason in {dumb[0]!r}"
    silent = status == 0 and not said
    if silent and sorted(out.split("\n")) != sorted(wanted[1].split("\n")):
        return "another output, and not a word"
    if silent and left != wanted[3] and not settles():
        return "another state, and not a word"
    question = (left, status, err) if "$" in check else left
    wrong = shell(check, str(status), err, told=left) if question not in agrees else ""
    if wrong:
        return wrong
    agrees.add(question)
    if left in recovers:
        return None
    again = start()
    if again[0] != 0 or (again[3] != wanted[3] and not settles()):
        return f"afterwards: {again}"
    if whole:
        recovers.add(left)
    return None


def judge(where, done, error):
    wrong = what_is_wrong(done)
    if not wrong and done[0] == 1 and not told(done[1]) and os.strerror(error) not in done[2] \
            and not OTHERS.search(done[2]):
        wrong = "another reason"
    if not wrong and UNTRUE.search(done[1] + done[2]):
        wrong = "a reason that is none"
    if wrong:
        bad.append(where)
        new, missing = (sorted(set(a.split("\n")) - set(b.split("\n")))
                        for a, b in ((done[1] + done[3], wanted[1] + wanted[3]),
                                     (wanted[1] + wanted[3], done[1] + done[3])))
        print(f"# {scene}: {where}: {wrong}: {done[0]} {done[2][:300]!r} new {new} "
              f"missing {missing}"[:900], flush=True)


def points():
    """The calls of each process: who, name, number, nth. Not those that load the program."""
    make_scene()
    start("strace", "-f", "-n", "-qq", "-o", trace)
    counts = collections.defaultdict(collections.Counter)
    callers = collections.defaultdict(dict)  # of each call: who has made it, in the order of the first
    first = collections.Counter()
    own = {}  # of those that become another program: what they have called until then
    for line in open(trace, errors="replace"):
        found = re.match(r"^(\d+) +\[ *(\d+)\] (\w+)\(", line)
        if not found:
            continue
        pid, number, name = found.groups()
        call = (NEW.get(name, name), number)
        counts[pid][call] += 1
        callers[call][pid] = True
        if name == "execve" and len(counts) > 1:
            own.setdefault(pid, counts[pid].copy())
        if len(counts) == 1 and call[0] == "munmap" and not first:
            first = counts[pid].copy()
    the_program = next(iter(counts))
    for call in sorted(callers):
        children = [pid for pid in callers[call] if pid != the_program]
        for who, pid in enumerate([the_program, *children]):
            least = first[call] if who == 0 else 0
            most = own.get(pid, counts[pid])[call]
            if not NEVER.match(call[0]):
                yield from ((who, *call, n) for n in range(least + 1, most + 1))


scene_made = None
make_scene()
scene_made = look()
wanted = start()
if wanted[0] != 0 or wanted[2]:
    sys.exit(f"# {scene}: without a fault: {wanted}")
with open(tap + "/faults.wanted", "w") as file:
    file.write(wanted[3])
calls = runs = missed = 0
for who, name, number, n in [] if only_memory else list(points()):
    calls += 1
    for error in ERRORS.get(name, ["EIO"]):
        runs += 1
        make_scene()
        done = start(os.environ["REFUSE"], str(who), number, str(n),
                     str(getattr(errno, error)))
        if done[0] == NO_SUCH_CALL:
            missed += 1
            continue
        judge(f"{name} {n} of {'child ' + str(who) if who else 'the program'} fails with {error}",
              done, getattr(errno, error))
memory = 0
while True:
    make_scene()
    if os.path.exists(hit):
        os.unlink(hit)
    done = start(LD_PRELOAD=os.environ["LEAN"], LEAN_NTH=str(memory + 1), LEAN_HIT=hit)
    if not os.path.exists(hit):
        break
    memory += 1
    judge(f"call {memory} for memory", done, errno.ENOMEM)
wrong_at_last = what_is_wrong(done)  # of the last run, in which nothing failed
if wrong_at_last:
    bad.append("nothing")
    print(f"# {scene}: afterwards: {wrong_at_last}: {done}"[:900], flush=True)
print(f"# {scene}: {calls} system calls, {runs} with an error ({missed} were not made then), "
      f"{memory} calls for memory: {runs - missed + memory - len(bad)} of "
      f"{runs - missed + memory} behaved")
few = memory < 20 if only_memory else calls < 50 or missed > runs // 20
sys.exit(1 if bad or few else 0)
