/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * foreign: what is surely ours in a base that no line names
 *
 * Root has given its path, and it may be any folder: what only looks like ours stays.
 */
#pragma once

#include "disk/instance.h"
#include "ground/report.h"

/* As safedir_open_own() without `create`, but what others may enter is told to be no base. */
int foreign_open_base(const char *path, int *ret, struct report *report);

/*
 * As instance_open(): 0 or -errno; and -ESTALE where its links do not say what it is for: asked
 * where nothing but that tells that the folder around it is a base.
 */
int foreign_open_instance(int user, const char *name, struct instance *ret);

/* Is it exactly a name that name_trash() can give, for any user? */
bool foreign_is_trash(const char *name);

/* Is it that, and a folder of root's, closed to others, as an instance's top is? 1, 0 or -errno. */
int foreign_is_tree(int folder, const char *name);
