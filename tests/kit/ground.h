/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ground: a real base to test on, and children with mounts of their own
 *
 * For tests of single rooms that need root and mounts, in a throw-away host (tests/host/run).
 */
#pragma once

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/loop.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ground/cleanup.h"
#include "kit/scratch.h"

/* Whatever the host has there: an overlay, a tmpfs, a disk. */
#define GROUND "/var/lib/privtmp"

enum {
        ALICE = 1001,
        BOB = 1002,
};

/* ------------------------------------------------------------------ files */

/* A system call that the test can't do without; returns what it returned. */
#define must(call) must_(call, #call)

int must_(int r, const char *call);

/* A folder for one test, root's 0700. It is left to the host. */
void ground_make(struct scratch *scratch);

int make_dir(int dir, const char *name, mode_t mode);

void write_file(int dir, const char *name, const char *text);

/* Writes to a file of /proc. */
void write_proc(int dir, const char *name, const char *text);

bool is_there(int dir, const char *name);

void set_mtime(int dir, const char *name, time_t seconds_ago);

/* The number of entries of a directory. */
unsigned count_entries(int dir);

/* The number of fds that this process has open. */
unsigned count_fds(void);

/*
 * Mounts a new file system of that type on the folder. False where there is no loop device, or no
 * program to make it. Beside the folder are left FOLDER.image and the like.
 */
bool mount_image(const char *folder, const char *type);

/* Has this machine disk images with that file system? What is not there is not tested. */
bool has_images(const char *type);

/* ------------------------------------------------------------------ processes */

/* A mount namespace of its own: nothing that is mounted there comes from or goes to others. */
void own_mounts(void);

/* One as a session has: what is mounted outside comes in. */
void own_slave_mounts(void);

/* Is that user from now on. */
void become(uid_t uid);

/* Namespaces of its own, and root there, as unshare -Urm makes it. */
void own_users(uid_t uid);

void become_root_of_own(uid_t uid);

/* Has that capability (CAP_*) no more. */
void drop_capability(unsigned capability);

/* Starts a child that has done `body` when this returns, and lives until child_end(). */
pid_t child_start(void (*body)(void *arg), void *arg);

void child_end(pid_t pid);

/* Does `body` in a child, which must end well. */
void child_do(void (*body)(void *arg), void *arg);

struct machine {
        void (*set_up)(void);
        void (*body)(int i);
        int i;
};

void machine_run(void *arg);

/*
 * Does it in a machine of its own: with its own PID 1, whose namespace it is in, and a "/" that is
 * shared with nobody outside. All that is mounted or started there is gone when this returns.
 */
void machine_do(struct machine machine);

/* A test in a machine of its own, after set_up(); _i is as in Check's loop tests. */
#define MACHINE_TEST(name)                                                                         \
        static void name##_body(int _i);                                                           \
        START_TEST(name)                                                                           \
        {                                                                                          \
                machine_do((struct machine){set_up, name##_body, _i});                             \
        }                                                                                          \
        END_TEST                                                                                   \
        static void name##_body(int _i __attribute__((__unused__)))
