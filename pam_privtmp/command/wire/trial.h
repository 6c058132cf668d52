/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * wire/trial: a wiring that is taken back unless somebody confirms it
 *
 * Whatever becomes of this process, its terminal or the session, a watcher takes the pending change
 * back: a unit of systemd's where that runs, which no end of a session reaches; else a child in a
 * session of its own.
 */
#pragma once

/*
 * Starts the watcher, before anything is changed, and blocks the signals that trial_wait() waits
 * for. 0, or -errno with a line on stderr.
 */
int trial_begin(unsigned seconds);

/*
 * Waits, at most `seconds`, for an empty line on the terminal that is stdin; what was typed before
 * is thrown away, and stdout says so. 1 if there was one; 0 at any other line, when the time is
 * over, at the end of the terminal, or at SIGHUP, SIGINT, SIGQUIT or SIGTERM. Without a terminal it
 * waits for these alone.
 */
int trial_wait(unsigned seconds);

/* The watcher's work: waits for the end of the process, at most `seconds`. */
void trial_wait_for(int pid, unsigned seconds);
