/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test-sweep: what is stale in a base goes to the trash, and nothing else does
 *
 * Needs root, in a throw-away host. flock(2) and unlinkat(2) are this file's: what others do at the
 * worst moment is done there.
 */
#include <sys/file.h>

#include "ground/cleanup.h"
#include "kit/ground.h"
#include "lifetime/records.h"
#include "ground/safedir.h"
#include "lifetime/stale.h"
#include "command/sweep.h"

enum {
        KEEP = 3600, /* seconds */
        TWICE = 1200,
        BATCH = 256,
        MANY = 2 * BATCH + 1,
};

static struct scratch scratch; /* is the base */
static struct heard heard;
static char told[16 * 1024]; /* what was found, a name a line */

static void set_up(void)
{
        ground_make(&scratch);
        heard_begin(&heard);
}

/* ------------------------------------------------------------------ look_base, counted */

static unsigned looks;

void __real_look_base(int dir, const char *path, struct look_query *queries, size_t n,
                      enum look_why why);
void __wrap_look_base(int dir, const char *path, struct look_query *queries, size_t n,
                      enum look_why why);

void __wrap_look_base(int dir, const char *path, struct look_query *queries, size_t n,
                      enum look_why why)
{
        looks++;
        ck_assert_uint_le(n, BATCH);
        __real_look_base(dir, path, queries, n, why);
}

/* ------------------------------------------------------------------ instances */

static const struct instance_want alices = {
        .directory = "/tmp",
        .user = "alice",
        .uid = ALICE,
        .gid = ALICE,
        .mode = 01770,
};

static const struct instance_want alices_kept = {
        .directory = "/tmp",
        .user = "alice",
        .uid = ALICE,
        .gid = ALICE,
        .mode = 01770,
        .keep = KEEP,
};

static const struct instance_want bobs = {
        .directory = "/tmp",
        .user = "bob",
        .uid = BOB,
        .gid = BOB,
        .mode = 01770,
};

static int open_user(uid_t uid)
{
        int fd = -EBADF;

        ck_assert_int_eq(instance_open_user(scratch.fd, uid, &fd, &heard.report), 0);
        return fd;
}

/* One that has a session, until instance_done(). */
static struct instance make_live(const struct instance_want *want)
{
        _cleanup_close_ int user = open_user(want->uid);
        struct instance instance = INSTANCE_NONE;

        ck_assert_int_eq(instance_make(user, want, &instance, &heard.report), 0);
        write_file(instance.root, "file", "");
        return instance;
}

/* One without, whose clock says that. */
static struct instance make_idle(const struct instance_want *want, time_t clock)
{
        struct instance instance = make_live(want);
        struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = clock}};

        must(futimens(instance.lock, times));
        instance_done(&instance);
        return instance;
}

static const char *path_of(const struct instance_want *want, const char *name)
{
        static char paths[4][4 * NAME_BYTES];
        static unsigned turn;
        char *path = paths[turn++ % 4];

        (void)snprintf(path, sizeof(paths[0]), "%u/%s", want->uid, name);
        return path;
}

static bool is_in_place(const struct instance_want *want, const char *name)
{
        return is_there(scratch.fd, path_of(want, name));
}

static bool is_in_trash(const struct instance_want *want, const char *name)
{
        char path[4 * NAME_BYTES];

        (void)snprintf(path, sizeof(path), ".trash/%u.%s", want->uid, name);
        return is_there(scratch.fd, path) && !is_in_place(want, name);
}

static time_t clock_of(const struct instance_want *want, const struct instance *instance)
{
        char path[4 * NAME_BYTES];
        struct stat st;

        (void)snprintf(path, sizeof(path), "%s/lock", path_of(want, instance->name));
        must(fstatat(scratch.fd, path, &st, AT_SYMLINK_NOFOLLOW));
        return st.st_mtime;
}

static void mount_it(void *arg)
{
        char path[4 * NAME_BYTES];

        (void)snprintf(path, sizeof(path), "1001/%s/root", (const char *)arg);
        own_mounts();
        must(mount(scratch_path(&scratch, path), "/tmp", NULL, MS_BIND, NULL));
}

/* A process that has an instance of alice's mounted. */
static pid_t use(struct instance *instance)
{
        return child_start(mount_it, instance->name);
}

/* ------------------------------------------------------------------ the sweep */

static void note(void *arg, const char *base, const char *name)
{
        size_t used = strlen(told);

        ck_assert_ptr_eq(arg, &scratch);
        ck_assert_str_eq(base, scratch.path);
        ck_assert_int_lt(snprintf(told + used, sizeof(told) - used, "%s\n", name),
                         (int)(sizeof(told) - used));
}

static int sweep_it(bool dry)
{
        const struct sweep sweep = {.uid = (uid_t)-1,
                                    .base = scratch.fd,
                                    .path = scratch.path,
                                    .dry = dry,
                                    .found = note,
                                    .arg = &scratch};
        unsigned fds = count_fds();
        int r;

        told[0] = '\0';
        r = sweep_base(&sweep, &heard.report);
        ck_assert_uint_eq(count_fds(), fds);
        ck_assert_uint_eq(heard.lines, 0);
        return r;
}

static void sweep(void)
{
        ck_assert_int_eq(sweep_it(false), 0);
        ck_assert_str_eq(heard.report.fault, "");
}

/* Was it told of, and how many in all? */
static bool was_told(const char *path)
{
        char line[4 * NAME_BYTES];

        (void)snprintf(line, sizeof(line), "%s\n", path);
        return strstr(told, line) && (strstr(told, line) == told || strstr(told, line)[-1] == '\n');
}

static unsigned times_told(void)
{
        unsigned n = 0;

        for (const char *at = told; (at = strchr(at, '\n')); at++)
                n++;
        return n;
}

/* ------------------------------------------------------------------ calls, looked at */

static void (*at_flock)(unsigned turn); /* before the n-th try to have one exclusively */
static unsigned exclusive;
static char first_unlinked[NAME_MAX + 1];
static bool unlinks_are_noted;

/* Both stand in place of the C library's. */
int flock(int fd, int operation)
{
        if (operation & LOCK_EX && at_flock)
                at_flock(++exclusive);
        return (int)syscall(SYS_flock, fd, operation);
}

int unlinkat(int dir, const char *name, int flags)
{
        if (unlinks_are_noted && !first_unlinked[0])
                (void)snprintf(first_unlinked, sizeof(first_unlinked), "%s", name);
        return (int)syscall(SYS_unlinkat, dir, name, flags);
}

/* ------------------------------------------------------------------ what goes */

MACHINE_TEST(in_an_empty_base_there_is_nothing_to_do)
{
        sweep();
        ck_assert_uint_eq(times_told(), 0);
        ck_assert_uint_eq(count_entries(scratch.fd), 0);
}

MACHINE_TEST(what_is_stale_goes_whoever_it_belongs_to)
{
        struct instance one = make_idle(&alices, time(NULL)), two = make_idle(&alices, 0);
        struct instance three = make_idle(&bobs, 0);

        sweep();
        ck_assert(is_in_trash(&alices, one.name));
        ck_assert(is_in_trash(&alices, two.name));
        ck_assert(is_in_trash(&bobs, three.name));
        ck_assert(was_told(path_of(&alices, one.name)));
        ck_assert(was_told(path_of(&alices, two.name)));
        ck_assert(was_told(path_of(&bobs, three.name)));
        ck_assert_uint_eq(times_told(), 3);
}

MACHINE_TEST(what_has_a_session_stays)
{
        struct instance live = make_live(&alices), idle = make_idle(&alices, 0);
        struct instance kept = make_live(&alices_kept);
        struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = 1}};

        must(futimens(kept.lock, times));
        sweep();
        ck_assert(is_in_place(&alices, live.name));
        ck_assert(is_in_place(&alices, kept.name));
        ck_assert_int_eq(clock_of(&alices, &kept), 1);
        ck_assert(is_in_trash(&alices, idle.name));
        /* and has its lock still */
        ck_assert_int_eq(lock_try(live.lock, LOCK_SH), 0);
        ck_assert(instance_is_in_place(open_user(ALICE), live.name, live.lock));
}

MACHINE_TEST(what_is_in_use_stays)
{
        struct instance used = make_idle(&alices, 0), idle = make_idle(&alices, 0);
        pid_t child = use(&used);

        sweep();
        ck_assert(is_in_place(&alices, used.name));
        ck_assert(is_in_trash(&alices, idle.name));
        ck_assert_uint_eq(times_told(), 1);
        child_end(child);
        sweep();
        ck_assert(is_in_trash(&alices, used.name));
}

MACHINE_TEST(what_is_kept_stays_until_its_time_is_over)
{
        const time_t now = time(NULL);
        struct instance kept = make_idle(&alices_kept, now - KEEP / 2);
        struct instance over = make_idle(&alices_kept, now - 2 * KEEP);

        sweep();
        ck_assert(is_in_place(&alices, kept.name));
        ck_assert_int_eq(clock_of(&alices, &kept), now - KEEP / 2);
        ck_assert(is_in_trash(&alices, over.name));
        ck_assert_uint_eq(times_told(), 1);
}

MACHINE_TEST(what_is_to_be_kept_and_nobody_closed_has_its_clock_set_going)
{
        const time_t before = time(NULL);
        struct instance killed = make_idle(&alices_kept, 0);
        struct instance future = make_idle(&alices_kept, before + 1000 * KEEP);

        sweep();
        ck_assert(is_in_place(&alices, killed.name));
        ck_assert(is_in_place(&alices, future.name));
        ck_assert_int_ge(clock_of(&alices, &killed), before);
        ck_assert_int_le(clock_of(&alices, &killed), time(NULL));
        ck_assert_int_ge(clock_of(&alices, &future), before);
        ck_assert_int_le(clock_of(&alices, &future), time(NULL));
        ck_assert_uint_eq(times_told(), 0);
}

MACHINE_TEST(what_is_in_use_after_its_time_has_its_clock_stopped)
{
        struct instance used = make_idle(&alices_kept, time(NULL) - 2 * KEEP);
        pid_t child = use(&used);
        const time_t before = time(NULL);

        sweep();
        ck_assert(is_in_place(&alices, used.name));
        ck_assert_int_eq(clock_of(&alices, &used), 0);
        child_end(child);
        sweep();
        ck_assert(is_in_place(&alices, used.name));
        ck_assert_int_ge(clock_of(&alices, &used), before);
}

MACHINE_TEST(in_doubt_nothing_goes)
{
        struct instance idle = make_idle(&alices, 0);

        own_mounts();
        must(umount2("/proc", MNT_DETACH));
        ck_assert_int_eq(sweep_base(&(struct sweep){.base = scratch.fd,
                                                    .path = scratch.path,
                                                    .found = note,
                                                    .arg = &scratch},
                                    &heard.report),
                         0);
        ck_assert(is_in_place(&alices, idle.name));
        ck_assert_str_eq(told, "");
}

MACHINE_TEST(all_go_in_one_sweep_however_many_there_are)
{
        struct instance used, kept;
        pid_t child;

        for (int i = 0; i < MANY; i++)
                (void)make_idle(i % 5 ? &alices : &bobs, 0);
        used = make_idle(&alices, 0);
        kept = make_idle(&alices_kept, time(NULL));
        child = use(&used);
        looks = 0;
        sweep();
        ck_assert_uint_eq(looks, 2 * 3);
        ck_assert_uint_eq(times_told(), MANY);
        ck_assert_uint_eq(count_entries(must(openat(scratch.fd, ".trash", O_RDONLY))), MANY);
        ck_assert_uint_eq(count_entries(open_user(BOB)), 0);
        ck_assert_uint_eq(count_entries(open_user(ALICE)), 2);
        ck_assert(is_in_place(&alices, used.name));
        ck_assert(is_in_place(&alices, kept.name));
        child_end(child);
}

MACHINE_TEST(with_few_fds_there_are_more_looks)
{
        struct rlimit limit;

        for (int i = 0; i < MANY / 4; i++)
                (void)make_idle(i % 5 ? &alices : &bobs, 0);
        must(getrlimit(RLIMIT_NOFILE, &limit));
        limit.rlim_cur = 59 + (rlim_t)_i;
        must(setrlimit(RLIMIT_NOFILE, &limit));
        sweep();
        ck_assert_uint_eq(times_told(), MANY / 4);
        ck_assert_uint_eq(count_entries(open_user(BOB)), 0);
        ck_assert_uint_eq(count_entries(open_user(ALICE)), 0);
}

/* ------------------------------------------------------------------ temporary names */

static void make_temporary(const char *name, time_t age)
{
        int user = open_user(ALICE), dir = make_dir(user, name, 0700);

        write_file(dir, "lock", "");
        close(dir);
        set_mtime(user, name, age);
}

MACHINE_TEST(temporary_names_go_when_they_are_forgotten)
{
        int lock;

        make_temporary(".oldone", TWICE);
        make_temporary(".newone", 0);
        make_temporary(".locked", TWICE);
        lock = must(openat(scratch.fd, path_of(&alices, ".locked/lock"), O_RDONLY | O_CLOEXEC));
        must(flock(lock, LOCK_SH));
        sweep();
        ck_assert(is_in_trash(&alices, "oldone"));
        ck_assert(!is_in_place(&alices, ".oldone"));
        ck_assert(is_in_place(&alices, ".newone"));
        ck_assert(is_in_place(&alices, ".locked"));
        ck_assert_str_eq(told, "1001/.oldone\n");
}

/* ------------------------------------------------------------------ what is not ours */

MACHINE_TEST(names_that_are_not_of_ours_are_left_alone)
{
        static const char *const names[] = {"lost+found", "abcde", "abcdefg", ".abcde",
                                            "abc-ef",     "keep",  "..abcde"};
        int user = open_user(ALICE);

        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
                struct instance idle = make_idle(&alices, 0);

                must(renameat(user, idle.name, user, names[i]));
                set_mtime(user, names[i], TWICE);
        }
        sweep();
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
                ck_assert_msg(is_in_place(&alices, names[i]), "%s", names[i]);
}

MACHINE_TEST(folders_that_are_no_users_are_left_alone)
{
        static const char *const names[] = {".trash",
                                            ".stuck",
                                            "lost+found",
                                            "4294967296",
                                            "1001x",
                                            "-1",
                                            "99999999999999999999999999"};
        struct instance idle = make_idle(&alices, 0);
        int user = open_user(ALICE);

        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
                int dir;

                must(mkdirat(scratch.fd, names[i], 0700));
                dir = must(openat(scratch.fd, names[i], O_RDONLY | O_CLOEXEC));
                must(renameat(user, idle.name, dir, idle.name));
                sweep();
                ck_assert_msg(is_there(dir, idle.name), "%s", names[i]);
                must(renameat(dir, idle.name, user, idle.name));
        }
        sweep();
        ck_assert(is_in_trash(&alices, idle.name));
}

MACHINE_TEST(a_users_folder_that_is_none_is_told_of_and_the_rest_is_swept)
{
        struct instance idle = make_idle(&bobs, 0), other;
        int elsewhere = make_dir(scratch.fd, "elsewhere", 0700), user = open_user(ALICE);

        other = make_idle(&alices, 0);
        must(renameat(user, other.name, elsewhere, other.name));
        must(unlinkat(scratch.fd, "1001", AT_REMOVEDIR));
        if (_i)
                must(symlinkat("elsewhere", scratch.fd, "1001"));
        else
                write_file(scratch.fd, "1001", "");
        ck_assert_int_lt(sweep_it(false), 0);
        ck_assert_ptr_nonnull(strstr(heard.report.fault, scratch_path(&scratch, "1001")));
        ck_assert(is_in_trash(&bobs, idle.name));
        ck_assert(is_there(elsewhere, other.name));
}

MACHINE_TEST(what_others_planted_holds_nothing_up)
{
        struct instance idle = make_idle(&alices, 0);
        int user = open_user(ALICE), dir;

        must(mknodat(user, "a0fifo", S_IFIFO | 0600, 0));
        write_file(user, "a0file", "");
        must(symlinkat("nowhere", user, "linked"));
        dir = make_dir(user, "ofbobs", 0777);
        close(make_dir(dir, "root", 0777));
        must(mknodat(dir, "lock", S_IFIFO | 0600, 0));
        must(fchown(dir, BOB, BOB));
        sweep();
        ck_assert(is_in_trash(&alices, idle.name));
        ck_assert(is_in_place(&alices, "a0fifo"));
        ck_assert(is_in_place(&alices, "a0file"));
        ck_assert(is_in_place(&alices, "linked"));
        ck_assert(is_in_place(&alices, "ofbobs"));
        ck_assert_uint_eq(times_told(), 1);
}

/* ------------------------------------------------------------------ beside logins */

static struct instance disputed;
static pid_t at_work;

static void log_in(unsigned turn)
{
        if (turn == 2)
                must((int)syscall(SYS_flock, disputed.lock, LOCK_SH | LOCK_NB));
}

MACHINE_TEST(who_logs_in_between_the_look_and_the_lock_has_the_instance)
{
        disputed = make_live(&alices);
        must((int)syscall(SYS_flock, disputed.lock, LOCK_UN));
        at_flock = log_in;
        sweep_it(false);
        ck_assert_uint_ge(exclusive, 2);
        ck_assert(is_in_place(&alices, disputed.name));
        ck_assert_uint_eq(times_told(), 0);
}

static void begin_to_use(unsigned turn)
{
        if (turn == 2)
                at_work = use(&disputed);
}

MACHINE_TEST(what_is_in_use_since_the_look_stays)
{
        disputed = make_idle(&alices, 0);
        at_flock = begin_to_use;
        sweep_it(false);
        ck_assert_int_gt(at_work, 0);
        ck_assert(is_in_place(&alices, disputed.name));
        ck_assert_uint_eq(times_told(), 0);
        at_flock = NULL;
        child_end(at_work);
}

/* The one that was looked at has gone, and another with its name has a session. */
static void put_another_there(unsigned turn)
{
        static struct instance other;

        if (turn != 2)
                return;
        at_flock = NULL;
        must(renameat(scratch.fd, path_of(&alices, disputed.name), scratch.fd, "elsewhere"));
        other = make_live(&alices);
        must(renameat(scratch.fd, path_of(&alices, other.name), scratch.fd,
                      path_of(&alices, disputed.name)));
}

MACHINE_TEST(another_that_has_come_in_its_place_stays)
{
        disputed = make_idle(&alices, 0);
        at_flock = put_another_there;
        (void)sweep_base(&(struct sweep){.uid = (uid_t)-1,
                                         .base = scratch.fd,
                                         .path = scratch.path,
                                         .found = note,
                                         .arg = &scratch},
                         &heard.report);
        ck_assert(!at_flock);
        ck_assert(is_in_place(&alices, disputed.name));
        ck_assert(is_there(scratch.fd, "elsewhere"));
        ck_assert_uint_eq(times_told(), 0);
}

static unsigned free_tries;

/* Until the sweep has made up its mind, nobody waits for a lock of what is in use. */
static void try_the_used_one(unsigned turn)
{
        int dir = must(openat(scratch.fd, path_of(&alices, disputed.name), O_RDONLY | O_CLOEXEC));
        int lock = must(openat(dir, "lock", O_RDONLY | O_CLOEXEC));

        (void)turn;
        if (syscall(SYS_flock, lock, LOCK_SH | LOCK_NB) == 0)
                free_tries++;
        close(lock);
        close(dir);
}

MACHINE_TEST(the_lock_of_what_is_in_use_is_not_held_while_others_are_looked_at)
{
        pid_t child;

        disputed = make_idle(&alices, 0);
        for (int i = 0; i < 8; i++)
                (void)make_idle(&alices, 0);
        child = use(&disputed);
        at_flock = try_the_used_one;
        sweep();
        /* tried by each of the nine, taken for the eight that go */
        ck_assert_uint_eq(exclusive, 17);
        ck_assert_uint_eq(free_tries, 17);
        at_flock = NULL;
        child_end(child);
}

/* ------------------------------------------------------------------ dry */

static char listed[32768];

static int list_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
        size_t used = strlen(listed);
        char target[64] = "";

        (void)ftw;
        if (type == FTW_SL)
                must((int)readlink(path, target, sizeof(target) - 1));
        ck_assert_int_lt(snprintf(listed + used, sizeof(listed) - used,
                                  "%s %o %u %ju %jd.%09ld %jd.%09ld %s\n", path, st->st_mode,
                                  st->st_uid, (uintmax_t)st->st_ino, (intmax_t)st->st_mtim.tv_sec,
                                  st->st_mtim.tv_nsec, (intmax_t)st->st_ctim.tv_sec,
                                  st->st_ctim.tv_nsec, target),
                         (int)(sizeof(listed) - used));
        return 0;
}

static char *list(void)
{
        listed[0] = '\0';
        must(nftw(scratch.path, list_one, 16, FTW_PHYS));
        return strdup(listed);
}

MACHINE_TEST(dry_it_tells_the_same_and_changes_nothing)
{
        const time_t now = time(NULL);
        struct instance live = make_live(&alices), used = make_idle(&alices, 0);
        struct instance idle = make_idle(&alices, 0), over = make_idle(&alices_kept, 1);
        struct instance others = make_idle(&bobs, 0);
        pid_t child = use(&used);
        char *before, *after;

        (void)make_idle(&alices_kept, now);
        (void)make_idle(&alices_kept, 0);
        (void)make_idle(&alices_kept, now + KEEP);
        make_temporary(".oldone", TWICE);
        make_temporary(".newone", 0);
        before = list();
        ck_assert_int_eq(sweep_it(true), 0);
        after = list();
        ck_assert_str_eq(before, after);
        ck_assert(was_told(path_of(&alices, idle.name)));
        ck_assert(was_told(path_of(&alices, over.name)));
        ck_assert(was_told(path_of(&bobs, others.name)));
        ck_assert(was_told("1001/.oldone"));
        ck_assert_uint_eq(times_told(), 4);

        /* which is what goes then */
        sweep();
        ck_assert(is_in_trash(&alices, idle.name));
        ck_assert(is_in_trash(&alices, over.name));
        ck_assert(is_in_trash(&bobs, others.name));
        ck_assert(is_in_trash(&alices, "oldone"));
        ck_assert_uint_eq(times_told(), 4);
        child_end(child);
        instance_done(&live);
}

MACHINE_TEST(dry_it_stops_no_clock)
{
        struct instance used = make_idle(&alices_kept, _i ? 1 : time(NULL) + KEEP);
        pid_t child = use(&used);
        char *before = list(), *after;

        ck_assert_int_eq(sweep_it(true), 0);
        after = list();
        ck_assert_str_eq(before, after);
        ck_assert_uint_eq(times_told(), 0);
        child_end(child);
}

/* ------------------------------------------------------------------ what a power loss leaves */

static const char *const parts[] = {"lock", "root"};

static void make_wreck(const struct instance *wreck, const char *part, bool old)
{
        const struct timespec times[] = {{.tv_sec = time(NULL) - 700},
                                         {.tv_sec = time(NULL) - 700}};
        _cleanup_close_ int user = open_user(ALICE), dir = -EBADF;

        dir = must(openat(user, wreck->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        must(renameat(dir, part, scratch.fd, wreck->name));
        if (old)
                must(futimens(dir, times));
}

MACHINE_TEST(what_has_no_lock_or_no_root_goes_when_it_is_old)
{
        struct instance young = make_idle(&alices, 0), old = make_idle(&alices, 0);
        _cleanup_close_ int user = open_user(ALICE);

        make_wreck(&young, parts[_i], false);
        make_wreck(&old, parts[_i], true);
        sweep();
        ck_assert(is_there(user, young.name));
        ck_assert(!is_there(user, old.name));
}

MACHINE_TEST(what_has_no_lock_stays_while_it_is_mounted)
{
        struct instance used = make_idle(&alices, 0);
        _cleanup_close_ int user = open_user(ALICE);
        pid_t child = use(&used);

        make_wreck(&used, "lock", true);
        sweep();
        ck_assert(is_there(user, used.name));
        child_end(child);
        sweep();
        ck_assert(!is_there(user, used.name));
}

/* ------------------------------------------------------------------ records */

static void write_record(int folder, pid_t pid, const struct instance *instance)
{
        struct record record = {.ns = {.number = 4, .id = 5}, .uid = ALICE};

        ck_assert_int_eq(record_stamp(&record), 0);
        record.pid = pid;
        ck_assert_int_eq(record_add_cover(&record, "/tmp", mark_of_instance(ALICE, instance->name)),
                         0);
        ck_assert_int_eq(records_write(folder, &record), 0);
}

MACHINE_TEST(with_an_instance_its_records_go)
{
        struct instance idle = make_idle(&alices, 0), used = make_idle(&alices, 0);
        pid_t child = use(&used);
        int folder = -EBADF;

        ck_assert_int_eq(safedir_open_own(RECORD_FOLDER, true, &folder, &heard.report), 0);
        write_record(folder, 1111, &idle);
        write_record(folder, 2222, &used);
        ck_assert_int_eq(sweep_it(true), 0);
        ck_assert(is_there(folder, "4.1111.1001"));
        sweep();
        ck_assert(!is_there(folder, "4.1111.1001"));
        ck_assert(is_there(folder, "4.2222.1001"));
        must(unlinkat(folder, "4.2222.1001", 0));
        child_end(child);
}

/* ------------------------------------------------------------------ what can't be renamed */

/* The base is an overlay from now on, and what is there already lies in its lower layer. */
static void lay_over(void)
{
        char upper[PATH_MAX], work[PATH_MAX], options[4 * PATH_MAX];
        const char *path = scratch.path;

        (void)mkdir("/run/layers", 0700); /* left there by another test */
        must(mount("tmpfs", "/run/layers", "tmpfs", 0, NULL));
        (void)snprintf(upper, sizeof(upper), "/run/layers/upper");
        (void)snprintf(work, sizeof(work), "/run/layers/work");
        must(mkdir(upper, 0700));
        must(mkdir(work, 0700));
        (void)snprintf(options, sizeof(options), "lowerdir=%s,upperdir=%s,workdir=%s", path, upper,
                       work);
        must(mount("overlay", path, "overlay", 0, options));
        close(scratch.fd);
        scratch.fd = must(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

/* A tree of that depth, with a file at each level and a link to what lies outside. */
static void fill(const struct instance *instance, int depth)
{
        int dir = must(openat(scratch.fd, path_of(&alices, instance->name), O_RDONLY | O_CLOEXEC));

        dir = must(openat(dir, "root", O_RDONLY | O_CLOEXEC));
        for (int i = 0; i < depth; i++) {
                int below = make_dir(dir, "directory", 0777);

                write_file(below, "file", "");
                must(symlinkat(scratch_path(&scratch, "outside"), below, "link"));
                close(make_dir(below, "empty", 0777));
                close(dir);
                dir = below;
        }
        close(dir);
}

MACHINE_TEST(what_cannot_be_renamed_is_deleted_where_it_stands)
{
        struct instance lower, upper, used;
        pid_t child;
        int outside;

        scratch_mkdir(&scratch, "outside", 0777);
        lower = make_idle(&alices, 0);
        fill(&lower, _i);
        used = make_idle(&alices, 0);
        lay_over();
        upper = make_idle(&alices, 0);
        child = use(&used);
        outside = must(openat(scratch.fd, "outside", O_RDONLY | O_CLOEXEC));
        write_file(outside, "file", "");
        sweep();
        ck_assert(!is_in_place(&alices, lower.name));
        ck_assert(!is_in_trash(&alices, lower.name));
        ck_assert(is_in_trash(&alices, upper.name));
        ck_assert(is_in_place(&alices, used.name));
        ck_assert(is_there(outside, "file"));
        ck_assert_uint_eq(times_told(), 2);
        child_end(child);
}

MACHINE_TEST(what_is_deleted_where_it_stands_is_made_unfit_for_a_login_first)
{
        struct instance lower = make_idle(&alices, 0);
        char path[4 * NAME_BYTES];

        lay_over();
        unlinks_are_noted = true;
        sweep();
        ck_assert(!is_in_place(&alices, lower.name));
        (void)snprintf(path, sizeof(path), "%s/directory", lower.name);
        ck_assert_str_eq(first_unlinked, path);
}

MACHINE_TEST(what_cannot_go_is_told_of_and_the_rest_goes)
{
        struct instance first = make_idle(&alices, 0), second = make_idle(&bobs, 0);
        char path[4 * NAME_BYTES];

        must(mkdirat(scratch.fd, ".trash", 0700));
        (void)snprintf(path, sizeof(path), ".trash/1001.%s", first.name);
        must(mkdirat(scratch.fd, path, 0700));
        ck_assert_int_eq(sweep_it(false), -EEXIST);
        ck_assert_ptr_nonnull(
                strstr(heard.report.fault, scratch_path(&scratch, path_of(&alices, first.name))));
        ck_assert(is_in_place(&alices, first.name));
        ck_assert(is_in_trash(&bobs, second.name));
}

MACHINE_TEST(a_trash_that_is_a_link_is_not_used)
{
        struct instance idle = make_idle(&alices, 0);
        int elsewhere = make_dir(scratch.fd, "elsewhere", 0700);

        must(symlinkat("elsewhere", scratch.fd, ".trash"));
        ck_assert_int_lt(sweep_it(false), 0);
        ck_assert(is_in_place(&alices, idle.name));
        ck_assert_uint_eq(count_entries(elsewhere), 0);
}

int main(void)
{
        Suite *suite = suite_create("sweep");
        TCase *sweeps = tcase_create("sweep");

        tcase_set_timeout(sweeps, 30);
        tcase_add_test(sweeps, in_an_empty_base_there_is_nothing_to_do);
        tcase_add_test(sweeps, what_is_stale_goes_whoever_it_belongs_to);
        tcase_add_test(sweeps, what_has_a_session_stays);
        tcase_add_test(sweeps, what_is_in_use_stays);
        tcase_add_test(sweeps, what_is_kept_stays_until_its_time_is_over);
        tcase_add_test(sweeps, what_is_to_be_kept_and_nobody_closed_has_its_clock_set_going);
        tcase_add_test(sweeps, what_is_in_use_after_its_time_has_its_clock_stopped);
        tcase_add_test(sweeps, in_doubt_nothing_goes);
        tcase_add_test(sweeps, all_go_in_one_sweep_however_many_there_are);
        tcase_add_loop_test(sweeps, with_few_fds_there_are_more_looks, 0, 3);
        tcase_add_test(sweeps, temporary_names_go_when_they_are_forgotten);
        tcase_add_test(sweeps, names_that_are_not_of_ours_are_left_alone);
        tcase_add_test(sweeps, folders_that_are_no_users_are_left_alone);
        tcase_add_loop_test(sweeps, a_users_folder_that_is_none_is_told_of_and_the_rest_is_swept, 0,
                            2);
        tcase_add_test(sweeps, what_others_planted_holds_nothing_up);
        tcase_add_test(sweeps, who_logs_in_between_the_look_and_the_lock_has_the_instance);
        tcase_add_test(sweeps, what_is_in_use_since_the_look_stays);
        tcase_add_test(sweeps, another_that_has_come_in_its_place_stays);
        tcase_add_test(sweeps, the_lock_of_what_is_in_use_is_not_held_while_others_are_looked_at);
        tcase_add_test(sweeps, dry_it_tells_the_same_and_changes_nothing);
        tcase_add_loop_test(sweeps, dry_it_stops_no_clock, 0, 2);
        tcase_add_loop_test(sweeps, what_has_no_lock_or_no_root_goes_when_it_is_old, 0, 2);
        tcase_add_test(sweeps, what_has_no_lock_stays_while_it_is_mounted);
        tcase_add_test(sweeps, with_an_instance_its_records_go);
        tcase_add_loop_test(sweeps, what_cannot_be_renamed_is_deleted_where_it_stands, 0, 4);
        tcase_add_test(sweeps, what_is_deleted_where_it_stands_is_made_unfit_for_a_login_first);
        tcase_add_test(sweeps, what_cannot_go_is_told_of_and_the_rest_goes);
        tcase_add_test(sweeps, a_trash_that_is_a_link_is_not_used);
        suite_add_tcase(suite, sweeps);
        return scratch_run(suite);
}
