/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* places: the directories of one plan, as long as the open lasts */
#include <stdio.h>
#include <string.h>

#include "ground/cleanup.h"
#include "ground/path.h"
#include "ground/safedir.h"
#include "lifetime/memory.h"
#include "lifetime/records.h"
#include "mounts/cover.h"
#include "session/exemption.h"
#include "session/places.h"

/* A directory whose line says nofail stays as it is. 0, or `error` where it may not be given up. */
static int give_up(struct places *places, struct place *place, enum fault_step step, int error)
{
        const struct line *line = place->plan->line;
        char prefix[512];
        int r = 0;

        report_prefix(places->report, "%s:%u: ", line->file, line->number);
        /* nobody is to work where the thread was left */
        if (place->stance->at == STANCE_LOST)
                return error;
        if (!line->nofail || exemption_is_callers_doing(places->outer, step, error))
                return error;
        if (place->is == PLACE_COVERED)
                r = cover_take_off(line->directory, place->hold->mark);
        if (r < 0) /* it is private still: the login can't go on as if it were not */
                return error;
        (void)snprintf(prefix, sizeof(prefix), "nofail, %.400s is not private: ", line->directory);
        report_forgive(places->report, REPORT_WARNING, prefix);
        record_drop_cover(places->record, place->hold->mark);
        place_undo(place);
        place->is = PLACE_GIVEN_UP;
        return 0;
}

static int note(const struct places *places, const struct place *place)
{
        struct record *record = places->record;

        if (record_add_cover(record, place->plan->line->directory, place->hold->mark) < 0)
                return report_fault(places->report, -E2BIG,
                                    "more than %d private directories, or a path of more than %zu "
                                    "bytes",
                                    RECORD_COVERS, sizeof(record->covers[0].directory) - 1);
        return 0;
}

int places_note(const struct places *places)
{
        int r = 0;

        for (size_t i = 0; r == 0 && i < places->n; i++)
                r = note(places, &places->list[i]);
        return r;
}

void places_note_again(const struct places *places)
{
        for (size_t i = 0; i < places->n; i++) {
                const struct place *place = &places->list[i];

                if (place->source.recalled)
                        record_set_cover(places->record, place->plan->line->directory,
                                         place->hold->mark);
        }
}

static int note_memory(const struct place *place, const struct namespace_id *ns)
{
        const struct line *line = place->plan->line;
        struct memory memory = {.uid = place->hold->uid, .mark = place->hold->mark, .ns = *ns};
        _cleanup_close_ int folder = -EBADF;
        struct report silent = {0};
        int r = safedir_open_own(RECORD_FOLDER, true, &folder, &silent);

        if (r < 0)
                return r;
        /* one of this session alone is not looked for again */
        if (line->source != LINE_MEMORY || line->per_session) {
                memory_made(folder, memory.mark);
                return 0;
        }
        (void)snprintf(memory.directory, sizeof(memory.directory), "%s",
                       line->directory); /* it is in the record, too, so it fits */
        r = cover_identify(place->top, memory.identity);
        return r < 0 ? r : memory_note(folder, &memory);
}

void places_note_memory(const struct places *places, const struct namespace_id *ns)
{
        for (size_t i = 0; i < places->n; i++) {
                const struct place *place = &places->list[i];
                const struct line *line = place->plan->line;
                int r;

                if (place->is != PLACE_COVERED || !place_is_in_memory(place) ||
                    place->source.recalled)
                        continue;
                r = note_memory(place, ns);
                if (r < 0)
                        report_note(places->report, REPORT_WARNING,
                                    "%s:%u: what processes keep of %s will not be found again: %s",
                                    line->file, line->number, line->directory, strerrordesc_np(-r));
        }
}

int places_prepare(struct places *places, const struct plan *plan, struct hold *holds,
                   struct place_shared shared)
{
        places->list = calloc(plan->n + 1, sizeof(*places->list));
        if (!places->list)
                return report_errno(places->report, -ENOMEM, "session");
        shared.places = places->list;
        for (size_t i = 0; i < plan->n; i++) {
                struct place *place = &places->list[places->n];
                int r;

                if (!line_is_private(plan->lines[i].line))
                        continue;
                shared.n = places->n++;
                r = place_prepare(place, &holds[shared.n], &plan->lines[i], &shared,
                                  places->report);
                if (r == 0)
                        r = note(places, place);
                if (r < 0)
                        r = give_up(places, place, FAULT_DIRECTORY, r);
                if (r < 0)
                        return r;
        }
        return 0;
}

int places_each(struct places *places, int (*step)(struct place *, struct report *))
{
        for (size_t i = 0; i < places->n; i++) {
                struct place *place = &places->list[i];
                int r = place->is == PLACE_GIVEN_UP ? 0 : step(place, places->report);

                if (r < 0)
                        r = give_up(places, place, FAULT_DIRECTORY, r);
                if (r < 0)
                        return r;
        }
        return 0;
}

bool places_can_join(const struct places *places)
{
        for (size_t i = 0; i < places->n; i++)
                if (!place_can_join(&places->list[i]))
                        return false;
        return places->n > 0;
}

void places_take_shares(const struct places *places)
{
        for (size_t i = 0; i < places->n; i++) {
                struct place *place = &places->list[i];
                const struct line *line = place->plan->line;
                _cleanup_close_ int directory = -EBADF;
                struct report silent = {0};

                if (line->n_shares > 0 && safedir_open(line->directory, &directory, &silent) == 0)
                        share_take(line, directory, place->hold->uid, &place->shares,
                                   places->report);
        }
}

bool places_has_any(const struct places *places)
{
        for (size_t i = 0; i < places->n; i++)
                if (places->list[i].is != PLACE_GIVEN_UP)
                        return true;
        return false;
}

int places_give_up_all(struct places *places, int error)
{
        for (size_t i = 0; i < places->n; i++) {
                if (places->list[i].is == PLACE_GIVEN_UP)
                        continue;
                (void)report_errno(places->report, error, "can't leave the shared mount namespace");
                if (give_up(places, &places->list[i], FAULT_NAMESPACE, error) < 0)
                        return error;
        }
        return 0;
}

const struct place *places_find(const struct places *places, const char *path)
{
        for (size_t i = 0; i < places->n; i++)
                if (places->list[i].is != PLACE_GIVEN_UP &&
                    path_is_within(path, places->list[i].plan->line->directory))
                        return &places->list[i];
        return NULL;
}

void places_unlock(const struct places *places)
{
        for (size_t i = 0; i < places->n; i++)
                place_unlock(&places->list[i]);
}

void places_undo(struct places *places, bool is_stuck)
{
        for (size_t i = places->n; is_stuck && i > 0; i--) {
                const struct place *place = &places->list[i - 1];

                if (place->is == PLACE_COVERED)
                        (void)cover_take_off(place->plan->line->directory, place->hold->mark);
        }
        for (size_t i = places->n; i > 0; i--)
                place_undo(&places->list[i - 1]);
}

void places_done(struct places *places)
{
        free(places->list);
        *places = (struct places){0};
}
