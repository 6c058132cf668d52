/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * join: two sessions, of which one may enter the namespace of the other
 *
 * A session is opened by session_open() itself, in a program that has this room in it, and what is
 * said is looked at. The test may hide from it what older kernels and containers do not have: see
 * kit/fault.
 */
#pragma once

#include "kit/fault.h"
#include "kit/login.h"
#include "mounts/namespace.h"

/* ------------------------------------------------------------------ what a login program does */

#define RECORDS "/run/privtmp"

/* How a login program sees the world; all processes of a test share it. */
struct seen {
        struct namespace_id ns;
        struct scene_spot tmp, cwd;
        unsigned covers; /* mounts on /tmp */
        struct login_call deeper;
};

extern struct seen *seen;

/* What is said is in scene->text afterwards. */
int do_join_open(void *user);

/* The answer is how much was said above debug. */
int do_join_close(void *arg);

int do_look(void *arg);

struct seen look(struct login *login);

int do_mkdir(void *path);

int do_rmdir(void *path);

int do_unshare(void *arg);

/* As systemd's PrivateMounts= or a container does it. */
int do_unshare_shared(void *arg);

/* A file system that only this namespace has. */
int do_hide_dir(void *arg);

/* Enters the namespace of the process. */
int do_enter(void *pid);

/* ------------------------------------------------------------------ two sessions */

void set_up(void);

/* A login program that has done that. */
struct login caller(int (*function)(void *), const void *arg);

/* What waits for a file system that does not answer waits for ever. */
int promptly(struct login *login, int (*function)(void *), const void *arg);

/* It must go well, without a word above debug. */
void open_as(struct login *login, const char *user);

struct login first_session(void);

void close_session(struct login *login);

bool is_same_file(struct scene_spot a, struct scene_spot b);

/* Has it a namespace of its own, with the same instance, and is that the reason? */
void assert_apart(struct login *login, const struct seen *other, const char *why);

void joins(struct login *login, const struct seen *other);

void stays_apart(struct login *login, const struct seen *other, const char *why);

/* A second session from where the first was opened, which stays apart; then both end. */
void second_stays_apart(struct login *first, const struct seen *was, const char *why);

/* ------------------------------------------------------------------ records that are not true */

/* The one record that there is: it is taken away. */
struct record take_record(void);

void put_record(const struct record *record);

/* A process in the first session that has done that. */
struct seen start_inside(struct login *first, int (*function)(void *), pid_t *pid);

/* ------------------------------------------------------------------ openers */

/* The keeper has ended: a session finds and ends what is left. */
void assert_next_session_cleans(void);

/* ------------------------------------------------------------------ covers */

int do_cover(void *arg);
