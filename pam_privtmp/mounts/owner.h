/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* owner: whose is a namespace? */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/*
 * Who has to bear the consequences of what can't be told about a namespace or a process: one user,
 * or everybody (root, or nobody knows whom).
 */
struct owner {
        bool is_user;
        uid_t uid; /* of the user; never 0 */
};

/*
 * The number of this thread's user namespace, for the calls below; it does not change while the
 * thread stays there. 0 where it can't be had: then nothing is any user's.
 */
ino_t owner_begin(void);

/*
 * Whose is the mount namespace behind the fd? It belongs to a user namespace; of those that lie
 * between that one and ours, `own`, the topmost was made by the user who answers for all below it,
 * whatever uids they use there (user_namespaces(7), subuid(5)). One that belongs to our own user
 * namespace is nobody's in particular, and so is one that root has made. By ioctl_ns(2).
 */
struct owner owner_of_mounts(int fd, ino_t own);

/* The same for the user namespace behind the fd. */
struct owner owner_of_users(int fd, ino_t own);
