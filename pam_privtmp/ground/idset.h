/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* idset: a set of ids or numbers, sorted (pure) */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

struct idset {
        uint64_t *ids; /* rising */
        size_t n;
};

/* Adds one. 1 if it was there before, 0, or -ENOMEM. */
int idset_add(struct idset *set, uint64_t number);

/* Is it in the set? */
bool idset_has(const struct idset *set, uint64_t number);

/* Releases what it has. */
static inline void idset_done(struct idset *set)
{
        free(set->ids);
}
