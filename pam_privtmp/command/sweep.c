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
#include <sys/stat.h>
#include <time.h>

#include "command/batch.h"
#include "command/foreign.h"
#include "ground/cleanup.h"
#include "ground/names.h"
#include "lifetime/records.h"
#include "disk/seal.h"
#include "disk/trash.h"
#include "lifetime/stale.h"
#include "command/disposal.h"
#include "command/sweep.h"
#include "command/wreck.h"
#include "ground/number.h"

/*
 * Where renaming is not possible: sealed first, so that who is killed here leaves nothing that a
 * login would take, and who hangs here keeps nobody else.
 */
static int delete_in_place(const struct shelf *shelf, const char *name)
{
        _cleanup_(trash_leave) struct trash_tree tree = TRASH_TREE_NONE;
        int r = trash_lock(shelf->user, name, &tree);

        if (r == 0 && tree.top >= 0)
                r = seal_put(tree.top);
        return r == 0 ? disposal_of(&tree) : r;
}

static int take_away(const struct shelf *shelf, const char *name)
{
        int r = trash_put(shelf, TRASH_NEW, name);

        if (r == -EXDEV)
                r = delete_in_place(shelf, name);
        return r == -ENOENT ? 0 : r; /* a close was first */
}

static int found(const struct sweep *sweep, const struct shelf *shelf, const char *name,
                 struct report *report)
{
        char path[2 * NAME_BYTES];
        int r;

        (void)snprintf(path, sizeof(path), "%ju/%s", (uintmax_t)shelf->uid, name);
        sweep->found(sweep->arg, sweep->path, path);
        r = sweep->dry ? 0 : take_away(shelf, name);
        return r < 0 ? report_errno(report, r, "%s/%s", sweep->path, path) : 0;
}

/* One look at all of them. */
static void look(const struct sweep *sweep, struct batch *batch, bool sure)
{
        const struct shelf base = {.base = sweep->base, .path = sweep->path};

        for (size_t i = 0; i < batch->n; i++)
                stale_name(&batch->ones[i], batch->shelves[i].uid, &batch->instances[i]);
        stale_judge(&base, batch->ones, batch->n, LOOK_CLEAN, sure);
}

/* What can't be told of stays, and that is said. Is there a doubt that is not its owner's doing? */
static bool is_in_doubt(const struct sweep *sweep, const struct batch *batch, size_t i,
                        struct report *report)
{
        const struct stale_one *one = &batch->ones[i];

        if (one->doubt)
                report_note(report, REPORT_WARNING, "%s/%u/%s: can't tell %s", sweep->path,
                            batch->shelves[i].uid, batch->instances[i].name,
                            one->is == STALE_USED ? "whether it is used" : "how long it is kept");
        return one->doubt && !one->theirs;
}

/*
 * The look without the locks: what is in use stays as it is, no login waits for it. Leaves in the
 * batch what may be stale.
 */
static int look_first(const struct sweep *sweep, struct batch *batch, struct report *report)
{
        int r = 0;

        look(sweep, batch, false);
        for (size_t i = batch->n; i-- > 0;) {
                if (batch->ones[i].is != STALE_USED)
                        continue;
                if (is_in_doubt(sweep, batch, i, report))
                        r = -EAGAIN;
                if (!sweep->dry && instance_keep(batch->instances[i].dir) > 0)
                        stale_stop(&batch->instances[i]);
                batch_take_out(batch, i);
        }
        return r;
}

/* Locks what nobody has locked. 1, 0 when somebody has, or it is gone, or -errno. */
static int take_alone(const struct sweep *sweep, const struct shelf *shelf,
                      const struct instance *instance, struct report *report)
{
        int r = lock_try(instance->lock, LOCK_EX);

        if (r == 0)
                r = instance_is_in_place(shelf->user, instance->name, instance->lock);
        if (r < 0 && r != -EBUSY)
                return report_errno(report, r, "%s/%u/%s", sweep->path, shelf->uid, instance->name);
        return r > 0;
}

/* The same with the locks; then what is stale goes. */
static int judge(const struct sweep *sweep, struct batch *batch, struct report *report)
{
        int first = look_first(sweep, batch, report), r;

        for (size_t i = batch->n; !sweep->dry && i-- > 0;) {
                r = take_alone(sweep, &batch->shelves[i], &batch->instances[i], report);
                if (r <= 0)
                        batch_take_out(batch, i);
                first = first ? first : r < 0 ? r : 0;
        }
        look(sweep, batch, !sweep->dry);
        for (size_t i = 0; i < batch->n; i++) {
                if (is_in_doubt(sweep, batch, i, report))
                        first = first ? first : -EAGAIN;
                if (batch->ones[i].is != STALE_OVER)
                        continue;
                r = found(sweep, &batch->shelves[i], batch->instances[i].name, report);
                if (r == 0 && !sweep->dry)
                        records_forget_instance(batch->shelves[i].uid, batch->ones[i].mark);
                first = first ? first : r;
        }
        batch_done(batch);
        return first;
}

/* An instance that has all that belongs to it? 1, 0 or -errno. */
static int is_certain(int user, const char *name)
{
        struct instance instance;
        int r = name_is_instance(name) ? foreign_open_instance(user, name, &instance) : -ESTALE;

        if (r == 0)
                instance_done(&instance);
        return r == 0 ? 1 : r == -ENOENT || r == -ESTALE ? 0 : r;
}

/* Puts an instance into the batch unless it has a session, or is kept. */
static int consider(const struct sweep *sweep, const struct shelf *shelf, const char *name,
                    struct batch *batch, struct report *report)
{
        struct instance *instance = &batch->instances[batch->n];
        int user, r = sweep->foreign ? is_certain(shelf->user, name) : 1;

        if (r < 0)
                return report_errno(report, r, "%s/%u/%s", sweep->path, shelf->uid, name);
        if (r == 0)
                return 0;
        if (name_is_temporary(name) && stale_is_forgotten(shelf->user, name))
                return found(sweep, shelf, name, report);
        if (!name_is_instance(name))
                return 0;
        if (seal_is_on_name(shelf->user, name))
                return found(sweep, shelf, name, report);
        r = instance_open(shelf->user, name, instance);
        if (r < 0 && wreck_is(shelf, name))
                return found(sweep, shelf, name, report);
        if (r == -ENOENT || r == -ESTALE)
                return 0;
        if (r < 0)
                return report_errno(report, r, "%s/%u/%s", sweep->path, shelf->uid, name);
        user = fcntl(shelf->user, F_DUPFD_CLOEXEC, 0);
        r = user < 0                  ? -errno
            : stale_is_kept(instance) ? -EBUSY
                                      : lock_try(instance->lock, LOCK_EX);
        if (r < 0) {
                instance_done(instance);
                fd_close(user);
                return r == -EBUSY
                               ? 0
                               : report_errno(report, r, "%s/%u/%s", sweep->path, shelf->uid, name);
        }
        (void)lock_try(instance->lock, LOCK_UN);
        instance->root = fd_close(instance->root);
        batch->shelves[batch->n] = *shelf;
        batch->shelves[batch->n++].user = user;
        return batch->n == batch->limit ? judge(sweep, batch, report) : 0;
}

/* Calls each() for the names in a directory. The first error, after all. */
static int each_name(int fd, int (*each)(void *, const char *), void *arg)
{
        struct names names;
        const char *name;
        int first = 0;

        names_begin(&names, fd);
        while ((name = names_next(&names))) {
                int r = each(arg, name);

                first = first ? first : r;
        }
        return first ? first : names.error;
}

struct base_pass {
        const struct sweep *sweep;
        struct batch *batch;
        struct report *report;
};

struct user_pass {
        const struct base_pass *base;
        struct shelf shelf;
};

static int each_instance(void *arg, const char *name)
{
        const struct user_pass *pass = arg;
        const struct base_pass *base = pass->base;

        return consider(base->sweep, &pass->shelf, name, base->batch, base->report);
}

static int each_user(void *arg, const char *name)
{
        const struct base_pass *pass = arg;
        const struct sweep *sweep = pass->sweep;
        struct user_pass user = {.base = pass};
        _cleanup_close_ int fd = -EBADF;
        uint64_t uid;

        if (!number_read(name, name + strlen(name), UINT32_MAX, &uid) ||
            (sweep->uid != (uid_t)-1 && sweep->uid != uid))
                return 0;
        fd = openat(sweep->base, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
                return report_errno(pass->report, -errno, "%s/%s", sweep->path, name);
        user.shelf = (struct shelf){
                .base = sweep->base, .path = sweep->path, .user = fd, .uid = (uid_t)uid};
        return each_name(fd, each_instance, &user);
}

int sweep_base(const struct sweep *sweep, struct report *report)
{
        _cleanup_free_ struct batch *batch = calloc(1, sizeof(*batch));
        int first, r;

        if (!batch)
                return report_errno(report, -ENOMEM, "%s", sweep->path);
        batch->limit = batch_limit();
        first = each_name(sweep->base, each_user,
                          &(struct base_pass){.sweep = sweep, .batch = batch, .report = report});
        r = batch->n > 0 ? judge(sweep, batch, report) : 0;
        first = first ? first : r;
        if (first == -EAGAIN)
                return first; /* what is in doubt has been said */
        return first < 0 ? report_errno(report, first, "%s", sweep->path) : 0;
}
