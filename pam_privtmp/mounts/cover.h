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

/*
 * A detached mount of the directory behind the fd `root`, with the flags (enum flag). 0 with an fd
 * in *ret, the caller's to close, or -errno.
 */
int cover_clone(int root, unsigned flags, int *ret);

/* What a tmpfs is to be like. */
struct cover_memory {
        uid_t uid;
        gid_t gid;
        mode_t mode;
        unsigned flags;            /* enum flag */
        const char *size, *inodes; /* in tmpfs's notation */
        const char *label;         /* see label.h */
};

/* A detached tmpfs. 0 with an fd in *ret, the caller's to close, or -errno. */
int cover_memory(const struct cover_memory *memory, int *ret, struct report *report);

/* What a tmpfs of ours is said to come from. */
#define COVER_SOURCE "privtmp"

enum {
        COVER_IDENTITY = 96, /* bytes */
};

/*
 * What tells a tmpfs from all others, while devices are used again at once: the file handle of its
 * top (name_to_handle_at(2)), in which the kernel has a random number. `top` is an O_PATH fd. The
 * kernel makes the handle from what is in its memory, of a FUSE file system's files too. 0 or
 * -errno.
 */
int cover_identify(int top, char ret[COVER_IDENTITY]);

/*
 * As cover_clone(), of a tmpfs that is mounted in this thread's namespace, and without what is
 * mounted in it. 0 or -errno: -EINVAL where the namespace is a user's that was copied from one in
 * which something is mounted in it, or where the user has made it unbindable; -EPERM where that
 * keeps other flags.
 */
int cover_clone_memory(int top, unsigned flags, int *ret);

/*
 * Sets the limits of the tmpfs that is mounted as `tree`. 0, or -errno: -EINVAL where more is in
 * use, and then all stays as it is.
 */
int cover_resize_memory(int tree, const char *size, const char *inodes);

/* Attaches the detached mount over the directory behind the O_PATH fd. 0 or -errno. */
int cover_put(int tree, int directory);

/*
 * Attaches it to where the mount is whose top the O_PATH fd `mount` stands for, and below that one:
 * nobody sees it before that is taken off. 0 or -errno; -EINVAL: the kernel can't (it came with
 * Linux 6.5), or not there.
 */
int cover_put_beneath(int tree, int mount);

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

/* What is mounted on a directory and has the form of a cover. */
struct cover_found {
        const char *directory;
        struct mark mark;
        /*
         * It gets mounts from another namespace, or gives them to one. Ours do not, unless root has
         * changed that; what the host mounts for a user, such as an image of theirs, does: that
         * can begin at any path in it, and have any owner.
         */
        bool propagates;
};

/*
 * Calls each() for every cover that is mounted in this thread's namespace, until it returns other
 * than 0, and returns that; 0 at the end, or -errno. Covers are told by their form, whatever lies
 * on top of them: a mount of the root/ of an instance, or a tmpfs of ours by its source. An
 * ordinary user can make no such mount where set-uid programs work: what fusermount(1) mounts is
 * FUSE and begins at "/", and bind mounts need a user namespace of one's own. Needs /proc.
 */
int cover_each(int (*each)(void *arg, const struct cover_found *found), void *arg);

/* The same for the namespace of another process, by the path of its mountinfo file. 0, -errno, or
 * what each() returned. */
int cover_each_in(const char *mountinfo, int (*each)(void *arg, const struct cover_found *found),
                  void *arg);

/* Is a cover with that mark mounted on the directory, in this thread's namespace? 1, 0, -errno. */
int cover_is_on(const char *directory, struct mark mark);

/*
 * Takes mounts off the directory, whatever lies on top, until none with that mark is left on it.
 * The path must have passed safedir_open(): only root can have chosen what it leads to. 0, or
 * -errno: -ELOOP where there are very many.
 */
int cover_take_off(const char *directory, struct mark mark);

/*
 * Takes off the mount whose top the O_PATH fd stands for, with all that is mounted below it. Who
 * uses it keeps it. Asks no file system. 0 or -errno.
 */
int cover_take_off_top(int mount);
