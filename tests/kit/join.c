/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* join: two sessions, of which one may enter the namespace of the other */
#include <poll.h>

#include "kit/join.h"
#include "kit/login.h"
#include "lifetime/records.h"
#include "mounts/namespace.h"
#include "session/session.h"

/* ------------------------------------------------------------------ what a login program does */

#define LOUD "said aloud: "

struct seen *seen;
static struct session *session; /* of this login program */

static void say(void *arg, enum report_level level, const char *text)
{
        char *said = arg;
        size_t used = strlen(said);

        snprintf(said + used, SCENE_TEXT - used, "%s%s\n", level == REPORT_DEBUG ? "" : LOUD, text);
}

int do_join_open(void *user)
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

int do_join_close(void *arg)
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

int do_look(void *arg)
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

struct seen look(struct login *login)
{
        ck_assert_int_eq(login_do(login, do_look, NULL), 0);
        return *seen;
}

int do_mkdir(void *path)
{
        return mkdir(path, 0755) < 0 ? -errno : 0;
}

int do_rmdir(void *path)
{
        return rmdir(path) < 0 ? -errno : 0;
}

int do_unshare(void *arg)
{
        (void)arg;
        if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
                return -errno;
        return 0;
}

int do_unshare_shared(void *arg)
{
        int r = do_unshare(arg);

        return r == 0 && mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL) < 0 ? -errno : r;
}

int do_hide_dir(void *arg)
{
        (void)arg;
        return mount("tmpfs", "/srv/dir", "tmpfs", 0, NULL) < 0 ? -errno : 0;
}

int do_enter(void *pid)
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

void set_up(void)
{
        scene_begin();
        seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        ck_assert_ptr_ne(seen, MAP_FAILED);
        ck_assert_int_eq(mkdir("/srv/dir", 0755), 0);
        ck_assert_int_eq(mkdir("/srv/dir/sub", 0755), 0);
        do_look(NULL);
        no_ids |= seen->ns.id == 0; /* nor has this one */
}

struct login caller(int (*function)(void *), const void *arg)
{
        struct login login = login_start();

        if (function)
                ck_assert_int_eq(login_do(&login, function, arg), 0);
        login.before = *login_state(&login);
        return login;
}

int promptly(struct login *login, int (*function)(void *), const void *arg)
{
        struct pollfd answer = {.fd = login->channel, .events = POLLIN};

        login_begin(login, function, arg);
        ck_assert_msg(poll(&answer, 1, SCENE_PATIENCE_MS) == 1, "the login program waits");
        return login_wait(login);
}

void open_as(struct login *login, const char *user)
{
        ck_assert_msg(promptly(login, do_join_open, user) == 0, "open failed: %s", scene->text);
        ck_assert_msg(!strstr(scene->text, LOUD), "%s", scene->text);
}

struct login first_session(void)
{
        struct login first = caller(NULL, NULL);

        open_as(&first, "alice");
        return first;
}

void close_session(struct login *login)
{
        ck_assert_int_eq(promptly(login, do_join_close, NULL), 0);
        assert_same_state(&login->before, login_state(login));
        login_end(login);
}

bool is_same_file(struct scene_spot a, struct scene_spot b)
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

void assert_apart(struct login *login, const struct seen *other, const char *why)
{
        struct seen own;

        ck_assert_msg(strstr(scene->text, "not joining") && strstr(scene->text, why),
                      "no \"%s\" in: %s", why, scene->text);
        own = look(login);
        ck_assert_uint_ne(own.ns.number, other->ns.number);
        ck_assert(is_same_file(own.tmp, other->tmp));
}

void joins(struct login *login, const struct seen *other)
{
        open_as(login, "alice");
        assert_joined(login, other);
}

void stays_apart(struct login *login, const struct seen *other, const char *why)
{
        open_as(login, "alice");
        assert_apart(login, other, why);
}

void second_stays_apart(struct login *first, const struct seen *was, const char *why)
{
        struct login second = caller(NULL, NULL);

        stays_apart(&second, was, why);
        close_session(&second);
        close_session(first);
        assert_nothing_left();
}

/* ------------------------------------------------------------------ records that are not true */

struct record take_record(void)
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

void put_record(const struct record *record)
{
        int folder = open(RECORDS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        ck_assert_int_eq(records_write(folder, record), 0);
        close(folder);
}

struct seen start_inside(struct login *first, int (*function)(void *), pid_t *pid)
{
        *pid = login_do(first, do_inner_start, NULL);
        if (function)
                ck_assert_int_eq(login_inner(first, function, NULL), 0);
        ck_assert_int_eq(login_inner(first, do_look, NULL), 0);
        return *seen;
}

/* ------------------------------------------------------------------ openers */

void assert_next_session_cleans(void)
{
        struct login next = caller(NULL, NULL);

        open_as(&next, "alice");
        close_session(&next);
        scene_empty_trash();
        assert_nothing_left();
}

/* ------------------------------------------------------------------ covers */

int do_cover(void *arg)
{
        (void)arg;
        return mount("tmpfs", "/tmp", "tmpfs", MS_NOEXEC | MS_NOSUID | MS_NODEV, NULL) < 0 ? -errno
                                                                                           : 0;
}
