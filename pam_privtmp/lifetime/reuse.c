/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * reuse: which of a user's instances a session can use again, and which are stale
 *
 * MUST NOT end an instance that has a session or is in use (unit/lifetime/reuse.c).
 * MUST leave a temporary name alone until it is old and its lock can be had
 * (unit/lifetime/reuse.c).
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "lifetime/reuse.h"
#include "ground/cleanup.h"
#include "ground/names.h"
#include "lifetime/records.h"
#include "lifetime/stale.h"

enum {
        NAMES_LIMIT = 4096, /* looked at in one open */
        LOOK_AT = 16,       /* instances at once */
        LOOKS = 8,          /* there are more only if somebody wants it */
};

/* Instances without a session, each with its lock held exclusively. */
struct idle_ones {
        const struct shelf *shelf;
        const struct instance_want *want;
        struct patience *patience;
        struct instance instances[LOOK_AT]; /* to be looked at */
        size_t n;
        struct instance best; /* the youngest that can be used again */
        unsigned looks, swept;
};

static void idle_ones_done(struct idle_ones *ones)
{
        for (size_t i = 0; i < ones->n; i++)
                instance_done(&ones->instances[i]);
        instance_done(&ones->best);
}

/*
 * What can't be moved now will be tried at the next open, and what is said of one need not be said
 * of the others.
 */
static bool trash(const struct shelf *shelf, const char *name, struct idle_ones *ones)
{
        bool moved = stale_trash(shelf, name) == 0;

        ones->swept = moved ? ones->swept + 1 : LOOK_AT;
        return moved;
}

/* A look at those that were found: the stale go to the trash, the youngest of the others stays. */
static void look(const struct shelf *shelf, const struct instance_want *want,
                 struct idle_ones *idle)
{
        struct stale_one ones[LOOK_AT];

        for (size_t i = 0; i < idle->n; i++)
                stale_name(&ones[i], want->uid, &idle->instances[i]);
        stale_judge(shelf, ones, idle->n, LOOK_OPEN, true);
        for (size_t i = 0; i < idle->n; i++) {
                struct instance *one = &idle->instances[i];

                if (ones[i].is == STALE_OVER && idle->swept < LOOK_AT) {
                        if (trash(shelf, one->name, idle))
                                records_forget_instance(want->uid, ones[i].mark);
                } else if (ones[i].is != STALE_OVER && !want->per_session &&
                           instance_fits(one, want) &&
                           (idle->best.dir < 0 || one->time > idle->best.time)) {
                        instance_done(&idle->best);
                        idle->best = *one;
                        *one = (struct instance)INSTANCE_NONE;
                }
                instance_done(one);
        }
        idle->n = 0;
        idle->looks++;
}

/*
 * Looks at one name. 1: it is live and wanted, *ret has joined it. 0: it is not, or it was put
 * among the idle ones.
 */
static int consider(struct idle_ones *ones, const char *name, struct instance *ret)
{
        const struct shelf *shelf = ones->shelf;
        const struct instance_want *want = ones->want;
        struct instance instance;
        int r;

        /* what was killed in an open or a close leaves its temporary name behind */
        if (name_is_temporary(name) && ones->swept < LOOK_AT &&
            stale_is_forgotten(shelf->user, name))
                (void)trash(shelf, name, ones);
        if (!name_is_instance(name) || instance_open(shelf->user, name, &instance) < 0)
                return 0;
        r = lock_try(instance.lock, LOCK_EX);
        if (r == -EBUSY && !want->per_session && instance_fits(&instance, want) &&
            instance_hold(shelf->user, &instance, ones->patience) == 0) {
                *ret = instance;
                return 1;
        }
        if (r == 0 && ones->looks < LOOKS)
                ones->instances[ones->n++] = instance;
        else
                instance_done(&instance);
        if (ones->n == LOOK_AT)
                look(shelf, want, ones);
        return 0;
}

int reuse_pick(const struct shelf *shelf, const struct instance_want *want,
               struct patience *patience, struct instance *ret)
{
        _cleanup_(idle_ones_done) struct idle_ones ones = {
                .shelf = shelf, .want = want, .patience = patience, .best = INSTANCE_NONE};
        struct names names;
        const char *name;

        names_begin(&names, shelf->user);
        for (unsigned i = 0; i < NAMES_LIMIT && (name = names_next(&names)); i++)
                if (consider(&ones, name, ret) > 0)
                        return 1;
        if (ones.n > 0)
                look(shelf, want, &ones);
        if (ones.best.dir < 0 || instance_hold(shelf->user, &ones.best, patience) < 0)
                return 0;
        *ret = ones.best;
        ones.best = (struct instance)INSTANCE_NONE;
        return 1;
}
