/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * label: the SELinux label of what covers a directory
 *
 * It is the label of the covered directory itself, read by fd: login programs may not use selabel,
 * and policies key their file transitions on it. label.c or label-none.c is built; with the latter,
 * and where SELinux is off, the label is NULL and all calls succeed.
 *
 * A label that can't be read or set is an error only where SELinux enforces; otherwise it is said
 * in the log, with its errno, and there is no label. All calls return 0, or -errno with the reason
 * in the report, if not said otherwise. Needs no privilege but what the policy asks for.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "ground/report.h"

/* The label of the directory behind fd (O_PATH will do); *ret is the caller's to free(). */
int label_read(int fd, char **ret, struct report *report);

/*
 * mkdirat(2) of a directory that has the label from the first moment (setfscreatecon(3)). The
 * thread's creation label is put back on every path: what the session creates later is not ours. 0
 * or -errno.
 */
int label_mkdirat(const char *label, int parent, const char *name, mode_t mode,
                  struct report *report);

/* Gives the label to what fd (readable) is open on: the top of a tmpfs. */
int label_set(const char *label, int fd, struct report *report);

/* Has what fd (readable) is open on that label? */
bool label_is(const char *label, int fd);

/* What conf/selinux/privtmp.cil calls the type of a base. */
#define LABEL_TYPE "privtmp_t"

/*
 * Does SELinux enforce a policy that has never heard of us? Then what failed was most likely denied
 * by it. False where SELinux is off or permissive, and where the module is built without SELinux.
 */
bool label_policy_is_missing(void);
