/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * look: which mount namespaces show which instances, and who is in them
 *
 * MUST answer "used" in doubt (unit/lifetime/look.c).
 * MUST compare mounts, never numbers of namespaces that may be gone (unit/lifetime/look-tasks.c).
 * MUST end in time, whatever users have mounted (unit/lifetime/look-users.c).
 */
#include "ground/cleanup.h"
#include "lifetime/look-nsfs.h"
#include "lifetime/look-proc.h"
#include "lifetime/look.h"

static void forget(struct look_query *queries, size_t n)
{
        for (size_t i = 0; i < n; i++) {
                queries[i].used = queries[i].doubt = queries[i].theirs = false;
                queries[i].processes = 0;
        }
}

/* Answers what the sight is about; `r` is what came of its beginning. */
static void answer(struct sight *sight, int r, struct look_query *queries, size_t n)
{
        if (r == 0)
                r = look_nsfs(sight);
        if (r == -EOPNOTSUPP)
                r = look_proc(sight);
        for (size_t i = 0; r < 0 && i < n; i++)
                if (!queries[i].used)
                        queries[i].used = queries[i].doubt = true;
}

void look_base(int base, const char *path, struct look_query *queries, size_t n, enum look_why why)
{
        _cleanup_(sight_done) struct sight sight = {.n = 0};
        int r;

        forget(queries, n);
        r = sight_ask(&sight, queries, n, why);
        if (r == 0)
                r = sight_begin_base(&sight, base, path);
        answer(&sight, r, queries, n);
}

void look_memory(dev_t device, struct look_query *query, enum look_why why,
                 struct look_where *where)
{
        _cleanup_(sight_done) struct sight sight = {.n = 0};
        int r;

        forget(query, 1);
        r = sight_ask(&sight, query, 1, why);
        sight_begin_memory(&sight, device);
        sight.where = where;
        answer(&sight, r, query, 1);
}

void look_where_done(struct look_where *where)
{
        for (size_t i = 0; i < where->n; i++)
                fd_close(where->ns[i]);
        where->n = 0;
}
