/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-note: what is noted about a tmpfs */
#include <sys/file.h>
#include <sys/sysmacros.h>

#include "kit/ground.h"
#include "lifetime/look.h"
#include "lifetime/memory.h"
#include "mounts/seek.h"

static struct scratch scratch;
static struct memory seen[8];
static size_t n_seen;
static bool noted;              /* from now on a note must be there all the time */
static bool namespace_is_there; /* the one that is sought */
static unsigned looks;
static bool used;                 /* what a look answers */
static void (*while_looks)(void); /* what is done meanwhile */

static void set_up(void)
{
        scratch_make(&scratch, "/tmp");
        n_seen = 0;
        noted = used = namespace_is_there = false;
        looks = 0;
        while_looks = NULL;
}

static void tear_down(void)
{
        scratch_remove(&scratch);
}

static int see(void *arg, const struct memory *memory)
{
        (void)arg;
        ck_assert_uint_lt(n_seen, 8);
        seen[n_seen++] = *memory;
        return 0;
}

static size_t count(uid_t uid)
{
        n_seen = 0;
        ck_assert_int_eq(memory_each(scratch.fd, uid, see, NULL), 0);
        return n_seen;
}

/* ------------------------------------------------------------------ calls that are watched */

int __real_unlinkat(int dir, const char *path, int flags);
int __wrap_unlinkat(int dir, const char *path, int flags);
int __wrap_unlinkat(int dir, const char *path, int flags)
{
        int r = __real_unlinkat(dir, path, flags);

        ck_assert(!noted || count((uid_t)-1) == 1);
        return r;
}

int __real_symlinkat(const char *target, int dir, const char *path);
int __wrap_symlinkat(const char *target, int dir, const char *path);
int __wrap_symlinkat(const char *target, int dir, const char *path)
{
        int r = __real_symlinkat(target, dir, path);

        ck_assert(!noted || count((uid_t)-1) == 1);
        return r;
}

void __wrap_look_memory(dev_t device, struct look_query *query, enum look_why why,
                        struct look_where *where);
void __wrap_look_memory(dev_t device, struct look_query *query, enum look_why why,
                        struct look_where *where)
{
        ck_assert_uint_eq(device, makedev(0, 45));
        ck_assert_uint_eq(query->uid, 1001);
        ck_assert_int_eq(why, LOOK_CLOSE);
        ck_assert_ptr_null(where);
        looks++;
        query->used = used;
        if (while_looks)
                while_looks();
}

int __wrap_seek_namespace(const struct namespace_id *id, const struct deadline *deadline);
int __wrap_seek_namespace(const struct namespace_id *id, const struct deadline *deadline)
{
        ck_assert_uint_eq(id->number, 4026531841);
        ck_assert(!deadline_is_over(deadline));
        return namespace_is_there ? must(open("/", O_PATH | O_CLOEXEC)) : -ENOENT;
}

static struct memory note(uid_t uid, unsigned minor, const char *directory)
{
        struct memory memory = {.uid = uid,
                                .mark = mark_of_memory(makedev(0, minor)),
                                .ns = {.number = 4026531841, .id = 12345678901},
                                .identity = "1.0a0b0c"};

        strcpy(memory.directory, directory);
        ck_assert_int_eq(memory_note(scratch.fd, &memory), 0);
        return memory;
}

START_TEST(a_note_is_read_as_it_was_written)
{
        struct memory memory = note(1001, 45, "/srv/with a blank=at=/x");

        ck_assert_uint_eq(count(1001), 1);
        ck_assert_uint_eq(seen[0].uid, 1001);
        ck_assert(mark_is_same(seen[0].mark, memory.mark));
        ck_assert(namespace_is_same(&seen[0].ns, &memory.ns));
        ck_assert_str_eq(seen[0].identity, memory.identity);
        ck_assert_str_eq(seen[0].directory, memory.directory);
}
END_TEST

START_TEST(each_user_has_their_own)
{
        note(1001, 45, "/tmp");
        note(1001, 46, "/dev/shm");
        note(100, 47, "/tmp");
        ck_assert_uint_eq(count(1001), 2);
        ck_assert_uint_eq(count(100), 1);
        ck_assert_uint_eq(count(1), 0);
        ck_assert_uint_eq(count((uid_t)-1), 3);
}
END_TEST

START_TEST(who_gets_a_device_ends_the_notes_of_it)
{
        note(1001, 45, "/tmp");
        note(1002, 45, "/tmp");
        ck_assert_uint_eq(count(1001), 0);
        ck_assert_uint_eq(count(1002), 1);
        memory_made(scratch.fd, mark_of_memory(makedev(0, 4)));
        ck_assert_uint_eq(count(1002), 1);
        memory_made(scratch.fd, mark_of_memory(makedev(0, 45)));
        ck_assert_uint_eq(count(1002), 0);
}
END_TEST

START_TEST(only_the_same_note_is_forgotten)
{
        struct memory memory = note(1001, 45, "/tmp"), old = memory;

        strcpy(old.identity, "1.ffffff");
        memory_forget(scratch.fd, &old);
        ck_assert_uint_eq(count(1001), 1);
        memory_forget(scratch.fd, &memory);
        ck_assert_uint_eq(count(1001), 0);
        memory_forget(scratch.fd, &memory);
}
END_TEST

/* Who is killed in the middle of it must not leave the user without a limit. */
START_TEST(a_note_is_there_while_it_is_renewed)
{
        struct memory memory = note(1001, 45, "/tmp");

        noted = true;
        memory.ns.id++;
        ck_assert_int_eq(memory_note(scratch.fd, &memory), 0);
        ck_assert_int_eq(memory_note(scratch.fd, &memory), 0);
        ck_assert_uint_eq(count(1001), 1);
        ck_assert(namespace_is_same(&seen[0].ns, &memory.ns));
        noted = false;
}
END_TEST

/* What somebody who was killed has left is in nobody's way. */
START_TEST(half_a_note_is_none)
{
        must(symlinkat("m1 half", scratch.fd, ".memory.1001.0:45"));
        ck_assert_uint_eq(count((uid_t)-1), 0);
        note(1001, 45, "/tmp");
        ck_assert_uint_eq(count((uid_t)-1), 1);
        ck_assert(!is_there(scratch.fd, ".memory.1001.0:45"));
}
END_TEST

/* ------------------------------------------------------------------ the end of a session */

/* That of the session that ends. */
static const struct namespace_id left = {.number = 4026531841, .id = 12345678901};

static bool end(void)
{
        return memory_end(scratch.fd, 1001, mark_of_memory(makedev(0, 45)), &left);
}

START_TEST(the_note_of_what_nobody_uses_goes)
{
        note(1001, 45, "/tmp");
        note(1002, 46, "/tmp");
        used = true;
        ck_assert(end());
        ck_assert_uint_eq(count(1001), 1);
        used = false;
        ck_assert(!end());
        ck_assert_uint_eq(count(1001), 0);
        ck_assert_uint_eq(count(1002), 1);
}
END_TEST

START_TEST(without_a_note_nothing_is_left_behind)
{
        ck_assert(!end());
        used = true;
        ck_assert(end());
        ck_assert(!is_there(scratch.fd, "1001.lock"));
        ck_assert(memory_end(-EBADF, 1001, mark_of_memory(makedev(0, 45)), &left));
}
END_TEST

/* A login that has found what others keep need not look for them again. */
START_TEST(where_the_noted_namespace_is_another_and_there_nothing_is_looked_for)
{
        struct memory memory = note(1001, 45, "/tmp");

        memory.ns.id++;
        ck_assert_int_eq(memory_note(scratch.fd, &memory), 0);
        namespace_is_there = true;
        used = false;
        ck_assert(end());
        ck_assert_uint_eq(looks, 0);
        ck_assert_uint_eq(count(1001), 1);
        namespace_is_there = false;
        ck_assert(!end());
        ck_assert_uint_eq(looks, 1);
        ck_assert_uint_eq(count(1001), 0);
        /* its own is there, as long as the session has not left it to the end */
        note(1001, 45, "/tmp");
        namespace_is_there = true;
        ck_assert(!end());
        ck_assert_uint_eq(looks, 2);
}
END_TEST

START_TEST(who_does_not_get_the_turn_leaves_the_note)
{
        int turn = must(memory_open_turn(scratch.fd, 1001));

        must(flock(turn, LOCK_EX));
        note(1001, 45, "/tmp");
        ck_assert(!end());
        ck_assert_uint_eq(count(1001), 1);
        close(turn);
        ck_assert(!end());
        ck_assert_uint_eq(count(1001), 0);
}
END_TEST

/* The tmpfs has ended, and one that has its device now has been made. */
static void note_a_later_one(void)
{
        struct memory later = {
                .uid = 1001, .mark = mark_of_memory(makedev(0, 45)), .identity = "1.ffffff"};

        strcpy(later.directory, "/tmp");
        ck_assert_int_eq(memory_note(scratch.fd, &later), 0);
}

START_TEST(the_note_of_a_later_one_stays)
{
        note(1001, 45, "/tmp");
        while_looks = note_a_later_one;
        ck_assert(!end());
        ck_assert_uint_eq(count(1001), 1);
        ck_assert_str_eq(seen[0].identity, "1.ffffff");
}
END_TEST

/* ------------------------------------------------------------------ what is no note */

/* What stands for a note; %s is this boot. */
static const char *const strange[] = {
        "",
        "m1",
        "m0 boot=%s ns=1:1 is=1.00 at=/tmp",
        "m1 boot=00000000-0000-0000-0000-000000000000 ns=1:1 is=1.00 at=/tmp",
        "m1 boot=%s ns=1:1 is=1.00 at=tmp",
        "m1 boot=%s ns=1:1 is=1.00 at=/tmp/../etc",
        "m1 boot=%s ns=1:1 is=1.00 at=",
        "m1 boot=%s ns=1:1 is= at=/tmp",
        "m1 boot=%s ns=1:1 is=1.00",
        "m1 boot=%s ns=x:1 is=1.00 at=/tmp",
        "/tmp",
};

START_TEST(what_is_no_note_of_this_boot_is_none)
{
        char boot[RECORD_BOOT], text[512];

        ck_assert_int_eq(record_read_boot(boot), 0);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(text, sizeof(text), strange[_i], boot);
#pragma GCC diagnostic pop
        if (*text)
                must(symlinkat(text, scratch.fd, "memory.1001.0:45"));
        else
                write_file(scratch.fd, "memory.1001.0:45", "");
        ck_assert_uint_eq(count((uid_t)-1), 0);
}
END_TEST

START_TEST(what_has_no_name_of_a_note_is_none)
{
        static const char *const names[] = {"memory.",
                                            "memory.1001",
                                            "memory.1001.",
                                            "memory.x.0:45",
                                            "memory.1001.1001/abcdef",
                                            "memory.01.0:45:",
                                            "1.2.3"};
        char boot[RECORD_BOOT], text[512];

        ck_assert_int_eq(record_read_boot(boot), 0);
        snprintf(text, sizeof(text), "m1 boot=%s ns=1:1 is=1.00 at=/tmp", boot);
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
                if (!strchr(names[i], '/'))
                        must(symlinkat(text, scratch.fd, names[i]));
        ck_assert_uint_eq(count((uid_t)-1), 0);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("note");
        TCase *tcase = tcase_create("note");

        tcase_add_checked_fixture(tcase, set_up, tear_down);
        tcase_add_test(tcase, a_note_is_read_as_it_was_written);
        tcase_add_test(tcase, each_user_has_their_own);
        tcase_add_test(tcase, who_gets_a_device_ends_the_notes_of_it);
        tcase_add_test(tcase, only_the_same_note_is_forgotten);
        tcase_add_test(tcase, a_note_is_there_while_it_is_renewed);
        tcase_add_test(tcase, half_a_note_is_none);
        tcase_add_test(tcase, the_note_of_what_nobody_uses_goes);
        tcase_add_test(tcase, without_a_note_nothing_is_left_behind);
        tcase_add_test(tcase, where_the_noted_namespace_is_another_and_there_nothing_is_looked_for);
        tcase_add_test(tcase, who_does_not_get_the_turn_leaves_the_note);
        tcase_add_test(tcase, the_note_of_a_later_one_stays);
        tcase_add_loop_test(tcase, what_is_no_note_of_this_boot_is_none, 0,
                            (int)(sizeof(strange) / sizeof(strange[0])));
        tcase_add_test(tcase, what_has_no_name_of_a_note_is_none);
        suite_add_tcase(suite, tcase);
        return scratch_run(suite);
}
