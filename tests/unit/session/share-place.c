/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The place of a share in the private directory, what stands there already, and FUSE. */
#include "kit/share.h"

/* ------------------------------------------------------------------ the place in the private one
 */

START_TEST(the_place_may_be_there_already)
{
        make_folder("folder", 0);
        make_file("file", 0);
        close(make_dir(root, "folder", 0700));
        write_file(root, "file", "hers");
        take("share=folder:file");
        close(cover());
        ck_assert(is_bound("folder"));
        ck_assert(is_bound("file"));
        ck_assert_str_eq(heard.text, "");
}
END_TEST

/* What the user may have put in the place. */
static const struct {
        const char *share;
        const char *command; /* in the instance */
} hostile[] = {
        {"folder", "ln -s /run/trap folder"},
        {"folder", "ln -s . folder"},
        {"folder", "touch folder"},
        {"folder", "mkfifo folder"},
        {"file", "ln -s /run/trap-file file"},
        {"file", "ln -s nowhere file"},
        {"file", "ln -s /run/tmp/x file"},
        {"file", "mkdir file"},
        {"socket", "ln -s /run/trap-file socket"},
        {"socket", "mkdir -p socket/full"},
};

START_TEST(what_the_user_put_in_the_place_leads_nowhere)
{
        static char mounts[64 * 1024];
        char options[64];
        int fd, n;

        must(mkdir("/run/trap", 0755));
        write_file(AT_FDCWD, "/run/trap-file", "");
        make_folder("folder", 0);
        make_file("file", 0);
        close(make_socket("socket", 0));
        must(fchdir(root));
        ck_assert_int_eq(system(hostile[_i].command), 0);
        must(chdir("/"));
        snprintf(options, sizeof(options), "share=%s", hostile[_i].share);
        take(options);
        ck_assert_uint_eq(list.n, 1);
        close(cover());

        ck_assert_uint_eq(heard.lines, 1);
        ck_assert(said("is not shared: "));
        /* nothing is mounted but the cover */
        fd = must(open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC));
        n = must((int)read(fd, mounts, sizeof(mounts) - 1));
        mounts[n] = '\0';
        ck_assert_ptr_null(strstr(mounts, "/run/trap"));
        ck_assert_ptr_null(strstr(mounts, " " SYSTEM "/"));
        ck_assert(!is_there(AT_FDCWD, "/run/tmp/x"));
        ck_assert(!is_there(AT_FDCWD, "/run/nowhere"));
        ck_assert(!is_there(root, "nowhere"));
}
END_TEST

static void try_to_remove(void *arg)
{
        (void)arg;
        become(ALICE);
        ck_assert_int_lt(rmdir(SYSTEM "/folder"), 0);
        ck_assert_int_lt(rename(SYSTEM "/folder", SYSTEM "/other"), 0);
        ck_assert_int_lt(unlink(SYSTEM "/file"), 0);
        ck_assert_int_lt(rename(SYSTEM "/file", SYSTEM "/other"), 0);
}

START_TEST(the_user_cannot_take_a_share_away)
{
        make_folder("folder", 0);
        make_file("file", ALICE);
        must(fchmod(root, 0770)); /* no sticky bit */
        take("share=folder:file");
        close(cover());
        child_do(try_to_remove, NULL);
        ck_assert(is_bound("folder"));
        ck_assert(is_bound("file"));
}
END_TEST

/* ------------------------------------------------------------------ twice */

START_TEST(what_stands_there_already_stays)
{
        struct share_list second = {0};
        int top;

        make_folder("folder", 0);
        make_file("file", 0);
        take("share=folder:file:late");
        top = cover();
        /* a later session, which joins */
        make_file("late", 0);
        share_take(&line, system_fd, ALICE, &second, &heard.report);
        ck_assert_uint_eq(second.n, 3);
        ck_assert(!is_bound("late"));
        share_put(&line, &second, top, &heard.report);
        ck_assert(is_bound("folder"));
        ck_assert(is_bound("late"));
        ck_assert_str_eq(heard.text, "");
        share_done(&second);
        /* not one upon the other */
        must(umount2(SYSTEM "/folder", MNT_DETACH));
        ck_assert_int_lt(umount2(SYSTEM "/folder", MNT_DETACH), 0);
}
END_TEST

START_TEST(what_has_been_replaced_outside_is_said_to_be_hidden)
{
        struct share_list second = {0};
        int top;

        make_file("file", 0);
        take("share=file");
        top = cover();
        make_file("new", 0);
        must(renameat(system_fd, "new", system_fd, "file"));
        share_take(&line, system_fd, ALICE, &second, &heard.report);
        share_put(&line, &second, top, &heard.report);
        ck_assert_str_eq(heard.text,
                         "warning conf:3: " SYSTEM
                         "/file is not shared: something else is mounted in its place\n");
        share_done(&second);
}
END_TEST

START_TEST(what_was_taken_once_is_not_taken_and_not_said_again)
{
        make_file("his", BOB);
        make_file("file", 0);
        take("share=his:file");
        ck_assert_uint_eq(heard.lines, 1);
        share_take(&line, system_fd, ALICE, &list, &heard.report);
        ck_assert_uint_eq(list.n, 1);
        ck_assert_uint_eq(heard.lines, 1);
}
END_TEST

START_TEST(no_fd_is_left_open)
{
        unsigned before = count_fds();

        make_folder("folder", 0);
        make_file("his", BOB);
        make_file("file", 0);
        take("share=folder:file:his:absent:*");
        ck_assert_uint_gt(count_fds(), before);
        share_done(&list);
        line_done(&line);
        ck_assert_uint_eq(count_fds(), before);
}
END_TEST

/* ------------------------------------------------------------------ mounts in the system directory
 */

/* An administrator's: with a quota of its own, for instance. */
START_TEST(a_mount_of_its_own_is_shared_by_its_plain_name_only)
{
        make_folder("disk", 0);
        must(mount("tmpfs", SYSTEM "/disk", "tmpfs", 0, "mode=1777"));
        take("share=d*");
        ck_assert_uint_eq(list.n, 0);
        share_done(&list);
        take("share=disk");
        close(cover());
        ck_assert(is_bound("disk"));
}
END_TEST

/* The user says whose its files are, and it never answers. _i: how it is named. */
START_TEST(a_fuse_of_another_users_is_left_out_and_not_asked)
{
        static const char *const options[] = {"share=his", "share=h*", "share=his@bob"};
        pid_t server;

        make_folder("his", BOB);
        server = fuse_mount(SYSTEM "/his", BOB);
        fuse_silence(server);
        take(options[_i]);
        ck_assert_uint_eq(list.n, 0);
        if (_i != 1)
                ck_assert_str_eq(heard.text, "warning conf:3: " SYSTEM
                                             "/his is not shared: it is a FUSE file system\n");
        alarm(0);
        child_end(server);
}
END_TEST

START_TEST(a_fuse_in_the_place_is_not_asked)
{
        pid_t server;
        int top;

        close(make_dir(root, "folder", 0755));
        parse("share=folder");
        top = cover(); /* nothing is there yet */
        server = fuse_mount(SYSTEM "/folder", ALICE);
        fuse_silence(server);
        make_folder("folder", 0);
        share_take(&line, system_fd, ALICE, &list, &heard.report);
        ck_assert_uint_eq(list.n, 1);
        share_put(&line, &list, top, &heard.report);
        ck_assert(said("folder is not shared: something else is mounted in its place"));
        alarm(0);
        child_end(server);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("share-place");
        TCase *place = tcase_create("place"), *again = tcase_create("again"),
              *fuse = tcase_create("fuse");

        tcase_add_checked_fixture(place, set_up, NULL);
        tcase_add_test(place, the_place_may_be_there_already);
        tcase_add_loop_test(place, what_the_user_put_in_the_place_leads_nowhere, 0,
                            (int)(sizeof(hostile) / sizeof(hostile[0])));
        tcase_add_test(place, the_user_cannot_take_a_share_away);
        suite_add_tcase(suite, place);

        tcase_add_checked_fixture(again, set_up, NULL);
        tcase_add_test(again, what_stands_there_already_stays);
        tcase_add_test(again, what_has_been_replaced_outside_is_said_to_be_hidden);
        tcase_add_test(again, what_was_taken_once_is_not_taken_and_not_said_again);
        tcase_add_test(again, no_fd_is_left_open);
        tcase_add_test(again, a_mount_of_its_own_is_shared_by_its_plain_name_only);
        suite_add_tcase(suite, again);

        if (fuse_is_there()) {
                tcase_add_checked_fixture(fuse, set_up, NULL);
                tcase_set_timeout(fuse, 30);
                tcase_add_loop_test(fuse, a_fuse_of_another_users_is_left_out_and_not_asked, 0, 3);
                tcase_add_test(fuse, a_fuse_in_the_place_is_not_asked);
                suite_add_tcase(suite, fuse);
        }
        return scratch_run(suite);
}
