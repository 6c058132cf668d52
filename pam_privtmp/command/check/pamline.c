/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check/pamline: a line of a file of pam.d(5), as libpam takes it apart (pure)
 *
 * MUST read what libpam reads, as libpam does, and nothing else (unit/command/pamline.c).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "command/check/control.h"
#include "command/check/pamline.h"

#define BLANKS " \t\n"
#define UNREAD "PAM can't read this line, and refuses the service: "

/* Does a backslash join the next line to this one, which has `length` bytes? */
static bool goes_on(const char *line, size_t length)
{
        if (memchr(line, '#', length))
                return false;
        while (length > 0 && strchr(" \t", line[length - 1]))
                length--;
        return length > 0 && line[length - 1] == '\\';
}

/* Is there nothing in the line but blanks and a comment? */
static bool is_blank(const char *line, size_t length)
{
        size_t i = 0;

        while (i < length && strchr(" \t", line[i]))
                i++;
        return i == length || line[i] == '#';
}

/* Goes to the next line. NULL, or why nobody knows where it ends. */
static const char *next_line(struct pamline_reader *reader)
{
        size_t at = reader->end;
        bool joined = false, parted;

        reader->number += reader->lines;
        reader->start = at;
        reader->lines = 0;
        do {
                const char *line = reader->bytes + at;
                const char *newline = memchr(line, '\n', reader->size - at);
                size_t length = newline ? (size_t)(newline - line) : reader->size - at;

                parted = joined && is_blank(line, length);
                joined = goes_on(line, length);
                at += length + (newline != NULL);
                reader->lines++;
        } while (joined && at < reader->size);
        reader->end = at;
        if (parted)
                return "not every release of PAM reads this line in the same way: it ends with a "
                       "backslash, and a blank line or a comment follows";
        return joined ? UNREAD "it ends with a backslash, and nothing follows" : NULL;
}

/* Makes blanks of comments, of newlines and of what joins lines. */
static void join(char *text)
{
        for (char *line = text; *line;) {
                size_t length = strcspn(line, "\n"), said = strcspn(line, "#\n"), next;

                next = length + (line[length] == '\n');
                if (goes_on(line, length))
                        *(char *)memrchr(line, '\\', length) = ' ';
                memset(line + said, ' ', next - said);
                line += next;
        }
}

/* The end of a word in brackets, from which a backslash before a "]" is taken out. */
static char *close_bracket(char *word)
{
        char *to = word;

        for (; *word && *word != ']'; word++) {
                word += *word == '\\' && word[1] == ']';
                *to++ = *word;
        }
        memset(to, '\0', (size_t)(word - to));
        return word;
}

char *pamline_word(char **rest)
{
        char *word = *rest + strspn(*rest, BLANKS), *end;

        if (*word == '\0')
                return NULL;
        end = *word == '[' ? close_bracket(++word) : word + strcspn(word, BLANKS);
        *rest = *end ? end + 1 : end;
        *end = '\0';
        return word;
}

bool pamline_includes(const struct pamline *line)
{
        return line->type == PAMLINE_INCLUDE ||
               (line->control && (strcasecmp(line->control, "include") == 0 ||
                                  strcasecmp(line->control, "substack") == 0));
}

static int read_type(const char *word, struct pamline *ret, struct report *report)
{
        static const char *const others[] = {"auth", "account", "password"};

        if (strcasecmp(word, "@include") == 0) {
                ret->type = PAMLINE_INCLUDE;
                return 0;
        }
        ret->is_silent = *word == '-';
        word += ret->is_silent;
        if (strcasecmp(word, "session") == 0)
                ret->type = PAMLINE_SESSION;
        for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
                if (strcasecmp(word, others[i]) == 0)
                        ret->type = PAMLINE_OTHER;
        return ret->type != PAMLINE_NONE
                       ? 0
                       : report_fault(report, -EINVAL,
                                      "its type \"%s\" is none of auth, account, password, session",
                                      word);
}

static int read_control(struct pamline *ret, struct report *report)
{
        const char *fault;

        ret->rest += strspn(ret->rest, BLANKS);
        if (*ret->rest == '[' && !strchr(ret->rest, ']'))
                return report_fault(report, -EINVAL, "its \"[\" has no \"]\"");
        ret->control = pamline_word(&ret->rest);
        if (!ret->control || ret->control[strspn(ret->control, BLANKS)] == '\0')
                return report_fault(report, -EINVAL, "it has no control");
        fault = pamline_includes(ret) ? NULL : control_fault(ret->control);
        return fault ? report_fault(report, -EINVAL, "its control \"%s\" %s", ret->control, fault)
                     : 0;
}

/* Takes a line apart, which is changed. 0, or -EINVAL. */
static int read_line(char *line, struct pamline *ret, struct report *report)
{
        const char *type;
        int r;

        join(line);
        ret->rest = line;
        type = pamline_word(&ret->rest);
        if (!type)
                return 0;
        r = read_type(type, ret, report);
        if (r == 0 && ret->type != PAMLINE_INCLUDE)
                r = read_control(ret, report);
        if (r < 0)
                return r;
        ret->path = pamline_word(&ret->rest);
        return ret->path && *ret->path ? 0
                                       : report_fault(report, -EINVAL, "it names no %s",
                                                      pamline_includes(ret) ? "file" : "module");
}

void pamline_done(struct pamline_reader *reader)
{
        free(reader->copy);
        *reader = (struct pamline_reader){0};
}

int pamline_next(struct pamline_reader *reader, struct pamline *ret, struct report *report)
{
        const char *fault;
        size_t length;
        int r;

        *ret = (struct pamline){0};
        if (reader->number == 0)
                reader->lines = 1;
        if (reader->end == reader->size)
                return 0;
        fault = next_line(reader);
        length = reader->end - reader->start;
        free(reader->copy);
        reader->copy = strndup(reader->bytes + reader->start, length);
        if (!reader->copy)
                return -ENOMEM;
        if (strlen(reader->copy) != length)
                fault = UNREAD "there is a NUL byte in it";
        if (fault)
                return report_fault(report, -EINVAL, "%s", fault);
        r = read_line(reader->copy, ret, report);
        if (r < 0)
                report_prefix(report, UNREAD);
        return r < 0 ? r : 1;
}
