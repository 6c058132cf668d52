/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * budget: the time that a look gives to what each user has mounted
 *
 * MUST NOT let one user spend another's share (unit/lifetime/budget.c).
 */
#include <errno.h>

#include "ground/grow.h"
#include "lifetime/budget.h"

static bool is_others(const struct budget *budget, const struct owner *owner)
{
        return owner->is_user && !idset_has(budget->uids, owner->uid);
}

static uint64_t share_of(const struct budget *budget, const struct owner *owner)
{
        if (!owner->is_user)
                return budget->nobodys;
        return is_others(budget, owner) ? budget->others : budget->own;
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
        budget->given = budget->shares[i].left;
        if (is_others(budget, owner) && budget->given > budget->together)
                budget->given = budget->together;
        budget->end = deadline_within_us(budget->all, budget->given);
        return 0;
}

void budget_stop(struct budget *budget)
{
        struct budget_share *share = &budget->shares[budget->current];
        const uint64_t spent = budget->given - deadline_left_us(&budget->end);

        share->left -= spent;
        if (is_others(budget, &share->owner))
                budget->together -= spent;
}
