/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test-calls: how many system calls an open and a close make
 *
 * Counted are those of the module, in a login program that is traced (ptrace(2)): what libpam does
 * afterwards for the audit log begins with a socket of its own. The limits are what has been
 * reached with Debian 12's libraries: who needs more has a reason for it, or finds a call that is
 * not needed.
 *
 * In a close, the look makes some calls for each process: as many more may be made.
 */
#include <linux/netlink.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#include "kit/pam-login.h"

#define LENGTH(array) ((int)(sizeof(array) / sizeof((array)[0])))

enum {
        CALL_STATMOUNT = 457, /* new in Linux 6.8 */

        LOOK_PER_PROCESS = 2, /* its threads, its namespace */
        OTHER_LIBRARIES = 8,  /* another C library may look a user up in another way */
        OLD_KERNEL = 9,       /* what it lacks is tried, and done in another way */
};

static unsigned limit_of(unsigned reached)
{
        const bool old = syscall(CALL_STATMOUNT, NULL, NULL, 0, 0) < 0 && errno == ENOSYS;

        return reached + OTHER_LIBRARIES + (old ? OLD_KERNEL : 0);
}

static void set_up(void)
{
        pam_login_begin(SERVICE);
}

/* A call that nobody makes otherwise says where to begin and where to end. */
static void mark(void)
{
        (void)syscall(SYS_getsid, 0);
}

static int do_marked_open(void *arg)
{
        int r;

        mark();
        r = do_open(arg);
        mark();
        return r;
}

static int do_marked_close(void *arg)
{
        int r;

        mark();
        r = do_close(arg);
        mark();
        return r;
}

/* The number of the call that the program is about to make, and its arguments. */
static struct __ptrace_syscall_info next_call(pid_t pid)
{
        struct __ptrace_syscall_info info = {.op = PTRACE_SYSCALL_INFO_NONE};
        int status;

        while (info.op != PTRACE_SYSCALL_INFO_ENTRY) {
                ck_assert_int_eq(ptrace(PTRACE_SYSCALL, pid, NULL, NULL), 0);
                ck_assert_int_eq(waitpid(pid, &status, 0), pid);
                ck_assert_msg(WIFSTOPPED(status), "the login program ended");
                ck_assert_int_ge(ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info), 0);
        }
        return info;
}

/* How often memory is fetched depends on who manages it, and on sanitizers. */
static bool is_memory(const struct __ptrace_syscall_info *call)
{
        switch (call->entry.nr) {
        case SYS_brk:
        case SYS_mmap:
        case SYS_munmap:
        case SYS_mremap:
        case SYS_madvise:
                return true;
        default:
                return false;
        }
}

static bool is_audit(const struct __ptrace_syscall_info *call)
{
        return call->entry.nr == SYS_socket && call->entry.args[0] == AF_NETLINK &&
               call->entry.args[2] == NETLINK_AUDIT;
}

/* How many calls the function of the login program makes; it must succeed. */
static unsigned count(struct login *login, int (*function)(void *))
{
        struct __ptrace_syscall_info call;
        bool audit = false;
        unsigned n = 0;
        int status;

        ck_assert_int_eq(ptrace(PTRACE_SEIZE, login->pid, NULL, PTRACE_O_TRACESYSGOOD), 0);
        ck_assert_int_eq(ptrace(PTRACE_INTERRUPT, login->pid, NULL, NULL), 0);
        ck_assert_int_eq(waitpid(login->pid, &status, 0), login->pid);
        login_begin(login, function, NULL);
        while (next_call(login->pid).entry.nr != SYS_getsid)
                ;
        while (call = next_call(login->pid), call.entry.nr != SYS_getsid) {
                audit |= is_audit(&call);
                n += !audit && !is_memory(&call);
        }
        ck_assert_int_eq(ptrace(PTRACE_DETACH, login->pid, NULL, NULL), 0);
        ck_assert_int_eq(login_wait(login), PAM_SUCCESS);
        return n;
}

/* That many processes are there, each with one thread. */
static unsigned count_processes(void)
{
        DIR *dir = opendir("/proc");
        struct dirent *entry;
        unsigned n = 0;

        ck_assert_ptr_nonnull(dir);
        while ((entry = readdir(dir)))
                n += entry->d_name[0] >= '1' && entry->d_name[0] <= '9';
        closedir(dir);
        return n;
}

enum beside {
        NOBODY,
        A_SESSION, /* that is joined */
        A_PROCESS, /* that is left of a session */
};

/* The shipped table, with other lines in place of its first. */
static const struct {
        const char *name, *line;
        enum beside beside;
        unsigned open, close; /* the limits, without what is needed for processes */
} rows[] = {
        {"shipped", "/srv/base /tmp * noexec,nosuid,nodev,share=.X11-unix:.ICE-unix", NOBODY, 132,
         137},
        {"end=close", "/srv/base /tmp * noexec,nosuid,nodev,end=close", NOBODY, 130, 93},
        {"tmpfs", "tmpfs /tmp * noexec,nosuid,nodev", NOBODY, 165, 73},
        {"keep=", "/srv/base /tmp * noexec,nosuid,nodev,keep=1d", NOBODY, 204, 97},
        {"joined", "/srv/base /tmp * noexec,nosuid,nodev,share=.X11-unix:.ICE-unix", A_SESSION, 165,
         65},
        /* a walk over the processes finds the namespace of the note, and nothing else is looked at;
         * that there are fds enough for it is tried before, which takes 48 calls */
        {"tmpfs, kept", "tmpfs /tmp * noexec,nosuid,nodev", A_PROCESS, 248, 47},
};

static struct login first;
static pid_t left;

static void begin_beside(enum beside beside)
{
        if (beside == NOBODY)
                return;
        first = login_open("alice");
        if (beside == A_PROCESS) {
                left = login_do(&first, do_inner_start_orphan, NULL);
                ck_assert_int_eq(login_do(&first, do_close, NULL), PAM_SUCCESS);
        }
}

static void end_beside(enum beside beside)
{
        if (beside == A_SESSION)
                login_close(&first);
        if (beside == A_PROCESS) {
                login_end(&first); /* whose other end of its channel it is */
                ck_assert_int_eq(waitpid(left, NULL, 0), left);
        }
}

START_TEST(open_and_close_need_no_more_than_before)
{
        const int i = _i;
        struct login login;
        unsigned n_open, n_close, look;
        char table[512];

        snprintf(table, sizeof(table), "%s\nnone /tmp 1:999\ninherit /tmp root\n", rows[i].line);
        scene_write("/srv/table", table);
        /* the base, the folder of records, what libraries load once */
        login = login_open("alice");
        login_close(&login);
        begin_beside(rows[i].beside);

        login = login_as("alice");
        n_open = count(&login, do_marked_open);
        look = LOOK_PER_PROCESS * count_processes();
        n_close = count(&login, do_marked_close);
        printf("# %s: open %u, close %u with a look at %u\n", rows[i].name, n_open, n_close, look);
        fflush(stdout);
        ck_assert_uint_le(n_open,
                          limit_of(rows[i].open) + (rows[i].beside == A_PROCESS ? look : 0));
        ck_assert_uint_le(n_close, limit_of(rows[i].close) + look);
        login_finish(&login);
        end_beside(rows[i].beside);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("calls");
        TCase *tcase = tcase_create("calls");

        tcase_add_checked_fixture(tcase, set_up, NULL);
        tcase_add_loop_test(tcase, open_and_close_need_no_more_than_before, 0, LENGTH(rows));
        suite_add_tcase(suite, tcase);
        return scratch_run(suite);
}
