/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * survivor: the tmpfs that processes of the user's have kept of an earlier session
 *
 * MUST NOT take another's tmpfs, whatever device it has (real/survivor.sh).
 * MUST NOT ask a file system in the namespace that is visited (real/survivor.sh).
 * MUST NOT refuse a login for what another user has (real/survivor.sh).
 */
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "ground/cleanup.h"
#include "ground/headroom.h"
#include "ground/safedir.h"
#include "lifetime/look.h"
#include "lifetime/memory.h"
#include "lifetime/records.h"
#include "mounts/cover.h"
#include "mounts/mountinfo.h"
#include "mounts/owner.h"
#include "mounts/seek.h"
#include "session/survivor.h"

enum {
        NOTES = 8,                     /* of one directory */
        DESCRIPTORS = LOOK_WHERE + 16, /* that a look and a visit may have open at once */
        SEEK_MILLISECONDS = 250,
        READ_MILLISECONDS = 100, /* a mount table there */
};

enum saw {
        SAW_HIDDEN, /* it may be there, and can't be had */
        SAW_OTHER,  /* another file system has the device: it is gone */
        SAW_IT,
};

struct visit {
        const struct survivor_want *want;
        const struct memory *memory;
        int proc; /* fd of /proc: that of the other namespace may be anything */
        int tree; /* the clone */
        enum saw saw;
};

/* Owner, group and mode: the line may have changed since. */
static bool fits(int top, int like)
{
        const int flags = AT_EMPTY_PATH | AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT;
        const unsigned wanted = STATX_UID | STATX_GID | STATX_MODE;
        struct statx a, b;

        return like < 0 ||
               (statx(top, "", flags, wanted, &a) == 0 && statx(like, "", flags, wanted, &b) == 0 &&
                a.stx_uid == b.stx_uid && a.stx_gid == b.stx_gid && a.stx_mode == b.stx_mode);
}

/* Is the directory covered by it? What is wanted is told by the kernel, whoever mounted what. */
static bool is_it(int top, const struct memory *memory)
{
        char identity[COVER_IDENTITY];
        struct spot spot;

        return spot_of(top, &spot) == 0 && spot.is_top && spot.dev == memory->mark.device &&
               cover_identify(top, identity) == 0 && strcmp(identity, memory->identity) == 0;
}

static int found(void *arg, const char *root)
{
        (void)arg;
        (void)root;
        return 1;
}

/* Does the table of the namespace that the thread is in show that the device is of another kind? */
static bool is_other(const struct visit *visit)
{
        const struct deadline deadline = deadline_in_ms(READ_MILLISECONDS);
        struct mounts_wanted wanted = {
                .device = visit->memory->mark.device, .deadline = &deadline, .each = found};

        if (mountinfo_search(visit->proc, "thread-self/mountinfo", &wanted) != 1)
                return false;
        wanted.kind = "tmpfs " COVER_SOURCE " ";
        return mountinfo_search(visit->proc, "thread-self/mountinfo", &wanted) == 0;
}

/* In the other namespace. */
static void look_there(void *arg)
{
        struct visit *visit = arg;
        _cleanup_close_ int top = safedir_open_cached(visit->want->directory);

        if (top >= 0 && is_it(top, visit->memory))
                visit->saw =
                        fits(top, visit->want->like) && cover_clone_memory(top, visit->want->flags,
                                                                           &visit->tree) == 0
                                ? SAW_IT
                                : SAW_HIDDEN;
        else
                visit->saw = is_other(visit) ? SAW_OTHER : SAW_HIDDEN;
}

/* A namespace that another user made is theirs, whatever it shows. */
static bool is_foreign(int ns, uid_t uid)
{
        struct owner owner = owner_of_mounts(ns, owner_begin());

        return owner.is_user && owner.uid != uid;
}

/* 0, or -errno: then the stance is LOST. */
static int make_visit(struct visit *visit, int ns)
{
        int r = stance_visit(visit->want->stance, ns, look_there, visit);

        return r < 0 && visit->want->stance->at == STANCE_LOST ? r : 0;
}

struct search {
        const struct survivor_want *want;
        struct memory notes[NOTES];
        size_t n;
        int folder, proc;
        unsigned hidden;
        struct visit visit; /* the last one */
};

static void search_done(struct search *search)
{
        fd_close(search->folder);
        fd_close(search->proc);
        fd_close(search->visit.tree);
}

static int add_note(void *arg, const struct memory *memory)
{
        struct search *search = arg;

        if (strcmp(memory->directory, search->want->directory) == 0 &&
            (!search->want->only || mark_is_same(*search->want->only, memory->mark)))
                search->notes[search->n++] = *memory;
        return search->n == NOTES;
}

static void begin_visit(struct search *search, const struct memory *memory)
{
        search->visit = (struct visit){.want = search->want,
                                       .memory = memory,
                                       .proc = search->proc,
                                       .tree = -EBADF,
                                       .saw = SAW_HIDDEN};
}

/* Where the note says. 1, 0 or -errno: LOST. */
static int look_where_noted(struct search *search, const struct memory *memory)
{
        const struct deadline deadline = deadline_in_ms(SEEK_MILLISECONDS);
        _cleanup_close_ int ns = seek_namespace(&memory->ns, &deadline);
        int r;

        begin_visit(search, memory);
        if (ns < 0 || is_foreign(ns, search->want->uid))
                return 0;
        r = make_visit(&search->visit, ns);
        return r < 0 ? r : search->visit.saw == SAW_IT;
}

/* The note says where it was found. */
static void renew_note(struct search *search, const struct memory *memory, int ns)
{
        struct memory now = *memory;

        if (namespace_identify(ns, &now.ns) == 0)
                (void)memory_note(search->folder, &now); /* else it takes another look */
}

static int visit_all(struct search *search, const struct memory *memory,
                     const struct look_where *where, bool *hidden)
{
        for (size_t i = 0; i < where->n; i++) {
                int r;

                if (is_foreign(where->ns[i], search->want->uid))
                        continue;
                r = make_visit(&search->visit, where->ns[i]);
                if (r < 0)
                        return r;
                if (search->visit.saw == SAW_IT)
                        renew_note(search, memory, where->ns[i]);
                if (search->visit.saw != SAW_HIDDEN)
                        return search->visit.saw == SAW_IT;
                *hidden = true;
        }
        return 0;
}

/* Where it may be, by a look. 1, 0 or -errno: LOST. */
static int look_everywhere(struct search *search, const struct memory *memory)
{
        _cleanup_(look_where_done) struct look_where where = {.n = 0};
        struct look_query query = {.uid = search->want->uid};
        bool hidden = false;
        int r;

        begin_visit(search, memory);
        look_memory(memory->mark.device, &query, LOOK_OPEN, &where);
        r = visit_all(search, memory, &where, &hidden);
        if (r != 0)
                return r;
        if (!query.used || search->visit.saw == SAW_OTHER)
                memory_forget(search->folder, memory);
        else if (hidden || query.theirs)
                search->hidden++;
        return 0;
}

static int lost(const struct survivor_want *want, int error, struct report *report)
{
        return report_errno(report, error, "can't return from where %s is kept", want->directory);
}

int survivor_find(const struct survivor_want *want, int *tree, struct mark *mark,
                  struct report *report)
{
        _cleanup_(search_done) struct search search = {
                .want = want, .folder = -EBADF, .proc = -EBADF, .visit.tree = -EBADF};
        struct report silent = {0};
        int r = 0;

        if (safedir_open_own(RECORD_FOLDER, false, &search.folder, &silent) != 0)
                return 0;
        (void)memory_each(search.folder, want->uid, add_note, &search);
        if (search.n == 0)
                return 0;
        /* who calls su may have left it so few that nothing is found, but enough for all that
         * follows: then each login would have one more */
        r = headroom_for_descriptors(DESCRIPTORS);
        if (r < 0)
                return report_errno(report, r, "can't look for what processes keep of %s",
                                    want->directory);
        search.proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
        for (size_t i = 0; r == 0 && i < search.n; i++)
                r = look_where_noted(&search, &search.notes[i]);
        for (size_t i = 0; r == 0 && i < search.n; i++)
                r = look_everywhere(&search, &search.notes[i]);
        if (r < 0)
                return lost(want, r, report);
        if (r > 0) {
                *tree = TAKE_FD(search.visit.tree);
                *mark = search.visit.memory->mark;
                return 1;
        }
        if (search.hidden > SURVIVOR_HIDDEN)
                return report_fault(report, -EDQUOT,
                                    "processes of uid %ju keep %u file systems in memory from %s "
                                    "in namespaces of their own, where no login can have them: "
                                    "see \"privtmp list -p\", and end them",
                                    (uintmax_t)want->uid, search.hidden, want->directory);
        return 0;
}
