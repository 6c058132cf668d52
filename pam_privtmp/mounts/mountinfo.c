/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mountinfo: the mounts that a task sees, as proc(5) has them in mountinfo
 *
 * MUST read any line in constant memory, however long a user makes it (unit/mounts/mountinfo.c).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "ground/cleanup.h"
#include "mounts/mountinfo.h"

enum {
        WINDOW = 18 * 1024, /* bytes: a path of 4,096, each escaped, and what stands before it */
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
