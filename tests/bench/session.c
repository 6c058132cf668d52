/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * session: a benchmark of what it costs to open and to close one
 *
 * Opens and closes PAM sessions, each in a process of its own, in rounds. Every round does each
 * method once, and the order changes from round to round: each method comes first as often as any
 * other, and after each of the others as often, so that noise hits all of them alike.
 *
 *   bare       the system calls that the job needs, without libpam
 *   permit     pam_permit alone: what libpam itself costs
 *   privtmp    pam_privtmp with a table of one line
 *   noinit     pam_namespace, tmpdir:noinit, unmount_on_close
 *   shipped    pam_namespace, tmpdir, with its namespace.init; in every 7th round only
 *
 * The clock covers pam_open_session and pam_close_session and nothing else: pam_start (and with it
 * dlopen) and the first look-up of the user lie outside, as in every login program. All methods
 * keep their directories on one file system, the one that holds DIR.
 *
 * The program MUST NOT measure something that did nothing: after an open, /tmp is another
 * directory, a mount from DIR's file system, and has the flags if the method can give any; after a
 * close that promises removal, the method's folder holds as many entries as before. Whatever fails
 * ends the program with status 1. It MUST NOT write anywhere but below DIR (what a module writes is
 * up to the module): /etc/security/namespace.conf has to be a link to DIR/namespace.conf.
 *
 * Not a test: nothing here fails for being slow. Run it by `sh tests/bench/run`.
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* the new mount calls, statx */
#endif

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <sched.h>
#include <security/pam_appl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS_MAX    100000UL
#define PROCESSES_MAX 10000UL
#define GROUPS_MAX    1024
/* No divisor in common with the rounds after which the order comes again: shipped meets all. */
#define SHIPPED_EVERY 7UL
/* An open or close that takes this long hangs. */
#define PATIENCE_SEC 60U

enum kind {
        BARE,
        PERMIT,
        PRIVTMP,
        NOINIT,
        SHIPPED,
        KINDS
};

static const struct method {
        const char *name; /* also the PAM service, and the method's folder below DIR */
        bool covers;      /* after an open /tmp is another directory, and a mount */
        bool flags;       /* ... with noexec, nosuid and nodev */
        bool removes;     /* after a close nothing is left */
} methods[KINDS] = {
        [BARE] = {.name = "bare", .covers = true, .flags = true, .removes = true},
        [PERMIT] = {.name = "permit", .removes = true},
        [PRIVTMP] = {.name = "privtmp", .covers = true, .flags = true, .removes = true},
        [NOINIT] = {.name = "noinit", .covers = true, .removes = true},
        [SHIPPED] = {.name = "shipped", .covers = true},
};

struct bench {
        const char *dir;
        const char *user;
        const char *module; /* pam_privtmp.so as in a pam.d line, or NULL: without that method */
        bool namespace;     /* with the two methods of pam_namespace */
        unsigned long rounds;
        unsigned long processes;
};

struct sample { /* microseconds */
        double open;
        double close;
};

struct series {
        struct sample *samples; /* room for one per round */
        size_t n;
};

/* What a process holds from open to close. */
struct held {
        gid_t gid;
        pam_handle_t *pamh;
        char instance[PATH_MAX]; /* of bare */
};

static void __attribute__((format(printf, 2, 3)))
format(char ret_text[PATH_MAX], const char *how, ...)
{
        va_list arguments;
        int n;

        va_start(arguments, how);
        n = vsnprintf(ret_text, PATH_MAX, how, arguments);
        va_end(arguments);
        if (n < 0 || n >= PATH_MAX)
                errx(1, "%s...: too long", ret_text);
}

static void write_file(const char *path, const char *text)
{
        FILE *f = fopen(path, "we");

        if (!f || fputs(text, f) < 0 || fclose(f) < 0)
                err(1, "%s", path);
}

static double now(void)
{
        struct timespec t;

        if (clock_gettime(CLOCK_MONOTONIC, &t) < 0)
                err(1, "clock_gettime");
        return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* ---- the bare calls ---- */

static void bare_open(struct held *h)
{
        struct mount_attr slave = {.propagation = MS_SLAVE};
        struct mount_attr flags = {
                .attr_set = MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV,
                .propagation = MS_PRIVATE,
        };
        int fd;

        if (unshare(CLONE_NEWNS) < 0)
                err(1, "unshare");
        if (mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &slave, sizeof(slave)) < 0)
                err(1, "mount_setattr /");
        if (mkdir(h->instance, 0700) < 0)
                err(1, "mkdir %s", h->instance);
        if (chown(h->instance, 0, h->gid) < 0)
                err(1, "chown %s", h->instance);
        fd = open_tree(AT_FDCWD, h->instance, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
        if (fd < 0)
                err(1, "open_tree %s", h->instance);
        if (mount_setattr(fd, "", AT_EMPTY_PATH, &flags, sizeof(flags)) < 0)
                err(1, "mount_setattr");
        if (move_mount(fd, "", AT_FDCWD, "/tmp", MOVE_MOUNT_F_EMPTY_PATH) < 0)
                err(1, "move_mount");
        if (close(fd) < 0)
                err(1, "close");
}

static void bare_close(const struct held *h)
{
        if (umount2("/tmp", 0) < 0)
                err(1, "umount /tmp");
        if (rmdir(h->instance) < 0)
                err(1, "rmdir %s", h->instance);
}

/* ---- one session, in a process of its own ---- */

static int no_conversation(int n, const struct pam_message **messages,
                           struct pam_response **ret_responses, void *data)
{
        (void)n;
        (void)messages;
        (void)ret_responses;
        (void)data;
        return PAM_CONV_ERR;
}

static void must(const struct held *h, const char *what, int r)
{
        if (r != PAM_SUCCESS)
                errx(1, "%s: %s", what, pam_strerror(h->pamh, r));
}

/* What every login program has done before it opens a session: loads the name service. */
static gid_t look_up(const char *user)
{
        gid_t groups[GROUPS_MAX];
        int n = GROUPS_MAX;
        const struct passwd *pw = getpwnam(user);

        if (!pw)
                errx(1, "no user %s", user);
        if (getgrouplist(user, pw->pw_gid, groups, &n) < 0)
                errx(1, "%s: too many groups", user);
        return pw->pw_gid;
}

static void prepare(const struct bench *b, enum kind kind, struct held *ret_held)
{
        static const struct pam_conv conversation = {no_conversation, NULL};
        char path[PATH_MAX], text[PATH_MAX];

        ret_held->gid = look_up(b->user);
        if (kind == BARE) {
                format(ret_held->instance, "%s/bare/%d", b->dir, (int)getpid());
                return;
        }
        if (kind == NOINIT || kind == SHIPPED) {
                format(path, "%s/namespace.conf", b->dir);
                format(text, "/tmp %s/%s/ tmpdir%s root\n", b->dir, methods[kind].name,
                       kind == NOINIT ? ":noinit" : "");
                write_file(path, text);
        }
        format(path, "%s/pam.d", b->dir);
        must(ret_held, "pam_start",
             pam_start_confdir(methods[kind].name, b->user, &conversation, path, &ret_held->pamh));
}

static struct stat status(const char *path)
{
        struct stat st;

        if (stat(path, &st) < 0)
                err(1, "%s", path);
        return st;
}

/* Dies unless the open has done what the method promises. */
static void check_cover(const struct bench *b, const struct method *m, const struct stat *before)
{
        const unsigned long flags = ST_NOEXEC | ST_NOSUID | ST_NODEV;
        const struct stat after = status("/tmp");
        struct statvfs vfs;
        struct statx x;

        if (statvfs("/tmp", &vfs) < 0 || statx(AT_FDCWD, "/tmp", 0, 0, &x) < 0)
                err(1, "/tmp");
        if (m->covers != (after.st_dev != before->st_dev || after.st_ino != before->st_ino))
                errx(1, "open left /tmp %s", m->covers ? "as it was" : "changed");
        if (m->covers && !(x.stx_attributes & STATX_ATTR_MOUNT_ROOT))
                errx(1, "/tmp is no mount after open");
        if (m->covers && after.st_dev != status(b->dir).st_dev)
                errx(1, "/tmp is on another file system than %s after open", b->dir);
        if (m->flags && (vfs.f_flag & flags) != flags)
                errx(1, "/tmp lacks noexec, nosuid or nodev after open");
}

static struct sample one_session(const struct bench *b, enum kind kind)
{
        struct held held = {0};
        struct sample sample;
        struct stat before;
        double t0, t1;

        (void)alarm(PATIENCE_SEC); /* cannot fail */
        prepare(b, kind, &held);
        before = status("/tmp");

        t0 = now();
        if (kind == BARE)
                bare_open(&held);
        else
                must(&held, "pam_open_session", pam_open_session(held.pamh, 0));
        t1 = now();
        sample.open = t1 - t0;

        check_cover(b, &methods[kind], &before);

        t0 = now();
        if (kind == BARE)
                bare_close(&held);
        else
                must(&held, "pam_close_session", pam_close_session(held.pamh, 0));
        t1 = now();
        sample.close = t1 - t0;

        if (kind != BARE)
                must(&held, "pam_end", pam_end(held.pamh, PAM_SUCCESS));
        return sample;
}

/* ---- rounds ---- */

static size_t entries; /* nftw() hands nothing through to its callback */

static int count_entry(const char *path, const struct stat *st, int type, struct FTW *where)
{
        (void)path;
        (void)st;
        (void)where;
        entries++;
        return type == FTW_DNR || type == FTW_NS ? -1 : 0;
}

static size_t count_entries(const struct bench *b, const struct method *m)
{
        char path[PATH_MAX];

        format(path, "%s/%s", b->dir, m->name);
        entries = 0;
        if (nftw(path, count_entry, 16, FTW_PHYS) != 0)
                errx(1, "can't count what is in %s", path);
        return entries;
}

static struct sample fresh_process(const struct bench *b, enum kind kind)
{
        struct sample sample;
        int fds[2], wstatus;
        pid_t pid;
        ssize_t n;

        if (pipe(fds) < 0)
                err(1, "pipe");
        pid = fork();
        if (pid < 0)
                err(1, "fork");
        if (pid == 0) {
                sample = one_session(b, kind);
                _exit(write(fds[1], &sample, sizeof(sample)) == (ssize_t)sizeof(sample) ? 0 : 1);
        }
        (void)close(fds[1]); /* a pipe that nothing was written to */
        n = read(fds[0], &sample, sizeof(sample));
        (void)close(fds[0]); /* only read from */
        if (waitpid(pid, &wstatus, 0) != pid)
                err(1, "waitpid");
        if (wstatus != 0 || n != (ssize_t)sizeof(sample))
                errx(1, "method %s failed (wait status %#x)", methods[kind].name,
                     (unsigned)wstatus);
        return sample;
}

static bool is_wanted(const struct bench *b, enum kind kind)
{
        if (kind == PRIVTMP)
                return b->module != NULL;
        return kind < NOINIT || b->namespace;
}

static void round_of_all(const struct bench *b, struct series series[KINDS], unsigned long round)
{
        /* Every step from 1 to KINDS - 1 passes through all kinds, since their number is prime. */
        const unsigned long step = 1 + round / KINDS % (KINDS - 1);

        for (unsigned long i = 0; i < KINDS; i++) {
                enum kind kind = (enum kind)((round + i * step) % KINDS);
                struct series *s = &series[kind];
                size_t before;

                if (!is_wanted(b, kind) || (kind == SHIPPED && round % SHIPPED_EVERY != 0))
                        continue;
                before = count_entries(b, &methods[kind]);
                s->samples[s->n++] = fresh_process(b, kind);
                /* The very first session may make what stays: base, record folder, trash. */
                if (round > 0 && methods[kind].removes &&
                    count_entries(b, &methods[kind]) != before)
                        errx(1, "close of method %s left something in %s/%s, round %lu",
                             methods[kind].name, b->dir, methods[kind].name, round);
        }
}

/* Processes that do nothing, for what a close has to look through on a host that is in use. */
static void start_idle(const struct bench *b, pid_t *ret_pids)
{
        for (unsigned long i = 0; i < b->processes; i++) {
                ret_pids[i] = fork();
                if (ret_pids[i] < 0)
                        err(1, "fork");
                if (ret_pids[i] == 0) {
                        if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
                                _exit(1);
                        for (;;)
                                (void)pause(); /* until killed */
                }
        }
}

static void stop_idle(const struct bench *b, const pid_t *pids)
{
        for (unsigned long i = 0; i < b->processes; i++)
                if (kill(pids[i], SIGKILL) < 0 || waitpid(pids[i], NULL, 0) != pids[i])
                        err(1, "can't end process %d", (int)pids[i]);
}

/* ---- what is printed ---- */

static int compare(const void *a, const void *b)
{
        const double *x = a, *y = b;

        return (*x > *y) - (*x < *y);
}

/* Nearest rank. Sorts values. */
static double percentile(double *values, size_t n, size_t p)
{
        qsort(values, n, sizeof(*values), compare);
        return values[(n * p + 99) / 100 - 1];
}

static void print_series(const char *name, const struct series *s, struct sample *ret_p50)
{
        double *open = calloc(s->n, sizeof(*open)), *close = calloc(s->n, sizeof(*close));

        if (!open || !close)
                errx(1, "out of memory");
        for (size_t i = 0; i < s->n; i++) {
                open[i] = s->samples[i].open;
                close[i] = s->samples[i].close;
        }
        *ret_p50 = (struct sample){percentile(open, s->n, 50), percentile(close, s->n, 50)};
        printf("%-10s %5zu  %8.0f %8.0f %8.0f  %8.0f %8.0f %8.0f\n", name, s->n,
               percentile(open, s->n, 10), ret_p50->open, percentile(open, s->n, 99),
               percentile(close, s->n, 10), ret_p50->close, percentile(close, s->n, 99));
        free(open);
        free(close);
}

static void print_ratio(const char *what, double open, double close, const char *aim)
{
        printf("%-34s %8.2f %8.2f%s\n", what, open, close, aim);
}

static void print_ratios(const struct bench *b, const struct sample p50[KINDS])
{
        const struct sample bare = p50[BARE];
        const struct sample sum = {bare.open + p50[PERMIT].open, bare.close + p50[PERMIT].close};

        printf("\n%-34s %8s %8s\n", "ratios at p50", "open", "close");
        if (is_wanted(b, PRIVTMP))
                print_ratio("privtmp / (bare + permit)", p50[PRIVTMP].open / sum.open,
                            p50[PRIVTMP].close / sum.close, "   aim: open at most 2.20");
        for (enum kind kind = NOINIT; kind < KINDS; kind++) {
                char what[PATH_MAX];

                if (!is_wanted(b, kind))
                        continue;
                format(what, "%s / bare", methods[kind].name);
                print_ratio(what, p50[kind].open / bare.open, p50[kind].close / bare.close, "");
                format(what, "%s / (bare + permit)", methods[kind].name);
                print_ratio(what, p50[kind].open / sum.open, p50[kind].close / sum.close, "");
        }
}

static void print_table(const struct bench *b, const struct series series[KINDS])
{
        struct sample p50[KINDS] = {0};

        printf("%-10s %5s  %26s  %26s\n", "", "", "open, microseconds", "close, microseconds");
        printf("%-10s %5s  %8s %8s %8s  %8s %8s %8s\n", "method", "n", "p10", "p50", "p99", "p10",
               "p50", "p99");
        for (enum kind kind = 0; kind < KINDS; kind++)
                if (is_wanted(b, kind))
                        print_series(methods[kind].name, &series[kind], &p50[kind]);
        print_ratios(b, p50);
        if (fflush(stdout) != 0)
                err(1, "stdout");
}

/* ---- set-up ---- */

static void write_service(const struct bench *b, enum kind kind, const char *module_and_arguments)
{
        char path[PATH_MAX], text[PATH_MAX];

        format(path, "%s/pam.d/%s", b->dir, methods[kind].name);
        format(text, "session required %s\n", module_and_arguments);
        write_file(path, text);
}

static void make_dir(const struct bench *b, const char *name, mode_t mode)
{
        char path[PATH_MAX];

        format(path, "%s/%s", b->dir, name);
        if (mkdir(path, mode) < 0 || chmod(path, mode) < 0)
                err(1, "mkdir %s", path);
}

static void set_up_privtmp(const struct bench *b)
{
        char path[PATH_MAX], text[PATH_MAX];

        format(path, "%s/privtmp.conf", b->dir);
        format(text, "%s/privtmp /tmp * noexec,nosuid,nodev\n", b->dir);
        write_file(path, text);
        format(text, "%s conf=%s", b->module, path);
        write_service(b, PRIVTMP, text);
}

/* Only where somebody else has made the link: a host that can be thrown away. */
static void check_namespace_conf(const struct bench *b)
{
        const char *path = "/etc/security/namespace.conf";
        char is[PATH_MAX], should[PATH_MAX];
        ssize_t n = readlink(path, is, sizeof(is));

        format(should, "%s/namespace.conf", b->dir);
        if (n < 0 || (size_t)n != strlen(should) || memcmp(is, should, (size_t)n) != 0)
                errx(1, "%s is no link to %s", path, should);
}

static void set_up(const struct bench *b)
{
        make_dir(b, "pam.d", 0755);
        make_dir(b, "bare", 0700);
        make_dir(b, "permit", 0700);
        write_service(b, PERMIT, "pam_permit.so");
        if (is_wanted(b, PRIVTMP)) {
                make_dir(b, "privtmp", 0700);
                set_up_privtmp(b);
        }
        if (b->namespace) {
                check_namespace_conf(b);
                /* pam_namespace insists on mode 0000. */
                make_dir(b, "noinit", 0);
                make_dir(b, "shipped", 0);
                write_service(b, NOINIT, "pam_namespace.so unmount_on_close");
                write_service(b, SHIPPED, "pam_namespace.so");
        }
}

static void run(const struct bench *b)
{
        struct series series[KINDS];
        pid_t *idle = calloc(b->processes + 1, sizeof(*idle));

        if (!idle)
                errx(1, "out of memory");
        for (enum kind kind = 0; kind < KINDS; kind++) {
                series[kind].samples = calloc(b->rounds + 1, sizeof(*series[kind].samples));
                if (!series[kind].samples)
                        errx(1, "out of memory");
        }
        start_idle(b, idle);

        /* One round to warm up: it makes what stays and fills the caches. */
        round_of_all(b, series, 0);
        for (enum kind kind = 0; kind < KINDS; kind++)
                series[kind].n = 0;
        for (unsigned long round = 1; round <= b->rounds; round++)
                round_of_all(b, series, round);

        stop_idle(b, idle);
        print_table(b, series);
        free(idle);
        for (enum kind kind = 0; kind < KINDS; kind++)
                free(series[kind].samples);
}

static void __attribute__((noreturn)) usage(void)
{
        (void)fputs("usage: session [-n ROUNDS] [-p PROCESSES] [-m MODULE] [-s] DIR USER\n"
                    "  -n  rounds, 7 or more (300)\n"
                    "  -p  idle processes beside it (100)\n"
                    "  -m  measure this module, named as in a pam.d file, as pam_privtmp\n"
                    "  -s  measure pam_namespace too\n"
                    "DIR is root's, without anything of ours; for a host to be thrown away\n",
                    stderr);
        exit(2);
}

static unsigned long number(const char *text, unsigned long min, unsigned long max)
{
        char *end;
        unsigned long n;

        errno = 0;
        n = strtoul(text, &end, 10);
        if (errno != 0 || end == text || *end != '\0' || *text == '-' || n < min || n > max)
                usage();
        return n;
}

int main(int argc, char **argv)
{
        struct bench b = {.rounds = 300, .processes = 100};
        int c;

        while ((c = getopt(argc, argv, "n:p:m:s")) != -1) {
                if (c == 'n')
                        b.rounds = number(optarg, SHIPPED_EVERY, ROUNDS_MAX);
                else if (c == 'p')
                        b.processes = number(optarg, 0, PROCESSES_MAX);
                else if (c == 'm')
                        b.module = optarg;
                else if (c == 's')
                        b.namespace = true;
                else
                        usage();
        }
        if (argc - optind != 2)
                usage();
        b.dir = argv[optind];
        b.user = argv[optind + 1];
        if (b.dir[0] != '/')
                errx(2, "DIR is an absolute path");
        if (geteuid() != 0)
                errx(1, "sessions are opened by root");
        (void)umask(022); /* cannot fail */
        /* where sshd, login and cron are when they open a session */
        if (chdir("/") < 0)
                err(1, "chdir /");
        set_up(&b);
        run(&b);
        return 0;
}
