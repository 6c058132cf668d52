/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * look: an instance on any kind of base, and the question who has it mounted
 *
 * For the tests of lifetime/look, which need root, in a throw-away host. The look is made as on
 * Linux 6.1: by /proc. With the argument "listed" it is made as the kernel offers it, by its list
 * of namespaces: tests/host/run -1. What the tests expect is the same, but for those whose names
 * say how they look.
 *
 * Many tests run on each kind of base that the machine has: what mountinfo, statmount() and statx()
 * say differs between them. Disk images are made where there are loop devices and the program that
 * makes the file system.
 */
#pragma once

#include <linux/btrfs.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>

#include "ground/cleanup.h"
#include "host/linux61.h"
#include "kit/ground.h"
#include "lifetime/look.h"
#include "mounts/nsfs.h"
#define PROBE "/run/test-look" /* folder in which has_kind() tries what the machine has */

extern struct scratch scratch;

extern char base_path[PATH_MAX];

extern int base;

extern bool listed; /* by the kernel's list of namespaces; else by /proc */

/*
 * Whose the instances are. By the list all namespaces of this machine are seen: what users of other
 * throw-away hosts have must not matter, so these have uids that nobody else has.
 */
extern uid_t alice, bob;

/* ------------------------------------------------------------------ kinds of bases */

/* Each sets base_path, with nothing there yet, or returns false. */
bool have_plain(const char *folder);

bool have_tmpfs(const char *folder);

bool have_overlay(const char *folder);

/* The base is below a directory that is mounted elsewhere, too. */
bool have_bind(const char *folder);

/* The base itself is a mount. */
bool have_mount(const char *folder);

/* What mountinfo has escaped in its way, and statmount() has not. */
bool have_odd_name(const char *folder);

/* The same, mounted over another such name. */
bool have_odd_bind(const char *folder);

bool have_ext4(const char *folder);

bool have_xfs(const char *folder);

/* A subvolume: statx() gives another device than mountinfo. */
bool have_subvolume(const char *folder);

/* The same, and the subvolume is what is mounted. */
bool have_mounted_subvolume(const char *folder);

enum {
        PLAIN, /* what the host offers */
        TMPFS,
};

enum {
        KINDS = 11, /* of bases */
};

extern bool (*const kinds[KINDS])(const char *folder);

/* Can this machine have that kind of base? */
bool has_kind(size_t kind);

/* ------------------------------------------------------------------ an instance */

#define MARK "1001/abcdef"

const char *in_base(const char *name);

void make_instance(void);

void have_base(int kind);

/* In this machine, whose namespaces the kernel lists, or in one as on Linux 6.1. */
void look_do(struct machine machine);

#define LOOK_TEST(name)                                                                            \
        static void name##_body(int _i);                                                           \
        START_TEST(name)                                                                           \
        {                                                                                          \
                look_do((struct machine){set_up, name##_body, _i});                                \
        }                                                                                          \
        END_TEST                                                                                   \
        static void name##_body(int _i __attribute__((__unused__)))

void set_up_way(void);

void set_up(void);

/* On each kind of base. */
#define BASE_TEST(name)                                                                            \
        static void name##_on_base(void);                                                          \
        static void name##_body(int kind)                                                          \
        {                                                                                          \
                have_base(kind);                                                                   \
                name##_on_base();                                                                  \
        }                                                                                          \
        START_TEST(name)                                                                           \
        {                                                                                          \
                look_do((struct machine){set_up_way, name##_body, _i});                            \
        }                                                                                          \
        END_TEST                                                                                   \
        static void name##_on_base(void)

/* The answer for one; it must be no mere doubt. */
bool ask(const char *mark, enum look_why why);

/* With patience: this machine may be busy. */
bool is_used(void);

/* The answer, though it may be a doubt. */
bool ask_of_all(const char *mark, enum look_why why);

bool is_in_doubt(void);

void mount_name(const char *name);

void nothing(void *arg);

void cover_tmp(void *arg);

void leave(void *arg);

/* What sshd, su and others do: they open the session in the process that closes it. */
void cover_here(void);

void start_child(void *arg);

/* So many children that do nothing, until this process ends. */
void start_sleepers(unsigned n);

/* ------------------------------------------------------------------ clock_gettime, bent */

extern unsigned clock_calls, clock_limit; /* after so many calls a day goes by */

extern unsigned clock_stop; /* at that call ... */

extern void (*at_clock_stop)(void); /* ... this is done */

/* ------------------------------------------------------------------ namespaces and chroots */

/* An fd of a namespace that has the instance, and nobody in it. */
int empty_namespace(void);

void enter(void *arg);

/* In a chroot a task does not see what is mounted outside of it. */
void be_jailed(const void *uid);

void cover_and_be_jailed(void *uid);

/* ------------------------------------------------------------------ what the machine has */

bool may_have_user_namespaces(void);

bool has_program(const char *name);

int pass_over(void *arg, const struct nsfs_entry *entry);

/* Does the kernel list namespaces for this process? */
bool is_listing(void);

/* The exit status of main(); `fill` adds the tests. */
int look_run(const char *name, int argc, char **argv, void (*fill)(Suite *));
