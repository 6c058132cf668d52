/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A sweep beside logins, after a loss of power, and where nothing can be renamed.
 *
 * flock(2) is this file's: what others do at the worst moment is done there.
 */
#include <sys/file.h>

#include "command/sweep.h"
#include "disk/seal.h"
#include "ground/cleanup.h"
#include "kit/shelf.h"
#include "kit/sweep.h"

/* ------------------------------------------------------------------ calls, looked at */

static void (*at_flock)(unsigned turn); /* before the n-th try to have one exclusively */
static unsigned exclusive;

/* Stands in place of the C library's. */
int flock(int fd, int operation)
{
        if (operation & LOCK_EX && at_flock)
                at_flock(++exclusive);
        return (int)syscall(SYS_flock, fd, operation);
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
        ck_assert(is_in_place(ALICE, disputed.name));
        ck_assert_uint_eq(times_told(), 0);
}

static void begin_to_use(unsigned turn)
{
        if (turn == 2)
                at_work = use(&disputed);
}

MACHINE_TEST(what_is_in_use_since_the_look_stays)
{
        disputed = make_idle(&alices);
        at_flock = begin_to_use;
        sweep_it(false);
        ck_assert_int_gt(at_work, 0);
        ck_assert(is_in_place(ALICE, disputed.name));
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
        must(renameat(scratch.fd, path_of(ALICE, disputed.name), scratch.fd, "elsewhere"));
        other = make_live(&alices);
        must(renameat(scratch.fd, path_of(ALICE, other.name), scratch.fd,
                      path_of(ALICE, disputed.name)));
}

MACHINE_TEST(another_that_has_come_in_its_place_stays)
{
        disputed = make_idle(&alices);
        at_flock = put_another_there;
        (void)sweep_base(&(struct sweep){.uid = (uid_t)-1,
                                         .base = scratch.fd,
                                         .path = scratch.path,
                                         .found = note,
                                         .arg = &scratch},
                         &heard.report);
        ck_assert(!at_flock);
        ck_assert(is_in_place(ALICE, disputed.name));
        ck_assert(is_there(scratch.fd, "elsewhere"));
        ck_assert_uint_eq(times_told(), 0);
}

static unsigned free_tries;

/* Until the sweep has made up its mind, nobody waits for a lock of what is in use. */
static void try_the_used_one(unsigned turn)
{
        int dir = must(openat(scratch.fd, path_of(ALICE, disputed.name), O_RDONLY | O_CLOEXEC));
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

        disputed = make_idle(&alices);
        for (int i = 0; i < 8; i++)
                (void)make_idle(&alices);
        child = use(&disputed);
        at_flock = try_the_used_one;
        sweep();
        /* tried by each of the nine, taken for the eight that go */
        ck_assert_uint_eq(exclusive, 17);
        ck_assert_uint_eq(free_tries, 17);
        at_flock = NULL;
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
        struct instance young = make_idle(&alices), old = make_idle(&alices);
        _cleanup_close_ int user = open_user(ALICE);

        make_wreck(&young, parts[_i], false);
        make_wreck(&old, parts[_i], true);
        sweep();
        ck_assert(is_there(user, young.name));
        ck_assert(!is_there(user, old.name));
}

MACHINE_TEST(what_has_no_lock_stays_while_it_is_mounted)
{
        struct instance used = make_idle(&alices);
        _cleanup_close_ int user = open_user(ALICE);
        pid_t child = use(&used);

        make_wreck(&used, "lock", true);
        sweep();
        ck_assert(is_there(user, used.name));
        child_end(child);
        sweep();
        ck_assert(!is_there(user, used.name));
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
        int dir = must(openat(scratch.fd, path_of(ALICE, instance->name), O_RDONLY | O_CLOEXEC));

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
        lower = make_idle(&alices);
        fill(&lower, _i);
        used = make_idle(&alices);
        lay_over();
        upper = make_idle(&alices);
        child = use(&used);
        outside = must(openat(scratch.fd, "outside", O_RDONLY | O_CLOEXEC));
        write_file(outside, "file", "");
        sweep();
        ck_assert(!is_in_place(ALICE, lower.name));
        ck_assert(!is_in_trash(ALICE, lower.name));
        ck_assert(is_in_trash(ALICE, upper.name));
        ck_assert(is_in_place(ALICE, used.name));
        ck_assert(is_there(outside, "file"));
        ck_assert_uint_eq(times_told(), 2);
        child_end(child);
}

/* Who deletes it may be killed, or hang: it is opened by nobody, and looked into by nobody. */
MACHINE_TEST(what_is_deleted_where_it_stands_is_sealed_first)
{
        struct instance lower = make_idle(&alices), again = INSTANCE_NONE;
        _cleanup_close_ int user = -EBADF, top = -EBADF;
        char mounted[5 * NAME_BYTES];

        (void)snprintf(mounted, sizeof(mounted), "%s/root/mounted", path_of(ALICE, lower.name));
        must(mkdirat(scratch.fd, mounted, 0700));
        lay_over();
        must(mount("tmpfs", scratch_path(&scratch, mounted), "tmpfs", 0, NULL));
        ck_assert_int_lt(sweep_it(false), 0);
        user = open_user(ALICE);
        ck_assert(seal_is_on_name(user, lower.name));
        ck_assert_int_eq(instance_open(user, lower.name, &again), -ESTALE);

        must(umount(scratch_path(&scratch, mounted)));
        top = must(openat(user, lower.name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        must(flock(top, LOCK_EX));
        heard.report.fault[0] = '\0';
        ck_assert_int_eq(sweep_it(false), -EBUSY);
        ck_assert(is_there(user, lower.name));
        must(flock(top, LOCK_UN));
        heard.report.fault[0] = '\0';
        ck_assert_int_eq(sweep_it(false), 0);
        ck_assert(!is_there(user, lower.name));
}

MACHINE_TEST(what_cannot_go_is_told_of_and_the_rest_goes)
{
        struct instance first = make_idle(&alices), second = make_idle(&bobs);
        char path[4 * NAME_BYTES];

        must(mkdirat(scratch.fd, ".trash", 0700));
        (void)snprintf(path, sizeof(path), ".trash/1001.%s", first.name);
        must(mkdirat(scratch.fd, path, 0700));
        ck_assert_int_eq(sweep_it(false), -EEXIST);
        ck_assert_ptr_nonnull(
                strstr(heard.report.fault, scratch_path(&scratch, path_of(ALICE, first.name))));
        ck_assert(is_in_place(ALICE, first.name));
        ck_assert(is_in_trash(BOB, second.name));
}

MACHINE_TEST(a_trash_that_is_a_link_is_not_used)
{
        struct instance idle = make_idle(&alices);
        int elsewhere = make_dir(scratch.fd, "elsewhere", 0700);

        must(symlinkat("elsewhere", scratch.fd, ".trash"));
        ck_assert_int_lt(sweep_it(false), 0);
        ck_assert(is_in_place(ALICE, idle.name));
        ck_assert_uint_eq(count_entries(elsewhere), 0);
}

int main(void)
{
        Suite *suite = suite_create("sweep-beside");
        TCase *sweeps = tcase_create("sweep");

        tcase_set_timeout(sweeps, 30);
        tcase_add_test(sweeps, who_logs_in_between_the_look_and_the_lock_has_the_instance);
        tcase_add_test(sweeps, what_is_in_use_since_the_look_stays);
        tcase_add_test(sweeps, another_that_has_come_in_its_place_stays);
        tcase_add_test(sweeps, the_lock_of_what_is_in_use_is_not_held_while_others_are_looked_at);
        tcase_add_loop_test(sweeps, what_has_no_lock_or_no_root_goes_when_it_is_old, 0, 2);
        tcase_add_test(sweeps, what_has_no_lock_stays_while_it_is_mounted);
        tcase_add_loop_test(sweeps, what_cannot_be_renamed_is_deleted_where_it_stands, 0, 4);
        tcase_add_test(sweeps, what_is_deleted_where_it_stands_is_sealed_first);
        tcase_add_test(sweeps, what_cannot_go_is_told_of_and_the_rest_goes);
        tcase_add_test(sweeps, a_trash_that_is_a_link_is_not_used);
        suite_add_tcase(suite, sweeps);
        return scratch_run(suite);
}
