/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test-linux61: does "as on Linux 6.1" keep what it promises?
 *
 * Each call is made twice: on the kernel as it is, where it must be known if the kernel is new
 * enough (else the second answer would prove nothing), and under the filter. Needs root.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include "kit/ground.h"
#include "host/linux61.h"

/* ------------------------------------------------------------------ what is newer than 6.1 */

enum {
        OLD, /* not filtered */
        NEW_IOCTL,
        NEW_CALL,
};

static const struct call {
        const char *name;
        unsigned major, minor; /* Linux that has it first */
        int kind;
        const char *file; /* that the ioctl is about */
        unsigned long number;
} known[] = {
        {"NS_GET_USERNS", 4, 9, OLD, "mnt", _IO(NSIO, 1)},
        {"NS_GET_PARENT", 4, 9, OLD, "pid", _IO(NSIO, 2)},
        {"NS_GET_NSTYPE", 4, 11, OLD, "mnt", _IO(NSIO, 3)},
        {"NS_GET_OWNER_UID", 4, 11, OLD, "user", _IO(NSIO, 4)},
        {"NS_GET_MNTNS_ID", 6, 12, NEW_IOCTL, "mnt", _IOR(NSIO, 5, uint64_t)},
        {"NS_GET_PID_FROM_PIDNS", 6, 12, NEW_IOCTL, "pid", _IOR(NSIO, 6, int)},
        {"NS_GET_TGID_FROM_PIDNS", 6, 12, NEW_IOCTL, "pid", _IOR(NSIO, 7, int)},
        {"NS_GET_PID_IN_PIDNS", 6, 12, NEW_IOCTL, "pid", _IOR(NSIO, 8, int)},
        {"NS_GET_TGID_IN_PIDNS", 6, 12, NEW_IOCTL, "pid", _IOR(NSIO, 9, int)},
        {"NS_MNT_GET_INFO", 6, 12, NEW_IOCTL, "mnt", _IOC(_IOC_READ, NSIO, 10, 16)},
        {"NS_MNT_GET_NEXT", 6, 12, NEW_IOCTL, "mnt", _IOC(_IOC_READ, NSIO, 11, 16)},
        {"NS_MNT_GET_PREV", 6, 12, NEW_IOCTL, "mnt", _IOC(_IOC_READ, NSIO, 12, 16)},
        {"NS_GET_ID", 6, 18, NEW_IOCTL, "mnt", _IOR(NSIO, 13, uint64_t)},
        {"statx", 4, 11, OLD, NULL, SYS_statx},
        {"set_mempolicy_home_node", 5, 17, OLD, NULL, 450},
        {"cachestat", 6, 5, NEW_CALL, NULL, 451},
        {"fchmodat2", 6, 6, NEW_CALL, NULL, 452},
        {"futex_wake", 6, 7, NEW_CALL, NULL, 454},
        {"futex_wait", 6, 7, NEW_CALL, NULL, 455},
        {"futex_requeue", 6, 7, NEW_CALL, NULL, 456},
        {"statmount", 6, 8, NEW_CALL, NULL, 457},
        {"listmount", 6, 8, NEW_CALL, NULL, 458},
        {"mseal", 6, 10, NEW_CALL, NULL, 462},
        {"setxattrat", 6, 13, NEW_CALL, NULL, 463},
        {"getxattrat", 6, 13, NEW_CALL, NULL, 464},
        {"listxattrat", 6, 13, NEW_CALL, NULL, 465},
        {"removexattrat", 6, 13, NEW_CALL, NULL, 466},
        {"open_tree_attr", 6, 15, NEW_CALL, NULL, 467},
        {"file_getattr", 6, 17, NEW_CALL, NULL, 468},
        {"file_setattr", 6, 17, NEW_CALL, NULL, 469},
        {"listns", 6, 19, NEW_CALL, NULL, 470},
};

enum {
        KNOWN = sizeof(known) / sizeof(known[0]),
};

static bool kernel_has(const struct call *call)
{
        unsigned major, minor;
        struct utsname name;

        must(uname(&name));
        ck_assert_int_eq(sscanf(name.release, "%u.%u", &major, &minor), 2);
        return major > call->major || (major == call->major && minor >= call->minor);
}

/*
 * The error that the kernel answers with, 0 for none. The arguments of a system call are such that
 * it does nothing: all bits are set, which no kernel takes for flags, an address or an fd.
 */
static int answer(const struct call *call)
{
        uint64_t buffer[16] = {0};
        char path[64];
        int fd, r;

        errno = 0;
        if (!call->file)
                return syscall((long)call->number, -1L, -1L, -1L, -1L, -1L, -1L) < 0 ? errno : 0;
        (void)snprintf(path, sizeof(path), "/proc/self/ns/%s", call->file);
        fd = must(open(path, O_RDONLY | O_CLOEXEC));
        /* with arguments that some take for a number, and others for an address */
        r = ioctl(fd, call->number, buffer);
        return r < 0 ? errno : 0;
}

START_TEST(outside_each_call_is_known_to_a_kernel_that_has_it)
{
        const struct call *call = &known[_i];
        int error = answer(call);

        if (kernel_has(call))
                ck_assert_msg(error != ENOSYS && error != ENOTTY, "%s: %s", call->name,
                              strerror(error));
}
END_TEST

START_TEST(inside_what_is_newer_is_unknown_and_all_else_as_before)
{
        const struct call *call = &known[_i];
        int outside = answer(call), inside;

        must(linux61_begin());
        inside = answer(call);
        ck_assert_msg(inside == (call->kind == OLD        ? outside
                                 : call->kind == NEW_CALL ? ENOSYS
                                                          : ENOTTY),
                      "%s: %s", call->name, strerror(inside));
}
END_TEST

/* The error of a mount that is moved from and to nowhere, with those flags besides. */
static int move_error(unsigned flags)
{
        const unsigned empty = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH;

        return syscall(SYS_move_mount, -EBADF, "", -EBADF, "", flags | empty) < 0 ? errno : 0;
}

START_TEST(inside_nothing_is_mounted_beneath_another_mount)
{
        const struct call since = {.major = 6, .minor = 5};

        ck_assert_int_eq(move_error(0), EBADF);
        ck_assert_int_eq(move_error(LINUX61_BENEATH), kernel_has(&since) ? EBADF : EINVAL);
        must(linux61_begin());
        ck_assert_int_eq(move_error(0), EBADF);
        ck_assert_int_eq(move_error(LINUX61_BENEATH), EINVAL);
}
END_TEST

/* ------------------------------------------------------------------ what goes on working */

START_TEST(inside_ioctls_of_other_things_work)
{
        int ends[2], n = 0;

        must(pipe2(ends, O_CLOEXEC));
        must((int)write(ends[1], "four", 4));
        must(linux61_begin());
        must(ioctl(ends[0], FIONREAD, &n));
        ck_assert_int_eq(n, 4);
}
END_TEST

static void su_to_bob(void *arg)
{
        (void)arg;
        must(linux61_begin());
        become(ALICE);
        (void)execlp("su", "su", "bob", "-c", "test $(id -u) = 1002", (char *)NULL);
}

START_TEST(inside_setuid_programs_get_their_rights)
{
        child_do(su_to_bob, NULL);
}
END_TEST

static void see_status(void *arg)
{
        (void)arg;
        must(linux61_begin());
        (void)execlp("grep", "grep", "-qx", "Seccomp:.2", "/proc/self/status", (char *)NULL);
}

START_TEST(inside_what_is_started_is_inside)
{
        child_do(see_status, NULL);
}
END_TEST

#ifdef __x86_64__
/* getpid(), as a program of another ABI calls it. */
static void call_i386(void *arg)
{
        long pid = 20;

        if (arg)
                must(linux61_begin());
        __asm__ volatile("int $0x80" : "+a"(pid) : : "memory");
        if (pid != getpid())
                _exit(EXIT_FAILURE);
}

static bool kernel_has_i386(void)
{
        pid_t pid = fork();
        int status;

        if (pid == 0) {
                call_i386(NULL);
                _exit(EXIT_SUCCESS);
        }
        return waitpid(pid, &status, 0) == pid && status == 0;
}

START_TEST(inside_programs_of_another_abi_work)
{
        char inside;

        child_do(call_i386, &inside);
}
END_TEST
#endif

int main(void)
{
        Suite *suite = suite_create("linux61");
        TCase *calls = tcase_create("calls"), *rest = tcase_create("rest");

        tcase_add_loop_test(calls, outside_each_call_is_known_to_a_kernel_that_has_it, 0, KNOWN);
        tcase_add_loop_test(calls, inside_what_is_newer_is_unknown_and_all_else_as_before, 0,
                            KNOWN);
        tcase_add_test(calls, inside_nothing_is_mounted_beneath_another_mount);
        suite_add_tcase(suite, calls);

        tcase_add_test(rest, inside_ioctls_of_other_things_work);
        tcase_add_test(rest, inside_setuid_programs_get_their_rights);
        tcase_add_test(rest, inside_what_is_started_is_inside);
#ifdef __x86_64__
        if (kernel_has_i386())
                tcase_add_test(rest, inside_programs_of_another_abi_work);
#endif
        suite_add_tcase(suite, rest);
        return scratch_run(suite);
}
