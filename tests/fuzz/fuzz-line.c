/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fuzz-line: any text as a table
 *
 * To be built by clang with all of the rooms, so that the fuzzer sees the ways through them:
 *
 *   clang -g -O1 -D_GNU_SOURCE -fsanitize=fuzzer,address,undefined -Ipam_privtmp \
 *         $(pkg-config --cflags mount) -o fuzz-line tests/fuzz/fuzz-line.c \
 *         pam_privtmp/{table,line,entry,users,name,report,safedir}.c $(pkg-config --libs mount)
 *   mkdir found && ./fuzz-line -max_total_time=60 found tests/fuzz/corpus
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ground/path.h"
#include "table/table.h"

/* What must hold, whatever the text is. */
#define must(condition)                                                                            \
        do {                                                                                       \
                if (!(condition)) {                                                                \
                        fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);    \
                        abort();                                                                   \
                }                                                                                  \
        } while (0)

static void say(void *arg, enum report_level level, const char *text)
{
        (void)arg;
        (void)level;
        (void)text;
        must(!"a parser says nothing by itself");
}

static bool is_plain(const char *text)
{
        for (; *text; text++)
                if ((unsigned char)*text < ' ' || *text == 0x7f)
                        return false;
        return true;
}

static void check_line(const struct line *line, unsigned before)
{
        const unsigned atime = FLAG_NOATIME | FLAG_RELATIME;

        must(strcmp(line->file, "conf") == 0);
        must(line->number > before);
        must((line->source == LINE_DISK) == (line->base != NULL));
        must(!line->base || (path_is_valid(line->base) && is_plain(line->base)));
        must(path_is_valid(line->directory) && is_plain(line->directory));
        must(!line->base || !path_is_within(line->base, line->directory));
        must(!line->base || !path_is_within(line->directory, line->base));
        must(line->users.n > 0);
        must(line->mode == 0770 || line->mode == 01770 || line->mode == 01777 ||
             line->mode == 0700);
        must((line->flags & atime) != atime);
        must((line->flags & ~(unsigned)(FLAG_NOEXEC | FLAG_NOSUID | FLAG_NODEV | FLAG_NOATIME |
                                        FLAG_RELATIME)) == 0);
        if (line->source != LINE_DISK)
                must(line->mode == 0770 && !line->nofail && !line->per_session);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
        struct report report = {.say = say};
        struct table *table = NULL;
        unsigned number = 0;
        int r;

        r = table_parse("conf", (const char *)bytes, size, &table, &report);
        if (r < 0) {
                must(!table);
                must(strncmp(report.fault, "conf:", 5) == 0 && is_plain(report.fault));
                return 0;
        }
        must(r == 0 && report.fault[0] == '\0');
        for (size_t i = 0; i < table->n; i++) {
                check_line(&table->lines[i], number);
                number = table->lines[i].number;
        }
        table_free(table);
        return 0;
}
