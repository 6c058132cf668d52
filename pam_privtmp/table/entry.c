/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * entry: the columns of one line of text
 *
 * libmount 2.38 swallows a bad last line, takes the format of a whole file from its first line,
 * knows no line numbers and ignores further columns. So it is given one line at a time, and
 * MUST give exactly one entry for it (unit/table/grammar.c).
 * MUST NOT lose options that libmount had no memory for (real/faults-tell.sh).
 * MUST NOT decode what could then be taken for something else: a NUL, a comma
 * (unit/table/grammar.c).
 */
#include <errno.h>
#include <libmount.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "ground/cleanup.h"
#include "table/entry.h"

enum {
        COLUMNS_MIN = 3,
        COLUMNS_MAX = 4,
};

static inline void table_cleanup(struct libmnt_table **table)
{
        mnt_unref_table(*table);
}

static inline void stream_cleanup(FILE **stream)
{
        if (*stream)
                (void)fclose(*stream);
}

/* How many columns there are, as libmount separates them; *last is where the last one begins. */
static unsigned count_columns(const char *text, const char *end, const char **last)
{
        unsigned n = 0;

        for (bool in_word = false; text < end; text++) {
                bool blank = *text == ' ' || *text == '\t';

                if (!blank && !in_word) {
                        n++;
                        *last = text;
                }
                in_word = !blank;
        }
        return n;
}

/* Is there something in the line that must not be there? Then `what` says what. */
static bool has_wrong_byte(const char *text, const char *end, char what[ENTRY_WHAT_BYTES])
{
        for (const char *p = text; p < end; p++) {
                if (*p == '\r' && p == end - 1) {
                        (void)snprintf(what, ENTRY_WHAT_BYTES,
                                       "ends as lines of Windows do (CR LF)");
                        return true;
                }
                if (((unsigned char)*p < ' ' && *p != '\t') || *p == 0x7f) {
                        (void)snprintf(what, ENTRY_WHAT_BYTES, "has a control character (byte %td)",
                                       p - text + 1);
                        return true;
                }
                if (*p == '\\' && (end - p < 4 || (memcmp(p + 1, "040", 3) != 0 &&
                                                   memcmp(p + 1, "134", 3) != 0))) {
                        (void)snprintf(
                                what, ENTRY_WHAT_BYTES,
                                "has an escape that is not \\040 (space) or \\134 (backslash)");
                        return true;
                }
        }
        return false;
}

/* Gives the line to libmount; ret->table holds what ret points to. */
static int parse(const char *text, size_t length, struct entry *ret)
{
        _cleanup_(table_cleanup) struct libmnt_table *table = mnt_new_table();
        _cleanup_(stream_cleanup) FILE *stream = fmemopen(as_mutable(text), length, "re");
        struct libmnt_fs *fs;

        if (!table || !stream)
                return -ENOMEM;
        errno = 0;
        if (mnt_table_parse_stream(table, stream, "/privtmp.conf") != 0 ||
            mnt_table_get_nents(table) != 1 || mnt_table_first_fs(table, &fs) != 0)
                return errno == ENOMEM ? -ENOMEM : -EINVAL;
        ret->source = mnt_fs_get_source(fs);
        ret->directory = mnt_fs_get_target(fs);
        ret->users = mnt_fs_get_fstype(fs);
        ret->options = mnt_fs_get_options(fs);
        if (!ret->source || !ret->directory || !ret->users)
                return -EINVAL;
        ret->table = TAKE_PTR(table);
        return 1;
}

int entry_read(const char *text, size_t length, struct entry *ret, char what[ENTRY_WHAT_BYTES])
{
        const char *end = text + length, *last = text;
        unsigned columns = count_columns(text, end, &last);
        int r;

        *ret = (struct entry){0};
        if (columns == 0 || text[strspn(text, " \t")] == '#')
                return 0;
        /* quotes and backslashes mean something to libmount, and not the same in each release */
        if (columns == COLUMNS_MAX &&
            (memchr(last, '\\', (size_t)(end - last)) || memchr(last, '"', (size_t)(end - last)))) {
                (void)snprintf(what, ENTRY_WHAT_BYTES, "options have no quotes and no backslashes");
                return -EINVAL;
        }
        if (has_wrong_byte(text, end, what))
                return -EINVAL;
        if (columns < COLUMNS_MIN || columns > COLUMNS_MAX) {
                (void)snprintf(
                        what, ENTRY_WHAT_BYTES,
                        "%u column%s, where source, directory, users and maybe options belong",
                        columns, columns == 1 ? "" : "s");
                return -EINVAL;
        }
        (void)snprintf(what, ENTRY_WHAT_BYTES, "can't be read as a line of fstab(5)");
        r = parse(text, length, ret);
        if (r > 0 && columns == COLUMNS_MAX && !ret->options) {
                entry_done(ret);
                return -ENOMEM;
        }
        return r;
}

void entry_done(struct entry *entry)
{
        mnt_unref_table(entry->table);
        *entry = (struct entry){0};
}
