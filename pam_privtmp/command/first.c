/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* first: each base and each private directory of a table once, however many lines name it */
#include <string.h>

#include "command/first.h"

bool first_of_base(const struct table *table, size_t i)
{
        for (size_t j = 0; j < i; j++)
                if (table->lines[j].base && strcmp(table->lines[j].base, table->lines[i].base) == 0)
                        return false;
        return true;
}

bool has_base(const struct table *table, const char *base)
{
        for (size_t i = 0; i < table->n; i++)
                if (table->lines[i].base && strcmp(table->lines[i].base, base) == 0)
                        return true;
        return false;
}

bool first_private(const struct table *table, size_t i)
{
        for (size_t j = 0; j < i; j++)
                if (line_is_private(&table->lines[j]) &&
                    strcmp(table->lines[j].directory, table->lines[i].directory) == 0)
                        return false;
        return line_is_private(&table->lines[i]);
}
