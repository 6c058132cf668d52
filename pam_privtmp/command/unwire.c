/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* privtmp unwire: takes the module's line out of the files of PAM services */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

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
};

static int usage(void)
{
        (void)printf(
                "Usage:\n privtmp unwire [options] [SERVICE...]\n\n"
                "Take the line of pam_privtmp.so out of the files in " PAMFILE_FOLDER ",\n"
                "of the services that are named, or of all that are known. A file that nobody\n"
                "has changed since \"privtmp wire\" becomes what it was before.\n\n"
                "Options:\n"
                " -n, --dry-run  tell what would be done\n"
                "     --pending  only take back what \"privtmp wire\" could not finish, or what\n"
                "                nobody has confirmed\n"
                " -h, --help     display this help\n\n"
                "For more details see privtmp(8).\n");
        return EXIT_SUCCESS;
}

static int collect(struct unwire *unwire, struct report *report)
{
        int r = 0;

        for (char **name = unwire->names; r >= 0 && *name; name++) {
                const struct service *service = service_find(*name);

                if (!service)
                        return report_fault(report, -EINVAL, "%s: no service that can be wired",
                                            *name);
                r = change_unwire(&unwire->change, service);
                if (r > 0)
                        (void)printf("%s: is not wired\n", *name);
        }
        for (const struct service *service = services; r >= 0 && !*unwire->names && service->name;
             service++)
                r = change_unwire(&unwire->change, service);
        return r < 0 ? r : 0;
}

static int apply(struct unwire *unwire)
{
        struct change *change = &unwire->change;
        int r = unwire->dry_run ? 0 : change_apply_unwire(change);

        for (size_t i = 0; r == 0 && i < change->n; i++)
                (void)printf(PAMFILE_FOLDER "/%s: %s\n", change->steps[i].service->name,
                             unwire->dry_run ? "would lose the line"
                                             : "does not have the line any more");
        if (r == 0 && change->n == 0)
                (void)printf("nothing to do\n");
        return r;
}

static int run(struct unwire *unwire)
{
        _cleanup_close_ int folder = -EBADF, journal = -EBADF;
        struct report report = PRIVTMP_REPORT;
        int r;

        journal = r =
                unwire->pending ? journal_open_patient(PATIENCE, &report) : journal_open(&report);
        if (r >= 0)
                folder = r = pamfile_open_folder(&report);
        if (r >= 0 && !unwire->dry_run)
                r = change_take_back(folder, journal, &report);
        unwire->change = (struct change){.folder = folder, .journal = journal, .report = &report};
        if (r >= 0 && !unwire->pending)
                r = collect(unwire, &report);
        if (r >= 0 && !unwire->pending)
                r = apply(unwire);
        if (r < 0)
                privtmp_say_fault(&report);
        change_done(&unwire->change);
        return r < 0 ? EXIT_FAULT : EXIT_SUCCESS;
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
