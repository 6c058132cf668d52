/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* check/names: directories and bases that have two names, by bind mounts */
#pragma once

#include "command/check/findings.h"
#include "table/table.h"

/*
 * Another name of a directory stays the system's in a session; a base of two names is cleaned
 * twice, and one that lies in a directory is seen there. 0 or -ENOMEM.
 */
int check_other_names(struct findings *findings, const struct table *table);
