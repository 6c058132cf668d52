/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * worker: a process that deletes one tree, under supervision
 *
 * MUST NOT wait for the process but for a short while (real/hold.sh).
 */
#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "command/subvolume.h"
#include "command/worker.h"
#include "ground/cleanup.h"
#include "ground/deadline.h"

enum {
        PATIENCE_MILLISECONDS = 30 * 1000, /* one unlink(2) of a huge file may take that long */
        TURN_MILLISECONDS = 2 * 1000,
        LIMIT_MILLISECONDS = 30 * 60 * 1000,
        TRIES = 3, /* where another process is in the way */
};

/* What the process tells. */
struct worker_page {
        struct remove_budget budget;
        int result;
        bool has_result;
        int error;           /* of the first entry that could not be deleted */
        uint64_t attributes; /* of that entry, or of its directory (statx(2)) */
        bool is_directory;   /* these are the directory's */
        char entry[PATH_MAX];
};

/* ------------------------------------------------------------------ the process */

/* Where the entry is, as the kernel tells it: an empty name if that is too long. */
static void note_path(struct worker_page *page, int dir, const char *name)
{
        char link[64];
        ssize_t n;

        (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", dir);
        n = readlink(link, page->entry, sizeof(page->entry) - 1);
        page->entry[n > 0 ? n : 0] = '\0';
        if (n > 0 && name && (size_t)n + 1 + strlen(name) < sizeof(page->entry)) {
                page->entry[n] = '/';
                memcpy(page->entry + n + 1, name, strlen(name) + 1);
        }
}

static void note_failure(void *arg, int dir, const char *name, int error)
{
        struct worker_page *page = arg;
        struct statx stx = {0};

        page->error = error;
        page->is_directory = false;
        note_path(page, dir, name);
        if (name && statx(dir, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, 0, &stx) == 0 &&
            stx.stx_attributes & (STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND)) {
                page->attributes = stx.stx_attributes;
                return;
        }
        page->attributes = 0;
        if (statx(dir, "", AT_EMPTY_PATH, 0, &stx) == 0) {
                page->attributes = stx.stx_attributes;
                page->is_directory = true;
        }
}

static void work(const struct trash_tree *tree, struct worker_page *page)
{
        int r = REMOVE_MORE;

        page->budget.subvolume = subvolume_remove;
        page->budget.failed = note_failure;
        page->budget.arg = page;
        for (unsigned i = 0; r == REMOVE_MORE && i < TRIES; i++)
                r = remove_tree(tree->folder, tree->name, &page->budget);
        page->result = r == REMOVE_MORE ? -EAGAIN : r;
        page->has_result = true;
}

/* ------------------------------------------------------------------ the supervision */

static struct timespec in(unsigned milliseconds)
{
        return deadline_from_now_us(CLOCK_MONOTONIC, (uint64_t)milliseconds * 1000);
}

static bool has_passed(const struct timespec *at)
{
        return deadline_has_passed(CLOCK_MONOTONIC, at);
}

int worker_start(struct worker *worker, struct trash_tree *tree)
{
        struct worker_page *page = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE,
                                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        const pid_t parent = getpid();
        pid_t pid;

        if (page == MAP_FAILED)
                return -errno;
        pid = fork();
        if (pid < 0) {
                int error = errno;

                (void)munmap(page, sizeof(*page));
                return -error;
        }
        if (pid == 0) {
                if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent)
                        work(tree, page);
                _exit(EXIT_SUCCESS);
        }
        *worker = (struct worker){
                .pid = pid,
                .tree = *tree,
                .page = page,
                .patience = in(PATIENCE_MILLISECONDS),
                .turn = in(TURN_MILLISECONDS),
                .limit = in(LIMIT_MILLISECONDS),
        };
        *tree = (struct trash_tree)TRASH_TREE_NONE;
        return 0;
}

/* It is over. */
static enum worker_is judge(const struct worker *worker)
{
        if (!worker->page->has_result)
                return has_passed(&worker->limit) ? WORKER_LATE : WORKER_KILLED;
        return worker->page->result == 0 ? WORKER_DONE : WORKER_STUCK;
}

enum worker_is worker_look(struct worker *worker)
{
        uint64_t steps = __atomic_load_n(&worker->page->budget.steps, __ATOMIC_RELAXED);

        if (waitpid(worker->pid, NULL, WNOHANG) != 0)
                return judge(worker);
        if (steps != worker->steps) {
                worker->steps = steps;
                worker->patience = in(PATIENCE_MILLISECONDS);
        }
        if (has_passed(&worker->patience))
                return WORKER_HANGS;
        if (has_passed(&worker->limit))
                (void)kill(worker->pid, SIGKILL);
        return WORKER_AT_WORK;
}

uint64_t worker_entries(const struct worker *worker)
{
        return __atomic_load_n(&worker->page->budget.done, __ATOMIC_RELAXED);
}

bool worker_is_old(const struct worker *worker)
{
        return has_passed(&worker->turn);
}

/* Below the tree, and harmless: the user has chosen these names. */
static void copy_entry(const struct worker *worker, char *to, size_t size)
{
        const char *from = worker->page->entry, *tree = strstr(from, worker->tree.name);
        size_t n = 0;

        if (tree && tree[strlen(worker->tree.name)] == '/')
                from = tree + strlen(worker->tree.name) + 1;
        for (; n < size - 1 && from[n]; n++)
                to[n] = isprint((unsigned char)from[n]) ? from[n] : '?';
        to[n] = '\0';
}

static const char *cure(const struct worker_page *page)
{
        if (page->attributes & STATX_ATTR_IMMUTABLE)
                return page->is_directory ? ", its directory is immutable: chattr -i"
                                          : ", it is immutable: chattr -i";
        if (page->attributes & STATX_ATTR_APPEND)
                return page->is_directory ? ", its directory is append-only: chattr -a"
                                          : ", it is append-only: chattr -a";
        switch (page->error) {
        case -EBUSY:
        case -EXDEV:
                return ", something is mounted there: umount";
        case -EROFS:
                return ", the file system is read-only: see the kernel's log";
        case -EIO:
                return ", the disk is broken: see the kernel's log";
        default:
                return "";
        }
}

void worker_why(const struct worker *worker, char why[WORKER_WHY_BYTES])
{
        const struct worker_page *page = worker->page;
        char entry[256];

        copy_entry(worker, entry, sizeof(entry));
        if (page->error == 0)
                (void)snprintf(why, WORKER_WHY_BYTES, "%s", strerror(-page->result));
        else
                (void)snprintf(why, WORKER_WHY_BYTES, "%s: %s%s", entry, strerror(-page->error),
                               cure(page));
}

void worker_done(struct worker *worker)
{
        trash_leave(&worker->tree);
        if (worker->page)
                (void)munmap(worker->page, sizeof(*worker->page));
        *worker = (struct worker){.tree = TRASH_TREE_NONE};
}
