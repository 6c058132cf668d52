/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* check/bases: the bases of a table, and the directories, as they are on disk */
#pragma once

#include "command/check/findings.h"
#include "table/table.h"

/* Can a login use them, and what would it do to others? */
void check_bases(struct findings *findings, const struct table *table);
void check_directories(struct findings *findings, const struct table *table);
