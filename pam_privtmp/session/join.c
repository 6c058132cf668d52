/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * join: enter the namespace of a live session of the user
 *
 * MUST NOT believe a record: pids and numbers of namespaces are used again, and an opener may have
 * become the user's program (module/join-record.c).
 * MUST NOT enter a namespace that somebody else made, or one of another origin
 * (module/join-origin.c).
 * MUST NOT ask a user's file system: it may never answer (module/join-cover.c).
 */
#include <string.h>

#include "ground/cleanup.h"
#include "ground/missing.h"
#include "mounts/cover.h"
#include "session/join.h"
#include "ground/path.h"
#include "lifetime/killed.h"
#include "lifetime/opener.h"
#include "lifetime/records.h"
#include "ground/safedir.h"

struct search {
        const struct join *join;
        struct report *report;
        char boot[RECORD_BOOT];
};

/* For the argument debug. 0: the next record, please. */
static int no(const struct search *search, const struct record *record, const char *why)
{
        report_note(search->report, REPORT_DEBUG, "not joining the session of process %jd: %s",
                    (intmax_t)record->pid, why);
        return 0;
}

/* The record's cover of that directory, NULL if it has none. */
static const struct record_cover *find_cover(const struct record *record, const char *directory)
{
        for (size_t i = 0; i < record->n_covers; i++)
                if (strcmp(record->covers[i].directory, directory) == 0)
                        return &record->covers[i];
        return NULL;
}

/* Does the record name the places' covers and no others? Of a tmpfs it must be a tmpfs. */
static bool has_same_covers(const struct join *join, const struct record *record)
{
        if (record->n_covers != join->n)
                return false;
        for (size_t i = 0; i < join->n; i++) {
                const struct place *place = &join->places[i];
                const struct record_cover *cover = find_cover(record, place->plan->line->directory);

                if (!cover ||
                    (place_is_in_memory(place) ? cover->mark.kind != MARK_MEMORY
                                               : !mark_is_same(cover->mark, place->hold->mark)))
                        return false;
        }
        return true;
}

/* What can be told from the record alone; NULL if nothing speaks against it. */
static const char *why_not_by_record(const struct search *search, const struct record *record)
{
        if (strcmp(record->boot, search->boot) != 0)
                return "it is of another boot";
        if (record->nested)
                return "it was opened within another user's";
        if (!record->shared)
                return "later mounts of the host do not show there";
        if (!namespace_is_same(&record->left, &search->join->stance->origin))
                return "it comes from another namespace";
        if (record->plan != search->join->plan || !has_same_covers(search->join, record))
                return "its plan or its instances are others";
        return NULL;
}

/* Is cwd at or below a directory of the places? It becomes the top of that, then. */
static bool is_aside(const struct join *join)
{
        const char *path = join->stance->path;

        for (size_t i = 0; path && i < join->n; i++)
                if (path_is_within(path, join->places[i].plan->line->directory))
                        return true;
        return false;
}

/* In the other namespace: does each directory show what the record says? */
static bool is_covered(const struct join *join, const struct record *record)
{
        for (size_t i = 0; i < join->n; i++) {
                struct place *place = &join->places[i];
                const struct line *line = place->plan->line;
                const struct record_cover *cover = find_cover(record, line->directory);
                _cleanup_close_ int fd = safedir_open_cached(line->directory);

                if (fd < 0 ||
                    !(place_is_in_memory(place)
                              ? cover_shows_memory(fd, cover->mark, line->flags)
                              : cover_shows(fd, place->source.instance.root, line->flags)))
                        return false;
                place->top = TAKE_FD(fd);
        }
        return true;
}

static void forget_covers(const struct join *join)
{
        for (size_t i = 0; i < join->n; i++)
                join->places[i].top = fd_close(join->places[i].top);
}

/* What is in memory there is the session's from now on. */
static void take_over(const struct join *join, const struct record *record, struct report *report)
{
        for (size_t i = 0; i < join->n; i++) {
                struct place *place = &join->places[i];
                const struct record_cover *cover = find_cover(record, place->plan->line->directory);

                if (cover) /* as has_same_covers() found */
                        place->hold->mark = cover->mark;
                /* the session may have been opened before the line was another for a while */
                if (place_is_in_memory(place))
                        source_give_limits(&place->source, place->top, place->plan->line, report);
                place->source.tree = fd_close(place->source.tree);
        }
}

/* The report is filled in when there is no way back. */
static int lost(const struct search *search, const struct record *record)
{
        return report_fault(search->report, -ENOTRECOVERABLE,
                            "can't return from the namespace of process %jd",
                            (intmax_t)record->pid);
}

static int try(void *arg, const struct record *record)
{
        struct search *search = arg;
        const struct join *join = search->join;
        _cleanup_close_ int fd = -EBADF;
        const char *why = why_not_by_record(search, record);
        struct namespace_id id;
        int r;

        if (!why)
                fd = opener_open_namespace(record, &why);
        if (fd >= 0 && (!namespace_is_ours(fd) || namespace_identify(fd, &id) < 0))
                why = "its namespace belongs to another user namespace";
        if (why)
                return no(search, record, why);
        r = stance_join(join->stance, fd, &id, is_aside(join));
        if (r == 0)
                return no(search, record, "its namespace can't be entered from here");
        if (join->stance->at == STANCE_LOST)
                return lost(search, record);
        if (r < 0)
                return no(search, record, "\"/\" or the working directory is another there");
        if (is_covered(join, record)) {
                take_over(join, record, search->report);
                return 1;
        }
        forget_covers(join);
        if (stance_part(join->stance) < 0)
                return lost(search, record);
        return no(search, record, "a directory is covered by something else");
}

/* Without ids only PID 1's namespace can be told from one that has its number. */
static bool is_origin_known(const struct stance *stance)
{
        return stance->origin.id != 0 || stance->from == STANCE_FIRST || namespace_is_first();
}

int join_enter(const struct join *join, struct report *report)
{
        struct search search = {.join = join, .report = report};
        _cleanup_close_ int folder = -EBADF;
        struct report silent = {0};
        int r;

        if (!is_origin_known(join->stance)) {
                report_note(report, REPORT_DEBUG,
                            "not joining: can't tell which namespace this is");
                return 0;
        }
        if (record_read_boot(search.boot) < 0 ||
            safedir_open_own(RECORD_FOLDER, false, &folder, &silent) != 0)
                return 0;
        r = records_each(folder, join->uid, try, &search);
        if (r > 0)
                killed_thin(folder, join->uid, &join->stance->here);
        if (r >= 0 || r == -ENOTRECOVERABLE)
                return r;
        report_note(report, REPORT_WARNING,
                    "not joining: can't read the records in " RECORD_FOLDER ": %s",
                    strerrordesc_np(-r));
        return 0;
}
