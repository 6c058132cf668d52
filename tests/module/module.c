/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The module through the real libpam: what it exports, its codes, and what a session is like.
 *
 * The tests whose names begin with a number are the scenarios that session modules of this kind
 * have failed before. Environment: PRIVTMP_MODULE, the path of the module. In a throw-away host.
 */
#include <dlfcn.h>
#include <elf.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/seccomp.h>
#include <security/pam_modules.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

#include "ground/cleanup.h"
#include "kit/pam-login.h"

/* ------------------------------------------------------------------ what it exports */

static const char *const entry_points[] = {
        "pam_sm_authenticate", "pam_sm_setcred",       "pam_sm_acct_mgmt",
        "pam_sm_open_session", "pam_sm_close_session", "pam_sm_chauthtok",
};

START_TEST(only_the_session_entry_points_are_found)
{
        void *module;

        scene_begin();
        module = dlopen("/srv/module.so", RTLD_NOW | RTLD_LOCAL);
        ck_assert_msg(module, "%s", dlerror());
        for (size_t i = 0; i < sizeof(entry_points) / sizeof(entry_points[0]); i++)
                ck_assert_msg(!dlsym(module, entry_points[i]) ==
                                      !strstr(entry_points[i], "_session"),
                              "%s", entry_points[i]);
        dlclose(module);
}
END_TEST

/* Collects the functions and variables that an ELF file exports. */
static void list_exports(const char *elf, char *text)
{
        const Elf64_Ehdr *header = (const void *)elf;
        const Elf64_Shdr *sections = (const void *)(elf + header->e_shoff);

        ck_assert_mem_eq(header->e_ident, ELFMAG, SELFMAG);
        ck_assert_int_eq(header->e_ident[EI_CLASS], ELFCLASS64);
        for (size_t i = 0; i < header->e_shnum; i++) {
                const Elf64_Sym *symbols = (const void *)(elf + sections[i].sh_offset);
                const char *strings;

                if (sections[i].sh_type != SHT_DYNSYM)
                        continue;
                strings = elf + sections[sections[i].sh_link].sh_offset;
                for (size_t j = 0; j < sections[i].sh_size / sizeof(*symbols); j++)
                        /* SHN_ABS: the name of the version itself */
                        if (symbols[j].st_shndx != SHN_UNDEF && symbols[j].st_shndx != SHN_ABS)
                                sprintf(text + strlen(text), "%s\n", strings + symbols[j].st_name);
        }
}

START_TEST(nothing_else_is_exported)
{
        static char exports[SCENE_TEXT];
        struct stat st;
        void *elf;
        int fd;

        scene_begin();
        fd = open("/srv/module.so", O_RDONLY | O_CLOEXEC);
        ck_assert_int_eq(fstat(fd, &st), 0);
        elf = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        ck_assert_ptr_ne(elf, MAP_FAILED);
        list_exports(elf, exports);
        ck_assert_msg(strcmp(exports, "pam_sm_open_session\npam_sm_close_session\n") == 0 ||
                              strcmp(exports, "pam_sm_close_session\npam_sm_open_session\n") == 0,
                      "exported are:\n%s", exports);
}
END_TEST

static int do_authenticate(void *arg)
{
        (void)arg;
        return pam_authenticate(pamh, 0);
}

static int do_setcred(void *arg)
{
        (void)arg;
        return pam_setcred(pamh, PAM_ESTABLISH_CRED);
}

static int do_acct_mgmt(void *arg)
{
        (void)arg;
        return pam_acct_mgmt(pamh, 0);
}

static int do_chauthtok(void *arg)
{
        (void)arg;
        return pam_chauthtok(pamh, 0);
}

START_TEST(b28_other_groups_have_no_such_module)
{
        struct login login;

        pam_login_begin("auth required /srv/module.so\n"
                        "account required /srv/module.so\n"
                        "password required /srv/module.so\n");
        login = login_as("alice");
        ck_assert_int_eq(login_do(&login, do_authenticate, NULL), PAM_MODULE_UNKNOWN);
        ck_assert_int_eq(login_do(&login, do_setcred, NULL), PAM_MODULE_UNKNOWN);
        ck_assert_int_eq(login_do(&login, do_acct_mgmt, NULL), PAM_MODULE_UNKNOWN);
        ck_assert_int_eq(login_do(&login, do_chauthtok, NULL), PAM_MODULE_UNKNOWN);
        login_end(&login);
        assert_nothing_left();
}
END_TEST

/* ------------------------------------------------------------------ a session */

static void assert_private(struct scene_view view, gid_t group)
{
        ck_assert_uint_eq(view.st.st_uid, 0);
        ck_assert_uint_eq(view.st.st_gid, group);
        ck_assert_uint_eq(view.st.st_mode, S_IFDIR | 01777);
        ck_assert_uint_eq(view.flags & (ST_NOEXEC | ST_NOSUID | ST_NODEV),
                          ST_NOEXEC | ST_NOSUID | ST_NODEV);
}

START_TEST(b01_open_gives_a_private_directory)
{
        const struct scene_state *now;
        struct login login;
        const char *mounts;

        pam_login_begin(SERVICE);
        scene_write("/tmp/systems", "");
        login = login_open("alice");
        now = login_state(&login);
        ck_assert_uint_ne(login.before.ns, now->ns);
        ck_assert_uint_ne(login.before.tmp.mount, now->tmp.mount);
        assert_same_process(&login.before, now);
        assert_new_fds_are_hidden(&login.before, now);

        assert_private(login_view(&login), ALICE);
        ck_assert_uint_eq(scene->view.entries, 0);
        mounts = login_read(&login, "/proc/self/mountinfo");
        ck_assert_msg(strstr(mounts, "/root /tmp rw,nosuid,nodev,noexec"), "no such mount:\n%s",
                      mounts);
        assert_mounts_unchanged();
        login_close(&login);
        assert_nothing_left();
}
END_TEST

START_TEST(b02_close_removes_everything)
{
        struct login login;

        pam_login_begin(SERVICE);
        login = login_open("alice");
        ck_assert_int_eq(login_do(&login, do_make_file, "/tmp/mine"), 0);
        ck_assert_uint_eq(scene_instances(ALICE), 1);
        ck_assert_uint_eq(scene_entries("/run/privtmp"), 1);
        login_close(&login);
        assert_nothing_left();
}
END_TEST

START_TEST(b03_files_are_hidden_both_ways)
{
        struct login login;

        pam_login_begin(SERVICE);
        scene_write("/tmp/systems", "");
        login = login_open("alice");
        ck_assert(!login_do(&login, do_has, "/tmp/systems"));
        ck_assert_int_eq(login_do(&login, do_make_file, "/tmp/mine"), 0);
        ck_assert(!scene_has("/tmp/mine"));
        login_close(&login);
        ck_assert(scene_has("/tmp/systems"));
        ck_assert(!scene_has("/tmp/mine"));
}
END_TEST

static int do_open_folder(void *path)
{
        int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (fd < 0)
                return -errno;
        close(fd);
        return 0;
}

START_TEST(b04_two_users_have_two_directories)
{
        static char instance[PATH_MAX + 8];
        struct login one, two;
        ino_t inode;

        pam_login_begin(SERVICE);
        two = login_open("bob");
        inode = login_view(&two).st.st_ino;
        scene_instance(BOB, instance);
        strcat(instance, "/root");

        one = login_open("alice");
        ck_assert_uint_ne(login_view(&one).st.st_ino, inode);
        assert_private(scene->view, ALICE);
        assert_private(login_view(&two), BOB);
        login_do(&one, do_inner_start, NULL);
        ck_assert_int_eq(login_inner(&one, do_open_folder, "/tmp"), 0);
        ck_assert_int_eq(login_inner(&one, do_become, number(ALICE)), 0);
        ck_assert_int_eq(login_inner(&one, do_open_folder, "/tmp"), 0);
        ck_assert_int_eq(login_inner(&one, do_open_folder, instance), -EACCES);
        ck_assert_int_eq(login_inner(&one, do_open_folder, SCENE_BASE), -EACCES);
        login_do(&one, do_inner_end, NULL);
        login_close(&one);
        login_close(&two);
        assert_nothing_left();
}
END_TEST

START_TEST(b05_two_sessions_of_a_user_share_one_directory)
{
        struct login one, two;
        ino_t inode;

        pam_login_begin(SERVICE);
        one = login_open("alice");
        two = login_open("alice");
        inode = login_view(&one).st.st_ino;
        ck_assert_uint_eq(login_view(&two).st.st_ino, inode);
        ck_assert_int_eq(login_do(&one, do_make_file, "/tmp/mine"), 0);
        ck_assert(login_do(&two, do_has, "/tmp/mine"));
        ck_assert_uint_eq(scene_instances(ALICE), 1);
        login_close(&one);
        ck_assert_uint_eq(scene_instances(ALICE), 1);
        ck_assert(login_do(&two, do_has, "/tmp/mine"));
        login_close(&two);
        assert_nothing_left();
}
END_TEST

START_TEST(b05_two_sessions_have_two_directories_with_scope_session)
{
        struct login one, two;
        ino_t inode;

        pam_login_begin(SERVICE);
        scene_write("/srv/table", "/srv/base /tmp * scope=session\n");
        one = login_open("alice");
        two = login_open("alice");
        inode = login_view(&one).st.st_ino;
        ck_assert_uint_ne(login_view(&two).st.st_ino, inode);
        ck_assert_uint_eq(scene_instances(ALICE), 2);
        login_close(&one);
        ck_assert_uint_eq(scene_instances(ALICE), 1);
        ck_assert_uint_eq(login_view(&two).entries, 0);
        login_close(&two);
        assert_nothing_left();
}
END_TEST

START_TEST(b05_two_sessions_share_each_of_two_directories)
{
        struct login one, two;

        pam_login_begin(SERVICE);
        scene_write("/srv/table", "/srv/base /tmp *\n/srv/base /srv/dir *\n");
        ck_assert_int_eq(mkdir("/srv/dir", 01777), 0);
        one = login_open("alice");
        two = login_open("alice");
        ck_assert_uint_eq(scene_instances(ALICE), 2);
        ck_assert_int_eq(login_do(&one, do_make_file, "/tmp/mine"), 0);
        ck_assert_int_eq(login_do(&one, do_make_file, "/srv/dir/mine-too"), 0);
        ck_assert(login_do(&two, do_has, "/tmp/mine"));
        ck_assert(login_do(&two, do_has, "/srv/dir/mine-too"));
        ck_assert(!login_do(&two, do_has, "/srv/dir/mine"));
        ck_assert(!scene_has("/srv/dir/mine-too"));
        login_close(&one);
        ck_assert_uint_eq(scene_instances(ALICE), 2);
        login_close(&two);
        assert_nothing_left();
}
END_TEST

START_TEST(b06_the_next_open_of_the_user_sweeps_what_a_killed_one_left)
{
        char killed[PATH_MAX];
        struct login login;

        pam_login_begin(SERVICE);
        login = login_open("alice");
        scene_instance(ALICE, killed);
        login_kill(&login);
        ck_assert(scene_has(killed));
        ck_assert_uint_eq(scene_entries("/run/privtmp"), 1);

        login = login_open("alice");
        ck_assert(!scene_has(killed));
        ck_assert_uint_eq(scene_instances(ALICE), 1);
        ck_assert_uint_eq(scene_entries(SCENE_BASE "/.trash"), 1);
        ck_assert_uint_eq(scene_entries("/run/privtmp"), 1);
        login_close(&login);
        ck_assert_uint_eq(scene_instances(ALICE), 0);
        ck_assert_uint_eq(scene_entries("/run/privtmp"), 0);
}
END_TEST

START_TEST(b06_the_sweep_leaves_live_sessions_alone)
{
        struct login live, other, killed, login;
        ino_t inode;

        pam_login_begin(SERVICE);
        scene_write("/srv/table", "/srv/base /tmp * scope=session\n");
        live = login_open("alice");
        other = login_open("bob");
        inode = login_view(&live).st.st_ino;
        killed = login_open("alice");
        login_kill(&killed);
        ck_assert_uint_eq(scene_instances(ALICE), 2);

        login = login_open("alice");
        ck_assert_uint_eq(scene_instances(ALICE), 2);
        ck_assert_uint_eq(scene_instances(BOB), 1);
        ck_assert_uint_eq(login_view(&live).st.st_ino, inode);
        ck_assert_int_eq(login_do(&live, do_make_file, "/tmp/mine"), 0);
        ck_assert_int_eq(login_do(&other, do_make_file, "/tmp/mine"), 0);
        login_close(&login);
        login_close(&live);
        login_close(&other);
        ck_assert_uint_eq(scene_instances(ALICE), 0);
        ck_assert_uint_eq(scene_instances(BOB), 0);
}
END_TEST

/* As systemd's (sd-pam) does it: the lock is all that tells others that the session lives. */
START_TEST(b07_close_as_the_user_does_nothing_and_keeps_the_lock)
{
        struct login unprivileged, login;
        struct scene_state open;
        ino_t inode;

        pam_login_begin(SERVICE);
        unprivileged = login_open("alice");
        inode = login_view(&unprivileged).st.st_ino;
        ck_assert_int_eq(login_do(&unprivileged, do_become, number(ALICE)), 0);
        open = *login_state(&unprivileged);
        ck_assert_int_eq(login_do(&unprivileged, do_close, NULL), PAM_SUCCESS);
        assert_same_state(&open, login_state(&unprivileged));

        login = login_open("alice");
        ck_assert_uint_eq(login_view(&login).st.st_ino, inode);
        login_close(&login);
        ck_assert_uint_eq(scene_instances(ALICE), 1);

        ck_assert_int_eq(login_do(&unprivileged, do_pam_end, number(PAM_SUCCESS)), PAM_SUCCESS);
        login_end(&unprivileged);
        login = login_open("alice");
        ck_assert_uint_ne(login_view(&login).st.st_ino, inode);
        login_close(&login);
        ck_assert_uint_eq(scene_instances(ALICE), 0);
        ck_assert_uint_eq(scene_entries("/run/privtmp"), 0);
}
END_TEST

START_TEST(b08_a_process_that_outlives_the_session_stays_in_its_directory)
{
        struct login login;
        ino_t inode;

        pam_login_begin(SERVICE);
        scene_write("/tmp/systems", "");
        login = login_open("alice");
        inode = login_view(&login).st.st_ino;
        login_do(&login, do_inner_start_orphan, NULL);
        ck_assert_int_eq(login_do(&login, do_close, NULL), PAM_SUCCESS);
        ck_assert_uint_eq(scene_instances(ALICE), 1);

        ck_assert(!login_inner(&login, do_has, "/tmp/systems"));
        ck_assert_int_eq(login_inner(&login, do_make_file, "/tmp/survivors"), 0);
        ck_assert(!scene_has("/tmp/survivors"));
        ck_assert_int_eq(login_inner(&login, do_view, NULL), 0);
        ck_assert_uint_eq(scene->view.st.st_ino, inode);
        assert_mounts_unchanged();
}
END_TEST

START_TEST(b08_with_end_close_it_can_make_no_file_anywhere)
{
        struct login login;

        pam_login_begin(SERVICE);
        scene_write("/srv/table", "/srv/base /tmp * end=close\n");
        scene_write("/tmp/systems", "");
        login = login_open("alice");
        login_do(&login, do_inner_start_orphan, NULL);
        ck_assert_int_eq(login_do(&login, do_close, NULL), PAM_SUCCESS);
        assert_nothing_left();

        ck_assert(!login_inner(&login, do_has, "/tmp/systems"));
        ck_assert_int_eq(login_inner(&login, do_make_file, "/tmp/survivors"), -ENOENT);
        ck_assert_uint_eq(scene_entries("/tmp"), 1);
}
END_TEST

/* Never answers. The first sign of life is a flag. */
static int do_make_files(void *arg)
{
        (void)arg;
        for (unsigned n = 0;; n++) {
                char path[32];
                int fd;

                snprintf(path, sizeof(path), "/tmp/%u", n);
                fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
                if (fd >= 0)
                        close(fd);
                scene->flags[0] = n >= 1000;
        }
        return 0;
}

static bool has_flag(void *arg)
{
        return scene->flags[(intptr_t)arg];
}

START_TEST(b09_close_ends_while_a_process_goes_on_making_files)
{
        struct login login;
        pid_t pid;

        pam_login_begin(SERVICE);
        scene_write("/srv/table", "/srv/base /tmp * end=close\n");
        scene_write("/tmp/systems", "");
        login = login_open("alice");
        pid = login_do(&login, do_inner_start_orphan, NULL);
        login_inner_begin(&login, do_make_files, NULL);
        scene_wait(has_flag, number(0), "for the first files");
        login_close(&login);
        ck_assert_uint_eq(scene_instances(ALICE), 0);
        ck_assert_uint_eq(scene_entries("/tmp"), 1);
        ck_assert_int_eq(kill(pid, SIGKILL), 0);
        ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
        scene_empty_trash();
        assert_nothing_left();
}
END_TEST

static int do_mount_inside(void *arg)
{
        (void)arg;
        if (mkdir("/tmp/m", 0700) < 0 || mount("tmpfs", "/tmp/m", "tmpfs", 0, NULL) < 0)
                return -errno;
        return do_make_file(as_mutable("/tmp/m/file"));
}

START_TEST(b09b_a_mount_inside_the_directory_is_no_obstacle)
{
        struct login login;

        pam_login_begin(SERVICE);
        login = login_open("alice");
        ck_assert_int_eq(login_do(&login, do_mount_inside, NULL), 0);
        login_close(&login);
        assert_nothing_left();
}
END_TEST

START_TEST(b09b_a_mount_that_is_still_used_keeps_its_files)
{
        struct login login;

        pam_login_begin(SERVICE);
        scene_write("/srv/table", "/srv/base /tmp * end=close\n");
        login = login_open("alice");
        ck_assert_int_eq(login_do(&login, do_mount_inside, NULL), 0);
        login_do(&login, do_inner_start_orphan, NULL);
        ck_assert_int_eq(login_inner(&login, do_chdir, "/tmp/m"), 0);
        ck_assert_int_eq(login_do(&login, do_close, NULL), PAM_SUCCESS);
        assert_nothing_left();
        ck_assert(login_inner(&login, do_has, "file"));
        ck_assert_int_eq(login_inner(&login, do_make_file, "another"), 0);
}
END_TEST

static void make_long_name(char name[NAME_MAX + 1], unsigned n)
{
        memset(name, 'x', NAME_MAX);
        name[NAME_MAX] = '\0';
        name[0] = (char)('0' + n);
}

/* A tree that is hard to remove, made by the user in the working directory. */
static int do_hostile_tree(void *arg)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        char name[NAME_MAX + 1];

        (void)arg;
        ck_assert_int_eq(chdir("/tmp"), 0);
        ck_assert_int_eq(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
        close(fd);
        ck_assert_int_eq(mkfifo("fifo", 0600), 0);
        ck_assert_int_eq(symlink("/etc", "link"), 0);
        ck_assert_int_eq(symlink("/srv/outside", "link-2"), 0);
        for (unsigned n = 0; n < 100000; n++) {
                snprintf(name, sizeof(name), "%u", n);
                ck_assert_int_eq(mknod(name, S_IFREG | 0600, 0), 0);
        }
        for (unsigned n = 0; n < 3; n++) {
                make_long_name(name, n);
                ck_assert_int_eq(mkdir(name, 0700), 0);
                ck_assert_int_eq(chdir(name), 0);
        }
        for (unsigned n = 0; n < 5000; n++) {
                ck_assert_int_eq(mkdir("d", n % 2 ? 0700 : 0300), 0);
                ck_assert_int_eq(chdir("d"), 0);
        }
        ck_assert_int_eq(mknod("file", S_IFREG, 0), 0);
        ck_assert_int_eq(chdir("/tmp"), 0);
        ck_assert_int_eq(mkdir("closed", 0700), 0);
        ck_assert_int_eq(mknod("closed/file", S_IFREG, 0), 0);
        ck_assert_int_eq(chmod("closed", 0), 0);
        return 0;
}

static void set_immutable(const char *path, bool immutable)
{
        int fd = open(path, O_RDONLY | O_CLOEXEC), flags = 0;

        assert_done(fd >= 0, path);
        ck_assert_int_eq(ioctl(fd, FS_IOC_GETFLAGS, &flags), 0);
        flags = immutable ? flags | FS_IMMUTABLE_FL : flags & ~FS_IMMUTABLE_FL;
        ck_assert_int_eq(ioctl(fd, FS_IOC_SETFLAGS, &flags), 0);
        close(fd);
}

START_TEST(b10_a_hostile_tree_goes_and_nothing_outside_is_touched)
{
        char instance[PATH_MAX], path[PATH_MAX + 16];
        struct login login;
        struct stat st;

        pam_login_begin(SERVICE);
        ck_assert_int_eq(mkdir("/srv/outside", 0755), 0);
        scene_write("/srv/outside/file", "outside");
        login = login_open("alice");
        scene_instance(ALICE, instance);
        login_do(&login, do_inner_start, NULL);
        ck_assert_int_eq(login_inner(&login, do_become, number(ALICE)), 0);
        ck_assert_int_eq(login_inner(&login, do_hostile_tree, NULL), 0);
        login_do(&login, do_inner_end, NULL);
        snprintf(path, sizeof(path), "%s/root/hard", instance);
        ck_assert_int_eq(link("/srv/outside/file", path), 0);

        login_close(&login);
        ck_assert_uint_eq(scene_instances(ALICE), 0);
        scene_empty_trash();
        assert_nothing_left();
        ck_assert_int_eq(stat("/srv/outside/file", &st), 0);
        ck_assert_uint_eq(st.st_mode, S_IFREG | 0644);
        ck_assert_uint_eq(st.st_nlink, 1);
        ck_assert(scene_has("/etc/passwd"));
}
END_TEST

START_TEST(b10_what_is_immutable_does_not_stop_the_rest)
{
        char instance[PATH_MAX], path[PATH_MAX + 16], name[NAME_MAX + 1];
        struct login login;

        pam_login_begin(SERVICE);
        login = login_open("alice");
        scene_instance(ALICE, instance);
        ck_assert_int_eq(login_do(&login, do_make_file, "/tmp/one"), 0);
        ck_assert_int_eq(login_do(&login, do_make_file, "/tmp/stuck"), 0);
        ck_assert_int_eq(login_do(&login, do_make_file, "/tmp/two"), 0);
        snprintf(path, sizeof(path), "%s/root/stuck", instance);
        set_immutable(path, true);
        login_close(&login);
        ck_assert_uint_eq(scene_instances(ALICE), 0);
        scene_first_entry(SCENE_BASE "/.trash", name);
        snprintf(path, sizeof(path), SCENE_BASE "/.trash/%.200s/root", name);
        ck_assert_uint_eq(scene_entries(path), 1);

        strcat(path, "/stuck");
        set_immutable(path, false);
        scene_empty_trash();
        assert_nothing_left();
}
END_TEST

START_TEST(b11_nothing_shows_on_a_host_with_a_shared_tmp)
{
        struct login login;

        pam_login_begin(SERVICE);
        scene_mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
        scene_mount(NULL, "/tmp", NULL, MS_SHARED, NULL);
        scene_mounted();
        login = login_open("alice");
        assert_private(login_view(&login), ALICE);
        assert_mounts_unchanged();
        login_close(&login);
        assert_nothing_left();
}
END_TEST

static int do_mount_tmp(void *arg)
{
        (void)arg;
        return mount("tmpfs", "/tmp", "tmpfs", 0, NULL) < 0 ? -errno : 0;
}

START_TEST(the_hosts_later_mounts_show_and_the_sessions_do_not)
{
        struct login login;

        pam_login_begin(SERVICE);
        ck_assert_int_eq(mkdir("/srv/disk", 0755), 0);
        login = login_open("alice");
        scene_mount("tmpfs", "/srv/disk", "tmpfs", 0, NULL);
        scene_write("/srv/disk/file", "");
        scene_mounted();
        ck_assert(login_do(&login, do_has, "/srv/disk/file"));
        ck_assert_int_eq(login_do(&login, do_mount_tmp, NULL), 0);
        assert_mounts_unchanged();
        login_close(&login);
        assert_nothing_left();
}
END_TEST

START_TEST(b12_open_twice_and_close_twice_on_one_handle)
{
        struct scene_state open;
        struct login login;

        pam_login_begin(SERVICE);
        login = login_open("alice");
        open = *login_state(&login);
        ck_assert_int_eq(login_do(&login, do_open, NULL), PAM_SUCCESS);
        assert_same_state(&open, login_state(&login));
        ck_assert_uint_eq(scene_instances(ALICE), 1);

        ck_assert_int_eq(login_do(&login, do_close, NULL), PAM_SUCCESS);
        assert_same_state(&login.before, login_state(&login));
        assert_nothing_left();
        login_close(&login);
        assert_nothing_left();
}
END_TEST

static int do_open_as(void *user)
{
        int r = pam_set_item(pamh, PAM_USER, user);

        return r == PAM_SUCCESS ? pam_open_session(pamh, 0) : r;
}

/* An application that could not close may go on to the next user. */
START_TEST(a_session_of_one_user_is_none_of_another)
{
        char alice[] = "alice", bob[] = "bob";
        struct login login;

        pam_login_begin(SERVICE);
        login = login_open(alice);
        ck_assert_int_eq(login_do(&login, do_open_as, bob), PAM_SYSTEM_ERR);
        assert_logged("bob is denied: there is an open session of another user");
        ck_assert_int_eq(login_do(&login, do_open_as, alice), PAM_SUCCESS);
        login_close(&login);
        assert_nothing_left();
}
END_TEST

START_TEST(open_close_and_open_again_on_one_handle)
{
        struct login login;

        pam_login_begin(SERVICE);
        login = login_open("alice");
        ck_assert_int_eq(login_do(&login, do_close, NULL), PAM_SUCCESS);
        ck_assert_int_eq(login_do(&login, do_open, NULL), PAM_SUCCESS);
        assert_private(login_view(&login), ALICE);
        login_close(&login);
        assert_nothing_left();
}
END_TEST

START_TEST(listed_twice_is_as_once)
{
        struct login login;

        pam_login_begin(SERVICE SERVICE);
        login = login_open("alice");
        assert_private(login_view(&login), ALICE);
        ck_assert_uint_eq(scene_instances(ALICE), 1);
        ck_assert_uint_eq(scene_entries("/run/privtmp"), 1);
        login_close(&login);
        assert_nothing_left();
}
END_TEST

START_TEST(close_without_open_is_success)
{
        struct login login;

        pam_login_begin(SERVICE);
        login = login_as("alice");
        login_close(&login);
        assert_nothing_left();
}
END_TEST

/* What libpam makes of it is libpam's affair: to it the stack has failed for good. */
START_TEST(close_after_a_failed_open_touches_nothing)
{
        struct login login, other;
        ino_t inode;

        pam_login_begin(SERVICE);
        other = login_open("alice");
        inode = login_view(&other).st.st_ino;
        login = login_as("alice");
        scene_write("/srv/table", "bogus\n");
        ck_assert_int_eq(login_do(&login, do_open, NULL), PAM_SYSTEM_ERR);
        (void)login_do(&login, do_close, NULL);
        login_finish(&login);
        ck_assert_uint_eq(login_view(&other).st.st_ino, inode);
        ck_assert_uint_eq(scene_instances(ALICE), 1);
        login_close(&other);
        assert_nothing_left();
}
END_TEST

/* ------------------------------------------------------------------ who closes, and who must not
 */

START_TEST(b13_pam_end_in_a_forked_child_touches_nothing)
{
        static const int statuses[] = {PAM_SUCCESS | PAM_DATA_SILENT, PAM_SUCCESS, PAM_ABORT,
                                       PAM_SYSTEM_ERR | PAM_DATA_SILENT};
        struct login login, other;
        struct scene_state open;
        ino_t inode;

        pam_login_begin(SERVICE);
        login = login_open("alice");
        open = *login_state(&login);
        inode = login_view(&login).st.st_ino;
        for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
                login_do(&login, do_inner_start, NULL);
                ck_assert_int_eq(login_inner(&login, do_pam_end, number(statuses[i])), PAM_SUCCESS);
                ck_assert_int_eq(login_inner(&login, do_view, NULL), 0);
                ck_assert_uint_eq(scene->view.st.st_ino, inode);
                login_do(&login, do_inner_end, NULL);
        }
        ck_assert_uint_eq(login_view(&login).st.st_ino, inode);
        assert_same_fds(&open, login_state(&login));
        ck_assert_uint_eq(open.ns, scene->state.ns);
        /* the lock is still held: another session joins */
        other = login_open("alice");
        ck_assert_uint_eq(login_view(&other).st.st_ino, inode);
        login_close(&other);
        ck_assert_uint_eq(scene_instances(ALICE), 1);
        login_close(&login);
        assert_nothing_left();
}
END_TEST

START_TEST(pam_end_with_an_error_undoes_what_was_not_closed)
{
        static const int statuses[] = {PAM_SESSION_ERR, PAM_ABORT | PAM_DATA_SILENT};

        pam_login_begin(SERVICE);
        for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
                struct login login = login_open("alice");

                ck_assert_int_eq(login_do(&login, do_pam_end, number(statuses[i])), PAM_SUCCESS);
                assert_same_state(&login.before, login_state(&login));
                assert_nothing_left();
                login_end(&login);
        }
}
END_TEST

/* pkexec ends PAM and goes on as the user's program: the session lives as long as that. */
START_TEST(pam_end_with_success_leaves_the_session)
{
        struct scene_state open;
        struct login login;
        ino_t inode;

        pam_login_begin(SERVICE);
        login = login_open("alice");
        open = *login_state(&login);
        inode = login_view(&login).st.st_ino;
        ck_assert_int_eq(login_do(&login, do_pam_end, number(PAM_SUCCESS)), PAM_SUCCESS);
        ck_assert_uint_eq(login_view(&login).st.st_ino, inode);
        ck_assert_uint_eq(login_state(&login)->ns, open.ns);
        assert_same_fds(&login.before, &scene->state);
        ck_assert_uint_eq(scene_instances(ALICE), 1);

        /* it has no lock any more, but it is in use */
        open = (struct scene_state){0};
        login.before = scene->state;
        {
                struct login other = login_open("alice");

                ck_assert_uint_eq(login_view(&other).st.st_ino, inode);
                ck_assert_int_eq(login_do(&other, do_close, NULL), PAM_SUCCESS);
                login_end(&other);
        }
        ck_assert_uint_eq(scene_instances(ALICE), 1);
        ck_assert_int_eq(login_do(&login, do_make_file, "/tmp/mine"), 0);
        login_end(&login);
}
END_TEST

START_TEST(a_later_module_that_fails_leaves_nothing_after_pam_end)
{
        struct login login;

        pam_login_begin(SERVICE "session required pam_deny.so\n");
        login = login_as("alice");
        ck_assert_int_ne(login_do(&login, do_open, NULL), PAM_SUCCESS);
        ck_assert_int_eq(login_do(&login, do_pam_end, number(PAM_SESSION_ERR)), PAM_SUCCESS);
        assert_same_state(&login.before, login_state(&login));
        assert_nothing_left();
        login_end(&login);
}
END_TEST

static bool is_gone(void *arg)
{
        pid_t pid = (pid_t)(intptr_t)arg;

        return kill(pid, 0) < 0 && errno == ESRCH;
}

/* In a child of the opener that outlives it, as sudo -b of another kind does it. */
static int do_close_when_alone(void *opener)
{
        scene_wait(is_gone, opener, "for the opener's end");
        scene->numbers[0] = pam_close_session(pamh, 0);
        scene_state_take(&scene->state);
        scene->flags[0] = true;
        for (;;)
                pause();
        return 0;
}

START_TEST(close_in_another_privileged_process_closes)
{
        struct login login;

        pam_login_begin(SERVICE);
        login = login_open("alice");
        login_do(&login, do_inner_start_orphan, NULL);
        login_inner_begin(&login, do_close_when_alone, number(login.pid));
        login_kill(&login);
        scene_wait(has_flag, number(0), "for the close");
        ck_assert_int_eq(scene->numbers[0], PAM_SUCCESS);
        ck_assert_uint_eq(scene->state.ns, login.before.ns);
        assert_same_spot(scene->state.tmp, login.before.tmp);
        assert_same_spot(scene->state.cwd, login.before.cwd);
        assert_nothing_left();
}
END_TEST

START_TEST(close_in_a_child_leaves_the_opener_where_it_is)
{
        struct login login;
        ino_t inode;

        pam_login_begin(SERVICE);
        login = login_open("alice");
        inode = login_view(&login).st.st_ino;
        login_do(&login, do_inner_start, NULL);
        ck_assert_int_eq(login_inner(&login, do_close, NULL), PAM_SUCCESS);
        ck_assert_int_eq(login_inner(&login, do_state, NULL), 0);
        ck_assert_uint_eq(scene->state.ns, login.before.ns);
        login_do(&login, do_inner_end, NULL);

        ck_assert_uint_eq(login_view(&login).st.st_ino, inode);
        ck_assert_int_eq(login_do(&login, do_make_file, "/tmp/mine"), 0);
        login_close(&login);
        assert_nothing_left();
}
END_TEST

static int do_unshare(void *arg)
{
        (void)arg;
        return unshare(CLONE_NEWNS) < 0 ? -errno : 0;
}

/* The application went elsewhere meanwhile: it stays there, but the session is over. */
START_TEST(close_elsewhere_drops_lock_and_record_only)
{
        struct scene_state elsewhere;
        struct login login;

        pam_login_begin(SERVICE);
        login = login_open("alice");
        ck_assert_int_eq(login_do(&login, do_unshare, NULL), 0);
        elsewhere = *login_state(&login);
        ck_assert_int_eq(login_do(&login, do_close, NULL), PAM_SUCCESS);
        ck_assert_uint_eq(login_state(&login)->ns, elsewhere.ns);
        assert_same_spot(scene->state.tmp, elsewhere.tmp);
        assert_same_fds(&login.before, &scene->state);
        ck_assert_uint_eq(scene_entries("/run/privtmp"), 0);
        ck_assert_uint_eq(scene_instances(ALICE), 1);
        login_end(&login);
}
END_TEST

START_TEST(close_keeps_a_working_directory_that_was_changed)
{
        struct login login;

        pam_login_begin(SERVICE);
        login = login_open("alice");
        ck_assert_int_eq(login_do(&login, do_chdir, "/srv"), 0);
        ck_assert_int_eq(login_do(&login, do_close, NULL), PAM_SUCCESS);
        ck_assert_uint_eq(login_state(&login)->cwd.ino, scene_spot(AT_FDCWD, "/srv").ino);
        ck_assert_uint_eq(scene->state.ns, login.before.ns);
        assert_nothing_left();
        login_end(&login);
}
END_TEST

/* ------------------------------------------------------------------ sessions inside sessions */

static int do_login_inside(void *user)
{
        int r = do_pam_start(user);

        return r != PAM_SUCCESS ? r : do_open(NULL);
}

START_TEST(b14_a_nested_session_has_its_own_directory_and_gives_back_the_outer_one)
{
        struct scene_state outer, inner;
        struct login login;

        pam_login_begin(SERVICE);
        scene_write("/tmp/systems", "");
        login = login_open("alice");
        ck_assert_int_eq(login_do(&login, do_make_file, "/tmp/alices"), 0);
        outer = *login_state(&login);

        login_do(&login, do_inner_start, NULL);
        login_inner(&login, do_state, NULL);
        inner = scene->state;
        ck_assert_int_eq(login_inner(&login, do_login_inside, "bob"), PAM_SUCCESS);
        ck_assert_int_eq(login_inner(&login, do_view, NULL), 0);
        assert_private(scene->view, BOB);
        ck_assert_uint_eq(scene->view.entries, 0);
        ck_assert_int_eq(login_inner(&login, do_close, NULL), PAM_SUCCESS);
        login_inner(&login, do_state, NULL);
        ck_assert_int_eq(login_inner(&login, do_pam_end, NULL), PAM_SUCCESS);
        assert_same_spot(scene->state.tmp, inner.tmp);
        ck_assert_uint_eq(scene->state.ns, inner.ns);
        login_do(&login, do_inner_end, NULL);

        assert_same_state(&outer, login_state(&login));
        ck_assert(login_do(&login, do_has, "/tmp/alices"));
        ck_assert_uint_eq(scene_instances(BOB), 0);
        login_close(&login);
        assert_nothing_left();
}
END_TEST

START_TEST(root_inside_a_session_finds_the_callers_directory)
{
        struct scene_state outer;
        struct login login;

        pam_login_begin(SERVICE);
        scene_write("/tmp/install", "of somebody else");
        login = login_open("alice");
        ck_assert_int_eq(login_do(&login, do_make_file, "/tmp/mine"), 0);
        outer = *login_state(&login);
        login_do(&login, do_inner_start, NULL);
        ck_assert_int_eq(login_inner(&login, do_login_inside, "root"), PAM_SUCCESS);
        login_inner(&login, do_state, NULL);
        ck_assert_uint_eq(scene->state.ns, outer.ns);
        ck_assert(login_inner(&login, do_has, "/tmp/mine"));
        ck_assert(!login_inner(&login, do_has, "/tmp/install"));
        ck_assert_int_eq(login_inner(&login, do_close, NULL), PAM_SUCCESS);
        ck_assert_int_eq(login_inner(&login, do_pam_end, NULL), PAM_SUCCESS);
        login_do(&login, do_inner_end, NULL);
        login_close(&login);
        assert_nothing_left();
}
END_TEST

/* ------------------------------------------------------------------ who is exempt */

static const char *const exempt_tables[] = {
        "/srv/base /tmp *\nnone /tmp alice\n",
        "/srv/base /tmp *\nnone /tmp 1001\n",
        "/srv/base /tmp *\nnone /tmp @alice\n",
        "/srv/base /tmp *\nnone /tmp 1000:1001\n",
        "/srv/base /tmp *\ninherit /tmp alice\n",
        "/srv/base /tmp *,!alice\n",
        "/srv/base /tmp bob\n",
        "",
};

START_TEST(b15_who_is_exempt_has_the_system_directory)
{
        struct login login;

        pam_login_begin(SERVICE);
        scene_write("/srv/table", exempt_tables[_i]);
        login = login_open("alice");
        assert_same_state(&login.before, login_state(&login));
        ck_assert(!scene_has(SCENE_BASE));
        login_close(&login);
        assert_nothing_left();
}
END_TEST

START_TEST(b15_root_has_the_system_directory)
{
        struct login login;

        pam_login_begin(SERVICE);
        login = login_open("root");
        assert_same_state(&login.before, login_state(&login));
        ck_assert(!scene_has(SCENE_BASE));
        login_close(&login);
        assert_nothing_left();
}
END_TEST

/* ------------------------------------------------------------------ what is refused */

/* An open that must fail, and change nothing at all. */
static void refused(const char *user, int code)
{
        struct login login = login_as(user);

        ck_assert_int_eq(login_do(&login, do_open, NULL), code);
        login_finish(&login);
        assert_nothing_left();
}

static const struct {
        const char *table, *words;
} bad_tables[] = {
        {"/srv/base /tmp * bogus\n", "/srv/table:1: unknown option \"bogus\""},
        {"#\n\n/srv/base /tmp * mode=0777\n", "/srv/table:3: option \"mode\" must be"},
        {"/srv/base /tmp * scope=all\n", "/srv/table:1: option \"scope\" must be"},
        {"/srv/base /tmp * noexec,exec\n", "/srv/table:1: option \"exec\" contradicts"},
        {"/srv/base /tmp * noexec=0\n", "/srv/table:1: option \"noexec\" takes no value"},
        {"/srv/base /tmp * share=../x\n", "/srv/table:1: option \"share\" must be names"},
        {"tmpfs /tmp * keep=1h\n", "/srv/table:1: option \"keep\" does not go with tmpfs"},
        {"/srv/base /tmp *\nnone /tmp", "/srv/table:2: 2 columns"},
        {"/srv/base /tmp *\nnone /tmp/ root", "/srv/table:2: directory \"/tmp/\""},
        {"/srv/base /tmp * \"noexec\n", "/srv/table:1: options have no quotes"},
        {"36 35 98:0 / /tmp rw - ext3 x rw\n", "/srv/table:1: 10 columns"},
        {"/tmp/base /tmp *\n", "/srv/table:1: the base /tmp/base is at, below or above"},
        {"/srv/base /tmp !bob\n", "/srv/table:1: users: "},
        {"/srv/base /tmp tmpfs\n", "/srv/table:1: users: \"tmpfs\""},
};

START_TEST(b16_a_fault_in_the_table_denies_the_login)
{
        pam_login_begin(SERVICE);
        scene_write("/srv/table", bad_tables[_i].table);
        refused("bob", PAM_SYSTEM_ERR);
        assert_logged(bad_tables[_i].words);
        ck_assert(!scene_has(SCENE_BASE));
}
END_TEST

START_TEST(b16_an_unknown_module_argument_denies_the_login)
{
        pam_login_begin("session required /srv/module.so conf=/srv/table unmount_on_close\n");
        refused("alice", PAM_SYSTEM_ERR);
        assert_logged("unknown module argument \"unmount_on_close\"");
}
END_TEST

START_TEST(b16_a_table_that_a_group_can_write_denies_the_login)
{
        pam_login_begin(SERVICE);
        ck_assert_int_eq(chmod("/srv/table", 0664), 0);
        refused("alice", PAM_SYSTEM_ERR);
        assert_logged("/srv/table has mode 0664");
}
END_TEST

START_TEST(b16_a_table_of_a_users_denies_the_login)
{
        pam_login_begin(SERVICE);
        ck_assert_int_eq(chown("/srv/table", ALICE, 0), 0);
        refused("alice", PAM_SYSTEM_ERR);
        assert_logged("/srv/table belongs to uid 1001");
}
END_TEST

START_TEST(b16_a_table_that_is_a_link_denies_the_login)
{
        pam_login_begin(SERVICE);
        ck_assert_int_eq(rename("/srv/table", "/srv/other"), 0);
        ck_assert_int_eq(symlink("/srv/other", "/srv/table"), 0);
        refused("alice", PAM_SYSTEM_ERR);
        assert_logged("/srv/table is a symbolic link");
}
END_TEST

START_TEST(b16_a_table_that_is_a_fifo_denies_the_login)
{
        pam_login_begin(SERVICE);
        ck_assert_int_eq(unlink("/srv/table"), 0);
        ck_assert_int_eq(mkfifo("/srv/table", 0644), 0);
        refused("alice", PAM_SYSTEM_ERR);
        assert_logged("/srv/table is not a regular file");
}
END_TEST

START_TEST(a_named_table_must_exist)
{
        pam_login_begin(SERVICE);
        ck_assert_int_eq(unlink("/srv/table"), 0);
        refused("alice", PAM_SYSTEM_ERR);
        assert_logged("/srv/table: No such file");
}
END_TEST

START_TEST(root_is_let_in_with_a_faulty_table)
{
        struct login login;

        pam_login_begin(SERVICE);
        scene_write("/srv/table", "/srv/base /tmp * bogus\n");
        login = login_open("root");
        assert_same_state(&login.before, login_state(&login));
        login_close(&login);
        assert_nothing_left();
        /* 10.2: authpriv, critical */
        ck_assert_ptr_nonnull(strstr(scene_log_text(), "10.2 "));
        assert_logged("(login:session): root is let in without a private directory: "
                      "/srv/table:1: unknown option \"bogus\"");
}
END_TEST

START_TEST(a_refusal_is_one_line_in_the_log)
{
        const char *log, *line;

        pam_login_begin(SERVICE);
        scene_write("/srv/table", "/srv/base /tmp * bogus\n");
        refused("alice", PAM_SYSTEM_ERR);
        log = scene_log_text();
        line = strstr(log, "(login:session): alice is denied: /srv/table:1:");
        ck_assert_ptr_nonnull(line);
        ck_assert_ptr_null(strstr(line + 1, "(login:session)"));
        ck_assert_int_eq(strncmp(log, "10.3 ", 5), 0);
}
END_TEST

START_TEST(a_good_session_is_not_worth_a_line_in_the_log)
{
        struct login login;

        pam_login_begin(SERVICE);
        login = login_open("alice");
        login_close(&login);
        assert_not_logged("(login:session)");
}
END_TEST

START_TEST(the_argument_debug_is_taken)
{
        struct login login;

        pam_login_begin("session required /srv/module.so conf=/srv/table debug\n");
        login = login_open("alice");
        assert_private(login_view(&login), ALICE);
        login_close(&login);
        assert_nothing_left();
}
END_TEST

START_TEST(b17_without_a_table_file_the_built_in_one_holds)
{
        struct login login;
        struct stat st;

        pam_login_begin("session required /srv/module.so\n");
        ck_assert(!scene_has("/etc/security/privtmp.conf"));
        scene_mount("tmpfs", "/var/lib", "tmpfs", 0, "mode=755");
        scene_mounted();
        login = login_open("alice");
        assert_private(login_view(&login), ALICE);
        ck_assert_int_eq(stat("/var/lib/privtmp", &st), 0);
        ck_assert_uint_eq(st.st_mode, S_IFDIR | 0700);
        ck_assert_uint_eq(scene_entries("/var/lib/privtmp/1001"), 1);
        login_close(&login);
        ck_assert_uint_eq(scene_entries("/var/lib/privtmp/1001"), 0);
        login = login_open("root");
        assert_same_state(&login.before, login_state(&login));
        login_close(&login);
}
END_TEST

START_TEST(b17_drop_ins_follow_a_missing_table_file)
{
        struct login login;

        pam_login_begin("session required /srv/module.so\n");
        scene_mount("tmpfs", "/etc/security", "tmpfs", 0, "mode=755");
        scene_mount("tmpfs", "/var/lib", "tmpfs", 0, "mode=755");
        scene_mounted();
        ck_assert_int_eq(mkdir("/etc/security/privtmp.conf.d", 0755), 0);
        scene_write("/etc/security/privtmp.conf.d/50-alice.conf", "none /tmp alice\n");
        scene_write("/etc/security/privtmp.conf.d/60-ignored", "bogus\n");
        login = login_open("alice");
        assert_same_state(&login.before, login_state(&login));
        login_close(&login);
        login = login_open("bob");
        assert_private(login_view(&login), BOB);
        login_close(&login);
        assert_mounts_unchanged();
}
END_TEST

START_TEST(b18_a_missing_base_is_made)
{
        struct login login;
        struct stat st;

        pam_login_begin(SERVICE);
        login = login_open("alice");
        ck_assert_int_eq(stat(SCENE_BASE, &st), 0);
        ck_assert_uint_eq(st.st_mode, S_IFDIR | 0700);
        ck_assert_uint_eq(st.st_uid, 0);
        login_close(&login);
        assert_nothing_left();
}
END_TEST

static void base_missing_with_parent(void)
{
        scene_write("/srv/table", "/srv/a/base /tmp *\n");
}

static void base_0755(void)
{
        ck_assert_int_eq(mkdir(SCENE_BASE, 0755), 0);
}

static void base_of_alice(void)
{
        ck_assert_int_eq(mkdir(SCENE_BASE, 0700), 0);
        ck_assert_int_eq(chown(SCENE_BASE, ALICE, ALICE), 0);
}

static void base_link(void)
{
        ck_assert_int_eq(mkdir("/srv/other", 0700), 0);
        ck_assert_int_eq(symlink("/srv/other", SCENE_BASE), 0);
}

static void base_dangling_link(void)
{
        ck_assert_int_eq(symlink("/srv/other", SCENE_BASE), 0);
}

static void base_fifo(void)
{
        ck_assert_int_eq(mkfifo(SCENE_BASE, 0700), 0);
}

static void base_file(void)
{
        scene_write(SCENE_BASE, "");
}

static void base_below_all(void)
{
        ck_assert_int_eq(mkdir("/srv/all", 0777), 0);
        ck_assert_int_eq(chmod("/srv/all", 01777), 0);
        ck_assert_int_eq(mkdir("/srv/all/base", 0700), 0);
        scene_write("/srv/table", "/srv/all/base /tmp *\n");
}

static void base_below_alice(void)
{
        ck_assert_int_eq(mkdir("/srv/hers", 0755), 0);
        ck_assert_int_eq(mkdir("/srv/hers/base", 0700), 0);
        ck_assert_int_eq(chown("/srv/hers", ALICE, ALICE), 0);
        scene_write("/srv/table", "/srv/hers/base /tmp *\n");
}

static void base_below_a_link(void)
{
        ck_assert_int_eq(mkdir("/srv/real", 0755), 0);
        ck_assert_int_eq(mkdir("/srv/real/base", 0700), 0);
        ck_assert_int_eq(symlink("real", "/srv/link"), 0);
        scene_write("/srv/table", "/srv/link/base /tmp *\n");
}

static const struct {
        void (*make)(void);
        const char *words;
} bad_bases[] = {
        {base_missing_with_parent, "/srv/a/base: No such file"},
        {base_0755, "/srv/base has mode 0755, it must be 0700"},
        {base_of_alice, "/srv/base belongs to uid 1001"},
        {base_link, "/srv/base is a symbolic link"},
        {base_dangling_link, "/srv/base is a symbolic link"},
        {base_fifo, "/srv/base: Not a directory"},
        {base_file, "/srv/base: Not a directory"},
        {base_below_all, "others than root can write /srv/all"},
        {base_below_alice, "/srv/hers belongs to uid 1001"},
        {base_below_a_link, "/srv/link is a symbolic link"},
};

START_TEST(b18_a_base_that_others_could_touch_denies_the_login)
{
        struct login login;

        pam_login_begin(SERVICE);
        bad_bases[_i].make();
        login = login_as("alice");
        ck_assert_int_eq(login_do(&login, do_open, NULL), PAM_SYSTEM_ERR);
        login_finish(&login);
        assert_mounts_unchanged();
        assert_logged(bad_bases[_i].words);
        ck_assert(!scene_has("/srv/other/1001"));
        ck_assert(!scene_has("/srv/a"));
}
END_TEST

static void entry_0400(void)
{
        ck_assert_int_eq(mkdir(SCENE_BASE "/1001/AAAAAA", 0400), 0);
}

static void entry_of_bob(void)
{
        ck_assert_int_eq(mkdir(SCENE_BASE "/1001/AAAAAA", 0777), 0);
        ck_assert_int_eq(mkdir(SCENE_BASE "/1001/AAAAAA/root", 0777), 0);
        scene_write(SCENE_BASE "/1001/AAAAAA/lock", "");
        ck_assert_int_eq(symlink("/tmp", SCENE_BASE "/1001/AAAAAA/directory"), 0);
        ck_assert_int_eq(symlink("1001", SCENE_BASE "/1001/AAAAAA/user"), 0);
        ck_assert_int_eq(chown(SCENE_BASE "/1001/AAAAAA/root", BOB, BOB), 0);
        ck_assert_int_eq(chown(SCENE_BASE "/1001/AAAAAA", BOB, BOB), 0);
}

static void entry_link(void)
{
        ck_assert_int_eq(mkdir("/srv/other", 0700), 0);
        ck_assert_int_eq(mkdir("/srv/other/root", 0700), 0);
        scene_write("/srv/other/lock", "");
        ck_assert_int_eq(symlink("/srv/other", SCENE_BASE "/1001/AAAAAA"), 0);
}

static void entry_file(void)
{
        scene_write(SCENE_BASE "/1001/AAAAAA", "");
}

static void (*const entries[])(void) = {entry_0400, entry_of_bob, entry_link, entry_file};

START_TEST(b19_what_lies_in_the_base_already_is_never_adopted)
{
        struct stat before, after;
        struct login login;

        pam_login_begin(SERVICE);
        ck_assert_int_eq(mkdir(SCENE_BASE, 0700), 0);
        ck_assert_int_eq(mkdir(SCENE_BASE "/1001", 0700), 0);
        entries[_i]();
        login = login_open("alice");
        assert_private(login_view(&login), ALICE);
        if (stat(SCENE_BASE "/1001/AAAAAA/root", &before) == 0)
                ck_assert_uint_ne(scene->view.st.st_ino, before.st_ino);
        if (stat("/srv/other/root", &after) == 0)
                ck_assert_uint_eq(after.st_uid, 0);
        login_close(&login);
        assert_mounts_unchanged();
}
END_TEST

START_TEST(b19_a_folder_of_the_user_that_is_not_roots_denies_the_login)
{
        struct login login;

        pam_login_begin(SERVICE);
        ck_assert_int_eq(mkdir(SCENE_BASE, 0700), 0);
        ck_assert_int_eq(mkdir(SCENE_BASE "/1001", 0700), 0);
        ck_assert_int_eq(chown(SCENE_BASE "/1001", BOB, BOB), 0);
        login = login_as("alice");
        ck_assert_int_eq(login_do(&login, do_open, NULL), PAM_SYSTEM_ERR);
        login_finish(&login);
        assert_nothing_left();
        assert_logged("1001 in the base is not root's 0700");
}
END_TEST

START_TEST(b20_pam_ruser_has_no_effect)
{
        static const char *const names[] = {"nobody-of-that-name", "root", "bob", "", NULL};

        pam_login_begin(SERVICE);
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
                struct login login = login_as("alice");

                ck_assert_int_eq(login_do(&login, do_ruser, names[i]), PAM_SUCCESS);
                ck_assert_int_eq(login_do(&login, do_open, NULL), PAM_SUCCESS);
                assert_private(login_view(&login), ALICE);
                login_close(&login);
                assert_nothing_left();
        }
}
END_TEST

START_TEST(b21_an_unknown_or_empty_user_is_refused)
{
        pam_login_begin(SERVICE);
        refused("nobody-of-that-name", PAM_USER_UNKNOWN);
        refused("", PAM_USER_UNKNOWN);
        refused(NULL, PAM_USER_UNKNOWN);
        refused("1001", PAM_USER_UNKNOWN);
        ck_assert(!scene_has(SCENE_BASE));
}
END_TEST

/* From now on the kernel refuses this system call to the login program, with scene->numbers[0]. */
static int do_forbid(void *arg)
{
        struct sock_filter filter[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)(intptr_t)arg, 0, 1),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)scene->numbers[0]),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};

        return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0 ? -errno : 0;
}

static const struct {
        long call;
        const char *words;
} forbidden[] = {
        {SYS_unshare, "can't leave the shared mount namespace: Operation not permitted"},
        {SYS_mount_setattr, "Operation not permitted"},
        {SYS_move_mount, "can't cover /tmp: Operation not permitted"},
        {SYS_open_tree, "can't prepare the mount for /tmp: Operation not permitted"},
};

START_TEST(b22_what_fails_late_leaves_nothing)
{
        struct login login;

        pam_login_begin(SERVICE);
        login = login_as("alice");
        scene->numbers[0] = EPERM;
        ck_assert_int_eq(login_do(&login, do_forbid, number((int)forbidden[_i].call)), 0);
        ck_assert_int_eq(login_do(&login, do_open, NULL), PAM_SYSTEM_ERR);
        login_finish(&login);
        assert_nothing_left();
        assert_logged(forbidden[_i].words);
}
END_TEST

START_TEST(want_of_memory_is_said_to_be_that)
{
        struct login login;

        pam_login_begin(SERVICE);
        login = login_as("alice");
        scene->numbers[0] = ENOMEM;
        ck_assert_int_eq(login_do(&login, do_forbid, number(SYS_unshare)), 0);
        ck_assert_int_eq(login_do(&login, do_open, NULL), PAM_BUF_ERR);
        login_finish(&login);
        assert_nothing_left();
        assert_logged("Cannot allocate memory");
}
END_TEST

static void handle_child(int number)
{
        (void)number;
        scene->numbers[0]++;
}

static int do_handle_child(void *arg)
{
        struct sigaction action = {.sa_handler = arg ? SIG_IGN : handle_child,
                                   .sa_flags = SA_RESTART};

        return sigaction(SIGCHLD, &action, NULL) < 0 ? -errno : 0;
}

/* Starts a child that ends when the pipe is closed. */
static int child_pipe[2];

static int do_child(void *arg)
{
        char byte;
        pid_t pid;

        (void)arg;
        ck_assert_int_eq(pipe2(child_pipe, O_CLOEXEC), 0);
        pid = fork();
        if (pid == 0) {
                close(child_pipe[1]);
                (void)!read(child_pipe[0], &byte, 1);
                _exit(7);
        }
        return pid;
}

static int do_open_while_the_child_ends(void *arg)
{
        int r;

        close(child_pipe[1]);
        r = do_open(arg);
        close(child_pipe[0]);
        return r;
}

static int do_wait(void *pid)
{
        int status;

        if (waitpid((pid_t)(intptr_t)pid, &status, 0) < 0)
                return -errno;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -EINVAL;
}

START_TEST(b23_the_callers_child_is_not_lost)
{
        struct login login;
        pid_t pid;

        pam_login_begin(SERVICE);
        login = login_as("alice");
        ck_assert_int_eq(login_do(&login, do_handle_child, NULL), 0);
        login.before = *login_state(&login);
        pid = login_do(&login, do_child, NULL);
        ck_assert_int_eq(login_do(&login, do_open_while_the_child_ends, NULL), PAM_SUCCESS);
        ck_assert_int_eq(login_do(&login, do_wait, number(pid)), 7);
        ck_assert_int_eq(scene->numbers[0], 1);
        login_close(&login);
        ck_assert_int_eq(scene->numbers[0], 1);
        assert_nothing_left();
}
END_TEST

START_TEST(b23_ignored_sigchld_stays_ignored)
{
        struct login login;

        pam_login_begin(SERVICE);
        login = login_as("alice");
        ck_assert_int_eq(login_do(&login, do_handle_child, number(1)), 0);
        login.before = *login_state(&login);
        ck_assert_int_eq(login_do(&login, do_open, NULL), PAM_SUCCESS);
        assert_same_process(&login.before, login_state(&login));
        login_close(&login);
        assert_nothing_left();
}
END_TEST

static int do_cwd_is(void *path)
{
        struct scene_spot here = scene_spot(AT_FDCWD, ""), there = scene_spot(AT_FDCWD, path);

        return here.dev == there.dev && here.ino == there.ino && here.mount == there.mount;
}

static const struct {
        const char *cwd, *then;
} cwds[] = {
        {"/", "/"},
        {"/srv/dir", "/srv/dir"},
        {"/srv/dir/x", "/srv/dir"},
        {"/srv/dirfoo", "/srv/dirfoo"},
        {"/srv", "/srv"},
};

/* The directory is no mount of its own here, as /tmp is on most hosts. */
START_TEST(b24_fds_and_the_working_directory)
{
        const struct scene_state *now;
        struct login login;

        pam_login_begin(SERVICE);
        scene_write("/srv/table", "/srv/base /srv/dir *\n");
        ck_assert_int_eq(mkdir("/srv/dir", 0777), 0);
        ck_assert_int_eq(mkdir("/srv/dir/x", 0777), 0);
        ck_assert_int_eq(mkdir("/srv/dirfoo", 0777), 0);
        login = login_as("alice");
        ck_assert_int_eq(login_do(&login, do_chdir, cwds[_i].cwd), 0);
        login.before = *login_state(&login);
        ck_assert_int_eq(login_do(&login, do_open, NULL), PAM_SUCCESS);
        now = login_state(&login);
        assert_new_fds_are_hidden(&login.before, now);
        if (strcmp(cwds[_i].cwd, cwds[_i].then) == 0 && strcmp(cwds[_i].cwd, "/srv/dir") != 0)
                ck_assert_uint_eq(now->cwd.ino, login.before.cwd.ino);
        else
                ck_assert_uint_ne(now->cwd.ino, login.before.cwd.ino);
        ck_assert(login_do(&login, do_cwd_is, cwds[_i].then));
        ck_assert(!login_do(&login, do_has, "/srv/dir/x"));
        login_close(&login);
        assert_nothing_left();
}
END_TEST

/* Runs a command as the user, and returns its exit status. */
static int do_run(void *command)
{
        int status;
        pid_t pid;

        fflush(NULL);
        pid = fork();
        if (pid == 0) {
                if (do_become(number(ALICE)) < 0)
                        _exit(126);
                (void)dup2(STDERR_FILENO, STDOUT_FILENO); /* what it says is no TAP */
                execl("/bin/sh", "sh", "-c", (const char *)command, (char *)NULL);
                _exit(127);
        }
        if (waitpid(pid, &status, 0) != pid)
                return -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* perl-base and, for meson, python3 are on every machine that builds this */
static const char *const temporary_files[] = {
        "f=$(mktemp) && d=$(mktemp -d) && test -f \"$f\" && test -d \"$d\" && rm \"$f\" && rmdir "
        "\"$d\"",
        ("for level in 0 1 2; do"
         " perl -MFile::Temp -e 'File::Temp->safe_level(shift);"
         " File::Temp::tempfile(DIR => \"/tmp\", UNLINK => 1);"
         " File::Temp::tempdir(DIR => \"/tmp\", CLEANUP => 1)' $level || exit 1; done"),
        ("/usr/bin/python3 -c"
         " 'import tempfile; tempfile.NamedTemporaryFile(); tempfile.mkdtemp()'"),
};

START_TEST(b25_programs_can_make_temporary_files)
{
        struct login login;

        pam_login_begin(SERVICE);
        login = login_open("alice");
        ck_assert_int_eq(login_do(&login, do_run, temporary_files[_i]), 0);
        ck_assert_uint_eq(scene_entries("/tmp"), 0);
        login_close(&login);
        assert_nothing_left();
}
END_TEST

START_TEST(b26_without_proc_open_is_refused_before_it_changes_anything)
{
        struct scene_state before, after;
        struct stat ns_before, ns_after;
        struct login login;
        char path[64];

        pam_login_begin(SERVICE);
        login = login_as("alice");
        ck_assert_int_eq(login_do(&login, do_hide_proc, NULL), 0);
        snprintf(path, sizeof(path), "/proc/%d/ns/mnt", (int)login.pid);
        ck_assert_int_eq(stat(path, &ns_before), 0);
        before = *login_state(&login);
        ck_assert_int_eq(login_do(&login, do_open, NULL), PAM_SYSTEM_ERR);
        after = *login_state(&login);
        ck_assert_int_eq(stat(path, &ns_after), 0);
        assert_same_state(&before, &after);
        ck_assert_uint_eq(ns_before.st_ino, ns_after.st_ino);
        assert_nothing_left();
        assert_logged("(is /proc mounted?)");
        ck_assert_int_eq(kill(login.pid, SIGKILL), 0); /* a sanitizer needs /proc at the end */
}
END_TEST

/* The copy is root's, so that it could be setuid. */
static int do_copy_id(void *arg)
{
        (void)arg;
        scene_copy("/usr/bin/id", "/tmp/id");
        scene_write("/tmp/script", "#!/bin/sh\nexit 0\n");
        if (chmod("/tmp/id", 04755) < 0 || chmod("/tmp/script", 0755) < 0)
                return -errno;
        return 0;
}

START_TEST(b27_programs_are_not_run)
{
        struct login login;

        pam_login_begin(SERVICE);
        login = login_open("alice");
        ck_assert_int_eq(login_do(&login, do_copy_id, NULL), 0);
        /* 126: sh could not execute it */
        ck_assert_int_eq(login_do(&login, do_run, "/tmp/id 2>/dev/null"), 126);
        ck_assert_int_eq(login_do(&login, do_run, "/tmp/script 2>/dev/null"), 126);
        ck_assert_int_eq(login_do(&login, do_run, "sh /tmp/script"), 0);
        login_close(&login);
}
END_TEST

START_TEST(b27_setuid_has_no_effect)
{
        struct login login;

        pam_login_begin(SERVICE);
        scene_write("/srv/table", "/srv/base /tmp * exec\n");
        login = login_open("alice");
        ck_assert_int_eq(login_do(&login, do_copy_id, NULL), 0);
        ck_assert_int_eq(login_do(&login, do_run, "test \"$(/tmp/id -u)\" = 1001"), 0);
        login_close(&login);
        scene_write("/srv/table", "/srv/base /tmp * exec,suid\n");
        login = login_open("alice");
        ck_assert_int_eq(login_do(&login, do_copy_id, NULL), 0);
        ck_assert_int_eq(login_do(&login, do_run, "test \"$(/tmp/id -u)\" = 0"), 0);
        login_close(&login);
}
END_TEST

/* Opens a device file of /dev/null's number. */
static int do_device(void *arg)
{
        int fd;

        (void)arg;
        if (mknod("/tmp/null", S_IFCHR | 0666, makedev(1, 3)) < 0)
                return -errno;
        fd = open("/tmp/null", O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        close(fd);
        return 0;
}

START_TEST(b27_device_files_are_not_opened)
{
        struct login login;

        pam_login_begin(SERVICE);
        login = login_open("alice");
        ck_assert_int_eq(login_do(&login, do_device, NULL), -EACCES);
        login_close(&login);
        scene_write("/srv/table", "/srv/base /tmp * dev\n");
        login = login_open("alice");
        ck_assert_int_eq(login_do(&login, do_device, NULL), 0);
        login_close(&login);
}
END_TEST

static TCase *add_case(Suite *suite, const char *name)
{
        TCase *tests = tcase_create(name);

        tcase_set_timeout(tests, 60);
        suite_add_tcase(suite, tests);
        return tests;
}

static Suite *make_suite(void)
{
        Suite *suite = suite_create("module");
        TCase *tests;

        tests = add_case(suite, "exports");
        tcase_add_test(tests, only_the_session_entry_points_are_found);
        tcase_add_test(tests, nothing_else_is_exported);
        tcase_add_test(tests, b28_other_groups_have_no_such_module);
        tests = add_case(suite, "session");
        tcase_add_test(tests, b01_open_gives_a_private_directory);
        tcase_add_test(tests, b02_close_removes_everything);
        tcase_add_test(tests, b03_files_are_hidden_both_ways);
        tcase_add_test(tests, b04_two_users_have_two_directories);
        tcase_add_test(tests, b05_two_sessions_of_a_user_share_one_directory);
        tcase_add_test(tests, b05_two_sessions_have_two_directories_with_scope_session);
        tcase_add_test(tests, b05_two_sessions_share_each_of_two_directories);
        tcase_add_test(tests, b06_the_next_open_of_the_user_sweeps_what_a_killed_one_left);
        tcase_add_test(tests, b06_the_sweep_leaves_live_sessions_alone);
        tcase_add_test(tests, b07_close_as_the_user_does_nothing_and_keeps_the_lock);
        tcase_add_test(tests, b08_a_process_that_outlives_the_session_stays_in_its_directory);
        tcase_add_test(tests, b08_with_end_close_it_can_make_no_file_anywhere);
        tcase_add_test(tests, b09_close_ends_while_a_process_goes_on_making_files);
        tcase_add_test(tests, b09b_a_mount_inside_the_directory_is_no_obstacle);
        tcase_add_test(tests, b09b_a_mount_that_is_still_used_keeps_its_files);
        tcase_add_test(tests, b10_a_hostile_tree_goes_and_nothing_outside_is_touched);
        tcase_add_test(tests, b10_what_is_immutable_does_not_stop_the_rest);
        tcase_add_test(tests, b11_nothing_shows_on_a_host_with_a_shared_tmp);
        tcase_add_test(tests, the_hosts_later_mounts_show_and_the_sessions_do_not);
        tests = add_case(suite, "close");
        tcase_add_test(tests, b12_open_twice_and_close_twice_on_one_handle);
        tcase_add_test(tests, open_close_and_open_again_on_one_handle);
        tcase_add_test(tests, listed_twice_is_as_once);
        tcase_add_test(tests, a_session_of_one_user_is_none_of_another);
        tcase_add_test(tests, close_without_open_is_success);
        tcase_add_test(tests, close_after_a_failed_open_touches_nothing);
        tcase_add_test(tests, b13_pam_end_in_a_forked_child_touches_nothing);
        tcase_add_test(tests, pam_end_with_an_error_undoes_what_was_not_closed);
        tcase_add_test(tests, pam_end_with_success_leaves_the_session);
        tcase_add_test(tests, a_later_module_that_fails_leaves_nothing_after_pam_end);
        tcase_add_test(tests, close_in_another_privileged_process_closes);
        tcase_add_test(tests, close_in_a_child_leaves_the_opener_where_it_is);
        tcase_add_test(tests, close_elsewhere_drops_lock_and_record_only);
        tcase_add_test(tests, close_keeps_a_working_directory_that_was_changed);
        tests = add_case(suite, "nested");
        tcase_add_test(tests,
                       b14_a_nested_session_has_its_own_directory_and_gives_back_the_outer_one);
        tcase_add_test(tests, root_inside_a_session_finds_the_callers_directory);
        tests = add_case(suite, "exempt");
        tcase_add_loop_test(tests, b15_who_is_exempt_has_the_system_directory, 0,
                            sizeof(exempt_tables) / sizeof(exempt_tables[0]));
        tcase_add_test(tests, b15_root_has_the_system_directory);
        tests = add_case(suite, "refused");
        tcase_add_loop_test(tests, b16_a_fault_in_the_table_denies_the_login, 0,
                            sizeof(bad_tables) / sizeof(bad_tables[0]));
        tcase_add_test(tests, b16_an_unknown_module_argument_denies_the_login);
        tcase_add_test(tests, b16_a_table_that_a_group_can_write_denies_the_login);
        tcase_add_test(tests, b16_a_table_of_a_users_denies_the_login);
        tcase_add_test(tests, b16_a_table_that_is_a_link_denies_the_login);
        tcase_add_test(tests, b16_a_table_that_is_a_fifo_denies_the_login);
        tcase_add_test(tests, a_named_table_must_exist);
        tcase_add_test(tests, root_is_let_in_with_a_faulty_table);
        tcase_add_test(tests, a_refusal_is_one_line_in_the_log);
        tcase_add_test(tests, a_good_session_is_not_worth_a_line_in_the_log);
        tcase_add_test(tests, the_argument_debug_is_taken);
        tests = add_case(suite, "host");
        tcase_add_test(tests, b17_without_a_table_file_the_built_in_one_holds);
        tcase_add_test(tests, b17_drop_ins_follow_a_missing_table_file);
        tcase_add_test(tests, b18_a_missing_base_is_made);
        tcase_add_loop_test(tests, b18_a_base_that_others_could_touch_denies_the_login, 0,
                            sizeof(bad_bases) / sizeof(bad_bases[0]));
        tcase_add_loop_test(tests, b19_what_lies_in_the_base_already_is_never_adopted, 0,
                            sizeof(entries) / sizeof(entries[0]));
        tcase_add_test(tests, b19_a_folder_of_the_user_that_is_not_roots_denies_the_login);
        tests = add_case(suite, "caller");
        tcase_add_test(tests, b20_pam_ruser_has_no_effect);
        tcase_add_test(tests, b21_an_unknown_or_empty_user_is_refused);
        tcase_add_loop_test(tests, b22_what_fails_late_leaves_nothing, 0,
                            sizeof(forbidden) / sizeof(forbidden[0]));
        tcase_add_test(tests, want_of_memory_is_said_to_be_that);
        tcase_add_test(tests, b23_the_callers_child_is_not_lost);
        tcase_add_test(tests, b23_ignored_sigchld_stays_ignored);
        tcase_add_loop_test(tests, b24_fds_and_the_working_directory, 0,
                            sizeof(cwds) / sizeof(cwds[0]));
        tcase_add_loop_test(tests, b25_programs_can_make_temporary_files, 0,
                            sizeof(temporary_files) / sizeof(temporary_files[0]));
        tcase_add_test(tests, b26_without_proc_open_is_refused_before_it_changes_anything);
        tcase_add_test(tests, b27_programs_are_not_run);
        tcase_add_test(tests, b27_setuid_has_no_effect);
        tcase_add_test(tests, b27_device_files_are_not_opened);
        return suite;
}

int main(void)
{
        return scratch_run(make_suite());
}
