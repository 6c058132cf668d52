/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* rows: what "privtmp list" has found, as lines of its table */
#pragma once

#include <stdbool.h>

#include "command/columns.h"
#include "command/survey.h"
#include "command/usage.h"
#include "command/views.h"
#include "ground/idset.h"

struct rows {
        const struct survey *survey;
        const struct columns *columns; /* columns_begin() was called */
        bool size;                     /* look what each takes */
        bool bytes;                    /* sizes as numbers of bytes */
        bool json;                     /* numbers are nothing but numbers */
        bool own;                      /* without root: sessions can't be told */
        const struct views *processes; /* a line for each, below its directory; NULL: none */
        struct usage total;            /* of all that were added */
        struct idset hanging;          /* uids: no more of theirs is counted */
};

/*
 * Adds a line for each private directory, with those of its sessions and processes below it. Says
 * on stderr whose size can't be told. 0 or -errno.
 */
int rows_add_all(struct rows *rows);

/* Adds one line with what all of them take together. 0 or -errno. */
int rows_add_total(const struct rows *rows);
