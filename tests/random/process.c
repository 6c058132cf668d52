/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* process: starts and kills login programs and others, and what is in doubt beside them */
#include <poll.h>
#include <sys/un.h>

#include "random/model.h"
#include "random/process.h"

/* ------------------------------------------------------------------ processes */

static int listener;
static struct sockaddr_un address;
static socklen_t address_length = sizeof(sa_family_t); /* the kernel is to choose one */

void start_listening(void)
{
        const struct timeval patience = {.tv_sec = SCENE_PATIENCE_MS / 1000};

        address.sun_family = AF_UNIX;
        listener = must(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        must(bind(listener, (struct sockaddr *)&address, address_length));
        address_length = sizeof(address);
        must(getsockname(listener, (struct sockaddr *)&address, &address_length));
        must(listen(listener, 1));
        must(setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)));
}

/* The rest of the life of a new process. */
static void live(int how)
{
        pid_t pid = how & ORPHAN ? fork() : 0;
        int channel;

        if (pid != 0)
                _exit(pid < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
        if (how & BARE) {
                (void)close_range(STDERR_FILENO + 1, ~0U, 0);
                login_boss = -1;
        }
        channel = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        pid = getpid();
        if (channel < 0 || connect(channel, (struct sockaddr *)&address, address_length) < 0 ||
            write(channel, &pid, sizeof(pid)) != sizeof(pid))
                _exit(EXIT_FAILURE);
        login_serve(channel);
}

/* Runs another program as that user; the pipe tells who it is, and by its end when it runs. */
static void live_other(int how, uid_t uid, int pipe)
{
        pid_t pid = how & ORPHAN ? fork() : 0;

        if (pid != 0)
                _exit(pid < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
        pid = getpid();
        if (write(pipe, &pid, sizeof(pid)) == sizeof(pid) && do_become(number((int)uid)) == 0)
                (void)execl("/bin/sleep", "sleep", "1000000", NULL);
        _exit(EXIT_FAILURE);
}

static int start_other(int how, uid_t uid)
{
        pid_t child, pid = -1;
        int ends[2];
        char byte;

        if (pipe2(ends, O_CLOEXEC) < 0)
                return -errno;
        child = fork();
        if (child == 0)
                live_other(how, uid, ends[1]);
        (void)close(ends[1]);
        if (read(ends[0], &pid, sizeof(pid)) != sizeof(pid) || read(ends[0], &byte, 1) != 0)
                pid = -1;
        (void)close(ends[0]);
        if (how & ORPHAN)
                (void)waitpid(child, NULL, 0);
        return pid;
}

/* arg: how, and the user's number above that. */
static int do_start(void *arg)
{
        int how = (int)(intptr_t)arg & 7;
        pid_t pid;

        if (how & OTHER)
                return start_other(how, (uid_t)((intptr_t)arg >> 3));
        pid = fork();
        if (pid == 0)
                live(how);
        if (how & ORPHAN)
                (void)waitpid(pid, NULL, 0);
        return pid;
}

struct process *start(struct process *parent, int how, unsigned user)
{
        struct process *process = take_free(processes);
        void *arg = number(how | (int)uids[user] << 3);
        pid_t pid;

        fflush(NULL);
        pid = parent ? login_do(&parent->login, do_start, arg) : do_start(arg);
        if (pid <= 0)
                wrong("can't start a process");
        *process = (struct process){.there = true,
                                    .login = {.pid = pid, .channel = -1},
                                    .parent = how & ORPHAN ? NULL : parent,
                                    .space = parent ? parent->space : host};
        if (!(how & OTHER)) {
                process->login.channel = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
                if (process->login.channel < 0 ||
                    read(process->login.channel, &process->login.pid, sizeof(pid)) != sizeof(pid))
                        wrong("a process did not come: %s", strerror(errno));
        }
        if (parent && !(how & (BARE | OTHER)))
                process->copies = parent->copies;
        say(" process %d%s%s%s", process->login.pid, how & ORPHAN ? ", orphan" : "",
            how & BARE ? ", bare" : "", how & OTHER ? ", another program" : "");
        return process;
}

/* It is not there any more. */
static void remove_process(struct process *process)
{
        if (process->login.channel >= 0)
                close(process->login.channel);
        for (each(p, processes))
                if (p->parent == process)
                        p->parent = NULL;
        for (each(s, spaces))
                for (unsigned i = 0; i < RECORDS; i++)
                        if (s->openers[i].process == process)
                                s->openers[i].process = NULL;
        process->there = false;
        /* who has a copy of its fds holds the lock still */
        for (each(s, sessions))
                s->there = is_copied(s);
}

void kill_process(struct process *process)
{
        struct pollfd end = {.fd = (int)syscall(SYS_pidfd_open, process->login.pid, 0),
                             .events = POLLIN};

        if (end.fd < 0 || kill(process->login.pid, SIGKILL) < 0)
                wrong("process %d is not there", process->login.pid);
        if (poll(&end, 1, SCENE_PATIENCE_MS) != 1)
                wrong("process %d does not end", process->login.pid);
        close(end.fd);
        tally.kills++;
        remove_process(process);
}

/* ------------------------------------------------------------------ doubts */

void blur(void)
{
        for (each(i, instances)) {
                if (i->fate == GOES)
                        i->fate = MAY_GO;
                i->clock_unsure |= i->in_place && (i->keep > 0 || i->fate == MAY_GO);
        }
        for (each(t, temporaries))
                if (t->fate == GOES)
                        t->fate = MAY_GO;
}

static struct timespec begun; /* what is being waited for */

void begin_time(void)
{
        clock_gettime(CLOCK_MONOTONIC, &begun);
}

bool is_slow(void)
{
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (now.tv_sec - begun.tv_sec) * 1000 + (now.tv_nsec - begun.tv_nsec) / 1000000 >=
               SLOW_MS;
}
