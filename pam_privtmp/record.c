/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * record: what is noted about a session
 *
 * MUST NOT write a file (test-record.c).
 * MUST NOT believe a record of another boot or another namespace (test-record.c).
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cleanup.h"
#include "name.h"
#include "record.h"
#include "safedir.h"

static int read_boot(char boot[RECORD_BOOT])
{
        _cleanup_close_ int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
        ssize_t n = fd < 0 ? -1 : read(fd, boot, RECORD_BOOT - 1);

        if (n < 0)
                return -errno;
        boot[n] = '\0';
        return n == RECORD_BOOT - 1 ? 0 : -EINVAL;
}

int record_stamp(struct record *record)
{
        struct timespec now;

        (void)clock_gettime(CLOCK_BOOTTIME, &now);
        record->start = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
        record->pid = getpid();
        return read_boot(record->boot);
}

void record_set_words(char ret[RECORD_WORDS + 1], const char *words)
{
        size_t n = 0;

        for (; words && *words && n < RECORD_WORDS; words++)
                ret[n++] = *words > ' ' && *words < 0x7f ? *words : '?';
        ret[n] = '\0';
}

int record_add_cover(struct record *record, const char *directory, const char *mark)
{
        struct record_cover *cover = &record->covers[record->n_covers];

        if (record->n_covers == RECORD_COVERS || strlen(directory) >= sizeof(cover->directory) ||
            strlen(mark) >= sizeof(cover->mark))
                return -E2BIG;
        (void)strcpy(cover->directory, directory);
        (void)strcpy(cover->mark, mark);
        record->n_covers++;
        return 0;
}

void record_drop_cover(struct record *record, const char *mark)
{
        size_t kept = 0;

        for (size_t i = 0; i < record->n_covers; i++)
                if (strcmp(record->covers[i].mark, mark) != 0)
                        record->covers[kept++] = record->covers[i];
        record->n_covers = kept;
}

/* Adds to the text, whose length is *used. */
static int add(char text[RECORD_BYTES + 1], size_t *used, const char *format, ...)
        __attribute__((__format__(__printf__, 3, 4)));

static int add(char text[RECORD_BYTES + 1], size_t *used, const char *format, ...)
{
        va_list args;
        int n;

        va_start(args, format);
        n = vsnprintf(text + *used, RECORD_BYTES + 1 - *used, format, args);
        va_end(args);
        if (n < 0 || (size_t)n > RECORD_BYTES - *used)
                return -E2BIG;
        *used += (size_t)n;
        return 0;
}

/* " cover=MARK@DIRECTORY"; in the directory, what could be taken for an end is written %XX. */
static int add_cover(char text[RECORD_BYTES + 1], size_t *used, const struct record_cover *cover)
{
        int r = add(text, used, " cover=%s@", cover->mark);

        for (const char *p = cover->directory; r == 0 && *p; p++)
                r = *p <= ' ' || *p >= 0x7f || *p == '%'
                            ? add(text, used, "%%%02x", (unsigned char)*p)
                            : add(text, used, "%c", *p);
        return r;
}

int record_format(const struct record *record, char text[RECORD_BYTES + 1])
{
        size_t used = 0;
        int r;

        r = add(text, &used,
                "boot=%s ns=%ju:%" PRIu64 " left=%ju:%" PRIu64 " nested=%d plan=%" PRIx64
                " uid=%ju pid=%jd start=%" PRIu64 " service=%s tty=%s rhost=%s",
                record->boot, (uintmax_t)record->ns.number, record->ns.id,
                (uintmax_t)record->left.number, record->left.id, record->nested, record->plan,
                (uintmax_t)record->uid, (intmax_t)record->pid, record->start, record->service,
                record->tty, record->rhost);
        for (size_t i = 0; r == 0 && i < record->n_covers; i++)
                r = add_cover(text, &used, &record->covers[i]);
        return r;
}

/* Takes " cover=..." apart; *text moves behind it. */
static int parse_cover(const char **text, struct record *record)
{
        struct record_cover *cover = &record->covers[record->n_covers];
        size_t n = 0;
        int length = 0;

        if (record->n_covers == RECORD_COVERS ||
            sscanf(*text, " cover=%63[^@ ]@%n", cover->mark, &length) != 1 || length == 0)
                return -EINVAL;
        for (*text += length; **text && **text != ' '; n++) {
                unsigned byte = (unsigned char)**text;
                int step = 1;

                if (byte == '%' && sscanf(*text, "%%%2x%n", &byte, &step) != 1)
                        return -EINVAL;
                if (n + 1 >= sizeof(cover->directory) || byte == 0)
                        return -EINVAL;
                cover->directory[n] = (char)byte;
                *text += step;
        }
        cover->directory[n] = '\0';
        if (!name_is_path(cover->directory))
                return -EINVAL;
        record->n_covers++;
        return 0;
}

int record_parse(const char *text, struct record *ret)
{
        uintmax_t ns, left, uid;
        struct record record = {0};
        int length = 0, nested;
        intmax_t pid;

        /* %n behind each word: an empty one is not read by %s */
        if (sscanf(text,
                   "boot=%36[0-9a-f-] ns=%ju:%" SCNu64 " left=%ju:%" SCNu64
                   " nested=%d plan=%" SCNx64 " uid=%ju pid=%jd start=%" SCNu64 " service=%n",
                   record.boot, &ns, &record.ns.id, &left, &record.left.id, &nested, &record.plan,
                   &uid, &pid, &record.start, &length) != 10 ||
            length == 0)
                return -EINVAL;
        record.ns.number = ns;
        record.left.number = left;
        record.nested = nested;
        record.uid = (uid_t)uid;
        record.pid = (pid_t)pid;
        text += length;
        for (unsigned i = 0; i < 3; i++) {
                static const char *const next[] = {" tty=", " rhost=", ""};
                char *const words[] = {record.service, record.tty, record.rhost};
                size_t n = strcspn(text, " ");

                if (n > RECORD_WORDS || strncmp(text + n, next[i], strlen(next[i])) != 0)
                        return -EINVAL;
                memcpy(words[i], text, n);
                text += n + strlen(next[i]);
        }
        while (*text)
                if (parse_cover(&text, &record) < 0)
                        return -EINVAL;
        *ret = record;
        return 0;
}

static void record_name(char name[NAME_BYTES], ino_t ns, pid_t pid)
{
        (void)snprintf(name, NAME_BYTES, "%ju.%jd", (uintmax_t)ns, (intmax_t)pid);
}

int record_write(int folder, const struct record *record)
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
        record_name(name, record->ns.number, record->pid);
        if (symlinkat(text, folder, name) == 0)
                return 0;
        if (errno != EEXIST)
                return -errno;
        /* whoever had these numbers before is gone */
        if (unlinkat(folder, name, 0) < 0 || symlinkat(text, folder, name) < 0)
                return -errno;
        return 0;
}

void record_remove(int folder, ino_t ns, pid_t pid)
{
        char name[NAME_BYTES];

        record_name(name, ns, pid);
        (void)unlinkat(folder, name, 0); /* it may be gone, and that is what is wanted */
}

static int read_record(int folder, const char *name, struct record *ret)
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

/* Calls each() for every record whose name begins with `prefix`, until it returns other than 0. */
static int each_record(int folder, const char *prefix,
                       int (*each)(void *, int, const char *, struct record *), void *arg)
{
        _cleanup_closedir_ DIR *dir = NULL;
        struct dirent *entry;
        struct record record;
        int fd, r;

        fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        dir = fd < 0 ? NULL : fdopendir(fd);
        if (!dir) {
                fd_close(fd);
                return -errno;
        }
        while ((errno = 0, entry = readdir(dir))) {
                if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0)
                        continue;
                r = read_record(folder, entry->d_name, &record);
                if (r == -ENOENT || r == -EINVAL) /* taken away meanwhile, or none of ours */
                        continue;
                if (r == 0)
                        r = each(arg, folder, entry->d_name, &record);
                if (r != 0)
                        return r;
        }
        return -errno;
}

struct own {
        char boot[RECORD_BOOT];
        struct namespace_id ns;
        struct record *ret;
};

static int is_own(void *arg, int folder, const char *name, struct record *record)
{
        struct own *own = arg;
        int r = 0;

        (void)folder;
        (void)name;
        if (strcmp(record->boot, own->boot) != 0 || !namespace_is_same(&record->ns, &own->ns))
                return 0;
        for (size_t i = 0; r == 0 && i < record->n_covers; i++)
                r = cover_is_on(record->covers[i].directory, record->covers[i].mark);
        if (r > 0)
                *own->ret = *record;
        return r;
}

int record_find(int folder, const struct namespace_id *ns, struct record *ret)
{
        struct own own = {.ns = *ns, .ret = ret};
        char prefix[NAME_BYTES];
        int r;

        r = read_boot(own.boot);
        if (r < 0)
                return r;
        (void)snprintf(prefix, sizeof(prefix), "%ju.", (uintmax_t)own.ns.number);
        return each_record(folder, prefix, is_own, &own);
}

struct alive {
        const struct namespace_id *ids;
        size_t n;
};

static int sweep(void *arg, int folder, const char *name, struct record *record)
{
        const struct alive *alive = arg;

        for (size_t i = 0; i < alive->n; i++)
                if (alive->ids[i].number == record->ns.number &&
                    (alive->ids[i].id == 0 || alive->ids[i].id == record->ns.id))
                        return 0;
        (void)unlinkat(folder, name, 0); /* somebody else may have been first */
        return 0;
}

void record_sweep(int folder, const struct namespace_id *alive, size_t n)
{
        (void)each_record(folder, "", sweep, &(struct alive){.ids = alive, .n = n});
}

struct forgotten {
        uid_t uid;
        const char *mark;
};

static int forget(void *arg, int folder, const char *name, struct record *record)
{
        const struct forgotten *forgotten = arg;

        for (size_t i = 0; record->uid == forgotten->uid && i < record->n_covers; i++)
                if (strcmp(record->covers[i].mark, forgotten->mark) == 0)
                        (void)unlinkat(folder, name, 0); /* somebody else may have been first */
        return 0;
}

void record_forget(int folder, uid_t uid, const char *mark)
{
        (void)each_record(folder, "", forget, &(struct forgotten){.uid = uid, .mark = mark});
}

void record_forget_instance(uid_t uid, const char *mark)
{
        _cleanup_close_ int folder = -EBADF;
        struct report silent = {0};

        if (safedir_open_own(RECORD_FOLDER, false, &folder, &silent) == 0)
                record_forget(folder, uid, mark);
}
