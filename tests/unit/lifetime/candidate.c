/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test-candidate: which instance a new session uses, and which ones go
 *
 * Needs root, in a throw-away host. A session is a lock held shared; use is a child that has the
 * instance mounted in a namespace of its own.
 */
#include <sys/file.h>

#include "lifetime/candidate.h"
#include "ground/cleanup.h"
#include "kit/ground.h"
#include "lifetime/records.h"
#include "ground/safedir.h"

static struct scratch scratch; /* is the base */
static struct heard heard;
static struct instance picked = INSTANCE_NONE;
static unsigned fds;

static const struct instance_want wanted = {
        .directory = "/tmp",
        .user = "alice",
        .uid = ALICE,
        .gid = ALICE,
        .mode = 01770,
};

static const struct instance_want wanted_elsewhere = {
        .directory = "/var/tmp",
        .user = "alice",
        .uid = ALICE,
        .gid = ALICE,
        .mode = 01770,
};

static const struct instance_want wanted_per_session = {
        .directory = "/tmp",
        .user = "alice",
        .uid = ALICE,
        .gid = ALICE,
        .mode = 01770,
        .per_session = true,
};

static int open_user(void)
{
        int fd = -EBADF;

        ck_assert_int_eq(instance_open_user(scratch.fd, ALICE, &fd, &heard.report), 0);
        return fd;
}

static void set_up(void)
{
        ground_make(&scratch);
        heard_begin(&heard);
        close(open_user());
        fds = count_fds();
}

/* One that has a session: its lock is held until instance_done(). */
static struct instance make_live(const struct instance_want *want)
{
        _cleanup_close_ int user = open_user();
        struct instance instance = INSTANCE_NONE;

        ck_assert_int_eq(instance_make(user, want, &instance, &heard.report), 0);
        return instance;
}

/* One without. */
static struct instance make_idle(const struct instance_want *want)
{
        struct instance instance = make_live(want);

        instance_done(&instance);
        return instance;
}

/* What open does: a fresh look at BASE/UID. */
static int pick(const struct instance_want *want)
{
        _cleanup_close_ int user = open_user();
        const struct instance_place place = {scratch.fd, scratch.path, user, ALICE, NULL};
        struct patience patience = {0};
        int r = candidate_pick(&place, want, &patience, &picked);

        /* no more than the three of the instance */
        ck_assert_uint_eq(count_fds(), fds + (r == 1 ? 4 : 1));
        if (r == 0)
                ck_assert_int_eq(picked.lock, -EBADF);
        return r;
}

static const char *path_of(const char *name)
{
        static char path[2 * NAME_BYTES];

        (void)snprintf(path, sizeof(path), "1001/%s", name);
        return path;
}

static bool is_in_place(const char *name)
{
        return is_there(scratch.fd, path_of(name));
}

static bool is_in_trash(const char *name)
{
        char path[2 * NAME_BYTES];

        (void)snprintf(path, sizeof(path), ".trash/1001.%s", name);
        return is_there(scratch.fd, path) && !is_in_place(name);
}

/* Has somebody the lock shared? */
static bool has_session(const char *name)
{
        char path[2 * NAME_BYTES];
        int lock;
        bool has;

        (void)snprintf(path, sizeof(path), "1001/%s/lock", name);
        lock = must(openat(scratch.fd, path, O_RDONLY | O_CLOEXEC));
        has = flock(lock, LOCK_EX | LOCK_NB) < 0 && flock(lock, LOCK_SH | LOCK_NB) == 0;
        close(lock);
        return has;
}

static void mount_it(void *arg)
{
        char path[2 * NAME_BYTES];

        (void)snprintf(path, sizeof(path), "1001/%s/root", (const char *)arg);
        own_mounts();
        must(mount(scratch_path(&scratch, path), "/tmp", NULL, MS_BIND, NULL));
}

/* A process that has the instance mounted. */
static pid_t use(struct instance *instance)
{
        pid_t child = child_start(mount_it, instance->name);

        fds = count_fds();
        return child;
}

/* ------------------------------------------------------------------ live and idle */

MACHINE_TEST(where_there_is_nothing_there_is_no_candidate)
{
        ck_assert_int_eq(pick(&wanted), 0);
}

MACHINE_TEST(one_that_has_a_session_is_found_and_joined)
{
        struct instance live = make_live(&wanted);

        fds = count_fds();
        ck_assert_int_eq(pick(&wanted), 1);
        ck_assert_str_eq(picked.name, live.name);
        instance_done(&live);
        ck_assert(has_session(picked.name));
        instance_done(&picked);
        ck_assert(!has_session(picked.name));
}

MACHINE_TEST(one_that_is_idle_goes_into_the_trash)
{
        struct instance idle = make_idle(&wanted);

        ck_assert_int_eq(pick(&wanted), 0);
        ck_assert(is_in_trash(idle.name));
}

MACHINE_TEST(one_that_is_idle_goes_whatever_it_was_for)
{
        struct instance elsewhere = make_idle(&wanted_elsewhere);
        struct instance per_session = make_idle(&wanted_per_session);

        ck_assert_int_eq(pick(&wanted), 0);
        ck_assert(is_in_trash(elsewhere.name));
        ck_assert(is_in_trash(per_session.name));
}

MACHINE_TEST(one_that_is_in_use_stays_and_is_found)
{
        struct instance used = make_idle(&wanted), idle = make_idle(&wanted);
        pid_t child = use(&used);

        ck_assert_int_eq(pick(&wanted), 1);
        ck_assert_str_eq(picked.name, used.name);
        ck_assert(is_in_place(used.name));
        ck_assert(has_session(used.name));
        ck_assert(is_in_trash(idle.name));
        child_end(child);
}

MACHINE_TEST(one_whose_last_use_has_ended_is_idle)
{
        struct instance used = make_idle(&wanted);
        pid_t child = use(&used);

        child_end(child);
        fds = count_fds();
        ck_assert_int_eq(pick(&wanted), 0);
        ck_assert(is_in_trash(used.name));
}

MACHINE_TEST(in_doubt_all_is_in_use)
{
        struct instance idle = make_idle(&wanted), other = make_idle(&wanted_elsewhere);

        own_mounts();
        must(umount2("/proc", MNT_DETACH));
        {
                _cleanup_close_ int user = open_user();
                const struct instance_place place = {scratch.fd, scratch.path, user, ALICE, NULL};
                struct patience patience = {0};

                ck_assert_int_eq(candidate_pick(&place, &wanted, &patience, &picked), 1);
        }
        ck_assert_str_eq(picked.name, idle.name);
        ck_assert(is_in_place(idle.name));
        ck_assert(is_in_place(other.name));
}

/* ------------------------------------------------------------------ which one */

MACHINE_TEST(of_those_in_use_the_youngest_is_taken)
{
        struct instance ones[3] = {make_idle(&wanted), make_idle(&wanted), make_idle(&wanted)};
        pid_t children[3];

        for (int i = 0; i < 3; i++) {
                set_mtime(scratch.fd, path_of(ones[i].name), i == _i ? 100 : 200 + i);
                children[i] = use(&ones[i]);
        }
        ck_assert_int_eq(pick(&wanted), 1);
        ck_assert_str_eq(picked.name, ones[_i].name);
        for (int i = 0; i < 3; i++) {
                ck_assert(is_in_place(ones[i].name));
                ck_assert(has_session(ones[i].name) == (i == _i));
                child_end(children[i]);
        }
}

MACHINE_TEST(one_with_a_session_comes_before_a_younger_one_in_use)
{
        struct instance live = make_live(&wanted), used = make_idle(&wanted);
        pid_t child = use(&used);

        set_mtime(scratch.fd, path_of(live.name), 1000);
        ck_assert_int_eq(pick(&wanted), 1);
        ck_assert_str_eq(picked.name, live.name);
        ck_assert(is_in_place(used.name));
        child_end(child);
}

MACHINE_TEST(one_for_another_directory_is_not_taken_and_stays_while_it_has_sessions)
{
        struct instance live = make_live(&wanted_elsewhere);

        fds = count_fds();
        ck_assert_int_eq(pick(&wanted), 0);
        ck_assert(is_in_place(live.name));
        ck_assert(has_session(live.name));
}

MACHINE_TEST(one_for_another_directory_is_not_taken_and_stays_while_it_is_in_use)
{
        struct instance used = make_idle(&wanted_elsewhere);
        pid_t child = use(&used);

        ck_assert_int_eq(pick(&wanted), 0);
        ck_assert(is_in_place(used.name));
        ck_assert(!has_session(used.name));
        child_end(child);
}

MACHINE_TEST(one_for_a_single_session_is_never_taken_by_another)
{
        struct instance live = make_live(&wanted_per_session);
        struct instance used = make_idle(&wanted_per_session);
        pid_t child = use(&used);

        ck_assert_int_eq(pick(_i ? &wanted_per_session : &wanted), 0);
        ck_assert(is_in_place(live.name));
        ck_assert(has_session(live.name));
        ck_assert(is_in_place(used.name));
        ck_assert(!has_session(used.name));
        child_end(child);
}

MACHINE_TEST(a_single_session_takes_nobody_elses)
{
        struct instance live = make_live(&wanted), used = make_idle(&wanted);
        pid_t child = use(&used);

        ck_assert_int_eq(pick(&wanted_per_session), 0);
        ck_assert(is_in_place(live.name));
        ck_assert(is_in_place(used.name));
        child_end(child);
}

MACHINE_TEST(one_that_is_being_ended_is_left_to_who_ends_it)
{
        struct instance ended = make_idle(&wanted);
        char path[2 * NAME_BYTES];
        int closer;

        (void)snprintf(path, sizeof(path), "1001/%s/lock", ended.name);
        closer = must(openat(scratch.fd, path, O_RDONLY | O_CLOEXEC));
        must(flock(closer, LOCK_EX));
        fds = count_fds();
        ck_assert_int_eq(pick(&wanted), 0);
        ck_assert(is_in_place(ended.name));
}

MACHINE_TEST(another_users_are_not_looked_at)
{
        struct instance_want bobs = wanted;
        struct instance instance = INSTANCE_NONE;
        int user = -EBADF;

        bobs.uid = bobs.gid = BOB;
        bobs.user = "bob";
        ck_assert_int_eq(instance_open_user(scratch.fd, BOB, &user, &heard.report), 0);
        ck_assert_int_eq(instance_make(user, &bobs, &instance, &heard.report), 0);
        instance_done(&instance);
        fds = count_fds();
        ck_assert_int_eq(pick(&wanted), 0);
        ck_assert(is_there(user, instance.name));
}

/* ------------------------------------------------------------------ kept */

enum {
        KEEP = 3600, /* seconds */
};

static const struct instance_want wanted_kept = {
        .directory = "/tmp",
        .user = "alice",
        .uid = ALICE,
        .gid = ALICE,
        .mode = 01770,
        .keep = KEEP,
};

static const char *lock_of(const char *name)
{
        static char path[2 * NAME_BYTES];

        (void)snprintf(path, sizeof(path), "1001/%s/lock", name);
        return path;
}

static void set_clock(const char *name, time_t seconds)
{
        struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = seconds}};

        must(utimensat(scratch.fd, lock_of(name), times, AT_SYMLINK_NOFOLLOW));
}

static time_t clock_of(const char *name)
{
        struct stat st;

        must(fstatat(scratch.fd, lock_of(name), &st, AT_SYMLINK_NOFOLLOW));
        return st.st_mtime;
}

/* Idle since so many seconds ago. */
static struct instance make_kept(const struct instance_want *want, time_t ago)
{
        struct instance instance = make_idle(want);

        set_clock(instance.name, time(NULL) - ago);
        return instance;
}

MACHINE_TEST(one_that_is_kept_is_found)
{
        struct instance kept = make_kept(&wanted_kept, KEEP / 2);

        ck_assert_int_eq(pick(&wanted_kept), 1);
        ck_assert_str_eq(picked.name, kept.name);
        ck_assert(has_session(kept.name));
}

MACHINE_TEST(one_that_is_kept_is_found_though_the_line_says_another_time_now)
{
        struct instance kept = make_kept(&wanted_kept, KEEP / 2);
        struct instance_want changed = wanted_kept;

        changed.keep = _i ? 0 : 2 * KEEP;
        ck_assert_int_eq(pick(&changed), 1);
        ck_assert_str_eq(picked.name, kept.name);
}

MACHINE_TEST(one_whose_time_is_over_goes)
{
        struct instance over = make_kept(&wanted_kept, 2 * KEEP);

        ck_assert_int_eq(pick(&wanted_kept), 0);
        ck_assert(is_in_trash(over.name));
}

MACHINE_TEST(one_whose_time_is_over_stays_while_it_is_in_use)
{
        struct instance used = make_kept(&wanted_kept, 2 * KEEP);
        pid_t child = use(&used);

        ck_assert_int_eq(pick(&wanted_kept), 1);
        ck_assert_str_eq(picked.name, used.name);
        child_end(child);
}

MACHINE_TEST(one_that_nobody_closed_is_kept_from_now_on)
{
        struct instance kept = make_idle(&wanted_kept), elsewhere;
        struct instance_want want = wanted_elsewhere;
        time_t before = time(NULL);

        want.keep = KEEP;
        elsewhere = make_idle(&want);
        set_clock(kept.name, 0);
        set_clock(elsewhere.name, 0);
        ck_assert_int_eq(pick(&wanted_kept), 1);
        ck_assert_str_eq(picked.name, kept.name);
        ck_assert(is_in_place(elsewhere.name));
        ck_assert_int_ge(clock_of(elsewhere.name), before);
        ck_assert_int_le(clock_of(elsewhere.name), time(NULL));
}

MACHINE_TEST(one_that_is_kept_for_another_directory_stays_and_is_not_taken)
{
        struct instance_want want = wanted_elsewhere;
        struct instance kept;
        time_t since;

        want.keep = KEEP;
        kept = make_kept(&want, KEEP / 2);
        since = clock_of(kept.name);
        ck_assert_int_eq(pick(&wanted), 0);
        ck_assert(is_in_place(kept.name));
        ck_assert(!has_session(kept.name));
        ck_assert_int_eq(clock_of(kept.name), since);
}

MACHINE_TEST(a_single_session_takes_none_that_is_kept)
{
        struct instance kept = make_kept(&wanted_kept, KEEP / 2);

        ck_assert_int_eq(pick(&wanted_per_session), 0);
        ck_assert(is_in_place(kept.name));
        ck_assert(!has_session(kept.name));
}

MACHINE_TEST(of_those_kept_and_in_use_the_youngest_is_taken)
{
        struct instance kept = make_kept(&wanted_kept, KEEP / 2), used = make_idle(&wanted);
        pid_t child = use(&used);

        set_mtime(scratch.fd, path_of(kept.name), _i ? 100 : 200);
        set_mtime(scratch.fd, path_of(used.name), _i ? 200 : 100);
        ck_assert_int_eq(pick(&wanted_kept), 1);
        ck_assert_str_eq(picked.name, _i ? kept.name : used.name);
        ck_assert(is_in_place(kept.name));
        ck_assert(is_in_place(used.name));
        child_end(child);
}

/* More stale ones than are looked at in one go. Gives the name that a look meets last. */
static void make_crowd(char last[NAME_BYTES])
{
        struct dirent *entry;
        DIR *stream;

        for (int i = 0; i < 2 * 16; i++)
                (void)make_idle(&wanted);
        stream = fdopendir(open_user());
        ck_assert_ptr_nonnull(stream);
        while ((entry = readdir(stream)))
                if (name_is_instance(entry->d_name))
                        (void)snprintf(last, NAME_BYTES, "%.*s", NAME_BYTES - 1, entry->d_name);
        (void)closedir(stream);
}

MACHINE_TEST(a_crowd_of_stale_ones_does_not_hide_one_that_is_kept)
{
        _cleanup_close_ int user = open_user(), dir = -EBADF;
        char last[NAME_BYTES];
        unsigned before;

        make_crowd(last);
        dir = must(openat(user, last, O_RDONLY | O_CLOEXEC));
        ck_assert_int_eq(instance_set_keep(dir, KEEP), 0);
        set_clock(last, _i ? 0 : time(NULL) - KEEP / 2); /* 0: its su was killed */
        before = count_entries(user);
        fds = count_fds();
        ck_assert_int_eq(pick(&wanted_kept), 1);
        ck_assert_str_eq(picked.name, last);
        ck_assert_uint_ge(count_entries(user), before - 16);
        ck_assert_uint_lt(count_entries(user), before);
}

MACHINE_TEST(a_crowd_of_stale_ones_does_not_hide_one_that_is_in_use)
{
        struct instance used = INSTANCE_NONE;
        pid_t child;

        make_crowd(used.name);
        child = use(&used);
        ck_assert_int_eq(pick(&wanted), 1);
        ck_assert_str_eq(picked.name, used.name);
        child_end(child);
}

/* ------------------------------------------------------------------ how many */

MACHINE_TEST(no_more_go_at_a_time_than_one_look_can_tell)
{
        _cleanup_close_ int user = open_user();

        for (int i = 0; i < 16 + 4; i++)
                (void)make_idle(&wanted);
        fds = count_fds();
        ck_assert_int_eq(pick(&wanted), 0);
        ck_assert_uint_eq(count_entries(user), 4);
        ck_assert_int_eq(pick(&wanted), 0);
        ck_assert_uint_eq(count_entries(user), 0);
}

/* ------------------------------------------------------------------ temporary names */

enum {
        HALF = 300, /* seconds */
        TWICE = 1200,
};

static void make_temporary(bool has_lock, time_t age)
{
        int dir;

        must(mkdirat(scratch.fd, path_of(".abcdef"), 0700));
        dir = must(openat(scratch.fd, path_of(".abcdef"), O_RDONLY | O_CLOEXEC));
        if (has_lock)
                write_file(dir, "lock", "");
        close(dir);
        set_mtime(scratch.fd, path_of(".abcdef"), age);
}

MACHINE_TEST(a_temporary_name_stays_while_it_is_young)
{
        make_temporary(_i, HALF);
        ck_assert_int_eq(pick(&wanted), 0);
        ck_assert(is_in_place(".abcdef"));
}

MACHINE_TEST(an_old_temporary_name_goes)
{
        make_temporary(_i, TWICE);
        ck_assert_int_eq(pick(&wanted), 0);
        ck_assert(is_in_trash("abcdef"));
}

MACHINE_TEST(an_old_temporary_name_stays_while_it_is_locked)
{
        int lock;

        make_temporary(true, TWICE);
        lock = must(openat(scratch.fd, path_of(".abcdef/lock"), O_RDONLY | O_CLOEXEC));
        must(flock(lock, LOCK_SH));
        fds = count_fds();
        ck_assert_int_eq(pick(&wanted), 0);
        ck_assert(is_in_place(".abcdef"));
}

MACHINE_TEST(a_temporary_name_from_the_future_stays)
{
        make_temporary(false, -TWICE);
        ck_assert_int_eq(pick(&wanted), 0);
        ck_assert(is_in_place(".abcdef"));
}

/* ------------------------------------------------------------------ what is no instance */

MACHINE_TEST(B19_what_others_planted_is_never_taken_and_holds_nothing_up)
{
        _cleanup_close_ int user = open_user(), bobs = -EBADF;
        struct instance idle = make_idle(&wanted);

        close(make_dir(user, "closed", 0400));
        must(symlinkat("nowhere", user, "linked"));
        must(mknodat(user, "a0fifo", S_IFIFO | 0600, 0));
        write_file(user, "a0file", "");
        bobs = make_dir(user, "ofbobs", 0777);
        must(fchownat(user, "ofbobs", BOB, BOB, 0));
        close(make_dir(bobs, "root", 01770));
        must(fchownat(bobs, "root", 0, ALICE, 0));
        write_file(bobs, "lock", "");
        must(symlinkat("/tmp", bobs, "directory"));
        must(symlinkat("alice", bobs, "user"));
        fds = count_fds();

        ck_assert_int_eq(pick(&wanted), 0);
        ck_assert(is_in_trash(idle.name));
        ck_assert(is_in_place("closed"));
        ck_assert(is_in_place("linked"));
        ck_assert(is_in_place("a0fifo"));
        ck_assert(is_in_place("a0file"));
        ck_assert(is_in_place("ofbobs"));
}

MACHINE_TEST(names_that_are_not_of_ours_are_left_alone)
{
        static const char *const names[] = {"lost+found", "abcde", "abcdefg", ".abcde", "abc-ef"};
        _cleanup_close_ int user = open_user();

        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
                struct instance idle = make_idle(&wanted);

                must(renameat(user, idle.name, user, names[i]));
                set_mtime(user, names[i], TWICE);
        }
        fds = count_fds();
        ck_assert_int_eq(pick(&wanted), 0);
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
                ck_assert(is_in_place(names[i]));
}

/* ------------------------------------------------------------------ records */

static void write_record(int folder, pid_t pid, const struct instance *instance)
{
        struct record record = {.ns = {.number = 4, .id = 5}, .uid = ALICE, .pid = pid};

        ck_assert_int_eq(record_stamp(&record), 0);
        record.pid = pid;
        ck_assert_int_eq(record_add_cover(&record, "/tmp", mark_of_instance(ALICE, instance->name)),
                         0);
        ck_assert_int_eq(records_write(folder, &record), 0);
}

MACHINE_TEST(with_an_instance_its_records_go)
{
        struct instance idle = make_idle(&wanted), used = make_idle(&wanted);
        pid_t child = use(&used);
        int folder = -EBADF;

        ck_assert_int_eq(safedir_open_own(RECORD_FOLDER, true, &folder, &heard.report), 0);
        write_record(folder, 1111, &idle);
        write_record(folder, 2222, &used);
        ck_assert(is_there(folder, "4.1111.1001"));
        ck_assert(is_there(folder, "4.2222.1001"));
        fds = count_fds();
        ck_assert_int_eq(pick(&wanted), 1);
        ck_assert(!is_there(folder, "4.1111.1001"));
        ck_assert(is_there(folder, "4.2222.1001"));
        must(unlinkat(folder, "4.2222.1001", 0));
        child_end(child);
}

int main(void)
{
        Suite *suite = suite_create("candidate");
        TCase *candidate = tcase_create("candidate");

        tcase_set_timeout(candidate, 30);
        tcase_add_test(candidate, where_there_is_nothing_there_is_no_candidate);
        tcase_add_test(candidate, one_that_has_a_session_is_found_and_joined);
        tcase_add_test(candidate, one_that_is_idle_goes_into_the_trash);
        tcase_add_test(candidate, one_that_is_idle_goes_whatever_it_was_for);
        tcase_add_test(candidate, one_that_is_in_use_stays_and_is_found);
        tcase_add_test(candidate, one_whose_last_use_has_ended_is_idle);
        tcase_add_test(candidate, in_doubt_all_is_in_use);
        tcase_add_loop_test(candidate, of_those_in_use_the_youngest_is_taken, 0, 3);
        tcase_add_test(candidate, one_with_a_session_comes_before_a_younger_one_in_use);
        tcase_add_test(candidate,
                       one_for_another_directory_is_not_taken_and_stays_while_it_has_sessions);
        tcase_add_test(candidate,
                       one_for_another_directory_is_not_taken_and_stays_while_it_is_in_use);
        tcase_add_loop_test(candidate, one_for_a_single_session_is_never_taken_by_another, 0, 2);
        tcase_add_test(candidate, a_single_session_takes_nobody_elses);
        tcase_add_test(candidate, one_that_is_being_ended_is_left_to_who_ends_it);
        tcase_add_test(candidate, another_users_are_not_looked_at);
        tcase_add_test(candidate, one_that_is_kept_is_found);
        tcase_add_loop_test(candidate,
                            one_that_is_kept_is_found_though_the_line_says_another_time_now, 0, 2);
        tcase_add_test(candidate, one_whose_time_is_over_goes);
        tcase_add_test(candidate, one_whose_time_is_over_stays_while_it_is_in_use);
        tcase_add_test(candidate, one_that_nobody_closed_is_kept_from_now_on);
        tcase_add_test(candidate, one_that_is_kept_for_another_directory_stays_and_is_not_taken);
        tcase_add_test(candidate, a_single_session_takes_none_that_is_kept);
        tcase_add_loop_test(candidate, of_those_kept_and_in_use_the_youngest_is_taken, 0, 2);
        tcase_add_loop_test(candidate, a_crowd_of_stale_ones_does_not_hide_one_that_is_kept, 0, 2);
        tcase_add_test(candidate, a_crowd_of_stale_ones_does_not_hide_one_that_is_in_use);
        tcase_add_test(candidate, no_more_go_at_a_time_than_one_look_can_tell);
        tcase_add_loop_test(candidate, a_temporary_name_stays_while_it_is_young, 0, 2);
        tcase_add_loop_test(candidate, an_old_temporary_name_goes, 0, 2);
        tcase_add_test(candidate, an_old_temporary_name_stays_while_it_is_locked);
        tcase_add_test(candidate, a_temporary_name_from_the_future_stays);
        tcase_add_test(candidate, B19_what_others_planted_is_never_taken_and_holds_nothing_up);
        tcase_add_test(candidate, names_that_are_not_of_ours_are_left_alone);
        tcase_add_test(candidate, with_an_instance_its_records_go);
        suite_add_tcase(suite, candidate);
        return scratch_run(suite);
}
