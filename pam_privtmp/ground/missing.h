/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * missing: what the kernel has and this C library, or these headers, do not have
 *
 * glibc has wrappers for the mount API since 2.36, close_range(2) since 2.34, strerrordesc_np(3)
 * since 2.32; Linux 5.12's headers are the first with mount_setattr(2) and RESOLVE_CACHED.
 * HAVE_NAME is meson's. Each function here is the system call of its name, as its manual page has
 * it.
 */
#pragma once

#include <linux/close_range.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>
/* behind <sys/mount.h>: with glibc before 2.36 the other order can't be compiled */
#include <linux/fs.h>
#ifndef OPEN_TREE_CLONE
#include <linux/mount.h>
#endif

#ifndef CEPH_SUPER_MAGIC
#define CEPH_SUPER_MAGIC 0x00c36400
#define CIFS_SUPER_MAGIC 0xff534d42
#define FUSE_SUPER_MAGIC 0x65735546
#define SMB2_SUPER_MAGIC 0xfe534d42
#endif
#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC 4
#endif
#ifndef RESOLVE_CACHED
#define RESOLVE_CACHED 0x20
#endif

/* glibc has it with the other flags for renaming, in <stdio.h> */
#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
#endif

/* the C library's list of names may be older than the kernel's */
#ifndef SYS_close_range
#define SYS_close_range __NR_close_range
#endif
#ifndef SYS_openat2
#define SYS_openat2 __NR_openat2
#endif
/* the numbers of new system calls are the same everywhere, but on these two */
#if !defined(SYS_mount_setattr) && !defined(__alpha__) && !defined(__mips__)
#define SYS_mount_setattr 442
#endif

#if !defined(SYS_quotactl_fd) && !defined(__alpha__) && !defined(__mips__)
#define SYS_quotactl_fd 443
#endif

#ifndef MOUNT_ATTR_SIZE_VER0
#define MOUNT_ATTR_SIZE_VER0 32
struct mount_attr {
        uint64_t attr_set, attr_clr, propagation, userns_fd;
};
#endif

/* of Linux 5.14 */
#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000
#endif

#ifndef HAVE_OPEN_TREE
static inline int open_tree(int folder, const char *path, unsigned flags)
{
        return (int)syscall(SYS_open_tree, folder, path, flags);
}
#endif

#ifndef HAVE_MOVE_MOUNT
static inline int move_mount(int from, const char *from_path, int to, const char *to_path,
                             unsigned flags)
{
        return (int)syscall(SYS_move_mount, from, from_path, to, to_path, flags);
}
#endif

#ifndef HAVE_FSOPEN
static inline int fsopen(const char *type, unsigned flags)
{
        return (int)syscall(SYS_fsopen, type, flags);
}
#endif

#ifndef HAVE_FSCONFIG
static inline int fsconfig(int fs, unsigned what, const char *key, const void *value, int aux)
{
        return (int)syscall(SYS_fsconfig, fs, what, key, value, aux);
}
#endif

#ifndef HAVE_FSMOUNT
static inline int fsmount(int fs, unsigned flags, unsigned attributes)
{
        return (int)syscall(SYS_fsmount, fs, flags, attributes);
}
#endif

#ifndef HAVE_FSPICK
static inline int fspick(int folder, const char *path, unsigned flags)
{
        return (int)syscall(SYS_fspick, folder, path, flags);
}
#endif

#ifndef HAVE_MOUNT_SETATTR
static inline int mount_setattr(int folder, const char *path, unsigned flags,
                                struct mount_attr *attr, size_t size)
{
        return (int)syscall(SYS_mount_setattr, folder, path, flags, attr, size);
}
#endif

#ifndef HAVE_CLOSE_RANGE
static inline int close_range(unsigned first, unsigned last, int flags)
{
        return (int)syscall(SYS_close_range, first, last, flags);
}
#endif

#ifndef HAVE_RENAMEAT2
static inline int renameat2(int from, const char *from_name, int to, const char *to_name,
                            unsigned flags)
{
        return (int)syscall(SYS_renameat2, from, from_name, to, to_name, flags);
}
#endif

#ifndef HAVE_STRERRORDESC_NP
/* For errors that exist the text is static, in musl and in glibc; for others there is none. */
static inline const char *strerrordesc_np(int error)
{
        const char *text = strerror(error);

        return strncmp(text, "Unknown error", strlen("Unknown error")) == 0 ? NULL : text;
}
#endif
