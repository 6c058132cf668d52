/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * scene: a host of its own for one test, and login programs in it
 *
 * After scene_begin() the test is process 1 of new namespaces for mounts and processes: what it
 * mounts and starts is gone when it ends, and PID 1's namespace is its own. It watches, and login
 * programs, which are children, do what it says by login_do(). To be run in a throw-away host
 * (tests/host/run), whose users and log it takes. Needs root.
 *
 *   /srv              empty, root's 0755
 *   /srv/base         the base of SCENE_TABLE; missing
 *   /tmp, /run        empty, mounts of their own; "/" is shared, with nobody outside
 *   /srv/module.so    the module to be tested, if the environment names one (PRIVTMP_MODULE)
 */
#pragma once

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "kit/ground.h"
#include "disk/remove.h"

enum {
        SCENE_FDS = 256,
        SCENE_TEXT = 64 * 1024,
};

#define SCENE_BASE  "/srv/base"
#define SCENE_TABLE "/srv/base /tmp *\nnone /tmp 1:999\ninherit /tmp root\n"
#define SCENE_LOG   "/run/log/messages"

/* No wait in a test is longer. */
#define SCENE_PATIENCE_MS 120000

/* Is this built with a sanitizer? It needs terabytes of address space, and time. */
#if defined(__SANITIZE_ADDRESS__)
#define SCENE_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SCENE_SANITIZER 1
#endif
#endif
#ifndef SCENE_SANITIZER
#define SCENE_SANITIZER 0
#endif

struct scene_spot {
        dev_t dev;
        ino_t ino;
        uint64_t mount;
};

struct scene_fd {
        int flags; /* FD_CLOEXEC; -1: not open */
        struct scene_spot file;
};

/* All of a process that a session must leave as it was. */
struct scene_state {
        struct scene_fd fds[SCENE_FDS];
        struct scene_spot cwd, root, tmp;
        ino_t ns;
        mode_t umask;
        struct rlimit limits[RLIM_NLIMITS];
        struct sigaction actions[NSIG];
        sigset_t blocked;
        uid_t uids[3];
        gid_t gids[3];
        uint64_t environ;
        bool has_children;
};

/* What a process finds at /tmp. */
struct scene_view {
        struct stat st;
        unsigned long flags; /* ST_* */
        unsigned entries;
};

struct login_call {
        int (*function)(void *);
        void *arg;
};

/* What all processes of a test share. */
struct scene {
        struct scene_state state;
        struct scene_view view;
        struct login_call inner;
        char text[SCENE_TEXT];
        int numbers[16];
        volatile bool flags[4];
};

static struct scene *scene;
static char scene_mounts[SCENE_TEXT]; /* process 1's, at the begin */
static off_t scene_log;               /* where the log of this test begins */

/* ------------------------------------------------------------------ files */

/* The text of a file; what does not fit is left out. */
static inline void scene_read(const char *path, char *text, size_t size)
{
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        size_t used = 0;
        ssize_t n;

        assert_done(fd >= 0, path);
        while ((n = read(fd, text + used, size - 1 - used)) > 0)
                used += (size_t)n;
        text[used] = '\0';
        close(fd);
}

static inline void scene_write(const char *path, const char *text)
{
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

        assert_done(fd >= 0, path);
        ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
        close(fd);
}

static inline void scene_copy(const char *from, const char *to)
{
        int in = open(from, O_RDONLY | O_CLOEXEC);
        int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
        ssize_t n;

        assert_done(in >= 0 && out >= 0, from);
        while ((n = sendfile(out, in, NULL, 1 << 20)) > 0)
                ;
        ck_assert_int_eq(n, 0);
        close(in);
        close(out);
}

/* How many entries a folder has. No assertion: those write to a file, which not all callers can. */
static inline int scene_count(const char *path, unsigned *ret)
{
        DIR *dir = opendir(path);

        *ret = 0;
        if (!dir)
                return -errno;
        for (struct dirent *entry; (entry = readdir(dir));)
                *ret += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
        closedir(dir);
        return 0;
}

/* The same; a missing folder has none. */
static inline unsigned scene_entries(const char *path)
{
        unsigned n;
        int r = scene_count(path, &n);

        ck_assert_msg(r == 0 || r == -ENOENT, "%s: %s", path, strerror(-r));
        return n;
}

/* The name of the first entry of a folder that does not begin with a dot. */
static inline void scene_first_entry(const char *path, char name[NAME_MAX + 1])
{
        DIR *dir = opendir(path);
        struct dirent *entry;

        assert_done(dir, path);
        do
                entry = readdir(dir);
        while (entry && entry->d_name[0] == '.');
        ck_assert_msg(entry, "%s is empty", path);
        strcpy(name, entry->d_name);
        closedir(dir);
}

static inline bool scene_has(const char *path)
{
        return faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Calls ask(arg) until it says yes. */
static inline void scene_wait(bool (*ask)(void *), void *arg, const char *what)
{
        for (int waited = 0; !ask(arg); waited += 2) {
                ck_assert_msg(waited < SCENE_PATIENCE_MS, "waited in vain: %s", what);
                nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
        }
}

/* ------------------------------------------------------------------ the scene */

static inline void scene_mount(const char *source, const char *target, const char *type,
                               unsigned long flags, const char *data)
{
        assert_done(mount(source, target, type, flags, data) == 0, target);
}

/* An empty /run that has the log still. */
static inline void scene_make_run(void)
{
        int fd = open_tree(AT_FDCWD, "/run/log", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

        assert_done(fd >= 0, "/run/log");
        scene_mount("tmpfs", "/run", "tmpfs", 0, "mode=755");
        ck_assert_int_eq(mkdir("/run/log", 0755), 0);
        ck_assert_int_eq(move_mount(fd, "", AT_FDCWD, "/run/log", MOVE_MOUNT_F_EMPTY_PATH), 0);
        close(fd);
}

/* Becomes process 1 of a new process namespace. */
static inline void scene_be_first(void)
{
        pid_t pid;

        fflush(NULL);
        assert_done(unshare(CLONE_NEWNS | CLONE_NEWPID) == 0, "no namespaces");
        pid = fork();
        ck_assert_int_ge(pid, 0);
        if (pid > 0)
                check_waitpid_and_exit(pid);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        scene_mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
        scene_mount("proc", "/proc", "proc", 0, NULL);
}

/* In a mount namespace that nobody outside has a part in. */
static inline void scene_set(void)
{
        const char *module = getenv("PRIVTMP_MODULE");
        struct stat log;

        umask(022);
        ck_assert_int_eq(chdir("/"), 0);
        scene_mount("tmpfs", "/srv", "tmpfs", 0, "mode=755");
        if (module)
                scene_copy(module, "/srv/module.so");
        scene_make_run();
        scene_mount("tmpfs", "/tmp", "tmpfs", 0, "mode=1777");
        scene_mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL);
        scene_write("/srv/table", SCENE_TABLE);

        scene = mmap(NULL, sizeof(*scene), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
                     0);
        ck_assert_ptr_ne(scene, MAP_FAILED);
        openlog("scene", LOG_NDELAY, LOG_AUTHPRIV);
        ck_assert_int_eq(stat(SCENE_LOG, &log), 0);
        scene_log = log.st_size;
        scene_read("/proc/self/mountinfo", scene_mounts, sizeof(scene_mounts));
}

static inline void scene_begin(void)
{
        scene_be_first();
        scene_set();
}

/*
 * The same in the process namespace that the test is in: PID 1 is another process, in a mount
 * namespace of its own. What the test starts is left to the throw-away host.
 */
static inline void scene_begin_beside(void)
{
        assert_done(unshare(CLONE_NEWNS) == 0, "no namespace");
        scene_mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
        assert_done(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0, "orphans");
        scene_set();
}

/* To be called after the test has mounted something itself. */
static inline void scene_mounted(void)
{
        scene_read("/proc/self/mountinfo", scene_mounts, sizeof(scene_mounts));
}

/* ------------------------------------------------------------------ what the host sees */

static inline unsigned scene_instances(uid_t uid)
{
        char path[64];

        snprintf(path, sizeof(path), SCENE_BASE "/%u", uid);
        return scene_entries(path);
}

/* The one instance of the user: its path. */
static inline void scene_instance(uid_t uid, char path[PATH_MAX])
{
        char folder[64], name[NAME_MAX + 1];

        snprintf(folder, sizeof(folder), SCENE_BASE "/%u", uid);
        ck_assert_uint_eq(scene_entries(folder), 1);
        scene_first_entry(folder, name);
        snprintf(path, PATH_MAX, "%s/%s", folder, name);
}

/* Makes the user's instances look as if they had been there for long. */
static inline void scene_age(uid_t uid)
{
        const struct timespec times[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
        char path[64];
        DIR *dir;

        snprintf(path, sizeof(path), SCENE_BASE "/%u", uid);
        dir = opendir(path);
        for (struct dirent *entry; dir && (entry = readdir(dir));)
                (void)utimensat(dirfd(dir), entry->d_name, times, AT_SYMLINK_NOFOLLOW);
        if (dir)
                closedir(dir);
}

/* What sessions left in the trash goes. */
static inline void scene_empty_trash(void)
{
        static const char *const folders[] = {SCENE_BASE "/.trash", SCENE_BASE "/.work"};

        for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
                int trash = open(folders[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;

                while (r == 0 && scene_entries(folders[i]) > 0) {
                        struct remove_budget budget = {0};
                        char name[NAME_MAX + 1];

                        scene_first_entry(folders[i], name);
                        r = remove_tree(trash, name, &budget);
                }
                ck_assert_int_eq(r, 0);
                close(trash);
        }
}

static inline const char *scene_mounts_now(void)
{
        static char now[SCENE_TEXT];

        scene_read("/proc/self/mountinfo", now, sizeof(now));
        return now;
}

#define assert_mounts_unchanged() ck_assert_str_eq(scene_mounts_now(), scene_mounts)

/* What a session has left: an instance, whole or half, trash, a mount. NULL: nothing. */
static inline const char *scene_left_but_records(void)
{
        if (strcmp(scene_mounts_now(), scene_mounts) != 0)
                return "a mount is left";
        if (scene_instances(0) + scene_instances(ALICE) + scene_instances(BOB) > 0)
                return "an instance is left";
        if (scene_entries(SCENE_BASE "/.trash") + scene_entries(SCENE_BASE "/.work") > 0)
                return "trash is left";
        return NULL;
}

/* The same, records too. */
static inline const char *scene_left(void)
{
        const char *words = scene_left_but_records();

        return !words && scene_entries("/run/privtmp") > 0 ? "a record is left" : words;
}

#define assert_nothing_left()                                                                      \
        do {                                                                                       \
                const char *left_ = scene_left();                                                  \
                ck_assert_msg(!left_, "%s", left_);                                                \
        } while (0)

struct scene_marked {
        char *log, marker[64];
        size_t size;
};

static inline bool scene_has_marker(void *arg)
{
        struct scene_marked *marked = arg;
        char *end;

        scene_read(SCENE_LOG, marked->log, marked->size);
        end = strstr(marked->log + scene_log, marked->marker);
        if (end)
                *end = '\0';
        return end;
}

/* What was logged since the begin: all of it, for a line of our own is sent and waited for. */
static inline const char *scene_log_text(void)
{
        static unsigned n;
        static char log[4 * 1024 * 1024];
        struct scene_marked marked = {.log = log, .size = sizeof(log)};

        snprintf(marked.marker, sizeof(marked.marker), "marker %jx.%u", (uintmax_t)scene_log, ++n);
        syslog(LOG_INFO, "%s", marked.marker);
        scene_wait(scene_has_marker, &marked, "for the log");
        return log + scene_log;
}

#define assert_logged(words)                                                                       \
        do {                                                                                       \
                const char *log_ = scene_log_text();                                               \
                ck_assert_msg(strstr(log_, words), "no \"%s\" in the log:\n%s", words, log_);      \
        } while (0)
#define assert_not_logged(words)                                                                   \
        do {                                                                                       \
                const char *log_ = scene_log_text();                                               \
                ck_assert_msg(!strstr(log_, words), "\"%s\" in the log:\n%s", words, log_);        \
        } while (0)

/* ------------------------------------------------------------------ the state of a process */

/* Asks no file system: one of FUSE may never answer. */
static inline struct scene_spot scene_spot(int fd, const char *path)
{
        struct statx stx;
        struct scene_spot spot = {0};

        if (statx(fd, path, AT_EMPTY_PATH | AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT,
                  STATX_INO | STATX_MNT_ID, &stx) == 0)
                spot = (struct scene_spot){(dev_t)stx.stx_dev_major << 32 | stx.stx_dev_minor,
                                           stx.stx_ino, stx.stx_mnt_id};
        return spot;
}

static inline uint64_t scene_environ(void)
{
        uint64_t digest = 0xcbf29ce484222325;

        for (char **entry = environ; entry && *entry; entry++)
                for (const char *byte = *entry;; byte++) {
                        digest = (digest ^ (unsigned char)*byte) * 0x100000001b3;
                        if (*byte == '\0')
                                break;
                }
        return digest ^ (uintptr_t)environ;
}

static inline ino_t scene_ns(void)
{
        struct stat st;

        return stat("/proc/thread-self/ns/mnt", &st) == 0 ? st.st_ino : 0;
}

/* Opens nothing: there may be no number left. */
static inline void scene_state_take(struct scene_state *state)
{
        memset(state, 0, sizeof(*state));
        for (int fd = 0; fd < SCENE_FDS; fd++) {
                state->fds[fd].flags = fcntl(fd, F_GETFD);
                if (state->fds[fd].flags >= 0)
                        state->fds[fd].file = scene_spot(fd, "");
        }
        state->cwd = scene_spot(AT_FDCWD, "");
        state->root = scene_spot(AT_FDCWD, "/");
        state->tmp = scene_spot(AT_FDCWD, "/tmp");
        state->ns = scene_ns();
        state->umask = umask(0);
        umask(state->umask);
        for (int i = 0; i < RLIM_NLIMITS; i++)
                getrlimit((__rlimit_resource_t)i, &state->limits[i]);
        for (int i = 1; i < NSIG; i++)
                sigaction(i, NULL, &state->actions[i]);
        sigprocmask(SIG_SETMASK, NULL, &state->blocked);
        getresuid(&state->uids[0], &state->uids[1], &state->uids[2]);
        getresgid(&state->gids[0], &state->gids[1], &state->gids[2]);
        state->environ = scene_environ();
        state->has_children = waitid(P_ALL, 0, &(siginfo_t){0}, WEXITED | WNOHANG | WNOWAIT) == 0;
}

static inline bool scene_same_spot(const struct scene_spot *a, const struct scene_spot *b)
{
        return a->dev == b->dev && a->ino == b->ino && a->mount == b->mount;
}

/* How two states of a process differ, in words; NULL if they do not. */
static inline const char *scene_fds_differ(const struct scene_state *a, const struct scene_state *b)
{
        static char text[64];

        for (int fd = 0; fd < SCENE_FDS; fd++) {
                const struct scene_fd *one = &a->fds[fd], *two = &b->fds[fd];

                if (one->flags == two->flags && scene_same_spot(&one->file, &two->file))
                        continue;
                snprintf(text, sizeof(text), "fd %d was %s, now it is %s", fd,
                         one->flags < 0 ? "closed" : "open",
                         two->flags < 0   ? "closed"
                         : one->flags < 0 ? "open"
                                          : "another");
                return text;
        }
        return NULL;
}

/* What must not change even while a session is open. */
static inline const char *scene_processes_differ(const struct scene_state *a,
                                                 const struct scene_state *b)
{
        if (a->umask != b->umask)
                return "another umask";
        for (int i = 0; i < RLIM_NLIMITS; i++)
                if (a->limits[i].rlim_cur != b->limits[i].rlim_cur ||
                    a->limits[i].rlim_max != b->limits[i].rlim_max)
                        return "another limit";
        for (int i = 1; i < NSIG; i++)
                if (a->actions[i].sa_handler != b->actions[i].sa_handler ||
                    a->actions[i].sa_flags != b->actions[i].sa_flags ||
                    sigismember(&a->blocked, i) != sigismember(&b->blocked, i))
                        return "a signal is treated in another way";
        for (int i = 0; i < 3; i++)
                if (a->uids[i] != b->uids[i] || a->gids[i] != b->gids[i])
                        return "another user or group";
        if (a->environ != b->environ)
                return "another environment";
        return a->has_children != b->has_children ? "another number of children" : NULL;
}

static inline const char *scene_states_differ(const struct scene_state *a,
                                              const struct scene_state *b)
{
        const char *words = scene_processes_differ(a, b);

        if (!words)
                words = scene_fds_differ(a, b);
        if (words)
                return words;
        if (a->ns != b->ns)
                return "another mount namespace";
        if (!scene_same_spot(&a->root, &b->root))
                return "another root";
        if (!scene_same_spot(&a->cwd, &b->cwd))
                return "another working directory";
        return scene_same_spot(&a->tmp, &b->tmp) ? NULL : "another /tmp";
}

#define assert_same_(differ, a, b)                                                                 \
        do {                                                                                       \
                const char *words_ = differ((a), (b));                                             \
                ck_assert_msg(!words_, "%s", words_);                                              \
        } while (0)
#define assert_same_fds(a, b)     assert_same_(scene_fds_differ, a, b)
#define assert_same_process(a, b) assert_same_(scene_processes_differ, a, b)
#define assert_same_state(a, b)   assert_same_(scene_states_differ, a, b)
#define assert_same_spot(a, b)    ck_assert(scene_same_spot(&(a), &(b)))

/* What a session keeps open closes itself on exec, and has none of the three lowest numbers. */
static inline void assert_new_fds_are_hidden(const struct scene_state *a,
                                             const struct scene_state *b)
{
        for (int fd = 0; fd < SCENE_FDS; fd++) {
                if (a->fds[fd].flags >= 0 || b->fds[fd].flags < 0)
                        continue;
                ck_assert_int_gt(fd, STDERR_FILENO);
                ck_assert_int_eq(b->fds[fd].flags, FD_CLOEXEC);
        }
}

/* ------------------------------------------------------------------ login programs */

struct login {
        pid_t pid;
        int channel;
        struct scene_state before; /* for the test to keep */
};

/* This process's end towards who tells it what to do; -1: nobody does. */
static int login_boss = -1;

/* The life of a login program: it does what it is told. */
static inline void login_serve(int channel)
{
        struct login_call call;

        if (login_boss >= 0)
                close(login_boss); /* the forked-off one has its own */
        login_boss = channel;
        while (read(channel, &call, sizeof(call)) == sizeof(call) && call.function) {
                int answer = call.function(call.arg);

                if (write(channel, &answer, sizeof(answer)) != sizeof(answer))
                        break;
        }
        fflush(NULL);
        exit(EXIT_SUCCESS); /* not _exit(): a sanitizer has its say now */
}

/* A pair of sockets, away from the numbers that tests count and close. */
static inline void login_socketpair(int ends[2])
{
        int low[2];

        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, low), 0);
        for (int i = 0; i < 2; i++) {
                ends[i] = fcntl(low[i], F_DUPFD_CLOEXEC, SCENE_FDS);
                ck_assert_int_ge(ends[i], 0);
                close(low[i]);
        }
}

/* Starts a login program. It has a copy of this process's memory, and *scene in common with it. */
static inline struct login login_start(void)
{
        struct login login = {0};
        int ends[2];

        fflush(NULL);
        login_socketpair(ends);
        login.pid = fork();
        ck_assert_int_ge(login.pid, 0);
        if (login.pid == 0) {
                close(ends[0]);
                prctl(PR_SET_PDEATHSIG, SIGKILL);
                login_serve(ends[1]);
        }
        close(ends[1]);
        login.channel = ends[0];
        return login;
}

static inline void login_begin(struct login *login, int (*function)(void *), const void *arg)
{
        /* most functions only read what arg points to */
        struct login_call call = {function, (void *)(uintptr_t)arg};

        ck_assert_int_eq(write(login->channel, &call, sizeof(call)), sizeof(call));
}

static inline int login_wait(struct login *login)
{
        int answer, status;

        if (read(login->channel, &answer, sizeof(answer)) == sizeof(answer))
                return answer;
        ck_assert_int_eq(waitpid(login->pid, &status, 0), login->pid);
        if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_FAILURE)
                exit(EXIT_FAILURE); /* Check knows already */
        ck_abort_msg("the login program died, status 0x%x", (unsigned)status);
}

/*
 * Runs function(arg) in the login program. arg points to what was there when that was started, to
 * something static, or into *scene.
 */
static inline int login_do(struct login *login, int (*function)(void *), const void *arg)
{
        login_begin(login, function, arg);
        return login_wait(login);
}

/* Lets the login program end. */
static inline void login_end(struct login *login)
{
        int status;

        login_begin(login, NULL, NULL);
        close(login->channel);
        ck_assert_int_eq(waitpid(login->pid, &status, 0), login->pid);
        ck_assert_msg(status == 0, "the login program ended with status 0x%x", (unsigned)status);
}

static inline void login_kill(struct login *login)
{
        close(login->channel);
        ck_assert_int_eq(kill(login->pid, SIGKILL), 0);
        ck_assert_int_eq(waitpid(login->pid, NULL, 0), login->pid);
}

/* ------------------------------------------------------------------ programs inside a session */

static struct login login_child; /* of this process: a login program below the one that is told */

static inline int do_inner_start(void *arg)
{
        (void)arg;
        login_child = login_start();
        return login_child.pid;
}

/* One that is not a child of the login program's any more: it was sent to the background. */
static inline int do_inner_start_orphan(void *arg)
{
        int ends[2];
        pid_t pid;

        (void)arg;
        fflush(NULL);
        login_socketpair(ends);
        pid = fork();
        ck_assert_int_ge(pid, 0);
        if (pid == 0) {
                close(ends[0]);
                pid = fork();
                if (pid == 0)
                        login_serve(ends[1]);
                if (write(ends[1], &pid, sizeof(pid)) != sizeof(pid))
                        _exit(EXIT_FAILURE);
                _exit(EXIT_SUCCESS);
        }
        ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
        close(ends[1]);
        login_child.channel = ends[0];
        login_child.pid = login_wait(&login_child);
        return login_child.pid;
}

static inline int do_inner(void *arg)
{
        (void)arg;
        return login_do(&login_child, scene->inner.function, scene->inner.arg);
}

static inline int do_inner_begin(void *arg)
{
        (void)arg;
        login_begin(&login_child, scene->inner.function, scene->inner.arg);
        return 0;
}

static inline int do_inner_end(void *arg)
{
        (void)arg;
        login_end(&login_child);
        return 0;
}

/* Runs function(arg) in the login program's own login program. */
static inline int login_inner(struct login *login, int (*function)(void *), const void *arg)
{
        scene->inner = (struct login_call){function, (void *)(uintptr_t)arg};
        return login_do(login, do_inner, NULL);
}

/* The same without waiting for it. */
static inline void login_inner_begin(struct login *login, int (*function)(void *), const void *arg)
{
        scene->inner = (struct login_call){function, (void *)(uintptr_t)arg};
        login_do(login, do_inner_begin, NULL);
}

/* ------------------------------------------------------------------ what login programs do */

/* arg of the do_ functions that take a number. */
static inline void *number(int n)
{
        return (void *)(intptr_t)n;
}

static inline int do_state(void *arg)
{
        (void)arg;
        scene_state_take(&scene->state);
        return 0;
}

static inline int do_view(void *arg)
{
        struct scene_view *view = &scene->view;
        struct statvfs fs;

        (void)arg;
        if (stat("/tmp", &view->st) < 0 || statvfs("/tmp", &fs) < 0)
                return -errno;
        view->flags = fs.f_flag;
        return scene_count("/tmp", &view->entries);
}

/* The state of a login program, until the next is asked for. */
static inline const struct scene_state *login_state(struct login *login)
{
        login_do(login, do_state, NULL);
        return &scene->state;
}

static inline struct scene_view login_view(struct login *login)
{
        ck_assert_int_eq(login_do(login, do_view, NULL), 0);
        return scene->view;
}

/* What a login program reads, until the next is asked for. */
static inline int do_read(void *path)
{
        scene_read(path, scene->text, sizeof(scene->text));
        return 0;
}

static inline const char *login_read(struct login *login, const char *path)
{
        login_do(login, do_read, path);
        return scene->text;
}

static inline int do_has(void *path)
{
        return scene_has(path);
}

static inline int do_make_file(void *path)
{
        int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

        if (fd < 0)
                return -errno;
        close(fd);
        return 0;
}

static inline int do_unlink(void *path)
{
        return unlink(path) < 0 ? -errno : 0;
}

static inline int do_chdir(void *path)
{
        return chdir(path) < 0 ? -errno : 0;
}

/* For the rest of its life. */
static inline int do_become(void *arg)
{
        uid_t uid = (uid_t)(intptr_t)arg;

        if (setgroups(0, NULL) < 0 || setresgid(uid, uid, uid) < 0 || setresuid(uid, uid, uid) < 0)
                return -errno;
        return 0;
}

/* In a namespace of its own, so that others still have it. */
static inline int do_hide_proc(void *arg)
{
        (void)arg;
        if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
                return -errno;
        while (umount2("/proc", MNT_DETACH) == 0)
                ;
        return scene_has("/proc/self") ? -EEXIST : 0;
}
