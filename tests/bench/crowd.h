/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* crowd: what is on a host beside the sessions that a benchmark measures */
#pragma once

#include <err.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* A process that does nothing, once begin(arg) has returned. */
static inline pid_t crowd_start(void (*begin)(void *), void *arg)
{
        int ready[2];
        char byte = 0;
        pid_t pid;

        if (pipe(ready) < 0)
                err(1, "pipe");
        pid = fork();
        if (pid < 0)
                err(1, "fork");
        if (pid == 0) {
                if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
                        _exit(1);
                if (begin)
                        begin(arg);
                (void)close(ready[0]);
                if (write(ready[1], &byte, 1) != 1)
                        _exit(1);
                (void)close(ready[1]);
                for (;;)
                        (void)pause(); /* until killed */
        }
        (void)close(ready[1]);
        if (read(ready[0], &byte, 1) != 1)
                errx(1, "a process beside it has failed");
        (void)close(ready[0]);
        return pid;
}

static inline void crowd_end(pid_t pid)
{
        if (kill(pid, SIGKILL) < 0 || waitpid(pid, NULL, 0) != pid)
                err(1, "can't end process %d", (int)pid);
}

/* For crowd_start(): to a mount namespace of its own, as services with PrivateTmp= have one. */
static inline void crowd_leave(void *arg)
{
        (void)arg;
        if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0 ||
            mount("bench", "/tmp", "tmpfs", 0, NULL) < 0)
                err(1, "a namespace of its own");
}

/* Mounts on the host, of which each session has copies. */
static inline void crowd_mount(unsigned long n)
{
        char path[64];

        if (n > 0 && mount("bench", "/mnt", "tmpfs", 0, NULL) < 0)
                err(1, "/mnt");
        for (unsigned long i = 1; i < n; i++) {
                (void)snprintf(path, sizeof(path), "/mnt/%lu", i);
                if (mkdir(path, 0700) < 0 || mount(path, path, NULL, MS_BIND, NULL) < 0)
                        err(1, "%s", path);
        }
}
