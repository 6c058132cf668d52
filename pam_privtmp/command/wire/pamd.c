/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * wire/pamd: the text of a file of pam.d(5), with our lines and without them
 *
 * MUST NOT change a byte but those of our lines (unit/command/pamd.c).
 * MUST NOT add to what PAM can't read (unit/command/pamd.c).
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/check/pamline.h"
#include "command/wire/pamd.h"

void pamd_text_done(struct pamd_text *text)
{
        free(text->bytes);
        *text = (struct pamd_text){0};
}

static bool is_text(const struct pamline_reader *reader, const char *wanted)
{
        const char *bytes = reader->bytes + reader->start;
        size_t length = reader->end - reader->start;

        if (length > 0 && bytes[length - 1] == '\n')
                length--;
        return length == strlen(wanted) && memcmp(bytes, wanted, length) == 0;
}

static bool names_us(const struct pamline *line)
{
        const char *slash = line->path ? strrchr(line->path, '/') : NULL;

        return line->path && !pamline_includes(line) &&
               strcmp(slash ? slash + 1 : line->path, "pam_privtmp.so") == 0;
}

/* The bytes of a line. One that is not there has none. */
struct pamd_span {
        size_t start, end;
};

/* What of ours is in a file. */
struct pamd_found {
        struct pamd_span opens, closes;
        size_t first; /* where the first line begins that may be a session's; else the end */
};

/* Notes a line that names our module. -EINVAL unless it is the first of one that wire writes. */
static int note(const struct pamline_reader *reader, const struct service *service,
                struct pamd_found *found, struct report *report)
{
        struct pamd_span *ours = NULL;

        if (is_text(reader, service_line(service)))
                ours = &found->opens;
        else if (is_text(reader, service_close_line(service)))
                ours = &found->closes;
        if (!ours || ours->end > 0)
                return report_fault(report, -EINVAL,
                                    "this line of pam_privtmp.so was not written by \"privtmp "
                                    "wire\"; take it out by hand first");
        *ours = (struct pamd_span){reader->start, reader->end};
        return 0;
}

/* Reads the rest of the file. 0, or -errno with the reason in the report. */
static int find(struct pamline_reader *reader, const struct service *service,
                struct pamd_found *found, struct report *report)
{
        struct pamline line;
        bool placed = false;
        int r;

        *found = (struct pamd_found){.first = reader->size};
        while ((r = pamline_next(reader, &line, report)) > 0) {
                if (!placed && (line.type == PAMLINE_SESSION || line.type == PAMLINE_INCLUDE)) {
                        found->first = reader->start;
                        placed = true;
                }
                if (names_us(&line) && note(reader, service, found, report) < 0)
                        return -EINVAL;
        }
        return r;
}

/* What of ours is in a file. 0, or -errno with FILE:LINE in the report. */
static int find_in(const struct pamd_text *text, const char *file, const struct service *service,
                   struct pamd_found *found, struct report *report)
{
        struct pamline_reader reader = {.bytes = text->bytes, .size = text->size};
        int r = find(&reader, service, found, report);

        if (r == -EINVAL)
                report_prefix(report, "%s:%u: ", file, reader.number);
        pamline_done(&reader);
        return r == -ENOMEM ? report_errno(report, r, "%s", file) : r;
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

/* The text with a line more at `place`. 0 or -ENOMEM. */
static int insert(const struct pamd_text *text, size_t place, const char *added,
                  struct pamd_text *ret)
{
        char line[256];

        /* a last line that has no newline gets one, else it would go on into ours */
        (void)snprintf(line, sizeof(line), "%s%s\n",
                       place > 0 && text->bytes[place - 1] != '\n' ? "\n" : "", added);
        return splice(text, place, place, line, ret);
}

int pamd_add(const struct pamd_text *text, const char *file, const struct service *service,
             struct pamd_text *ret, struct report *report)
{
        struct pamd_found found;
        int r = find_in(text, file, service, &found, report);

        if (r < 0 || found.opens.end > 0)
                return r < 0 ? r : 1;
        r = insert(text, service->place == SERVICE_FIRST ? found.first : text->size,
                   service_line(service), ret);
        return r < 0 ? report_errno(report, r, "%s", file) : 0;
}

int pamd_add_close(const struct pamd_text *text, const char *file, const struct service *service,
                   struct pamd_text *ret, struct report *report)
{
        struct pamd_found found;
        int r = find_in(text, file, service, &found, report);

        if (r < 0 || found.closes.end > 0)
                return r < 0 ? r : 1;
        r = insert(text, found.first, service_close_line(service), ret);
        return r < 0 ? report_errno(report, r, "%s", file) : 0;
}

int pamd_remove(const struct pamd_text *text, const char *file, const struct service *service,
                struct pamd_text *ret, struct report *report)
{
        struct pamd_found found;
        struct pamd_text without = {0};
        const struct pamd_span *first = &found.closes, *last = &found.opens;
        int r = find_in(text, file, service, &found, report);

        if (r < 0 || (first->end == 0 && last->end == 0))
                return r < 0 ? r : 1;
        if (first->start > last->start) {
                first = &found.opens;
                last = &found.closes;
        }
        /* the last one first: what stands before it stays where it is */
        r = splice(text, last->start, last->end, "", &without);
        if (r == 0)
                r = splice(&without, first->start, first->end, "", ret);
        pamd_text_done(&without);
        return r < 0 ? report_errno(report, r, "%s", file) : 0;
}
