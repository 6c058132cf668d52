/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * look: an instance on any kind of base, and the question who has it mounted
 *
 * For the tests of lifetime/look, which need root, in a throw-away host. The look is made as on
 * Linux 6.1: by /proc. With the argument "listed" it is made as the kernel offers it, by its list
 * of namespaces: tests/host/run -1. What the tests expect is the same, but for those whose names
 * say how they look.
 *
 * Many tests run on each kind of base that the machine has: what mountinfo, statmount() and statx()
 * say differs between them. Disk images are made where there are loop devices and the program that
 * makes the file system.
 */
#pragma once

#include <linux/btrfs.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>

#include "ground/cleanup.h"
#include "host/linux61.h"
#include "kit/ground.h"
#include "lifetime/look.h"
#include "mounts/nsfs.h"

#define PROBE "/run/test-look" /* folder in which has_kind() tries what the machine has */

static struct scratch scratch;
static char base_path[PATH_MAX];
static int base = -EBADF;
static bool listed; /* by the kernel's list of namespaces; else by /proc */
/*
 * Whose the instances are. By the list all namespaces of this machine are seen: what users of other
 * throw-away hosts have must not matter, so these have uids that nobody else has.
 */
static uid_t alice = ALICE, bob = BOB;

/* ------------------------------------------------------------------ kinds of bases */

/* Each sets base_path, with nothing there yet, or returns false. */
static inline bool have_plain(const char *folder)
{
        (void)snprintf(base_path, sizeof(base_path), "%s/base", folder);
        return true;
}

static inline bool have_tmpfs(const char *folder)
{
        return mount("tmpfs", folder, "tmpfs", 0, NULL) == 0 && have_plain(folder);
}

static inline bool have_overlay(const char *folder)
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
static inline bool have_bind(const char *folder)
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
static inline bool have_mount(const char *folder)
{
        have_bind(folder);
        *strrchr(base_path, '/') = '\0';
        return true;
}

/* What mountinfo has escaped in its way, and statmount() has not. */
static inline bool have_odd_name(const char *folder)
{
        (void)snprintf(base_path, sizeof(base_path), "%s/a b\\040\\c\t#", folder);
        if (mkdir(base_path, 0700) < 0)
                return false;
        strcat(base_path, "/ba se");
        return true;
}

/* The same, mounted over another such name. */
static inline bool have_odd_bind(const char *folder)
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

static inline bool have_ext4(const char *folder)
{
        return mount_image(folder, "ext4") && have_plain(folder);
}

static inline bool have_xfs(const char *folder)
{
        return mount_image(folder, "xfs") && have_plain(folder);
}

/* A subvolume: statx() gives another device than mountinfo. */
static inline bool have_subvolume(const char *folder)
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
static inline bool have_mounted_subvolume(const char *folder)
{
        char volume[PATH_MAX];

        if (!have_subvolume(folder))
                return false;
        (void)snprintf(volume, sizeof(volume), "%s/volume", folder);
        return mount(volume, folder, NULL, MS_BIND, NULL) == 0 && have_plain(folder);
}

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
static inline bool has_kind(size_t kind)
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

static inline const char *in_base(const char *name)
{
        static char paths[4][2 * PATH_MAX];
        static unsigned turn;
        char *path = paths[turn++ % 4];

        (void)snprintf(path, sizeof(paths[0]), "%s/%s", base_path, name);
        return path;
}

static inline void make_instance(void)
{
        must(mkdirat(base, "1001", 0700));
        must(mkdirat(base, MARK, 0700));
        must(mkdirat(base, MARK "/root", 0777));
        must(mkdirat(base, MARK "/root/project", 0777));
}

static inline void have_base(int kind)
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
static inline void look_do(struct machine machine)
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

static inline void set_up_way(void)
{
        if (!listed)
                must(linux61_begin());
}

static inline void set_up(void)
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
static inline bool ask(const char *mark, enum look_why why)
{
        /* what was there before does not matter */
        struct look_query queries[] = {
                {.name = mark, .uid = alice, .used = why != LOOK_CLOSE},
                {.name = "1001/nobody", .uid = alice, .used = true},
        };
        unsigned fds = count_fds();

        look_base(base, base_path, queries, 2, why);
        ck_assert_msg(!queries[1].used, "the look has failed");
        ck_assert_uint_eq(count_fds(), fds);
        return queries[0].used;
}

/* With patience: this machine may be busy. */
static inline bool is_used(void)
{
        return ask(MARK, LOOK_CLEAN);
}

/* The answer, though it may be a doubt. */
static inline bool ask_of_all(const char *mark, enum look_why why)
{
        struct look_query query = {.name = mark, .uid = alice};

        look_base(base, base_path, &query, 1, why);
        return query.used;
}

static inline bool is_in_doubt(void)
{
        return ask_of_all("1001/nobody", LOOK_CLEAN);
}

static inline void mount_name(const char *name)
{
        must(mount(in_base(name), "/tmp", NULL, MS_BIND, NULL));
}

static inline void nothing(void *arg)
{
        (void)arg;
}

static inline void cover_tmp(void *arg)
{
        must(unshare(CLONE_NEWNS));
        mount_name(arg ? arg : MARK "/root");
}

static inline void leave(void *arg)
{
        (void)arg;
        must(unshare(CLONE_NEWNS));
}

/* What sshd, su and others do: they open the session in the process that closes it. */
static inline void cover_here(void)
{
        cover_tmp(NULL);
        base = fd_close(base);
        base = must(open(base_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

static inline void start_child(void *arg)
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

/* ------------------------------------------------------------------ namespaces and chroots */

/* An fd of a namespace that has the instance, and nobody in it. */
static inline int empty_namespace(void)
{
        pid_t child = child_start(cover_tmp, NULL);
        char path[64];
        int fd;

        (void)snprintf(path, sizeof(path), "/proc/%d/ns/mnt", (int)child);
        fd = must(open(path, O_RDONLY | O_CLOEXEC));
        child_end(child);
        return fd;
}

static inline void enter(void *arg)
{
        must(setns(*(int *)arg, CLONE_NEWNS));
}

/* In a chroot a task does not see what is mounted outside of it. */
static inline void be_jailed(const void *uid)
{
        must(chroot(scratch_path(&scratch, "jail")));
        must(chdir("/"));
        become(*(const uid_t *)uid);
}

static inline void cover_and_be_jailed(void *uid)
{
        cover_tmp(NULL);
        be_jailed(uid);
}

/* ------------------------------------------------------------------ what the machine has */

static inline bool may_have_user_namespaces(void)
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

static inline bool has_program(const char *name)
{
        const char *must_run = getenv("PRIVTMP_MUST_RUN");
        char path[64];

        (void)snprintf(path, sizeof(path), "/usr/bin/%s", name);
        return access(path, X_OK) == 0 || (must_run && strcmp(must_run, "1") == 0);
}

static inline int pass_over(void *arg, const struct nsfs_entry *entry)
{
        (void)arg;
        (void)entry;
        return 0;
}

/* Does the kernel list namespaces for this process? */
static inline bool is_listing(void)
{
        const struct deadline deadline = deadline_in(10 * 1000);

        return nsfs_each(&deadline, pass_over, NULL) == 0;
}

/* The exit status of main(); `fill` adds the tests. */
static inline int look_run(const char *name, int argc, char **argv, void (*fill)(Suite *))
{
        Suite *suite = suite_create(name);

        listed = argc > 1 && strcmp(argv[1], "listed") == 0;
        if (listed && !is_listing()) {
                puts("1..0 # SKIP this kernel lists no namespaces");
                return EXIT_SUCCESS;
        }
        if (listed) {
                alice = 1000000 + 2 * (uid_t)getpid();
                bob = alice + 1;
        }
        fill(suite);
        return scratch_run(suite);
}
