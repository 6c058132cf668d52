/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* check/groups: whom the groups of private directories let in */
#pragma once

#include "command/check/findings.h"
#include "table/table.h"

/*
 * Of each group that can write somebody's instance: does anybody else belong to it? Such a user
 * needs to be in the owner's session, by su or sudo, to get there. 0 or -ENOMEM.
 */
int check_groups(struct findings *findings, const struct table *table);
