/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Random steps: sessions are opened, joined, nested, closed, stopped and killed, programs outlive
 * them, the command cleans beside them, the table changes, the host boots anew; and after each step
 * a model says what must be there. In particular: what is in use or kept is never removed (what
 * end=close ends aside), each session finds the directory that it must find, and when everything
 * has ended, clean leaves nothing.
 *
 * Sessions are the module's, through the real libpam. What is certain is compared exactly; where
 * two things happen at once, the model allows what the order of them leaves open, and learns by a
 * look.
 *
 * Environment: PRIVTMP_MODULE and PRIVTMP_COMMAND, the paths of the module and of the command;
 * PRIVTMP_STEPS, how many steps (10,000), and PRIVTMP_SEED, to take the same steps again. In a
 * throw-away host; in the first process namespace too (tests/host/run -1).
 */
#include <inttypes.h>
#include <linux/nsfs.h>
#include <poll.h>
#include <stdarg.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include "kit/pam-login.h"

enum {
        STEPS = 10000,
        TIMEOUT = 1200, /* seconds, for a slow machine */
        USERS = 3,
        DIRECTORIES = 2,
        PROCESSES = 26,
        SESSIONS = 64, /* a bit each */
        INSTANCES = 256,
        SPACES = 128,
        RECORDS = 64, /* of a space */
        TEMPORARIES = 16,
        VARIANTS = 4,
        SWEPT = 16, /* an open looks at as many instances at a time */
        HISTORY = 20,
        WORDS = 400,
        MOMENT_LOGIN = 1500000, /* nanoseconds; an open or a close is often over then */
        MOMENT_CLEAN = 6000000,
        SLOW_MS = 200,       /* nobody's patience is shorter */
        LONG_AGO = 3 * 3600, /* seconds: longer than any line keeps, and than a name is temporary */
};

static const char *const users[USERS] = {"alice", "bob", "carol"};
static const uid_t uids[USERS] = {ALICE, BOB, BOB + 1};
static const char *const directories[DIRECTORIES] = {"/tmp", "/srv/second"};

/* ------------------------------------------------------------------ the table */

struct line {
        const char *options; /* NULL: the user has the system directory */
        bool per_session, end_at_close;
        unsigned keep; /* seconds */
};

static const struct line system_line = {.options = NULL};
static const struct line idle = {.options = "end=idle"};
static const struct line at_close = {.options = "end=close", .end_at_close = true};
static const struct line single = {.options = "scope=session", .per_session = true};
static const struct line single_ends = {
        .options = "scope=session,end=close", .per_session = true, .end_at_close = true};
static const struct line keep_1h = {.options = "keep=1h", .keep = 3600};
static const struct line keep_2h = {.options = "keep=120m", .keep = 7200};

/* What the line of a user for a directory may be; the first to begin with. */
static const struct line *const variants[USERS][DIRECTORIES][VARIANTS] = {
        {{&idle, &idle, &idle, &keep_1h}, {&at_close, &at_close, &at_close, &idle}},
        {{&single, &idle, &single_ends, &system_line},
         {&system_line, &system_line, &system_line, &single}},
        {{&keep_1h, &keep_2h, &keep_1h, &idle}, {&idle, &at_close, &keep_1h, &system_line}},
};

static const struct line *lines[USERS][DIRECTORIES];

static void write_table(void)
{
        char text[1024];
        size_t used = 0;

        for (unsigned u = 0; u < USERS; u++)
                for (unsigned d = 0; d < DIRECTORIES; d++) {
                        const char *options = lines[u][d]->options;

                        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s %s %s %s\n",
                                                 options ? SCENE_BASE : "none", directories[d],
                                                 users[u], options ? options : "");
                }
        scene_write("/srv/table", text);
}

/* ------------------------------------------------------------------ the model */

enum clock {
        CLOCK_STOPPED,
        CLOCK_RUNNING,
        CLOCK_OVER, /* it has been idle for longer than it is kept */
};

/* What the step may do to it. */
enum fate {
        STAYS,
        MAY_GO,
        GOES,
};

struct instance {
        bool there;    /* in the model; the same below */
        bool in_place; /* below BASE/UID */
        unsigned user, directory;
        char name[16];
        ino_t root, marker;
        bool per_session;
        unsigned keep;
        enum clock clock;
        bool clock_unsure;
        enum fate fate;
};

/* Who has opened a session in a space, and so what its record is called. */
struct opener {
        pid_t pid; /* 0: none */
        unsigned user;
        struct process *process; /* NULL: it has ended */
};

/* A mount namespace, of as many sessions as have joined it. */
struct space {
        bool there;
        ino_t number;
        unsigned user;
        const struct line *lines[DIRECTORIES]; /* its plan */
        bool from_host;                        /* made from the host's: it can be joined */
        struct instance *shows[DIRECTORIES];   /* NULL: the system directory */
        bool recorded;                         /* it must have one of these records */
        struct opener openers[RECORDS];
};

struct session {
        bool there;
        unsigned user;
        struct instance *places[DIRECTORIES];
        bool end_at_close[DIRECTORIES];
        struct space *own, *left;
        bool locked;
};

struct process {
        bool there;
        struct login login; /* how to speak to it; channel -1: it is another program */
        struct process *parent;
        struct space *space;
        struct session *session; /* that it has opened and not closed */
        uint64_t copies;         /* of the fds of those sessions */
        bool has_opened;         /* a session, some time */
        bool ending;             /* part of a login program that has closed its session */
};

/* What a killed login leaves: ".XXXXXX" below BASE/UID. */
struct temporary {
        bool there;
        unsigned user;
        char name[16];
        bool old;
        int lock; /* held by the test */
        enum fate fate;
};

static struct process processes[PROCESSES];
static struct session sessions[SESSIONS];
static struct instance instances[INSTANCES];
static struct space spaces[SPACES]; /* the first is the host's */
static struct temporary temporaries[TEMPORARIES];

static struct space *const host = &spaces[0];
static ino_t system_roots[DIRECTORIES];
static bool beside;   /* in the first process namespace: not PID 1's mount namespace */
static bool iterates; /* the kernel tells of all namespaces, those too that are held by an fd */

/* What happened, for the last line. */
static struct {
        unsigned long opens, joins, nests, closes, kills, cleans, races, ends, boots, late, slow,
                alone, pairs, pairs_alone, entered, entered_surely;
} tally;

/* for (each(p, processes)): those that are there */
#define next_(array, from)                                                                         \
        __extension__({                                                                            \
                __typeof__(&(array)[0]) next_ = (from);                                            \
                while (next_ < (array) + sizeof(array) / sizeof((array)[0]) && !next_->there)      \
                        next_++;                                                                   \
                next_;                                                                             \
        })
#define each(item, array)                                                                          \
        __typeof__(&(array)[0]) item = next_(array, array);                                        \
        item < (array) + sizeof(array) / sizeof((array)[0]);                                       \
        item = next_(array, item + 1)

#define take_free(array)                                                                           \
        __extension__({                                                                            \
                __typeof__(&(array)[0]) free_ = NULL;                                              \
                for (size_t i_ = 0; !free_ && i_ < sizeof(array) / sizeof((array)[0]); i_++)       \
                        if (!(array)[i_].there)                                                    \
                                free_ = &(array)[i_];                                              \
                if (!free_)                                                                        \
                        wrong("the model is too small: " #array);                                  \
                memset(free_, 0, sizeof(*free_));                                                  \
                free_->there = true;                                                               \
                free_;                                                                             \
        })

/* ------------------------------------------------------------------ dice, history */

static uint64_t seed, dice;
static unsigned long n_steps = STEPS, step;
static char history[HISTORY][WORDS];

static unsigned roll(unsigned n)
{
        uint64_t x = dice += 0x9e3779b97f4a7c15;

        x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
        x = (x ^ x >> 27) * 0x94d049bb133111eb;
        return (unsigned)((x ^ x >> 31) % n);
}

static void say(const char *format, ...) __attribute__((__format__(__printf__, 1, 2)));
static void wrong(const char *format, ...) __attribute__((__format__(__printf__, 1, 2), noreturn));

/* What the present step does. */
static void say(const char *format, ...)
{
        char *words = history[step % HISTORY];
        size_t used = strlen(words);
        va_list arguments;

        va_start(arguments, format);
        (void)vsnprintf(words + used, WORDS - used, format, arguments);
        va_end(arguments);
}

static void print_process(const struct process *process)
{
        const struct space *space = process->space;

        printf("# process %d", process->login.pid);
        if (process->parent)
                printf(", of %d", process->parent->login.pid);
        if (space != host)
                printf(", in namespace %ju", (uintmax_t)space->number);
        for (unsigned d = 0; d < DIRECTORIES; d++) {
                const struct instance *shown = space->shows[d];

                if (shown)
                        printf(", %s is %u/%s (%ju)%s", directories[d], uids[shown->user],
                               shown->name, (uintmax_t)shown->root,
                               shown->in_place ? "" : ", ended");
        }
        if (process->session)
                printf(", has a session of %s", users[process->session->user]);
        printf("\n");
}

static void print_history(void)
{
        for (unsigned long i = step < HISTORY ? 1 : step - HISTORY + 1; i <= step; i++)
                printf("# step %lu:%s\n", i, history[i % HISTORY]);
        for (each(p, processes))
                print_process(p);
        printf("# to take the same steps again: PRIVTMP_SEED=%" PRIu64 " PRIVTMP_STEPS=%lu\n", seed,
               n_steps);
        fflush(stdout);
}

static void wrong(const char *format, ...)
{
        char words[WORDS];
        va_list arguments;

        va_start(arguments, format);
        (void)vsnprintf(words, sizeof(words), format, arguments);
        va_end(arguments);
        print_history();
        ck_abort_msg("seed %" PRIu64 ", step %lu: %s", seed, step, words);
        abort();
}

/* ------------------------------------------------------------------ questions to the model */

static const char *instance_path(const struct instance *instance, const char *below)
{
        static char paths[4][PATH_MAX];
        static unsigned turn;
        char *path = paths[turn++ % 4];

        (void)snprintf(path, PATH_MAX, SCENE_BASE "/%u/%s%s", uids[instance->user], instance->name,
                       below);
        return path;
}

static bool is_copied(const struct session *session)
{
        for (each(p, processes))
                if (p->copies & UINT64_C(1) << (session - sessions))
                        return true;
        return false;
}

/* Does any session hold the lock? */
static bool is_locked(const struct instance *instance)
{
        for (each(s, sessions))
                if (s->locked && s->places[instance->directory] == instance)
                        return true;
        return false;
}

static bool space_has(const struct space *space, const struct instance *instance)
{
        for (unsigned d = 0; d < DIRECTORIES; d++)
                if (space->shows[d] == instance)
                        return true;
        return false;
}

/* An fd of it, to return to, is left in some process. */
static bool is_held(const struct space *space)
{
        for (each(s, sessions))
                if (s->left == space)
                        return true;
        return false;
}

/* When a session closes, its program does not count, nor do its children that are the same one. */
static bool counts(const struct process *process, const struct process *closer)
{
        return !closer ||
               (process != closer && (process->parent != closer || process->login.channel < 0));
}

static bool is_space_used(const struct space *space, const struct process *closer)
{
        bool inside = false;

        for (each(p, processes)) {
                if (p->space != space)
                        continue;
                inside = true;
                if (counts(p, closer))
                        return true;
        }
        return iterates && is_held(space) && !(closer && inside);
}

static bool is_used(const struct instance *instance, const struct process *closer)
{
        for (each(s, spaces))
                if (space_has(s, instance) && is_space_used(s, closer))
                        return true;
        return false;
}

/* What becomes of one that no session holds. `sure`: its clock is set. */
static enum fate judge(struct instance *instance, const struct process *closer, bool sure)
{
        bool used = is_used(instance, closer);

        if (instance->keep == 0)
                return used ? STAYS : GOES;
        if (!used && instance->clock == CLOCK_OVER)
                return GOES;
        if (sure) {
                instance->clock = used ? CLOCK_STOPPED : CLOCK_RUNNING;
                instance->clock_unsure |= beside; /* others on this machine may look, too */
        }
        return STAYS;
}

static const char *record_path(const struct space *space, const struct opener *opener)
{
        static char path[128];

        (void)snprintf(path, sizeof(path), "/run/privtmp/%ju.%d.%u", (uintmax_t)space->number,
                       opener->pid, uids[opener->user]);
        return path;
}

static bool has_record(const struct space *space, const struct opener *opener)
{
        return opener->pid != 0 && scene_has(record_path(space, opener));
}

/* Its opener is there, and has not gone elsewhere. */
static bool is_live(const struct space *space, const struct opener *opener)
{
        return opener->process && opener->process->space == space;
}

/* Has the space any record, other than that of the process with this pid? */
static bool has_record_but(const struct space *space, pid_t pid)
{
        for (unsigned i = 0; i < RECORDS; i++)
                if (space->openers[i].pid != pid && has_record(space, &space->openers[i]))
                        return true;
        return false;
}

/* The process may have written a record there. */
static void add_opener(struct space *space, struct process *process, unsigned user)
{
        struct opener *place = NULL;

        for (unsigned i = 0; i < RECORDS; i++) {
                struct opener *opener = &space->openers[i];

                if (opener->pid == process->login.pid && opener->user == user) {
                        place = opener;
                        break;
                }
                if (!place && !has_record(space, opener))
                        place = opener;
        }
        if (!place)
                wrong("the model is too small: records");
        *place = (struct opener){.pid = process->login.pid, .user = user, .process = process};
}

/* Nobody is promised a record of what showed it any more. */
static void forget_records(const struct instance *instance)
{
        for (each(s, spaces))
                if (space_has(s, instance))
                        s->recorded = false;
}

/* ------------------------------------------------------------------ a look at the disk */

static ino_t inode(const char *path)
{
        struct stat st;

        return stat(path, &st) == 0 ? st.st_ino : 0;
}

static ino_t seen_by(const struct process *process, unsigned directory, const char *below)
{
        char path[PATH_MAX];

        (void)snprintf(path, sizeof(path), "/proc/%d/root%s%s", process->login.pid,
                       directories[directory], below);
        return inode(path);
}

static ino_t namespace_of(const struct process *process)
{
        char path[64];

        (void)snprintf(path, sizeof(path), "/proc/%d/ns/mnt", process->login.pid);
        return inode(path);
}

static unsigned read_keep(const struct instance *instance)
{
        char text[32];
        ssize_t n = readlink(instance_path(instance, "/keep"), text, sizeof(text) - 1);

        text[n < 0 ? 0 : n] = '\0';
        return (unsigned)strtoul(text, NULL, 10);
}

static enum clock read_clock(const struct instance *instance)
{
        struct stat st;

        if (stat(instance_path(instance, "/lock"), &st) < 0)
                wrong("%s has no lock", instance_path(instance, ""));
        if (st.st_mtime == 0)
                return CLOCK_STOPPED;
        return time(NULL) - st.st_mtime < LONG_AGO / 2 ? CLOCK_RUNNING : CLOCK_OVER;
}

/* Compares with what the step was to do, and learns what it left open. */
static void look_at_instance(struct instance *instance)
{
        const char *path = instance_path(instance, "");
        bool gone = !scene_has(path);

        if (gone && instance->fate == STAYS)
                wrong("%s was removed, which is %s", path,
                      is_locked(instance)       ? "a session's"
                      : is_used(instance, NULL) ? "in use"
                                                : "kept");
        if (!gone && instance->fate == GOES) {
                if (!beside)
                        wrong("%s is still there", path);
                tally.late++;
        }
        instance->fate = STAYS;
        instance->in_place = !gone;
        if (gone)
                return;
        if (inode(instance_path(instance, "/root/marker")) != instance->marker)
                wrong("%s has lost its file", path);
        if (instance->clock_unsure) {
                instance->keep = read_keep(instance);
                instance->clock = read_clock(instance);
                instance->clock_unsure = false;
        }
        if (read_keep(instance) != instance->keep)
                wrong("%s is kept for %u seconds, not %u", path, read_keep(instance),
                      instance->keep);
        if (instance->keep && read_clock(instance) != instance->clock)
                wrong("%s: its clock is in state %d, not %d", path, (int)read_clock(instance),
                      (int)instance->clock);
}

static void look_at_temporary(struct temporary *temporary)
{
        char path[PATH_MAX];
        bool gone;

        (void)snprintf(path, sizeof(path), SCENE_BASE "/%u/%s", uids[temporary->user],
                       temporary->name);
        gone = !scene_has(path);
        if (gone && temporary->fate == STAYS)
                wrong("%s was removed, which is %s", path, temporary->old ? "locked" : "young");
        if (!gone && temporary->fate == GOES)
                wrong("%s is still there", path);
        temporary->fate = STAYS;
        temporary->there = !gone;
}

static unsigned count_known(unsigned user)
{
        unsigned n = 0;

        for (each(i, instances))
                n += i->in_place && i->user == user;
        for (each(t, temporaries))
                n += t->user == user;
        return n;
}

/* Each process sees what it must see, and it is there. */
static void look_at_process(const struct process *process)
{
        for (unsigned d = 0; d < DIRECTORIES; d++) {
                const struct instance *instance = process->space->shows[d];
                ino_t root = seen_by(process, d, "");

                if (root != (instance ? instance->root : system_roots[d]))
                        wrong("process %d sees another %s: %ju, not %ju", process->login.pid,
                              directories[d], (uintmax_t)root,
                              (uintmax_t)(instance ? instance->root : system_roots[d]));
                if (instance && instance->in_place &&
                    seen_by(process, d, "/marker") != instance->marker)
                        wrong("process %d has lost its file in %s", process->login.pid,
                              directories[d]);
        }
}

static bool has_processes(const struct space *space)
{
        for (each(p, processes))
                if (p->space == space)
                        return true;
        return false;
}

/* A nested su must find where it is. */
static void look_at_record(const struct space *space)
{
        bool shows = false;

        for (unsigned d = 0; d < DIRECTORIES; d++)
                shows |= space->shows[d] && space->shows[d]->in_place;
        if (space->recorded && shows && has_processes(space) && !has_record_but(space, 0))
                wrong("no record of namespace %ju is left, though somebody uses what it covers",
                      (uintmax_t)space->number);
}

/* What nothing speaks of any more leaves the model. */
static void collect(void)
{
        for (each(s, sessions))
                s->there = is_copied(s);
        for (each(s, spaces)) {
                /* the record of one that nobody is in goes as soon as somebody looks */
                s->recorded &= has_processes(s);
                s->there = s == host || has_processes(s) || is_held(s);
        }
        for (each(i, instances)) {
                bool shown = i->in_place;

                for (each(s, spaces))
                        shown |= space_has(s, i);
                i->there = shown;
        }
}

/* After each step. */
static void look(void)
{
        for (each(i, instances))
                if (i->in_place)
                        look_at_instance(i);
        for (each(t, temporaries))
                look_at_temporary(t);
        for (unsigned u = 0; u < USERS; u++)
                if (scene_instances(uids[u]) != count_known(u))
                        wrong("%s has %u instances and temporary names, not %u", users[u],
                              scene_instances(uids[u]), count_known(u));
        for (each(p, processes))
                look_at_process(p);
        for (each(s, spaces))
                look_at_record(s);
        while (waitpid(-1, NULL, WNOHANG) > 0)
                ;
        collect();
}

/* ------------------------------------------------------------------ processes */

enum {
        ORPHAN = 1, /* not a child of who started it */
        BARE = 2,   /* has no fds of who started it, as after an exec */
        OTHER = 4,  /* another program, and the user's: it has no fds either */
};

static int listener;
static struct sockaddr_un address;
static socklen_t address_length = sizeof(sa_family_t); /* the kernel is to choose one */

static void start_listening(void)
{
        const struct timeval patience = {.tv_sec = SCENE_PATIENCE_MS / 1000};

        address.sun_family = AF_UNIX;
        listener = must(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        must(bind(listener, (struct sockaddr *)&address, address_length));
        address_length = sizeof(address);
        must(getsockname(listener, (struct sockaddr *)&address, &address_length));
        must(listen(listener, 1));
        must(setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)));
}

/* The rest of the life of a new process. */
static void live(int how)
{
        pid_t pid = how & ORPHAN ? fork() : 0;
        int channel;

        if (pid != 0)
                _exit(pid < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
        if (how & BARE) {
                (void)close_range(STDERR_FILENO + 1, ~0U, 0);
                login_boss = -1;
        }
        channel = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        pid = getpid();
        if (channel < 0 || connect(channel, (struct sockaddr *)&address, address_length) < 0 ||
            write(channel, &pid, sizeof(pid)) != sizeof(pid))
                _exit(EXIT_FAILURE);
        login_serve(channel);
}

/* Runs another program as that user; the pipe tells who it is, and by its end when it runs. */
static void live_other(int how, uid_t uid, int pipe)
{
        pid_t pid = how & ORPHAN ? fork() : 0;

        if (pid != 0)
                _exit(pid < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
        pid = getpid();
        if (write(pipe, &pid, sizeof(pid)) == sizeof(pid) && do_become(number((int)uid)) == 0)
                (void)execl("/bin/sleep", "sleep", "1000000", NULL);
        _exit(EXIT_FAILURE);
}

static int start_other(int how, uid_t uid)
{
        pid_t child, pid = -1;
        int ends[2];
        char byte;

        if (pipe2(ends, O_CLOEXEC) < 0)
                return -errno;
        child = fork();
        if (child == 0)
                live_other(how, uid, ends[1]);
        (void)close(ends[1]);
        if (read(ends[0], &pid, sizeof(pid)) != sizeof(pid) || read(ends[0], &byte, 1) != 0)
                pid = -1;
        (void)close(ends[0]);
        if (how & ORPHAN)
                (void)waitpid(child, NULL, 0);
        return pid;
}

/* arg: how, and the user's number above that. */
static int do_start(void *arg)
{
        int how = (int)(intptr_t)arg & 7;
        pid_t pid;

        if (how & OTHER)
                return start_other(how, (uid_t)((intptr_t)arg >> 3));
        pid = fork();
        if (pid == 0)
                live(how);
        if (how & ORPHAN)
                (void)waitpid(pid, NULL, 0);
        return pid;
}

/* Starts a process, from the host or from another process. */
static struct process *start(struct process *parent, int how, unsigned user)
{
        struct process *process = take_free(processes);
        void *arg = number(how | (int)uids[user] << 3);
        pid_t pid;

        fflush(NULL);
        pid = parent ? login_do(&parent->login, do_start, arg) : do_start(arg);
        if (pid <= 0)
                wrong("can't start a process");
        *process = (struct process){.there = true,
                                    .login = {.pid = pid, .channel = -1},
                                    .parent = how & ORPHAN ? NULL : parent,
                                    .space = parent ? parent->space : host};
        if (!(how & OTHER)) {
                process->login.channel = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
                if (process->login.channel < 0 ||
                    read(process->login.channel, &process->login.pid, sizeof(pid)) != sizeof(pid))
                        wrong("a process did not come: %s", strerror(errno));
        }
        if (parent && !(how & (BARE | OTHER)))
                process->copies = parent->copies;
        say(" process %d%s%s%s", process->login.pid, how & ORPHAN ? ", orphan" : "",
            how & BARE ? ", bare" : "", how & OTHER ? ", another program" : "");
        return process;
}

/* It is not there any more. */
static void remove_process(struct process *process)
{
        if (process->login.channel >= 0)
                close(process->login.channel);
        for (each(p, processes))
                if (p->parent == process)
                        p->parent = NULL;
        for (each(s, spaces))
                for (unsigned i = 0; i < RECORDS; i++)
                        if (s->openers[i].process == process)
                                s->openers[i].process = NULL;
        process->there = false;
        /* who has a copy of its fds holds the lock still */
        for (each(s, sessions))
                s->there = is_copied(s);
}

/* Kills it and waits until it has let go of everything. */
static void kill_process(struct process *process)
{
        struct pollfd end = {.fd = (int)syscall(SYS_pidfd_open, process->login.pid, 0),
                             .events = POLLIN};

        if (end.fd < 0 || kill(process->login.pid, SIGKILL) < 0)
                wrong("process %d is not there", process->login.pid);
        if (poll(&end, 1, SCENE_PATIENCE_MS) != 1)
                wrong("process %d does not end", process->login.pid);
        close(end.fd);
        tally.kills++;
        remove_process(process);
}

/* ------------------------------------------------------------------ doubts */

/* The order of two things is open: so is what becomes of what one of them ends. */
static void blur(void)
{
        for (each(i, instances)) {
                if (i->fate == GOES)
                        i->fate = MAY_GO;
                i->clock_unsure |= i->in_place && (i->keep > 0 || i->fate == MAY_GO);
        }
        for (each(t, temporaries))
                if (t->fate == GOES)
                        t->fate = MAY_GO;
}

static struct timespec begun; /* what is being waited for */

static void begin_time(void)
{
        clock_gettime(CLOCK_MONOTONIC, &begun);
}

/* Who can't look at everything in time leaves it as it is, and who waits for a lock goes on. */
static bool is_slow(void)
{
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (now.tv_sec - begun.tv_sec) * 1000 + (now.tv_nsec - begun.tv_nsec) / 1000000 >=
               SLOW_MS;
}

/* ------------------------------------------------------------------ open */

/* What an open may come to. */
struct opening {
        struct process *process;
        unsigned user;
        bool inside; /* another session, as what is mounted there says */
        bool home;   /* begins in the host's namespace */
        bool racing; /* who does not get a lock in time goes on alone */
        bool paired; /* another one is opened beside it, which it can join */
        bool slow;   /* what it could not look at it takes for used */
        bool any;    /* is there anything to do? */
        bool private[DIRECTORIES], may_be_new[DIRECTORIES];
        bool may_be[DIRECTORIES][INSTANCES];
};

static bool is_inside(const struct process *process)
{
        for (unsigned d = 0; d < DIRECTORIES; d++)
                if (process->space->shows[d])
                        return true;
        return false;
}

/*
 * An open that finds no instance with a session ends what is stale of its user, and sets the clocks
 * of the rest. Where there are many it may do so before, and not all.
 */
static void settle(unsigned user, bool finds)
{
        unsigned n = 0;

        for (each(i, instances))
                n += i->in_place && i->user == user && !is_locked(i);
        if (finds && n < SWEPT)
                return;
        for (each(i, instances)) {
                if (!i->in_place || i->user != user || is_locked(i) || i->fate != STAYS)
                        continue;
                i->fate = judge(i, NULL, true);
                if (n < SWEPT)
                        continue;
                i->clock_unsure = true;
                if (i->fate == GOES)
                        i->fate = MAY_GO;
        }
}

/* Marks those of the directory that an open can use; are there any? */
static bool mark_usable(struct opening *o, unsigned directory, bool locked)
{
        bool any = false;

        for (each(i, instances)) {
                if (!i->in_place || i->user != o->user || i->directory != directory ||
                    i->per_session || i->fate == GOES || is_locked(i) != locked)
                        continue;
                o->may_be[directory][i - instances] = true;
                any = true;
        }
        return any;
}

static void expect_directory(struct opening *o, unsigned directory)
{
        const struct line *line = lines[o->user][directory];
        bool finds;

        o->private[directory] = line->options;
        if (!line->options)
                return;
        o->any = true;
        finds = !line->per_session && mark_usable(o, directory, true);
        settle(o->user, finds);
        if (finds)
                return;
        o->may_be_new[directory] = line->per_session || !mark_usable(o, directory, false);
}

static void expect_open(struct opening *o, struct process *process, unsigned user)
{
        struct space *space = process->space;

        *o = (struct opening){.process = process, .user = user, .inside = is_inside(process)};
        process->has_opened = true;
        /* it goes back where a record says that the outer session came from the host's namespace */
        o->home = o->inside && !beside && space->from_host && has_record_but(space, 0);
        o->any = o->inside;
        if (o->home)
                process->space = host; /* while it looks around */
        for (each(t, temporaries))
                if (t->user == user && t->old && t->lock < 0)
                        t->fate = MAY_GO;
        for (unsigned d = 0; d < DIRECTORIES; d++)
                expect_directory(o, d);
        process->space = space;
        tally.opens++;
        tally.nests += space != host;
}

/* The instance with that root, or NULL. */
static struct instance *find_instance(ino_t root)
{
        for (each(i, instances))
                if (i->in_place && i->root == root)
                        return i;
        return NULL;
}

/* Calls found() for all names below BASE/UID that the model does not know. */
static void each_unknown(unsigned user, void (*found)(unsigned, const char *, void *), void *arg)
{
        struct dirent *entry;
        char path[64];
        DIR *dir;

        (void)snprintf(path, sizeof(path), SCENE_BASE "/%u", uids[user]);
        dir = opendir(path);
        while (dir && (entry = readdir(dir))) {
                bool known = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;

                for (each(i, instances))
                        known |= i->in_place && i->user == user &&
                                 strcmp(i->name, entry->d_name) == 0;
                for (each(t, temporaries))
                        known |= t->user == user && strcmp(t->name, entry->d_name) == 0;
                if (!known)
                        found(user, entry->d_name, arg);
        }
        if (dir)
                closedir(dir);
}

/* Takes a new instance into the model, if it is the one with that root, or any. */
static void add_instance(unsigned user, const char *name, void *arg)
{
        struct instance new = {.there = true, .in_place = true, .user = user};
        const ino_t *root = arg;
        char target[PATH_MAX];
        ssize_t n;

        (void)snprintf(new.name, sizeof(new.name), "%s", name);
        new.root = inode(instance_path(&new, "/root"));
        if (name[0] == '.' || (root && *root != new.root))
                return;
        n = readlink(instance_path(&new, "/directory"), target, sizeof(target) - 1);
        target[n < 0 ? 0 : n] = '\0';
        while (new.directory < DIRECTORIES && strcmp(directories[new.directory], target) != 0)
                new.directory++;
        if (new.directory == DIRECTORIES)
                wrong("%s is for no directory", instance_path(&new, ""));
        if (scene_entries(instance_path(&new, "/root")) > 0)
                wrong("%s is not empty", instance_path(&new, "/root"));
        scene_write(instance_path(&new, "/root/marker"), name);
        new.marker = inode(instance_path(&new, "/root/marker"));
        new.per_session = scene_has(instance_path(&new, "/scope"));
        new.keep = read_keep(&new);
        new.clock = read_clock(&new);
        *take_free(instances) = new;
}

/* What covers the directory of the process that has opened a session? */
static struct instance *observe_place(const struct opening *o, unsigned directory)
{
        const struct line *line = lines[o->user][directory];
        ino_t root = seen_by(o->process, directory, "");
        struct instance *instance = find_instance(root);
        bool late = (beside || o->slow) && instance && instance->fate != STAYS;

        if (!instance) {
                each_unknown(o->user, add_instance, &root);
                instance = find_instance(root);
                if (!instance)
                        wrong("%s is covered by something else (%ju)", directories[directory],
                              (uintmax_t)root);
                if (instance->user != o->user || instance->directory != directory ||
                    instance->per_session != line->per_session)
                        wrong("%s is for something else", instance_path(instance, ""));
                if (!o->may_be_new[directory] && !o->racing)
                        wrong("%s is new", instance_path(instance, ""));
                tally.alone += !o->may_be_new[directory];
        } else if (!o->may_be[directory][instance - instances] && !late) {
                wrong("%s is not what %s should find at %s", instance_path(instance, ""),
                      users[o->user], directories[directory]);
        } else {
                tally.joins++;
        }
        say(" %s", instance->name);
        instance->fate = STAYS;
        instance->keep = line->keep;
        instance->clock = CLOCK_STOPPED;
        instance->clock_unsure = false;
        return instance;
}

/* Does the session begin in the host's namespace? */
static bool is_from_host(const struct opening *o)
{
        return o->home || o->process->space == host;
}

/* Can such a session join what is in the space: the same for the same user, as the table says now?
 */
static bool can_join(const struct space *space, const struct opening *o,
                     const struct session *session)
{
        bool any_private = false;

        if (!is_from_host(o) || !space->from_host || space->user != o->user)
                return false;
        for (unsigned d = 0; d < DIRECTORIES; d++) {
                const struct line *line = lines[o->user][d];

                if (space->lines[d] != line || space->shows[d] != session->places[d] ||
                    line->per_session)
                        return false;
                any_private |= line->options != NULL;
        }
        return any_private;
}

/* Is somebody there to go to? Who opens is elsewhere while it looks around. */
static bool is_open(const struct space *space, const struct process *opener)
{
        for (unsigned i = 0; i < RECORDS; i++)
                if (is_live(space, &space->openers[i]) && space->openers[i].process != opener &&
                    has_record(space, &space->openers[i]))
                        return true;
        return false;
}

/* The space with that number that somebody is in, besides the opener, who is in it now; or NULL. */
static struct space *find_space(ino_t number, const struct process *opener)
{
        for (each(s, spaces)) {
                if (s->number != number)
                        continue;
                for (each(p, processes))
                        if (p != opener && p->space == s)
                                return s;
                if (is_held(s) || opener->space == s)
                        return s;
        }
        return NULL;
}

/* Must it have joined? */
static const struct space *find_open(const struct opening *o, const struct session *session)
{
        for (each(s, spaces))
                if (can_join(s, o, session) && is_open(s, o->process))
                        return s;
        return NULL;
}

/* It has joined that space: could it? */
static void observe_join(const struct opening *o, struct space *space,
                         const struct session *session)
{
        if (!can_join(space, o, session))
                wrong("process %d is in namespace %ju, which is another's or has another plan",
                      o->process->login.pid, (uintmax_t)space->number);
        if (!o->racing && !o->paired && !is_open(space, o->process))
                wrong("process %d has joined namespace %ju, where no session is",
                      o->process->login.pid, (uintmax_t)space->number);
        say(" joined %ju", (uintmax_t)space->number);
        tally.entered++;
        tally.entered_surely += !o->racing && !o->paired;
}

static struct space *add_space(const struct opening *o, ino_t number, const struct session *session)
{
        struct space *space = take_free(spaces);

        space->number = number;
        space->user = o->user;
        space->from_host = is_from_host(o);
        for (unsigned d = 0; d < DIRECTORIES; d++) {
                space->lines[d] = lines[o->user][d];
                if (o->private[d])
                        space->shows[d] = session->places[d];
        }
        return space;
}

/* What the process that has opened a session is in now: the host's, another's, or one of its own.
 */
static struct space *observe_space(const struct opening *o, struct session *session)
{
        bool any_private = o->private[0] || o->private[1];
        ino_t number = namespace_of(o->process);
        const struct space *open = o->racing ? NULL : find_open(o, session);
        struct space *space = find_space(number, o->process);

        if (o->home && !any_private) {
                if (number != host->number)
                        wrong("process %d is not in the host's namespace", o->process->login.pid);
                return host;
        }
        if (space == host)
                wrong("process %d has no namespace of its own", o->process->login.pid);
        if (space)
                observe_join(o, space, session);
        else if (open)
                wrong("process %d has not joined namespace %ju", o->process->login.pid,
                      (uintmax_t)open->number);
        else
                space = add_space(o, number, session);
        space->recorded = any_private;
        if (any_private)
                add_opener(space, o->process, o->user);
        return space;
}

/* The open was answered: takes what it did into the model. */
static void observe_open(struct opening *o, int answer)
{
        struct session *session;

        if (answer != PAM_SUCCESS)
                wrong("open says %d, in the log: %s", answer, scene_log_text());
        say(" ->");
        o->slow = is_slow();
        if (o->slow) {
                say(" slow");
                blur();
                o->racing = true;
                tally.slow++;
        }
        if (!o->any) {
                if (namespace_of(o->process) != o->process->space->number)
                        wrong("process %d has left for nothing", o->process->login.pid);
                return;
        }
        session = take_free(sessions);
        session->user = o->user;
        session->left = o->process->space;
        session->locked = true;
        for (unsigned d = 0; d < DIRECTORIES; d++) {
                session->end_at_close[d] = lines[o->user][d]->end_at_close;
                if (o->private[d])
                        session->places[d] = observe_place(o, d);
        }
        session->own = observe_space(o, session);
        o->process->space = session->own;
        o->process->session = session;
        o->process->copies |= UINT64_C(1) << (session - sessions);
}

static int do_login(void *user)
{
        int r = do_pam_start(user);

        return r == PAM_SUCCESS ? do_open(NULL) : r;
}

static void open_session(struct process *process, unsigned user)
{
        struct opening o;

        say(" open by %d for %s", process->login.pid, users[user]);
        expect_open(&o, process, user);
        begin_time();
        observe_open(&o, login_do(&process->login, do_login, users[user]));
}

/* ------------------------------------------------------------------ close */

enum {
        LOGOUT,       /* as it should be */
        LOGOUT_TWICE, /* closes two times */
        LOGOUT_ERROR, /* does not close, and says that it failed */
        LOGOUT_NEVER, /* does not close */
        LOGOUTS,
};

static int do_logout(void *arg)
{
        int how = (int)(intptr_t)arg, r = PAM_SUCCESS;

        if (how == LOGOUT || how == LOGOUT_TWICE)
                r = do_close(NULL);
        if (r == PAM_SUCCESS && how == LOGOUT_TWICE)
                r = do_close(NULL);
        if (r == PAM_SUCCESS)
                r = do_pam_end(number(how == LOGOUT_ERROR ? PAM_ABORT : PAM_SUCCESS));
        pamh = NULL;
        return r;
}

/* What the close does to one place. Is that still used, for all that the close knows? */
static bool expect_end(const struct session *session, unsigned directory,
                       const struct process *closer)
{
        struct instance *instance = session->places[directory];

        if (!instance || !instance->in_place)
                return false;
        if (is_locked(instance))
                return true;
        if (session->end_at_close[directory]) {
                instance->fate = GOES;
                return false;
        }
        instance->fate = judge(instance, closer, true);
        if (instance->fate != GOES && is_used(instance, closer))
                return true;
        forget_records(instance);
        return false;
}

/* The process closes its session: back to where it was. */
static void expect_close(struct process *process)
{
        struct session *session = process->session;
        bool used = false;

        process->space = session->left;
        process->copies &= ~(UINT64_C(1) << (session - sessions));
        process->session = NULL;
        session->locked = false;
        for (unsigned d = 0; d < DIRECTORIES; d++)
                used |= expect_end(session, d, process);
        if (!used && session->own != host)
                session->own->recorded = false;
        for (each(p, processes))
                p->ending |= p != process && p->space == session->own && !counts(p, process);
        session->there = is_copied(session);
        tally.closes++;
}

static void expect_logout(struct process *process, int how)
{
        if (how != LOGOUT_NEVER) {
                expect_close(process);
                return;
        }
        process->copies &= ~(UINT64_C(1) << (process->session - sessions));
        process->session->there = is_copied(process->session);
        process->session = NULL;
}

/* False: it may have left things as they were. */
static bool observe_logout(int answer)
{
        if (answer != PAM_SUCCESS)
                wrong("the end of a session says %d", answer);
        if (!is_slow())
                return true;
        say(" slow");
        blur();
        tally.slow++;
        return false;
}

static void close_session(struct process *process, int how)
{
        const struct opener self = {.pid = process->login.pid, .user = process->session->user};
        struct space *own = process->session->own;
        bool sure;

        say(" close (%d) by %d of %s", how, process->login.pid, users[process->session->user]);
        expect_logout(process, how);
        begin_time();
        sure = observe_logout(login_do(&process->login, do_logout, number(how))) && !beside;
        if (sure && how != LOGOUT_NEVER && own != host && has_record(own, &self) &&
            (!own->recorded || has_record_but(own, self.pid)))
                wrong("%s is left", record_path(own, &self));
}

/* ------------------------------------------------------------------ clean */

struct cleaning {
        pid_t pid;
        int output;
};

static char said[SCENE_TEXT]; /* by the command */

static struct cleaning start_clean(bool dry)
{
        struct cleaning cleaning;
        int ends[2];

        fflush(NULL);
        must(pipe2(ends, O_CLOEXEC));
        cleaning.pid = must(fork());
        if (cleaning.pid == 0) {
                if (dup2(ends[1], STDOUT_FILENO) >= 0 && dup2(ends[1], STDERR_FILENO) >= 0)
                        (void)execl("/srv/privtmp", "privtmp", "clean", "--conf", "/srv/table",
                                    dry ? "--dry-run" : NULL, NULL);
                _exit(127);
        }
        close(ends[1]);
        cleaning.output = ends[0];
        tally.cleans++;
        return cleaning;
}

static void finish_clean(struct cleaning *cleaning)
{
        size_t used = 0;
        ssize_t n;
        int status;

        while ((n = read(cleaning->output, said + used, sizeof(said) - 1 - used)) > 0)
                used += (size_t)n;
        said[used] = '\0';
        close(cleaning->output);
        must(waitpid(cleaning->pid, &status, 0));
        if (status != 0)
                wrong("clean ended with status 0x%x: %s", (unsigned)status, said);
}

/* It may say in one line what it has deleted. */
static void expect_no_complaint(void)
{
        const char *end = strchr(said, '\n');

        if (said[0] && (strncmp(said, "deleted ", 8) != 0 || !end || end[1]))
                wrong("clean says: %s", said);
}

/* Complains of nothing, and leaves nothing in the trash. */
static void observe_clean(void)
{
        expect_no_complaint();
        if (scene_entries(SCENE_BASE "/.trash") + scene_entries(SCENE_BASE "/.work") +
                    scene_entries(SCENE_BASE "/.stuck") >
            0)
                wrong("clean has left trash");
}

static void expect_clean(bool sure)
{
        for (each(i, instances))
                if (i->in_place && !is_locked(i) && i->fate == STAYS &&
                    !(i->keep && i->clock == CLOCK_RUNNING))
                        i->fate = judge(i, NULL, sure);
        for (each(t, temporaries))
                if (t->old && t->lock < 0)
                        t->fate = GOES;
}

/* Is a namespace with the number of that record there, whosever it is? */
static bool is_number_alive(const char *record)
{
        ino_t number = (ino_t)strtoumax(record, NULL, 10);
        DIR *dir = opendir("/proc");
        struct dirent *entry;
        bool alive = false;

        while (dir && (entry = readdir(dir))) {
                char path[sizeof(entry->d_name) + 16];

                (void)snprintf(path, sizeof(path), "/proc/%s/ns/mnt", entry->d_name);
                alive |= inode(path) == number;
        }
        if (dir)
                closedir(dir);
        return alive;
}

/* Is there a record of a namespace that is gone? */
static bool has_dead_record(void)
{
        DIR *dir = opendir("/run/privtmp");
        struct dirent *entry;
        bool dead = false;

        while (dir && !dead && (entry = readdir(dir)))
                dead = entry->d_name[0] != '.' && !is_number_alive(entry->d_name);
        if (dir)
                closedir(dir);
        return dead;
}

/* Of those who were killed, only what says of a namespace that it is ours. */
static void look_at_openers(const struct space *space)
{
        if (!is_open(space, NULL))
                return;
        for (unsigned i = 0; i < RECORDS; i++)
                if (has_record(space, &space->openers[i]) && !is_live(space, &space->openers[i]))
                        wrong("clean has left %s, whose opener is gone",
                              record_path(space, &space->openers[i]));
}

static void clean(void)
{
        struct cleaning cleaning;

        say(" clean");
        expect_clean(true);
        cleaning = start_clean(false);
        finish_clean(&cleaning);
        observe_clean();
        if (!beside && has_dead_record())
                wrong("clean has left a record of a namespace that is gone");
        for (each(s, spaces))
                look_at_openers(s);
}

/* ------------------------------------------------------------------ choices */

static bool has_session(const struct process *process)
{
        return process->session;
}

static bool can_start(const struct process *process)
{
        return process->login.channel >= 0 && !process->ending;
}

static bool can_open(const struct process *process)
{
        return !process->session && can_start(process);
}

static bool can_be_killed(const struct process *process)
{
        return process->there;
}

/* No other process has the fds of its session. */
static bool is_alone(const struct process *process)
{
        if (!process->session)
                return false;
        for (each(p, processes))
                if (p != process && p->copies & UINT64_C(1) << (process->session - sessions))
                        return false;
        return true;
}

/* Nobody else holds what its session holds. */
static bool is_last(const struct process *process)
{
        bool last = process->session;

        for (unsigned d = 0; last && d < DIRECTORIES; d++) {
                const struct instance *instance = process->session->places[d];

                process->session->locked = false;
                last = !instance || !is_locked(instance);
                process->session->locked = true;
        }
        return last;
}

static struct process *choose(bool (*fits)(const struct process *))
{
        struct process *chosen = NULL;
        unsigned n = 0;

        for (each(p, processes))
                if (fits(p) && roll(++n) == 0)
                        chosen = p;
        return chosen;
}

static unsigned count_processes(void)
{
        unsigned n = 0;

        for (each(p, processes))
                n++;
        return n;
}

static bool is_full(void)
{
        return count_processes() > PROCESSES - 4;
}

/* Who opens a session: most often a new login program, or else one that is there, wherever. */
static struct process *choose_opener(void)
{
        struct process *process = roll(3) == 0 || is_full() ? choose(can_open) : NULL;

        return process || is_full() ? process : start(NULL, BARE, 0);
}

/* ------------------------------------------------------------------ steps, one thing at a time */

static void step_open(void)
{
        struct process *process = choose_opener();

        if (process)
                open_session(process, roll(USERS));
}

static void step_close(void)
{
        struct process *process = choose(has_session);

        if (process)
                close_session(process, roll(3) == 0 ? (int)roll(LOGOUTS) : LOGOUT);
}

static void step_start(void)
{
        struct process *parent = is_full() ? NULL : choose(can_start);

        if (!parent)
                return;
        say(" from %d:", parent->login.pid);
        start(parent, (int)roll(8), roll(USERS));
}

static void step_kill(void)
{
        struct process *process = choose(can_be_killed);

        if (!process)
                return;
        say(" kill %d", process->login.pid);
        kill_process(process);
}

static void step_clean(void)
{
        clean();
}

/* Time passes for what is kept and idle. */
static void make_old(struct instance *instance)
{
        const struct timespec then = {.tv_sec = time(NULL) - LONG_AGO};

        if (!instance->in_place || instance->keep == 0 || instance->clock != CLOCK_RUNNING)
                return;
        must(utimensat(AT_FDCWD, instance_path(instance, "/lock"),
                       (const struct timespec[]){then, then}, 0));
        instance->clock = CLOCK_OVER;
        say(" %s is over", instance->name);
}

static void step_time(void)
{
        for (each(i, instances))
                if (roll(2) == 0)
                        make_old(i);
}

/* Every line that a dry run must print stands there, and no other. */
static void look_at_dry_run(void)
{
        unsigned wanted = scene_entries(SCENE_BASE "/.trash") + scene_entries(SCENE_BASE "/.work");
        unsigned printed = 0;

        for (each(i, instances)) {
                char line[PATH_MAX];

                (void)snprintf(line, sizeof(line), "stale %s\n", instance_path(i, ""));
                if (i->in_place && i->fate == GOES)
                        wanted++;
                if (i->in_place && (i->fate == GOES) != (strstr(said, line) != NULL) && !beside)
                        wrong("is %s stale? clean says: %s", i->name, said);
                i->fate = STAYS;
        }
        for (each(t, temporaries)) {
                wanted += t->fate == GOES;
                t->fate = STAYS;
        }
        for (const char *c = said; *c; c++)
                printed += *c == '\n';
        if (printed != wanted && !beside)
                wrong("%u lines wanted, clean says: %s", wanted, said);
}

static void step_dry_run(void)
{
        struct cleaning cleaning;

        if (roll(2))
                step_time();
        say(" dry run");
        expect_clean(false);
        cleaning = start_clean(true);
        finish_clean(&cleaning);
        look_at_dry_run();
}

/* An instance looks as if it had been made long ago. */
static void step_old(void)
{
        const struct timespec then = {.tv_sec = time(NULL) - LONG_AGO};

        for (each(i, instances))
                if (i->in_place && roll(4) == 0)
                        must(utimensat(AT_FDCWD, instance_path(i, ""),
                                       (const struct timespec[]){then, then}, 0));
}

/* More than a close deletes. */
static void step_fat(void)
{
        for (each(i, instances)) {
                char below[64];

                if (!i->in_place || roll(8) != 0)
                        continue;
                say(" %s is fat", i->name);
                for (unsigned n = 0; n < 300; n++) {
                        (void)snprintf(below, sizeof(below), "/root/file%u", n);
                        scene_write(instance_path(i, below), "");
                }
                return;
        }
}

static void make_temporary(unsigned user, bool old, bool locked)
{
        /* a young one stays so, however slow the machine is */
        const struct timespec when = {.tv_sec = time(NULL) + (old ? -LONG_AGO : LONG_AGO)};
        struct temporary *temporary = take_free(temporaries);
        char path[PATH_MAX], below[PATH_MAX + 16];
        static unsigned n;

        temporary->user = user;
        temporary->old = old;
        temporary->lock = -EBADF;
        (void)snprintf(temporary->name, sizeof(temporary->name), ".%06u", ++n % 1000000);
        (void)snprintf(path, sizeof(path), SCENE_BASE "/%u/%s", uids[user], temporary->name);
        must(mkdir(path, 0700));
        (void)snprintf(below, sizeof(below), "%s/lock", path);
        scene_write(below, "");
        if (locked) {
                temporary->lock = must(open(below, O_RDWR | O_CLOEXEC));
                must(flock(temporary->lock, LOCK_SH));
        }
        must(utimensat(AT_FDCWD, path, (const struct timespec[]){when, when}, 0));
        say(" %s's %s%s%s", users[user], temporary->name, old ? ", old" : "",
            locked ? ", locked" : "");
}

static void release_temporary(struct temporary *temporary)
{
        if (temporary->lock >= 0)
                close(temporary->lock);
        temporary->lock = -EBADF;
}

/* A login was killed in the middle, or is in the middle since long; or such a one goes on. */
static void step_temporary(void)
{
        unsigned user = roll(USERS), n = 0;
        char path[64];

        for (each(t, temporaries)) {
                if (roll(3) == 0)
                        release_temporary(t);
                n++;
        }
        (void)snprintf(path, sizeof(path), SCENE_BASE "/%u", uids[user]);
        if (n < TEMPORARIES / 2 && scene_has(path))
                make_temporary(user, roll(2), roll(2));
}

static void step_table(void)
{
        unsigned u = roll(USERS), d = roll(DIRECTORIES);

        lines[u][d] = variants[u][d][roll(VARIANTS)];
        write_table();
        say(" %s has %s: %s", users[u], directories[d],
            lines[u][d]->options ? lines[u][d]->options : "none");
}

/* ------------------------------------------------------------------ steps, two things at once */

/* What others may end that the process is the last to use, when it has gone elsewhere. */
static void expect_absence(struct process *process, unsigned user, bool cleaned)
{
        struct space *space = process->space;

        if (iterates)
                return; /* it holds that by an fd */
        process->space = host;
        if (cleaned)
                expect_clean(true);
        else
                settle(user, false);
        process->space = space;
}

/* Somewhere in the middle of what has begun: less than that many nanoseconds. */
static void wait_a_moment(unsigned limit)
{
        uint64_t nanoseconds = roll(limit);
        struct timespec begin, now;

        clock_gettime(CLOCK_MONOTONIC, &begin);
        do
                clock_gettime(CLOCK_MONOTONIC, &now);
        while ((uint64_t)(now.tv_sec - begin.tv_sec) * 1000000000 + (uint64_t)now.tv_nsec -
                       (uint64_t)begin.tv_nsec <
               nanoseconds);
}

static void finish_silent_clean(struct cleaning *cleaning)
{
        finish_clean(cleaning);
        expect_no_complaint();
}

/* The process does what it is told, and is stopped in the middle of it for as long as clean runs.
 */
static int do_stopped(struct login *login, int (*function)(void *), const void *arg)
{
        struct cleaning cleaning;

        login_begin(login, function, arg);
        wait_a_moment(roll(4) == 0 ? MOMENT_CLEAN : MOMENT_LOGIN);
        must(kill(login->pid, SIGSTOP));
        cleaning = start_clean(false);
        finish_silent_clean(&cleaning);
        must(kill(login->pid, SIGCONT));
        return login_wait(login);
}

/* The same with clean as the one that is stopped. */
static int do_beside_stopped(struct login *login, int (*function)(void *), const void *arg)
{
        struct cleaning cleaning = start_clean(false);
        int answer;

        wait_a_moment(MOMENT_CLEAN);
        must(kill(cleaning.pid, SIGSTOP));
        answer = login_do(login, function, arg);
        must(kill(cleaning.pid, SIGCONT));
        finish_silent_clean(&cleaning);
        return answer;
}

static int do_at_once(struct login *login, int (*function)(void *), const void *arg)
{
        struct cleaning cleaning;

        login_begin(login, function, arg);
        cleaning = start_clean(false);
        finish_silent_clean(&cleaning);
        return login_wait(login);
}

/* Cleans beside the process while that does what it is told. */
static int do_beside_clean(struct process *process, int (*function)(void *), const void *arg)
{
        switch (roll(3)) {
        case 0:
                say(", stopped, clean");
                return do_stopped(&process->login, function, arg);
        case 1:
                say(", clean, stopped");
                return do_beside_stopped(&process->login, function, arg);
        default:
                say(", clean");
                return do_at_once(&process->login, function, arg);
        }
}

static void step_open_clean(void)
{
        struct process *process = choose_opener();
        unsigned user = roll(USERS);
        struct opening o;

        /* a record of before may have the same name, and clean take the new for the old one */
        if (!process || process->has_opened)
                return;
        say(" open by %d for %s", process->login.pid, users[user]);
        expect_clean(true);
        expect_open(&o, process, user);
        expect_absence(process, user, true);
        blur();
        tally.races++;
        o.racing = true;
        observe_open(&o, do_beside_clean(process, do_login, users[user]));
}

static void step_close_clean(void)
{
        struct process *process = choose(has_session);
        int how = (int)roll(LOGOUT_NEVER);

        if (!process)
                return;
        say(" close (%d) by %d of %s", how, process->login.pid, users[process->session->user]);
        expect_clean(true);
        expect_logout(process, how);
        expect_clean(true);
        blur();
        tally.races++;
        (void)observe_logout(do_beside_clean(process, do_logout, number(how)));
}

static void step_kill_clean(void)
{
        struct process *process = choose(can_be_killed);
        struct cleaning cleaning;

        if (!process)
                return;
        say(" clean, kill %d", process->login.pid);
        cleaning = start_clean(false);
        wait_a_moment(MOMENT_CLEAN);
        kill_process(process);
        expect_clean(true);
        blur();
        tally.races++;
        finish_silent_clean(&cleaning);
}

static void step_clean_clean(void)
{
        struct cleaning one, two;

        say(" clean, clean");
        expect_clean(true);
        blur();
        tally.races++;
        one = start_clean(false);
        two = start_clean(false);
        finish_silent_clean(&one);
        finish_clean(&two);
        observe_clean();
}

/* What could be expected earlier may come, too. */
static void allow(struct opening *o, const struct opening *before)
{
        for (unsigned d = 0; d < DIRECTORIES; d++) {
                o->may_be_new[d] |= before->may_be_new[d];
                for (unsigned i = 0; i < INSTANCES; i++)
                        o->may_be[d][i] |= before->may_be[d][i];
        }
}

/* Two at once of the same user: one instance. */
static void step_open_open(void)
{
        struct process *one = choose_opener(), *two;
        unsigned user = roll(USERS);
        struct opening before, o, p;
        unsigned long alone, pairs = 0;
        int answer;

        if (!one || is_full())
                return;
        two = start(NULL, BARE, 0);
        if (one == two)
                return;
        say(" open by %d and %d for %s", one->login.pid, two->login.pid, users[user]);
        expect_open(&before, two, user); /* it may look before the first one leaves for home */
        expect_open(&o, one, user);
        expect_open(&p, two, user);
        allow(&o, &before);
        allow(&p, &before);
        expect_absence(one, user, false);
        blur();
        tally.races++;
        o.paired = true;
        p.racing = true;
        login_do(&one->login, do_pam_start, users[user]); /* it takes longer than the open */
        login_do(&two->login, do_pam_start, users[user]);
        login_begin(&one->login, do_open, NULL);
        login_begin(&two->login, do_open, NULL);
        answer = login_wait(&one->login);
        observe_open(&o, answer);
        for (unsigned d = 0; one->session && d < DIRECTORIES; d++)
                if (p.may_be_new[d] && !lines[user][d]->per_session) {
                        p.may_be[d][one->session->places[d] - instances] = true;
                        p.may_be_new[d] = false;
                        pairs++;
                }
        answer = login_wait(&two->login);
        alone = tally.alone;
        observe_open(&p, answer);
        if (p.slow) /* it may have lost its patience, and the machine alone is to blame */
                return;
        tally.pairs += pairs;
        tally.pairs_alone += tally.alone - alone;
}

/*
 * Do two that close there at once see the same, whoever is first? Who goes back to a namespace that
 * shows an instance itself does not count there when it is the last, and does when it is not.
 */
static bool closes_plainly(const struct process *process)
{
        const struct session *session = process->session;

        if (!session || session->own == host || session->left != host)
                return false;
        for (each(p, processes))
                if (p->space == session->own && !counts(p, process) && p != process)
                        return false;
        return true;
}

/* Two sessions of one namespace: whoever lives on in it keeps a record. */
static void step_close_close(void)
{
        struct process *one = choose(closes_plainly), *two = NULL;

        for (each(p, processes))
                if (one && p != one && closes_plainly(p) && p->session->own == one->session->own)
                        two = p;
        if (!two)
                return;
        say(" close by %d and %d of %s", one->login.pid, two->login.pid, users[one->session->user]);
        login_begin(&one->login, do_logout, number(LOGOUT));
        if (roll(2))
                wait_a_moment(MOMENT_LOGIN);
        login_begin(&two->login, do_logout, number(LOGOUT));
        expect_close(one);
        expect_close(two);
        blur();
        tally.races++;
        (void)observe_logout(login_wait(&one->login));
        (void)observe_logout(login_wait(&two->login));
}

/* The last session of a user closes while the next one opens. */
static void step_close_open(void)
{
        struct process *closer = choose(is_last), *opener;
        struct opening before, o;
        unsigned user;
        int answer;

        if (!closer || is_full())
                return;
        user = closer->session->user;
        opener = start(NULL, BARE, 0);
        say(" close by %d, open by %d for %s", closer->login.pid, opener->login.pid, users[user]);
        expect_open(&before, opener, user);
        login_begin(&closer->login, do_logout, number(LOGOUT));
        if (roll(2))
                wait_a_moment(MOMENT_LOGIN);
        login_begin(&opener->login, do_login, users[user]);
        expect_close(closer);
        expect_open(&o, opener, user);
        allow(&o, &before);
        blur();
        tally.races++;
        o.racing = true;
        answer = login_wait(&opener->login);
        (void)observe_logout(login_wait(&closer->login));
        observe_open(&o, answer);
}

static void add_temporary(unsigned user, const char *name, void *arg)
{
        const struct timespec young = {.tv_sec = time(NULL) + LONG_AGO};
        struct temporary *temporary;
        char path[PATH_MAX];
        struct stat st;

        (void)arg;
        if (name[0] != '.')
                return;
        temporary = take_free(temporaries);
        temporary->user = user;
        temporary->lock = -EBADF;
        (void)snprintf(temporary->name, sizeof(temporary->name), "%s", name);
        (void)snprintf(path, sizeof(path), SCENE_BASE "/%u/%s", uids[user], name);
        must(stat(path, &st));
        temporary->old = time(NULL) - st.st_mtime > LONG_AGO / 2;
        if (!temporary->old)
                must(utimensat(AT_FDCWD, path, (const struct timespec[]){young, young}, 0));
}

/* Takes in what a killed open has made. */
static void adopt(unsigned user)
{
        each_unknown(user, add_instance, NULL);
        each_unknown(user, add_temporary, NULL);
}

static void step_killed_open(void)
{
        struct process *process = choose_opener();
        unsigned user = roll(USERS);
        struct opening o;

        if (!process)
                return;
        say(" open by %d for %s, killed", process->login.pid, users[user]);
        expect_open(&o, process, user);
        blur();
        tally.races++;
        for (each(i, instances))
                i->clock_unsure |= i->in_place && i->user == user;
        login_begin(&process->login, do_login, users[user]);
        wait_a_moment(MOMENT_LOGIN);
        for (each(s, spaces))
                if (s->user == user && s->from_host)
                        add_opener(s, process, user); /* where it may have come to */
        kill_process(process);
        adopt(user);
}

static void step_killed_close(void)
{
        struct process *process = choose(is_alone);
        unsigned user;

        if (!process)
                return;
        user = process->session->user;
        say(" close by %d of %s, killed", process->login.pid, users[user]);
        login_begin(&process->login, do_logout, number(LOGOUT));
        expect_close(process);
        blur();
        tally.races++;
        wait_a_moment(MOMENT_LOGIN);
        kill_process(process);
        for (each(i, instances))
                if (i->in_place && i->fate != STAYS && !scene_has(instance_path(i, "")))
                        i->in_place = false; /* it may have its temporary name */
        adopt(user);
}

/* ------------------------------------------------------------------ the end of everything */

static void end_all_processes(bool properly)
{
        for (each(p, processes)) {
                if (properly && p->session)
                        close_session(p, LOGOUT);
                look();
        }
        for (each(p, processes))
                kill_process(p);
        look();
}

static bool is_anything_left(void)
{
        return scene_left_but_records() || scene_instances(uids[2]) > 0 || has_dead_record();
}

/* Others on this machine may have looked at a namespace of ours, and so held it for a moment. */
static bool is_nothing_left(void *arg)
{
        (void)arg;
        clean();
        look();
        return !is_anything_left();
}

/* Once everything has ended, clean leaves nothing but what is kept; later, nothing at all. */
static void step_end(void)
{
        const char *left;

        say(" the end of everything:");
        end_all_processes(roll(2));
        for (each(t, temporaries)) {
                release_temporary(t);
                t->old = true;
        }
        for (unsigned u = 0; u < USERS; u++)
                scene_age(uids[u]);
        clean();
        look();
        for (each(i, instances))
                make_old(i);
        clean();
        look();
        left = scene_left();
        if (beside && is_anything_left())
                scene_wait(is_nothing_left, NULL, "for nothing to be left");
        else if (!beside && (left || is_anything_left()))
                wrong("%s", left ? left : "an instance of carol's is left");
        tally.ends++;
}

/* All that runs is gone, and /run; the base stays. */
static void step_boot(void)
{
        say(" boot:");
        end_all_processes(false);
        if (scene_has("/run/privtmp"))
                must(system("rm -r /run/privtmp"));
        tally.boots++;
}

/* ------------------------------------------------------------------ the story */

static const struct {
        void (*take)(void);
        unsigned weight;
} steps[] = {
        {step_open, 240},        {step_close, 170},      {step_start, 150},
        {step_kill, 140},        {step_clean, 30},       {step_dry_run, 20},
        {step_time, 30},         {step_old, 10},         {step_fat, 10},
        {step_temporary, 20},    {step_table, 20},       {step_open_clean, 60},
        {step_close_clean, 25},  {step_kill_clean, 15},  {step_clean_clean, 5},
        {step_open_open, 30},    {step_close_open, 30},  {step_killed_open, 20},
        {step_killed_close, 15}, {step_close_close, 40}, {step_end, 2},
        {step_boot, 2},
};

static void take_step(void)
{
        unsigned all = 0, n;

        for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
                all += steps[i].weight;
        n = roll(all);
        for (size_t i = 0;; i++) {
                if (n < steps[i].weight) {
                        begin_time();
                        steps[i].take();
                        return;
                }
                n -= steps[i].weight;
        }
}

/* Does the kernel tell this process of all mount namespaces? */
static bool is_told(void)
{
        int own = must(open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC));
        int next = ioctl(own, _IOC(_IOC_READ, NSIO, 11, 16), NULL); /* NS_MNT_GET_NEXT */
        bool told = next >= 0 || errno == ENOENT;

        if (next >= 0)
                close(next);
        close(own);
        return told;
}

static void set_up(void)
{
        int command = must(open(getenv("PRIVTMP_COMMAND"), O_RDONLY | O_CLOEXEC));
        char text[64];

        beside = readlink("/proc/self/ns/pid", text, sizeof(text)) > 0 &&
                 strncmp(text, "pid:[4026531836]", 16) == 0; /* the same on all machines */
        if (beside)
                scene_begin_beside();
        else
                scene_begin();
        pam_login_service(SERVICE);
        scene_write("/srv/pam.d/other", SERVICE); /* else each login logs that it is missing */
        (void)snprintf(text, sizeof(text), "/proc/self/fd/%d", command);
        scene_copy(text, "/srv/privtmp");
        close(command);
        iterates = is_told();

        host->there = true;
        host->number = inode("/proc/self/ns/mnt");
        must(mkdir("/srv/second", 0700));
        for (unsigned d = 0; d < DIRECTORIES; d++) {
                must(chmod(directories[d], 01777));
                system_roots[d] = inode(directories[d]);
        }
        for (unsigned u = 0; u < USERS; u++)
                for (unsigned d = 0; d < DIRECTORIES; d++)
                        lines[u][d] = variants[u][d][0];
        write_table();
        start_listening();
}

static void print_tally(void)
{
        printf("# %s of all namespaces\n", iterates ? "the kernel tells" : "/proc has to tell");
        printf("# %lu opens (%lu times an instance was found, %lu nested), %lu closes, %lu kills\n",
               tally.opens, tally.joins, tally.nests, tally.closes, tally.kills);
        printf("# %lu joins, of which %lu had to be\n", tally.entered, tally.entered_surely);
        printf("# %lu cleans, %lu races, %lu ends of everything, %lu boots\n", tally.cleans,
               tally.races, tally.ends, tally.boots);
        printf("# %lu instances went later than they could, %lu opens and closes were slow\n",
               tally.late, tally.slow);
        printf("# %lu opens went on alone; of %lu beside another %lu\n", tally.alone, tally.pairs,
               tally.pairs_alone);
        fflush(stdout);
}

START_TEST(whatever_happens_in_whatever_order_nothing_in_use_goes_and_nothing_stays)
{
        set_up();
        dice = seed;
        while (step < n_steps) {
                step++;
                history[step % HISTORY][0] = '\0';
                take_step();
                look();
        }
        step++;
        history[step % HISTORY][0] = '\0';
        step_end();
        print_tally();
        /* others may look at namespaces too, but not all the time */
        if (tally.late * 10 > tally.closes)
                wrong("%lu instances went later than they could", tally.late);
        if (n_steps >= STEPS && tally.entered == 0)
                wrong("nobody has joined a session");
        if (tally.pairs_alone * 4 > tally.pairs + 4)
                wrong("%lu of %lu opens did not wait for another", tally.pairs_alone, tally.pairs);
}
END_TEST

static uint64_t read_number(const char *name, uint64_t otherwise)
{
        const char *text = getenv(name);

        return text && *text ? strtoumax(text, NULL, 10) : otherwise;
}

int main(void)
{
        Suite *suite = suite_create("random");
        TCase *tests = tcase_create("steps");

        if (!getenv("PRIVTMP_MODULE") || !getenv("PRIVTMP_COMMAND")) {
                printf("Bail out! PRIVTMP_MODULE or PRIVTMP_COMMAND is not in the environment\n");
                return EXIT_FAILURE;
        }
        if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
                return EXIT_FAILURE;
        seed = read_number("PRIVTMP_SEED", seed % 1000000000);
        n_steps = read_number("PRIVTMP_STEPS", STEPS);
        printf("# to take the same steps again: PRIVTMP_SEED=%" PRIu64 " PRIVTMP_STEPS=%lu\n", seed,
               n_steps);
        fflush(stdout);
        tcase_set_timeout(tests, TIMEOUT);
        tcase_add_test(tests,
                       whatever_happens_in_whatever_order_nothing_in_use_goes_and_nothing_stays);
        suite_add_tcase(suite, tests);
        return scratch_run(suite);
}
