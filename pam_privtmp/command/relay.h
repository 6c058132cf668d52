/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* relay: run a command apart from the caller's terminal, and carry what passes between them */
#pragma once

#include "command/terminal.h"

/*
 * Runs a command in a session of its own, on the pseudo terminal that terminal_open() has made:
 * start(arg), in a process of its own, becomes the command or returns the exit status. Signals are
 * passed on to it; when it stops, so does this process, and with it, where the keys were the
 * command's, the whole job. What it has written is on the caller's terminal when this returns.
 * Returns the exit status as a shell tells it: 128 and the number for a signal. The terminal is
 * given back, but not released.
 */
int relay_run(struct terminal *terminal, int (*start)(void *arg), void *arg);
