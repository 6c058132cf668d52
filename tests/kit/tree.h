/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * tree: hostile trees, as the end of an instance finds them
 *
 * Needs root, in a throw-away host. A tree is what an instance is: "top", root's and closed, with
 * "root" in it, which is a user's.
 */
#pragma once

#include "disk/remove.h"
#include "kit/ground.h"

enum {
        LEVELS = 100000,
        FILES = 20000,
        FILES_AT_ONCE = 5000, /* a millisecond is enough for a tenth of these at most */
        LOWER_LEVELS = 3000,
        CALLS = 100000, /* of remove_tree(), until it must be through */
};

extern struct scratch scratch; /* the tree "top", and "outside" with what must not be touched */
extern unsigned fds;

/* The tree, and an fd of the part that is the user's. */
int make_tree(void);

void set_up(void);

/* What is outside, as text: all that could have been changed. */
char *look_outside(void);

/* Calls remove_tree(), each time with a fresh budget, until it says that the tree is gone. */
unsigned remove_all(struct remove_budget limits);

/* From now on no more than n fds and a small stack. */
void be_tight(unsigned n);

void be_roomy(void);

void make_files(int dir, unsigned n);

extern const struct remove_budget without_limit;

/* ------------------------------------------------------------------ what is in a tree */

/* Directories of that user in one another; the fd of the last one. */
int make_chain_of(uid_t uid, int dir, unsigned levels);

int make_chain(int dir, unsigned levels);

/* Everything is nine levels deep and there are three in each: 9841 directories, as many files. */
void make_full(int dir, unsigned levels);

/* ------------------------------------------------------------------ what can't be renamed */

/* Is on that disk from now on: the tree is made there. */
void go_to_disk(const char *name);

/*
 * The tree is in the lower layer of an overlay, where no directory can be renamed: `levels` deep,
 * with files and other directories on each.
 */
void make_lower(unsigned levels);
