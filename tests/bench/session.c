/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * session: a benchmark of what it costs to open and to close one
 *
 * Opens and closes PAM sessions, each in a process of its own, in rounds. Every round does each
 * method once, and the order changes from round to round: each method comes first as often as any
 * other, and after each of the others as often, so that noise hits all of them alike.
 *
 *   bare         the system calls that the job needs, without libpam
 *   permit       pam_permit alone: what libpam itself costs
 *   privtmp      pam_privtmp with the first line of the shipped table
 *   end=close    the same with end=close: nobody is looked for at the end
 *   keep=        the same with keep=1d: what the session before has left is used again
 *   tmpfs        the same in memory
 *   joined       the same as privtmp, while another session of the user's is open
 *   older        another pam_privtmp, as privtmp
 *   noinit       pam_namespace, tmpdir:noinit, unmount_on_close
 *   shipped      pam_namespace, tmpdir, with its namespace.init; in every 7th round only
 *   tmpdir       libpam-tmpdir: no mount, TMPDIR only
 *
 * The clock covers pam_open_session and pam_close_session and nothing else: pam_start (and with it
 * dlopen) and the first look-up of the user lie outside, as in every login program. All methods but
 * tmpfs and tmpdir keep their directories on one file system, the one that holds DIR.
 *
 * The program MUST NOT measure something that did nothing: after an open, /tmp is another
 * directory, a mount from DIR's file system, and has the flags if the method can give any; after a
 * close that promises removal, the method's folder holds as many entries as before, else it is
 * said. Whatever fails ends the program with status 1. It MUST NOT write anywhere but below DIR
 * (what a module writes is up to the module): /etc/security/namespace.conf has to be a link to
 * DIR/namespace.conf.
 *
 * Not a test: nothing here fails for being slow. Run it by `sh tests/bench/run`.
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* the new mount calls, statx */
#endif

#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/crowd.h"
#include "bench/methods.h"
#include "bench/stats.h"

#define ROUNDS_MAX  100000UL
#define CROWD_MAX   20000UL
#define ENTRIES_MAX 1000000UL
/* No divisor in common with the rounds after which the order comes again: shipped meets all. */
#define SHIPPED_EVERY 7UL
/* An open or close that takes this long hangs. */
#define PATIENCE_SEC 60U

/* Microseconds of each round; NAN where there was none. */
struct series {
        double *open, *close;
        unsigned long left; /* rounds whose close promises removal, and left something */
};

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

static void prepare(const struct bench *b, enum kind kind, struct held *held)
{
        if (kind == BARE) {
                held->gid = look_up(b->user);
                format(held->instance, "%s/bare/%d", b->dir, (int)getpid());
                return;
        }
        start(b, methods[kind].name, b->user, held);
}

static struct stat status(const char *path)
{
        struct stat st;

        if (stat(path, &st) < 0)
                err(1, "%s", path);
        return st;
}

/* Dies unless the open has done what the method promises. */
static void check_cover(const struct bench *b, enum kind kind, const struct stat *before)
{
        const unsigned long flags = ST_NOEXEC | ST_NOSUID | ST_NODEV;
        const struct method *m = &methods[kind];
        const struct stat after = status("/tmp");
        struct statvfs vfs;
        struct statx x;

        if (statvfs("/tmp", &vfs) < 0 || statx(AT_FDCWD, "/tmp", 0, 0, &x) < 0)
                err(1, "/tmp");
        if (m->covers != (after.st_dev != before->st_dev || after.st_ino != before->st_ino))
                errx(1, "%s: open left /tmp %s", m->name, m->covers ? "as it was" : "changed");
        if (m->covers && !(x.stx_attributes & STATX_ATTR_MOUNT_ROOT))
                errx(1, "%s: /tmp is no mount after open", m->name);
        if (m->covers && kind != MEMORY && after.st_dev != status(b->dir).st_dev)
                errx(1, "%s: /tmp is on another file system than %s after open", m->name, b->dir);
        if (m->flags && (vfs.f_flag & flags) != flags)
                errx(1, "%s: /tmp lacks noexec, nosuid or nodev after open", m->name);
}

static void leave_entries(unsigned long n)
{
        char path[64];

        for (unsigned long i = 0; i < n; i++) {
                (void)snprintf(path, sizeof(path), "/tmp/%lu", i);
                write_file(path, "");
        }
}

static void one_session(const struct bench *b, enum kind kind, double times[2])
{
        struct held held = {0};
        struct stat before;
        double begin;

        (void)alarm(PATIENCE_SEC); /* cannot fail */
        prepare(b, kind, &held);
        before = status("/tmp");

        begin = now();
        if (kind == BARE)
                bare_open(&held);
        else
                must(&held, "pam_open_session", pam_open_session(held.pamh, 0));
        times[0] = now() - begin;

        check_cover(b, kind, &before);
        if (methods[kind].module == PAM_PRIVTMP)
                leave_entries(b->entries);

        begin = now();
        if (kind == BARE)
                bare_close(&held);
        else
                must(&held, "pam_close_session", pam_close_session(held.pamh, 0));
        times[1] = now() - begin;

        if (kind != BARE)
                must(&held, "pam_end", pam_end(held.pamh, PAM_SUCCESS));
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

static size_t count_entries(const struct bench *b, enum kind kind)
{
        char path[PATH_MAX];

        format(path, "%s/%s", b->dir, methods[kind].name);
        entries = 0;
        if (nftw(path, count_entry, 16, FTW_PHYS) != 0)
                errx(1, "can't count what is in %s", path);
        return entries;
}

static void fresh_process(const struct bench *b, enum kind kind, double times[2])
{
        const ssize_t size = 2 * sizeof(double);
        int fds[2], wstatus;
        pid_t pid;
        ssize_t n;

        if (pipe(fds) < 0)
                err(1, "pipe");
        pid = fork();
        if (pid < 0)
                err(1, "fork");
        if (pid == 0) {
                one_session(b, kind, times);
                _exit(write(fds[1], times, (size_t)size) == size ? 0 : 1);
        }
        (void)close(fds[1]); /* a pipe that nothing was written to */
        n = read(fds[0], times, (size_t)size);
        (void)close(fds[0]); /* only read from */
        if (waitpid(pid, &wstatus, 0) != pid)
                err(1, "waitpid");
        if (wstatus != 0 || n != size)
                errx(1, "method %s failed (wait status %#x)", methods[kind].name,
                     (unsigned)wstatus);
}

/* Round 0 warms up: it makes what stays and fills the caches. */
static void round_of_all(const struct bench *b, struct series series[KINDS], unsigned long round)
{
        /* Every step from 1 to KINDS - 1 passes through all kinds, since their number is prime. */
        const unsigned long step = 1 + round / KINDS % (KINDS - 1);

        for (unsigned long i = 0; i < KINDS; i++) {
                enum kind kind = (enum kind)((round + i * step) % KINDS);
                struct series *s = &series[kind];
                double times[2] = {NAN, NAN};
                size_t before;

                if (!is_wanted(b, kind))
                        continue;
                if (kind != SHIPPED || round % SHIPPED_EVERY == 0) {
                        before = count_entries(b, kind);
                        fresh_process(b, kind, times);
                        if (round > 0 && b->entries == 0 && methods[kind].removes)
                                s->left += count_entries(b, kind) > before;
                }
                if (round > 0) {
                        s->open[round - 1] = times[0];
                        s->close[round - 1] = times[1];
                }
        }
}

/* ---- what is beside them ---- */

/* Returns how many processes are there. */
static size_t start_crowd(const struct bench *b, pid_t *ret_pids)
{
        struct session_of others = {b, "others", b->other};
        struct session_of first = {b, methods[JOINED].name, b->user};
        size_t n = 0;

        crowd_mount(b->mounts);
        for (unsigned long i = 0; i < b->processes; i++)
                ret_pids[n++] = crowd_start(NULL, NULL);
        for (unsigned long i = 0; i < b->namespaces; i++)
                ret_pids[n++] = crowd_start(crowd_leave, NULL);
        for (unsigned long i = 0; i < b->sessions; i++)
                ret_pids[n++] = crowd_start(begin_session, &others);
        if (is_wanted(b, JOINED))
                ret_pids[n++] = crowd_start(begin_session, &first);
        return n;
}

/* ---- what is printed ---- */

static void print_half(const double *values, const double *sum, size_t n)
{
        struct spread s = spread_of(values, n), r = ratio_of(values, sum, n);

        printf(" %7.0f %7.0f %7.0f %8.0f %6.2f (%.2f to %.2f)", s.p25, s.p50, s.p75, s.p99, r.p50,
               r.p25, r.p75);
}

static void write_data(const struct bench *b, enum kind kind, const struct series *s, FILE *data)
{
        const struct spread open = spread_of(s->open, b->rounds);
        const struct spread close = spread_of(s->close, b->rounds);

        fprintf(data, "%s\"%s\" %.1f %.1f %.1f %.1f %.1f %.1f %.1f %.1f\n", b->text,
                methods[kind].name, open.p25, open.p50, open.p75, open.p99, close.p25, close.p50,
                close.p75, close.p99);
}

static void print_table(const struct bench *b, const struct series series[KINDS])
{
        FILE *data = b->data ? fopen(b->data, "ae") : NULL;
        double *open = calloc(b->rounds, sizeof(*open)), *close = calloc(b->rounds, sizeof(*close));

        if (!open || !close || (b->data && !data))
                err(1, "%s", b->data ? b->data : "memory");
        for (unsigned long i = 0; i < b->rounds; i++) {
                open[i] = series[BARE].open[i] + series[PERMIT].open[i];
                close[i] = series[BARE].close[i] + series[PERMIT].close[i];
        }
        printf("%-10s %54s   %54s\n", "", "open, microseconds       times (bare + permit)",
               "close, microseconds      times (bare + permit)");
        for (int i = 0; i < 2; i++)
                printf("%*s %7s %7s %7s %8s %6s %-15s", i == 0 ? 10 : 0, "", "p25", "p50", "p75",
                       "p99", "p50", "(quartiles)");
        puts("");
        for (enum kind kind = 0; kind < KINDS; kind++) {
                if (!is_wanted(b, kind))
                        continue;
                printf("%-10s", methods[kind].name);
                print_half(series[kind].open, open, b->rounds);
                printf("  ");
                print_half(series[kind].close, close, b->rounds);
                if (series[kind].left > 0)
                        printf("  left something in %lu rounds", series[kind].left);
                puts("");
                if (data)
                        write_data(b, kind, &series[kind], data);
        }
        if (fflush(stdout) != 0 || (data && fclose(data) != 0))
                err(1, "output");
        free(open);
        free(close);
}

static void run(const struct bench *b)
{
        struct series series[KINDS] = {0};
        pid_t *crowd = calloc(b->processes + b->namespaces + b->sessions + 1, sizeof(*crowd));
        size_t n;

        for (enum kind kind = 0; kind < KINDS; kind++) {
                series[kind].open = calloc(b->rounds, sizeof(double));
                series[kind].close = calloc(b->rounds, sizeof(double));
                if (!crowd || !series[kind].open || !series[kind].close)
                        errx(1, "out of memory");
        }
        n = start_crowd(b, crowd);
        for (unsigned long round = 0; round <= b->rounds; round++)
                round_of_all(b, series, round);
        while (n > 0)
                crowd_end(crowd[--n]);
        print_table(b, series);
        free(crowd);
        for (enum kind kind = 0; kind < KINDS; kind++) {
                free(series[kind].open);
                free(series[kind].close);
        }
}

static void __attribute__((noreturn)) usage(void)
{
        (void)fputs(
                "usage: session [-n ROUNDS] [-p PROCESSES] [-u NAMESPACES] [-s SESSIONS] [-M "
                "MOUNTS]\n"
                "               [-e ENTRIES] [-l LINES] [-g GROUPS] [-k METHOD,...]\n"
                "               [-m MODULE] [-o OLDER] [-NT] [-d DATA [-t TEXT]] DIR USER OTHER\n"
                "  -n  rounds, 7 or more (300)\n"
                "  -p  idle processes beside it (100)\n"
                "  -u  namespaces of services beside it, with a process in each\n"
                "  -s  sessions of OTHER beside it, each in a namespace of its own\n"
                "  -M  mounts more on the host\n"
                "  -e  entries that a session leaves in /tmp\n"
                "  -l  lines more in the table, for users; -g: for groups\n"
                "  -k  these methods only, beside bare and permit\n"
                "  -m  measure this module, named as in a pam.d file; -o: and an older one\n"
                "  -N  measure pam_namespace too; -T: libpam-tmpdir\n"
                "  -d  append figures there, behind TEXT\n"
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

static void read_option(struct bench *b, int c)
{
        switch (c) {
        case 'n':
                b->rounds = number(optarg, SHIPPED_EVERY, ROUNDS_MAX);
                break;
        case 'p':
                b->processes = number(optarg, 0, CROWD_MAX);
                break;
        case 'u':
                b->namespaces = number(optarg, 0, CROWD_MAX);
                break;
        case 's':
                b->sessions = number(optarg, 0, CROWD_MAX);
                break;
        case 'M':
                b->mounts = number(optarg, 0, CROWD_MAX);
                break;
        case 'e':
                b->entries = number(optarg, 0, ENTRIES_MAX);
                break;
        case 'l':
                b->lines = number(optarg, 0, ENTRIES_MAX);
                break;
        case 'g':
                b->groups = number(optarg, 0, ENTRIES_MAX);
                break;
        case 'k':
                b->only = optarg;
                break;
        case 'm':
                b->module = optarg;
                break;
        case 'o':
                b->older = optarg;
                break;
        case 'N':
                b->namespace = true;
                break;
        case 'T':
                b->tmpdir = true;
                break;
        case 'd':
                b->data = optarg;
                break;
        case 't':
                b->text = optarg;
                break;
        default:
                usage();
        }
}

int main(int argc, char **argv)
{
        struct bench b = {.rounds = 300, .processes = 100, .text = ""};
        int c;

        while ((c = getopt(argc, argv, "n:p:u:s:M:e:l:g:k:m:o:NTd:t:")) != -1)
                read_option(&b, c);
        if (argc - optind != 3)
                usage();
        b.dir = argv[optind];
        b.user = argv[optind + 1];
        b.other = argv[optind + 2];
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
