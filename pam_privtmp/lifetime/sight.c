/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sight: what a look is about, and what it has seen
 *
 * MUST NOT go by st_dev: it is not the device that mountinfo has (btrfs) (unit/lifetime/look.c).
 * MUST NOT let a doubt about one user touch another (unit/lifetime/look-users.c).
 */
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "ground/cleanup.h"
#include "ground/grow.h"
#include "ground/name.h"
#include "ground/path.h"
#include "lifetime/sight.h"
#include "mounts/mounts.h"

/*
 * Microseconds of the thread's own time. Reading a mount takes about one. Who waits, waits for what
 * is theirs; of any other user's namespaces a login reads what a few containers have. What a user's
 * processes see of a namespace that is nobody's in particular may be another user's: an inherit
 * line brings that there. privtmp(8) has these numbers, too.
 */
#define WAITING                                                                                    \
        {                                                                                          \
                .nobodys = 250 * 1000, .own = 100 * 1000, .others = 1000, .together = 50 * 1000,   \
                .guest = 100 * 1000                                                                \
        }
#define PATIENT                                                                                    \
        {                                                                                          \
                .nobodys = 10000 * 1000, .own = 500 * 1000, .others = 50 * 1000,                   \
                .together = 5000 * 1000, .guest = 500 * 1000                                       \
        }

static const struct budget budgets[] = {
        [LOOK_OPEN] = WAITING,
        [LOOK_CLOSE] = WAITING,
        [LOOK_CLEAN] = PATIENT,
        [LOOK_LIST] = PATIENT,
};

enum {
        WAITING_MILLISECONDS = 1000, /* for all together */
        PATIENT_MILLISECONDS = 30 * 1000,
};

int sight_begin_base(struct sight *sight, int base, const char *path)
{
        _cleanup_mounts_ struct libmnt_table *table = NULL;
        _cleanup_free_ char *text = NULL;
        struct mounts_entry entry = {.target = "", .root = ""};
        struct statx stx;
        int r;

        if (statx(base, "", AT_EMPTY_PATH, STATX_MNT_ID, &stx) < 0)
                return -errno;
        r = mountinfo_read_one(AT_FDCWD, "/proc/thread-self/mountinfo", stx.stx_mnt_id, &text);
        if (r == 0)
                r = mounts_parse_one(text, stx.stx_mnt_id, &table);
        if (r == 0)
                r = mounts_find(table, stx.stx_mnt_id, &entry);
        if (r < 0)
                return r;
        sight->device = entry.device;
        r = mounts_locate(&entry, path, sight->prefix);
        sight->prefix_length = r < 0 ? 0 : strlen(sight->prefix);
        return r;
}

void sight_begin_memory(struct sight *sight, dev_t device)
{
        sight->device = device;
        sight->any = true;
}

static int compare_asked(const void *a, const void *b)
{
        return strcmp(((const struct sight_asked *)a)->query->name,
                      ((const struct sight_asked *)b)->query->name);
}

int sight_ask(struct sight *sight, struct look_query *queries, size_t n, enum look_why why)
{
        sight->claims = (struct claim_list)CLAIM_LIST_NONE;
        sight->asked = calloc(n + 1, sizeof(*sight->asked));
        if (!sight->asked)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                sight->asked[i].query = &queries[i];
                if (idset_add(&sight->uids, queries[i].uid) < 0)
                        return -ENOMEM;
        }
        qsort(sight->asked, n, sizeof(*sight->asked), compare_asked);
        sight->n = n;
        sight->why = why;
        sight->users = owner_begin();
        sight->budget = budgets[why];
        sight->budget.uids = &sight->uids;
        sight->budget.all = &sight->end;
        sight->end = deadline_in_ms(why == LOOK_OPEN || why == LOOK_CLOSE ? WAITING_MILLISECONDS
                                                                          : PATIENT_MILLISECONDS);
        return 0;
}

void sight_done(struct sight *sight)
{
        budget_done(&sight->budget);
        claim_done(&sight->claims);
        free(sight->asked);
        idset_done(&sight->uids);
        free(sight->shown.asked);
}

struct owner sight_claim(struct sight *sight, int fd, const struct owner *owner)
{
        struct namespace_id id;

        return owner->is_user || namespace_identify(fd, &id) < 0 ? *owner
                                                                 : claim_owner(&sight->claims, &id);
}

/* As strcmp(3) for a mark that has no NUL behind it. */
static int compare_mark(const char *mark, size_t length, const char *other)
{
        int r = strncmp(mark, other, length);

        return r == 0 && other[length] != '\0' ? -1 : r;
}

/* Where the mark is among those that are asked about, or belongs. */
static size_t find(const struct sight *sight, const char *mark, size_t length)
{
        size_t low = 0, high = sight->n;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (compare_mark(mark, length, sight->asked[middle].query->name) > 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

static int see(struct sight *sight, size_t at)
{
        size_t *larger;

        if (sight->asked[at].seen_in == sight->reading)
                return 0;
        larger = grow(sight->shown.asked, sight->shown.n, sizeof(*larger));
        if (!larger)
                return -ENOMEM;
        sight->asked[at].seen_in = sight->reading;
        sight->shown.asked = larger;
        sight->shown.asked[sight->shown.n++] = at;
        return 0;
}

/* A mount of the device, which begins at PREFIX/UID/XXXXXX/root, or below, if it counts. */
static int see_mount(void *arg, const char *root)
{
        struct sight *sight = arg;
        const char *mark = root + sight->prefix_length + 1, *name, *end;
        size_t length;
        int r = 0;

        if (sight->any)
                return see(sight, 0);
        if (strncmp(root, sight->prefix, sight->prefix_length) != 0 || mark[-1] != '/')
                return 0;
        name = strchr(mark, '/');
        end = name ? strchr(name + 1, '/') : NULL;
        /* what is removed already has "//deleted" behind its path: below, then */
        if (!end || !path_is_within(end, "/root"))
                return 0;
        length = (size_t)(end - mark);
        for (size_t at = find(sight, mark, length); r == 0 && at < sight->n; at++) {
                if (compare_mark(mark, length, sight->asked[at].query->name) != 0)
                        break;
                r = see(sight, at);
        }
        return r;
}

int sight_start(struct sight *sight, const struct owner *owner, bool as_guest,
                struct mounts_wanted *wanted)
{
        sight->reading++;
        *wanted = (struct mounts_wanted){.device = sight->device,
                                         .deadline = &sight->budget.end,
                                         .each = see_mount,
                                         .arg = sight};
        return budget_start(&sight->budget, owner, as_guest);
}

void sight_stop(struct sight *sight, struct sight_shown *shown)
{
        budget_stop(&sight->budget);
        *shown = sight->shown;
        sight->shown = (struct sight_shown){0};
}

void sight_keep_where(struct sight *sight, int ns)
{
        struct look_where *where = sight->where;
        struct namespace_id id, other;

        if (!where || where->n == LOOK_WHERE || namespace_identify(ns, &id) < 0)
                return;
        for (size_t i = 0; i < where->n; i++)
                if (namespace_identify(where->ns[i], &other) == 0 && namespace_is_same(&id, &other))
                        return;
        where->ns[where->n] = fcntl(ns, F_DUPFD_CLOEXEC, 0);
        where->n += where->ns[where->n] >= 0;
}

void sight_use(struct sight *sight, const struct sight_shown *shown)
{
        for (size_t i = 0; i < shown->n; i++) {
                sight->asked[shown->asked[i]].query->used = true;
                sight->asked[shown->asked[i]].query->doubt = false;
                sight->asked[shown->asked[i]].query->theirs = false;
        }
}

void sight_count(struct sight *sight, const struct sight_shown *shown, unsigned processes)
{
        for (size_t i = 0; i < shown->n; i++)
                sight->asked[shown->asked[i]].query->processes += processes;
}

bool sight_is_new(const struct sight *sight, const struct sight_shown *shown)
{
        for (size_t i = 0; i < shown->n; i++)
                if (!sight->asked[shown->asked[i]].query->used)
                        return true;
        return false;
}

static bool is_open(const struct look_query *query, const struct owner *owner)
{
        return !query->used && (!owner->is_user || owner->uid == query->uid);
}

bool sight_matters(const struct sight *sight, const struct owner *owner)
{
        for (size_t i = 0; i < sight->n; i++)
                if (is_open(sight->asked[i].query, owner))
                        return true;
        return false;
}

bool sight_is_open(const struct sight *sight)
{
        return sight_matters(sight, &(struct owner){.is_user = false});
}

void sight_doubt(struct sight *sight, const struct owner *owner)
{
        for (size_t i = 0; i < sight->n; i++)
                if (is_open(sight->asked[i].query, owner)) {
                        sight->asked[i].query->used = sight->asked[i].query->doubt = true;
                        sight->asked[i].query->theirs = owner->is_user;
                }
}
