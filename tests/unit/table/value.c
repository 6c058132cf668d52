/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-value: what the value of an option means */
#include <limits.h>

#include "kit/scratch.h"
#include "table/value.h"

#define LENGTH(array) ((int)(sizeof(array) / sizeof((array)[0])))

/* ------------------------------------------------------------------ mode= */

static const struct {
        const char *text;
        mode_t mode; /* 0: refused */
} modes[] = {
        {"0770", 0770}, {"1770", 01770}, {"1777", 01777}, {"0700", 0700}, {"770", 0},
        {"00770", 0},   {"0777", 0},     {"2770", 0},     {"01770", 0},   {"1777 ", 0},
        {" 1777", 0},   {"0x1ff", 0},    {"", 0},         {"rwx", 0},
};

START_TEST(a_mode_is_one_of_four)
{
        mode_t mode = 0123;

        ck_assert_int_eq(value_mode(modes[_i].text, &mode), modes[_i].mode != 0);
        ck_assert_uint_eq(mode, modes[_i].mode != 0 ? modes[_i].mode : 0123);
}
END_TEST

/* ------------------------------------------------------------------ keep= */

static const struct {
        const char *text;
        unsigned seconds; /* 0: refused */
} times[] = {
        {"1m", 60},
        {"30m", 1800},
        {"090m", 5400}, /* ours, so decimal */
        {"12h", 43200},
        {"2d", 172800},
        {"366d", VALUE_TIME_LIMIT},
        {"8784h", VALUE_TIME_LIMIT},
        {"527040m", VALUE_TIME_LIMIT},
        {"367d", 0},
        {"8785h", 0},
        {"527041m", 0},
        {"31622400d", 0}, /* seconds of a year: overflows, were it not looked at */
        {"99999999999999999999m", 0},
        {"0m", 0},
        {"00h", 0},
        {"30", 0},
        {"m", 0},
        {"", 0},
        {"1s", 0},
        {"1M", 0},
        {"1h30m", 0},
        {"1 h", 0},
        {" 1h", 0},
        {"1h ", 0},
        {"+1h", 0},
        {"-1h", 0},
        {"1.5h", 0},
        {"0x1h", 0},
};

START_TEST(a_time_is_a_number_with_a_unit_and_a_year_at_most)
{
        unsigned seconds = 42;

        ck_assert_int_eq(value_time(times[_i].text, &seconds), times[_i].seconds != 0);
        ck_assert_uint_eq(seconds, times[_i].seconds != 0 ? times[_i].seconds : 42);
}
END_TEST

/* ------------------------------------------------------------------ size=, nr_inodes= */

static const struct {
        const char *text;
        bool size, count;
} sizes[] = {
        {"1", true, true},
        {"4096", true, true},
        {"100k", true, true},
        {"100K", true, true},
        {"64m", true, true},
        {"64M", true, true},
        {"2g", true, true},
        {"2G", true, true},
        {"1t", true, true},
        {"1T", true, true},
        {"1%", true, false},
        {"10%", true, false},
        {"100%", true, false},
        {"101%", false, false},
        {"0%", false, false},
        {"%", false, false},
        {"10%%", false, false},
        {"10%k", false, false},
        {"10k%", false, false},
        /* without limit, to the kernel */
        {"0", false, false},
        {"0k", false, false},
        {"00", false, false},
        /* octal, to the kernel: what is written is not what it would take */
        {"010M", false, false},
        {"0100", false, false},
        {"010%", false, false},
        {"0x10", false, false},
        {"", false, false},
        {"k", false, false},
        {"-1", false, false},
        {"+1", false, false},
        {" 1", false, false},
        {"1 ", false, false},
        {"1.5g", false, false},
        {"1kk", false, false},
        {"1kB", false, false},
        {"1p", false, false},
        {"1e", false, false},
        {"1x", false, false},
        {"1\x0bk", false, false},
        {"1\x0b", false, false},
        {"1\xeb", false, false},
        /* at the border */
        {"9223372036854775807", true, false},
        {"9223372036854775808", false, false},
        {"9007199254740991k", true, false},
        {"9007199254740992k", false, false},
        {"8388607t", true, false},
        {"8388608t", false, false},
        {"9007199254740991", true, true},
        {"9007199254740992", true, false},
        {"8191t", true, true},
        {"8192t", true, false},
        {"99999999999999999999", false, false},
};

static const struct {
        const char *text;
        uint64_t bytes; /* of a whole of 1000 */
} amounts[] = {
        {"1", 1},          {"4096", 4096},    {"1k", 1024}, {"2M", 2 << 20},
        {"3g", 3UL << 30}, {"1T", 1UL << 40}, {"10%", 100}, {"33%", 330},
        {"100%", 1000},    {"101%", 0},       {"x", 0},     {"9223372036854775807", INT64_MAX},
};

START_TEST(a_size_comes_to_bytes)
{
        ck_assert_uint_eq(value_size(amounts[_i].text, 1000), amounts[_i].bytes);
        ck_assert_uint_eq(value_size("50%", UINT64_MAX), UINT64_MAX / 2);
}
END_TEST

START_TEST(a_size_is_what_the_kernel_takes_for_the_same)
{
        ck_assert_msg(value_is_size(sizes[_i].text) == sizes[_i].size, "size=%s", sizes[_i].text);
        ck_assert_msg(value_is_count(sizes[_i].text) == sizes[_i].count, "nr_inodes=%s",
                      sizes[_i].text);
}
END_TEST

/* ------------------------------------------------------------------ share= */

static struct value_glob *globs;
static size_t n_globs;

static void setup(void)
{
        globs = NULL;
        n_globs = 0;
}

static void teardown(void)
{
        value_free_globs(globs, n_globs);
}

START_TEST(a_list_of_names_is_taken_apart)
{
        ck_assert_int_eq(
                value_globs(".X11-unix:krb5cc_*:.s.PGSQL.5432@postgres:a@b@c", &globs, &n_globs),
                0);
        ck_assert_uint_eq(n_globs, 4);
        ck_assert_str_eq(globs[0].glob, ".X11-unix");
        ck_assert_ptr_null(globs[0].owner);
        ck_assert_str_eq(globs[1].glob, "krb5cc_*");
        ck_assert_ptr_null(globs[1].owner);
        ck_assert_str_eq(globs[2].glob, ".s.PGSQL.5432");
        ck_assert_str_eq(globs[2].owner, "postgres");
        /* a name may have an @, an owner has none */
        ck_assert_str_eq(globs[3].glob, "a@b");
        ck_assert_str_eq(globs[3].owner, "c");
}
END_TEST

static const char *const good_globs[] = {
        "a", "...", "..a", "a..", ".*", "?", "[ab]", "a b", "*", "-", "a@0", "\\",
};

START_TEST(every_name_but_the_folder_itself_and_its_parent_will_do)
{
        ck_assert_msg(value_globs(good_globs[_i], &globs, &n_globs) == 0, "%s", good_globs[_i]);
        ck_assert_uint_eq(n_globs, 1);
}
END_TEST

static const char *const bad_globs[] = {
        "",  ":",   "a:", ":a", "a::b", ".",        "..", "a:.",   "..:a", ".@root",  "..@alice",
        "/", "a/b", "/a", "a/", "../x", "a:b/../c", "@",  "@root", "a@",   "a:@root", "a@b/c",
};

START_TEST(a_list_with_one_bad_name_is_refused)
{
        ck_assert_int_eq(value_globs(bad_globs[_i], &globs, &n_globs), -EINVAL);
        ck_assert_ptr_null(globs);
        ck_assert_uint_eq(n_globs, 0);
}
END_TEST

START_TEST(a_list_has_64_names_at_most)
{
        char text[2 * VALUE_GLOBS + 2];

        for (size_t i = 0; i < sizeof(text) - 1; i++)
                text[i] = i % 2 ? ':' : 'a';
        text[sizeof(text) - 1] = '\0'; /* 65 names */
        ck_assert_int_eq(value_globs(text, &globs, &n_globs), -EINVAL);
        text[sizeof(text) - 3] = '\0';
        ck_assert_int_eq(value_globs(text, &globs, &n_globs), 0);
        ck_assert_uint_eq(n_globs, VALUE_GLOBS);
}
END_TEST

START_TEST(a_name_is_as_long_as_a_file_system_has_them)
{
        char text[NAME_MAX + 2];

        memset(text, 'a', sizeof(text));
        text[NAME_MAX + 1] = '\0';
        ck_assert_int_eq(value_globs(text, &globs, &n_globs), -EINVAL);
        text[NAME_MAX] = '\0';
        ck_assert_int_eq(value_globs(text, &globs, &n_globs), 0);
}
END_TEST

/* The so many-th call for memory fails; 0: none does. */
static unsigned refused;

void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size)
{
        return refused > 0 && --refused == 0 ? NULL : __real_calloc(n, size);
}

char *__real_strndup(const char *text, size_t n);
char *__wrap_strndup(const char *text, size_t n);
char *__wrap_strndup(const char *text, size_t n)
{
        return refused > 0 && --refused == 0 ? NULL : __real_strndup(text, n);
}

START_TEST(without_memory_for_any_of_it_there_is_no_list)
{
        const char *text = "a@bob:b@carol";

        for (unsigned i = 1; i <= 5; i++) { /* the list, two names, two owners */
                refused = i;
                ck_assert_int_eq(value_globs(text, &globs, &n_globs), -ENOMEM);
                ck_assert_ptr_null(globs);
        }
        refused = 6;
        ck_assert_int_eq(value_globs(text, &globs, &n_globs), 0);
        ck_assert_uint_eq(refused, 1);
        refused = 0;
}
END_TEST

START_TEST(only_a_pattern_needs_the_directory_to_be_read)
{
        ck_assert(value_is_plain(".X11-unix"));
        ck_assert(value_is_plain("a]b{c}!^\\"));
        ck_assert(!value_is_plain("a*"));
        ck_assert(value_is_plain("%{gid}"));
        ck_assert(!value_is_plain("a%{uid}"));
        ck_assert(!value_is_plain("?a"));
        ck_assert(!value_is_plain("a[b]"));
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("value");
        TCase *tcase = tcase_create("value");

        tcase_add_checked_fixture(tcase, setup, teardown);
        tcase_add_loop_test(tcase, a_mode_is_one_of_four, 0, LENGTH(modes));
        tcase_add_loop_test(tcase, a_time_is_a_number_with_a_unit_and_a_year_at_most, 0,
                            LENGTH(times));
        tcase_add_loop_test(tcase, a_size_is_what_the_kernel_takes_for_the_same, 0, LENGTH(sizes));
        tcase_add_loop_test(tcase, a_size_comes_to_bytes, 0, LENGTH(amounts));
        tcase_add_test(tcase, a_list_of_names_is_taken_apart);
        tcase_add_loop_test(tcase, every_name_but_the_folder_itself_and_its_parent_will_do, 0,
                            LENGTH(good_globs));
        tcase_add_loop_test(tcase, a_list_with_one_bad_name_is_refused, 0, LENGTH(bad_globs));
        tcase_add_test(tcase, a_list_has_64_names_at_most);
        tcase_add_test(tcase, a_name_is_as_long_as_a_file_system_has_them);
        tcase_add_test(tcase, without_memory_for_any_of_it_there_is_no_list);
        tcase_add_test(tcase, only_a_pattern_needs_the_directory_to_be_read);
        suite_add_tcase(suite, tcase);
        return scratch_run(suite);
}
