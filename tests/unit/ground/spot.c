/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test-spot: which file and which mount an fd stands for, and the fd that is still what it was
 *
 * Needs root, in a throw-away host. Each test runs in a machine of its own.
 */
#include "ground/spot.h"
#include "kit/fuse.h"
#include "kit/ground.h"

#define HERE  "/run/test-spot"
#define THERE "/run/test-spot-there" /* the same folder by another mount */
#define OTHER "/run/test-spot-other"

static void set_up(void)
{
        must(mount("tmpfs", "/run", "tmpfs", 0, "mode=755"));
        must(mkdir(HERE, 0755));
        must(mkdir(HERE "/sub", 0755));
        must(mkdir(THERE, 0755));
        must(mkdir(OTHER, 0755));
        must(mount(HERE, THERE, NULL, MS_BIND, NULL));
}

static int open_path(const char *path)
{
        return must(open(path, O_PATH | O_CLOEXEC));
}

static struct spot spot_at(const char *path)
{
        _cleanup_close_ int fd = open_path(path);
        struct spot spot;

        ck_assert_int_eq(spot_of(fd, &spot), 0);
        return spot;
}

/* ------------------------------------------------------------------ spots */

MACHINE_TEST(a_file_is_the_same_by_any_path_and_mount)
{
        struct spot a = spot_at(HERE), b = spot_at(HERE "/sub/.."), c = spot_at(THERE);

        ck_assert(spot_is_same(&a, &b));
        ck_assert(spot_is_same_file(&a, &c));
        ck_assert(!spot_is_same(&a, &c));
}

MACHINE_TEST(another_file_is_another)
{
        struct spot a = spot_at(HERE), b = spot_at(OTHER), c = spot_at("/proc");

        ck_assert(!spot_is_same_file(&a, &b));
        ck_assert(!spot_is_same_file(&a, &c));
        c.ino = a.ino;
        ck_assert(!spot_is_same_file(&a, &c));
}

MACHINE_TEST(the_top_of_a_mount_is_known)
{
        ck_assert(!spot_at(HERE).is_top);
        ck_assert(spot_at(THERE).is_top);
        ck_assert(!spot_at(THERE "/sub").is_top);
}

MACHINE_TEST(root_and_the_working_directory_have_spots)
{
        struct spot expected = spot_at("/"), now;

        ck_assert_int_eq(spot_of_root(&now), 0);
        ck_assert(spot_is_same(&now, &expected));
        must(chdir(THERE));
        expected = spot_at(THERE);
        ck_assert_int_eq(spot_of_cwd(&now), 0);
        ck_assert(spot_is_same(&now, &expected));
        must(chdir("sub"));
        must(rmdir(HERE "/sub"));
        ck_assert_int_eq(spot_of_cwd(&now), 0);
}

MACHINE_TEST(the_working_directory_can_be_opened_whatever_it_is)
{
        struct spot here, there;

        must(chdir(HERE "/sub"));
        must(chmod(HERE "/sub", 0));
        must(rmdir(HERE "/sub"));
        drop_capability(CAP_DAC_OVERRIDE);
        drop_capability(CAP_DAC_READ_SEARCH);
        ck_assert_int_lt(open(".", O_PATH | O_CLOEXEC), 0);
        ck_assert_int_eq(spot_of_cwd(&here), 0);
        ck_assert_int_eq(spot_of(must(spot_open_cwd()), &there), 0);
        ck_assert(spot_is_same(&here, &there));
}

MACHINE_TEST(what_is_no_fd_has_no_spot)
{
        struct spot a, b;

        ck_assert_int_eq(spot_of(-EBADF, &a), -EBADF);
        ck_assert_int_eq(spot_of(-EBADF, &b), -EBADF);
        ck_assert(!spot_is_same_file(&a, &b));
}

MACHINE_TEST(a_fuse_that_does_not_answer_is_not_asked)
{
        pid_t server = fuse_mount(OTHER, ALICE);
        int fd = open_path(OTHER);
        struct kept kept = KEPT_NONE;
        struct spot spot, here = spot_at(HERE);

        fuse_silence(server);
        ck_assert_int_eq(spot_of(fd, &spot), 0);
        ck_assert(spot.is_top);
        ck_assert_uint_ne(spot.dev, here.dev);
        ck_assert_uint_ne(spot.mount, here.mount);
        /* without an inode nothing is the same file */
        ck_assert_int_eq(spot.ino != 0, spot_is_same_file(&spot, &spot));
        ck_assert_int_eq(kept_set(&kept, fd), 0);
        ck_assert(kept_is_valid(&kept));
        kept_done(&kept);
        child_end(server);
}

/* ------------------------------------------------------------------ kept fds */

MACHINE_TEST(a_kept_fd_is_valid_until_it_is_done)
{
        unsigned fds = count_fds();
        struct kept kept = KEPT_NONE;

        ck_assert(!kept_is_valid(&kept));
        kept_done(&kept);
        ck_assert_int_eq(kept_set(&kept, open_path(HERE)), 0);
        ck_assert(kept_is_valid(&kept));
        ck_assert_uint_eq(count_fds(), fds + 1);
        kept_done(&kept);
        ck_assert(!kept_is_valid(&kept));
        ck_assert_uint_eq(count_fds(), fds);
        kept_done(&kept);
}

MACHINE_TEST(a_kept_fd_is_none_of_the_lowest_three)
{
        struct kept kept = KEPT_NONE;
        unsigned fds;

        must(close(STDIN_FILENO));
        fds = count_fds();
        ck_assert_int_eq(kept_set(&kept, open_path(HERE)), 0);
        ck_assert_int_gt(kept.fd, STDERR_FILENO);
        ck_assert(kept_is_valid(&kept));
        ck_assert_int_ne(fcntl(kept.fd, F_GETFD) & FD_CLOEXEC, 0);
        kept_done(&kept);
        ck_assert_uint_eq(count_fds(), fds);
}

static const char *const others[] = {OTHER, THERE, HERE "/sub", "/proc"};

MACHINE_TEST(an_fd_that_became_another_file_is_left_alone)
{
        struct kept kept = KEPT_NONE;
        int number;

        ck_assert_int_eq(kept_set(&kept, open_path(HERE)), 0);
        number = kept.fd;
        must(dup2(open_path(others[_i]), number));
        ck_assert(!kept_is_valid(&kept));
        kept_done(&kept);
        must(fcntl(number, F_GETFD)); /* it is the application's */
        ck_assert_int_lt(kept.fd, 0);
}

MACHINE_TEST(an_fd_that_was_closed_is_not_valid)
{
        struct kept kept = KEPT_NONE;

        ck_assert_int_eq(kept_set(&kept, open_path(HERE)), 0);
        must(close(kept.fd));
        ck_assert(!kept_is_valid(&kept));
        kept_done(&kept);
}

MACHINE_TEST(an_error_in_place_of_an_fd_is_passed_on)
{
        struct kept kept = KEPT_NONE;

        ck_assert_int_eq(kept_set(&kept, -EMFILE), -EMFILE);
        ck_assert_int_lt(kept.fd, 0);
        ck_assert(!kept_is_valid(&kept));
}

int main(void)
{
        Suite *suite = suite_create("spot");
        TCase *spots = tcase_create("spots"), *kept = tcase_create("kept");

        tcase_add_test(spots, a_file_is_the_same_by_any_path_and_mount);
        tcase_add_test(spots, another_file_is_another);
        tcase_add_test(spots, the_top_of_a_mount_is_known);
        tcase_add_test(spots, root_and_the_working_directory_have_spots);
        tcase_add_test(spots, the_working_directory_can_be_opened_whatever_it_is);
        tcase_add_test(spots, what_is_no_fd_has_no_spot);
        if (fuse_is_there())
                tcase_add_test(spots, a_fuse_that_does_not_answer_is_not_asked);
        suite_add_tcase(suite, spots);
        tcase_add_test(kept, a_kept_fd_is_valid_until_it_is_done);
        tcase_add_test(kept, a_kept_fd_is_none_of_the_lowest_three);
        tcase_add_loop_test(kept, an_fd_that_became_another_file_is_left_alone, 0, 4);
        tcase_add_test(kept, an_fd_that_was_closed_is_not_valid);
        tcase_add_test(kept, an_error_in_place_of_an_fd_is_passed_on);
        suite_add_tcase(suite, kept);
        return scratch_run(suite);
}
