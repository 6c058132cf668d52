/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* clean: what the command has to take away, and what it took away */
#include <inttypes.h>

#include "random/clean.h"
#include "random/look.h"
#include "random/model.h"
#include "random/session.h"

/* ------------------------------------------------------------------ clean */

char said[SCENE_TEXT]; /* by the command */

struct cleaning start_clean(bool dry)
{
        struct cleaning cleaning;
        int ends[2];

        fflush(NULL);
        must(pipe2(ends, O_CLOEXEC));
        cleaning.pid = must(fork());
        if (cleaning.pid == 0) {
                if (dup2(ends[1], STDOUT_FILENO) >= 0 && dup2(ends[1], STDERR_FILENO) >= 0)
                        (void)execl("/srv/privtmp", "privtmp", "clean", "--conf", "/srv/table",
                                    dry ? "--dry-run" : NULL, NULL);
                _exit(127);
        }
        close(ends[1]);
        cleaning.output = ends[0];
        for (unsigned u = 0; u < USERS; u++)
                trees_may_go[u] |= !dry;
        tally.cleans++;
        return cleaning;
}

void finish_clean(struct cleaning *cleaning)
{
        size_t used = 0;
        ssize_t n;
        int status;

        while ((n = read(cleaning->output, said + used, sizeof(said) - 1 - used)) > 0)
                used += (size_t)n;
        said[used] = '\0';
        close(cleaning->output);
        must(waitpid(cleaning->pid, &status, 0));
        if (status != 0)
                wrong("clean ended with status 0x%x: %s", (unsigned)status, said);
}

void expect_no_complaint(void)
{
        const char *end = strchr(said, '\n');

        if (said[0] && (strncmp(said, "deleted ", 8) != 0 || !end || end[1]))
                wrong("clean says: %s", said);
}

void observe_clean(void)
{
        unsigned locked = 0;

        expect_no_complaint();
        for (each(t, trees))
                locked += t->lock >= 0;
        if (scene_entries(SCENE_BASE "/.trash") + scene_entries(SCENE_BASE "/.work") +
                    scene_entries(SCENE_BASE "/.stuck") !=
            locked)
                wrong("clean has left trash, or has touched what is locked");
}

void expect_clean(bool sure)
{
        for (each(i, instances))
                if (i->in_place && !is_locked(i) && i->fate == STAYS &&
                    !(i->keep && i->clock == CLOCK_RUNNING))
                        i->fate = judge(i, NULL, sure);
        for (each(t, temporaries))
                if (t->old && t->lock < 0)
                        t->fate = GOES;
}

/* Is a namespace with the number of that record there, whosever it is? */
static bool is_number_alive(const char *record)
{
        ino_t number = (ino_t)strtoumax(record, NULL, 10);
        DIR *dir = opendir("/proc");
        struct dirent *entry;
        bool alive = false;

        while (dir && (entry = readdir(dir))) {
                char path[sizeof(entry->d_name) + 16];

                (void)snprintf(path, sizeof(path), "/proc/%s/ns/mnt", entry->d_name);
                alive |= inode(path) == number;
        }
        if (dir)
                closedir(dir);
        return alive;
}

bool has_dead_record(void)
{
        DIR *dir = opendir("/run/privtmp");
        struct dirent *entry;
        bool dead = false;

        while (dir && !dead && (entry = readdir(dir)))
                dead = entry->d_name[0] != '.' && !is_number_alive(entry->d_name);
        if (dir)
                closedir(dir);
        return dead;
}

/*
 * Of those who were killed, only what says of a namespace that it is ours. Whoever is elsewhere may
 * come back: that record stays as long as the process.
 */
static void look_at_openers(const struct space *space)
{
        if (!is_open(space, NULL))
                return;
        for (unsigned i = 0; i < RECORDS; i++)
                if (has_record(space, &space->openers[i]) && !space->openers[i].process)
                        wrong("clean has left %s, whose opener is gone",
                              record_path(space, &space->openers[i]));
}

void clean(void)
{
        struct cleaning cleaning;

        say(" clean");
        expect_clean(true);
        cleaning = start_clean(false);
        finish_clean(&cleaning);
        observe_clean();
        if (!beside && has_dead_record())
                wrong("clean has left a record of a namespace that is gone");
        for (each(s, spaces))
                look_at_openers(s);
}
