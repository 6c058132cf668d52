/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * join: a benchmark of what it saves that a user's sessions share one namespace
 *
 * Opens and closes PAM sessions, each in a process of its own.
 *
 * Open and close, at each number of host mounts, in rounds: a first session and, beside one, a
 * second that joins it, and one that does not.
 *
 * Many sessions of many users, all at once: what one new mount on the host costs, and how much
 * memory a session takes, joined against not joined.
 *
 * A session is kept from joining by taking the records away before it opens. After each open the
 * number of the namespace says whether it has joined; what is not as it should be ends the program
 * with status 1. usage: join [-n ROUNDS] [-s SESSIONS] [-u USERS] [-m MOUNTS] DIR; DIR is root's
 * and empty; the users are bench1, bench2 ... Not a test: run it by `sh tests/bench/join-run`.
 */
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <security/pam_appl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RECORDS "/run/privtmp"

enum {
        ROUNDS_MAX = 10000,
        MOUNT_ROUNDS = 51,
};

static const unsigned long steps[] = {30, 500, 5000}; /* host mounts */

static unsigned long rounds = 100, sessions = 1000, users = 100, many_mounts = 500;
static const char *dir;

static double now(void)
{
        struct timespec t;

        (void)clock_gettime(CLOCK_MONOTONIC, &t);
        return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void write_file(const char *path, const char *text)
{
        FILE *f = fopen(path, "we");

        if (!f || fputs(text, f) < 0 || fclose(f) < 0)
                err(1, "%s", path);
}

static int compare(const void *a, const void *b)
{
        const double *x = a, *y = b;

        return (*x > *y) - (*x < *y);
}

/* Sorts the values. */
static double median(double *values, size_t n)
{
        qsort(values, n, sizeof(*values), compare);
        return values[n / 2];
}

/* ---- login programs ---- */

struct worker {
        pid_t pid;
        int channel;
};

struct answer {
        double took; /* microseconds */
        ino_t ns;    /* the namespace that it is in afterwards */
};

static ino_t own_ns(void)
{
        struct stat st;

        if (stat("/proc/self/ns/mnt", &st) < 0)
                err(1, "/proc/self/ns/mnt");
        return st.st_ino;
}

/* Opens and closes when it is told to. */
static void work(int channel, const char *service, const char *user)
{
        static const struct pam_conv conv = {0};
        struct answer answer;
        char confdir[512], order;
        pam_handle_t *pamh;
        double start;
        int r;

        (void)snprintf(confdir, sizeof(confdir), "%s/pam.d", dir);
        if (pam_start_confdir(service, user, &conv, confdir, &pamh) != PAM_SUCCESS)
                errx(1, "pam_start");
        (void)getpwnam(user); /* loads the name service, as every login program has done */
        for (order = 'r';;) {
                start = now();
                r = order == 'o'   ? pam_open_session(pamh, 0)
                    : order == 'c' ? pam_close_session(pamh, 0)
                                   : PAM_SUCCESS;
                answer.took = now() - start;
                answer.ns = own_ns();
                if (r != PAM_SUCCESS)
                        errx(1, "%s: %c: %s", user, order, pam_strerror(pamh, r));
                if (write(channel, &answer, sizeof(answer)) != sizeof(answer) ||
                    read(channel, &order, 1) != 1)
                        break;
        }
        (void)pam_end(pamh, PAM_SUCCESS);
        _exit(0);
}

static struct answer wait_for(const struct worker *worker)
{
        struct answer answer;

        if (read(worker->channel, &answer, sizeof(answer)) != sizeof(answer))
                errx(1, "a login program has died");
        return answer;
}

static struct answer tell(const struct worker *worker, char order)
{
        if (write(worker->channel, &order, 1) != 1)
                err(1, "a login program does not listen");
        return wait_for(worker);
}

static struct worker start(const char *service, unsigned long user)
{
        struct worker worker;
        char name[32];
        int ends[2];

        (void)snprintf(name, sizeof(name), "bench%lu", user + 1);
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0 ||
            (worker.pid = fork()) < 0)
                err(1, "fork");
        if (worker.pid == 0) {
                (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
                if (dup2(ends[1], STDERR_FILENO + 1) < 0 ||
                    close_range(STDERR_FILENO + 2, ~0U, 0) < 0)
                        err(1, "close_range");
                work(STDERR_FILENO + 1, service, name);
        }
        (void)close(ends[1]);
        worker.channel = ends[0];
        (void)wait_for(&worker);
        return worker;
}

static void end(const struct worker *worker)
{
        (void)close(worker->channel);
        if (waitpid(worker->pid, NULL, 0) != worker->pid)
                err(1, "waitpid");
}

/* Without records there is nothing to be joined. */
static void remove_records(void)
{
        DIR *folder = opendir(RECORDS);

        for (struct dirent *entry; folder && (entry = readdir(folder));)
                if (entry->d_name[0] != '.' && unlinkat(dirfd(folder), entry->d_name, 0) < 0)
                        err(1, RECORDS "/%s", entry->d_name);
        if (folder)
                (void)closedir(folder);
}

static double open_it(const struct worker *worker, ino_t *ns)
{
        struct answer answer = tell(worker, 'o');

        if (answer.ns == own_ns())
                errx(1, "a session has no namespace of its own");
        if (*ns != 0 && answer.ns != *ns)
                errx(1, "a session has not joined the first");
        *ns = answer.ns;
        return answer.took;
}

static double open_apart(const struct worker *worker, ino_t first)
{
        ino_t ns = 0;
        double took;

        remove_records();
        took = open_it(worker, &ns);
        if (ns == first)
                errx(1, "a session has joined the first, without a record");
        return took;
}

static double close_it(const struct worker *worker)
{
        struct answer answer = tell(worker, 'c');

        if (answer.ns != own_ns())
                errx(1, "a session has not come back");
        return answer.took;
}

/* ---- mounts of the host ---- */

static unsigned long count_mounts(void)
{
        FILE *f = fopen("/proc/self/mountinfo", "re");
        unsigned long n = 0;
        int c;

        if (!f)
                err(1, "/proc/self/mountinfo");
        while ((c = getc(f)) != EOF)
                n += c == '\n';
        (void)fclose(f);
        return n;
}

static void mount_one(unsigned long i)
{
        char path[512];

        (void)snprintf(path, sizeof(path), "%s/mounts/%lu", dir, i);
        if ((mkdir(path, 0755) < 0 && errno != EEXIST) ||
            mount(path, path, NULL, MS_BIND, NULL) < 0)
                err(1, "%s", path);
}

static void umount_one(unsigned long i)
{
        char path[512];

        (void)snprintf(path, sizeof(path), "%s/mounts/%lu", dir, i);
        if (umount(path) < 0)
                err(1, "%s", path);
}

static unsigned long extra; /* mounts made here */

/* Makes it that many, as far as there were not more from the begin. */
static void set_mounts(unsigned long wanted)
{
        unsigned long n = count_mounts();

        for (; n < wanted; n++)
                mount_one(extra++);
        for (; n > wanted && extra > 0; n--)
                umount_one(--extra);
}

/* ---- a first session and a second ---- */

enum kind {
        FIRST,
        JOINED,
        APART,
        KINDS
};

static const char *const kinds[] = {"first", "second, joined", "second, apart"};

struct costs {
        double open[KINDS], close[KINDS];
};

/* A first session, and one beside it that does not join. */
static void first_and_apart(double open[KINDS], double close[KINDS])
{
        struct worker first = start("joined", 0), second = start("joined", 0);
        ino_t ns = 0;

        open[FIRST] = open_it(&first, &ns);
        open[APART] = open_apart(&second, ns);
        close[APART] = close_it(&second);
        close[FIRST] = close_it(&first); /* the last one: it ends the instance */
        end(&first);
        end(&second);
}

/*
 * One that joins a first that stays there: what it is like for a host that does not make and
 * destroy thousands of mounts just before.
 */
static void join_and_leave(ino_t ns, double open[KINDS], double close[KINDS])
{
        struct worker second = start("joined", 0);

        open[JOINED] = open_it(&second, &ns);
        close[JOINED] = close_it(&second);
        end(&second);
}

static struct costs measure_rounds(void)
{
        static double open[KINDS][ROUNDS_MAX], close[KINDS][ROUNDS_MAX];
        double one_open[KINDS], one_close[KINDS];
        struct worker first;
        struct costs costs;
        ino_t ns = 0;

        first_and_apart(one_open, one_close); /* to warm up */
        for (unsigned long i = 0; i < rounds; i++) {
                first_and_apart(one_open, one_close);
                open[FIRST][i] = one_open[FIRST];
                open[APART][i] = one_open[APART];
                close[FIRST][i] = one_close[FIRST];
                close[APART][i] = one_close[APART];
        }
        first = start("joined", 0);
        (void)open_it(&first, &ns);
        join_and_leave(ns, one_open, one_close);
        for (unsigned long i = 0; i < rounds; i++) {
                join_and_leave(ns, one_open, one_close);
                open[JOINED][i] = one_open[JOINED];
                close[JOINED][i] = one_close[JOINED];
        }
        (void)close_it(&first);
        end(&first);
        for (enum kind kind = 0; kind < KINDS; kind++) {
                costs.open[kind] = median(open[kind], rounds);
                costs.close[kind] = median(close[kind], rounds);
        }
        return costs;
}

static void measure_open_and_close(void)
{
        const size_t n = sizeof(steps) / sizeof(steps[0]);
        struct costs costs[sizeof(steps) / sizeof(steps[0])];

        printf("open and close, p50 of %lu rounds, microseconds\n\n", rounds);
        printf("%-8s %-16s %8s %8s %8s %8s\n", "mounts", "session", "open", "/ first", "close",
               "/ first");
        for (size_t i = 0; i < n; i++) {
                set_mounts(steps[i]);
                costs[i] = measure_rounds();
                for (enum kind kind = 0; kind < KINDS; kind++)
                        printf("%-8lu %-16s %8.0f %8.2f %8.0f %8.2f\n", count_mounts(), kinds[kind],
                               costs[i].open[kind], costs[i].open[kind] / costs[i].open[FIRST],
                               costs[i].close[kind], costs[i].close[kind] / costs[i].close[FIRST]);
        }
        printf("\nopen of a joined one / of a first, fewest mounts  %8.2f   aim: at most 1\n",
               costs[0].open[JOINED] / costs[0].open[FIRST]);
        printf("open of a joined one, most mounts / fewest        %8.2f   aim: 1\n",
               costs[n - 1].open[JOINED] / costs[0].open[JOINED]);
        printf("open of a first, most mounts / fewest             %8.2f\n",
               costs[n - 1].open[FIRST] / costs[0].open[FIRST]);
        for (size_t i = 0; i < n; i++)
                printf("close of a joined one / of a first, %4lu mounts   %8.2f   aim: at most "
                       "0.5\n",
                       steps[i], costs[i].close[JOINED] / costs[i].close[FIRST]);
        (void)fflush(stdout);
}

/* ---- many sessions ---- */

struct memory {
        double available, slab, mounts; /* KiB; mounts: of all namespaces, a number */
};

/* The number behind the word in that file; 0 where there is none. */
static double number_in(const char *path, const char *word)
{
        FILE *f = fopen(path, "re");
        char line[512];
        double n = 0;

        if (!f)
                return 0;
        while (fgets(line, sizeof(line), f))
                if (strncmp(line, word, strlen(word)) == 0)
                        n = strtod(line + strlen(word), NULL);
        (void)fclose(f);
        return n;
}

static struct memory take_memory(void)
{
        return (struct memory){number_in("/proc/meminfo", "MemAvailable:"),
                               number_in("/proc/meminfo", "SUnreclaim:"),
                               number_in("/proc/slabinfo", "mnt_cache")};
}

/* Microseconds of one new mount on the host. */
static double measure_mount(void)
{
        double times[MOUNT_ROUNDS], before;

        mount_one(extra);
        umount_one(extra);
        for (size_t i = 0; i < MOUNT_ROUNDS; i++) {
                before = now();
                mount_one(extra);
                times[i] = now() - before;
                umount_one(extra);
        }
        return median(times, MOUNT_ROUNDS);
}

struct crowd {
        double mount;
        struct memory each; /* of one session */
};

/* The sessions are not closed: all that they have made is gone with the host. */
static struct crowd measure_crowd(bool joined)
{
        struct worker *workers = calloc(sessions, sizeof(*workers));
        ino_t *ns = calloc(users, sizeof(*ns));
        struct memory before, after;
        struct crowd crowd;

        if (!workers || !ns)
                err(1, "memory");
        remove_records();
        for (unsigned long i = 0; i < sessions; i++)
                workers[i] = start(joined ? "joined" : "apart", i % users);
        before = take_memory();
        for (unsigned long i = 0; i < sessions; i++)
                if (joined)
                        (void)open_it(&workers[i], &ns[i % users]);
                else
                        (void)open_apart(&workers[i], 0);
        after = take_memory();
        crowd.mount = measure_mount();
        crowd.each = (struct memory){(before.available - after.available) / (double)sessions,
                                     (after.slab - before.slab) / (double)sessions,
                                     (after.mounts - before.mounts) / (double)sessions};
        for (unsigned long i = 0; i < sessions; i++)
                if (kill(workers[i].pid, SIGKILL) < 0)
                        err(1, "kill");
        for (unsigned long i = 0; i < sessions; i++)
                end(&workers[i]);
        free(workers);
        free(ns);
        return crowd;
}

static void print_crowd(const char *words, const struct crowd *crowd)
{
        printf("%-12s %14.0f %14.1f %14.1f %14.1f\n", words, crowd->mount, crowd->each.mounts,
               crowd->each.slab, crowd->each.available);
}

static void measure_many(void)
{
        struct crowd alone, joined, apart;

        set_mounts(many_mounts);
        alone = (struct crowd){.mount = measure_mount()};
        joined = measure_crowd(true);
        apart = measure_crowd(false);
        printf("\n%lu sessions of %lu users, %lu host mounts\n\n", sessions, users, count_mounts());
        printf("%-12s %14s %14s %14s %14s\n", "", "one new mount,", "mounts", "slab, KiB",
               "memory, KiB");
        printf("%-12s %14s %14s %14s %14s\n", "", "microseconds", "a session", "a session",
               "a session");
        print_crowd("no sessions", &alone);
        print_crowd("joined", &joined);
        print_crowd("apart", &apart);
        printf("%-12s %14.1f %14.1f %14.1f %14.1f\n", "apart/joined", apart.mount / joined.mount,
               apart.each.mounts / joined.each.mounts, apart.each.slab / joined.each.slab,
               apart.each.available / joined.each.available);
}

/* ---- set-up ---- */

static void make_dir(const char *name)
{
        char path[512];

        (void)snprintf(path, sizeof(path), "%s/%s", dir, name);
        if (mkdir(path, 0755) < 0)
                err(1, "%s", path);
}

/* Each service has a base of its own. */
static void set_up(const char *service)
{
        char path[512], text[1024];

        (void)snprintf(path, sizeof(path), "%s/pam.d/%s", dir, service);
        (void)snprintf(text, sizeof(text), "session required pam_privtmp.so conf=%s/%s.conf\n", dir,
                       service);
        write_file(path, text);
        (void)snprintf(path, sizeof(path), "%s/%s.conf", dir, service);
        (void)snprintf(text, sizeof(text), "/var/lib/privtmp/%s /tmp *\n", service);
        write_file(path, text);
}

int main(int argc, char **argv)
{
        static const char usage[] =
                "usage: join [-n ROUNDS] [-s SESSIONS] [-u USERS] [-m MOUNTS] DIR";
        struct rlimit files;
        int c;

        while ((c = getopt(argc, argv, "n:s:u:m:")) != -1) {
                unsigned long *number = c == 'n'   ? &rounds
                                        : c == 's' ? &sessions
                                        : c == 'u' ? &users
                                                   : &many_mounts;

                if (c == '?' || (*number = strtoul(optarg, NULL, 10)) == 0)
                        errx(2, "%s", usage);
        }
        if (argc - optind != 1 || rounds > ROUNDS_MAX)
                errx(2, "%s", usage);
        dir = argv[optind];
        files.rlim_cur = files.rlim_max = sessions + 64;
        if (setrlimit(RLIMIT_NOFILE, &files) < 0 || chdir("/") < 0)
                err(1, "setrlimit");
        make_dir("pam.d");
        make_dir("mounts");
        set_up("joined");
        set_up("apart");
        measure_open_and_close();
        measure_many();
        return 0;
}
