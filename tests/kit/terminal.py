#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""terminal: types into a program at a terminal of its own, as a person does.

usage: terminal.py PROMPT COMMAND [ARG...] <LINES

Each line of the input is typed when the program has written PROMPT and waits; login(1) throws away
what is typed before. What the terminal shows is copied to the output. The exit status is that of
COMMAND. One that neither writes nor ends for two minutes is killed.
"""
import errno
import os
import pty
import select
import signal
import sys

PATIENCE = 120


def read_terminal(terminal):
    """Returns what the terminal shows next, or nothing where it is hung up for the moment."""
    try:
        return os.read(terminal, 4096)
    except OSError as error:
        if error.errno != errno.EIO:
            raise
        return b''


def run(prompt, command, lines):
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvp(command[0], command)
    ended = os.pidfd_open(pid)
    shown = b''
    while True:
        ready = select.select([terminal, ended], [], [], PATIENCE)[0]
        if not ready:
            os.kill(pid, signal.SIGKILL)
        said = read_terminal(terminal) if terminal in ready else b''
        sys.stdout.buffer.write(said)
        shown += said
        if ended in ready and not said:
            return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if lines and shown.endswith(prompt):
            os.write(terminal, lines.pop(0))
            shown = b''
        if terminal in ready and not said:
            # login hangs its terminal up and opens it again: nothing tells when
            select.select([ended], [], [], 0.05)


sys.exit(run(sys.argv[1].encode(), sys.argv[2:], sys.stdin.buffer.readlines()))
