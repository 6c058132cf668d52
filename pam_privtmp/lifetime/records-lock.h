/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* records-lock: the lock of one user's records */
#pragma once

#include <sys/types.h>

/* Its name is the uid and this. */
#define RECORDS_LOCK_ENDING ".records"

/*
 * The lock of the user's records, without waiting: a file that is there as long as somebody has it.
 * Whoever stops the process that has it is in the way of this user alone. An fd, for
 * records_unlock(); -EBUSY, or another -errno.
 */
int records_lock(int folder, uid_t uid);

/* Takes the file away and gives up the lock, which is closed. 0, or -errno: the file remains. */
int records_unlock(int folder, uid_t uid, int lock);
