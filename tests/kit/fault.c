/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fault: sessions of login programs, with system calls that fail at link time (-Wl,--wrap) */
#include <grp.h>
#include <linux/dqblk_xfs.h>
#include <linux/quota.h>
#include <pwd.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/vfs.h>

#include "kit/fault.h"
#include "kit/login.h"
#include "session/session.h"

/* ------------------------------------------------------------------ calls that fail */

const struct fault *fault;
static bool armed;     /* the calls are the module's */
static unsigned calls; /* of that name so far */
bool first_hidden;     /* PID 1's namespace can't be had, as in some containers */
bool no_ids;           /* the kernel has no ids of namespaces: before Linux 6.12 */
bool quotas;           /* user quotas are in force, and no limit was set before the process began */

void (*at_move_mount)(int tree);
void (*at_rename)(int old_dir, const char *old, const char *new);

void fault_choose(struct fault which)
{
        static struct fault *common;

        if (!common) {
                common = mmap(NULL, sizeof(*common), PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS, -1, 0);
                ck_assert_ptr_ne(common, MAP_FAILED);
                fault = common;
        }
        *common = which;
}

static bool fails(const char *name)
{
        if (!armed || !fault || !fault->name || strcmp(name, fault->name) != 0)
                return false;
        calls++;
        if (calls != fault->nth && !(fault->lasting && calls > fault->nth))
                return false;
        scene->numbers[1] = 1;
        errno = fault->error;
        return true;
}

/* The two functions that the linker puts before the real one and behind it. */
#define WRAP(type, name, failed, parameters, arguments)                                            \
        type __real_##name parameters;                                                             \
        type __wrap_##name parameters;                                                             \
        type __wrap_##name parameters                                                              \
        {                                                                                          \
                return fails(#name) ? (failed) : __real_##name arguments;                          \
        }

WRAP(int, chroot, -1, (const char *path), (path))
WRAP(int, faccessat, -1, (int dir, const char *path, int mode, int flags), (dir, path, mode, flags))
WRAP(int, fchdir, -1, (int fd), (fd))
WRAP(int, fchmod, -1, (int fd, mode_t mode), (fd, mode))
WRAP(int, fchown, -1, (int fd, uid_t uid, gid_t gid), (fd, uid, gid))
WRAP(int, flock, -1, (int fd, int operation), (fd, operation))
WRAP(int, fremovexattr, -1, (int fd, const char *name), (fd, name))
WRAP(int, fsconfig, -1, (int fd, unsigned command, const char *key, const void *value, int aux),
     (fd, command, key, value, aux))
WRAP(int, fsmount, -1, (int fd, unsigned flags, unsigned attributes), (fd, flags, attributes))
WRAP(int, fsopen, -1, (const char *type, unsigned flags), (type, flags))
WRAP(int, fspick, -1, (int dir, const char *path, unsigned flags), (dir, path, flags))
WRAP(int, fstat64, -1, (int fd, struct stat *st), (fd, st))
WRAP(int, fstatat64, -1, (int dir, const char *path, struct stat *st, int flags),
     (dir, path, st, flags))
WRAP(int, fstatfs64, -1, (int fd, struct statfs *fs), (fd, fs))
WRAP(int, fstatvfs64, -1, (int fd, struct statvfs *fs), (fd, fs))
WRAP(int, futimens, -1, (int fd, const struct timespec *times), (fd, times))
WRAP(ssize_t, getdents64, -1, (int fd, void *buffer, size_t size), (fd, buffer, size))
WRAP(ssize_t, getrandom, -1, (void *buffer, size_t size, unsigned flags), (buffer, size, flags))
WRAP(off64_t, lseek64, -1, (int fd, off64_t offset, int whence), (fd, offset, whence))
WRAP(int, mkdirat, -1, (int dir, const char *path, mode_t mode), (dir, path, mode))
WRAP(void *, mmap64, MAP_FAILED,
     (void *address, size_t size, int protection, int flags, int fd, off64_t offset),
     (address, size, protection, flags, fd, offset))
WRAP(int, mount_setattr, -1,
     (int dir, const char *path, unsigned flags, struct mount_attr *attr, size_t size),
     (dir, path, flags, attr, size))
WRAP(int, name_to_handle_at, -1,
     (int dir, const char *path, struct file_handle *handle, int *mount, int flags),
     (dir, path, handle, mount, flags))
WRAP(int, open_tree, -1, (int dir, const char *path, unsigned flags), (dir, path, flags))
WRAP(ssize_t, read, -1, (int fd, void *buffer, size_t size), (fd, buffer, size))
WRAP(ssize_t, readlinkat, -1, (int dir, const char *path, char *buffer, size_t size),
     (dir, path, buffer, size))
WRAP(int, renameat, -1, (int old_dir, const char *old, int new_dir, const char *new),
     (old_dir, old, new_dir, new))
WRAP(int, setns, -1, (int fd, int type), (fd, type))
WRAP(int, statx, -1, (int dir, const char *path, int flags, unsigned mask, struct statx *stx),
     (dir, path, flags, mask, stx))
WRAP(int, symlinkat, -1, (const char *target, int dir, const char *path), (target, dir, path))
WRAP(int, umount2, -1, (const char *path, int flags), (path, flags))
WRAP(int, unlinkat, -1, (int dir, const char *path, int flags), (dir, path, flags))
WRAP(int, unshare, -1, (int flags), (flags))
WRAP(ssize_t, fgetxattr, -1, (int fd, const char *name, void *value, size_t size),
     (fd, name, value, size))

WRAP(void *, calloc, NULL, (size_t n, size_t size), (n, size))
WRAP(void *, malloc, NULL, (size_t size), (size))
WRAP(void *, realloc, NULL, (void *old, size_t size), (old, size))
WRAP(void *, reallocarray, NULL, (void *old, size_t n, size_t size), (old, n, size))
WRAP(char *, strdup, NULL, (const char *text), (text))
WRAP(char *, strndup, NULL, (const char *text, size_t size), (text, size))
WRAP(FILE *, fmemopen, NULL, (void *text, size_t size, const char *mode), (text, size, mode))
WRAP(struct libmnt_table *, mnt_new_table, NULL, (void), ())
WRAP(struct libmnt_iter *, mnt_new_iter, NULL, (int direction), (direction))
WRAP(int, mnt_table_parse_stream, -fault->error,
     (struct libmnt_table * table, FILE *stream, const char *name), (table, stream, name))
WRAP(int, getpwnam_r, fault->error,
     (const char *name, struct passwd *entry, char *buffer, size_t size, struct passwd **ret),
     (name, entry, buffer, size, ret))
WRAP(int, getgrnam_r, fault->error,
     (const char *name, struct group *entry, char *buffer, size_t size, struct group **ret),
     (name, entry, buffer, size, ret))
WRAP(int, getgrouplist, -1, (const char *name, gid_t gid, gid_t *groups, int *n),
     (name, gid, groups, n))

int __real_move_mount(int from_dir, const char *from, int to_dir, const char *to, unsigned flags);
int __wrap_move_mount(int from_dir, const char *from, int to_dir, const char *to, unsigned flags);
int __wrap_move_mount(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
        if (armed && at_move_mount)
                at_move_mount(from_dir);
        return fails("move_mount") ? -1 : __real_move_mount(from_dir, from, to_dir, to, flags);
}

int __real_renameat2(int old_dir, const char *old, int new_dir, const char *new, unsigned flags);
int __wrap_renameat2(int old_dir, const char *old, int new_dir, const char *new, unsigned flags);
int __wrap_renameat2(int old_dir, const char *old, int new_dir, const char *new, unsigned flags)
{
        if (armed && at_rename)
                at_rename(old_dir, old, new);
        return fails("renameat2") ? -1 : __real_renameat2(old_dir, old, new_dir, new, flags);
}

static mode_t take_mode(int flags, va_list args)
{
        return flags & (O_CREAT | __O_TMPFILE) ? va_arg(args, mode_t) : 0;
}

int __real_stat64(const char *path, struct stat *st);
int __wrap_stat64(const char *path, struct stat *st);
int __wrap_stat64(const char *path, struct stat *st)
{
        if (fails("stat64"))
                return -1;
        if (first_hidden && strcmp(path, NAMESPACE_FIRST) == 0) {
                errno = EACCES;
                return -1;
        }
        return __real_stat64(path, st);
}

int __real_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...)
{
        va_list args;
        mode_t mode;

        if (fails("open64"))
                return -1;
        if (first_hidden && strcmp(path, NAMESPACE_FIRST) == 0) {
                errno = EACCES;
                return -1;
        }
        va_start(args, flags);
        mode = take_mode(flags, args);
        va_end(args);
        return __real_open64(path, flags, mode);
}

int __real_openat64(int dir, const char *path, int flags, ...);
int __wrap_openat64(int dir, const char *path, int flags, ...);
int __wrap_openat64(int dir, const char *path, int flags, ...)
{
        va_list args;
        mode_t mode;

        if (fails("openat64"))
                return -1;
        va_start(args, flags);
        mode = take_mode(flags, args);
        va_end(args);
        return __real_openat64(dir, path, flags, mode);
}

/* ioctl_nsfs(2), NS_GET_MNTNS_ID */
#define NS_GET_ID _IOR(0xb7, 0x5, uint64_t)

/* All calls of these that are made here have one more argument. */
int __real_fcntl64(int fd, int command, ...);
int __wrap_fcntl64(int fd, int command, ...);
int __wrap_fcntl64(int fd, int command, ...)
{
        va_list args;
        void *arg;

        va_start(args, command);
        arg = va_arg(args, void *);
        va_end(args);
        return fails("fcntl64") ? -1 : __real_fcntl64(fd, command, arg);
}

int __real_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...)
{
        va_list args;
        void *arg;

        va_start(args, request);
        arg = va_arg(args, void *);
        va_end(args);
        if (no_ids && request == NS_GET_ID) {
                errno = ENOTTY;
                return -1;
        }
        return __real_ioctl(fd, request, arg);
}

/* What a kernel with quotas says: see unit/session/limit.c, and vm/quota.sh for a real one. */
static long answer_quota(unsigned command, void *data)
{
        static struct if_dqblk block;

        switch (command >> SUBCMDSHIFT) {
        case Q_XGETQSTATV:
                ((struct fs_quota_statv *)data)->qs_flags = FS_QUOTA_UDQ_ENFD;
                break;
        case Q_GETQUOTA & 0xffffff:
                *(struct if_dqblk *)data = block;
                break;
        case Q_SETQUOTA & 0xffffff:
                block = *(struct if_dqblk *)data;
                break;
        default:
                ck_abort_msg("an unknown command: %x", command);
        }
        return 0;
}

/* getcwd(2) and openat2(2) have at most four. */
long __real_syscall(long nr, ...);
long __wrap_syscall(long nr, ...);
long __wrap_syscall(long nr, ...)
{
        long a[4];
        va_list args;

        va_start(args, nr);
        for (int i = 0; i < 4; i++)
                a[i] = va_arg(args, long);
        va_end(args);
        if (fails("syscall"))
                return -1;
        if (quotas && nr == SYS_quotactl_fd)
                return answer_quota((unsigned)a[1], (void *)a[3]);
        return __real_syscall(nr, a[0], a[1], a[2], a[3]);
}

/*
 * Each kind of call, and the errors that fit it; a list ends with 0. Not EPERM: that is 1, and what
 * a call answers would pass for the error.
 */
static const int disk[] = {EACCES, EIO, 0}, of_fd[] = {EIO, ENOMEM, 0}, file[] = {EIO, EMFILE, 0},
                 making[] = {ENOSPC, EIO, 0}, removing[] = {EBUSY, EIO, 0},
                 locking[] = {EWOULDBLOCK, ENOLCK, 0}, memory[] = {ENOMEM, 0},
                 space[] = {EACCES, ENOMEM, 0}, look[] = {EACCES, 0};

const struct fault_kind fault_kinds[] = {
        {"faccessat", disk},
        {"fchmod", disk},
        {"fchown", making},
        {"fgetxattr", disk},
        {"flock", locking},
        {"fremovexattr", disk},
        {"fstat64", of_fd},
        {"fstatat64", disk},
        {"fstatfs64", of_fd},
        {"futimens", disk},
        {"getdents64", disk},
        {"mkdirat", making},
        {"name_to_handle_at", look},
        {"openat64", file},
        {"readlinkat", disk},
        {"renameat", removing},
        {"renameat2", making},
        {"symlinkat", making},
        {"unlinkat", removing},
        {"calloc", memory},
        {"fmemopen", memory},
        {"getgrnam_r", memory},
        {"getgrouplist", memory},
        {"getpwnam_r", memory},
        {"malloc", memory},
        {"mmap64", memory},
        {"mnt_new_iter", memory},
        {"mnt_new_table", memory},
        {"mnt_table_parse_stream", memory},
        {"realloc", memory},
        {"reallocarray", memory},
        {"strdup", memory},
        {"strndup", memory},
        {"fsconfig", space},
        {"fsmount", space},
        {"fsopen", space},
        {"fspick", space},
        {"mount_setattr", space},
        {"move_mount", space},
        {"open_tree", space},
        {"setns", space},
        {"umount2", removing},
        {"unshare", space},
        {"chroot", look},
        {"fchdir", look},
        {"fcntl64", look},
        {"fstatvfs64", look},
        {"getrandom", look},
        {"lseek64", look},
        {"open64", file},
        {"read", look},
        {"stat64", look},
        {"statx", look},
        {"syscall", look},
        {0},
};

/* ------------------------------------------------------------------ what a login program does */

static struct session *session; /* of this login program */

static void say(void *arg, enum report_level level, const char *text)
{
        char *said = arg;
        size_t used = strlen(said);

        if (level != REPORT_DEBUG)
                snprintf(said + used, SCENE_TEXT - used, "%s\n", text);
}

/* The answer is what session_open() says; what it reports is in scene->text, fault first. */
static int open_as(const char *user)
{
        static char said[SCENE_TEXT];
        struct session_request request = {
                .user = user,
                .service = "scene",
                .table = {.only = "/srv/table"},
        };
        struct report report = {.say = say, .arg = said};
        int r;

        said[0] = '\0';
        calls = 0;
        scene->numbers[1] = 0;
        r = session_open(&request, &session, &report);
        armed = false;
        scene->numbers[2] = session != NULL;
        snprintf(scene->text, sizeof(scene->text), "%s\n%s", report.fault, said);
        return r;
}

int do_session_open(void *user)
{
        return open_as(user);
}

int do_session_open_faulty(void *user)
{
        armed = true;
        return open_as(user);
}

static int close_session(void)
{
        static char said[SCENE_TEXT];
        struct report report = {.say = say, .arg = said};

        calls = 0;
        scene->numbers[1] = 0;
        if (session)
                session_close(session, &report);
        session = session_free(session);
        armed = false;
        return 0;
}

int do_session_close(void *arg)
{
        (void)arg;
        return close_session();
}

int do_session_close_faulty(void *arg)
{
        (void)arg;
        armed = true;
        return close_session();
}
