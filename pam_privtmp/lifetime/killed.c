/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * killed: the records of sessions whose opener was killed
 *
 * MUST NOT take away that of a process which is elsewhere for a while (unit/lifetime/killed.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ground/cleanup.h"
#include "ground/name.h"
#include "lifetime/killed.h"
#include "lifetime/opener.h"
#include "lifetime/records.h"

bool killed_is(const struct record *record)
{
        const char *why;
        int ns = opener_open_namespace(record, &why);

        fd_close(ns);
        return ns == -ESRCH;
}

struct thinning {
        const struct namespace_id *ns;
        char prefix[NAME_BYTES], suffix[NAME_BYTES]; /* of the names of records */
        unsigned n;
};

static bool is_meant(const struct thinning *thinning, const char *name)
{
        size_t length = strlen(name), end = strlen(thinning->suffix);

        return strncmp(name, thinning->prefix, strlen(thinning->prefix)) == 0 && length > end &&
               strcmp(name + length - end, thinning->suffix) == 0;
}

/* Stops when there are many. */
static int count(void *arg, int folder, const char *name)
{
        struct thinning *thinning = arg;

        (void)folder;
        thinning->n += is_meant(thinning, name);
        return thinning->n > KILLED_MANY;
}

/* Costs one call. A zombie, which a parent can leave as one, has no namespace. */
static bool has_namespace(long pid)
{
        char path[NAME_BYTES];
        struct stat st;

        (void)snprintf(path, sizeof(path), "/proc/%ld/ns/mnt", pid);
        return fstatat(AT_FDCWD, path, &st, 0) == 0 || errno != ENOENT;
}

static int remove_if_killed(void *arg, int folder, const char *name)
{
        const struct thinning *thinning = arg;
        struct record record;

        /* most often it lives: the record need not be read to know that */
        if (!is_meant(thinning, name) ||
            has_namespace(strtol(name + strlen(thinning->prefix), NULL, 10)))
                return 0;
        if (records_read(folder, name, &record) == 0 &&
            namespace_is_same(&record.ns, thinning->ns) && killed_is(&record))
                (void)records_remove(folder, &record); /* else the next one does it */
        return 0;
}

void killed_thin(int folder, uid_t uid, const struct namespace_id *ns)
{
        struct thinning thinning = {.ns = ns};

        (void)snprintf(thinning.prefix, NAME_BYTES, "%ju.", (uintmax_t)ns->number);
        (void)snprintf(thinning.suffix, NAME_BYTES, ".%ju", (uintmax_t)uid);
        if (records_each_name(folder, count, &thinning) > 0)
                (void)records_each_name(folder, remove_if_killed, &thinning);
}
