/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* first: each base and each private directory of a table once, however many lines name it */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "table/table.h"

/* Is line i, which has a base, the first one with that base? */
bool first_of_base(const struct table *table, size_t i);

/* Does any line name the base? */
bool has_base(const struct table *table, const char *base);

/* Is it the first of the lines that make its directory private? */
bool first_private(const struct table *table, size_t i);
