/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test-stance: from where a login program was, out into a session, and back
 *
 * Needs root, in a throw-away host. Each test is a login program in a machine of its own.
 */
#include <pthread.h>

#include "mounts/stance.h"
#include "ground/cleanup.h"
#include "kit/fuse.h"
#include "kit/ground.h"

#define HOME  "/run/test-stance"
#define OTHER "/run/test-stance-other"
#define JAIL  "/run/test-stance-jail" /* "/" again */

static struct heard heard;
static struct stance stance = STANCE_NONE;

/* ------------------------------------------------------------------ where a thread is */

struct seen {
        uint64_t mount, ino;
        unsigned major, minor;
};

struct where {
        ino_t ns;
        struct seen root, cwd;
};

static struct seen seen_at(int dir, const char *path)
{
        struct statx stx;

        must(statx(dir, path, AT_EMPTY_PATH | AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT,
                   STATX_INO | STATX_MNT_ID, &stx));
        return (struct seen){stx.stx_mnt_id, stx.stx_ino, stx.stx_dev_major, stx.stx_dev_minor};
}

static bool is_same_directory(struct seen a, struct seen b)
{
        return a.ino == b.ino && a.major == b.major && a.minor == b.minor;
}

static bool is_same_spot(struct seen a, struct seen b)
{
        return is_same_directory(a, b) && a.mount == b.mount;
}

/* Not asked of /proc/self: in a thread, that is another one. */
static struct where where(void)
{
        struct stat st;

        must(stat("/proc/thread-self/ns/mnt", &st));
        return (struct where){st.st_ino, seen_at(AT_FDCWD, "/"), seen_at(AT_FDCWD, "")};
}

static bool is_where(const struct where *before)
{
        struct where now = where();

        return now.ns == before->ns && is_same_spot(now.root, before->root) &&
               is_same_spot(now.cwd, before->cwd);
}

/* Saves, which must change nothing. */
static void save(void)
{
        struct where before = where();

        ck_assert_int_eq(stance_save(&stance, &heard.report), 0);
        ck_assert_int_eq(stance.at, STANCE_CALLER);
        ck_assert_int_eq(stance_return(&stance), 0);
        ck_assert(is_where(&before));
}

/* As open does: a namespace of its own, and the end of open. */
static void leave(void)
{
        ck_assert_int_eq(stance_make_own(&stance, &heard.report), 0);
        ck_assert_int_eq(stance.at, STANCE_OWN);
        ck_assert_uint_eq(stance.here.number, where().ns);
        stance_settle(&stance);
}

/* Goes back to where it was saved, and has exactly that again. */
static void check_return(const struct where *before)
{
        ck_assert_uint_ne(where().ns, before->ns);
        ck_assert_int_eq(stance_return(&stance), 0);
        ck_assert_int_eq(stance.at, STANCE_CALLER);
        ck_assert_uint_eq(stance.here.number, before->ns);
        ck_assert(is_where(before));
}

/* Can't go back, and has changed nothing. */
static void check_stays(void)
{
        struct where before = where();

        ck_assert_int_lt(stance_return(&stance), 0);
        ck_assert_int_eq(stance.at, STANCE_OWN);
        ck_assert(is_where(&before));
}

static void save_leave_return(void)
{
        struct where before = where();
        unsigned fds = count_fds();

        save();
        leave();
        check_return(&before);
        stance_done(&stance);
        ck_assert_uint_eq(count_fds(), fds);
}

static void set_up(void)
{
        must(mount("tmpfs", "/run", "tmpfs", 0, "mode=755"));
        must(mkdir(HOME, 0755));
        must(mkdir(OTHER, 0755));
        must(mkdir(JAIL, 0755));
        heard_begin(&heard);
}

/* ------------------------------------------------------------------ there and back */

MACHINE_TEST(from_the_top_only_the_namespace_is_kept)
{
        must(chdir("/"));
        save_leave_return();
        save();
        ck_assert_int_ge(stance.ns.fd, 0);
        ck_assert_int_eq(stance.root.fd, -EBADF);
        ck_assert_int_eq(stance.cwd.fd, -EBADF);
        ck_assert_ptr_null(stance.path);
        ck_assert(stance.can_return);
        ck_assert_uint_eq(stance.here.number, where().ns);
}

MACHINE_TEST(from_a_directory_it_comes_back_to_that_directory)
{
        char now[PATH_MAX];

        must(chdir(HOME));
        save_leave_return();
        ck_assert_ptr_nonnull(getcwd(now, sizeof(now)));
        ck_assert_str_eq(now, HOME);
        save();
        ck_assert_str_eq(stance.path, HOME);
        ck_assert(stance.can_return);
}

MACHINE_TEST(from_a_deleted_directory_it_comes_back_to_that_directory)
{
        must(chdir(HOME));
        must(rmdir(HOME));
        save_leave_return();
        save();
        ck_assert_ptr_null(stance.path);
}

MACHINE_TEST(a_directory_that_was_deleted_meanwhile_is_still_the_one)
{
        struct where before;

        must(chdir(HOME));
        before = where();
        save();
        leave();
        must(rmdir(HOME));
        check_return(&before);
}

MACHINE_TEST(a_directory_that_was_moved_meanwhile_is_still_the_one)
{
        struct where before;
        char now[PATH_MAX];

        must(chdir(HOME));
        before = where();
        save();
        leave();
        must(rename(HOME, OTHER "/moved"));
        must(mkdir(HOME, 0755));
        check_return(&before);
        ck_assert_ptr_nonnull(getcwd(now, sizeof(now)));
        ck_assert_str_eq(now, OTHER "/moved");
}

MACHINE_TEST(a_directory_that_others_may_not_enter_is_still_the_one)
{
        must(chown(HOME, ALICE, ALICE));
        must(chmod(HOME, 0));
        must(chdir(HOME));
        save_leave_return();
}

MACHINE_TEST(from_below_what_the_session_covered_it_comes_back_to_the_system_directory)
{
        struct where before;

        must(chdir(HOME));
        before = where();
        save();
        leave();
        must(mount("tmpfs", HOME, "tmpfs", 0, NULL));
        must(chdir(HOME));
        stance_settle(&stance);
        check_return(&before);
}

MACHINE_TEST(the_directory_can_be_had_again_on_its_own)
{
        struct where before;

        must(chdir(HOME));
        before = where();
        save();
        must(chdir("/"));
        ck_assert_int_eq(stance_restore_cwd(&stance), 0);
        ck_assert(is_where(&before));
}

/* ------------------------------------------------------------------ moved by the application */

static void check_stays_in(const char *path, ino_t ns)
{
        struct seen seen = seen_at(AT_FDCWD, path);

        must(chdir(path));
        ck_assert_int_eq(stance_return(&stance), 0);
        ck_assert_uint_eq(where().ns, ns);
        ck_assert(is_same_directory(where().cwd, seen));
}

MACHINE_TEST(from_the_top_an_application_that_moved_stays_there)
{
        ino_t ns = where().ns;

        must(chdir("/"));
        save();
        leave();
        check_stays_in(OTHER, ns);
}

MACHINE_TEST(from_a_directory_an_application_that_moved_stays_there)
{
        ino_t ns = where().ns;

        must(chdir(HOME));
        save();
        leave();
        check_stays_in(OTHER, ns);
}

MACHINE_TEST(an_application_that_moved_to_the_top_stays_there)
{
        ino_t ns = where().ns;

        must(chdir(HOME));
        save();
        leave();
        check_stays_in("/", ns);
}

MACHINE_TEST(an_application_that_moved_to_a_directory_that_is_gone_stays_there)
{
        ino_t ns = where().ns;
        struct seen seen = seen_at(AT_FDCWD, OTHER);

        must(chdir(HOME));
        save();
        leave();
        must(chdir(OTHER));
        must(rmdir(OTHER));
        ck_assert_int_eq(stance_return(&stance), 0);
        ck_assert_uint_eq(where().ns, ns);
        ck_assert(is_same_directory(where().cwd, seen));
}

/* ------------------------------------------------------------------ a chroot */

static void make_jail(void)
{
        /* a part of it, so that "/" there is another directory: with /proc, as open needs it */
        must(mount("tmpfs", JAIL, "tmpfs", 0, NULL));
        must(mkdir(JAIL "/proc", 0755));
        must(mkdir(JAIL "/home", 0755));
        must(mount("/proc", JAIL "/proc", NULL, MS_BIND | MS_REC, NULL));
}

MACHINE_TEST(in_a_chroot_root_is_the_same_again)
{
        make_jail();
        must(chroot(JAIL));
        must(chdir("/"));
        save_leave_return();
        must(chdir("/home"));
        save_leave_return();
        must(chdir("/proc"));
        save_leave_return();
        ck_assert_int_lt(open("/run", O_PATH | O_CLOEXEC), 0);
}

MACHINE_TEST(in_a_chroot_that_is_no_mount_root_is_the_same_again)
{
        struct where before;

        must(mkdir(JAIL "/proc", 0755));
        must(mount("/proc", JAIL "/proc", NULL, MS_BIND | MS_REC, NULL));
        must(chroot(JAIL));
        must(chdir("/"));
        before = where();
        save();
        must(unshare(CLONE_NEWNS));
        stance.at = STANCE_OWN;
        stance_settle(&stance);
        check_return(&before);
}

MACHINE_TEST(in_a_chroot_a_directory_outside_of_it_is_never_lost)
{
        int outside = must(open(HOME, O_PATH | O_DIRECTORY | O_CLOEXEC));
        struct where before;

        make_jail();
        must(chroot(JAIL));
        must(fchdir(outside));
        before = where();
        save();
        ck_assert_ptr_null(stance.path);
        leave();
        /* mountinfo in a chroot is silent about it: whether it is FUSE can't be told */
        if (stance_return(&stance) == 0)
                ck_assert(is_where(&before));
        ck_assert(is_same_directory(where().cwd, before.cwd));
        ck_assert(is_same_directory(where().root, before.root));
}

MACHINE_TEST(an_application_that_went_into_a_chroot_is_as_before_again)
{
        struct where before;

        make_jail();
        must(chdir("/"));
        before = where();
        save();
        leave();
        must(chroot(JAIL));
        must(chdir("/"));
        ck_assert_int_eq(stance_return(&stance), 0);
        ck_assert_uint_eq(where().ns, before.ns);
        ck_assert(is_same_spot(where().root, before.root));
}

/* ------------------------------------------------------------------ fds */

MACHINE_TEST(fds_are_of_three_or_above_and_close_on_exec)
{
        make_jail();
        must(chroot(JAIL));
        must(chdir("/home"));
        close(0);
        close(1);
        close(2);
        save();
        ck_assert_int_gt(stance.ns.fd, 2);
        ck_assert_int_gt(stance.root.fd, 2);
        ck_assert_int_gt(stance.cwd.fd, 2);
        ck_assert_int_eq(must(fcntl(stance.ns.fd, F_GETFD)), FD_CLOEXEC);
        ck_assert_int_eq(must(fcntl(stance.root.fd, F_GETFD)), FD_CLOEXEC);
        ck_assert_int_eq(must(fcntl(stance.cwd.fd, F_GETFD)), FD_CLOEXEC);
        ck_assert_int_lt(fcntl(0, F_GETFD), 0);
        ck_assert_int_lt(fcntl(1, F_GETFD), 0);
        ck_assert_int_lt(fcntl(2, F_GETFD), 0);
}

/* The application closed the fd, and has another file there now. */
static void take_fd(int fd, const char *path)
{
        int other = must(open(path, O_RDONLY | O_CLOEXEC));

        must(dup2(other, fd));
        close(other);
}

static bool is_file(int fd, const char *path)
{
        _cleanup_close_ int there = must(open(path, O_RDONLY | O_CLOEXEC));

        return is_same_directory(seen_at(fd, ""), seen_at(there, ""));
}

static void save_in_jail(void)
{
        make_jail();
        must(chroot(JAIL));
        must(chdir("/home"));
        save();
        leave();
}

MACHINE_TEST(without_the_namespace_it_stays)
{
        int fd;

        save_in_jail();
        fd = stance.ns.fd;
        take_fd(fd, NAMESPACE_OWN);
        check_stays();
        stance_done(&stance);
        ck_assert(is_file(fd, NAMESPACE_OWN));
}

MACHINE_TEST(without_its_root_it_stays_in_its_chroot)
{
        int fd;

        save_in_jail();
        fd = stance.root.fd;
        take_fd(fd, "/proc");
        check_stays();
        stance_done(&stance);
        ck_assert(is_file(fd, "/proc"));
}

MACHINE_TEST(without_its_directory_it_stays_in_that_directory)
{
        int fd;

        save_in_jail();
        fd = stance.cwd.fd;
        take_fd(fd, "/proc");
        check_stays();
        ck_assert_int_lt(stance_restore_cwd(&stance), 0);
        stance_done(&stance);
        ck_assert(is_file(fd, "/proc"));
}

MACHINE_TEST(closed_fds_are_not_closed_again)
{
        must(chdir(HOME));
        save();
        leave();
        close(stance.ns.fd);
        close(stance.root.fd);
        close(stance.cwd.fd);
        check_stays();
        stance_done(&stance);
        ck_assert_int_eq(stance.ns.fd, -EBADF);
}

/* ------------------------------------------------------------------ what is missing */

MACHINE_TEST(without_proc_nothing_is_saved)
{
        struct seen root = seen_at(AT_FDCWD, "/"), cwd;
        unsigned fds = count_fds();

        must(chdir(HOME));
        cwd = seen_at(AT_FDCWD, "");
        while (umount2("/proc", MNT_DETACH) == 0)
                ;
        ck_assert_int_eq(stance_save(&stance, &heard.report), -ENOENT);
        ck_assert_ptr_nonnull(strstr(heard.report.fault, "/proc"));
        ck_assert_int_eq(stance.ns.fd, -EBADF);
        ck_assert(is_same_spot(seen_at(AT_FDCWD, "/"), root));
        ck_assert(is_same_spot(seen_at(AT_FDCWD, ""), cwd));
        must(mount("proc", "/proc", "proc", 0, NULL));
        ck_assert_uint_eq(count_fds(), fds);
}

MACHINE_TEST(without_the_right_to_go_back_it_stays)
{
        static const char *const dirs[] = {"/", HOME};

        for (size_t i = 0; i < 2; i++) {
                must(chdir(dirs[i]));
                if (i == 0)
                        drop_capability(CAP_SYS_CHROOT);
                save();
                leave();
                check_stays();
                stance_done(&stance);
        }
}

MACHINE_TEST(where_root_may_not_enter_its_own_directory_it_stays)
{
        must(chown(HOME, ALICE, ALICE));
        must(chmod(HOME, 0700));
        must(chdir(HOME));
        drop_capability(CAP_DAC_OVERRIDE);
        drop_capability(CAP_DAC_READ_SEARCH);
        save();
        leave();
        check_stays();
}

/* ------------------------------------------------------------------ threads */

struct thread {
        pthread_t id;
        int ready[2], go[2];
        struct where where;
};

static void *be_there(void *arg)
{
        struct thread *thread = arg;
        char byte;

        must((int)write(thread->ready[1], "", 1));
        must((int)read(thread->go[0], &byte, 1));
        thread->where = where();
        return NULL;
}

static void with_another_thread(const char *path)
{
        struct where before, session;
        struct thread thread;
        char byte;

        must(chdir(path));
        must(pipe2(thread.ready, O_CLOEXEC));
        must(pipe2(thread.go, O_CLOEXEC));
        ck_assert_int_eq(pthread_create(&thread.id, NULL, be_there, &thread), 0);
        must((int)read(thread.ready[0], &byte, 1));
        before = where();
        save();
        leave();
        session = where();
        ck_assert_uint_ne(session.ns, before.ns);
        check_return(&before);
        must((int)write(thread.go[1], "", 1));
        ck_assert_int_eq(pthread_join(thread.id, NULL), 0);
        ck_assert_uint_eq(thread.where.ns, before.ns);
        ck_assert(is_same_spot(thread.where.root, before.root));
        ck_assert(is_same_spot(thread.where.cwd, before.cwd));
}

MACHINE_TEST(another_thread_is_not_moved)
{
        with_another_thread("/");
}

MACHINE_TEST(another_thread_is_not_moved_from_a_directory)
{
        with_another_thread(HOME);
}

/* ------------------------------------------------------------------ to PID 1's namespace */

static struct namespace_id first;

/* In the session of another user: a namespace below PID 1's. */
static void be_inside(void)
{
        ck_assert_int_eq(namespace_open(NAMESPACE_FIRST, &first, NULL), 0);
        own_slave_mounts();
}

static void check_enters(bool aside, struct seen cwd)
{
        struct seen root = seen_at(AT_FDCWD, "/");

        save();
        ck_assert_int_eq(stance_go_first(&stance, &first, aside), 1);
        ck_assert_int_eq(stance.at, STANCE_FIRST);
        ck_assert_int_eq(stance.from, STANCE_FIRST);
        ck_assert_uint_eq(stance.here.number, first.number);
        ck_assert_uint_eq(where().ns, first.number);
        ck_assert(is_same_directory(where().root, root));
        ck_assert(is_same_spot(where().cwd, cwd));
}

static void check_does_not_enter(bool aside)
{
        struct where before = where();

        save();
        ck_assert_int_eq(stance_go_first(&stance, &first, aside), 0);
        ck_assert_int_eq(stance.at, STANCE_CALLER);
        ck_assert_int_eq(stance.from, STANCE_CALLER);
        ck_assert(is_where(&before));
}

MACHINE_TEST(from_the_top_it_enters)
{
        struct seen top = seen_at(AT_FDCWD, "/");

        must(chdir("/"));
        be_inside();
        check_enters(false, top);
        ck_assert(is_same_spot(where().root, top));
}

MACHINE_TEST(from_a_directory_that_is_the_same_there_it_enters)
{
        struct seen home = seen_at(AT_FDCWD, HOME);

        must(chdir(HOME));
        be_inside();
        check_enters(false, home);
}

MACHINE_TEST(from_a_directory_that_is_another_there_it_does_not_enter)
{
        be_inside();
        must(mount("tmpfs", HOME, "tmpfs", 0, NULL));
        must(chdir(HOME));
        check_does_not_enter(false);
}

MACHINE_TEST(from_a_directory_that_is_not_there_it_does_not_enter)
{
        be_inside();
        must(mount("tmpfs", HOME, "tmpfs", 0, NULL));
        must(mkdir(HOME "/sub", 0755));
        must(chdir(HOME "/sub"));
        check_does_not_enter(false);
}

MACHINE_TEST(from_a_directory_that_a_link_leads_to_there_it_does_not_enter)
{
        must(mkdir(OTHER "/real", 0755));
        must(symlink(OTHER "/real", HOME "/link"));
        be_inside();
        must(mkdir(OTHER "/top", 0755));
        must(mount(OTHER, HOME, NULL, MS_BIND, NULL));
        must(rename(HOME "/real", HOME "/link"));
        must(symlink(OTHER "/link", OTHER "/real"));
        must(chdir(HOME "/link"));
        check_does_not_enter(false);
}

MACHINE_TEST(from_a_deleted_directory_it_does_not_enter)
{
        must(chdir(HOME));
        must(rmdir(HOME));
        be_inside();
        check_does_not_enter(false);
}

MACHINE_TEST(where_somebody_else_sees_to_the_directory_it_enters_at_the_top)
{
        struct seen top = seen_at(AT_FDCWD, "/");

        be_inside();
        must(mount("tmpfs", HOME, "tmpfs", 0, NULL));
        must(chdir(HOME));
        check_enters(true, top);
}

MACHINE_TEST(it_enters_only_the_namespace_that_is_wanted)
{
        must(chdir("/"));
        be_inside();
        first.number++;
        check_does_not_enter(false);
        first.number--;
        first.id++;
        check_does_not_enter(false);
}

MACHINE_TEST(a_chroot_is_not_left)
{
        make_jail();
        be_inside();
        must(chroot(JAIL));
        must(chdir("/"));
        check_does_not_enter(false);
        check_does_not_enter(true);
        must(chdir("/home"));
        check_does_not_enter(false);
        check_does_not_enter(true);
}

MACHINE_TEST(without_the_right_to_enter_it_does_not)
{
        must(chdir(HOME));
        be_inside();
        drop_capability(CAP_SYS_CHROOT);
        check_does_not_enter(false);
        check_does_not_enter(true);
}

/* ------------------------------------------------------------------ to another session's namespace
 */

static void make_session(void *arg)
{
        own_slave_mounts();
        if (arg) /* covers where the caller is */
                must(mount("tmpfs", arg, "tmpfs", 0, NULL));
}

/* Another session's namespace, as an fd, and which that is. */
static int open_session(pid_t opener, struct namespace_id *id)
{
        char path[64];
        int fd = -EBADF;

        (void)snprintf(path, sizeof(path), "/proc/%d/ns/mnt", opener);
        ck_assert_int_eq(namespace_open(path, id, &fd), 0);
        return fd;
}

static void check_joins(pid_t opener)
{
        struct namespace_id id, from = stance.here;
        int fd = open_session(opener, &id);
        struct where before = where();
        enum stance_at at = stance.at;

        ck_assert_int_eq(stance_join(&stance, fd, &id, false), 1);
        ck_assert_int_eq(stance.at, STANCE_JOINED);
        ck_assert_uint_eq(stance.here.number, id.number);
        ck_assert_uint_eq(where().ns, id.number);
        ck_assert(is_same_directory(where().cwd, before.cwd));
        ck_assert_int_eq(stance_part(&stance), 0);
        ck_assert_int_eq(stance.at, at);
        ck_assert(namespace_is_same(&stance.here, &from));
        ck_assert(is_where(&before));
        /* and back from there, as at the end of a session */
        ck_assert_int_eq(stance_join(&stance, fd, &id, false), 1);
        stance_settle(&stance);
}

MACHINE_TEST(it_joins_and_parts_and_comes_back)
{
        pid_t opener = child_start(make_session, NULL);
        struct where before;

        must(chdir(HOME));
        before = where();
        save();
        check_joins(opener);
        check_return(&before);
        child_end(opener);
}

MACHINE_TEST(from_the_first_namespace_too_it_joins_and_parts_and_comes_back)
{
        pid_t opener = child_start(make_session, NULL);
        struct where before;

        must(chdir(HOME));
        be_inside();
        before = where();
        save();
        ck_assert_int_eq(stance_go_first(&stance, &first, false), 1);
        check_joins(opener);
        ck_assert(namespace_is_same(&stance.origin, &first));
        check_return(&before);
        child_end(opener);
}

MACHINE_TEST(where_the_directory_is_another_it_comes_back_at_once)
{
        static char home[] = HOME;
        pid_t opener = child_start(make_session, home);
        struct namespace_id id;
        int fd = open_session(opener, &id);
        struct where before;

        must(chdir(HOME));
        before = where();
        save();
        ck_assert_int_eq(stance_join(&stance, fd, &id, false), -ESTALE);
        ck_assert_int_eq(stance.at, STANCE_CALLER);
        ck_assert(is_where(&before));
        /* unless somebody sees to the directory */
        ck_assert_int_eq(stance_join(&stance, fd, &id, true), 1);
        ck_assert_int_eq(stance.at, STANCE_JOINED);
        child_end(opener);
}

MACHINE_TEST(without_a_way_back_it_is_lost)
{
        pid_t opener = child_start(make_session, NULL);
        struct namespace_id id;
        int fd = open_session(opener, &id);

        must(chdir("/"));
        save();
        ck_assert_int_eq(stance_join(&stance, fd, &id, false), 1);
        close(stance.ns.fd);
        ck_assert_int_lt(stance_part(&stance), 0);
        ck_assert_int_eq(stance.at, STANCE_LOST);
        child_end(opener);
}

MACHINE_TEST(without_the_right_to_leave_it_stays)
{
        struct where before = where();

        save();
        drop_capability(CAP_SYS_ADMIN);
        ck_assert_int_eq(stance_make_own(&stance, &heard.report), -EPERM);
        ck_assert_int_eq(stance.at, STANCE_CALLER);
        ck_assert(is_where(&before));
}

MACHINE_TEST(what_is_mounted_in_its_own_namespace_is_not_seen_elsewhere)
{
        struct where before;

        must(chdir("/"));
        before = where();
        save();
        leave();
        must(mount("tmpfs", HOME, "tmpfs", 0, NULL));
        write_file(AT_FDCWD, HOME "/inside", "");
        check_return(&before);
        ck_assert(!is_there(AT_FDCWD, HOME "/inside"));
}

/* ------------------------------------------------------------------ FUSE */

MACHINE_TEST(a_fuse_that_the_caller_is_on_is_not_asked)
{
        pid_t server = fuse_mount(HOME, ALICE);

        must(chdir(HOME));
        be_inside();
        fuse_silence(server);
        save();
        ck_assert(!stance.can_return);
        leave();
        check_stays();
        check_does_not_enter(false);
        check_does_not_enter(true);
}

MACHINE_TEST(a_fuse_that_the_application_moved_to_is_not_asked)
{
        pid_t server = fuse_mount(OTHER, ALICE);

        must(chdir(HOME));
        save();
        leave();
        must(chdir(OTHER));
        fuse_silence(server);
        check_stays();
}

MACHINE_TEST(a_fuse_that_lies_elsewhere_is_not_asked)
{
        struct where before;

        must(chdir(HOME));
        before = where();
        fuse_silence(fuse_mount(OTHER, ALICE));
        save();
        leave();
        check_return(&before);
}

MACHINE_TEST(a_fuse_on_the_way_to_the_directory_is_not_asked)
{
        pid_t server = fuse_mount(HOME, ALICE);
        struct where before;

        must(mount("tmpfs", HOME "/sub", "tmpfs", 0, NULL));
        must(chdir(HOME "/sub"));
        be_inside();
        before = where();
        fuse_silence(server);
        check_does_not_enter(false);
        leave();
        check_return(&before);
}

MACHINE_TEST(a_fuse_in_the_place_of_the_directory_is_not_asked)
{
        must(mkdir(HOME "/sub", 0755));
        be_inside();
        must(chdir(HOME "/sub"));
        {
                _cleanup_close_ int own = must(open(NAMESPACE_OWN, O_RDONLY | O_CLOEXEC));
                _cleanup_close_ int cwd = must(open(".", O_PATH | O_CLOEXEC));
                _cleanup_close_ int there = must(open(NAMESPACE_FIRST, O_RDONLY | O_CLOEXEC));

                must(setns(there, CLONE_NEWNS));
                must(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
                fuse_silence(fuse_mount(HOME, ALICE));
                must(setns(own, CLONE_NEWNS));
                must(fchdir(cwd));
        }
        check_does_not_enter(false);
}

int main(void)
{
        Suite *suite = suite_create("stance");
        TCase *back = tcase_create("back"), *jail = tcase_create("chroot"),
              *fds = tcase_create("fds"), *missing = tcase_create("missing"),
              *threads = tcase_create("threads"), *enter = tcase_create("first"),
              *join = tcase_create("join"), *fuse = tcase_create("fuse");

        tcase_add_test(back, from_the_top_only_the_namespace_is_kept);
        tcase_add_test(back, from_a_directory_it_comes_back_to_that_directory);
        tcase_add_test(back, from_a_deleted_directory_it_comes_back_to_that_directory);
        tcase_add_test(back, a_directory_that_was_deleted_meanwhile_is_still_the_one);
        tcase_add_test(back, a_directory_that_was_moved_meanwhile_is_still_the_one);
        tcase_add_test(back, a_directory_that_others_may_not_enter_is_still_the_one);
        tcase_add_test(back,
                       from_below_what_the_session_covered_it_comes_back_to_the_system_directory);
        tcase_add_test(back, the_directory_can_be_had_again_on_its_own);
        tcase_add_test(back, from_the_top_an_application_that_moved_stays_there);
        tcase_add_test(back, from_a_directory_an_application_that_moved_stays_there);
        tcase_add_test(back, an_application_that_moved_to_the_top_stays_there);
        tcase_add_test(back, an_application_that_moved_to_a_directory_that_is_gone_stays_there);
        suite_add_tcase(suite, back);

        tcase_add_test(jail, in_a_chroot_root_is_the_same_again);
        tcase_add_test(jail, in_a_chroot_that_is_no_mount_root_is_the_same_again);
        tcase_add_test(jail, in_a_chroot_a_directory_outside_of_it_is_never_lost);
        tcase_add_test(jail, an_application_that_went_into_a_chroot_is_as_before_again);
        suite_add_tcase(suite, jail);

        tcase_add_test(fds, fds_are_of_three_or_above_and_close_on_exec);
        tcase_add_test(fds, without_the_namespace_it_stays);
        tcase_add_test(fds, without_its_root_it_stays_in_its_chroot);
        tcase_add_test(fds, without_its_directory_it_stays_in_that_directory);
        tcase_add_test(fds, closed_fds_are_not_closed_again);
        suite_add_tcase(suite, fds);

        tcase_add_test(missing, without_proc_nothing_is_saved);
        tcase_add_test(missing, without_the_right_to_go_back_it_stays);
        tcase_add_test(missing, where_root_may_not_enter_its_own_directory_it_stays);
        suite_add_tcase(suite, missing);

        tcase_add_test(threads, another_thread_is_not_moved);
        tcase_add_test(threads, another_thread_is_not_moved_from_a_directory);
        suite_add_tcase(suite, threads);

        tcase_add_test(enter, from_the_top_it_enters);
        tcase_add_test(enter, from_a_directory_that_is_the_same_there_it_enters);
        tcase_add_test(enter, from_a_directory_that_is_another_there_it_does_not_enter);
        tcase_add_test(enter, from_a_directory_that_is_not_there_it_does_not_enter);
        tcase_add_test(enter, from_a_directory_that_a_link_leads_to_there_it_does_not_enter);
        tcase_add_test(enter, from_a_deleted_directory_it_does_not_enter);
        tcase_add_test(enter, where_somebody_else_sees_to_the_directory_it_enters_at_the_top);
        tcase_add_test(enter, it_enters_only_the_namespace_that_is_wanted);
        tcase_add_test(enter, a_chroot_is_not_left);
        tcase_add_test(enter, without_the_right_to_enter_it_does_not);
        suite_add_tcase(suite, enter);

        tcase_add_test(join, it_joins_and_parts_and_comes_back);
        tcase_add_test(join, from_the_first_namespace_too_it_joins_and_parts_and_comes_back);
        tcase_add_test(join, where_the_directory_is_another_it_comes_back_at_once);
        tcase_add_test(join, without_a_way_back_it_is_lost);
        tcase_add_test(join, without_the_right_to_leave_it_stays);
        tcase_add_test(join, what_is_mounted_in_its_own_namespace_is_not_seen_elsewhere);
        suite_add_tcase(suite, join);

        if (fuse_is_there()) {
                tcase_set_timeout(fuse, 30);
                tcase_add_test(fuse, a_fuse_that_the_caller_is_on_is_not_asked);
                tcase_add_test(fuse, a_fuse_that_the_application_moved_to_is_not_asked);
                tcase_add_test(fuse, a_fuse_that_lies_elsewhere_is_not_asked);
                tcase_add_test(fuse, a_fuse_on_the_way_to_the_directory_is_not_asked);
                tcase_add_test(fuse, a_fuse_in_the_place_of_the_directory_is_not_asked);
                suite_add_tcase(suite, fuse);
        }
        return scratch_run(suite);
}
