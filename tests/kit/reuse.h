/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* reuse: what an open finds on a shelf */
#pragma once

#include "kit/shelf.h"
#include "lifetime/reuse.h"

extern struct instance picked;
extern unsigned fds;

void set_up(void);

/* What open does: a fresh look at BASE/UID. */
int pick(const struct instance_want *want);

/* A process that has it mounted; the test keeps an fd for it. */
pid_t begin_use(struct instance *instance);

/* ------------------------------------------------------------------ kept */

enum {
        KEEP = 3600, /* seconds */
};

extern const struct instance_want wanted_kept;
