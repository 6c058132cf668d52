/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * walk: where a walk through a tree is that it seals on its way
 *
 * The directories between the top of the tree and the one that is being read are all sealed
 * (seal.h); the last few of them are open, in a ring. The way back to one that was let go is "..",
 * which nobody but root can have changed.
 */
#pragma once

#include <stdint.h>
#include <sys/stat.h>

#include "disk/listing.h"

enum {
        WALK_LEVELS = 8, /* directories that are open at once */
        WALK_LOST = 1,   /* the way back is not there any more: begin at the top again */
};

struct walk {
        size_t read_bytes; /* of entries that are read at once */
        uint64_t depth;    /* of the directory that is being read; the top has 0 */
        unsigned held;     /* so many of the last ones are open */
        struct stat top;
        struct listing levels[WALK_LEVELS]; /* the entry of one is what the next is entered by */
};

/* A walk that reads so much at once. walk_done() releases it. */
void walk_init(struct walk *walk, size_t read_bytes);

/* Releases what it has. */
void walk_done(struct walk *walk);

/*
 * Begins at the directory `name` of `parent`, which is sealed now. Needs CAP_CHOWN and CAP_FOWNER.
 * 0 or -errno.
 */
int walk_begin(struct walk *walk, int parent, const char *name);

/* The directory that is being read, and the entry that it has come to. It is the walk's. */
static inline struct listing *walk_current(struct walk *walk)
{
        return &walk->levels[walk->depth % WALK_LEVELS];
}

/*
 * Opens the directory that the current one has come to; where the caller has few fds, others of
 * the walk are closed for it. An fd, the caller's to close, or -errno.
 */
int walk_open(struct walk *walk);

/* Seals the directory that walk_open() has opened, and goes into it. Takes the fd. 0 or -errno. */
int walk_enter(struct walk *walk, int fd);

/*
 * Goes back to the directory that the current one is in, and removes the current one, which is
 * empty. 0, -errno where it could not be removed, or WALK_LOST.
 */
int walk_leave(struct walk *walk);
