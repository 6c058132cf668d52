/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * stance: where this thread is, and every way there and back
 *
 * MUST NOT send a process to "/" or anywhere else than it was (unit/mounts/stance.c).
 * MUST NOT ask a user's FUSE file system: it may never answer (unit/mounts/stance-enter.c).
 * MUST NOT go on when "/" can't be made slave: the mount would show on the whole host
 * (module/session.c).
 */
#include <sched.h>
#include <sys/mount.h>

#include "mounts/stance.h"
#include "ground/cleanup.h"
#include "ground/missing.h"
#include "mounts/mounts.h"
#include "ground/safedir.h"

/* The working directory of the caller, in the namespace that the thread has just entered. */
static int enter_cwd(const struct stance *stance)
{
        _cleanup_close_ int fd = -EBADF;
        struct spot there, here;

        if (!stance->path)
                return -ENOENT;
        fd = safedir_open_cached(stance->path);
        if (fd < 0)
                return fd;
        if (spot_of(fd, &there) < 0 || spot_of(stance->cwd.fd, &here) < 0 ||
            !spot_is_same_file(&there, &here))
                return -ESTALE;
        return fchdir(fd) < 0 ? -errno : 0;
}

/*
 * Is root the top of the caller's namespace? In a chroot to a bind mount of the top "/" is the same
 * directory, and only the mount is another. Who has come to another namespace has been asked. 1, 0
 * when it can't be told, or -errno; then the thread may be at the top.
 */
static int check_top(const struct stance *stance, const struct spot *root)
{
        struct spot top;

        if (stance->root.fd < 0 || !namespace_is_own(&stance->caller))
                return 1;
        if (setns(stance->ns.fd, CLONE_NEWNS) < 0)
                return 0;
        return spot_of_root(&top) == 0 && spot_is_same(root, &top) ? 1 : -ENOTSUP;
}

/*
 * setns(2), if root and working directory are the very same directories there. 1, 0 when nothing
 * has changed, or -errno: then the thread may be there.
 */
static int go(const struct stance *stance, int ns, bool aside)
{
        struct spot before, after;
        int r;

        if (!stance->can_return || spot_of_root(&before) < 0)
                return 0;
        r = check_top(stance, &before);
        if (r > 0 && setns(ns, CLONE_NEWNS) < 0)
                return stance->root.fd < 0 ? 0 : -errno;
        if (r <= 0)
                return r;
        /* a chroot is not to be left: "/" must be the same directory there */
        if (spot_of_root(&after) < 0 || !spot_is_same_file(&before, &after))
                return -ENOTSUP;
        return aside || stance->cwd.fd < 0 || enter_cwd(stance) == 0 ? 1 : -ENOTSUP;
}

/* What is not kept need not be valid. */
static bool can_restore(const struct stance *stance)
{
        return (stance->root.fd < 0 || kept_is_valid(&stance->root)) &&
               (stance->cwd.fd < 0 || kept_is_valid(&stance->cwd));
}

/*
 * setns(2) to the caller's namespace, with root as it was saved, and cwd, unless that is negative:
 * then it is "/". What can be known before anything is changed is known.
 */
static int go_back(struct stance *stance, int cwd)
{
        if (!can_restore(stance))
                return -EBADF;
        if (setns(stance->ns.fd, CLONE_NEWNS) < 0)
                return -errno;
        stance->at = STANCE_LOST;
        if (stance->root.fd >= 0 && (fchdir(stance->root.fd) < 0 || chroot(".") < 0))
                return -errno;
        if (cwd >= 0 && fchdir(cwd) < 0)
                return -errno;
        stance->at = stance->from = STANCE_CALLER;
        stance->here = stance->origin = stance->caller;
        return 0;
}

/* From a place that is none to stay in; without a way back there is no other. */
static int retreat(struct stance *stance)
{
        int r = go_back(stance, stance->cwd.fd);

        if (r < 0)
                stance->at = STANCE_LOST;
        return r;
}

/* To PID 1's namespace, if it is that. As go(). */
static int go_to_first(const struct stance *stance, const struct namespace_id *wanted, bool aside)
{
        _cleanup_close_ int fd = -EBADF;
        struct namespace_id first;

        if (namespace_open(NAMESPACE_FIRST, &first, &fd) < 0 || !namespace_is_same(&first, wanted))
                return 0;
        return go(stance, fd, aside);
}

int stance_go_first(struct stance *stance, const struct namespace_id *wanted, bool aside)
{
        int r = go_to_first(stance, wanted, aside);

        if (r < 0)
                return retreat(stance);
        if (r > 0) {
                stance->at = stance->from = STANCE_FIRST;
                stance->here = stance->origin = *wanted;
                stance->aside = aside;
        }
        return r;
}

int stance_join(struct stance *stance, int ns, const struct namespace_id *id, bool aside)
{
        int r = go(stance, ns, aside);

        if (r == 0)
                return 0;
        stance->at = STANCE_JOINED;
        stance->here = *id;
        if (r > 0)
                return 1;
        r = stance_part(stance);
        return r < 0 ? r : -ESTALE;
}

int stance_part(struct stance *stance)
{
        if (stance->from == STANCE_CALLER)
                return retreat(stance);
        if (go_to_first(stance, &stance->origin, stance->aside) <= 0) {
                stance->at = STANCE_LOST;
                return -ENOTSUP;
        }
        stance->at = STANCE_FIRST;
        stance->here = stance->origin;
        return 0;
}

int stance_visit(struct stance *stance, int ns, void (*look)(void *), void *arg)
{
        const struct namespace_id origin = stance->origin;
        const bool in_first = stance->at == STANCE_FIRST;
        int r;

        if (!stance->can_return || !kept_is_valid(&stance->ns) || !can_restore(stance))
                return -ENOTSUP;
        if (setns(ns, CLONE_NEWNS) < 0)
                return -errno;
        look(arg);
        r = retreat(stance);
        if (r == 0 && in_first && stance_go_first(stance, &origin, stance->aside) <= 0)
                r = -ENOTRECOVERABLE;
        if (r < 0)
                stance->at = STANCE_LOST;
        return r;
}

int stance_make_own(struct stance *stance, struct report *report)
{
        struct mount_attr slave = {.propagation = MS_SLAVE};
        int r;

        /* alone: with other flags a failure could leave root and cwd behind (CVE-2026-43472) */
        if (unshare(CLONE_NEWNS) < 0)
                return report_errno(report, -errno, "can't leave the shared mount namespace");
        stance->at = STANCE_OWN;
        if (mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &slave, sizeof(slave)) < 0)
                return report_errno(report, -errno, "can't make the mounts slave");
        r = namespace_own(&stance->here, NULL);
        return r < 0 ? report_errno(report, r, "can't tell the session's namespace") : 0;
}

void stance_settle(struct stance *stance)
{
        (void)spot_of_cwd(&stance->left); /* nowhere, then, is not where anybody is */
}

int stance_return(struct stance *stance)
{
        _cleanup_close_ int moved = -EBADF;
        struct spot root, cwd;
        bool has_moved;
        int r;

        if (stance->at == STANCE_CALLER)
                return 0;
        if (!kept_is_valid(&stance->ns) || !stance->can_return)
                return -ENOTSUP;
        r = spot_of_root(&root);
        if (r == 0)
                r = spot_of_cwd(&cwd);
        if (r < 0)
                return r;
        has_moved = !spot_is_same_file(&cwd, &stance->left);
        if (has_moved && !spot_is_same(&root, &cwd)) {
                moved = spot_open_cwd();
                if (moved < 0)
                        return moved;
                if (mounts_is_fuse(moved) || fchdir(moved) < 0)
                        return -ENOTSUP;
        }
        return go_back(stance, has_moved ? moved : stance->cwd.fd);
}

int stance_restore_cwd(const struct stance *stance)
{
        if (!kept_is_valid(&stance->cwd))
                return -EBADF;
        return fchdir(stance->cwd.fd) < 0 ? -errno : 0;
}

void stance_done(struct stance *stance)
{
        kept_done(&stance->ns);
        kept_done(&stance->root);
        kept_done(&stance->cwd);
        free(stance->path);
        stance->path = NULL;
}
