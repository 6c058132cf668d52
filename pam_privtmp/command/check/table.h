/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* check/table: the lines of the table, each and together */
#pragma once

#include "command/check/findings.h"
#include "table/table.h"

/*
 * Reads the table, conf alone if that is not NULL, and finds its faults, names that nobody has, and
 * what it does to root. 0 with *ret, the lines that are good, for the caller to free; or -ENOMEM.
 */
int check_table(struct findings *findings, const char *conf, struct table **ret);
