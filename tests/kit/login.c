/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* login: login programs of a scene */
#include "kit/login.h"

int login_boss = -1;

/* Whether a child of this process would be in another process namespace. */
static bool children_are_elsewhere(void)
{
        struct stat own, children;

        return stat("/proc/self/ns/pid", &own) < 0 ||
               stat("/proc/self/ns/pid_for_children", &children) < 0 ||
               own.st_ino != children.st_ino;
}

/*
 * LeakSanitizer asks for it where a process ends. A child of that process reads it by ptrace(2) and
 * /proc, which can't be done with one that has changed user or hidden /proc, and that child can't
 * be made by one whose children's process namespace has ended.
 */
int __lsan_is_turned_off(void);

int __lsan_is_turned_off(void)
{
        return prctl(PR_GET_DUMPABLE) != 1 || access("/proc/self/task", R_OK | X_OK) < 0 ||
               children_are_elsewhere();
}

void login_serve(int channel)
{
        struct login_call call = {.function = NULL};
        bool told = false; /* to end: not killed, and no caller has gone away */

        if (login_boss >= 0)
                close(login_boss); /* the forked-off one has its own */
        login_boss = channel;
        while (!told && read(channel, &call, sizeof(call)) == sizeof(call)) {
                int answer = call.function ? call.function(call.arg) : 0;

                told = !call.function;
                if (!told && write(channel, &answer, sizeof(answer)) != sizeof(answer))
                        break;
        }
        fflush(NULL);
        if (told)
                exit(EXIT_SUCCESS); /* a sanitizer has its say now: it makes a process for that */
        _exit(EXIT_SUCCESS);
}

void login_socketpair(int ends[2])
{
        int low[2];

        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, low), 0);
        for (int i = 0; i < 2; i++) {
                ends[i] = fcntl(low[i], F_DUPFD_CLOEXEC, SCENE_FDS);
                ck_assert_int_ge(ends[i], 0);
                close(low[i]);
        }
}

struct login login_start(void)
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

void login_begin(struct login *login, int (*function)(void *), const void *arg)
{
        /* most functions only read what arg points to */
        struct login_call call = {function, (void *)(uintptr_t)arg};

        ck_assert_int_eq(write(login->channel, &call, sizeof(call)), sizeof(call));
}

int login_wait(struct login *login)
{
        int answer, status;

        if (read(login->channel, &answer, sizeof(answer)) == sizeof(answer))
                return answer;
        ck_assert_int_eq(waitpid(login->pid, &status, 0), login->pid);
        if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_FAILURE)
                exit(EXIT_FAILURE); /* Check knows already */
        ck_abort_msg("the login program died, status 0x%x", (unsigned)status);
}

int login_do(struct login *login, int (*function)(void *), const void *arg)
{
        login_begin(login, function, arg);
        return login_wait(login);
}

void login_end(struct login *login)
{
        int status;

        login_begin(login, NULL, NULL);
        close(login->channel);
        ck_assert_int_eq(waitpid(login->pid, &status, 0), login->pid);
        ck_assert_msg(status == 0, "the login program ended with status 0x%x", (unsigned)status);
}

void login_kill(struct login *login)
{
        ck_assert_int_eq(kill(login->pid, SIGKILL), 0);
        ck_assert_int_eq(waitpid(login->pid, NULL, 0), login->pid);
        close(login->channel);
}

/* ------------------------------------------------------------------ programs inside a session */

struct login login_child; /* of this process: a login program below the one that is told */

int do_inner_start(void *arg)
{
        (void)arg;
        login_child = login_start();
        return login_child.pid;
}

int do_inner_start_orphan(void *arg)
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

int do_inner(void *arg)
{
        (void)arg;
        return login_do(&login_child, scene->inner.function, scene->inner.arg);
}

int do_inner_begin(void *arg)
{
        (void)arg;
        login_begin(&login_child, scene->inner.function, scene->inner.arg);
        return 0;
}

int do_inner_end(void *arg)
{
        (void)arg;
        login_end(&login_child);
        return 0;
}

int login_inner(struct login *login, int (*function)(void *), const void *arg)
{
        scene->inner = (struct login_call){function, (void *)(uintptr_t)arg};
        return login_do(login, do_inner, NULL);
}

void login_inner_begin(struct login *login, int (*function)(void *), const void *arg)
{
        scene->inner = (struct login_call){function, (void *)(uintptr_t)arg};
        login_do(login, do_inner_begin, NULL);
}

/* ------------------------------------------------------------------ what login programs do */

void *number(int n)
{
        return (void *)(intptr_t)n;
}

int do_state(void *arg)
{
        (void)arg;
        scene_state_take(&scene->state);
        return 0;
}

int do_view(void *arg)
{
        struct scene_view *view = &scene->view;
        struct statvfs fs;

        (void)arg;
        if (stat("/tmp", &view->st) < 0 || statvfs("/tmp", &fs) < 0)
                return -errno;
        view->flags = fs.f_flag;
        return scene_count("/tmp", &view->entries);
}

const struct scene_state *login_state(struct login *login)
{
        login_do(login, do_state, NULL);
        return &scene->state;
}

struct scene_view login_view(struct login *login)
{
        ck_assert_int_eq(login_do(login, do_view, NULL), 0);
        return scene->view;
}

int do_read(void *path)
{
        scene_read(path, scene->text, sizeof(scene->text));
        return 0;
}

const char *login_read(struct login *login, const char *path)
{
        login_do(login, do_read, path);
        return scene->text;
}

int do_has(void *path)
{
        return scene_has(path);
}

int do_make_file(void *path)
{
        int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

        if (fd < 0)
                return -errno;
        close(fd);
        return 0;
}

int do_unlink(void *path)
{
        return unlink(path) < 0 ? -errno : 0;
}

int do_chdir(void *path)
{
        return chdir(path) < 0 ? -errno : 0;
}

int do_become(void *arg)
{
        uid_t uid = (uid_t)(intptr_t)arg;

        if (setgroups(0, NULL) < 0 || setresgid(uid, uid, uid) < 0 || setresuid(uid, uid, uid) < 0)
                return -errno;
        return 0;
}

int do_hide_proc(void *arg)
{
        (void)arg;
        if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
                return -errno;
        while (umount2("/proc", MNT_DETACH) == 0)
                ;
        return scene_has("/proc/self") ? -EEXIST : 0;
}
