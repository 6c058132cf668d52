/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* safe: a folder below a path that only root can change, and the ways into it */
#pragma once

#include "kit/scratch.h"

#define LENGTH(array) ((int)(sizeof(array) / sizeof((array)[0])))

extern struct scratch scratch;
extern struct heard heard;

void setup(void);

void teardown(void);

const char *path(const char *name);

void make_node(const char *name, mode_t mode, dev_t dev);

void give_away(const char *name);

/* The fault, the scratch folder's path in it written as "@". */
const char *fault(void);

/* ------------------------------------------------------------------ the four ways in */

/* Each takes a path below the scratch folder, and releases what it gets. */
int way_open(const char *name);

int open_own(const char *name, bool create);

int way_open_own(const char *name);

int way_create_own(const char *name);

int way_read(const char *name);

int way_list(const char *name);

struct way {
        int (*go)(const char *name);
        mode_t type; /* of what it wants to find */
};

enum {
        WAYS = 5,
};

extern const struct way ways[WAYS];

/* What the way wants, so that only the path to it can be wrong. */
void make_goal(int way, const char *name);
