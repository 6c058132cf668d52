/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * task: one task, as /proc shows it
 *
 * MUST NOT ask a user's file system: it may never answer (unit/lifetime/look-close.c).
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "ground/cleanup.h"
#include "ground/name.h"
#include "ground/number.h"
#include "mounts/task.h"

enum {
        TASK_PATH = 96, /* bytes: "PID/task/TID/mountinfo" */
        STAT_BYTES = 512,
        STATUS_BYTES = 1024, /* the uids stand in the first lines */
        FIRST_FIELD = 3,     /* of /proc/PID/stat, behind the name */
        START_FIELD = 22,
};

#define SECOND UINT64_C(1000000000) /* in nanoseconds */

bool task_is_gone(int error)
{
        return error == -ENOENT || error == -ESRCH || error == -EINVAL;
}

static void task_path(const struct task *task, const char *file, char path[TASK_PATH])
{
        (void)snprintf(path, TASK_PATH, "%.20s/task/%.20s/%.20s", task->pid, task->tid, file);
}

/* "mnt:[4026531841]"; a link that is read costs half of one that is followed. */
bool task_read_namespace(const struct task *task, const char *kind, ino_t *ret)
{
        char path[TASK_PATH], file[NAME_BYTES], link[NAME_BYTES];
        const char *text;
        uint64_t number;
        ssize_t n;

        (void)snprintf(file, sizeof(file), "ns/%s", kind);
        task_path(task, file, path);
        n = readlinkat(task->proc, path, link, sizeof(link) - 1);
        if (n < 0)
                return false;
        link[n] = '\0';
        text = strchr(link, '[');
        if (!text || !number_read(text + 1, text + 1 + strspn(text + 1, "0123456789"), UINT64_MAX,
                                  &number)) {
                errno = EBADMSG;
                return false;
        }
        *ret = (ino_t)number;
        return true;
}

int task_search_mounts(const struct task *task, const struct mounts_wanted *wanted)
{
        char path[TASK_PATH];

        task_path(task, "mountinfo", path);
        return mountinfo_search(task->proc, path, wanted);
}

int task_open_namespace(const struct task *task)
{
        char path[TASK_PATH];
        int fd;

        task_path(task, "ns/mnt", path);
        fd = openat(task->proc, path, O_RDONLY | O_CLOEXEC);
        return fd < 0 ? -errno : fd;
}

int task_is_rooted(const struct task *task)
{
        char path[TASK_PATH], root[2];
        ssize_t n;

        task_path(task, "root", path);
        n = readlinkat(task->proc, path, root, sizeof(root));
        if (n < 0)
                return task_is_gone(-errno) ? -errno : 0;
        return n == 1 && root[0] == '/';
}

/* The real uid of a process: "Uid:\tREAL\tEFFECTIVE ..." in its status (proc(5)); 0 in doubt. */
static uid_t real_uid(const struct task *task)
{
        _cleanup_close_ int fd = -EBADF;
        char path[TASK_PATH], text[STATUS_BYTES];
        const char *uid;
        uint64_t number;
        ssize_t n;

        task_path(task, "status", path);
        fd = openat(task->proc, path, O_RDONLY | O_CLOEXEC);
        n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
        if (n < 0)
                return 0;
        text[n] = '\0';
        uid = strstr(text, "\nUid:\t"); /* a name has no newline, it is written as \n */
        if (!uid)
                return 0;
        uid += strlen("\nUid:\t");
        return number_read(uid, uid + strspn(uid, "0123456789"), UINT32_MAX, &number)
                       ? (uid_t)number
                       : 0;
}

struct owner task_owner(const struct task *task, ino_t own)
{
        char path[TASK_PATH];
        struct stat st;
        ino_t users;
        uid_t uid;

        if (task_read_namespace(task, "user", &users) && users != own) {
                _cleanup_close_ int fd = -EBADF;

                task_path(task, "ns/user", path);
                fd = openat(task->proc, path, O_RDONLY | O_CLOEXEC);
                return owner_of_users(fd, own);
        }
        /* the effective uid, whether or not the process may be dumped */
        if (fstatat(task->proc, task->pid, &st, 0) < 0)
                return (struct owner){.is_user = false};
        /* a program that is set-uid root was still started by its user */
        uid = st.st_uid != 0 ? st.st_uid : real_uid(task);
        return (struct owner){.is_user = uid != 0, .uid = uid};
}

/*
 * The fields of a stat file behind the second, which may hold anything: "S PPID ...". `text` has
 * room for it.
 */
static const char *read_stat(int proc, const char *path, char text[STAT_BYTES])
{
        _cleanup_close_ int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
        ssize_t n = fd < 0 ? -1 : read(fd, text, STAT_BYTES - 1);
        const char *field;

        if (n <= 0)
                return NULL;
        text[n] = '\0';
        field = strrchr(text, ')');
        return field && strlen(field) > 4 ? field + 2 : NULL;
}

static pid_t parent_of(const struct task *task)
{
        char path[TASK_PATH], text[STAT_BYTES];
        const char *fields;

        task_path(task, "stat", path);
        fields = read_stat(task->proc, path, text);
        return fields ? (pid_t)strtol(fields + 2, NULL, 10) : -1;
}

int task_open_process(pid_t pid)
{
        _cleanup_close_ int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
        char name[NAME_BYTES];
        int fd;

        (void)snprintf(name, sizeof(name), "%jd", (intmax_t)pid);
        fd = proc < 0 ? -1 : openat(proc, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
        return fd < 0 ? -errno : fd;
}

int task_read_start(int process, uint64_t *ret)
{
        const char *fields;
        char text[STAT_BYTES];
        uint64_t ticks;

        fields = read_stat(process, "stat", text);
        for (unsigned i = FIRST_FIELD; fields && i < START_FIELD; i++) {
                fields = strchr(fields, ' ');
                if (fields)
                        fields++;
        }
        if (!fields)
                return -ESRCH;
        if (!number_read(fields, fields + strspn(fields, "0123456789"), UINT64_MAX / SECOND,
                         &ticks))
                return -EINVAL;
        *ret = ticks * (SECOND / (uint64_t)sysconf(_SC_CLK_TCK));
        return 0;
}

bool task_is_ours(const struct task *task)
{
        const int flags = AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT;
        struct statx ours, its;
        char path[TASK_PATH];

        if (strtol(task->pid, NULL, 10) == getpid())
                return true;
        task_path(task, "exe", path);
        return parent_of(task) == getpid() &&
               statx(task->proc, "self/exe", flags, STATX_INO, &ours) == 0 &&
               statx(task->proc, path, flags, STATX_INO, &its) == 0 &&
               ours.stx_dev_major == its.stx_dev_major && ours.stx_dev_minor == its.stx_dev_minor &&
               ours.stx_ino == its.stx_ino;
}
