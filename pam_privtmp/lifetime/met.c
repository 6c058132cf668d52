/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* met: the namespaces that a walk over all tasks has met */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ground/grow.h"
#include "ground/sorted.h"
#include "lifetime/met.h"

void met_done(struct met_list *list)
{
        for (size_t i = 0; i < list->n; i++) {
                free(list->places[i].met->shown.asked);
                free(list->places[i].met);
        }
        free(list->places);
        free(list->suspects);
}

struct met *met_get(struct met_list *list, ino_t number)
{
        size_t at = sorted_find(list->places, list->n, sizeof(*list->places), number);
        struct met_place *larger;
        struct met *new;

        if (at < list->n && list->places[at].number == number)
                return list->places[at].met;
        larger = grow(list->places, list->n, sizeof(*larger));
        if (!larger)
                return NULL;
        list->places = larger;
        new = calloc(1, sizeof(*new));
        if (!new)
                return NULL;
        new->number = number;
        memmove(larger + at + 1, larger + at, (list->n - at) * sizeof(*larger));
        larger[at] = (struct met_place){.number = number, .met = new};
        list->n++;
        return new;
}

int met_suspect(struct met_list *list, const struct met *met, const struct owner *owner)
{
        struct met_suspect *larger = list->suspects;
        size_t n = list->n_suspects;

        if (n > 0 && larger[n - 1].met == met && larger[n - 1].owner.is_user == owner->is_user &&
            larger[n - 1].owner.uid == owner->uid)
                return 0;
        larger = grow(list->suspects, n, sizeof(*larger));
        if (!larger)
                return -ENOMEM;
        list->suspects = larger;
        list->suspects[list->n_suspects++] = (struct met_suspect){met, *owner};
        return 0;
}
