/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mark: marks by their text, for tests */
#include "kit/mark.h"

struct mark marked(const char *text)
{
        struct mark mark = {0};

        ck_assert_msg(mark_parse(text, &mark) == 0, "\"%s\" is no mark", text);
        return mark;
}
