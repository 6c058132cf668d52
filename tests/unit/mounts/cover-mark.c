/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* By what a cover is known, and by what none. */
#include "kit/cover.h"
#include "kit/fuse.h"
#include "kit/ground.h"
#include "kit/mark.h"
#include "mounts/cover.h"

/* ------------------------------------------------------------------ marks */

START_TEST(a_cover_is_known_by_its_mark)
{
        ck_assert_int_eq(cover_is_on(DIRECTORY, marked(MARK)), 0);
        put(clone_it(ALL), DIRECTORY);
        ck_assert_int_eq(cover_is_on(DIRECTORY, marked(MARK)), 1);
        ck_assert_int_eq(cover_is_on(OTHER, marked(MARK)), 0);
        ck_assert_int_eq(cover_is_on("/run", marked(MARK)), 0);
        ck_assert_int_eq(cover_is_on(DIRECTORY "/sub", marked(MARK)), 0);
        ck_assert_int_eq(cover_is_on(DIRECTORY, marked("1001/abcdeg")), 0);
        ck_assert_int_eq(cover_is_on(DIRECTORY, marked("1002/abcdef")), 0);
        ck_assert_int_eq(cover_is_on(DIRECTORY, marked("0:1")), 0);
        must(mount("tmpfs", DIRECTORY, "tmpfs", 0, NULL));
        ck_assert_int_eq(cover_is_on(DIRECTORY, marked(MARK)), 1);
}
END_TEST

START_TEST(a_cover_in_memory_is_known_by_its_mark)
{
        struct mark mark, other;
        int tree = make_memory(ALL);

        ck_assert_int_eq(cover_mark_memory(tree, &mark), 0);
        ck_assert_int_eq(cover_mark_memory(make_memory(ALL), &other), 0);
        ck_assert(!mark_is_same(mark, other));
        ck_assert_int_eq(cover_is_on(DIRECTORY, mark), 0);
        put(tree, DIRECTORY);
        ck_assert_int_eq(cover_is_on(DIRECTORY, mark), 1);
        ck_assert_int_eq(cover_is_on(DIRECTORY, other), 0);
        ck_assert_int_eq(cover_is_on(OTHER, mark), 0);
        /* a part of it that the user sees elsewhere is no cover */
        must(mkdir(DIRECTORY "/sub", 0755));
        must(mount(DIRECTORY "/sub", OTHER, NULL, MS_BIND, NULL));
        ck_assert_int_eq(cover_is_on(OTHER, mark), 0);
}
END_TEST

/* ------------------------------------------------------------------ in another's namespace */

START_TEST(it_is_shown_by_the_instance_and_the_flags)
{
        int other = make_dir(scratch.fd, "1001/other", 0777), system = open_path(DIRECTORY), top;

        ck_assert(!cover_shows(system, root, 0));
        put(clone_it(ALL), DIRECTORY);
        top = open_path(DIRECTORY);
        ck_assert(cover_shows(top, root, ALL));
        ck_assert(cover_shows(top, root, FLAG_NOEXEC));
        /* what lies below the cover, another instance, a folder in it */
        ck_assert(!cover_shows(system, root, 0));
        ck_assert(!cover_shows(top, other, ALL));
        close(make_dir(root, "sub", 0755));
        ck_assert(!cover_shows(open_path(DIRECTORY "/sub"), root, ALL));
        /* the instance itself, which no mount begins with */
        ck_assert(!cover_shows(root, root, 0));
}
END_TEST

/* The tops of two file systems may have the same number. */
START_TEST(it_is_not_shown_by_another_file_system)
{
        int tree = make_memory(ALL), other = make_memory(ALL), top;
        struct stat a, b;

        must(fstat(tree, &a));
        must(fstat(other, &b));
        ck_assert_uint_eq(a.st_ino, b.st_ino);
        put(tree, DIRECTORY);
        top = open_path(DIRECTORY);
        ck_assert(cover_shows(top, tree, ALL));
        ck_assert(!cover_shows(top, other, ALL));
}
END_TEST

START_TEST(it_is_not_shown_with_a_flag_missing)
{
        static const unsigned flags[] = {FLAG_NOEXEC, FLAG_NOSUID, FLAG_NODEV};
        int tree = clone_it(ALL & ~flags[_i]), top;

        put(tree, DIRECTORY);
        top = open_path(DIRECTORY);
        ck_assert(!cover_shows(top, root, ALL));
        ck_assert(cover_shows(top, root, ALL & ~flags[_i]));
}
END_TEST

/* The covers that are there, one a line: DIRECTORY MARK [propagates]. */
static int add_line(void *arg, const struct cover_found *found)
{
        char *lines = arg, text[MARK_BYTES];
        size_t used = strlen(lines);

        mark_format(found->mark, text);
        ck_assert_int_lt(snprintf(lines + used, PATH_MAX - used, "%s %s%s\n", found->directory,
                                  text, found->propagates ? " propagates" : ""),
                         PATH_MAX - (int)used);
        return 0;
}

static const char *covers(void)
{
        static char lines[PATH_MAX];

        lines[0] = '\0';
        ck_assert_int_eq(cover_each(add_line, lines), 0);
        return lines;
}

START_TEST(covers_are_known_by_their_form)
{
        char expected[256], text[MARK_BYTES];
        struct mark mark;
        int tree;

        ck_assert_str_eq(covers(), "");
        put(clone_it(ALL), DIRECTORY);
        ck_assert_str_eq(covers(), DIRECTORY " " MARK "\n");
        /* whatever lies on top */
        must(mount("tmpfs", DIRECTORY, "tmpfs", 0, NULL));
        ck_assert_str_eq(covers(), DIRECTORY " " MARK "\n");
        /* in memory, too */
        tree = make_memory(ALL);
        ck_assert_int_eq(cover_mark_memory(tree, &mark), 0);
        mark_format(mark, text);
        put(tree, OTHER);
        (void)snprintf(expected, sizeof(expected), DIRECTORY " " MARK "\n" OTHER " %s\n", text);
        ck_assert_str_eq(covers(), expected);
}
END_TEST

START_TEST(a_cover_that_propagates_is_told_apart)
{
        put(clone_it(ALL), DIRECTORY);
        must(mount(NULL, DIRECTORY, NULL, MS_SHARED, NULL));
        ck_assert_str_eq(covers(), DIRECTORY " " MARK " propagates\n");
        must(mount(DIRECTORY, OTHER, NULL, MS_BIND, NULL));
        must(mount(NULL, DIRECTORY, NULL, MS_SLAVE, NULL));
        ck_assert_str_eq(covers(),
                         DIRECTORY " " MARK " propagates\n" OTHER " " MARK " propagates\n");
        must(umount(OTHER));
        must(mount(NULL, DIRECTORY, NULL, MS_PRIVATE, NULL));
        ck_assert_str_eq(covers(), DIRECTORY " " MARK "\n");
}
END_TEST

START_TEST(a_cover_whose_instance_has_ended_is_known)
{
        put(clone_it(ALL), DIRECTORY);
        must(renameat(scratch.fd, MARK, scratch.fd, "1001/.abcdef"));
        ck_assert_str_eq(covers(), DIRECTORY " " MARK "\n");
        must(unlinkat(root, "instance", 0));
        must(unlinkat(scratch.fd, "1001/.abcdef/root", AT_REMOVEDIR));
        ck_assert_str_eq(covers(), DIRECTORY " " MARK "\n");
        ck_assert_int_eq(cover_is_on(DIRECTORY, marked(MARK)), 1);
        ck_assert_int_eq(cover_take_off(DIRECTORY, marked(MARK)), 0);
        ck_assert_str_eq(covers(), "");
}
END_TEST

START_TEST(what_only_looks_like_a_cover_is_none)
{
        char path[PATH_MAX];

        /* a part of one, as rootless containers bind it */
        close(make_dir(root, "sub", 0755));
        (void)snprintf(path, sizeof(path), "%s/" MARK "/root/sub", scratch.path);
        must(mount(path, DIRECTORY, NULL, MS_BIND, NULL));
        /* a tmpfs of somebody else's, and a part of one that has our name */
        must(mount("privtmp2", DIRECTORY, "tmpfs", 0, NULL));
        must(mount("privtmp", OTHER, "tmpfs", 0, NULL));
        must(mkdir(OTHER "/sub", 0755));
        must(mount(OTHER "/sub", DIRECTORY, NULL, MS_BIND, NULL));
        must(umount(OTHER));
        ck_assert_str_eq(covers(), "");
}
END_TEST

/* fusermount(1) lets an ordinary user choose what a mount is said to come from. */
START_TEST(a_fuse_that_calls_itself_a_cover_is_none)
{
        pid_t server = fuse_mount_from("privtmp", DIRECTORY, ALICE);

        ck_assert_str_eq(covers(), "");
        child_end(server);
}
END_TEST

START_TEST(in_memory_it_is_shown_by_the_mark_and_the_flags)
{
        int tree = make_memory(ALL & ~(unsigned)FLAG_NODEV), other = make_memory(ALL), top;
        struct mark mark, others;

        ck_assert_int_eq(cover_mark_memory(tree, &mark), 0);
        ck_assert_int_eq(cover_mark_memory(other, &others), 0);
        ck_assert(!mark_is_same(mark, others));
        put(tree, DIRECTORY);
        top = open_path(DIRECTORY);
        ck_assert(cover_shows_memory(top, mark, FLAG_NOEXEC | FLAG_NOSUID));
        ck_assert(!cover_shows_memory(top, mark, ALL));
        ck_assert(!cover_shows_memory(top, others, 0));
        ck_assert(!cover_shows_memory(top, marked(MARK), 0));
        ck_assert(!cover_shows_memory(top, (struct mark){0}, 0));
        /* a folder in it has its device, too */
        must(mkdir(DIRECTORY "/sub", 0755));
        ck_assert(!cover_shows_memory(open_path(DIRECTORY "/sub"), mark, 0));
}
END_TEST

START_TEST(without_proc_there_is_no_answer)
{
        while (umount2("/proc", MNT_DETACH) == 0)
                ;
        ck_assert_int_lt(cover_is_on(DIRECTORY, marked(MARK)), 0);
        ck_assert_int_lt(cover_each(add_line, &(char[1]){0}), 0);
        ck_assert_int_lt(cover_take_off(DIRECTORY, marked(MARK)), 0);
}
END_TEST

/* ------------------------------------------------------------------ FUSE */

START_TEST(a_fuse_on_top_is_not_asked)
{
        int tree = clone_it(ALL);

        put(tree, DIRECTORY);
        fuse_silence(fuse_mount(DIRECTORY, ALICE));
        ck_assert(!cover_is(open_path(DIRECTORY), tree, ALL));
        ck_assert_int_eq(cover_is_on(DIRECTORY, marked(MARK)), 1);
        ck_assert_int_eq(cover_take_off(DIRECTORY, marked(MARK)), 0);
        ck_assert(sees_system());
}
END_TEST

START_TEST(a_fuse_that_shows_nothing_of_ours_is_not_asked)
{
        struct mark mark;
        int tree = make_memory(ALL), top;
        pid_t server;

        ck_assert_int_eq(cover_mark_memory(tree, &mark), 0);
        put(clone_it(ALL), DIRECTORY);
        server = fuse_mount(DIRECTORY, ALICE);
        fuse_silence(server);
        top = open_path(DIRECTORY);
        ck_assert(!cover_shows(top, root, ALL));
        ck_assert(!cover_shows_memory(top, mark, ALL));
        alarm(0);
        child_end(server);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("cover-mark");
        TCase *marks = tcase_create("marks"), *fuse = tcase_create("fuse");

        tcase_add_checked_fixture(marks, set_up, NULL);
        tcase_add_test(marks, a_cover_is_known_by_its_mark);
        tcase_add_test(marks, a_cover_in_memory_is_known_by_its_mark);
        tcase_add_test(marks, covers_are_known_by_their_form);
        tcase_add_test(marks, a_cover_that_propagates_is_told_apart);
        tcase_add_test(marks, a_cover_whose_instance_has_ended_is_known);
        tcase_add_test(marks, what_only_looks_like_a_cover_is_none);
        tcase_add_test(marks, it_is_shown_by_the_instance_and_the_flags);
        tcase_add_test(marks, it_is_not_shown_by_another_file_system);
        tcase_add_loop_test(marks, it_is_not_shown_with_a_flag_missing, 0, 3);
        tcase_add_test(marks, in_memory_it_is_shown_by_the_mark_and_the_flags);
        tcase_add_test(marks, without_proc_there_is_no_answer);
        suite_add_tcase(suite, marks);

        if (fuse_is_there()) {
                tcase_add_checked_fixture(fuse, set_up, NULL);
                tcase_set_timeout(fuse, 30);
                tcase_add_test(fuse, a_fuse_on_top_is_not_asked);
                tcase_add_test(fuse, a_fuse_that_shows_nothing_of_ours_is_not_asked);
                tcase_add_test(fuse, a_fuse_that_calls_itself_a_cover_is_none);
                suite_add_tcase(suite, fuse);
        }
        return scratch_run(suite);
}
