/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* seek: the mount namespace that has a number and an id */
#pragma once

#include "ground/deadline.h"
#include "mounts/namespace.h"

/*
 * An fd of it, the caller's to close, or -errno; -ENOENT: it is gone. By the kernel's list of
 * namespaces; where there is none, by the tasks: one that nobody is in is not found then. No mounts
 * are read. Without ids it may be a later one that has the number.
 */
int seek_namespace(const struct namespace_id *id, const struct deadline *deadline);
