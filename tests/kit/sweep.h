/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sweep: a sweep of a shelf, and what it tells */
#pragma once

#include "command/sweep.h"
#include "kit/shelf.h"

extern char told[16 * 1024]; /* what was found, a name a line */

void set_up(void);

/* ------------------------------------------------------------------ the sweep */

void note(void *arg, const char *base, const char *name);

int sweep_it(bool dry);

void sweep(void);

/* Was it told of, and how many in all? */
bool was_told(const char *path);

unsigned times_told(void);
