/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check/mend: what to do about a base that can't be used
 *
 * Who obeys takes nothing from anybody: what others may use is to be left as it is, and another
 * base named.
 */
#pragma once

#include <stdbool.h>

#include "table/table.h"

/* The advice, by the error that safedir_open_own() gave for the base. */
const char *mend_base(const struct table *table, const char *base, int error);

/* Whoever has such a directory for themselves finds nothing there that a session needs. */
bool mend_is_needed(const char *directory);
