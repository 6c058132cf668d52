/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* table: the lines of privtmp.conf in force */
#pragma once

#include <stddef.h>

#include "table/line.h"
#include "ground/report.h"

/* One fault of a table. */
struct table_fault {
        const char *file;
        unsigned number; /* of the line; 0: the whole file */
        int error;       /* -errno */
        const char *text;
};
typedef void table_tell(void *arg, const struct table_fault *fault);

struct table {
        struct line *lines;
        size_t n;
        char **files; /* the names that the lines point to */
        size_t n_files;
        table_tell *tell; /* who is told of faults, instead of the first one ending it all */
        void *tell_arg;
};

/* Where a table is read from. */
struct table_source {
        const char *conf;     /* the file; where it is missing the built-in lines stand in */
        const char *drop_ins; /* the folder of *.conf files that follow; may be missing */
        const char *only;     /* not NULL: this file, which must exist, instead of all the above */
        const char *text;     /* not NULL: this text, and `only` is what it is called */
        size_t length;        /* of the text */
};

#define TABLE_CONF     "/etc/security/privtmp.conf"
#define TABLE_DROP_INS "/etc/security/privtmp.conf.d"

/* The table in force where there is no privtmp.conf. */
extern const char table_built_in[];

/*
 * Reads a table: each file through a checked fd (safedir.h), each line by grammar_parse(), then
 * what concerns lines together: no base at, below or above a directory, no directory below another.
 * *ret is the caller's to free. Returns 0, or -errno with FILE:LINE in the report.
 */
int table_load(const struct table_source *source, struct table **ret, struct report *report);

/*
 * Goes on behind each fault, after having told it: *ret has the lines that are good, and is the
 * caller's to free. 0, or -ENOMEM.
 */
int table_load_all(const struct table_source *source, table_tell *tell, void *arg,
                   struct table **ret, struct report *report);

/* Is line i the first one with its directory? */
bool table_is_first_of_directory(const struct table *table, size_t i);

/* Frees the table; NULL will do. Returns NULL. */
struct table *table_free(struct table *table);

static inline void table_cleanup_pointer(struct table **table)
{
        *table = table_free(*table);
}
#define _cleanup_table_ __attribute__((__cleanup__(table_cleanup_pointer)))
