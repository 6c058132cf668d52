/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sweep: what is stale in a base goes to the trash
 *
 * MUST NOT end an instance without its lock, or without a look that was taken with it
 * (unit/command/sweep.c).
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

#include "ground/cleanup.h"
#include "lifetime/records.h"
#include "disk/remove.h"
#include "lifetime/stale.h"
#include "command/sweep.h"
#include "ground/number.h"

enum {
        LOOK_AT = 16, /* instances at once */
};

/* Instances of one user that nobody has locked: a handful at a time. */
struct handful {
        struct instance instances[LOOK_AT];
        struct stale_one ones[LOOK_AT];
        size_t n;
};

static void handful_done(struct handful *handful)
{
        for (size_t i = 0; i < handful->n; i++)
                instance_done(&handful->instances[i]);
        handful->n = 0;
}

static void take_one_out(struct handful *handful, size_t i)
{
        instance_done(&handful->instances[i]);
        handful->instances[i] = handful->instances[--handful->n];
}

/* Where renaming is not possible: made unfit first, so that who is killed here leaves nothing that
 * a login would take. */
static int delete_in_place(const struct instance_place *place, const char *name)
{
        char path[2 * NAME_BYTES];

        (void)snprintf(path, sizeof(path), "%s/directory", name);
        if (unlinkat(place->user, path, 0) < 0 && errno != ENOENT)
                return -errno;
        return remove_tree(place->user, name, &(struct remove_budget){0});
}

static int take_away(const struct instance_place *place, const char *name)
{
        char trash_name[NAME_BYTES];
        _cleanup_close_ int trash = -EBADF;
        int r = instance_trash(place->base, place->user, place->uid, name, &trash, trash_name);

        if (r == -EXDEV)
                r = delete_in_place(place, name);
        return r == -ENOENT ? 0 : r; /* a close was first */
}

static int found(const struct sweep *sweep, const struct instance_place *place, const char *name,
                 struct report *report)
{
        char path[2 * NAME_BYTES];
        int r;

        (void)snprintf(path, sizeof(path), "%ju/%s", (uintmax_t)place->uid, name);
        sweep->found(sweep->arg, sweep->path, path);
        r = sweep->dry ? 0 : take_away(place, name);
        return r < 0 ? report_errno(report, r, "%s/%s", sweep->path, path) : 0;
}

/*
 * The look without the locks: what is in use stays as it is, no login waits for it. Leaves in the
 * handful what may be stale.
 */
static void look_first(const struct sweep *sweep, const struct instance_place *place,
                       struct handful *handful)
{
        for (size_t i = 0; i < handful->n; i++)
                stale_name(&handful->ones[i], place->uid, &handful->instances[i]);
        stale_judge(place, handful->ones, handful->n, LOOK_CLEAN, false);
        for (size_t i = handful->n; i-- > 0;) {
                if (handful->ones[i].is != STALE_USED)
                        continue;
                if (!sweep->dry && instance_keep(handful->instances[i].dir) > 0)
                        stale_stop(&handful->instances[i]);
                take_one_out(handful, i);
        }
}

/* The same with the locks; then what is stale goes. */
static int judge(const struct sweep *sweep, const struct instance_place *place,
                 struct handful *handful, struct report *report)
{
        int first = 0;

        look_first(sweep, place, handful);
        for (size_t i = handful->n; !sweep->dry && i-- > 0;)
                if (lock_try(handful->instances[i].lock, LOCK_EX) < 0 ||
                    !instance_is_in_place(place->user, handful->instances[i].name,
                                          handful->instances[i].lock))
                        take_one_out(handful, i);
        for (size_t i = 0; i < handful->n; i++)
                stale_name(&handful->ones[i], place->uid, &handful->instances[i]);
        stale_judge(place, handful->ones, handful->n, LOOK_CLEAN, !sweep->dry);
        for (size_t i = 0; i < handful->n; i++) {
                int r;

                if (handful->ones[i].is != STALE_OVER)
                        continue;
                r = found(sweep, place, handful->instances[i].name, report);
                if (r == 0 && !sweep->dry)
                        records_forget_instance(place->uid, handful->ones[i].mark);
                first = first ? first : r;
        }
        handful_done(handful);
        return first;
}

/* Puts an instance into the handful unless it has a session, or is kept. */
static int consider(const struct sweep *sweep, const struct instance_place *place, const char *name,
                    struct handful *handful, struct report *report)
{
        struct instance *instance = &handful->instances[handful->n];

        if (name_is_temporary(name) && stale_is_forgotten(place->user, name))
                return found(sweep, place, name, report);
        if (!name_is_instance(name))
                return 0;
        if (instance_open(place->user, name, instance) < 0)
                return stale_is_wreck(place, name) ? found(sweep, place, name, report) : 0;
        if (stale_is_kept(instance) || lock_try(instance->lock, LOCK_EX) < 0) {
                instance_done(instance);
                return 0;
        }
        (void)lock_try(instance->lock, LOCK_UN);
        handful->n++;
        return handful->n == LOOK_AT ? judge(sweep, place, handful, report) : 0;
}

/* Calls each() for the names in a directory. The first error, after all. */
static int each_name(int fd, int (*each)(void *, const char *), void *arg)
{
        _cleanup_closedir_ DIR *dir = NULL;
        struct dirent *entry;
        int copy, first = 0;

        copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        dir = copy < 0 ? NULL : fdopendir(copy);
        if (!dir) {
                fd_close(copy);
                return -errno;
        }
        while ((errno = 0, entry = readdir(dir))) {
                int r = each(arg, entry->d_name);

                first = first ? first : r;
        }
        return first ? first : -errno;
}

struct user_pass {
        const struct sweep *sweep;
        struct instance_place place;
        struct handful *handful;
        struct report *report;
};

static int each_instance(void *arg, const char *name)
{
        struct user_pass *pass = arg;

        return consider(pass->sweep, &pass->place, name, pass->handful, pass->report);
}

struct base_pass {
        const struct sweep *sweep;
        struct report *report;
};

static int each_user(void *arg, const char *name)
{
        const struct base_pass *pass = arg;
        const struct sweep *sweep = pass->sweep;
        _cleanup_(handful_done) struct handful handful = {0};
        struct user_pass user = {.sweep = sweep, .handful = &handful, .report = pass->report};
        _cleanup_close_ int fd = -EBADF;
        uint64_t uid;
        int first, r;

        if (!number_read(name, name + strlen(name), UINT32_MAX, &uid) ||
            (sweep->uid != (uid_t)-1 && sweep->uid != uid))
                return 0;
        fd = openat(sweep->base, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
                return report_errno(pass->report, -errno, "%s/%s", sweep->path, name);
        user.place = (struct instance_place){
                .base = sweep->base, .path = sweep->path, .user = fd, .uid = (uid_t)uid};
        first = each_name(fd, each_instance, &user);
        r = handful.n > 0 ? judge(sweep, &user.place, &handful, pass->report) : 0;
        return first ? first : r;
}

int sweep_base(const struct sweep *sweep, struct report *report)
{
        int r = each_name(sweep->base, each_user,
                          &(struct base_pass){.sweep = sweep, .report = report});

        return r < 0 ? report_errno(report, r, "%s", sweep->path) : 0;
}
