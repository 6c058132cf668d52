/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * refuse: runs a program, and lets one of its system calls fail
 *
 * usage: refuse WHO NUMBER NTH ERROR COMMAND [ARG...]
 *
 * The NTH system call with that NUMBER is not made, but fails with the ERROR, a number. It is that
 * of the program itself if WHO is 0; otherwise that of its WHOth child that makes such a call. A
 * program that the command becomes by execve(2) begins with its first call. The exit status is the
 * program's, 128 and more if a signal has ended it, or 125: no such call was made.
 *
 * The kernel asks us about each call of that number (seccomp_unotify(2)). Unlike strace, this tells
 * a child from its parent, and knows calls that are newer than it is.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

enum {
        PROCESSES = 1024,
        NO_SUCH_CALL = 125,
};

struct process {
        pid_t pid;
        unsigned calls;
};

static struct process processes[PROCESSES]; /* the program is the first */
static unsigned who, nth;
static int error;
static bool done;

static void die(const char *what)
{
        perror(what);
        _exit(NO_SUCH_CALL);
}

/* What asks about calls of that number. A signal must not make it ask twice about one. */
static int filter(unsigned number)
{
        struct sock_filter rules[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        struct sock_fprog program = {sizeof(rules) / sizeof(rules[0]), rules};

        return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                            SECCOMP_FILTER_FLAG_NEW_LISTENER |
                                    SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
                            &program);
}

/* Is it the call that is to fail? */
static bool is_meant(pid_t pid)
{
        unsigned i = 0;

        while (i < PROCESSES - 1 && processes[i].pid && processes[i].pid != pid)
                i++;
        processes[i].pid = pid;
        processes[i].calls++;
        return i == who && processes[i].calls == nth;
}

/* Answers until nobody is left who could ask. */
static void answer(int listener)
{
        for (;;) {
                struct pollfd ready = {.fd = listener, .events = POLLIN};
                struct seccomp_notif call = {0};
                struct seccomp_notif_resp response = {0};

                if (poll(&ready, 1, -1) < 0 && errno != EINTR)
                        die("refuse: poll");
                if (ready.revents & POLLHUP)
                        return;
                if (!(ready.revents & POLLIN) || ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call))
                        continue;
                response.id = call.id;
                if (is_meant((pid_t)call.pid)) {
                        response.error = -error;
                        done = true;
                } else {
                        response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
                }
                (void)ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
        }
}

int main(int argc, char *argv[])
{
        /* The child says here which fd it is: with a system call it would ask itself. */
        volatile int *listener = mmap(NULL, sizeof(*listener), PROT_READ | PROT_WRITE,
                                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        int status;
        pid_t pid;

        if (argc < 6)
                return NO_SUCH_CALL;
        who = (unsigned)atoi(argv[1]);
        nth = (unsigned)atoi(argv[3]);
        error = atoi(argv[4]);
        if (listener == MAP_FAILED)
                die("refuse: mmap");
        /* both have the same fds until the child becomes the program */
        pid = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL, NULL);
        if (pid == 0) {
                int fd = filter((unsigned)atoi(argv[2]));

                if (fd < 0)
                        die("refuse: seccomp");
                *listener = fd;
                execv(argv[5], argv + 5);
                die(argv[5]);
        }
        if (pid < 0)
                die("refuse: clone");
        processes[0].pid = pid;
        while (*listener == 0 && waitpid(pid, &status, WNOHANG) == 0)
                (void)sched_yield();
        if (*listener == 0)
                return NO_SUCH_CALL;
        answer(*listener);
        if (waitpid(pid, &status, 0) != pid)
                die("refuse: waitpid");
        if (!done)
                return NO_SUCH_CALL;
        return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
