/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* number: numbers in text (pure) */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * Reads the decimal number that stands between `text` and `end` (one past its last character):
 * digits only, no sign and no blank, and not above max. Returns true with the number in *ret; false
 * when it is no such number, and *ret stays as it was.
 */
bool number_read(const char *text, const char *end, uint64_t max, uint64_t *ret);
