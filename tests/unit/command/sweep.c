/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is stale in a base goes to the trash, and nothing else does. */
#include <sys/file.h>

#include "command/sweep.h"
#include "ground/safedir.h"
#include "kit/shelf.h"
#include "kit/sweep.h"
#include "lifetime/records.h"
#include "lifetime/stale.h"

enum {
        KEEP = 3600, /* seconds */
        TWICE = 1200,
        BATCH = 256,
        MANY = 2 * BATCH + 1,
};

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

static const struct instance_want alices_kept = {
        .directory = "/tmp",
        .user = "alice",
        .uid = ALICE,
        .gid = ALICE,
        .mode = 01770,
        .keep = KEEP,
};

/* One without a session, whose clock says that. */
static struct instance make_since(const struct instance_want *want, time_t clock)
{
        struct instance instance = make_idle(want);

        set_clock(want->uid, instance.name, clock);
        return instance;
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
        struct instance one = make_since(&alices, time(NULL)), two = make_idle(&alices);
        struct instance three = make_idle(&bobs);

        sweep();
        ck_assert(is_in_trash(ALICE, one.name));
        ck_assert(is_in_trash(ALICE, two.name));
        ck_assert(is_in_trash(BOB, three.name));
        ck_assert(was_told(path_of(ALICE, one.name)));
        ck_assert(was_told(path_of(ALICE, two.name)));
        ck_assert(was_told(path_of(BOB, three.name)));
        ck_assert_uint_eq(times_told(), 3);
}

MACHINE_TEST(what_has_a_session_stays)
{
        struct instance live = make_live(&alices), idle = make_idle(&alices);
        struct instance kept = make_live(&alices_kept);
        struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = 1}};

        must(futimens(kept.lock, times));
        sweep();
        ck_assert(is_in_place(ALICE, live.name));
        ck_assert(is_in_place(ALICE, kept.name));
        ck_assert_int_eq(clock_of(ALICE, kept.name), 1);
        ck_assert(is_in_trash(ALICE, idle.name));
        /* and has its lock still */
        ck_assert_int_eq(lock_try(live.lock, LOCK_SH), 0);
        ck_assert_int_eq(instance_is_in_place(open_user(ALICE), live.name, live.lock), 1);
}

MACHINE_TEST(what_is_in_use_stays)
{
        struct instance used = make_idle(&alices), idle = make_idle(&alices);
        pid_t child = use(&used);

        sweep();
        ck_assert(is_in_place(ALICE, used.name));
        ck_assert(is_in_trash(ALICE, idle.name));
        ck_assert_uint_eq(times_told(), 1);
        child_end(child);
        sweep();
        ck_assert(is_in_trash(ALICE, used.name));
}

MACHINE_TEST(what_is_kept_stays_until_its_time_is_over)
{
        const time_t now = time(NULL);
        struct instance kept = make_since(&alices_kept, now - KEEP / 2);
        struct instance over = make_since(&alices_kept, now - 2 * KEEP);

        sweep();
        ck_assert(is_in_place(ALICE, kept.name));
        ck_assert_int_eq(clock_of(ALICE, kept.name), now - KEEP / 2);
        ck_assert(is_in_trash(ALICE, over.name));
        ck_assert_uint_eq(times_told(), 1);
}

MACHINE_TEST(what_is_to_be_kept_and_nobody_closed_has_its_clock_set_going)
{
        const time_t before = time(NULL);
        struct instance killed = make_idle(&alices_kept);
        struct instance future = make_since(&alices_kept, before + 1000 * KEEP);

        sweep();
        ck_assert(is_in_place(ALICE, killed.name));
        ck_assert(is_in_place(ALICE, future.name));
        ck_assert_int_ge(clock_of(ALICE, killed.name), before);
        ck_assert_int_le(clock_of(ALICE, killed.name), time(NULL));
        ck_assert_int_ge(clock_of(ALICE, future.name), before);
        ck_assert_int_le(clock_of(ALICE, future.name), time(NULL));
        ck_assert_uint_eq(times_told(), 0);
}

MACHINE_TEST(what_is_in_use_after_its_time_has_its_clock_stopped)
{
        struct instance used = make_since(&alices_kept, time(NULL) - 2 * KEEP);
        pid_t child = use(&used);
        const time_t before = time(NULL);

        sweep();
        ck_assert(is_in_place(ALICE, used.name));
        ck_assert_int_eq(clock_of(ALICE, used.name), 0);
        child_end(child);
        sweep();
        ck_assert(is_in_place(ALICE, used.name));
        ck_assert_int_ge(clock_of(ALICE, used.name), before);
}

MACHINE_TEST(in_doubt_nothing_goes)
{
        struct instance idle = make_idle(&alices);

        own_mounts();
        must(umount2("/proc", MNT_DETACH));
        ck_assert_int_eq(sweep_base(&(struct sweep){.base = scratch.fd,
                                                    .path = scratch.path,
                                                    .found = note,
                                                    .arg = &scratch},
                                    &heard.report),
                         0);
        ck_assert(is_in_place(ALICE, idle.name));
        ck_assert_str_eq(told, "");
}

MACHINE_TEST(all_go_in_one_sweep_however_many_there_are)
{
        struct instance used, kept;
        pid_t child;

        for (int i = 0; i < MANY; i++)
                (void)make_idle(i % 5 ? &alices : &bobs);
        used = make_idle(&alices);
        kept = make_since(&alices_kept, time(NULL));
        child = use(&used);
        looks = 0;
        sweep();
        ck_assert_uint_eq(looks, 2 * 3);
        ck_assert_uint_eq(times_told(), MANY);
        ck_assert_uint_eq(count_entries(must(openat(scratch.fd, ".trash", O_RDONLY))), MANY);
        ck_assert_uint_eq(count_entries(open_user(BOB)), 0);
        ck_assert_uint_eq(count_entries(open_user(ALICE)), 2);
        ck_assert(is_in_place(ALICE, used.name));
        ck_assert(is_in_place(ALICE, kept.name));
        child_end(child);
}

MACHINE_TEST(with_few_fds_there_are_more_looks)
{
        struct rlimit limit;

        for (int i = 0; i < MANY / 4; i++)
                (void)make_idle(i % 5 ? &alices : &bobs);
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
        lock = must(openat(scratch.fd, path_of(ALICE, ".locked/lock"), O_RDONLY | O_CLOEXEC));
        must(flock(lock, LOCK_SH));
        sweep();
        ck_assert(is_in_trash(ALICE, "oldone"));
        ck_assert(!is_in_place(ALICE, ".oldone"));
        ck_assert(is_in_place(ALICE, ".newone"));
        ck_assert(is_in_place(ALICE, ".locked"));
        ck_assert_str_eq(told, "1001/.oldone\n");
}

/* ------------------------------------------------------------------ what is not ours */

MACHINE_TEST(names_that_are_not_of_ours_are_left_alone)
{
        static const char *const names[] = {"lost+found", "abcde", "abcdefg", ".abcde",
                                            "abc-ef",     "keep",  "..abcde"};
        int user = open_user(ALICE);

        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
                struct instance idle = make_idle(&alices);

                must(renameat(user, idle.name, user, names[i]));
                set_mtime(user, names[i], TWICE);
        }
        sweep();
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
                ck_assert_msg(is_in_place(ALICE, names[i]), "%s", names[i]);
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
        struct instance idle = make_idle(&alices);
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
        ck_assert(is_in_trash(ALICE, idle.name));
}

MACHINE_TEST(a_users_folder_that_is_none_is_told_of_and_the_rest_is_swept)
{
        struct instance idle = make_idle(&bobs), other;
        int elsewhere = make_dir(scratch.fd, "elsewhere", 0700), user = open_user(ALICE);

        other = make_idle(&alices);
        must(renameat(user, other.name, elsewhere, other.name));
        must(unlinkat(scratch.fd, "1001", AT_REMOVEDIR));
        if (_i)
                must(symlinkat("elsewhere", scratch.fd, "1001"));
        else
                write_file(scratch.fd, "1001", "");
        ck_assert_int_lt(sweep_it(false), 0);
        ck_assert_ptr_nonnull(strstr(heard.report.fault, scratch_path(&scratch, "1001")));
        ck_assert(is_in_trash(BOB, idle.name));
        ck_assert(is_there(elsewhere, other.name));
}

MACHINE_TEST(what_others_planted_holds_nothing_up)
{
        struct instance idle = make_idle(&alices);
        int user = open_user(ALICE), dir;

        must(mknodat(user, "a0fifo", S_IFIFO | 0600, 0));
        write_file(user, "a0file", "");
        must(symlinkat("nowhere", user, "linked"));
        dir = make_dir(user, "ofbobs", 0777);
        close(make_dir(dir, "root", 0777));
        must(mknodat(dir, "lock", S_IFIFO | 0600, 0));
        must(fchown(dir, BOB, BOB));
        sweep();
        ck_assert(is_in_trash(ALICE, idle.name));
        ck_assert(is_in_place(ALICE, "a0fifo"));
        ck_assert(is_in_place(ALICE, "a0file"));
        ck_assert(is_in_place(ALICE, "linked"));
        ck_assert(is_in_place(ALICE, "ofbobs"));
        ck_assert_uint_eq(times_told(), 1);
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
        struct instance live = make_live(&alices), used = make_idle(&alices);
        struct instance idle = make_idle(&alices), over = make_since(&alices_kept, 1);
        struct instance others = make_idle(&bobs);
        pid_t child = use(&used);
        char *before, *after;

        (void)make_since(&alices_kept, now);
        (void)make_idle(&alices_kept);
        (void)make_since(&alices_kept, now + KEEP);
        make_temporary(".oldone", TWICE);
        make_temporary(".newone", 0);
        before = list();
        ck_assert_int_eq(sweep_it(true), 0);
        after = list();
        ck_assert_str_eq(before, after);
        ck_assert(was_told(path_of(ALICE, idle.name)));
        ck_assert(was_told(path_of(ALICE, over.name)));
        ck_assert(was_told(path_of(BOB, others.name)));
        ck_assert(was_told("1001/.oldone"));
        ck_assert_uint_eq(times_told(), 4);

        /* which is what goes then */
        sweep();
        ck_assert(is_in_trash(ALICE, idle.name));
        ck_assert(is_in_trash(ALICE, over.name));
        ck_assert(is_in_trash(BOB, others.name));
        ck_assert(is_in_trash(ALICE, "oldone"));
        ck_assert_uint_eq(times_told(), 4);
        child_end(child);
        instance_done(&live);
}

MACHINE_TEST(dry_it_stops_no_clock)
{
        struct instance used = make_since(&alices_kept, _i ? 1 : time(NULL) + KEEP);
        pid_t child = use(&used);
        char *before = list(), *after;

        ck_assert_int_eq(sweep_it(true), 0);
        after = list();
        ck_assert_str_eq(before, after);
        ck_assert_uint_eq(times_told(), 0);
        child_end(child);
}

/* ------------------------------------------------------------------ records */

MACHINE_TEST(with_an_instance_its_records_go)
{
        struct instance idle = make_idle(&alices), used = make_idle(&alices);
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
        tcase_add_test(sweeps, dry_it_tells_the_same_and_changes_nothing);
        tcase_add_loop_test(sweeps, dry_it_stops_no_clock, 0, 2);
        tcase_add_test(sweeps, with_an_instance_its_records_go);
        suite_add_tcase(suite, sweeps);
        return scratch_run(suite);
}
