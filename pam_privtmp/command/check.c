/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* privtmp check: every fault of the table and of the host */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/check/bases.h"
#include "command/check/findings.h"
#include "command/check/groups.h"
#include "command/check/host.h"
#include "command/check/room.h"
#include "command/check/limits.h"
#include "command/check/loss.h"
#include "command/check/names.h"
#include "command/check/override.h"
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
                r = check_old_bases(findings, table);
        }
        if (r == 0) {
                check_limits(findings, table);
                check_selinux(findings, table);
                check_directories(findings, table);
                if (on_host)
                        r = check_other_names(findings, table);
        }
        if (r == 0)
                r = check_overrides(findings, table);
        if (r == 0)
                r = check_groups(findings, table);
        if (r == 0)
                r = check_wiring(findings, table, conf);
        if (r == 0)
                r = check_losses(findings);
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
        if (r < 0 || findings_fault(&findings))
                status = EXIT_FAULT;
        findings_done(&findings);
        return status;
}

int privtmp_check(int argc, char *argv[])
{
        const char *conf = NULL;
        bool json = false;
        int status = privtmp_read_options(argc, argv, usage, &conf, &json);

        if (status >= 0)
                return status;
        if (optind < argc) {
                privtmp_say("check: %s: no argument belongs here", argv[optind]);
                return EXIT_USAGE;
        }
        return check_and_print(conf, json);
}
