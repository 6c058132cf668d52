/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-look-users: what one user has must not matter to another */
#include <stdarg.h>

#include "kit/look.h"
#include "lifetime/claim.h"
#include "lifetime/records.h"

enum {
        BOBS = 2000,      /* mounts, on one another: reading takes longer than is read of others */
        DOUBLINGS = 16,   /* 65,536 mounts */
        SLEEPERS = 400,   /* processes */
        SESSIONS = 12,    /* with so many mounts each: more than an open or a close has time for */
        LEVELS = 800,     /* of 200 letters: longer than any answer of the kernel's */
        CPU_SLACK = 20000 /* microseconds: of a machine that is busy with other things */
};

#define BOBS_MARK "1002/abcdef"

/* ------------------------------------------------------------------ openat, counted */

static unsigned tables_read; /* mountinfo files */

int __real_openat64(int dir, const char *path, int flags, mode_t mode);
int __wrap_openat64(int dir, const char *path, int flags, ...);

int __wrap_openat64(int dir, const char *path, int flags, ...)
{
        const char *last = strrchr(path, '/');
        va_list arguments;
        mode_t mode;

        va_start(arguments, flags);
        mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
        va_end(arguments);
        tables_read += last && strcmp(last, "/mountinfo") == 0;
        return __real_openat64(dir, path, flags, mode);
}

/* ------------------------------------------------------------------ two users */

/* What becomes of alice's instance, MARK, and of bob's. */
struct both {
        struct look_query alice, bob;
};

static struct both ask_of_both(enum look_why why)
{
        struct look_query queries[] = {{.name = MARK, .uid = alice},
                                       {.name = BOBS_MARK, .uid = bob}};

        look_base(base, base_path, queries, 2, why);
        return (struct both){queries[0], queries[1]};
}

/* Bob's is idle, and that is certain. */
static struct both check_bobs(void)
{
        static const enum look_why whys[] = {LOOK_OPEN, LOOK_CLOSE, LOOK_LIST, LOOK_CLEAN};
        struct both both = {.alice.name = NULL};

        for (size_t i = 0; i < sizeof(whys) / sizeof(whys[0]); i++) {
                both = ask_of_both(whys[i]);
                ck_assert_msg(!both.bob.used, "in look %zu", i);
                ck_assert(!both.bob.doubt);
        }
        return both;
}

/* Mounts that are not shared with PID 1's namespace, and the base as it is there. */
static void own_mounts_and_base(void)
{
        own_mounts();
        base = fd_close(base);
        base = must(open(base_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

/* ------------------------------------------------------------------ what can't be seen */

/* Her root is a file system that is mounted nowhere any more. */
static void be_in_no_mount(void *arg)
{
        (void)arg;
        must(mount("tmpfs", "/mnt", "tmpfs", 0, NULL));
        must(chdir("/mnt"));
        must(umount2("/mnt", MNT_DETACH));
        must(chroot("."));
}

static void be_alice_in_no_mount(void *arg)
{
        become_root_of_own(alice);
        be_in_no_mount(arg);
}

LOOK_TEST(who_has_no_mount_for_a_root_hides_only_what_is_theirs)
{
        struct both both;

        (void)child_start(be_alice_in_no_mount, NULL);
        both = check_bobs();
        ck_assert(both.alice.used == !listed);
        ck_assert(both.alice.doubt == !listed);
}

LOOK_TEST(if_it_is_root_it_hides_everything)
{
        struct both both;

        own_mounts_and_base();
        if (must(fork()) == 0) {
                must(unshare(CLONE_NEWNS));
                be_in_no_mount(NULL);
                for (;;)
                        (void)pause();
        }
        for (unsigned i = 0; i < 1000; i++) {
                both = ask_of_both(LOOK_CLEAN);
                if (both.bob.used || listed)
                        break;
                (void)usleep(10000); /* until the child is there */
        }
        ck_assert(both.alice.used == !listed && both.alice.doubt == !listed);
        ck_assert(both.bob.used == !listed && both.bob.doubt == !listed);
}

static void be_alice_in_a_chroot(void *arg)
{
        (void)arg;
        must(mount(in_base(MARK "/root"), "/mnt", NULL, MS_BIND, NULL));
        become_root_of_own(alice);
        must(chroot("/usr"));
}

LOOK_TEST(a_users_own_chroot_hides_only_what_is_theirs)
{
        struct both both;

        own_mounts_and_base();
        (void)child_start(be_alice_in_a_chroot, NULL);
        must(umount2("/mnt", MNT_DETACH));
        both = check_bobs();
        ck_assert(both.alice.used);
        ck_assert(both.alice.doubt == !listed);
}

/* In a namespace that a login made, by a user namespace alone. */
static void chroot_without_mounts(void *arg)
{
        cover_tmp(arg);
        become(alice);
        must(unshare(CLONE_NEWUSER));
        must(chroot("/usr"));
        for (unsigned i = 1; i < SLEEPERS / 4; i++)
                if (must(fork()) == 0)
                        for (;;)
                                (void)pause();
}

LOOK_TEST(in_what_a_login_made_each_answers_for_their_own_chroot)
{
        struct both both;

        (void)child_start(chroot_without_mounts, NULL);
        tables_read = 0;
        both = check_bobs();
        ck_assert(both.alice.used);
        ck_assert(both.alice.doubt == !listed);
}

/* ------------------------------------------------------------------ what is too long */

static void mount_deep(void *arg)
{
        char name[201];

        (void)arg;
        must(mount(in_base(MARK "/root"), "/mnt", NULL, MS_BIND, NULL));
        become_root_of_own(alice);
        must(mount("tmpfs", "/tmp", "tmpfs", 0, NULL));
        memset(name, 'x', 200);
        name[200] = '\0';
        must(chdir("/mnt"));
        for (unsigned i = 0; i < LEVELS; i++) {
                must(mkdir(name, 0700));
                must(chdir(name));
        }
        must(mount(".", "/tmp", NULL, MS_BIND, NULL));
        must(chdir("/"));
}

LOOK_TEST(a_path_longer_than_any_answer_is_its_users_trouble)
{
        struct both both;

        own_mounts_and_base();
        must(fchmodat(base, MARK "/root", 0777, 0));
        (void)child_start(mount_deep, NULL);
        must(umount2("/mnt", MNT_DETACH));
        both = check_bobs();
        ck_assert(both.alice.used);
}

/* ------------------------------------------------------------------ what takes long */

static void mount_bobs(void *arg)
{
        (void)arg;
        become_root_of_own(bob);
        must(mount("tmpfs", "/mnt", "tmpfs", 0, NULL));
        for (unsigned i = 0; i < BOBS; i++)
                must(mount("/mnt", "/mnt", NULL, MS_BIND, NULL));
}

LOOK_TEST(among_thousands_of_another_users_mounts_the_answer_is_the_same)
{
        pid_t child;

        (void)child_start(mount_bobs, NULL);
        child = child_start(cover_tmp, NULL);
        ck_assert(ask(MARK, LOOK_OPEN));
        ck_assert(ask(MARK, LOOK_CLEAN));
        child_end(child);
        ck_assert(!ask(MARK, LOOK_OPEN));
        ck_assert(!ask(MARK, LOOK_CLOSE));
        ck_assert(!ask(MARK, LOOK_CLEAN));
}

/* 65,536 mounts, and 400 processes in a chroot there. */
static void be_a_bomb(void *arg)
{
        char path[32];

        (void)arg;
        become_root_of_own(alice);
        must(mount("tmpfs", "/mnt", "tmpfs", 0, NULL));
        for (unsigned i = 0; i < DOUBLINGS; i++) {
                (void)snprintf(path, sizeof(path), "/mnt/%u", i);
                must(mkdir(path, 0755));
                must(mount("/mnt", path, NULL, MS_BIND | MS_REC, NULL));
        }
        must(chroot("/mnt"));
        must(chdir("/"));
        start_sleepers(SLEEPERS);
}

static void be_many(void *arg)
{
        (void)arg;
        start_sleepers(SLEEPERS);
}

static uint64_t cpu_time(void)
{
        struct timespec now;

        must(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now));
        return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* The least of some looks, in microseconds of our own; bob's must be idle in all of them. */
static uint64_t cost_of_bobs(enum look_why why)
{
        uint64_t least = UINT64_MAX;

        for (unsigned i = 0; i < 5; i++) {
                struct look_query query = {.name = BOBS_MARK, .uid = bob};
                uint64_t begin = cpu_time();

                look_base(base, base_path, &query, 1, why);
                least = cpu_time() - begin < least ? cpu_time() - begin : least;
                ck_assert(!query.used);
        }
        return least;
}

/* As many idle processes of root's, beside it, are what it may cost. */
LOOK_TEST(a_users_thousands_of_mounts_and_processes_cost_others_next_to_nothing)
{
        uint64_t idle, bomb;
        pid_t child;

        /* who ends is gone at once, and costs nothing more */
        must(prctl(PR_SET_CHILD_SUBREAPER, 1));
        child = child_start(be_many, NULL);
        idle = cost_of_bobs(LOOK_CLOSE);
        child_end(child);
        while (wait(NULL) > 0)
                ;
        (void)child_start(be_a_bomb, NULL);
        tables_read = 0;
        bomb = cost_of_bobs(LOOK_CLOSE);
        /* without a share it took as long as the look may take, or some seconds */
        ck_assert_msg(bomb <= 2 * idle + CPU_SLACK, "%ju us beside %ju", (uintmax_t)bomb,
                      (uintmax_t)idle);
        /* each namespace once in each of two walks, and the thread's own for the base */
        if (!listed)
                ck_assert_uint_le(tables_read, 5 * 2 * 10);
        (void)check_bobs();
}

/* ------------------------------------------------------------------ sessions */

/* As a session does that covers /tmp, on a host where users have mounted very much. */
static void be_a_session(void *arg)
{
        const bool *nested = arg;
        struct record record = {.uid = alice, .nested = *nested};
        struct report report = {0};

        cover_tmp(NULL);
        must(namespace_own(&record.ns, NULL));
        must(record_add_cover(&record, "/tmp", mark_of_instance(alice, "abcdef")));
        must(records_note(&record, true, &report));
}

/* All namespaces that are made from here on have so much. */
static void mount_much(void)
{
        char path[32];

        own_mounts_and_base();
        must(mount("tmpfs", "/mnt", "tmpfs", 0, NULL));
        for (unsigned i = 0; i < DOUBLINGS; i++) {
                (void)snprintf(path, sizeof(path), "/mnt/%u", i);
                must(mkdir(path, 0755));
                must(mount("/mnt", path, NULL, MS_BIND | MS_REC, NULL));
        }
}

static void unmount_much(void)
{
        must(umount2("/mnt", MNT_DETACH));
}

static void start_sessions(bool nested)
{
        mount_much();
        for (unsigned i = 0; i < SESSIONS; i++)
                (void)child_start(be_a_session, &nested);
        unmount_much();
}

/* What takes so long that a login does not wait for it. */
LOOK_TEST(what_sessions_show_is_the_doubt_of_their_user_alone)
{
        struct both both;

        start_sessions(false);
        both = ask_of_both(LOOK_OPEN);
        ck_assert(both.alice.used);
        ck_assert(!both.bob.used);
        ck_assert(!ask_of_both(LOOK_CLOSE).bob.used);
}

LOOK_TEST(what_a_session_may_have_of_the_one_that_it_was_made_in_is_everybodys_doubt)
{
        start_sessions(true);
        ck_assert(ask_of_both(LOOK_OPEN).bob.doubt);
}

/* ------------------------------------------------------------------ no session any more */

/* As what a session has left, whose record is gone. */
static void be_left_over(void *arg)
{
        cover_tmp(arg);
        become(alice);
}

/* More than the rest of the look may take, in namespaces that no record names. */
static void leave_much(void)
{
        mount_much();
        for (unsigned i = 0; i < SESSIONS; i++)
                (void)child_start(be_left_over, NULL);
        unmount_much();
}

static void be_a_service(void *arg)
{
        (void)arg;
        must(unshare(CLONE_NEWNS));
}

static void make_bobs(void)
{
        must(mkdirat(base, "1002", 0700));
        must(mkdirat(base, BOBS_MARK, 0700));
        must(mkdirat(base, BOBS_MARK "/root", 0777));
}

/* A service of root's is read after it. By the list they are too few to matter in a clean. */
LOOK_TEST(what_a_users_ended_sessions_show_is_their_doubt_alone)
{
        struct both both;
        pid_t child;

        make_bobs();
        leave_much();
        child = child_start(be_a_service, NULL);
        both = ask_of_both(listed ? LOOK_CLEAN : LOOK_OPEN);
        ck_assert(both.alice.used);
        ck_assert(!both.bob.used);
        ck_assert(!ask_of_both(listed ? LOOK_CLEAN : LOOK_CLOSE).bob.used);
        child_end(child);
        (void)child_start(cover_tmp, BOBS_MARK "/root");
        both = ask_of_both(listed ? LOOK_CLEAN : LOOK_OPEN);
        ck_assert(both.bob.used && !both.bob.doubt);
}

/* As a service of root's, that has begun a process of the user's which comes first. */
static void serve_alice(void *arg)
{
        cover_tmp(arg);
        if (must(fork()) == 0)
                for (;;)
                        (void)pause();
        become(alice);
}

LOOK_TEST(where_root_is_too_a_users_spent_share_hides_nothing)
{
        struct both both;

        make_bobs();
        leave_much();
        (void)child_start(serve_alice, BOBS_MARK "/root");
        both = ask_of_both(listed ? LOOK_CLEAN : LOOK_OPEN);
        ck_assert(both.bob.used && !both.bob.doubt);
        both = ask_of_both(listed ? LOOK_CLEAN : LOOK_CLOSE);
        ck_assert(both.bob.used && !both.bob.doubt);
}

/* As by an inherit line; it is more than is read of what another user has made. */
LOOK_TEST(what_is_left_in_another_users_directory_is_seen_among_many_mounts)
{
        struct both both;

        make_bobs();
        own_mounts_and_base();
        must(mount("tmpfs", "/mnt", "tmpfs", 0, NULL));
        for (unsigned i = 0; i < BOBS; i++)
                must(mount("/mnt", "/mnt", NULL, MS_BIND, NULL));
        (void)child_start(be_left_over, BOBS_MARK "/root");
        for (unsigned i = 0; i <= BOBS; i++)
                must(umount2("/mnt", MNT_DETACH));
        both = ask_of_both(LOOK_OPEN);
        ck_assert(both.bob.used && !both.bob.doubt);
}

/* Its namespace is gone, and another one has the number. */
LOOK_TEST(an_old_record_claims_nothing)
{
        struct record record = {.uid = alice};
        struct claim_list claims = CLAIM_LIST_NONE;
        struct report report = {0};
        struct namespace_id own;

        must(namespace_own(&own, NULL));
        record.ns = own;
        must(records_note(&record, true, &report));
        ck_assert(claim_owner(&claims, &own).is_user);
        ck_assert_uint_eq(claim_owner(&claims, &own).uid, alice);
        claim_done(&claims);
        /* without ids the process says so */
        own.id += own.id != 0;
        record.ns = own;
        record.start = own.id ? record.start : 1;
        must(records_write(must(open(RECORD_FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC)), &record));
        must(namespace_own(&own, NULL));
        claims = (struct claim_list)CLAIM_LIST_NONE;
        ck_assert(!claim_owner(&claims, &own).is_user);
        claim_done(&claims);
}

LOOK_TEST(a_namespace_of_two_users_sessions_is_neithers)
{
        struct record record = {.uid = alice};
        struct claim_list claims = CLAIM_LIST_NONE;
        struct report report = {0};

        must(namespace_own(&record.ns, NULL));
        must(records_note(&record, true, &report));
        record.uid = bob;
        must(records_note(&record, false, &report));
        ck_assert(!claim_owner(&claims, &record.ns).is_user);
        claim_done(&claims);
}

/* ------------------------------------------------------------------ what can be seen */

static void take_along(void *arg)
{
        cover_tmp(arg);
        become(bob);
        must(unshare(CLONE_NEWUSER | CLONE_NEWNS));
}

LOOK_TEST(what_another_user_has_taken_along_is_used)
{
        (void)child_start(take_along, NULL);
        ck_assert(ask(MARK, LOOK_OPEN));
        ck_assert(ask(MARK, LOOK_CLEAN));
        ck_assert(is_used());
}

LOOK_TEST(processes_are_counted)
{
        struct both both;
        pid_t child;

        child = child_start(cover_tmp, NULL);
        both = ask_of_both(LOOK_LIST);
        ck_assert_uint_eq(both.alice.processes, 1);
        ck_assert_uint_eq(both.bob.processes, 0);
        (void)child_start(chroot_without_mounts, NULL);
        both = ask_of_both(LOOK_LIST);
        ck_assert_uint_eq(both.alice.processes, listed ? 1 + SLEEPERS / 4 : 1);
        child_end(child);
}

/* ------------------------------------------------------------------ all of it */

static void fill(Suite *suite)
{
        TCase *users = tcase_create("users"), *much = tcase_create("much");

        tcase_set_timeout(users, 60);
        if (may_have_user_namespaces()) {
                tcase_add_test(users, who_has_no_mount_for_a_root_hides_only_what_is_theirs);
                tcase_add_test(users, if_it_is_root_it_hides_everything);
                tcase_add_test(users, a_users_own_chroot_hides_only_what_is_theirs);
                tcase_add_test(users, in_what_a_login_made_each_answers_for_their_own_chroot);
                tcase_add_test(users, a_path_longer_than_any_answer_is_its_users_trouble);
                tcase_add_test(users, what_another_user_has_taken_along_is_used);
                tcase_add_test(users, processes_are_counted);
                tcase_add_test(users, an_old_record_claims_nothing);
                tcase_add_test(users, a_namespace_of_two_users_sessions_is_neithers);
                tcase_add_test(much, what_sessions_show_is_the_doubt_of_their_user_alone);
                tcase_add_test(
                        much,
                        what_a_session_may_have_of_the_one_that_it_was_made_in_is_everybodys_doubt);
                tcase_add_test(much, what_a_users_ended_sessions_show_is_their_doubt_alone);
                tcase_add_test(much, where_root_is_too_a_users_spent_share_hides_nothing);
                tcase_add_test(much,
                               what_is_left_in_another_users_directory_is_seen_among_many_mounts);
                tcase_add_test(much,
                               among_thousands_of_another_users_mounts_the_answer_is_the_same);
                tcase_add_test(
                        much,
                        a_users_thousands_of_mounts_and_processes_cost_others_next_to_nothing);
        }
        suite_add_tcase(suite, users);
        tcase_set_timeout(much, 120);
        suite_add_tcase(suite, much);
}

int main(int argc, char **argv)
{
        return look_run("look-users", argc, argv, fill);
}
