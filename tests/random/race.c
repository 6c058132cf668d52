/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* race: steps in which two things happen at once */
#include "kit/pam-login.h"
#include "random/clean.h"
#include "random/model.h"
#include "random/process.h"
#include "random/race.h"
#include "random/session.h"
#include "random/step.h"

/* ------------------------------------------------------------------ steps, two things at once */

/* What others may end that the process is the last to use, when it has gone elsewhere. */
static void expect_absence(struct process *process, unsigned user, bool cleaned)
{
        struct space *space = process->space;

        if (iterates)
                return; /* it holds that by an fd */
        process->space = host;
        if (cleaned)
                expect_clean(true);
        else
                settle(user, false);
        process->space = space;
}

/* Somewhere in the middle of what has begun: less than that many nanoseconds. */
static void wait_a_moment(unsigned limit)
{
        uint64_t nanoseconds = roll(limit);
        struct timespec begin, now;

        clock_gettime(CLOCK_MONOTONIC, &begin);
        do
                clock_gettime(CLOCK_MONOTONIC, &now);
        while ((uint64_t)(now.tv_sec - begin.tv_sec) * 1000000000 + (uint64_t)now.tv_nsec -
                       (uint64_t)begin.tv_nsec <
               nanoseconds);
}

static void finish_silent_clean(struct cleaning *cleaning)
{
        finish_clean(cleaning);
        expect_no_complaint();
}

/* The process does what it is told, and is stopped in the middle of it for as long as clean runs.
 */
static int do_stopped(struct login *login, int (*function)(void *), const void *arg)
{
        struct cleaning cleaning;

        login_begin(login, function, arg);
        wait_a_moment(roll(4) == 0 ? MOMENT_CLEAN : MOMENT_LOGIN);
        must(kill(login->pid, SIGSTOP));
        cleaning = start_clean(false);
        finish_silent_clean(&cleaning);
        must(kill(login->pid, SIGCONT));
        return login_wait(login);
}

/* The same with clean as the one that is stopped. */
static int do_beside_stopped(struct login *login, int (*function)(void *), const void *arg)
{
        struct cleaning cleaning = start_clean(false);
        int answer;

        wait_a_moment(MOMENT_CLEAN);
        must(kill(cleaning.pid, SIGSTOP));
        answer = login_do(login, function, arg);
        must(kill(cleaning.pid, SIGCONT));
        finish_silent_clean(&cleaning);
        return answer;
}

static int do_at_once(struct login *login, int (*function)(void *), const void *arg)
{
        struct cleaning cleaning;

        login_begin(login, function, arg);
        cleaning = start_clean(false);
        finish_silent_clean(&cleaning);
        return login_wait(login);
}

/* Cleans beside the process while that does what it is told. */
static int do_beside_clean(struct process *process, int (*function)(void *), const void *arg)
{
        switch (roll(3)) {
        case 0:
                say(", stopped, clean");
                return do_stopped(&process->login, function, arg);
        case 1:
                say(", clean, stopped");
                return do_beside_stopped(&process->login, function, arg);
        default:
                say(", clean");
                return do_at_once(&process->login, function, arg);
        }
}

void step_open_clean(void)
{
        struct process *process = choose_opener();
        unsigned user = roll(USERS);
        struct opening o;

        /* a record of before may have the same name, and clean take the new for the old one */
        if (!process || process->has_opened)
                return;
        say(" open by %d for %s", process->login.pid, users[user]);
        expect_clean(true);
        expect_open(&o, process, user);
        expect_absence(process, user, true);
        blur();
        tally.races++;
        o.racing = true;
        observe_open(&o, do_beside_clean(process, do_login, users[user]));
}

void step_close_clean(void)
{
        struct process *process = choose(has_session);
        int how = (int)roll(LOGOUT_NEVER);

        if (!process)
                return;
        say(" close (%d) by %d of %s", how, process->login.pid, users[process->session->user]);
        expect_clean(true);
        expect_logout(process, how);
        expect_clean(true);
        blur();
        tally.races++;
        (void)observe_logout(do_beside_clean(process, do_logout, number(how)));
}

void step_kill_clean(void)
{
        struct process *process = choose(can_be_killed);
        struct cleaning cleaning;

        if (!process)
                return;
        say(" clean, kill %d", process->login.pid);
        cleaning = start_clean(false);
        wait_a_moment(MOMENT_CLEAN);
        kill_process(process);
        expect_clean(true);
        blur();
        tally.races++;
        finish_silent_clean(&cleaning);
}

void step_clean_clean(void)
{
        struct cleaning one, two;

        say(" clean, clean");
        expect_clean(true);
        blur();
        tally.races++;
        one = start_clean(false);
        two = start_clean(false);
        finish_silent_clean(&one);
        finish_clean(&two);
        observe_clean();
}

/* What could be expected earlier may come, too. */
static void allow(struct opening *o, const struct opening *before)
{
        for (unsigned d = 0; d < DIRECTORIES; d++) {
                o->may_be_new[d] |= before->may_be_new[d];
                for (unsigned i = 0; i < INSTANCES; i++)
                        o->may_be[d][i] |= before->may_be[d][i];
        }
}

void step_open_open(void)
{
        struct process *one = choose_opener(), *two;
        unsigned user = roll(USERS);
        struct opening before, o, p;
        unsigned long alone, pairs = 0;
        int answer;

        if (!one || is_full())
                return;
        two = start(NULL, BARE, 0);
        if (one == two)
                return;
        say(" open by %d and %d for %s", one->login.pid, two->login.pid, users[user]);
        expect_open(&before, two, user); /* it may look before the first one leaves for home */
        expect_open(&o, one, user);
        expect_open(&p, two, user);
        allow(&o, &before);
        allow(&p, &before);
        expect_absence(one, user, false);
        blur();
        tally.races++;
        o.paired = true;
        p.racing = true;
        login_do(&one->login, do_pam_start, users[user]); /* it takes longer than the open */
        login_do(&two->login, do_pam_start, users[user]);
        login_begin(&one->login, do_open, NULL);
        login_begin(&two->login, do_open, NULL);
        answer = login_wait(&one->login);
        observe_open(&o, answer);
        for (unsigned d = 0; one->session && d < DIRECTORIES; d++)
                if (p.may_be_new[d] && !lines[user][d]->per_session) {
                        p.may_be[d][one->session->places[d] - instances] = true;
                        p.may_be_new[d] = false;
                        pairs++;
                }
        answer = login_wait(&two->login);
        alone = tally.alone;
        observe_open(&p, answer);
        if (p.slow) /* it may have lost its patience, and the machine alone is to blame */
                return;
        tally.pairs += pairs;
        tally.pairs_alone += tally.alone - alone;
}

/*
 * Do two that close there at once see the same, whoever is first? Who goes back to a namespace that
 * shows an instance itself does not count there when it is the last, and does when it is not. The
 * same holds for its children, wherever they are.
 */
static bool closes_plainly(const struct process *process)
{
        const struct session *session = process->session;

        if (!session || session->own == host || session->left != host)
                return false;
        for (each(p, processes))
                if (p != process && !counts(p, process))
                        return false;
        return true;
}

void step_close_close(void)
{
        struct process *one = choose(closes_plainly), *two = NULL;

        for (each(p, processes))
                if (one && p != one && closes_plainly(p) && p->session->own == one->session->own)
                        two = p;
        if (!two)
                return;
        say(" close by %d and %d of %s", one->login.pid, two->login.pid, users[one->session->user]);
        login_begin(&one->login, do_logout, number(LOGOUT));
        if (roll(2))
                wait_a_moment(MOMENT_LOGIN);
        login_begin(&two->login, do_logout, number(LOGOUT));
        expect_close(one);
        expect_close(two);
        blur();
        tally.races++;
        (void)observe_logout(login_wait(&one->login));
        (void)observe_logout(login_wait(&two->login));
}

void step_close_open(void)
{
        struct process *closer = choose(is_last), *opener;
        struct opening before, o;
        unsigned user;
        int answer;

        if (!closer || is_full())
                return;
        user = closer->session->user;
        opener = start(NULL, BARE, 0);
        say(" close by %d, open by %d for %s", closer->login.pid, opener->login.pid, users[user]);
        expect_open(&before, opener, user);
        login_begin(&closer->login, do_logout, number(LOGOUT));
        if (roll(2))
                wait_a_moment(MOMENT_LOGIN);
        login_begin(&opener->login, do_login, users[user]);
        expect_close(closer);
        expect_open(&o, opener, user);
        allow(&o, &before);
        blur();
        tally.races++;
        o.racing = true;
        answer = login_wait(&opener->login);
        (void)observe_logout(login_wait(&closer->login));
        observe_open(&o, answer);
}

static void add_temporary(unsigned user, const char *name, void *arg)
{
        const struct timespec young = {.tv_sec = time(NULL) + LONG_AGO};
        struct temporary *temporary;
        char path[PATH_MAX];
        struct stat st;

        (void)arg;
        if (name[0] != '.')
                return;
        temporary = take_free(temporaries);
        temporary->user = user;
        temporary->lock = -EBADF;
        (void)snprintf(temporary->name, sizeof(temporary->name), "%s", name);
        (void)snprintf(path, sizeof(path), SCENE_BASE "/%u/%s", uids[user], name);
        must(stat(path, &st));
        temporary->old = time(NULL) - st.st_mtime > LONG_AGO / 2;
        if (!temporary->old)
                must(utimensat(AT_FDCWD, path, (const struct timespec[]){young, young}, 0));
}

/* Takes in what a killed open has made. */
static void adopt(unsigned user)
{
        each_unknown(user, add_instance, NULL);
        each_unknown(user, add_temporary, NULL);
}

void step_killed_open(void)
{
        struct process *process = choose_opener();
        unsigned user = roll(USERS);
        struct opening o;

        if (!process)
                return;
        say(" open by %d for %s, killed", process->login.pid, users[user]);
        expect_open(&o, process, user);
        blur();
        tally.races++;
        for (each(i, instances))
                i->clock_unsure |= i->in_place && i->user == user;
        login_begin(&process->login, do_login, users[user]);
        wait_a_moment(MOMENT_LOGIN);
        for (each(s, spaces))
                if (s->user == user && s->from_host)
                        add_opener(s, process, user); /* where it may have come to */
        kill_process(process);
        adopt(user);
}

void step_killed_close(void)
{
        struct process *process = choose(is_alone);
        unsigned user;

        if (!process)
                return;
        user = process->session->user;
        say(" close by %d of %s, killed", process->login.pid, users[user]);
        login_begin(&process->login, do_logout, number(LOGOUT));
        expect_close(process);
        blur();
        tally.races++;
        wait_a_moment(MOMENT_LOGIN);
        kill_process(process);
        for (each(i, instances))
                if (i->in_place && i->fate != STAYS && !scene_has(instance_path(i, "")))
                        i->in_place = false; /* it may have its temporary name */
        adopt(user);
}
