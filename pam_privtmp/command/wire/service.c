/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * wire/service: the PAM services that can be wired, and the line that each of them gets
 *
 * pam_privtmp(8) tells why a service gets which line, and why it stands where it does.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "command/wire/service.h"

const struct service services[] = {
        {"su", SERVICE_LAST, true},
        {"su-l", SERVICE_LAST, true},
        {"sudo", SERVICE_FIRST, true},
        {"sudo-i", SERVICE_FIRST, true},
        {"doas", SERVICE_LAST, true},
        {"sshd", SERVICE_LAST, false},
        {"login", SERVICE_LAST, false},
        {"cron", SERVICE_LAST, false},
        {"crond", SERVICE_LAST, false},
        {"atd", SERVICE_LAST, false},
        {0},
};

const struct service *service_find(const char *name)
{
        for (const struct service *service = services; service->name; service++)
                if (strcmp(service->name, name) == 0)
                        return service;
        return NULL;
}

int service_fail(const char *name, struct report *report)
{
        char known[256] = "";
        size_t used = 0;

        for (const struct service *service = services; service->name; service++)
                used += (size_t)snprintf(known + used, sizeof(known) - used, " %s", service->name);
        return report_fault(report, -EINVAL, "%s: no service that can be wired; these can be:%s",
                            name, known);
}

#define STRICT "session  required  pam_privtmp.so"
#define TOLERANT                                                                                   \
        "session  [success=ok ignore=ignore module_unknown=ignore default=bad]  pam_privtmp.so"

const char *service_line(const struct service *service)
{
        return service->strict ? STRICT : TOLERANT;
}

const char *service_close_line(const struct service *service)
{
        return service->strict ? STRICT " close" : TOLERANT " close";
}
