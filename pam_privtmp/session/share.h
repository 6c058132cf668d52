/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * share: entries of the system directory, bound into the private one
 *
 * take (clones of what matches, before the cover or before another namespace is entered), put.
 * What can't be shared is left out, with a line in the log: it never denies a login.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "table/line.h"
#include "ground/report.h"
#include "ground/spot.h"

enum {
        SHARE_MAX = 64, /* entries of one directory */
};

struct share {
        char *name;
        int tree; /* a detached mount of it */
        bool is_directory;
        struct spot spot;
};

struct share_list {
        struct share *shares;
        size_t n;
};

/*
 * Takes what the line's globs name in `directory`, an O_PATH fd of the system directory: folders,
 * files and sockets of root's, of `uid`'s, or of the owner whom the item names; no symbolic link,
 * and no file that has another name. What is a mount of its own must be named by a plain name, and
 * be no FUSE. A plain name is opened, only a pattern reads the directory. Where *ret has been taken
 * before, it stays as it is. It is the caller's to release by share_done(). Needs CAP_SYS_ADMIN.
 */
void share_take(const struct line *line, int directory, uid_t uid, struct share_list *ret,
                struct report *report);

/*
 * Binds them into `top`, an O_PATH fd of what covers the directory. Their places are made there,
 * or found, as the same kind of thing. What is bound there already stays (see earlier.h). To make a
 * place may hang for ever, since the user can hold the lock of the directory: the caller holds
 * nothing that others need.
 */
void share_put(const struct line *line, struct share_list *list, int top, struct report *report);

/* The entry of that name among them, or NULL. */
const struct share *share_find(const struct share_list *list, const char *name, size_t length);

/* Releases what it has. */
void share_done(struct share_list *list);
