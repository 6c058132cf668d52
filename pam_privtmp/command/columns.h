/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* columns: the table that "privtmp list" prints, by libsmartcols */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct libscols_line;
struct libscols_table;

enum column {
        COLUMN_USER,
        COLUMN_DIRECTORY,
        COLUMN_SOURCE,
        COLUMN_STATE,
        COLUMN_UNTIL,
        COLUMN_SESSIONS,
        COLUMN_PROCS,
        COLUMN_SIZE,
        COLUMN_INODES,
        COLUMN_PARTIAL,
        COLUMN_USE,
        COLUMN_LIMIT,
        COLUMN_AGE,
        COLUMN_SERVICE,
        COLUMN_FROM,
        COLUMN_PID,
        COLUMN_COMMAND,
        COLUMN_SINCE,
        COLUMN_PATH,
        COLUMNS
};

/* The columns that were chosen, in their order. */
struct columns {
        enum column chosen[COLUMNS];
        size_t n;
        enum column sort; /* COLUMNS: as they come */
        struct libscols_table *table;
};

/* Lists of names: the usual ones, those with sizes, and all. */
#define COLUMNS_USUAL     "USER,DIRECTORY,STATE,PROCS,AGE,SERVICE,FROM,PID,PATH"
#define COLUMNS_WITH_SIZE "USER,DIRECTORY,STATE,PROCS,SIZE,INODES,AGE,SERVICE,FROM,PID,PATH"
#define COLUMNS_ALL                                                                                \
        "USER,DIRECTORY,SOURCE,STATE,UNTIL,SESSIONS,PROCS,SIZE,INODES,PARTIAL,USE,LIMIT,AGE,"      \
        "SERVICE,FROM,PID,COMMAND,SINCE,PATH"

/*
 * By names, "USER,STATE", in place of those chosen before; "+STATE" adds to them. A name that
 * stands there twice counts once. 0, or -EINVAL with a line on stderr.
 */
int columns_choose(struct columns *columns, const char *names);

/* Sorts by that column, which is chosen if it is not yet. 0, or -EINVAL with a line on stderr. */
int columns_choose_sort(struct columns *columns, const char *name);

/* Was it chosen? */
bool columns_have(const struct columns *columns, enum column column);

/* Prints what each column is. */
void columns_help(void);

/* Makes the table. 0 or -errno; columns_done() releases it. */
int columns_begin(struct columns *columns, bool json, bool noheadings);

/* Releases what it has. */
void columns_done(struct columns *columns);

/* Adds a line, below `parent` if that is not NULL. NULL when memory ran out. */
struct libscols_line *columns_add(const struct columns *columns, struct libscols_line *parent);

/* Fills a cell, if the column was chosen; empty words stay out. 0 or -errno. */
int columns_set(const struct columns *columns, struct libscols_line *line, enum column column,
                const char *format, ...) __attribute__((__format__(__printf__, 4, 5)));

/* Sorts what is there, text by its letters, all else by what it says: 900K comes before 1M. */
void columns_sort(const struct columns *columns);

/* Prints the table to stdout. 0 or -errno. */
int columns_print(const struct columns *columns);
