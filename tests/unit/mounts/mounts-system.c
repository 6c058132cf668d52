/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-mounts-system: mount tables with mounts that users like to make. Needs root, a host. */
#include <sched.h>
#include <sys/mount.h>

#include "mounts/mountinfo.h"
#include "mounts/mounts.h"
#include "kit/scratch.h"

static struct scratch scratch;

/* A namespace for one test. */
static void setup(void)
{
        assert_done(unshare(CLONE_NEWNS) == 0, "unshare");
        assert_done(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0, "/");
        scratch_make(&scratch, "/run");
}

static bool is_fuse(const char *path)
{
        int fd = open(path, O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC);
        bool answer;

        assert_done(fd >= 0, path);
        answer = mounts_is_fuse(fd);
        close(fd);
        return answer;
}

START_TEST(a_fuse_that_never_answers_is_recognized)
{
        int fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
        char options[128];
        const char *path;

        assert_done(fuse >= 0, "/dev/fuse");
        scratch_mkdir(&scratch, "fuse", 0755);
        path = scratch_path(&scratch, "fuse");
        ck_assert(!is_fuse(path));
        snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other",
                 fuse);
        assert_done(mount("never", path, "fuse", MS_NOSUID | MS_NODEV, options) == 0, path);
        /* nobody reads from the fd: whoever asks the file system waits for ever */
        alarm(60);
        ck_assert(is_fuse(path));
        alarm(0);
        ck_assert(!is_fuse(scratch.path));
        ck_assert_int_eq(umount2(path, MNT_DETACH), 0);
        ck_assert(!is_fuse(path));
}
END_TEST

struct seen {
        const char *path;
        bool found;
        unsigned n;
};

static int see(void *arg, const struct mounts_entry *entry)
{
        struct seen *seen = arg;

        seen->n++;
        seen->found |= strcmp(entry->target, seen->path) == 0;
        return 0;
}

/* What stands in the table as the source of a mount is its owner's word. */
static const char *const sources[] = {
        "none",         "",   " ",  "#",       "a b",  "a\nb", "\t", "-",
        "- tmpfs x rw", "\"", "\\", "LABEL=x", "\377",
};

START_TEST(an_odd_source_hides_no_mount)
{
        struct libmnt_table *table;
        struct seen seen = {0};
        unsigned lines = 0;
        size_t size;
        char *text;

        scratch_mkdir(&scratch, "odd", 0755);
        scratch_mkdir(&scratch, "next", 0755);
        assert_done(mount(sources[_i], scratch_path(&scratch, "odd"), "tmpfs", 0, NULL) == 0,
                    "odd");
        assert_done(mount("next", scratch_path(&scratch, "next"), "tmpfs", 0, NULL) == 0, "next");

        ck_assert_int_eq(mountinfo_read(AT_FDCWD, "/proc/self/mountinfo", &text, &size), 0);
        for (const char *p = text; *p; p++)
                lines += *p == '\n';
        ck_assert_int_eq(mounts_parse(text, size, &table), 0);
        seen.path = scratch_path(&scratch, "odd");
        ck_assert_int_eq(mounts_each(table, see, &seen), 0);
        ck_assert(seen.found);
        ck_assert_uint_eq(seen.n, lines);
        seen = (struct seen){.path = scratch_path(&scratch, "next")};
        ck_assert_int_eq(mounts_each(table, see, &seen), 0);
        ck_assert(seen.found);
        mounts_free(table);
        free(text);
}
END_TEST

/* ------------------------------------------------------------------ while it is read */

enum {
        STANDING = 120, /* mounts: enough for several reads */
        NEW = 60,
};

static unsigned reads_left; /* until the mounts change; 0: they do not */

ssize_t __real_read(int fd, void *buffer, size_t size);
ssize_t __wrap_read(int fd, void *buffer, size_t size);

static const char *numbered(const char *prefix, unsigned i)
{
        char name[32];

        (void)snprintf(name, sizeof(name), "%s%u", prefix, i);
        return scratch_path(&scratch, name);
}

static void mount_numbered(const char *prefix, unsigned i)
{
        const char *path = numbered(prefix, i);

        assert_done(mkdir(path, 0755) == 0 && mount(prefix, path, "tmpfs", 0, NULL) == 0, path);
}

/* Every other mount goes, and others come. */
static void change_mounts(void)
{
        for (unsigned i = 0; i < STANDING; i += 2)
                assert_done(umount2(numbered("old", i), MNT_DETACH) == 0, "umount");
        for (unsigned i = 0; i < NEW; i++)
                mount_numbered("new", i);
}

ssize_t __wrap_read(int fd, void *buffer, size_t size)
{
        ssize_t n = __real_read(fd, buffer, size);

        if (reads_left > 0 && --reads_left == 0)
                change_mounts();
        return n;
}

START_TEST(a_table_that_changes_while_it_is_read_hides_no_mount_that_stays)
{
        struct libmnt_table *table;
        size_t size;
        char *text;

        for (unsigned i = 0; i < STANDING; i++)
                mount_numbered("old", i);
        reads_left = (unsigned)_i + 1;
        ck_assert_int_eq(mountinfo_read(AT_FDCWD, "/proc/self/mountinfo", &text, &size), 0);
        ck_assert_uint_eq(reads_left, 0);
        ck_assert_int_eq(mounts_parse(text, size, &table), 0);
        for (unsigned i = 1; i < STANDING; i += 2) {
                struct seen seen = {.path = numbered("old", i)};

                ck_assert_int_eq(mounts_each(table, see, &seen), 0);
                ck_assert_msg(seen.found, "%s", seen.path);
        }
        mounts_free(table);
        free(text);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("mounts-system");
        TCase *tcase = tcase_create("mounts-system");

        tcase_set_timeout(tcase, 60);
        tcase_add_checked_fixture(tcase, setup, NULL);
        tcase_add_test(tcase, a_fuse_that_never_answers_is_recognized);
        tcase_add_loop_test(tcase, an_odd_source_hides_no_mount, 0,
                            (int)(sizeof(sources) / sizeof(sources[0])));
        tcase_add_loop_test(tcase, a_table_that_changes_while_it_is_read_hides_no_mount_that_stays,
                            0, 4);
        suite_add_tcase(suite, tcase);
        return scratch_run(suite);
}
