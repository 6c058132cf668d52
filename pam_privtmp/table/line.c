/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* line: one line of privtmp.conf */
#include <stdlib.h>

#include "table/line.h"

void line_done(struct line *line)
{
        free(line->base);
        free(line->directory);
        free(line->size);
        free(line->inodes);
        value_free_globs(line->shares, line->n_shares);
        users_done(&line->users);
        *line = (struct line){0};
}
