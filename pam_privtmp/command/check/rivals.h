/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* check/rivals: other modules that give the user another /tmp */
#pragma once

#include "command/check/findings.h"
#include "command/check/stack.h"
#include "table/table.h"

/* Warns of those in a stack that has ours; of pam_namespace if it has one of our directories. */
void check_rivals(struct findings *findings, const struct table *table, const struct stack *stack);
