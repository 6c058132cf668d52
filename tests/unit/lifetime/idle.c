/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test-idle: is an instance mounted anywhere?
 *
 * usage: test-idle [listed]
 *
 * Needs root, in a throw-away host. The look is made as on Linux 6.1: by /proc. With "listed" it is
 * made as the kernel offers it, by its list of namespaces: tests/host/run -1. What the tests expect
 * is the same, but for those whose names say how they look.
 *
 * Many tests run on each kind of base that the machine has: what mountinfo, statmount() and statx()
 * say differs between them. Disk images are made where there are loop devices and the program that
 * makes the file system.
 */
#include <linux/btrfs.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "ground/cleanup.h"
#include "kit/fuse.h"
#include "kit/ground.h"
#include "lifetime/idle.h"
#include "host/linux61.h"
#include "mounts/namespaces.h"

#define PROBE "/run/test-idle" /* folder in which main() tries what the machine has */

static struct scratch scratch;
static char base_path[PATH_MAX];
static int base = -EBADF;
static bool listed; /* by the kernel's list of namespaces; else by /proc */

/* ------------------------------------------------------------------ kinds of bases */

/* Each sets base_path, with nothing there yet, or returns false. */
static bool have_plain(const char *folder)
{
        (void)snprintf(base_path, sizeof(base_path), "%s/base", folder);
        return true;
}

static bool have_tmpfs(const char *folder)
{
        return mount("tmpfs", folder, "tmpfs", 0, NULL) == 0 && have_plain(folder);
}

static bool have_overlay(const char *folder)
{
        char options[4 * PATH_MAX];

        if (!have_tmpfs(folder) || mkdirat(AT_FDCWD, base_path, 0700) < 0)
                return false;
        (void)snprintf(options, sizeof(options), "%s/upper", folder);
        (void)mkdir(options, 0700);
        (void)snprintf(options, sizeof(options), "%s/work", folder);
        (void)mkdir(options, 0700);
        (void)snprintf(options, sizeof(options), "lowerdir=%s,upperdir=%s/upper,workdir=%s/work",
                       base_path, folder, folder);
        if (mount("overlay", base_path, "overlay", 0, options) < 0)
                return false;
        strcat(base_path, "/base");
        return true;
}

/* The base is below a directory that is mounted elsewhere, too. */
static bool have_bind(const char *folder)
{
        char real[PATH_MAX];

        (void)snprintf(real, sizeof(real), "%s/real", folder);
        (void)snprintf(base_path, sizeof(base_path), "%s/seen here", folder);
        if (mkdir(real, 0700) < 0 || mkdir(base_path, 0700) < 0 ||
            mount(real, base_path, NULL, MS_BIND, NULL) < 0)
                return false;
        strcat(base_path, "/base");
        return true;
}

/* The base itself is a mount. */
static bool have_mount(const char *folder)
{
        have_bind(folder);
        *strrchr(base_path, '/') = '\0';
        return true;
}

/* What mountinfo has escaped in its way, and statmount() has not. */
static bool have_odd_name(const char *folder)
{
        (void)snprintf(base_path, sizeof(base_path), "%s/a b\\040\\c\t#", folder);
        if (mkdir(base_path, 0700) < 0)
                return false;
        strcat(base_path, "/ba se");
        return true;
}

/* The same, mounted over another such name. */
static bool have_odd_bind(const char *folder)
{
        char from[PATH_MAX];

        if (!have_odd_name(folder) || mkdir(base_path, 0700) < 0)
                return false;
        strcpy(from, base_path);
        (void)snprintf(base_path, sizeof(base_path), "%s/over\\134 here", folder);
        if (mkdir(base_path, 0700) < 0 || mount(from, base_path, NULL, MS_BIND, NULL) < 0)
                return false;
        strcat(base_path, "/ba se");
        return true;
}

static bool have_ext4(const char *folder)
{
        return mount_image(folder, "ext4") && have_plain(folder);
}

static bool have_xfs(const char *folder)
{
        return mount_image(folder, "xfs") && have_plain(folder);
}

/* A subvolume: statx() gives another device than mountinfo. */
static bool have_subvolume(const char *folder)
{
        struct btrfs_ioctl_vol_args args = {.name = "volume"};
        _cleanup_close_ int top = -EBADF;

        if (!mount_image(folder, "btrfs"))
                return false;
        top = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (top < 0 || ioctl(top, BTRFS_IOC_SUBVOL_CREATE, &args) < 0)
                return false;
        (void)snprintf(base_path, sizeof(base_path), "%s/volume/base", folder);
        return true;
}

/* The same, and the subvolume is what is mounted. */
static bool have_mounted_subvolume(const char *folder)
{
        char volume[PATH_MAX];

        if (!have_subvolume(folder))
                return false;
        (void)snprintf(volume, sizeof(volume), "%s/volume", folder);
        return mount(volume, folder, NULL, MS_BIND, NULL) == 0 && have_plain(folder);
}

enum {
        MUCH = 3000, /* mounts */
        BOBS = 5000, /* mounts */
        LOOKS = 3000,
};

enum {
        PLAIN, /* what the host offers */
        TMPFS,
};

static bool (*const kinds[])(const char *folder) = {
        [PLAIN] = have_plain,   [TMPFS] = have_tmpfs, have_overlay, have_bind, have_mount,
        have_odd_name,          have_odd_bind,        have_ext4,    have_xfs,  have_subvolume,
        have_mounted_subvolume,
};

/* Can this machine have that kind of base? */
static bool has_kind(size_t kind)
{
        pid_t pid = fork();
        int status;

        if (pid == 0) {
                bool has = unshare(CLONE_NEWNS) == 0 &&
                           mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
                           mkdir(PROBE, 0700) == 0 &&
                           mount("tmpfs", PROBE, "tmpfs", 0, NULL) == 0 &&
                           mkdir(PROBE "/folder", 0700) == 0 && kinds[kind](PROBE "/folder");

                _exit(has ? EXIT_SUCCESS : EXIT_FAILURE);
        }
        (void)waitpid(pid, &status, 0);
        (void)rmdir(PROBE);
        return status == 0;
}

/* ------------------------------------------------------------------ an instance */

#define MARK "1001/abcdef"

static const char *in_base(const char *name)
{
        static char paths[4][2 * PATH_MAX];
        static unsigned turn;
        char *path = paths[turn++ % 4];

        (void)snprintf(path, sizeof(paths[0]), "%s/%s", base_path, name);
        return path;
}

static void make_instance(void)
{
        must(mkdirat(base, "1001", 0700));
        must(mkdirat(base, MARK, 0700));
        must(mkdirat(base, MARK "/root", 0777));
        must(mkdirat(base, MARK "/root/project", 0777));
}

static void have_base(int kind)
{
        own_mounts(); /* else a mount would show in all of the host */
        ground_make(&scratch);
        ck_assert(kinds[kind](scratch.path));
        if (mkdir(base_path, 0700) < 0)
                ck_assert_int_eq(errno, EEXIST);
        base = must(open(base_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        make_instance();
}

/* In this machine, whose namespaces the kernel lists, or in one as on Linux 6.1. */
static void look_do(struct machine machine)
{
        if (!listed) {
                machine_do(machine);
                return;
        }
        own_mounts();
        must(mount("none", "/", NULL, MS_REC | MS_SHARED, NULL));
        child_do(machine_run, &machine);
}

#define LOOK_TEST(name)                                                                            \
        static void name##_body(int _i);                                                           \
        START_TEST(name)                                                                           \
        {                                                                                          \
                look_do((struct machine){set_up, name##_body, _i});                                \
        }                                                                                          \
        END_TEST                                                                                   \
        static void name##_body(int _i __attribute__((__unused__)))

static void set_up_way(void)
{
        if (!listed)
                must(linux61_begin());
}

static void set_up(void)
{
        set_up_way();
        have_base(PLAIN);
}

/* On each kind of base. */
#define BASE_TEST(name)                                                                            \
        static void name##_on_base(void);                                                          \
        static void name##_body(int kind)                                                          \
        {                                                                                          \
                have_base(kind);                                                                   \
                name##_on_base();                                                                  \
        }                                                                                          \
        START_TEST(name)                                                                           \
        {                                                                                          \
                look_do((struct machine){set_up_way, name##_body, _i});                            \
        }                                                                                          \
        END_TEST                                                                                   \
        static void name##_on_base(void)

/* The answer for one; it must be no mere doubt. */
static bool ask(const char *mark, enum idle_why why)
{
        /* what was there before does not matter */
        struct idle_query queries[] = {
                {.mark = mark, .used = why != IDLE_CLOSE},
                {.mark = "1001/nobody", .used = true},
        };
        unsigned fds = count_fds();

        idle_look(base, base_path, queries, 2, why);
        ck_assert_msg(!queries[1].used, "the look has failed");
        ck_assert_uint_eq(count_fds(), fds);
        return queries[0].used;
}

/* With patience: this machine may be busy. */
static bool is_used(void)
{
        return ask(MARK, IDLE_CLEAN);
}

/* The answer, though it may be a doubt. */
static bool ask_of_all(const char *mark, enum idle_why why)
{
        struct idle_query query = {.mark = mark};

        idle_look(base, base_path, &query, 1, why);
        return query.used;
}

static bool is_in_doubt(void)
{
        return ask_of_all("1001/nobody", IDLE_CLEAN);
}

static void mount_name(const char *name)
{
        must(mount(in_base(name), "/tmp", NULL, MS_BIND, NULL));
}

static void nothing(void *arg)
{
        (void)arg;
}

static void cover_tmp(void *arg)
{
        must(unshare(CLONE_NEWNS));
        mount_name(arg ? arg : MARK "/root");
}

static void leave(void *arg)
{
        (void)arg;
        must(unshare(CLONE_NEWNS));
}

/* What sshd, su and others do: they open the session in the process that closes it. */
static void cover_here(void)
{
        cover_tmp(NULL);
        base = fd_close(base);
        base = must(open(base_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

static void start_child(void *arg)
{
        (void)child_start(nothing, arg);
}

/* ------------------------------------------------------------------ clock_gettime, bent */

static unsigned clock_calls, clock_limit = UINT_MAX; /* after so many calls a day goes by */
static unsigned clock_stop;                          /* at that call ... */
static void (*at_clock_stop)(void);                  /* ... this is done */

/* Stands in place of the C library's. */
int clock_gettime(clockid_t clock, struct timespec *ret)
{
        int r = (int)syscall(SYS_clock_gettime, clock, ret);

        if (clock_calls++ >= clock_limit)
                ret->tv_sec += 86400;
        if (at_clock_stop && clock_calls == clock_stop)
                at_clock_stop();
        return r;
}

/* ------------------------------------------------------------------ on all kinds of bases */

BASE_TEST(what_is_mounted_nowhere_is_idle)
{
        ck_assert(!is_used());
}

BASE_TEST(what_is_mounted_in_another_namespace_is_used)
{
        pid_t child = child_start(cover_tmp, NULL);

        ck_assert(is_used());
        child_end(child);
        ck_assert(!is_used());
}

BASE_TEST(what_has_a_directory_of_it_mounted_is_used)
{
        char name[] = MARK "/root/project";

        (void)child_start(cover_tmp, name);
        ck_assert(is_used());
}

static void cover_passwd(void *file)
{
        must(unshare(CLONE_NEWNS));
        must(mount(in_base(file), "/etc/passwd", NULL, MS_BIND, NULL));
}

BASE_TEST(what_has_a_file_of_it_mounted_is_used)
{
        char name[] = MARK "/root/file";

        write_file(base, name, "");
        (void)child_start(cover_passwd, name);
        ck_assert(is_used());
}

BASE_TEST(what_got_another_name_is_used_under_that_name)
{
        (void)child_start(cover_tmp, NULL);
        must(renameat(base, MARK, base, "1001/.ABCDEF"));
        ck_assert(ask("1001/.ABCDEF", IDLE_OPEN));
        ck_assert(!ask(MARK, IDLE_OPEN));
        must(mkdirat(base, ".trash", 0700));
        must(renameat(base, "1001/.ABCDEF", base, ".trash/1001.ABCDEF"));
        ck_assert(ask(".trash/1001.ABCDEF", IDLE_OPEN));
        ck_assert(!ask("1001/.ABCDEF", IDLE_OPEN));
}

BASE_TEST(what_is_mounted_but_removed_is_used)
{
        (void)child_start(cover_tmp, NULL);
        must(unlinkat(base, MARK "/root/project", AT_REMOVEDIR));
        must(unlinkat(base, MARK "/root", AT_REMOVEDIR));
        ck_assert(is_used());
}

static void hide_under_another_mount(void *arg)
{
        cover_tmp(arg);
        must(mount("tmpfs", "/tmp", "tmpfs", 0, NULL));
}

BASE_TEST(what_lies_under_another_mount_is_used)
{
        (void)child_start(hide_under_another_mount, NULL);
        ck_assert(is_used());
}

/* ------------------------------------------------------------------ what outlives a session */

/* Lives on when the session has ended, in a namespace below the session's. */
static void hand_on(int *ready, bool to_the_user)
{
        cover_tmp(NULL);
        if (must(fork()) > 0)
                return;
        if (to_the_user) {
                become(ALICE);
                must(unshare(CLONE_NEWUSER | CLONE_NEWNS));
        } else {
                own_slave_mounts();
        }
        must((int)write(ready[1], "", 1));
        for (;;)
                (void)pause();
}

static void hand_on_to_a_namespace_below(void *ready)
{
        hand_on(ready, false);
}

static void hand_on_to_the_users_own_namespace(void *ready)
{
        hand_on(ready, true);
}

static void check_handed_on(void (*session)(void *))
{
        int ready[2];
        char byte;

        must(pipe2(ready, O_CLOEXEC));
        child_do(session, ready);
        ck_assert_int_eq(read(ready[0], &byte, 1), 1);
        ck_assert(is_used());
}

BASE_TEST(what_was_inherited_is_used_when_the_session_itself_has_ended)
{
        check_handed_on(hand_on_to_a_namespace_below);
}

BASE_TEST(what_the_user_took_to_namespaces_of_his_own_is_used_when_the_session_has_ended)
{
        check_handed_on(hand_on_to_the_users_own_namespace);
}

/* Real programs, started by alice in her session; they say when they are there, and stay. */
#define STAY "echo; exec sleep 1000"

static const char *const unshare_program[] = {"unshare", "-Urm", "sh", "-c", STAY, NULL};
/* no other part of the session's mounts than a directory of the instance */
static const char *const bwrap_program[] = {
        "bwrap",         "--ro-bind", "/usr",      "/usr",   "--ro-bind",
        "/lib",          "/lib",      "--ro-bind", "/bin",   "/bin",
        "--ro-bind-try", "/lib64",    "/lib64",    "--bind", "/tmp/project",
        "/project",      "sh",        "-c",        STAY,     NULL};
static const char *const su_program[] = {"su", "bob", "-c", STAY, NULL};
static const char *const sudo_program[] = {"sudo", "-u", "bob", "sh", "-c", STAY, NULL};

/* Runs it in a session of its own. Its first process, when it is there. */
static pid_t start_in_session(const char *const program[])
{
        int out[2];
        char byte;
        pid_t pid;

        must(pipe2(out, O_CLOEXEC));
        pid = must(fork());
        if (pid == 0) {
                cover_tmp(NULL);
                become(ALICE);
                must(dup2(out[1], STDOUT_FILENO));
                must(chdir("/"));
                (void)execvp(program[0], (char *const *)(uintptr_t)program);
                _exit(EXIT_FAILURE);
        }
        must(close(out[1]));
        ck_assert_msg(read(out[0], &byte, 1) == 1, "%s has failed", program[0]);
        must(close(out[0]));
        return pid;
}

/* What the program has started goes on when the program itself has been killed. */
static void check_program(const char *const program[])
{
        pid_t pid = start_in_session(program);

        ck_assert(is_used());
        child_end(pid);
        if (program != unshare_program) /* that one is no other process */
                ck_assert(is_used());
}

BASE_TEST(what_unshare_has_is_used)
{
        check_program(unshare_program);
}

BASE_TEST(what_bwrap_has_a_directory_of_is_used)
{
        check_program(bwrap_program);
}

BASE_TEST(what_a_nested_su_has_is_used)
{
        check_program(su_program);
}

BASE_TEST(what_a_nested_sudo_has_is_used)
{
        check_program(sudo_program);
}

/* ------------------------------------------------------------------ namespaces without tasks */

/* An fd of a namespace that has the instance, and nobody in it. */
static int empty_namespace(void)
{
        pid_t child = child_start(cover_tmp, NULL);
        char path[64];
        int fd;

        (void)snprintf(path, sizeof(path), "/proc/%d/ns/mnt", (int)child);
        fd = must(open(path, O_RDONLY | O_CLOEXEC));
        child_end(child);
        return fd;
}

/* Nobody lives there: what /proc does not show is no loss to anybody. */
BASE_TEST(what_only_an_open_namespace_has_is_used_if_it_is_listed)
{
        int fd = empty_namespace();

        ck_assert(is_used() == listed);
        must(close(fd));
        ck_assert(!is_used());
}

/* Mounted in an older namespace: Linux 6.18 has no other way to know, and gives ids in no order. */
static void mount_empty_namespace(void)
{
        char path[64];
        int fd, r;

        do {
                fd = empty_namespace();
                (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
                r = mount(path, "/mnt/namespace", NULL, MS_BIND, NULL);
                must(close(fd));
        } while (r < 0 && errno == EINVAL);
        must(r);
}

BASE_TEST(what_only_a_mounted_namespace_has_is_used_if_it_is_listed)
{
        own_mounts();
        base = fd_close(base);
        base = must(open(base_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        must(mount("tmpfs", "/mnt", "tmpfs", 0, NULL));
        must(mknod("/mnt/namespace", S_IFREG | 0600, 0));
        mount_empty_namespace();
        ck_assert(is_used() == listed);
        must(umount2("/mnt/namespace", MNT_DETACH));
        ck_assert(!is_used());
}

/* ------------------------------------------------------------------ who has it */

static void enter(void *arg)
{
        must(setns(*(int *)arg, CLONE_NEWNS));
}

static int compare_numbers(const void *a, const void *b)
{
        struct stat one, other;

        must(fstat(*(const int *)a, &one));
        must(fstat(*(const int *)b, &other));
        return one.st_ino < other.st_ino ? 1 : -1;
}

/* Namespaces are seen in the order of processes, which need not be the order of their numbers. */
LOOK_TEST(what_one_of_many_namespaces_has_is_used)
{
        int own = must(open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC)), used;
        int namespaces[5];

        for (int i = 0; i < 5; i++) {
                must(unshare(CLONE_NEWNS));
                namespaces[i] = must(open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC));
                must(setns(own, CLONE_NEWNS));
        }
        qsort(namespaces, 5, sizeof(int), compare_numbers);
        for (int i = 0; i < 5; i++)
                (void)child_start(enter, &namespaces[i]);
        ck_assert(!is_used());

        used = namespaces[_i];
        must(setns(used, CLONE_NEWNS));
        mount_name(MARK "/root");
        must(setns(own, CLONE_NEWNS));
        ck_assert(is_used());
}

static int covering_thread(void *arg)
{
        char byte = 0;

        (void)arg;
        if (unshare(CLONE_NEWNS) < 0 ||
            mount(in_base(MARK "/root"), "/tmp", NULL, MS_BIND, NULL) < 0)
                byte = 1;
        if (write(*(int *)arg, &byte, 1) != 1)
                return 1;
        for (;;)
                (void)pause();
}

static void start_covering_thread(void *arg)
{
        static char stack[64 * 1024] __attribute__((__aligned__(16)));
        int ready[2];
        char byte = 1;

        (void)arg;
        must(pipe2(ready, O_CLOEXEC));
        must(clone(covering_thread, stack + sizeof(stack),
                   CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD, &ready[1]));
        ck_assert_int_eq(read(ready[0], &byte, 1), 1);
        ck_assert_int_eq(byte, 0);
}

LOOK_TEST(what_only_one_thread_has_is_used)
{
        (void)child_start(start_covering_thread, NULL);
        ck_assert(is_used());
}

static void leave_it_to_a_thread(void *arg)
{
        start_covering_thread(NULL);
        must((int)write(*(int *)arg, "", 1));
        (void)syscall(SYS_exit, 0); /* of this thread alone */
}

LOOK_TEST(what_is_left_to_a_thread_is_used)
{
        char path[64], state = '\0';
        int ready[2];
        pid_t pid;

        must(pipe2(ready, O_CLOEXEC));
        pid = must(fork());
        if (pid == 0)
                leave_it_to_a_thread(&ready[1]);
        ck_assert_int_eq(read(ready[0], path, 1), 1);
        /* until the first thread is a zombie */
        (void)snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", (int)pid, (int)pid);
        while (state != 'Z') {
                FILE *file = fopen(path, "re");

                ck_assert_ptr_nonnull(file);
                ck_assert_int_eq(fscanf(file, "%*d %*s %c", &state), 1);
                (void)fclose(file);
                (void)sched_yield();
        }
        ck_assert(is_used());
}

static void mount_bobs(void *arg)
{
        (void)arg;
        become(BOB);
        must(unshare(CLONE_NEWUSER | CLONE_NEWNS));
        must(mount("tmpfs", "/mnt", "tmpfs", 0, NULL));
        for (unsigned i = 0; i < BOBS; i++)
                must(mount("/mnt", "/mnt", NULL, MS_BIND, NULL));
}

/* Who waits gets no wrong answer, and who does not gets the right one. */
LOOK_TEST(among_thousands_of_another_users_mounts_the_answer_is_the_same)
{
        pid_t child;

        (void)child_start(mount_bobs, NULL);
        child = child_start(cover_tmp, NULL);
        ck_assert(ask_of_all(MARK, IDLE_OPEN));
        ck_assert(ask(MARK, IDLE_CLEAN));
        child_end(child);
        ck_assert(!ask(MARK, IDLE_CLEAN));
}

/* In the middle of its end a process has a namespace but no root any more. */
LOOK_TEST(processes_that_are_just_ending_are_no_doubt)
{
        pid_t pid = must(fork());

        if (pid == 0) {
                for (;;) {
                        pid_t child = must(fork());

                        if (child == 0) {
                                must(unshare(CLONE_NEWNS));
                                _exit(EXIT_SUCCESS);
                        }
                        must(waitpid(child, NULL, 0));
                }
        }
        for (unsigned i = 0; i < LOOKS; i++)
                ck_assert(!is_in_doubt());
}

/* ------------------------------------------------------------------ who does not stay */

enum {
        HOPS = 300, /* looks */
};

/* A process that does `first` and then hops for ever, and is no child of the test itself. */
static void start_hopping(void (*first)(void *), void (*hop)(void))
{
        int ready[2];
        char byte;

        must(pipe2(ready, O_CLOEXEC));
        if (must(fork()) == 0) {
                /* whoever ends comes to this one, and is gone at once */
                must(prctl(PR_SET_CHILD_SUBREAPER, 1));
                (void)signal(SIGCHLD, SIG_IGN);
                if (must(fork()) > 0)
                        for (;;)
                                (void)pause();
                first(NULL);
                must((int)write(ready[1], "", 1));
                for (;;)
                        hop();
        }
        ck_assert_int_eq(read(ready[0], &byte, 1), 1);
        must(close(ready[0]));
        must(close(ready[1]));
}

/* From one namespace to a copy of it, which is then the only one. */
static void hop_in_place(void)
{
        must(unshare(CLONE_NEWNS));
}

/* By a new process, too. */
static void hop_by_child(void)
{
        if (must(fork()) > 0)
                _exit(EXIT_SUCCESS);
        must(unshare(CLONE_NEWNS));
}

/* By a new process in the same namespace. */
static void hop_to_child(void)
{
        if (must(fork()) > 0)
                _exit(EXIT_SUCCESS);
}

static void (*const hops[])(void) = {hop_in_place, hop_by_child, hop_to_child};

static void check_hopping(enum idle_why why)
{
        for (unsigned i = 0; i < HOPS; i++)
                ck_assert_msg(ask_of_all(MARK, why), "idle at look %u", i);
}

LOOK_TEST(what_somebody_has_who_hops_is_used)
{
        start_hopping(cover_tmp, hops[_i]);
        check_hopping(IDLE_CLEAN);
}

/* Others hop who do not have it: numbers of namespaces go from one to the next. */
LOOK_TEST(what_somebody_has_who_hops_among_others_is_used)
{
        start_hopping(leave, hop_in_place);
        start_hopping(leave, hop_by_child);
        start_hopping(cover_tmp, hops[_i]);
        check_hopping(IDLE_CLEAN);
}

/* As when sshd closes: its own process is there as well. */
LOOK_TEST(at_close_what_somebody_has_who_hops_away_from_it_is_used)
{
        cover_here();
        start_hopping(nothing, hops[_i]);
        check_hopping(IDLE_CLOSE);
}

static int to_mover[2], from_mover[2];

/* In the same namespace, by a child that is there when its parent is not. */
static void hand_over(void)
{
        pid_t parent = getpid();

        if (must(fork()) > 0)
                _exit(EXIT_SUCCESS);
        while (getppid() == parent)
                (void)sched_yield();
}

static void (*const moves[])(void) = {hop_in_place, hand_over};

/* Moves when it is told to, and is no child of the test itself. */
static void start_mover(void (*first)(void *), void (*how)(void))
{
        char byte;

        must(pipe2(to_mover, O_CLOEXEC));
        must(pipe2(from_mover, O_CLOEXEC));
        if (must(fork()) == 0) {
                must(close(to_mover[1]));
                must(prctl(PR_SET_CHILD_SUBREAPER, 1));
                if (must(fork()) > 0) {
                        while (wait(NULL) > 0)
                                ;
                        _exit(EXIT_SUCCESS);
                }
                first(NULL);
                must((int)write(from_mover[1], "", 1));
                while (read(to_mover[0], &byte, 1) == 1) {
                        how();
                        must((int)write(from_mover[1], "", 1));
                }
                _exit(EXIT_SUCCESS);
        }
        must(close(to_mover[0]));
        ck_assert_int_eq(read(from_mover[0], &byte, 1), 1);
}

static void move(void)
{
        char byte;

        must((int)write(to_mover[1], "", 1));
        ck_assert_int_eq(read(from_mover[0], &byte, 1), 1);
}

static void end_mover(void)
{
        must(close(to_mover[1]));
        must(close(from_mover[0]));
        must(close(from_mover[1]));
        must(wait(NULL));
}

/* Each time at another moment of the look, until it is over before. */
static void check_moving(void (*first)(void *), void (*how)(void), enum idle_why why)
{
        bool moved = true;

        at_clock_stop = move;
        for (clock_stop = 1; moved; clock_stop += 1 + clock_stop / 50) {
                start_mover(first, how);
                clock_calls = 0;
                ck_assert_msg(ask_of_all(MARK, why), "idle after a move at moment %u", clock_stop);
                moved = clock_calls >= clock_stop;
                end_mover();
        }
        ck_assert_uint_gt(clock_stop, 3);
}

LOOK_TEST(what_somebody_has_who_moves_in_the_middle_of_the_look_is_used)
{
        check_moving(cover_tmp, moves[_i], IDLE_OPEN);
}

LOOK_TEST(at_close_what_somebody_has_who_moves_in_the_middle_of_the_look_is_used)
{
        cover_here();
        check_moving(nothing, moves[_i], IDLE_CLOSE);
}

static void die(void *arg)
{
        cover_tmp(NULL);
        must((int)write(*(int *)arg, "", 1));
        _exit(EXIT_SUCCESS);
}

LOOK_TEST(a_dead_process_that_nobody_waited_for_uses_nothing)
{
        siginfo_t info;
        int ready[2];
        pid_t pid;

        must(pipe2(ready, O_CLOEXEC));
        pid = must(fork());
        if (pid == 0)
                die(&ready[1]);
        must(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT));
        ck_assert(!is_used());
        must(waitpid(pid, NULL, 0));
}

/* ------------------------------------------------------------------ chroots */

/* In a chroot a task does not see what is mounted outside of it. */
static void be_jailed(const void *uid)
{
        must(chroot(scratch_path(&scratch, "jail")));
        must(chdir("/"));
        become(*(const uid_t *)uid);
}

static void cover_and_be_jailed(void *uid)
{
        cover_tmp(NULL);
        be_jailed(uid);
}

static void be_jailed_there(void *uid)
{
        must(unshare(CLONE_NEWNS));
        (void)child_start(nothing, NULL);
        be_jailed(uid);
}

static void cover_and_be_jailed_there(void *uid)
{
        cover_tmp(NULL);
        (void)child_start(nothing, NULL);
        be_jailed(uid);
}

/* Alice's, bob's: who is used? */
static void check_jailed(void (*body)(void *), uid_t uid, bool alices, bool bobs)
{
        struct idle_query queries[] = {{.mark = MARK}, {.mark = "1002/abcdef"}};

        must(mkdirat(scratch.fd, "jail", 0755));
        (void)child_start(body, &uid);
        idle_look(base, base_path, queries, 2, IDLE_OPEN);
        ck_assert(queries[0].used == alices);
        ck_assert(queries[1].used == bobs);
}

LOOK_TEST(what_a_chroot_hides_is_used_if_it_is_the_users)
{
        check_jailed(cover_and_be_jailed, ALICE, true, false);
}

/* The kernel's list of mounts has what is outside, too. */
LOOK_TEST(what_a_chroot_of_roots_hides_is_used_and_by_proc_whose_ever_it_is)
{
        check_jailed(cover_and_be_jailed, 0, true, !listed);
}

/* Then the kernel hides what is outside of the chroot: then it is looked for by /proc. */
LOOK_TEST(who_is_chrooted_sees_what_is_used_all_the_same)
{
        const char *jail = scratch_path(&scratch, "jail");
        char proc[PATH_MAX];

        (void)child_start(cover_tmp, NULL);
        must(mkdir(jail, 0755));
        must(mount("/", jail, NULL, MS_BIND | MS_REC, NULL));
        (void)snprintf(proc, sizeof(proc), "%s/proc", jail);
        must(mount("/proc", proc, NULL, MS_BIND | MS_REC, NULL));
        must(chroot(jail));
        must(chdir("/"));
        base = fd_close(base);
        base = must(open(base_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        ck_assert(ask(MARK, IDLE_OPEN));
}

LOOK_TEST(a_chroot_hides_nothing_where_another_task_shows_all)
{
        check_jailed(be_jailed_there, ALICE, false, false);
}

LOOK_TEST(what_another_task_shows_is_used_though_a_chroot_hides_it)
{
        check_jailed(cover_and_be_jailed_there, BOB, true, false);
}

/* ------------------------------------------------------------------ what is not it */

static void cover_other_file_system(void *arg)
{
        (void)arg;
        own_mounts();
        must(mount("tmpfs", "/mnt", "tmpfs", 0, NULL));
        must(mkdir("/mnt/base", 0700));
        must(mkdir("/mnt/base/1001", 0700));
        must(mkdir("/mnt/base/" MARK, 0700));
        must(mkdir("/mnt/base/" MARK "/root", 0700));
        must(mount("/mnt/base/" MARK "/root", "/tmp", NULL, MS_BIND, NULL));
}

LOOK_TEST(the_same_names_on_another_file_system_are_not_it)
{
        have_base(TMPFS);
        (void)child_start(cover_other_file_system, NULL);
        ck_assert(!is_used());
}

static void cover_other_base(void *arg)
{
        char path[PATH_MAX];

        (void)arg;
        own_mounts();
        (void)snprintf(path, sizeof(path), "%s/other/" MARK "/root", scratch.path);
        must(mount(path, "/tmp", NULL, MS_BIND, NULL));
}

LOOK_TEST(the_same_names_in_another_base_are_not_it)
{
        must(mkdirat(scratch.fd, "other", 0700));
        must(mkdirat(scratch.fd, "other/1001", 0700));
        must(mkdirat(scratch.fd, "other/" MARK, 0700));
        must(mkdirat(scratch.fd, "other/" MARK "/root", 0700));
        (void)child_start(cover_other_base, NULL);
        ck_assert(!is_used());
}

LOOK_TEST(what_only_begins_with_its_name_is_not_it)
{
        char longer_root[] = MARK "/roots", longer[] = MARK "g/root", other[] = "1001/ghijkl/root";

        must(mkdirat(base, longer_root, 0700));
        must(mkdirat(base, MARK "g", 0700));
        must(mkdirat(base, longer, 0700));
        must(mkdirat(base, "1001/ghijkl", 0700));
        must(mkdirat(base, other, 0700));
        (void)child_start(cover_tmp, longer_root);
        (void)child_start(cover_tmp, longer);
        (void)child_start(cover_tmp, other);
        ck_assert(!is_used());
}

LOOK_TEST(each_of_several_has_an_answer_of_its_own)
{
        char second[] = "1001/second/root";
        struct idle_query queries[] = {
                {.mark = "1001/abcdef"}, {.mark = "1001/second"}, {.mark = "1001/thirdo"}};

        must(mkdirat(base, "1001/second", 0700));
        must(mkdirat(base, second, 0700));
        (void)child_start(cover_tmp, second);
        idle_look(base, base_path, queries, 3, IDLE_OPEN);
        ck_assert(!queries[0].used);
        ck_assert(queries[1].used);
        ck_assert(!queries[2].used);
}

LOOK_TEST(those_beyond_the_limit_count_as_used)
{
        struct idle_query queries[IDLE_MAX + 2];

        for (size_t i = 0; i < IDLE_MAX + 2; i++)
                queries[i] = (struct idle_query){.mark = MARK};
        idle_look(base, base_path, queries, IDLE_MAX + 2, IDLE_OPEN);
        for (size_t i = 0; i < IDLE_MAX + 2; i++)
                ck_assert(queries[i].used == (i >= IDLE_MAX));
}

/* ------------------------------------------------------------------ at close */

static bool is_used_by_others(void)
{
        return ask(MARK, IDLE_CLOSE);
}

LOOK_TEST(at_close_the_process_itself_does_not_count)
{
        cover_here();
        ck_assert(is_used());
        ck_assert(!is_used_by_others());
}

LOOK_TEST(at_close_a_child_that_runs_the_same_program_does_not_count)
{
        cover_here();
        (void)child_start(nothing, NULL);
        ck_assert(!is_used_by_others());
}

LOOK_TEST(at_close_a_child_of_a_child_counts)
{
        cover_here();
        (void)child_start(start_child, NULL);
        ck_assert(is_used_by_others());
}

LOOK_TEST(at_close_a_child_that_runs_another_program_counts)
{
        pid_t pid;

        cover_here();
        pid = must(vfork()); /* returns when the other program runs */
        if (pid == 0) {
                (void)execl("/bin/sleep", "sleep", "1000", (char *)NULL);
                _exit(EXIT_FAILURE);
        }
        ck_assert(is_used_by_others());
        must(kill(pid, SIGKILL));
        must(waitpid(pid, NULL, 0));
        ck_assert(!is_used_by_others());
}

LOOK_TEST(at_close_a_child_with_a_strange_name_is_known_by_its_parent_all_the_same)
{
        cover_here();
        must(prctl(PR_SET_NAME, ") S 1 (x"));
        (void)child_start(nothing, NULL);
        ck_assert(!is_used_by_others());
}

static void be_called_like_a_child(void *arg)
{
        char *name = arg;

        must(prctl(PR_SET_NAME, name));
        start_child(NULL);
}

LOOK_TEST(at_close_nobody_passes_for_a_child_by_its_name)
{
        char name[16];

        (void)snprintf(name, sizeof(name), "x) S %d 1 1", (int)getpid());
        cover_here();
        (void)child_start(be_called_like_a_child, name);
        ck_assert(is_used_by_others());
}

/* A child of a child, which is no other login program's. */
static void start_jailed_child(void *arg)
{
        uid_t uid = ALICE;

        *(pid_t *)arg = child_start(cover_and_be_jailed, &uid);
}

LOOK_TEST(at_close_another_program_counts_though_it_is_chrooted_and_seen_first)
{
        pid_t *pid =
                mmap(NULL, sizeof(*pid), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        char path[64];
        int ns;

        ck_assert_ptr_ne(pid, MAP_FAILED);
        must(mkdirat(scratch.fd, "jail", 0755));
        (void)child_start(start_jailed_child, pid);
        (void)snprintf(path, sizeof(path), "/proc/%d/ns/mnt", (int)*pid);
        ns = must(open(path, O_RDONLY | O_CLOEXEC));
        (void)child_start(enter, &ns);
        ck_assert(is_used_by_others());
}

/* As sshd does it with ChrootDirectory. */
LOOK_TEST(at_close_a_chrooted_child_that_runs_the_same_program_does_not_count)
{
        struct idle_query query = {.mark = MARK};
        uid_t uid = ALICE;

        must(mkdirat(scratch.fd, "jail", 0755));
        (void)child_start(cover_and_be_jailed, &uid);
        idle_look(base, base_path, &query, 1, IDLE_OPEN);
        ck_assert(query.used);
        ck_assert(!is_used_by_others());
}

/* Runs cat from there, and returns when it works. */
static void start_cat(const char *path)
{
        int in[2], out[2];
        char byte;

        must(pipe2(in, O_CLOEXEC));
        must(pipe2(out, O_CLOEXEC));
        if (must(fork()) == 0) {
                must(dup2(in[0], STDIN_FILENO));
                must(dup2(out[1], STDOUT_FILENO));
                (void)execl(path, "cat", (char *)NULL);
                _exit(EXIT_FAILURE);
        }
        must(close(out[1]));
        must((int)write(in[1], "x", 1));
        ck_assert_int_eq(read(out[0], &byte, 1), 1);
}

LOOK_TEST(at_close_a_program_on_a_fuse_counts_and_the_fuse_is_not_asked)
{
        pid_t server;

        cover_here();
        server = fuse_mount("/mnt", ALICE);
        start_cat("/mnt/cat");
        fuse_silence(server);
        ck_assert(is_used_by_others());
}

/* Nobody knows who holds it, and why. */
LOOK_TEST(at_close_what_only_an_open_namespace_has_is_used_if_it_is_listed)
{
        int fd = empty_namespace();

        ck_assert(ask_of_all(MARK, IDLE_CLOSE) == listed);
        must(close(fd));
        ck_assert(!is_used_by_others());
}

/* ------------------------------------------------------------------ doubt */

LOOK_TEST(without_proc_all_is_used)
{
        while (umount2("/proc", MNT_DETACH) == 0)
                ;
        ck_assert(is_in_doubt());
}

/* Root as in a unit that may not look into other processes, and as alice's su is: in her group. */
static void be_restricted(const char *proc_options)
{
        must(mount("proc", "/proc", "proc", 0, proc_options));
        must(setgroups(0, NULL));
        must(setresgid(ALICE, ALICE, ALICE));
        drop_capability(CAP_SYS_PTRACE);
}

/* The kernel's list shows namespaces all the same; but who is in them, at close? */
static void check_restricted(const char *proc_options)
{
        (void)child_start(cover_tmp, NULL);
        be_restricted(proc_options);
        ck_assert(is_in_doubt() == !listed);
        ck_assert(ask_of_all(MARK, IDLE_OPEN));
        ck_assert(ask_of_all(MARK, IDLE_CLOSE));
}

LOOK_TEST(where_processes_cannot_be_looked_into_all_is_used)
{
        check_restricted("hidepid=1");
}

LOOK_TEST(where_processes_are_hidden_all_is_used)
{
        check_restricted("hidepid=2");
}

LOOK_TEST(without_the_right_to_list_namespaces_the_answer_is_the_same)
{
        pid_t child = child_start(cover_tmp, NULL);

        drop_capability(CAP_SYS_ADMIN);
        ck_assert(is_used());
        child_end(child);
        ck_assert(!is_used());
}

LOOK_TEST(without_fds_all_is_used)
{
        struct rlimit limit, before;
        unsigned doubts = 0;
        bool doubt;

        must(getrlimit(RLIMIT_NOFILE, &before));
        limit = before;
        limit.rlim_cur = (rlim_t)base + 1;
        /* the look fails wherever it needs one more, until it has enough */
        do {
                must(setrlimit(RLIMIT_NOFILE, &limit));
                doubt = is_in_doubt();
                must(setrlimit(RLIMIT_NOFILE, &before));
                doubts += doubt;
                limit.rlim_cur++;
        } while (doubt && doubts < 50);
        ck_assert_uint_ge(doubts, 3);
        ck_assert(!doubt);
}

/* How often the clock is asked in one look. */
static unsigned count_clock_calls(void)
{
        clock_calls = 0;
        ck_assert(!is_in_doubt());
        return clock_calls;
}

LOOK_TEST(whenever_time_runs_out_all_is_used)
{
        bool doubt;

        ck_assert_uint_gt(count_clock_calls(), 2);
        /* the first one is the beginning; other tests' namespaces come and go */
        clock_limit = 1;
        do {
                clock_calls = 0;
                doubt = is_in_doubt();
                ck_assert(doubt == (clock_calls > clock_limit));
                clock_limit++;
        } while (doubt);
        ck_assert_uint_gt(clock_limit, 2);
}

static void mount_much(void *arg)
{
        (void)arg;
        must(unshare(CLONE_NEWNS));
        for (unsigned i = 0; i < MUCH; i++)
                mount_name(MARK "/root/project");
}

LOOK_TEST(the_time_is_looked_at_within_a_large_mount_table_too)
{
        unsigned calls = count_clock_calls();

        (void)child_start(mount_much, NULL);
        ck_assert_uint_gt(count_clock_calls(), calls + 10);
}

LOOK_TEST(the_time_is_looked_at_between_many_processes_too)
{
        unsigned calls = count_clock_calls();

        for (unsigned i = 0; i < 20; i++)
                (void)child_start(nothing, NULL);
        ck_assert_uint_ge(count_clock_calls(), calls + 20);
}

LOOK_TEST(where_the_base_is_not_where_it_was_opened_all_is_used)
{
        must(mount("tmpfs", "/mnt", "tmpfs", 0, NULL));
        must(mkdir("/mnt/base", 0700));
        base = fd_close(base);
        base = must(open("/mnt/base", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        ck_assert(is_in_doubt());
}

LOOK_TEST(where_the_base_is_in_another_namespace_all_is_used)
{
        own_mounts();
        ck_assert(is_in_doubt());
}

/* ------------------------------------------------------------------ all of it */

static bool may_have_user_namespaces(void)
{
        pid_t pid = fork();
        int status;

        if (pid == 0)
                _exit(setresuid(ALICE, ALICE, ALICE) == 0 &&
                                      unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0
                              ? EXIT_SUCCESS
                              : EXIT_FAILURE);
        (void)waitpid(pid, &status, 0);
        return status == 0;
}

static bool has_program(const char *name)
{
        const char *must_run = getenv("PRIVTMP_MUST_RUN");
        char path[64];

        (void)snprintf(path, sizeof(path), "/usr/bin/%s", name);
        return access(path, X_OK) == 0 || (must_run && strcmp(must_run, "1") == 0);
}

static void add_base(TCase *bases, int kind)
{
        const TTest *const tests[] = {
                what_is_mounted_nowhere_is_idle,
                what_is_mounted_in_another_namespace_is_used,
                what_has_a_directory_of_it_mounted_is_used,
                what_has_a_file_of_it_mounted_is_used,
                what_got_another_name_is_used_under_that_name,
                what_is_mounted_but_removed_is_used,
                what_lies_under_another_mount_is_used,
                what_was_inherited_is_used_when_the_session_itself_has_ended,
                what_only_an_open_namespace_has_is_used_if_it_is_listed,
                what_only_a_mounted_namespace_has_is_used_if_it_is_listed,
                what_a_nested_su_has_is_used,
        };
        const TTest *const users[] = {
                what_the_user_took_to_namespaces_of_his_own_is_used_when_the_session_has_ended,
                what_unshare_has_is_used,
        };

        for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
                tcase_add_loop_test(bases, tests[i], kind, kind + 1);
        for (size_t i = 0; may_have_user_namespaces() && i < sizeof(users) / sizeof(users[0]); i++)
                tcase_add_loop_test(bases, users[i], kind, kind + 1);
        if (may_have_user_namespaces() && has_program("bwrap"))
                tcase_add_loop_test(bases, what_bwrap_has_a_directory_of_is_used, kind, kind + 1);
        if (has_program("sudo"))
                tcase_add_loop_test(bases, what_a_nested_sudo_has_is_used, kind, kind + 1);
}

/* Does the kernel list namespaces for this process? */
static bool is_listing(void)
{
        const struct deadline deadline = deadline_in(10 * 1000);
        struct namespaces_entry *list = NULL;
        size_t n;
        int r = namespaces_list(&list, &n, &deadline);

        free(list);
        return r == 0;
}

int main(int argc, char **argv)
{
        Suite *suite = suite_create("idle");
        TCase *bases = tcase_create("bases"), *who = tcase_create("who"),
              *close = tcase_create("close"), *doubt = tcase_create("doubt"),
              *time = tcase_create("time");

        listed = argc > 1 && strcmp(argv[1], "listed") == 0;
        if (listed && !is_listing()) {
                puts("1..0 # SKIP this kernel lists no namespaces");
                return EXIT_SUCCESS;
        }

        for (int i = 0; i < (int)(sizeof(kinds) / sizeof(kinds[0])); i++)
                if (has_kind((size_t)i))
                        add_base(bases, i);
        tcase_add_test(bases, the_same_names_on_another_file_system_are_not_it);
        tcase_set_timeout(bases, 60);
        suite_add_tcase(suite, bases);

        tcase_add_loop_test(who, what_one_of_many_namespaces_has_is_used, 0, 5);
        tcase_add_test(who, what_only_one_thread_has_is_used);
        tcase_add_test(who, what_is_left_to_a_thread_is_used);
        tcase_add_test(who, processes_that_are_just_ending_are_no_doubt);
        tcase_set_timeout(who, 60);
        tcase_add_loop_test(who, what_somebody_has_who_moves_in_the_middle_of_the_look_is_used, 0,
                            2);
        tcase_add_loop_test(
                who, at_close_what_somebody_has_who_moves_in_the_middle_of_the_look_is_used, 0, 2);
        tcase_add_loop_test(who, what_somebody_has_who_hops_is_used, 0, 3);
        tcase_add_loop_test(who, what_somebody_has_who_hops_among_others_is_used, 0, 3);
        tcase_add_loop_test(who, at_close_what_somebody_has_who_hops_away_from_it_is_used, 0, 3);
        if (may_have_user_namespaces())
                tcase_add_test(who, among_thousands_of_another_users_mounts_the_answer_is_the_same);
        tcase_add_test(who, a_dead_process_that_nobody_waited_for_uses_nothing);
        tcase_add_test(who, the_same_names_in_another_base_are_not_it);
        tcase_add_test(who, what_only_begins_with_its_name_is_not_it);
        tcase_add_test(who, what_a_chroot_hides_is_used_if_it_is_the_users);
        tcase_add_test(who, what_a_chroot_of_roots_hides_is_used_and_by_proc_whose_ever_it_is);
        tcase_add_test(who, who_is_chrooted_sees_what_is_used_all_the_same);
        tcase_add_test(who, a_chroot_hides_nothing_where_another_task_shows_all);
        tcase_add_test(who, what_another_task_shows_is_used_though_a_chroot_hides_it);
        tcase_add_test(who, each_of_several_has_an_answer_of_its_own);
        tcase_add_test(who, those_beyond_the_limit_count_as_used);
        suite_add_tcase(suite, who);

        tcase_add_test(close, at_close_the_process_itself_does_not_count);
        tcase_add_test(close, at_close_a_child_that_runs_the_same_program_does_not_count);
        tcase_add_test(close, at_close_a_child_of_a_child_counts);
        tcase_add_test(close, at_close_a_child_that_runs_another_program_counts);
        tcase_add_test(close,
                       at_close_a_child_with_a_strange_name_is_known_by_its_parent_all_the_same);
        tcase_add_test(close, at_close_nobody_passes_for_a_child_by_its_name);
        tcase_add_test(close, at_close_a_chrooted_child_that_runs_the_same_program_does_not_count);
        tcase_add_test(close, at_close_another_program_counts_though_it_is_chrooted_and_seen_first);
        tcase_add_test(close, at_close_what_only_an_open_namespace_has_is_used_if_it_is_listed);
        tcase_set_timeout(close, 30);
        if (fuse_is_there())
                tcase_add_test(close,
                               at_close_a_program_on_a_fuse_counts_and_the_fuse_is_not_asked);
        suite_add_tcase(suite, close);

        tcase_add_test(doubt, without_proc_all_is_used);
        tcase_add_test(doubt, where_processes_cannot_be_looked_into_all_is_used);
        tcase_add_test(doubt, where_processes_are_hidden_all_is_used);
        tcase_add_test(doubt, without_the_right_to_list_namespaces_the_answer_is_the_same);
        tcase_add_test(doubt, without_fds_all_is_used);
        tcase_add_test(doubt, where_the_base_is_not_where_it_was_opened_all_is_used);
        tcase_add_test(doubt, where_the_base_is_in_another_namespace_all_is_used);
        suite_add_tcase(suite, doubt);

        tcase_set_timeout(time, 60);
        tcase_add_test(time, whenever_time_runs_out_all_is_used);
        tcase_add_test(time, the_time_is_looked_at_within_a_large_mount_table_too);
        if (!listed) /* between namespaces: unit/mounts/namespaces.c */
                tcase_add_test(time, the_time_is_looked_at_between_many_processes_too);
        suite_add_tcase(suite, time);
        return scratch_run(suite);
}
