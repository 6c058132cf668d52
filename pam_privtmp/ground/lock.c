/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * lock: flock(2) that never waits for long
 *
 * MUST NOT wait in the kernel: LOCK_NB always (unit/ground/lock.c).
 */
#include <errno.h>
#include <sys/file.h>

#include "ground/lock.h"

enum {
        PAUSE_MS = 2,
};

int lock_try(int fd, int operation)
{
        while (flock(fd, operation | LOCK_NB) < 0)
                if (errno != EINTR)
                        return errno == EWOULDBLOCK ? -EBUSY : -errno;
        return 0;
}

int lock_take(int fd, int operation, struct patience *patience)
{
        int r;

        while ((r = lock_try(fd, operation)) == -EBUSY && patience->waited_ms < LOCK_PATIENCE_MS) {
                (void)nanosleep(&(struct timespec){.tv_nsec = PAUSE_MS * 1000000L}, NULL);
                patience->waited_ms += PAUSE_MS;
        }
        return r;
}
