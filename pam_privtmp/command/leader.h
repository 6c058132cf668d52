/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* leader: the process that leads the session of a command */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#include "command/terminal.h"

/*
 * A command that a shell starts can be stopped because the shell is its parent and in its session
 * (a process group without such a parent is an orphaned one, which SIGTSTP does not stop). This is
 * that parent, a process of root's: it passes on what it gets, tells what becomes of the command,
 * and never looks at the terminal.
 */
struct leader {
        pid_t pid;
        int reports; /* a pipe: each wait status of the command, as an int; O_NONBLOCK */
};

/* What the command is: start() becomes it, or returns the exit status. */
struct leader_command {
        int (*start)(void *arg);
        void *arg;
        const sigset_t *mask;  /* the command's mask of signals, */
        void (*on_child)(int); /* and what it does with SIGCHLD */
};

/*
 * Starts the command in a session and a process group of its own, on the pseudo terminal if there
 * is one; with `foreground` it may read from there, else it is stopped by SIGTTIN when it tries to.
 * The caller has all signals blocked, and releases what it gets by leader_end(). 0 or -errno.
 */
int leader_start(struct leader *leader, const struct terminal *terminal, bool foreground,
                 const struct leader_command *command);

/* Sends a signal to the command's process group; nothing when the command has ended. */
void leader_signal(const struct leader *leader, int signal);

/* Lets a stopped command go on, with or without the right to read from its terminal. */
void leader_continue(const struct leader *leader, bool foreground);

/* Ends the leader, and with it the session: what is left there loses its terminal. */
void leader_end(struct leader *leader);
