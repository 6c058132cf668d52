/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * stance-save: where the login program is, kept for the way back
 *
 * MUST NOT ask a user's FUSE file system: it may never answer (unit/mounts/stance-enter.c).
 */
#include <limits.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>

#include "ground/cleanup.h"
#include "mounts/mounts.h"
#include "mounts/stance-save.h"

/*
 * A caller whose cwd is "/" (sshd, login, cron): is that the top of the namespace? setns(2) to the
 * own namespace goes there, so it tells. Else, or where that can't be asked, root is kept.
 */
static int save_root(struct stance *stance, const struct spot *root, bool at_root)
{
        int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
        int r = kept_set(&stance->root, fd < 0 ? -errno : fd);
        struct spot top;

        if (r < 0 || !at_root || setns(stance->ns.fd, CLONE_NEWNS) < 0)
                return r;
        r = spot_of_root(&top);
        if (r == 0 && spot_is_same(root, &top)) {
                stance->root.fd = fd_close(stance->root.fd);
                return 0;
        }
        if (fchdir(stance->root.fd) < 0 || chroot(".") < 0)
                return -errno;
        return r;
}

static int save_cwd(struct stance *stance)
{
        char path[PATH_MAX];
        int r = kept_set(&stance->cwd, spot_open_cwd());

        if (r < 0)
                return r;
        stance->can_return = stance->can_return && !mounts_is_fuse(stance->cwd.fd) &&
                             fchdir(stance->cwd.fd) == 0;
        /* raw: glibc's would walk up a directory that the kernel has no path for */
        if (syscall(SYS_getcwd, path, sizeof(path)) < 0 || path[0] != '/')
                return 0;
        stance->path = strdup(path);
        return stance->path ? 0 : -ENOMEM;
}

static int save(struct stance *stance)
{
        struct spot root, cwd;
        int fd = -EBADF, r;

        r = namespace_own(&stance->caller, &fd);
        if (r == 0 && fd >= 0)
                r = kept_set(&stance->ns, fd);
        if (r < 0)
                return r;
        r = spot_of_root(&root);
        if (r < 0)
                return r;
        r = spot_of_cwd(&cwd);
        if (r < 0)
                return r;
        stance->can_return = stance->ns.fd >= 0;
        r = save_root(stance, &root, spot_is_same(&root, &cwd));
        if (r == 0 && !spot_is_same(&root, &cwd))
                r = save_cwd(stance);
        return r;
}

int stance_save(struct stance *ret, struct report *report)
{
        struct stance stance = STANCE_NONE;
        int r = save(&stance);

        if (r < 0) {
                stance_done(&stance);
                return report_errno(report, r, "can't save where the caller is%s",
                                    r == -ENOENT ? " (is /proc mounted?)" : "");
        }
        stance.here = stance.origin = stance.caller;
        *ret = stance;
        return 0;
}
