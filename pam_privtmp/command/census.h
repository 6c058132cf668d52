/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* census: which mount namespaces there are, and how many */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "ground/deadline.h"
#include "mounts/namespace.h"

/*
 * Which ones there are, in no order; *ret is the caller's to free. Where the kernel does not tell,
 * the numbers of those that tasks are in (proc.h), without ids. 0 or -errno.
 */
int census_alive(struct namespace_id **ret, size_t *n, const struct deadline *deadline);

/*
 * How many belong to this thread's user namespace: they count for whoever made them there, which
 * for sessions is root (namespaces(7), /proc/sys/user/max_mnt_namespaces). Where the kernel does
 * not list them, those that nobody is in are missing. 0 or -errno.
 */
int census_count(const struct deadline *deadline, uint64_t *ret);
