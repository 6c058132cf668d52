/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* path: paths as we accept them, and what lies within what (pure) */
#pragma once

#include <stdbool.h>

/*
 * Is it an absolute path in the one form that we accept? It begins with "/", has no trailing slash,
 * no empty, "." or ".." component, and fits PATH_MAX. "/" itself is not one.
 */
bool path_is_valid(const char *path);

/* Is `path` the path `top`, or does it lie below it? Both must be valid. */
bool path_is_within(const char *path, const char *top);
