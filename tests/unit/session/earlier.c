/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test-earlier: shares that earlier logins have put, and whose source is another now, or gone
 *
 * Needs root, in a throw-away host.
 */
#include <sched.h>

#include "kit/share.h"
#include "session/earlier.h"

static bool can_beneath = true;

int __real_move_mount(int from, const char *from_path, int to, const char *to_path, unsigned flags);
int __wrap_move_mount(int from, const char *from_path, int to, const char *to_path, unsigned flags);

/* A kernel before Linux 6.5 does not know the flag. */
int __wrap_move_mount(int from, const char *from_path, int to, const char *to_path, unsigned flags)
{
        if (flags & 0x200 && !can_beneath) {
                errno = EINVAL;
                return -1;
        }
        return __real_move_mount(from, from_path, to, to_path, flags);
}

static int top;

/* The first login. */
static void log_in(const char *options)
{
        take(options);
        top = cover();
}

/* Another one, which joins: what `options` say is taken from the system directory as it is now. */
static void log_in_again(void)
{
        struct share_list now = {0};

        share_take(&line, system_fd, ALICE, &now, &heard.report);
        earlier_put_right(&line, &now, top, &heard.report);
        share_put(&line, &now, top, &heard.report);
        share_done(&now);
}

static void replace(const char *name)
{
        make_file("new", 0);
        must(renameat(system_fd, "new", system_fd, name));
}

/* How many mounts stand on the name in the private directory. */
static unsigned mounts_on(const char *name)
{
        unsigned n = 0;
        char path[256];

        snprintf(path, sizeof(path), SYSTEM "/%s", name);
        while (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
                n++;
        return n;
}

START_TEST(what_was_renamed_into_place_is_shared)
{
        can_beneath = _i % 2;
        make_file("file", 0);
        make_folder("folder", 0);
        log_in(_i < 2 ? "share=file:folder" : "share=f*");
        for (unsigned i = 0; i < 3; i++) {
                replace("file");
                ck_assert(!is_bound("file"));
                log_in_again();
                ck_assert(is_bound("file"));
                ck_assert(is_bound("folder"));
        }
        ck_assert_str_eq(heard.text, "");
        ck_assert_uint_eq(mounts_on("file"), 1);
        ck_assert_uint_eq(mounts_on("folder"), 1);
}
END_TEST

START_TEST(what_is_gone_is_taken_off_with_its_place)
{
        make_file("file", 0);
        make_folder("folder", 0);
        log_in(_i ? "share=f*" : "share=file:folder");
        must(unlinkat(system_fd, "file", 0));
        must(unlinkat(system_fd, "folder", AT_REMOVEDIR));
        log_in_again();
        ck_assert(!is_there(root, "file"));
        ck_assert(!is_there(root, "folder"));
        ck_assert_str_eq(heard.text, "");
        /* and it may come again */
        make_file("file", 0);
        log_in_again();
        ck_assert(is_bound("file"));
}
END_TEST

START_TEST(a_file_may_have_become_a_folder)
{
        can_beneath = _i;
        make_file("one", 0);
        make_folder("two", 0);
        log_in("share=one:two");
        must(unlinkat(system_fd, "one", 0));
        must(unlinkat(system_fd, "two", AT_REMOVEDIR));
        make_folder("one", 0);
        make_file("two", 0);
        log_in_again();
        ck_assert(is_bound("one"));
        ck_assert(is_bound("two"));
        ck_assert_str_eq(heard.text, "");
}
END_TEST

START_TEST(what_the_system_calls_otherwise_now_is_not_shared_any_more)
{
        make_file("file", 0);
        log_in("share=f*");
        must(renameat(system_fd, "file", system_fd, "old"));
        log_in_again();
        ck_assert(!is_there(root, "file"));
        ck_assert(!is_there(root, "old"));
}
END_TEST

START_TEST(who_has_the_old_file_open_keeps_it)
{
        char text[16] = "";
        int fd;

        make_file("file", 0);
        log_in("share=file");
        fd = must(open(SYSTEM "/file", O_RDONLY | O_CLOEXEC));
        replace("file");
        log_in_again();
        must((int)read(fd, text, sizeof(text) - 1));
        ck_assert_str_eq(text, "file");
        close(fd);
}
END_TEST

/* Reads the file until it is killed. What is between two shares may be empty, and no more. */
static void read_on(bool may_be_empty)
{
        for (;;) {
                char text[16] = "";
                int fd = must(open(SYSTEM "/file", O_RDONLY | O_CLOEXEC));
                int n = must((int)read(fd, text, sizeof(text) - 1));

                if (strcmp(text, "file") != 0 && strcmp(text, "new") != 0 && (n || !may_be_empty))
                        _exit(EXIT_FAILURE);
                must(close(fd));
        }
}

START_TEST(nobody_sees_anything_between_the_old_and_the_new)
{
        pid_t reader;

        can_beneath = !_i;
        make_file("file", 0);
        log_in("share=file");
        reader = must(fork());
        if (reader == 0)
                read_on(!can_beneath);
        for (unsigned i = 0; i < 500; i++) {
                replace("file");
                log_in_again();
        }
        must(kill(reader, 0));
        ck_assert_int_eq(waitpid(reader, NULL, WNOHANG), 0);
        child_end(reader);
}
END_TEST

/* Beyond what a pattern looks at nothing is known, and what is true stays. */
START_TEST(what_was_not_looked_at_is_not_taken_for_gone)
{
        struct share_list nothing = {0};

        make_file("file", 0);
        log_in("share=f*");
        earlier_put_right(&line, &nothing, top, &heard.report);
        ck_assert(is_bound("file"));
}
END_TEST

static void rename_folder(void *arg)
{
        (void)arg;
        must(unshare(CLONE_NEWNS));
        must(umount2(SYSTEM "/folder", MNT_DETACH));
        must(renameat(system_fd, "folder", system_fd, "old"));
}

START_TEST(what_others_mounted_stays)
{
        make_folder("folder", 0);
        make_folder("other", 0);
        log_in("share=folder:*");
        must(mount("tmpfs", SYSTEM "/folder", "tmpfs", 0, NULL));
        write_file(AT_FDCWD, SYSTEM "/folder/inside", "");
        child_do(rename_folder, NULL); /* as the host can, in its own namespace */
        log_in_again();
        ck_assert(is_there(AT_FDCWD, SYSTEM "/folder/inside"));
        ck_assert_uint_eq(mounts_on("folder"), 2);
        ck_assert(is_bound("other"));
}
END_TEST

START_TEST(what_others_mounted_below_it_stays)
{
        make_folder("folder", 0);
        make_folder("folder/sub", 0);
        log_in("share=folder");
        must(mount("tmpfs", SYSTEM "/folder/sub", "tmpfs", 0, NULL));
        write_file(AT_FDCWD, SYSTEM "/folder/sub/inside", "");
        must(renameat(system_fd, "folder", system_fd, "old"));
        make_folder("folder", 0);
        log_in_again();
        ck_assert(is_there(AT_FDCWD, SYSTEM "/folder/sub/inside"));
}
END_TEST

START_TEST(what_never_was_a_share_stays)
{
        make_folder("folder", 0);
        log_in("share=f*");
        must(mkdir(SYSTEM "/mine", 0700));
        must(mount("tmpfs", SYSTEM "/mine", "tmpfs", 0, NULL));
        must(mkdir(SYSTEM "/hers", 0700));
        must(mount(SYSTEM "/mine", SYSTEM "/hers", NULL, MS_BIND, NULL));
        log_in_again();
        ck_assert_uint_eq(mounts_on("mine"), 1);
        ck_assert_uint_eq(mounts_on("hers"), 1);
}
END_TEST

START_TEST(what_the_user_put_in_a_place_is_not_removed)
{
        make_file("file", 0);
        log_in("share=file");
        /* behind the share lies a file of hers */
        write_file(root, "file", "hers");
        must(unlinkat(system_fd, "file", 0));
        log_in_again();
        ck_assert(is_there(root, "file"));
}
END_TEST

START_TEST(a_fuse_on_a_share_is_not_asked_and_stays)
{
        pid_t server;

        make_folder("folder", 0);
        log_in("share=folder:*");
        server = fuse_mount(SYSTEM "/folder", ALICE);
        fuse_silence(server);
        child_do(rename_folder, NULL);
        log_in_again();
        ck_assert_uint_eq(mounts_on("folder"), 2);
        alarm(0);
        child_end(server);
}
END_TEST

START_TEST(no_fd_is_left_open)
{
        unsigned before;

        make_file("file", 0);
        log_in("share=f*");
        before = count_fds();
        replace("file");
        log_in_again();
        must(unlinkat(system_fd, "file", 0));
        log_in_again();
        ck_assert_uint_eq(count_fds(), before);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("earlier");
        TCase *earlier = tcase_create("earlier"), *fuse = tcase_create("fuse");

        tcase_add_checked_fixture(earlier, set_up, NULL);
        tcase_add_loop_test(earlier, what_was_renamed_into_place_is_shared, 0, 4);
        tcase_add_loop_test(earlier, what_is_gone_is_taken_off_with_its_place, 0, 2);
        tcase_add_loop_test(earlier, a_file_may_have_become_a_folder, 0, 2);
        tcase_add_test(earlier, what_the_system_calls_otherwise_now_is_not_shared_any_more);
        tcase_add_test(earlier, who_has_the_old_file_open_keeps_it);
        tcase_add_loop_test(earlier, nobody_sees_anything_between_the_old_and_the_new, 0, 2);
        tcase_add_test(earlier, what_was_not_looked_at_is_not_taken_for_gone);
        tcase_add_test(earlier, what_others_mounted_stays);
        tcase_add_test(earlier, what_others_mounted_below_it_stays);
        tcase_add_test(earlier, what_never_was_a_share_stays);
        tcase_add_test(earlier, what_the_user_put_in_a_place_is_not_removed);
        tcase_add_test(earlier, no_fd_is_left_open);
        suite_add_tcase(suite, earlier);
        if (fuse_is_there()) {
                tcase_add_checked_fixture(fuse, set_up, NULL);
                tcase_set_timeout(fuse, 30);
                tcase_add_test(fuse, a_fuse_on_a_share_is_not_asked_and_stays);
                suite_add_tcase(suite, fuse);
        }
        return scratch_run(suite);
}
