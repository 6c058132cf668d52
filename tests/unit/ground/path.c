/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-path: paths as we accept them, and what lies within what */
#include <limits.h>

#include "ground/path.h"
#include "kit/scratch.h"

START_TEST(paths_in_their_shortest_form_are_accepted)
{
        static const char *const paths[] = {
                "/tmp", "/var/tmp", "/...", "/.x", "/..x", "/x..", "/a b", "/-", "/a/.b/c..d",
        };

        for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
                ck_assert_msg(path_is_valid(paths[i]), "\"%s\"", paths[i]);
}
END_TEST

START_TEST(other_paths_are_not)
{
        static const char *const paths[] = {
                "",       "/",       "//",      "tmp",  ".",      "./tmp",    "../tmp",
                "/tmp/",  "//tmp",   "/var//x", "/.",   "/..",    "/var/./x", "/var/../x",
                "/var/.", "/var/..", " /tmp",   "none", "/tmp//", "/./tmp",   "/../tmp",
        };

        for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
                ck_assert_msg(!path_is_valid(paths[i]), "\"%s\"", paths[i]);
}
END_TEST

START_TEST(a_path_is_not_longer_than_the_kernel_takes)
{
        char path[PATH_MAX + 2];

        memset(path, 'x', sizeof(path));
        for (size_t i = 0; i < sizeof(path); i += 128)
                path[i] = '/';
        path[PATH_MAX - 1] = '\0';
        ck_assert(path_is_valid(path));
        path[PATH_MAX - 1] = 'x';
        path[PATH_MAX] = '\0';
        ck_assert(!path_is_valid(path));
}
END_TEST

START_TEST(a_component_is_not_longer_than_the_kernel_takes)
{
        char path[NAME_MAX + 3];

        memset(path, 'x', sizeof(path));
        path[0] = '/';
        path[NAME_MAX + 1] = '\0';
        ck_assert(path_is_valid(path));
        path[NAME_MAX + 1] = 'x';
        path[NAME_MAX + 2] = '\0';
        ck_assert(!path_is_valid(path));
}
END_TEST

START_TEST(within_means_the_path_or_below_it)
{
        ck_assert(path_is_within("/tmp", "/tmp"));
        ck_assert(path_is_within("/tmp/x", "/tmp"));
        ck_assert(path_is_within("/tmp/x/y", "/tmp/x"));
        ck_assert(!path_is_within("/tmpfoo", "/tmp"));
        ck_assert(!path_is_within("/tm", "/tmp"));
        ck_assert(!path_is_within("/tmp", "/tmp/x"));
        ck_assert(!path_is_within("/var/tmp", "/tmp"));
        ck_assert(!path_is_within("/tmp-x/y", "/tmp"));
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("path");
        TCase *tcase = tcase_create("path");

        tcase_add_test(tcase, paths_in_their_shortest_form_are_accepted);
        tcase_add_test(tcase, other_paths_are_not);
        tcase_add_test(tcase, a_path_is_not_longer_than_the_kernel_takes);
        tcase_add_test(tcase, a_component_is_not_longer_than_the_kernel_takes);
        tcase_add_test(tcase, within_means_the_path_or_below_it);
        suite_add_tcase(suite, tcase);
        return scratch_run(suite);
}
