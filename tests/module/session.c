/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sessions, with system calls that fail at link time (-Wl,--wrap), and sessions inside sessions.
 *
 * Each call of each kind that an open makes fails once, with each of some errors. Whatever fails:
 * either the session is as it must be, or it is refused with a reason and nothing is left, and the
 * next one works. In a throw-away host.
 */
#include <linux/openat2.h>
#include <stdarg.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <pwd.h>

#include <libmount.h>

#include "ground/cleanup.h"
#include "kit/fuse.h"
#include "lifetime/record.h"
#include "kit/scene.h"
#include "session/session.h"

/* ------------------------------------------------------------------ calls that fail */

/* The nth call of that name fails with the error; with `lasting` all later ones too. */
struct fault {
        const char *name;
        unsigned nth;
        int error;
        bool lasting;
};

static struct fault fault;
static bool armed;        /* the calls are the module's */
static unsigned calls;    /* of that name so far */
static bool first_hidden; /* PID 1's namespace can't be had, as in some containers */
static bool no_ids;       /* the kernel has no ids of namespaces: before Linux 6.12 */

/* What the test wants to see before the call is made. */
static void (*at_move_mount)(int tree);
static void (*at_rename)(int old_dir, const char *old, const char *new);

static bool fails(const char *name)
{
        if (!armed || !fault.name || strcmp(name, fault.name) != 0)
                return false;
        calls++;
        if (calls != fault.nth && !(fault.lasting && calls > fault.nth))
                return false;
        scene->numbers[1] = 1;
        errno = fault.error;
        return true;
}

/* The two functions that the linker puts before the real one and behind it. */
#define WRAP(type, name, failed, parameters, arguments)                                            \
        type __real_##name parameters;                                                             \
        type __wrap_##name parameters;                                                             \
        type __wrap_##name parameters                                                              \
        {                                                                                          \
                return fails(#name) ? (failed) : __real_##name arguments;                          \
        }

WRAP(int, chroot, -1, (const char *path), (path))
WRAP(int, faccessat, -1, (int dir, const char *path, int mode, int flags), (dir, path, mode, flags))
WRAP(int, fchdir, -1, (int fd), (fd))
WRAP(int, fchmod, -1, (int fd, mode_t mode), (fd, mode))
WRAP(int, fchown, -1, (int fd, uid_t uid, gid_t gid), (fd, uid, gid))
WRAP(int, flock, -1, (int fd, int operation), (fd, operation))
WRAP(int, fremovexattr, -1, (int fd, const char *name), (fd, name))
WRAP(int, fsconfig, -1, (int fd, unsigned command, const char *key, const void *value, int aux),
     (fd, command, key, value, aux))
WRAP(int, fsmount, -1, (int fd, unsigned flags, unsigned attributes), (fd, flags, attributes))
WRAP(int, fsopen, -1, (const char *type, unsigned flags), (type, flags))
WRAP(int, fstat64, -1, (int fd, struct stat *st), (fd, st))
WRAP(int, fstatat64, -1, (int dir, const char *path, struct stat *st, int flags),
     (dir, path, st, flags))
WRAP(int, fstatfs64, -1, (int fd, struct statfs *fs), (fd, fs))
WRAP(int, fstatvfs64, -1, (int fd, struct statvfs *fs), (fd, fs))
WRAP(int, futimens, -1, (int fd, const struct timespec *times), (fd, times))
WRAP(ssize_t, getdents64, -1, (int fd, void *buffer, size_t size), (fd, buffer, size))
WRAP(ssize_t, getrandom, -1, (void *buffer, size_t size, unsigned flags), (buffer, size, flags))
WRAP(int, mkdirat, -1, (int dir, const char *path, mode_t mode), (dir, path, mode))
WRAP(int, mount_setattr, -1,
     (int dir, const char *path, unsigned flags, struct mount_attr *attr, size_t size),
     (dir, path, flags, attr, size))
WRAP(int, open_tree, -1, (int dir, const char *path, unsigned flags), (dir, path, flags))
WRAP(ssize_t, read, -1, (int fd, void *buffer, size_t size), (fd, buffer, size))
WRAP(ssize_t, readlinkat, -1, (int dir, const char *path, char *buffer, size_t size),
     (dir, path, buffer, size))
WRAP(int, setns, -1, (int fd, int type), (fd, type))
WRAP(int, statx, -1, (int dir, const char *path, int flags, unsigned mask, struct statx *stx),
     (dir, path, flags, mask, stx))
WRAP(int, symlinkat, -1, (const char *target, int dir, const char *path), (target, dir, path))
WRAP(int, umount2, -1, (const char *path, int flags), (path, flags))
WRAP(int, unlinkat, -1, (int dir, const char *path, int flags), (dir, path, flags))
WRAP(int, unshare, -1, (int flags), (flags))
WRAP(ssize_t, fgetxattr, -1, (int fd, const char *name, void *value, size_t size),
     (fd, name, value, size))

WRAP(void *, calloc, NULL, (size_t n, size_t size), (n, size))
WRAP(void *, realloc, NULL, (void *old, size_t size), (old, size))
WRAP(void *, reallocarray, NULL, (void *old, size_t n, size_t size), (old, n, size))
WRAP(char *, strdup, NULL, (const char *text), (text))
WRAP(char *, strndup, NULL, (const char *text, size_t size), (text, size))
WRAP(DIR *, fdopendir, NULL, (int fd), (fd))
WRAP(struct dirent *, readdir64, NULL, (DIR * dir), (dir))
WRAP(FILE *, fmemopen, NULL, (void *text, size_t size, const char *mode), (text, size, mode))
WRAP(struct libmnt_table *, mnt_new_table, NULL, (void), ())
WRAP(struct libmnt_iter *, mnt_new_iter, NULL, (int direction), (direction))
WRAP(int, mnt_table_parse_stream, -fault.error,
     (struct libmnt_table * table, FILE *stream, const char *name), (table, stream, name))
WRAP(int, getpwnam_r, fault.error,
     (const char *name, struct passwd *entry, char *buffer, size_t size, struct passwd **ret),
     (name, entry, buffer, size, ret))

int __real_move_mount(int from_dir, const char *from, int to_dir, const char *to, unsigned flags);
int __wrap_move_mount(int from_dir, const char *from, int to_dir, const char *to, unsigned flags);
int __wrap_move_mount(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
        if (armed && at_move_mount)
                at_move_mount(from_dir);
        return fails("move_mount") ? -1 : __real_move_mount(from_dir, from, to_dir, to, flags);
}

int __real_renameat2(int old_dir, const char *old, int new_dir, const char *new, unsigned flags);
int __wrap_renameat2(int old_dir, const char *old, int new_dir, const char *new, unsigned flags);
int __wrap_renameat2(int old_dir, const char *old, int new_dir, const char *new, unsigned flags)
{
        if (armed && at_rename)
                at_rename(old_dir, old, new);
        return fails("renameat2") ? -1 : __real_renameat2(old_dir, old, new_dir, new, flags);
}

static mode_t take_mode(int flags, va_list args)
{
        return flags & (O_CREAT | __O_TMPFILE) ? va_arg(args, mode_t) : 0;
}

int __real_stat64(const char *path, struct stat *st);
int __wrap_stat64(const char *path, struct stat *st);
int __wrap_stat64(const char *path, struct stat *st)
{
        if (fails("stat64"))
                return -1;
        if (first_hidden && strcmp(path, NAMESPACE_FIRST) == 0) {
                errno = EACCES;
                return -1;
        }
        return __real_stat64(path, st);
}

int __real_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...)
{
        va_list args;
        mode_t mode;

        if (fails("open64"))
                return -1;
        if (first_hidden && strcmp(path, NAMESPACE_FIRST) == 0) {
                errno = EACCES;
                return -1;
        }
        va_start(args, flags);
        mode = take_mode(flags, args);
        va_end(args);
        return __real_open64(path, flags, mode);
}

int __real_openat64(int dir, const char *path, int flags, ...);
int __wrap_openat64(int dir, const char *path, int flags, ...);
int __wrap_openat64(int dir, const char *path, int flags, ...)
{
        va_list args;
        mode_t mode;

        if (fails("openat64"))
                return -1;
        va_start(args, flags);
        mode = take_mode(flags, args);
        va_end(args);
        return __real_openat64(dir, path, flags, mode);
}

/* All calls of these that are made here have one more argument. */
int __real_fcntl64(int fd, int command, ...);
int __wrap_fcntl64(int fd, int command, ...);
int __wrap_fcntl64(int fd, int command, ...)
{
        va_list args;
        void *arg;

        va_start(args, command);
        arg = va_arg(args, void *);
        va_end(args);
        return fails("fcntl64") ? -1 : __real_fcntl64(fd, command, arg);
}

int __real_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...)
{
        va_list args;
        void *arg;

        va_start(args, request);
        arg = va_arg(args, void *);
        va_end(args);
        if (no_ids) {
                errno = ENOTTY;
                return -1;
        }
        return __real_ioctl(fd, request, arg);
}

/* getcwd(2) and openat2(2) have at most four. */
long __real_syscall(long nr, ...);
long __wrap_syscall(long nr, ...);
long __wrap_syscall(long nr, ...)
{
        long a[4];
        va_list args;

        va_start(args, nr);
        for (int i = 0; i < 4; i++)
                a[i] = va_arg(args, long);
        va_end(args);
        return fails("syscall") ? -1 : __real_syscall(nr, a[0], a[1], a[2], a[3]);
}

/* Each kind of call, and the errors that fit it; a list ends with 0. */
static const int disk[] = {EPERM, EIO, 0}, memory[] = {ENOMEM, 0}, space[] = {EPERM, ENOMEM, 0},
                 look[] = {EPERM, 0};

static const struct {
        const char *name;
        const int *errors;
} kinds[] = {
        {"faccessat", disk},       {"fchmod", disk},
        {"fchown", disk},          {"fgetxattr", disk},
        {"flock", disk},           {"fremovexattr", disk},
        {"fstat64", disk},         {"fstatat64", disk},
        {"fstatfs64", disk},       {"futimens", disk},
        {"getdents64", disk},      {"mkdirat", disk},
        {"openat64", disk},        {"readlinkat", disk},
        {"renameat2", disk},       {"symlinkat", disk},
        {"unlinkat", disk},        {"calloc", memory},
        {"fdopendir", memory},     {"fmemopen", memory},
        {"getpwnam_r", memory},    {"mnt_new_iter", memory},
        {"mnt_new_table", memory}, {"mnt_table_parse_stream", memory},
        {"realloc", memory},       {"reallocarray", memory},
        {"strdup", memory},        {"strndup", memory},
        {"fsconfig", space},       {"fsmount", space},
        {"fsopen", space},         {"mount_setattr", space},
        {"move_mount", space},     {"open_tree", space},
        {"setns", space},          {"umount2", space},
        {"unshare", space},        {"chroot", look},
        {"fchdir", look},          {"fcntl64", look},
        {"fstatvfs64", look},      {"getrandom", look},
        {"open64", look},          {"read", look},
        {"readdir64", look},       {"stat64", look},
        {"statx", look},           {"syscall", look},
};

/* ------------------------------------------------------------------ what a login program does */

static struct session *session; /* of this login program */

static void say(void *arg, enum report_level level, const char *text)
{
        char *said = arg;
        size_t used = strlen(said);

        if (level != REPORT_DEBUG)
                snprintf(said + used, SCENE_TEXT - used, "%s\n", text);
}

/* The answer is what session_open() says; what it reports is in scene->text, fault first. */
static int open_as(const char *user)
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
        calls = 0;
        scene->numbers[1] = 0;
        r = session_open(&request, &session, &report);
        armed = false;
        scene->numbers[2] = session != NULL;
        snprintf(scene->text, sizeof(scene->text), "%s\n%s", report.fault, said);
        return r;
}

static int do_open(void *user)
{
        return open_as(user);
}

/* The same with a call that fails. */
static int do_open_faulty(void *user)
{
        armed = true;
        return open_as(user);
}

static int close_session(void)
{
        static char said[SCENE_TEXT];
        struct report report = {.say = say, .arg = said};

        calls = 0;
        scene->numbers[1] = 0;
        if (session)
                session_close(session, &report);
        session = session_free(session);
        armed = false;
        return 0;
}

static int do_close(void *arg)
{
        (void)arg;
        return close_session();
}

static int do_close_faulty(void *arg)
{
        (void)arg;
        armed = true;
        return close_session();
}

/* ------------------------------------------------------------------ scenarios */

/* What /tmp is in the session: */
enum scenario_tmp {
        TMP_PRIVATE,
        TMP_SYSTEMS,
        TMP_INHERITED,
};

struct scenario {
        const char *name, *table;
        const char *user;      /* who logs in */
        const char *outer;     /* inside a session of this user's; or NULL */
        const char *cwd;       /* before the open */
        void (*prepare)(void); /* NULL: folders are there */
        void (*finish)(void);
        enum scenario_tmp tmp;
        unsigned long flags; /* ST_* of it */
        bool cwd_is_covered; /* it becomes the top of what covers */
        bool first_hidden;   /* PID 1's namespace can't be had */
        bool no_ids;         /* namespaces have no ids */
        bool nofail;         /* a failure may leave /tmp as it is */
        bool may_be_let_in;  /* without a session, for it is root */
};

static struct login beside; /* another session of the user */

static void begin_beside(const char *user)
{
        beside = login_start();
        ck_assert_int_eq(login_do(&beside, do_open, user), 0);
}

static void begin_alice_beside(void)
{
        begin_beside("alice");
}

static void end_beside(void)
{
        login_do(&beside, do_close, NULL);
        login_end(&beside);
}

/* Nothing is there yet, not even the folders. */
static void remove_folders(void)
{
        static const char *const folders[] = {SCENE_BASE "/1001",   SCENE_BASE "/1002",
                                              SCENE_BASE "/.trash", SCENE_BASE "/.work",
                                              SCENE_BASE,           "/run/privtmp"};

        for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
                ck_assert_msg(rmdir(folders[i]) == 0 || errno == ENOENT, "%s: %s", folders[i],
                              strerror(errno));
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
        (void)st;
        (void)type;
        (void)ftw;
        return remove(path);
}

/* Takes away what a bad session left, so that the next one is not blamed for it. */
static void purge(void)
{
        (void)nftw(SCENE_BASE, remove_one, 16, FTW_DEPTH | FTW_PHYS);
        (void)nftw("/run/privtmp", remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* What a killed session left: to be swept. */
static void leave_stale(void)
{
        begin_beside("alice");
        login_kill(&beside);
}

/* Sessions to come take away what was not, for a call failed. */
static void sweep_rest(void)
{
        static const char *const users[] = {"alice", "bob", "root"};

        scene_write("/srv/table", "/srv/base /tmp *\n");
        scene_age(0);
        scene_age(ALICE);
        scene_age(BOB);
        for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
                begin_beside(users[i]);
                end_beside();
        }
        scene_empty_trash();
        /* a record whose removal failed stays until somebody cleans */
        (void)nftw("/run/privtmp", remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

#define ALL_FLAGS       (ST_NOEXEC | ST_NOSUID | ST_NODEV)
#define TWO_DIRECTORIES SCENE_TABLE "/srv/base /srv/dir *\n"

static const struct scenario scenarios[] = {
        {"first", SCENE_TABLE, "alice", NULL, "/", remove_folders, .flags = ALL_FLAGS},
        {"again", SCENE_TABLE, "alice", NULL, "/srv", .flags = ALL_FLAGS},
        {"joins", SCENE_TABLE, "alice", NULL, "/", begin_alice_beside, end_beside,
         .flags = ALL_FLAGS},
        {"two directories", TWO_DIRECTORIES, "alice", NULL, "/srv/dir", .flags = ALL_FLAGS,
         .cwd_is_covered = true},
        {"nofail", "/srv/base /tmp * nofail\n", "alice", NULL, "/srv", .flags = ALL_FLAGS,
         .nofail = true},
        {"nested", SCENE_TABLE, "bob", "alice", "/srv", .flags = ALL_FLAGS},
        {"nested, first hidden", SCENE_TABLE, "bob", "alice", "/srv", .flags = ALL_FLAGS,
         .first_hidden = true},
        {"nested, partly inherited", TWO_DIRECTORIES, "root", "alice", "/srv/dir",
         .tmp = TMP_INHERITED, .cwd_is_covered = true, .may_be_let_in = true},
        /* not in all sweeps */
        {"sweeps", SCENE_TABLE, "alice", NULL, "/", leave_stale, sweep_rest, .flags = ALL_FLAGS},
        {"cwd is covered", SCENE_TABLE, "alice", NULL, "/tmp", .flags = ALL_FLAGS,
         .cwd_is_covered = true},
        {"without ids", SCENE_TABLE, "alice", NULL, "/srv", .flags = ALL_FLAGS, .no_ids = true},
        {"options", "/srv/base /tmp * scope=session,mode=0700,exec\n", "alice", NULL, "/",
         .flags = ST_NOSUID | ST_NODEV},
        {"root", "/srv/base /tmp *\n", "root", NULL, "/", .flags = ALL_FLAGS,
         .may_be_let_in = true},
        {"nested, without ids", SCENE_TABLE, "bob", "alice", "/srv", .flags = ALL_FLAGS,
         .no_ids = true},
        {"nested, none", SCENE_TABLE, "games", "alice", "/srv", .tmp = TMP_SYSTEMS},
        {"nested, none, first hidden", SCENE_TABLE, "games", "alice", "/tmp", .tmp = TMP_SYSTEMS,
         .first_hidden = true},
};

enum {
        SCENARIOS = sizeof(scenarios) / sizeof(scenarios[0]),
        SCENARIOS_SHORT = 8,
};

/* Of the open that failed last. */
static char reason[SCENE_TEXT];

/* What the process whose open fails sees before, with the session, and after its close. */
struct sight {
        struct scene_state state;
        struct scene_view view;
};

static bool is_same_file(const struct stat *a, const struct stat *b)
{
        return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static bool is_systems(const struct stat *st)
{
        struct stat systems;

        return stat("/tmp", &systems) == 0 && is_same_file(&systems, st);
}

static bool is_same_cwd(const struct scene_state *a, const struct scene_state *b)
{
        return a->cwd.dev == b->cwd.dev && a->cwd.ino == b->cwd.ino;
}

/* How the session that was opened is wrong; NULL: it is right. */
static const char *session_is_wrong(const struct scenario *s, const struct sight *before,
                                    const struct sight *open)
{
        bool same = is_same_file(&before->view.st, &open->view.st);
        const char *words = scene_processes_differ(&before->state, &open->state);

        if (words)
                return words;
        if (!s->cwd_is_covered && !is_same_cwd(&before->state, &open->state))
                return "another working directory";
        if (s->tmp == TMP_INHERITED)
                return same ? NULL : "not the inherited directory";
        if (s->tmp == TMP_SYSTEMS)
                return is_systems(&open->view.st) ? NULL : "not the system directory";
        if (same)
                return s->nofail ? NULL : "not private";
        return (open->view.flags & s->flags) == s->flags ? NULL : "not all flags";
}

/* Calls whose own error is not what counts: "is it so, or not?" */
static bool is_question(const char *name)
{
        static const char *const questions[] = {"fstatvfs64", "mnt_table_parse_stream", "statx"};

        for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++)
                if (strcmp(questions[i], name) == 0)
                        return true;
        return false;
}

/* How an open that was refused is wrong; NULL: it is right. */
static const char *refusal_is_wrong(int r, const char *fault_line)
{
        if (r > 0)
                return r == SESSION_E_UNKNOWN_USER ? NULL : "a code that is not documented";
        if (fault_line[0] == '\n')
                return "no reason is given";
        return r == -fault.error || fault.lasting || is_question(fault.name) ? NULL
                                                                             : "another error";
}

/*
 * After the close. Where it can't be told whether the working directory is one that may never
 * answer, the process stays in the session's namespace, and in that very directory.
 */
static const char *end_is_wrong(const struct sight *before, const struct sight *open,
                                struct sight *after)
{
        const struct scene_state *a = &before->state;
        struct scene_state *b = &after->state;

        bool unknown = strcmp(fault.name, "statx") == 0; /* nobody could say where cwd is */

        if (b->ns != a->ns && b->ns == open->state.ns && a->cwd.ino != a->root.ino &&
            (unknown || is_same_cwd(&open->state, b)))
                return scene_fds_differ(a, b);
        if (unknown)
                b->cwd = a->cwd;
        return scene_states_differ(a, b);
}

/* The login program whose open fails: inside the outer session, if there is one. */
static int tell(const struct scenario *s, struct login *login, int (*function)(void *),
                const void *arg)
{
        return s->outer ? login_inner(login, function, arg) : login_do(login, function, arg);
}

static struct sight see(const struct scenario *s, struct login *login)
{
        struct sight sight;

        tell(s, login, do_state, NULL);
        sight.state = scene->state;
        tell(s, login, do_view, NULL);
        sight.view = scene->view;
        return sight;
}

/* The login program of a scenario, in the place where it is to open. */
static struct login start(const struct scenario *s)
{
        struct login login;

        scene_write("/srv/table", s->table);
        if (s->prepare)
                s->prepare();
        first_hidden = s->first_hidden;
        no_ids = s->no_ids;
        login = login_start();
        if (s->outer) {
                ck_assert_int_eq(login_do(&login, do_open, s->outer), 0);
                login_do(&login, do_inner_start, NULL);
        }
        ck_assert_int_eq(tell(s, &login, do_chdir, s->cwd), 0);
        return login;
}

static void finish(const struct scenario *s, struct login *login)
{
        if (s->outer) {
                login_do(login, do_inner_end, NULL);
                login_do(login, do_close, NULL);
        }
        login_end(login);
        if (s->finish)
                s->finish();
        first_hidden = no_ids = false;
}

/* One open with a fault. True: that call was made. *wrong: what is wrong about it, or NULL. */
static bool open_with(const struct scenario *s, struct fault which, const char **wrong)
{
        struct sight before, open;
        struct login login;
        bool hit, opened, in_memory;
        int r;

        fault = which;
        login = start(s);
        before = see(s, &login);
        r = tell(s, &login, do_open_faulty, s->user);
        hit = scene->numbers[1];
        opened = scene->numbers[2];
        in_memory = strstr(scene->text, "is in memory");
        strcpy(reason, scene->text);
        reason[strcspn(reason, "\n")] = '\0';
        *wrong = r != 0 ? refusal_is_wrong(r, scene->text) : NULL;
        open = see(s, &login);
        if (!*wrong)
                *wrong = opened ? session_is_wrong(s, &before, &open)
                                : scene_states_differ(&before.state, &open.state);
        if (!*wrong && r == 0 && !opened && !s->may_be_let_in)
                *wrong = "no session";
        /* whatever it was, the next one works */
        if (!opened && tell(s, &login, do_open, s->user) != 0 && !*wrong)
                *wrong = "the next open fails";
        tell(s, &login, do_close, NULL);
        if (!*wrong) {
                struct sight after = see(s, &login);

                *wrong = end_is_wrong(&before, &open, &after);
        }
        finish(s, &login);
        if (!*wrong)
                *wrong = in_memory ? scene_left_but_records() : scene_left();
        if (*wrong || in_memory)
                purge();
        return hit;
}

/*
 * The same where all later calls of that kind fail too, which may be those that would undo: what
 * can't be taken back is for the next session, but nothing shows outside, and nobody is left under
 * a half-made cover.
 */
static bool open_with_lasting(const struct scenario *s, struct fault which, const char **wrong)
{
        struct sight before, open;
        struct login login;
        bool hit, opened;
        int r;

        fault = which;
        login = start(s);
        before = see(s, &login);
        r = tell(s, &login, do_open_faulty, s->user);
        hit = scene->numbers[1];
        opened = scene->numbers[2];
        strcpy(reason, scene->text);
        reason[strcspn(reason, "\n")] = '\0';
        *wrong = r != 0 ? refusal_is_wrong(r, scene->text) : NULL;
        open = see(s, &login);
        if (!*wrong)
                *wrong = opened ? session_is_wrong(s, &before, &open)
                         : is_same_file(&before.view.st, &open.view.st) || is_systems(&open.view.st)
                                 ? NULL
                                 : "refused, and yet covered";
        tell(s, &login, do_close, NULL);
        finish(s, &login);
        if (!*wrong && strcmp(scene_mounts, scene_mounts_now()) != 0)
                *wrong = "a mount is left";
        sweep_rest();
        if (!*wrong)
                *wrong = scene_left();
        purge();
        return hit;
}

/* After setns(2) cwd is "/", and there is no way back when one of these fails then. */
static bool may_strand(const char *name)
{
        return strcmp(name, "chroot") == 0 || strcmp(name, "fchdir") == 0 ||
               strcmp(name, "statx") == 0;
}

/* A close with a fault: at the worst it leaves everything to the next session. */
static bool close_with(const struct scenario *s, struct fault which, const char **wrong)
{
        struct sight before, open, after;
        struct login login;
        bool hit;

        fault = which;
        login = start(s);
        before = see(s, &login);
        tell(s, &login, do_open, s->user);
        open = see(s, &login);
        tell(s, &login, do_close_faulty, NULL);
        hit = scene->numbers[1];
        reason[0] = '\0';
        after = see(s, &login);
        *wrong = scene_processes_differ(&before.state, &after.state);
        if (!*wrong && after.state.ns != before.state.ns && after.state.ns != open.state.ns)
                *wrong = "a third mount namespace";
        if (!*wrong && !is_same_cwd(&before.state, &after.state) &&
            !is_same_cwd(&open.state, &after.state) && !may_strand(which.name))
                *wrong = "another working directory";
        finish(s, &login);
        if (!*wrong && strcmp(scene_mounts, scene_mounts_now()) != 0)
                *wrong = "a mount is left";
        sweep_rest();
        if (!*wrong)
                *wrong = scene_left();
        purge();
        return hit;
}

/* Makes each call of each kind fail in turn. The number of calls that failed. */
static unsigned sweep(const struct scenario *s, const char *name, int error, bool lasting,
                      bool (*one)(const struct scenario *, struct fault, const char **),
                      unsigned *bad)
{
        unsigned points = 0;
        bool hit = true;

        for (unsigned n = 1; hit; n++) {
                const char *wrong;

                hit = one(s, (struct fault){name, n, error, lasting}, &wrong);
                points += hit;
                if (!wrong)
                        continue;
                printf("# %s: %s %u fails with %s: %s (%s)\n", s->name, name, n,
                       strerrorname_np(error), wrong, reason);
                fflush(stdout);
                (*bad)++;
        }
        return points;
}

static void sweep_all(const struct scenario *s, bool lasting, unsigned enough,
                      bool (*one)(const struct scenario *, struct fault, const char **))
{
        unsigned points = 0, bad = 0;

        scene_begin();
        ck_assert_int_eq(mkdir("/srv/dir", 01777), 0);
        for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
                for (const int *error = kinds[i].errors; *error; error++)
                        if (!SCENE_SANITIZER || error == kinds[i].errors)
                                points += sweep(s, kinds[i].name, *error, lasting, one, &bad);
        printf("# %s: %u failure points\n", s->name, points);
        fflush(stdout);
        ck_assert_uint_ge(points, SCENE_SANITIZER ? enough / 2 : enough);
        ck_assert_uint_eq(bad, 0);
}

START_TEST(when_undo_fails_too_nothing_shows_and_the_next_session_works)
{
        sweep_all(&scenarios[_i], true, 100, open_with_lasting);
}
END_TEST

START_TEST(every_failure_of_close_is_made_up_for_by_the_next_session)
{
        sweep_all(&scenarios[_i], false, 20, close_with);
}
END_TEST

START_TEST(every_failure_of_open_is_either_survived_or_leaves_nothing)
{
        sweep_all(&scenarios[_i], false, 100, open_with);
}
END_TEST

/* ------------------------------------------------------------------ the order of things */

static ino_t first_ns;

static void fail_in_login(const char *words)
{
        snprintf(scene->text, sizeof(scene->text), "%s", words);
        scene->numbers[3]++;
}

/* What covers has its flags, is not to be seen, and nothing is shared with the host any more. */
static void check_move_mount(int tree)
{
        static char mounts[SCENE_TEXT];
        struct scene_spot covering = scene_spot(tree, ""), there = scene_spot(AT_FDCWD, "/tmp");
        struct statvfs fs;

        scene->numbers[4]++;
        if (fstatvfs(tree, &fs) < 0 || (fs.f_flag & ALL_FLAGS) != ALL_FLAGS)
                fail_in_login("attached without its flags");
        if (covering.mount == there.mount)
                fail_in_login("seen before it is attached");
        if (scene_ns() == first_ns)
                fail_in_login("attached in the host's namespace");
        scene_read("/proc/self/mountinfo", mounts, sizeof(mounts));
        if (strstr(mounts, " shared:"))
                fail_in_login("attached where the host would see it");
}

static int do_open_watched(void *user)
{
        int r;

        at_move_mount = check_move_mount;
        r = do_open_faulty(user);
        at_move_mount = NULL;
        return r;
}

START_TEST(what_covers_has_its_flags_before_it_is_attached)
{
        struct login login;

        scene_begin();
        fault = (struct fault){0};
        if (_i) {
                /* in memory */
                ck_assert_int_eq(mkdir(SCENE_BASE, 0700), 0);
                scene_mount("tmpfs", SCENE_BASE, "tmpfs", MS_RDONLY, "mode=700");
                scene_mounted();
        }
        first_ns = scene_ns();
        login = login_start();
        ck_assert_int_eq(login_do(&login, do_open_watched, "alice"), 0);
        ck_assert_msg(scene->numbers[3] == 0, "%s", scene->text);
        ck_assert_int_eq(scene->numbers[4], 1);
        assert_mounts_unchanged();
        login_do(&login, do_close, NULL);
        login_end(&login);
}
END_TEST

/* Nobody else can have the lock of what is renamed into the trash, or of a tree that is there. */
static void check_rename(int old_dir, const char *old, const char *new)
{
        char path[NAME_MAX + 8];
        int fd;

        if (!strchr(new, '.'))
                return; /* into its place */
        scene->numbers[4]++;
        snprintf(path, sizeof(path), "%s%s", old, strchr(old + 1, '.') ? "" : "/lock");
        fd = openat(old_dir, path, O_RDONLY | O_CLOEXEC);
        if (fd < 0 || flock(fd, LOCK_SH | LOCK_NB) == 0 || errno != EWOULDBLOCK)
                fail_in_login("ended without its lock");
        close(fd);
}

static int do_open_and_close_watched(void *user)
{
        int r;

        at_rename = check_rename;
        r = do_open_faulty(user);
        do_close_faulty(NULL);
        at_rename = NULL;
        return r;
}

START_TEST(an_instance_is_ended_by_who_has_its_lock_exclusively)
{
        struct login login;

        scene_begin();
        fault = (struct fault){0};
        leave_stale();
        login = login_start();
        ck_assert_int_eq(login_do(&login, do_open_and_close_watched, "alice"), 0);
        ck_assert_msg(scene->numbers[3] == 0, "%s", scene->text);
        ck_assert_int_eq(scene->numbers[4],
                         3); /* the stale one, that again to be deleted, and its own */
        login_end(&login);
}
END_TEST

START_TEST(where_the_mounts_can_not_be_made_slave_open_is_refused)
{
        struct scene_state before;
        struct login login;

        scene_begin();
        fault = (struct fault){"mount_setattr", 2, EINVAL, false};
        login = login_start();
        before = *login_state(&login);
        ck_assert_int_eq(login_do(&login, do_open_faulty, "alice"), -EINVAL);
        ck_assert_ptr_nonnull(strstr(scene->text, "can't make the mounts slave"));
        assert_same_state(&before, login_state(&login));
        assert_nothing_left();
        login_end(&login);
}
END_TEST

/* ------------------------------------------------------------------ sessions inside sessions */

/* In the session: a file system that only it has, and one on top of what covers /tmp. */
static int do_own_mounts(void *arg)
{
        (void)arg;
        if (mount("tmpfs", "/srv/disk", "tmpfs", 0, NULL) < 0 ||
            mount("tmpfs", "/tmp", "tmpfs", 0, NULL) < 0)
                return -errno;
        return do_make_file(as_mutable("/srv/disk/file"));
}

/* A scene with an open session of alice's, and a login program in it. */
static struct login begin_inside(const char *table)
{
        struct login outer;

        scene_begin();
        scene_write("/srv/table", table);
        ck_assert_int_eq(mkdir("/srv/disk", 0755), 0);
        ck_assert_int_eq(mkdir("/srv/dir", 01777), 0);
        outer = login_start();
        ck_assert_int_eq(login_do(&outer, do_open, "alice"), 0);
        return outer;
}

static struct scene_state inner_state(struct login *outer)
{
        login_inner(outer, do_state, NULL);
        return scene->state;
}

static struct scene_view inner_view(struct login *outer)
{
        ck_assert_int_eq(login_inner(outer, do_view, NULL), 0);
        return scene->view;
}

/* The record of the namespace. */
static struct record find_record(ino_t ns)
{
        DIR *dir = opendir("/run/privtmp");
        char text[RECORD_BYTES + 1], prefix[32];
        struct record record;

        ck_assert_ptr_nonnull(dir);
        snprintf(prefix, sizeof(prefix), "%ju.", (uintmax_t)ns);
        for (struct dirent *entry; (entry = readdir(dir));) {
                ssize_t n;

                if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0)
                        continue;
                n = readlinkat(dirfd(dir), entry->d_name, text, sizeof(text) - 1);
                ck_assert_int_gt(n, 0);
                text[n] = '\0';
                ck_assert_int_eq(record_parse(text, &record), 0);
                closedir(dir);
                return record;
        }
        ck_abort_msg("no record of namespace %s", prefix);
        return record;
}

/* Ends the inner login program, which has closed; the outer must be as it was. */
static void end_inside(struct login *outer, const struct scene_state *before)
{
        login_do(outer, do_inner_end, NULL);
        assert_same_state(before, login_state(outer));
        login_do(outer, do_close, NULL);
        login_end(outer);
        assert_nothing_left();
}

START_TEST(an_inner_session_begins_where_the_outer_one_did)
{
        struct scene_state outer_before, before, open;
        struct record record;
        struct login outer = begin_inside(SCENE_TABLE);

        ck_assert_int_eq(login_do(&outer, do_own_mounts, NULL), 0);
        outer_before = *login_state(&outer);
        login_do(&outer, do_inner_start, NULL);
        before = inner_state(&outer);
        ck_assert_int_eq(login_inner(&outer, do_open, "bob"), 0);
        open = inner_state(&outer);
        ck_assert_uint_ne(open.ns, before.ns);
        ck_assert_uint_eq(inner_view(&outer).st.st_gid, BOB);
        ck_assert(!login_inner(&outer, do_has, "/srv/disk/file"));
        login_inner(&outer, do_read, "/proc/self/mountinfo");
        ck_assert_ptr_null(strstr(scene->text, "/1001/"));
        record = find_record(open.ns);
        ck_assert(!record.nested);
        ck_assert_uint_eq(record.left.number, scene_ns());
        ck_assert_uint_eq(record.uid, BOB);

        login_inner(&outer, do_close, NULL);
        open = inner_state(&outer);
        assert_same_state(&before, &open);
        ck_assert(login_inner(&outer, do_has, "/srv/disk/file"));
        end_inside(&outer, &outer_before);
}
END_TEST

START_TEST(where_that_is_not_to_be_had_the_outer_covers_are_taken_off)
{
        struct scene_state outer_before, before, open;
        struct record record;
        struct login outer;

        first_hidden = true;
        outer = begin_inside(TWO_DIRECTORIES);
        ck_assert_int_eq(login_do(&outer, do_own_mounts, NULL), 0);
        outer_before = *login_state(&outer);
        login_do(&outer, do_inner_start, NULL);
        before = inner_state(&outer);
        ck_assert_int_eq(login_inner(&outer, do_open, "bob"), 0);
        open = inner_state(&outer);
        ck_assert_uint_ne(open.ns, before.ns);
        ck_assert_uint_eq(inner_view(&outer).st.st_gid, BOB);
        /* neither below nor above: nor what alice had mounted on hers */
        login_inner(&outer, do_read, "/proc/self/mountinfo");
        ck_assert_ptr_null(strstr(scene->text, "/1001/"));
        record = find_record(open.ns);
        ck_assert(record.nested);
        ck_assert_uint_eq(record.left.number, outer_before.ns);

        login_inner(&outer, do_close, NULL);
        open = inner_state(&outer);
        assert_same_state(&before, &open);
        end_inside(&outer, &outer_before);
}
END_TEST

START_TEST(a_plan_that_covers_nothing_ends_in_the_namespace_of_process_1)
{
        struct scene_state outer_before, before, open;
        struct login outer = begin_inside(SCENE_TABLE);

        scene_write("/tmp/systems", "");
        outer_before = *login_state(&outer);
        login_do(&outer, do_inner_start, NULL);
        before = inner_state(&outer);
        ck_assert_int_eq(login_inner(&outer, do_open, "games"), 0);
        open = inner_state(&outer);
        ck_assert_uint_eq(open.ns, scene_ns());
        ck_assert(login_inner(&outer, do_has, "/tmp/systems"));
        ck_assert_uint_eq(scene_entries("/run/privtmp"), 1);
        login_inner(&outer, do_close, NULL);
        open = inner_state(&outer);
        assert_same_state(&before, &open);
        end_inside(&outer, &outer_before);
}
END_TEST

static int do_make_and_enter(void *path)
{
        return mkdir(path, 0777) < 0 || chdir(path) < 0 ? -errno : 0;
}

/* Below what is taken off: a command with relative names acts on what the caller saw. */
START_TEST(a_working_directory_that_is_uncovered_stays_the_same)
{
        struct scene_state outer_before, before, open;
        struct login outer;

        first_hidden = _i;
        outer = begin_inside(SCENE_TABLE);
        outer_before = *login_state(&outer);
        login_do(&outer, do_inner_start, NULL);
        ck_assert_int_eq(login_inner(&outer, do_make_and_enter, "/tmp/x"), 0);
        before = inner_state(&outer);
        ck_assert_int_eq(login_inner(&outer, do_open, "games"), 0);
        open = inner_state(&outer);
        ck_assert(is_same_cwd(&before, &open));
        ck_assert(!login_inner(&outer, do_has, "/tmp/x"));
        login_inner(&outer, do_close, NULL);
        open = inner_state(&outer);
        assert_same_state(&before, &open);
        end_inside(&outer, &outer_before);
}
END_TEST

/* It is not to be found elsewhere, so there is no way home. */
START_TEST(a_working_directory_that_only_the_outer_session_has_stays_the_same)
{
        struct scene_state outer_before, before, open;
        struct login outer = begin_inside(SCENE_TABLE);

        ck_assert_int_eq(login_do(&outer, do_own_mounts, NULL), 0);
        outer_before = *login_state(&outer);
        login_do(&outer, do_inner_start, NULL);
        ck_assert_int_eq(login_inner(&outer, do_chdir, "/srv/disk"), 0);
        before = inner_state(&outer);
        ck_assert_int_eq(login_inner(&outer, do_open, "bob"), 0);
        open = inner_state(&outer);
        ck_assert(is_same_cwd(&before, &open));
        ck_assert_uint_eq(inner_view(&outer).st.st_gid, BOB);
        ck_assert(find_record(open.ns).nested);
        login_inner(&outer, do_read, "/proc/self/mountinfo");
        ck_assert_ptr_null(strstr(scene->text, "/1001/"));
        login_inner(&outer, do_close, NULL);
        open = inner_state(&outer);
        assert_same_state(&before, &open);
        end_inside(&outer, &outer_before);
}
END_TEST

START_TEST(what_is_inherited_is_kept_and_recorded)
{
        struct scene_state outer_before, open;
        struct record record;
        struct login outer = begin_inside(TWO_DIRECTORIES);
        ino_t inode;

        outer_before = *login_state(&outer);
        inode = login_view(&outer).st.st_ino;
        login_do(&outer, do_inner_start, NULL);
        ck_assert_int_eq(login_inner(&outer, do_open, "root"), 0);
        open = inner_state(&outer);
        ck_assert_uint_ne(open.ns, outer_before.ns);
        ck_assert_uint_eq(inner_view(&outer).st.st_ino, inode);
        ck_assert_uint_eq(scene_instances(0), 1);
        record = find_record(open.ns);
        ck_assert_uint_eq(record.n_covers, 2);
        for (size_t i = 0; i < record.n_covers; i++) {
                bool inherited = strcmp(record.covers[i].directory, "/tmp") == 0;

                ck_assert_int_eq(record.covers[i].mark.kind, MARK_DISK);
                ck_assert_uint_eq(record.covers[i].mark.uid, inherited ? 1001 : 0);
        }
        login_inner(&outer, do_close, NULL);
        end_inside(&outer, &outer_before);
}
END_TEST

/* In the inner login program: a login of alice's once more. */
static int do_third(void *arg)
{
        struct scene_state before;
        struct login third = login_start();
        int r;

        (void)arg;
        before = *login_state(&third);
        r = login_do(&third, do_open, "alice");
        scene->numbers[5] = (int)login_view(&third).st.st_ino;
        login_do(&third, do_close, NULL);
        assert_same_state(&before, login_state(&third));
        login_end(&third);
        return r;
}

START_TEST(a_third_session_of_the_first_user_shares_the_first_ones_directory)
{
        struct scene_state outer_before;
        struct login outer;
        ino_t inode;

        first_hidden = _i;
        outer = begin_inside(SCENE_TABLE);
        outer_before = *login_state(&outer);
        inode = login_view(&outer).st.st_ino;
        login_do(&outer, do_inner_start, NULL);
        ck_assert_int_eq(login_inner(&outer, do_open, "bob"), 0);
        ck_assert_int_eq(login_inner(&outer, do_third, NULL), 0);
        ck_assert_int_eq(scene->numbers[5], (int)inode);
        ck_assert_uint_eq(scene_instances(ALICE), 1);
        ck_assert_uint_eq(inner_view(&outer).st.st_gid, BOB);
        login_inner(&outer, do_close, NULL);
        end_inside(&outer, &outer_before);
}
END_TEST

/* The file system of a user that never answers: whoever asks it waits until he is killed. */
START_TEST(a_working_directory_that_never_answers_is_not_asked)
{
        struct scene_state before;
        struct login login;
        pid_t server;

        scene_begin();
        if (!fuse_is_there())
                return;
        ck_assert_int_eq(mkdir("/srv/fuse", 0755), 0);
        server = fuse_mount("/srv/fuse", ALICE);
        scene_mounted();
        login = login_start();
        ck_assert_int_eq(login_do(&login, do_chdir, "/srv/fuse"), 0);
        before = *login_state(&login);
        fuse_silence(server);
        ck_assert_int_eq(login_do(&login, do_open, "alice"), 0);
        ck_assert(is_same_cwd(&before, login_state(&login)));
        ck_assert_uint_eq(login_view(&login).st.st_gid, ALICE);
        login_do(&login, do_close, NULL);
        ck_assert(is_same_cwd(&before, login_state(&login)));
        assert_same_fds(&before, &scene->state);
        assert_nothing_left();
        child_end(server);
        login_end(&login);
}
END_TEST

static TCase *add_case(Suite *suite, const char *name)
{
        TCase *tests = tcase_create(name);

        tcase_set_timeout(tests, 120);
        suite_add_tcase(suite, tests);
        return tests;
}

static Suite *make_suite(void)
{
        Suite *suite = suite_create("session");
        TCase *tests;

        tests = add_case(suite, "failures");
        tcase_add_loop_test(tests, every_failure_of_open_is_either_survived_or_leaves_nothing, 0,
                            SCENARIOS);
        tests = add_case(suite, "lasting");
        tcase_add_loop_test(tests, when_undo_fails_too_nothing_shows_and_the_next_session_works, 0,
                            SCENARIOS_SHORT);
        tests = add_case(suite, "close");
        tcase_add_loop_test(tests, every_failure_of_close_is_made_up_for_by_the_next_session, 0,
                            SCENARIOS_SHORT);
        tests = add_case(suite, "order");
        tcase_add_loop_test(tests, what_covers_has_its_flags_before_it_is_attached, 0, 2);
        tcase_add_test(tests, an_instance_is_ended_by_who_has_its_lock_exclusively);
        tcase_add_test(tests, where_the_mounts_can_not_be_made_slave_open_is_refused);
        tests = add_case(suite, "nested");
        tcase_add_test(tests, an_inner_session_begins_where_the_outer_one_did);
        tcase_add_test(tests, where_that_is_not_to_be_had_the_outer_covers_are_taken_off);
        tcase_add_test(tests, a_plan_that_covers_nothing_ends_in_the_namespace_of_process_1);
        tcase_add_loop_test(tests, a_working_directory_that_is_uncovered_stays_the_same, 0, 2);
        tcase_add_test(tests, a_working_directory_that_only_the_outer_session_has_stays_the_same);
        tcase_add_test(tests, what_is_inherited_is_kept_and_recorded);
        tcase_add_loop_test(
                tests, a_third_session_of_the_first_user_shares_the_first_ones_directory, 0, 2);
        tcase_add_test(tests, a_working_directory_that_never_answers_is_not_asked);
        return suite;
}

int main(void)
{
        return scratch_run(make_suite());
}
