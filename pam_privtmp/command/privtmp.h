/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* privtmp: what the verbs of the command share */
#pragma once

#include "ground/report.h"
#include "table/table.h"

enum {
        EXIT_FAULT = 1, /* something failed, or was found */
        EXIT_USAGE = 2,
};

/* Prints "privtmp: ..." to stderr. */
void privtmp_say(const char *format, ...) __attribute__((__format__(__printf__, 1, 2)));

/* A report whose lines go to stderr. */
#define PRIVTMP_REPORT                                                                             \
        {                                                                                          \
                .say = privtmp_say_note                                                            \
        }
void privtmp_say_note(void *unused, enum report_level level, const char *text);

/* Prints the fault in the report, if there is one, and forgets it. */
void privtmp_say_fault(struct report *report);

/* The bases of a table, each once: calls each() until it returns other than 0, and returns that. */
int privtmp_each_base(const struct table *table, int (*each)(void *arg, const char *base),
                      void *arg);

/* Are all of these paths as path_is_valid() wants them? Says so on stderr if not. */
bool privtmp_are_paths(const char *verb, char **paths, size_t n);

/*
 * Reads the options of a verb that has --json, --conf=FILE and --help only. Returns -1 to go on,
 * with getopt(3)'s optind at the arguments; else the exit status: that of usage(), or EXIT_USAGE
 * after a line on stderr.
 */
int privtmp_read_options(int argc, char *argv[], int (*usage)(void), const char **conf, bool *json);

/* The verbs: argv[0] is the verb. Each returns the exit status. */
int privtmp_check(int argc, char *argv[]);
int privtmp_clean(int argc, char *argv[]);
int privtmp_enter(int argc, char *argv[]);
int privtmp_explain(int argc, char *argv[]);
int privtmp_list(int argc, char *argv[]);
int privtmp_run(int argc, char *argv[]);
int privtmp_unwire(int argc, char *argv[]);
int privtmp_wire(int argc, char *argv[]);
