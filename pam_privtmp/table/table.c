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
#include "table/grammar.h"
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

static int add_line(struct table *table, const struct grammar_text *text, struct report *report)
{
        struct line *lines = grow(table->lines, table->n, sizeof(*lines));
        int r;

        if (!lines)
                return -ENOMEM;
        table->lines = lines;
        r = grammar_parse(text, &lines[table->n], report);
        if (r > 0)
                table->n++;
        if (r == -EINVAL)
                report_suffix(report, slip_find(text->text, text->length));
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
                const struct grammar_text line = {.file = file,
                                                  .number = number,
                                                  .text = text,
                                                  .length = (size_t)(stop - text)};

                r = add_line(table, &line, report);
                r = judge(table, file, number, r, report);
                if (r < 0)
                        return report_errno(report, r, "%s:%u", file, number);
                text = stop + 1;
        }
        return 0;
}

/* How a path lies to another one; NULL where neither is within the other. */
static const char *relation(const char *path, const char *other)
{
        if (strcmp(path, other) == 0)
                return "is";
        if (path_is_within(path, other))
                return "is below";
        return path_is_within(other, path) ? "is above" : NULL;
}

/* The base of a line, or its directory, and that of an earlier one: it is the later that is told.
 */
static int check_paths(const struct line *line, bool base, const struct line *earlier,
                       bool earlier_base, struct report *report)
{
        const char *path = base ? line->base : line->directory;
        const char *other = earlier_base ? earlier->base : earlier->directory;
        const char *lies = path && other ? relation(path, other) : NULL;
        bool same = lies && strcmp(path, other) == 0;

        if (!lies || (same && base == earlier_base))
                return 0;
        return report_fault(report, -EINVAL, "%s:%u: the %s %s %s the %s %s of %s:%u%s", line->file,
                            line->number, base ? "base" : "directory", path, lies,
                            earlier_base ? "base" : "directory", other, earlier->file,
                            earlier->number,
                            same && line->base && line != earlier
                                    ? "; are columns 1 and 2 of one of them exchanged?"
                                    : "");
}

static int check_pair(const struct table *table, const struct line *line,
                      const struct line *earlier, struct report *report)
{
        static const struct {
                bool base, earlier_base;
        } pairs[] = {{true, false}, {false, true}, {false, false}, {true, true}};
        int r = 0;

        for (size_t i = 0; r == 0 && i < (line == earlier ? 1 : 4); i++) {
                r = check_paths(line, pairs[i].base, earlier, pairs[i].earlier_base, report);
                r = judge(table, line->file, line->number, r, report);
        }
        return r;
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
        /* NOLINTNEXTLINE(bugprone-sizeof-expression): pointers it is */
        _cleanup_free_ const struct line **distinct = calloc(table->n + 1, sizeof(*distinct));
        size_t n = 0;

        if (!distinct)
                return report_errno(report, -ENOMEM, "table");
        for (size_t i = 0; i < table->n; i++)
                if (!has_twin(table, i))
                        distinct[n++] = &table->lines[i];
        for (size_t i = 0; i < n; i++)
                for (size_t j = 0; j <= i; j++) {
                        int r = check_pair(table, distinct[i], distinct[j], report);

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
        struct safefile_names names = {0};
        int r;

        r = safefile_list(folder, ".conf", FILES_LIMIT, &names, report);
        r = judge(table, folder, 0, r, report);
        for (size_t i = 0; r == 0 && i < names.n; i++) {
                char path[PATH_MAX];

                (void)snprintf(path, sizeof(path), "%s/%s", folder, names.names[i]);
                r = add_path(table, path, report);
                if (r > 0) /* removed since: as if it had never been there */
                        r = 0;
        }
        safefile_free_list(&names);
        return r;
}

static int load(struct table *table, const struct table_source *source, struct report *report)
{
        int r;

        if (source->text)
                return add_text(table, source->only, source->text, source->length, report);
        if (source->only) {
                if (!path_is_valid(source->only))
                        r = report_fault(report, -EINVAL,
                                         "conf=%s is no absolute path in its shortest form",
                                         source->only);
                else
                        r = add_path(table, source->only, report);
                if (r > 0)
                        r = report_errno(report, -ENOENT, "conf=%s", source->only);
                return judge(table, source->only, 0, r, report);
        }
        r = add_path(table, source->conf, report);
        if (r > 0)
                r = add_text(table, "built-in table", table_built_in, strlen(table_built_in),
                             report);
        return r < 0 ? r : add_drop_ins(table, source->drop_ins, report);
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

int table_load_all(const struct table_source *source, table_tell *tell, void *arg,
                   struct table **ret, struct report *report)
{
        struct table *table = calloc(1, sizeof(*table));

        if (!table)
                return report_errno(report, -ENOMEM, "table");
        table->tell = tell;
        table->tell_arg = arg;
        return finish(table, load(table, source, report), ret, report);
}

int table_load(const struct table_source *source, struct table **ret, struct report *report)
{
        return table_load_all(source, NULL, NULL, ret, report);
}

bool table_is_first_of_directory(const struct table *table, size_t i)
{
        for (size_t j = 0; j < i; j++)
                if (strcmp(table->lines[j].directory, table->lines[i].directory) == 0)
                        return false;
        return true;
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
