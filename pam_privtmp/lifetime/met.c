/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* met: the namespaces that a walk over all tasks has met */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ground/grow.h"
#include "lifetime/met.h"

void met_done(struct met_list *list)
{
        for (size_t i = 0; i < list->n; i++) {
                free(list->met[i]->shown.asked);
                free(list->met[i]);
        }
        free(list->met);
        free(list->suspects);
}

/* Where the number is, or belongs. */
static size_t find(const struct met_list *list, ino_t number)
{
        size_t low = 0, high = list->n;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (list->met[middle]->number < number)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

struct met *met_get(struct met_list *list, ino_t number)
{
        size_t at = find(list, number);
        struct met **larger, *new;

        if (at < list->n && list->met[at]->number == number)
                return list->met[at];
        larger = grow(list->met, list->n, sizeof(struct met *));
        if (!larger)
                return NULL;
        list->met = larger;
        new = calloc(1, sizeof(*new));
        if (!new)
                return NULL;
        new->number = number;
        memmove(larger + at + 1, larger + at, (list->n - at) * sizeof(struct met *));
        larger[at] = new;
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
