/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * memory: what is noted about a tmpfs that covers a directory, in /run/privtmp/
 *
 * A symbolic link named memory.UID.MAJOR:MINOR whose target is the note: where the tmpfs is mounted
 * and what tells it from a later one that has its device. It is there from the first session that
 * has the tmpfs until nothing has it any more, as a close, the user's next open or clean finds out:
 * so what processes keep of an ended session is found again. A tmpfs of one session alone has none.
 */
#pragma once

#include "ground/mark.h"
#include "lifetime/record.h"
#include "mounts/cover.h"

struct memory {
        uid_t uid;
        struct mark mark;       /* MARK_MEMORY */
        struct namespace_id ns; /* in which it was seen last */
        char identity[COVER_IDENTITY];
        char directory[sizeof(((struct record_cover *)NULL)->directory)];
};

/*
 * Writes the note into the folder of records. Others that name its device are of a tmpfs that is
 * gone, and are taken away. 0 or -errno.
 */
int memory_note(int folder, const struct memory *memory);

/* Takes away all notes that name the device of a tmpfs that was made just now. */
void memory_made(int folder, struct mark mark);

/*
 * Calls each() for the notes of this boot, of the user or all with (uid_t)-1, until it returns
 * something else than 0, and returns that; 0 at the end, or -errno.
 */
int memory_each(int folder, uid_t uid, int (*each)(void *arg, const struct memory *memory),
                void *arg);

/* Takes the note away, if it still is the same: nothing has the tmpfs any more. */
int memory_forget(int folder, const struct memory *memory);

/*
 * The user's turn: who makes a tmpfs for the user, or takes a note away, has this fd locked
 * exclusively, since another login may just take the tmpfs over. An fd, the caller's to close, or
 * -errno.
 */
int memory_open_turn(int folder, uid_t uid);

/*
 * The end of a session that had the tmpfs: does anything still use it? If not, and the user's turn
 * can be had, its note goes. In doubt it is used: where the note names another namespace than
 * `left`, that of the session, and that is there, nothing else is asked. `folder` is that of the
 * records, negative where there is none.
 */
bool memory_end(int folder, uid_t uid, struct mark mark, const struct namespace_id *left);
