/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * records: the folder of records
 *
 * MUST NOT write a file (unit/lifetime/records.c).
 * MUST NOT believe a record of another boot or another namespace (unit/lifetime/records.c).
 */
#include <stdio.h>
#include <string.h>

#include "ground/cleanup.h"
#include "ground/name.h"
#include "ground/names.h"
#include "ground/number.h"
#include "lifetime/records.h"
#include "ground/safedir.h"

static void name_of(char name[NAME_BYTES], const struct record *record)
{
        (void)snprintf(name, NAME_BYTES, "%ju.%jd.%ju", (uintmax_t)record->ns.number,
                       (intmax_t)record->pid, (uintmax_t)record->uid);
}

int records_write(int folder, const struct record *record)
{
        char name[NAME_BYTES], text[RECORD_BYTES + 1];
        int r = record_format(record, text);

        if (r == -E2BIG) {
                struct record brief = *record;

                brief.service[0] = brief.tty[0] = brief.rhost[0] = '\0';
                r = record_format(&brief, text);
        }
        if (r < 0)
                return r;
        name_of(name, record);
        if (symlinkat(text, folder, name) == 0)
                return 0;
        if (errno != EEXIST)
                return -errno;
        /* whoever had these numbers before is gone */
        if (unlinkat(folder, name, 0) < 0 || symlinkat(text, folder, name) < 0)
                return -errno;
        return 0;
}

int records_remove(int folder, const struct record *record)
{
        char name[NAME_BYTES];

        name_of(name, record);
        /* it may be gone, and that is what is wanted */
        return unlinkat(folder, name, 0) < 0 && errno != ENOENT ? -errno : 0;
}

int records_read(int folder, const char *name, struct record *ret)
{
        char text[RECORD_BYTES + 1];
        ssize_t n = readlinkat(folder, name, text, sizeof(text));

        if (n < 0)
                return -errno;
        if (n > RECORD_BYTES)
                return -EINVAL;
        text[n] = '\0';
        return record_parse(text, ret);
}

/* Does the name begin and end like that? */
static bool is_named(const char *name, const char *prefix, const char *suffix)
{
        size_t length = strlen(name), wanted = strlen(suffix);

        return strncmp(name, prefix, strlen(prefix)) == 0 && length >= wanted &&
               strcmp(name + length - wanted, suffix) == 0;
}

typedef int (*each_name)(void *arg, int folder, const char *name);

/*
 * Calls each() for every name that begins with `prefix` and ends with `suffix`, until it returns
 * other than 0.
 */
static int for_each_name(int folder, const char *prefix, const char *suffix, each_name each,
                         void *arg)
{
        struct names names;
        const char *name;

        names_begin(&names, folder);
        while ((name = names_next(&names))) {
                int r = is_named(name, prefix, suffix) ? each(arg, folder, name) : 0;

                if (r != 0)
                        return r;
        }
        return names.error;
}

int records_each_name(int folder, int (*each)(void *arg, int folder, const char *name), void *arg)
{
        return for_each_name(folder, "", "", each, arg);
}

bool records_read_name(const char *name, uint64_t *number)
{
        const char *pid = strchr(name, '.'), *uid = pid ? strchr(pid + 1, '.') : NULL;
        uint64_t ignored;

        return uid && number_read(name, pid, UINT64_MAX, number) &&
               number_read(pid + 1, uid, INT32_MAX, &ignored) &&
               number_read(uid + 1, uid + strlen(uid), UINT32_MAX, &ignored);
}

typedef int (*each_record)(void *arg, int folder, const char *name, struct record *record);

struct reading {
        each_record each;
        void *arg;
};

static int read_one(void *arg, int folder, const char *name)
{
        const struct reading *reading = arg;
        struct record record;
        int r = records_read(folder, name, &record);

        if (r == -ENOENT || r == -EINVAL) /* taken away meanwhile, or none that we understand */
                return 0;
        return r < 0 ? r : reading->each(reading->arg, folder, name, &record);
}

/* The same for every record that can be understood. */
static int for_each(int folder, const char *prefix, const char *suffix, each_record each, void *arg)
{
        return for_each_name(folder, prefix, suffix, read_one,
                             &(struct reading){.each = each, .arg = arg});
}

static int for_each_of_user(int folder, uid_t uid, each_record each, void *arg)
{
        char suffix[NAME_BYTES];

        suffix[0] = '\0';
        if (uid != (uid_t)-1)
                (void)snprintf(suffix, sizeof(suffix), ".%ju", (uintmax_t)uid);
        return for_each(folder, "", suffix, each, arg);
}

struct own {
        char boot[RECORD_BOOT];
        struct namespace_id ns;
        bool (*fits)(const void *arg, const struct record *record);
        const void *arg;
        struct record *ret;
};

static int is_own(void *arg, int folder, const char *name, struct record *record)
{
        struct own *own = arg;

        (void)folder;
        (void)name;
        if (strcmp(record->boot, own->boot) != 0 || !namespace_is_same(&record->ns, &own->ns) ||
            !own->fits(own->arg, record))
                return 0;
        *own->ret = *record;
        return 1;
}

int records_find(int folder, const struct namespace_id *ns,
                 bool (*fits)(const void *arg, const struct record *record), const void *arg,
                 struct record *ret)
{
        struct own own = {.ns = *ns, .fits = fits, .arg = arg, .ret = ret};
        char prefix[NAME_BYTES];
        int r;

        r = record_read_boot(own.boot);
        if (r < 0)
                return r;
        (void)snprintf(prefix, sizeof(prefix), "%ju.", (uintmax_t)own.ns.number);
        return for_each(folder, prefix, "", is_own, &own);
}

struct visit {
        int (*each)(void *, const struct record *);
        void *arg;
};

static int visit_one(void *arg, int folder, const char *name, struct record *record)
{
        const struct visit *visit = arg;

        (void)folder;
        (void)name;
        return visit->each(visit->arg, record);
}

int records_each(int folder, uid_t uid, int (*each)(void *arg, const struct record *record),
                 void *arg)
{
        return for_each_of_user(folder, uid, visit_one, &(struct visit){.each = each, .arg = arg});
}

int records_each_there(int folder, uid_t uid, ino_t number,
                       int (*each)(void *arg, const struct record *record), void *arg)
{
        char prefix[NAME_BYTES], suffix[NAME_BYTES];

        (void)snprintf(prefix, sizeof(prefix), "%ju.", (uintmax_t)number);
        (void)snprintf(suffix, sizeof(suffix), ".%ju", (uintmax_t)uid);
        return for_each(folder, prefix, suffix, visit_one,
                        &(struct visit){.each = each, .arg = arg});
}

static int is_other(void *arg, const struct record *record)
{
        const struct record *own = arg;

        return namespace_is_same(&record->ns, &own->ns) && record->pid != own->pid;
}

int records_have_other(int folder, const struct record *record)
{
        struct record own = *record;

        return records_each_there(folder, own.uid, own.ns.number, is_other, &own);
}

struct forgotten {
        uid_t uid;
        struct mark mark;
};

static int forget(void *arg, int folder, const char *name, struct record *record)
{
        const struct forgotten *forgotten = arg;

        for (size_t i = 0; record->uid == forgotten->uid && i < record->n_covers; i++)
                if (mark_is_same(record->covers[i].mark, forgotten->mark))
                        (void)unlinkat(folder, name, 0); /* somebody else may have been first */
        return 0;
}

void records_forget(int folder, uid_t uid, struct mark mark)
{
        (void)for_each_of_user(folder, uid, forget, &(struct forgotten){.uid = uid, .mark = mark});
}

void records_forget_instance(uid_t uid, struct mark mark)
{
        _cleanup_close_ int folder = -EBADF;
        struct report silent = {0};

        if (safedir_open_own(RECORD_FOLDER, false, &folder, &silent) == 0)
                records_forget(folder, uid, mark);
}

static int forget_one(void *arg, int folder, const char *name)
{
        (void)arg;
        (void)unlinkat(folder, name, 0); /* somebody else may have been first */
        return 0;
}

/*
 * What has the number of a namespace that was made just now is of one that is gone, whether it can
 * be understood or not.
 */
static void forget_number(int folder, const struct record *record)
{
        char prefix[NAME_BYTES];

        (void)snprintf(prefix, sizeof(prefix), "%ju.", (uintmax_t)record->ns.number);
        (void)for_each_name(folder, prefix, "", forget_one, NULL);
}

int records_note(struct record *record, bool fresh, struct report *report)
{
        _cleanup_close_ int folder = -EBADF;
        int r;

        r = record_stamp(record);
        if (r == 0)
                r = safedir_open_own(RECORD_FOLDER, true, &folder, report);
        if (r < 0)
                return r;
        if (fresh)
                forget_number(folder, record);
        return records_write(folder, record);
}
