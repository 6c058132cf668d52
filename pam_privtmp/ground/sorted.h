/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sorted: arrays whose elements are sorted by a number (pure)
 *
 * Each element begins with that number, a uint64_t.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The number that an element begins with. */
static inline uint64_t sorted_number(const void *element)
{
        uint64_t number;

        memcpy(&number, element, sizeof(number));
        return number;
}

/* For qsort(3). Returns what that wants: a number below, at or above 0. */
static inline int sorted_compare(const void *a, const void *b)
{
        uint64_t x = sorted_number(a), y = sorted_number(b);

        return x < y ? -1 : x > y;
}

/* Returns where the first element with that number is, or where it belongs: n at the most. */
static inline size_t sorted_find(const void *array, size_t n, size_t size, uint64_t number)
{
        size_t low = 0, high = n;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (sorted_number((const char *)array + middle * size) < number)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}
