/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * remove: take a hostile tree away by fd
 *
 * The tree belongs to a user who may still be changing it. Nothing outside of it is touched: no
 * symbolic link is followed, no other mount entered, and a directory is sealed (seal.h) before its
 * contents are looked at.
 *
 * A tree of any depth costs a few fds (two do), a fixed stack and a fixed amount of memory: the way
 * back from a directory is its "..", which nobody but root can have changed since it was sealed.
 *
 * Nothing is renamed. All that a call waits for is an inode of the tree: its owner may hold the
 * lock of any directory or file below the top for ever, and then the call hangs. So the caller
 * holds nothing that anybody else needs (see HACKING, "The order of locks").
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "ground/deadline.h"

enum {
        REMOVE_MORE = 1, /* something is left that another call may take away */
};

/* What one call may spend. 0 means without limit. */
struct remove_budget {
        unsigned entries;      /* that are taken out, or can't be */
        unsigned milliseconds; /* of CPU time; without `entries`, 100,000 files or so may go beyond
                                */
        off_t file_bytes;      /* what has more blocks is left: to unlink it may take seconds */

        /*
         * Takes away the directory `name` of `parent`, opened as `fd`, if it is a btrfs subvolume:
         * 0 when it is gone, else -errno, and it is tried like any directory. NULL: all are. That
         * is enough for one that can be written; a read-only snapshot is -EROFS then, and stays.
         */
        int (*subvolume)(int parent, const char *name, int fd);

        /*
         * Told of the first entry of the tree that can't be taken away: `name` in the directory
         * `dir`, and -errno. The name is NULL if it is the directory that can't be read. NULL:
         * nobody is told.
         */
        void (*failed)(void *arg, int dir, const char *name, int error);
        void *arg;

        uint64_t steps;      /* of all calls: another process may look whether this goes on */
        unsigned used;       /* what was spent so far: kept from call to call, begins with 0 */
        uint64_t done;       /* what went away: so too */
        struct deadline end; /* so too: it is set by the first call */
};

/*
 * Removes the entry `name` of the directory `parent`: a directory with all that is below it, or
 * anything else. The directory `name` itself must be one of ours: root's, closed to others. Needs
 * root. Returns 0 when it is gone (also if it never was there), REMOVE_MORE when the budget is used
 * up, or the first -errno, after having removed what could be removed.
 *
 * To be called again until it says 0; each call goes on with what is left, and walks down to it
 * anew: a chain of directories that can't be walked down within `milliseconds` does not become
 * shorter. Several processes may remove the same tree at once; one whose way another has taken away
 * says REMOVE_MORE, also without a budget.
 */
int remove_tree(int parent, const char *name, struct remove_budget *budget);

/* Is the budget used up? Its time begins here if it has not yet. */
bool remove_is_spent(struct remove_budget *budget);
