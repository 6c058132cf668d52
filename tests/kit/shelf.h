/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * shelf: a base on the ground, and instances of alice's and bob's in it
 *
 * For tests that need root, in a throw-away host. A session is a lock held shared; use is a child
 * that has the instance mounted in a namespace of its own.
 */
#pragma once

#include "disk/instance.h"
#include "kit/ground.h"

extern struct scratch scratch; /* is the base */
extern struct heard heard;

/* For /tmp, and for as long as there is a session. */
extern const struct instance_want alices, bobs;

/* A base with nothing in it. */
void shelf_begin(void);

/* BASE/UID, which is made if it is not there. */
int open_user(uid_t uid);

/* One that has a session, until instance_done(), and a file in its root/. */
struct instance make_live(const struct instance_want *want);

/* One without. */
struct instance make_idle(const struct instance_want *want);

/* A path of that user's, below the base; valid until the fourth call from now. */
const char *path_of(uid_t uid, const char *name);

bool is_in_place(uid_t uid, const char *name);

bool is_in_trash(uid_t uid, const char *name);

/* Since when is the instance idle? */
time_t clock_of(uid_t uid, const char *name);

void set_clock(uid_t uid, const char *name, time_t seconds);

/* Mounts the instance of alice's of that name over /tmp, in a namespace of its own. */
void mount_it(void *name);

/* A process that has an instance of alice's mounted. */
pid_t use(struct instance *instance);

/* A record of a process with that number, whose session has an instance of alice's. */
void write_record(int folder, pid_t pid, const struct instance *instance);
