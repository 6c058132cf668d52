/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Random steps with a line in memory, which has shares and limits, beside one on disk that keeps:
 * sessions are opened, nested and closed, processes outlive them and are killed, the command
 * cleans, the table and what is shared change. After each step each process sees what it saw
 * before; each login finds what any process of its user has kept in memory, and what is kept on the
 * disk, has the limit of the table, and the share as it is now; what clean leaves is in use.
 *
 * Environment: as random.c. In a throw-away host.
 */
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <sys/statfs.h>

#include "kit/pam-login.h"
#include "random/request.h"

enum {
        STEPS = 6000,
        TIMEOUT = 1200, /* seconds, for a slow machine */
        USERS = 2,
        PROCESSES = 16,
        HISTORY = 20,
        WORDS = 200,
};

static const char *const users[USERS] = {"alice", "bob"};

/* What a directory of the user's is: told by the number in its file; 0: it is the system's. */
enum what {
        MEMORY,
        DISK,
        WHATS,
};
static const char *const directories[WHATS] = {"/tmp", "/srv/disk"};

struct process {
        bool there;
        struct login login;     /* channel -1: another program, that only stays */
        struct process *parent; /* who is to end it; NULL: the test */
        bool has_session;
        unsigned user; /* whose are the directories that it sees */
        unsigned sees[WHATS];
};

static struct process processes[PROCESSES];
static unsigned kept_on_disk[USERS]; /* found again although nobody uses it */
static unsigned last_number;         /* of a directory */

/* The table, and what is shared. */
static unsigned megabytes = 1, share_version; /* 0: it is not there */
static bool shares, keeps;

static uint64_t seed, dice;
static unsigned long n_steps = STEPS, step, opens, finds, nests, all_ends;
static char history[HISTORY][WORDS];

static unsigned roll(unsigned n)
{
        uint64_t x = dice += 0x9e3779b97f4a7c15;

        x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
        x = (x ^ x >> 27) * 0x94d049bb133111eb;
        return (unsigned)((x ^ x >> 31) % n);
}

static void say(const char *format, ...) __attribute__((__format__(__printf__, 1, 2)));
static void say(const char *format, ...)
{
        char *words = history[step % HISTORY];
        size_t used = strlen(words);
        va_list arguments;

        va_start(arguments, format);
        (void)vsnprintf(words + used, WORDS - used, format, arguments);
        va_end(arguments);
}

/* The test fails, with the last steps. */
static void wrong(const char *format, ...) __attribute__((__format__(__printf__, 1, 2), noreturn));
static void wrong(const char *format, ...)
{
        char words[WORDS];
        va_list arguments;

        va_start(arguments, format);
        (void)vsnprintf(words, sizeof(words), format, arguments);
        va_end(arguments);
        for (unsigned long i = step < HISTORY ? 1 : step - HISTORY + 1; i <= step; i++)
                printf("# step %lu:%s\n", i, history[i % HISTORY]);
        printf("# in the log: %s\n", scene_log_text());
        fflush(stdout);
        ck_abort_msg("seed %" PRIu64 ", step %lu: %s", seed, step, words);
        abort();
}

/* ------------------------------------------------------------------ what processes see */

static const char *path_in(const struct process *process, const char *path)
{
        static char text[PATH_MAX];

        (void)snprintf(text, sizeof(text), "/proc/%d/root%s", process->login.pid, path);
        return text;
}

static unsigned read_number(const char *path)
{
        char text[32] = "";
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

        if (fd >= 0)
                close(fd);
        text[n < 0 ? 0 : n] = '\0';
        return (unsigned)strtoul(text, NULL, 10);
}

static unsigned number_of(const struct process *process, enum what what)
{
        char path[64];

        (void)snprintf(path, sizeof(path), "%s/number", directories[what]);
        return read_number(path_in(process, path));
}

static struct process *next_process(struct process *from)
{
        while (from < processes + PROCESSES && !from->there)
                from++;
        return from;
}

#define each_process(p)                                                                            \
        struct process *p = next_process(processes);                                               \
        p < processes + PROCESSES;                                                                 \
        p = next_process(p + 1)

/* What the user's processes have there: 0 for nothing. */
static unsigned find_used(unsigned user, enum what what)
{
        for (each_process(p))
                if (p->user == user && p->sees[what])
                        return p->sees[what];
        return 0;
}

static void look(void)
{
        while (waitpid(-1, NULL, WNOHANG) > 0)
                ; /* those that have ended */
        for (each_process(p))
                for (enum what what = 0; what < WHATS; what++)
                        if (number_of(p, what) != p->sees[what])
                                wrong("process %d sees %u at %s, not %u", p->login.pid,
                                      number_of(p, what), directories[what], p->sees[what]);
}

/* ------------------------------------------------------------------ table, shares */

static void write_table(void)
{
        char text[512];

        (void)snprintf(text, sizeof(text),
                       "tmpfs /tmp * size=%uM,nr_inodes=100%s\n" SCENE_BASE " /srv/disk *%s\n",
                       megabytes, shares ? ",share=shared:more*" : "", keeps ? " keep=1h" : "");
        scene_write("/srv/table", text);
}

static void step_table(void)
{
        megabytes = 1 + roll(3);
        shares = roll(2);
        keeps = roll(2);
        write_table();
        say(" table: %u MiB%s%s", megabytes, shares ? ", shares" : "", keeps ? ", keeps" : "");
}

/* Another file, in place by a rename; or none. */
static void step_share(void)
{
        static const char *const names[] = {"/tmp/shared", "/tmp/more"};
        static unsigned versions;
        char text[32];

        share_version = roll(3) ? ++versions : 0;
        say(" share: %u", share_version);
        (void)snprintf(text, sizeof(text), "%u", share_version);
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
                if (share_version == 0) {
                        (void)unlink(names[i]);
                        continue;
                }
                scene_write("/tmp/.new", text);
                must(rename("/tmp/.new", names[i]));
        }
}

/* ------------------------------------------------------------------ processes */

static struct process *add_process(pid_t pid, int channel, struct process *parent)
{
        struct process *process = processes;

        while (process->there)
                process++;
        *process = (struct process){
                .there = true, .login = {.pid = pid, .channel = channel}, .parent = parent};
        say(" process %d", pid);
        return process;
}

static bool is_full(void)
{
        unsigned n = 0;

        for (each_process(p))
                n++;
        return n > PROCESSES - 2;
}

/* A process that stays, whatever becomes of who has started it. */
static int do_leave(void *arg)
{
        int ends[2];
        pid_t pid;

        (void)arg;
        must(pipe2(ends, O_CLOEXEC));
        pid = must(fork());
        if (pid == 0) {
                pid = fork();
                if (pid == 0) {
                        (void)execl("/bin/sleep", "sleep", "1000000", NULL);
                        _exit(EXIT_FAILURE);
                }
                _exit(write(ends[1], &pid, sizeof(pid)) == sizeof(pid) ? EXIT_SUCCESS
                                                                       : EXIT_FAILURE);
        }
        must(waitpid(pid, NULL, 0));
        if (read(ends[0], &pid, sizeof(pid)) != sizeof(pid))
                pid = -1;
        close(ends[0]);
        close(ends[1]);
        return pid;
}

/* One of those that fit. */
static struct process *choose(bool (*fits)(const struct process *))
{
        struct process *list[PROCESSES];
        unsigned n = 0;

        for (each_process(p))
                if (fits(p))
                        list[n++] = p;
        return n ? list[roll(n)] : NULL;
}

static bool is_any(const struct process *process)
{
        return process->there;
}

static bool has_child(const struct process *process)
{
        for (each_process(p))
                if (p->parent == process)
                        return true;
        return false;
}

/* May it be told to do something? */
static bool is_ready(const struct process *process)
{
        return process->has_session && !has_child(process);
}

static int tell(struct process *process, int (*function)(void *), const void *arg)
{
        return process->parent ? login_inner(&process->parent->login, function, arg)
                               : login_do(&process->login, function, arg);
}

/* Waits until it has ended: then its namespace is gone, whoever is still to be told of it. */
static void kill_process(struct process *process)
{
        struct pollfd end = {.fd = (int)syscall(SYS_pidfd_open, process->login.pid, 0),
                             .events = POLLIN};

        if (process->login.channel >= 0)
                close(process->login.channel);
        must(end.fd);
        must(kill(process->login.pid, SIGKILL));
        if (poll(&end, 1, SCENE_PATIENCE_MS) != 1)
                wrong("process %d does not end", process->login.pid);
        close(end.fd);
        process->there = false;
        /* an inner login program goes with the outer one */
        for (each_process(p))
                if (p->parent == process)
                        kill_process(p);
}

/* ------------------------------------------------------------------ sessions */

/* What is in use is found, and what is kept; all else is new, and has a number from now on. */
static unsigned observe(const struct process *process, unsigned user, enum what what)
{
        unsigned expected = find_used(user, what), found = number_of(process, what);
        char path[64], text[32];

        if (!expected && what == DISK)
                expected = kept_on_disk[user];
        if (found != expected)
                wrong("%s finds %u at %s, not %u", users[user], found, directories[what], expected);
        finds += found != 0;
        if (found)
                return found;
        (void)snprintf(path, sizeof(path), "%s/number", directories[what]);
        (void)snprintf(text, sizeof(text), "%u", ++last_number);
        scene_write(path_in(process, path), text);
        return last_number;
}

static void check_limits(const struct process *process)
{
        struct statfs fs;

        must(statfs(path_in(process, "/tmp"), &fs));
        if ((uint64_t)fs.f_blocks * (uint64_t)fs.f_bsize != (uint64_t)megabytes << 20)
                wrong("/tmp of %d has not %u MiB", process->login.pid, megabytes);
}

static void check_shares(const struct process *process)
{
        static const char *const names[] = {"/tmp/shared", "/tmp/more"};

        for (size_t i = 0; shares && i < sizeof(names) / sizeof(names[0]); i++)
                if (read_number(path_in(process, names[i])) != share_version)
                        wrong("%s of %d is %u, not %u", names[i], process->login.pid,
                              read_number(path_in(process, names[i])), share_version);
}

static void open_session(struct process *process, unsigned user)
{
        say(" opens a session of %s", users[user]);
        if (tell(process, do_pam_start, users[user]) != PAM_SUCCESS ||
            tell(process, do_open, NULL) != PAM_SUCCESS)
                wrong("the open fails");
        check_shares(process);
        check_limits(process);
        for (enum what what = 0; what < WHATS; what++)
                process->sees[what] = observe(process, user, what);
        process->user = user;
        process->has_session = true;
        kept_on_disk[user] = keeps ? process->sees[DISK] : 0;
        opens++;
}

static void step_open(void)
{
        struct login login;

        if (is_full())
                return;
        login = login_start();
        open_session(add_process(login.pid, login.channel, NULL), roll(USERS));
}

/* Within the session of another process. */
static void step_nest(void)
{
        struct process *outer = is_full() ? NULL : choose(is_ready), *inner;
        pid_t pid;

        if (!outer || outer->parent)
                return;
        pid = login_do(&outer->login, do_inner_start, NULL);
        inner = add_process(pid, -1, outer);
        open_session(inner, roll(USERS));
        nests++;
}

static void step_close(void)
{
        struct process *process = choose(is_ready);

        if (!process)
                return;
        say(" close by %d", process->login.pid);
        if (tell(process, do_close, NULL) != PAM_SUCCESS ||
            tell(process, do_pam_end, number(PAM_SUCCESS)) != PAM_SUCCESS)
                wrong("the close fails");
        kill_process(process);
}

static void step_leave(void)
{
        struct process *process = is_full() ? NULL : choose(is_ready), *left;

        if (!process)
                return;
        say(" %d leaves", process->login.pid);
        left = add_process(tell(process, do_leave, NULL), -1, NULL);
        left->user = process->user;
        memcpy(left->sees, process->sees, sizeof(left->sees));
}

static void step_kill(void)
{
        struct process *process = choose(is_any);

        if (!process)
                return;
        say(" kill %d", process->login.pid);
        kill_process(process);
}

/* ------------------------------------------------------------------ clean, the end */

static unsigned count_notes(void)
{
        DIR *folder = opendir("/run/privtmp");
        unsigned n = 0;

        for (struct dirent *entry; folder && (entry = readdir(folder));)
                n += strncmp(entry->d_name, "memory.", 7) == 0;
        if (folder)
                closedir(folder);
        return n;
}

static void step_clean(void)
{
        unsigned used = 0;

        say(" clean");
        if (system("/srv/privtmp clean --conf /srv/table >/srv/said 2>&1") != 0)
                wrong("clean complains");
        for (unsigned u = 0; u < USERS; u++)
                used += find_used(u, MEMORY) != 0;
        if (count_notes() != used)
                wrong("%u notes, where %u file systems are in use", count_notes(), used);
}

static void step_end(void)
{
        say(" the end of everything:");
        for (each_process(p))
                if (p->there)
                        kill_process(p);
        step_clean();
        all_ends++;
}

static const struct {
        void (*take)(void);
        unsigned weight;
} steps[] = {
        {step_open, 30}, {step_nest, 15},  {step_close, 20}, {step_leave, 20}, {step_kill, 30},
        {step_table, 8}, {step_share, 12}, {step_clean, 3},  {step_end, 1},
};

static void take_step(void)
{
        unsigned all = 0, n;
        size_t i = 0;

        for (size_t j = 0; j < sizeof(steps) / sizeof(steps[0]); j++)
                all += steps[j].weight;
        for (n = roll(all); n >= steps[i].weight; i++)
                n -= steps[i].weight;
        history[++step % HISTORY][0] = '\0';
        steps[i].take();
        look();
}

static void set_up(void)
{
        int command = must(open(getenv("PRIVTMP_COMMAND"), O_RDONLY | O_CLOEXEC));
        char text[64];

        pam_login_begin(SERVICE);
        scene_write("/srv/pam.d/other", SERVICE); /* else each login logs that it is missing */
        (void)snprintf(text, sizeof(text), "/proc/self/fd/%d", command);
        scene_copy(text, "/srv/privtmp");
        close(command);
        must(mkdir("/srv/disk", 0700));
        must(chmod("/srv/disk", 01777));
        write_table();
}

START_TEST(what_is_kept_is_found_and_nothing_else_in_whatever_order)
{
        set_up();
        dice = seed;
        while (step < n_steps)
                take_step();
        step_end();
        look();
        printf("# %lu opens, %lu times something was found, %lu nested, %lu ends of everything\n",
               opens, finds, nests, all_ends);
        fflush(stdout);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("random-memory");
        TCase *tests = tcase_create("steps");

        if (!request_read(&seed, &n_steps))
                return EXIT_FAILURE;
        tcase_set_timeout(tests, TIMEOUT);
        tcase_add_test(tests, what_is_kept_is_found_and_nothing_else_in_whatever_order);
        suite_add_tcase(suite, tests);
        return scratch_run(suite);
}
