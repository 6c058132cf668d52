/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test-table-files: the lines in force, from files. Needs root, and a host whose /run is root's.
 */
#include "ground/safefile.h"
#include "table/policy.h"
#include "kit/scratch.h"
#include "table/table.h"

enum {
        FILE_LIMIT = 1024 * 1024,
};

static struct scratch scratch;
static struct heard heard;
static struct table *table;

static void setup(void)
{
        umask(022);
        heard_begin(&heard);
        table = NULL;
        scratch_make(&scratch, "/run");
}

static void teardown(void)
{
        table_free(table);
        scratch_remove(&scratch);
}

static const char *path(const char *name)
{
        return scratch_path(&scratch, name);
}

/* Loads what is in force: conf, and the folder conf.d. */
static int load(void)
{
        const struct table_source place = {.conf = path("conf"), .drop_ins = path("conf.d")};

        table_free(table);
        table = NULL;
        heard_begin(&heard);
        return table_load(&place, &table, &heard.report);
}

static int load_only(const char *name)
{
        const struct table_source place = {
                .conf = path("conf"),
                .drop_ins = path("conf.d"),
                .only = path(name),
        };

        table_free(table);
        table = NULL;
        heard_begin(&heard);
        return table_load(&place, &table, &heard.report);
}

static void assert_loaded(int r)
{
        ck_assert_msg(r == 0, "%d: %s", r, heard.report.fault);
        ck_assert_ptr_nonnull(table);
        ck_assert_str_eq(heard.report.fault, "");
        ck_assert_uint_eq(heard.lines, 0);
}

/* The login is denied, and the log says: this file, and what is wrong. */
static void assert_refused(int r, const char *name, const char *message)
{
        char wanted[1024];

        snprintf(wanted, sizeof(wanted), "%s%s", path(name), message);
        ck_assert_int_lt(r, 0);
        ck_assert_ptr_null(table);
        ck_assert_str_eq(heard.report.fault, wanted);
}

/* Where the lines come from: "FILE:LINE " for each, the scratch folder left out. */
static const char *origins(void)
{
        static char text[4096];
        size_t used = 0;

        text[0] = '\0';
        for (size_t i = 0; i < table->n; i++) {
                const char *file = table->lines[i].file;

                if (strncmp(file, scratch.path, strlen(scratch.path)) == 0)
                        file += strlen(scratch.path) + 1;
                used += (size_t)snprintf(text + used, sizeof(text) - used, "%s:%u ", file,
                                         table->lines[i].number);
                ck_assert_uint_lt(used, sizeof(text));
        }
        return text;
}

#define BUILT_IN "built-in table:1 built-in table:2 built-in table:3 "

/* ------------------------------------------------------------------ which files count */

START_TEST(a_file_is_in_force)
{
        scratch_write(&scratch, "conf", "# x\n/b /tmp *\nnone /tmp root\n");
        assert_loaded(load());
        ck_assert_str_eq(origins(), "conf:2 conf:3 ");
}
END_TEST

START_TEST(a_missing_file_means_the_built_in_table)
{
        const struct table_source nowhere = {
                .conf = path("missing/conf"),
                .drop_ins = path("missing/conf.d"),
        };

        assert_loaded(load());
        ck_assert_str_eq(origins(), BUILT_IN);
        ck_assert_str_eq(table->lines[0].base, "/var/lib/privtmp");
        table_free(table);
        table = NULL;
        assert_loaded(table_load(&nowhere, &table, &heard.report));
        ck_assert_str_eq(origins(), BUILT_IN);
}
END_TEST

START_TEST(a_file_without_lines_means_no_lines)
{
        static const char *const texts[] = {"", "\n", "# /b /tmp *\n", " \t\n\n#"};

        scratch_write(&scratch, "conf", texts[_i]);
        assert_loaded(load());
        ck_assert_uint_eq(table->n, 0);
}
END_TEST

START_TEST(drop_ins_follow_in_the_order_of_their_names)
{
        scratch_write(&scratch, "conf", "/b /tmp *\n");
        scratch_mkdir(&scratch, "conf.d", 0755);
        scratch_write(&scratch, "conf.d/9.conf", "\n/c /tmp *\n/d /tmp *\n");
        scratch_write(&scratch, "conf.d/10.conf", "/e /tmp *\n");
        scratch_write(&scratch, "conf.d/z.conf", "/f /tmp *");
        scratch_write(&scratch, "conf.d/Z.conf", "/g /tmp *\n");
        assert_loaded(load());
        ck_assert_str_eq(origins(), "conf:1 conf.d/10.conf:1 conf.d/9.conf:2 conf.d/9.conf:3 "
                                    "conf.d/Z.conf:1 conf.d/z.conf:1 ");
}
END_TEST

START_TEST(drop_ins_follow_the_built_in_table_too)
{
        scratch_mkdir(&scratch, "conf.d", 0755);
        scratch_write(&scratch, "conf.d/a.conf", "/c /tmp alice\n");
        assert_loaded(load());
        ck_assert_str_eq(origins(), BUILT_IN "conf.d/a.conf:1 ");
}
END_TEST

static size_t given_back;

void __real_safefile_free_list(struct safefile_names *names);
void __wrap_safefile_free_list(struct safefile_names *names);
void __wrap_safefile_free_list(struct safefile_names *names)
{
        given_back += names->n;
        __real_safefile_free_list(names);
        ck_assert_ptr_null(names->names);
}

/* sshd reads it at each login. */
START_TEST(the_names_of_drop_ins_do_not_stay_in_memory)
{
        scratch_mkdir(&scratch, "conf.d", 0755);
        scratch_write(&scratch, "conf.d/a.conf", "none /tmp alice\n");
        scratch_write(&scratch, "conf.d/b.conf", "none /tmp bob\n");
        assert_loaded(load());
        ck_assert_uint_eq(given_back, 2);
}
END_TEST

START_TEST(other_names_are_no_drop_ins)
{
        scratch_write(&scratch, "conf", "");
        scratch_mkdir(&scratch, "conf.d", 0755);
        scratch_write(&scratch, "conf.d/README", "bogus\n");
        scratch_write(&scratch, "conf.d/a.conf~", "bogus\n");
        scratch_write(&scratch, "conf.d/.a.conf", "bogus\n");
        scratch_write(&scratch, "conf.d/.conf", "bogus\n");
        scratch_write(&scratch, "conf.d/a.conf.dpkg-new", "bogus\n");
        assert_loaded(load());
        ck_assert_uint_eq(table->n, 0);
}
END_TEST

static int no_member(void *arg, const char *group)
{
        (void)arg;
        (void)group;
        return 0;
}

START_TEST(the_last_line_that_matches_wins_across_files)
{
        static char name[] = "alice";
        const struct subject alice = {.name = name, .uid = 1001, .gid = 1001};
        struct plan *plan;

        scratch_write(&scratch, "conf", "/b /tmp *\ninherit /tmp root\n");
        scratch_mkdir(&scratch, "conf.d", 0755);
        scratch_write(&scratch, "conf.d/1.conf", "/c /tmp alice\n");
        scratch_write(&scratch, "conf.d/2.conf", "/d /tmp 1000:2000\n");
        scratch_write(&scratch, "conf.d/3.conf", "none /tmp bob\n");
        assert_loaded(load());
        ck_assert_int_eq(policy_plan(table, &alice, no_member, NULL, &plan), 0);
        ck_assert_uint_eq(plan->n, 1);
        ck_assert_str_eq(plan->lines[0].line->base, "/d");
        ck_assert_str_eq(plan->lines[0].line->file, path("conf.d/2.conf"));
        plan_free(plan);
}
END_TEST

/* ------------------------------------------------------------------ conf= */

START_TEST(a_named_file_is_read_instead_of_all_others)
{
        scratch_write(&scratch, "conf", "bogus\n");
        scratch_mkdir(&scratch, "conf.d", 0755);
        scratch_write(&scratch, "conf.d/a.conf", "bogus\n");
        scratch_write(&scratch, "mine", "/b /tmp *\n");
        assert_loaded(load_only("mine"));
        ck_assert_str_eq(origins(), "mine:1 ");
}
END_TEST

START_TEST(a_named_file_must_exist)
{
        char wanted[2 * PATH_MAX];

        scratch_write(&scratch, "conf", "/b /tmp *\n");
        ck_assert_int_eq(load_only("mine"), -ENOENT);
        snprintf(wanted, sizeof(wanted), "conf=%s: No such file or directory",
                 scratch_path(&scratch, "mine"));
        ck_assert_str_eq(heard.report.fault, wanted);
        heard_begin(&heard);
        ck_assert_int_eq(load_only("missing/mine"), -ENOENT);
        snprintf(wanted, sizeof(wanted), "conf=%s: No such file or directory",
                 scratch_path(&scratch, "missing/mine"));
        ck_assert_str_eq(heard.report.fault, wanted);
}
END_TEST

START_TEST(a_named_file_is_checked_like_any)
{
        scratch_write(&scratch, "mine", "/b /tmp * bogus\n");
        assert_refused(load_only("mine"), "mine", ":1: unknown option \"bogus\"");
        ck_assert_int_eq(fchmodat(scratch.fd, "mine", 0666, 0), 0);
        assert_refused(load_only("mine"), "mine", " has mode 0666, others than root can write it");
}
END_TEST

START_TEST(a_named_file_has_an_absolute_path)
{
        const struct table_source place = {.conf = "/x", .drop_ins = "/y", .only = "privtmp.conf"};

        ck_assert_int_eq(table_load(&place, &table, &heard.report), -EINVAL);
        ck_assert_str_eq(heard.report.fault,
                         "conf=privtmp.conf is no absolute path in its shortest form");
}
END_TEST

/* ------------------------------------------------------------------ faults in files */

START_TEST(a_fault_names_the_file_and_counts_its_lines)
{
        scratch_write(&scratch, "conf", "/b /tmp *\n/b /tmp bob\n/b /tmp * bogus");
        assert_refused(load(), "conf", ":3: unknown option \"bogus\"");
        scratch_write(&scratch, "conf", "/b /tmp *\n\n\n");
        scratch_mkdir(&scratch, "conf.d", 0755);
        scratch_write(&scratch, "conf.d/a.conf", "\n/b /tmp\n");
        assert_refused(load(), "conf.d/a.conf",
                       ":2: 2 columns, where source, directory, users and maybe options belong");
}
END_TEST

START_TEST(a_faulty_file_is_not_left_out)
{
        /* the others are good, and nobody may have their table for it */
        scratch_write(&scratch, "conf", "/b /tmp *\n");
        scratch_mkdir(&scratch, "conf.d", 0755);
        scratch_write(&scratch, "conf.d/a.conf", "/b /tmp alice\n");
        scratch_write(&scratch, "conf.d/b.conf", "36 35 98:0 /\n");
        scratch_write(&scratch, "conf.d/c.conf", "/b /tmp bob\n");
        assert_refused(load(), "conf.d/b.conf", ":1: can't be read as a line of fstab(5)");
}
END_TEST

START_TEST(lines_of_two_files_must_go_together)
{
        char message[512];

        scratch_write(&scratch, "conf", "/srv/b /tmp *\n");
        scratch_mkdir(&scratch, "conf.d", 0755);
        scratch_write(&scratch, "conf.d/a.conf", "# x\nnone /srv bob\n");
        snprintf(message, sizeof(message),
                 ":2: the directory /srv is above the base /srv/b of %s:1", path("conf"));
        assert_refused(load(), "conf.d/a.conf", message);
}
END_TEST

START_TEST(a_nul_is_found_in_a_file)
{
        static const char bytes[] = "/b /tmp *\nnone /tmp a\0,b\n";

        scratch_write_bytes(&scratch, "conf", bytes, sizeof(bytes) - 1);
        assert_refused(load(), "conf", ": has a NUL byte at offset 21");
}
END_TEST

/* ------------------------------------------------------------------ files that are none of ours */

static void make_comment(const char *name, size_t size)
{
        char *text = malloc(size);

        ck_assert_ptr_nonnull(text);
        memset(text, 'x', size);
        text[0] = '#';
        text[size - 1] = '\n';
        scratch_write_bytes(&scratch, name, text, size);
        free(text);
}

START_TEST(a_file_has_at_most_a_mebibyte)
{
        make_comment("conf", FILE_LIMIT);
        assert_loaded(load());
        make_comment("conf", FILE_LIMIT + 1);
        assert_refused(load(), "conf", " is larger than 1048576 bytes");
}
END_TEST

START_TEST(a_file_of_another_user_is_refused)
{
        scratch_write(&scratch, "conf", "/b /tmp *\n");
        ck_assert_int_eq(fchownat(scratch.fd, "conf", SCRATCH_USER, 0, 0), 0);
        assert_refused(load(), "conf", " belongs to uid 1001, not to root");
}
END_TEST

START_TEST(a_file_that_others_can_write_is_refused)
{
        scratch_write(&scratch, "conf", "/b /tmp *\n");
        ck_assert_int_eq(fchmodat(scratch.fd, "conf", 0664, 0), 0);
        assert_refused(load(), "conf", " has mode 0664, others than root can write it");
}
END_TEST

START_TEST(a_symbolic_link_is_refused)
{
        scratch_write(&scratch, "good", "/b /tmp *\n");
        ck_assert_int_eq(symlinkat("good", scratch.fd, "conf"), 0);
        assert_refused(load(), "conf", " is a symbolic link");
        ck_assert_int_eq(unlinkat(scratch.fd, "conf", 0), 0);
        /* one that leads nowhere is not "missing" */
        ck_assert_int_eq(symlinkat("nowhere", scratch.fd, "conf"), 0);
        assert_refused(load(), "conf", " is a symbolic link");
}
END_TEST

START_TEST(a_fifo_is_refused_at_once)
{
        ck_assert_int_eq(mkfifoat(scratch.fd, "conf", 0644), 0);
        alarm(60);
        assert_refused(load(), "conf", " is not a regular file");
        ck_assert_int_eq(unlinkat(scratch.fd, "conf", 0), 0);
        scratch_mkdir(&scratch, "conf.d", 0755);
        ck_assert_int_eq(mkfifoat(scratch.fd, "conf.d/a.conf", 0644), 0);
        assert_refused(load(), "conf.d/a.conf", " is not a regular file");
        alarm(0);
}
END_TEST

START_TEST(a_drop_in_that_is_no_file_is_refused)
{
        scratch_mkdir(&scratch, "conf.d", 0755);
        scratch_mkdir(&scratch, "conf.d/a.conf", 0755);
        assert_refused(load(), "conf.d/a.conf", " is not a regular file");
        ck_assert_int_eq(unlinkat(scratch.fd, "conf.d/a.conf", AT_REMOVEDIR), 0);
        ck_assert_int_eq(symlinkat("/nowhere", scratch.fd, "conf.d/a.conf"), 0);
        assert_refused(load(), "conf.d/a.conf", " is a symbolic link");
}
END_TEST

START_TEST(the_folder_of_drop_ins_is_roots)
{
        scratch_mkdir(&scratch, "conf.d", 0777);
        ck_assert_int_eq(load(), -EPERM);
        ck_assert_ptr_nonnull(strstr(heard.report.fault, "others than root can write"));
        ck_assert_ptr_null(table);
        ck_assert_int_eq(unlinkat(scratch.fd, "conf.d", AT_REMOVEDIR), 0);
        scratch_write(&scratch, "conf.d", "no folder");
        assert_refused(load(), "conf.d", ": Not a directory");
        ck_assert_int_eq(unlinkat(scratch.fd, "conf.d", 0), 0);
        ck_assert_int_eq(symlinkat("/nowhere", scratch.fd, "conf.d"), 0);
        ck_assert_int_lt(load(), 0);
        ck_assert_ptr_nonnull(strstr(heard.report.fault, "is a symbolic link"));
}
END_TEST

START_TEST(there_are_not_endlessly_many_drop_ins)
{
        char name[64];

        scratch_write(&scratch, "conf", "");
        scratch_mkdir(&scratch, "conf.d", 0755);
        for (unsigned i = 0; i < 256; i++) {
                snprintf(name, sizeof(name), "conf.d/%u.conf", i);
                scratch_write(&scratch, name, "none /tmp *\n");
        }
        assert_loaded(load());
        ck_assert_uint_eq(table->n, 256);
        scratch_write(&scratch, "conf.d/256.conf", "none /tmp *\n");
        assert_refused(load(), "conf.d", ": Argument list too long");
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("table-files");
        TCase *tcase = tcase_create("table-files");

        tcase_set_timeout(tcase, 60);
        tcase_add_checked_fixture(tcase, setup, teardown);
        tcase_add_test(tcase, a_file_is_in_force);
        tcase_add_test(tcase, a_missing_file_means_the_built_in_table);
        tcase_add_loop_test(tcase, a_file_without_lines_means_no_lines, 0, 4);
        tcase_add_test(tcase, drop_ins_follow_in_the_order_of_their_names);
        tcase_add_test(tcase, drop_ins_follow_the_built_in_table_too);
        tcase_add_test(tcase, the_names_of_drop_ins_do_not_stay_in_memory);
        tcase_add_test(tcase, other_names_are_no_drop_ins);
        tcase_add_test(tcase, the_last_line_that_matches_wins_across_files);
        tcase_add_test(tcase, a_named_file_is_read_instead_of_all_others);
        tcase_add_test(tcase, a_named_file_must_exist);
        tcase_add_test(tcase, a_named_file_is_checked_like_any);
        tcase_add_test(tcase, a_named_file_has_an_absolute_path);
        tcase_add_test(tcase, a_fault_names_the_file_and_counts_its_lines);
        tcase_add_test(tcase, a_faulty_file_is_not_left_out);
        tcase_add_test(tcase, lines_of_two_files_must_go_together);
        tcase_add_test(tcase, a_nul_is_found_in_a_file);
        tcase_add_test(tcase, a_file_has_at_most_a_mebibyte);
        tcase_add_test(tcase, a_file_of_another_user_is_refused);
        tcase_add_test(tcase, a_file_that_others_can_write_is_refused);
        tcase_add_test(tcase, a_symbolic_link_is_refused);
        tcase_add_test(tcase, a_fifo_is_refused_at_once);
        tcase_add_test(tcase, a_drop_in_that_is_no_file_is_refused);
        tcase_add_test(tcase, the_folder_of_drop_ins_is_roots);
        tcase_add_test(tcase, there_are_not_endlessly_many_drop_ins);
        suite_add_tcase(suite, tcase);
        return scratch_run(suite);
}
