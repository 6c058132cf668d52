/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* grammar: from the text of a line to a line of the table */
#include <errno.h>
#include <string.h>

#include "ground/cleanup.h"
#include "table/entry.h"
#include "table/grammar.h"
#include "table/option.h"
#include "ground/path.h"

static int parse_source(struct line *line, const char *source, struct report *report)
{
        if (strcmp(source, "none") == 0)
                line->source = LINE_NONE;
        else if (strcmp(source, "inherit") == 0)
                line->source = LINE_INHERIT;
        else if (strcmp(source, "tmpfs") == 0)
                line->source = LINE_MEMORY;
        else if (!path_is_valid(source))
                return report_fault(report, -EINVAL,
                                    "source \"%s\" is no absolute path in its shortest form, "
                                    "and not \"tmpfs\", \"none\" or \"inherit\"",
                                    source);
        else {
                line->source = LINE_DISK;
                line->base = strdup(source);
                if (!line->base)
                        return report_fault(report, -ENOMEM, "out of memory");
        }
        return 0;
}

static int parse_users(struct line *line, const char *text, struct report *report)
{
        const char *what, *item;
        size_t length;
        int r;

        r = users_parse(text, &line->users, &what, &item, &length);
        if (r == -EINVAL)
                return report_fault(report, -EINVAL, "users: \"%.*s\" %s",
                                    (int)(length < 64 ? length : 64), item, what);
        return r < 0 ? report_fault(report, r, "out of memory") : 0;
}

static int parse_columns(struct line *line, const struct entry *entry, struct report *report)
{
        int r;

        r = parse_source(line, entry->source, report);
        if (r < 0)
                return r;
        if (!path_is_valid(entry->directory))
                return report_fault(report, -EINVAL,
                                    "directory \"%s\" is no absolute path in its shortest form",
                                    entry->directory);
        line->directory = strdup(entry->directory);
        if (!line->directory)
                return report_fault(report, -ENOMEM, "out of memory");
        r = parse_users(line, entry->users, report);
        if (r < 0 || !entry->options)
                return r;
        if (!line_is_private(line))
                return report_fault(report, -EINVAL, "source \"%s\" takes no options",
                                    entry->source);
        return option_parse(line, entry->options, report);
}

int grammar_parse(const struct grammar_text *text, struct line *ret, struct report *report)
{
        struct line line = {.file = text->file,
                            .number = text->number,
                            .flags = FLAG_NOEXEC | FLAG_NOSUID | FLAG_NODEV,
                            .mode = 01777};
        _cleanup_(entry_done) struct entry entry = {0};
        char what[ENTRY_WHAT_BYTES];
        int r;

        r = entry_read(text->text, text->length, &entry, what);
        if (r == 0)
                return 0;
        if (r < 0)
                (void)report_fault(report, r, "%s", r == -ENOMEM ? "out of memory" : what);
        else
                r = parse_columns(&line, &entry, report);
        if (r < 0) {
                report_prefix(report, "%s:%u: ", text->file, text->number);
                line_done(&line);
                return r;
        }
        *ret = line;
        return 1;
}
