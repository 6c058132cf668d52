/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * caller: the namespace, root and working directory that the login program had before us
 *
 * setns(2) loses root and working directory, so they are kept as fds. sshd's user process inherits
 * fds without an exec, also into a chroot: only what is needed is kept (root only of a caller that
 * may be in a chroot, the working directory only if it is not "/"), with numbers of 3 and above,
 * and an fd is used only while it still is what it was.
 */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <sys/types.h>

#include "mounts/namespace.h"
#include "ground/report.h"
#include "ground/spot.h"

struct caller {
        struct kept ns;
        struct kept root; /* fd -EBADF: the top of the namespace */
        struct kept cwd;  /* fd -EBADF: "/" */
        struct namespace_id id;
        char *path;      /* of cwd, NULL if it has none: deleted, unreachable, too long, "/" */
        bool can_return; /* root may enter cwd, without asking a FUSE file system */
        struct spot left; /* cwd as caller_note_cwd() saw it at the end of open */
};

#define CALLER_NONE                                                                                \
        {                                                                                          \
                .ns = KEPT_NONE, .root = KEPT_NONE, .cwd = KEPT_NONE                               \
        }

/* Saves where the thread is; *ret is to be released by caller_done(). Changes nothing. */
int caller_save(struct caller *ret, struct report *report);

/* Notes the working directory that the session begins with. */
void caller_note_cwd(struct caller *caller);

/*
 * Goes back to the saved namespace, root and working directory; the latter stays where it is if
 * somebody moved it since caller_note_cwd(). Needs CAP_SYS_ADMIN and CAP_SYS_CHROOT. Returns 0, or
 * -errno. What can be foreseen (an fd that is not ours any more, a working directory that root may
 * not enter) fails before anything has changed; if the kernel refuses fchdir(2) or chroot(2) after
 * setns(2) all the same, the working directory is "/".
 */
int caller_return(struct caller *caller);

/*
 * Goes to PID 1's namespace, if that is `wanted`, with root and working directory being the very
 * same directories there. `aside`: the working directory is left at "/", the caller sees to it.
 * Returns 1, 0 when it is not possible: nothing has changed then, or -errno when there was no way
 * back from it.
 */
int caller_enter_first(const struct caller *caller, const struct namespace_id *wanted, bool aside);

/*
 * Goes to another namespace in the same way. Returns 1, 0 when nothing has changed, or -errno: then
 * caller_leave() goes back.
 */
int caller_enter(const struct caller *caller, int ns, bool aside);

/*
 * Goes back from there: to the saved namespace, or, if `first` is not NULL, to PID 1's, which is
 * that, as caller_enter_first() did with the same `aside`. 0, or -errno when there is no way back.
 */
int caller_leave(const struct caller *caller, const struct namespace_id *first, bool aside);

/* Sets the working directory to the saved one. */
int caller_restore_cwd(const struct caller *caller);

void caller_done(struct caller *caller);
