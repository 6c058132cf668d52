/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* stance: a login program that goes out into a session and comes back, and where it is then */
#include "kit/ground.h"
#include "kit/stance.h"
#include "mounts/stance-save.h"

struct heard heard;
struct stance stance = STANCE_NONE;

/* ------------------------------------------------------------------ where a thread is */

struct seen seen_at(int dir, const char *path)
{
        struct statx stx;

        must(statx(dir, path, AT_EMPTY_PATH | AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT,
                   STATX_INO | STATX_MNT_ID, &stx));
        return (struct seen){stx.stx_mnt_id, stx.stx_ino, stx.stx_dev_major, stx.stx_dev_minor};
}

bool is_same_directory(struct seen a, struct seen b)
{
        return a.ino == b.ino && a.major == b.major && a.minor == b.minor;
}

bool is_same_spot(struct seen a, struct seen b)
{
        return is_same_directory(a, b) && a.mount == b.mount;
}

struct where where(void)
{
        struct stat st;

        must(stat("/proc/thread-self/ns/mnt", &st));
        return (struct where){st.st_ino, seen_at(AT_FDCWD, "/"), seen_at(AT_FDCWD, "")};
}

bool is_where(const struct where *before)
{
        struct where now = where();

        return now.ns == before->ns && is_same_spot(now.root, before->root) &&
               is_same_spot(now.cwd, before->cwd);
}

void save(void)
{
        struct where before = where();

        ck_assert_int_eq(stance_save(&stance, &heard.report), 0);
        ck_assert_int_eq(stance.at, STANCE_CALLER);
        ck_assert_int_eq(stance_return(&stance), 0);
        ck_assert(is_where(&before));
}

void leave(void)
{
        ck_assert_int_eq(stance_make_own(&stance, &heard.report), 0);
        ck_assert_int_eq(stance.at, STANCE_OWN);
        ck_assert_uint_eq(stance.here.number, where().ns);
        stance_settle(&stance);
}

void check_return(const struct where *before)
{
        ck_assert_uint_ne(where().ns, before->ns);
        ck_assert_int_eq(stance_return(&stance), 0);
        ck_assert_int_eq(stance.at, STANCE_CALLER);
        ck_assert_uint_eq(stance.here.number, before->ns);
        ck_assert(is_where(before));
}

void check_stays(void)
{
        struct where before = where();

        ck_assert_int_lt(stance_return(&stance), 0);
        ck_assert_int_eq(stance.at, STANCE_OWN);
        ck_assert(is_where(&before));
}

void save_leave_return(void)
{
        struct where before = where();
        unsigned fds = count_fds();

        save();
        leave();
        check_return(&before);
        stance_done(&stance);
        ck_assert_uint_eq(count_fds(), fds);
}

void set_up(void)
{
        must(mount("tmpfs", "/run", "tmpfs", 0, "mode=755"));
        must(mkdir(HOME, 0755));
        must(mkdir(OTHER, 0755));
        must(mkdir(JAIL, 0755));
        heard_begin(&heard);
}

/* ------------------------------------------------------------------ a chroot */

void make_jail(void)
{
        /* a part of it, so that "/" there is another directory: with /proc, as open needs it */
        must(mount("tmpfs", JAIL, "tmpfs", 0, NULL));
        must(mkdir(JAIL "/proc", 0755));
        must(mkdir(JAIL "/home", 0755));
        must(mount("/proc", JAIL "/proc", NULL, MS_BIND | MS_REC, NULL));
}
