/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* format: times, ages and sizes, as "privtmp list" writes them */
#include <stdio.h>

#include "command/format.h"

/* strftime(3) gives "+0100" where "+01:00" belongs. */
void format_time(time_t at, char ret[FORMAT_BYTES])
{
        struct tm tm;
        char zone[8];
        size_t n;

        ret[0] = '\0';
        if (at <= 0 || !localtime_r(&at, &tm) || strftime(zone, sizeof(zone), "%z", &tm) != 5)
                return;
        n = strftime(ret, FORMAT_BYTES, "%Y-%m-%dT%H:%M:%S", &tm);
        (void)snprintf(ret + n, FORMAT_BYTES - n, "%.3s:%s", zone, zone + 3);
}

void format_age(time_t at, char ret[FORMAT_BYTES])
{
        static const struct {
                time_t seconds;
                char unit;
        } units[] = {{24 * 60 * 60, 'd'}, {60 * 60, 'h'}, {60, 'm'}, {1, 's'}};
        time_t age = time(NULL) - at;
        size_t i = 0;

        ret[0] = '\0';
        if (at <= 0 || age < 0)
                return;
        while (units[i].seconds > age && units[i].seconds > 1)
                i++;
        (void)snprintf(ret, FORMAT_BYTES, "%jd%c", (intmax_t)(age / units[i].seconds),
                       units[i].unit);
}

void format_size(uint64_t bytes, char ret[FORMAT_BYTES])
{
        static const char units[] = "BKMGTPE";
        uint64_t tenths = bytes * 10;
        size_t i = 0;

        if (bytes >= UINT64_MAX / 10) /* no file system is as large */
                tenths = UINT64_MAX;
        for (; tenths >= 10240 && units[i + 1]; i++)
                tenths = (tenths + 512) / 1024;
        if (tenths % 10 == 0)
                (void)snprintf(ret, FORMAT_BYTES, "%ju%c", (uintmax_t)(tenths / 10), units[i]);
        else
                (void)snprintf(ret, FORMAT_BYTES, "%ju.%ju%c", (uintmax_t)(tenths / 10),
                               (uintmax_t)(tenths % 10), units[i]);
}

/* The bytes of a character of UTF-8, 0 if it is none. */
static size_t measure(const unsigned char *text)
{
        size_t length = *text < 0x80                    ? 1
                        : *text >= 0xc2 && *text < 0xe0 ? 2
                        : *text >= 0xe0 && *text < 0xf0 ? 3
                        : *text >= 0xf0 && *text < 0xf5 ? 4
                                                        : 0;

        for (size_t i = 1; i < length; i++)
                if (text[i] < 0x80 || text[i] > 0xbf)
                        return 0;
        return length;
}

void format_plain(char *text)
{
        while (*text) {
                size_t length = measure((const unsigned char *)text);

                if (length == 0 || (unsigned char)*text < ' ' || *text == 0x7f)
                        *text = '?';
                text += length ? length : 1;
        }
}
