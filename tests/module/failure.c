/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whatever fails in an open or a close.
 *
 * Each call of each kind that an open makes fails once, with each of some errors. Whatever fails:
 * either the session is as it must be, or it is refused with a reason and nothing is left, and the
 * next one works. In a throw-away host.
 */
#include "kit/fault.h"
#include "kit/login.h"
#include "kit/scenario.h"
#include "session/session.h"

/* ------------------------------------------------------------------ scenarios */

/* Of the open that failed last. */
static char reason[SCENE_TEXT];

/* What the process whose open fails sees before, with the session, and after its close. */
struct sight {
        struct scene_state state;
        struct scene_view view;
};

static bool is_same_file(const struct stat *a, const struct stat *b)
{
        return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static bool is_systems(const struct stat *st)
{
        struct stat systems;

        return stat("/tmp", &systems) == 0 && is_same_file(&systems, st);
}

/* How the session that was opened is wrong; NULL: it is right. */
static const char *session_is_wrong(const struct scenario *s, const struct sight *before,
                                    const struct sight *open)
{
        bool same = is_same_file(&before->view.st, &open->view.st);
        const char *words = scene_processes_differ(&before->state, &open->state);

        if (words)
                return words;
        if (!s->cwd_is_covered && !is_same_cwd(&before->state, &open->state))
                return "another working directory";
        if (s->tmp == TMP_INHERITED)
                return same ? NULL : "not the inherited directory";
        if (s->tmp == TMP_SYSTEMS)
                return is_systems(&open->view.st) ? NULL : "not the system directory";
        if (same)
                return s->nofail ? NULL : "not private";
        return (open->view.flags & s->flags) == s->flags ? NULL : "not all flags";
}

/* Calls whose own error is not what counts: "is it so, or not?" */
static bool is_question(const char *name)
{
        static const char *const questions[] = {"fstatvfs64", "mnt_table_parse_stream", "statx"};

        for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++)
                if (strcmp(questions[i], name) == 0)
                        return true;
        return false;
}

/* How an open that was refused is wrong; NULL: it is right. */
static const char *refusal_is_wrong(int r, const char *fault_line)
{
        if (r > 0)
                return r == SESSION_E_UNKNOWN_USER ? NULL : "a code that is not documented";
        if (fault_line[0] == '\n')
                return "no reason is given";
        /* a lock that another has: see ground/lock */
        if (r == -EBUSY && fault->error == EWOULDBLOCK)
                return NULL;
        return r == -fault->error || fault->lasting || is_question(fault->name) ? NULL
                                                                                : "another error";
}

/*
 * After the close. Where it can't be told whether the working directory is one that may never
 * answer, the process stays in the session's namespace, and in that very directory.
 */
static const char *end_is_wrong(const struct sight *before, const struct sight *open,
                                struct sight *after)
{
        const struct scene_state *a = &before->state;
        struct scene_state *b = &after->state;

        bool unknown = strcmp(fault->name, "statx") == 0; /* nobody could say where cwd is */

        if (b->ns != a->ns && b->ns == open->state.ns && a->cwd.ino != a->root.ino &&
            (unknown || is_same_cwd(&open->state, b)))
                return scene_fds_differ(a, b);
        if (unknown)
                b->cwd = a->cwd;
        return scene_states_differ(a, b);
}

/* The login program whose open fails: inside the outer session, if there is one. */
static int tell(const struct scenario *s, struct login *login, int (*function)(void *),
                const void *arg)
{
        return s->outer ? login_inner(login, function, arg) : login_do(login, function, arg);
}

static struct sight see(const struct scenario *s, struct login *login)
{
        struct sight sight;

        tell(s, login, do_state, NULL);
        sight.state = scene->state;
        tell(s, login, do_view, NULL);
        sight.view = scene->view;
        return sight;
}

/* A login program that is as it was when it began is used again: to fork takes the longest. */
static struct login resting;
static bool rests;

static void end_resting(void)
{
        if (rests)
                login_end(&resting);
        rests = false;
}

/* The login program of a scenario, in the place where it is to open. */
static struct login start(const struct scenario *s)
{
        struct login login = resting;

        scene_write("/srv/table", s->table);
        if (s->prepare)
                s->prepare();
        first_hidden = s->first_hidden;
        no_ids = s->no_ids;
        quotas = s->quotas;
        if (!rests)
                login = login_start();
        rests = false;
        if (s->outer) {
                ck_assert_int_eq(login_do(&login, do_session_open, s->outer), 0);
                login_do(&login, do_inner_start, NULL);
        }
        ck_assert_int_eq(tell(s, &login, do_chdir, s->cwd), 0);
        return login;
}

/* `before` is what the login program was, before what was to be seen in it. */
static void finish(const struct scenario *s, struct login *login, const struct sight *before)
{
        if (s->outer) {
                login_do(login, do_inner_end, NULL);
                login_do(login, do_session_close, NULL);
        } else if (!s->quotas) {
                struct sight after = see(s, login);

                rests = !scene_states_differ(&before->state, &after.state);
        }
        if (rests)
                resting = *login;
        else
                login_end(login);
        if (s->finish)
                s->finish();
        first_hidden = no_ids = quotas = false;
}

/* One open with a fault. True: that call was made. *wrong: what is wrong about it, or NULL. */
static bool open_with(const struct scenario *s, struct fault which, const char **wrong)
{
        struct sight before, open;
        struct login login;
        bool hit, opened, in_memory;
        int r;

        fault_choose(which);
        login = start(s);
        before = see(s, &login);
        r = tell(s, &login, do_session_open_faulty, s->user);
        hit = scene->numbers[1];
        opened = scene->numbers[2];
        in_memory = strncmp(s->table, "tmpfs", 5) == 0 || strstr(scene->text, "is in memory");
        strcpy(reason, scene->text);
        reason[strcspn(reason, "\n")] = '\0';
        *wrong = r != 0 ? refusal_is_wrong(r, scene->text) : NULL;
        open = see(s, &login);
        if (!*wrong)
                *wrong = opened ? session_is_wrong(s, &before, &open)
                                : scene_states_differ(&before.state, &open.state);
        if (!*wrong && r == 0 && !opened && !s->may_be_let_in)
                *wrong = "no session";
        /* whatever it was, the next one works */
        if (!opened && tell(s, &login, do_session_open, s->user) != 0 && !*wrong)
                *wrong = "the next open fails";
        tell(s, &login, do_session_close, NULL);
        if (!*wrong) {
                struct sight after = see(s, &login);

                *wrong = end_is_wrong(&before, &open, &after);
        }
        finish(s, &login, &before);
        if (!*wrong)
                *wrong = in_memory ? scene_left_but_records() : scene_left();
        if (*wrong || in_memory)
                purge();
        return hit;
}

/* After setns(2) cwd is "/", and there is no way back when one of these fails then. */
static bool may_strand(const char *name)
{
        return strcmp(name, "chroot") == 0 || strcmp(name, "fchdir") == 0 ||
               strcmp(name, "statx") == 0;
}

/* Was it refused for that? Nor does who has visited a namespace come back without setns(2). */
static bool is_stranded(const char *name)
{
        return (may_strand(name) || strcmp(name, "setns") == 0) && strstr(reason, "can't return");
}

/*
 * The same where all later calls of that kind fail too, which may be those that would undo: what
 * can't be taken back is for the next session, but nothing shows outside, and nobody is left under
 * a half-made cover. Who joined and can't return is refused where the user's other session is.
 */
static bool open_with_lasting(const struct scenario *s, struct fault which, const char **wrong)
{
        struct sight before, open;
        struct login login;
        bool hit, opened;
        int r;

        fault_choose(which);
        login = start(s);
        before = see(s, &login);
        r = tell(s, &login, do_session_open_faulty, s->user);
        hit = scene->numbers[1];
        opened = scene->numbers[2];
        strcpy(reason, scene->text);
        reason[strcspn(reason, "\n")] = '\0';
        *wrong = r != 0 ? refusal_is_wrong(r, scene->text) : NULL;
        open = see(s, &login);
        if (!*wrong)
                *wrong = opened ? session_is_wrong(s, &before, &open)
                         : is_same_file(&before.view.st, &open.view.st) ||
                                         is_systems(&open.view.st) || is_stranded(which.name)
                                 ? NULL
                                 : "refused, and yet covered";
        tell(s, &login, do_session_close, NULL);
        finish(s, &login, &before);
        if (!*wrong)
                *wrong = scene_mounts_left();
        sweep_rest();
        if (!*wrong)
                *wrong = scene_left();
        purge();
        return hit;
}

/* A close with a fault: at the worst it leaves everything to the next session. */
static bool close_with(const struct scenario *s, struct fault which, const char **wrong)
{
        struct sight before, open, after;
        struct login login;
        bool hit;

        fault_choose(which);
        login = start(s);
        before = see(s, &login);
        tell(s, &login, do_session_open, s->user);
        open = see(s, &login);
        tell(s, &login, do_session_close_faulty, NULL);
        hit = scene->numbers[1];
        reason[0] = '\0';
        after = see(s, &login);
        *wrong = scene_processes_differ(&before.state, &after.state);
        if (!*wrong && after.state.ns != before.state.ns && after.state.ns != open.state.ns)
                *wrong = "a third mount namespace";
        if (!*wrong && !is_same_cwd(&before.state, &after.state) &&
            !is_same_cwd(&open.state, &after.state) && !may_strand(which.name))
                *wrong = "another working directory";
        finish(s, &login, &before);
        if (!*wrong)
                *wrong = scene_mounts_left();
        sweep_rest();
        if (!*wrong)
                *wrong = scene_left();
        purge();
        return hit;
}

/* Makes each call of each kind fail in turn. The number of calls that failed. */
static unsigned sweep(const struct scenario *s, const char *name, int error, bool lasting,
                      bool (*one)(const struct scenario *, struct fault, const char **),
                      unsigned *bad)
{
        unsigned points = 0;
        bool hit = true;

        for (unsigned n = 1; hit; n++) {
                const char *wrong;

                hit = one(s, (struct fault){name, n, error, lasting}, &wrong);
                points += hit;
                if (!wrong)
                        continue;
                printf("# %s: %s %u fails with %s: %s (%s)\n", s->name, name, n, strerror(error),
                       wrong, reason);
                fflush(stdout);
                (*bad)++;
        }
        return points;
}

static bool brief = SCENE_SANITIZER; /* of the errors of each kind of call the first one only */

static void sweep_all(const struct scenario *s, bool lasting, unsigned enough,
                      bool (*one)(const struct scenario *, struct fault, const char **))
{
        unsigned points = 0, bad = 0;

        scene_begin();
        ck_assert_int_eq(mkdir("/srv/dir", 01777), 0);
        for (const struct fault_kind *kind = fault_kinds; kind->name; kind++)
                for (const int *error = kind->errors; *error; error++)
                        if (!brief || error == kind->errors)
                                points += sweep(s, kind->name, *error, lasting, one, &bad);
        end_resting();
        scenario_done();
        printf("# %s: %u failure points\n", s->name, points);
        fflush(stdout);
        ck_assert_uint_ge(points, brief ? enough / 2 : enough);
        ck_assert_uint_eq(bad, 0);
}

START_TEST(when_undo_fails_too_nothing_shows_and_the_next_session_works)
{
        sweep_all(&scenarios[_i], true, 100, open_with_lasting);
}
END_TEST

START_TEST(every_failure_of_close_is_made_up_for_by_the_next_session)
{
        sweep_all(&scenarios[_i], false, 20, close_with);
}
END_TEST

START_TEST(every_failure_of_open_is_either_survived_or_leaves_nothing)
{
        sweep_all(&scenarios[_i], false, 100, open_with);
}
END_TEST

/* Is the record there after a close in which that fails? True: that call was made. */
static bool closes_with(struct fault which)
{
        struct login login = login_start();
        pid_t left;
        bool hit;

        ck_assert_int_eq(login_do(&login, do_session_open, "alice"), 0);
        left = login_do(&login, do_inner_start_orphan, NULL);
        fault_choose(which);
        login_do(&login, do_session_close_faulty, NULL);
        hit = scene->numbers[1];
        ck_assert_msg(scene_entries("/run/privtmp") > 0, "%s %u", which.name, which.nth);
        login_end(&login); /* the other end of the channel of who is left is there */
        ck_assert_int_eq(waitpid(left, NULL, 0), left);
        sweep_rest();
        return hit;
}

/* By the record who is left inside still finds out where the session is. */
START_TEST(the_record_stays_while_somebody_is_left_whatever_fails)
{
        unsigned points = 0;

        scene_begin();
        fault_choose((struct fault){0}); /* before the first login program is there */
        for (const struct fault_kind *kind = fault_kinds; kind->name; kind++) {
                /* by these it finds out whether it is in the session at all */
                if (strcmp(kind->name, "open64") == 0 || strcmp(kind->name, "fstat64") == 0 ||
                    strcmp(kind->name, "statx") == 0)
                        continue;
                for (unsigned n = 1; closes_with((struct fault){kind->name, n, *kind->errors}); n++)
                        points++;
        }
        scenario_done();
        ck_assert_uint_ge(points, 40);
}
END_TEST

/* Each part is a test of its own (tests/meson.build), since it takes minutes with a sanitizer. */
static Suite *make_suite(const char *part)
{
        Suite *suite = suite_create("failure");

        if (!part || strcmp(part, "open") == 0)
                tcase_add_loop_test(scratch_case(suite, "open"),
                                    every_failure_of_open_is_either_survived_or_leaves_nothing, 0,
                                    SCENE_SANITIZER ? SCENARIOS_SHORT : SCENARIOS);
        if (!part || strcmp(part, "undo") == 0)
                tcase_add_loop_test(scratch_case(suite, "undo"),
                                    when_undo_fails_too_nothing_shows_and_the_next_session_works, 0,
                                    SCENARIOS_SHORT);
        if (!part || strcmp(part, "close") == 0) {
                TCase *closing = scratch_case(suite, "close");

                tcase_add_loop_test(closing,
                                    every_failure_of_close_is_made_up_for_by_the_next_session, 0,
                                    SCENARIOS_SHORT);
                tcase_add_test(closing, the_record_stays_while_somebody_is_left_whatever_fails);
        }
        return suite;
}

/* usage: test-failure [open|undo|close [brief]] */
int main(int argc, char *argv[])
{
        if (argc > 2 && strcmp(argv[2], "brief") == 0)
                brief = true;
        return scratch_run(make_suite(argc > 1 ? argv[1] : NULL));
}
