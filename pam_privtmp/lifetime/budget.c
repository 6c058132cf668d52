/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * budget: the time that a look gives to what each user has mounted
 *
 * MUST NOT let one user spend another's share (unit/lifetime/budget.c).
 */
#include <errno.h>

#include "ground/grow.h"
#include "lifetime/budget.h"

static bool is_own(const struct budget *budget, uid_t uid)
{
        size_t low = 0, high = budget->n_uids;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (budget->uids[middle] < uid)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low < budget->n_uids && budget->uids[low] == uid;
}

static uint64_t share_of(const struct budget *budget, const struct owner *owner)
{
        if (!owner->is_user)
                return budget->nobodys;
        return is_own(budget, owner->uid) ? budget->own : budget->others;
}

int budget_start(struct budget *budget, const struct owner *owner)
{
        struct budget_share *larger;
        size_t i = 0;

        while (i < budget->n && (budget->shares[i].owner.is_user != owner->is_user ||
                                 budget->shares[i].owner.uid != owner->uid))
                i++;
        if (i == budget->n) {
                larger = grow(budget->shares, budget->n, sizeof(*larger));
                if (!larger)
                        return -ENOMEM;
                budget->shares = larger;
                larger[budget->n++] = (struct budget_share){*owner, share_of(budget, owner)};
        }
        budget->current = i;
        budget->end = deadline_within(budget->all, budget->shares[i].left);
        return 0;
}

void budget_stop(struct budget *budget)
{
        budget->shares[budget->current].left = deadline_left(&budget->end);
}
