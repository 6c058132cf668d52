/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mark: what names a cover (pure)
 *
 * MUST read only what it writes (unit/ground/mark.c).
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "ground/mark.h"
#include "ground/number.h"

#define ROOT    "/root"
#define DELETED "//deleted" /* is behind the path of what is removed */

struct mark mark_of_instance(uid_t uid, const char *name)
{
        struct mark mark = {.kind = MARK_DISK, .uid = uid};

        if (!name_is_instance(name))
                return (struct mark){0};
        memcpy(mark.name, name, NAME_RANDOM);
        return mark;
}

struct mark mark_of_memory(dev_t device)
{
        return (struct mark){.kind = MARK_MEMORY, .device = device};
}

/* The text "FOLDER/NAME" that stands before "/root" in the path. False where there is none. */
static bool take_end(const char *root, size_t length, char text[2 * MARK_BYTES])
{
        const char *end, *start;
        unsigned slashes = 0;

        if (length < strlen(ROOT) || memcmp(root + length - strlen(ROOT), ROOT, strlen(ROOT)) != 0)
                return false;
        end = root + length - strlen(ROOT);
        for (start = end; start > root && slashes < 2; start--)
                slashes += start[-1] == '/';
        if (slashes < 2 || (size_t)(end - start) > 2 * MARK_BYTES)
                return false;
        memcpy(text, start + 1, (size_t)(end - start) - 1);
        text[end - start - 1] = '\0';
        return true;
}

struct mark mark_of_root(const char *root)
{
        size_t length = strlen(root), gone = strlen(DELETED);
        char text[2 * MARK_BYTES], *name, *dot;
        struct mark mark;

        if (length > gone && strcmp(root + length - gone, DELETED) == 0)
                length -= gone;
        if (!take_end(root, length, text))
                return (struct mark){0};
        name = strchr(text, '/') + 1;
        dot = strchr(name, '.');
        if (text[0] == '.' && dot) { /* FOLDER/UID.XXXXXX */
                *dot = '/';
                memmove(text, name, strlen(name) + 1);
        } else if (dot == name) { /* UID/.XXXXXX */
                memmove(name, name + 1, strlen(name));
        }
        return mark_parse(text, &mark) == 0 ? mark : (struct mark){0}; /* its "/" says which kind */
}

void mark_format(struct mark mark, char text[MARK_BYTES])
{
        text[0] = '\0';
        if (mark.kind == MARK_DISK)
                (void)snprintf(text, MARK_BYTES, "%ju/%s", (uintmax_t)mark.uid, mark.name);
        else if (mark.kind == MARK_MEMORY)
                (void)snprintf(text, MARK_BYTES, "%u:%u", major(mark.device), minor(mark.device));
}

int mark_parse(const char *text, struct mark *ret)
{
        const char *middle = text + strcspn(text, "/:"), *end = text + strlen(text);
        uint64_t first, second;
        char again[MARK_BYTES];
        struct mark mark;

        if (*middle == '/' && number_read(text, middle, UINT32_MAX - 1, &first))
                mark = mark_of_instance((uid_t)first, middle + 1);
        else if (*middle == ':' && number_read(text, middle, UINT32_MAX, &first) &&
                 number_read(middle + 1, end, UINT32_MAX, &second))
                mark = mark_of_memory(makedev((unsigned)first, (unsigned)second));
        else
                return -EINVAL;
        /* a number may have zeros before it, that we never write */
        mark_format(mark, again);
        if (strcmp(again, text) != 0)
                return -EINVAL;
        *ret = mark;
        return 0;
}

bool mark_is_same(struct mark a, struct mark b)
{
        if (a.kind != b.kind || a.kind == MARK_NONE)
                return false;
        return a.kind == MARK_MEMORY ? a.device == b.device
                                     : a.uid == b.uid && strcmp(a.name, b.name) == 0;
}

bool mark_is_of_mount(struct mark mark, dev_t device, const char *root)
{
        if (mark.kind == MARK_MEMORY)
                return device == mark.device && strcmp(root, "/") == 0;
        return mark_is_same(mark, mark_of_root(root));
}
