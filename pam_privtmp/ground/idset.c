/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* idset: a set of ids or numbers, sorted (pure) */
#include <errno.h>
#include <string.h>

#include "ground/grow.h"
#include "ground/idset.h"
#include "ground/sorted.h"

static size_t find(const struct idset *set, uint64_t number)
{
        return sorted_find(set->ids, set->n, sizeof(*set->ids), number);
}

int idset_add(struct idset *set, uint64_t number)
{
        size_t at = find(set, number);
        uint64_t *larger;

        if (at < set->n && set->ids[at] == number)
                return 1;
        larger = grow(set->ids, set->n, sizeof(*larger));
        if (!larger)
                return -ENOMEM;
        set->ids = larger;
        memmove(set->ids + at + 1, set->ids + at, (set->n - at) * sizeof(*set->ids));
        set->ids[at] = number;
        set->n++;
        return 0;
}

bool idset_has(const struct idset *set, uint64_t number)
{
        size_t at = find(set, number);

        return at < set->n && set->ids[at] == number;
}
