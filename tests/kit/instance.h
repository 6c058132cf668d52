/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * instance: instances of one user in a base of their own
 *
 * Needs root, in a throw-away host.
 */
#pragma once

#include "disk/instance.h"
#include "kit/ground.h"

extern struct scratch scratch; /* is the base */
extern int user;               /* BASE/UID */
extern struct heard heard;
extern unsigned fds;

extern const struct instance_want wanted;

void set_up(void);

void open_user(void);

void set_up_user(void);

struct instance make(const struct instance_want *want);

/* Makes one, closes it, and opens it again. */
struct instance make_again(const struct instance_want *want);

/* Puts an instance into the trash. 0 or -errno. */
int put(const char *name);

void check_owner(int dir, const char *name, uid_t uid, gid_t gid, mode_t mode);

void check_link(int dir, const char *name, const char *target);

void check_close_on_exec(const struct instance *instance);

/* Could somebody else have the lock like that? */
bool is_free(int dir, const char *name, int operation);

/* ------------------------------------------------------------------ how long it is kept */

struct instance_want wanted_for(unsigned seconds);

#define N(array) ((int)(sizeof(array) / sizeof((array)[0])))
