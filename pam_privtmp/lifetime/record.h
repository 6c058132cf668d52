/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * record: what is noted about a session, in /run/privtmp/
 *
 * A symbolic link named NSNUMBER.PID.UID whose target is the note: no file contents, since the
 * caller may have set RLIMIT_FSIZE to 0, and written in one step. It tells a nested open that it is
 * inside a session of ours, and what covers what there. It goes with the session; where processes
 * of the session live on it stays until the instance goes, for su may be run there too.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "mounts/namespace.h"
#include "ground/mark.h"

enum {
        RECORD_BYTES = 900, /* of a note: XFS refuses a target of 1024 */
        RECORD_COVERS = 8,
        RECORD_WORDS = 64, /* characters of what the remote side said */
        RECORD_BOOT = 37,
};

struct record_cover {
        char directory[128]; /* of many longer ones a note could not hold much else */
        struct mark mark;
};

struct record {
        char boot[RECORD_BOOT];   /* /proc/sys/kernel/random/boot_id */
        struct namespace_id ns;   /* the session's */
        struct namespace_id left; /* the one that it left */
        bool nested;              /* made from within that of another user's session */
        bool shared;              /* "/" of the one that it left was: host mounts show here */
        uint64_t plan;            /* digest */
        uid_t uid;
        pid_t pid;      /* of the opener */
        uint64_t start; /* ns, CLOCK_BOOTTIME: a process that began later is another one */
        char service[RECORD_WORDS + 1], tty[RECORD_WORDS + 1], rhost[RECORD_WORDS + 1];
        struct record_cover covers[RECORD_COVERS];
        size_t n_covers;
};

/* This boot. 0 or -errno. */
int record_read_boot(char boot[RECORD_BOOT]);

/* ns, CLOCK_BOOTTIME. */
uint64_t record_now(void);

/* Fills in boot, pid and start: here and now. 0 or -errno. */
int record_stamp(struct record *record);

/* Copies the remote side's words: printable ones, "?" for the others, cut. NULL gives "". */
void record_set_words(char ret[RECORD_WORDS + 1], const char *words);

/* Adds a cover. 0, or -E2BIG when there are too many, or the directory's name is too long. */
int record_add_cover(struct record *record, const char *directory, struct mark mark);

/* Gives the cover of that directory another mark. */
void record_set_cover(struct record *record, const char *directory, struct mark mark);

/* Takes the covers with that mark out again. */
void record_drop_cover(struct record *record, struct mark mark);

/*
 * The note as text (pure). It begins with its version: one of another version can't be understood,
 * and is none to us. 0, or -E2BIG when it does not fit.
 */
int record_format(const struct record *record, char text[RECORD_BYTES + 1]);

/* And back (pure): only what record_format() can have written. 0, or -EINVAL when it is no note. */
int record_parse(const char *text, struct record *ret);
