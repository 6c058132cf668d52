/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* look: an instance on any kind of base, and the question who has it mounted */
#include "kit/look.h"

struct scratch scratch;

char base_path[PATH_MAX];

int base = -EBADF;

bool listed; /* by the kernel's list of namespaces; else by /proc */

uid_t alice = ALICE, bob = BOB;

/* ------------------------------------------------------------------ kinds of bases */

bool have_plain(const char *folder)
{
        (void)snprintf(base_path, sizeof(base_path), "%s/base", folder);
        return true;
}

bool have_tmpfs(const char *folder)
{
        return mount("tmpfs", folder, "tmpfs", 0, NULL) == 0 && have_plain(folder);
}

bool have_overlay(const char *folder)
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

bool have_bind(const char *folder)
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

bool have_mount(const char *folder)
{
        have_bind(folder);
        *strrchr(base_path, '/') = '\0';
        return true;
}

bool have_odd_name(const char *folder)
{
        (void)snprintf(base_path, sizeof(base_path), "%s/a b\\040\\c\t#", folder);
        if (mkdir(base_path, 0700) < 0)
                return false;
        strcat(base_path, "/ba se");
        return true;
}

bool have_odd_bind(const char *folder)
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

bool have_ext4(const char *folder)
{
        return mount_image(folder, "ext4") && have_plain(folder);
}

bool have_xfs(const char *folder)
{
        return mount_image(folder, "xfs") && have_plain(folder);
}

bool have_subvolume(const char *folder)
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

bool have_mounted_subvolume(const char *folder)
{
        char volume[PATH_MAX];

        if (!have_subvolume(folder))
                return false;
        (void)snprintf(volume, sizeof(volume), "%s/volume", folder);
        return mount(volume, folder, NULL, MS_BIND, NULL) == 0 && have_plain(folder);
}

bool (*const kinds[KINDS])(const char *folder) = {
        [PLAIN] = have_plain,   [TMPFS] = have_tmpfs, have_overlay, have_bind, have_mount,
        have_odd_name,          have_odd_bind,        have_ext4,    have_xfs,  have_subvolume,
        have_mounted_subvolume,
};

bool has_kind(size_t kind)
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

const char *in_base(const char *name)
{
        static char paths[4][2 * PATH_MAX];
        static unsigned turn;
        char *path = paths[turn++ % 4];

        (void)snprintf(path, sizeof(paths[0]), "%s/%s", base_path, name);
        return path;
}

void make_instance(void)
{
        must(mkdirat(base, "1001", 0700));
        must(mkdirat(base, MARK, 0700));
        must(mkdirat(base, MARK "/root", 0777));
        must(mkdirat(base, MARK "/root/project", 0777));
}

void have_base(int kind)
{
        own_mounts(); /* else a mount would show in all of the host */
        ground_make(&scratch);
        ck_assert(kinds[kind](scratch.path));
        if (mkdir(base_path, 0700) < 0)
                ck_assert_int_eq(errno, EEXIST);
        base = must(open(base_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        make_instance();
}

void look_do(struct machine machine)
{
        if (!listed) {
                machine_do(machine);
                return;
        }
        own_mounts();
        must(mount("none", "/", NULL, MS_REC | MS_SHARED, NULL));
        child_do(machine_run, &machine);
}

void set_up_way(void)
{
        if (!listed)
                must(linux61_begin());
}

void set_up(void)
{
        set_up_way();
        have_base(PLAIN);
}

bool ask(const char *mark, enum look_why why)
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

bool is_used(void)
{
        return ask(MARK, LOOK_CLEAN);
}

bool ask_of_all(const char *mark, enum look_why why)
{
        struct look_query query = {.name = mark, .uid = alice};

        look_base(base, base_path, &query, 1, why);
        return query.used;
}

bool is_in_doubt(void)
{
        return ask_of_all("1001/nobody", LOOK_CLEAN);
}

void mount_name(const char *name)
{
        must(mount(in_base(name), "/tmp", NULL, MS_BIND, NULL));
}

void nothing(void *arg)
{
        (void)arg;
}

void cover_tmp(void *arg)
{
        must(unshare(CLONE_NEWNS));
        mount_name(arg ? arg : MARK "/root");
}

void leave(void *arg)
{
        (void)arg;
        must(unshare(CLONE_NEWNS));
}

void cover_here(void)
{
        cover_tmp(NULL);
        base = fd_close(base);
        base = must(open(base_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

void start_child(void *arg)
{
        (void)child_start(nothing, arg);
}

void start_sleepers(unsigned n)
{
        pid_t parent = getpid();

        for (unsigned i = 0; i < n; i++)
                if (must(fork()) == 0) {
                        must(prctl(PR_SET_PDEATHSIG, SIGKILL));
                        while (getppid() == parent) /* else it has ended already */
                                (void)pause();
                        _exit(EXIT_SUCCESS);
                }
}

/* ------------------------------------------------------------------ clock_gettime, bent */

unsigned clock_calls, clock_limit = UINT_MAX; /* after so many calls a day goes by */

unsigned clock_stop; /* at that call ... */

void (*at_clock_stop)(void); /* ... this is done */

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

int empty_namespace(void)
{
        pid_t child = child_start(cover_tmp, NULL);
        char path[64];
        int fd;

        (void)snprintf(path, sizeof(path), "/proc/%d/ns/mnt", (int)child);
        fd = must(open(path, O_RDONLY | O_CLOEXEC));
        child_end(child);
        return fd;
}

void enter(void *arg)
{
        must(setns(*(int *)arg, CLONE_NEWNS));
}

void be_jailed(const void *uid)
{
        must(chroot(scratch_path(&scratch, "jail")));
        must(chdir("/"));
        become(*(const uid_t *)uid);
}

void cover_and_be_jailed(void *uid)
{
        cover_tmp(NULL);
        be_jailed(uid);
}

/* ------------------------------------------------------------------ what the machine has */

bool may_have_user_namespaces(void)
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

bool has_program(const char *name)
{
        const char *must_run = getenv("PRIVTMP_MUST_RUN");
        char path[64];

        (void)snprintf(path, sizeof(path), "/usr/bin/%s", name);
        return access(path, X_OK) == 0 || (must_run && strcmp(must_run, "1") == 0);
}

int pass_over(void *arg, const struct nsfs_entry *entry)
{
        (void)arg;
        (void)entry;
        return 0;
}

bool is_listing(void)
{
        const struct deadline deadline = deadline_in_ms(10 * 1000);

        return nsfs_each(&deadline, pass_over, NULL) == 0;
}

int look_run(const char *name, int argc, char **argv, void (*fill)(Suite *))
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
