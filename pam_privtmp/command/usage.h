/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* usage: what a private directory takes, in bounded time */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct usage {
        uint64_t bytes, inodes;
        bool partial; /* there is more: the time was up, the tree too deep, or it hangs */
};

/*
 * Adds up what is below `name` in the directory `parent`: blocks in use, hard links each time. No
 * symbolic link is followed and no other mount entered. What goes away meanwhile is passed over.
 *
 * The owner can hold the lock of a directory there for ever: so a child process counts. 0;
 * -ETIMEDOUT when it hangs, and stays until the owner lets go; or -errno. *ret is what was counted.
 */
int usage_count(int parent, const char *name, struct usage *ret);
