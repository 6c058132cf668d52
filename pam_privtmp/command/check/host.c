/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* check/host: the kernel and its rights */
#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "ground/cleanup.h"
#include "ground/missing.h"
#include "mounts/stance.h"
#include "command/check/host.h"

/* System calls that a login needs, and from which Linux on; all are as of 5.12. */
static const struct {
        long number;
        const char *name, *since;
} calls[] = {
        {SYS_open_tree, "open_tree", "5.2"},
        {SYS_move_mount, "move_mount", "5.2"},
        {SYS_fsopen, "fsopen", "5.2"},
        {SYS_fsconfig, "fsconfig", "5.2"},
        {SYS_fsmount, "fsmount", "5.2"},
        {SYS_openat2, "openat2", "5.6"},
        {SYS_mount_setattr, "mount_setattr", "5.12"},
};

/* Is "/" the same directory for process 1? Not in a chroot, whose files are to be looked at. */
static bool has_first_root(void)
{
        struct stat own, first;

        return stat("/", &own) == 0 && stat("/proc/1/root/.", &first) == 0 &&
               own.st_dev == first.st_dev && own.st_ino == first.st_ino;
}

bool host_enter(struct findings *findings)
{
        struct namespace_id id;
        _cleanup_close_ int fd = -EBADF;
        int r;

        if (namespace_is_first() || (geteuid() == 0 && !has_first_root()))
                return true;
        r = namespace_open(NAMESPACE_FIRST, &id, &fd);
        if (r == 0 && setns(fd, CLONE_NEWNS) < 0)
                r = -errno;
        if (r < 0)
                findings_add_unchecked(findings, "mounts", 0,
                                       "whether directories have other names on the host");
        return r == 0;
}

static void check_calls(struct findings *findings)
{
        /* no such fd, no such address, no such flags: nothing is done */
        for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
                if (syscall(calls[i].number, -1L, 0L, -1L, 0L, -1L) < 0 && errno == ENOSYS)
                        findings_add(findings, SEVERITY_FAULT, "kernel", 0,
                                     "boot Linux 5.12 or newer",
                                     "it has no %s(2), which came with Linux %s", calls[i].name,
                                     calls[i].since);
}

static void check_right(struct findings *findings)
{
        struct stance stance = STANCE_NONE;
        struct report report = {0};

        if (geteuid() != 0)
                findings_add_unchecked(findings, "kernel", 0,
                                       "whether a login may leave the shared mount namespace");
        else if (stance_make_own(&stance, &report) < 0)
                findings_add(findings, SEVERITY_FAULT, "kernel", 0,
                             "in a container, give it CAP_SYS_ADMIN", "%s", report.fault);
}

void check_host(struct findings *findings)
{
        check_calls(findings);
        check_right(findings);
}
