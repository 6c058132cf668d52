/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-look-tasks: who has an instance mounted: tasks that stay, move and are chrooted */
#include "kit/look.h"

/* ------------------------------------------------------------------ who has it */

enum {
        LOOKS = 3000,
        ZOMBIES = 4000,
};

static int compare_numbers(const void *a, const void *b)
{
        struct stat one, other;

        must(fstat(*(const int *)a, &one));
        must(fstat(*(const int *)b, &other));
        return one.st_ino < other.st_ino ? 1 : -1;
}

/* Namespaces are seen in the order of processes, which need not be the order of their numbers. */
LOOK_TEST(what_one_of_many_namespaces_has_is_used)
{
        int own = must(open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC)), used;
        int namespaces[5];

        for (int i = 0; i < 5; i++) {
                must(unshare(CLONE_NEWNS));
                namespaces[i] = must(open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC));
                must(setns(own, CLONE_NEWNS));
        }
        qsort(namespaces, 5, sizeof(int), compare_numbers);
        for (int i = 0; i < 5; i++)
                (void)child_start(enter, &namespaces[i]);
        ck_assert(!is_used());

        used = namespaces[_i];
        must(setns(used, CLONE_NEWNS));
        mount_name(MARK "/root");
        must(setns(own, CLONE_NEWNS));
        ck_assert(is_used());
}

static int covering_thread(void *arg)
{
        char byte = 0;

        (void)arg;
        if (unshare(CLONE_NEWNS) < 0 ||
            mount(in_base(MARK "/root"), "/tmp", NULL, MS_BIND, NULL) < 0)
                byte = 1;
        if (write(*(int *)arg, &byte, 1) != 1)
                return 1;
        for (;;)
                (void)pause();
}

static void start_covering_thread(void *arg)
{
        static char stack[64 * 1024] __attribute__((__aligned__(16)));
        int ready[2];
        char byte = 1;

        (void)arg;
        must(pipe2(ready, O_CLOEXEC));
        must(clone(covering_thread, stack + sizeof(stack),
                   CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD, &ready[1]));
        ck_assert_int_eq(read(ready[0], &byte, 1), 1);
        ck_assert_int_eq(byte, 0);
}

LOOK_TEST(what_only_one_thread_has_is_used)
{
        (void)child_start(start_covering_thread, NULL);
        ck_assert(is_used());
}

static void leave_it_to_a_thread(void *arg)
{
        start_covering_thread(NULL);
        must((int)write(*(int *)arg, "", 1));
        (void)syscall(SYS_exit, 0); /* of this thread alone */
}

LOOK_TEST(what_is_left_to_a_thread_is_used)
{
        char path[64], state = '\0';
        int ready[2];
        pid_t pid;

        must(pipe2(ready, O_CLOEXEC));
        pid = must(fork());
        if (pid == 0)
                leave_it_to_a_thread(&ready[1]);
        ck_assert_int_eq(read(ready[0], path, 1), 1);
        /* until the first thread is a zombie */
        (void)snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", (int)pid, (int)pid);
        while (state != 'Z') {
                FILE *file = fopen(path, "re");

                ck_assert_ptr_nonnull(file);
                ck_assert_int_eq(fscanf(file, "%*d %*s %c", &state), 1);
                (void)fclose(file);
                (void)sched_yield();
        }
        ck_assert(is_used());
}

/* In the middle of its end a process has a namespace but no root any more. */
LOOK_TEST(processes_that_are_just_ending_are_no_doubt)
{
        pid_t pid = must(fork());

        if (pid == 0) {
                for (;;) {
                        pid_t child = must(fork());

                        if (child == 0) {
                                must(unshare(CLONE_NEWNS));
                                _exit(EXIT_SUCCESS);
                        }
                        must(waitpid(child, NULL, 0));
                }
        }
        for (unsigned i = 0; i < LOOKS; i++)
                ck_assert(!is_in_doubt());
}

/* ------------------------------------------------------------------ who does not stay */

enum {
        HOPS = 300, /* looks */
};

/* A process that does `first` and then hops for ever, and is no child of the test itself. */
static void start_hopping(void (*first)(void *), void (*hop)(void))
{
        int ready[2];
        char byte;

        must(pipe2(ready, O_CLOEXEC));
        if (must(fork()) == 0) {
                /* whoever ends comes to this one, and is gone at once */
                must(prctl(PR_SET_CHILD_SUBREAPER, 1));
                (void)signal(SIGCHLD, SIG_IGN);
                if (must(fork()) > 0)
                        for (;;)
                                (void)pause();
                first(NULL);
                must((int)write(ready[1], "", 1));
                for (;;)
                        hop();
        }
        ck_assert_int_eq(read(ready[0], &byte, 1), 1);
        must(close(ready[0]));
        must(close(ready[1]));
}

/* From one namespace to a copy of it, which is then the only one. */
static void hop_in_place(void)
{
        must(unshare(CLONE_NEWNS));
}

/* By a new process, too. */
static void hop_by_child(void)
{
        if (must(fork()) > 0)
                _exit(EXIT_SUCCESS);
        must(unshare(CLONE_NEWNS));
}

/* By a new process in the same namespace. */
static void hop_to_child(void)
{
        if (must(fork()) > 0)
                _exit(EXIT_SUCCESS);
}

static void (*const hops[])(void) = {hop_in_place, hop_by_child, hop_to_child};

static void check_hopping(enum look_why why)
{
        for (unsigned i = 0; i < HOPS; i++)
                ck_assert_msg(ask_of_all(MARK, why), "idle at look %u", i);
}

LOOK_TEST(what_somebody_has_who_hops_is_used)
{
        start_hopping(cover_tmp, hops[_i]);
        check_hopping(LOOK_CLEAN);
}

/* Others hop who do not have it: numbers of namespaces go from one to the next. */
LOOK_TEST(what_somebody_has_who_hops_among_others_is_used)
{
        start_hopping(leave, hop_in_place);
        start_hopping(leave, hop_by_child);
        start_hopping(cover_tmp, hops[_i]);
        check_hopping(LOOK_CLEAN);
}

/* As when sshd closes: its own process is there as well. */
LOOK_TEST(at_close_what_somebody_has_who_hops_away_from_it_is_used)
{
        cover_here();
        start_hopping(nothing, hops[_i]);
        check_hopping(LOOK_CLOSE);
}

static int to_mover[2], from_mover[2];

/* In the same namespace, by a child that is there when its parent is not. */
static void hand_over(void)
{
        pid_t parent = getpid();

        if (must(fork()) > 0)
                _exit(EXIT_SUCCESS);
        while (getppid() == parent)
                (void)sched_yield();
}

static void (*const moves[])(void) = {hop_in_place, hand_over};

/* Moves when it is told to, and is no child of the test itself. */
static void start_mover(void (*first)(void *), void (*how)(void))
{
        char byte;

        must(pipe2(to_mover, O_CLOEXEC));
        must(pipe2(from_mover, O_CLOEXEC));
        if (must(fork()) == 0) {
                must(close(to_mover[1]));
                must(prctl(PR_SET_CHILD_SUBREAPER, 1));
                if (must(fork()) > 0) {
                        while (wait(NULL) > 0)
                                ;
                        _exit(EXIT_SUCCESS);
                }
                first(NULL);
                must((int)write(from_mover[1], "", 1));
                while (read(to_mover[0], &byte, 1) == 1) {
                        how();
                        must((int)write(from_mover[1], "", 1));
                }
                _exit(EXIT_SUCCESS);
        }
        must(close(to_mover[0]));
        ck_assert_int_eq(read(from_mover[0], &byte, 1), 1);
}

static void move(void)
{
        char byte;

        must((int)write(to_mover[1], "", 1));
        ck_assert_int_eq(read(from_mover[0], &byte, 1), 1);
}

static void end_mover(void)
{
        must(close(to_mover[1]));
        must(close(from_mover[0]));
        must(close(from_mover[1]));
        must(wait(NULL));
}

/* Each time at another moment of the look, until it is over before. */
static void check_moving(void (*first)(void *), void (*how)(void), enum look_why why)
{
        bool moved = true;

        at_clock_stop = move;
        for (clock_stop = 1; moved; clock_stop += 1 + clock_stop / 50) {
                start_mover(first, how);
                clock_calls = 0;
                ck_assert_msg(ask_of_all(MARK, why), "idle after a move at moment %u", clock_stop);
                moved = clock_calls >= clock_stop;
                end_mover();
        }
        ck_assert_uint_gt(clock_stop, 3);
}

LOOK_TEST(what_somebody_has_who_moves_in_the_middle_of_the_look_is_used)
{
        check_moving(cover_tmp, moves[_i], LOOK_OPEN);
}

LOOK_TEST(at_close_what_somebody_has_who_moves_in_the_middle_of_the_look_is_used)
{
        cover_here();
        check_moving(nothing, moves[_i], LOOK_CLOSE);
}

static void die(void *arg)
{
        cover_tmp(NULL);
        must((int)write(*(int *)arg, "", 1));
        _exit(EXIT_SUCCESS);
}

LOOK_TEST(a_dead_process_that_nobody_waited_for_uses_nothing)
{
        siginfo_t info;
        int ready[2];
        pid_t pid;

        must(pipe2(ready, O_CLOEXEC));
        pid = must(fork());
        if (pid == 0)
                die(&ready[1]);
        must(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT));
        ck_assert(!is_used());
        must(waitpid(pid, NULL, 0));
}

/* Until it is killed. It says when it has its zombies. */
static void be_restless(int ready)
{
        must(setuid(bob));
        must(prctl(PR_SET_PDEATHSIG, SIGKILL));
        for (unsigned n = 0;; n++) {
                if (must(fork()) == 0)
                        _exit(EXIT_SUCCESS);
                if (n == ZOMBIES)
                        must((int)write(ready, "", 1));
                if (n >= ZOMBIES)
                        must(wait(NULL));
        }
}

/* In one round after another something is listed that has ended when it is to be visited. */
LOOK_TEST(who_forks_and_ends_all_the_time_is_no_doubt)
{
        pid_t restless[2];
        int ready[2];
        char byte;

        must(pipe2(ready, O_CLOEXEC));
        for (size_t i = 0; i < 2; i++) {
                restless[i] = must(fork());
                if (restless[i] == 0)
                        be_restless(ready[1]);
        }
        for (size_t i = 0; i < 2; i++)
                ck_assert_int_eq(read(ready[0], &byte, 1), 1);
        for (unsigned i = 0; i < 3; i++)
                ck_assert(!ask(MARK, LOOK_CLEAN));
        for (size_t i = 0; i < 2; i++) {
                must(kill(restless[i], SIGKILL));
                must(waitpid(restless[i], NULL, 0));
        }
}

/* ------------------------------------------------------------------ chroots */

static void be_jailed_there(void *uid)
{
        must(unshare(CLONE_NEWNS));
        (void)child_start(nothing, NULL);
        be_jailed(uid);
}

static void cover_and_be_jailed_there(void *uid)
{
        cover_tmp(NULL);
        (void)child_start(nothing, NULL);
        be_jailed(uid);
}

/* Alice's, bob's: who is used? */
static void check_jailed(void (*body)(void *), uid_t uid, bool alices, bool bobs)
{
        struct look_query queries[] = {{.name = MARK, .uid = alice},
                                       {.name = "1002/abcdef", .uid = bob}};

        must(mkdirat(scratch.fd, "jail", 0755));
        (void)child_start(body, &uid);
        look_base(base, base_path, queries, 2, LOOK_OPEN);
        ck_assert(queries[0].used == alices);
        ck_assert(queries[1].used == bobs);
}

LOOK_TEST(what_a_chroot_hides_is_used_if_it_is_the_users)
{
        check_jailed(cover_and_be_jailed, ALICE, true, false);
}

/* The kernel's list of mounts has what is outside, too. */
LOOK_TEST(what_a_chroot_of_roots_hides_is_used_and_by_proc_whose_ever_it_is)
{
        check_jailed(cover_and_be_jailed, 0, true, !listed);
}

/* Then the kernel hides what is outside of the chroot: then it is looked for by /proc. */
LOOK_TEST(who_is_chrooted_sees_what_is_used_all_the_same)
{
        const char *jail = scratch_path(&scratch, "jail");
        const char *proc = scratch_path(&scratch, "jail/proc");

        (void)child_start(cover_tmp, NULL);
        must(mkdir(jail, 0755));
        must(mount("/", jail, NULL, MS_BIND | MS_REC, NULL));
        must(mount("/proc", proc, NULL, MS_BIND | MS_REC, NULL));
        must(chroot(jail));
        must(chdir("/"));
        base = fd_close(base);
        base = must(open(base_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        ck_assert(ask(MARK, LOOK_OPEN));
}

LOOK_TEST(a_chroot_hides_nothing_where_another_task_shows_all)
{
        check_jailed(be_jailed_there, ALICE, false, false);
}

LOOK_TEST(what_another_task_shows_is_used_though_a_chroot_hides_it)
{
        check_jailed(cover_and_be_jailed_there, BOB, true, false);
}

/* ------------------------------------------------------------------ all of it */

static void fill(Suite *suite)
{
        TCase *who = tcase_create("who");

        tcase_add_loop_test(who, what_one_of_many_namespaces_has_is_used, 0, 5);
        tcase_add_test(who, what_only_one_thread_has_is_used);
        tcase_add_test(who, what_is_left_to_a_thread_is_used);
        tcase_add_test(who, processes_that_are_just_ending_are_no_doubt);
        tcase_set_timeout(who, 60);
        tcase_add_loop_test(who, what_somebody_has_who_moves_in_the_middle_of_the_look_is_used, 0,
                            2);
        tcase_add_loop_test(
                who, at_close_what_somebody_has_who_moves_in_the_middle_of_the_look_is_used, 0, 2);
        tcase_add_loop_test(who, what_somebody_has_who_hops_is_used, 0, 3);
        tcase_add_loop_test(who, what_somebody_has_who_hops_among_others_is_used, 0, 3);
        tcase_add_loop_test(who, at_close_what_somebody_has_who_hops_away_from_it_is_used, 0, 3);
        tcase_add_test(who, a_dead_process_that_nobody_waited_for_uses_nothing);
        tcase_add_test(who, who_forks_and_ends_all_the_time_is_no_doubt);
        tcase_add_test(who, what_a_chroot_hides_is_used_if_it_is_the_users);
        tcase_add_test(who, what_a_chroot_of_roots_hides_is_used_and_by_proc_whose_ever_it_is);
        tcase_add_test(who, who_is_chrooted_sees_what_is_used_all_the_same);
        tcase_add_test(who, a_chroot_hides_nothing_where_another_task_shows_all);
        tcase_add_test(who, what_another_task_shows_is_used_though_a_chroot_hides_it);
        suite_add_tcase(suite, who);
}

int main(int argc, char **argv)
{
        return look_run("look-tasks", argc, argv, fill);
}
