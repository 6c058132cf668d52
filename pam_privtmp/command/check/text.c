/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* check/text: configuration files of other programs, by lines and words */
#include <string.h>

#include "ground/cleanup.h"
#include "command/check/text.h"
#include "ground/safefile.h"

enum {
        FILE_LIMIT = 1024 * 1024, /* bytes */
};

int text_read(const char *path, struct text *ret)
{
        _cleanup_close_ int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        int r;

        *ret = (struct text){.lines = 1};
        if (fd < 0)
                return -errno;
        r = safefile_read_fd(fd, FILE_LIMIT, &ret->bytes, &ret->size);
        ret->next = ret->bytes;
        return r;
}

char *text_line(struct text *text, bool joined)
{
        char *line = text->next, *end = line;

        if (*line == '\0')
                return NULL;
        text->number += text->lines;
        text->lines = 1;
        for (;; text->lines++) {
                end += strcspn(end, "\n");
                if (*end == '\0' || !joined || end == line || end[-1] != '\\' ||
                    memchr(line, '#', (size_t)(end - line)))
                        break;
                end[-1] = end[0] = ' ';
        }
        text->next = *end ? end + 1 : end;
        *end = '\0';
        return line;
}

char *text_word(char **line, char open, char close)
{
        char *word = *line + strspn(*line, " \t\r"), *end;

        if (*word == '\0')
                return NULL;
        if (*word == open) {
                end = strchr(++word, close);
                end = end ? end : word + strlen(word);
        } else {
                end = word + strcspn(word, " \t\r");
        }
        *line = *end ? end + 1 : end;
        *end = '\0';
        return word;
}
