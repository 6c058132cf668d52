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
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include "mounts/caller.h"
#include "ground/cleanup.h"
#include "mounts/mounts.h"
#include "ground/safedir.h"

/*
 * What statx(2) is asked for: nothing. Device, mount and, from all but one, the inode come all the
 * same. That one is a user's FUSE file system, which shows even the inode to nobody but the user.
 */
static int look(int fd, const char *path, struct caller_spot *ret)
{
        struct statx stx;

        *ret = (struct caller_spot){0};
        if (statx(fd, path, AT_EMPTY_PATH | AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, 0, &stx) < 0)
                return -errno;
        *ret = (struct caller_spot){makedev(stx.stx_dev_major, stx.stx_dev_minor), stx.stx_ino,
                                    stx.stx_mnt_id};
        return 0;
}

/* Not true of two whose inodes can't be told. */
static bool is_same_file(const struct caller_spot *a, const struct caller_spot *b)
{
        return a->dev == b->dev && a->ino == b->ino && a->ino != 0;
}

static bool is_same_spot(const struct caller_spot *a, const struct caller_spot *b)
{
        return is_same_file(a, b) && a->mount == b->mount;
}

/*
 * An O_PATH fd of the working directory. Not open("."): that asks for the permission to search it,
 * which a FUSE or NFS file system may refuse to root, or never answer.
 */
static int open_cwd(void)
{
        int fd = open_tree(AT_FDCWD, "", AT_EMPTY_PATH | OPEN_TREE_CLOEXEC);

        return fd < 0 ? -errno : fd;
}

/* Takes fd over, also on error. */
static int handle_set(struct caller_handle *handle, int fd)
{
        _cleanup_close_ int moved = fd < 0 ? fd : fd_move_up(fd);
        int r = moved < 0 ? moved : look(moved, "", &handle->spot);

        if (r == 0)
                handle->fd = TAKE_FD(moved);
        return r;
}

/* Is the fd still what it was? Somebody may have closed it, and opened another file. */
static bool handle_is_valid(const struct caller_handle *handle)
{
        struct caller_spot now;

        return handle->fd >= 0 && look(handle->fd, "", &now) == 0 && now.dev == handle->spot.dev &&
               now.ino == handle->spot.ino && now.mount == handle->spot.mount;
}

static void handle_done(struct caller_handle *handle)
{
        if (handle_is_valid(handle))
                fd_close(handle->fd);
        handle->fd = -EBADF;
}

/*
 * A caller whose cwd is "/" (sshd, login, cron): is that the top of the namespace? setns(2) to the
 * own namespace goes there, so it tells. Else, or where that can't be asked, root is kept.
 */
static int save_root(struct caller *caller, const struct caller_spot *root, bool at_root)
{
        int r = handle_set(&caller->root, open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
        struct caller_spot top;

        if (r < 0 || !at_root || setns(caller->ns.fd, CLONE_NEWNS) < 0)
                return r;
        r = look(AT_FDCWD, "/", &top);
        if (r == 0 && is_same_spot(root, &top)) {
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
        int r = handle_set(&caller->cwd, open_cwd());

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
        struct caller_spot root, cwd;
        int fd, r;

        r = namespace_open(NAMESPACE_OWN, &caller->id, &fd);
        if (r < 0)
                return r;
        r = handle_set(&caller->ns, fd);
        if (r < 0)
                return r;
        r = look(AT_FDCWD, "/", &root);
        if (r < 0)
                return r;
        r = look(AT_FDCWD, "", &cwd);
        if (r < 0)
                return r;
        caller->can_return = true;
        r = save_root(caller, &root, is_same_spot(&root, &cwd));
        if (r == 0 && !is_same_spot(&root, &cwd))
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
        (void)look(AT_FDCWD, "", &caller->left); /* nowhere, then, is not where anybody is */
}

int caller_restore_cwd(const struct caller *caller)
{
        if (!handle_is_valid(&caller->cwd))
                return -EBADF;
        return fchdir(caller->cwd.fd) < 0 ? -errno : 0;
}

/* setns(2), and root as it was saved. The working directory is "/" afterwards. */
static int enter(const struct caller *caller, int ns)
{
        /* known before anything is changed */
        if ((caller->root.fd >= 0 && !handle_is_valid(&caller->root)) ||
            (caller->cwd.fd >= 0 && !handle_is_valid(&caller->cwd)))
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
        struct caller_spot root, cwd;
        int r;

        if (!handle_is_valid(&caller->ns) || !caller->can_return)
                return -ENOTSUP;
        r = look(AT_FDCWD, "/", &root);
        if (r == 0)
                r = look(AT_FDCWD, "", &cwd);
        if (r < 0)
                return r;
        if (is_same_spot(&root, &cwd)) {
                back = back && is_same_file(&cwd, &caller->left);
        } else if (!is_same_file(&cwd, &caller->left)) {
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
        struct caller_spot there, here;

        if (!caller->path)
                return -ENOENT;
        fd = safedir_open_cached(caller->path);
        if (fd < 0)
                return fd;
        if (look(fd, "", &there) < 0 || look(caller->cwd.fd, "", &here) < 0 ||
            !is_same_file(&there, &here))
                return -ESTALE;
        return fchdir(fd) < 0 ? -errno : 0;
}

/*
 * Is root the top of the caller's namespace? In a chroot to a bind mount of the top "/" is the same
 * directory, and only the mount is another. Who has come to another namespace has been asked. 1, 0
 * when it can't be told, or -errno; then the thread may be at the top.
 */
static int check_top(const struct caller *caller, const struct caller_spot *root)
{
        struct caller_spot top;

        if (caller->root.fd < 0 || !namespace_is_own(&caller->id))
                return 1;
        if (setns(caller->ns.fd, CLONE_NEWNS) < 0)
                return 0;
        return look(AT_FDCWD, "/", &top) == 0 && is_same_spot(root, &top) ? 1 : -ENOTSUP;
}

/*
 * setns(2), if root and working directory are the very same directories there. 1, 0 when nothing
 * has changed, or -errno: then the thread may be there.
 */
static int go(const struct caller *caller, int ns, bool aside)
{
        struct caller_spot before, after;
        int r;

        if (!caller->can_return || look(AT_FDCWD, "/", &before) < 0)
                return 0;
        r = check_top(caller, &before);
        if (r > 0 && setns(ns, CLONE_NEWNS) < 0)
                return caller->root.fd < 0 ? 0 : -errno;
        if (r <= 0)
                return r;
        /* a chroot is not to be left: "/" must be the same directory there */
        if (look(AT_FDCWD, "/", &after) < 0 || !is_same_file(&before, &after))
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
        handle_done(&caller->ns);
        handle_done(&caller->root);
        handle_done(&caller->cwd);
        free(caller->path);
        caller->path = NULL;
}
