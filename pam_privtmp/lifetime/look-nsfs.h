/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* look-nsfs: a look by the kernel's list of mount namespaces */
#pragma once

#include "lifetime/sight.h"

/*
 * Reads all namespaces and fills in the answers. 0; -EOPNOTSUPP where the kernel has no list, or
 * not for us; else -errno: all that is not known to be used is in doubt.
 */
int look_nsfs(struct sight *sight);
