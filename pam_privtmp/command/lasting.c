/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lasting: what a user has left without a session, for "privtmp enter" */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "command/lasting.h"
#include "command/privtmp.h"
#include "disk/instance.h"
#include "ground/cleanup.h"
#include "ground/names.h"
#include "ground/path.h"
#include "ground/safedir.h"
#include "lifetime/memory.h"
#include "lifetime/records.h"
#include "mounts/cover.h"
#include "mounts/stance-save.h"
#include "session/survivor.h"

/* What is still there, to be covered with: the youngest instance of each directory. */
struct covers {
        uid_t uid;
        const char *name; /* NULL: of a user who is gone, whatever the name was */
        struct instance instances[RECORD_COVERS];
        int trees[RECORD_COVERS]; /* detached mounts; of what is in memory it is all there is */
        char directories[RECORD_COVERS][PATH_MAX];
        size_t n;
        bool busy; /* a login, or who ends them, has locked one */
        struct stance *stance;
        struct report *report;
};

/* One that has gone is passed over, and so is one that is locked. */
static int pass_over(struct covers *covers, int error)
{
        covers->busy |= error == -EBUSY;
        return error == -ENOENT || error == -ESTALE || error == -EBUSY ? 0 : error;
}

/* Is it the user's, and for which directory? 0, then it is held; -ESTALE if it is not, or -errno.
 */
static int hold(const struct covers *covers, int user, struct instance *instance,
                char directory[PATH_MAX])
{
        struct patience patience = {0};
        char name[PATH_MAX];
        int r = instance_read(instance->dir, "user", name);

        /* somebody else may have had the uid before */
        if (r == 0 && covers->name && strcmp(name, covers->name) != 0)
                r = -ESTALE;
        if (r == 0)
                r = instance_read(instance->dir, "directory", directory);
        if (r == 0 && !path_is_valid(directory))
                r = -ESTALE;
        return r < 0 ? r : instance_hold(user, instance, &patience);
}

static int consider_instance(struct covers *covers, int user, const char *name)
{
        struct instance instance;
        char directory[PATH_MAX];
        size_t i = 0;
        int r = name_is_instance(name) ? instance_open(user, name, &instance) : -ESTALE;

        if (r < 0)
                return pass_over(covers, r);
        r = hold(covers, user, &instance, directory);
        if (r < 0) {
                instance_done(&instance);
                return pass_over(covers, r);
        }
        while (i < covers->n && strcmp(covers->directories[i], directory) != 0)
                i++;
        if (i == RECORD_COVERS || (i < covers->n && (covers->trees[i] >= 0 ||
                                                     covers->instances[i].time > instance.time))) {
                instance_done(&instance);
                return 0;
        }
        if (i < covers->n)
                instance_done(&covers->instances[i]);
        else
                covers->n++;
        covers->instances[i] = instance;
        covers->trees[i] = -EBADF;
        (void)strcpy(covers->directories[i], directory);
        return 0;
}

static int consider_base(void *arg, const char *path)
{
        struct covers *covers = arg;
        _cleanup_close_ int base = -EBADF, user = -EBADF;
        char folder[NAME_BYTES];
        struct names names;
        const char *name;
        int r;

        r = safedir_open_own(path, false, &base, covers->report);
        if (r != 0)
                return r < 0 ? r : 0;
        name_uid(folder, covers->uid);
        user = openat(base, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (user < 0)
                return errno == ENOENT ? 0 : report_errno(covers->report, -errno, "%s", path);
        names_begin(&names, user);
        while (r == 0 && (name = names_next(&names)))
                r = consider_instance(covers, user, name);
        r = r == 0 ? names.error : r;
        return r < 0 ? report_errno(covers->report, r, "%s/%s", path, folder) : 0;
}

static const unsigned flags = FLAG_NOEXEC | FLAG_NOSUID | FLAG_NODEV;

/* What processes have kept in memory. */
static int consider_memory(void *arg, const struct memory *memory)
{
        struct covers *covers = arg;
        const size_t i = covers->n;
        const struct survivor_want want = {
                .stance = covers->stance,
                .uid = covers->uid,
                .directory = memory->directory,
                .flags = flags,
                .like = -EBADF,
                .only = &memory->mark,
        };
        struct mark mark;
        int r;

        for (size_t j = 0; j < covers->n; j++)
                if (strcmp(covers->directories[j], memory->directory) == 0)
                        return 0;
        if (i == RECORD_COVERS)
                return 0;
        r = survivor_find(&want, &covers->trees[i], &mark, covers->report);
        if (r <= 0)
                return r;
        covers->instances[i] = (struct instance)INSTANCE_NONE;
        (void)strcpy(covers->directories[i], memory->directory);
        covers->n++;
        return 0;
}

static int consider_memories(struct covers *covers)
{
        _cleanup_(stance_done) struct stance stance = STANCE_NONE;
        _cleanup_close_ int folder = -EBADF;
        int r = safedir_open_own(RECORD_FOLDER, false, &folder, covers->report);

        if (r == 0)
                r = stance_save(&stance, covers->report);
        covers->stance = &stance;
        if (r == 0)
                r = memory_each(folder, covers->uid, consider_memory, covers);
        covers->stance = NULL;
        return r < 0 ? report_errno(covers->report, r, RECORD_FOLDER) : 0;
}

/* The detached mounts are built first: a file system can be cloned only where it is mounted. */
static int build(struct covers *covers)
{
        int r = 0;

        for (size_t i = 0; r == 0 && i < covers->n; i++) {
                if (covers->trees[i] >= 0)
                        continue;
                r = cover_clone(covers->instances[i].root, flags, &covers->trees[i]);
                if (r < 0)
                        r = report_errno(covers->report, r, "can't clone what covers %s",
                                         covers->directories[i]);
        }
        return r;
}

/* Their fds go with the command that is started, or with this process. */
static int cover_all(struct covers *covers)
{
        int r = build(covers);
        struct stance stance = STANCE_NONE;

        if (r == 0)
                r = stance_make_own(&stance, covers->report);
        for (size_t i = 0; r == 0 && i < covers->n; i++) {
                _cleanup_close_ int directory = -EBADF;

                r = safedir_open(covers->directories[i], &directory, covers->report);
                if (r == 0)
                        r = cover_put(covers->trees[i], directory);
                if (r < 0)
                        r = report_errno(covers->report, r, "can't cover %s",
                                         covers->directories[i]);
        }
        return r;
}

int lasting_enter(uid_t uid, const char *name, const char *conf, struct report *report)
{
        const struct table_source place = {TABLE_CONF, TABLE_DROP_INS, conf};
        struct covers covers = {.uid = uid, .name = name, .report = report};
        _cleanup_table_ struct table *table = NULL;
        int r = table_load(&place, &table, report);

        if (r == 0)
                r = consider_memories(&covers);
        if (r == 0)
                r = privtmp_each_base(table, consider_base, &covers);
        if (r == 0 && covers.n > 0) {
                r = cover_all(&covers);
                r = r < 0 ? r : 1;
        } else if (r == 0 && covers.busy)
                r = report_fault(report, -EBUSY,
                                 "another process, a login or clean, has locked what is there");
        for (size_t i = 0; i < covers.n; i++)
                instance_done(&covers.instances[i]);
        return r;
}
