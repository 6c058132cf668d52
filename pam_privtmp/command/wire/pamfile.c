/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * wire/pamfile: the files in /etc/pam.d, read and replaced
 *
 * MUST leave an old file or a new one, at every moment (real/wire.sh).
 */
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "command/wire/pamfile.h"
#include "ground/cleanup.h"
#include "ground/safedir.h"
#include "ground/safefile.h"

enum {
        FILE_LIMIT = 1024 * 1024, /* bytes */
        XATTR_LIMIT = 64 * 1024,  /* bytes, of a value and of all names: the kernel's own limit */
};

int pamfile_open_folder(struct report *report)
{
        int fd, r = safedir_open_folder(PAMFILE_FOLDER, &fd, report);

        if (r > 0)
                return report_errno(report, -ENOENT, PAMFILE_FOLDER);
        return r < 0 ? r : fd;
}

void pamfile_staged_name(const char *service, char ret[64])
{
        (void)snprintf(ret, 64, ".%s.privtmp-wire", service);
}

/* Can the file be replaced at all? chattr(1) forbids it to everybody. */
static int check_flags(int fd, const char *path, struct report *report)
{
        int flags = 0;

        if (ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0)
                return 0; /* a file system without such flags */
        if (flags & (FS_IMMUTABLE_FL | FS_APPEND_FL))
                return report_fault(report, -EPERM,
                                    "%s can't be replaced: see lsattr(1) and chattr -i", path);
        return 0;
}

static int check_file(int fd, const char *path, struct report *report)
{
        struct stat st;

        if (fstat(fd, &st) < 0)
                return report_errno(report, -errno, "%s", path);
        if (!S_ISREG(st.st_mode))
                return report_fault(report, -EINVAL, "%s is no regular file", path);
        if (st.st_uid != 0 || st.st_mode & (S_IWGRP | S_IWOTH))
                return report_fault(report, -EPERM, "%s: others than root can write it", path);
        return check_flags(fd, path, report);
}

static int read_checked(int fd, const char *path, struct pamd_text *ret, struct report *report)
{
        int r = check_file(fd, path, report);

        if (r == 0) {
                r = safefile_read_fd(fd, FILE_LIMIT, &ret->bytes, &ret->size);
                if (r < 0)
                        return report_errno(report, r, "%s", path);
        }
        return r;
}

int pamfile_read(int folder, const char *service, struct pamd_text *ret, struct report *report)
{
        _cleanup_close_ int fd =
                openat(folder, service, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        char path[128];

        *ret = (struct pamd_text){0};
        (void)snprintf(path, sizeof(path), PAMFILE_FOLDER "/%s", service);
        if (fd < 0 && errno == ENOENT)
                return 1;
        if (fd < 0 && errno == ELOOP)
                return report_fault(report, -ELOOP,
                                    "%s is a symbolic link: what made it must be told to add the "
                                    "line",
                                    path);
        if (fd < 0)
                return report_errno(report, -errno, "%s", path);
        return read_checked(fd, path, ret, report);
}

int pamfile_read_vendor(const char *service, struct pamd_text *ret, const char **path,
                        struct report *report)
{
        static const char *const folders[] = {"/usr/etc/pam.d", "/usr/lib/pam.d"};
        static char found[128];

        *ret = (struct pamd_text){0};
        for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
                int r;

                (void)snprintf(found, sizeof(found), "%s/%s", folders[i], service);
                r = safefile_read(found, FILE_LIMIT, &ret->bytes, &ret->size, report);
                if (r <= 0) {
                        *path = found;
                        return r;
                }
        }
        return 1;
}

/* Owner, mode and extended attributes (ACLs and the SELinux label are some) of the old file. */
static int copy_attributes(int from, int to)
{
        _cleanup_free_ char *names = malloc(XATTR_LIMIT), *value = malloc(XATTR_LIMIT);
        struct stat st;
        ssize_t length;

        if (!names || !value)
                return -ENOMEM;
        if (fstat(from, &st) < 0 || fchown(to, st.st_uid, st.st_gid) < 0 ||
            fchmod(to, st.st_mode & 07777) < 0)
                return -errno;
        length = flistxattr(from, names, XATTR_LIMIT);
        if (length < 0)
                return errno == ENOTSUP ? 0 : -errno;
        for (char *name = names; name < names + length; name += strlen(name) + 1) {
                ssize_t size = fgetxattr(from, name, value, XATTR_LIMIT);

                if (size < 0 || fsetxattr(to, name, value, (size_t)size, 0) < 0)
                        return -errno;
        }
        return 0;
}

int pamfile_write(int fd, const struct pamd_text *text)
{
        for (size_t done = 0; done < text->size;) {
                ssize_t n = write(fd, text->bytes + done, text->size - done);

                if (n < 0 && errno != EINTR)
                        return -errno;
                done += n > 0 ? (size_t)n : 0;
        }
        return fsync(fd) < 0 ? -errno : 0;
}

static int stage(int folder, const char *service, const char *name, const struct pamd_text *text)
{
        _cleanup_close_ int old = -EBADF, new = -EBADF;
        int r = 0;

        old = openat(folder, service, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (old < 0 && errno != ENOENT)
                return -errno;
        if (unlinkat(folder, name, 0) < 0 && errno != ENOENT)
                return -errno;
        new = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (new < 0)
                return -errno;
        r = pamfile_write(new, text);
        if (r == 0)
                r = old >= 0 ? copy_attributes(old, new) : fchmod(new, 0644) < 0 ? -errno : 0;
        if (r < 0)
                (void)unlinkat(folder, name, 0);
        return r;
}

int pamfile_stage(int folder, const char *service, const struct pamd_text *text,
                  struct report *report)
{
        char name[64];
        int r;

        pamfile_staged_name(service, name);
        r = stage(folder, service, name, text);
        return r < 0 ? report_errno(report, r, "can't write in " PAMFILE_FOLDER " for %s", service)
                     : 0;
}

int pamfile_replace(int folder, const char *service, struct report *report)
{
        char name[64];

        pamfile_staged_name(service, name);
        if (renameat(folder, name, folder, service) < 0 || fsync(folder) < 0)
                return report_errno(report, -errno, "can't replace " PAMFILE_FOLDER "/%s", service);
        return 0;
}

int pamfile_remove(int folder, const char *service, struct report *report)
{
        if ((unlinkat(folder, service, 0) < 0 && errno != ENOENT) || fsync(folder) < 0)
                return report_errno(report, -errno, "can't take away " PAMFILE_FOLDER "/%s",
                                    service);
        return 0;
}

void pamfile_unstage(int folder, const char *service)
{
        char name[64];

        pamfile_staged_name(service, name);
        (void)unlinkat(folder, name, 0);
}
