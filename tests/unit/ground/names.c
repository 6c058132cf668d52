/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-names: each name in a folder comes once, and an error is not the end */
#include "ground/names.h"
#include "kit/scratch.h"

enum {
        MANY = 1000, /* more than the buffer takes */
};

static struct scratch scratch;

static void set_up(void)
{
        scratch_make(&scratch, "/tmp");
}

static void tear_down(void)
{
        scratch_remove(&scratch);
}

/* Reads all from the beginning; each of "0" to "MANY - 1" that is there must come once. */
static unsigned read_all(int fd)
{
        bool seen[MANY] = {false};
        struct names names;
        const char *name;
        unsigned n = 0;

        names_begin(&names, fd);
        while ((name = names_next(&names))) {
                unsigned long number = strtoul(name, NULL, 10);

                if (name[0] == '.')
                        continue;
                ck_assert_uint_lt(number, MANY);
                ck_assert(!seen[number]);
                seen[number] = true;
                n++;
        }
        ck_assert_int_eq(names.error, 0);
        ck_assert_ptr_null(names_next(&names));
        return n;
}

START_TEST(each_name_comes_once_and_again_from_the_beginning)
{
        int fd = openat(scratch.fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        assert_done(fd >= 0, "open");
        ck_assert_uint_eq(read_all(fd), 0);
        for (unsigned i = 0; i < MANY; i++) {
                char name[16];

                snprintf(name, sizeof(name), "%u", i);
                scratch_write(&scratch, name, "");
        }
        ck_assert_uint_eq(read_all(fd), MANY);
        ck_assert_uint_eq(read_all(fd), MANY);
        close(fd);
}
END_TEST

START_TEST(an_error_is_not_the_end)
{
        int fds[] = {open("/dev/null", O_RDONLY | O_CLOEXEC), -1};

        for (unsigned i = 0; i < 2; i++) {
                struct names names;

                names_begin(&names, fds[i]);
                ck_assert_ptr_null(names_next(&names));
                ck_assert_int_eq(names.error, i == 0 ? -ENOTDIR : -EBADF);
        }
        close(fds[0]);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("names");
        TCase *tcase = tcase_create("names");

        tcase_add_checked_fixture(tcase, set_up, tear_down);
        tcase_add_test(tcase, each_name_comes_once_and_again_from_the_beginning);
        tcase_add_test(tcase, an_error_is_not_the_end);
        suite_add_tcase(suite, tcase);
        return scratch_run(suite);
}
