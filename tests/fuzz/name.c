/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* name: any text as a name below a base, what a link there says, a mark, a path, a number */
#include <errno.h>

#include "fuzz.h"
#include "ground/mark.h"
#include "ground/name.h"
#include "ground/number.h"
#include "ground/path.h"

static void check_mark(const char *text)
{
        struct mark mark = {0}, again;
        char written[MARK_BYTES];

        if (mark_parse(text, &mark) == 0) {
                mark_format(mark, written);
                must(mark.kind != MARK_NONE && strcmp(written, text) == 0);
                must(mark_is_same(mark, mark));
        }
        mark = mark_of_root(text);
        must(mark.kind == MARK_NONE || mark.kind == MARK_DISK);
        if (mark.kind == MARK_DISK) {
                must(name_is_instance(mark.name) && mark.uid != (uid_t)-1);
                must(mark_is_of_mount(mark, 0, text));
                mark_format(mark, written);
                must(mark_parse(written, &again) == 0 && mark_is_same(mark, again));
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
        char *text = text_of(bytes, size), name[NAME_BYTES], *half = strchr(text, ' ');
        uint64_t number = 0;

        check_mark(text);
        must(!(name_is_instance(text) && name_is_temporary(text)));
        must(!name_is_instance(text) || (strlen(text) == NAME_RANDOM && !strpbrk(text, "./")));
        must(!name_is_trash_of(text, 1001) || strncmp(text, "1001.", 5) == 0);
        if (size >= NAME_RANDOM) {
                name_instance(name, bytes);
                must(name_is_instance(name));
        }
        if (number_read(text, text + strlen(text), 4711, &number))
                must(number <= 4711 && strspn(text, "0123456789") == strlen(text));
        if (path_is_valid(text))
                must(*text == '/' && text[strlen(text) - 1] != '/' && !strstr(text, "//") &&
                     !strstr(text, "/./") && !strstr(text, "/../"));
        if (half) {
                *half++ = '\0';
                if (path_is_valid(text) && path_is_valid(half))
                        must(!path_is_within(text, half) || !path_is_within(half, text) ||
                             strcmp(text, half) == 0);
        }
        free(text);
        return 0;
}
