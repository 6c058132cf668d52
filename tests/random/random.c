/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Random steps: sessions are opened, joined, nested, closed, stopped and killed, programs outlive
 * them, the command cleans beside them, the table changes, the host boots anew; and after each step
 * a model says what must be there. In particular: what is in use or kept is never removed (what
 * end=close ends aside), of trees in the trash each goes by its user's logout or by clean, and none
 * that somebody is at; each session finds the directory that it must find, and when everything
 * has ended, clean leaves nothing.
 *
 * Sessions are the module's, through the real libpam. What is certain is compared exactly; where
 * two things happen at once, the model allows what the order of them leaves open, and learns by a
 * look.
 *
 * Environment: PRIVTMP_MODULE and PRIVTMP_COMMAND, the paths of the module and of the command;
 * PRIVTMP_STEPS, how many steps (10,000), and PRIVTMP_SEED, to take the same steps again. In a
 * throw-away host; in the first process namespace too (tests/host/run -1).
 */
#include <inttypes.h>
#include <linux/nsfs.h>

#include "kit/pam-login.h"
#include "random/clean.h"
#include "random/look.h"
#include "random/model.h"
#include "random/process.h"
#include "random/race.h"
#include "random/request.h"
#include "random/session.h"
#include "random/step.h"

/* ------------------------------------------------------------------ the end of everything */

static void end_all_processes(bool properly)
{
        for (each(p, processes)) {
                if (properly && p->session)
                        close_session(p, LOGOUT);
                look();
        }
        for (each(p, processes))
                kill_process(p);
        look();
}

static bool is_anything_left(void)
{
        return scene_left_but_records() || scene_instances(uids[2]) > 0 || has_dead_record();
}

/* Others on this machine may have looked at a namespace of ours, and so held it for a moment. */
static bool is_nothing_left(void *arg)
{
        (void)arg;
        clean();
        look();
        return !is_anything_left();
}

/* Once everything has ended, clean leaves nothing but what is kept; later, nothing at all. */
static void step_end(void)
{
        const char *left;

        say(" the end of everything:");
        end_all_processes(roll(2));
        for (each(t, temporaries)) {
                release_temporary(t);
                t->old = true;
        }
        for (each(t, trees))
                release_tree(t);
        for (unsigned u = 0; u < USERS; u++)
                scene_age(uids[u]);
        clean();
        look();
        for (each(i, instances))
                make_old(i);
        clean();
        look();
        left = scene_left();
        if (beside && is_anything_left())
                scene_wait(is_nothing_left, NULL, "for nothing to be left");
        else if (!beside && (left || is_anything_left()))
                wrong("%s", left ? left : "an instance of carol's is left");
        tally.ends++;
}

/* All that runs is gone, and /run; the base stays. */
static void step_boot(void)
{
        say(" boot:");
        end_all_processes(false);
        if (scene_has("/run/privtmp"))
                must(system("rm -r /run/privtmp"));
        tally.boots++;
}

/* ------------------------------------------------------------------ the story */

static const struct {
        void (*take)(void);
        unsigned weight;
} steps[] = {
        {step_open, 240},       {step_close, 170},       {step_start, 150},
        {step_kill, 140},       {step_clean, 30},        {step_dry_run, 20},
        {step_time, 30},        {step_old, 10},          {step_fat, 10},
        {step_temporary, 20},   {step_tree, 20},         {step_table, 20},
        {step_open_clean, 60},  {step_close_clean, 25},  {step_kill_clean, 15},
        {step_clean_clean, 5},  {step_open_open, 30},    {step_close_open, 30},
        {step_killed_open, 20}, {step_killed_close, 15}, {step_close_close, 40},
        {step_end, 2},          {step_boot, 2},
};

static void take_step(void)
{
        unsigned all = 0, n;

        for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
                all += steps[i].weight;
        n = roll(all);
        for (size_t i = 0;; i++) {
                if (n < steps[i].weight) {
                        begin_time();
                        memset(trees_may_go, 0, sizeof(trees_may_go));
                        for (each(t, trees))
                                if (time(NULL) - t->since > TREE_SECONDS)
                                        release_tree(t);
                        steps[i].take();
                        return;
                }
                n -= steps[i].weight;
        }
}

/* Does the kernel tell this process of all mount namespaces? */
static bool is_told(void)
{
        int own = must(open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC));
        int next = ioctl(own, _IOC(_IOC_READ, NSIO, 11, 16), NULL); /* NS_MNT_GET_NEXT */
        bool told = next >= 0 || errno == ENOENT;

        if (next >= 0)
                close(next);
        close(own);
        return told;
}

static void set_up(void)
{
        int command = must(open(getenv("PRIVTMP_COMMAND"), O_RDONLY | O_CLOEXEC));
        char text[64];

        beside = readlink("/proc/self/ns/pid", text, sizeof(text)) > 0 &&
                 strncmp(text, "pid:[4026531836]", 16) == 0; /* the same on all machines */
        if (beside)
                scene_begin_beside();
        else
                scene_begin();
        pam_login_service(SERVICE);
        scene_write("/srv/pam.d/other", SERVICE); /* else each login logs that it is missing */
        (void)snprintf(text, sizeof(text), "/proc/self/fd/%d", command);
        scene_copy(text, "/srv/privtmp");
        close(command);
        iterates = is_told();

        host->there = true;
        host->number = inode("/proc/self/ns/mnt");
        must(mkdir("/srv/second", 0700));
        for (unsigned d = 0; d < DIRECTORIES; d++) {
                must(chmod(directories[d], 01777));
                system_roots[d] = inode(directories[d]);
        }
        for (unsigned u = 0; u < USERS; u++)
                for (unsigned d = 0; d < DIRECTORIES; d++)
                        lines[u][d] = variants[u][d][0];
        write_table();
        start_listening();
}

static void print_tally(void)
{
        printf("# %s of all namespaces\n", iterates ? "the kernel tells" : "/proc has to tell");
        printf("# %lu opens (%lu times an instance was found, %lu nested), %lu closes, %lu kills\n",
               tally.opens, tally.joins, tally.nests, tally.closes, tally.kills);
        printf("# %lu joins, of which %lu had to be\n", tally.entered, tally.entered_surely);
        printf("# %lu cleans, %lu races, %lu ends of everything, %lu boots\n", tally.cleans,
               tally.races, tally.ends, tally.boots);
        printf("# %lu instances went later than they could, %lu opens and closes were slow\n",
               tally.late, tally.slow);
        printf("# %lu opens went on alone; of %lu beside another %lu\n", tally.alone, tally.pairs,
               tally.pairs_alone);
        fflush(stdout);
}

START_TEST(whatever_happens_in_whatever_order_nothing_in_use_goes_and_nothing_stays)
{
        set_up();
        dice = seed;
        while (step < n_steps) {
                step++;
                history[step % HISTORY][0] = '\0';
                take_step();
                look();
        }
        step++;
        history[step % HISTORY][0] = '\0';
        memset(trees_may_go, 0, sizeof(trees_may_go));
        step_end();
        print_tally();
        /* others may look at namespaces too, but not all the time */
        if (tally.late * 10 > tally.closes)
                wrong("%lu instances went later than they could", tally.late);
        if (n_steps >= STEPS && tally.entered == 0)
                wrong("nobody has joined a session");
        if (tally.pairs_alone * 4 > tally.pairs + 4)
                wrong("%lu of %lu opens did not wait for another", tally.pairs_alone, tally.pairs);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("random");
        TCase *tests = tcase_create("steps");

        if (!request_read(&seed, &n_steps))
                return EXIT_FAILURE;
        tcase_set_timeout(tests, TIMEOUT);
        tcase_add_test(tests,
                       whatever_happens_in_whatever_order_nothing_in_use_goes_and_nothing_stays);
        suite_add_tcase(suite, tests);
        return scratch_run(suite);
}
