/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fuse: a FUSE file system of an ordinary user's that stops answering
 *
 * It holds the directory "sub" and the program "cat", and nothing about them may be remembered: the
 * kernel asks anew each time. After fuse_silence() whoever asks waits until he or the server is
 * killed.
 */
#pragma once

#include <linux/fuse.h>
#include <sys/uio.h>

#include "kit/ground.h"

enum {
        FUSE_SUB = FUSE_ROOT_ID + 1,
        FUSE_CAT,
        FUSE_BYTES = 128 * 1024, /* of one answer */
};

/* Has this machine FUSE? */
bool fuse_is_there(void);

void fuse_answer(int fd, const struct fuse_in_header *in, int error, void *out, size_t size);

struct fuse_attr fuse_attr_of(uint64_t node, int cat);

void fuse_look_up(int fd, const struct fuse_in_header *in, const char *name, int cat);

void fuse_serve_one(int fd, const struct fuse_in_header *in, const void *rest, int cat);

void fuse_serve(int fd);

/*
 * Mounts it on the path, from that source, with the user as owner and open to all. Returns the
 * server.
 */
pid_t fuse_mount_from(const char *source, const char *path, uid_t owner);

pid_t fuse_mount(const char *path, uid_t owner);

/* From now on it never answers. The test fails if it waits for that. */
void fuse_silence(pid_t server);
