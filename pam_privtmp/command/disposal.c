/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * disposal: deletes what is in a base's trash
 *
 * MUST end, whatever a writer does (unit/command/disposal.c).
 * MUST NOT let one user's trees keep those of others waiting (real/hold.sh).
 */
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "command/foreign.h"
#include "command/crew.h"
#include "command/disposal.h"
#include "ground/cleanup.h"
#include "ground/grow.h"
#include "ground/names.h"

enum {
        /* a tree that somebody else has been at for so long: a logout would have ended */
        LONG_SECONDS = 60,
};

struct item {
        const char *folder; /* where it was found */
        char *name;
        bool over; /* nothing is left to be done with it in this run */
};

/* What one call of disposal_empty() has come to. */
struct run {
        const struct disposal *disposal;
        struct item *items;
        size_t n, first; /* the items before that are over */
        struct crew crew;
        unsigned done;
        uint64_t entries;
        const char *listing; /* the folder that is being listed */
        bool any_stuck;
        int error;
};

static void run_done(struct run *run)
{
        for (size_t i = 0; i < run->n; i++)
                free(run->items[i].name);
        free(run->items);
        crew_end(&run->crew);
}

/* 1, 0 or -errno. */
static int is_wanted(const struct disposal *disposal, int folder, const char *name)
{
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
            (disposal->uid != (uid_t)-1 && !name_is_trash_of(name, disposal->uid)))
                return 0;
        return disposal->foreign ? foreign_is_tree(folder, name) : 1;
}

int disposal_list(const struct disposal *disposal, const char *folder,
                  void (*found)(void *arg, const char *name), void *arg)
{
        _cleanup_close_ int fd =
                openat(disposal->base, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        struct names names;
        const char *name;
        int first = 0;

        if (fd < 0)
                return errno == ENOENT ? 0 : -errno;
        names_begin(&names, fd);
        while ((name = names_next(&names))) {
                int r = is_wanted(disposal, fd, name);

                if (r > 0)
                        found(arg, name);
                first = r < 0 && first == 0 ? r : first;
        }
        return first < 0 ? first : names.error;
}

static void add_item(void *arg, const char *name)
{
        struct run *run = arg;
        struct item *items = grow(run->items, run->n, sizeof(*items));

        if (items)
                run->items = items;
        if (!items || !(items[run->n].name = strdup(name))) {
                run->error = -ENOMEM;
                return;
        }
        items[run->n].folder = run->listing;
        items[run->n++].over = false;
}

/* What was begun with, or was stuck, the last time comes first. */
static int list_items(struct run *run, struct report *report)
{
        static const char *const folders[] = {TRASH_WORK, TRASH_STUCK, TRASH_NEW};
        const struct disposal *disposal = run->disposal;
        int first = 0;

        for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
                int r;

                run->error = 0;
                run->listing = folders[i];
                r = disposal_list(disposal, folders[i], add_item, run);
                r = r < 0 ? r : run->error;
                if (r < 0)
                        (void)report_errno(report, r, "%s/%s", disposal->path, folders[i]);
                first = first ? first : r;
        }
        return first;
}

/* ------------------------------------------------------------------ one tree */

static void say_stuck(struct run *run, const char *folder, const char *name, const char *why)
{
        run->any_stuck = true;
        run->disposal->stuck(run->disposal->arg, run->disposal->path, folder, name, why);
}

/* Nothing more of this owner is begun with; out of .trash, which would start the next clean. */
static void put_off(struct run *run, const char *name)
{
        for (size_t i = run->first; i < run->n; i++) {
                struct trash_tree tree = TRASH_TREE_NONE;
                struct item *item = &run->items[i];

                if (item->over || !crew_is_same_owner(name, item->name))
                        continue;
                item->over = true;
                if (trash_take(run->disposal->base, item->folder, item->name, &tree) == 0)
                        trash_leave(&tree);
        }
}

/* Somebody else has it: a logout, another clean, or a process that hangs. */
static void leave_to_other(struct run *run, const struct item *item)
{
        char path[sizeof(TRASH_STUCK) + NAME_MAX + 1];
        struct stat st;

        (void)snprintf(path, sizeof(path), "%s/%.*s", item->folder, NAME_MAX, item->name);
        if (fstatat(run->disposal->base, path, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
            time(NULL) - st.st_ctime < LONG_SECONDS)
                return;
        say_stuck(run, item->folder, item->name, "another process is still deleting it, or hangs");
        put_off(run, item->name);
}

/* Looks for them before anything is begun: who hangs in one tree of a user's is enough. */
static void find_others(struct run *run)
{
        for (size_t i = 0; i < run->n; i++) {
                struct trash_tree tree = TRASH_TREE_NONE;
                struct item *item = &run->items[i];
                int r;

                if (item->over || strcmp(item->folder, TRASH_WORK) != 0)
                        continue;
                r = trash_take(run->disposal->base, item->folder, item->name, &tree);
                trash_leave(&tree);
                item->over = r == -EBUSY;
                if (r == -EBUSY)
                        leave_to_other(run, item);
        }
}

static void begin(struct run *run, struct item *item, struct worker *worker)
{
        _cleanup_(trash_leave) struct trash_tree tree = TRASH_TREE_NONE;
        int r = trash_take(run->disposal->base, item->folder, item->name, &tree);

        item->over = true;
        if (r == 0)
                r = worker_start(worker, &tree);
        if (r == -EBUSY)
                leave_to_other(run, item);
        else if (r < 0 && r != -ENOENT && r != -EEXIST)
                say_stuck(run, item->folder, item->name, strerror(-r));
}

static void put_aside(struct run *run, struct worker *worker)
{
        char why[WORKER_WHY_BYTES];
        const char *folder = TRASH_STUCK;

        worker_why(worker, why);
        if (trash_move(&worker->tree, run->disposal->base, TRASH_STUCK) < 0)
                folder = TRASH_WORK;
        say_stuck(run, folder, worker->tree.name, why);
}

static void look_after(struct run *run, struct worker *worker)
{
        enum worker_is is = worker_look(worker);

        if (is == WORKER_AT_WORK)
                return;
        run->entries += worker_entries(worker);
        if (is == WORKER_DONE)
                run->done++;
        else if (is == WORKER_STUCK)
                put_aside(run, worker);
        else if (is == WORKER_LATE) {
                say_stuck(run, TRASH_WORK, worker->tree.name,
                          "took too long, the next clean goes on");
                /* whoever waits for this run has waited for this owner long enough */
                put_off(run, worker->tree.name);
        } else if (is == WORKER_KILLED)
                say_stuck(run, TRASH_WORK, worker->tree.name,
                          "its process was killed, the next clean goes on");
        else {
                say_stuck(run, TRASH_WORK, worker->tree.name,
                          "hangs, since its owner holds the lock of a file in it; a process waits "
                          "for that, and nothing else does");
                put_off(run, worker->tree.name);
        }
        worker_done(worker);
}

/* ------------------------------------------------------------------ all of them */

static struct item *find_item(struct run *run)
{
        while (run->first < run->n && run->items[run->first].over)
                run->first++;
        for (size_t i = run->first; i < run->n; i++)
                if (!run->items[i].over && !crew_has_owner_of(&run->crew, run->items[i].name))
                        return &run->items[i];
        return NULL;
}

static void tell_progress(const struct run *run)
{
        run->disposal->progress(run->disposal->arg, run->disposal->path, run->done,
                                (unsigned)run->n, run->entries + crew_entries(&run->crew));
}

static void empty(struct run *run)
{
        for (;;) {
                struct worker *worker;
                struct item *item;

                while ((worker = crew_find_free(&run->crew)) && (item = find_item(run)))
                        begin(run, item, worker);
                if (!crew_is_at_work(&run->crew))
                        return;
                crew_wait();
                for (size_t i = 0; i < CREW_WORKERS; i++)
                        if (run->crew.workers[i].pid > 0)
                                look_after(run, &run->crew.workers[i]);
                tell_progress(run);
        }
}

int disposal_empty(const struct disposal *disposal, struct report *report)
{
        _cleanup_(run_done) struct run run = {.disposal = disposal};
        int r;

        crew_begin(&run.crew);
        r = list_items(&run, report);
        find_others(&run);
        empty(&run);
        return r < 0 ? r : run.any_stuck;
}

int disposal_of(struct trash_tree *tree)
{
        _cleanup_(crew_end) struct crew crew;
        struct worker *worker = &crew.workers[0];
        enum worker_is is = WORKER_AT_WORK;
        int r;

        crew_begin(&crew);
        r = worker_start(worker, tree);
        while (r == 0 && is == WORKER_AT_WORK) {
                crew_wait();
                is = worker_look(worker);
        }
        if (r < 0 || is == WORKER_DONE)
                return r;
        return is == WORKER_STUCK ? -EPERM : -ETIMEDOUT;
}
