/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* report: what went wrong, in words, on its way up to the face that logs it */
#pragma once

enum report_level {
        REPORT_DEBUG,
        REPORT_WARNING,
        REPORT_CRITICAL,
};

/*
 * One per call of a face. say() is the face's: it is given one finished line, without a newline.
 * fault[] is the one line that says why the whole call failed, empty while nothing has.
 */
struct report {
        void (*say)(void *arg, enum report_level level, const char *text);
        void *arg;
        char fault[1024];
};

/*
 * Notes why the call fails; what was noted first stays, since later faults follow from it.
 * Returns `error`, a negative errno, as it is.
 */
int report_fault(struct report *report, int error, const char *format, ...)
        __attribute__((__format__(__printf__, 3, 4)));

/* As report_fault, and adds ": " and the words of the error. Returns it as well. */
int report_errno(struct report *report, int error, const char *format, ...)
        __attribute__((__format__(__printf__, 3, 4)));

/* Puts something before the fault noted so far: where it comes from. */
void report_prefix(struct report *report, const char *format, ...)
        __attribute__((__format__(__printf__, 2, 3)));

/* Puts a sentence behind the fault noted so far, after a semicolon; nothing where it is NULL. */
void report_suffix(struct report *report, const char *sentence);

/*
 * Says something now that does not make the call fail. A name in it may be any user's: what could
 * not be printed, or begins a line of its own in the log, becomes "?".
 */
void report_note(struct report *report, enum report_level level, const char *format, ...)
        __attribute__((__format__(__printf__, 3, 4)));

/* Says the fault noted so far, with `prefix` before it, and forgets it: the call goes on. */
void report_forgive(struct report *report, enum report_level level, const char *prefix);
