/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * opener: the process that a record names
 *
 * MUST NOT take another process for it: pids and numbers of namespaces are used again
 * (module/join-record.c).
 */
#include <sys/stat.h>

#include "ground/cleanup.h"
#include "lifetime/opener.h"
#include "mounts/task.h"

int opener_open_namespace(const struct record *record, const char **why)
{
        _cleanup_close_ int process = -EBADF, fd = -EBADF;
        struct namespace_id id;
        uint64_t start;
        struct stat st;

        process = task_open_process(record->pid);
        *why = "its process is gone";
        if (process < 0 || task_read_start(process, &start) < 0 || start > record->start)
                return -ESRCH;
        fd = openat(process, "ns/mnt", O_RDONLY | O_CLOEXEC);
        /* one that has ended has none any more, whether its parent has asked for it or not */
        if (fd < 0 && (errno == ENOENT || errno == ESRCH))
                return -ESRCH;
        *why = "its process is in another namespace";
        if (fd < 0 || namespace_identify(fd, &id) < 0)
                return -ESTALE;
        if (record->ns.id == 0)
                id.id = 0;
        if (!namespace_is_same(&id, &record->ns))
                return -ESTALE;
        *why = "its process runs the user's program";
        if (id.id == 0 && (fstat(process, &st) < 0 || st.st_uid != 0))
                return -ESTALE;
        *why = NULL;
        return TAKE_FD(fd);
}
