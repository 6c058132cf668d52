/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* value: what the value of an option means (pure) */
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ground/number.h"
#include "table/value.h"

bool value_mode(const char *text, mode_t *ret)
{
        static const struct {
                const char *word;
                mode_t mode;
        } modes[] = {{"0770", 0770}, {"1770", 01770}, {"1777", 01777}, {"0700", 0700}};

        for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
                if (strcmp(modes[i].word, text) == 0) {
                        *ret = modes[i].mode;
                        return true;
                }
        return false;
}

/* A number from 1 to max and what follows it. NULL if there is none. */
static const char *read_number(const char *text, uint64_t max, uint64_t *ret)
{
        const char *end = text + strspn(text, "0123456789");

        return number_read(text, end, max, ret) && *ret > 0 ? end : NULL;
}

bool value_time(const char *text, unsigned *ret)
{
        static const struct {
                char unit;
                unsigned seconds;
        } units[] = {{'m', 60}, {'h', 60 * 60}, {'d', 24 * 60 * 60}};
        uint64_t number;
        const char *unit = read_number(text, VALUE_TIME_LIMIT, &number);

        for (size_t i = 0; unit && i < sizeof(units) / sizeof(units[0]); i++)
                if (unit[0] == units[i].unit && unit[1] == '\0' &&
                    number <= VALUE_TIME_LIMIT / units[i].seconds) {
                        *ret = (unsigned)number * units[i].seconds;
                        return true;
                }
        return false;
}

/*
 * Bytes or a number, with one of the kernel's letters: each is 1024 times the one before. With a
 * leading zero it would be octal, to the kernel.
 */
static bool read_scaled(const char *text, uint64_t max, uint64_t *ret)
{
        static const char letters[] = "kmgt";
        const char *unit = read_number(text, max, ret), *letter;
        long shift;

        if (!unit || *text == '0' || *unit == '\0')
                return unit && *text != '0';
        letter = strchr(letters, *unit | ('a' - 'A'));
        shift = letter ? 10 * (letter - letters + 1) : 0;
        if (!letter || unit[1] != '\0' || *ret > max >> shift)
                return false;
        *ret <<= shift;
        return true;
}

static bool read_percent(const char *text, uint64_t *ret)
{
        const char *end = read_number(text, 100, ret);

        return end && *text != '0' && strcmp(end, "%") == 0;
}

bool value_is_size(const char *text)
{
        uint64_t number;

        return read_percent(text, &number) || read_scaled(text, INT64_MAX, &number);
}

uint64_t value_size(const char *text, uint64_t whole)
{
        uint64_t number;

        if (read_percent(text, &number))
                return whole / 100 * number + whole % 100 * number / 100;
        return read_scaled(text, INT64_MAX, &number) ? number : 0;
}

bool value_is_count(const char *text)
{
        uint64_t number;

        /* the kernel counts an inode as a KiB */
        return read_scaled(text, INT64_MAX >> 10, &number);
}

/* Takes one item, `length` bytes of it. 0, -EINVAL or -ENOMEM. */
static int read_glob(const char *text, size_t length, struct value_glob *ret)
{
        const char *at = memrchr(text, '@', length);
        size_t glob = at ? (size_t)(at - text) : length;

        if (glob == 0 || glob > NAME_MAX || memchr(text, '/', length) || at == text + length - 1)
                return -EINVAL;
        ret->glob = strndup(text, glob);
        ret->owner = at ? strndup(at + 1, length - glob - 1) : NULL;
        if (!ret->glob || (at && !ret->owner))
                return -ENOMEM;
        return strcmp(ret->glob, ".") == 0 || strcmp(ret->glob, "..") == 0 ? -EINVAL : 0;
}

int value_globs(const char *text, struct value_glob **ret, size_t *n)
{
        struct value_glob *globs = calloc(VALUE_GLOBS, sizeof(*globs));
        size_t count = 0;
        int r = globs ? 0 : -ENOMEM;

        while (r == 0) {
                size_t length = strcspn(text, ":");

                r = count == VALUE_GLOBS ? -EINVAL : read_glob(text, length, &globs[count++]);
                text += length;
                if (*text++ == '\0')
                        break;
        }
        if (r < 0) {
                value_free_globs(globs, count);
                return r;
        }
        *ret = globs;
        *n = count;
        return 0;
}

void value_free_globs(struct value_glob *globs, size_t n)
{
        for (size_t i = 0; globs && i < n; i++) {
                free(globs[i].glob);
                free(globs[i].owner);
        }
        free(globs);
}

bool value_is_plain(const char *glob)
{
        return !strpbrk(glob, "*?[") && !strstr(glob, VALUE_UID);
}
