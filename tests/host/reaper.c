/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * reaper: runs a command, and ends what it has left behind, for the throw-away host of the tests.
 *
 * usage: reaper COMMAND [ARG...]
 *
 * Takes the place of a process namespace: all that the command starts, and all that those start,
 * are children of this process as soon as their own parents have ended, and are killed when the
 * command has ended or when this process is told to end. Needs the right to kill them. The exit
 * status is the command's.
 */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t told_to_end;

static void end(int number)
{
        told_to_end = number;
}

/* Kills the children that are there now. */
static void kill_children(void)
{
        FILE *file = fopen("/proc/thread-self/children", "re");
        int pid;

        if (!file)
                err(1, "which children are there?");
        while (fscanf(file, "%d", &pid) == 1)
                (void)kill(pid, SIGKILL);
        (void)fclose(file);
}

/* Kills and waits for all; their children come to us then. */
static void end_all(void)
{
        pid_t pid;

        do {
                kill_children();
                pid = waitpid(-1, NULL, 0);
        } while (pid > 0 || errno == EINTR);
}

/* Waits for the command, and for what is handed to us meanwhile. */
static int wait_for(pid_t command)
{
        for (;;) {
                int status;
                pid_t pid = waitpid(-1, &status, 0);

                if (told_to_end)
                        return 128 + told_to_end;
                if (pid < 0 && errno != EINTR)
                        err(1, "the command is lost");
                if (pid == command)
                        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        }
}

int main(int argc, char **argv)
{
        const struct sigaction action = {.sa_handler = end};
        pid_t command;
        int status;

        if (argc < 2)
                errx(2, "usage: reaper COMMAND [ARG...]");
        if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0 || prctl(PR_SET_PDEATHSIG, SIGTERM) < 0)
                err(1, "prctl");
        command = fork();
        if (command < 0)
                err(1, "fork");
        if (command == 0) {
                (void)execvp(argv[1], argv + 1);
                err(127, "%s", argv[1]);
        }
        if (sigaction(SIGTERM, &action, NULL) < 0 || sigaction(SIGINT, &action, NULL) < 0 ||
            sigaction(SIGHUP, &action, NULL) < 0)
                err(1, "sigaction");
        status = wait_for(command);
        end_all();
        return status;
}
