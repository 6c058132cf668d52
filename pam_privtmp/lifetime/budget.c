/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * budget: the time that a look gives to what each user has mounted
 *
 * MUST NOT let one user spend another's share (unit/lifetime/budget.c).
 */
#include <errno.h>

#include "ground/grow.h"
#include "lifetime/budget.h"

static bool is_others(const struct budget *budget, const struct budget_share *share)
{
        return share->owner.is_user && !share->as_guest &&
               !idset_has(budget->uids, share->owner.uid);
}

static uint64_t size_of(const struct budget *budget, const struct budget_share *share)
{
        if (!share->owner.is_user)
                return budget->nobodys;
        if (share->as_guest)
                return budget->guest;
        return is_others(budget, share) ? budget->others : budget->own;
}

static bool is_same(const struct budget_share *one, const struct budget_share *other)
{
        return one->owner.is_user == other->owner.is_user && one->owner.uid == other->owner.uid &&
               one->as_guest == other->as_guest;
}

int budget_start(struct budget *budget, const struct owner *owner, bool as_guest)
{
        struct budget_share *larger, new = {.owner = *owner, .as_guest = as_guest};
        size_t i = 0;

        while (i < budget->n && !is_same(&budget->shares[i], &new))
                i++;
        if (i == budget->n) {
                larger = grow(budget->shares, budget->n, sizeof(*larger));
                if (!larger)
                        return -ENOMEM;
                budget->shares = larger;
                new.left = size_of(budget, &new);
                larger[budget->n++] = new;
        }
        budget->current = i;
        budget->given = budget->shares[i].left;
        if (is_others(budget, &budget->shares[i]) && budget->given > budget->together)
                budget->given = budget->together;
        budget->end = deadline_within_us(budget->all, budget->given);
        return 0;
}

void budget_stop(struct budget *budget)
{
        struct budget_share *share = &budget->shares[budget->current];
        const uint64_t spent = budget->given - deadline_left_us(&budget->end);

        share->left -= spent;
        if (is_others(budget, share))
                budget->together -= spent;
}
