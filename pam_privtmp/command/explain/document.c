/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* explain/document: by libsmartcols */
#include <errno.h>
#include <libsmartcols.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/explain/document.h"
#include "command/explain/outlook.h"
#include "ground/cleanup.h"

enum key {
        KEY_DIRECTORY,
        KEY_WHAT,
        KEY_SOURCE,
        KEY_MODE,
        KEY_FLAGS,
        KEY_SCOPE,
        KEY_END,
        KEY_KEEP,
        KEY_NOFAIL,
        KEY_NOW,
        KEY_REASON,
        KEY_FILE,
        KEY_LINE,
        KEY_MATCHES,
        KEYS
};

static const struct {
        const char *name;
        int json;
} keys[KEYS] = {
        [KEY_DIRECTORY] = {"directory", SCOLS_JSON_STRING},
        [KEY_WHAT] = {"what", SCOLS_JSON_STRING},
        [KEY_SOURCE] = {"source", SCOLS_JSON_STRING},
        [KEY_MODE] = {"mode", SCOLS_JSON_STRING},
        [KEY_FLAGS] = {"flags", SCOLS_JSON_STRING},
        [KEY_SCOPE] = {"scope", SCOLS_JSON_STRING},
        [KEY_END] = {"end", SCOLS_JSON_STRING},
        [KEY_KEEP] = {"keep", SCOLS_JSON_NUMBER},
        [KEY_NOFAIL] = {"nofail", SCOLS_JSON_BOOLEAN},
        [KEY_NOW] = {"now", SCOLS_JSON_STRING},
        [KEY_REASON] = {"reason", SCOLS_JSON_STRING},
        [KEY_FILE] = {"file", SCOLS_JSON_STRING},
        [KEY_LINE] = {"line", SCOLS_JSON_NUMBER},
        [KEY_MATCHES] = {"matches", SCOLS_JSON_BOOLEAN},
};

struct document {
        struct libscols_table *table;
        bool denied;
};

static int set(struct libscols_line *row, enum key key, const char *format, ...)
        __attribute__((__format__(__printf__, 3, 4)));

static int set(struct libscols_line *row, enum key key, const char *format, ...)
{
        _cleanup_free_ char *text = NULL;
        va_list args;
        int r;

        va_start(args, format);
        r = vasprintf(&text, format, args);
        va_end(args);
        return r < 0 ? -ENOMEM : scols_line_set_data(row, key, text);
}

static int set_line(struct libscols_line *row, const struct line *line)
{
        int r = set(row, KEY_FILE, "%s", line->file);

        return r < 0 ? r : set(row, KEY_LINE, "%u", line->number);
}

static int set_outlook(struct document *document, struct libscols_line *row,
                       const struct line *line, const struct subject *subject)
{
        static const char *const words[] = {
                [OUTLOOK_CLEAR] = "private",
                [OUTLOOK_MEMORY] = "memory",
        };
        struct report report = {0};
        enum outlook outlook = outlook_of(line, subject->uid, &report);
        int r = 0;

        if (outlook == OUTLOOK_UNKNOWN)
                return 0;
        if (outlook != OUTLOOK_CLEAR)
                r = set(row, KEY_REASON, "%s", report.fault);
        if (r < 0 || outlook != OUTLOOK_FAILS)
                return r < 0 ? r : set(row, KEY_NOW, "%s", words[outlook]);
        if (line->nofail || subject->uid == 0)
                return set(row, KEY_NOW, "system");
        document->denied = true;
        return set(row, KEY_NOW, "denied");
}

static int set_private(struct libscols_line *row, const struct plan_line *plan_line)
{
        const struct line *line = plan_line->line;
        int r = set(row, KEY_SOURCE, "%s", line->base ? line->base : "tmpfs");

        if (r == 0)
                r = set(row, KEY_MODE, "%04o", plan_line->mode);
        if (r == 0)
                r = set(row, KEY_FLAGS, "%s,%s,%s", line->flags & FLAG_NOEXEC ? "noexec" : "exec",
                        line->flags & FLAG_NOSUID ? "nosuid" : "suid",
                        line->flags & FLAG_NODEV ? "nodev" : "dev");
        if (r == 0)
                r = set(row, KEY_SCOPE, "%s", line->per_session ? "session" : "user");
        if (r == 0)
                r = set(row, KEY_END, "%s", line->end_at_close ? "close" : "idle");
        if (r == 0)
                r = set(row, KEY_KEEP, "%u", line->keep);
        return r == 0 ? set(row, KEY_NOFAIL, line->nofail ? "yes" : "no") : r;
}

static int set_decided(struct document *document, struct libscols_line *row,
                       const struct plan_line *plan_line, const struct subject *subject)
{
        const struct line *line = plan_line->line;
        int r = set_line(row, line);

        if (r == 0)
                r = set(row, KEY_MATCHES, "yes");
        if (r == 0)
                r = set(row, KEY_WHAT, "%s",
                        line_is_private(line)       ? "private"
                        : line->source == LINE_NONE ? "system"
                                                    : "inherit");
        if (r < 0 || !line_is_private(line))
                return r;
        r = set_private(row, plan_line);
        return r == 0 ? set_outlook(document, row, line, subject) : r;
}

/* The lines that name the directory, the last one first. */
static int add_lines(const struct document *document, struct libscols_line *parent,
                     const struct table *table, const char *directory, struct subject *subject)
{
        for (size_t i = table->n; i-- > 0;) {
                const struct line *line = &table->lines[i];
                struct libscols_line *row;
                int r;

                if (strcmp(line->directory, directory) != 0)
                        continue;
                r = users_match(&line->users, subject, subject_is_member, subject);
                if (r < 0)
                        return r;
                row = scols_table_new_line(document->table, parent);
                if (!row || set_line(row, line) < 0 || set(row, KEY_MATCHES, r ? "yes" : "no") < 0)
                        return -ENOMEM;
        }
        return 0;
}

static int add_directory(struct document *document, const struct table *table, size_t i,
                         const struct plan *plan, struct subject *subject)
{
        const char *directory = table->lines[i].directory;
        struct libscols_line *row = scols_table_new_line(document->table, NULL);
        const struct plan_line *decided = NULL;
        int r = row ? set(row, KEY_DIRECTORY, "%s", directory) : -ENOMEM;

        for (size_t j = 0; j < plan->n; j++)
                if (strcmp(plan->lines[j].line->directory, directory) == 0)
                        decided = &plan->lines[j];
        if (r == 0)
                r = decided ? set_decided(document, row, decided, subject)
                            : set(row, KEY_WHAT, "%s", subject->uid == 0 ? "inherit" : "system");
        return r == 0 ? add_lines(document, row, table, directory, subject) : r;
}

static int make_table(struct document *document)
{
        document->table = scols_new_table();
        if (!document->table || scols_table_set_name(document->table, "directories") < 0)
                return -ENOMEM;
        (void)scols_table_enable_json(document->table, 1);
        for (enum key key = 0; key < KEYS; key++) {
                struct libscols_column *column = scols_table_new_column(
                        document->table, keys[key].name, 0, key == 0 ? SCOLS_FL_TREE : 0);

                if (!column || scols_column_set_json_type(column, keys[key].json) < 0)
                        return -ENOMEM;
        }
        return 0;
}

int document_print(const struct table *table, const struct plan *plan, struct subject *subject,
                   bool *denied)
{
        struct document document = {0};
        int r = make_table(&document);

        for (size_t i = 0; r == 0 && i < table->n; i++)
                if (table_is_first_of_directory(table, i))
                        r = add_directory(&document, table, i, plan, subject);
        if (r == 0)
                r = scols_print_table(document.table);
        scols_unref_table(document.table);
        *denied = document.denied;
        return r;
}
