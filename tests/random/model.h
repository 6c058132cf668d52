/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * model: what must be there, by what was done so far
 *
 * Users, the table, sessions, their processes and instances; the dice that choose the steps, and
 * what the last steps were.
 */
#pragma once

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
        TREES = 8,
        TREE_SECONDS = 20, /* a lock is not held for longer: clean would complain of one */
        VARIANTS = 4,
        SWEPT = 16, /* an open looks at as many instances at a time */
        HISTORY = 20,
        WORDS = 400,
        MOMENT_LOGIN = 1500000, /* nanoseconds; an open or a close is often over then */
        MOMENT_CLEAN = 6000000,
        SLOW_MS = 200,       /* nobody's patience is shorter */
        LONG_AGO = 3 * 3600, /* seconds: longer than any line keeps, and than a name is temporary */
};

extern const char *const users[USERS];
extern const uid_t uids[USERS];
extern const char *const directories[DIRECTORIES];

/* ------------------------------------------------------------------ the table */

struct line {
        const char *options; /* NULL: the user has the system directory */
        bool per_session, end_at_close;
        unsigned keep; /* seconds */
};

/* What the line of a user for a directory may be; the first to begin with. */
extern const struct line *const variants[USERS][DIRECTORIES][VARIANTS];

extern const struct line *lines[USERS][DIRECTORIES];

void write_table(void);

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

/* What is left of an instance of before, to be deleted. */
struct tree {
        bool there;
        unsigned user;
        char name[16];
        int lock; /* held by the test, as by a process that hangs in it; negative: nobody has it */
        time_t since;
};

extern struct process processes[PROCESSES];
extern struct session sessions[SESSIONS];
extern struct instance instances[INSTANCES];
extern struct space spaces[SPACES]; /* the first is the host's */
extern struct temporary temporaries[TEMPORARIES];
extern struct tree trees[TREES];
extern bool trees_may_go[USERS]; /* in this step: the user has logged out, or clean has run */

extern struct space *const host;
extern ino_t system_roots[DIRECTORIES];
extern bool beside;   /* in the first process namespace: not PID 1's mount namespace */
extern bool iterates; /* the kernel tells of all namespaces, those too that are held by an fd */

/* What happened, for the last line. */
struct tally {
        unsigned long opens, joins, nests, closes, kills, cleans, races, ends, boots, late, slow,
                alone, pairs, pairs_alone, entered, entered_surely;
};

extern struct tally tally;

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

extern uint64_t seed, dice;
extern unsigned long n_steps; /* that are to be taken */
extern unsigned long step;    /* the present one */
extern char history[HISTORY][WORDS];

unsigned roll(unsigned n);

/* What the present step does. */
void say(const char *format, ...) __attribute__((__format__(__printf__, 1, 2)));

/* The test fails, with the last steps. */
void wrong(const char *format, ...) __attribute__((__format__(__printf__, 1, 2), noreturn));

/* ------------------------------------------------------------------ questions to the model */

const char *instance_path(const struct instance *instance, const char *below);

bool is_copied(const struct session *session);

/* Does any session hold the lock? */
bool is_locked(const struct instance *instance);

bool space_has(const struct space *space, const struct instance *instance);

/* An fd of it, to return to, is left in some process. */
bool is_held(const struct space *space);

/* When a session closes, its program does not count, nor do its children that are the same one. */
bool counts(const struct process *process, const struct process *closer);

bool is_used(const struct instance *instance, const struct process *closer);

/* What becomes of one that no session holds. `sure`: its clock is set. */
enum fate judge(struct instance *instance, const struct process *closer, bool sure);

const char *record_path(const struct space *space, const struct opener *opener);

bool has_record(const struct space *space, const struct opener *opener);

/* Its opener is there, and has not gone elsewhere. */
bool is_live(const struct space *space, const struct opener *opener);

/* Has the space any record, other than that of the process with this pid? */
bool has_record_but(const struct space *space, pid_t pid);

/* The process may have written a record there. */
void add_opener(struct space *space, struct process *process, unsigned user);

/* Nobody is promised a record of what showed it any more. */
void forget_records(const struct instance *instance);
