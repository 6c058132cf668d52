/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * memory: what is noted about a tmpfs that covers a directory
 *
 * MUST NOT believe what it does not write (unit/lifetime/memory.c).
 * MUST NOT keep the note of a tmpfs whose device another one has (unit/lifetime/memory.c).
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

#include "ground/cleanup.h"
#include "ground/lock.h"
#include "ground/number.h"
#include "ground/path.h"
#include "lifetime/look.h"
#include "lifetime/memory.h"
#include "lifetime/records.h"
#include "mounts/seek.h"

#define PREFIX "memory."

/* Of the note. Whoever changes what is in it or what that means counts up. */
#define VERSION "m1 "

enum {
        NOTE_BYTES = 512,
        NOTE_NAME = 64,
        SEEK_MILLISECONDS = 250,
};

static void name_of(char name[NOTE_NAME], uid_t uid, struct mark mark)
{
        char text[MARK_BYTES];

        mark_format(mark, text);
        (void)snprintf(name, NOTE_NAME, PREFIX "%ju.%s", (uintmax_t)uid, text);
}

/* Takes such a name apart. False where it is none. */
static bool read_name(const char *name, uid_t *uid, struct mark *mark)
{
        const char *number = name + strlen(PREFIX), *dot;
        uint64_t value;

        if (strncmp(name, PREFIX, strlen(PREFIX)) != 0)
                return false;
        dot = strchr(number, '.');
        if (!dot || !number_read(number, dot, UINT32_MAX - 1, &value) ||
            mark_parse(dot + 1, mark) < 0 || mark->kind != MARK_MEMORY)
                return false;
        *uid = (uid_t)value;
        return true;
}

struct made {
        struct mark mark;
        const char *kept; /* the name of the note that stays, or NULL */
};

static int forget_same_device(void *arg, int folder, const char *name)
{
        const struct made *made = arg;
        struct mark other;
        uid_t uid;

        if (read_name(name, &uid, &other) && mark_is_same(made->mark, other) &&
            (!made->kept || strcmp(made->kept, name) != 0))
                (void)unlinkat(folder, name, 0); /* somebody else may have been first */
        return 0;
}

void memory_made(int folder, struct mark mark)
{
        (void)records_each_name(folder, forget_same_device, &(struct made){.mark = mark});
}

/* In one step: who is killed here, and can do that with their own su, leaves the old or the new. */
static int write_note(int folder, const char *name, const char *text)
{
        char fresh[NOTE_NAME + 1];

        (void)snprintf(fresh, sizeof(fresh), ".%s", name);
        (void)unlinkat(folder, fresh, 0);
        return symlinkat(text, folder, fresh) < 0 || renameat(folder, fresh, folder, name) < 0
                       ? -errno
                       : 0;
}

int memory_note(int folder, const struct memory *memory)
{
        char name[NOTE_NAME], text[NOTE_BYTES], boot[RECORD_BOOT];
        int r = record_read_boot(boot), n;

        if (r < 0)
                return r;
        n = snprintf(text, sizeof(text), VERSION "boot=%s ns=%ju:%" PRIu64 " is=%s at=%s", boot,
                     (uintmax_t)memory->ns.number, memory->ns.id, memory->identity,
                     memory->directory);
        if (n < 0 || n >= NOTE_BYTES)
                return -E2BIG;
        name_of(name, memory->uid, memory->mark);
        (void)records_each_name(folder, forget_same_device,
                                &(struct made){.mark = memory->mark, .kept = name});
        return write_note(folder, name, text);
}

/* 1; 0 for one of another boot or of another version; or -errno. */
static int read_note(int folder, const char *name, struct memory *ret)
{
        char text[NOTE_BYTES], boot[RECORD_BOOT], own[RECORD_BOOT];
        ssize_t n = readlinkat(folder, name, text, sizeof(text));
        uintmax_t number;
        int length = 0, r;

        if (n < 0 || n == NOTE_BYTES)
                return n < 0 && errno != ENOENT && errno != EINVAL ? -errno : 0;
        text[n] = '\0';
        /* as many characters as the array of the identity has room for */
        if (sscanf(text, VERSION "boot=%36[0-9a-f-] ns=%ju:%" SCNu64 " is=%95[0-9a-f.] at=%n", boot,
                   &number, &ret->ns.id, ret->identity, &length) != 4 ||
            length == 0 || !path_is_valid(text + length) ||
            strlen(text + length) >= sizeof(ret->directory))
                return 0;
        r = record_read_boot(own);
        if (r < 0)
                return r;
        ret->ns.number = number;
        (void)strcpy(ret->directory, text + length);
        return strcmp(boot, own) == 0;
}

struct visit {
        uid_t uid;
        int (*each)(void *arg, const struct memory *memory);
        void *arg;
};

static int visit_one(void *arg, int folder, const char *name)
{
        const struct visit *visit = arg;
        struct memory memory;
        int r;

        if (!read_name(name, &memory.uid, &memory.mark) ||
            (visit->uid != (uid_t)-1 && visit->uid != memory.uid))
                return 0;
        r = read_note(folder, name, &memory);
        return r > 0 ? visit->each(visit->arg, &memory) : r;
}

int memory_each(int folder, uid_t uid, int (*each)(void *arg, const struct memory *memory),
                void *arg)
{
        return records_each_name(folder, visit_one,
                                 &(struct visit){.uid = uid, .each = each, .arg = arg});
}

int memory_forget(int folder, const struct memory *memory)
{
        char name[NOTE_NAME];
        struct memory now;
        int r;

        name_of(name, memory->uid, memory->mark);
        r = read_note(folder, name, &now);
        if (r <= 0 || strcmp(now.identity, memory->identity) != 0)
                return r < 0 ? r : 0;
        /* somebody else may have been first */
        return unlinkat(folder, name, 0) < 0 && errno != ENOENT ? -errno : 0;
}

int memory_open_turn(int folder, uid_t uid)
{
        char name[NOTE_NAME];
        int fd;

        (void)snprintf(name, sizeof(name), "%ju.lock", (uintmax_t)uid);
        fd = openat(folder, name, O_RDONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
        return fd < 0 ? -errno : fd;
}

/* A namespace is there as long as somebody uses it: then no look is needed, which takes longer. */
static bool is_elsewhere(const struct memory *memory, const struct namespace_id *left)
{
        const struct deadline deadline = deadline_in_ms(SEEK_MILLISECONDS);
        _cleanup_close_ int ns = -EBADF;

        if (!namespace_is_same(&memory->ns, left))
                ns = seek_namespace(&memory->ns, &deadline);
        return ns >= 0;
}

bool memory_end(int folder, uid_t uid, struct mark mark, const struct namespace_id *left)
{
        struct memory memory = {.uid = uid, .mark = mark};
        struct look_query query = {.uid = uid};
        _cleanup_close_ int turn = -EBADF;
        char name[NOTE_NAME];
        int r = -ENOENT;

        name_of(name, uid, mark);
        /* a tmpfs of one session has no note, and leaves no lock behind */
        if (folder >= 0 && read_note(folder, name, &memory) > 0) {
                if (is_elsewhere(&memory, left))
                        return true;
                turn = memory_open_turn(folder, uid);
        }
        if (turn >= 0)
                r = lock_try(turn, LOCK_EX);
        look_memory(mark.device, &query, LOOK_CLOSE, NULL);
        /* who does not get the turn goes on alone, and may have a later one of that device by now
         */
        if (r == 0 && !query.used)
                (void)memory_forget(folder, &memory);
        return query.used;
}
