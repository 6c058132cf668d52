/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * policy: what a table says for one user (pure)
 *
 * MUST give 0770 the sticky bit where root may inherit the directory: else the user could rename
 * root's files there (unit/table/policy.c).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "table/policy.h"

/* For whom, and who tells whether he is in a group. */
struct asker {
        const struct subject *subject;
        users_member member;
        void *arg;
};

/* The line that decides for a directory, NULL if none matches. */
static int find_line(const struct table *table, const char *directory, const struct asker *asker,
                     const struct line **ret)
{
        *ret = NULL;
        for (size_t i = table->n; i > 0; i--) {
                const struct line *line = &table->lines[i - 1];
                int r;

                if (strcmp(line->directory, directory) != 0)
                        continue;
                r = users_match(&line->users, asker->subject, asker->member, asker->arg);
                if (r < 0)
                        return r;
                if (r > 0) {
                        *ret = line;
                        return 0;
                }
        }
        return 0;
}

/* May uid 0 inherit the directory? In doubt (a group) yes: the sticky bit is the safe side. */
static bool root_may_inherit(const struct table *table, const char *directory)
{
        for (size_t i = table->n; i > 0; i--) {
                const struct line *line = &table->lines[i - 1];
                bool surely;

                if (strcmp(line->directory, directory) != 0 ||
                    !users_may_match_root(&line->users, &surely))
                        continue;
                if (line->source == LINE_INHERIT)
                        return true;
                if (surely)
                        return false;
        }
        return true; /* whom no line matches inherits, if it is root */
}

static uint64_t digest_bytes(uint64_t digest, const void *bytes, size_t n)
{
        /* FNV-1a: tells plans apart, withstands no attack; only root writes tables */
        for (const uint8_t *byte = bytes; n > 0; byte++, n--)
                /* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): all are set */
                digest = (digest ^ *byte) * 0x100000001b3;
        return digest;
}

static uint64_t digest_text(uint64_t digest, const char *text)
{
        return text ? digest_bytes(digest, text, strlen(text) + 1) : digest_bytes(digest, "\1", 2);
}

static uint64_t digest_line(uint64_t digest, const struct plan_line *plan_line)
{
        const struct line *line = plan_line->line;
        const uint32_t rest[] = {line->source,      line->flags,        plan_line->mode,
                                 line->per_session, line->end_at_close, line->keep};

        digest = digest_text(digest, line->directory);
        digest = digest_text(digest, line->base);
        digest = digest_text(digest, line->size);
        digest = digest_text(digest, line->inodes);
        for (size_t i = 0; i < line->n_shares; i++) {
                digest = digest_text(digest, line->shares[i].glob);
                digest = digest_text(digest, line->shares[i].owner);
        }
        return digest_bytes(digest, rest, sizeof(rest));
}

int policy_plan(const struct table *table, const struct subject *subject, users_member member,
                void *arg, struct plan **ret)
{
        const struct asker asker = {.subject = subject, .member = member, .arg = arg};
        _cleanup_plan_ struct plan *plan = calloc(1, sizeof(*plan));

        if (!plan)
                return -ENOMEM;
        plan->digest = 0xcbf29ce484222325;
        plan->lines = calloc(table->n + 1, sizeof(*plan->lines));
        if (!plan->lines)
                return -ENOMEM;
        for (size_t i = 0; i < table->n; i++) {
                const char *directory = table->lines[i].directory;
                struct plan_line *entry = &plan->lines[plan->n];
                int r;

                if (!table_is_first_of_directory(table, i))
                        continue;
                r = find_line(table, directory, &asker, &entry->line);
                if (r < 0)
                        return r;
                if (!entry->line)
                        continue;
                entry->mode = entry->line->mode;
                if (entry->mode == 0770 && root_may_inherit(table, directory))
                        entry->mode = 01770;
                plan->digest = digest_line(plan->digest, entry);
                plan->n++;
        }
        *ret = plan;
        plan = NULL;
        return 0;
}

struct plan *plan_free(struct plan *plan)
{
        if (!plan)
                return NULL;
        free(plan->lines);
        free(plan);
        return NULL;
}

const struct line *plan_find(const struct plan *plan, const char *directory)
{
        for (size_t i = 0; i < plan->n; i++)
                if (strcmp(plan->lines[i].line->directory, directory) == 0)
                        return plan->lines[i].line;
        return NULL;
}

void plan_say(const struct plan *plan, const char *user, struct report *report)
{
        static const char *const words[] = {
                [LINE_DISK] = "is private",
                [LINE_MEMORY] = "is private, in memory",
                [LINE_NONE] = "is the system directory",
                [LINE_INHERIT] = "is what the caller had",
        };

        if (plan->n == 0)
                report_note(report, REPORT_DEBUG, "no line is for %s", user);
        for (size_t i = 0; i < plan->n; i++) {
                const struct line *line = plan->lines[i].line;

                report_note(report, REPORT_DEBUG, "%s:%u: %s %s", line->file, line->number,
                            line->directory, words[line->source]);
        }
}
