/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sessions that enter the namespace of a live session of the same user, and those that must not.
 *
 * For each condition there is a test in which just that one fails: the session then has a namespace
 * of its own, with the same instance, and says so for the argument debug only. Records are edited
 * and forged where chance can't be had: their folder is root's. In a throw-away host.
 */
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <sys/ioctl.h>

#include "ground/cleanup.h"
#include "kit/fuse.h"
#include "mounts/namespace.h"
#include "lifetime/records.h"
#include "kit/scene.h"
#include "session/session.h"

static bool no_ids;       /* the kernel has no ids of namespaces: before Linux 6.12 */
static bool first_hidden; /* PID 1's namespace can't be had, as in some containers */

int __real_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...)
{
        va_list args;
        void *arg;

        va_start(args, request);
        arg = va_arg(args, void *);
        va_end(args);
        if (no_ids && request == _IOR(0xb7, 0x5, uint64_t)) {
                errno = ENOTTY;
                return -1;
        }
        return __real_ioctl(fd, request, arg);
}

static bool is_hidden(const char *path)
{
        bool hidden = first_hidden && strcmp(path, NAMESPACE_FIRST) == 0;

        if (hidden)
                errno = EACCES;
        return hidden;
}

int __real_stat64(const char *path, struct stat *st);
int __wrap_stat64(const char *path, struct stat *st);
int __wrap_stat64(const char *path, struct stat *st)
{
        return is_hidden(path) ? -1 : __real_stat64(path, st);
}

int __real_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...)
{
        mode_t mode = 0;
        va_list args;

        va_start(args, flags);
        if (flags & (O_CREAT | __O_TMPFILE))
                mode = va_arg(args, mode_t);
        va_end(args);
        return is_hidden(path) ? -1 : __real_open64(path, flags, mode);
}

/* ------------------------------------------------------------------ what a login program does */

#define RECORDS "/run/privtmp"
#define LOUD    "said aloud: "

/* How a login program sees the world; all processes of a test share it. */
struct seen {
        struct namespace_id ns;
        struct scene_spot tmp, cwd;
        unsigned covers; /* mounts on /tmp */
        struct login_call deeper;
};

static struct seen *seen;
static struct session *session; /* of this login program */

static void say(void *arg, enum report_level level, const char *text)
{
        char *said = arg;
        size_t used = strlen(said);

        snprintf(said + used, SCENE_TEXT - used, "%s%s\n", level == REPORT_DEBUG ? "" : LOUD, text);
}

/* What is said is in scene->text afterwards. */
static int do_open(void *user)
{
        static char said[SCENE_TEXT];
        struct session_request request = {
                .user = user,
                .service = "scene",
                .table = {.only = "/srv/table"},
        };
        struct report report = {.say = say, .arg = said};
        int r;

        said[0] = '\0';
        r = session_open(&request, &session, &report);
        snprintf(scene->text, sizeof(scene->text), "%s%s", said, report.fault);
        return r;
}

/* The answer is how much was said above debug. */
static int do_close(void *arg)
{
        static char said[SCENE_TEXT];
        struct report report = {.say = say, .arg = said};

        (void)arg;
        said[0] = '\0';
        if (session)
                session_close(session, &report);
        session = session_free(session);
        return strstr(said, LOUD) != NULL;
}

static int do_look(void *arg)
{
        (void)arg;
        if (namespace_open(NAMESPACE_OWN, &seen->ns, NULL) < 0)
                return -errno;
        seen->tmp = scene_spot(AT_FDCWD, "/tmp");
        seen->cwd = scene_spot(AT_FDCWD, "");
        scene_read("/proc/self/mountinfo", scene->text, sizeof(scene->text));
        seen->covers = 0;
        for (const char *at = scene->text; (at = strstr(at, " /tmp ")); at++)
                seen->covers++;
        return 0;
}

static struct seen look(struct login *login)
{
        ck_assert_int_eq(login_do(login, do_look, NULL), 0);
        return *seen;
}

static int do_mkdir(void *path)
{
        return mkdir(path, 0755) < 0 ? -errno : 0;
}

static int do_rmdir(void *path)
{
        return rmdir(path) < 0 ? -errno : 0;
}

static int do_unshare(void *arg)
{
        (void)arg;
        if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
                return -errno;
        return 0;
}

/* As systemd's PrivateMounts= or a container does it. */
static int do_unshare_shared(void *arg)
{
        int r = do_unshare(arg);

        return r == 0 && mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL) < 0 ? -errno : r;
}

/* A file system that only this namespace has. */
static int do_hide_dir(void *arg)
{
        (void)arg;
        return mount("tmpfs", "/srv/dir", "tmpfs", 0, NULL) < 0 ? -errno : 0;
}

/* Enters the namespace of the process. */
static int do_enter(void *pid)
{
        char path[64];
        int fd, r;

        snprintf(path, sizeof(path), "/proc/%d/ns/mnt", (int)(intptr_t)pid);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        r = fd < 0 || setns(fd, CLONE_NEWNS) < 0 ? -errno : 0;
        close(fd);
        return r;
}

/* ------------------------------------------------------------------ two sessions */

static void set_up(void)
{
        scene_begin();
        seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        ck_assert_ptr_ne(seen, MAP_FAILED);
        ck_assert_int_eq(mkdir("/srv/dir", 0755), 0);
        ck_assert_int_eq(mkdir("/srv/dir/sub", 0755), 0);
        do_look(NULL);
        no_ids |= seen->ns.id == 0; /* nor has this one */
}

/* A login program that has done that. */
static struct login caller(int (*function)(void *), const void *arg)
{
        struct login login = login_start();

        if (function)
                ck_assert_int_eq(login_do(&login, function, arg), 0);
        login.before = *login_state(&login);
        return login;
}

/* What waits for a file system that does not answer waits for ever. */
static int promptly(struct login *login, int (*function)(void *), const void *arg)
{
        struct pollfd answer = {.fd = login->channel, .events = POLLIN};

        login_begin(login, function, arg);
        ck_assert_msg(poll(&answer, 1, SCENE_PATIENCE_MS) == 1, "the login program waits");
        return login_wait(login);
}

/* It must go well, without a word above debug. */
static void open_as(struct login *login, const char *user)
{
        ck_assert_msg(promptly(login, do_open, user) == 0, "open failed: %s", scene->text);
        ck_assert_msg(!strstr(scene->text, LOUD), "%s", scene->text);
}

static struct login first_session(void)
{
        struct login first = caller(NULL, NULL);

        open_as(&first, "alice");
        return first;
}

static void close_session(struct login *login)
{
        ck_assert_int_eq(promptly(login, do_close, NULL), 0);
        assert_same_state(&login->before, login_state(login));
        login_end(login);
}

static bool is_same_file(struct scene_spot a, struct scene_spot b)
{
        return a.dev == b.dev && a.ino == b.ino;
}

/* Is it in that namespace? */
static void assert_joined(struct login *login, const struct seen *other)
{
        struct seen own;

        ck_assert_msg(!strstr(scene->text, "not joining"), "%s", scene->text);
        own = look(login);
        ck_assert(namespace_is_same(&own.ns, &other->ns));
        ck_assert(scene_same_spot(&own.tmp, &other->tmp));
}

/* Has it a namespace of its own, with the same instance, and is that the reason? */
static void assert_apart(struct login *login, const struct seen *other, const char *why)
{
        struct seen own;

        ck_assert_msg(strstr(scene->text, "not joining") && strstr(scene->text, why),
                      "no \"%s\" in: %s", why, scene->text);
        own = look(login);
        ck_assert_uint_ne(own.ns.number, other->ns.number);
        ck_assert(is_same_file(own.tmp, other->tmp));
}

static void joins(struct login *login, const struct seen *other)
{
        open_as(login, "alice");
        assert_joined(login, other);
}

static void stays_apart(struct login *login, const struct seen *other, const char *why)
{
        open_as(login, "alice");
        assert_apart(login, other, why);
}

/* A second session from where the first was opened, which stays apart; then both end. */
static void second_stays_apart(struct login *first, const struct seen *was, const char *why)
{
        struct login second = caller(NULL, NULL);

        stays_apart(&second, was, why);
        close_session(&second);
        close_session(first);
        assert_nothing_left();
}

START_TEST(a_second_session_joins_the_first_and_each_closes_on_its_own)
{
        struct login first, second;
        struct seen was;

        no_ids = _i & 1;
        set_up();
        first = first_session();
        was = look(&first);
        second = caller(NULL, NULL);
        joins(&second, &was);
        ck_assert_uint_eq(was.covers, look(&second).covers);
        ck_assert_uint_eq(scene_instances(ALICE), 1);
        ck_assert_uint_eq(scene_entries(RECORDS), 2);
        close_session(_i & 2 ? &first : &second);
        ck_assert_int_eq(login_do(_i & 2 ? &second : &first, do_make_file, "/tmp/file"), 0);
        ck_assert_uint_eq(scene_entries(RECORDS), 1);
        close_session(_i & 2 ? &second : &first);
        assert_nothing_left();
}
END_TEST

START_TEST(another_users_session_is_not_joined)
{
        struct login alice, bob;

        set_up();
        alice = first_session();
        bob = caller(NULL, NULL);
        open_as(&bob, "bob");
        ck_assert_uint_ne(look(&alice).ns.number, look(&bob).ns.number);
        ck_assert_uint_eq(login_view(&bob).st.st_gid, BOB);
        close_session(&bob);
        close_session(&alice);
        assert_nothing_left();
}
END_TEST

START_TEST(what_is_mounted_in_one_session_is_there_in_the_other)
{
        struct login first, second;
        struct seen was;

        set_up();
        first = first_session();
        was = look(&first);
        second = caller(NULL, NULL);
        joins(&second, &was);
        ck_assert_int_eq(login_do(&first, do_hide_dir, NULL), 0);
        ck_assert_int_eq(login_do(&first, do_make_file, "/srv/dir/file"), 0);
        ck_assert(login_do(&second, do_has, "/srv/dir/file"));
        ck_assert(!scene_has("/srv/dir/file"));
        close_session(&second);
        close_session(&first);
        assert_nothing_left();
}
END_TEST

START_TEST(two_directories_are_joined_at_once)
{
        struct login first, second;
        struct seen was;

        set_up();
        scene_write("/srv/table", "/srv/base /tmp *\n/srv/base /srv/dir *\n");
        first = first_session();
        was = look(&first);
        second = caller(NULL, NULL);
        joins(&second, &was);
        ck_assert_int_eq(login_do(&first, do_make_file, "/srv/dir/file"), 0);
        ck_assert_int_eq(login_do(&second, do_unlink, "/srv/dir/file"), 0);
        close_session(&first);
        close_session(&second);
        assert_nothing_left();
}
END_TEST

/* ------------------------------------------------------------------ records that are not true */

/* The one record that there is: it is taken away. */
static struct record take_record(void)
{
        int folder = open(RECORDS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        char name[NAME_MAX + 1], text[RECORD_BYTES + 1];
        struct record record;
        ssize_t n;

        ck_assert_uint_eq(scene_entries(RECORDS), 1);
        scene_first_entry(RECORDS, name);
        n = readlinkat(folder, name, text, RECORD_BYTES);
        ck_assert_int_gt(n, 0);
        text[n] = '\0';
        ck_assert_int_eq(record_parse(text, &record), 0);
        ck_assert_int_eq(unlinkat(folder, name, 0), 0);
        close(folder);
        return record;
}

static void put_record(const struct record *record)
{
        int folder = open(RECORDS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        ck_assert_int_eq(records_write(folder, record), 0);
        close(folder);
}

static void edit_nothing(struct record *record)
{
        (void)record;
}

static void edit_boot(struct record *record)
{
        record->boot[35] = record->boot[35] == '0' ? '1' : '0';
}

static void edit_start(struct record *record)
{
        record->start = 1;
}

static void edit_id(struct record *record)
{
        record->ns.id++;
}

static void edit_left_number(struct record *record)
{
        record->left.number++;
}

static void edit_left_id(struct record *record)
{
        record->left.id++;
}

static void edit_nested(struct record *record)
{
        record->nested = true;
}

static void edit_shared(struct record *record)
{
        record->shared = false;
}

static void edit_plan(struct record *record)
{
        record->plan++;
}

static void edit_fewer(struct record *record)
{
        record->n_covers--;
}

static void edit_more(struct record *record)
{
        ck_assert_int_eq(record_add_cover(record, "/srv/dir", record->covers[0].mark), 0);
}

static void edit_mark(struct record *record)
{
        char *first = record->covers[0].mark.name;

        *first = *first == 'a' ? 'b' : 'a';
}

static void edit_directory(struct record *record)
{
        strcpy(record->covers[0].directory, "/var");
}

static const struct {
        void (*edit)(struct record *record);
        const char *why; /* NULL: it is joined, after all */
} edits[] = {
        {edit_nothing, NULL},
        {edit_boot, "it is of another boot"},
        {edit_start, "its process is gone"},
        {edit_id, "its process is in another namespace"},
        {edit_left_number, "it comes from another namespace"},
        {edit_left_id, "it comes from another namespace"},
        {edit_nested, "it was opened within another user's"},
        {edit_shared, "later mounts of the host do not show there"},
        {edit_plan, "its plan or its instances are others"},
        {edit_fewer, "its plan or its instances are others"},
        {edit_more, "its plan or its instances are others"},
        {edit_mark, "its plan or its instances are others"},
        {edit_directory, "its plan or its instances are others"},
};

enum {
        EDITS = sizeof(edits) / sizeof(edits[0]),
};

START_TEST(a_record_that_differs_in_one_thing_is_not_believed)
{
        struct login first, second;
        struct record record;
        struct seen was;

        set_up();
        first = first_session();
        was = look(&first);
        record = take_record();
        edits[_i].edit(&record);
        put_record(&record);
        second = caller(NULL, NULL);
        if (edits[_i].why)
                stays_apart(&second, &was, edits[_i].why);
        else
                joins(&second, &was);
        close_session(&second);
        close_session(&first);
        assert_nothing_left();
}
END_TEST

START_TEST(what_is_no_record_is_passed_over)
{
        struct login first, second;
        struct seen was;

        set_up();
        first = first_session();
        was = look(&first);
        ck_assert_int_eq(symlink("nonsense", RECORDS "/1.1.1001"), 0);
        scene_write(RECORDS "/2.2.1001", "a file");
        second = caller(NULL, NULL);
        joins(&second, &was);
        close_session(&second);
        close_session(&first);
        ck_assert_int_eq(unlink(RECORDS "/1.1.1001"), 0);
        ck_assert_int_eq(unlink(RECORDS "/2.2.1001"), 0);
        assert_nothing_left();
}
END_TEST

/* The first session's record names that process from now on, as if it had been its opener. */
static void forge(pid_t pid, const struct seen *process)
{
        struct record record = take_record();
        struct timespec now;

        clock_gettime(CLOCK_BOOTTIME, &now);
        record.pid = pid;
        record.ns = process->ns;
        record.start = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
        put_record(&record);
}

/* A process in the first session that has done that. */
static struct seen start_inside(struct login *first, int (*function)(void *), pid_t *pid)
{
        *pid = login_do(first, do_inner_start, NULL);
        if (function)
                ck_assert_int_eq(login_inner(first, function, NULL), 0);
        ck_assert_int_eq(login_inner(first, do_look, NULL), 0);
        return *seen;
}

static int do_unshare_user(void *arg)
{
        (void)arg;
        return unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0 ? -errno : 0;
}

/* As bwrap and firejail do it, where they are setuid: in the user namespace of all. */
static int do_sandbox(void *arg)
{
        int r = do_unshare(arg);

        return r == 0 && mount("tmpfs", "/tmp", "tmpfs", MS_NOEXEC | MS_NOSUID | MS_NODEV, NULL) < 0
                       ? -errno
                       : r;
}

static const struct {
        int (*function)(void *);
        const char *why;
} insides[] = {
        {NULL, NULL}, /* the forgery is good enough */
        {do_unshare_user, "its namespace belongs to another user namespace"},
        {do_sandbox, "a directory is covered by something else"},
};

enum {
        INSIDES = sizeof(insides) / sizeof(insides[0]),
};

START_TEST(a_namespace_that_somebody_else_made_is_not_joined)
{
        struct login first, second;
        struct seen was, inside;
        pid_t pid;

        set_up();
        first = first_session();
        was = look(&first);
        inside = start_inside(&first, insides[_i].function, &pid);
        forge(pid, &inside);
        second = caller(NULL, NULL);
        if (insides[_i].why)
                stays_apart(&second, &was, insides[_i].why);
        else
                joins(&second, &was);
        ck_assert_uint_eq(look(&second).ns.number == inside.ns.number, !insides[_i].why);
        close_session(&second);
        login_do(&first, do_inner_end, NULL);
        close_session(&first);
        assert_nothing_left();
}
END_TEST

/* ------------------------------------------------------------------ openers */

/* A first session whose opener was killed, and a process of root's that still is in there. */
static struct login orphan_session(struct seen *was, pid_t *opener)
{
        struct login keeper, first = first_session();

        *was = look(&first);
        *opener = first.pid;
        keeper = caller(do_enter, number(first.pid));
        login_kill(&first);
        return keeper;
}

/* The keeper has ended: a session finds and ends what is left. */
static void assert_next_session_cleans(void)
{
        struct login next = caller(NULL, NULL);

        open_as(&next, "alice");
        close_session(&next);
        scene_empty_trash();
        assert_nothing_left();
}

START_TEST(where_the_opener_is_gone_its_session_is_not_joined)
{
        struct login keeper, second;
        struct seen was;
        pid_t opener;

        set_up();
        keeper = orphan_session(&was, &opener);
        second = caller(NULL, NULL);
        stays_apart(&second, &was, "its process is gone");
        close_session(&second);
        login_end(&keeper);
        assert_next_session_cleans();
}
END_TEST

/* A child with that pid, which lives as long as this process. */
static int do_fork_as(void *wanted)
{
        pid_t pid = (pid_t)(intptr_t)wanted;
        char last[16];

        snprintf(last, sizeof(last), "%d", pid - 1);
        for (unsigned try = 0; try < 100; try++) {
                pid_t child;

                scene_write("/proc/sys/kernel/ns_last_pid", last);
                child = fork();
                if (child == 0) {
                        prctl(PR_SET_PDEATHSIG, SIGKILL);
                        for (;;)
                                (void)pause();
                }
                if (child == pid)
                        return 0;
                kill(child, SIGKILL);
                waitpid(child, NULL, 0);
        }
        return -EBUSY;
}

/* The clock of processes has gone on since the record was written. */
static bool is_later(void *arg)
{
        const struct record *record = arg;
        struct timespec now;

        clock_gettime(CLOCK_BOOTTIME, &now);
        return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec > record->start + 20000000;
}

START_TEST(another_process_with_the_openers_pid_is_not_the_opener)
{
        struct login keeper, second;
        struct record record;
        struct seen was;
        pid_t opener;

        set_up();
        keeper = orphan_session(&was, &opener);
        record = take_record();
        put_record(&record);
        scene_wait(is_later, &record, "for the clock");
        ck_assert_int_eq(login_do(&keeper, do_fork_as, number(opener)), 0);
        second = caller(NULL, NULL);
        stays_apart(&second, &was, "its process is gone");
        close_session(&second);
        login_end(&keeper);
        assert_next_session_cleans();
}
END_TEST

/* pkexec and systemd do so: the opener becomes the user's program. */
static int do_become_program(void *arg)
{
        int r = do_become(arg);

        if (r == 0)
                execl("/bin/sleep", "sleep", "infinity", NULL);
        return -errno;
}

START_TEST(without_ids_an_opener_that_runs_the_users_program_proves_nothing)
{
        struct login first, second;
        struct seen was;
        char byte;

        no_ids = _i;
        set_up();
        first = first_session();
        was = look(&first);
        login_begin(&first, do_become_program, number(ALICE));
        ck_assert_int_eq(read(first.channel, &byte, 1), 0); /* closed by the exec */
        second = caller(NULL, NULL);
        if (no_ids)
                stays_apart(&second, &was, "its process runs the user's program");
        else
                joins(&second, &was);
        login_kill(&first);
        close_session(&second);
        assert_nothing_left();
}
END_TEST

/* The opener stays, and goes elsewhere: only the namespace of the record is joined. */
START_TEST(an_opener_that_went_to_another_namespace_is_not_followed)
{
        struct login keeper, first, second;
        struct seen was;

        no_ids = _i;
        set_up();
        first = first_session();
        was = look(&first);
        keeper = caller(do_enter, number(first.pid)); /* its number is not used again */
        ck_assert_int_eq(login_do(&first, do_unshare, NULL), 0);
        second = caller(NULL, NULL);
        stays_apart(&second, &was, "its process is in another namespace");
        close_session(&second);
        login_kill(&first);
        login_end(&keeper);
        assert_next_session_cleans();
}
END_TEST

/* ------------------------------------------------------------------ origins */

/* Why a caller elsewhere does not join. Without ids its own namespace proves nothing. */
static const char *elsewhere(void)
{
        return no_ids ? "can't tell which namespace this is" : "it comes from another namespace";
}

START_TEST(a_session_that_was_opened_within_another_users_is_not_joined)
{
        struct login alice, second;
        struct seen nested;

        first_hidden = true; /* else bob's would be made from there, too */
        set_up();
        alice = first_session();
        login_do(&alice, do_inner_start, NULL);
        ck_assert_int_eq(login_inner(&alice, do_open, "bob"), 0);
        ck_assert_int_eq(login_inner(&alice, do_look, NULL), 0);
        nested = *seen;
        second = caller(NULL, NULL);
        open_as(&second, "bob");
        assert_apart(&second, &nested,
                     no_ids ? elsewhere() : "it was opened within another user's");
        close_session(&second);
        login_inner(&alice, do_close, NULL);
        login_do(&alice, do_inner_end, NULL);
        close_session(&alice);
        assert_nothing_left();
}
END_TEST

START_TEST(a_session_from_another_namespace_is_not_joined)
{
        struct login first, second;
        struct seen was;

        no_ids = _i;
        set_up();
        first = caller(do_unshare_shared, NULL);
        open_as(&first, "alice");
        was = look(&first);
        second = caller(NULL, NULL);
        stays_apart(&second, &was, "it comes from another namespace");
        close_session(&second);
        close_session(&first);
        assert_nothing_left();
}
END_TEST

/* "sudo unshare -m" */
START_TEST(a_caller_in_another_namespace_does_not_leave_it)
{
        struct login first, second;
        struct seen was;

        no_ids = _i;
        set_up();
        first = first_session();
        was = look(&first);
        second = caller(do_unshare, NULL);
        stays_apart(&second, &was, elsewhere());
        close_session(&second);
        close_session(&first);
        assert_nothing_left();
}
END_TEST

START_TEST(a_caller_in_a_namespace_made_from_the_session_does_not_leave_it)
{
        struct login first;
        struct seen was;
        pid_t pid;

        set_up();
        first = first_session();
        was = look(&first);
        (void)start_inside(&first, do_unshare, &pid);
        ck_assert_int_eq(login_inner(&first, do_open, "alice"), 0);
        ck_assert_int_eq(login_inner(&first, do_look, NULL), 0);
        ck_assert_uint_ne(seen->ns.number, was.ns.number);
        ck_assert(is_same_file(seen->tmp, was.tmp));
        ck_assert_uint_eq(seen->covers, was.covers); /* not one over the other */
        login_inner(&first, do_close, NULL);
        login_do(&first, do_inner_end, NULL);
        close_session(&first);
        assert_nothing_left();
}
END_TEST

/* Without ids a number proves nothing: of namespaces that are gone it is used again. */
START_TEST(without_ids_a_caller_elsewhere_is_never_where_the_session_came_from)
{
        struct login first, second;
        struct record record;
        struct seen was;

        no_ids = _i;
        set_up();
        first = first_session();
        was = look(&first);
        second = caller(do_unshare, NULL);
        record = take_record();
        record.left = look(&second).ns;
        put_record(&record);
        open_as(&second, "alice");
        ck_assert(!no_ids || strstr(scene->text, elsewhere()));
        ck_assert_int_eq(look(&second).ns.number == was.ns.number, !no_ids);
        ck_assert(is_same_file(look(&second).tmp, was.tmp));
        close_session(&second);
        close_session(&first);
        assert_nothing_left();
}
END_TEST

static int do_new_processes(void *arg)
{
        (void)arg;
        return unshare(CLONE_NEWPID) < 0 ? -errno : 0;
}

/* Process 1 of a container that has the host's /run and base. */
static int do_container(void *arg)
{
        int r = do_unshare(arg);

        return r == 0 && mount("proc", "/proc", "proc", 0, NULL) < 0 ? -errno : r;
}

START_TEST(a_caller_in_a_container_does_not_leave_it)
{
        struct login first, host;
        struct seen was;
        pid_t pid;

        no_ids = _i;
        set_up();
        first = first_session();
        was = look(&first);
        host = caller(do_new_processes, NULL);
        (void)start_inside(&host, do_container, &pid);
        ck_assert_int_eq(login_inner(&host, do_open, "alice"), 0);
        ck_assert_ptr_nonnull(strstr(scene->text, "it comes from another namespace"));
        ck_assert_int_eq(login_inner(&host, do_look, NULL), 0);
        ck_assert_uint_ne(seen->ns.number, was.ns.number);
        ck_assert(is_same_file(seen->tmp, was.tmp));
        login_inner(&host, do_close, NULL);
        login_do(&host, do_inner_end, NULL);
        login_end(&host);
        close_session(&first);
        assert_nothing_left();
}
END_TEST

START_TEST(where_the_top_is_private_nobody_joins)
{
        struct login first;
        struct seen was;

        set_up();
        scene_mount(NULL, "/", NULL, MS_PRIVATE, NULL);
        scene_mounted();
        first = first_session();
        was = look(&first);
        second_stays_apart(&first, &was, "later mounts of the host do not show there");
}
END_TEST

/* ------------------------------------------------------------------ plans */

START_TEST(where_the_table_was_changed_the_session_has_what_it_says_now)
{
        struct login first, second;
        struct seen was;

        set_up();
        first = first_session();
        was = look(&first);
        scene_write("/srv/table", "/srv/base /tmp * exec\ninherit /tmp root\n");
        second = caller(NULL, NULL);
        stays_apart(&second, &was, "its plan or its instances are others");
        ck_assert_uint_eq(login_view(&second).flags & ST_NOEXEC, 0);
        ck_assert_uint_ne(login_view(&first).flags & ST_NOEXEC, 0);
        close_session(&second);
        close_session(&first);
        assert_nothing_left();
}
END_TEST

START_TEST(where_other_lines_of_the_table_were_changed_the_session_joins)
{
        struct login first, second;
        struct seen was;

        set_up();
        first = first_session();
        was = look(&first);
        scene_write("/srv/table", "# new\n" SCENE_TABLE "/srv/base /tmp bob exec\n");
        second = caller(NULL, NULL);
        joins(&second, &was);
        close_session(&second);
        close_session(&first);
        assert_nothing_left();
}
END_TEST

START_TEST(sessions_of_their_own_scope_are_not_joined)
{
        struct login first, second;

        set_up();
        scene_write("/srv/table", "/srv/base /tmp * scope=session\ninherit /tmp root\n");
        first = first_session();
        second = caller(NULL, NULL);
        open_as(&second, "alice");
        ck_assert_uint_ne(look(&first).ns.number, look(&second).ns.number);
        ck_assert_uint_eq(scene_instances(ALICE), 2);
        close_session(&first);
        close_session(&second);
        assert_nothing_left();
}
END_TEST

/* ------------------------------------------------------------------ callers */

/* The whole tree once more, and a mount that only this one has. */
static void make_root(void)
{
        ck_assert_int_eq(mkdir("/srv/root", 0755), 0);
        scene_mount("/", "/srv/root", NULL, MS_BIND | MS_REC, NULL);
        scene_mount("tmpfs", "/srv/root/opt", "tmpfs", 0, NULL);
        scene_write("/srv/root/opt/jailed", "");
        scene_mounted();
}

/* A few bind mounts below a mount that is another file system than "/". */
static void make_jail(void)
{
        static const char *const folders[] = {"proc", "etc", "run", "srv", "tmp", "opt"};
        char path[64], source[64];

        ck_assert_int_eq(mkdir("/srv/root", 0755), 0);
        scene_mount("tmpfs", "/srv/root", "tmpfs", 0, "mode=755");
        for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
                snprintf(path, sizeof(path), "/srv/root/%s", folders[i]);
                snprintf(source, sizeof(source), "/%s", folders[i]);
                ck_assert_int_eq(mkdir(path, 0755), 0);
                if (i < 4)
                        scene_mount(source, path, NULL, MS_BIND, NULL);
        }
        scene_write("/srv/root/opt/jailed", "");
        scene_mounted();
}

static int do_chroot(void *cwd)
{
        return chroot("/srv/root") < 0 || chdir(cwd) < 0 ? -errno : 0;
}

/* The directories of the chroot are found through it: the private one is that at its /tmp. */
START_TEST(a_caller_in_a_chroot_does_not_leave_it)
{
        static const char *const cwds[] = {"/", "/srv/dir"};
        struct login first, second;
        struct seen was;

        no_ids = _i & 4;
        set_up();
        if (_i & 1)
                make_jail();
        else
                make_root();
        first = first_session();
        was = look(&first);
        second = caller(do_chroot, cwds[_i >> 1 & 1]);
        stays_apart(&second, &was, "another there");
        ck_assert(login_do(&second, do_has, "/opt/jailed"));
        ck_assert(is_same_file(look(&second).cwd, second.before.cwd));
        close_session(&second);
        close_session(&first);
        assert_nothing_left();
}
END_TEST

static ino_t thread_ns(pid_t thread)
{
        struct stat st;
        char path[64];

        snprintf(path, sizeof(path), "/proc/self/task/%d/ns/mnt", thread);
        return stat(path, &st) == 0 ? st.st_ino : 0;
}

static pid_t thread_id;

static void *thread_body(void *ready)
{
        thread_id = gettid();
        pthread_barrier_wait(ready);
        for (;;)
                pause();
        return NULL;
}

static int do_start_thread(void *arg)
{
        static pthread_barrier_t ready;
        pthread_t thread;
        int r;

        (void)arg;
        pthread_barrier_init(&ready, NULL, 2);
        r = pthread_create(&thread, NULL, thread_body, &ready);
        if (r == 0)
                pthread_barrier_wait(&ready);
        return -r;
}

static int do_thread_is_home(void *arg)
{
        (void)arg;
        return thread_ns(thread_id) == scene_ns();
}

START_TEST(a_caller_with_another_thread_does_not_move_that)
{
        struct login first, second;
        struct seen was;

        set_up();
        first = first_session();
        was = look(&first);
        second = caller(do_start_thread, NULL);
        ck_assert(login_do(&second, do_thread_is_home, NULL));
        stays_apart(&second, &was, "its namespace can't be entered from here");
        ck_assert(!login_do(&second, do_thread_is_home, NULL));
        close_session(&second);
        close_session(&first);
        assert_nothing_left();
}
END_TEST

/* ------------------------------------------------------------------ covers */

static int do_uncover(void *arg)
{
        (void)arg;
        return umount2("/tmp", MNT_DETACH) < 0 ? -errno : 0;
}

static int do_cover(void *arg)
{
        (void)arg;
        return mount("tmpfs", "/tmp", "tmpfs", MS_NOEXEC | MS_NOSUID | MS_NODEV, NULL) < 0 ? -errno
                                                                                           : 0;
}

/* The same file system, with the same flags. */
static int do_cover_by_part(void *arg)
{
        (void)arg;
        return mkdir("/tmp/part", 0777) < 0 || mount("/tmp/part", "/tmp", NULL, MS_BIND, NULL) < 0
                       ? -errno
                       : 0;
}

/* Another file system, a directory of the same number. */
static int do_cover_by_number(void *arg)
{
        struct stat wanted, st = {0};
        char path[64];

        (void)arg;
        if (stat("/tmp", &wanted) < 0 ||
            mount("tmpfs", "/srv/dir", "tmpfs", MS_NOEXEC | MS_NOSUID | MS_NODEV, NULL) < 0)
                return -errno;
        for (unsigned i = 0; i < 10000 && st.st_ino != wanted.st_ino; i++) {
                snprintf(path, sizeof(path), "/srv/dir/%u", i);
                if (mkdir(path, 0777) < 0 || stat(path, &st) < 0)
                        return -errno;
        }
        if (st.st_ino != wanted.st_ino)
                return -ENOENT;
        return mount(path, "/tmp", NULL, MS_BIND, NULL) < 0 ? -errno : 0;
}

static int remount(unsigned long flags)
{
        return mount(NULL, "/tmp", NULL, MS_REMOUNT | MS_BIND | flags, NULL) < 0 ? -errno : 0;
}

static int do_allow_exec(void *arg)
{
        (void)arg;
        return remount(MS_NOSUID | MS_NODEV);
}

static int do_allow_suid(void *arg)
{
        (void)arg;
        return remount(MS_NOEXEC | MS_NODEV);
}

static int do_allow_dev(void *arg)
{
        (void)arg;
        return remount(MS_NOEXEC | MS_NOSUID);
}

static int (*const changes[])(void *) = {
        do_uncover,    do_cover,      do_cover_by_part, do_cover_by_number,
        do_allow_exec, do_allow_suid, do_allow_dev,
};

enum {
        CHANGES = sizeof(changes) / sizeof(changes[0]),
};

START_TEST(where_root_has_changed_what_covers_nobody_joins)
{
        struct login first;
        struct seen was;

        set_up();
        first = first_session();
        was = look(&first);
        ck_assert_int_eq(login_do(&first, changes[_i], NULL), 0);
        second_stays_apart(&first, &was, "a directory is covered by something else");
}
END_TEST

/* Of two directories one is enough. */
START_TEST(where_root_has_changed_one_of_two_covers_nobody_joins)
{
        struct login first;
        struct seen was;

        set_up();
        scene_write("/srv/table", _i ? "/srv/base /tmp *\n/srv/base /srv/dir *\n"
                                     : "/srv/base /srv/dir *\n/srv/base /tmp *\n");
        first = first_session();
        was = look(&first);
        ck_assert_int_eq(login_do(&first, do_cover, NULL), 0);
        second_stays_apart(&first, &was, "a directory is covered by something else");
}
END_TEST

/* Another "/", with the same cover. */
static int do_cover_top(void *arg)
{
        (void)arg;
        if (mount("tmpfs", "/srv/dir", "tmpfs", 0, NULL) < 0 || mkdir("/srv/dir/tmp", 0755) < 0 ||
            mount("/tmp", "/srv/dir/tmp", NULL, MS_BIND, NULL) < 0 ||
            mount("/srv/dir", "/", NULL, MS_BIND | MS_REC, NULL) < 0)
                return -errno;
        return 0;
}

START_TEST(where_root_has_changed_the_top_nobody_joins)
{
        struct login first;
        struct seen was;

        set_up();
        first = first_session();
        was = look(&first);
        ck_assert_int_eq(login_do(&first, do_cover_top, NULL), 0);
        second_stays_apart(&first, &was, "\"/\" or the working directory is another there");
}
END_TEST

/* The instance shows, but what is mounted is the directory above. */
static int do_cover_parent(void *instance)
{
        return umount2("/srv/top/root", MNT_DETACH) < 0 ||
                               mount(instance, "/srv/top", NULL, MS_BIND, NULL) < 0
                       ? -errno
                       : 0;
}

START_TEST(an_instance_that_is_not_what_is_mounted_is_no_cover)
{
        char *instance;
        struct login first;
        struct seen was;

        set_up();
        instance = scene->text; /* in both processes */
        ck_assert_int_eq(mkdir("/srv/top", 0755), 0);
        ck_assert_int_eq(mkdir("/srv/top/root", 0755), 0);
        scene_write("/srv/table", "/srv/base /srv/top/root * exec,suid,dev\n");
        first = first_session();
        was = look(&first);
        scene_instance(ALICE, instance);
        ck_assert_int_eq(login_do(&first, do_cover_parent, instance), 0);
        second_stays_apart(&first, &was, "a directory is covered by something else");
}
END_TEST

/* ------------------------------------------------------------------ instances in the trash */

/* What a mad administrator, or a bug of ours, would do. */
static void throw_away(void)
{
        char path[PATH_MAX];

        scene_instance(ALICE, path);
        (void)mkdir(SCENE_BASE "/.trash", 0700); /* it may be there */
        ck_assert_int_eq(rename(path, SCENE_BASE "/.trash/1001.thrown"), 0);
}

START_TEST(an_instance_in_the_trash_is_not_joined)
{
        struct login first, second;
        struct seen was;

        set_up();
        first = first_session();
        was = look(&first);
        throw_away();
        second = caller(NULL, NULL);
        open_as(&second, "alice");
        ck_assert_uint_ne(look(&second).ns.number, was.ns.number);
        ck_assert(!is_same_file(look(&second).tmp, was.tmp));
        close_session(&second);
        close_session(&first);
        scene_empty_trash();
        assert_nothing_left();
}
END_TEST

/* Names are random: some day one is used again. */
START_TEST(an_instance_with_the_name_of_one_in_the_trash_is_not_that)
{
        struct login first, helper, third;
        char path[PATH_MAX], other[PATH_MAX];
        struct seen was, new;

        set_up();
        first = first_session();
        was = look(&first);
        scene_instance(ALICE, path);
        throw_away();
        helper = caller(NULL, NULL);
        open_as(&helper, "alice");
        new = look(&helper);
        scene_instance(ALICE, other);
        ck_assert_int_eq(rename(other, path), 0);
        third = caller(NULL, NULL);
        stays_apart(&third, &new, "a directory is covered by something else");
        ck_assert_uint_ne(look(&third).ns.number, was.ns.number);
        close_session(&first);
        close_session(&helper);
        close_session(&third);
        scene_empty_trash();
        assert_nothing_left();
}
END_TEST

/* ------------------------------------------------------------------ the working directory */

static int do_enter_deleted(void *path)
{
        int r = do_mkdir(path);

        if (r == 0)
                r = do_chdir(path);
        return r < 0 ? r : do_rmdir(path);
}

static const struct {
        const char *cwd;
        int (*enter)(void *);  /* by the second login program */
        int (*inside)(void *); /* by the first one, in its session */
        bool top;              /* it becomes the top of the private /tmp */
        bool apart;
} cwds[] = {
        {"/", do_chdir, NULL, false, false},
        {"/home/alice", do_chdir, NULL, false, false},
        {"/srv/dir/sub", do_chdir, NULL, false, false},
        {"/dev", do_chdir, NULL, false, false},
        {"/tmp", do_chdir, NULL, true, false},
        {"/tmp/sub", do_chdir, NULL, true, false},
        {"/srv/gone", do_enter_deleted, NULL, false, true},
        {"/tmp/gone", do_enter_deleted, NULL, false, true},
        {"/srv/late", do_chdir, NULL, false, false},
        {"/srv/private/late", do_chdir, NULL, false, true},
        {"/srv/dir", do_chdir, do_hide_dir, false, true},
        {"/srv/dir/sub", do_chdir, do_hide_dir, false, true},
};

enum {
        CWDS = sizeof(cwds) / sizeof(cwds[0]),
};

START_TEST(the_working_directory_is_the_one_it_was)
{
        struct login first, second;
        struct seen was, own;

        set_up();
        ck_assert_int_eq(mkdir("/tmp/sub", 0777), 0);
        ck_assert_int_eq(mkdir("/srv/private", 0755), 0);
        ck_assert_int_eq(mkdir("/srv/late", 0755), 0);
        scene_mount("tmpfs", "/srv/private", "tmpfs", 0, NULL);
        scene_mount(NULL, "/srv/private", NULL, MS_PRIVATE, NULL);
        ck_assert_int_eq(mkdir("/srv/private/late", 0755), 0);
        first = first_session();
        was = look(&first);
        /* what the host mounts now the session sees, but not below what is private */
        scene_mount("tmpfs", "/srv/late", "tmpfs", 0, NULL);
        scene_mount("tmpfs", "/srv/private/late", "tmpfs", 0, NULL);
        scene_mounted();
        if (cwds[_i].inside)
                ck_assert_int_eq(login_do(&first, cwds[_i].inside, NULL), 0);

        second = caller(cwds[_i].enter, cwds[_i].cwd);
        if (cwds[_i].apart)
                stays_apart(&second, &was, "\"/\" or the working directory is another there");
        else
                joins(&second, &was);
        own = look(&second);
        ck_assert(is_same_file(own.cwd, cwds[_i].top ? own.tmp : second.before.cwd));
        close_session(&second);
        close_session(&first);
        assert_nothing_left();
}
END_TEST

/* ------------------------------------------------------------------ a FUSE that never answers */

static pid_t fuse_server; /* of this login program */

static int do_fuse(void *path)
{
        fuse_server = fuse_mount(path, ALICE);
        /* and it has answered: the mount is complete */
        return access(path, F_OK) < 0 ? -errno : 0;
}

static int do_fuse_silence(void *arg)
{
        (void)arg;
        must(kill(fuse_server, SIGSTOP));
        must(waitpid(fuse_server, NULL, WUNTRACED));
        return 0;
}

static int do_fuse_end(void *arg)
{
        (void)arg;
        child_end(fuse_server);
        return 0;
}

static const struct {
        const char *fuse, *cwd;
        const char *why; /* NULL: it is joined */
} fuses[] = {
        {"/tmp", "/", "a directory is covered by something else"},
        {"/tmp", "/tmp", "a directory is covered by something else"},
        {"/tmp", "/srv/dir", "a directory is covered by something else"},
        {"/srv/dir/sub", "/srv/dir/sub", "\"/\" or the working directory is another there"},
        {"/srv/dir", "/srv/dir/sub", "\"/\" or the working directory is another there"},
        {"/home/alice", "/home/alice", "\"/\" or the working directory is another there"},
        {"/home", "/home/alice", "\"/\" or the working directory is another there"},
        {"/home/alice", "/", NULL},
        {"/srv/dir/sub", "/srv/dir", NULL},
};

enum {
        FUSES = sizeof(fuses) / sizeof(fuses[0]),
};

START_TEST(a_fuse_in_the_session_is_not_asked)
{
        struct login first, second;
        struct seen was;

        set_up();
        if (!fuse_is_there())
                return;
        /* with this mode the user may do that to /tmp itself */
        scene_write("/srv/table", "/srv/base /tmp * mode=0770\nnone /tmp root\n");
        first = first_session();
        was = look(&first);
        ck_assert_int_eq(login_do(&first, do_fuse, fuses[_i].fuse), 0);
        ck_assert_int_eq(login_do(&first, do_fuse_silence, NULL), 0);
        second = caller(do_chdir, fuses[_i].cwd);
        if (fuses[_i].why)
                stays_apart(&second, &was, fuses[_i].why);
        else
                joins(&second, &was);
        close_session(&second);
        ck_assert_int_eq(promptly(&first, do_close, NULL), 0);
        assert_same_fds(&first.before, login_state(&first));
        ck_assert_uint_eq(scene->state.ns, first.before.ns);
        assert_nothing_left();
        ck_assert_int_eq(login_do(&first, do_fuse_end, NULL), 0);
        login_end(&first);
}
END_TEST

/* The second caller is on it, or on a disk below it, already: the host has it. */
START_TEST(a_fuse_that_the_caller_is_on_is_not_asked)
{
        struct login host, first, second;
        struct scene_spot cwd;
        struct seen was;

        set_up();
        if (!fuse_is_there())
                return;
        host = caller(do_fuse, "/srv/dir");
        if (_i)
                scene_mount("tmpfs", "/srv/dir/sub", "tmpfs", 0, NULL);
        scene_mounted();
        first = first_session();
        was = look(&first);
        second = caller(do_chdir, _i ? "/srv/dir/sub" : "/srv/dir");
        ck_assert_int_eq(login_do(&host, do_fuse_silence, NULL), 0);
        stays_apart(&second, &was,
                    _i ? "\"/\" or the working directory is another there"
                       : "its namespace can't be entered from here");
        cwd = second.before.cwd;
        ck_assert(is_same_file(look(&second).cwd, cwd));
        ck_assert_int_eq(promptly(&second, do_close, NULL), 0);
        ck_assert(is_same_file(look(&second).cwd, cwd));
        login_end(&second);
        close_session(&first);
        assert_nothing_left();
        child_end(host.pid);
}
END_TEST

/* ------------------------------------------------------------------ any order */

enum {
        CROWD = 3,
};

/* The orders of three, and who of them is killed. */
static const unsigned char orders[][CROWD] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                              {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};

enum {
        ORDERS = sizeof(orders) / sizeof(orders[0]) << CROWD,
};

START_TEST(in_any_order_the_end_of_one_session_does_not_disturb_the_others)
{
        const unsigned char *order = orders[_i >> CROWD];
        struct login logins[CROWD];
        struct seen was;

        set_up();
        logins[0] = first_session();
        was = look(&logins[0]);
        for (unsigned i = 1; i < CROWD; i++) {
                logins[i] = caller(NULL, NULL);
                joins(&logins[i], &was);
        }
        ck_assert_int_eq(login_do(&logins[0], do_make_file, "/tmp/file"), 0);
        for (unsigned i = 0; i < CROWD; i++) {
                bool killed = _i >> i & 1;

                if (killed)
                        login_kill(&logins[order[i]]);
                else
                        close_session(&logins[order[i]]);
                for (unsigned j = i + 1; j < CROWD; j++) {
                        struct seen own = look(&logins[order[j]]);

                        ck_assert(namespace_is_same(&own.ns, &was.ns));
                        ck_assert(login_do(&logins[order[j]], do_has, "/tmp/file"));
                }
                /* who comes now joins those who are there */
                if (i + 1 < CROWD) {
                        struct login next = caller(NULL, NULL);

                        open_as(&next, "alice");
                        ck_assert_uint_eq(look(&next).ns.number, was.ns.number);
                        close_session(&next);
                }
        }
        if (_i >> (CROWD - 1) & 1)
                assert_next_session_cleans();
        else
                assert_nothing_left();
}
END_TEST

START_TEST(a_process_of_the_first_session_keeps_the_instance_and_what_it_sees)
{
        struct login keeper, first, second, third;
        struct seen was;

        set_up();
        first = first_session();
        was = look(&first);
        second = caller(NULL, NULL);
        joins(&second, &was);
        keeper = caller(do_enter, number(first.pid));
        ck_assert_int_eq(login_do(&keeper, do_make_file, "/tmp/file"), 0);
        close_session(&first);
        close_session(&second);
        ck_assert_uint_eq(scene_instances(ALICE), 1);
        ck_assert(login_do(&keeper, do_has, "/tmp/file"));
        third = caller(NULL, NULL);
        stays_apart(&third, &was, "its process is ");
        ck_assert(login_do(&third, do_has, "/tmp/file"));
        login_end(&keeper);
        close_session(&third);
        assert_nothing_left();
}
END_TEST

/* Its record says as much as the first one's did. */
START_TEST(the_second_session_can_be_joined_when_the_first_has_ended)
{
        struct login first, second, third;
        struct seen was;

        set_up();
        first = first_session();
        was = look(&first);
        second = caller(NULL, NULL);
        joins(&second, &was);
        close_session(&first);
        third = caller(NULL, NULL);
        joins(&third, &was);
        close_session(&second);
        close_session(&third);
        assert_nothing_left();
}
END_TEST

/* ------------------------------------------------------------------ sessions inside sessions */

static int do_deeper(void *arg)
{
        (void)arg;
        return login_do(&login_child, seen->deeper.function, seen->deeper.arg);
}

/* In the login program that is inside of the one that is inside of this. */
static int login_deeper(struct login *login, int (*function)(void *), const void *arg)
{
        seen->deeper = (struct login_call){function, (void *)(uintptr_t)arg};
        return login_inner(login, do_deeper, NULL);
}

START_TEST(nested_sessions_join_the_live_ones_of_their_users)
{
        struct scene_state outer, middle, inner;
        struct login alice, bob;
        struct seen hers, his;

        set_up();
        alice = first_session();
        hers = look(&alice);
        bob = caller(NULL, NULL);
        open_as(&bob, "bob");
        his = look(&bob);
        outer = *login_state(&alice);

        login_do(&alice, do_inner_start, NULL);
        login_inner(&alice, do_state, NULL);
        middle = scene->state;
        ck_assert_int_eq(login_inner(&alice, do_open, "bob"), 0);
        login_inner(&alice, do_look, NULL);
        ck_assert(namespace_is_same(&seen->ns, &his.ns));
        ck_assert_uint_eq(seen->covers, his.covers);

        login_inner(&alice, do_inner_start, NULL);
        login_deeper(&alice, do_state, NULL);
        inner = scene->state;
        ck_assert_int_eq(login_deeper(&alice, do_open, "alice"), 0);
        login_deeper(&alice, do_look, NULL);
        ck_assert(namespace_is_same(&seen->ns, &hers.ns));
        ck_assert_uint_eq(seen->covers, hers.covers);
        ck_assert_uint_eq(scene_instances(ALICE), 1);
        ck_assert_uint_eq(scene_instances(BOB), 1);

        login_deeper(&alice, do_close, NULL);
        login_deeper(&alice, do_state, NULL);
        assert_same_state(&inner, &scene->state);
        login_inner(&alice, do_inner_end, NULL);
        login_inner(&alice, do_close, NULL);
        login_inner(&alice, do_state, NULL);
        assert_same_state(&middle, &scene->state);
        login_do(&alice, do_inner_end, NULL);
        assert_same_state(&outer, login_state(&alice));
        close_session(&bob);
        close_session(&alice);
        assert_nothing_left();
}
END_TEST

/* su alice in a session of alice's: the way is home, and back into the same. */
START_TEST(a_session_of_the_same_user_inside_a_session_is_in_the_same_namespace)
{
        static const char *const paths[] = {"/", "/srv/dir/sub", "/tmp"};
        struct scene_state before;
        struct login first;
        struct seen was;
        pid_t pid;

        set_up();
        first = first_session();
        was = look(&first);
        (void)start_inside(&first, NULL, &pid);
        ck_assert_int_eq(login_inner(&first, do_chdir, paths[_i]), 0);
        login_inner(&first, do_state, NULL);
        before = scene->state;
        ck_assert_int_eq(login_inner(&first, do_open, "alice"), 0);
        login_inner(&first, do_look, NULL);
        ck_assert(namespace_is_same(&seen->ns, &was.ns));
        ck_assert_uint_eq(seen->covers, was.covers);
        ck_assert(is_same_file(seen->cwd, before.cwd));
        login_inner(&first, do_close, NULL);
        login_inner(&first, do_state, NULL);
        assert_same_state(&before, &scene->state);
        login_do(&first, do_inner_end, NULL);
        close_session(&first);
        assert_nothing_left();
}
END_TEST

/* Where the live session can't be joined, the way back is to where the join began: home. */
START_TEST(a_nested_session_that_can_not_join_is_made_from_home)
{
        static const char *const paths[] = {"/", "/srv/dir/sub", "/tmp"};
        struct scene_state before;
        struct login alice, bob;
        struct seen his;
        pid_t pid;

        set_up();
        bob = caller(NULL, NULL);
        open_as(&bob, "bob");
        his = look(&bob);
        ck_assert_int_eq(login_do(&bob, do_cover, NULL), 0);
        alice = first_session();
        (void)start_inside(&alice, NULL, &pid);
        ck_assert_int_eq(login_inner(&alice, do_chdir, paths[_i]), 0);
        login_inner(&alice, do_state, NULL);
        before = scene->state;
        ck_assert_int_eq(login_inner(&alice, do_open, "bob"), 0);
        ck_assert_ptr_nonnull(strstr(scene->text, "a directory is covered by something else"));
        login_inner(&alice, do_look, NULL);
        ck_assert_uint_ne(seen->ns.number, his.ns.number);
        ck_assert(is_same_file(seen->tmp, his.tmp));
        ck_assert_uint_eq(seen->covers, his.covers);
        ck_assert(is_same_file(seen->cwd, _i == 2 ? seen->tmp : before.cwd));
        login_inner(&alice, do_close, NULL);
        login_inner(&alice, do_state, NULL);
        assert_same_state(&before, &scene->state);
        login_do(&alice, do_inner_end, NULL);
        close_session(&alice);
        close_session(&bob);
        assert_nothing_left();
}
END_TEST

static TCase *add_case(Suite *suite, const char *name)
{
        TCase *tests = tcase_create(name);

        tcase_set_timeout(tests, 60);
        suite_add_tcase(suite, tests);
        return tests;
}

static void add_records(Suite *suite)
{
        TCase *tests = add_case(suite, "records");

        tcase_add_loop_test(tests, a_record_that_differs_in_one_thing_is_not_believed, 0, EDITS);
        tcase_add_test(tests, what_is_no_record_is_passed_over);
        tcase_add_loop_test(tests, a_namespace_that_somebody_else_made_is_not_joined, 0, INSIDES);
        tests = add_case(suite, "openers");
        tcase_add_test(tests, where_the_opener_is_gone_its_session_is_not_joined);
        tcase_add_test(tests, another_process_with_the_openers_pid_is_not_the_opener);
        tcase_add_loop_test(tests, without_ids_an_opener_that_runs_the_users_program_proves_nothing,
                            0, 2);
        tcase_add_loop_test(tests, an_opener_that_went_to_another_namespace_is_not_followed, 0, 2);
}

static void add_origins(Suite *suite)
{
        TCase *tests = add_case(suite, "origins");

        tcase_add_test(tests, a_session_that_was_opened_within_another_users_is_not_joined);
        tcase_add_loop_test(tests, a_session_from_another_namespace_is_not_joined, 0, 2);
        tcase_add_loop_test(tests, a_caller_in_another_namespace_does_not_leave_it, 0, 2);
        tcase_add_test(tests, a_caller_in_a_namespace_made_from_the_session_does_not_leave_it);
        tcase_add_loop_test(
                tests, without_ids_a_caller_elsewhere_is_never_where_the_session_came_from, 0, 2);
        tcase_add_loop_test(tests, a_caller_in_a_container_does_not_leave_it, 0, 2);
        tcase_add_test(tests, where_the_top_is_private_nobody_joins);
        tests = add_case(suite, "plans");
        tcase_add_test(tests, where_the_table_was_changed_the_session_has_what_it_says_now);
        tcase_add_test(tests, where_other_lines_of_the_table_were_changed_the_session_joins);
        tcase_add_test(tests, sessions_of_their_own_scope_are_not_joined);
        tests = add_case(suite, "callers");
        tcase_add_loop_test(tests, a_caller_in_a_chroot_does_not_leave_it, 0, 8);
        tcase_add_test(tests, a_caller_with_another_thread_does_not_move_that);
}

static void add_covers(Suite *suite)
{
        TCase *tests = add_case(suite, "covers");

        tcase_add_loop_test(tests, where_root_has_changed_what_covers_nobody_joins, 0, CHANGES);
        tcase_add_loop_test(tests, where_root_has_changed_one_of_two_covers_nobody_joins, 0, 2);
        tcase_add_test(tests, where_root_has_changed_the_top_nobody_joins);
        tcase_add_test(tests, an_instance_that_is_not_what_is_mounted_is_no_cover);
        tcase_add_test(tests, an_instance_in_the_trash_is_not_joined);
        tcase_add_test(tests, an_instance_with_the_name_of_one_in_the_trash_is_not_that);
        tests = add_case(suite, "cwd");
        tcase_add_loop_test(tests, the_working_directory_is_the_one_it_was, 0, CWDS);
        tests = add_case(suite, "fuse");
        tcase_add_loop_test(tests, a_fuse_in_the_session_is_not_asked, 0, FUSES);
        tcase_add_loop_test(tests, a_fuse_that_the_caller_is_on_is_not_asked, 0, 2);
}

static Suite *make_suite(void)
{
        Suite *suite = suite_create("join");
        TCase *tests = add_case(suite, "two");

        tcase_add_loop_test(tests, a_second_session_joins_the_first_and_each_closes_on_its_own, 0,
                            4);
        tcase_add_test(tests, another_users_session_is_not_joined);
        tcase_add_test(tests, what_is_mounted_in_one_session_is_there_in_the_other);
        tcase_add_test(tests, two_directories_are_joined_at_once);
        add_records(suite);
        add_origins(suite);
        add_covers(suite);
        tests = add_case(suite, "order");
        tcase_add_loop_test(tests, in_any_order_the_end_of_one_session_does_not_disturb_the_others,
                            0, ORDERS);
        tcase_add_test(tests, a_process_of_the_first_session_keeps_the_instance_and_what_it_sees);
        tcase_add_test(tests, the_second_session_can_be_joined_when_the_first_has_ended);
        tests = add_case(suite, "nested");
        tcase_add_test(tests, nested_sessions_join_the_live_ones_of_their_users);
        tcase_add_loop_test(
                tests, a_session_of_the_same_user_inside_a_session_is_in_the_same_namespace, 0, 3);
        tcase_add_loop_test(tests, a_nested_session_that_can_not_join_is_made_from_home, 0, 3);
        return suite;
}

int main(void)
{
        return scratch_run(make_suite());
}
