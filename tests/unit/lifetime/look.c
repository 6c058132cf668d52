/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-look: is an instance mounted anywhere? On all kinds of bases */
#include "kit/look.h"

/* ------------------------------------------------------------------ on all kinds of bases */

BASE_TEST(what_is_mounted_nowhere_is_idle)
{
        ck_assert(!is_used());
}

BASE_TEST(what_is_mounted_in_another_namespace_is_used)
{
        pid_t child = child_start(cover_tmp, NULL);

        ck_assert(is_used());
        child_end(child);
        ck_assert(!is_used());
}

BASE_TEST(what_has_a_directory_of_it_mounted_is_used)
{
        char name[] = MARK "/root/project";

        (void)child_start(cover_tmp, name);
        ck_assert(is_used());
}

static void cover_passwd(void *file)
{
        must(unshare(CLONE_NEWNS));
        must(mount(in_base(file), "/etc/passwd", NULL, MS_BIND, NULL));
}

BASE_TEST(what_has_a_file_of_it_mounted_is_used)
{
        char name[] = MARK "/root/file";

        write_file(base, name, "");
        (void)child_start(cover_passwd, name);
        ck_assert(is_used());
}

BASE_TEST(what_got_another_name_is_used_under_that_name)
{
        (void)child_start(cover_tmp, NULL);
        must(renameat(base, MARK, base, "1001/.ABCDEF"));
        ck_assert(ask("1001/.ABCDEF", LOOK_OPEN));
        ck_assert(!ask(MARK, LOOK_OPEN));
        must(mkdirat(base, ".trash", 0700));
        must(renameat(base, "1001/.ABCDEF", base, ".trash/1001.ABCDEF"));
        ck_assert(ask(".trash/1001.ABCDEF", LOOK_OPEN));
        ck_assert(!ask("1001/.ABCDEF", LOOK_OPEN));
}

BASE_TEST(what_is_mounted_but_removed_is_used)
{
        (void)child_start(cover_tmp, NULL);
        must(unlinkat(base, MARK "/root/project", AT_REMOVEDIR));
        must(unlinkat(base, MARK "/root", AT_REMOVEDIR));
        ck_assert(is_used());
}

static void hide_under_another_mount(void *arg)
{
        cover_tmp(arg);
        must(mount("tmpfs", "/tmp", "tmpfs", 0, NULL));
}

BASE_TEST(what_lies_under_another_mount_is_used)
{
        (void)child_start(hide_under_another_mount, NULL);
        ck_assert(is_used());
}

/* ------------------------------------------------------------------ what outlives a session */

/* Lives on when the session has ended, in a namespace below the session's. */
static void hand_on(int *ready, bool to_the_user)
{
        cover_tmp(NULL);
        if (must(fork()) > 0)
                return;
        if (to_the_user) {
                become(ALICE);
                must(unshare(CLONE_NEWUSER | CLONE_NEWNS));
        } else {
                own_slave_mounts();
        }
        must((int)write(ready[1], "", 1));
        for (;;)
                (void)pause();
}

static void hand_on_to_a_namespace_below(void *ready)
{
        hand_on(ready, false);
}

static void hand_on_to_the_users_own_namespace(void *ready)
{
        hand_on(ready, true);
}

static void check_handed_on(void (*session)(void *))
{
        int ready[2];
        char byte;

        must(pipe2(ready, O_CLOEXEC));
        child_do(session, ready);
        ck_assert_int_eq(read(ready[0], &byte, 1), 1);
        ck_assert(is_used());
}

BASE_TEST(what_was_inherited_is_used_when_the_session_itself_has_ended)
{
        check_handed_on(hand_on_to_a_namespace_below);
}

BASE_TEST(what_the_user_took_to_namespaces_of_his_own_is_used_when_the_session_has_ended)
{
        check_handed_on(hand_on_to_the_users_own_namespace);
}

/* Real programs, started by alice in her session; they say when they are there, and stay. */
#define STAY "echo; exec sleep 1000"

static const char *const unshare_program[] = {"unshare", "-Urm", "sh", "-c", STAY, NULL};
/* no other part of the session's mounts than a directory of the instance */
static const char *const bwrap_program[] = {
        "bwrap",         "--ro-bind", "/usr",      "/usr",   "--ro-bind",
        "/lib",          "/lib",      "--ro-bind", "/bin",   "/bin",
        "--ro-bind-try", "/lib64",    "/lib64",    "--bind", "/tmp/project",
        "/project",      "sh",        "-c",        STAY,     NULL};
static const char *const su_program[] = {"su", "bob", "-c", STAY, NULL};
static const char *const sudo_program[] = {"sudo", "-u", "bob", "sh", "-c", STAY, NULL};

/* Runs it in a session of its own. Its first process, when it is there. */
static pid_t start_in_session(const char *const program[])
{
        int out[2];
        char byte;
        pid_t pid;

        must(pipe2(out, O_CLOEXEC));
        pid = must(fork());
        if (pid == 0) {
                cover_tmp(NULL);
                become(ALICE);
                must(dup2(out[1], STDOUT_FILENO));
                must(chdir("/"));
                (void)execvp(program[0], (char *const *)(uintptr_t)program);
                _exit(EXIT_FAILURE);
        }
        must(close(out[1]));
        ck_assert_msg(read(out[0], &byte, 1) == 1, "%s has failed", program[0]);
        must(close(out[0]));
        return pid;
}

/* Else a nested session leaves what the outer one has covered. */
static void inherit_all(void)
{
        write_file(AT_FDCWD, "/etc/security/privtmp.conf", "inherit /tmp *\n");
}

/* What the program has started goes on when the program itself has been killed. */
static void check_program(const char *const program[])
{
        pid_t pid = start_in_session(program);

        ck_assert(is_used());
        child_end(pid);
        if (program != unshare_program) /* that one is no other process */
                ck_assert(is_used());
}

BASE_TEST(what_unshare_has_is_used)
{
        check_program(unshare_program);
}

BASE_TEST(what_bwrap_has_a_directory_of_is_used)
{
        check_program(bwrap_program);
}

BASE_TEST(what_a_nested_su_has_is_used)
{
        inherit_all();
        check_program(su_program);
}

BASE_TEST(what_a_nested_sudo_has_is_used)
{
        inherit_all();
        check_program(sudo_program);
}

/* ------------------------------------------------------------------ namespaces without tasks */

/* Nobody lives there: what /proc does not show is no loss to anybody. */
BASE_TEST(what_only_an_open_namespace_has_is_used_if_it_is_listed)
{
        int fd = empty_namespace();

        ck_assert(is_used() == listed);
        must(close(fd));
        ck_assert(!is_used());
}

/* Mounted in an older namespace: Linux 6.18 has no other way to know, and gives ids in no order. */
static void mount_empty_namespace(void)
{
        char path[64];
        int fd, r;

        do {
                fd = empty_namespace();
                (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
                r = mount(path, "/mnt/namespace", NULL, MS_BIND, NULL);
                must(close(fd));
        } while (r < 0 && errno == EINVAL);
        must(r);
}

BASE_TEST(what_only_a_mounted_namespace_has_is_used_if_it_is_listed)
{
        own_mounts();
        base = fd_close(base);
        base = must(open(base_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        must(mount("tmpfs", "/mnt", "tmpfs", 0, NULL));
        must(mknod("/mnt/namespace", S_IFREG | 0600, 0));
        mount_empty_namespace();
        ck_assert(is_used() == listed);
        must(umount2("/mnt/namespace", MNT_DETACH));
        ck_assert(!is_used());
}

/* ------------------------------------------------------------------ what is not it */

static void cover_other_file_system(void *arg)
{
        (void)arg;
        own_mounts();
        must(mount("tmpfs", "/mnt", "tmpfs", 0, NULL));
        must(mkdir("/mnt/base", 0700));
        must(mkdir("/mnt/base/1001", 0700));
        must(mkdir("/mnt/base/" MARK, 0700));
        must(mkdir("/mnt/base/" MARK "/root", 0700));
        must(mount("/mnt/base/" MARK "/root", "/tmp", NULL, MS_BIND, NULL));
}

LOOK_TEST(the_same_names_on_another_file_system_are_not_it)
{
        have_base(TMPFS);
        (void)child_start(cover_other_file_system, NULL);
        ck_assert(!is_used());
}

static void cover_other_base(void *arg)
{
        char path[PATH_MAX];

        (void)arg;
        own_mounts();
        (void)snprintf(path, sizeof(path), "%s/other/" MARK "/root", scratch.path);
        must(mount(path, "/tmp", NULL, MS_BIND, NULL));
}

LOOK_TEST(the_same_names_in_another_base_are_not_it)
{
        must(mkdirat(scratch.fd, "other", 0700));
        must(mkdirat(scratch.fd, "other/1001", 0700));
        must(mkdirat(scratch.fd, "other/" MARK, 0700));
        must(mkdirat(scratch.fd, "other/" MARK "/root", 0700));
        (void)child_start(cover_other_base, NULL);
        ck_assert(!is_used());
}

LOOK_TEST(what_only_begins_with_its_name_is_not_it)
{
        char longer_root[] = MARK "/roots", longer[] = MARK "g/root", other[] = "1001/ghijkl/root";

        must(mkdirat(base, longer_root, 0700));
        must(mkdirat(base, MARK "g", 0700));
        must(mkdirat(base, longer, 0700));
        must(mkdirat(base, "1001/ghijkl", 0700));
        must(mkdirat(base, other, 0700));
        (void)child_start(cover_tmp, longer_root);
        (void)child_start(cover_tmp, longer);
        (void)child_start(cover_tmp, other);
        ck_assert(!is_used());
}

LOOK_TEST(each_of_several_has_an_answer_of_its_own)
{
        char second[] = "1001/second/root";
        struct look_query queries[] = {{.name = "1001/abcdef", .uid = alice},
                                       {.name = "1001/second", .uid = alice},
                                       {.name = "1001/thirdo", .uid = alice}};

        must(mkdirat(base, "1001/second", 0700));
        must(mkdirat(base, second, 0700));
        (void)child_start(cover_tmp, second);
        look_base(base, base_path, queries, 3, LOOK_OPEN);
        ck_assert(!queries[0].used);
        ck_assert(queries[1].used);
        ck_assert(!queries[2].used);
}

LOOK_TEST(one_look_answers_any_number_of_questions)
{
        enum {
                MANY = 1000,
        };
        struct look_query queries[MANY];
        char names[MANY][32];

        for (size_t i = 0; i < MANY; i++) {
                (void)snprintf(names[i], sizeof(names[i]), "1001/%06zu", (i * 7919) % MANY);
                queries[i] = (struct look_query){.name = names[i], .uid = alice};
        }
        queries[MANY / 2].name = queries[MANY - 1].name = MARK; /* the same may be asked twice */
        (void)child_start(cover_tmp, NULL);
        look_base(base, base_path, queries, MANY, LOOK_OPEN);
        for (size_t i = 0; i < MANY; i++)
                ck_assert(queries[i].used == (i == MANY / 2 || i == MANY - 1));
}

static void add_base(TCase *bases, int kind)
{
        const TTest *const tests[] = {
                what_is_mounted_nowhere_is_idle,
                what_is_mounted_in_another_namespace_is_used,
                what_has_a_directory_of_it_mounted_is_used,
                what_has_a_file_of_it_mounted_is_used,
                what_got_another_name_is_used_under_that_name,
                what_is_mounted_but_removed_is_used,
                what_lies_under_another_mount_is_used,
                what_was_inherited_is_used_when_the_session_itself_has_ended,
                what_only_an_open_namespace_has_is_used_if_it_is_listed,
                what_only_a_mounted_namespace_has_is_used_if_it_is_listed,
                what_a_nested_su_has_is_used,
        };
        const TTest *const users[] = {
                what_the_user_took_to_namespaces_of_his_own_is_used_when_the_session_has_ended,
                what_unshare_has_is_used,
        };

        for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
                tcase_add_loop_test(bases, tests[i], kind, kind + 1);
        for (size_t i = 0; may_have_user_namespaces() && i < sizeof(users) / sizeof(users[0]); i++)
                tcase_add_loop_test(bases, users[i], kind, kind + 1);
        if (may_have_user_namespaces() && has_program("bwrap"))
                tcase_add_loop_test(bases, what_bwrap_has_a_directory_of_is_used, kind, kind + 1);
        if (has_program("sudo"))
                tcase_add_loop_test(bases, what_a_nested_sudo_has_is_used, kind, kind + 1);
}

static void fill(Suite *suite)
{
        TCase *bases = tcase_create("bases");

        for (int i = 0; i < KINDS; i++)
                if (has_kind((size_t)i))
                        add_base(bases, i);
        tcase_add_test(bases, the_same_names_on_another_file_system_are_not_it);
        tcase_add_test(bases, the_same_names_in_another_base_are_not_it);
        tcase_add_test(bases, what_only_begins_with_its_name_is_not_it);
        tcase_add_test(bases, each_of_several_has_an_answer_of_its_own);
        tcase_add_test(bases, one_look_answers_any_number_of_questions);
        tcase_set_timeout(bases, 60);
        suite_add_tcase(suite, bases);
}

int main(int argc, char **argv)
{
        return look_run("look", argc, argv, fill);
}
