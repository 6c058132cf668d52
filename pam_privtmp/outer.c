/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * outer: the session of ours that the caller is in
 *
 * MUST NOT leave a cover of the outer session under or over one of the inner (test-session.c).
 */
#include "cleanup.h"
#include "name.h"
#include "outer.h"
#include "records.h"
#include "safedir.h"

int outer_find(struct outer *ret, const struct plan *plan, uid_t uid, struct report *report)
{
        _cleanup_close_ int records = -EBADF;
        struct namespace_id own;
        int r;

        *ret = (struct outer){.plan = plan, .uid = uid};
        /* most logins begin in PID 1's namespace, which is in no session */
        if (namespace_is_first())
                return 0;
        r = namespace_open(NAMESPACE_OWN, &own, NULL);
        if (r < 0)
                return report_errno(report, r, NAMESPACE_OWN " (is /proc mounted?)");
        r = safedir_open_own(RECORD_FOLDER, false, &records, report);
        if (r != 0)
                return r < 0 ? r : 0;
        r = records_find(records, &own, &ret->record);
        ret->inside = r > 0;
        return r < 0 ? report_errno(report, r, "can't read the records in " RECORD_FOLDER) : 0;
}

/* Does the plan leave the directory as the outer session has it? */
static bool inherits(const struct outer *outer, const char *directory)
{
        const struct line *line = plan_find(outer->plan, directory);

        return line ? line->source == LINE_INHERIT : outer->uid == 0;
}

bool outer_inherits_any(const struct outer *outer)
{
        for (size_t i = 0; i < outer->plan->n; i++)
                if (outer->plan->lines[i].line->source == LINE_INHERIT)
                        return true;
        for (size_t i = 0; i < outer->record.n_covers; i++)
                if (inherits(outer, outer->record.covers[i].directory))
                        return true;
        return false;
}

bool outer_must_go(const struct outer *outer)
{
        for (size_t i = 0; i < outer->record.n_covers; i++)
                if (!inherits(outer, outer->record.covers[i].directory))
                        return true;
        return false;
}

bool outer_uncovers(const struct outer *outer, const char *path)
{
        for (size_t i = 0; path && i < outer->record.n_covers; i++) {
                const char *directory = outer->record.covers[i].directory;

                if (name_is_within(path, directory) && !inherits(outer, directory))
                        return true;
        }
        return false;
}

int outer_keep(const struct outer *outer, struct record *record, struct report *report)
{
        for (size_t i = 0; i < outer->record.n_covers; i++) {
                const struct record_cover *cover = &outer->record.covers[i];

                if (inherits(outer, cover->directory) &&
                    record_add_cover(record, cover->directory, cover->mark) < 0)
                        return report_fault(report, -E2BIG, "more than %d private directories",
                                            RECORD_COVERS);
        }
        return 0;
}

int outer_take_off(const struct outer *outer, struct report *report)
{
        for (size_t i = 0; i < outer->record.n_covers; i++) {
                const struct record_cover *cover = &outer->record.covers[i];
                int fd, r;

                if (inherits(outer, cover->directory))
                        continue;
                /* the walk proves that the path can be used as it is */
                r = safedir_open(cover->directory, &fd, report);
                if (r < 0)
                        return r;
                fd_close(fd);
                r = cover_take_off(cover->directory, cover->mark);
                if (r < 0)
                        return report_errno(report, r, "can't uncover %s", cover->directory);
        }
        return 0;
}
