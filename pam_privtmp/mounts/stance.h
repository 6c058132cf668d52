/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * stance: where this thread is, and every way there and back
 *
 *   CALLER --stance_go_first()--> FIRST      back to where an outer session began
 *   CALLER or FIRST --stance_join()--> JOINED   into the namespace of another session
 *   CALLER or FIRST --stance_make_own()--> OWN  into a copy of where it is
 *   stance_return() from each of them to CALLER; LOST when there was no way back
 *
 * setns(2) loses root and working directory, so they are kept as fds. sshd's user process inherits
 * fds without an exec, also into a chroot: only what is needed is kept (root only of a caller that
 * may be in a chroot, the working directory only if it is not "/").
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "mounts/namespace.h"
#include "ground/report.h"
#include "ground/spot.h"

enum stance_at {
        STANCE_CALLER, /* where the login program was */
        STANCE_FIRST,  /* in PID 1's namespace */
        STANCE_JOINED, /* in the namespace of another session of the user's */
        STANCE_OWN,    /* in a namespace of its own */
        STANCE_LOST,   /* somewhere on a way back that the kernel refused to go to its end */
};

struct stance {
        enum stance_at at;
        struct namespace_id here; /* the namespace of `at` */
        /* where JOINED and OWN were entered from: CALLER or FIRST, and which namespace that is */
        enum stance_at from;
        struct namespace_id origin;
        /* of the caller: its namespace, root (none: the top of that), working directory (none: "/")
         */
        struct kept ns, root, cwd;
        struct namespace_id caller; /* which namespace that is */
        char *path;       /* of cwd, NULL if it has none: deleted, unreachable, too long, "/" */
        bool can_return;  /* ns is kept, and root may enter cwd, without asking a FUSE */
        bool aside;       /* FIRST has the working directory at "/" instead */
        struct spot left; /* cwd as stance_settle() saw it at the end of open */
};

#define STANCE_NONE                                                                                \
        {                                                                                          \
                .ns = KEPT_NONE, .root = KEPT_NONE, .cwd = KEPT_NONE                               \
        }

/*
 * Goes from CALLER to PID 1's namespace, if that is `wanted`, with root and working directory being
 * the very same directories there: FIRST. `aside`: the working directory is left at "/", whoever
 * calls sees to it. Returns 1; 0 when it is not possible: nothing has changed then; or -errno:
 * LOST. Needs CAP_SYS_ADMIN and CAP_SYS_CHROOT, as all that follows.
 */
int stance_go_first(struct stance *stance, const struct namespace_id *wanted, bool aside);

/*
 * Goes on to the namespace behind the fd `ns`, which is `id`, in the same way: JOINED. Returns 1; 0
 * when it can't be entered; -ESTALE when "/" or the working directory is another there, and the
 * thread is back where it was; or another -errno: LOST.
 */
int stance_join(struct stance *stance, int ns, const struct namespace_id *id, bool aside);

/* Goes back from JOINED to where that was entered from. 0, or -errno: LOST. */
int stance_part(struct stance *stance);

/*
 * Calls look() in another namespace, whoever made it, and comes back to where the thread is now,
 * CALLER or FIRST. What look() finds there may be of a user's design: root, working directory and
 * /proc are that namespace's. 0; -errno where it can't be entered, or where the way back is not
 * known to be open: nothing has changed then; LOST where the kernel has refused it all the same.
 */
int stance_visit(struct stance *stance, int ns, void (*look)(void *), void *arg);

/*
 * Leaves the namespace for a copy of it in which everything is slave: what the host mounts shows
 * here, what is mounted here does not show there: OWN. 0, or -errno with the reason in the report:
 * then the thread may be in the copy all the same, and `at` tells.
 */
int stance_make_own(struct stance *stance, struct report *report);

/* Notes the working directory that the session begins with. */
void stance_settle(struct stance *stance);

/*
 * Goes back to CALLER, with root and working directory; the latter stays where it is if somebody
 * moved it since stance_settle(). Returns 0, or -errno. What can be foreseen (an fd that is not
 * ours any more, a working directory that root may not enter) fails before anything has changed; if
 * the kernel refuses fchdir(2) or chroot(2) after setns(2) all the same, it is LOST, and the
 * working directory "/".
 */
int stance_return(struct stance *stance);

/* Sets the working directory to the caller's. 0 or -errno. */
int stance_restore_cwd(const struct stance *stance);

/* Closes what is kept and still is what it was. */
void stance_done(struct stance *stance);
