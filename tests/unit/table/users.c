/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-users: the users column of a line */
#include "kit/scratch.h"
#include "table/users.h"

/* ------------------------------------------------------------------ who is asked */

/* The groups that exist for the tests, and the questions asked about them. */
struct groups {
        const char *in;     /* the one group that the subject is in, NULL: none */
        const char *broken; /* the one group that can't be looked up, NULL: none */
        char asked[256];    /* names, each with a blank behind it */
        unsigned n;
};

static int is_member(void *arg, const char *group)
{
        struct groups *groups = arg;

        ck_assert_uint_lt(strlen(groups->asked) + strlen(group) + 1, sizeof(groups->asked));
        strcat(strcat(groups->asked, group), " ");
        groups->n++;
        if (groups->broken && strcmp(groups->broken, group) == 0)
                return -EIO;
        return groups->in && strcmp(groups->in, group) == 0;
}

static char alice_name[] = "alice", root_name[] = "root";
static const struct subject alice = {.name = alice_name, .uid = 1001, .gid = 1001};
static const struct subject root = {.name = root_name, .uid = 0, .gid = 0};

static void parse(const char *text, struct users *users)
{
        const char *what = "", *item;
        size_t length;
        int r = users_parse(text, users, &what, &item, &length);

        ck_assert_msg(r == 0, "\"%s\": %d, %s", text, r, what);
}

static int match(const char *text, const struct subject *subject, struct groups *groups)
{
        struct users users;
        int r;

        parse(text, &users);
        r = users_match(&users, subject, is_member, groups);
        users_done(&users);
        return r;
}

/* ------------------------------------------------------------------ parsing */

START_TEST(each_kind_of_item_is_read)
{
        struct users users;

        parse("*,alice,1001,1000:60000,@hpc,!bob,!@staff,!0,!5:7,!*", &users);
        ck_assert_uint_eq(users.n, 10);
        ck_assert_int_eq(users.items[0].kind, USERS_ALL);
        ck_assert_int_eq(users.items[1].kind, USERS_NAME);
        ck_assert_str_eq(users.items[1].name, "alice");
        ck_assert_int_eq(users.items[2].kind, USERS_UIDS);
        ck_assert_uint_eq(users.items[2].min, 1001);
        ck_assert_uint_eq(users.items[2].max, 1001);
        ck_assert_int_eq(users.items[3].kind, USERS_UIDS);
        ck_assert_uint_eq(users.items[3].min, 1000);
        ck_assert_uint_eq(users.items[3].max, 60000);
        ck_assert_int_eq(users.items[4].kind, USERS_GROUP);
        ck_assert_str_eq(users.items[4].name, "hpc");
        for (size_t i = 0; i < users.n; i++)
                ck_assert_int_eq(users.items[i].except, i >= 5);
        ck_assert_int_eq(users.items[5].kind, USERS_NAME);
        ck_assert_str_eq(users.items[5].name, "bob");
        ck_assert_int_eq(users.items[6].kind, USERS_GROUP);
        ck_assert_str_eq(users.items[6].name, "staff");
        ck_assert_int_eq(users.items[7].kind, USERS_UIDS);
        ck_assert_int_eq(users.items[8].kind, USERS_UIDS);
        ck_assert_uint_eq(users.items[8].max, 7);
        ck_assert_int_eq(users.items[9].kind, USERS_ALL);
        users_done(&users);
        ck_assert_uint_eq(users.n, 0);
        ck_assert_ptr_null(users.items);
}
END_TEST

START_TEST(the_greatest_uid_is_the_last_that_the_kernel_has)
{
        struct users users;

        parse("0:4294967294", &users);
        ck_assert_uint_eq(users.items[0].min, 0);
        ck_assert_uint_eq(users.items[0].max, 4294967294);
        users_done(&users);
}
END_TEST

START_TEST(names_and_groups_may_look_odd)
{
        struct users users;

        parse("DOM\\bob,_apt,a.b-c$,@domain users,@tmpfs,bob@example.org,@hpc@example.org", &users);
        ck_assert_uint_eq(users.n, 7);
        ck_assert_str_eq(users.items[0].name, "DOM\\bob");
        ck_assert_str_eq(users.items[1].name, "_apt");
        ck_assert_str_eq(users.items[2].name, "a.b-c$");
        ck_assert_str_eq(users.items[3].name, "domain users");
        ck_assert_str_eq(users.items[4].name, "tmpfs");
        ck_assert_int_eq(users.items[5].kind, USERS_NAME);
        ck_assert_str_eq(users.items[5].name, "bob@example.org");
        ck_assert_int_eq(users.items[6].kind, USERS_GROUP);
        ck_assert_str_eq(users.items[6].name, "hpc@example.org");
        users_done(&users);
}
END_TEST

START_TEST(names_may_be_parts_of_options)
{
        struct users users;

        parse("dev,mode,scope,size,share,noexecs,exe,@exec,@a=b", &users);
        ck_assert_uint_eq(users.n, 9);
        ck_assert_int_eq(users.items[0].kind, USERS_NAME);
        ck_assert_str_eq(users.items[0].name, "dev");
        ck_assert_int_eq(users.items[7].kind, USERS_GROUP);
        users_done(&users);
}
END_TEST

#define RANGE "is not a uid, and a range of them has a colon, as 1:999"

static const struct {
        const char *text, *item, *what;
} wrong[] = {
        {"", "", "names nobody"},
        {",", "", "names nobody"},
        {"alice,", "", "names nobody"},
        {",alice", "", "names nobody"},
        {"alice,,bob", "", "names nobody"},
        {"alice,!", "!", "names nobody"},
        {"@", "@", "names no group"},
        {"alice,!@", "!@", "names no group"},
        {"1x", "1x", "is not a uid"},
        {"1.5", "1.5", "is not a uid"},
        {"0x10", "0x10", "is not a uid"},
        {"4294967295", "4294967295", "is not a uid"},
        {"4294967296", "4294967296", "is not a uid"},
        {"18446744073709551616", "18446744073709551616", "is not a uid"},
        {"bob,1001x:2", "1001x:2", "is not a uid"},
        {"1:", "1:", "is not a range MIN:MAX of uids"},
        {"1:x", "1:x", "is not a range MIN:MAX of uids"},
        {"1:2:3", "1:2:3", "is not a range MIN:MAX of uids"},
        {"1:-2", "1:-2", RANGE},
        {"1-999", "1-999", RANGE},
        {"bob,!1-", "!1-", RANGE},
        {"1:4294967295", "1:4294967295", "is not a range MIN:MAX of uids"},
        {"2:1", "2:1", "is a range whose end lies before its beginning"},
        {":5", ":5", "is no *, NAME, UID, MIN:MAX or @group"},
        {"a:b", "a:b", "is no *, NAME, UID, MIN:MAX or @group"},
        {"ali*", "ali*", "is no *, NAME, UID, MIN:MAX or @group"},
        {"**", "**", "is no *, NAME, UID, MIN:MAX or @group"},
        {"*,!!bob", "!!bob", "is no *, NAME, UID, MIN:MAX or @group"},
        {"*,@!hpc", "@!hpc", "is no *, NAME, UID, MIN:MAX or @group"},
        {"@*", "@*", "is no *, NAME, UID, MIN:MAX or @group"},
        {"*,%sudo", "%sudo", "is no user, and a group is written @NAME"},
        {"!%sudo,*", "!%sudo", "is no user, and a group is written @NAME"},
        {"~alice", "~alice", "is no user, and whom a line leaves out is written !NAME"},
        {"tmpfs", "tmpfs", "belongs to another column, the third one names users"},
        {"alice,!tmpfs", "!tmpfs", "belongs to another column, the third one names users"},
        {"auto", "auto", "belongs to another column, the third one names users"},
        {"none", "none", "belongs to another column, the third one names users"},
        {"inherit", "inherit", "belongs to another column, the third one names users"},
        {"defaults", "defaults", "belongs to another column, the third one names users"},
        {"ext4", "ext4", "belongs to another column, the third one names users"},
        {"noexec", "noexec", "belongs to another column, the third one names users"},
        {"alice,nosuid", "nosuid", "belongs to another column, the third one names users"},
        {"*,!nodev", "!nodev", "belongs to another column, the third one names users"},
        {"exec", "exec", "belongs to another column, the third one names users"},
        {"suid", "suid", "belongs to another column, the third one names users"},
        {"dev,relatime", "relatime", "belongs to another column, the third one names users"},
        {"noatime", "noatime", "belongs to another column, the third one names users"},
        {"nofail", "nofail", "belongs to another column, the third one names users"},
        {"mode=0770", "mode=0770", "belongs to another column, the third one names users"},
        {"keep=1d", "keep=1d", "belongs to another column, the third one names users"},
        {"=", "=", "belongs to another column, the third one names users"},
        {"!bob", "!bob", "only excludes, it needs an item without \"!\""},
        {"!bob,!@hpc,!0", "!bob,!@hpc,!0", "only excludes, it needs an item without \"!\""},
        {"!*", "!*", "only excludes, it needs an item without \"!\""},
};

START_TEST(a_faulty_item_is_pointed_at)
{
        struct users users = {.n = 7};
        const char *what, *item;
        size_t length;

        ck_assert_int_eq(users_parse(wrong[_i].text, &users, &what, &item, &length), -EINVAL);
        ck_assert_str_eq(what, wrong[_i].what);
        ck_assert_msg(length == strlen(wrong[_i].item) && memcmp(item, wrong[_i].item, length) == 0,
                      "\"%.*s\", not \"%s\"", (int)length, item, wrong[_i].item);
        ck_assert(item >= wrong[_i].text && item <= wrong[_i].text + strlen(wrong[_i].text));
        ck_assert_uint_eq(users.n, 7);
}
END_TEST

/* ------------------------------------------------------------------ matching */

static const struct {
        const char *text;
        int alice, alice_in_hpc, root;
} columns[] = {
        /* each kind */
        {"*", 1, 1, 1},
        {"alice", 1, 1, 0},
        {"alic", 0, 0, 0},
        {"alicex", 0, 0, 0},
        {"Alice", 0, 0, 0},
        {"nosuchuser", 0, 0, 0},
        {"1001", 1, 1, 0},
        {"1000", 0, 0, 0},
        {"0", 0, 0, 1},
        {"1001:1001", 1, 1, 0},
        {"1000:1001", 1, 1, 0},
        {"1001:1002", 1, 1, 0},
        {"1002:60000", 0, 0, 0},
        {"1:1000", 0, 0, 0},
        {"0:4294967294", 1, 1, 1},
        {"@hpc", 0, 1, 0},
        {"@other", 0, 0, 0},
        /* several: one is enough */
        {"bob,alice", 1, 1, 0},
        {"bob,@other,@hpc", 0, 1, 0},
        {"1:999,@hpc,root", 0, 1, 1},
        /* what excludes does, wherever it stands */
        {"*,!alice", 0, 0, 1},
        {"!alice,*", 0, 0, 1},
        {"!alice,alice", 0, 0, 0},
        {"alice,!alice", 0, 0, 0},
        {"*,!1001", 0, 0, 1},
        {"*,!1000:2000", 0, 0, 1},
        {"!1000:2000,@hpc", 0, 0, 0},
        {"*,!@hpc", 1, 0, 1},
        {"!@hpc,alice", 1, 0, 0},
        {"!@hpc,@hpc", 0, 0, 0},
        {"@hpc,!bob", 0, 1, 0},
        {"@hpc,!@other", 0, 1, 0},
        {"alice,bob,!bob", 1, 1, 0},
        {"*,!*", 0, 0, 0},
        {"*,!root,!bob", 1, 1, 0},
};

START_TEST(a_column_matches_whom_it_names)
{
        const char *text = columns[_i].text;

        ck_assert_int_eq(match(text, &alice, &(struct groups){0}), columns[_i].alice);
        ck_assert_int_eq(match(text, &alice, &(struct groups){.in = "hpc"}),
                         columns[_i].alice_in_hpc);
        ck_assert_int_eq(match(text, &root, &(struct groups){0}), columns[_i].root);
}
END_TEST

/* Which groups are asked for, in order, about alice who is in "hpc". */
static const struct {
        const char *text, *asked;
} questions[] = {
        /* nobody has to be asked */
        {"*", ""},
        {"alice,@hpc", ""},
        {"@hpc,alice", ""},
        {"@hpc,*,@other", ""},
        {"!alice,@hpc", ""},
        {"@hpc,!1001", ""},
        {"@hpc,!@other,!*", ""},
        {"bob,!@hpc", ""},
        /* the answer depends on it */
        {"@hpc", "hpc "},
        {"@hpc,@other", "hpc "},
        {"@other,@hpc", "other hpc "},
        {"*,!@hpc", "hpc "},
        {"*,!@other", "other "},
        {"*,!@hpc,!@other", "hpc "},
        {"@other,!@hpc", "other "},
        {"@hpc,!@other", "hpc other "},
        {"!@other,alice,@third", "other "},
};

START_TEST(a_group_is_asked_for_only_when_the_answer_depends_on_it)
{
        struct groups groups = {.in = "hpc"};

        ck_assert_int_ge(match(questions[_i].text, &alice, &groups), 0);
        ck_assert_str_eq(groups.asked, questions[_i].asked);
}
END_TEST

START_TEST(a_failed_lookup_is_handed_on)
{
        struct groups groups = {.in = "hpc", .broken = "ldap"};

        ck_assert_int_eq(match("@ldap", &alice, &groups), -EIO);
        ck_assert_int_eq(match("@ldap,@hpc", &alice, &groups), -EIO);
        ck_assert_int_eq(match("*,!@ldap", &alice, &groups), -EIO);
        ck_assert_int_eq(match("@hpc,!@ldap", &alice, &groups), -EIO);
        ck_assert_uint_eq(groups.n, 5);
}
END_TEST

START_TEST(a_broken_group_that_does_not_matter_is_no_failure)
{
        struct groups groups = {.in = "hpc", .broken = "ldap"};

        ck_assert_int_eq(match("@hpc,@ldap", &alice, &groups), 1);
        ck_assert_int_eq(match("alice,@ldap", &alice, &groups), 1);
        ck_assert_int_eq(match("bob,!@ldap", &alice, &groups), 0);
        ck_assert_int_eq(match("@ldap,!alice", &alice, &groups), 0);
}
END_TEST

/* ------------------------------------------------------------------ root */

static const struct {
        const char *text;
        bool may, surely; /* the latter only counts if it may */
} roots[] = {
        {"*", true, true},
        {"root", true, true},
        {"0", true, true},
        {"0:999", true, true},
        {"alice", false, false},
        {"1:999", false, false},
        {"*,!root", false, false},
        {"!0,*", false, false},
        {"@hpc,!0:5", false, false},
        /* whether root is in a group is not known here */
        {"@wheel", true, false},
        {"alice,@wheel", true, false},
        {"*,!@wheel", true, false},
        {"root,!@wheel", true, false},
        {"@wheel,!@hpc", true, false},
        {"*,@wheel", true, true},
};

START_TEST(a_group_leaves_root_in_doubt)
{
        struct users users;
        bool surely = !roots[_i].surely;

        parse(roots[_i].text, &users);
        ck_assert_int_eq(users_may_match_root(&users, &surely), roots[_i].may);
        if (roots[_i].may)
                ck_assert_int_eq(surely, roots[_i].surely);
        users_done(&users);
}
END_TEST

#define LENGTH(array) ((int)(sizeof(array) / sizeof((array)[0])))

int main(void)
{
        Suite *suite = suite_create("users");
        TCase *tcase = tcase_create("users");

        tcase_add_test(tcase, each_kind_of_item_is_read);
        tcase_add_test(tcase, the_greatest_uid_is_the_last_that_the_kernel_has);
        tcase_add_test(tcase, names_and_groups_may_look_odd);
        tcase_add_test(tcase, names_may_be_parts_of_options);
        tcase_add_loop_test(tcase, a_faulty_item_is_pointed_at, 0, LENGTH(wrong));
        tcase_add_loop_test(tcase, a_column_matches_whom_it_names, 0, LENGTH(columns));
        tcase_add_loop_test(tcase, a_group_is_asked_for_only_when_the_answer_depends_on_it, 0,
                            LENGTH(questions));
        tcase_add_test(tcase, a_failed_lookup_is_handed_on);
        tcase_add_test(tcase, a_broken_group_that_does_not_matter_is_no_failure);
        tcase_add_loop_test(tcase, a_group_leaves_root_in_doubt, 0, LENGTH(roots));
        suite_add_tcase(suite, tcase);
        return scratch_run(suite);
}
