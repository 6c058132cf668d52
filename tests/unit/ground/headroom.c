/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-headroom: whether limits have room is told, and nothing stays taken */
#include <sys/resource.h>

#include "ground/headroom.h"
#include "kit/ground.h"

static struct heard heard;

static void set_up(void)
{
        heard_begin(&heard);
}

/* This process is the test's own. Returns what the limit was. */
static rlim_t limit(__rlimit_resource_t what, rlim_t value)
{
        struct rlimit now;
        rlim_t before;

        must(getrlimit(what, &now));
        before = now.rlim_cur;
        now.rlim_cur = value;
        must(setrlimit(what, &now));
        return before;
}

/* Leaves room for n more descriptors, wherever those that are open stand. */
static rlim_t limit_free(unsigned n)
{
        rlim_t fd = 0;

        for (; n > 0; fd++)
                if (fcntl((int)fd, F_GETFD) < 0)
                        n--;
        return limit(RLIMIT_NOFILE, fd);
}

START_TEST(nothing_stays_taken)
{
        unsigned fds = count_fds();
        rlim_t before;

        ck_assert_int_eq(headroom_for_services(), 0);
        ck_assert_uint_eq(count_fds(), fds);
        before = limit_free(3);
        ck_assert_int_eq(headroom_for_services(), -EMFILE);
        (void)limit(RLIMIT_NOFILE, before);
        ck_assert_uint_eq(count_fds(), fds);
}
END_TEST

START_TEST(sixteen_descriptors_are_enough)
{
        rlim_t before = limit_free(16);

        ck_assert_int_eq(headroom_for_services(), 0);
        (void)limit(RLIMIT_NOFILE, before);
        (void)limit_free(15);
        ck_assert_int_eq(headroom_for_services(), -EMFILE);
}
END_TEST

START_TEST(address_space_is_needed)
{
        const __rlimit_resource_t what = _i == 0 ? RLIMIT_AS : RLIMIT_DATA;
        const char *preloaded = getenv("LD_PRELOAD");
        rlim_t before;

        if (_i == 1 && preloaded && strstr(preloaded, "vgpreload"))
                return; /* valgrind counts no data of the program it runs */
        before = limit(what, 24 * 1024 * 1024);
        ck_assert_int_eq(headroom_check_memory(&heard.report), -ENOMEM);
        ck_assert_ptr_nonnull(strstr(heard.report.fault, "ulimit -v"));
        (void)limit(what, before);
        heard_begin(&heard);
        ck_assert_int_eq(headroom_check_memory(&heard.report), 0);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("headroom");
        TCase *tcase = tcase_create("headroom");

        tcase_add_checked_fixture(tcase, set_up, NULL);
        tcase_add_test(tcase, nothing_stays_taken);
        tcase_add_test(tcase, sixteen_descriptors_are_enough);
        tcase_add_loop_test(tcase, address_space_is_needed, 0, 2);
        suite_add_tcase(suite, tcase);
        return scratch_run(suite);
}
