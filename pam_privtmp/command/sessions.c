/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sessions: those that are open, by their records */
#include <stdlib.h>
#include <string.h>

#include "command/sessions.h"
#include "ground/cleanup.h"
#include "ground/grow.h"
#include "ground/safedir.h"
#include "lifetime/opener.h"
#include "lifetime/records.h"

static int add_session(void *arg, const struct record *record)
{
        struct sessions *sessions = arg;
        char boot[RECORD_BOOT];
        struct record *larger;
        const char *why;
        int fd;

        if (record_read_boot(boot) < 0 || strcmp(boot, record->boot) != 0)
                return 0;
        fd = opener_open_namespace(record, &why);
        if (fd < 0)
                return 0;
        fd_close(fd);
        larger = grow(sessions->records, sessions->n, sizeof(*larger));
        if (!larger)
                return -ENOMEM;
        sessions->records = larger;
        larger[sessions->n++] = *record;
        return 0;
}

/* Those in one namespace together, the oldest first. */
static int compare_records(const void *a, const void *b)
{
        const struct record *x = a, *y = b;

        if (x->ns.number != y->ns.number)
                return x->ns.number < y->ns.number ? -1 : 1;
        if (x->start != y->start)
                return x->start < y->start ? -1 : 1;
        return x->pid < y->pid ? -1 : x->pid > y->pid;
}

int sessions_read(struct sessions *ret, uid_t uid, struct report *report)
{
        _cleanup_close_ int folder = -EBADF;
        int r = safedir_open_own(RECORD_FOLDER, false, &folder, report);

        if (r != 0)
                return r < 0 ? r : 0;
        r = records_each(folder, uid, add_session, ret);
        if (ret->n > 0)
                qsort(ret->records, ret->n, sizeof(*ret->records), compare_records);
        return r < 0 ? report_errno(report, r, RECORD_FOLDER) : 0;
}

void sessions_done(struct sessions *sessions)
{
        free(sessions->records);
        *sessions = (struct sessions){0};
}

bool sessions_has_mark(const struct record *session, struct mark mark)
{
        for (size_t i = 0; i < session->n_covers; i++)
                if (mark_is_same(session->covers[i].mark, mark))
                        return true;
        return false;
}
