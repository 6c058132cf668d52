/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test-owner: whose is a namespace, and whose is a task?
 *
 * Needs root, in a throw-away host.
 */
#include "kit/ground.h"
#include "mounts/owner.h"
#include "mounts/task.h"

enum {
        SUB_UID = 100000,
        LEVELS = 30, /* the kernel allows 32 */
};

static void set_up(void)
{
}

static int open_namespace(pid_t pid, const char *kind)
{
        char path[64];

        (void)snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, kind);
        return must(open(path, O_RDONLY | O_CLOEXEC));
}

/* The uid of the user whose the task's mount namespace is; 0: nobody's in particular. */
static uid_t owner_of(pid_t pid)
{
        const ino_t own = owner_begin();
        unsigned fds = count_fds();
        struct owner owner;
        int fd;

        ck_assert_uint_ne(own, 0);
        fd = open_namespace(pid, "mnt");
        owner = owner_of_mounts(fd, own);
        must(close(fd));
        ck_assert_uint_eq(count_fds(), fds);
        ck_assert(owner.is_user == (owner.uid != 0));
        return owner.uid;
}

/* The same of the task itself. */
static uid_t owner_of_task(pid_t pid)
{
        char text[16];
        struct task task = {.pid = text, .tid = text};
        struct owner owner;

        (void)snprintf(text, sizeof(text), "%d", (int)pid);
        task.proc = must(open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC));
        owner = task_owner(&task, owner_begin());
        must(close(task.proc));
        ck_assert(owner.is_user == (owner.uid != 0));
        return owner.uid;
}

static void leave(void *arg)
{
        (void)arg;
        must(unshare(CLONE_NEWNS));
}

MACHINE_TEST(what_root_makes_here_is_nobodys)
{
        ck_assert_uint_eq(owner_of(getpid()), 0);
        ck_assert_uint_eq(owner_of(child_start(leave, NULL)), 0);
}

static void leave_then_become_alice(void *arg)
{
        leave(arg);
        become(ALICE);
}

MACHINE_TEST(what_a_login_makes_is_nobodys_though_only_its_user_is_there)
{
        pid_t child = child_start(leave_then_become_alice, NULL);

        ck_assert_uint_eq(owner_of(child), 0);
        ck_assert_uint_eq(owner_of_task(child), ALICE);
}

static void leave_as_alice(void *arg)
{
        (void)arg;
        become(ALICE);
        must(unshare(CLONE_NEWUSER | CLONE_NEWNS));
}

MACHINE_TEST(what_a_user_makes_is_the_users)
{
        pid_t child = child_start(leave_as_alice, NULL);

        ck_assert_uint_eq(owner_of(child), ALICE);
        ck_assert_uint_eq(owner_of_task(child), ALICE);
}

static void leave_deep(void *arg)
{
        (void)arg;
        become_root_of_own(ALICE);
        for (unsigned i = 1; i < LEVELS; i++)
                own_users(0);
}

MACHINE_TEST(so_is_what_is_made_in_it_at_any_depth)
{
        pid_t child = child_start(leave_deep, NULL);

        ck_assert_uint_eq(owner_of(child), ALICE);
        ck_assert_uint_eq(owner_of_task(child), ALICE);
}

/* What rootless containers do: another uid of the user's makes namespaces of its own in there. */
static void leave_as_sub_uid(void *arg)
{
        const int *mapped = arg;
        char byte;

        leave_as_alice(NULL);
        must((int)write(mapped[1], "", 1));
        ck_assert_int_eq(read(mapped[2], &byte, 1), 1);
        must(setresuid(1, 1, 1));
        must(unshare(CLONE_NEWUSER | CLONE_NEWNS));
        must((int)write(mapped[1], "", 1));
        for (;;)
                (void)pause();
}

/* Maps the child's uids as newuidmap(1) does. */
static void map(pid_t pid)
{
        char path[64];
        int dir;

        (void)snprintf(path, sizeof(path), "/proc/%d", (int)pid);
        dir = must(open(path, O_PATH | O_DIRECTORY | O_CLOEXEC));
        write_proc(dir, "uid_map", "0 1001 1\n1 100000 1000\n");
        write_proc(dir, "gid_map", "0 1001 1\n1 100000 1000\n");
        must(close(dir));
}

MACHINE_TEST(a_sub_uid_is_the_user)
{
        char path[64], byte;
        struct stat st;
        int pipes[4];
        pid_t pid;

        must(pipe2(pipes, O_CLOEXEC));
        must(pipe2(pipes + 2, O_CLOEXEC));
        pid = must(fork());
        if (pid == 0)
                leave_as_sub_uid(pipes);
        must(close(pipes[1]));
        ck_assert_int_eq(read(pipes[0], &byte, 1), 1);
        map(pid);
        must((int)write(pipes[3], "", 1));
        ck_assert_int_eq(read(pipes[0], &byte, 1), 1);
        (void)snprintf(path, sizeof(path), "/proc/%d", (int)pid);
        must(stat(path, &st));
        ck_assert_uint_eq(st.st_uid, SUB_UID);
        ck_assert_uint_eq(owner_of(pid), ALICE);
        ck_assert_uint_eq(owner_of_task(pid), ALICE);
}

static void leave_as_root_to_users(void *arg)
{
        (void)arg;
        must(unshare(CLONE_NEWUSER | CLONE_NEWNS));
}

MACHINE_TEST(what_root_makes_in_a_user_namespace_is_nobodys)
{
        pid_t child = child_start(leave_as_root_to_users, NULL);

        ck_assert_uint_eq(owner_of(child), 0);
        ck_assert_uint_eq(owner_of_task(child), 0);
}

static void be_set_uid_root(void *arg)
{
        (void)arg;
        must(prctl(PR_SET_DUMPABLE, 0));
        must(setresuid(ALICE, 0, 0));
}

MACHINE_TEST(a_program_that_is_set_uid_root_is_its_users)
{
        ck_assert_uint_eq(owner_of_task(child_start(be_set_uid_root, NULL)), ALICE);
}

static void be_no_core(void *arg)
{
        (void)arg;
        become(ALICE);
        must(prctl(PR_SET_DUMPABLE, 0));
        must(prctl(PR_SET_NAME, "Uid:\t0\n"));
}

MACHINE_TEST(nobody_passes_for_root)
{
        ck_assert_uint_eq(owner_of_task(child_start(be_no_core, NULL)), ALICE);
}

MACHINE_TEST(root_is_nobody_in_particular)
{
        ck_assert_uint_eq(owner_of_task(child_start(leave, NULL)), 0);
}

MACHINE_TEST(where_nothing_can_be_told_it_is_nobodys)
{
        int fd = open_namespace(child_start(leave_as_alice, NULL), "mnt");

        ck_assert(!owner_of_mounts(fd, 0).is_user);
        ck_assert(!owner_of_mounts(-EBADF, owner_begin()).is_user);
        ck_assert(!owner_of_users(-EBADF, owner_begin()).is_user);
        must(close(fd));
}

int main(void)
{
        Suite *suite = suite_create("owner");
        TCase *tcase = tcase_create("owner");

        tcase_add_test(tcase, what_root_makes_here_is_nobodys);
        tcase_add_test(tcase, what_a_login_makes_is_nobodys_though_only_its_user_is_there);
        tcase_add_test(tcase, what_a_user_makes_is_the_users);
        tcase_add_test(tcase, so_is_what_is_made_in_it_at_any_depth);
        tcase_add_test(tcase, a_sub_uid_is_the_user);
        tcase_add_test(tcase, what_root_makes_in_a_user_namespace_is_nobodys);
        tcase_add_test(tcase, a_program_that_is_set_uid_root_is_its_users);
        tcase_add_test(tcase, nobody_passes_for_root);
        tcase_add_test(tcase, root_is_nobody_in_particular);
        tcase_add_test(tcase, where_nothing_can_be_told_it_is_nobodys);
        suite_add_tcase(suite, tcase);
        return scratch_run(suite);
}
