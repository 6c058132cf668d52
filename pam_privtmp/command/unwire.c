/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* privtmp unwire: takes the module's line out of the files of PAM services */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "command/check/stack.h"
#include "command/privtmp.h"
#include "command/wire/change.h"
#include "command/wire/journal.h"
#include "command/wire/pamfile.h"
#include "command/wire/trial.h"
#include "ground/cleanup.h"
#include "ground/number.h"

enum {
        PATIENCE = 30, /* seconds that the watcher waits for a lock whose owner is going */
};

struct unwire {
        bool dry_run, pending;
        char **names; /* of services; NULL at its end; empty: all */
        struct change change;
        struct findings left; /* lines of the module that stay */
};

static int usage(void)
{
        (void)printf(
                "Usage:\n privtmp unwire [options] [SERVICE...]\n\n"
                "Take the line of pam_privtmp.so out of the files in " PAMFILE_FOLDER ",\n"
                "of the services that are named, or of all that are known. A file that nobody\n"
                "has changed since \"privtmp wire\" becomes what it was before. It fails\n"
                "where a line stays that \"privtmp wire\" has not written, and names it.\n\n"
                "Options:\n"
                " -n, --dry-run  tell what would be done\n"
                "     --pending  only take back what \"privtmp wire\" could not finish, or what\n"
                "                nobody has confirmed\n"
                " -h, --help     display this help\n\n"
                "For more details see privtmp(8).\n");
        return EXIT_SUCCESS;
}

static bool is_meant(const struct unwire *unwire, const char *service)
{
        bool meant = !*unwire->names;

        for (char **name = unwire->names; !meant && *name; name++)
                meant = strcmp(*name, service) == 0;
        return meant;
}

/* Adds all services that are meant. What is refused is said, each; then the first error. */
static int collect(struct unwire *unwire, struct report *report)
{
        int ret = 0;

        for (char **name = unwire->names; *name; name++)
                if (!service_find(*name))
                        return service_fail(*name, report);
        for (const struct service *service = services; service->name; service++) {
                bool meant = is_meant(unwire, service->name);
                int r = meant ? change_unwire(&unwire->change, service) : 0;

                if (r > 0 && *unwire->names)
                        (void)printf("%s: nothing to take out\n", service->name);
                if (r > 0 && !unwire->dry_run)
                        r = journal_forget(unwire->change.journal, service->name, report);
                if (r < 0)
                        privtmp_say_fault(report);
                if (ret == 0 && r < 0)
                        ret = r;
        }
        return ret;
}

/* Notes lines of the module in a stack, but those that collect() has taken, or refused. */
static int note_left(void *arg, const char *service, const struct stack *stack)
{
        static const char *const ours[] = {"pam_privtmp.so"};
        static const char folder[] = PAMFILE_FOLDER "/";
        struct unwire *unwire = arg;

        if (!is_meant(unwire, service))
                return 0;
        /* in what can't be read, nobody knows whether a line is of the module; what is not there
         * has none */
        for (size_t i = 0; i < stack->n_faults; i++)
                if (!stack->faults[i].is_missing)
                        findings_add_at(&unwire->left, SEVERITY_FAULT, &stack->faults[i],
                                        "correct it", "%s", stack->faults[i].text);
        if (stack->trouble)
                findings_add_unchecked(&unwire->left, stack->trouble_file, stack->trouble_line,
                                       "%s", stack->trouble);
        for (size_t i = 0; (i = stack_search(stack, i, ours, 1)) < stack->n; i++) {
                const struct stack_line *line = &stack->lines[i];
                bool own = strncmp(line->file, folder, strlen(folder)) == 0;
                const char *name = own ? line->file + strlen(folder) : "";
                bool known = service_find(name);

                if (!known || !is_meant(unwire, name))
                        findings_add_at(&unwire->left, SEVERITY_FAULT, line,
                                        known ? "name its service, too"
                                              : "take this line out by hand",
                                        "this line of pam_privtmp.so stays");
        }
        return 0;
}

/* Says which lines stay. 0, 1 when there are some, or -ENOMEM with the reason in the report. */
static int say_left(struct unwire *unwire, struct report *report)
{
        int r = stack_each(&unwire->left, note_left, unwire);

        for (size_t i = 0; r >= 0 && i < unwire->left.n; i++) {
                _cleanup_free_ char *words = finding_words(&unwire->left.list[i]);

                if (words)
                        privtmp_say("%s", words);
                r = words ? 1 : -ENOMEM;
        }
        if (r < 0 || unwire->left.incomplete)
                r = report_errno(report, -ENOMEM, "can't look for lines that stay");
        findings_done(&unwire->left);
        return r;
}

static int apply(struct unwire *unwire)
{
        struct change *change = &unwire->change;
        int r = unwire->dry_run ? 0 : change_apply_unwire(change);

        for (size_t i = 0; r == 0 && i < change->n; i++)
                (void)printf(PAMFILE_FOLDER "/%s: %s\n", change->steps[i].service->name,
                             unwire->dry_run ? "would lose the line"
                                             : "does not have the line any more");
        return r;
}

/* 0, 1 when lines of the module stay, or -errno. */
static int take_out(struct unwire *unwire, struct report *report)
{
        int r = collect(unwire, report), left;

        if (r == 0)
                r = apply(unwire);
        left = say_left(unwire, report);
        if (r == 0 && left == 0 && unwire->change.n == 0)
                (void)printf("nothing to do\n");
        return r < 0 ? r : left;
}

static int run(struct unwire *unwire)
{
        _cleanup_close_ int folder = -EBADF, journal = -EBADF;
        struct report report = PRIVTMP_REPORT;
        int r;

        if (geteuid() != 0) {
                privtmp_say("unwire: needs root");
                return EXIT_FAULT;
        }
        journal = r =
                unwire->pending ? journal_open_patient(PATIENCE, &report) : journal_open(&report);
        if (r >= 0)
                folder = r = pamfile_open_folder(&report);
        if (r >= 0 && !unwire->dry_run)
                r = change_take_back(folder, journal, &report);
        unwire->change = (struct change){.folder = folder, .journal = journal, .report = &report};
        if (r >= 0)
                r = unwire->pending ? 0 : take_out(unwire, &report);
        privtmp_say_fault(&report);
        change_done(&unwire->change);
        return r == 0 ? EXIT_SUCCESS : EXIT_FAULT;
}

int privtmp_unwire(int argc, char *argv[])
{
        static const struct option options[] = {
                {"dry-run", no_argument, NULL, 'n'},    {"pending", no_argument, NULL, 'p'},
                {"wait", required_argument, NULL, 'w'}, {"pid", required_argument, NULL, 'P'},
                {"help", no_argument, NULL, 'h'},       {0},
        };
        struct unwire unwire = {0};
        unsigned wait = 0;
        int option, pid = 0;

        while ((option = getopt_long(argc, argv, "nh", options, NULL)) >= 0)
                switch (option) {
                case 'n':
                        unwire.dry_run = true;
                        break;
                case 'p':
                        unwire.pending = true;
                        break;
                case 'w': /* these two are for the watcher of "wire --try" */
                        wait = (unsigned)strtoul(optarg, NULL, 10);
                        break;
                case 'P':
                        pid = (int)strtoul(optarg, NULL, 10);
                        break;
                case 'h':
                        return usage();
                default:
                        return EXIT_USAGE;
                }
        unwire.names = argv + optind;
        if (unwire.pending && *unwire.names) {
                privtmp_say("unwire: --pending takes no services");
                return EXIT_USAGE;
        }
        if (pid > 0)
                trial_wait_for(pid, wait);
        return run(&unwire);
}
