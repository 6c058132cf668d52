/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* model: what must be there, by what was done so far */
#include <inttypes.h>
#include <stdarg.h>

#include "random/model.h"

const char *const users[USERS] = {"alice", "bob", "carol"};
const uid_t uids[USERS] = {ALICE, BOB, BOB + 1};
const char *const directories[DIRECTORIES] = {"/tmp", "/srv/second"};

/* ------------------------------------------------------------------ the table */

static const struct line system_line = {.options = NULL};
static const struct line idle = {.options = "end=idle"};
static const struct line at_close = {.options = "end=close", .end_at_close = true};
static const struct line single = {.options = "scope=session", .per_session = true};
static const struct line single_ends = {
        .options = "scope=session,end=close", .per_session = true, .end_at_close = true};
static const struct line keep_1h = {.options = "keep=1h", .keep = 3600};
static const struct line keep_2h = {.options = "keep=120m", .keep = 7200};

const struct line *const variants[USERS][DIRECTORIES][VARIANTS] = {
        {{&idle, &idle, &idle, &keep_1h}, {&at_close, &at_close, &at_close, &idle}},
        {{&single, &idle, &single_ends, &system_line},
         {&system_line, &system_line, &system_line, &single}},
        {{&keep_1h, &keep_2h, &keep_1h, &idle}, {&idle, &at_close, &keep_1h, &system_line}},
};

const struct line *lines[USERS][DIRECTORIES];

void write_table(void)
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

struct process processes[PROCESSES];
struct session sessions[SESSIONS];
struct instance instances[INSTANCES];
struct space spaces[SPACES]; /* the first is the host's */
struct temporary temporaries[TEMPORARIES];
struct tree trees[TREES];
bool trees_may_go[USERS]; /* in this step: the user has logged out, or clean has run */

struct space *const host = &spaces[0];
ino_t system_roots[DIRECTORIES];
bool beside;   /* in the first process namespace: not PID 1's mount namespace */
bool iterates; /* the kernel tells of all namespaces, those too that are held by an fd */

struct tally tally;

/* ------------------------------------------------------------------ dice, history */

uint64_t seed, dice;
unsigned long n_steps = STEPS; /* that are to be taken */
unsigned long step;            /* the present one */
char history[HISTORY][WORDS];

unsigned roll(unsigned n)
{
        uint64_t x = dice += 0x9e3779b97f4a7c15;

        x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
        x = (x ^ x >> 27) * 0x94d049bb133111eb;
        return (unsigned)((x ^ x >> 31) % n);
}

void say(const char *format, ...)
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

void wrong(const char *format, ...)
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

const char *instance_path(const struct instance *instance, const char *below)
{
        static char paths[4][PATH_MAX];
        static unsigned turn;
        char *path = paths[turn++ % 4];

        (void)snprintf(path, PATH_MAX, SCENE_BASE "/%u/%s%s", uids[instance->user], instance->name,
                       below);
        return path;
}

bool is_copied(const struct session *session)
{
        for (each(p, processes))
                if (p->copies & UINT64_C(1) << (session - sessions))
                        return true;
        return false;
}

bool is_locked(const struct instance *instance)
{
        for (each(s, sessions))
                if (s->locked && s->places[instance->directory] == instance)
                        return true;
        return false;
}

bool space_has(const struct space *space, const struct instance *instance)
{
        for (unsigned d = 0; d < DIRECTORIES; d++)
                if (space->shows[d] == instance)
                        return true;
        return false;
}

bool is_held(const struct space *space)
{
        for (each(s, sessions))
                if (s->left == space)
                        return true;
        return false;
}

bool counts(const struct process *process, const struct process *closer)
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

bool is_used(const struct instance *instance, const struct process *closer)
{
        for (each(s, spaces))
                if (space_has(s, instance) && is_space_used(s, closer))
                        return true;
        return false;
}

enum fate judge(struct instance *instance, const struct process *closer, bool sure)
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

const char *record_path(const struct space *space, const struct opener *opener)
{
        static char path[128];

        (void)snprintf(path, sizeof(path), "/run/privtmp/%ju.%d.%u", (uintmax_t)space->number,
                       opener->pid, uids[opener->user]);
        return path;
}

bool has_record(const struct space *space, const struct opener *opener)
{
        return opener->pid != 0 && scene_has(record_path(space, opener));
}

bool is_live(const struct space *space, const struct opener *opener)
{
        return opener->process && opener->process->space == space;
}

bool has_record_but(const struct space *space, pid_t pid)
{
        for (unsigned i = 0; i < RECORDS; i++)
                if (space->openers[i].pid != pid && has_record(space, &space->openers[i]))
                        return true;
        return false;
}

void add_opener(struct space *space, struct process *process, unsigned user)
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

void forget_records(const struct instance *instance)
{
        for (each(s, spaces))
                if (space_has(s, instance))
                        s->recorded = false;
}
