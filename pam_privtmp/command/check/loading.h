/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* check/loading: can a PAM module be loaded? */
#pragma once

#include <stddef.h>

/*
 * Loads a module in a process of its own, as libpam does, and looks for what a session asks of it.
 * Returns 1 if that works, 0 with the reason in text (at most size bytes), or -errno where it could
 * not be tried.
 */
int loading_try(const char *path, char *text, size_t size);
