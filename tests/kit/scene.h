/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * scene: a host of its own for one test, and login programs in it
 *
 * After scene_begin() the test is process 1 of new namespaces for mounts and processes: what it
 * mounts and starts is gone when it ends, and PID 1's namespace is its own. It watches, and login
 * programs, which are children, do what it says by login_do(). To be run in a throw-away host
 * (tests/host/run), whose users and log it takes. Needs root.
 *
 *   /srv              empty, root's 0755
 *   /srv/base         the base of SCENE_TABLE; missing
 *   /tmp, /run        empty, mounts of their own; "/" is shared, with nobody outside
 *   /srv/module.so    the module to be tested, if the environment names one (PRIVTMP_MODULE)
 */
#pragma once

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "kit/ground.h"
#include "disk/remove.h"

enum {
        SCENE_FDS = 256,
        SCENE_TEXT = 64 * 1024,
};

#define SCENE_BASE "/srv/base"

#define SCENE_TABLE "/srv/base /tmp *\nnone /tmp 1:999\ninherit /tmp root\n"

#define SCENE_LOG "/run/log/messages"

/* No wait in a test is longer. */
#define SCENE_PATIENCE_MS 120000

/* Is this built with a sanitizer? It needs terabytes of address space, and time. */
#if defined(__SANITIZE_ADDRESS__)
#define SCENE_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SCENE_SANITIZER 1
#endif
#endif

#ifndef SCENE_SANITIZER
#define SCENE_SANITIZER 0
#endif

struct scene_spot {
        dev_t dev;
        ino_t ino;
        uint64_t mount;
};

struct scene_fd {
        int flags; /* FD_CLOEXEC; -1: not open */
        struct scene_spot file;
};

/* All of a process that a session must leave as it was. */
struct scene_state {
        struct scene_fd fds[SCENE_FDS];
        struct scene_spot cwd, root, tmp;
        ino_t ns;
        mode_t umask;
        struct rlimit limits[RLIM_NLIMITS];
        struct sigaction actions[NSIG];
        sigset_t blocked;
        uid_t uids[3];
        gid_t gids[3];
        uint64_t environ;
        bool has_children;
};

/* What a process finds at /tmp. */
struct scene_view {
        struct stat st;
        unsigned long flags; /* ST_* */
        unsigned entries;
};

struct login_call {
        int (*function)(void *);
        void *arg;
};

/* What all processes of a test share. */
struct scene {
        struct scene_state state;
        struct scene_view view;
        struct login_call inner;
        char text[SCENE_TEXT];
        int numbers[16];
        volatile bool flags[4];
};

extern struct scene *scene;

extern char scene_mounts[SCENE_TEXT]; /* process 1's, at the begin */

extern off_t scene_log; /* where the log of this test begins */

/* ------------------------------------------------------------------ files */

/* The text of a file; what does not fit is left out. */
void scene_read(const char *path, char *text, size_t size);

void scene_write(const char *path, const char *text);

void scene_copy(const char *from, const char *to);

/* How many entries a folder has. No assertion: those write to a file, which not all callers can. */
int scene_count(const char *path, unsigned *ret);

/* The same; a missing folder has none. */
unsigned scene_entries(const char *path);

/* The name of the first entry of a folder that does not begin with a dot. */
void scene_first_entry(const char *path, char name[NAME_MAX + 1]);

bool scene_has(const char *path);

/* Calls ask(arg) until it says yes. */
void scene_wait(bool (*ask)(void *), void *arg, const char *what);

/* ------------------------------------------------------------------ the scene */

void scene_mount(const char *source, const char *target, const char *type, unsigned long flags,
                 const char *data);

/* An empty /run that has the log still. */
void scene_make_run(void);

/* Becomes process 1 of a new process namespace. */
void scene_be_first(void);

/* In a mount namespace that nobody outside has a part in. */
void scene_set(void);

void scene_begin(void);

/*
 * The same in the process namespace that the test is in: PID 1 is another process, in a mount
 * namespace of its own. What the test starts is left to the throw-away host.
 */
void scene_begin_beside(void);

/* To be called after the test has mounted something itself. */
void scene_mounted(void);

/* ------------------------------------------------------------------ what the host sees */

unsigned scene_instances(uid_t uid);

/* The one instance of the user: its path. */
void scene_instance(uid_t uid, char path[PATH_MAX]);

/* Makes the user's instances look as if they had been there for long. */
void scene_age(uid_t uid);

/* What sessions left in the trash goes. */
void scene_empty_trash(void);

const char *scene_mounts_now(void);

/* NULL, or that these are not the mounts of the beginning, and the first that differs. */
const char *scene_mounts_left(void);

#define assert_mounts_unchanged() ck_assert_str_eq(scene_mounts_now(), scene_mounts)

/* What a session has left: an instance, whole or half, trash, a mount. NULL: nothing. */
const char *scene_left_but_records(void);

/* The same, records too. */
const char *scene_left(void);

#define assert_nothing_left()                                                                      \
        do {                                                                                       \
                const char *left_ = scene_left();                                                  \
                ck_assert_msg(!left_, "%s", left_);                                                \
        } while (0)

struct scene_marked {
        char *log, marker[64];
        size_t size;
};

bool scene_has_marker(void *arg);

/* What was logged since the begin: all of it, for a line of our own is sent and waited for. */
const char *scene_log_text(void);

#define assert_logged(words)                                                                       \
        do {                                                                                       \
                const char *log_ = scene_log_text();                                               \
                ck_assert_msg(strstr(log_, words), "no \"%s\" in the log:\n%s", words, log_);      \
        } while (0)

#define assert_not_logged(words)                                                                   \
        do {                                                                                       \
                const char *log_ = scene_log_text();                                               \
                ck_assert_msg(!strstr(log_, words), "\"%s\" in the log:\n%s", words, log_);        \
        } while (0)

/* ------------------------------------------------------------------ the state of a process */

/* Asks no file system: one of FUSE may never answer. */
struct scene_spot scene_spot(int fd, const char *path);

uint64_t scene_environ(void);

ino_t scene_ns(void);

/* Opens nothing: there may be no number left. */
void scene_state_take(struct scene_state *state);

bool scene_same_spot(const struct scene_spot *a, const struct scene_spot *b);

/* How two states of a process differ, in words; NULL if they do not. */
const char *scene_fds_differ(const struct scene_state *a, const struct scene_state *b);

/* What must not change even while a session is open. */
const char *scene_processes_differ(const struct scene_state *a, const struct scene_state *b);

const char *scene_states_differ(const struct scene_state *a, const struct scene_state *b);

#define assert_same_(differ, a, b)                                                                 \
        do {                                                                                       \
                const char *words_ = differ((a), (b));                                             \
                ck_assert_msg(!words_, "%s", words_);                                              \
        } while (0)

#define assert_same_fds(a, b) assert_same_(scene_fds_differ, a, b)

#define assert_same_process(a, b) assert_same_(scene_processes_differ, a, b)

#define assert_same_state(a, b) assert_same_(scene_states_differ, a, b)

#define assert_same_spot(a, b) ck_assert(scene_same_spot(&(a), &(b)))

/* What a session keeps open closes itself on exec, and has none of the three lowest numbers. */
void assert_new_fds_are_hidden(const struct scene_state *a, const struct scene_state *b);
