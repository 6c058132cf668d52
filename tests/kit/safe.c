/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* safe: a folder below a path that only root can change, and the ways into it */
#include "ground/safedir.h"
#include "ground/safefile.h"
#include "kit/safe.h"
#include "kit/scratch.h"

struct scratch scratch;
struct heard heard;

void setup(void)
{
        umask(022);
        heard_begin(&heard);
        scratch_make(&scratch, "/run");
}

void teardown(void)
{
        scratch_remove(&scratch);
}

const char *path(const char *name)
{
        return scratch_path(&scratch, name);
}

void make_node(const char *name, mode_t mode, dev_t dev)
{
        assert_done(mknodat(scratch.fd, name, mode, dev) == 0, name);
}

void give_away(const char *name)
{
        assert_done(fchownat(scratch.fd, name, SCRATCH_USER, SCRATCH_USER, AT_SYMLINK_NOFOLLOW) ==
                            0,
                    name);
}

const char *fault(void)
{
        static char text[sizeof(heard.report.fault)];
        const char *from = heard.report.fault;
        char *to = text;

        while (*from) {
                if (strncmp(from, scratch.path, strlen(scratch.path)) == 0) {
                        *to++ = '@';
                        from += strlen(scratch.path);
                } else
                        *to++ = *from++;
        }
        *to = '\0';
        return text;
}

/* ------------------------------------------------------------------ the four ways in */

int way_open(const char *name)
{
        int fd = -EBADF, r = safedir_open(path(name), &fd, &heard.report);

        if (r == 0)
                close(fd);
        else
                ck_assert_int_eq(fd, -EBADF);
        return r;
}

int open_own(const char *name, bool create)
{
        int fd = -EBADF, r = safedir_open_own(path(name), create, &fd, &heard.report);

        if (r == 0)
                close(fd);
        else
                ck_assert_int_eq(fd, -EBADF);
        return r;
}

int way_open_own(const char *name)
{
        return open_own(name, false);
}

int way_create_own(const char *name)
{
        return open_own(name, true);
}

int way_read(const char *name)
{
        char *text = NULL;
        size_t size;
        int r = safefile_read(path(name), 100, &text, &size, &heard.report);

        if (r != 0)
                ck_assert_ptr_null(text);
        free(text);
        return r;
}

int way_list(const char *name)
{
        struct safefile_names names = {0};
        int r = safefile_list(path(name), "", 100, &names, &heard.report);

        safefile_free_list(&names);
        return r;
}

const struct way ways[WAYS] = {
        {way_open, S_IFDIR}, {way_open_own, S_IFDIR}, {way_create_own, S_IFDIR},
        {way_read, S_IFREG}, {way_list, S_IFDIR},
};

void make_goal(int way, const char *name)
{
        if (ways[way].type == S_IFDIR)
                scratch_mkdir(&scratch, name, 0700);
        else
                scratch_write(&scratch, name, "text");
}
