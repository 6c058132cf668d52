/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* usage: what a private directory takes, in bounded time (the command's) */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "ground/deadline.h"

struct usage {
        uint64_t bytes, inodes;
        bool partial; /* there is more: the time was up, or the tree too deep */
};

/*
 * Adds up what is below `name` in the directory `parent`: blocks in use, hard links each time. No
 * symbolic link is followed and no other mount entered. What goes away meanwhile is passed over.
 */
void usage_add(int parent, const char *name, const struct deadline *deadline, struct usage *ret);
