/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * privtmp-leader: leads the session of a command
 *
 * MUST NOT outlive the process that started it (real/terminal.sh).
 */
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "ground/cleanup.h"
#include "command/leader.h"
#include "command/privtmp.h"

/* In the process that becomes the command. */
static _Noreturn void become(const struct terminal *terminal, bool foreground,
                             const struct leader_command *command)
{
        (void)setpgid(0, 0);
        /* SIGTTOU is blocked, so this is allowed from the background */
        if (terminal->slave >= 0 && foreground)
                (void)tcsetpgrp(terminal->slave, getpid());
        (void)signal(SIGCHLD, command->on_child);
        (void)sigprocmask(SIG_SETMASK, command->mask, NULL);
        _exit(command->start(command->arg));
}

/*
 * Tells what became of the command. False when it has ended: its number may be another's then. Ends
 * the leader if it can't be told.
 */
static bool report(pid_t child, int reports)
{
        int status;
        pid_t pid;

        do
                pid = waitpid(child, &status, WNOHANG | WUNTRACED);
        while (pid < 0 && errno == EINTR);
        if (pid != child)
                return true;
        if (write(reports, &status, sizeof(status)) != sizeof(status))
                _exit(EXIT_FAULT); /* who reads them finds their end */
        return WIFSTOPPED(status);
}

static void let_go_on(pid_t child, const struct terminal *terminal, bool foreground)
{
        if (terminal->slave >= 0)
                (void)tcsetpgrp(terminal->slave, foreground ? child : getpid());
        (void)kill(-child, SIGCONT);
}

/* Until it is killed, by leader_end() or because its parent is no more. */
static _Noreturn void lead(pid_t child, const struct terminal *terminal, int reports)
{
        bool lives = true;
        sigset_t all;

        (void)sigfillset(&all);
        for (;;) {
                siginfo_t info;

                if (sigwaitinfo(&all, &info) < 0 || !lives)
                        continue;
                if (info.si_signo == SIGCHLD)
                        lives = report(child, reports);
                else if (info.si_signo != SIGCONT)
                        (void)kill(-child, info.si_signo);
                else if (info.si_code == SI_QUEUE)
                        let_go_on(child, terminal, info.si_value.sival_int);
        }
}

/* Says why there is no command. The parent is told that it has ended, and need say nothing more. */
static _Noreturn void give_up(int error, int reports)
{
        const int status = W_EXITCODE(EXIT_FAULT, 0);

        privtmp_say("can't start the command: %s", strerror(error));
        (void)!write(reports, &status, sizeof(status)); /* without it, the parent finds the end */
        _exit(EXIT_FAULT);
}

static _Noreturn void be_leader(const struct terminal *terminal, bool foreground,
                                const struct leader_command *command, int reports)
{
        struct terminal own = {-EBADF, -EBADF, -EBADF, terminal->slave};
        pid_t child;
        int r;

        fd_close(terminal->keys);
        fd_close(terminal->screen);
        fd_close(terminal->master);
        r = terminal_enter(&own);
        child = r < 0 ? -1 : fork();
        if (child < 0)
                give_up(r < 0 ? -r : errno, reports);
        if (child == 0)
                become(&own, foreground, command);
        (void)setpgid(child, child);
        lead(child, &own, reports);
}

int leader_start(struct leader *leader, const struct terminal *terminal, bool foreground,
                 const struct leader_command *command)
{
        pid_t parent = getpid();
        int reports[2];

        *leader = (struct leader){-1, -EBADF};
        if (pipe2(reports, O_CLOEXEC | O_NONBLOCK) < 0)
                return -errno;
        leader->pid = fork();
        if (leader->pid == 0) {
                if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
                        give_up(errno, reports[1]);
                if (getppid() != parent)
                        _exit(EXIT_FAULT);
                fd_close(reports[0]);
                be_leader(terminal, foreground, command, reports[1]);
        }
        fd_close(reports[1]);
        leader->reports = reports[0];
        return leader->pid < 0 ? -errno : 0;
}

void leader_signal(const struct leader *leader, int signal)
{
        (void)kill(leader->pid, signal);
}

void leader_continue(const struct leader *leader, bool foreground)
{
        (void)sigqueue(leader->pid, SIGCONT, (union sigval){.sival_int = foreground});
}

void leader_end(struct leader *leader)
{
        if (leader->pid > 0) {
                (void)kill(leader->pid, SIGKILL);
                (void)waitpid(leader->pid, NULL, 0);
        }
        *leader = (struct leader){-1, fd_close(leader->reports)};
}
