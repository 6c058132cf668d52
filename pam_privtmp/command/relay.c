/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * privtmp-relay: between the caller's terminal and a command on another
 *
 * MUST NOT end before what the command has written is shown, nor leave the caller's terminal in raw
 * mode (real/terminal.sh).
 */
#include <poll.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include "ground/cleanup.h"
#include "command/leader.h"
#include "command/privtmp.h"
#include "command/relay.h"

enum {
        FLOW_BYTES = 4096,
        REST_BYTES = 64 * 1024, /* more than a pseudo terminal can hold: see read_report() */
};

/* What was read and is not written yet. */
struct flow {
        size_t begin, end;
        char bytes[FLOW_BYTES];
};

struct relay {
        struct terminal *terminal;
        struct leader leader;
        int signals; /* signalfd(2): all */
        struct flow keys, screen;
        bool wants_keys; /* the command began with them, or has asked for them since */
        bool reported;   /* it has stopped or ended, and what it wrote before is to be shown */
        int status;      /* as waitpid(2) tells it */
        size_t rest;     /* bytes that can still be of before that */
};

static bool is_empty(const struct flow *flow)
{
        return flow->begin == flow->end;
}

static struct pollfd flow_wait(const struct flow *flow, int from, int to)
{
        return is_empty(flow) ? (struct pollfd){.fd = from, .events = POLLIN}
                              : (struct pollfd){.fd = to, .events = POLLOUT};
}

/* One read or write; how many bytes, or -EIO when an end is gone. */
static ssize_t flow_move(struct flow *flow, int from, int to)
{
        bool reads = is_empty(flow);
        ssize_t n = reads ? read(from, flow->bytes, FLOW_BYTES)
                          : write(to, flow->bytes + flow->begin, flow->end - flow->begin);

        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return 0;
        if (n <= 0)
                return -EIO;
        if (reads) {
                flow->begin = 0;
                flow->end = (size_t)n;
        } else {
                flow->begin += (size_t)n;
        }
        return n;
}

/* The caller's terminal is gone: so is the command's, which gets SIGHUP from the kernel. */
static void hang_up(struct relay *relay)
{
        terminal_done(relay->terminal);
        relay->keys.end = relay->keys.begin;
        relay->screen.end = relay->screen.begin;
}

static void move_keys(struct relay *relay)
{
        if (flow_move(&relay->keys, relay->terminal->keys, relay->terminal->master) < 0)
                hang_up(relay);
}

static void move_screen(struct relay *relay)
{
        bool reads = is_empty(&relay->screen);
        ssize_t n = flow_move(&relay->screen, relay->terminal->master, relay->terminal->screen);

        if (n < 0)
                hang_up(relay);
        else if (reads && relay->reported)
                relay->rest -= (size_t)n < relay->rest ? (size_t)n : relay->rest;
}

/* After a stop, of the command or of ourselves: who has the terminal now? */
static void go_on(struct relay *relay)
{
        terminal_fit(relay->terminal);
        leader_continue(&relay->leader, relay->wants_keys && terminal_take(relay->terminal));
}

/*
 * Stops this process as the command was stopped; with all its job, if nobody else could know that
 * Ctrl-Z was typed. True when it was continued since; false where it does not stop, since no shell
 * waits for it or SIGTSTP is ignored.
 */
static bool stop_like(struct relay *relay, int stop)
{
        const struct timespec at_once = {0};
        bool all = relay->terminal->taken;
        sigset_t one, cont;

        terminal_give_back(relay->terminal);
        (void)sigemptyset(&one);
        (void)sigaddset(&one, stop);
        (void)sigemptyset(&cont);
        (void)sigaddset(&cont, SIGCONT);
        (void)kill(all ? 0 : getpid(), stop);
        (void)sigprocmask(SIG_UNBLOCK, &one, NULL);
        (void)sigprocmask(SIG_BLOCK, &one, NULL);
        return sigtimedwait(&cont, NULL, &at_once) == SIGCONT;
}

static void follow_stop(struct relay *relay)
{
        int stop = WSTOPSIG(relay->status);
        bool asks = relay->terminal->master >= 0 && (stop == SIGTTIN || stop == SIGTTOU);

        if (asks) {
                relay->wants_keys = true;
                if (terminal_take(relay->terminal)) {
                        leader_continue(&relay->leader, true);
                        return;
                }
        }
        /* What asks for a terminal that it can never have would ask for ever. */
        if (!stop_like(relay, stop == SIGSTOP ? SIGTSTP : stop) && asks)
                leader_signal(&relay->leader, SIGHUP);
        go_on(relay);
}

static void drop_rest(struct relay *relay)
{
        relay->rest = 0;
        relay->screen.end = relay->screen.begin;
}

static void read_signal(struct relay *relay)
{
        struct signalfd_siginfo info;

        if (read(relay->signals, &info, sizeof(info)) != sizeof(info))
                return;
        switch (info.ssi_signo) {
        case SIGCHLD:
        case SIGPIPE:
                break;
        case SIGCONT:
                /* one of its own jobs may have the keys: it is not told where nothing is new */
                if (relay->terminal->taken && terminal_take(relay->terminal))
                        terminal_fit(relay->terminal);
                else
                        go_on(relay);
                break;
        case SIGWINCH:
                terminal_fit(relay->terminal);
                if (relay->terminal->master >= 0)
                        break;
                /* fall through */
        default:
                leader_signal(&relay->leader, (int)info.ssi_signo);
                if (relay->reported) /* then it is for us, who wait for the terminal */
                        drop_rest(relay);
        }
}

/*
 * The command has stopped or ended. What it wrote before lies in the pseudo terminal; what others
 * go on writing there is not waited for.
 */
static void read_report(struct relay *relay)
{
        if (read(relay->leader.reports, &relay->status, sizeof(relay->status)) !=
            sizeof(relay->status)) {
                relay->status = W_EXITCODE(EXIT_FAULT, 0); /* somebody has killed the leader */
                privtmp_say("what has become of the command can't be told");
        }
        relay->reported = true;
        relay->rest = REST_BYTES;
}

/* Until the command has ended. Its wait status. */
static int carry(struct relay *relay)
{
        struct terminal *terminal = relay->terminal;

        for (;;) {
                struct pollfd fds[] = {
                        {.fd = relay->signals, .events = POLLIN},
                        {.fd = relay->reported ? -1 : relay->leader.reports, .events = POLLIN},
                        flow_wait(&relay->keys, terminal->taken ? terminal->keys : -1,
                                  terminal->master),
                        flow_wait(&relay->screen, terminal->master, terminal->screen),
                };
                bool rests = relay->reported && is_empty(&relay->screen);

                if (poll(fds, sizeof(fds) / sizeof(fds[0]), rests ? 0 : -1) < 0)
                        continue;
                if (rests && (!fds[3].revents || relay->rest == 0)) {
                        relay->reported = false;
                        if (!WIFSTOPPED(relay->status))
                                return relay->status;
                        follow_stop(relay);
                        continue;
                }
                if (fds[0].revents) {
                        read_signal(relay); /* may change whose the terminal is */
                        continue;
                }
                if (fds[3].revents)
                        move_screen(relay);
                if (fds[2].revents)
                        move_keys(relay);
                if (fds[1].revents)
                        read_report(relay);
        }
}

static int start_and_carry(struct relay *relay, const struct leader_command *command)
{
        bool foreground = terminal_is_alone(relay->terminal) && terminal_take(relay->terminal);
        int status = W_EXITCODE(EXIT_FAULT, 0), r;

        relay->wants_keys = foreground;
        r = leader_start(&relay->leader, relay->terminal, foreground, command);
        if (r == 0)
                status = carry(relay);
        else
                privtmp_say("can't start the command: %s", strerror(-r));
        terminal_give_back(relay->terminal);
        leader_end(&relay->leader);
        return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int relay_run(struct terminal *terminal, int (*start)(void *arg), void *arg)
{
        struct relay relay = {.terminal = terminal, .signals = -EBADF};
        sigset_t all, before;
        /* ignored, as by some who start us, it would not say how the command has ended */
        sighandler_t on_child = signal(SIGCHLD, SIG_DFL);
        const struct leader_command command = {start, arg, &before, on_child};
        int status = EXIT_FAULT;

        (void)sigfillset(&all);
        (void)sigprocmask(SIG_BLOCK, &all, &before);
        relay.signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
        if (relay.signals >= 0)
                status = start_and_carry(&relay, &command);
        else
                privtmp_say("can't start the command: %s", strerror(errno));
        fd_close(relay.signals);
        return status;
}
