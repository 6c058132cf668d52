/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lock: flock(2) that never waits for long */
#pragma once

#include <time.h>

enum {
        LOCK_PATIENCE_MS = 200, /* all the waiting that one open may do */
};

/* How much waiting is left to one call of a face, over all its locks. Starts zeroed. */
struct patience {
        int waited_ms;
};

/*
 * flock(2) of fd, operation LOCK_SH or LOCK_EX, always with LOCK_NB, tried again until the patience
 * is used up: somebody may have stopped su while it held the lock. Returns 0, -EBUSY, or -errno.
 * A conversion that fails loses the lock that was held (flock(2)).
 */
int lock_take(int fd, int operation, struct patience *patience);

/* One try, no waiting. 0, -EBUSY or -errno. */
int lock_try(int fd, int operation);
