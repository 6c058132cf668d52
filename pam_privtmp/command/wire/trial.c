/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * wire/trial: a wiring that is taken back unless somebody confirms it
 *
 * MUST take the change back whatever is killed (real/wire-try.sh).
 * MUST NOT take for an answer what was typed before the question (real/wire-try.sh).
 */
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>

#include "command/privtmp.h"
#include "command/wire/trial.h"
#include "ground/cleanup.h"

enum {
        GRACE = 5, /* seconds: who is confirmed or not does this by itself, if it lives */
};

/* Becomes the watcher, or systemd-run, which starts it as a unit. */
static void start(bool by_systemd, unsigned seconds, pid_t whose)
{
        char wait[16], pid[16], self[4096];
        ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
        char *const arguments[] = {as_mutable("systemd-run"),
                                   as_mutable("--quiet"),
                                   as_mutable("--collect"),
                                   self,
                                   as_mutable("unwire"),
                                   as_mutable("--pending"),
                                   as_mutable("--wait"),
                                   wait,
                                   as_mutable("--pid"),
                                   pid,
                                   NULL};

        if (n < 0)
                _exit(127);
        self[n] = '\0';
        (void)snprintf(wait, sizeof(wait), "%u", seconds + GRACE);
        (void)snprintf(pid, sizeof(pid), "%d", (int)whose);
        if (by_systemd)
                (void)execv("/usr/bin/systemd-run", arguments);
        else
                (void)execv(self, arguments + 3);
        _exit(127);
}

/*
 * In a session of its own, with nothing of ours open. The signals are blocked until it ignores
 * them: our end, which may be near, sends some to all that have our terminal.
 */
static void become_watcher(unsigned seconds, pid_t whose, const sigset_t *signals)
{
        int null = open("/dev/null", O_RDWR | O_CLOEXEC);

        (void)setsid();
        (void)signal(SIGHUP, SIG_IGN);
        (void)signal(SIGINT, SIG_IGN);
        (void)signal(SIGQUIT, SIG_IGN);
        (void)sigprocmask(SIG_UNBLOCK, signals, NULL);
        for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
                (void)dup2(null, fd);
        start(false, seconds, whose);
}

/*
 * What ends a trial comes by signalfd(2), from before the change on. What would stop it is ignored:
 * a stopped trial has the lock of the journal, so nobody else could take the change back.
 */
static void block_signals(sigset_t *ret)
{
        (void)signal(SIGTSTP, SIG_IGN);
        (void)signal(SIGTTIN, SIG_IGN); /* to read in the background fails then: no answer */
        (void)signal(SIGTTOU, SIG_IGN);
        (void)sigemptyset(ret);
        (void)sigaddset(ret, SIGHUP);
        (void)sigaddset(ret, SIGINT);
        (void)sigaddset(ret, SIGQUIT);
        (void)sigaddset(ret, SIGTERM);
        (void)sigprocmask(SIG_BLOCK, ret, NULL);
}

int trial_begin(unsigned seconds)
{
        bool by_systemd = access("/run/systemd/system", F_OK) == 0;
        pid_t whose = getpid(), child;
        sigset_t signals;
        int status;

        block_signals(&signals);
        child = fork();
        if (child == 0) {
                if (!by_systemd)
                        become_watcher(seconds, whose, &signals);
                (void)sigprocmask(SIG_UNBLOCK, &signals, NULL);
                start(true, seconds, whose);
        }
        if (child < 0) {
                privtmp_say("wire: can't start a watcher: %s", strerror(errno));
                return -EAGAIN;
        }
        if (!by_systemd)
                return 0;
        if (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
                privtmp_say("wire: systemd-run can't start a watcher");
                return -EAGAIN;
        }
        return 0;
}

/* Milliseconds until then, 0 when it is over. */
static int until(const struct timespec *end)
{
        struct timespec now;
        long long left;

        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        left = (end->tv_sec - now.tv_sec) * 1000LL + (end->tv_nsec - now.tv_nsec) / 1000000;
        return left < 0 ? 0 : left > 3600 * 1000 ? 3600 * 1000 : (int)left;
}

static struct timespec end_of(unsigned seconds)
{
        struct timespec end;

        (void)clock_gettime(CLOCK_MONOTONIC, &end);
        end.tv_sec += (time_t)seconds;
        return end;
}

/* Who has not read the question has not answered it. */
static void forget_what_was_typed(void)
{
        (void)tcflush(STDIN_FILENO, TCIFLUSH);
        (void)printf("Only an empty line keeps it; what was typed until now does not count.\n");
        (void)fflush(stdout);
}

/* Is it an empty line that comes from the terminal? 1, 0 not yet, -1 anything else. */
static int read_answer(void)
{
        char text[2];
        ssize_t n = read(STDIN_FILENO, text, sizeof(text));

        if (n < 0 && errno == EINTR)
                return 0;
        return n == 1 && *text == '\n' ? 1 : -1;
}

int trial_wait(unsigned seconds)
{
        struct timespec end = end_of(seconds);
        bool terminal = isatty(STDIN_FILENO);
        _cleanup_close_ int signals = -EBADF;
        sigset_t wanted;
        int answer = 0;

        block_signals(&wanted);
        if (terminal)
                forget_what_was_typed();
        signals = signalfd(-1, &wanted, SFD_CLOEXEC);
        while (signals >= 0 && answer == 0 && until(&end) > 0) {
                struct pollfd fds[] = {{.fd = signals, .events = POLLIN},
                                       {.fd = terminal ? STDIN_FILENO : -1, .events = POLLIN}};

                if (poll(fds, 2, until(&end)) < 0 && errno != EINTR)
                        break;
                if (fds[0].revents)
                        break;
                if (fds[1].revents)
                        answer = read_answer();
        }
        return answer > 0;
}

void trial_wait_for(int pid, unsigned seconds)
{
        _cleanup_close_ int fd = (int)syscall(SYS_pidfd_open, pid, 0);
        struct timespec end = end_of(seconds);

        while (fd >= 0 && until(&end) > 0) {
                struct pollfd one = {.fd = fd, .events = POLLIN};

                if (poll(&one, 1, until(&end)) > 0)
                        break;
        }
}
