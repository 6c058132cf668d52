/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * idle: is an instance mounted anywhere?
 *
 * MUST answer "used" in doubt (test-idle.c).
 * MUST compare mounts, never numbers of namespaces, and never st_dev: it is not the device that
 * mountinfo has (btrfs) (test-idle.c).
 */
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "idle.h"
#include "mounts.h"
#include "name.h"

/* A namespace seen in this pass, and which instances it has. */
struct seen {
        ino_t number;
        unsigned mask;
};

struct look {
        int proc;
        struct idle_query *queries;
        size_t n;
        bool closing;
        dev_t device;          /* of the base's mount, as mountinfo gives it */
        char prefix[PATH_MAX]; /* of the base in its file system */
        struct seen *seen;     /* sorted by number */
        size_t n_seen;
        unsigned used;
};

static inline void look_done(struct look *look)
{
        fd_close(look->proc);
        free(look->seen);
}

static inline void table_cleanup(struct libmnt_table **table)
{
        *table = mounts_free(*table);
}

/* Where the base is in its file system: a mount of an instance begins below that. */
static int find_base(struct look *look, int base, const char *path)
{
        _cleanup_(table_cleanup) struct libmnt_table *table = NULL;
        _cleanup_free_ char *text = NULL;
        struct mounts_entry entry;
        struct statx stx;
        const char *below;
        size_t size;
        int r;

        if (statx(base, "", AT_EMPTY_PATH, STATX_MNT_ID, &stx) < 0)
                return -errno;
        r = mounts_read(look->proc, "thread-self/mountinfo", &text, &size);
        if (r == 0)
                r = mounts_parse_one(text, stx.stx_mnt_id, &table);
        if (r == 0)
                r = mounts_find(table, stx.stx_mnt_id, &entry);
        if (r < 0)
                return r;
        below = path;
        if (strcmp(entry.target, "/") != 0) {
                if (!name_is_within(path, entry.target))
                        return -EXDEV;
                below += strlen(entry.target);
        }
        look->device = entry.device;
        r = snprintf(look->prefix, sizeof(look->prefix), "%s%s",
                     strcmp(entry.root, "/") == 0 ? "" : entry.root, below);
        return r < 0 || (size_t)r >= sizeof(look->prefix) ? -ENAMETOOLONG : 0;
}

struct compare {
        const struct look *look;
        unsigned mask;
};

static int compare_mount(void *arg, const struct mounts_entry *entry)
{
        struct compare *compare = arg;

        if (entry->device != compare->look->device)
                return 0;
        for (size_t i = 0; i < compare->look->n; i++) {
                char top[PATH_MAX];
                int n = snprintf(top, sizeof(top), "%s/%s/root", compare->look->prefix,
                                 compare->look->queries[i].mark);

                /* what is removed already has "//deleted" behind its path: below, then */
                if (n < 0 || (size_t)n >= sizeof(top) || name_is_within(entry->root, top))
                        compare->mask |= 1U << i;
        }
        return 0;
}

/* The instances that a mount table has. -errno when the task is gone, or in doubt. */
static int look_at_table(const struct look *look, const char *path, unsigned *mask)
{
        _cleanup_(table_cleanup) struct libmnt_table *table = NULL;
        _cleanup_free_ char *text = NULL;
        struct compare compare = {.look = look};
        bool named = false;
        size_t size;
        int r;

        r = mounts_read(look->proc, path, &text, &size);
        if (r < 0)
                return r;
        /* names are random: a table without one need not be parsed */
        for (size_t i = 0; i < look->n && !named; i++)
                named = strstr(text, look->queries[i].mark);
        if (named) {
                r = mounts_parse(text, size, &table);
                if (r == 0)
                        r = mounts_each(table, compare_mount, &compare);
                if (r < 0)
                        return -ENOTRECOVERABLE;
        }
        *mask = compare.mask;
        return 0;
}

/* Where in look->seen the number is, or belongs. */
static size_t find_seen(const struct look *look, ino_t number)
{
        size_t low = 0, high = look->n_seen;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (look->seen[middle].number < number)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

static int add_seen(struct look *look, size_t at, ino_t number, unsigned mask)
{
        if ((look->n_seen & (look->n_seen - 1)) == 0) {
                size_t room = look->n_seen ? look->n_seen * 2 : 1;
                struct seen *larger = reallocarray(look->seen, room, sizeof(*larger));

                if (!larger)
                        return -ENOMEM;
                look->seen = larger;
        }
        memmove(look->seen + at + 1, look->seen + at, (look->n_seen - at) * sizeof(*look->seen));
        look->seen[at] = (struct seen){.number = number, .mask = mask};
        look->n_seen++;
        return 0;
}

static bool is_gone(int error)
{
        return error == -ENOENT || error == -ESRCH || error == -EINVAL;
}

/* What the task's namespace has; each namespace is read once. */
static int look_at_task(struct look *look, const char *pid, const char *tid, unsigned *mask)
{
        char path[64];
        struct stat st;
        bool numbered;
        size_t at = 0;
        int r;

        (void)snprintf(path, sizeof(path), "%.20s/task/%.20s/ns/mnt", pid, tid);
        numbered = fstatat(look->proc, path, &st, 0) == 0;
        if (!numbered && is_gone(-errno))
                return 0;
        if (numbered) {
                at = find_seen(look, st.st_ino);
                if (at < look->n_seen && look->seen[at].number == st.st_ino) {
                        *mask = look->seen[at].mask;
                        return 0;
                }
        }
        (void)snprintf(path, sizeof(path), "%.20s/task/%.20s/mountinfo", pid, tid);
        r = look_at_table(look, path, mask);
        if (r < 0)
                return is_gone(r) ? 0 : r;
        return numbered ? add_seen(look, at, st.st_ino, *mask) : 0;
}

/* The parent of a process: the fourth field of /proc/PID/stat, the second may hold anything. */
static pid_t parent_of(int proc, const char *pid)
{
        _cleanup_close_ int fd = -EBADF;
        char path[64], text[512];
        const char *field;
        ssize_t n;

        (void)snprintf(path, sizeof(path), "%.20s/stat", pid);
        fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
        n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
        if (n <= 0)
                return -1;
        text[n] = '\0';
        field = strrchr(text, ')');
        if (!field || strlen(field) < 5)
                return -1;
        return (pid_t)strtol(field + 4, NULL, 10); /* ") S PPID" */
}

/* Is it the closing login program itself, or a child that it forked and that runs no other? */
static bool is_callers(int proc, const char *pid)
{
        struct stat mine, other;
        char path[64];

        if (strtol(pid, NULL, 10) == getpid())
                return true;
        (void)snprintf(path, sizeof(path), "%.20s/exe", pid);
        return parent_of(proc, pid) == getpid() && fstatat(proc, "self/exe", &mine, 0) == 0 &&
               fstatat(proc, path, &other, 0) == 0 && mine.st_dev == other.st_dev &&
               mine.st_ino == other.st_ino;
}

static int count_task(struct look *look, const char *pid, const char *tid)
{
        unsigned mask = 0;
        int r = look_at_task(look, pid, tid, &mask);

        if (r == 0 && mask & ~look->used && !(look->closing && is_callers(look->proc, pid)))
                look->used |= mask;
        return r;
}

static int look_at_process(struct look *look, const char *pid)
{
        _cleanup_closedir_ DIR *tasks = NULL;
        struct dirent *entry;
        struct stat st;
        char path[64];
        int fd;

        (void)snprintf(path, sizeof(path), "%.20s/task", pid);
        /* one link for each task: most processes have a single one, and no need to be listed */
        if (fstatat(look->proc, path, &st, 0) == 0 && st.st_nlink == 2 + 1)
                return count_task(look, pid, pid);
        fd = openat(look->proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return is_gone(-errno) ? 0 : -errno;
        tasks = fdopendir(fd);
        if (!tasks) {
                fd_close(fd);
                return -ENOMEM;
        }
        while ((errno = 0, entry = readdir(tasks))) {
                int r;

                if (entry->d_name[0] == '.')
                        continue;
                r = count_task(look, pid, entry->d_name);
                if (r < 0)
                        return r;
        }
        return is_gone(-errno) ? 0 : -errno;
}

static int look_everywhere(struct look *look)
{
        _cleanup_closedir_ DIR *dir = NULL;
        struct dirent *entry;
        int fd = openat(look->proc, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        dir = fd < 0 ? NULL : fdopendir(fd);
        if (!dir) {
                fd_close(fd);
                return -errno;
        }
        while ((errno = 0, entry = readdir(dir))) {
                int r;

                if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
                        continue;
                r = look_at_process(look, entry->d_name);
                if (r < 0)
                        return r;
        }
        return -errno;
}

void idle_look(int base, const char *path, struct idle_query *queries, size_t n, bool closing)
{
        _cleanup_(look_done) struct look look = {
                .proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC),
                .queries = queries,
                .n = n < IDLE_MAX ? n : IDLE_MAX,
                .closing = closing,
        };
        int r = look.proc < 0 ? -errno : find_base(&look, base, path);

        if (r == 0)
                r = look_everywhere(&look);
        for (size_t i = 0; i < n; i++)
                queries[i].used = r < 0 || i >= IDLE_MAX || look.used & 1U << i;
}
