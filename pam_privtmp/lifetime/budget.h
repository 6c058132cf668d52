/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* budget: the time that a look gives to what each user has mounted */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "ground/deadline.h"
#include "ground/idset.h"
#include "mounts/owner.h"

/*
 * Time of this thread's own, in microseconds: what other processes take does not count. Each user
 * has a share, and so has all that is nobody's in particular: who needs long spends their own. A
 * user who is a guest there, by a process, has one more, which bounds nobody else's.
 */
struct budget {
        uint64_t nobodys;           /* for all that is no single user's */
        uint64_t own;               /* for each user whom the look is about */
        uint64_t others;            /* for any other */
        uint64_t together;          /* for all those others together */
        uint64_t guest;             /* for each user in what is nobody's in particular */
        const struct idset *uids;   /* of those whom it is about; borrowed */
        const struct deadline *all; /* for everything together; borrowed */
        struct budget_share {
                struct owner owner;
                bool as_guest;
                uint64_t left;
        } * shares;
        size_t n;
        size_t current; /* share that is being spent */
        uint64_t given; /* of it at the most, in this reading */
        struct deadline end;
};

/*
 * Begins to spend that owner's share, or the one that the user has as a guest; budget->end is when
 * it is over, which may be at once. 0 or -ENOMEM.
 */
int budget_start(struct budget *budget, const struct owner *owner, bool as_guest);

/* What was spent since budget_start() is taken off the share. */
void budget_stop(struct budget *budget);

/* Releases what it has. */
static inline void budget_done(struct budget *budget)
{
        free(budget->shares);
}
