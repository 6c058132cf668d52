/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* record: a record that has everything, and how two are compared */
#include "kit/mark.h"
#include "kit/record.h"

struct record full_record(void)
{
        struct record record = {
                .boot = "01234567-89ab-cdef-0123-456789abcdef",
                .ns = {.number = 4026532177, .id = 20183},
                .left = {.number = 4026531841, .id = 1},
                .nested = true,
                .shared = true,
                .plan = 0xcbf29ce484222325,
                .uid = 1001,
                .pid = 4711,
                .start = 123456789,
                .service = "sshd",
                .tty = "/dev/pts/3",
                .rhost = "host.example.org",
        };

        ck_assert_int_eq(record_add_cover(&record, "/tmp", marked("1001/Ab3dEf")), 0);
        ck_assert_int_eq(record_add_cover(&record, "/var/tmp", marked("0:57")), 0);
        return record;
}

void assert_same_record(const struct record *a, const struct record *b)
{
        ck_assert_str_eq(a->boot, b->boot);
        ck_assert_uint_eq(a->ns.number, b->ns.number);
        ck_assert_uint_eq(a->ns.id, b->ns.id);
        ck_assert_uint_eq(a->left.number, b->left.number);
        ck_assert_uint_eq(a->left.id, b->left.id);
        ck_assert_int_eq(a->nested, b->nested);
        ck_assert_int_eq(a->shared, b->shared);
        ck_assert_uint_eq(a->plan, b->plan);
        ck_assert_uint_eq(a->uid, b->uid);
        ck_assert_int_eq(a->pid, b->pid);
        ck_assert_uint_eq(a->start, b->start);
        ck_assert_str_eq(a->service, b->service);
        ck_assert_str_eq(a->tty, b->tty);
        ck_assert_str_eq(a->rhost, b->rhost);
        ck_assert_uint_eq(a->n_covers, b->n_covers);
        for (size_t i = 0; i < a->n_covers; i++) {
                ck_assert_str_eq(a->covers[i].directory, b->covers[i].directory);
                ck_assert(mark_is_same(a->covers[i].mark, b->covers[i].mark));
        }
}

char *format(const struct record *record, int expected)
{
        char *text = malloc(RECORD_BYTES + 1);

        ck_assert_ptr_nonnull(text);
        ck_assert_int_eq(record_format(record, text), expected);
        return text;
}

int parse(const char *text, struct record *ret)
{
        char *copy = strdup(text);
        int r;

        ck_assert_ptr_nonnull(copy);
        r = record_parse(copy, ret);
        free(copy);
        return r;
}

void assert_survives(const struct record *record)
{
        char *text = format(record, 0);
        struct record again;

        ck_assert_int_eq(parse(text, &again), 0);
        assert_same_record(record, &again);
        free(text);
}

/* ------------------------------------------------------------------ as text, and back */

size_t fill(struct record *record)
{
        for (;;) {
                char *text = format(record, 0), name[DIRECTORY_MAX + 1];
                size_t rest = RECORD_BYTES - strlen(text) - strlen(" cover=1/abcdef@");
                size_t length = rest <= DIRECTORY_MAX      ? rest
                                : rest / 2 < DIRECTORY_MAX ? rest / 2
                                                           : DIRECTORY_MAX;

                free(text);
                memset(name, 'x', sizeof(name));
                name[0] = '/';
                name[length] = '\0';
                ck_assert_int_eq(record_add_cover(record, name, marked("1/abcdef")), 0);
                if (length == rest)
                        return length;
        }
}
