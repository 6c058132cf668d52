/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * worker: a process that deletes one tree, under supervision
 *
 * The tree's owner can hold the lock of any inode in it for ever: who deletes it then waits in a
 * sleep that no signal ends. So this costs one process, and the command goes on. When the command
 * ends, the kernel kills its workers: the tree of one that hangs is free for the next clean as soon
 * as its owner lets go.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "disk/trash.h"

struct worker_page;

struct worker {
        pid_t pid; /* 0: none */
        struct trash_tree tree;
        struct worker_page *page; /* shared with the process */
        uint64_t steps;           /* it had done when it was last seen to get on */
        struct timespec patience; /* CLOCK_MONOTONIC: when it has not got on for too long */
        struct timespec turn;     /* when it is not new any more, and others may begin beside it */
        struct timespec limit;    /* when it has had enough time */
};

enum worker_is {
        WORKER_AT_WORK,
        WORKER_DONE,   /* the tree is gone */
        WORKER_STUCK,  /* it could not be deleted, see worker_why() */
        WORKER_LATE,   /* it has been killed, half an hour is enough */
        WORKER_KILLED, /* somebody else has killed it */
        WORKER_HANGS,  /* it does not get on, and keeps the tree's lock */
};

enum {
        WORKER_WHY_BYTES = 512,
};

/*
 * Starts one for a tree that is locked, and takes that over. Needs root, and SIGCHLD blocked. 0 or
 * -errno; then the tree is still the caller's.
 */
int worker_start(struct worker *worker, struct trash_tree *tree);

/* What has become of it? One that is not at work any more is to be released by worker_done(). */
enum worker_is worker_look(struct worker *worker);

/* So many entries it has deleted so far. */
uint64_t worker_entries(const struct worker *worker);

/* May others begin beside it? */
bool worker_is_old(const struct worker *worker);

/*
 * Why the tree is stuck: the first entry that could not be deleted, the reason, and what cures it.
 * Nothing in it can do anything to a terminal.
 */
void worker_why(const struct worker *worker, char why[WORKER_WHY_BYTES]);

/* Gives up the tree's lock, but what a process that hangs has of it, and all else. */
void worker_done(struct worker *worker);
