/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* crew: the workers that are at work at the same time */
#include <string.h>

#include "command/crew.h"

enum {
        WAIT_MILLISECONDS = 100,
};

void crew_begin(struct crew *crew)
{
        sigset_t child;

        for (size_t i = 0; i < CREW_WORKERS; i++)
                crew->workers[i] = (struct worker){.tree = TRASH_TREE_NONE};
        (void)signal(SIGCHLD, SIG_DFL); /* whatever the caller did with it */
        (void)sigemptyset(&child);
        (void)sigaddset(&child, SIGCHLD);
        (void)sigprocmask(SIG_BLOCK, &child, &crew->before);
}

void crew_end(struct crew *crew)
{
        for (size_t i = 0; i < CREW_WORKERS; i++)
                worker_done(&crew->workers[i]);
        (void)sigprocmask(SIG_SETMASK, &crew->before, NULL);
}

void crew_wait(void)
{
        const struct timespec limit = {.tv_nsec = WAIT_MILLISECONDS * 1000000};
        sigset_t child;

        (void)sigemptyset(&child);
        (void)sigaddset(&child, SIGCHLD);
        (void)sigtimedwait(&child, NULL, &limit);
}

/* Beside those that have had their turn, as long as there is a place. */
struct worker *crew_find_free(struct crew *crew)
{
        struct worker *free = NULL;

        for (size_t i = 0; i < CREW_WORKERS; i++) {
                struct worker *worker = &crew->workers[i];

                if (worker->pid == 0)
                        free = worker;
                else if (!worker_is_old(worker))
                        return NULL;
        }
        return free;
}

bool crew_is_at_work(const struct crew *crew)
{
        for (size_t i = 0; i < CREW_WORKERS; i++)
                if (crew->workers[i].pid > 0)
                        return true;
        return false;
}

uint64_t crew_entries(const struct crew *crew)
{
        uint64_t entries = 0;

        for (size_t i = 0; i < CREW_WORKERS; i++)
                if (crew->workers[i].pid > 0)
                        entries += worker_entries(&crew->workers[i]);
        return entries;
}

/* Both names begin with the same "UID.". */
bool crew_is_same_owner(const char *a, const char *b)
{
        size_t n = strcspn(a, ".");

        return a[n] == '.' && strncmp(a, b, n + 1) == 0;
}

bool crew_has_owner_of(const struct crew *crew, const char *name)
{
        for (size_t i = 0; i < CREW_WORKERS; i++)
                if (crew->workers[i].pid > 0 &&
                    crew_is_same_owner(name, crew->workers[i].tree.name))
                        return true;
        return false;
}
