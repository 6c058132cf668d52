/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The module on a host that lacks something: safe paths, capabilities, /proc, or room on its disk.
 */
#include "kit/pam-login.h"

/* ------------------------------------------------------------------ the host */

/* An open that must fail, and change nothing. */
static void directory_link(void)
{
        ck_assert_int_eq(mkdir("/srv/real", 01777), 0);
        ck_assert_int_eq(symlink("/srv/real", "/srv/dir"), 0);
}

static void directory_file(void)
{
        scene_write("/srv/dir", "");
}

static void directory_missing(void)
{
}

static void directory_below_all(void)
{
        ck_assert_int_eq(mkdir("/srv/all", 0777), 0);
        ck_assert_int_eq(chmod("/srv/all", 01777), 0);
        ck_assert_int_eq(mkdir("/srv/all/dir", 0755), 0);
        scene_write("/srv/table", "/srv/base /srv/all/dir *\n");
}

static void directory_below_alice(void)
{
        ck_assert_int_eq(mkdir("/srv/hers", 0755), 0);
        ck_assert_int_eq(mkdir("/srv/hers/dir", 0755), 0);
        ck_assert_int_eq(chown("/srv/hers", ALICE, ALICE), 0);
        scene_write("/srv/table", "/srv/base /srv/hers/dir *\n");
}

static const struct {
        void (*make)(void);
        const char *words;
} directories[] = {
        {directory_link, "/srv/table:1: /srv/dir: /srv/dir is a symbolic link"},
        {directory_file, "/srv/table:1: /srv/dir: Not a directory"},
        {directory_missing, "/srv/table:1: /srv/dir: No such file"},
        {directory_below_all, "others than root can write /srv/all"},
        {directory_below_alice, "/srv/hers belongs to uid 1001"},
};

START_TEST(a_directory_that_others_could_swap_denies_the_login)
{
        struct login login;

        pam_login_begin(SERVICE);
        scene_write("/srv/table", "/srv/base /srv/dir *\n");
        directories[_i].make();
        login = login_as("alice");
        login_is_refused(&login, PAM_SYSTEM_ERR);
        assert_logged(directories[_i].words);
}
END_TEST

static int do_drop(void *arg)
{
        drop_capability((unsigned)(intptr_t)arg);
        return 0;
}

START_TEST(without_cap_sys_admin_open_is_refused)
{
        struct login login;

        pam_login_begin(SERVICE);
        login = login_as("alice");
        ck_assert_int_eq(login_do(&login, do_drop, number(CAP_SYS_ADMIN)), 0);
        login_is_refused(&login, PAM_SYSTEM_ERR);
        assert_logged("Operation not permitted");
}
END_TEST

START_TEST(without_cap_sys_admin_and_with_nofail_the_login_goes_on)
{
        struct login login;

        pam_login_begin(SERVICE);
        scene_write("/srv/table", "/srv/base /tmp * nofail\n");
        login = login_as("alice");
        ck_assert_int_eq(login_do(&login, do_drop, number(CAP_SYS_ADMIN)), 0);
        ck_assert_int_eq(login_do(&login, do_open, NULL), PAM_SUCCESS);
        assert_same_spot(login_state(&login)->tmp, login.before.tmp);
        ck_assert_uint_eq(scene->state.ns, login.before.ns);
        assert_logged("/srv/table:1: ");
        assert_logged("/tmp is not private: ");
        login_close(&login);
        assert_nothing_left();
}
END_TEST

START_TEST(without_cap_sys_chroot_close_ends_the_instance_and_stays)
{
        struct login login;
        ino_t ns;

        pam_login_begin(SERVICE);
        login = login_as("alice");
        ck_assert_int_eq(login_do(&login, do_drop, number(CAP_SYS_CHROOT)), 0);
        ck_assert_int_eq(login_do(&login, do_open, NULL), PAM_SUCCESS);
        assert_private(login_view(&login), ALICE);
        ns = login_state(&login)->ns;
        ck_assert_int_eq(login_do(&login, do_close, NULL), PAM_SUCCESS);
        ck_assert_uint_eq(login_state(&login)->ns, ns);
        assert_same_fds(&login.before, &scene->state);
        assert_same_process(&login.before, &scene->state);
        assert_nothing_left();
        login_end(&login);
}
END_TEST

START_TEST(proc_is_needed_and_its_absence_is_said_with_records_too)
{
        struct login login;

        pam_login_begin(SERVICE);
        ck_assert_int_eq(mkdir("/run/privtmp", 0700), 0);
        login = login_as("alice");
        ck_assert_int_eq(login_do(&login, do_hide_proc, NULL), 0);
        login.before = *login_state(&login);
        ck_assert_int_eq(login_do(&login, do_open, NULL), PAM_SYSTEM_ERR);
        assert_same_state(&login.before, login_state(&login));
        assert_nothing_left();
        assert_logged("(is /proc mounted?)");
        ck_assert_int_eq(kill(login.pid, SIGKILL), 0); /* a sanitizer needs /proc at the end */
}
END_TEST

/* ------------------------------------------------------------------ a full disk */

/* Fills the file system at the path with what is not ours. */
static void fill_blocks(const char *path)
{
        static const char zeros[64 * 1024];
        char name[64];
        int fd;

        snprintf(name, sizeof(name), "%s/.full", path);
        fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        ck_assert_int_ge(fd, 0);
        for (size_t size = sizeof(zeros); size >= 512; size /= 2)
                while (write(fd, zeros, size) > 0)
                        ;
        fsync(fd);
        close(fd);
}

static void fill_inodes(const char *path)
{
        char name[64];
        unsigned n = 0;

        do
                snprintf(name, sizeof(name), "%s/.full-%u", path, n++);
        while (mknod(name, S_IFREG | 0600, 0) == 0);
        ck_assert_int_eq(errno, ENOSPC);
}

/* A disk on the path. Where no loop device can be had, a file system in memory must do. */
static bool make_disk(const char *path)
{
        struct loop_config config = {.info.lo_flags = LO_FLAGS_AUTOCLEAR};
        int control, loop = -1, n;
        char device[32];

        ck_assert_int_eq(system("truncate -s 4M /srv/disk"
                                " && PATH=$PATH:/sbin:/usr/sbin mkfs.ext4 -q -m 0 -N 64"
                                " -O ^has_journal /srv/disk >/dev/null 2>&1"),
                         0);
        (void)mknod("/srv/control", S_IFCHR | 0600, makedev(10, 237));
        control = open("/srv/control", O_RDWR | O_CLOEXEC);
        config.fd = (unsigned)open("/srv/disk", O_RDWR | O_CLOEXEC);
        for (unsigned tries = 0; control >= 0 && loop < 0 && tries < 8; tries++) {
                n = ioctl(control, LOOP_CTL_GET_FREE);
                if (n < 0)
                        break;
                snprintf(device, sizeof(device), "/srv/loop%d", n);
                (void)mknod(device, S_IFBLK | 0600, makedev(7, (unsigned)n));
                loop = open(device, O_RDWR | O_CLOEXEC);
                if (loop >= 0 && ioctl(loop, LOOP_CONFIGURE, &config) < 0) {
                        close(loop); /* somebody else was faster */
                        loop = -1;
                }
        }
        if (loop >= 0)
                scene_mount(device, path, "ext4", 0, NULL);
        close(loop);
        close((int)config.fd);
        close(control);
        return loop >= 0;
}

/* Full of files: a file system in memory has no room for names either then. */
static void base_without_inodes(void)
{
        scene_mount("tmpfs", SCENE_BASE, "tmpfs", 0, "mode=700,nr_inodes=32");
        fill_inodes(SCENE_BASE);
}

/* The user has been there, and left no room. */
static void base_with_user_and_without_inodes(void)
{
        scene_mount("tmpfs", SCENE_BASE, "tmpfs", 0, "mode=700,nr_inodes=32");
        ck_assert_int_eq(mkdir(SCENE_BASE "/1001", 0700), 0);
        fill_inodes(SCENE_BASE);
}

/* Room for some of what an instance needs. */
static void base_with_few_inodes(void)
{
        char name[64];

        base_with_user_and_without_inodes();
        for (unsigned n = 0; n < 3; n++) {
                snprintf(name, sizeof(name), SCENE_BASE "/.full-%u", n);
                ck_assert_int_eq(unlink(name), 0);
        }
}

static void base_disk_without_inodes(void)
{
        if (!make_disk(SCENE_BASE)) {
                base_without_inodes();
                return;
        }
        ck_assert_int_eq(chmod(SCENE_BASE, 0700), 0);
        fill_inodes(SCENE_BASE);
}

static void base_disk_without_blocks(void)
{
        if (!make_disk(SCENE_BASE)) {
                base_without_inodes();
                return;
        }
        ck_assert_int_eq(chmod(SCENE_BASE, 0700), 0);
        fill_blocks(SCENE_BASE);
}

static void base_read_only(void)
{
        scene_mount("tmpfs", SCENE_BASE, "tmpfs", 0, "mode=700");
        scene_mount("tmpfs", SCENE_BASE, "tmpfs", MS_REMOUNT | MS_RDONLY, "mode=700");
}

static void base_with_user_read_only(void)
{
        scene_mount("tmpfs", SCENE_BASE, "tmpfs", 0, "mode=700");
        ck_assert_int_eq(mkdir(SCENE_BASE "/1001", 0700), 0);
        scene_mount("tmpfs", SCENE_BASE, "tmpfs", MS_REMOUNT | MS_RDONLY, "mode=700");
}

static const struct {
        void (*make)(void);
        const char *words;
} full[] = {
        {base_without_inodes, "No space left on device"},
        {base_with_user_and_without_inodes, "No space left on device"},
        {base_with_few_inodes, "No space left on device"},
        {base_disk_without_inodes, "No space left on device"},
        {base_disk_without_blocks, "No space left on device"},
        {base_read_only, "Read-only file system"},
        {base_with_user_read_only, "Read-only file system"},
};

static int do_statvfs(void *arg)
{
        struct statvfs fs;

        (void)arg;
        if (statvfs("/tmp", &fs) < 0)
                return -errno;
        scene->numbers[0] = (int)(fs.f_blocks * fs.f_frsize / 1024);
        scene->numbers[1] = (int)fs.f_files;
        return 0;
}

/* Nobody tells when the last process is gone that has a file system in memory. */
static void assert_only_records_left(void)
{
        const char *words = scene_left_but_records();

        ck_assert_msg(!words, "%s", words);
}

START_TEST(on_a_full_disk_the_session_is_in_memory)
{
        struct login one, two;
        dev_t device;

        pam_login_begin(SERVICE);
        ck_assert_int_eq(mkdir(SCENE_BASE, 0700), 0);
        full[_i].make();
        scene_mounted();
        one = login_open("alice");
        assert_private(login_view(&one), ALICE);
        device = scene->view.st.st_dev;
        ck_assert_int_eq(login_do(&one, do_statvfs, NULL), 0);
        ck_assert_int_eq(scene->numbers[0], 16 * 1024);
        ck_assert_int_eq(scene->numbers[1], 4096);
        ck_assert_int_eq(login_do(&one, do_make_file, "/tmp/mine"), 0);
        assert_logged("/tmp is in memory");
        assert_logged(full[_i].words);
        assert_mounts_unchanged();
        ck_assert_uint_eq(scene_instances(ALICE), 0);

        /* nobody joins it */
        two = login_open("alice");
        assert_private(login_view(&two), ALICE);
        ck_assert_uint_ne(scene->view.st.st_dev, device);
        ck_assert(!login_do(&two, do_has, "/tmp/mine"));
        login_close(&two);
        login_close(&one);
        assert_only_records_left();
}
END_TEST

START_TEST(a_base_that_can_not_be_made_for_want_of_space_is_no_obstacle)
{
        struct login login;

        pam_login_begin(SERVICE);
        ck_assert_int_eq(mkdir("/srv/full", 0755), 0);
        scene_mount("tmpfs", "/srv/full", "tmpfs", 0, "mode=755,nr_inodes=32");
        fill_inodes("/srv/full");
        scene_write("/srv/table", "/srv/full/base /tmp *\ninherit /tmp root\n");
        scene_mounted();
        login = login_open("alice");
        assert_private(login_view(&login), ALICE);
        assert_logged("/tmp is in memory");
        login_close(&login);
        assert_only_records_left();
}
END_TEST

START_TEST(a_full_run_costs_the_record_only)
{
        struct login login;

        pam_login_begin(SERVICE);
        ck_assert_int_eq(mkdir("/run/privtmp", 0700), 0);
        scene_mount("tmpfs", "/run/privtmp", "tmpfs", 0, "mode=700,nr_inodes=1");
        scene_mounted();
        login = login_open("alice");
        assert_private(login_view(&login), ALICE);
        ck_assert_uint_eq(scene_entries("/run/privtmp"), 0);
        assert_logged("no record of this session: /run/privtmp: No space left on device");
        login_close(&login);
        assert_nothing_left();
}
END_TEST

static Suite *make_suite(void)
{
        Suite *suite = suite_create("lack");
        TCase *tests;

        tests = scratch_case(suite, "host");
        tcase_add_loop_test(tests, a_directory_that_others_could_swap_denies_the_login, 0,
                            sizeof(directories) / sizeof(directories[0]));
        tcase_add_test(tests, without_cap_sys_admin_open_is_refused);
        tcase_add_test(tests, without_cap_sys_admin_and_with_nofail_the_login_goes_on);
        tcase_add_test(tests, without_cap_sys_chroot_close_ends_the_instance_and_stays);
        tcase_add_test(tests, proc_is_needed_and_its_absence_is_said_with_records_too);
        tests = scratch_case(suite, "full");
        tcase_add_loop_test(tests, on_a_full_disk_the_session_is_in_memory, 0,
                            sizeof(full) / sizeof(full[0]));
        tcase_add_test(tests, a_base_that_can_not_be_made_for_want_of_space_is_no_obstacle);
        tcase_add_test(tests, a_full_run_costs_the_record_only);
        return suite;
}

int main(void)
{
        return scratch_run(make_suite());
}
