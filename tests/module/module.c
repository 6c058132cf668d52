/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The module through the real libpam: what it exports, and what a session is like.
 *
 * Environment: PRIVTMP_MODULE, the path of the module. In a throw-away host.
 */
#include <dlfcn.h>
#include <elf.h>

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

START_TEST(other_groups_have_no_such_module)
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

START_TEST(open_gives_a_private_directory)
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

START_TEST(close_removes_everything)
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

START_TEST(files_are_hidden_both_ways)
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

START_TEST(two_users_have_two_directories)
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

START_TEST(two_sessions_of_a_user_share_one_directory)
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

START_TEST(two_sessions_have_two_directories_with_scope_session)
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

START_TEST(two_sessions_share_each_of_two_directories)
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

START_TEST(the_next_open_of_the_user_sweeps_what_a_killed_one_left)
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

START_TEST(the_sweep_leaves_live_sessions_alone)
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
START_TEST(close_as_the_user_does_nothing_and_keeps_the_lock)
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

START_TEST(a_process_that_outlives_the_session_stays_in_its_directory)
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

START_TEST(with_end_close_a_process_that_outlives_the_session_can_make_no_file)
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

START_TEST(nothing_shows_on_a_host_with_a_shared_tmp)
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

/* ------------------------------------------------------------------ sessions inside sessions */

static int do_login_inside(void *user)
{
        int r = do_pam_start(user);

        return r != PAM_SUCCESS ? r : do_open(NULL);
}

START_TEST(a_nested_session_has_its_own_directory_and_gives_back_the_outer_one)
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

static Suite *make_suite(void)
{
        Suite *suite = suite_create("module");
        TCase *tests;

        tests = scratch_case(suite, "exports");
        tcase_add_test(tests, only_the_session_entry_points_are_found);
        tcase_add_test(tests, nothing_else_is_exported);
        tcase_add_test(tests, other_groups_have_no_such_module);
        tests = scratch_case(suite, "session");
        tcase_add_test(tests, open_gives_a_private_directory);
        tcase_add_test(tests, close_removes_everything);
        tcase_add_test(tests, files_are_hidden_both_ways);
        tcase_add_test(tests, two_users_have_two_directories);
        tcase_add_test(tests, two_sessions_of_a_user_share_one_directory);
        tcase_add_test(tests, two_sessions_have_two_directories_with_scope_session);
        tcase_add_test(tests, two_sessions_share_each_of_two_directories);
        tcase_add_test(tests, the_next_open_of_the_user_sweeps_what_a_killed_one_left);
        tcase_add_test(tests, the_sweep_leaves_live_sessions_alone);
        tcase_add_test(tests, close_as_the_user_does_nothing_and_keeps_the_lock);
        tcase_add_test(tests, a_process_that_outlives_the_session_stays_in_its_directory);
        tcase_add_test(tests, with_end_close_a_process_that_outlives_the_session_can_make_no_file);
        tcase_add_test(tests, nothing_shows_on_a_host_with_a_shared_tmp);
        tcase_add_test(tests, the_hosts_later_mounts_show_and_the_sessions_do_not);
        tests = scratch_case(suite, "nested");
        tcase_add_test(tests, a_nested_session_has_its_own_directory_and_gives_back_the_outer_one);
        tcase_add_test(tests, root_inside_a_session_finds_the_callers_directory);
        return suite;
}

int main(void)
{
        return scratch_run(make_suite());
}
