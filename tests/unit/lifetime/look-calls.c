/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-look-calls: what a look asks of the kernel, and what it makes of a refusal */
#include "kit/look.h"

enum {
        IDLE = 200, /* processes */
        CALL_STATMOUNT = 457,
        ASKED_DEVICE = 0x1, /* of statmount(2) */
        ASKED_ROOT = 0x8,
};

/* ------------------------------------------------------------------ calls, counted and refused */

static unsigned links, stats;            /* readlinkat, fstatat */
static unsigned at_call, calls_left = 0; /* the so many-th call fails */
static bool refused;
static uint64_t refuse_statmount; /* what asks for this ... */
static int refuse_by;             /* ... has this error */

ssize_t __real_readlinkat(int dir, const char *path, char *text, size_t size);
ssize_t __wrap_readlinkat(int dir, const char *path, char *text, size_t size);
int __real_fstatat64(int dir, const char *path, struct stat *st, int flags);
int __wrap_fstatat64(int dir, const char *path, struct stat *st, int flags);
ssize_t __real_getdents64(int fd, void *buffer, size_t size);
ssize_t __wrap_getdents64(int fd, void *buffer, size_t size);
void *__real_reallocarray(void *array, size_t n, size_t size);
void *__wrap_reallocarray(void *array, size_t n, size_t size);
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
long __real_syscall(long number, ...);
long __wrap_syscall(long number, void *a, void *b, size_t c, long d);

ssize_t __wrap_readlinkat(int dir, const char *path, char *text, size_t size)
{
        links++;
        return __real_readlinkat(dir, path, text, size);
}

int __wrap_fstatat64(int dir, const char *path, struct stat *st, int flags)
{
        stats++;
        return __real_fstatat64(dir, path, st, flags);
}

enum call {
        LIST,
        ALLOCATE,
        GROW,
        NONE,
};

static enum call refuse = NONE;

static bool is_refused(enum call what)
{
        if (refuse != what || --calls_left != 0)
                return false;
        refused = true;
        return true;
}

ssize_t __wrap_getdents64(int fd, void *buffer, size_t size)
{
        if (is_refused(LIST)) {
                errno = EIO;
                return -1;
        }
        return __real_getdents64(fd, buffer, size);
}

void *__wrap_reallocarray(void *array, size_t n, size_t size)
{
        if (is_refused(GROW)) {
                errno = ENOMEM;
                return NULL;
        }
        return __real_reallocarray(array, n, size);
}

void *__wrap_calloc(size_t n, size_t size)
{
        if (is_refused(ALLOCATE)) {
                errno = ENOMEM;
                return NULL;
        }
        return __real_calloc(n, size);
}

/* Of statmount(2) the fourth word of the request says what is asked. */
long __wrap_syscall(long number, void *a, void *b, size_t c, long d)
{
        if (number == CALL_STATMOUNT && refuse_statmount == ((const uint64_t *)a)[2]) {
                errno = refuse_by;
                return -1;
        }
        return __real_syscall(number, a, b, c, d);
}

/* ------------------------------------------------------------------ how often it asks */

static void sleep_here(void *arg)
{
        (void)arg;
        start_sleepers(IDLE);
}

/* Both walks together; by the list none, unless somebody has it mounted. */
LOOK_TEST(a_process_costs_one_link_and_one_stat)
{
        unsigned links_before, stats_before;

        ck_assert(!is_in_doubt());
        links_before = links;
        stats_before = stats;
        links = stats = 0;
        ck_assert(!is_in_doubt());
        links_before = links;
        stats_before = stats;
        (void)child_start(sleep_here, NULL);
        links = stats = 0;
        ck_assert(!is_in_doubt());
        ck_assert_uint_le(links, links_before + (listed ? 0 : IDLE + 5));
        ck_assert_uint_le(stats, stats_before + (listed ? 0 : IDLE + 5));
        if (!listed)
                ck_assert_uint_ge(links, IDLE);
}

/* ------------------------------------------------------------------ what is refused */

/* Whichever call it is that fails, all is in doubt, and nothing is left behind. */
static void refuse_each(enum call what)
{
        unsigned n = 0;

        do {
                bool doubt;
                unsigned fds = count_fds();

                refuse = what;
                refused = false;
                calls_left = ++n;
                doubt = ask_of_all("1001/nobody", LOOK_CLOSE);
                refuse = NONE;
                ck_assert_msg(doubt == refused, "call %u", n);
                ck_assert_uint_eq(count_fds(), fds);
        } while (refused);
        at_call = n - 1;
}

LOOK_TEST(without_memory_all_is_used)
{
        cover_here();
        refuse_each(ALLOCATE);
        ck_assert_uint_ge(at_call, 1);
        refuse_each(GROW);
        ck_assert_uint_ge(at_call, 1);
}

/* By the list this is done only for what is mounted somewhere. */
LOOK_TEST(where_processes_cannot_be_listed_all_is_used)
{
        refuse_each(LIST);
        if (!listed)
                ck_assert_uint_ge(at_call, 3);
}

static void check_refused(uint64_t what, int error, bool doubt)
{
        struct look_query queries[] = {{.name = "1001/nobody", .uid = alice},
                                       {.name = "1002/nobody", .uid = bob}};

        refuse_statmount = what;
        refuse_by = error;
        look_base(base, base_path, queries, 2, LOOK_CLEAN);
        refuse_statmount = 0;
        for (size_t i = 0; i < 2; i++)
                ck_assert(queries[i].used == doubt && queries[i].doubt == doubt);
}

/* Nobody can bring that about. */
LOOK_TEST(an_error_of_the_kernels_is_everybodys_doubt)
{
        check_refused(ASKED_DEVICE, EIO, listed);
        check_refused(ASKED_ROOT, EIO, listed);
        check_refused(ASKED_ROOT, ENOMEM, listed);
}

LOOK_TEST(a_mount_that_goes_away_meanwhile_is_none)
{
        check_refused(ASKED_DEVICE, ENOENT, false);
        check_refused(ASKED_ROOT, ENOENT, false);
}

/* In a namespace that is nobody's in particular, whatever is too long is everybody's. */
LOOK_TEST(what_is_too_long_in_a_namespace_of_roots_is_everybodys_doubt)
{
        (void)child_start(cover_tmp, NULL);
        check_refused(ASKED_ROOT, EOVERFLOW, listed);
}

/* ------------------------------------------------------------------ all of it */

static void fill(Suite *suite)
{
        TCase *calls = tcase_create("calls");

        tcase_set_timeout(calls, 60);
        tcase_add_test(calls, a_process_costs_one_link_and_one_stat);
        tcase_add_test(calls, without_memory_all_is_used);
        tcase_add_test(calls, where_processes_cannot_be_listed_all_is_used);
        tcase_add_test(calls, an_error_of_the_kernels_is_everybodys_doubt);
        tcase_add_test(calls, a_mount_that_goes_away_meanwhile_is_none);
        tcase_add_test(calls, what_is_too_long_in_a_namespace_of_roots_is_everybodys_doubt);
        suite_add_tcase(suite, calls);
}

int main(int argc, char **argv)
{
        return look_run("look-calls", argc, argv, fill);
}
