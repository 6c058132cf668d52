/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* terminal: root's terminal, and the pseudo terminal that a command has in its place */
#pragma once

#include <stdbool.h>
#include <termios.h>

/*
 * The caller's terminal is what fds 0 to 2 show; the command never has it. Where none of the three
 * is a terminal there is no pseudo terminal either, and all fds here are negative.
 *
 * Keys belong to one program at a time, as they do between the jobs of a shell. As long as the
 * terminal is taken, it is in raw mode, and all keys go to the pseudo terminal, which knows Ctrl-C
 * and the like. As long as it is not, it works for the caller's process group as if the command
 * had no terminal.
 */
struct terminal {
        int keys, screen;  /* the caller's, opened again and O_NONBLOCK: to read, to write */
        int master, slave; /* the pseudo terminal; master is O_NONBLOCK */
        bool taken;
        struct termios before; /* of keys, while it is taken */
};

/*
 * Makes the pseudo terminal, with the size and the modes of the caller's. Of fds 0 to 2, those
 * that are closed become /dev/null. Needs /dev/ptmx and /proc: call it before the mount namespace
 * changes. 0, or -errno with a line on stderr; terminal_done() releases it in both cases.
 */
int terminal_open(struct terminal *terminal);

/* Is the command alone on the terminal, with neither a pipe nor a file behind fds 0 and 1? */
bool terminal_is_alone(const struct terminal *terminal);

/*
 * Takes the caller's terminal for the command. False where there is none, or where another process
 * group has it, also if it was taken before. When it is taken already, its raw mode is set again.
 */
bool terminal_take(struct terminal *terminal);

/* Gives the caller's terminal back, with the modes that it had; nothing when it is not taken. */
void terminal_give_back(struct terminal *terminal);

/* Tells the pseudo terminal how large the caller's is. The kernel sends SIGWINCH, if that is new.
 */
void terminal_fit(const struct terminal *terminal);

/*
 * For the process that is to lead the command's session: makes that session, and the pseudo
 * terminal its own, also in fds 0 to 2. 0 or -errno.
 */
int terminal_enter(const struct terminal *terminal);

/* Gives the terminal back, if it is taken, and closes all fds: the command is hung up. */
void terminal_done(struct terminal *terminal);
