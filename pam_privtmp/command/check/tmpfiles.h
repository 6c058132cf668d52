/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* check/tmpfiles: rules of tmpfiles.d(5) that do not go together with a table */
#pragma once

#include "command/check/findings.h"
#include "table/table.h"

/* 0 or -ENOMEM. */
int check_tmpfiles(struct findings *findings, const struct table *table);
