/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* table: any bytes as a table, and the plans that it gives */
#include <errno.h>

#include "fuzz.h"
#include "ground/path.h"
#include "table/policy.h"
#include "table/table.h"

static void check_line(const struct line *line, unsigned before)
{
        const unsigned atime = FLAG_NOATIME | FLAG_RELATIME;

        must(strcmp(line->file, "conf") == 0);
        must(line->number > before);
        must((line->source == LINE_DISK) == (line->base != NULL));
        must(!line->base || (path_is_valid(line->base) && is_plain(line->base)));
        must(path_is_valid(line->directory) && is_plain(line->directory));
        must(!line->base || !path_is_within(line->base, line->directory));
        must(!line->base || !path_is_within(line->directory, line->base));
        must(line->users.n > 0);
        must(line->mode == 0770 || line->mode == 01770 || line->mode == 01777 ||
             line->mode == 0700);
        must((line->flags & atime) != atime);
        must((line->flags & ~(unsigned)(FLAG_NOEXEC | FLAG_NOSUID | FLAG_NODEV | FLAG_NOATIME |
                                        FLAG_RELATIME)) == 0);
        must(line_is_private(line) || (!line->size && !line->inodes));
        must(line->source == LINE_DISK || (!line->keep && !line->end_at_close));
        must(!line->keep || (!line->per_session && !line->end_at_close));
}

/* In groups with names of an even length; some name services fail. */
static int is_member(void *arg, const char *group)
{
        (void)arg;
        return strchr(group, '~') ? -EIO : strlen(group) % 2 == 0;
}

/* The last line that matches has the directory, and no other. */
static void check_plan(const struct table *table, const struct subject *subject)
{
        struct plan *plan = NULL, *again = NULL;
        int r = policy_plan(table, subject, is_member, NULL, &plan);

        if (r < 0) {
                must(r == -EIO && !plan);
                return;
        }
        must(policy_plan(table, subject, is_member, NULL, &again) == 0);
        must(again->digest == plan->digest && again->n == plan->n && plan->n <= table->n);
        for (size_t i = 0; i < table->n; i++) {
                const char *directory = table->lines[i].directory;
                const struct line *last = NULL;

                for (size_t j = 0; j < table->n; j++)
                        if (strcmp(table->lines[j].directory, directory) == 0 &&
                            users_match(&table->lines[j].users, subject, is_member, NULL) == 1)
                                last = &table->lines[j];
                must(plan_find(plan, directory) == last);
        }
        plan_free(plan);
        plan_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
        const struct table_source source = {
                .only = "conf", .text = (const char *)bytes, .length = size};
        struct report report = {.say = say_nothing};
        struct table *table = NULL;
        char name[] = "alice", root[] = "root";
        unsigned number = 0;
        int r;

        r = table_load(&source, &table, &report);
        if (r < 0) {
                must(!table);
                must(strncmp(report.fault, "conf:", 5) == 0 && is_plain(report.fault));
                return 0;
        }
        must(r == 0 && report.fault[0] == '\0');
        for (size_t i = 0; i < table->n; i++) {
                check_line(&table->lines[i], number);
                number = table->lines[i].number;
        }
        check_plan(table, &(struct subject){.name = name, .uid = 1001, .gid = 1001});
        check_plan(table, &(struct subject){.name = root});
        table_free(table);
        return 0;
}
