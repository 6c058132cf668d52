/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cover: an instance and a directory that it may cover
 *
 * Needs root, in a throw-away host.
 */
#pragma once

#include "kit/ground.h"
#include "mounts/cover.h"
#include "table/line.h"

#define DIRECTORY "/run/test-cover" /* is covered */
#define OTHER     "/run/test-cover-other"
#define SECRET    "/run/test-cover-secret" /* only root can read it */
#define MARK      "1001/abcdef"

enum {
        ALL = FLAG_NOEXEC | FLAG_NOSUID | FLAG_NODEV,
};

extern struct scratch scratch; /* the base */
extern struct heard heard;
extern int root; /* of the instance */

void set_up(void);

int open_path(const char *path);

bool sees_instance(void);

bool sees_system(void);

int clone_it(unsigned flags);

extern const struct cover_memory small;

int make_memory(unsigned flags);

extern int (*const makers[])(unsigned flags);

/* Covers the directory with it. */
void put(int tree, const char *path);

/* The mount table of this namespace, as text. */
void read_mounts(char *text, size_t size);

extern char before[64 * 1024], after[64 * 1024];
