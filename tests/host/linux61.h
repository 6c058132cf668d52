/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux61: makes this process, and all that it starts, see a kernel as old as Linux 6.1
 *
 * That is the kernel of Debian 12, and the last one with long-term support before namespaces had
 * ids and could be iterated. A filter of system calls answers
 *
 *   - ioctls of namespaces that are newer than NS_GET_OWNER_UID: ENOTTY
 *   - system calls that are newer than set_mempolicy_home_node: ENOSYS
 *   - move_mount(2) beneath another mount: EINVAL
 *
 * Without "no new privileges": su and sudo work. What it can't see is what stands in memory: flags
 * and masks that are newer, as STATX_MNT_ID_UNIQUE of statx(2). Programs of another ABI (i386) see
 * the kernel as it is.
 */
#pragma once

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/nsfs.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define LINUX61_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define LINUX61_ARCH AUDIT_ARCH_AARCH64
#elif defined(__i386__)
#define LINUX61_ARCH AUDIT_ARCH_I386
#else
#error "which numbers do system calls have here?"
#endif

enum {
        LINUX61_LAST_CALL = 450,      /* set_mempolicy_home_node, here as everywhere */
        LINUX61_OTHER_ABI = 1U << 30, /* x32 has numbers from here on */
        LINUX61_BENEATH = 0x200,      /* MOVE_MOUNT_BENEATH: Linux 6.5 */
};

#define LINUX61_LOAD(offset)   BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (offset))
#define LINUX61_ANSWER(answer) BPF_STMT(BPF_RET | BPF_K, (answer))
/* `yes` and `no`: how many lines are left out then */
#define LINUX61_IF(comparison, value, yes, no)                                                     \
        BPF_JUMP(BPF_JMP | (comparison) | BPF_K, (value), (yes), (no))

/* Needs CAP_SYS_ADMIN. 0, or -1 with errno. */
static inline int linux61_begin(void)
{
        /* an ioctl's kind, and which of the kind: not how large its argument is, that may grow */
        const uint32_t which = _IOC_NRMASK << _IOC_NRSHIFT;
        const uint32_t kind = _IOC_TYPEMASK << _IOC_TYPESHIFT;
        struct sock_filter filter[] = {
                LINUX61_LOAD(offsetof(struct seccomp_data, arch)),
                LINUX61_IF(BPF_JEQ, LINUX61_ARCH, 0, 12),
                LINUX61_LOAD(offsetof(struct seccomp_data, nr)),
                LINUX61_IF(BPF_JGE, LINUX61_OTHER_ABI, 10, 0),
                LINUX61_IF(BPF_JGT, LINUX61_LAST_CALL, 10, 0),
                LINUX61_IF(BPF_JEQ, SYS_move_mount, 6, 0),
                LINUX61_IF(BPF_JEQ, SYS_ioctl, 0, 7),
                LINUX61_LOAD(offsetof(struct seccomp_data, args[1])), /* its lower half */
                BPF_STMT(BPF_ALU | BPF_AND | BPF_K, kind | which),
                LINUX61_IF(BPF_JGT, NS_GET_OWNER_UID, 0, 4),
                LINUX61_IF(BPF_JGT, NS_GET_OWNER_UID | which, 3, 0),
                LINUX61_ANSWER(SECCOMP_RET_ERRNO | ENOTTY),
                LINUX61_LOAD(offsetof(struct seccomp_data, args[4])),
                LINUX61_IF(BPF_JSET, LINUX61_BENEATH, 2, 0),
                LINUX61_ANSWER(SECCOMP_RET_ALLOW),
                LINUX61_ANSWER(SECCOMP_RET_ERRNO | ENOSYS),
                LINUX61_ANSWER(SECCOMP_RET_ERRNO | EINVAL),
        };
        const struct sock_fprog program = {
                .len = sizeof(filter) / sizeof(filter[0]),
                .filter = filter,
        };

        return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}
