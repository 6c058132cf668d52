/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* views: from /proc */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "command/views.h"
#include "ground/cleanup.h"
#include "ground/grow.h"
#include "ground/names.h"
#include "ground/number.h"
#include "mounts/cover.h"

struct adding {
        struct views *views;
        ino_t ns;
};

static int add_cover(void *arg, const struct cover_found *found)
{
        const struct adding *adding = arg;
        struct views *views = adding->views;
        struct view_cover *covers = grow(views->covers, views->n_covers, sizeof(*covers));
        struct view_cover *new;

        if (!covers)
                return -ENOMEM;
        views->covers = covers;
        new = &covers[views->n_covers];
        *new = (struct view_cover){.ns = adding->ns, .directory = strdup(found->directory)};
        if (!new->directory)
                return -ENOMEM;
        mark_format(found->mark, new->mark);
        views->n_covers++;
        return 0;
}

static bool was_seen(const struct views *views, ino_t ns)
{
        for (size_t i = 0; i < views->n_processes; i++)
                if (views->processes[i].ns == ns)
                        return true;
        return false;
}

/* The process's namespace and name. False when it is gone, or not to be looked into. */
static bool read_process(int proc, const char *name, struct view_process *ret)
{
        char path[64];
        _cleanup_close_ int comm = -EBADF;
        struct stat st;
        ssize_t n;

        (void)snprintf(path, sizeof(path), "%.20s/ns/mnt", name);
        if (fstatat(proc, path, &st, 0) < 0)
                return false;
        ret->ns = st.st_ino;
        (void)snprintf(path, sizeof(path), "%.20s/comm", name);
        comm = openat(proc, path, O_RDONLY | O_CLOEXEC);
        n = comm < 0 ? -1 : read(comm, ret->command, VIEWS_COMMAND - 1);
        if (n <= 0)
                return false;
        ret->command[strcspn(ret->command, "\n")] = '\0';
        return true;
}

static int add_process(struct views *views, int proc, const char *name, pid_t pid)
{
        struct view_process process = {.pid = pid}, *processes;
        struct adding adding = {.views = views};
        char path[64];
        int r;

        if (!read_process(proc, name, &process))
                return 0;
        adding.ns = process.ns;
        if (!was_seen(views, process.ns)) {
                (void)snprintf(path, sizeof(path), "/proc/%.20s/mountinfo", name);
                r = cover_each_in(path, add_cover, &adding);
                if (r < 0)
                        return r == -ENOMEM ? r : 0; /* it is gone */
        }
        processes = grow(views->processes, views->n_processes, sizeof(*processes));
        if (!processes)
                return -ENOMEM;
        views->processes = processes;
        processes[views->n_processes++] = process;
        return 0;
}

int views_load(struct views *views, uid_t uid)
{
        _cleanup_close_ int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        struct names names;
        const char *name;
        int r = 0;

        *views = (struct views){0};
        if (proc < 0)
                return -errno;
        names_begin(&names, proc);
        while (r == 0 && (name = names_next(&names))) {
                struct stat st;
                uint64_t pid;

                if (number_read(name, name + strlen(name), INT32_MAX, &pid) &&
                    fstatat(proc, name, &st, 0) == 0 && (uid == (uid_t)-1 || st.st_uid == uid))
                        r = add_process(views, proc, name, (pid_t)pid);
        }
        return r;
}

bool views_show(const struct views *views, ino_t ns, const char *mark)
{
        for (size_t i = 0; i < views->n_covers; i++)
                if (views->covers[i].ns == ns && strcmp(views->covers[i].mark, mark) == 0)
                        return true;
        return false;
}

void views_done(struct views *views)
{
        for (size_t i = 0; i < views->n_covers; i++)
                free(views->covers[i].directory);
        free(views->covers);
        free(views->processes);
        *views = (struct views){0};
}
