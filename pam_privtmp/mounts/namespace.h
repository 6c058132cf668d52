/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* namespace: mount namespaces, and which one this is */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Says which namespace. Numbers are used again at once, ids never (Linux 6.12; before it 0). */
struct namespace_id {
        ino_t number;
        uint64_t id;
};

/* That of this thread, and that of PID 1. */
#define NAMESPACE_OWN   "/proc/thread-self/ns/mnt"
#define NAMESPACE_FIRST "/proc/1/ns/mnt"

/* The user namespace of this thread. */
#define NAMESPACE_USER "/proc/thread-self/ns/user"

/*
 * Opens one of the above and tells which it is (fstat(2), ioctl_nsfs(2) NS_GET_MNTNS_ID). *ret is
 * the caller's to close, and may be NULL. -EACCES: PID 1's, in some containers.
 */
int namespace_open(const char *path, struct namespace_id *id, int *ret);

/* Which one is behind the fd? 0 or -errno. */
int namespace_identify(int fd, struct namespace_id *ret);

/*
 * The same for this thread's own. A security policy may refuse the file to a login program: that is
 * no error. *ret stays as it is then, and the id has the number, if that may be asked for, else 0.
 */
int namespace_own(struct namespace_id *id, int *ret);

/* Is this thread in PID 1's? False also where that can't be told. */
bool namespace_is_first(void);

/* Is it the one this thread is in? */
bool namespace_is_own(const struct namespace_id *id);

/* Have both the same number and the same id? */
bool namespace_is_same(const struct namespace_id *a, const struct namespace_id *b);

/* Does the namespace behind the fd belong to this thread's user namespace (ioctl_nsfs(2))? */
bool namespace_is_ours(int fd);

/* Is "/" the top of a mount? In a chroot it need not be, and then no mount below it can be slave.
 */
bool namespace_is_rooted(void);
