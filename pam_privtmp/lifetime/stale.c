/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * stale: what becomes of instances that have no session
 *
 * MUST NOT end what is in use, or kept (unit/lifetime/stale.c).
 */
#include <limits.h>
#include <linux/magic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>

#include "ground/cleanup.h"
#include "ground/missing.h"
#include "disk/trash.h"
#include "ground/path.h"
#include "lifetime/record.h"
#include "lifetime/stale.h"

void stale_name(struct stale_one *one, uid_t uid, const struct instance *instance)
{
        *one = (struct stale_one){.instance = instance,
                                  .mark = mark_of_instance(uid, instance->name),
                                  .is = STALE_USED};
}

/* What can't be written stays as it is: the worst of it is a wrong time. */
static void set_clock(const struct instance *instance, time_t seconds)
{
        const struct timespec both[] = {{.tv_sec = seconds}, {.tv_sec = seconds}};

        (void)futimens(instance->lock, both);
}

void stale_stop(const struct instance *instance)
{
        struct stat st;

        /* most often it is stopped: no need to write */
        if (fstat(instance->lock, &st) < 0 || st.st_mtime != 0)
                set_clock(instance, 0);
}

bool stale_boot_ends(const char *directory, int fd)
{
        struct statfs fs;

        return path_is_within(directory, "/tmp") || path_is_within(directory, "/dev/shm") ||
               (fstatfs(fd, &fs) == 0 && fs.f_type == TMPFS_MAGIC);
}

int stale_note_boot(const struct instance *instance)
{
        char boot[RECORD_BOOT], noted[PATH_MAX];
        int r = record_read_boot(boot);

        if (r < 0 || (instance_read(instance->dir, "boot", noted) == 0 && strcmp(noted, boot) == 0))
                return r;
        (void)unlinkat(instance->dir, "boot", 0); /* it may be missing */
        return symlinkat(boot, instance->dir, "boot") < 0 ? -errno : 0;
}

/* Seconds, as instance_keep() says; 0 if the host has booted since, and that ends it. */
static unsigned keep_of(const struct instance *instance)
{
        char boot[RECORD_BOOT], noted[PATH_MAX];

        if (instance_read(instance->dir, "boot", noted) == 0 && record_read_boot(boot) == 0 &&
            strcmp(noted, boot) != 0)
                return 0;
        return instance_keep(instance->dir);
}

bool stale_is_kept(const struct instance *instance)
{
        unsigned keep = keep_of(instance);
        time_t now = time(NULL);
        struct stat st;

        return keep > 0 && keep != UINT_MAX && fstat(instance->lock, &st) == 0 && st.st_mtime > 0 &&
               st.st_mtime <= now && now - st.st_mtime < (time_t)keep;
}

bool stale_is_forgotten(int user, const char *temporary)
{
        _cleanup_close_ int lock = -EBADF;
        char path[NAME_MAX + sizeof("/lock")];
        struct stat st;

        if (fstatat(user, temporary, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
            time(NULL) - st.st_mtime < STALE_TEMPORARY_SECONDS)
                return false;
        (void)snprintf(path, sizeof(path), "%s/lock", temporary);
        lock = openat(user, path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (lock < 0) /* without a lock nobody can hold it; what can't be told is left alone */
                return errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == EISDIR ||
                       errno == ENXIO;
        return lock_try(lock, LOCK_EX) == 0;
}

/* Of an idle one. */
static enum stale_is judge_idle(const struct instance *instance, bool sure, bool *doubt)
{
        unsigned keep = keep_of(instance);
        time_t now = time(NULL);
        struct stat st;

        if (keep == 0)
                return STALE_OVER;
        *doubt = keep == UINT_MAX || fstat(instance->lock, &st) < 0;
        if (*doubt)
                return STALE_KEPT;
        /* nobody closed it, or the host's clock was set back: the time counts from now */
        if (st.st_mtime <= 0 || st.st_mtime > now) {
                if (sure)
                        set_clock(instance, now);
                return STALE_KEPT;
        }
        return stale_is_kept(instance) ? STALE_KEPT : STALE_OVER;
}

void stale_judge(const struct shelf *shelf, struct stale_one *ones, size_t n, enum look_why why,
                 bool sure)
{
        _cleanup_free_ struct look_query *queries = calloc(n + 1, sizeof(*queries));
        _cleanup_free_ char(*names)[MARK_BYTES] = calloc(n + 1, sizeof(*names));

        for (size_t i = 0; i < n; i++) {
                ones[i].is = STALE_USED;
                ones[i].doubt = true;
        }
        if (!queries || !names)
                return;
        for (size_t i = 0; i < n; i++) {
                mark_format(ones[i].mark, names[i]);
                queries[i] = (struct look_query){.name = names[i], .uid = ones[i].mark.uid};
        }
        look_base(shelf->base, shelf->path, queries, n, why);
        for (size_t i = 0; i < n; i++) {
                ones[i].doubt = queries[i].doubt;
                ones[i].theirs = queries[i].theirs;
                ones[i].is = queries[i].used ? STALE_USED
                                             : judge_idle(ones[i].instance, sure, &ones[i].doubt);
                if (ones[i].is == STALE_USED && sure && instance_keep(ones[i].instance->dir) > 0)
                        stale_stop(ones[i].instance);
        }
}

/* What becomes of a rename into the trash; -ENOENT: somebody was faster. */
static int say(const struct shelf *shelf, const char *name, int r)
{
        if (r < 0 && r != -ENOENT && shelf->report)
                report_note(shelf->report, REPORT_WARNING, "can't move %s/%ju/%s to the trash: %s",
                            shelf->path, (uintmax_t)shelf->uid, name, strerrordesc_np(-r));
        return r;
}

int stale_trash(const struct shelf *shelf, const char *name)
{
        return say(shelf, name, trash_put(shelf, TRASH_NEW, name));
}

int stale_end(const struct shelf *shelf, const struct stale_one *one)
{
        int r = trash_put(shelf, TRASH_WORK, one->instance->name);

        (void)lock_try(one->instance->lock, LOCK_UN);
        return say(shelf, one->instance->name, r);
}
