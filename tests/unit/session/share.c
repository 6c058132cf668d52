/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test-share: entries of the system directory, bound into the private one
 *
 * Needs root, in a throw-away host.
 */
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/un.h>

#include "mounts/cover.h"
#include "kit/fuse.h"
#include "kit/ground.h"
#include "session/share.h"

#define SYSTEM "/run/tmp" /* the system directory, which a session covers */

static struct scratch scratch; /* the base */
static struct heard heard;
static int root; /* of the instance */
static int system_fd;
static struct line line;
static struct share_list list;

static void set_up(void)
{
        own_mounts();
        umask(077); /* as strict as a caller's may be */
        ground_make(&scratch);
        heard_begin(&heard);
        close(make_dir(scratch.fd, "1001", 0700));
        root = make_dir(scratch.fd, "1001/root", 01770);
        must(fchown(root, 0, ALICE));
        must(mount("tmpfs", "/run", "tmpfs", 0, "mode=755"));
        must(mkdir(SYSTEM, 0700));
        must(chmod(SYSTEM, 01777));
        system_fd = must(open(SYSTEM, O_PATH | O_DIRECTORY | O_CLOEXEC));
        list = (struct share_list){0};
}

/* ------------------------------------------------------------------ the system directory */

static void give(const char *name, uid_t owner)
{
        must(fchownat(system_fd, name, owner, owner, AT_SYMLINK_NOFOLLOW));
}

static void make_file(const char *name, uid_t owner)
{
        write_file(system_fd, name, name);
        give(name, owner);
}

static void make_folder(const char *name, uid_t owner)
{
        close(make_dir(system_fd, name, 0755));
        give(name, owner);
}

static int make_socket(const char *name, uid_t owner)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        int fd = must(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));

        snprintf(address.sun_path, sizeof(address.sun_path), SYSTEM "/%s", name);
        must(bind(fd, (struct sockaddr *)&address, sizeof(address)));
        must(listen(fd, 1));
        must(chmod(address.sun_path, 0777));
        give(name, owner);
        return fd;
}

/* ------------------------------------------------------------------ take and put */

static void parse(const char *options)
{
        char text[4096];

        snprintf(text, sizeof(text), "/b " SYSTEM " * %s", options);
        ck_assert_msg(line_parse("conf", 3, text, strlen(text), &line, &heard.report) == 1, "%s",
                      heard.report.fault);
}

static void take(const char *options)
{
        parse(options);
        share_take(&line, system_fd, ALICE, &list, &heard.report);
}

static bool has(const char *name)
{
        return share_has(&list, name, strlen(name));
}

/* Covers the directory and binds what was taken. Returns an O_PATH fd of what covers it. */
static int cover(void)
{
        int tree, directory = must(open(SYSTEM, O_PATH | O_DIRECTORY | O_CLOEXEC));

        ck_assert_int_eq(cover_clone(root, line.flags, &tree), 0);
        ck_assert_int_eq(cover_put(tree, directory), 0);
        close(directory);
        share_put(&line, &list, tree, &heard.report);
        return tree;
}

/* Is the entry in the private directory the one that the system directory has? */
static bool is_bound(const char *name)
{
        struct stat outside, inside;
        char path[256];

        snprintf(path, sizeof(path), SYSTEM "/%s", name);
        return fstatat(system_fd, name, &outside, AT_SYMLINK_NOFOLLOW) == 0 &&
               lstat(path, &inside) == 0 && outside.st_dev == inside.st_dev &&
               outside.st_ino == inside.st_ino;
}

static bool said(const char *text)
{
        return strstr(heard.text, text) != NULL;
}

/* ------------------------------------------------------------------ what is taken */

START_TEST(folders_files_and_sockets_of_roots_and_of_the_users_are_bound)
{
        static const char *const names[] = {"folder", "file", "socket", "hers", "her-folder"};

        make_folder("folder", 0);
        make_file("file", 0);
        close(make_socket("socket", 0));
        make_file("hers", ALICE);
        make_folder("her-folder", ALICE);
        make_file("not-named", ALICE);
        take("share=folder:file:socket:her*");
        ck_assert_uint_eq(list.n, 5);
        close(cover());
        for (size_t i = 0; i < 5; i++)
                ck_assert_msg(is_bound(names[i]), "%s", names[i]);
        ck_assert(!is_there(AT_FDCWD, SYSTEM "/not-named"));
        ck_assert_str_eq(heard.text, "");
}
END_TEST

static void connect_as_alice(void *arg)
{
        const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = SYSTEM "/socket"};
        int fd;

        (void)arg;
        become(ALICE);
        fd = must(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        must(connect(fd, (const struct sockaddr *)&address, sizeof(address)));
}

START_TEST(a_socket_that_is_shared_by_itself_can_be_connected_to)
{
        int fd = make_socket("socket", 0);

        take("share=socket");
        close(cover());
        child_do(connect_as_alice, NULL);
        must(accept(fd, NULL, NULL));
}
END_TEST

START_TEST(a_folder_is_the_same_from_both_sides)
{
        make_folder("folder", 0);
        take("share=folder");
        close(cover());
        write_file(AT_FDCWD, SYSTEM "/folder/made-inside", "");
        ck_assert(is_there(system_fd, "folder/made-inside"));
        write_file(system_fd, "folder/made-outside", "");
        ck_assert(is_there(AT_FDCWD, SYSTEM "/folder/made-outside"));
}
END_TEST

START_TEST(what_is_absent_is_left_out_silently)
{
        make_file("there", 0);
        take("share=absent:there:none*");
        ck_assert_uint_eq(list.n, 1);
        close(cover());
        ck_assert(!is_there(AT_FDCWD, SYSTEM "/absent"));
        ck_assert_str_eq(heard.text, "");
}
END_TEST

/* ------------------------------------------------------------------ patterns */

static const struct {
        const char *globs;
        const char *taken; /* in alphabetical order, each with a blank behind it */
} patterns[] = {
        {"a", "a "},    {"a*", "a ab abc "},     {"?b", "ab "},          {"[ab]", "a b "},
        {"[!a]", "b "}, {"*", "a ab abc b "},    {".*", "..x .a "},      {".?", ".a "},
        {"*a", "a "},   {".[ab]", ".a "},        {"..*", "..x "},        {"?a", ""},
        {"[.]a", ""},   {"a:a:a*", "a ab abc "}, {"*:b", "a ab abc b "}, {"\\a", ""},
};

static int compare_names(const void *a, const void *b)
{
        return strcmp(((const struct share *)a)->name, ((const struct share *)b)->name);
}

START_TEST(patterns_match_as_in_the_shell)
{
        static const char *const names[] = {"a", "ab", "abc", "b", ".a", "..x"};
        char options[64], taken[256] = "";

        for (size_t i = 0; i < 6; i++)
                make_file(names[i], 0);
        /* the parser of lines lets no backslash pass: a plain name it is, if it comes */
        if (strchr(patterns[_i].globs, '\\')) {
                line = (struct line){.file = "conf", .directory = strdup(SYSTEM)};
                ck_assert_int_eq(value_globs(patterns[_i].globs, &line.shares, &line.n_shares), 0);
                share_take(&line, system_fd, ALICE, &list, &heard.report);
        } else {
                snprintf(options, sizeof(options), "share=%s", patterns[_i].globs);
                take(options);
        }
        qsort(list.shares, list.n, sizeof(*list.shares), compare_names);
        for (size_t i = 0; i < list.n; i++) {
                strcat(taken, list.shares[i].name);
                strcat(taken, " ");
        }
        ck_assert_str_eq(taken, patterns[_i].taken);
        ck_assert_str_eq(heard.text, "");
}
END_TEST

/* ------------------------------------------------------------------ what is left out */

START_TEST(what_another_user_has_is_left_out)
{
        make_file("his", BOB);
        make_folder("his-folder", BOB);
        make_file("his-cache", BOB);
        take("share=his:his-folder:his-c*");
        ck_assert_uint_eq(list.n, 0);
        ck_assert_str_eq(
                heard.text,
                "warning conf:3: " SYSTEM "/his is not shared: it belongs to another user\n"
                "warning conf:3: " SYSTEM "/his-folder is not shared: it belongs to another user\n"
                "debug conf:3: " SYSTEM "/his-cache is not shared: it belongs to another user\n");
}
END_TEST

START_TEST(an_owner_who_is_named_may_have_it_too)
{
        make_file("his", BOB);
        make_file("hers", ALICE);
        make_file("roots", 0);
        make_file("carols", 1003);
        take("share=his@bob:hers@bob:roots@bob:carols@bob");
        ck_assert(has("his"));
        ck_assert(has("hers"));
        ck_assert(has("roots"));
        ck_assert(!has("carols"));
        ck_assert_uint_eq(heard.lines, 1);
}
END_TEST

START_TEST(an_owner_counts_for_one_item_only)
{
        make_file("his", BOB);
        make_file("his-too", BOB);
        take("share=his@bob:his-too");
        ck_assert_uint_eq(list.n, 1);
        ck_assert(said("his-too is not shared: it belongs to another user"));
}
END_TEST

START_TEST(an_owner_who_does_not_exist_opens_nothing)
{
        make_file("file", 0);
        make_file("other", 0);
        take("share=file@nobody-of-that-name:other");
        ck_assert_uint_eq(list.n, 1);
        ck_assert(has("other"));
        ck_assert_str_eq(heard.text,
                         "warning conf:3: " SYSTEM "/file is not shared: there is no such owner\n");
}
END_TEST

START_TEST(no_symbolic_link_is_followed_or_bound)
{
        make_folder("folder", 0);
        must(symlinkat("folder", system_fd, "link"));
        must(symlinkat("/etc", system_fd, "away"));
        must(symlinkat("nowhere", system_fd, "dangling"));
        give("link", ALICE);
        take("share=link:away:dangling:l*");
        ck_assert_uint_eq(list.n, 0);
        ck_assert(said("link is not shared: it is no directory, file or socket"));
        ck_assert(said("away is not shared: it is no directory, file or socket"));
        ck_assert(said("dangling is not shared: it is no directory, file or socket"));
}
END_TEST

START_TEST(devices_and_fifos_are_left_out)
{
        must(mkfifoat(system_fd, "fifo", 0666));
        must(mknodat(system_fd, "zero", S_IFCHR | 0666, makedev(1, 5)));
        take("share=fifo:zero");
        ck_assert_uint_eq(list.n, 0);
        ck_assert_uint_eq(heard.lines, 2);
}
END_TEST

START_TEST(a_file_with_another_name_is_left_out)
{
        make_file("file", 0);
        must(linkat(system_fd, "file", system_fd, "hers", 0));
        must(linkat(system_fd, "file", system_fd, "hers2", 0));
        make_file("cache", ALICE);
        must(linkat(system_fd, "cache", system_fd, "cache2", 0));
        take("share=file:hers:cache:c*");
        ck_assert_uint_eq(list.n, 0);
        ck_assert(said("file is not shared: it has another name, too"));
        ck_assert(said("cache is not shared: it has another name, too"));
}
END_TEST

/* ------------------------------------------------------------------ limits */

START_TEST(no_more_than_64_are_bound_and_that_is_said_once)
{
        char name[16];

        for (unsigned i = 0; i < 300; i++) {
                snprintf(name, sizeof(name), "f%u", i);
                make_file(name, ALICE);
        }
        take("share=f*");
        ck_assert_uint_eq(list.n, SHARE_MAX);
        ck_assert_uint_eq(heard.lines, 1);
        ck_assert(said("is not shared: there are too many"));
}
END_TEST

static void hear_no_debug(void *arg, enum report_level level, const char *text)
{
        if (level != REPORT_DEBUG)
                heard_say(arg, level, text);
}

START_TEST(others_files_take_no_room)
{
        char name[16];

        for (unsigned i = 0; i < 300; i++) {
                snprintf(name, sizeof(name), "f%u", i);
                make_file(name, BOB);
        }
        make_file("f", ALICE);
        heard.report.say = hear_no_debug;
        take("share=f*");
        ck_assert_uint_eq(list.n, 1);
        ck_assert(has("f"));
        ck_assert_uint_eq(heard.lines, 0);
}
END_TEST

/* What others put beside it may use up all that patterns may take. */
START_TEST(a_plain_name_does_not_depend_on_what_patterns_come_to)
{
        for (unsigned i = 0; i < SHARE_MAX + 10; i++) {
                char name[16];

                (void)snprintf(name, sizeof(name), "x%u", i);
                make_file(name, 0);
        }
        make_file("file", 0);
        take("share=x*:file");
        ck_assert_uint_eq(list.n, SHARE_MAX);
        ck_assert(share_has(&list, "file", 4));
        ck_assert(said("is not shared: there are too many"));
}
END_TEST

START_TEST(no_more_than_10000_names_are_read)
{
        char name[16];

        for (unsigned i = 0; i < 10100; i++) {
                snprintf(name, sizeof(name), "x%u", i);
                must(mknodat(system_fd, name, S_IFREG | 0600, 0));
        }
        make_file("plain", ALICE);
        take("share=y*:plain");
        ck_assert_str_eq(heard.text,
                         "warning conf:3: " SYSTEM
                         "/y* is not shared: there are more than 10,000 names to be looked at\n");
        /* a plain name needs none to be read */
        ck_assert(has("plain"));
}
END_TEST

/* ------------------------------------------------------------------ flags */

static int run_shared(void)
{
        int status;
        pid_t pid = must(fork());

        if (pid == 0) {
                execl(SYSTEM "/folder/true", "true", NULL);
                _exit(errno == EACCES ? 13 : 99);
        }
        must(waitpid(pid, &status, 0));
        ck_assert(WIFEXITED(status));
        return WEXITSTATUS(status);
}

/* _i: with exec */
START_TEST(a_share_has_the_flags_of_the_line)
{
        struct statvfs fs;

        make_folder("folder", 0);
        must(system("cp /bin/true " SYSTEM "/folder/true"));
        must(fchmodat(system_fd, "folder/true", 0755, 0));
        ck_assert_int_eq(run_shared(), 0);
        take(_i ? "share=folder,exec" : "share=folder");
        close(cover());
        ck_assert_int_eq(run_shared(), _i ? 0 : 13);
        must(statvfs(SYSTEM "/folder", &fs));
        ck_assert_uint_eq(fs.f_flag & (ST_NOEXEC | ST_NOSUID | ST_NODEV),
                          ST_NOSUID | ST_NODEV | (_i ? 0 : ST_NOEXEC));
        /* the system's own entry is as it was */
        must(fstatvfs(system_fd, &fs));
        ck_assert(!(fs.f_flag & ST_NOEXEC));
}
END_TEST

START_TEST(what_is_mounted_in_a_share_stays_there)
{
        make_folder("folder", 0);
        make_folder("folder/sub", 0);
        must(mount("none", "/run", NULL, MS_SHARED, NULL));
        take("share=folder");
        close(cover());
        must(mount("tmpfs", SYSTEM "/folder/sub", "tmpfs", 0, NULL));
        write_file(AT_FDCWD, SYSTEM "/folder/sub/inside", "");
        ck_assert(!is_there(system_fd, "folder/sub/inside"));
}
END_TEST

/* ------------------------------------------------------------------ the place in the private one
 */

START_TEST(the_place_may_be_there_already)
{
        make_folder("folder", 0);
        make_file("file", 0);
        close(make_dir(root, "folder", 0700));
        write_file(root, "file", "hers");
        take("share=folder:file");
        close(cover());
        ck_assert(is_bound("folder"));
        ck_assert(is_bound("file"));
        ck_assert_str_eq(heard.text, "");
}
END_TEST

/* What the user may have put in the place. */
static const struct {
        const char *share;
        const char *command; /* in the instance */
} hostile[] = {
        {"folder", "ln -s /run/trap folder"},
        {"folder", "ln -s . folder"},
        {"folder", "touch folder"},
        {"folder", "mkfifo folder"},
        {"file", "ln -s /run/trap-file file"},
        {"file", "ln -s nowhere file"},
        {"file", "ln -s /run/tmp/x file"},
        {"file", "mkdir file"},
        {"socket", "ln -s /run/trap-file socket"},
        {"socket", "mkdir -p socket/full"},
};

START_TEST(what_the_user_put_in_the_place_leads_nowhere)
{
        static char mounts[64 * 1024];
        char options[64];
        int fd, n;

        must(mkdir("/run/trap", 0755));
        write_file(AT_FDCWD, "/run/trap-file", "");
        make_folder("folder", 0);
        make_file("file", 0);
        close(make_socket("socket", 0));
        must(fchdir(root));
        ck_assert_int_eq(system(hostile[_i].command), 0);
        must(chdir("/"));
        snprintf(options, sizeof(options), "share=%s", hostile[_i].share);
        take(options);
        ck_assert_uint_eq(list.n, 1);
        close(cover());

        ck_assert_uint_eq(heard.lines, 1);
        ck_assert(said("is not shared: "));
        /* nothing is mounted but the cover */
        fd = must(open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC));
        n = must((int)read(fd, mounts, sizeof(mounts) - 1));
        mounts[n] = '\0';
        ck_assert_ptr_null(strstr(mounts, "/run/trap"));
        ck_assert_ptr_null(strstr(mounts, " " SYSTEM "/"));
        ck_assert(!is_there(AT_FDCWD, "/run/tmp/x"));
        ck_assert(!is_there(AT_FDCWD, "/run/nowhere"));
        ck_assert(!is_there(root, "nowhere"));
}
END_TEST

static void try_to_remove(void *arg)
{
        (void)arg;
        become(ALICE);
        ck_assert_int_lt(rmdir(SYSTEM "/folder"), 0);
        ck_assert_int_lt(rename(SYSTEM "/folder", SYSTEM "/other"), 0);
        ck_assert_int_lt(unlink(SYSTEM "/file"), 0);
        ck_assert_int_lt(rename(SYSTEM "/file", SYSTEM "/other"), 0);
}

START_TEST(the_user_cannot_take_a_share_away)
{
        make_folder("folder", 0);
        make_file("file", ALICE);
        must(fchmod(root, 0770)); /* no sticky bit */
        take("share=folder:file");
        close(cover());
        child_do(try_to_remove, NULL);
        ck_assert(is_bound("folder"));
        ck_assert(is_bound("file"));
}
END_TEST

/* ------------------------------------------------------------------ twice */

START_TEST(what_stands_there_already_stays)
{
        struct share_list second = {0};
        int top;

        make_folder("folder", 0);
        make_file("file", 0);
        take("share=folder:file:late");
        top = cover();
        /* a later session, which joins */
        make_file("late", 0);
        share_take(&line, system_fd, ALICE, &second, &heard.report);
        ck_assert_uint_eq(second.n, 3);
        ck_assert(!is_bound("late"));
        share_put(&line, &second, top, &heard.report);
        ck_assert(is_bound("folder"));
        ck_assert(is_bound("late"));
        ck_assert_str_eq(heard.text, "");
        share_done(&second);
        /* not one upon the other */
        must(umount2(SYSTEM "/folder", MNT_DETACH));
        ck_assert_int_lt(umount2(SYSTEM "/folder", MNT_DETACH), 0);
}
END_TEST

START_TEST(what_has_been_replaced_outside_is_said_to_be_hidden)
{
        struct share_list second = {0};
        int top;

        make_file("file", 0);
        take("share=file");
        top = cover();
        make_file("new", 0);
        must(renameat(system_fd, "new", system_fd, "file"));
        share_take(&line, system_fd, ALICE, &second, &heard.report);
        share_put(&line, &second, top, &heard.report);
        ck_assert_str_eq(heard.text,
                         "warning conf:3: " SYSTEM
                         "/file is not shared: something else is mounted in its place\n");
        share_done(&second);
}
END_TEST

START_TEST(what_was_taken_once_is_not_taken_and_not_said_again)
{
        make_file("his", BOB);
        make_file("file", 0);
        take("share=his:file");
        ck_assert_uint_eq(heard.lines, 1);
        share_take(&line, system_fd, ALICE, &list, &heard.report);
        ck_assert_uint_eq(list.n, 1);
        ck_assert_uint_eq(heard.lines, 1);
}
END_TEST

START_TEST(no_fd_is_left_open)
{
        unsigned before = count_fds();

        make_folder("folder", 0);
        make_file("his", BOB);
        make_file("file", 0);
        take("share=folder:file:his:absent:*");
        ck_assert_uint_gt(count_fds(), before);
        share_done(&list);
        line_done(&line);
        ck_assert_uint_eq(count_fds(), before);
}
END_TEST

/* ------------------------------------------------------------------ mounts in the system directory
 */

/* An administrator's: with a quota of its own, for instance. */
START_TEST(a_mount_of_its_own_is_shared_by_its_plain_name_only)
{
        make_folder("disk", 0);
        must(mount("tmpfs", SYSTEM "/disk", "tmpfs", 0, "mode=1777"));
        take("share=d*");
        ck_assert_uint_eq(list.n, 0);
        share_done(&list);
        take("share=disk");
        close(cover());
        ck_assert(is_bound("disk"));
}
END_TEST

/* The user says whose its files are, and it never answers. _i: how it is named. */
START_TEST(a_fuse_of_another_users_is_left_out_and_not_asked)
{
        static const char *const options[] = {"share=his", "share=h*", "share=his@bob"};
        pid_t server;

        make_folder("his", BOB);
        server = fuse_mount(SYSTEM "/his", BOB);
        fuse_silence(server);
        take(options[_i]);
        ck_assert_uint_eq(list.n, 0);
        if (_i != 1)
                ck_assert_str_eq(heard.text, "warning conf:3: " SYSTEM
                                             "/his is not shared: it is a FUSE file system\n");
        alarm(0);
        child_end(server);
}
END_TEST

START_TEST(a_fuse_in_the_place_is_not_asked)
{
        pid_t server;
        int top;

        close(make_dir(root, "folder", 0755));
        parse("share=folder");
        top = cover(); /* nothing is there yet */
        server = fuse_mount(SYSTEM "/folder", ALICE);
        fuse_silence(server);
        make_folder("folder", 0);
        share_take(&line, system_fd, ALICE, &list, &heard.report);
        ck_assert_uint_eq(list.n, 1);
        share_put(&line, &list, top, &heard.report);
        ck_assert(said("folder is not shared: something else is mounted in its place"));
        alarm(0);
        child_end(server);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("share");
        TCase *taken = tcase_create("taken"), *left = tcase_create("left out"),
              *place = tcase_create("place"), *again = tcase_create("again"),
              *fuse = tcase_create("fuse");

        tcase_add_checked_fixture(taken, set_up, NULL);
        tcase_add_test(taken, folders_files_and_sockets_of_roots_and_of_the_users_are_bound);
        tcase_add_test(taken, a_socket_that_is_shared_by_itself_can_be_connected_to);
        tcase_add_test(taken, a_folder_is_the_same_from_both_sides);
        tcase_add_test(taken, what_is_absent_is_left_out_silently);
        tcase_add_loop_test(taken, patterns_match_as_in_the_shell, 0,
                            (int)(sizeof(patterns) / sizeof(patterns[0])));
        tcase_add_loop_test(taken, a_share_has_the_flags_of_the_line, 0, 2);
        tcase_add_test(taken, what_is_mounted_in_a_share_stays_there);
        suite_add_tcase(suite, taken);

        tcase_add_checked_fixture(left, set_up, NULL);
        tcase_add_test(left, what_another_user_has_is_left_out);
        tcase_add_test(left, an_owner_who_is_named_may_have_it_too);
        tcase_add_test(left, an_owner_counts_for_one_item_only);
        tcase_add_test(left, an_owner_who_does_not_exist_opens_nothing);
        tcase_add_test(left, no_symbolic_link_is_followed_or_bound);
        tcase_add_test(left, devices_and_fifos_are_left_out);
        tcase_add_test(left, a_file_with_another_name_is_left_out);
        tcase_add_test(left, no_more_than_64_are_bound_and_that_is_said_once);
        tcase_add_test(left, others_files_take_no_room);
        tcase_add_test(left, a_plain_name_does_not_depend_on_what_patterns_come_to);
        tcase_add_test(left, no_more_than_10000_names_are_read);
        suite_add_tcase(suite, left);

        tcase_add_checked_fixture(place, set_up, NULL);
        tcase_add_test(place, the_place_may_be_there_already);
        tcase_add_loop_test(place, what_the_user_put_in_the_place_leads_nowhere, 0,
                            (int)(sizeof(hostile) / sizeof(hostile[0])));
        tcase_add_test(place, the_user_cannot_take_a_share_away);
        suite_add_tcase(suite, place);

        tcase_add_checked_fixture(again, set_up, NULL);
        tcase_add_test(again, what_stands_there_already_stays);
        tcase_add_test(again, what_has_been_replaced_outside_is_said_to_be_hidden);
        tcase_add_test(again, what_was_taken_once_is_not_taken_and_not_said_again);
        tcase_add_test(again, no_fd_is_left_open);
        tcase_add_test(again, a_mount_of_its_own_is_shared_by_its_plain_name_only);
        suite_add_tcase(suite, again);

        if (fuse_is_there()) {
                tcase_add_checked_fixture(fuse, set_up, NULL);
                tcase_set_timeout(fuse, 30);
                tcase_add_loop_test(fuse, a_fuse_of_another_users_is_left_out_and_not_asked, 0, 3);
                tcase_add_test(fuse, a_fuse_in_the_place_is_not_asked);
                suite_add_tcase(suite, fuse);
        }
        return scratch_run(suite);
}
