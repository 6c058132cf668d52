/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* privtmp check: every fault of the table and of the host */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/check/bases.h"
#include "command/check/findings.h"
#include "command/check/groups.h"
#include "command/check/host.h"
#include "command/check/room.h"
#include "command/check/names.h"
#include "command/check/selinux.h"
#include "command/check/table.h"
#include "command/check/tmpfiles.h"
#include "command/check/wiring.h"
#include "command/privtmp.h"

static int usage(void)
{
        (void)printf("Usage:\n privtmp check [options]\n\n"
                     "Find the faults of the table and of the host: all, in one run. Touches "
                     "nothing.\n\n"
                     "Options:\n"
                     " -J, --json       as JSON\n"
                     "     --conf FILE  read FILE instead of " TABLE_CONF " and its drop-ins\n"
                     " -h, --help       display this help\n\n"
                     "For more details see privtmp(8).\n");
        return EXIT_SUCCESS;
}

/* 0 or -ENOMEM. */
static int check(struct findings *findings, const char *conf)
{
        _cleanup_table_ struct table *table = NULL;
        bool on_host = host_enter(findings);
        int r;

        r = check_table(findings, conf, &table);
        if (r == 0) {
                check_bases(findings, table);
                check_selinux(findings, table);
                check_directories(findings, table);
                if (on_host)
                        r = check_other_names(findings, table);
        }
        if (r == 0)
                r = check_groups(findings, table);
        if (r == 0)
                r = check_wiring(findings, table, conf);
        if (r == 0)
                r = check_tmpfiles(findings, table);
        check_host(findings);
        check_room(findings);
        return r;
}

static int check_and_print(const char *conf, bool json)
{
        struct findings findings = {0};
        int r = check(&findings, conf), status = EXIT_SUCCESS;

        if (r < 0 || findings.incomplete) {
                privtmp_say("check: %s", strerror(r < 0 ? -r : ENOMEM));
                status = EXIT_FAULT;
        }
        r = findings_print(&findings, json);
        if (r < 0)
                privtmp_say("check: can't print: %s", strerror(-r));
        if (r < 0 || findings_have_fault(&findings))
                status = EXIT_FAULT;
        findings_done(&findings);
        return status;
}

int privtmp_check(int argc, char *argv[])
{
        static const struct option options[] = {
                {"json", no_argument, NULL, 'J'},
                {"conf", required_argument, NULL, 'c'},
                {"help", no_argument, NULL, 'h'},
                {0},
        };
        const char *conf = NULL;
        bool json = false;
        int option;

        while ((option = getopt_long(argc, argv, "Jh", options, NULL)) >= 0)
                switch (option) {
                case 'J':
                        json = true;
                        break;
                case 'c':
                        conf = optarg;
                        break;
                case 'h':
                        return usage();
                default:
                        return EXIT_USAGE;
                }
        if (optind < argc) {
                privtmp_say("check: %s: no argument belongs here", argv[optind]);
                return EXIT_USAGE;
        }
        return check_and_print(conf, json);
}
