/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * trash: the folders of a base for what is to be deleted
 *
 *   .trash/  with which nobody has begun: systemd's path unit starts "privtmp clean" for it
 *   .work/   which is being deleted, or was when somebody was killed
 *   .stuck/  which could not be deleted
 *
 * What was an instance is a tree there, UID.XXXXXX. Its lock is flock(2) of its top. Who deletes
 * may hang for ever, since its owner can hold the lock of any inode below the top, and with that
 * the kernel's lock of the top may be held. So nobody touches a tree without its lock; and a tree
 * that is being deleted is not in .trash, else it would start the unit again and again.
 */
#pragma once

#include <limits.h>
#include <sys/types.h>

#include "disk/instance.h"
#include "disk/remove.h"

#define TRASH_NEW   ".trash"
#define TRASH_WORK  ".work"
#define TRASH_STUCK ".stuck"

/* Opens one of them, made if need be: a readable fd, the caller's to close. 0 or -errno. */
int trash_open(int base, const char *folder, int *ret);

/*
 * Renames the instance, whose lock the caller holds exclusively, or what is left of one under its
 * temporary name, into a folder of the base, as UID.XXXXXX. Waits for nobody: the top is root's.
 * The caller still has to give up the instance's lock. 0 or -errno: -EXDEV where the file system
 * can't rename a directory to another place (an overlay's lower layer).
 */
int trash_put(const struct shelf *shelf, const char *folder, const char *name);

/* A tree that is locked. */
struct trash_tree {
        int folder; /* fd of the folder that it is in */
        int top; /* fd; holds the lock, in a forked child too. Negative for what is no directory */
        char name[NAME_MAX + 1];
};

#define TRASH_TREE_NONE                                                                            \
        {                                                                                          \
                .folder = -EBADF, .top = -EBADF                                                    \
        }

/*
 * Locks the tree of that name where it is, below `parent`. Never waits. *ret is the caller's to
 * release by trash_leave(). 0, -EBUSY when somebody else has it, -ENOENT when it is gone, or
 * -errno.
 */
int trash_lock(int parent, const char *name, struct trash_tree *ret);

/*
 * The same for one in a folder of the base, and renames it to .work (where the file system
 * can't, it stays where it is). 0 or -errno; also -EEXIST when there is another one of that name in
 * .work.
 */
int trash_take(int base, const char *folder, const char *name, struct trash_tree *ret);

/* Renames a tree that is locked from where it is to another folder of the base. 0 or -errno. */
int trash_move(struct trash_tree *tree, int base, const char *folder);

/* Gives up the lock, unless a forked child still has the tree. */
void trash_leave(struct trash_tree *tree);

/*
 * Deletes the tree of that name in a folder of the base within the budget (remove.h); what is left
 * of it goes to .trash. May hang on what the tree's owner holds. Needs root. 0 when it is gone,
 * REMOVE_MORE, -EBUSY, or -errno.
 */
int trash_delete(int base, const char *folder, const char *name, struct remove_budget *budget);

/* The same for all of the user's trees in .work and .trash, as far as the budget goes. */
void trash_delete_own(int base, uid_t uid, struct remove_budget *budget);
