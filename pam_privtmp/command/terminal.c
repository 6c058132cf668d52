/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * privtmp-terminal: a pseudo terminal in the place of the caller's
 *
 * MUST NOT let the command have an fd of the caller's terminal, nor its session (real/terminal.sh).
 */
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "ground/cleanup.h"
#include "command/privtmp.h"
#include "command/terminal.h"

/* Else the first file that is opened would be the command's input. */
static int fill_standard_fds(void)
{
        int fd;

        do
                fd = open("/dev/null", O_RDWR | O_CLOEXEC);
        while (fd >= 0 && fd <= STDERR_FILENO && fcntl(fd, F_SETFD, 0) == 0);
        if (fd < 0)
                return -errno;
        fd_close(fd);
        return 0;
}

/* The first of these fds that is a terminal, or -1. */
static int first_terminal(int a, int b, int c)
{
        return isatty(a) ? a : isatty(b) ? b : isatty(c) ? c : -1;
}

/* An open file of our own: whether it is O_NONBLOCK is then no matter of others who have the fd. */
static int open_again(int fd, int flags)
{
        char path[32];
        int again;

        (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        again = open(path, flags | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
        return again < 0 ? -errno : again;
}

static int open_callers(struct terminal *terminal)
{
        const int in = STDIN_FILENO, out = STDOUT_FILENO, err = STDERR_FILENO;

        terminal->keys = open_again(first_terminal(in, err, out), O_RDWR);
        terminal->screen = open_again(first_terminal(out, err, in), O_WRONLY);
        return terminal->keys < 0 ? terminal->keys : terminal->screen < 0 ? terminal->screen : 0;
}

static int open_pair(struct terminal *terminal)
{
        struct termios modes;

        terminal->master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
        if (terminal->master < 0 || unlockpt(terminal->master) < 0)
                return -errno;
        terminal->slave = ioctl(terminal->master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
        if (terminal->slave < 0 || tcgetattr(terminal->keys, &modes) < 0 ||
            tcsetattr(terminal->slave, TCSANOW, &modes) < 0)
                return -errno;
        terminal_fit(terminal);
        return 0;
}

int terminal_open(struct terminal *terminal)
{
        int r = fill_standard_fds();

        *terminal = (struct terminal){-EBADF, -EBADF, -EBADF, -EBADF};
        if (r == 0 && first_terminal(STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO) < 0)
                return 0;
        if (r == 0)
                r = open_callers(terminal);
        if (r == 0)
                r = open_pair(terminal);
        if (r < 0)
                privtmp_say("can't make a terminal for the command: %s", strerror(-r));
        return r;
}

bool terminal_is_alone(const struct terminal *terminal)
{
        return terminal->master >= 0 && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

/* True as well where nobody could tell: a terminal that does not control our session. */
static bool is_ours(int fd)
{
        pid_t group = tcgetpgrp(fd);

        return group < 0 || group == getpgrp();
}

bool terminal_take(struct terminal *terminal)
{
        struct termios raw;

        if (terminal->keys < 0)
                return false;
        if (!is_ours(terminal->keys)) {
                terminal->taken = false; /* who has it now has seen to its modes */
                return false;
        }
        if (!terminal->taken && tcgetattr(terminal->keys, &terminal->before) < 0)
                return false;
        raw = terminal->before;
        cfmakeraw(&raw);
        /* in a pipeline, what others print goes there without us */
        if (!isatty(STDOUT_FILENO))
                raw.c_oflag = terminal->before.c_oflag;
        if (tcsetattr(terminal->keys, TCSANOW, &raw) == 0)
                terminal->taken = true;
        return terminal->taken;
}

void terminal_give_back(struct terminal *terminal)
{
        if (terminal->taken)
                (void)tcsetattr(terminal->keys, TCSANOW, &terminal->before);
        terminal->taken = false;
}

void terminal_fit(const struct terminal *terminal)
{
        struct winsize size;

        if (terminal->master >= 0 && ioctl(terminal->screen, TIOCGWINSZ, &size) == 0)
                (void)ioctl(terminal->master, TIOCSWINSZ, &size);
}

int terminal_enter(const struct terminal *terminal)
{
        if (setsid() < 0)
                return -errno;
        if (terminal->slave < 0)
                return 0;
        if (ioctl(terminal->slave, TIOCSCTTY, 0) < 0)
                return -errno;
        for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
                if (isatty(fd) && dup2(terminal->slave, fd) < 0)
                        return -errno;
        return 0;
}

void terminal_done(struct terminal *terminal)
{
        terminal_give_back(terminal);
        terminal->keys = fd_close(terminal->keys);
        terminal->screen = fd_close(terminal->screen);
        terminal->master = fd_close(terminal->master);
        terminal->slave = fd_close(terminal->slave);
}
