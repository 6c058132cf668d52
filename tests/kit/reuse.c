/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* reuse: what an open finds on a shelf */
#include "ground/cleanup.h"
#include "kit/reuse.h"
#include "kit/shelf.h"
#include "lifetime/reuse.h"

struct instance picked = INSTANCE_NONE;
unsigned fds;

void set_up(void)
{
        shelf_begin();
        close(open_user(ALICE));
        fds = count_fds();
}

int pick(const struct instance_want *want)
{
        _cleanup_close_ int user = open_user(ALICE);
        const struct shelf place = {scratch.fd, scratch.path, user, ALICE, NULL};
        struct patience patience = {0};
        int r = reuse_pick(&place, want, &patience, &picked);

        /* no more than the three of the instance */
        ck_assert_uint_eq(count_fds(), fds + (r == 1 ? 4 : 1));
        if (r == 0)
                ck_assert_int_eq(picked.lock, -EBADF);
        return r;
}

pid_t begin_use(struct instance *instance)
{
        pid_t child = use(instance);

        fds = count_fds();
        return child;
}

/* ------------------------------------------------------------------ kept */

const struct instance_want wanted_kept = {
        .directory = "/tmp",
        .user = "alice",
        .uid = ALICE,
        .gid = ALICE,
        .mode = 01770,
        .keep = KEEP,
};
