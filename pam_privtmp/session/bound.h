/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bound: the places of shares in the private directory, and what is bound there */
#pragma once

#include "ground/spot.h"

/*
 * What is mounted on the place of that name below `top`, and which file it is: an O_PATH fd, the
 * caller's to close, or -errno; -ENOENT: nothing. What is mounted is in the kernel's cache, and
 * nothing else is looked for: the user may hold the lock of the directory for ever.
 */
int bound_open(int top, const char *name, struct spot *ret);

/* The place itself, if nothing is mounted on it: an O_PATH fd, the caller's to close, or -errno. */
int bound_open_place(int top, const char *name);
