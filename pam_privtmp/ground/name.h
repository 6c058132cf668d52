/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* name: what things below a base are called (pure) */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum {
        NAME_RANDOM = 6, /* letters of an instance's name, as mktemp(1) has */
        NAME_BYTES = 40, /* holds any name made here, NUL included */
};

/* "XXXXXX" from NAME_RANDOM random bytes: letters and digits, each nearly equally likely. */
void name_instance(char name[NAME_BYTES], const uint8_t random[NAME_RANDOM]);

/* ".XXXXXX", what an instance is called until it is complete. */
void name_temporary(char name[NAME_BYTES], const char *instance);

/* "UID.XXXXXX", what an instance is called in the trash. */
void name_trash(char name[NAME_BYTES], uid_t uid, const char *instance);

/* "UID", the folder of a user's instances. */
void name_uid(char name[NAME_BYTES], uid_t uid);

/* Exactly what name_instance() can give? */
bool name_is_instance(const char *name);

/* Exactly what name_temporary() can give? */
bool name_is_temporary(const char *name);

/* Does it begin as what name_trash() gives for that user does? */
bool name_is_trash_of(const char *name, uid_t uid);
