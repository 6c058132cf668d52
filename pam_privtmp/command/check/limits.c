/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* check/limits: size= and nr_inodes=: are they meant, and can they be put in force? */
#include <stdint.h>
#include <string.h>

#include "command/check/limits.h"
#include "ground/cleanup.h"
#include "ground/safedir.h"
#include "session/limit.h"
#include "table/value.h"

#define SUBUID "/etc/subuid"

enum {
        ANYBODY = 1,         /* but root */
        SMALL = 1024 * 1024, /* bytes: programs hardly work with less */
};

/* A number alone is bytes: who writes size=10 has meant something else. */
static void check_size(struct findings *findings, const struct line *line)
{
        const uint64_t largest = UINT64_MAX / 100; /* of which no percentage is small */

        if (line->size && value_size(line->size, largest) < SMALL)
                findings_add_at(findings, SEVERITY_WARNING, line,
                                "write such as 10%, 500m or 2g, unless it is meant",
                                "size=%s is less than a mebibyte", line->size);
}

static void check_line(struct findings *findings, const struct line *line)
{
        struct report report = {0};
        _cleanup_close_ int base = -EBADF;
        int r = safedir_open_own(line->base, false, &base, &report);

        if (r < 0)
                return; /* a fault of the base, which has been told */
        if (r > 0)
                (void)report_fault(&report, -ENOENT, LIMIT_NOT_MOUNTED, line->base);
        else
                r = limit_check(line, base, &report);
        if (r != 0)
                findings_add_at(findings, SEVERITY_FAULT, line,
                                "see Limits on a disk in privtmp.conf(5)", "%s", report.fault);
}

/* Whoever is meant by two lines with one base, but other limits, is denied the login. */
static void check_together(struct findings *findings, const struct table *table, size_t i)
{
        const struct line *line = &table->lines[i];

        for (size_t j = 0; j < i; j++) {
                const struct line *other = &table->lines[j];

                if (!other->base || strcmp(other->base, line->base) != 0 ||
                    strcmp(other->directory, line->directory) == 0 || limit_is_same(other, line))
                        continue;
                findings_add_at(findings, SEVERITY_WARNING, line,
                                "give both the same, or let no user have both",
                                "size= and nr_inodes= are not those of line %u (%s), which has the "
                                "same base: who has both is denied",
                                other->number, other->directory);
                return;
        }
}

/* Are there users who can give files to uids that have no limit? */
static bool has_subordinate_uids(void)
{
        _cleanup_close_ int fd = open(SUBUID, O_RDONLY | O_CLOEXEC);
        char first;

        return fd >= 0 && read(fd, &first, 1) == 1;
}

void check_limits(struct findings *findings, const struct table *table)
{
        const struct line *limited = NULL;

        for (size_t i = 0; i < table->n; i++) {
                const struct line *line = &table->lines[i];

                check_size(findings, line);
                if (line->base)
                        check_together(findings, table, i);
                if (!limit_is_wanted(line, ANYBODY))
                        continue;
                check_line(findings, line);
                limited = line;
        }
        if (limited && has_subordinate_uids())
                findings_add(findings, SEVERITY_WARNING, SUBUID, 0,
                             "take out the users who must keep to size= and nr_inodes=",
                             "users with subordinate uids can give these what they write, and so "
                             "pass the limits of %s:%u",
                             limited->file, limited->number);
}
