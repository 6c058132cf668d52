/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* columns: the table that "privtmp list" prints */
#include <errno.h>
#include <libsmartcols.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ground/cleanup.h"
#include "command/columns.h"
#include "command/privtmp.h"

static const struct {
        const char *name;
        int flags, json;
        const char *help;
} known[COLUMNS] = {
        [COLUMN_USER] = {"USER", 0, SCOLS_JSON_STRING, "whose it is"},
        [COLUMN_DIRECTORY] = {"DIRECTORY", 0, SCOLS_JSON_STRING, "what is private"},
        [COLUMN_SOURCE] = {"SOURCE", 0, SCOLS_JSON_STRING, "the base, or tmpfs"},
        [COLUMN_STATE] = {"STATE", 0, SCOLS_JSON_STRING,
                          "live, used, kept, stale, half, trash, stuck; session, process"},
        [COLUMN_UNTIL] = {"UNTIL", 0, SCOLS_JSON_STRING, "how long it is kept"},
        [COLUMN_SESSIONS] = {"SESSIONS", SCOLS_FL_RIGHT, SCOLS_JSON_NUMBER, "open sessions"},
        [COLUMN_PROCS] = {"PROCS", SCOLS_FL_RIGHT, SCOLS_JSON_NUMBER, "processes that see it"},
        [COLUMN_SIZE] = {"SIZE", SCOLS_FL_RIGHT, SCOLS_JSON_NUMBER, "disk space or memory in use"},
        [COLUMN_INODES] = {"INODES", SCOLS_FL_RIGHT, SCOLS_JSON_NUMBER, "files and directories"},
        [COLUMN_PARTIAL] = {"PARTIAL", 0, SCOLS_JSON_BOOLEAN, "is there more than SIZE tells?"},
        [COLUMN_USE] = {"USE", SCOLS_FL_RIGHT, SCOLS_JSON_NUMBER,
                        "what the user takes on the file system, where that has quotas"},
        [COLUMN_LIMIT] = {"LIMIT", SCOLS_FL_RIGHT, SCOLS_JSON_NUMBER, "what the user may take"},
        [COLUMN_AGE] = {"AGE", SCOLS_FL_RIGHT, SCOLS_JSON_STRING, "since it was made, or opened"},
        [COLUMN_SERVICE] = {"SERVICE", 0, SCOLS_JSON_STRING, "of a session: sshd, su ..."},
        [COLUMN_FROM] = {"FROM", 0, SCOLS_JSON_STRING, "of a session: remote host or terminal"},
        [COLUMN_PID] = {"PID", SCOLS_FL_RIGHT, SCOLS_JSON_NUMBER,
                        "of a session: who opened it; of a process"},
        [COLUMN_COMMAND] = {"COMMAND", 0, SCOLS_JSON_STRING, "of a process: its name"},
        [COLUMN_SINCE] = {"SINCE", 0, SCOLS_JSON_STRING, "when it was made, or opened"},
        [COLUMN_PATH] = {"PATH", 0, SCOLS_JSON_STRING, "of the instance"},
};

/* COLUMNS, with a line on stderr, if there is no such one. */
static enum column find(const char *name, size_t length)
{
        for (enum column i = 0; i < COLUMNS; i++)
                if (strlen(known[i].name) == length &&
                    strncasecmp(known[i].name, name, length) == 0)
                        return i;
        privtmp_say("list: unknown column: %.*s", (int)length, name);
        return COLUMNS;
}

static int choose(struct columns *columns, const char *name, size_t length)
{
        enum column column = find(name, length);

        if (column == COLUMNS)
                return -EINVAL;
        if (!columns_have(columns, column))
                columns->chosen[columns->n++] = column;
        return 0;
}

int columns_choose_sort(struct columns *columns, const char *name)
{
        columns->sort = find(name, strlen(name));
        return columns->sort == COLUMNS ? -EINVAL : choose(columns, name, strlen(name));
}

int columns_choose(struct columns *columns, const char *names)
{
        int r = 0;

        if (*names == '+')
                names++;
        else
                columns->n = 0;
        while (r == 0) {
                size_t length = strcspn(names, ",");

                r = choose(columns, names, length);
                if (names[length] == '\0')
                        break;
                names += length + 1;
        }
        return r;
}

bool columns_have(const struct columns *columns, enum column column)
{
        for (size_t i = 0; i < columns->n; i++)
                if (columns->chosen[i] == column)
                        return true;
        return false;
}

void columns_help(void)
{
        for (size_t i = 0; i < COLUMNS; i++)
                (void)printf(" %9s  %s\n", known[i].name, known[i].help);
}

int columns_begin(struct columns *columns, bool json, bool noheadings)
{
        int r = 0;

        columns->table = scols_new_table();
        if (!columns->table || scols_table_set_name(columns->table, "directories") < 0)
                return -ENOMEM;
        (void)scols_table_enable_json(columns->table, json);
        (void)scols_table_enable_noheadings(columns->table, noheadings);
        for (size_t i = 0; r == 0 && i < columns->n; i++) {
                enum column column = columns->chosen[i];
                /* the first one shows the tree */
                struct libscols_column *new =
                        scols_table_new_column(columns->table, known[column].name, 0,
                                               known[column].flags | (i == 0 ? SCOLS_FL_TREE : 0));

                r = new ? scols_column_set_json_type(new, known[column].json) : -ENOMEM;
        }
        return r;
}

void columns_done(struct columns *columns)
{
        scols_unref_table(columns->table);
        columns->table = NULL;
}

struct libscols_line *columns_add(const struct columns *columns, struct libscols_line *parent)
{
        return scols_table_new_line(columns->table, parent);
}

int columns_set(const struct columns *columns, struct libscols_line *line, enum column column,
                const char *format, ...)
{
        for (size_t i = 0; i < columns->n; i++) {
                _cleanup_free_ char *text = NULL;
                va_list args;
                int r;

                if (columns->chosen[i] != column)
                        continue;
                va_start(args, format);
                r = vasprintf(&text, format, args);
                va_end(args);
                if (r < 0)
                        return -ENOMEM;
                return *text ? scols_line_set_data(line, i, text) : 0;
        }
        return 0;
}

/* What a cell says, in bytes or seconds where there is a unit; -1 for an empty one. */
static double value_of(const struct libscols_cell *cell)
{
        static const struct {
                char unit;
                double factor;
        } units[] = {{'s', 1},      {'m', 60},     {'h', 3600},   {'d', 86400},  {'K', 0x1p10},
                     {'M', 0x1p20}, {'G', 0x1p30}, {'T', 0x1p40}, {'P', 0x1p50}, {'E', 0x1p60}};
        const char *text = scols_cell_get_data(cell);
        double value;
        char *end;

        if (!text)
                return -1;
        value = strtod(text + (*text == '>'), &end);
        for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
                if (*end == units[i].unit)
                        value *= units[i].factor;
        return value;
}

static int compare_values(struct libscols_cell *a, struct libscols_cell *b, void *unused)
{
        double first = value_of(a), second = value_of(b);

        (void)unused;
        return (first > second) - (first < second);
}

void columns_sort(const struct columns *columns)
{
        bool is_text = !(known[columns->sort].flags & SCOLS_FL_RIGHT);

        for (size_t i = 0; i < columns->n; i++) {
                struct libscols_column *column = scols_table_get_column(columns->table, i);

                if (columns->chosen[i] != columns->sort)
                        continue;
                (void)scols_column_set_cmpfunc(column,
                                               is_text ? scols_cmpstr_cells : compare_values, NULL);
                (void)scols_sort_table(columns->table, column);
        }
}

int columns_print(const struct columns *columns)
{
        return scols_print_table(columns->table);
}
