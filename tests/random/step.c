/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* step: steps in which one thing happens */
#include <sys/file.h>

#include "random/clean.h"
#include "random/model.h"
#include "random/process.h"
#include "random/session.h"
#include "random/step.h"

/* ------------------------------------------------------------------ choices */

bool has_session(const struct process *process)
{
        return process->session;
}

static bool can_start(const struct process *process)
{
        return process->login.channel >= 0 && !process->ending;
}

static bool can_open(const struct process *process)
{
        return !process->session && can_start(process);
}

bool can_be_killed(const struct process *process)
{
        return process->there;
}

bool is_alone(const struct process *process)
{
        if (!process->session)
                return false;
        for (each(p, processes))
                if (p != process && p->copies & UINT64_C(1) << (process->session - sessions))
                        return false;
        return true;
}

bool is_last(const struct process *process)
{
        bool last = process->session;

        for (unsigned d = 0; last && d < DIRECTORIES; d++) {
                const struct instance *instance = process->session->places[d];

                process->session->locked = false;
                last = !instance || !is_locked(instance);
                process->session->locked = true;
        }
        return last;
}

struct process *choose(bool (*fits)(const struct process *))
{
        struct process *chosen = NULL;
        unsigned n = 0;

        for (each(p, processes))
                if (fits(p) && roll(++n) == 0)
                        chosen = p;
        return chosen;
}

static unsigned count_processes(void)
{
        unsigned n = 0;

        for (each(p, processes))
                n++;
        return n;
}

bool is_full(void)
{
        return count_processes() > PROCESSES - 4;
}

struct process *choose_opener(void)
{
        struct process *process = roll(3) == 0 || is_full() ? choose(can_open) : NULL;

        return process || is_full() ? process : start(NULL, BARE, 0);
}

/* ------------------------------------------------------------------ steps, one thing at a time */

void step_open(void)
{
        struct process *process = choose_opener();

        if (process)
                open_session(process, roll(USERS));
}

void step_close(void)
{
        struct process *process = choose(has_session);

        if (process)
                close_session(process, roll(3) == 0 ? (int)roll(LOGOUTS) : LOGOUT);
}

void step_start(void)
{
        struct process *parent = is_full() ? NULL : choose(can_start);

        if (!parent)
                return;
        say(" from %d:", parent->login.pid);
        start(parent, (int)roll(8), roll(USERS));
}

void step_kill(void)
{
        struct process *process = choose(can_be_killed);

        if (!process)
                return;
        say(" kill %d", process->login.pid);
        kill_process(process);
}

void step_clean(void)
{
        clean();
}

void make_old(struct instance *instance)
{
        const struct timespec then = {.tv_sec = time(NULL) - LONG_AGO};

        if (!instance->in_place || instance->keep == 0 || instance->clock != CLOCK_RUNNING)
                return;
        must(utimensat(AT_FDCWD, instance_path(instance, "/lock"),
                       (const struct timespec[]){then, then}, 0));
        instance->clock = CLOCK_OVER;
        say(" %s is over", instance->name);
}

void step_time(void)
{
        for (each(i, instances))
                if (roll(2) == 0)
                        make_old(i);
}

/* Every line that a dry run must print stands there, and no other. */
static void look_at_dry_run(void)
{
        unsigned wanted = scene_entries(SCENE_BASE "/.trash") + scene_entries(SCENE_BASE "/.work");
        unsigned printed = 0;

        for (each(i, instances)) {
                char line[PATH_MAX];

                (void)snprintf(line, sizeof(line), "stale %s\n", instance_path(i, ""));
                if (i->in_place && i->fate == GOES)
                        wanted++;
                if (i->in_place && (i->fate == GOES) != (strstr(said, line) != NULL) && !beside)
                        wrong("is %s stale? clean says: %s", i->name, said);
                i->fate = STAYS;
        }
        for (each(t, temporaries)) {
                wanted += t->fate == GOES;
                t->fate = STAYS;
        }
        for (const char *c = said; *c; c++)
                printed += *c == '\n';
        if (printed != wanted && !beside)
                wrong("%u lines wanted, clean says: %s", wanted, said);
}

void step_dry_run(void)
{
        struct cleaning cleaning;

        if (roll(2))
                step_time();
        say(" dry run");
        expect_clean(false);
        cleaning = start_clean(true);
        finish_clean(&cleaning);
        look_at_dry_run();
}

void step_old(void)
{
        const struct timespec then = {.tv_sec = time(NULL) - LONG_AGO};

        for (each(i, instances))
                if (i->in_place && roll(4) == 0)
                        must(utimensat(AT_FDCWD, instance_path(i, ""),
                                       (const struct timespec[]){then, then}, 0));
}

void step_fat(void)
{
        for (each(i, instances)) {
                char below[64];

                if (!i->in_place || roll(8) != 0)
                        continue;
                say(" %s is fat", i->name);
                for (unsigned n = 0; n < 300; n++) {
                        (void)snprintf(below, sizeof(below), "/root/file%u", n);
                        scene_write(instance_path(i, below), "");
                }
                return;
        }
}

static void make_temporary(unsigned user, bool old, bool locked)
{
        /* a young one stays so, however slow the machine is */
        const struct timespec when = {.tv_sec = time(NULL) + (old ? -LONG_AGO : LONG_AGO)};
        struct temporary *temporary = take_free(temporaries);
        char path[PATH_MAX], below[PATH_MAX + 16];
        static unsigned n;

        temporary->user = user;
        temporary->old = old;
        temporary->lock = -EBADF;
        (void)snprintf(temporary->name, sizeof(temporary->name), ".%06u", ++n % 1000000);
        (void)snprintf(path, sizeof(path), SCENE_BASE "/%u/%s", uids[user], temporary->name);
        must(mkdir(path, 0700));
        (void)snprintf(below, sizeof(below), "%s/lock", path);
        scene_write(below, "");
        if (locked) {
                temporary->lock = must(open(below, O_RDWR | O_CLOEXEC));
                must(flock(temporary->lock, LOCK_SH));
        }
        must(utimensat(AT_FDCWD, path, (const struct timespec[]){when, when}, 0));
        say(" %s's %s%s%s", users[user], temporary->name, old ? ", old" : "",
            locked ? ", locked" : "");
}

void release_temporary(struct temporary *temporary)
{
        if (temporary->lock >= 0)
                close(temporary->lock);
        temporary->lock = -EBADF;
}

void step_temporary(void)
{
        unsigned user = roll(USERS), n = 0;
        char path[64];

        for (each(t, temporaries)) {
                if (roll(3) == 0)
                        release_temporary(t);
                n++;
        }
        (void)snprintf(path, sizeof(path), SCENE_BASE "/%u", uids[user]);
        if (n < TEMPORARIES / 2 && scene_has(path))
                make_temporary(user, roll(2), roll(2));
}

void release_tree(struct tree *tree)
{
        if (tree->lock >= 0)
                close(tree->lock);
        tree->lock = -EBADF;
}

/* In .trash, as a login leaves it, or in .work, as who was killed does. */
static void make_tree(unsigned user, const char *folder, bool locked)
{
        struct tree *tree = take_free(trees);
        char path[PATH_MAX];

        tree->user = user;
        tree->since = time(NULL);
        (void)snprintf(tree->name, sizeof(tree->name), "%u.tree%02u", uids[user],
                       (unsigned)(tree - trees));
        (void)snprintf(path, sizeof(path), SCENE_BASE "/%s", folder);
        if (!scene_has(path))
                must(mkdir(path, 0700));
        (void)snprintf(path, sizeof(path), SCENE_BASE "/%s/%s", folder, tree->name);
        must(mkdir(path, 0700));
        tree->lock = must(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        (void)strcat(path, "/root");
        must(mkdir(path, 0777));
        if (locked)
                must(flock(tree->lock, LOCK_EX));
        else
                release_tree(tree);
        say(" %s/%s%s", folder, tree->name, locked ? ", locked" : "");
}

void step_tree(void)
{
        unsigned n = 0;

        for (each(t, trees)) {
                if (roll(2) == 0)
                        release_tree(t);
                n++;
        }
        if (n < TREES && scene_has(SCENE_BASE))
                make_tree(roll(USERS), roll(2) ? ".trash" : ".work", roll(2));
}

void step_table(void)
{
        unsigned u = roll(USERS), d = roll(DIRECTORIES);

        lines[u][d] = variants[u][d][roll(VARIANTS)];
        write_table();
        say(" %s has %s: %s", users[u], directories[d],
            lines[u][d]->options ? lines[u][d]->options : "none");
}
