# SPDX-License-Identifier: LGPL-2.1-or-later
"""keyboard: runs a command on a terminal of its own and plays who sits before it.

usage: python3 keyboard.py COMMAND [ARG...] <STEPS

STEPS are lines, done one after the other:

    see TEXT             waits until TEXT is shown, behind what was waited for before
    type TEXT            types TEXT and Enter
    key C-X              types that key: C-c, C-z, C-d, Enter
    size ROWS COLUMNS    gives the terminal another size
    modes                says which modes the terminal has: "cooked" or "raw"
    do COMMAND           runs a shell command beside it, which must succeed
    hangup               closes the terminal

All that the terminal shows goes to standard output, and the exit status is the command's (128 and
the number for a signal). A step that waits in vain for 60 seconds ends it all with status 99.
"""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time

PATIENCE = 60


class Terminal:
    def __init__(self, command):
        self.shown = b""
        self.seen = 0
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvp(command[0], command)

    def read(self, seconds):
        """Takes what is there; False when there will be no more."""
        if self.fd < 0:
            return False
        if select.select([self.fd], [], [], seconds)[0]:
            try:
                new = os.read(self.fd, 65536)
            except OSError:
                new = b""
            if not new:
                return False
            self.shown += new
            sys.stdout.buffer.write(new)
            sys.stdout.buffer.flush()
        return True

    def see(self, text):
        end = time.monotonic() + PATIENCE
        while True:
            at = self.shown.find(text.encode(), self.seen)
            if at >= 0:
                self.seen = at + len(text.encode())
                return
            if time.monotonic() > end or not self.read(0.2):
                if self.shown.find(text.encode(), self.seen) < 0:
                    fail("never saw: " + text)

    def write(self, keys):
        os.write(self.fd, keys)

    def size(self, rows, columns):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", int(rows), int(columns), 0, 0))

    def modes(self):
        local = termios.tcgetattr(self.fd)[3]
        print("<%s>" % ("cooked" if local & termios.ICANON and local & termios.ECHO else "raw"))

    def hangup(self):
        os.close(self.fd)
        self.fd = -1

    def finish(self):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                while self.fd >= 0 and select.select([self.fd], [], [], 0)[0] and self.read(0):
                    pass
                return os.waitstatus_to_exitcode(status)
            if not self.read(0.1):
                time.sleep(0.1)
        return fail("the command does not end")


def fail(text):
    print("\nkeyboard.py: " + text)
    sys.stdout.flush()
    os._exit(99)


def succeeds(command):
    try:
        subprocess.run(
            ["sh", "-c", command], stdin=subprocess.DEVNULL, timeout=PATIENCE, check=True
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return False
    return True


def key(name):
    return b"\r" if name == "Enter" else bytes([ord(name[-1].upper()) - 64])


def main():
    steps = sys.stdin.read().splitlines()
    terminal = Terminal(sys.argv[1:])
    for step in steps:
        word, _, rest = step.strip().partition(" ")
        if word == "see":
            terminal.see(rest)
        elif word == "type":
            terminal.write(rest.encode() + b"\r")
        elif word == "key":
            terminal.write(key(rest))
        elif word == "size":
            terminal.size(*rest.split())
        elif word == "modes":
            terminal.modes()
        elif word == "do":
            if not succeeds(rest):
                fail("failed: " + rest)
        elif word == "hangup":
            terminal.hangup()
        elif word:
            fail("no such step: " + step)
        sys.stdout.flush()
    status = terminal.finish()
    sys.exit(128 - status if status < 0 else status)


main()
