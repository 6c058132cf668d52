/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * table: the lines of privtmp.conf in force
 *
 * MUST NOT take a missing file for "off" (unit/table/table-files.c).
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "ground/cleanup.h"
#include "ground/grow.h"
#include "ground/path.h"
#include "ground/safefile.h"
#include "table/slip.h"
#include "table/table.h"

enum {
        FILE_LIMIT = 1024 * 1024, /* bytes */
        FILES_LIMIT = 256,
};

const char table_built_in[] =
        "/var/lib/privtmp  /tmp  *  noexec,nosuid,nodev,share=.X11-unix:.ICE-unix\n"
        "none              /tmp  1:999\n"
        "inherit           /tmp  root\n";

/* A fault ends the reading, unless all faults are wanted. */
static int judge(const struct table *table, const char *file, unsigned number, int r,
                 struct report *report)
{
        const struct table_fault fault = {
                .file = file, .number = number, .error = r, .text = report->fault};

        if (r >= 0 || r == -ENOMEM || !table->tell)
                return r;
        table->tell(table->tell_arg, &fault);
        report->fault[0] = '\0';
        return 0;
}

static int add_file(struct table *table, const char *name, const char **ret)
{
        char **files = grow(table->files, table->n_files, sizeof(*files));

        if (!files)
                return -ENOMEM;
        table->files = files;
        files[table->n_files] = strdup(name);
        if (!files[table->n_files])
                return -ENOMEM;
        *ret = files[table->n_files++];
        return 0;
}

static int add_line(struct table *table, const char *file, unsigned number, const char *text,
                    size_t length, struct report *report)
{
        struct line *lines = grow(table->lines, table->n, sizeof(*lines));
        int r;

        if (!lines)
                return -ENOMEM;
        table->lines = lines;
        r = line_parse(file, number, text, length, &lines[table->n], report);
        if (r > 0)
                table->n++;
        if (r == -EINVAL)
                report_suffix(report, slip_find(text, length));
        return r < 0 ? r : 0;
}

static int add_text(struct table *table, const char *file, const char *text, size_t size,
                    struct report *report)
{
        const char *end = text + size, *nul = memchr(text, '\0', size);
        unsigned number = 1;
        int r;

        r = add_file(table, file, &file);
        if (r < 0)
                return report_errno(report, r, "%s", file);
        if (nul) {
                r = report_fault(report, -EINVAL, "%s: has a NUL byte at offset %td", file,
                                 nul - text);
                return judge(table, file, 0, r, report);
        }
        for (; text < end; number++) {
                const char *newline = memchr(text, '\n', (size_t)(end - text));
                const char *stop = newline ? newline : end;

                r = add_line(table, file, number, text, (size_t)(stop - text), report);
                r = judge(table, file, number, r, report);
                if (r < 0)
                        return report_errno(report, r, "%s:%u", file, number);
                text = stop + 1;
        }
        return 0;
}

static int check_pair(const struct line *a, const struct line *b, struct report *report)
{
        if (a->base &&
            (path_is_within(a->base, b->directory) || path_is_within(b->directory, a->base)))
                return report_fault(report, -EINVAL,
                                    "%s:%u: the base %s is at, below or above the directory %s of "
                                    "%s:%u",
                                    a->file, a->number, a->base, b->directory, b->file, b->number);
        if (strcmp(a->directory, b->directory) != 0 && path_is_within(a->directory, b->directory))
                return report_fault(report, -EINVAL,
                                    "%s:%u: the directory %s is below the directory %s of %s:%u",
                                    a->file, a->number, a->directory, b->directory, b->file,
                                    b->number);
        return 0;
}

/* Is there an earlier line with the same base and directory? Then it stands for this one too. */
static bool has_twin(const struct table *table, size_t i)
{
        const struct line *line = &table->lines[i];

        for (size_t j = 0; j < i; j++) {
                const struct line *other = &table->lines[j];

                if (strcmp(other->directory, line->directory) == 0 &&
                    (!line->base || (other->base && strcmp(other->base, line->base) == 0)))
                        return true;
        }
        return false;
}

/* What lines must not be to each other. Few lines differ in base or directory, however many. */
static int check_lines(const struct table *table, struct report *report)
{
        _cleanup_free_ const struct line **distinct = calloc(table->n + 1, sizeof(*distinct));
        size_t n = 0;

        if (!distinct)
                return report_errno(report, -ENOMEM, "table");
        for (size_t i = 0; i < table->n; i++)
                if (!has_twin(table, i))
                        distinct[n++] = &table->lines[i];
        for (size_t i = 0; i < n; i++)
                for (size_t j = 0; j < n; j++) {
                        const struct line *line = distinct[i];
                        int r = check_pair(line, distinct[j], report);

                        r = judge(table, line->file, line->number, r, report);
                        if (r < 0)
                                return r;
                }
        return 0;
}

/* Adds a file. 0, 1 when it does not exist, -errno. */
static int add_path(struct table *table, const char *path, struct report *report)
{
        _cleanup_free_ char *text = NULL;
        size_t size;
        int r;

        r = safefile_read(path, FILE_LIMIT, &text, &size, report);
        if (r != 0)
                return judge(table, path, 0, r, report);
        return add_text(table, path, text, size, report);
}

static int add_drop_ins(struct table *table, const char *folder, struct report *report)
{
        char **names = NULL;
        size_t n = 0;
        int r;

        r = safefile_list(folder, ".conf", FILES_LIMIT, &names, &n, report);
        r = judge(table, folder, 0, r, report);
        for (size_t i = 0; r == 0 && i < n; i++) {
                char path[PATH_MAX];

                (void)snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
                r = add_path(table, path, report);
                if (r > 0) /* removed since: as if it had never been there */
                        r = 0;
        }
        safefile_free_list(names, n);
        return r;
}

static int load(struct table *table, const struct table_place *place, struct report *report)
{
        int r;

        if (place->only) {
                if (!path_is_valid(place->only))
                        r = report_fault(report, -EINVAL,
                                         "conf=%s is no absolute path in its shortest form",
                                         place->only);
                else
                        r = add_path(table, place->only, report);
                if (r > 0)
                        r = report_errno(report, -ENOENT, "conf=%s", place->only);
                return judge(table, place->only, 0, r, report);
        }
        r = add_path(table, place->conf, report);
        if (r > 0)
                r = add_text(table, "built-in table", table_built_in, strlen(table_built_in),
                             report);
        return r < 0 ? r : add_drop_ins(table, place->drop_ins, report);
}

/* The end of reading, if that went well: r is 0. Takes the table over, or gives it away. */
static int finish(struct table *table, int r, struct table **ret, struct report *report)
{
        if (r == 0)
                r = check_lines(table, report);
        if (r == 0)
                *ret = table;
        else
                table_free(table);
        return r;
}

int table_load_all(const struct table_place *place, table_tell *tell, void *arg, struct table **ret,
                   struct report *report)
{
        struct table *table = calloc(1, sizeof(*table));

        if (!table)
                return report_errno(report, -ENOMEM, "table");
        table->tell = tell;
        table->tell_arg = arg;
        return finish(table, load(table, place, report), ret, report);
}

int table_load(const struct table_place *place, struct table **ret, struct report *report)
{
        return table_load_all(place, NULL, NULL, ret, report);
}

int table_parse(const char *file, const char *text, size_t length, struct table **ret,
                struct report *report)
{
        struct table *table = calloc(1, sizeof(*table));

        if (!table)
                return report_errno(report, -ENOMEM, "table");
        return finish(table, add_text(table, file, text, length, report), ret, report);
}

bool table_is_first_of_directory(const struct table *table, size_t i)
{
        for (size_t j = 0; j < i; j++)
                if (strcmp(table->lines[j].directory, table->lines[i].directory) == 0)
                        return false;
        return true;
}

void table_make_own(struct table *table)
{
        size_t kept = 0;

        for (size_t i = 0; i < table->n; i++) {
                struct line *line = &table->lines[i];

                if (!line_is_private(line)) {
                        line_done(line);
                        continue;
                }
                line->per_session = true;
                line->end_at_close = line->source == LINE_DISK;
                line->keep = 0;
                table->lines[kept++] = *line;
        }
        table->n = kept;
}

struct table *table_free(struct table *table)
{
        if (!table)
                return NULL;
        for (size_t i = 0; i < table->n; i++)
                line_done(&table->lines[i]);
        free(table->lines);
        for (size_t i = 0; i < table->n_files; i++)
                free(table->files[i]);
        free(table->files);
        free(table);
        return NULL;
}
