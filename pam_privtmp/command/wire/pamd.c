/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * wire/pamd: the text of a file of pam.d(5), with our line and without it
 *
 * MUST NOT change a byte but those of our line (unit/command/pamd.c).
 * MUST NOT add to what PAM can't read (unit/command/pamd.c).
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/wire/pamd.h"

/* A line as PAM sees it: with those that a backslash joins to it. */
struct pamd_line {
        size_t start, end; /* of its bytes; the end is behind the newline */
        unsigned number;
        bool ends;    /* no backslash joins what is not there */
        bool session; /* it has a session module, or includes a file that may have some */
        bool names_us;
};

/* Where the reading is. */
struct pamd_reader {
        const struct pamd_text *text;
        const char *file;
        const struct service *service;
        struct report *report;
        size_t next;
        unsigned number; /* of the line that begins at `next` */
};

void pamd_text_done(struct pamd_text *text)
{
        free(text->bytes);
        *text = (struct pamd_text){0};
}

/* The next word: *word points to it, its length is returned; 0 at the end. Brackets hold blanks. */
static size_t next_word(char **at, char **word)
{
        size_t length;
        char *close;

        *word = *at + strspn(*at, " \t\n");
        if (**word == '[') {
                close = strchr(*word, ']');
                length = close ? (size_t)(close - *word) + 1 : strlen(*word);
        } else {
                length = strcspn(*word, " \t\n");
        }
        *at = *word + length;
        return length;
}

static bool is_word(const char *word, size_t length, const char *const *known)
{
        for (; *known; known++)
                if (strlen(*known) == length && strncasecmp(word, *known, length) == 0)
                        return true;
        return false;
}

/* "[value=action ...]": is every part of it one? */
static bool is_bracket(const char *word, size_t length)
{
        static const char *const actions[] = {"ignore", "bad", "die", "ok", "done", "reset", NULL};

        if (length < 2 || word[length - 1] != ']')
                return false;
        for (const char *at = word + 1, *end = word + length - 1; at < end;) {
                size_t blank = strspn(at, " \t\n"), part, name;

                at += blank;
                part = strcspn(at, " \t\n]");
                if (part == 0)
                        break;
                name = strcspn(at, "= \t\n]");
                if (name == 0 || name + 1 >= part)
                        return false;
                if (!is_word(at + name + 1, part - name - 1, actions) &&
                    strspn(at + name + 1, "0123456789") != part - name - 1)
                        return false;
                at += part;
        }
        return true;
}

static int complain(const struct pamd_reader *reader, const struct pamd_line *line,
                    const char *what)
{
        return report_fault(reader->report, -EINVAL, "%s:%u: %s", reader->file, line->number, what);
}

/* Judges a line, whose text is changed. 0, or -EINVAL with the reason in the report. */
static int judge_line(const struct pamd_reader *reader, struct pamd_line *line, char *text)
{
        static const char *const types[] = {"auth", "account", "password", "session", NULL};
        static const char *const session[] = {"session", NULL}, *const include[] = {"@include",
                                                                                    NULL};
        static const char *const controls[] = {"required", "requisite", "sufficient", "optional",
                                               "binding",  "include",   "substack",   NULL};
        char *at = text, *word;
        size_t length;

        for (char *c = text; *c; c++) /* what joins lines is a blank, and so is a newline */
                if (*c == '\\' && c[1 + strspn(c + 1, " \t")] == '\n')
                        *c = ' ';
        text[strcspn(text, "#")] = '\0';
        length = next_word(&at, &word);
        if (length == 0)
                return 0;
        if (is_word(word, length, include)) {
                line->session = true;
                return next_word(&at, &word) ? 0 : complain(reader, line, "a file name is missing");
        }
        if (*word == '-') {
                word++;
                length--;
        }
        if (!is_word(word, length, types))
                return complain(reader, line,
                                "PAM does not know the type that this line begins with");
        line->session = is_word(word, length, session);
        length = next_word(&at, &word);
        if (!is_word(word, length, controls) && !(*word == '[' && is_bracket(word, length)))
                return complain(reader, line, "PAM can't read the control of this line");
        length = next_word(&at, &word);
        if (length == 0)
                return complain(reader, line, "this line names no module");
        word[length] = '\0';
        word = strrchr(word, '/') ? strrchr(word, '/') + 1 : word;
        line->names_us = strcmp(word, "pam_privtmp.so") == 0;
        return 0;
}

/* Does a backslash join the next line to this one? Not one in a comment. */
static bool goes_on(const char *line, size_t length)
{
        const char *comment = memchr(line, '#', length);

        if (comment)
                return false;
        while (length > 0 && strchr(" \t", line[length - 1]))
                length--;
        return length > 0 && line[length - 1] == '\\';
}

/* The bytes of the next line, with those that are joined to it. False at the end of the text. */
static bool next_line(struct pamd_reader *reader, struct pamd_line *ret)
{
        const char *bytes = reader->text->bytes;
        size_t start = reader->next, size = reader->text->size;
        bool more = start < size;

        *ret = (struct pamd_line){.start = start, .number = reader->number};
        while (more) {
                const char *newline = memchr(bytes + start, '\n', size - start);
                size_t length = newline ? (size_t)(newline - bytes) - start : size - start;

                ret->ends = !goes_on(bytes + start, length);
                start += length + (newline != NULL);
                more = !ret->ends && start < size;
                reader->number++;
        }
        ret->end = reader->next = start;
        return ret->end > ret->start;
}

/* The next line, judged. 1, 0 at the end, or -errno with the reason in the report. */
static int read_line(struct pamd_reader *reader, struct pamd_line *ret)
{
        size_t length;
        char *copy;
        int r;

        if (!next_line(reader, ret))
                return 0;
        length = ret->end - ret->start;
        copy = strndup(reader->text->bytes + ret->start, length);
        if (!copy)
                return -ENOMEM;
        if (strlen(copy) != length)
                r = complain(reader, ret, "there is a NUL byte in this line");
        else if (!ret->ends)
                r = complain(reader, ret, "the last line ends with a backslash");
        else
                r = judge_line(reader, ret, copy);
        free(copy);
        return r < 0 ? r : 1;
}

/* Is it the very line that wire writes? */
static bool is_ours(const struct pamd_reader *reader, const struct pamd_line *line)
{
        const char *ours = service_line(reader->service);
        const char *bytes = reader->text->bytes + line->start;
        size_t length = line->end - line->start;

        if (length > 0 && bytes[length - 1] == '\n')
                length--;
        return length == strlen(ours) && memcmp(bytes, ours, length) == 0;
}

/*
 * Reads all of the file. *ours is our line, if 1 is returned; 0: it is not there. *place is where
 * it belongs. -errno with the reason in the report.
 */
static int find(struct pamd_reader *reader, struct pamd_line *ours, size_t *place)
{
        struct pamd_line line;
        bool found = false, placed = false;
        int r;

        *place = reader->text->size;
        while ((r = read_line(reader, &line)) > 0) {
                if (line.session && !placed && reader->service->place == SERVICE_FIRST) {
                        *place = line.start;
                        placed = true;
                }
                if (!line.names_us)
                        continue;
                if (found || !is_ours(reader, &line))
                        return complain(reader, &line,
                                        "this line of pam_privtmp.so was not written by \"privtmp "
                                        "wire\"; take it out first");
                *ours = line;
                found = true;
        }
        return r < 0 ? r : found;
}

/* The bytes of the text with those from `start` to `end` replaced. */
static int splice(const struct pamd_text *text, size_t start, size_t end, const char *new,
                  struct pamd_text *ret)
{
        size_t added = strlen(new), tail = text->size - end;
        char *bytes = malloc(start + added + tail + 1);

        if (!bytes)
                return -ENOMEM;
        memcpy(bytes, text->bytes, start);
        memcpy(bytes + start, new, added);
        memcpy(bytes + start + added, text->bytes + end, tail);
        bytes[start + added + tail] = '\0';
        *ret = (struct pamd_text){bytes, start + added + tail};
        return 0;
}

int pamd_add(const struct pamd_text *text, const char *file, const struct service *service,
             struct pamd_text *ret, struct report *report)
{
        struct pamd_reader reader = {text, file, service, report, 0, 1};
        struct pamd_line ours;
        char line[256];
        size_t place;
        int r = find(&reader, &ours, &place);

        if (r != 0)
                return r;
        /* a last line that has no newline gets one, else it would go on into ours */
        (void)snprintf(line, sizeof(line), "%s%s\n",
                       place > 0 && text->bytes[place - 1] != '\n' ? "\n" : "",
                       service_line(service));
        r = splice(text, place, place, line, ret);
        return r < 0 ? report_errno(report, r, "%s", file) : 0;
}

int pamd_remove(const struct pamd_text *text, const char *file, const struct service *service,
                struct pamd_text *ret, struct report *report)
{
        struct pamd_reader reader = {text, file, service, report, 0, 1};
        struct pamd_line ours;
        size_t place;
        int r = find(&reader, &ours, &place);

        if (r <= 0)
                return r < 0 ? r : 1;
        r = splice(text, ours.start, ours.end, "", ret);
        return r < 0 ? report_errno(report, r, "%s", file) : 0;
}
