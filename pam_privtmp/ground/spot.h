/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * spot: which file and which mount an fd stands for
 *
 * Asked by statx(2) with an empty mask and AT_STATX_DONT_SYNC: the kernel answers from what it has,
 * and no file system is asked, for a user's FUSE may never answer. Needs no privilege.
 */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct spot {
        dev_t dev;
        uint64_t ino; /* 0: a user's FUSE does not tell others */
        uint64_t mount;
        bool is_top; /* of its mount */
};

/* What the fd (O_PATH will do) stands for. 0, or -errno and a spot that is no file's. */
int spot_of(int fd, struct spot *ret);

/* The same for this thread's "/", and for its working directory. 0 or -errno. */
int spot_of_root(struct spot *ret);
int spot_of_cwd(struct spot *ret);

/*
 * Opens the working directory, whatever it is and whoever may enter it: an O_PATH fd, the caller's
 * to close, or -errno.
 */
int spot_open_cwd(void);

/* Are both the same file? False if that can't be told. */
bool spot_is_same_file(const struct spot *a, const struct spot *b);

/* Are both the same file, seen through the same mount? */
bool spot_is_same(const struct spot *a, const struct spot *b);

/* An fd with what it stood for when it was kept. */
struct kept {
        int fd; /* -EBADF: none */
        struct spot spot;
};

#define KEPT_NONE                                                                                  \
        {                                                                                          \
                .fd = -EBADF                                                                       \
        }

/*
 * Keeps the fd, moved to a number of 3 or above: who inherits it may close the lowest ones. It is
 * taken over, also on error; it may be -errno, which is returned then. 0 or -errno.
 */
int kept_set(struct kept *kept, int fd);

/*
 * Is it there, and does it still stand for what it did? The application may have closed it, and
 * have opened another file since.
 */
bool kept_is_valid(const struct kept *kept);

/* Closes it if it is valid; what is not ours any more is left alone. */
void kept_done(struct kept *kept);
