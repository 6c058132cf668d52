/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* listing: the entries of a directory, read with a fixed amount of memory */
#pragma once

#include <dirent.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One may be begun again and again. What is read at once is put in the order of the inodes, which
 * is that of the disk: to unlink in that order is twice as fast in a large directory of ext4.
 */
struct listing {
        size_t size; /* bytes that are read at once: set before the first listing_next() */
        int fd;      /* negative before the first listing_begin() */

        const struct dirent64 *entry; /* the last one; NULL: the end, or not begun */
        char *buffer;
        uint32_t *order; /* of the entries: where in the buffer they are */
        unsigned n, next;
};

/* From its beginning. `fd` belongs to the listing; the one before it is closed. */
void listing_begin(struct listing *listing, int fd);

/* Goes on to the next entry other than "." and "..". Returns 0, or -errno without an entry. */
int listing_next(struct listing *listing);

/* Closes the directory, and keeps the memory for the next one. */
void listing_end(struct listing *listing);

/* Releases what it has. */
void listing_done(struct listing *listing);
