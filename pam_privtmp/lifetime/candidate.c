/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * candidate: which of a user's instances a session can use again, and which are stale
 *
 * MUST NOT end an instance that has a session or is in use (unit/lifetime/candidate.c).
 * MUST leave a temporary name alone until it is old and its lock can be had
 * (unit/lifetime/candidate.c).
 */
#include <limits.h>
#include <stdalign.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "lifetime/candidate.h"
#include "ground/cleanup.h"
#include "lifetime/records.h"
#include "lifetime/stale.h"

enum {
        NAMES_LIMIT = 4096, /* looked at in one open */
        LOOK_AT = 16,       /* instances at once */
        LOOKS = 8,          /* there are more only if somebody wants it */
};

/* Instances without a session, each with its lock held exclusively. */
struct idle_ones {
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
static bool trash(const struct instance_place *place, const char *name, struct idle_ones *ones)
{
        bool moved = stale_trash(place, name) == 0;

        ones->swept = moved ? ones->swept + 1 : LOOK_AT;
        return moved;
}

/* A look at those that were found: the stale go to the trash, the youngest of the others stays. */
static void look(const struct instance_place *place, const struct instance_want *want,
                 struct idle_ones *idle)
{
        struct stale_one ones[LOOK_AT];

        for (size_t i = 0; i < idle->n; i++)
                stale_name(&ones[i], want->uid, &idle->instances[i]);
        stale_judge(place, ones, idle->n, LOOK_OPEN, true);
        for (size_t i = 0; i < idle->n; i++) {
                struct instance *one = &idle->instances[i];

                if (ones[i].is == STALE_OVER && idle->swept < LOOK_AT) {
                        if (trash(place, one->name, idle))
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
static int consider(const struct instance_place *place, const struct instance_want *want,
                    const char *name, struct patience *patience, struct idle_ones *ones,
                    struct instance *ret)
{
        struct instance instance;
        int r;

        /* what was killed in an open or a close leaves its temporary name behind */
        if (name_is_temporary(name) && ones->swept < LOOK_AT &&
            stale_is_forgotten(place->user, name))
                (void)trash(place, name, ones);
        if (!name_is_instance(name) || instance_open(place->user, name, &instance) < 0)
                return 0;
        r = lock_try(instance.lock, LOCK_EX);
        if (r == -EBUSY && !want->per_session && instance_fits(&instance, want) &&
            instance_join(place->user, &instance, patience) == 0) {
                *ret = instance;
                return 1;
        }
        if (r == 0 && ones->looks < LOOKS)
                ones->instances[ones->n++] = instance;
        else
                instance_done(&instance);
        if (ones->n == LOOK_AT)
                look(place, want, ones);
        return 0;
}

int candidate_pick(const struct instance_place *place, const struct instance_want *want,
                   struct patience *patience, struct instance *ret)
{
        _cleanup_(idle_ones_done) struct idle_ones ones = {.best = INSTANCE_NONE};
        alignas(struct dirent64) char entries[2048];
        unsigned names = 0;
        ssize_t n;

        /* not readdir(3): most often there is nothing, and its buffer of 32 KiB is dear */
        while (names < NAMES_LIMIT && (n = getdents64(place->user, entries, sizeof(entries))) > 0) {
                for (ssize_t at = 0; at < n; names++) {
                        const struct dirent64 *entry = (const void *)(entries + at);

                        if (consider(place, want, entry->d_name, patience, &ones, ret) > 0)
                                return 1;
                        at += entry->d_reclen;
                }
        }
        if (ones.n > 0)
                look(place, want, &ones);
        if (ones.best.dir < 0 || instance_join(place->user, &ones.best, patience) < 0)
                return 0;
        *ret = ones.best;
        ones.best = (struct instance)INSTANCE_NONE;
        return 1;
}
