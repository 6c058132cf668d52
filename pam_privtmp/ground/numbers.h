/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* numbers: a set of numbers, sorted (pure) */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

struct numbers {
        uint64_t *numbers;
        size_t n;
};

/* Adds one. 1 if it was there before, 0, or -ENOMEM. */
int numbers_add(struct numbers *numbers, uint64_t number);

static inline void numbers_done(struct numbers *numbers)
{
        free(numbers->numbers);
}
