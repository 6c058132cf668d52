/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* instance: instances of one user in a base of their own */
#include <sys/file.h>

#include "disk/instance.h"
#include "disk/trash.h"
#include "kit/ground.h"
#include "kit/instance.h"

struct scratch scratch; /* is the base */
int user = -EBADF;      /* BASE/UID */
struct heard heard;
unsigned fds;

const struct instance_want wanted = {
        .directory = "/tmp",
        .user = "alice",
        .uid = ALICE,
        .gid = ALICE,
        .mode = 01770,
};

void set_up(void)
{
        ground_make(&scratch);
        heard_begin(&heard);
        fds = count_fds();
}

void open_user(void)
{
        ck_assert_int_eq(instance_open_user(scratch.fd, ALICE, &user, &heard.report), 0);
}

void set_up_user(void)
{
        set_up();
        open_user();
        fds = count_fds();
}

struct instance make(const struct instance_want *want)
{
        struct instance instance = INSTANCE_NONE;

        ck_assert_int_eq(instance_make(user, want, &instance, &heard.report), 0);
        ck_assert_str_eq(heard.report.fault, "");
        return instance;
}

struct instance make_again(const struct instance_want *want)
{
        struct instance instance = make(want), again = INSTANCE_NONE;

        instance_done(&instance);
        ck_assert_int_eq(instance_open(user, instance.name, &again), 0);
        return again;
}

int put(const char *name)
{
        return trash_put(&(struct shelf){.base = scratch.fd, .user = user, .uid = ALICE}, TRASH_NEW,
                         name);
}

void check_owner(int dir, const char *name, uid_t uid, gid_t gid, mode_t mode)
{
        struct stat st;

        must(fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW));
        ck_assert_msg(st.st_uid == uid && st.st_gid == gid && (st.st_mode & 07777) == mode,
                      "%s is %u:%u %o and not %u:%u %o", name, st.st_uid, st.st_gid,
                      st.st_mode & 07777, uid, gid, mode);
}

void check_link(int dir, const char *name, const char *target)
{
        char now[64] = "";

        must((int)readlinkat(dir, name, now, sizeof(now) - 1));
        ck_assert_str_eq(now, target);
}

void check_close_on_exec(const struct instance *instance)
{
        ck_assert_int_eq(must(fcntl(instance->dir, F_GETFD)), FD_CLOEXEC);
        ck_assert_int_eq(must(fcntl(instance->root, F_GETFD)), FD_CLOEXEC);
        ck_assert_int_eq(must(fcntl(instance->lock, F_GETFD)), FD_CLOEXEC);
}

bool is_free(int dir, const char *name, int operation)
{
        int fd = must(openat(dir, name, O_RDONLY | O_CLOEXEC));
        bool is = flock(fd, operation | LOCK_NB) == 0;

        close(fd);
        return is;
}

/* ------------------------------------------------------------------ how long it is kept */

struct instance_want wanted_for(unsigned seconds)
{
        struct instance_want want = wanted;

        want.keep = seconds;
        return want;
}
