/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* batch: the instances that are judged at the same time */
#include <sys/resource.h>

#include "command/batch.h"
#include "ground/cleanup.h"

enum {
        FDS = 3,       /* for each of them */
        SPARE_FDS = 40 /* for the looks, and what was open before */
};

size_t batch_limit(void)
{
        struct rlimit limit;

        if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur < SPARE_FDS + FDS)
                return 1;
        if (limit.rlim_cur >= SPARE_FDS + BATCH * FDS)
                return BATCH;
        return (size_t)(limit.rlim_cur - SPARE_FDS) / FDS;
}

void batch_take_out(struct batch *batch, size_t i)
{
        instance_done(&batch->instances[i]);
        fd_close(batch->shelves[i].user);
        batch->n--;
        batch->instances[i] = batch->instances[batch->n];
        batch->shelves[i] = batch->shelves[batch->n];
        batch->ones[i] = batch->ones[batch->n];
}

void batch_done(struct batch *batch)
{
        while (batch->n > 0)
                batch_take_out(batch, batch->n - 1);
}
