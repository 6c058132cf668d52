/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* columns: the table that "privtmp list" prints */
#include <errno.h>
#include <libsmartcols.h>
#include <stdarg.h>
#include <stdio.h>
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
        [COLUMN_SIZE] = {"SIZE", SCOLS_FL_RIGHT, SCOLS_JSON_NUMBER, "disk space in use"},
        [COLUMN_INODES] = {"INODES", SCOLS_FL_RIGHT, SCOLS_JSON_NUMBER, "files and directories"},
        [COLUMN_PARTIAL] = {"PARTIAL", 0, SCOLS_JSON_BOOLEAN, "is there more than SIZE tells?"},
        [COLUMN_AGE] = {"AGE", SCOLS_FL_RIGHT, SCOLS_JSON_STRING, "since it was made, or opened"},
        [COLUMN_SERVICE] = {"SERVICE", 0, SCOLS_JSON_STRING, "of a session: sshd, su ..."},
        [COLUMN_FROM] = {"FROM", 0, SCOLS_JSON_STRING, "of a session: remote host or terminal"},
        [COLUMN_PID] = {"PID", SCOLS_FL_RIGHT, SCOLS_JSON_NUMBER,
                        "of a session: who opened it; of a process"},
        [COLUMN_COMMAND] = {"COMMAND", 0, SCOLS_JSON_STRING, "of a process: its name"},
        [COLUMN_SINCE] = {"SINCE", 0, SCOLS_JSON_STRING, "when it was made, or opened"},
        [COLUMN_PATH] = {"PATH", 0, SCOLS_JSON_STRING, "of the instance"},
};

static int choose(struct columns *columns, const char *name, size_t length)
{
        for (enum column i = 0; i < COLUMNS; i++)
                if (strlen(known[i].name) == length &&
                    strncasecmp(known[i].name, name, length) == 0) {
                        if (!columns_have(columns, i))
                                columns->chosen[columns->n++] = i;
                        return 0;
                }
        privtmp_say("list: unknown column: %.*s", (int)length, name);
        return -EINVAL;
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
        if (!columns->table)
                return -ENOMEM;
        (void)scols_table_set_name(columns->table, "directories");
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

int columns_print(const struct columns *columns)
{
        return scols_print_table(columns->table);
}
