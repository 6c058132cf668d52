/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wire/service: the PAM services that can be wired, and the line that each of them gets (pure) */
#pragma once

#include <stdbool.h>
#include <stddef.h>

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

/* The line of the service, without a newline; static. */
const char *service_line(const struct service *service);
