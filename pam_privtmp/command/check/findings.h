/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* check/findings: what "privtmp check" has found, in words */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

enum severity {
        SEVERITY_FAULT,     /* a login would be denied, or not private */
        SEVERITY_WARNING,   /* advice */
        SEVERITY_UNCHECKED, /* what could not be looked at */
};

struct finding {
        enum severity severity;
        char *where;   /* a file, or whatever it is about */
        unsigned line; /* 0: none */
        char *text;
        const char *advice; /* what to do */
};

struct findings {
        struct finding *list;
        size_t n;
        bool incomplete; /* memory ran out */
};

/* Adds one, unless the very same is there. `advice` is borrowed; the text may begin with WHERE. */
void findings_add(struct findings *findings, enum severity severity, const char *where,
                  unsigned line, const char *advice, const char *format, ...)
        __attribute__((__format__(__printf__, 6, 7)));

/* The same at a line: of a table, of a stack, whatever has a file and a number. */
#define findings_add_at(findings, severity, at, advice, ...)                                       \
        findings_add((findings), (severity), (at)->file, (at)->number, (advice), __VA_ARGS__)

/* Adds that something could not be looked at, and what or why. */
#define findings_add_unchecked(findings, where, line, ...)                                         \
        findings_add((findings), SEVERITY_UNCHECKED, (where), (line),                              \
                     geteuid() == 0 ? "look there yourself" : "run it as root", __VA_ARGS__)

bool findings_have_fault(const struct findings *findings);

/* Prints them to stdout: a line each, or as JSON. 0 or -errno. */
int findings_print(const struct findings *findings, bool json);
void findings_done(struct findings *findings);
