/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mountinfo: the mounts that a task sees, as proc(5) has them in mountinfo
 *
 * MUST read any line in constant memory, however long a user makes it (unit/mounts/mountinfo.c).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "ground/cleanup.h"
#include "mounts/mountinfo.h"

enum {
        TABLE_LIMIT = 256 * 1024 * 1024, /* bytes: a million mounts */
        WINDOW = 18 * 1024, /* bytes: a path of 4,096, each escaped, and what stands before it */
        LINE_LIMIT = 64 * 1024, /* bytes: two such paths, and more */
        SHORT_END = 18 * 1024,  /* bytes that stay at each end of a line that is shortened */
};

static bool is_octal(char c)
{
        return c >= '0' && c <= '7';
}

/* Blanks and the like are written as \ooo. */
static void unescape(char *text)
{
        char *to = text;

        for (; *text; text++, to++) {
                *to = *text;
                if (*text == '\\' && is_octal(text[1]) && is_octal(text[2]) && is_octal(text[3])) {
                        *to = (char)((text[1] - '0') << 6 | (text[2] - '0') << 3 | (text[3] - '0'));
                        text += 3;
                }
        }
        *to = '\0';
}

/*
 * " - TYPE SOURCE OPTIONS" at the end; blanks within a field are escaped. Of a line that is cut off
 * the kind may not be known.
 */
static bool may_be_of_kind(const char *rest, const char *kind)
{
        const char *end = strstr(rest, " - ");
        const char *type = end ? end + strlen(" - ") : "";
        size_t length = strlen(type);

        return strncmp(type, kind, length < strlen(kind) ? length : strlen(kind)) == 0;
}

/* "ID PARENT MAJOR:MINOR ROOT TARGET ...", without a newline; it may end anywhere behind ROOT. */
static int judge_line(const struct mounts_wanted *wanted, char *line)
{
        unsigned long major, minor;
        char *field = line, *root;

        for (unsigned i = 0; i < 2; i++) {
                field = strchr(field, ' ');
                if (!field)
                        return -EBADMSG;
                field++;
        }
        major = strtoul(field, &field, 10);
        if (*field != ':')
                return -EBADMSG;
        minor = strtoul(field + 1, &root, 10);
        if (*root++ != ' ')
                return -EBADMSG;
        if (makedev((unsigned)major, (unsigned)minor) != wanted->device)
                return 0;
        if (wanted->kind && !may_be_of_kind(root, wanted->kind))
                return 0;
        root[strcspn(root, " ")] = '\0';
        unescape(root);
        return wanted->each(wanted->arg, root);
}

/* What has been read and not judged yet; the rest of a line that is judged is passed over. */
struct window {
        char text[WINDOW + 1];
        size_t used;
        bool in_rest;
};

/* Judges the lines that are whole, all at the end, and one that fills the window. */
static int judge_window(struct window *window, const struct mounts_wanted *wanted, bool at_end)
{
        char *line = window->text, *const end = window->text + window->used;
        int r = 0;

        *end = '\0';
        while (r == 0 && line < end) {
                char *newline = memchr(line, '\n', (size_t)(end - line));
                bool fills = !newline && line == window->text && window->used == WINDOW;

                if (!newline && !fills && !window->in_rest && !at_end)
                        break;
                if (newline)
                        *newline = '\0';
                if (!window->in_rest)
                        r = judge_line(wanted, line);
                window->in_rest = !newline;
                line = newline ? newline + 1 : end;
        }
        window->used = (size_t)(end - line);
        memmove(window->text, line, window->used);
        return r;
}

int mountinfo_search(int proc, const char *path, const struct mounts_wanted *wanted)
{
        _cleanup_close_ int fd = openat(proc, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        struct window window;
        bool empty = true;
        int r = 0;

        if (fd < 0)
                return -errno;
        window.used = 0;
        window.in_rest = false;
        while (r == 0) {
                ssize_t got = read(fd, window.text + window.used, WINDOW - window.used);

                if (got < 0 && errno == EINTR)
                        continue;
                if (got < 0) /* the kernel has no memory for a line: that is not our lack of it */
                        return errno == ENOMEM ? -EIO : -errno;
                if (got == 0 && empty)
                        return -ENODATA;
                empty = false;
                window.used += (size_t)got;
                r = judge_window(&window, wanted, got == 0);
                if (r == 0 && got == 0)
                        break;
                if (r == 0 && deadline_is_over(wanted->deadline))
                        r = -ETIMEDOUT;
        }
        return r;
}

/* Looks for the line that begins like that. */
struct finder {
        char start[32];
        size_t length;  /* of that */
        size_t matched; /* bytes of it that the line has begun with */
        bool other;     /* this is another line */
        char *line;
        size_t used;
};

static void finder_done(struct finder *finder)
{
        free(finder->line);
}

static int keep(struct finder *finder, const char *text, size_t size)
{
        if (finder->used + size >= LINE_LIMIT)
                return -ENAMETOOLONG;
        memcpy(finder->line + finder->used, text, size);
        finder->used += size;
        return 0;
}

/* 1 when the line is whole, 0, or -errno. */
static int find_in(struct finder *finder, const char *text, const char *end)
{
        while (text < end) {
                bool begins = !finder->other && finder->matched < finder->length &&
                              *text == finder->start[finder->matched];
                bool found = !finder->other && finder->matched == finder->length;
                const char *newline = begins ? NULL : memchr(text, '\n', (size_t)(end - text));
                const char *next = begins ? text + 1 : newline ? newline + 1 : end;
                int r = found ? keep(finder, text, (size_t)(next - text)) : 0;

                if (r < 0 || (found && newline))
                        return r < 0 ? r : 1;
                finder->matched = newline ? 0 : finder->matched + begins;
                finder->other = !newline && !begins && !found;
                text = next;
        }
        return 0;
}

int mountinfo_read_one(int proc, const char *path, uint64_t id, char **ret)
{
        _cleanup_close_ int fd = openat(proc, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        _cleanup_(finder_done) struct finder finder = {.line = calloc(1, LINE_LIMIT)};
        char buffer[8 * 1024];
        ssize_t n = 1;
        int r = 0;

        if (fd < 0 || !finder.line)
                return fd < 0 ? -errno : -ENOMEM;
        finder.length = (size_t)snprintf(finder.start, sizeof(finder.start), "%ju ", (uintmax_t)id);
        (void)strcpy(finder.line, finder.start);
        finder.used = finder.length;
        while (r == 0 && n != 0) {
                n = read(fd, buffer, sizeof(buffer));
                if (n < 0 && errno != EINTR)
                        return -errno;
                r = n > 0 ? find_in(&finder, buffer, buffer + n) : 0;
        }
        if (r == 0 && finder.used == finder.length)
                r = -ENOENT;
        if (r >= 0)
                *ret = TAKE_PTR(finder.line);
        return r < 0 ? r : 0;
}

/* ------------------------------------------------------------------ the whole */

/*
 * Takes the middle out of a line that is too long, from `line` to `end` in the text: of a path,
 * that is. Where a field ends there, the next one begins with "/". Returns where the line ends now.
 */
static size_t shorten(char *text, size_t line, size_t end)
{
        size_t from = line + SHORT_END, to = end - SHORT_END, at = from, fields = 0;

        if (end - line <= 4 * SHORT_END)
                return end;
        for (size_t i = from; i < to; i++)
                fields += text[i] == ' ';
        for (; fields > 0 && at + 2 <= to; fields--) {
                text[at++] = ' ';
                text[at++] = '/';
        }
        memmove(text + at, text + to, end - to);
        return at + (end - to);
}

/* Shortens the lines that end behind *used, where `n` bytes more are now, and the last one. */
static void shorten_all(char *text, size_t *line, size_t *used, size_t n)
{
        size_t all = *used + n, at = *used;
        const char *newline;

        while ((newline = memchr(text + at, '\n', all - at))) {
                size_t end = (size_t)(newline + 1 - text);

                at = shorten(text, *line, end);
                memmove(text + at, text + end, all - end);
                all -= end - at;
                *line = at;
        }
        *used = shorten(text, *line, all);
}

int mountinfo_read(int proc, const char *path, char **ret, size_t *size)
{
        _cleanup_close_ int fd = openat(proc, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        _cleanup_free_ char *text = NULL;
        size_t room = 0, used = 0, line = 0;
        ssize_t n = fd < 0 ? -1 : 1;

        while (n > 0 || (n < 0 && fd >= 0 && errno == EINTR)) {
                if (room - used < 2) {
                        char *larger = realloc(text, room = room ? room * 4 : 4096);

                        if (!larger)
                                return -ENOMEM;
                        text = larger;
                }
                n = read(fd, text + used, room - used - 1);
                if (n > 0)
                        shorten_all(text, &line, &used, (size_t)n);
                if (used > TABLE_LIMIT)
                        return -EFBIG;
        }
        if (n < 0)
                return -errno;
        text[used] = '\0';
        *ret = TAKE_PTR(text);
        *size = used;
        return 0;
}
