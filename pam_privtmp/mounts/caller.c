/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * caller: the namespace, root and working directory that the login program had before us
 *
 * MUST NOT send a process to "/" or anywhere else than it was (unit/mounts/caller.c).
 * MUST NOT ask a user's FUSE file system: it may never answer (unit/mounts/caller.c).
 */
#include <limits.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>

#include "mounts/caller.h"
#include "ground/cleanup.h"
#include "mounts/mounts.h"
#include "ground/safedir.h"

/*
 * An O_PATH fd of the working directory. Not open("."): that asks for the permission to search it,
 * which a FUSE or NFS file system may refuse to root, or never answer.
 */
static int open_cwd(void)
{
        int fd = open_tree(AT_FDCWD, "", AT_EMPTY_PATH | OPEN_TREE_CLOEXEC);

        return fd < 0 ? -errno : fd;
}

/*
 * A caller whose cwd is "/" (sshd, login, cron): is that the top of the namespace? setns(2) to the
 * own namespace goes there, so it tells. Else, or where that can't be asked, root is kept.
 */
static int save_root(struct caller *caller, const struct spot *root, bool at_root)
{
        int r = kept_set(&caller->root, open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
        struct spot top;

        if (r < 0 || !at_root || setns(caller->ns.fd, CLONE_NEWNS) < 0)
                return r;
        r = spot_of_root(&top);
        if (r == 0 && spot_is_same(root, &top)) {
                caller->root.fd = fd_close(caller->root.fd);
                return 0;
        }
        if (fchdir(caller->root.fd) < 0 || chroot(".") < 0)
                return -errno;
        return r;
}

static int save_cwd(struct caller *caller)
{
        char path[PATH_MAX];
        int r = kept_set(&caller->cwd, open_cwd());

        if (r < 0)
                return r;
        caller->can_return = !mounts_is_fuse(caller->cwd.fd) && fchdir(caller->cwd.fd) == 0;
        /* raw: glibc's would walk up a directory that the kernel has no path for */
        if (syscall(SYS_getcwd, path, sizeof(path)) < 0 || path[0] != '/')
                return 0;
        caller->path = strdup(path);
        return caller->path ? 0 : -ENOMEM;
}

static int save(struct caller *caller)
{
        struct spot root, cwd;
        int fd, r;

        r = namespace_open(NAMESPACE_OWN, &caller->id, &fd);
        if (r < 0)
                return r;
        r = kept_set(&caller->ns, fd);
        if (r < 0)
                return r;
        r = spot_of_root(&root);
        if (r < 0)
                return r;
        r = spot_of_cwd(&cwd);
        if (r < 0)
                return r;
        caller->can_return = true;
        r = save_root(caller, &root, spot_is_same(&root, &cwd));
        if (r == 0 && !spot_is_same(&root, &cwd))
                r = save_cwd(caller);
        return r;
}

int caller_save(struct caller *ret, struct report *report)
{
        struct caller caller = CALLER_NONE;
        int r = save(&caller);

        if (r < 0) {
                caller_done(&caller);
                return report_errno(report, r,
                                    "can't save where the caller is (is /proc mounted?)");
        }
        *ret = caller;
        return 0;
}

void caller_note_cwd(struct caller *caller)
{
        (void)spot_of_cwd(&caller->left); /* nowhere, then, is not where anybody is */
}

int caller_restore_cwd(const struct caller *caller)
{
        if (!kept_is_valid(&caller->cwd))
                return -EBADF;
        return fchdir(caller->cwd.fd) < 0 ? -errno : 0;
}

/* setns(2), and root as it was saved. The working directory is "/" afterwards. */
static int enter(const struct caller *caller, int ns)
{
        /* known before anything is changed */
        if ((caller->root.fd >= 0 && !kept_is_valid(&caller->root)) ||
            (caller->cwd.fd >= 0 && !kept_is_valid(&caller->cwd)))
                return -EBADF;
        if (setns(ns, CLONE_NEWNS) < 0)
                return -errno;
        if (caller->root.fd < 0)
                return 0;
        if (fchdir(caller->root.fd) < 0 || chroot(".") < 0)
                return -EBADF;
        return 0;
}

int caller_return(struct caller *caller)
{
        _cleanup_close_ int moved = -EBADF;
        bool back = caller->cwd.fd >= 0;
        struct spot root, cwd;
        int r;

        if (!kept_is_valid(&caller->ns) || !caller->can_return)
                return -ENOTSUP;
        r = spot_of_root(&root);
        if (r == 0)
                r = spot_of_cwd(&cwd);
        if (r < 0)
                return r;
        if (spot_is_same(&root, &cwd)) {
                back = back && spot_is_same_file(&cwd, &caller->left);
        } else if (!spot_is_same_file(&cwd, &caller->left)) {
                back = false;
                moved = open_cwd();
                if (moved < 0)
                        return moved;
                if (mounts_is_fuse(moved) || fchdir(moved) < 0)
                        return -ENOTSUP;
        }
        r = enter(caller, caller->ns.fd);
        if (r < 0)
                return r;
        if (moved >= 0)
                return fchdir(moved) < 0 ? -errno : 0;
        return back ? caller_restore_cwd(caller) : 0;
}

/* The working directory of the caller, in the namespace that the thread has just entered. */
static int enter_cwd(const struct caller *caller)
{
        _cleanup_close_ int fd = -EBADF;
        struct spot there, here;

        if (!caller->path)
                return -ENOENT;
        fd = safedir_open_cached(caller->path);
        if (fd < 0)
                return fd;
        if (spot_of(fd, &there) < 0 || spot_of(caller->cwd.fd, &here) < 0 ||
            !spot_is_same_file(&there, &here))
                return -ESTALE;
        return fchdir(fd) < 0 ? -errno : 0;
}

/*
 * Is root the top of the caller's namespace? In a chroot to a bind mount of the top "/" is the same
 * directory, and only the mount is another. Who has come to another namespace has been asked. 1, 0
 * when it can't be told, or -errno; then the thread may be at the top.
 */
static int check_top(const struct caller *caller, const struct spot *root)
{
        struct spot top;

        if (caller->root.fd < 0 || !namespace_is_own(&caller->id))
                return 1;
        if (setns(caller->ns.fd, CLONE_NEWNS) < 0)
                return 0;
        return spot_of_root(&top) == 0 && spot_is_same(root, &top) ? 1 : -ENOTSUP;
}

/*
 * setns(2), if root and working directory are the very same directories there. 1, 0 when nothing
 * has changed, or -errno: then the thread may be there.
 */
static int go(const struct caller *caller, int ns, bool aside)
{
        struct spot before, after;
        int r;

        if (!caller->can_return || spot_of_root(&before) < 0)
                return 0;
        r = check_top(caller, &before);
        if (r > 0 && setns(ns, CLONE_NEWNS) < 0)
                return caller->root.fd < 0 ? 0 : -errno;
        if (r <= 0)
                return r;
        /* a chroot is not to be left: "/" must be the same directory there */
        if (spot_of_root(&after) < 0 || !spot_is_same_file(&before, &after))
                return -ENOTSUP;
        return aside || caller->cwd.fd < 0 || enter_cwd(caller) == 0 ? 1 : -ENOTSUP;
}

/* Back to the saved namespace from one that turned out to be none to stay in. */
static int go_back(const struct caller *caller)
{
        int r = enter(caller, caller->ns.fd);

        return r == 0 && caller->cwd.fd >= 0 ? caller_restore_cwd(caller) : r;
}

int caller_enter_first(const struct caller *caller, const struct namespace_id *wanted, bool aside)
{
        _cleanup_close_ int fd = -EBADF;
        struct namespace_id first;
        int r;

        if (namespace_open(NAMESPACE_FIRST, &first, &fd) < 0 || !namespace_is_same(&first, wanted))
                return 0;
        r = go(caller, fd, aside);
        return r < 0 ? go_back(caller) : r;
}

int caller_enter(const struct caller *caller, int ns, bool aside)
{
        return go(caller, ns, aside);
}

int caller_leave(const struct caller *caller, const struct namespace_id *first, bool aside)
{
        int r;

        if (!first)
                return go_back(caller);
        r = caller_enter_first(caller, first, aside);
        return r == 0 ? -ENOTSUP : r < 0 ? r : 0;
}

void caller_done(struct caller *caller)
{
        kept_done(&caller->ns);
        kept_done(&caller->root);
        kept_done(&caller->cwd);
        free(caller->path);
        caller->path = NULL;
}
