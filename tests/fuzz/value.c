/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* value: any text as the value of each option */
#include <errno.h>

#include "fuzz.h"
#include "table/value.h"

static void check_globs(const char *text)
{
        struct value_glob *globs = NULL;
        size_t n = 0;
        int r = value_globs(text, &globs, &n);

        if (r < 0) {
                must(r == -EINVAL && !globs);
                return;
        }
        must(n > 0 && n <= VALUE_GLOBS);
        for (size_t i = 0; i < n; i++) {
                const char *glob = globs[i].glob;

                must(*glob && !strchr(glob, '/') && strcmp(glob, ".") != 0 &&
                     strcmp(glob, "..") != 0 && strlen(glob) <= 255);
                must(!globs[i].owner || *globs[i].owner);
        }
        value_free_globs(globs, n);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
        char *text = text_of(bytes, size);
        unsigned seconds = 0;
        mode_t mode = 0;

        must(!value_time(text, &seconds) || (seconds >= 1 && seconds <= VALUE_TIME_LIMIT));
        must(!value_mode(text, &mode) || mode == 0700 || mode == 0770 || mode == 01770 ||
             mode == 01777);
        must(!value_is_size(text) || (*text >= '1' && *text <= '9'));
        must(!value_is_count(text) || (value_is_size(text) && !strchr(text, '%')));
        check_globs(text);
        free(text);
        return 0;
}
