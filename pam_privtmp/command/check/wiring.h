/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* check/wiring: which PAM services name the module, and where in their stacks */
#pragma once

#include <stdbool.h>

#include "command/check/findings.h"
#include "table/table.h"

/* conf: the table that was read instead of the usual one, or NULL. 0 or -ENOMEM. */
int check_wiring(struct findings *findings, const struct table *table, const char *conf);

/* Does any service name our module? What can't be read does not. */
bool wiring_is_there(void);
