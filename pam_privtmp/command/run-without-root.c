/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * run-without-root: a private /tmp without root
 *
 * MUST NOT show a mount outside of its namespace (real/run.sh).
 */
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

#include "ground/cleanup.h"
#include "ground/path.h"
#include "command/run-without-root.h"

static int write_file(const char *path, const char *text)
{
        _cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);

        return fd < 0 || write(fd, text, strlen(text)) < 0 ? -errno : 0;
}

static int map(const char *path, unsigned id)
{
        char text[64];

        (void)snprintf(text, sizeof(text), "%u %u 1", id, id);
        return write_file(path, text);
}

static int leave(uid_t uid, gid_t gid, struct report *report)
{
        int r = unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0 ? -errno : 0;

        /* else a user could give up a group that something is forbidden to */
        if (r == 0)
                r = write_file("/proc/self/setgroups", "deny");
        if (r == 0)
                r = map("/proc/self/uid_map", uid);
        if (r == 0)
                r = map("/proc/self/gid_map", gid);
        return r < 0 ? report_errno(report, r,
                                    "run: this system does not let users make namespaces "
                                    "(user.max_user_namespaces, AppArmor, a container)")
                     : 0;
}

int run_without_root(const char *size, struct report *report)
{
        char options[128], cwd[PATH_MAX];
        bool inside = getcwd(cwd, sizeof(cwd)) && path_is_within(cwd, "/tmp");
        int r = leave(geteuid(), getegid(), report);

        if (r < 0)
                return r;
        (void)snprintf(options, sizeof(options), "mode=0700,size=%s", size);
        if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
            mount("privtmp", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, options) < 0 ||
            (inside && chdir("/tmp") < 0))
                return report_errno(report, -errno, "run: can't mount a tmpfs on /tmp");
        return 0;
}
