/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * login: login programs of a scene
 *
 * They are children of the test, and do what it says by login_do().
 */
#pragma once

#include "kit/scene.h"

struct login {
        pid_t pid;
        int channel;
        struct scene_state before; /* for the test to keep */
};

/* This process's end towards who tells it what to do; -1: nobody does. */
extern int login_boss;

/* The life of a login program: it does what it is told. */
void login_serve(int channel);

/* A pair of sockets, away from the numbers that tests count and close. */
void login_socketpair(int ends[2]);

/* Starts a login program. It has a copy of this process's memory, and *scene in common with it. */
struct login login_start(void);

void login_begin(struct login *login, int (*function)(void *), const void *arg);

int login_wait(struct login *login);

/*
 * Runs function(arg) in the login program. arg points to what was there when that was started, to
 * something static, or into *scene.
 */
int login_do(struct login *login, int (*function)(void *), const void *arg);

/* Lets the login program end. */
void login_end(struct login *login);

void login_kill(struct login *login);

/* ------------------------------------------------------------------ programs inside a session */

extern struct login login_child; /* of this process: a login program below the one that is told */

int do_inner_start(void *arg);

/* One that is not a child of the login program's any more: it was sent to the background. */
int do_inner_start_orphan(void *arg);

int do_inner(void *arg);

int do_inner_begin(void *arg);

int do_inner_end(void *arg);

/* Runs function(arg) in the login program's own login program. */
int login_inner(struct login *login, int (*function)(void *), const void *arg);

/* The same without waiting for it. */
void login_inner_begin(struct login *login, int (*function)(void *), const void *arg);

/* ------------------------------------------------------------------ what login programs do */

/* arg of the do_ functions that take a number. */
void *number(int n);

int do_state(void *arg);

int do_view(void *arg);

/* The state of a login program, until the next is asked for. */
const struct scene_state *login_state(struct login *login);

struct scene_view login_view(struct login *login);

/* What a login program reads, until the next is asked for. */
int do_read(void *path);

const char *login_read(struct login *login, const char *path);

int do_has(void *path);

int do_make_file(void *path);

int do_unlink(void *path);

int do_chdir(void *path);

/* For the rest of its life. */
int do_become(void *arg);

/* In a namespace of its own, so that others still have it. */
int do_hide_proc(void *arg);
