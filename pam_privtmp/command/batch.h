/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* batch: the instances that are judged at the same time */
#pragma once

#include "disk/instance.h"
#include "lifetime/stale.h"

enum {
        BATCH = 256, /* instances that two looks serve */
};

/* Instances of a base that nobody has locked, of any users. */
struct batch {
        struct instance instances[BATCH];
        struct shelf shelves[BATCH]; /* each with an fd of its own of BASE/UID */
        struct stale_one ones[BATCH];
        size_t n, limit;
};

/* As many as there are fds for. */
size_t batch_limit(void);

/* Releases one of them; the last one takes its place. */
void batch_take_out(struct batch *batch, size_t i);

/* Releases all. */
void batch_done(struct batch *batch);
