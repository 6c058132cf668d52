/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mark: what names a cover (pure)
 *
 * An instance on disk is named by where it is below its base, "UID/XXXXXX"; a tmpfs by its device,
 * "MAJOR:MINOR". Records have marks as text, and a mount table shows where they are mounted.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "ground/name.h"

enum {
        MARK_BYTES = 32, /* holds the text of any mark, NUL included */
};

enum mark_kind {
        MARK_NONE, /* names nothing, and is the same as no other */
        MARK_DISK,
        MARK_MEMORY,
};

struct mark {
        enum mark_kind kind;
        uid_t uid;                  /* MARK_DISK: whose instance */
        char name[NAME_RANDOM + 1]; /* MARK_DISK: of the instance */
        dev_t device;               /* MARK_MEMORY: as stx_dev and mountinfo have it */
};

/* The mark of an instance of the user's; MARK_NONE if no instance can have that name. */
struct mark mark_of_instance(uid_t uid, const char *name);

/* The mark of a tmpfs that has that device. */
struct mark mark_of_memory(dev_t device);

/*
 * The mark of the instance whose root/ a mount begins at: `root` is what mountinfo says, and ends
 * with "/UID/XXXXXX/root". An instance that has ended, and that somebody still has mounted, is
 * known by its temporary name and its name in the trash (name.h), removed or not. MARK_NONE for all
 * else.
 */
struct mark mark_of_root(const char *root);

/* Writes a mark as text; MARK_NONE gives "". */
void mark_format(struct mark mark, char text[MARK_BYTES]);

/* Reads what mark_format() has written of another kind than MARK_NONE, and nothing else. 0 or
 * -EINVAL. */
int mark_parse(const char *text, struct mark *ret);

/* Do both name the same cover? False if one of them is MARK_NONE. */
bool mark_is_same(struct mark a, struct mark b);

/*
 * Does a mount show the whole of what is marked? `device` and `root` are what mountinfo says of the
 * mount. An instance is known by the end of the path: of which base it is, that does not tell.
 */
bool mark_is_of_mount(struct mark mark, dev_t device, const char *root);
