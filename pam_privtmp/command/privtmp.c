/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* privtmp: the command that looks after private directories */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/first.h"
#include "command/privtmp.h"
#include "ground/path.h"

static const struct verb {
        const char *name;
        int (*run)(int argc, char *argv[]);
        const char *arguments, *summary;
} verbs[] = {
        {"check", privtmp_check, "[options]", "find faults of the table and of the host"},
        {"clean", privtmp_clean, "[BASE...]", "delete what is stale, and the trash"},
        {"enter", privtmp_enter, "USER [COMMAND]", "look at what a user sees"},
        {"explain", privtmp_explain, "[USER]", "tell what a user would get, and why"},
        {"list", privtmp_list, "[USER] [BASE...]", "list private directories and sessions"},
        {"run", privtmp_run, "[COMMAND]", "run a command with a private /tmp"},
        {"unwire", privtmp_unwire, "[SERVICE...]", "take the module out of PAM services"},
        {"wire", privtmp_wire, "[SERVICE...]", "put the module into PAM services"},
};

void privtmp_say(const char *format, ...)
{
        va_list args;

        va_start(args, format);
        (void)fputs("privtmp: ", stderr);
        (void)vfprintf(stderr, format, args);
        (void)fputc('\n', stderr);
        va_end(args);
}

void privtmp_say_note(void *unused, enum report_level level, const char *text)
{
        (void)unused;
        if (level != REPORT_DEBUG)
                privtmp_say("%s", text);
}

void privtmp_say_fault(struct report *report)
{
        if (report->fault[0])
                privtmp_say("%s", report->fault);
        report->fault[0] = '\0';
}

int privtmp_each_base(const struct table *table, int (*each)(void *arg, const char *base),
                      void *arg)
{
        int r = 0;

        for (size_t i = 0; r == 0 && i < table->n; i++)
                if (table->lines[i].base && first_of_base(table, i))
                        r = each(arg, table->lines[i].base);
        return r;
}

bool privtmp_are_paths(const char *verb, char **paths, size_t n)
{
        for (size_t i = 0; i < n; i++)
                if (!path_is_valid(paths[i])) {
                        privtmp_say("%s: %s: a base is an absolute path, with no slash behind it",
                                    verb, paths[i]);
                        return false;
                }
        return true;
}

int privtmp_read_options(int argc, char *argv[], int (*usage)(void), const char **conf, bool *json)
{
        static const struct option options[] = {
                {"json", no_argument, NULL, 'J'},
                {"conf", required_argument, NULL, 'c'},
                {"help", no_argument, NULL, 'h'},
                {0},
        };
        int option;

        while ((option = getopt_long(argc, argv, "Jh", options, NULL)) >= 0)
                switch (option) {
                case 'J':
                        *json = true;
                        break;
                case 'c':
                        *conf = optarg;
                        break;
                case 'h':
                        return usage();
                default:
                        return EXIT_USAGE;
                }
        return -1;
}

static int help(void)
{
        (void)printf("Usage:\n privtmp VERB [arguments]\n\n"
                     "Look after the private directories of pam_privtmp.\n\nVerbs:\n");
        for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
                (void)printf(" %-8s %-18s %s\n", verbs[i].name, verbs[i].arguments,
                             verbs[i].summary);
        (void)printf("\nOptions:\n"
                     " -h, --help     display this help; privtmp VERB --help tells more\n"
                     " -V, --version  display version\n\n"
                     "For more details see privtmp(8).\n");
        return EXIT_SUCCESS;
}

/* What was printed must have got where it was to go. */
static int finish(int status)
{
        if (fflush(stdout) == 0 && !ferror(stdout))
                return status;
        privtmp_say("standard output: %s", strerror(errno));
        return status == EXIT_SUCCESS ? EXIT_FAULT : status;
}

int main(int argc, char *argv[])
{
        if (argc < 2) {
                privtmp_say("a verb is missing, try 'privtmp --help'");
                return EXIT_USAGE;
        }
        if (strcmp(argv[1], "help") == 0 && argc == 3) {
                static char option[] = "--help";

                argv[1] = argv[2];
                argv[2] = option;
        }
        if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
            strcmp(argv[1], "help") == 0)
                return finish(help());
        if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0)
                return finish(printf("privtmp from pam_privtmp %s\n", PRIVTMP_VERSION) < 0);
        for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
                if (strcmp(argv[1], verbs[i].name) == 0) {
                        static char name[] = "privtmp"; /* for getopt's messages */

                        argv[1] = name;
                        return finish(verbs[i].run(argc - 1, argv + 1));
                }
        privtmp_say("%s: no such verb, try 'privtmp --help'", argv[1]);
        return EXIT_USAGE;
}
