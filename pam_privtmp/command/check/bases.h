/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* check/bases: the bases of a table, and the directories, as they are on disk */
#pragma once

#include "command/check/findings.h"
#include "table/table.h"

/* Can a login use the bases, and what would it do to others? Needs root to see them. */
void check_bases(struct findings *findings, const struct table *table);

/* Can a login cover the directories? */
void check_directories(struct findings *findings, const struct table *table);

/* Bases that no line names any more, and that have something left (known.h). 0 or -ENOMEM. */
int check_old_bases(struct findings *findings, const struct table *table);
