/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* headroom: what libraries may need beyond what is in use already */
#pragma once

#include <stddef.h>

#include "ground/report.h"

enum {
        HEADROOM_DESCRIPTORS = 64, /* more are not asked for */
};

/*
 * Libraries do not always say that they ran out of something, and limits may be somebody else's:
 * su and sudo obey those of their caller, also as root ("sudo su"). So who goes by what a library
 * does not find asks whether the limits have room. Nothing stays taken.
 */

/* For memory: a line of a mount table may be passed over without it. 0, or -ENOMEM and a reason. */
int headroom_check_memory(struct report *report);

/* Can that many descriptors be had, HEADROOM_DESCRIPTORS at most? 0, -EMFILE or another -errno. */
int headroom_for_descriptors(size_t wanted);

/*
 * For those of the name service: where it can't load a service or open a socket, it goes on with
 * the next one, and a group "does not exist". 0, -EMFILE or another -errno.
 */
int headroom_for_services(void);
