/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* process: starts and kills login programs and others, and what is in doubt beside them */
#pragma once

#include "random/model.h"

/* ------------------------------------------------------------------ processes */

enum {
        ORPHAN = 1, /* not a child of who started it */
        BARE = 2,   /* has no fds of who started it, as after an exec */
        OTHER = 4,  /* another program, and the user's: it has no fds either */
};

void start_listening(void);

/* Starts a process, from the host or from another process. */
struct process *start(struct process *parent, int how, unsigned user);

/* Kills it and waits until it has let go of everything. */
void kill_process(struct process *process);

/* ------------------------------------------------------------------ doubts */

/* The order of two things is open: so is what becomes of what one of them ends. */
void blur(void);

void begin_time(void);

/* Who can't look at everything in time leaves it as it is, and who waits for a lock goes on. */
bool is_slow(void);
