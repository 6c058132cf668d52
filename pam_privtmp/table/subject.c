/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * subject: the user that a session is for
 *
 * MUST NOT take "the lookup failed" for "not found", nor what could not be looked up for want of
 * descriptors, or by what the caller has put into the environment (unit/table/subject.c).
 * MUST NOT use calls that return static storage: it belongs to the application
 * (unit/table/subject.c).
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#include "ground/cleanup.h"
#include "ground/headroom.h"
#include "table/subject.h"

enum {
        LOOKUP_FIRST = 1024,
        LOOKUP_LIMIT = 64 * 1024 * 1024, /* bytes: a group of a million members */
        GROUPS_LIMIT = 65536,            /* NGROUPS_MAX of Linux */
};

/* A larger buffer for a lookup that answered ERANGE. */
static int grow(char **buffer, size_t *size)
{
        char *larger;

        *size = *size ? *size * 4 : LOOKUP_FIRST;
        if (*size > LOOKUP_LIMIT)
                return -ERANGE;
        larger = realloc(*buffer, *size);
        if (!larger)
                return -ENOMEM;
        *buffer = larger;
        return 0;
}

int subject_load(const char *name, struct subject **ret)
{
        _cleanup_subject_ struct subject *subject = NULL;
        _cleanup_free_ char *buffer = NULL;
        struct passwd entry, *found = NULL;
        size_t size = 0;
        int r;

        do {
                r = grow(&buffer, &size);
                if (r < 0)
                        return r;
                r = getpwnam_r(name, &entry, buffer, size, &found);
        } while (r == ERANGE || r == EINTR);
        /* getpwnam_r(3) lets ENOENT and others mean "not found"; glibc's "service down" is ENOENT
         * too */
        if (!found)
                return r == 0 ? SUBJECT_E_UNKNOWN : -r;

        subject = calloc(1, sizeof(*subject));
        if (!subject)
                return -ENOMEM;
        subject->name = strdup(found->pw_name);
        if (!subject->name)
                return -ENOMEM;
        subject->uid = found->pw_uid;
        subject->gid = found->pw_gid;
        *ret = TAKE_PTR(subject);
        return 0;
}

struct subject *subject_free(struct subject *subject)
{
        if (!subject)
                return NULL;
        free(subject->name);
        free(subject->groups);
        free(subject->missing_group);
        free(subject);
        return NULL;
}

static int load_groups(struct subject *subject)
{
        int n = 64;

        for (;;) {
                _cleanup_free_ gid_t *groups = calloc((size_t)n, sizeof(*groups));
                int got = n;

                if (!groups)
                        return -ENOMEM;
                if (getgrouplist(subject->name, subject->gid, groups, &got) >= 0) {
                        subject->groups = TAKE_PTR(groups);
                        subject->n_groups = (size_t)got;
                        return 0;
                }
                if (n >= GROUPS_LIMIT)
                        return -E2BIG;
                n = got > n ? got : n * 2;
                if (n > GROUPS_LIMIT)
                        n = GROUPS_LIMIT;
        }
}

/* The group's number, and whether its own list names the subject; 0, 1 (no such group), -errno. */
static int find_group(const struct subject *subject, const char *name, gid_t *gid, bool *listed)
{
        _cleanup_free_ char *buffer = NULL;
        struct group entry, *found = NULL;
        size_t size = 0;
        int r;

        do {
                r = grow(&buffer, &size);
                if (r < 0)
                        return r;
                r = getgrnam_r(name, &entry, buffer, size, &found);
        } while (r == ERANGE || r == EINTR);
        if (!found)
                return r == 0 ? 1 : -r;

        *gid = found->gr_gid;
        *listed = false;
        for (char **member = found->gr_mem; *member && !*listed; member++)
                *listed = strcmp(*member, subject->name) == 0;
        return 0;
}

/* The first one: one is enough to be told. 0 or -ENOMEM. */
static int note_missing(struct subject *subject, const char *group)
{
        if (!subject->missing_group)
                subject->missing_group = strdup(group);
        return subject->missing_group ? 0 : -ENOMEM;
}

static int ask(struct subject *subject, const char *group)
{
        bool listed = false;
        gid_t gid = 0;
        int r;

        r = find_group(subject, group, &gid, &listed);
        if (r != 0)
                return r < 0 ? r : note_missing(subject, group);
        if (listed || gid == subject->gid)
                return 1;
        /* sssd may leave the list of members out of a group: ask for the user's groups too */
        if (!subject->groups) {
                r = load_groups(subject);
                if (r < 0)
                        return r;
        }
        for (size_t i = 0; i < subject->n_groups; i++)
                if (subject->groups[i] == gid)
                        return 1;
        return 0;
}

/*
 * Services of the name service (of sssd, Samba and systemd) that find these in the environment know
 * nobody. They are for those services' own daemons, and su and sudo have the environment of whoever
 * calls them. As getenv(3) tells, which is what those services ask, too: sudo puts its own there.
 */
static const char *find_hider(void)
{
        static const char *const hiders[] = {"_SSS_LOOPS", "_NO_WINBINDD", "SYSTEMD_BYPASS_USERDB",
                                             "SYSTEMD_ONLY_USERDB"};

        for (size_t i = 0; getauxval(AT_SECURE) && i < sizeof(hiders) / sizeof(hiders[0]); i++)
                if (getenv(hiders[i]))
                        return hiders[i];
        return NULL;
}

int subject_is_member(void *arg, const char *group)
{
        struct subject *subject = arg;
        int r = ask(subject, group);

        if (r != 0 || subject->has_room)
                return r;
        subject->hider = find_hider();
        r = subject->hider ? -EPERM : headroom_for_services();
        subject->has_room = r == 0;
        return r;
}
