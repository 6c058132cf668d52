/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * record: what is noted about a session
 *
 * MUST NOT believe what could not have been written by record_format() (unit/lifetime/record.c).
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ground/cleanup.h"
#include "ground/path.h"
#include "lifetime/record.h"

/* Of the note. Whoever changes what is in it or what that means counts up. */
#define VERSION "v1 "

int record_read_boot(char boot[RECORD_BOOT])
{
        _cleanup_close_ int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
        ssize_t n = fd < 0 ? -1 : read(fd, boot, RECORD_BOOT - 1);

        if (n < 0)
                return -errno;
        boot[n] = '\0';
        return n == RECORD_BOOT - 1 ? 0 : -EINVAL;
}

uint64_t record_now(void)
{
        struct timespec now;

        (void)clock_gettime(CLOCK_BOOTTIME, &now);
        return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

int record_stamp(struct record *record)
{
        record->start = record_now();
        record->pid = getpid();
        return record_read_boot(record->boot);
}

void record_set_words(char ret[RECORD_WORDS + 1], const char *words)
{
        size_t n = 0;

        for (; words && *words && n < RECORD_WORDS; words++)
                ret[n++] = *words > ' ' && *words < 0x7f ? *words : '?';
        ret[n] = '\0';
}

int record_add_cover(struct record *record, const char *directory, struct mark mark)
{
        struct record_cover *cover = &record->covers[record->n_covers];

        if (record->n_covers == RECORD_COVERS || strlen(directory) >= sizeof(cover->directory))
                return -E2BIG;
        (void)strcpy(cover->directory, directory);
        cover->mark = mark;
        record->n_covers++;
        return 0;
}

void record_set_cover(struct record *record, const char *directory, struct mark mark)
{
        for (size_t i = 0; i < record->n_covers; i++)
                if (strcmp(record->covers[i].directory, directory) == 0)
                        record->covers[i].mark = mark;
}

void record_drop_cover(struct record *record, struct mark mark)
{
        size_t kept = 0;

        for (size_t i = 0; i < record->n_covers; i++)
                if (!mark_is_same(record->covers[i].mark, mark))
                        record->covers[kept++] = record->covers[i];
        record->n_covers = kept;
}

/* Adds to the text, whose length is *used. */
static int append(char text[RECORD_BYTES + 1], size_t *used, const char *format, ...)
        __attribute__((__format__(__printf__, 3, 4)));

static int append(char text[RECORD_BYTES + 1], size_t *used, const char *format, ...)
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
        char mark[MARK_BYTES];
        int r;

        mark_format(cover->mark, mark);
        r = append(text, used, " cover=%s@", mark);
        for (const char *p = cover->directory; r == 0 && *p; p++)
                r = *p <= ' ' || *p >= 0x7f || *p == '%'
                            ? append(text, used, "%%%02x", (unsigned char)*p)
                            : append(text, used, "%c", *p);
        return r;
}

int record_format(const struct record *record, char text[RECORD_BYTES + 1])
{
        size_t used = 0;
        int r;

        r = append(text, &used,
                   VERSION "boot=%s ns=%ju:%" PRIu64 " left=%ju:%" PRIu64
                           " nested=%d shared=%d plan=%" PRIx64 " uid=%ju pid=%jd start=%" PRIu64
                           " service=%s tty=%s rhost=%s",
                   record->boot, (uintmax_t)record->ns.number, record->ns.id,
                   (uintmax_t)record->left.number, record->left.id, record->nested, record->shared,
                   record->plan, (uintmax_t)record->uid, (intmax_t)record->pid, record->start,
                   record->service, record->tty, record->rhost);
        for (size_t i = 0; r == 0 && i < record->n_covers; i++)
                r = add_cover(text, &used, &record->covers[i]);
        return r;
}

/* Takes " cover=..." apart; *text moves behind it. */
static int parse_cover(const char **text, struct record *record)
{
        struct record_cover *cover = &record->covers[record->n_covers];
        char mark[MARK_BYTES];
        size_t n = 0;
        int length = 0;

        if (record->n_covers == RECORD_COVERS ||
            sscanf(*text, " cover=%31[^@ ]@%n", mark, &length) != 1 || length == 0 ||
            mark_parse(mark, &cover->mark) < 0)
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
        if (!path_is_valid(cover->directory))
                return -EINVAL;
        record->n_covers++;
        return 0;
}

/* Takes the text apart. What it accepts may still be what record_format() does not write. */
static int take_apart(const char *text, struct record *ret)
{
        uintmax_t ns, left, uid;
        struct record record = {0};
        int length = 0, nested, shared;
        intmax_t pid;

        /* %n behind each word: an empty one is not read by %s */
        if (sscanf(text,
                   VERSION "boot=%36[0-9a-f-] ns=%ju:%" SCNu64 " left=%ju:%" SCNu64
                           " nested=%d shared=%d plan=%" SCNx64 " uid=%ju pid=%jd start=%" SCNu64
                           " service=%n",
                   record.boot, &ns, &record.ns.id, &left, &record.left.id, &nested, &shared,
                   &record.plan, &uid, &pid, &record.start, &length) != 11 ||
            length == 0)
                return -EINVAL;
        record.ns.number = ns;
        record.left.number = left;
        record.nested = nested;
        record.shared = shared;
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

int record_parse(const char *text, struct record *ret)
{
        char again[RECORD_BYTES + 1];
        struct record record;

        if (take_apart(text, &record) < 0 || record_format(&record, again) < 0 ||
            strcmp(again, text) != 0 || record.pid <= 0 || record.uid == (uid_t)-1)
                return -EINVAL;
        *ret = record;
        return 0;
}
