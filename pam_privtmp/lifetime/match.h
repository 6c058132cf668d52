/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* match: which instances of a base does a mount show? */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "ground/mark.h"

enum {
        MATCH_MAX = 16, /* instances asked about at a time: a bit each */
};

struct match {
        bool any;                     /* every mount of the device counts */
        dev_t device;                 /* of the base's mount, as mountinfo gives it */
        char prefix[PATH_MAX];        /* of the base in its file system */
        const char *marks[MATCH_MAX]; /* where in the base: "UID/XXXXXX"; borrowed */
        size_t n;
};

/*
 * Fills in where the base is in its file system. `base` is an fd of it, `path` what it was opened
 * by. 0 or -errno.
 */
int match_base(struct match *match, int base, const char *path);

/* The same for a tmpfs, by its mark: any mount of it counts. 0 or -EINVAL. */
int match_memory(struct match *match, struct mark mark);

/*
 * The instances that a mount of that device shows, whole or in part, a bit each. `root` is the path
 * in the file system that the mount begins at.
 */
unsigned match_mount(const struct match *match, dev_t device, const char *root);
