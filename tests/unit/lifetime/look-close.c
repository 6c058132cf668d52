/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-look-close: is it mounted for anybody but the closing program? And what is in doubt */
#include <sys/mman.h>

#include "kit/fuse.h"
#include "kit/look.h"

/* ------------------------------------------------------------------ at close */

static bool is_used_by_others(void)
{
        return ask(MARK, LOOK_CLOSE);
}

LOOK_TEST(at_close_the_process_itself_does_not_count)
{
        cover_here();
        ck_assert(is_used());
        ck_assert(!is_used_by_others());
}

LOOK_TEST(at_close_a_child_that_runs_the_same_program_does_not_count)
{
        cover_here();
        (void)child_start(nothing, NULL);
        ck_assert(!is_used_by_others());
}

LOOK_TEST(at_close_a_child_of_a_child_counts)
{
        cover_here();
        (void)child_start(start_child, NULL);
        ck_assert(is_used_by_others());
}

LOOK_TEST(at_close_a_child_that_runs_another_program_counts)
{
        pid_t pid;

        cover_here();
        pid = must(vfork()); /* returns when the other program runs */
        if (pid == 0) {
                (void)execl("/bin/sleep", "sleep", "1000", (char *)NULL);
                _exit(EXIT_FAILURE);
        }
        ck_assert(is_used_by_others());
        must(kill(pid, SIGKILL));
        must(waitpid(pid, NULL, 0));
        ck_assert(!is_used_by_others());
}

LOOK_TEST(at_close_a_child_with_a_strange_name_is_known_by_its_parent_all_the_same)
{
        cover_here();
        must(prctl(PR_SET_NAME, ") S 1 (x"));
        (void)child_start(nothing, NULL);
        ck_assert(!is_used_by_others());
}

static void be_called_like_a_child(void *arg)
{
        char *name = arg;

        must(prctl(PR_SET_NAME, name));
        start_child(NULL);
}

LOOK_TEST(at_close_nobody_passes_for_a_child_by_its_name)
{
        char name[16];

        (void)snprintf(name, sizeof(name), "x) S %d 1 1", (int)getpid());
        cover_here();
        (void)child_start(be_called_like_a_child, name);
        ck_assert(is_used_by_others());
}

/* A child of a child, which is no other login program's. */
static void start_jailed_child(void *arg)
{
        uid_t uid = ALICE;

        *(pid_t *)arg = child_start(cover_and_be_jailed, &uid);
}

LOOK_TEST(at_close_another_program_counts_though_it_is_chrooted_and_seen_first)
{
        pid_t *pid =
                mmap(NULL, sizeof(*pid), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        char path[64];
        int ns;

        ck_assert_ptr_ne(pid, MAP_FAILED);
        must(mkdirat(scratch.fd, "jail", 0755));
        (void)child_start(start_jailed_child, pid);
        (void)snprintf(path, sizeof(path), "/proc/%d/ns/mnt", (int)*pid);
        ns = must(open(path, O_RDONLY | O_CLOEXEC));
        (void)child_start(enter, &ns);
        ck_assert(is_used_by_others());
}

/* As sshd does it with ChrootDirectory. */
LOOK_TEST(at_close_a_chrooted_child_that_runs_the_same_program_does_not_count)
{
        struct look_query query = {.name = MARK, .uid = alice};
        uid_t uid = ALICE;

        must(mkdirat(scratch.fd, "jail", 0755));
        (void)child_start(cover_and_be_jailed, &uid);
        look_base(base, base_path, &query, 1, LOOK_OPEN);
        ck_assert(query.used);
        ck_assert(!is_used_by_others());
}

/* Runs cat from there, and returns when it works. */
static void start_cat(const char *path)
{
        int in[2], out[2];
        char byte;

        must(pipe2(in, O_CLOEXEC));
        must(pipe2(out, O_CLOEXEC));
        if (must(fork()) == 0) {
                must(dup2(in[0], STDIN_FILENO));
                must(dup2(out[1], STDOUT_FILENO));
                (void)execl(path, "cat", (char *)NULL);
                _exit(EXIT_FAILURE);
        }
        must(close(out[1]));
        must((int)write(in[1], "x", 1));
        ck_assert_int_eq(read(out[0], &byte, 1), 1);
}

LOOK_TEST(at_close_a_program_on_a_fuse_counts_and_the_fuse_is_not_asked)
{
        pid_t server;

        cover_here();
        server = fuse_mount("/mnt", ALICE);
        start_cat("/mnt/cat");
        fuse_silence(server);
        ck_assert(is_used_by_others());
}

/* Nobody knows who holds it, and why. */
LOOK_TEST(at_close_what_only_an_open_namespace_has_is_used_if_it_is_listed)
{
        int fd = empty_namespace();

        ck_assert(ask_of_all(MARK, LOOK_CLOSE) == listed);
        must(close(fd));
        ck_assert(!is_used_by_others());
}

/* ------------------------------------------------------------------ doubt */

enum {
        MUCH = 3000, /* mounts */
};

LOOK_TEST(without_proc_all_is_used)
{
        while (umount2("/proc", MNT_DETACH) == 0)
                ;
        ck_assert(is_in_doubt());
}

/* Root as in a unit that may not look into other processes, and as alice's su is: in her group. */
static void be_restricted(const char *proc_options)
{
        must(mount("proc", "/proc", "proc", 0, proc_options));
        must(setgroups(0, NULL));
        must(setresgid(ALICE, ALICE, ALICE));
        drop_capability(CAP_SYS_PTRACE);
}

/* The kernel's list shows namespaces all the same; but who is in them, at close? */
static void check_restricted(const char *proc_options)
{
        (void)child_start(cover_tmp, NULL);
        be_restricted(proc_options);
        ck_assert(is_in_doubt() == !listed);
        ck_assert(ask_of_all(MARK, LOOK_OPEN));
        ck_assert(ask_of_all(MARK, LOOK_CLOSE));
}

LOOK_TEST(where_processes_cannot_be_looked_into_all_is_used)
{
        check_restricted("hidepid=1");
}

LOOK_TEST(where_processes_are_hidden_all_is_used)
{
        check_restricted("hidepid=2");
}

LOOK_TEST(without_the_right_to_list_namespaces_the_answer_is_the_same)
{
        pid_t child = child_start(cover_tmp, NULL);

        drop_capability(CAP_SYS_ADMIN);
        ck_assert(is_used());
        child_end(child);
        ck_assert(!is_used());
}

LOOK_TEST(without_fds_all_is_used)
{
        struct rlimit limit, before;
        unsigned doubts = 0;
        bool doubt;

        must(getrlimit(RLIMIT_NOFILE, &before));
        limit = before;
        limit.rlim_cur = (rlim_t)base + 1;
        /* the look fails wherever it needs one more, until it has enough */
        do {
                must(setrlimit(RLIMIT_NOFILE, &limit));
                doubt = is_in_doubt();
                must(setrlimit(RLIMIT_NOFILE, &before));
                doubts += doubt;
                limit.rlim_cur++;
        } while (doubt && doubts < 50);
        ck_assert_uint_ge(doubts, 2);
        ck_assert(!doubt);
}

/* How often the clock is asked in one look. */
static unsigned count_clock_calls(void)
{
        clock_calls = 0;
        ck_assert(!is_in_doubt());
        return clock_calls;
}

/* Wherever it runs out: the look may be over by then, but is never wrong. */
LOOK_TEST(whenever_time_runs_out_all_is_used)
{
        unsigned calls = count_clock_calls(), doubts = 0;

        (void)child_start(cover_tmp, NULL);
        for (clock_limit = 1; clock_limit <= calls; clock_limit++) {
                clock_calls = 0;
                doubts += is_in_doubt();
                clock_calls = 0;
                ck_assert(ask_of_all(MARK, LOOK_CLEAN));
        }
        ck_assert_uint_gt(doubts, calls / 4);
        clock_limit = UINT_MAX;
        ck_assert(!is_in_doubt());
}

static void mount_much(void *arg)
{
        (void)arg;
        must(unshare(CLONE_NEWNS));
        for (unsigned i = 0; i < MUCH; i++)
                mount_name(MARK "/root/project");
}

LOOK_TEST(the_time_is_looked_at_within_a_large_mount_table_too)
{
        unsigned calls = count_clock_calls();

        (void)child_start(mount_much, NULL);
        ck_assert_uint_gt(count_clock_calls(), calls + 10);
}

LOOK_TEST(the_time_is_looked_at_between_many_processes_too)
{
        unsigned calls = count_clock_calls();

        for (unsigned i = 0; i < 64; i++)
                (void)child_start(nothing, NULL);
        ck_assert_uint_ge(count_clock_calls(), calls + 64 / 16);
}

LOOK_TEST(where_the_base_is_not_where_it_was_opened_all_is_used)
{
        must(mount("tmpfs", "/mnt", "tmpfs", 0, NULL));
        must(mkdir("/mnt/base", 0700));
        base = fd_close(base);
        base = must(open("/mnt/base", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        ck_assert(is_in_doubt());
}

LOOK_TEST(where_the_base_is_in_another_namespace_all_is_used)
{
        own_mounts();
        ck_assert(is_in_doubt());
}

/* ------------------------------------------------------------------ all of it */

static void fill(Suite *suite)
{
        TCase *close = tcase_create("close"), *doubt = tcase_create("doubt"),
              *time = tcase_create("time");

        tcase_add_test(close, at_close_the_process_itself_does_not_count);
        tcase_add_test(close, at_close_a_child_that_runs_the_same_program_does_not_count);
        tcase_add_test(close, at_close_a_child_of_a_child_counts);
        tcase_add_test(close, at_close_a_child_that_runs_another_program_counts);
        tcase_add_test(close,
                       at_close_a_child_with_a_strange_name_is_known_by_its_parent_all_the_same);
        tcase_add_test(close, at_close_nobody_passes_for_a_child_by_its_name);
        tcase_add_test(close, at_close_a_chrooted_child_that_runs_the_same_program_does_not_count);
        tcase_add_test(close, at_close_another_program_counts_though_it_is_chrooted_and_seen_first);
        tcase_add_test(close, at_close_what_only_an_open_namespace_has_is_used_if_it_is_listed);
        tcase_set_timeout(close, 30);
        if (fuse_is_there())
                tcase_add_test(close,
                               at_close_a_program_on_a_fuse_counts_and_the_fuse_is_not_asked);
        suite_add_tcase(suite, close);

        tcase_add_test(doubt, without_proc_all_is_used);
        tcase_add_test(doubt, where_processes_cannot_be_looked_into_all_is_used);
        tcase_add_test(doubt, where_processes_are_hidden_all_is_used);
        tcase_add_test(doubt, without_the_right_to_list_namespaces_the_answer_is_the_same);
        tcase_add_test(doubt, without_fds_all_is_used);
        tcase_add_test(doubt, where_the_base_is_not_where_it_was_opened_all_is_used);
        tcase_add_test(doubt, where_the_base_is_in_another_namespace_all_is_used);
        suite_add_tcase(suite, doubt);

        tcase_set_timeout(time, 60);
        tcase_add_test(time, whenever_time_runs_out_all_is_used);
        tcase_add_test(time, the_time_is_looked_at_within_a_large_mount_table_too);
        if (!listed) /* between namespaces: unit/mounts/namespaces.c */
                tcase_add_test(time, the_time_is_looked_at_between_many_processes_too);
        suite_add_tcase(suite, time);
}

int main(int argc, char **argv)
{
        return look_run("look-close", argc, argv, fill);
}
