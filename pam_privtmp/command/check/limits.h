/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* check/limits: size= and nr_inodes=: are they meant, and can they be put in force? */
#pragma once

#include "command/check/findings.h"
#include "table/table.h"

/* Needs root to enter the bases; without it that is told as not looked at. */
void check_limits(struct findings *findings, const struct table *table);
