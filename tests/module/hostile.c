/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Hostile callers: what su and sudo let a user choose, hosts that are not as they should be, and
 * login programs that are stopped or killed at the worst moment. Through the real libpam.
 *
 * Environment: PRIVTMP_MODULE, the path of the module. In a throw-away host.
 */
#include <linux/loop.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/user.h>

#include "kit/pam-login.h"

/* glibc's <sys/ptrace.h> and the kernel's can't both be had. */
#define SYSCALL_INFO_ENTRY 1

static void assert_private(struct scene_view view)
{
        ck_assert_uint_eq(view.st.st_uid, 0);
        ck_assert_uint_eq(view.st.st_gid, ALICE);
        ck_assert_uint_eq(view.st.st_mode, S_IFDIR | 01777);
        ck_assert_uint_eq(view.flags & (ST_NOEXEC | ST_NOSUID | ST_NODEV),
                          ST_NOEXEC | ST_NOSUID | ST_NODEV);
}

/* ------------------------------------------------------------------ what the caller chooses */

static int do_umask_0(void *arg)
{
        (void)arg;
        umask(0);
        return 0;
}

static int do_umask_0777(void *arg)
{
        (void)arg;
        umask(0777);
        return 0;
}

/* SIGXFSZ kills who writes to a file. */
static int do_no_file_size(void *arg)
{
        (void)arg;
        return setrlimit(RLIMIT_FSIZE, &(struct rlimit){0, 0}) < 0 ? -errno : 0;
}

static int do_ignore_children(void *arg)
{
        (void)arg;
        return signal(SIGCHLD, SIG_IGN) == SIG_ERR ? -errno : 0;
}

static int do_block_signals(void *arg)
{
        sigset_t all;

        (void)arg;
        sigfillset(&all);
        return sigprocmask(SIG_SETMASK, &all, NULL) < 0 ? -errno : 0;
}

static int do_close_0_to_2(void *arg)
{
        (void)arg;
        for (int fd = 0; fd <= STDERR_FILENO; fd++)
                close(fd);
        return 0;
}

static int do_egid_of_bob(void *arg)
{
        (void)arg;
        return setegid(BOB) < 0 ? -errno : 0;
}

/* As in su and sudo, which are setuid. */
static int do_ruid_of_alice(void *arg)
{
        (void)arg;
        return setresuid(ALICE, 0, 0) < 0 || setresgid(ALICE, ALICE, 0) < 0 ? -errno : 0;
}

static int do_environment(void *arg)
{
        static const char *const names[] = {
                "LIBMOUNT_FSTAB",
                "LIBMOUNT_MTAB",
                "LIBMOUNT_UTAB",
                "TMPDIR",
                "HOME",
                "USER",
                "LOGNAME",
                "SUDO_USER",
                "SUDO_UID",
                "LC_ALL",
                "LANGUAGE",
                "LANG",
                "TZ",
                "KRB5CCNAME",
                "NLSPATH",
        };

        (void)arg;
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
                if (setenv(names[i], "/srv/evil", 1) < 0)
                        return -errno;
        if (setenv("LIBMOUNT_DEBUG", "all", 1) < 0 ||
            setenv("LIBMOUNT_FORCE_MOUNT2", "never", 1) < 0)
                return -errno;
        return 0;
}

static int do_no_environment(void *arg)
{
        (void)arg;
        return clearenv() == 0 ? 0 : -ENOMEM;
}

static void *sleep_for_ever(void *arg)
{
        for (;;)
                pause();
        return arg;
}

static int do_thread(void *arg)
{
        pthread_t thread;

        (void)arg;
        return -pthread_create(&thread, NULL, sleep_for_ever, NULL);
}

static int do_low_memory(void *arg)
{
        struct rlimit limit;
        unsigned long pages;
        char text[64];

        (void)arg;
        scene_read("/proc/self/statm", text, sizeof(text));
        ck_assert_int_eq(sscanf(text, "%lu", &pages), 1);
        getrlimit(RLIMIT_AS, &limit);
        limit.rlim_cur = pages * (unsigned long)sysconf(_SC_PAGESIZE);
        return setrlimit(RLIMIT_AS, &limit) < 0 ? -errno : 0;
}

static int do_nothing(void *arg)
{
        (void)arg;
        return 0;
}

static int (*const callers[])(void *) = {
        do_nothing,         do_umask_0,       do_umask_0777,     do_no_file_size,
        do_ignore_children, do_block_signals, do_close_0_to_2,   do_egid_of_bob,
        do_ruid_of_alice,   do_environment,   do_no_environment, do_thread,
};

/* All that lies below the base is root's and closed, whatever the caller's umask and groups. */
static void assert_base_is_closed(void)
{
        static const struct {
                const char *name;
                mode_t mode;
        } wanted[] = {{"", S_IFDIR | 0700}, {"/lock", S_IFREG | 0600}};
        char instance[PATH_MAX], path[PATH_MAX + 16];
        struct stat st;

        ck_assert_int_eq(stat(SCENE_BASE, &st), 0);
        ck_assert_uint_eq(st.st_mode, S_IFDIR | 0700);
        ck_assert_int_eq(stat(SCENE_BASE "/1001", &st), 0);
        ck_assert_uint_eq(st.st_mode, S_IFDIR | 0700);
        ck_assert_uint_eq(st.st_gid, 0);
        ck_assert_int_eq(stat("/run/privtmp", &st), 0);
        ck_assert_uint_eq(st.st_mode, S_IFDIR | 0700);
        scene_instance(ALICE, instance);
        for (size_t i = 0; i < 2; i++) {
                snprintf(path, sizeof(path), "%s%s", instance, wanted[i].name);
                ck_assert_int_eq(stat(path, &st), 0);
                ck_assert_uint_eq(st.st_mode, wanted[i].mode);
                ck_assert_uint_eq(st.st_uid, 0);
                ck_assert_uint_eq(st.st_gid, 0);
        }
}

START_TEST(whatever_the_caller_chose_the_session_is_the_same)
{
        struct login login;

        pam_login_begin(SERVICE);
        login = login_as("alice");
        ck_assert_int_eq(login_do(&login, callers[_i], NULL), 0);
        login.before = *login_state(&login);
        ck_assert_int_eq(login_do(&login, do_open, NULL), PAM_SUCCESS);
        assert_same_process(&login.before, login_state(&login));
        assert_new_fds_are_hidden(&login.before, &scene->state);
        assert_private(login_view(&login));
        ck_assert_uint_eq(scene_instances(ALICE), 1);
        assert_base_is_closed();
        ck_assert_int_eq(login_do(&login, do_close, NULL), PAM_SUCCESS);
        assert_same_state(&login.before, login_state(&login));
        ck_assert_int_eq(login_do(&login, do_pam_end, number(PAM_SUCCESS)), PAM_SUCCESS);
        assert_nothing_left();
        assert_not_logged("(login:session)");
        ck_assert_int_eq(kill(login.pid, SIGKILL), 0); /* it can't end well, as it is */
}
END_TEST

/* Libraries do not always say that they ran out: who has too little room is refused before. */
START_TEST(with_too_little_memory_open_is_refused)
{
        struct login login;

        if (SCENE_SANITIZER)
                return; /* it needs terabytes of address space */
        pam_login_begin(SERVICE);
        login = login_as("alice");
        ck_assert_int_eq(login_do(&login, do_low_memory, NULL), 0);
        login.before = *login_state(&login);
        ck_assert_int_eq(login_do(&login, do_open, NULL), PAM_BUF_ERR);
        assert_same_state(&login.before, login_state(&login));
        assert_logged("alice is denied: the caller's limits leave too little room");
        assert_nothing_left();
        ck_assert_int_eq(kill(login.pid, SIGKILL), 0);
}
END_TEST

/* Anything on its stdout and stderr goes there from now on. */
static int do_listen(void *arg)
{
        int fd = open("/srv/said", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

        (void)arg;
        if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0 || dup2(fd, STDERR_FILENO) < 0)
                return -errno;
        close(fd);
        return 0;
}

START_TEST(nothing_is_said_on_the_callers_terminal)
{
        struct login login;
        struct stat st;

        pam_login_begin("session required /srv/module.so conf=/srv/table debug\n");
        login = login_as("alice");
        ck_assert_int_eq(login_do(&login, do_listen, NULL), 0);
        ck_assert_int_eq(login_do(&login, do_environment, NULL), 0);
        ck_assert_int_eq(login_do(&login, do_open, NULL), PAM_SUCCESS);
        ck_assert_int_eq(login_do(&login, do_close, NULL), PAM_SUCCESS);
        scene_write("/srv/table", "/srv/base /tmp * bogus\n");
        ck_assert_int_ne(login_do(&login, do_open, NULL), PAM_SUCCESS);
        ck_assert_int_eq(stat("/srv/said", &st), 0);
        ck_assert_int_eq(st.st_size, 0);
        login_end(&login);
}
END_TEST

static int do_limit_fds(void *arg)
{
        struct rlimit limit;

        getrlimit(RLIMIT_NOFILE, &limit);
        limit.rlim_cur = (rlim_t)(intptr_t)arg;
        return setrlimit(RLIMIT_NOFILE, &limit) < 0 ? -errno : 0;
}

/* The first number that is not in use. */
static int do_first_free(void *arg)
{
        (void)arg;
        for (int fd = 0;; fd++)
                if (fcntl(fd, F_GETFD) < 0)
                        return fd;
}

START_TEST(with_few_fds_open_works_or_leaves_nothing)
{
        unsigned opened = 0, failed = 0;
        struct login login;
        int first;

        pam_login_begin(SERVICE);
        login = login_as("alice");
        first = login_do(&login, do_first_free, NULL);
        for (int n = 0; n < 24; n++) {
                int r;

                ck_assert_int_eq(login_do(&login, do_limit_fds, number(first + n)), 0);
                login.before = *login_state(&login);
                r = login_do(&login, do_open, NULL);
                opened += r == PAM_SUCCESS;
                failed += r == PAM_SYSTEM_ERR;
                if (r == PAM_SUCCESS) {
                        ck_assert_uint_ne(login_state(&login)->tmp.mount, login.before.tmp.mount);
                        ck_assert_int_eq(login_do(&login, do_close, NULL), PAM_SUCCESS);
                }
                assert_same_state(&login.before, login_state(&login));
                /* what close could not do for want of fds is done by the next session */
                if (r == PAM_SYSTEM_ERR)
                        assert_nothing_left();
        }
        ck_assert_uint_eq(opened + failed, 24);
        ck_assert_uint_gt(opened, 0);
        ck_assert_uint_gt(failed, 0);
        login_end(&login);
        login = login_open("alice");
        login_close(&login);
        ck_assert_uint_eq(scene_instances(ALICE), 0);
}
END_TEST

/* ------------------------------------------------------------------ the working directory */

static int do_link_x(void *arg)
{
        (void)arg;
        return symlink("/srv/secret/project", "/tmp/x") < 0 ? -errno : 0;
}

/*
 * The user owns what is below her private directory: if root walked there to find the place of the
 * same name, a link of hers would lead it where she may not go.
 */
START_TEST(a_link_of_the_users_does_not_move_the_working_directory)
{
        struct login first, second;

        pam_login_begin(SERVICE);
        ck_assert_int_eq(mkdir("/srv/secret", 0700), 0);
        ck_assert_int_eq(mkdir("/srv/secret/project", 0755), 0);
        ck_assert_int_eq(mkdir("/tmp/x", 0777), 0);
        first = login_open("alice");
        login_do(&first, do_inner_start, NULL);
        ck_assert_int_eq(login_inner(&first, do_become, number(ALICE)), 0);
        ck_assert_int_eq(login_inner(&first, do_link_x, NULL), 0);
        login_do(&first, do_inner_end, NULL);

        second = login_as("alice");
        ck_assert_int_eq(login_do(&second, do_chdir, "/tmp/x"), 0);
        second.before = *login_state(&second);
        ck_assert_int_eq(login_do(&second, do_open, NULL), PAM_SUCCESS);
        ck_assert(login_do(&second, do_has, "/tmp/x"));
        login_state(&second);
        assert_same_spot(scene->state.cwd, scene->state.tmp);
        login_close(&second);
        login_close(&first);
        assert_nothing_left();
}
END_TEST

static int do_gone(void *path)
{
        return mkdir(path, 0700) < 0 || chdir(path) < 0 || rmdir(path) < 0 ? -errno : 0;
}

static const char *const deleted[] = {"/srv/gone", "/tmp/gone"};

START_TEST(a_deleted_working_directory_stays)
{
        struct login login;

        pam_login_begin(SERVICE);
        login = login_as("alice");
        ck_assert_int_eq(login_do(&login, do_gone, deleted[_i]), 0);
        login.before = *login_state(&login);
        ck_assert_int_eq(login_do(&login, do_open, NULL), PAM_SUCCESS);
        assert_private(login_view(&login));
        ck_assert_uint_eq(login_state(&login)->cwd.ino, login.before.cwd.ino);
        ck_assert_uint_eq(scene->state.cwd.dev, login.before.cwd.dev);
        login_close(&login);
        assert_nothing_left();
}
END_TEST

/* ------------------------------------------------------------------ the host */

/* An open that must fail, and change nothing. */
static void refused(struct login *login)
{
        ck_assert_int_eq(login_do(login, do_open, NULL), PAM_SYSTEM_ERR);
        login_finish(login);
        assert_nothing_left();
}

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
        refused(&login);
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
        refused(&login);
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
        assert_private(login_view(&login));
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

/* ------------------------------------------------------------------ chroot */

static int do_chroot(void *path)
{
        return chroot(path) < 0 || chdir("/") < 0 ? -errno : 0;
}

/* The whole tree once more: "/" there is a mount point. */
static void make_root(void)
{
        ck_assert_int_eq(mkdir("/srv/root", 0755), 0);
        scene_mount("/", "/srv/root", NULL, MS_BIND | MS_REC, NULL);
        scene_mounted();
}

START_TEST(in_a_chroot_with_a_mount_as_its_top_the_session_is_private)
{
        struct login login;

        pam_login_begin(SERVICE);
        make_root();
        login = login_as("alice");
        ck_assert_int_eq(login_do(&login, do_chroot, "/srv/root"), 0);
        login.before = *login_state(&login);
        ck_assert_int_eq(login_do(&login, do_open, NULL), PAM_SUCCESS);
        assert_private(login_view(&login));
        assert_new_fds_are_hidden(&login.before, login_state(&login));
        ck_assert_uint_eq(scene->state.root.ino, login.before.root.ino);
        assert_mounts_unchanged();
        login_close(&login);
        assert_nothing_left();
}
END_TEST

static int do_chroot_only(void *path)
{
        return chroot(path) < 0 ? -errno : 0;
}

/* The same with a working directory that is outside of the chroot, on a disk. */
START_TEST(a_working_directory_outside_of_the_chroot_stays)
{
        struct login login;

        pam_login_begin(SERVICE);
        make_root();
        login = login_as("alice");
        ck_assert_int_eq(login_do(&login, do_chdir, "/usr"), 0);
        ck_assert_int_eq(login_do(&login, do_chroot_only, "/srv/root"), 0);
        login.before = *login_state(&login);
        ck_assert_int_eq(login_do(&login, do_open, NULL), PAM_SUCCESS);
        assert_private(login_view(&login));
        ck_assert_uint_eq(login_state(&login)->cwd.ino, login.before.cwd.ino);
        login_close(&login);
        assert_nothing_left();
}
END_TEST

/* A few bind mounts below a directory that is no mount itself. */
static void make_jail(void)
{
        static const char *const folders[] = {"proc", "etc", "run", "tmp", "srv"};
        char path[64], source[64];

        ck_assert_int_eq(mkdir("/srv/jail", 0755), 0);
        for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
                snprintf(path, sizeof(path), "/srv/jail/%s", folders[i]);
                snprintf(source, sizeof(source), "/%s", folders[i]);
                ck_assert_int_eq(mkdir(path, 0755), 0);
                scene_mount(source, path, NULL, MS_BIND, NULL);
        }
        scene_mounted();
}

START_TEST(in_a_chroot_without_a_mount_as_its_top_open_is_refused)
{
        struct login login;

        pam_login_begin(SERVICE);
        make_jail();
        login = login_as("alice");
        ck_assert_int_eq(login_do(&login, do_chroot, "/srv/jail"), 0);
        login.before = *login_state(&login);
        refused(&login);
        assert_logged("the caller is in a chroot whose \"/\" is no mount point");
}
END_TEST

START_TEST(in_such_a_chroot_root_is_let_in)
{
        struct login login;

        pam_login_begin(SERVICE);
        scene_write("/srv/table", "/srv/base /tmp *\n");
        make_jail();
        login = login_as("root");
        ck_assert_int_eq(login_do(&login, do_chroot, "/srv/jail"), 0);
        login.before = *login_state(&login);
        ck_assert_int_eq(login_do(&login, do_open, NULL), PAM_SUCCESS);
        assert_same_state(&login.before, login_state(&login));
        login_close(&login);
        assert_nothing_left();
        assert_logged("root is let in without a private directory: the caller is in a chroot");
        ck_assert_ptr_nonnull(strstr(scene_log_text(), "10.2 "));
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
        assert_private(login_view(&one));
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
        assert_private(login_view(&two));
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
        assert_private(login_view(&login));
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
        assert_private(login_view(&login));
        ck_assert_uint_eq(scene_entries("/run/privtmp"), 0);
        assert_logged("no record of this session: /run/privtmp: No space left on device");
        login_close(&login);
        assert_nothing_left();
}
END_TEST

/* ------------------------------------------------------------------ two at the same instant */

enum {
        PAIRS = 500,
};

static _Atomic int *at_the_gate(void)
{
        return (_Atomic int *)&scene->numbers[8];
}

/* Returns when as many as `arg` says have come. */
static void pass_gate(int wanted)
{
        atomic_fetch_add(at_the_gate(), 1);
        while (atomic_load(at_the_gate()) < wanted)
                sched_yield();
}

static int do_open_together(void *arg)
{
        pass_gate((int)(intptr_t)arg);
        return do_open(NULL);
}

static int do_close_together(void *arg)
{
        pass_gate((int)(intptr_t)arg);
        return do_close(NULL);
}

static void both(struct login *one, int (*do_one)(void *), struct login *two, int (*do_two)(void *))
{
        atomic_store(at_the_gate(), 0);
        login_begin(one, do_one, number(2));
        login_begin(two, do_two, number(2));
        ck_assert_int_eq(login_wait(one), PAM_SUCCESS);
        ck_assert_int_eq(login_wait(two), PAM_SUCCESS);
}

START_TEST(two_opens_at_the_same_instant_share_one_instance)
{
        struct login one, two;

        pam_login_begin(SERVICE);
        one = login_as("alice");
        two = login_as("alice");
        for (unsigned n = 0; n < PAIRS; n++) {
                ino_t inode;

                both(&one, do_open_together, &two, do_open_together);
                inode = login_view(&one).st.st_ino;
                ck_assert_uint_eq(login_view(&two).st.st_ino, inode);
                ck_assert_uint_eq(scene_instances(ALICE), 1);
                both(&one, do_close_together, &two, do_close_together);
                ck_assert_uint_eq(scene_instances(ALICE), 0);
        }
        login_finish(&one);
        login_finish(&two);
        assert_nothing_left();
}
END_TEST

/* The opener must not end up in an instance that the closer is taking away. */
START_TEST(an_open_beside_the_last_close_gets_an_instance_in_its_place)
{
        struct login logins[2];

        pam_login_begin(SERVICE);
        logins[0] = login_open("alice");
        logins[1] = login_as("alice");
        for (unsigned n = 0; n < PAIRS; n++) {
                struct login *closer = &logins[n % 2], *opener = &logins[1 - n % 2];
                char path[PATH_MAX];
                struct stat st;

                both(closer, do_close_together, opener, do_open_together);
                assert_private(login_view(opener));
                scene_instance(ALICE, path);
                strcat(path, "/root");
                ck_assert_int_eq(stat(path, &st), 0);
                ck_assert_uint_eq(st.st_ino, scene->view.st.st_ino);
                ck_assert_int_eq(login_do(opener, do_make_file, "/tmp/mine"), 0);
                ck_assert_int_eq(login_do(opener, do_unlink, "/tmp/mine"), 0);
        }
        ck_assert_int_eq(login_do(&logins[0], do_close, NULL), PAM_SUCCESS);
        login_finish(&logins[1]);
        ck_assert_uint_eq(scene_instances(ALICE), 0);
}
END_TEST

/* ------------------------------------------------------------------ stopped or killed */

/* What the kernel tells about a stop at a system call (ptrace(2), PTRACE_GET_SYSCALL_INFO). */
struct call_info {
        uint8_t op;
        uint8_t pad[3];
        uint32_t arch;
        uint64_t instruction_pointer, stack_pointer;
        uint64_t nr;
        uint64_t args[6];
};

/* Waits until the traced login program stops. False: it has ended. */
static bool wait_for_stop(const struct login *login, int *status)
{
        ck_assert_int_eq(waitpid(login->pid, status, 0), login->pid);
        return WIFSTOPPED(*status);
}

/* Lets it go on to the entry of its next system call. False: it has done what it was told to. */
static bool next_call(const struct login *login, struct call_info *info)
{
        int status;

        do {
                ck_assert_int_eq(ptrace(PTRACE_SYSCALL, login->pid, NULL, NULL), 0);
                ck_assert(wait_for_stop(login, &status));
                memset(info, 0, sizeof(*info));
                if (WSTOPSIG(status) == (SIGTRAP | 0x80))
                        ck_assert_int_gt(ptrace(PTRACE_GET_SYSCALL_INFO, login->pid,
                                                number(sizeof(*info)), info),
                                         0);
        } while (info->op != SYSCALL_INFO_ENTRY);
        /* the answer to us */
        return info->nr != SYS_write || info->args[0] < SCENE_FDS;
}

/* Takes hold of a login program that waits to be told something, and tells it. */
static void trace(struct login *login, int (*function)(void *))
{
        int status;

        ck_assert_int_eq(ptrace(PTRACE_SEIZE, login->pid, NULL,
                                number(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)),
                         0);
        ck_assert_int_eq(ptrace(PTRACE_INTERRUPT, login->pid, NULL, NULL), 0);
        ck_assert(wait_for_stop(login, &status));
        login_begin(login, function, NULL);
}

/* Kills the login program at its n-th system call. False: it does not make as many. */
static bool kill_at(struct login *login, int (*function)(void *), unsigned n)
{
        struct call_info info;

        trace(login, function);
        for (; n > 0; n--)
                if (!next_call(login, &info)) {
                        ck_assert_int_eq(ptrace(PTRACE_DETACH, login->pid, NULL, NULL), 0);
                        ck_assert_int_eq(login_wait(login), PAM_SUCCESS);
                        return false;
                }
        login_kill(login);
        return true;
}

/* Other sessions of the user work, and sweep what was left; what is half made in ten minutes. */
static void assert_user_can_log_in(void)
{
        struct login login = login_open("alice");

        assert_private(login_view(&login));
        login_close(&login);
        ck_assert_uint_le(scene_instances(ALICE), 1);
        scene_age(ALICE);
        login = login_open("alice");
        login_close(&login);
        scene_empty_trash();
        assert_nothing_left();
}

START_TEST(an_opener_that_is_killed_at_any_instant_is_in_nobodys_way)
{
        bool killed = true;
        unsigned n;

        pam_login_begin(SERVICE);
        for (n = 1; killed; n++) {
                struct login login = login_as("alice");

                killed = kill_at(&login, do_open, n);
                assert_mounts_unchanged();
                if (!killed)
                        login_close(&login);
                assert_user_can_log_in();
        }
        ck_assert_uint_gt(n, 50);
}
END_TEST

START_TEST(a_closer_that_is_killed_at_any_instant_is_in_nobodys_way)
{
        bool killed = true;
        unsigned n;

        pam_login_begin(SERVICE);
        for (n = 1; killed; n++) {
                struct login login = login_open("alice");

                ck_assert_int_eq(login_do(&login, do_make_file, "/tmp/mine"), 0);
                killed = kill_at(&login, do_close, n);
                assert_mounts_unchanged();
                if (!killed)
                        login_finish(&login);
                assert_user_can_log_in();
        }
        ck_assert_uint_gt(n, 20);
}
END_TEST

/* Stops the login program before its first call of that number. */
static void stop_at(struct login *login, int (*function)(void *), long call)
{
        struct call_info info;

        trace(login, function);
        do
                ck_assert_msg(next_call(login, &info), "no system call %ld", call);
        while (info.nr != (uint64_t)call);
}

static const long stops[] = {
        SYS_mkdirat, SYS_flock,     SYS_symlinkat,     SYS_renameat2,
        SYS_unshare, SYS_open_tree, SYS_mount_setattr, SYS_move_mount,
};

/* A user can stop su and sudo at any instant. */
START_TEST(a_stopped_opener_does_not_block_others)
{
        struct login stopped, other;
        ino_t inode;

        pam_login_begin(SERVICE);
        other = login_open("alice");
        login_close(&other); /* the folders are there */
        stopped = login_as("alice");
        stop_at(&stopped, do_open, stops[_i]);

        other = login_open("alice");
        assert_private(login_view(&other));
        inode = scene->view.st.st_ino;
        ck_assert_int_eq(login_do(&other, do_make_file, "/tmp/mine"), 0);

        ck_assert_int_eq(ptrace(PTRACE_DETACH, stopped.pid, NULL, NULL), 0);
        ck_assert_int_eq(login_wait(&stopped), PAM_SUCCESS);
        assert_private(login_view(&stopped));
        ck_assert_uint_eq(login_view(&other).st.st_ino, inode);
        ck_assert_int_eq(login_do(&other, do_unlink, "/tmp/mine"), 0);
        login_close(&stopped);
        login_close(&other);
        assert_nothing_left();
}
END_TEST

START_TEST(a_stopped_closer_does_not_block_others)
{
        struct login stopped, other;

        pam_login_begin(SERVICE);
        stopped = login_open("alice");
        stop_at(&stopped, do_close, SYS_renameat2);
        other = login_open("alice");
        assert_private(login_view(&other));
        ck_assert_int_eq(login_do(&other, do_make_file, "/tmp/mine"), 0);
        ck_assert_int_eq(ptrace(PTRACE_DETACH, stopped.pid, NULL, NULL), 0);
        ck_assert_int_eq(login_wait(&stopped), PAM_SUCCESS);
        ck_assert(login_do(&other, do_has, "/tmp/mine"));
        login_finish(&stopped);
        login_close(&other);
        assert_nothing_left();
}
END_TEST

static int do_hold_user(void *arg)
{
        int fd = open(SCENE_BASE "/1001", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        (void)arg;
        return fd < 0 || flock(fd, LOCK_EX) < 0 ? -errno : 0;
}

START_TEST(who_does_not_get_the_users_lock_has_an_instance_of_its_own)
{
        struct login holder, one, two;
        ino_t inode;

        pam_login_begin(SERVICE);
        one = login_open("alice");
        inode = login_view(&one).st.st_ino;
        holder = login_start();
        ck_assert_int_eq(login_do(&holder, do_hold_user, NULL), 0);
        two = login_open("alice");
        assert_private(login_view(&two));
        ck_assert_uint_ne(scene->view.st.st_ino, inode);
        ck_assert_uint_eq(scene_instances(ALICE), 2);
        login_close(&two);
        ck_assert_uint_eq(scene_instances(ALICE), 1);
        login_end(&holder);
        login_close(&one);
        assert_nothing_left();
}
END_TEST

static TCase *add_case(Suite *suite, const char *name)
{
        TCase *tests = tcase_create(name);

        tcase_set_timeout(tests, 120);
        suite_add_tcase(suite, tests);
        return tests;
}

static Suite *make_suite(void)
{
        Suite *suite = suite_create("hostile");
        TCase *tests;

        tests = add_case(suite, "caller");
        tcase_add_loop_test(tests, whatever_the_caller_chose_the_session_is_the_same, 0,
                            sizeof(callers) / sizeof(callers[0]));
        tcase_add_test(tests, with_too_little_memory_open_is_refused);
        tcase_add_test(tests, nothing_is_said_on_the_callers_terminal);
        tcase_add_test(tests, with_few_fds_open_works_or_leaves_nothing);
        tests = add_case(suite, "cwd");
        tcase_add_test(tests, a_link_of_the_users_does_not_move_the_working_directory);
        tcase_add_loop_test(tests, a_deleted_working_directory_stays, 0,
                            sizeof(deleted) / sizeof(deleted[0]));
        tests = add_case(suite, "host");
        tcase_add_loop_test(tests, a_directory_that_others_could_swap_denies_the_login, 0,
                            sizeof(directories) / sizeof(directories[0]));
        tcase_add_test(tests, without_cap_sys_admin_open_is_refused);
        tcase_add_test(tests, without_cap_sys_admin_and_with_nofail_the_login_goes_on);
        tcase_add_test(tests, without_cap_sys_chroot_close_ends_the_instance_and_stays);
        tcase_add_test(tests, proc_is_needed_and_its_absence_is_said_with_records_too);
        tests = add_case(suite, "chroot");
        tcase_add_test(tests, in_a_chroot_with_a_mount_as_its_top_the_session_is_private);
        tcase_add_test(tests, a_working_directory_outside_of_the_chroot_stays);
        tcase_add_test(tests, in_a_chroot_without_a_mount_as_its_top_open_is_refused);
        tcase_add_test(tests, in_such_a_chroot_root_is_let_in);
        tests = add_case(suite, "full");
        tcase_add_loop_test(tests, on_a_full_disk_the_session_is_in_memory, 0,
                            sizeof(full) / sizeof(full[0]));
        tcase_add_test(tests, a_base_that_can_not_be_made_for_want_of_space_is_no_obstacle);
        tcase_add_test(tests, a_full_run_costs_the_record_only);
        tests = add_case(suite, "together");
        tcase_add_test(tests, two_opens_at_the_same_instant_share_one_instance);
        tcase_add_test(tests, an_open_beside_the_last_close_gets_an_instance_in_its_place);
        tests = add_case(suite, "killed");
        tcase_add_test(tests, an_opener_that_is_killed_at_any_instant_is_in_nobodys_way);
        tcase_add_test(tests, a_closer_that_is_killed_at_any_instant_is_in_nobodys_way);
        tests = add_case(suite, "stopped");
        tcase_add_loop_test(tests, a_stopped_opener_does_not_block_others, 0,
                            sizeof(stops) / sizeof(stops[0]));
        tcase_add_test(tests, a_stopped_closer_does_not_block_others);
        tcase_add_test(tests, who_does_not_get_the_users_lock_has_an_instance_of_its_own);
        return suite;
}

int main(void)
{
        return scratch_run(make_suite());
}
