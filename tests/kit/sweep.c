/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sweep: a sweep of a shelf, and what it tells */
#include "command/sweep.h"
#include "kit/shelf.h"
#include "kit/sweep.h"

char told[16 * 1024]; /* what was found, a name a line */

void set_up(void)
{
        shelf_begin();
}

/* ------------------------------------------------------------------ the sweep */

void note(void *arg, const char *base, const char *name)
{
        size_t used = strlen(told);

        ck_assert_ptr_eq(arg, &scratch);
        ck_assert_str_eq(base, scratch.path);
        ck_assert_int_lt(snprintf(told + used, sizeof(told) - used, "%s\n", name),
                         (int)(sizeof(told) - used));
}

int sweep_it(bool dry)
{
        const struct sweep sweep = {.uid = (uid_t)-1,
                                    .base = scratch.fd,
                                    .path = scratch.path,
                                    .dry = dry,
                                    .found = note,
                                    .arg = &scratch};
        unsigned fds = count_fds();
        int r;

        told[0] = '\0';
        r = sweep_base(&sweep, &heard.report);
        ck_assert_uint_eq(count_fds(), fds);
        ck_assert_uint_eq(heard.lines, 0);
        return r;
}

void sweep(void)
{
        ck_assert_int_eq(sweep_it(false), 0);
        ck_assert_str_eq(heard.report.fault, "");
}

bool was_told(const char *path)
{
        char line[4 * NAME_BYTES];

        (void)snprintf(line, sizeof(line), "%s\n", path);
        return strstr(told, line) && (strstr(told, line) == told || strstr(told, line)[-1] == '\n');
}

unsigned times_told(void)
{
        unsigned n = 0;

        for (const char *at = told; (at = strchr(at, '\n')); at++)
                n++;
        return n;
}
