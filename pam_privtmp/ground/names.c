/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * names: the names in a folder, one after the other
 *
 * MUST NOT take an error for the end (unit/ground/names.c).
 */
#include <errno.h>
#include <unistd.h>

#include "ground/names.h"

void names_begin(struct names *names, int fd)
{
        names->fd = fd;
        names->used = names->at = 0;
        names->error = lseek(fd, 0, SEEK_SET) < 0 ? -errno : 0;
}

static void fill(struct names *names)
{
        ssize_t n = getdents64(names->fd, names->buffer, sizeof(names->buffer));

        names->error = n < 0 ? -errno : 0;
        names->used = n < 0 ? 0 : (size_t)n;
        names->at = 0;
}

const char *names_next(struct names *names)
{
        const struct dirent64 *entry;

        if (names->error == 0 && names->at == names->used)
                fill(names);
        if (names->at == names->used)
                return NULL;
        entry = (const void *)(names->buffer + names->at);
        names->at += entry->d_reclen;
        return entry->d_name;
}
