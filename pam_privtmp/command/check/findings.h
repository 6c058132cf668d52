/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* check/findings: what "privtmp check" has found, in words */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

enum severity {
        SEVERITY_FAULT,     /* a login would be denied, not private, or harm root */
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

/* All of a finding but its text; `advice` is borrowed. */
struct finding_about {
        enum severity severity;
        const char *where;
        unsigned line;
        const char *advice;
};

/* Adds one, unless the very same is there. The text may begin with WHERE. */
void findings_add_about(struct findings *findings, const struct finding_about *about,
                        const char *format, ...) __attribute__((__format__(__printf__, 3, 4)));

#define findings_add(findings, severity, where, line, advice, ...)                                 \
        findings_add_about((findings),                                                             \
                           &(const struct finding_about){(severity), (where), (line), (advice)},   \
                           __VA_ARGS__)

/* The same at a line: of a table, of a stack, whatever has a file and a number. */
#define findings_add_at(findings, severity, at, advice, ...)                                       \
        findings_add((findings), (severity), (at)->file, (at)->number, (advice), __VA_ARGS__)

/* Adds that something could not be looked at, and what or why. */
#define findings_add_unchecked(findings, where, line, ...)                                         \
        findings_add((findings), SEVERITY_UNCHECKED, (where), (line),                              \
                     geteuid() == 0 ? "look there yourself" : "run it as root", __VA_ARGS__)

/* The first fault among them, NULL if there is none: warnings are none. */
const struct finding *findings_fault(const struct findings *findings);

/* "WHERE:LINE: text; advice", the caller's to free; NULL: memory ran out. */
char *finding_words(const struct finding *finding);

/* Prints them to stdout: a line each, or as JSON. 0 or -errno. */
int findings_print(const struct findings *findings, bool json);

/* Releases what it has. */
void findings_done(struct findings *findings);
