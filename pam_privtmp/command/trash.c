/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * trash: deletes what is in a base's trash
 *
 * MUST end, and leave the trash empty, whatever a writer does (unit/command/trash.c).
 * MUST NOT let one tree keep the others waiting (unit/command/trash.c).
 */
#include <stdio.h>
#include <string.h>

#include "ground/cleanup.h"
#include "lifetime/look.h"
#include "disk/instance.h"
#include "ground/number.h"
#include "disk/remove.h"
#include "command/subvolume.h"
#include "command/trash.h"

enum {
        SLICE_MILLISECONDS = 500,
        TURN_SLICES = 4,
        VAIN_SLICES = 3, /* in a row, that took nothing away */
        TURNS = 5,       /* for a tree that is still mounted somewhere: what is mounted may grow */
        TURNS_LIMIT = 900, /* for any tree, half an hour of work: then the next clean goes on */
};

/* What one call of trash_empty() has come to. */
struct work {
        const struct trash *trash;
        struct report *report;
        int folder, stuck; /* fds of .trash and .stuck */
        unsigned turn;     /* from 1 */
        unsigned done, all, left;
        uint64_t entries;
        bool any_stuck;
};

static void work_done(struct work *work)
{
        fd_close(work->folder);
        fd_close(work->stuck);
}

/* Calls each() for the names in a folder that are the user's. 0 or -errno. */
static int each_name(int fd, uid_t uid, void (*each)(void *, const char *), void *arg)
{
        int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        _cleanup_closedir_ DIR *dir = copy < 0 ? NULL : fdopendir(copy);
        struct dirent *entry;

        if (!dir) {
                fd_close(copy);
                return -errno;
        }
        while ((errno = 0, entry = readdir(dir)))
                if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
                    (uid == (uid_t)-1 || name_is_trash_of(entry->d_name, uid)))
                        each(arg, entry->d_name);
        return -errno;
}

int trash_list(int base, const char *folder, uid_t uid, void (*found)(void *arg, const char *name),
               void *arg)
{
        _cleanup_close_ int fd =
                openat(base, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

        if (fd < 0)
                return errno == ENOENT ? 0 : -errno;
        return each_name(fd, uid, found, arg);
}

static void say_stuck(struct work *work, const char *folder, const char *name, const char *why)
{
        work->any_stuck = true;
        work->trash->stuck(work->trash->arg, work->trash->path, folder, name, why);
}

/* What was stuck the last time is tried again. */
static void bring_back(void *arg, const char *name)
{
        struct work *work = arg;

        if (rename_new(work->stuck, name, work->folder, name) < 0 && errno != ENOENT)
                say_stuck(work, INSTANCE_STUCK, name, strerror(errno));
}

static void put_aside(struct work *work, const char *name, const char *why)
{
        if (work->stuck < 0)
                (void)instance_open_folder(work->trash->base, INSTANCE_STUCK, &work->stuck);
        if (rename_new(work->folder, name, work->stuck, name) == 0)
                say_stuck(work, INSTANCE_STUCK, name, why);
        else if (errno != ENOENT) /* another clean was faster, then */
                say_stuck(work, INSTANCE_TRASH, name, why);
}

/* Whose it was: it is called UID.XXXXXX. Nobody's, if it is not. */
static uid_t uid_of(const char *name)
{
        uint64_t uid;

        return number_read(name, name + strcspn(name, "."), UINT32_MAX, &uid) ? (uid_t)uid : 0;
}

/* Is a tree in the trash still mounted in some namespace? */
static bool is_mounted(const struct work *work, const char *name)
{
        char mark[sizeof(INSTANCE_TRASH) + NAME_MAX + 1];
        struct look_query query = {.name = mark, .uid = uid_of(name)};

        (void)snprintf(mark, sizeof(mark), "%s/%.*s", INSTANCE_TRASH, NAME_MAX, name);
        look_base(work->trash->base, work->trash->path, &query, 1, LOOK_CLEAN);
        return query.used;
}

static int remove_for_a_turn(struct work *work, const char *name)
{
        const struct trash *trash = work->trash;
        unsigned vain = 0;
        int r = REMOVE_MORE;

        for (unsigned i = 0; r == REMOVE_MORE && i < TURN_SLICES; i++) {
                struct remove_budget budget = {.milliseconds = SLICE_MILLISECONDS,
                                               .subvolume = subvolume_remove};

                r = remove_tree(work->folder, name, &budget);
                work->entries += budget.done;
                vain = budget.done > 0 ? 0 : vain + 1;
                /* a chain that can't be renamed, too long to be walked down in a slice */
                if (r == REMOVE_MORE && vain == VAIN_SLICES)
                        r = -ELOOP;
                trash->progress(trash->arg, trash->path, work->done + (r == 0), work->all,
                                work->entries);
        }
        return r;
}

static void take_turn(void *arg, const char *name)
{
        struct work *work = arg;
        int r = remove_for_a_turn(work, name);

        if (r == 0)
                work->done++;
        else if (r < 0)
                put_aside(work, name, strerror(-r));
        else if (work->turn >= TURNS_LIMIT)
                put_aside(work, name, "took too long, the next clean goes on");
        else if (work->turn >= TURNS && is_mounted(work, name))
                put_aside(work, name, "still in use, the next clean goes on");
        else
                work->left++;
}

static void count(void *arg, const char *name)
{
        struct work *work = arg;

        (void)name;
        work->all++;
}

int trash_empty(const struct trash *trash, struct report *report)
{
        _cleanup_(work_done) struct work work = {
                .trash = trash, .report = report, .folder = -EBADF, .stuck = -EBADF};
        int r;

        r = instance_open_folder(trash->base, INSTANCE_TRASH, &work.folder);
        work.stuck = openat(trash->base, INSTANCE_STUCK,
                            O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (r == 0 && work.stuck >= 0)
                r = each_name(work.stuck, trash->uid, bring_back, &work);
        do {
                work.turn++;
                work.left = 0;
                work.all = work.done;
                if (r == 0)
                        r = each_name(work.folder, trash->uid, count, &work);
                if (r == 0)
                        r = each_name(work.folder, trash->uid, take_turn, &work);
        } while (r == 0 && work.left > 0);
        if (r < 0)
                return report_errno(report, r, "%s/%s", trash->path, INSTANCE_TRASH);
        return work.any_stuck;
}
