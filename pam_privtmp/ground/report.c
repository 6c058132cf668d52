/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* report: what went wrong, in words */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "ground/missing.h"
#include "ground/report.h"

static int note_fault(struct report *report, int error, bool words, const char *format,
                      va_list args) __attribute__((__format__(__printf__, 4, 0)));

static int note_fault(struct report *report, int error, bool words, const char *format,
                      va_list args)
{
        const char *text;
        size_t length;

        if (report->fault[0] != '\0')
                return error;
        (void)vsnprintf(report->fault, sizeof(report->fault), format, args);
        text = words ? strerrordesc_np(-error) : NULL;
        if (text) {
                length = strlen(report->fault);
                (void)snprintf(report->fault + length, sizeof(report->fault) - length, ": %s",
                               text);
        }
        return error;
}

int report_fault(struct report *report, int error, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        error = note_fault(report, error, false, format, args);
        va_end(args);
        return error;
}

int report_errno(struct report *report, int error, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        error = note_fault(report, error, true, format, args);
        va_end(args);
        return error;
}

void report_prefix(struct report *report, const char *format, ...)
{
        char text[sizeof(report->fault)];
        size_t length;
        va_list args;

        va_start(args, format);
        (void)vsnprintf(text, sizeof(text), format, args);
        va_end(args);
        length = strlen(text);
        (void)snprintf(text + length, sizeof(text) - length, "%s", report->fault);
        (void)memcpy(report->fault, text, sizeof(text));
}

void report_suffix(struct report *report, const char *sentence)
{
        size_t length = strlen(report->fault);

        if (sentence)
                (void)snprintf(report->fault + length, sizeof(report->fault) - length, "; %s",
                               sentence);
}

void report_note(struct report *report, enum report_level level, const char *format, ...)
{
        char text[sizeof(report->fault)];
        va_list args;

        va_start(args, format);
        (void)vsnprintf(text, sizeof(text), format, args);
        va_end(args);
        for (char *p = text; *p; p++)
                if ((unsigned char)*p < ' ' || *p == 0x7f)
                        *p = '?';
        report->say(report->arg, level, text);
}

void report_forgive(struct report *report, enum report_level level, const char *prefix)
{
        report_note(report, level, "%s%s", prefix, report->fault);
        report->fault[0] = '\0';
}
