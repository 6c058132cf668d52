/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wire/service: the PAM services that can be wired, and the line that each of them gets (pure) */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "ground/report.h"

enum service_place {
        SERVICE_FIRST, /* before all other session lines */
        SERVICE_LAST,  /* behind all other lines */
};

struct service {
        const char *name;
        enum service_place place;
        bool strict; /* users start it with limits of their own: no module, no session */
};

/* All of them; the one without a name ends the list. */
extern const struct service services[];

/* NULL if there is no such one. */
const struct service *service_find(const char *name);

/* Notes that there is no such one, and which there are. -EINVAL. */
int service_fail(const char *name, struct report *report);

/* The line of the service, without a newline; static. */
const char *service_line(const struct service *service);

/*
 * The line that closes the session before modules run that belong outside of it, see "Other
 * modules" in pam_privtmp(8). Static, as service_line().
 */
const char *service_close_line(const struct service *service);
