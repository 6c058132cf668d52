/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* record: any text as the note of a session */
#include <errno.h>

#include "fuzz.h"
#include "ground/path.h"
#include "lifetime/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
        char *text = text_of(bytes, size), again[RECORD_BYTES + 1];
        struct record record;
        int r = record_parse(text, &record);

        must(r == 0 || r == -EINVAL);
        if (r == 0) {
                /* what is believed is what would have been written */
                must(record_format(&record, again) == 0 && strcmp(text, again) == 0);
                must(record.n_covers <= RECORD_COVERS);
                for (size_t i = 0; i < record.n_covers; i++) {
                        must(path_is_valid(record.covers[i].directory));
                        must(record.covers[i].mark.kind != MARK_NONE);
                }
        }
        free(text);
        return 0;
}
