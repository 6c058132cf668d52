/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* line: one line of privtmp.conf */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "ground/flag.h"
#include "table/users.h"
#include "table/value.h"

enum line_source {
        LINE_DISK,    /* an instance below a base */
        LINE_MEMORY,  /* a tmpfs */
        LINE_NONE,    /* the system directory */
        LINE_INHERIT, /* whatever the caller had */
};

struct line {
        const char *file; /* the table's, as is the number: FILE:LINE */
        unsigned number;
        enum line_source source;
        char *base; /* NULL unless LINE_DISK */
        char *directory;
        struct users users;
        unsigned flags; /* enum flag */
        mode_t mode;    /* mode bits of what covers the directory */
        bool per_session;
        bool end_at_close;
        unsigned keep; /* seconds that an instance stays after it became idle */
        bool nofail;
        char *size, *inodes;       /* limits, in tmpfs's notation; NULL: not named */
        struct value_glob *shares; /* what of the system directory is bound into the private one */
        size_t n_shares;
};

/* Does the line make its directory private? */
static inline bool line_is_private(const struct line *line)
{
        return line->source == LINE_DISK || line->source == LINE_MEMORY;
}

/* Releases what the line points to; it has nothing any more. */
void line_done(struct line *line);
