/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cover: put an instance over a directory, and take it off
 *
 * What covers is built detached, with its flags, and attached by fd: nobody sees it without its
 * flags, and no path can be swapped (open_tree(2), mount_setattr(2), move_mount(2)). Needs
 * CAP_SYS_ADMIN.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "ground/mark.h"
#include "ground/report.h"

/* A detached mount of the directory behind fd, with the flags (LINE_*, line.h). */
int cover_clone(int root, unsigned flags, int *ret);

/* A detached tmpfs with these owner, group and mode bits, in fstab's notation for the sizes. */
struct cover_memory {
        uid_t uid;
        gid_t gid;
        mode_t mode;
        unsigned flags;
        const char *size, *inodes;
        const char *label; /* see label.h */
};
int cover_memory(const struct cover_memory *memory, int *ret, struct report *report);

/* Attaches the detached mount over the directory behind the O_PATH fd. */
int cover_put(int tree, int directory);

/* Is `directory`, an O_PATH fd opened just now, the top of that mount, with these flags in force?
 */
bool cover_is(int directory, int tree, unsigned flags);

/*
 * Is `directory`, an O_PATH fd, the top of a mount of `root`, an fd of an instance's root/, with
 * these flags in force? Asks no file system but that of `root`.
 */
bool cover_shows(int directory, int root, unsigned flags);

/* The same for a tmpfs, of which only the mark is known. */
bool cover_shows_memory(int directory, struct mark mark, unsigned flags);

/* The mark of the tmpfs that is mounted as `tree`, an fd. 0 or -errno. */
int cover_mark_memory(int tree, struct mark *ret);

/*
 * Calls each() for every cover that is mounted in this thread's namespace, until it returns other
 * than 0, and returns that; 0 at the end, or -errno. Covers are told by their form, whatever lies
 * on top of them: a mount of the root/ of an instance, or a tmpfs of ours by its source. An
 * ordinary user can have no such mount where set-uid programs work: what fusermount(1) mounts is
 * FUSE and begins at "/", and bind mounts need a user namespace of one's own. Needs /proc.
 */
int cover_each(int (*each)(void *arg, const char *directory, struct mark mark), void *arg);

/* The same for the namespace of another process, by the path of its mountinfo file. */
int cover_each_in(const char *mountinfo,
                  int (*each)(void *arg, const char *directory, struct mark mark), void *arg);

/* Is a cover with that mark mounted on the directory, in this thread's namespace? 1, 0, -errno. */
int cover_is_on(const char *directory, struct mark mark);

/*
 * Takes mounts off the directory, whatever lies on top, until none with that mark is left on it.
 * The path must have passed safedir_open(): only root can have chosen what it leads to.
 */
int cover_take_off(const char *directory, struct mark mark);
