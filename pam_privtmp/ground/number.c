/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* number: numbers in text (pure) */
#include "ground/number.h"

bool number_read(const char *text, const char *end, uint64_t max, uint64_t *ret)
{
        uint64_t number = 0;

        if (text >= end)
                return false;
        for (; text < end; text++) {
                if (*text < '0' || *text > '9')
                        return false;
                if (__builtin_mul_overflow(number, 10u, &number) ||
                    __builtin_add_overflow(number, (uint64_t)(*text - '0'), &number))
                        return false;
        }
        if (number > max)
                return false;
        *ret = number;
        return true;
}
