/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* share: a system directory, and shares that are taken from it and put into what covers it */
#pragma once

#include "kit/fuse.h"
#include "kit/ground.h"
#include "session/share.h"

#define SYSTEM "/run/tmp" /* the system directory, which a session covers */

extern struct scratch scratch; /* the base */
extern struct heard heard;
extern int root; /* of the instance */
extern int system_fd;
extern struct line line;
extern struct share_list list;

void set_up(void);

/* ------------------------------------------------------------------ the system directory */

void give(const char *name, uid_t owner);

void make_file(const char *name, uid_t owner);

void make_folder(const char *name, uid_t owner);

int make_socket(const char *name, uid_t owner);

/* ------------------------------------------------------------------ take and put */

void parse(const char *options);

void take(const char *options);

bool has(const char *name);

/* Covers the directory and binds what was taken. Returns an O_PATH fd of what covers it. */
int cover(void);

/* Is the entry in the private directory the one that the system directory has? */
bool is_bound(const char *name);

bool said(const char *text);
