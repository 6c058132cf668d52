/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fault: sessions of login programs, with system calls that fail at link time (-Wl,--wrap)
 *
 * A session is opened by session_open() itself, in a program that has this room in it.
 */
#pragma once

#include "session/session.h"

/* ------------------------------------------------------------------ calls that fail */

/* The nth call of that name fails with the error; with `lasting` all later ones too. */
struct fault {
        const char *name;
        unsigned nth;
        int error;
        bool lasting;
};

/*
 * The fault that is in force, in memory that login programs share: those that are there already see
 * a change. NULL before the first fault_choose(), and for ever in programs that were started then.
 */
extern const struct fault *fault;

void fault_choose(struct fault which);

extern bool first_hidden; /* PID 1's namespace can't be had, as in some containers */
extern bool no_ids;       /* the kernel has no ids of namespaces: before Linux 6.12 */
extern bool quotas; /* user quotas are in force, and no limit was set before the process began */

/* What the test wants to see before the call is made. */
extern void (*at_move_mount)(int tree);
extern void (*at_rename)(int old_dir, const char *old, const char *new);

/* A kind of call, and the errors that fit it; the list ends with 0. */
struct fault_kind {
        const char *name;
        const int *errors;
};

/* All that can fail; the last one has no name. */
extern const struct fault_kind fault_kinds[];

/* ------------------------------------------------------------------ what a login program does */

int do_session_open(void *user);

/* The same with a call that fails. */
int do_session_open_faulty(void *user);

int do_session_close(void *arg);

int do_session_close_faulty(void *arg);
