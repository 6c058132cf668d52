/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* numbers: a set of numbers, sorted (pure) */
#include <errno.h>
#include <string.h>

#include "ground/grow.h"
#include "ground/numbers.h"

/* Where the number is, or belongs. */
static size_t find(const struct numbers *numbers, uint64_t number)
{
        size_t low = 0, high = numbers->n;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (numbers->numbers[middle] < number)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

int numbers_add(struct numbers *numbers, uint64_t number)
{
        size_t at = find(numbers, number);
        uint64_t *larger;

        if (at < numbers->n && numbers->numbers[at] == number)
                return 1;
        larger = grow(numbers->numbers, numbers->n, sizeof(*larger));
        if (!larger)
                return -ENOMEM;
        numbers->numbers = larger;
        memmove(numbers->numbers + at + 1, numbers->numbers + at,
                (numbers->n - at) * sizeof(*numbers->numbers));
        numbers->numbers[at] = number;
        numbers->n++;
        return 0;
}
