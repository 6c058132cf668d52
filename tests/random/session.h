/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* session: what an open and a close have to come to, and what they came to */
#pragma once

#include "random/model.h"

/* ------------------------------------------------------------------ open */

/* What an open may come to. */
struct opening {
        struct process *process;
        unsigned user;
        bool inside; /* another session, as what is mounted there says */
        bool home;   /* begins in the host's namespace */
        bool racing; /* who does not get a lock in time goes on alone */
        bool paired; /* another one is opened beside it, which it can join */
        bool slow;   /* what it could not look at it takes for used */
        bool any;    /* is there anything to do? */
        bool private[DIRECTORIES], may_be_new[DIRECTORIES];
        bool may_be[DIRECTORIES][INSTANCES];
};

/*
 * An open that finds no instance with a session ends what is stale of its user, and sets the clocks
 * of the rest. Where there are many it may do so before, and not all.
 */
void settle(unsigned user, bool finds);

void expect_open(struct opening *o, struct process *process, unsigned user);

/* Calls found() for all names below BASE/UID that the model does not know. */
void each_unknown(unsigned user, void (*found)(unsigned, const char *, void *), void *arg);

/* Takes a new instance into the model, if it is the one with that root, or any. */
void add_instance(unsigned user, const char *name, void *arg);

/* Is somebody there to go to? Who opens is elsewhere while it looks around. */
bool is_open(const struct space *space, const struct process *opener);

/* The open was answered: takes what it did into the model. */
void observe_open(struct opening *o, int answer);

int do_login(void *user);

void open_session(struct process *process, unsigned user);

/* ------------------------------------------------------------------ close */

enum {
        LOGOUT,       /* as it should be */
        LOGOUT_TWICE, /* closes two times */
        LOGOUT_ERROR, /* does not close, and says that it failed */
        LOGOUT_NEVER, /* does not close */
        LOGOUTS,
};

int do_logout(void *arg);

/* The process closes its session: back to where it was. */
void expect_close(struct process *process);

void expect_logout(struct process *process, int how);

/* False: it may have left things as they were. */
bool observe_logout(int answer);

void close_session(struct process *process, int how);
