/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * safedir: from a path to something that only root can have put there
 *
 * MUST NOT follow a symbolic link (unit/ground/safedir.c).
 * MUST NOT walk through a directory that anybody but root can write (unit/ground/safedir.c).
 */
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>

#include "ground/cleanup.h"
#include "ground/missing.h"
#include "ground/path.h"
#include "ground/safedir.h"

enum {
        WALK_TRIES = 64, /* at a microsecond each */
        WALK_PAUSES = 8, /* of a millisecond, each with another try */
};

/* File systems whose locks and mounts other hosts can have too; FUSE may be any of them. */
static bool is_remote(uint32_t type)
{
        static const uint32_t remote[] = {
                NFS_SUPER_MAGIC,  SMB_SUPER_MAGIC,  CIFS_SUPER_MAGIC,  SMB2_SUPER_MAGIC,
                V9FS_MAGIC,       AFS_SUPER_MAGIC,  AFS_FS_MAGIC,      CODA_SUPER_MAGIC,
                CEPH_SUPER_MAGIC, FUSE_SUPER_MAGIC, OCFS2_SUPER_MAGIC, 0x0bd00bd0, /* Lustre */
                0x47504653,                                                        /* GPFS */
                0x19830326,                                                        /* BeeGFS */
                0x01161970,                                                        /* GFS2 */
                0xaad7aaea,                                                        /* PanFS */
                0xbacbacbc, /* VMware shared folders */
                0x786f4256, /* VirtualBox shared folders */
        };

        for (size_t i = 0; i < sizeof(remote) / sizeof(remote[0]); i++)
                if (type == remote[i])
                        return true;
        return false;
}

/* May a component of `path`, `length` bytes of it, be walked through? */
static int check_parent(int fd, const char *path, size_t length, struct report *report)
{
        struct stat st;

        if (fstat(fd, &st) < 0)
                return report_errno(report, -errno, "%.*s", (int)length, path);
        if (st.st_uid != 0)
                return report_fault(report, -EPERM, "%s: %.*s belongs to uid %ju, not to root",
                                    path, (int)length, path, (uintmax_t)st.st_uid);
        if (st.st_mode & (S_IWGRP | S_IWOTH))
                return report_fault(report, -EPERM, "%s: others than root can write %.*s", path,
                                    (int)length, path);
        return 0;
}

/* Says why a component could not be opened as a directory: errno is what open said. */
static int explain(int parent, const char *name, const char *path, size_t length,
                   struct report *report)
{
        const int error = -errno;
        struct stat st;

        if (error == -ENOTDIR && fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISLNK(st.st_mode))
                return report_fault(report, error, "%s: %.*s is a symbolic link", path, (int)length,
                                    path);
        return report_errno(report, error, "%.*s", (int)length, path);
}

int safedir_walk_to_parent(const char *path, const char **last, struct report *report)
{
        _cleanup_close_ int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
        char name[NAME_MAX + 1];

        if (fd < 0)
                return report_errno(report, -errno, "/");
        for (const char *component = path + 1;;) {
                size_t length = strcspn(component, "/");
                size_t so_far = (size_t)(component - path);
                int next, r;

                r = check_parent(fd, path, so_far > 1 ? so_far - 1 : 1, report);
                if (r < 0)
                        return r;
                if (component[length] == '\0') {
                        *last = component;
                        return TAKE_FD(fd);
                }
                memcpy(name, component, length);
                name[length] = '\0';
                next = openat(fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
                if (next < 0 && errno == ENOENT)
                        return -ENOENT;
                if (next < 0)
                        return explain(fd, name, path, so_far + length, report);
                fd_close(fd);
                fd = next;
                component += length + 1;
        }
}

int safedir_open(const char *path, int *ret, struct report *report)
{
        _cleanup_close_ int parent = -EBADF;
        const char *last;
        int fd;

        parent = safedir_walk_to_parent(path, &last, report);
        if (parent < 0)
                return report_errno(report, parent, "%s", path);
        fd = openat(parent, last, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
                return explain(parent, last, path, strlen(path), report);
        *ret = fd;
        return 0;
}

int safedir_open_cached(const char *path)
{
        struct open_how how = {
                .flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
                .resolve = RESOLVE_CACHED | RESOLVE_NO_SYMLINKS,
        };

        /* a rename or a mount anywhere on the host disturbs such a walk: it is worth another try;
         * one of very many mounts at once lasts for milliseconds */
        for (unsigned try = 0;; try++) {
                int fd = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));

                if (fd >= 0)
                        return fd;
                if (errno != EAGAIN || try == WALK_TRIES + WALK_PAUSES)
                        return -errno;
                if (try >= WALK_TRIES)
                        (void)nanosleep(&(struct timespec){.tv_nsec = 1000 * 1000}, NULL);
        }
}

int safedir_is_local(int fd)
{
        struct statfs fs;

        return fstatfs(fd, &fs) < 0 ? -errno : !is_remote((uint32_t)fs.f_type);
}

static int check_own(int fd, const char *path, struct report *report)
{
        int local = safedir_is_local(fd);
        struct stat st;

        if (local < 0 || fstat(fd, &st) < 0)
                return report_errno(report, local < 0 ? local : -errno, "%s", path);
        if (st.st_uid != 0)
                return report_fault(report, -EPERM, "%s belongs to uid %ju, not to root", path,
                                    (uintmax_t)st.st_uid);
        if (st.st_mode & (S_IRWXG | S_IRWXO))
                return report_fault(report, -EPERM, "%s has mode %04o, it must be 0700", path,
                                    st.st_mode & 07777);
        if (!local)
                return report_fault(report, -EXDEV, "%s is on a network or FUSE file system", path);
        return 0;
}

int safedir_open_own(const char *path, bool create, int *ret, struct report *report)
{
        _cleanup_close_ int parent = -EBADF, fd = -EBADF;
        const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
        bool made = false;
        const char *last;
        int r;

        parent = safedir_walk_to_parent(path, &last, report);
        if (parent == -ENOENT && !create)
                return 1;
        if (parent < 0) /* it is the parent that is missing, and is not made */
                return report_errno(report, parent, "%.*s", (int)(strrchr(path, '/') - path), path);
        fd = openat(parent, last, flags);
        if (fd < 0 && errno == ENOENT) {
                if (!create)
                        return 1;
                made = mkdirat(parent, last, 0700) == 0;
                if (!made && errno != EEXIST)
                        return report_errno(report, -errno, "%s", path);
                fd = openat(parent, last, flags);
        }
        if (fd < 0)
                return explain(parent, last, path, strlen(path), report);
        if (made && fchmod(fd, 0700) < 0) /* the caller's umask took what it liked */
                return report_errno(report, -errno, "%s", path);
        r = check_own(fd, path, report);
        if (r < 0)
                return r;
        *ret = TAKE_FD(fd);
        return 0;
}

int safedir_open_folder(const char *path, int *ret, struct report *report)
{
        _cleanup_close_ int parent = -EBADF, fd = -EBADF;
        const char *last = NULL;
        int r;

        parent = safedir_walk_to_parent(path, &last, report);
        if (parent < 0)
                return parent == -ENOENT ? 1 : parent;
        /* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): -errno is not 0 */
        fd = openat(parent, last, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
                return errno == ENOENT ? 1 : explain(parent, last, path, strlen(path), report);
        r = check_parent(fd, path, strlen(path), report);
        if (r == 0)
                *ret = TAKE_FD(fd);
        return r;
}
