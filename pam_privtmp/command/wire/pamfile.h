/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * wire/pamfile: the files in /etc/pam.d, read and replaced
 *
 * A file is replaced in one step: what is to stand there is written beside it (staged) with the
 * owner, mode and extended attributes of the old one, and then renamed over it. Needs root.
 */
#pragma once

#include "command/wire/pamd.h"
#include "ground/report.h"

#define PAMFILE_FOLDER "/etc/pam.d"

/* An fd of the folder, the caller's to close; or -errno with the reason in the report. */
int pamfile_open_folder(struct report *report);

/*
 * Reads the file of a service in the folder. *ret is the caller's to release by pamd_text_done().
 * 0, 1 when there is none, or -errno with the reason in the report: it must be a regular file of
 * root's that nobody else can write, without flags that keep it from being replaced (chattr(1)),
 * and of at most 1 MiB.
 */
int pamfile_read(int folder, const char *service, struct pamd_text *ret, struct report *report);

/*
 * The same from the folders that packages of other systems use (/usr/lib/pam.d), where a service
 * has no file in /etc/pam.d. The path is in *path then; static. Returns as pamfile_read(), 0 or
 * -errno.
 */
int pamfile_read_vendor(const char *service, struct pamd_text *ret, const char **path,
                        struct report *report);

/*
 * Writes the text beside the file of the service, as what is to replace it; where there is no file
 * it becomes one of root's, mode 0644. 0 or -errno with the reason in the report.
 */
int pamfile_stage(int folder, const char *service, const struct pamd_text *text,
                  struct report *report);

/* Writes all of the text to fd, and to the disk. 0 or -errno. */
int pamfile_write(int fd, const struct pamd_text *text);

/* Replaces the file by what is staged. 0 or -errno with the reason in the report. */
int pamfile_replace(int folder, const char *service, struct report *report);

/* Takes the file away. 0 or -errno with the reason in the report; it may be gone. */
int pamfile_remove(int folder, const char *service, struct report *report);

/* Takes away what is staged; it may be gone. */
void pamfile_unstage(int folder, const char *service);

/* The name of what is staged for the service, in the folder. */
void pamfile_staged_name(const char *service, char ret[64]);
