/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* grow: arrays that become longer by one element at a time */
#pragma once

#include <stddef.h>
#include <stdlib.h>

/*
 * Room for one more element than the n that are there, in steps that double: 90,000 lines are not
 * copied 90,000 times. Returns the array, NULL (and the old one stays) when memory ran out.
 */
static inline void *grow(void *array, size_t n, size_t size)
{
        if (n != 0 && (n & (n - 1)) != 0)
                return array;
        return reallocarray(array, n ? n * 2 : 1, size);
}
