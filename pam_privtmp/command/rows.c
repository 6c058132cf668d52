/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* privtmp-rows: from what was found to the lines of a table */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "command/rows.h"
#include "ground/cleanup.h"
#include "ground/deadline.h"
#include "ground/safedir.h"

enum {
        SIZE_MILLISECONDS = 1000, /* for one directory */
        CELL_BYTES = 64,
};

/* As RFC 3339 has it: strftime(3) gives "+0100" where "+01:00" belongs. */
static void format_time(time_t at, char ret[CELL_BYTES])
{
        struct tm tm;
        char zone[8];
        size_t n;

        ret[0] = '\0';
        if (at <= 0 || !localtime_r(&at, &tm) || strftime(zone, sizeof(zone), "%z", &tm) != 5)
                return;
        n = strftime(ret, CELL_BYTES, "%Y-%m-%dT%H:%M:%S", &tm);
        (void)snprintf(ret + n, CELL_BYTES - n, "%.3s:%s", zone, zone + 3);
}

/* "42s", "5m", "3h", "2d" */
static void format_age(time_t at, char ret[CELL_BYTES])
{
        static const struct {
                time_t seconds;
                char unit;
        } units[] = {{24 * 60 * 60, 'd'}, {60 * 60, 'h'}, {60, 'm'}, {1, 's'}};
        time_t age = time(NULL) - at;
        size_t i = 0;

        ret[0] = '\0';
        if (at <= 0 || age < 0)
                return;
        while (units[i].seconds > age && units[i].seconds > 1)
                i++;
        (void)snprintf(ret, CELL_BYTES, "%jd%c", (intmax_t)(age / units[i].seconds), units[i].unit);
}

/* "512B", "1.5M", as lsblk(8) has it: rounded to tenths, which are left out where they are 0. */
static void format_size(uint64_t bytes, char ret[CELL_BYTES])
{
        static const char units[] = "BKMGTPE";
        uint64_t tenths = bytes * 10;
        size_t i = 0;

        if (bytes >= UINT64_MAX / 10) /* no file system is as large */
                tenths = UINT64_MAX;
        for (; tenths >= 10240 && units[i + 1]; i++)
                tenths = (tenths + 512) / 1024;
        if (tenths % 10 == 0)
                (void)snprintf(ret, CELL_BYTES, "%ju%c", (uintmax_t)(tenths / 10), units[i]);
        else
                (void)snprintf(ret, CELL_BYTES, "%ju.%ju%c", (uintmax_t)(tenths / 10),
                               (uintmax_t)(tenths % 10), units[i]);
}

static int set_times(const struct rows *rows, struct libscols_line *line, time_t at)
{
        char since[CELL_BYTES], age[CELL_BYTES];
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

static int add_process(const struct rows *rows, struct libscols_line *parent,
                       const struct view_process *process)
{
        struct libscols_line *line = columns_add(rows->columns, parent);
        int r = line ? columns_set(rows->columns, line, COLUMN_STATE, "process") : -ENOMEM;

        if (r == 0)
                r = columns_set(rows->columns, line, COLUMN_PID, "%jd", (intmax_t)process->pid);
        return r < 0 ? r : columns_set(rows->columns, line, COLUMN_COMMAND, "%s", process->command);
}

static int set_usage(const struct rows *rows, struct libscols_line *line, const struct usage *used)
{
        const char *more = used->partial && !rows->json ? ">" : "";
        char size[CELL_BYTES];
        int r;

        if (rows->bytes)
                (void)snprintf(size, sizeof(size), "%ju", (uintmax_t)used->bytes);
        else
                format_size(used->bytes, size);
        r = columns_set(rows->columns, line, COLUMN_SIZE, "%s%s", more, size);
        if (r == 0)
                r = columns_set(rows->columns, line, COLUMN_INODES, "%s%ju", more,
                                (uintmax_t)used->inodes);
        return r < 0 ? r
                     : columns_set(rows->columns, line, COLUMN_PARTIAL,
                                   used->partial ? "yes" : "no");
}

static int add_size(struct rows *rows, struct libscols_line *line, const struct survey_item *item)
{
        const struct deadline deadline = deadline_in(SIZE_MILLISECONDS);
        _cleanup_close_ int base = -EBADF;
        struct report silent = {0};
        struct usage used = {0};

        if (!rows->size || !item->base || safedir_open_own(item->base, false, &base, &silent) != 0)
                return 0;
        usage_add(base, item->name, &deadline, &used);
        rows->total.bytes += used.bytes;
        rows->total.inodes += used.inodes;
        rows->total.partial = rows->total.partial || used.partial;
        return set_usage(rows, line, &used);
}

static int set_state(const struct rows *rows, struct libscols_line *line,
                     const struct survey_item *item)
{
        static const char *const states[] = {
                [SURVEY_LIVE] = "live",   [SURVEY_USED] = "used",   [SURVEY_KEPT] = "kept",
                [SURVEY_STALE] = "stale", [SURVEY_TRASH] = "trash", [SURVEY_STUCK] = "stuck",
                [SURVEY_HALF] = "half",
        };
        char until[CELL_BYTES];
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
        for (size_t i = 0; r == 0 && tells_sessions(rows->columns) && i < survey->n_sessions; i++)
                if (survey_is_session_of(&survey->sessions[i], item))
                        r = add_session(rows, line, &survey->sessions[i]);
        for (size_t i = 0; r == 0 && rows->processes && i < rows->processes->n_processes; i++)
                if (views_show(rows->processes, rows->processes->processes[i].ns, item->name))
                        r = add_process(rows, line, &rows->processes->processes[i]);
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
