/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* privtmp wire: puts the module's line into the files of PAM services */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "command/check/bases.h"
#include "command/check/table.h"
#include "command/privtmp.h"
#include "command/wire/change.h"
#include "command/wire/journal.h"
#include "command/wire/judge.h"
#include "command/wire/pamfile.h"
#include "command/wire/status.h"
#include "command/wire/trial.h"
#include "ground/cleanup.h"
#include "ground/label.h"
#include "table/value.h"

struct wire {
        bool dry_run, force;
        unsigned trial; /* seconds; 0: no trial */
        char **names;   /* of services; NULL at its end; empty: all */
        struct change change;
};

static int usage(void)
{
        (void)printf(
                "Usage:\n privtmp wire [options] [SERVICE...]\n\n"
                "Put the line of pam_privtmp.so into the files in " PAMFILE_FOLDER
                ",\nof the services that are named, or of all that are known.\n\n"
                "Options:\n"
                " -n, --dry-run       tell what would be done\n"
                "     --try DURATION  take it back after that time (90s, 2m, 1h) unless it is\n"
                "                     confirmed at this terminal\n"
                "     --force         although only root could log in, by the table or SELinux,\n"
                "                     or no way to root would be left without the module\n"
                " -l, --list          tell which services are wired\n"
                " -J, --json          with --list: as JSON\n"
                " -h, --help          display this help\n\n"
                "\"privtmp unwire\" takes the line out again.\n"
                "For more details see privtmp(8).\n");
        return EXIT_SUCCESS;
}

/* Has the table a fault that "privtmp check" finds? 0 or -errno with the first in the report. */
static int check_the_table(struct report *report)
{
        _cleanup_table_ struct table *table = NULL;
        _cleanup_free_ char *words = NULL;
        struct findings findings = {0};
        int r = check_table(&findings, NULL, &table);

        if (r == 0) {
                check_bases(&findings, table);
                check_directories(&findings, table);
        }
        if (findings_fault(&findings))
                words = finding_words(findings_fault(&findings));
        if (words)
                r = report_fault(report, -EINVAL, "the table has a fault: %s, or see --force",
                                 words);
        else if (r < 0 || findings.incomplete || findings_fault(&findings))
                r = report_errno(report, -ENOMEM, "can't check the table");
        findings_done(&findings);
        return r;
}

/* Would users be denied the login? 0 or -errno with the reason in the report. */
static int check_logins(struct report *report)
{
        int r = check_the_table(report);

        if (r == 0 && label_policy_is_missing())
                r = report_fault(report, -EACCES,
                                 "SELinux enforces a policy without ours, by which only root could "
                                 "log in: load it by semodule -i privtmp.cil, see SELINUX in "
                                 "pam_privtmp(8), or see --force");
        return r;
}

/* What must hold whatever the services are. 0 or -errno with the reason in the report. */
static int check_host(const struct wire *wire, struct report *report)
{
        int r = judge_module(report);

        return r < 0 || wire->force ? r : check_logins(report);
}

/* Is there a way to root where a missing module locks nobody out? 0, or -errno with the reason. */
static int check_tolerant_way(struct report *report)
{
        static const char *const ways[] = {PAMFILE_FOLDER "/login", PAMFILE_FOLDER "/sshd",
                                           "/usr/lib/pam.d/login", "/usr/lib/pam.d/sshd"};

        for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
                if (access(ways[i], F_OK) == 0)
                        return 0;
                if (errno != ENOENT && errno != ENOTDIR)
                        return report_errno(report, -errno, "%s", ways[i]);
        }
        return report_fault(report, -EPERM,
                            "neither sshd nor login is here: if the module were gone, nobody could "
                            "become root any more, but see --force");
}

static bool has_strict(const struct change *change)
{
        for (size_t i = 0; i < change->n; i++)
                if (change->steps[i].service->strict)
                        return true;
        return false;
}

/* The services that were named, or all. 0 or -errno. */
static int collect(struct wire *wire, struct report *report)
{
        int r = 0;

        for (char **name = wire->names; r >= 0 && *name; name++) {
                const struct service *service = service_find(*name);

                if (!service)
                        return service_fail(*name, report);
                r = change_wire(&wire->change, service);
        }
        for (char **name = wire->names; r >= 0 && *name; name++) {
                r = change_is_needless(&wire->change, service_find(*name));
                if (r > 0)
                        (void)printf("%s: nothing to do\n", *name);
        }
        for (const struct service *service = services; r >= 0 && !*wire->names && service->name;
             service++)
                r = change_wire(&wire->change, service);
        if (r >= 0 && !wire->force && has_strict(&wire->change))
                r = check_tolerant_way(report);
        return r < 0 ? r : 0;
}

static void print(const struct change *change, const char *word)
{
        for (size_t i = 0; i < change->n; i++) {
                const struct service *service = change->steps[i].service;

                (void)printf(PAMFILE_FOLDER "/%s: %s\n  %s\n", service->name, word,
                             service_line(service));
                if (change->steps[i].closes)
                        (void)printf("  %s\n", service_close_line(service));
        }
        if (change->n == 0)
                (void)printf("nothing to do\n");
}

/* The change is made; shall it stay? */
static int confirm(const struct wire *wire, struct report *report)
{
        const struct change *change = &wire->change;
        int r;

        (void)printf("\nThis is a trial of %u seconds. Log in by another terminal now, and try su\n"
                     "and sudo. Press Enter here to keep the change; otherwise it is taken back.\n",
                     wire->trial);
        (void)fflush(stdout);
        if (trial_wait(wire->trial)) {
                r = journal_settle(change->journal, report);
                if (r == 0)
                        (void)printf("The change stays.\n");
                return r;
        }
        r = change_take_back(change->folder, change->journal, report);
        if (r < 0)
                return r;
        (void)printf("The change is taken back.\n");
        return report_fault(report, -ECANCELED, "the trial was not confirmed");
}

static int apply(struct wire *wire, struct report *report)
{
        struct change *change = &wire->change;
        int r;

        if (wire->dry_run || change->n == 0) {
                print(change, "would get the line");
                return 0;
        }
        if (wire->trial && trial_begin(wire->trial) < 0)
                return -EAGAIN;
        r = change_apply_wire(change, wire->trial != 0);
        if (r < 0)
                return r;
        print(change, "has the line now");
        return wire->trial ? confirm(wire, report) : 0;
}

static int run(struct wire *wire)
{
        _cleanup_close_ int folder = -EBADF, journal = -EBADF;
        struct report report = PRIVTMP_REPORT;
        int r;

        if (geteuid() != 0) {
                privtmp_say("wire: needs root");
                return EXIT_FAULT;
        }
        journal = r = journal_open(&report);
        if (r >= 0)
                folder = r = pamfile_open_folder(&report);
        if (r >= 0 && !wire->dry_run)
                r = change_take_back(folder, journal, &report);
        if (r == 0)
                privtmp_say("wire: what was left unfinished has been taken back");
        wire->change = (struct change){.folder = folder, .journal = journal, .report = &report};
        if (r >= 0)
                r = check_host(wire, &report);
        if (r >= 0)
                r = collect(wire, &report);
        if (r >= 0)
                r = apply(wire, &report);
        if (r < 0)
                privtmp_say_fault(&report);
        change_done(&wire->change);
        return r < 0 ? EXIT_FAULT : EXIT_SUCCESS;
}

static int list_services(bool json)
{
        struct report report = {0};

        if (status_print(json, &report) == 0)
                return EXIT_SUCCESS;
        privtmp_say("wire: can't tell which services are wired: %s", report.fault);
        return EXIT_FAULT;
}

/* "90s", or as keep= has it. */
static bool parse_trial(const char *text, unsigned *ret)
{
        char *end;
        unsigned long n;

        if (value_time(text, ret))
                return true;
        n = strtoul(text, &end, 10);
        if (*text < '1' || *text > '9' || strcmp(end, "s") != 0 || n > 24 * 60 * 60)
                return false;
        *ret = (unsigned)n;
        return true;
}

int privtmp_wire(int argc, char *argv[])
{
        static const struct option options[] = {
                {"dry-run", no_argument, NULL, 'n'},
                {"try", required_argument, NULL, 't'},
                {"force", no_argument, NULL, 'f'},
                {"list", no_argument, NULL, 'l'},
                {"json", no_argument, NULL, 'J'},
                {"help", no_argument, NULL, 'h'},
                {0},
        };
        struct wire wire = {0};
        bool list = false, json = false;
        int option;

        while ((option = getopt_long(argc, argv, "nlJh", options, NULL)) >= 0)
                switch (option) {
                case 'n':
                        wire.dry_run = true;
                        break;
                case 't':
                        if (!parse_trial(optarg, &wire.trial)) {
                                privtmp_say("wire: --try must be a time such as 90s, 2m or 1h");
                                return EXIT_USAGE;
                        }
                        break;
                case 'f':
                        wire.force = true;
                        break;
                case 'l':
                        list = true;
                        break;
                case 'J':
                        json = true;
                        break;
                case 'h':
                        return usage();
                default:
                        return EXIT_USAGE;
                }
        wire.names = argv + optind;
        if (list != (list && !*wire.names) || (json && !list)) {
                privtmp_say("wire: --list takes no services, and --json belongs to it");
                return EXIT_USAGE;
        }
        if (list)
                return list_services(json);
        return run(&wire);
}
