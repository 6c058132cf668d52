/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* shelf: a base on the ground, and instances of alice's and bob's in it */
#include "ground/cleanup.h"
#include "kit/shelf.h"
#include "lifetime/records.h"

struct scratch scratch;
struct heard heard;

const struct instance_want alices = {
        .directory = "/tmp",
        .user = "alice",
        .uid = ALICE,
        .gid = ALICE,
        .mode = 01770,
};

const struct instance_want bobs = {
        .directory = "/tmp",
        .user = "bob",
        .uid = BOB,
        .gid = BOB,
        .mode = 01770,
};

void shelf_begin(void)
{
        ground_make(&scratch);
        heard_begin(&heard);
}

int open_user(uid_t uid)
{
        int fd = -EBADF;

        ck_assert_int_eq(instance_open_user(scratch.fd, uid, &fd, &heard.report), 0);
        return fd;
}

struct instance make_live(const struct instance_want *want)
{
        _cleanup_close_ int user = open_user(want->uid);
        struct instance instance = INSTANCE_NONE;

        ck_assert_int_eq(instance_make(user, want, &instance, &heard.report), 0);
        write_file(instance.root, "file", "");
        return instance;
}

struct instance make_idle(const struct instance_want *want)
{
        struct instance instance = make_live(want);

        instance_done(&instance);
        return instance;
}

const char *path_of(uid_t uid, const char *name)
{
        static char paths[4][4 * NAME_BYTES];
        static unsigned turn;
        char *path = paths[turn++ % 4];

        (void)snprintf(path, sizeof(paths[0]), "%u/%s", uid, name);
        return path;
}

bool is_in_place(uid_t uid, const char *name)
{
        return is_there(scratch.fd, path_of(uid, name));
}

bool is_in_trash(uid_t uid, const char *name)
{
        char path[4 * NAME_BYTES];

        (void)snprintf(path, sizeof(path), ".trash/%u.%s", uid, name);
        return is_there(scratch.fd, path) && !is_in_place(uid, name);
}

static const char *lock_of(uid_t uid, const char *name)
{
        static char path[4 * NAME_BYTES];

        (void)snprintf(path, sizeof(path), "%u/%s/lock", uid, name);
        return path;
}

time_t clock_of(uid_t uid, const char *name)
{
        struct stat st;

        must(fstatat(scratch.fd, lock_of(uid, name), &st, AT_SYMLINK_NOFOLLOW));
        return st.st_mtime;
}

void set_clock(uid_t uid, const char *name, time_t seconds)
{
        struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = seconds}};

        must(utimensat(scratch.fd, lock_of(uid, name), times, AT_SYMLINK_NOFOLLOW));
}

void mount_it(void *name)
{
        char path[4 * NAME_BYTES];

        (void)snprintf(path, sizeof(path), "%u/%s/root", (uid_t)ALICE, (const char *)name);
        own_mounts();
        must(mount(scratch_path(&scratch, path), "/tmp", NULL, MS_BIND, NULL));
}

pid_t use(struct instance *instance)
{
        return child_start(mount_it, instance->name);
}

void write_record(int folder, pid_t pid, const struct instance *instance)
{
        struct record record = {.ns = {.number = 4, .id = 5}, .uid = ALICE};

        ck_assert_int_eq(record_stamp(&record), 0);
        record.pid = pid;
        ck_assert_int_eq(record_add_cover(&record, "/tmp", mark_of_instance(ALICE, instance->name)),
                         0);
        ck_assert_int_eq(records_write(folder, &record), 0);
}
