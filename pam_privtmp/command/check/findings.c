/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* check/findings: what "privtmp check" has found, in words */
#include <errno.h>
#include <libsmartcols.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ground/cleanup.h"
#include "command/check/findings.h"
#include "command/format.h"

static const char *const words[] = {
        [SEVERITY_FAULT] = "fault",
        [SEVERITY_WARNING] = "warning",
        [SEVERITY_UNCHECKED] = "unchecked",
};

enum column {
        COLUMN_SEVERITY,
        COLUMN_WHERE,
        COLUMN_LINE,
        COLUMN_TEXT,
        COLUMN_ADVICE,
};

/* WHERE:LINE stands before many texts already: it is not said twice. */
static void cut_where(const struct finding *finding)
{
        char *text = finding->text;
        size_t length = strlen(finding->where);

        if (strncmp(text, finding->where, length) != 0)
                return;
        text += length;
        if (finding->line && *text == ':')
                text += 1 + strspn(text + 1, "0123456789");
        text += *text == ':';
        if (*text == ' ')
                memmove(finding->text, text + 1, strlen(text));
}

static bool is_known(const struct findings *findings, const struct finding *new)
{
        for (size_t i = 0; i < findings->n; i++) {
                const struct finding *old = &findings->list[i];

                if (old->severity == new->severity &&
                    old->line == new->line &&strcmp(old->where, new->where) == 0 &&
                    strcmp(old->text, new->text) == 0)
                        return true;
        }
        return false;
}

static void drop(struct finding *finding)
{
        free(finding->where);
        free(finding->text);
}

/* Takes over what the finding holds. */
static void add(struct findings *findings, struct finding *new)
{
        struct finding *larger = NULL;

        if (new->where &&new->text) {
                format_plain(new->where);
                format_plain(new->text);
                cut_where(new);
                if (is_known(findings, new)) {
                        drop(new);
                        return;
                }
                larger = reallocarray(findings->list, findings->n + 1, sizeof(*larger));
        }
        if (!larger) {
                findings->incomplete = true;
                drop(new);
                return;
        }
        findings->list = larger;
        findings->list[findings->n++] = *new;
}

void findings_add_about(struct findings *findings, const struct finding_about *about,
                        const char *format, ...)
{
        struct finding new = {about->severity, strdup(about->where), about->line, NULL,
                              about->advice};
        va_list args;

        va_start(args, format);
        if (vasprintf(&new.text, format, args) < 0)
                new.text = NULL;
        va_end(args);
        add(findings, &new);
}

const struct finding *findings_fault(const struct findings *findings)
{
        for (size_t i = 0; i < findings->n; i++)
                if (findings->list[i].severity == SEVERITY_FAULT)
                        return &findings->list[i];
        return NULL;
}

char *finding_words(const struct finding *finding)
{
        char *ret = NULL, line[16] = "";

        if (finding->line)
                (void)snprintf(line, sizeof(line), ":%u", finding->line);
        return asprintf(&ret, "%s%s: %s; %s", finding->where, line, finding->text,
                        finding->advice) < 0
                       ? NULL
                       : ret;
}

static int print_text(const struct findings *findings)
{
        for (size_t i = 0; i < findings->n; i++) {
                _cleanup_free_ char *text = finding_words(&findings->list[i]);

                if (!text)
                        return -ENOMEM;
                (void)printf("%s: %s\n", words[findings->list[i].severity], text);
        }
        return 0;
}

static int add_row(struct libscols_table *table, const struct finding *finding)
{
        struct libscols_line *line = scols_table_new_line(table, NULL);
        char number[16];
        int r = line ? 0 : -ENOMEM;

        (void)snprintf(number, sizeof(number), "%u", finding->line);
        if (r == 0)
                r = scols_line_set_data(line, COLUMN_SEVERITY, words[finding->severity]);
        if (r == 0)
                r = scols_line_set_data(line, COLUMN_WHERE, finding->where);
        if (r == 0 && finding->line)
                r = scols_line_set_data(line, COLUMN_LINE, number);
        if (r == 0)
                r = scols_line_set_data(line, COLUMN_TEXT, finding->text);
        return r == 0 ? scols_line_set_data(line, COLUMN_ADVICE, finding->advice) : r;
}

static int print_json(const struct findings *findings)
{
        static const char *const names[] = {
                [COLUMN_SEVERITY] = "severity", [COLUMN_WHERE] = "where",   [COLUMN_LINE] = "line",
                [COLUMN_TEXT] = "text",         [COLUMN_ADVICE] = "advice",
        };
        struct libscols_table *table = scols_new_table();
        int r = table ? 0 : -ENOMEM;

        if (r == 0)
                r = scols_table_set_name(table, "findings");
        if (r == 0)
                r = scols_table_enable_json(table, 1);
        for (size_t i = 0; r == 0 && i < sizeof(names) / sizeof(names[0]); i++) {
                struct libscols_column *column = scols_table_new_column(table, names[i], 0, 0);

                r = column ? scols_column_set_json_type(column, i == COLUMN_LINE
                                                                        ? SCOLS_JSON_NUMBER
                                                                        : SCOLS_JSON_STRING)
                           : -ENOMEM;
        }
        for (size_t i = 0; r == 0 && i < findings->n; i++)
                r = add_row(table, &findings->list[i]);
        if (r == 0)
                r = scols_print_table(table);
        scols_unref_table(table);
        return r;
}

int findings_print(const struct findings *findings, bool json)
{
        int r = 0;

        if (json)
                r = print_json(findings);
        else if (findings->n == 0)
                (void)printf("no faults, no warnings\n");
        else
                r = print_text(findings);
        return r;
}

void findings_done(struct findings *findings)
{
        for (size_t i = 0; i < findings->n; i++)
                drop(&findings->list[i]);
        free(findings->list);
        *findings = (struct findings){0};
}
