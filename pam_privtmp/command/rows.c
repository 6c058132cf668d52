/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* privtmp-rows: from what was found to the lines of a table */
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>
#include <time.h>

#include "command/format.h"
#include "command/privtmp.h"
#include "command/rows.h"
#include "disk/quota.h"
#include "ground/cleanup.h"
#include "ground/safedir.h"
#include "mounts/stance-save.h"
#include "session/survivor.h"

static int set_times(const struct rows *rows, struct libscols_line *line, time_t at)
{
        char since[FORMAT_BYTES], age[FORMAT_BYTES];
        int r;

        format_time(at, since);
        format_age(at, age);
        r = columns_set(rows->columns, line, COLUMN_SINCE, "%s", since);
        return r < 0 ? r : columns_set(rows->columns, line, COLUMN_AGE, "%s", age);
}

/* When a session was opened, by the clock. */
static time_t time_of(const struct record *session)
{
        struct timespec now;

        (void)clock_gettime(CLOCK_BOOTTIME, &now);
        return time(NULL) - now.tv_sec + (time_t)(session->start / 1000000000);
}

static int add_session(const struct rows *rows, struct libscols_line *parent,
                       const struct record *session)
{
        struct libscols_line *line = columns_add(rows->columns, parent);
        int r = line ? 0 : -ENOMEM;

        if (r == 0)
                r = columns_set(rows->columns, line, COLUMN_STATE, "session");
        if (r == 0)
                r = columns_set(rows->columns, line, COLUMN_SERVICE, "%s", session->service);
        if (r == 0)
                r = columns_set(rows->columns, line, COLUMN_FROM, "%s",
                                *session->rhost ? session->rhost : session->tty);
        if (r == 0)
                r = columns_set(rows->columns, line, COLUMN_PID, "%jd", (intmax_t)session->pid);
        return r == 0 ? set_times(rows, line, time_of(session)) : r;
}

/* Where processes are added: below the line of what they see. */
struct below {
        const struct rows *rows;
        struct libscols_line *parent;
};

static int add_process(void *arg, const struct view_process *process)
{
        const struct below *below = arg;
        const struct columns *columns = below->rows->columns;
        struct libscols_line *line = columns_add(columns, below->parent);
        int r = line ? columns_set(columns, line, COLUMN_STATE, "process") : -ENOMEM;

        if (r == 0)
                r = columns_set(columns, line, COLUMN_PID, "%jd", (intmax_t)process->pid);
        return r < 0 ? r : columns_set(columns, line, COLUMN_COMMAND, "%s", process->command);
}

static int set_size(const struct rows *rows, struct libscols_line *line, enum column column,
                    const char *more, uint64_t bytes)
{
        char size[FORMAT_BYTES];

        if (rows->bytes)
                (void)snprintf(size, sizeof(size), "%ju", (uintmax_t)bytes);
        else
                format_size(bytes, size);
        return columns_set(rows->columns, line, column, "%s%s", more, size);
}

static int set_usage(const struct rows *rows, struct libscols_line *line, const struct usage *used)
{
        const char *more = used->partial && !rows->json ? ">" : "";
        int r = set_size(rows, line, COLUMN_SIZE, more, used->bytes);

        if (r == 0)
                r = columns_set(rows->columns, line, COLUMN_INODES, "%s%ju", more,
                                (uintmax_t)used->inodes);
        return r < 0 ? r
                     : columns_set(rows->columns, line, COLUMN_PARTIAL,
                                   used->partial ? "yes" : "no");
}

/* One that hangs is enough: the others of its owner are left out. */
static int count(struct rows *rows, int base, const struct survey_item *item, struct usage *used)
{
        int r;

        used->partial = true;
        if (idset_has(&rows->hanging, item->uid)) {
                privtmp_say("list: %s/%s: not counted, since another one of its owner hangs",
                            item->base, item->name);
                return 0;
        }
        r = usage_count(base, item->name, used);
        if (r == -ETIMEDOUT)
                privtmp_say("list: %s/%s: hangs, since its owner holds the lock of a directory in "
                            "it, or the disk is broken",
                            item->base, item->name);
        else if (r < 0)
                privtmp_say("list: %s/%s: can't be counted: %s", item->base, item->name,
                            strerror(-r));
        r = r == -ETIMEDOUT ? idset_add(&rows->hanging, item->uid) : 0;
        return r < 0 ? r : 0;
}

/* What is in memory tells by itself what is in use: by a clone, which is taken where it is. */
static int open_memory(const struct survey_item *item)
{
        _cleanup_(stance_done) struct stance stance = STANCE_NONE;
        struct report silent = {0};
        const struct survivor_want want = {
                .stance = &stance,
                .uid = item->uid,
                .directory = item->directory,
                .flags = FLAG_NOEXEC | FLAG_NOSUID | FLAG_NODEV,
                .like = -EBADF,
                .only = &item->mark,
        };
        struct mark mark;
        int tree;

        return stance_save(&stance, &silent) == 0 && survivor_find(&want, &tree, &mark, &silent) > 0
                       ? tree
                       : -ENOENT;
}

static int count_memory(const struct rows *rows, struct libscols_line *line,
                        const struct survey_item *item, struct usage *used)
{
        _cleanup_close_ int tree = open_memory(item);
        struct statfs fs;
        int r;

        if (tree < 0 || fstatfs(tree, &fs) < 0)
                return 0;
        *used = (struct usage){.bytes = (fs.f_blocks - fs.f_bfree) * (uint64_t)fs.f_bsize,
                               .inodes = fs.f_files - fs.f_ffree};
        r = set_size(rows, line, COLUMN_USE, "", used->bytes);
        if (r == 0)
                r = set_size(rows, line, COLUMN_LIMIT, "", fs.f_blocks * (uint64_t)fs.f_bsize);
        return r < 0 ? r : 1;
}

static bool wants_quota(const struct rows *rows)
{
        return columns_have(rows->columns, COLUMN_USE) || columns_have(rows->columns, COLUMN_LIMIT);
}

static int add_size(struct rows *rows, struct libscols_line *line, const struct survey_item *item)
{
        _cleanup_close_ int base = -EBADF;
        struct report silent = {0};
        struct usage used = {0};
        int r = 1;

        if (item->mark.kind == MARK_MEMORY && (rows->size || wants_quota(rows)))
                r = count_memory(rows, line, item, &used);
        else if (!rows->size || !item->base ||
                 safedir_open_own(item->base, false, &base, &silent) != 0)
                r = 0;
        if (r > 0 && base >= 0)
                r = count(rows, base, item, &used);
        if (r < 0 || !rows->size || (base < 0 && r == 0))
                return r < 0 ? r : 0;
        rows->total.bytes += used.bytes;
        rows->total.inodes += used.inodes;
        rows->total.partial = rows->total.partial || used.partial;
        return set_usage(rows, line, &used);
}

/* What its owner takes of the file system, and may take: the kernel counts, nothing is walked. */
static int add_quota(const struct rows *rows, struct libscols_line *line,
                     const struct survey_item *item)
{
        _cleanup_close_ int base = -EBADF;
        struct report silent = {0};
        struct quota quota;
        int r;

        if (!wants_quota(rows))
                return 0;
        if (!item->base || safedir_open_own(item->base, false, &base, &silent) != 0 ||
            quota_in_force(base) < 0 || quota_get(base, item->uid, &quota) < 0)
                return 0;
        r = set_size(rows, line, COLUMN_USE, "", quota.bytes);
        if (r == 0 && quota.limit.kib > 0)
                r = set_size(rows, line, COLUMN_LIMIT, "", quota.limit.kib * 1024);
        return r;
}

static int set_state(const struct rows *rows, struct libscols_line *line,
                     const struct survey_item *item)
{
        static const char *const states[] = {
                [SURVEY_LIVE] = "live",   [SURVEY_USED] = "used",   [SURVEY_KEPT] = "kept",
                [SURVEY_STALE] = "stale", [SURVEY_TRASH] = "trash", [SURVEY_STUCK] = "stuck",
                [SURVEY_HALF] = "half",
        };
        char until[FORMAT_BYTES];
        int r = columns_set(rows->columns, line, COLUMN_STATE, "%s", states[item->state]);

        format_time(item->state == SURVEY_KEPT ? item->until : 0, until);
        if (r == 0)
                r = columns_set(rows->columns, line, COLUMN_UNTIL, "%s", until);
        if (r == 0 && !rows->own)
                r = columns_set(rows->columns, line, COLUMN_SESSIONS, "%u", item->sessions);
        return r == 0 ? columns_set(rows->columns, line, COLUMN_PROCS, "%u", item->processes) : r;
}

static int set_place(const struct rows *rows, struct libscols_line *line,
                     const struct survey_item *item)
{
        int r;

        if (item->user)
                r = columns_set(rows->columns, line, COLUMN_USER, "%s", item->user);
        else
                r = columns_set(rows->columns, line, COLUMN_USER, "%ju", (uintmax_t)item->uid);
        if (r == 0)
                r = columns_set(rows->columns, line, COLUMN_DIRECTORY, "%s",
                                item->directory ? item->directory : "");
        if (r == 0)
                r = columns_set(rows->columns, line, COLUMN_SOURCE, "%s",
                                item->base                ? item->base
                                : strchr(item->name, '/') ? "" /* whose base is root's to know */
                                                          : "tmpfs");
        if (r == 0 && item->base)
                r = columns_set(rows->columns, line, COLUMN_PATH, "%s/%s", item->base, item->name);
        return r;
}

/* Is there a column that only a session fills? */
static bool tells_sessions(const struct columns *columns)
{
        return columns_have(columns, COLUMN_SERVICE) || columns_have(columns, COLUMN_FROM) ||
               columns_have(columns, COLUMN_PID);
}

static int add_item(struct rows *rows, const struct survey_item *item)
{
        const struct survey *survey = rows->survey;
        struct libscols_line *line = columns_add(rows->columns, NULL);
        int r = line ? set_place(rows, line, item) : -ENOMEM;

        if (r == 0)
                r = set_state(rows, line, item);
        if (r == 0)
                r = set_times(rows, line, item->made);
        if (r == 0)
                r = add_size(rows, line, item);
        if (r == 0)
                r = add_quota(rows, line, item);
        for (size_t i = 0; r == 0 && tells_sessions(rows->columns) && i < survey->sessions.n; i++)
                if (sessions_has_mark(&survey->sessions.records[i], item->mark))
                        r = add_session(rows, line, &survey->sessions.records[i]);
        if (r == 0 && rows->processes)
                r = views_each(rows->processes, item->name, add_process,
                               &(struct below){.rows = rows, .parent = line});
        return r;
}

int rows_add_all(struct rows *rows)
{
        int r = 0;

        for (size_t i = 0; r == 0 && i < rows->survey->n; i++)
                r = add_item(rows, &rows->survey->items[i]);
        return r;
}

int rows_add_total(const struct rows *rows)
{
        struct libscols_line *line = columns_add(rows->columns, NULL);
        int r = line ? columns_set(rows->columns, line, rows->columns->chosen[0], "total")
                     : -ENOMEM;

        return r < 0 ? r : set_usage(rows, line, &rows->total);
}
