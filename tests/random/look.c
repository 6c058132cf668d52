/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* look: compares the model with the disk and the processes */
#include "random/look.h"
#include "random/model.h"

/* ------------------------------------------------------------------ a look at the disk */

ino_t inode(const char *path)
{
        struct stat st;

        return stat(path, &st) == 0 ? st.st_ino : 0;
}

ino_t seen_by(const struct process *process, unsigned directory, const char *below)
{
        char path[PATH_MAX];

        (void)snprintf(path, sizeof(path), "/proc/%d/root%s%s", process->login.pid,
                       directories[directory], below);
        return inode(path);
}

ino_t namespace_of(const struct process *process)
{
        char path[64];

        (void)snprintf(path, sizeof(path), "/proc/%d/ns/mnt", process->login.pid);
        return inode(path);
}

unsigned read_keep(const struct instance *instance)
{
        char text[32];
        ssize_t n = readlink(instance_path(instance, "/keep"), text, sizeof(text) - 1);

        text[n < 0 ? 0 : n] = '\0';
        return (unsigned)strtoul(text, NULL, 10);
}

enum clock read_clock(const struct instance *instance)
{
        struct stat st;

        if (stat(instance_path(instance, "/lock"), &st) < 0)
                wrong("%s has no lock", instance_path(instance, ""));
        if (st.st_mtime == 0)
                return CLOCK_STOPPED;
        return time(NULL) - st.st_mtime < LONG_AGO / 2 ? CLOCK_RUNNING : CLOCK_OVER;
}

/* Compares with what the step was to do, and learns what it left open. */
static void look_at_instance(struct instance *instance)
{
        const char *path = instance_path(instance, "");
        bool gone = !scene_has(path);

        if (gone && instance->fate == STAYS)
                wrong("%s was removed, which is %s", path,
                      is_locked(instance)       ? "a session's"
                      : is_used(instance, NULL) ? "in use"
                                                : "kept");
        if (!gone && instance->fate == GOES) {
                if (!beside)
                        wrong("%s is still there", path);
                tally.late++;
        }
        instance->fate = STAYS;
        instance->in_place = !gone;
        if (gone)
                return;
        if (inode(instance_path(instance, "/root/marker")) != instance->marker)
                wrong("%s has lost its file", path);
        if (instance->clock_unsure) {
                instance->keep = read_keep(instance);
                instance->clock = read_clock(instance);
                instance->clock_unsure = false;
        }
        if (read_keep(instance) != instance->keep)
                wrong("%s is kept for %u seconds, not %u", path, read_keep(instance),
                      instance->keep);
        if (instance->keep && read_clock(instance) != instance->clock)
                wrong("%s: its clock is in state %d, not %d", path, (int)read_clock(instance),
                      (int)instance->clock);
}

static void look_at_temporary(struct temporary *temporary)
{
        char path[PATH_MAX];
        bool gone;

        (void)snprintf(path, sizeof(path), SCENE_BASE "/%u/%s", uids[temporary->user],
                       temporary->name);
        gone = !scene_has(path);
        if (gone && temporary->fate == STAYS)
                wrong("%s was removed, which is %s", path, temporary->old ? "locked" : "young");
        if (!gone && temporary->fate == GOES)
                wrong("%s is still there", path);
        temporary->fate = STAYS;
        temporary->there = !gone;
}

static unsigned count_known(unsigned user)
{
        unsigned n = 0;

        for (each(i, instances))
                n += i->in_place && i->user == user;
        for (each(t, temporaries))
                n += t->user == user;
        return n;
}

/* Each process sees what it must see, and it is there. */
static void look_at_process(const struct process *process)
{
        for (unsigned d = 0; d < DIRECTORIES; d++) {
                const struct instance *instance = process->space->shows[d];
                ino_t root = seen_by(process, d, "");

                if (root != (instance ? instance->root : system_roots[d]))
                        wrong("process %d sees another %s: %ju, not %ju", process->login.pid,
                              directories[d], (uintmax_t)root,
                              (uintmax_t)(instance ? instance->root : system_roots[d]));
                if (instance && instance->in_place &&
                    seen_by(process, d, "/marker") != instance->marker)
                        wrong("process %d has lost its file in %s", process->login.pid,
                              directories[d]);
        }
}

static bool has_processes(const struct space *space)
{
        for (each(p, processes))
                if (p->space == space)
                        return true;
        return false;
}

/* A nested su must find where it is. */
static void look_at_record(const struct space *space)
{
        bool shows = false;

        for (unsigned d = 0; d < DIRECTORIES; d++)
                shows |= space->shows[d] && space->shows[d]->in_place;
        if (space->recorded && shows && has_processes(space) && !has_record_but(space, 0))
                wrong("no record of namespace %ju is left, though somebody uses what it covers",
                      (uintmax_t)space->number);
}

/* What nothing speaks of any more leaves the model. */
static void collect(void)
{
        for (each(s, sessions))
                s->there = is_copied(s);
        for (each(s, spaces)) {
                /* the record of one that nobody is in goes as soon as somebody looks */
                s->recorded &= has_processes(s);
                s->there = s == host || has_processes(s) || is_held(s);
        }
        for (each(i, instances)) {
                bool shown = i->in_place;

                for (each(s, spaces))
                        shown |= space_has(s, i);
                i->there = shown;
        }
}

/* A tree goes by its user's logout, or by clean, and by nobody while its lock is held. */
static void look_at_tree(struct tree *tree)
{
        char in_trash[PATH_MAX], in_work[PATH_MAX];

        (void)snprintf(in_trash, sizeof(in_trash), SCENE_BASE "/.trash/%s", tree->name);
        (void)snprintf(in_work, sizeof(in_work), SCENE_BASE "/.work/%s", tree->name);
        if (scene_has(in_trash) || scene_has(in_work))
                return;
        if (tree->lock >= 0)
                wrong("%s was deleted, whose lock is held", tree->name);
        if (!trees_may_go[tree->user])
                wrong("%s was deleted by another user", tree->name);
        tree->there = false;
}

void look(void)
{
        for (each(t, trees))
                look_at_tree(t);
        for (each(i, instances))
                if (i->in_place)
                        look_at_instance(i);
        for (each(t, temporaries))
                look_at_temporary(t);
        for (unsigned u = 0; u < USERS; u++)
                if (scene_instances(uids[u]) != count_known(u))
                        wrong("%s has %u instances and temporary names, not %u", users[u],
                              scene_instances(uids[u]), count_known(u));
        for (each(p, processes))
                look_at_process(p);
        for (each(s, spaces))
                look_at_record(s);
        while (waitpid(-1, NULL, WNOHANG) > 0)
                ;
        collect();
}
