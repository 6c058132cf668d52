/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* views: from /proc */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "command/format.h"
#include "command/views.h"
#include "ground/cleanup.h"
#include "ground/grow.h"
#include "ground/names.h"
#include "ground/number.h"
#include "ground/sorted.h"
#include "mounts/cover.h"
#include "mounts/task.h"

struct adding {
        struct views *views;
        uint64_t ns;
        bool partly;
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
        *new = (struct view_cover){
                .ns = adding->ns, .directory = strdup(found->directory), .partly = adding->partly};
        if (!new->directory)
                return -ENOMEM;
        mark_format(found->mark, new->mark);
        views->n_covers++;
        return 0;
}

static int compare_covers(const void *a, const void *b)
{
        const struct view_cover *x = a, *y = b;
        int r = strcmp(x->mark, y->mark);

        if (r == 0)
                r = sorted_compare(x, y);
        return r ? r : x->partly - y->partly; /* the path as the host has it comes first */
}

/*
 * The process's namespace and name. False when it is gone, or not to be looked into. (SELinux lets
 * confined users read the link that names a namespace, but not ask what it leads to.)
 */
static bool read_process(int proc, const char *name, struct view_process *ret)
{
        const struct task task = {.proc = proc, .pid = name, .tid = name};
        char path[64];
        _cleanup_close_ int comm = -EBADF;
        ino_t ns;
        ssize_t n;

        if (!task_read_namespace(&task, "mnt", &ns))
                return false;
        ret->ns = ns;
        (void)snprintf(path, sizeof(path), "%.20s/comm", name);
        comm = openat(proc, path, O_RDONLY | O_CLOEXEC);
        n = comm < 0 ? -1 : read(comm, ret->command, VIEWS_COMMAND - 1);
        if (n <= 0)
                return false;
        ret->command[strcspn(ret->command, "\n")] = '\0';
        format_plain(ret->command);
        return true;
}

/*
 * The covers of the process's namespace, if nobody has read them yet. The mount table of who is in
 * a chroot lacks what is outside: so one of somebody who is not is read, too.
 */
static int add_covers(struct views *views, int proc, const char *name, uint64_t ns)
{
        const struct task task = {.proc = proc, .pid = name, .tid = name};
        struct adding adding = {.views = views, .ns = ns, .partly = task_is_rooted(&task) <= 0};
        struct idset *seen = adding.partly ? &views->partly : &views->seen;
        char path[64];
        int r;

        if (idset_has(&views->seen, ns) || idset_has(seen, ns))
                return 0;
        (void)snprintf(path, sizeof(path), "/proc/%.20s/mountinfo", name);
        r = cover_each_in(path, add_cover, &adding);
        return r == 0 ? idset_add(seen, ns) : r;
}

static int add_process(struct views *views, int proc, const char *name, pid_t pid)
{
        struct view_process process = {.pid = pid}, *processes;
        int r;

        if (!read_process(proc, name, &process))
                return 0;
        r = add_covers(views, proc, name, process.ns);
        if (r < 0)
                return r == -ENOMEM ? r : 0; /* it is gone */
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
        r = r == 0 ? names.error : r;
        if (views->n_processes > 0)
                qsort(views->processes, views->n_processes, sizeof(*views->processes),
                      sorted_compare);
        if (views->n_covers > 0)
                qsort(views->covers, views->n_covers, sizeof(*views->covers), compare_covers);
        return r;
}

/* The first cover of what is marked, or where it belongs. */
static size_t find(const struct views *views, const char *mark)
{
        size_t low = 0, high = views->n_covers;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (strcmp(views->covers[middle].mark, mark) < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

static int each_of(const struct views *views, uint64_t ns,
                   int (*each)(void *arg, const struct view_process *process), void *arg)
{
        const struct view_process *all = views->processes;
        size_t i = sorted_find(all, views->n_processes, sizeof(*all), ns);
        int r = 0;

        for (; r == 0 && i < views->n_processes && all[i].ns == ns; i++)
                r = each(arg, &all[i]);
        return r;
}

int views_each(const struct views *views, const char *mark,
               int (*each)(void *arg, const struct view_process *process), void *arg)
{
        uint64_t before = 0; /* no namespace's number; what is there twice is seen once */
        int r = 0;

        for (size_t i = find(views, mark);
             r == 0 && i < views->n_covers && strcmp(views->covers[i].mark, mark) == 0; i++) {
                if (views->covers[i].ns != before)
                        r = each_of(views, views->covers[i].ns, each, arg);
                before = views->covers[i].ns;
        }
        return r;
}

void views_done(struct views *views)
{
        for (size_t i = 0; i < views->n_covers; i++)
                free(views->covers[i].directory);
        free(views->covers);
        free(views->processes);
        idset_done(&views->seen);
        idset_done(&views->partly);
        *views = (struct views){0};
}
