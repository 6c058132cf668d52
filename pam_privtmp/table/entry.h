/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* entry: the columns of one line of text, as libmount's fstab parser reads them */
#pragma once

#include <stddef.h>

struct libmnt_table;

enum {
        ENTRY_WHAT_BYTES = 128,
};

/* The strings belong to the table. */
struct entry {
        const char *source, *directory, *users;
        const char *options; /* NULL if there are none */
        struct libmnt_table *table;
};

/*
 * Reads a line without its newline; the byte behind it must be readable. Returns 1 and the columns
 * in *ret, to be released by entry_done(), 0 for a comment or an empty line, -ENOMEM, or -EINVAL
 * with the reason in `what`. Uses one fmemopen(3) stream, libmount's only input; touches no file.
 */
int entry_read(const char *text, size_t length, struct entry *ret, char what[ENTRY_WHAT_BYTES]);

/* Releases what it has. */
void entry_done(struct entry *entry);
