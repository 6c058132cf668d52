/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* listing: the entries of a directory, read with a fixed amount of memory */
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "ground/cleanup.h"
#include "disk/listing.h"

enum {
        ENTRY_BYTES = 24, /* of the smallest */
};

static int make_room(struct listing *listing)
{
        if (!listing->buffer)
                listing->buffer = malloc(listing->size);
        if (!listing->order)
                listing->order = calloc(listing->size / ENTRY_BYTES, sizeof(*listing->order));
        return listing->buffer && listing->order ? 0 : -ENOMEM;
}

static int compare(const void *a, const void *b, void *buffer)
{
        const uint32_t *x = a, *y = b;
        const struct dirent64 *one = (const void *)((const char *)buffer + *x);
        const struct dirent64 *other = (const void *)((const char *)buffer + *y);

        return (one->d_ino > other->d_ino) - (one->d_ino < other->d_ino);
}

static int fill(struct listing *listing)
{
        ssize_t size;
        int r = make_room(listing);

        if (r < 0)
                return r;
        size = getdents64(listing->fd, listing->buffer, listing->size);
        if (size < 0)
                return errno == ENOENT ? 0 : -errno; /* the directory itself has gone: empty */
        for (size_t at = 0; at < (size_t)size;) {
                const struct dirent64 *entry = (const void *)(listing->buffer + at);

                listing->order[listing->n++] = (uint32_t)at;
                at += entry->d_reclen;
        }
        qsort_r(listing->order, listing->n, sizeof(*listing->order), compare, listing->buffer);
        return 0;
}

static bool is_dot(const char *name)
{
        return name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}

void listing_begin(struct listing *listing, int fd)
{
        listing_end(listing);
        (void)lseek(fd, 0, SEEK_SET);
        listing->fd = fd;
}

int listing_next(struct listing *listing)
{
        do {
                listing->entry = NULL;
                if (listing->next == listing->n) {
                        int r;

                        listing->next = listing->n = 0;
                        r = fill(listing);
                        if (r < 0 || listing->n == 0)
                                return r;
                }
                listing->entry = (const void *)(listing->buffer + listing->order[listing->next++]);
        } while (is_dot(listing->entry->d_name));
        return 0;
}

void listing_end(struct listing *listing)
{
        listing->fd = fd_close(listing->fd);
        listing->entry = NULL;
        listing->next = listing->n = 0;
}

void listing_done(struct listing *listing)
{
        listing_end(listing);
        free(TAKE_PTR(listing->buffer));
        free(TAKE_PTR(listing->order));
}
