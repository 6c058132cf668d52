/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * remove: take a hostile tree away by fd
 *
 * The tree belongs to a user who may still be changing it. Nothing outside of it is touched: no
 * symbolic link is followed, no other mount entered, and a directory is root's and closed before
 * its contents are looked at.
 *
 * Directories that are not empty are hoisted: renamed up into the top of the tree, and emptied in
 * their turn. So a tree of any depth costs two fds and a fixed stack.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>
#include <time.h>

enum {
        REMOVE_MORE = 1, /* the budget is used up, something is left */
};

/* What one call may spend. 0 means without limit. */
struct remove_budget {
        unsigned entries; /* 2 at least: a directory and what is in it */
        unsigned milliseconds;
        off_t file_bytes; /* what has more blocks is left: to unlink it may take seconds */

        unsigned used;         /* what was spent so far: kept from call to call, begins with 0 */
        uint64_t done;         /* what went away or up: so too */
        struct timespec start; /* so too */
};

/*
 * Removes the entry `name` of the directory `parent`: a directory with all that is below it, or
 * anything else. The directory `name` itself must be one of ours: root's, closed to others. Needs
 * root. Returns 0 when it is gone (also if it never was there), REMOVE_MORE, or the first -errno,
 * after having removed what could be removed. To be called again until it says 0.
 */
int remove_tree(int parent, const char *name, struct remove_budget *budget);
