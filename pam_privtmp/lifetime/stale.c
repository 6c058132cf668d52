/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * stale: what becomes of instances that have no session
 *
 * MUST NOT end what is in use, or kept (unit/lifetime/stale.c).
 */
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "ground/cleanup.h"
#include "disk/trash.h"
#include "ground/path.h"
#include "lifetime/record.h"
#include "lifetime/stale.h"

enum {
        TEMPORARY_SECONDS = 600,
};

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

/* What the host empties when it boots. */
static bool is_emptied_by_boot(const char *directory)
{
        return path_is_within(directory, "/tmp") || path_is_within(directory, "/dev/shm");
}

int stale_note_boot(const struct instance *instance)
{
        char boot[RECORD_BOOT], noted[PATH_MAX], directory[PATH_MAX];
        int r = instance_read(instance->dir, "directory", directory);

        if (r < 0 || !is_emptied_by_boot(directory))
                return r;
        r = record_read_boot(boot);
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

        return keep > 0 && fstat(instance->lock, &st) == 0 && st.st_mtime > 0 &&
               st.st_mtime <= now && now - st.st_mtime < (time_t)keep;
}

bool stale_is_forgotten(int user, const char *temporary)
{
        _cleanup_close_ int lock = -EBADF;
        char path[NAME_MAX + sizeof("/lock")];
        struct stat st;

        if (fstatat(user, temporary, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
            time(NULL) - st.st_mtime < TEMPORARY_SECONDS)
                return false;
        (void)snprintf(path, sizeof(path), "%s/lock", temporary);
        lock = openat(user, path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (lock < 0) /* without a lock nobody can hold it; what can't be told is left alone */
                return errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == EISDIR ||
                       errno == ENXIO;
        return lock_try(lock, LOCK_EX) == 0;
}

static bool is_missing(int user, const char *name, const char *what)
{
        char path[2 * NAME_BYTES];
        struct stat st;

        (void)snprintf(path, sizeof(path), "%s/%s", name, what);
        return fstatat(user, path, &st, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT;
}

bool stale_is_wreck(const struct instance_place *place, const char *name)
{
        char mark[MARK_BYTES];
        struct look_query query = {.name = mark, .uid = place->uid};
        struct stat st;

        if (fstatat(place->user, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR(st.st_mode) ||
            time(NULL) - st.st_mtime < TEMPORARY_SECONDS ||
            (!is_missing(place->user, name, "lock") && !is_missing(place->user, name, "root")))
                return false;
        mark_format(mark_of_instance(place->uid, name), mark);
        look_base(place->base, place->path, &query, 1, LOOK_CLEAN);
        return !query.used;
}

/* Of an idle one. */
static enum stale_is judge_idle(const struct instance *instance, bool sure)
{
        time_t now = time(NULL);
        struct stat st;

        if (keep_of(instance) == 0)
                return STALE_OVER;
        if (fstat(instance->lock, &st) < 0)
                return STALE_KEPT;
        /* nobody closed it, or the host's clock was set back: the time counts from now */
        if (st.st_mtime <= 0 || st.st_mtime > now) {
                if (sure)
                        set_clock(instance, now);
                return STALE_KEPT;
        }
        return stale_is_kept(instance) ? STALE_KEPT : STALE_OVER;
}

void stale_judge(const struct instance_place *place, struct stale_one *ones, size_t n,
                 enum look_why why, bool sure)
{
        _cleanup_free_ struct look_query *queries = calloc(n + 1, sizeof(*queries));
        _cleanup_free_ char(*names)[MARK_BYTES] = calloc(n + 1, sizeof(*names));

        for (size_t i = 0; i < n; i++)
                ones[i].is = STALE_USED;
        if (!queries || !names)
                return;
        for (size_t i = 0; i < n; i++) {
                mark_format(ones[i].mark, names[i]);
                queries[i] = (struct look_query){.name = names[i], .uid = ones[i].mark.uid};
        }
        look_base(place->base, place->path, queries, n, why);
        for (size_t i = 0; i < n; i++) {
                ones[i].is = queries[i].used ? STALE_USED : judge_idle(ones[i].instance, sure);
                if (ones[i].is == STALE_USED && sure && instance_keep(ones[i].instance->dir) > 0)
                        stale_stop(ones[i].instance);
        }
}

/* What becomes of a rename into the trash; -ENOENT: somebody was faster. */
static int say(const struct instance_place *place, const char *name, int r)
{
        if (r < 0 && r != -ENOENT && place->report)
                report_note(place->report, REPORT_WARNING, "can't move %s/%ju/%s to the trash: %s",
                            place->path, (uintmax_t)place->uid, name, strerrordesc_np(-r));
        return r;
}

int stale_trash(const struct instance_place *place, const char *name)
{
        return say(place, name, trash_put(place, TRASH_NEW, name));
}

int stale_end(const struct instance_place *place, const struct stale_one *one)
{
        int r = trash_put(place, TRASH_WORK, one->instance->name);

        (void)lock_try(one->instance->lock, LOCK_UN);
        return say(place, one->instance->name, r);
}
