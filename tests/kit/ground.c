/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ground: a real base to test on, and children with mounts of their own */
#include "kit/ground.h"

/* ------------------------------------------------------------------ files */

int must_(int r, const char *call)
{
        ck_assert_msg(r >= 0, "%s: %s", call, strerror(errno));
        return r;
}

void ground_make(struct scratch *scratch)
{
        if (mkdir(GROUND, 0700) < 0)
                ck_assert_int_eq(errno, EEXIST);
        scratch_make(scratch, GROUND);
}

int make_dir(int dir, const char *name, mode_t mode)
{
        must(mkdirat(dir, name, 0700));
        must(fchmodat(dir, name, mode, 0));
        return must(openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

void write_file(int dir, const char *name, const char *text)
{
        int fd = must(openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));

        ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
        must(close(fd));
}

void write_proc(int dir, const char *name, const char *text)
{
        int fd = must(openat(dir, name, O_WRONLY | O_CLOEXEC));

        ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
        must(close(fd));
}

bool is_there(int dir, const char *name)
{
        struct stat st;

        return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

void set_mtime(int dir, const char *name, time_t seconds_ago)
{
        struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = time(NULL) - seconds_ago}};

        must(utimensat(dir, name, times, AT_SYMLINK_NOFOLLOW));
}

unsigned count_entries(int dir)
{
        DIR *stream = fdopendir(must(openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)));
        struct dirent *entry;
        unsigned n = 0;

        ck_assert_ptr_nonnull(stream);
        while ((entry = readdir(stream)))
                if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
                        n++;
        (void)closedir(stream);
        return n;
}

unsigned count_fds(void)
{
        int dir = must(open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        unsigned n = count_entries(dir) - 2; /* those of the counting */

        must(close(dir));
        return n;
}

bool mount_image(const char *folder, const char *type)
{
        _cleanup_close_ int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
        _cleanup_close_ int loop = -EBADF, image = -EBADF;
        struct loop_config config = {.info.lo_flags = LO_FLAGS_AUTOCLEAR};
        char path[PATH_MAX], command[2 * PATH_MAX];
        int number;

        (void)snprintf(path, sizeof(path), "%s.control", folder);
        if (control < 0 && mknod(path, S_IFCHR | 0600, makedev(10, 237)) == 0)
                control = open(path, O_RDWR | O_CLOEXEC);
        if (control < 0)
                return false;
        (void)snprintf(path, sizeof(path), "%s.image", folder);
        image = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (image < 0 || ftruncate(image, 400 << 20) < 0)
                return false;
        (void)snprintf(command, sizeof(command), "mkfs.%s -q %s >/dev/null 2>&1", type, path);
        if (system(command) != 0)
                return false;
        config.fd = (unsigned)image;
        (void)snprintf(path, sizeof(path), "%s.loop", folder);
        do { /* somebody else may take the free one first */
                fd_close(loop);
                (void)unlink(path);
                number = ioctl(control, LOOP_CTL_GET_FREE);
                if (number < 0 || mknod(path, S_IFBLK | 0600, makedev(7, (unsigned)number)) < 0)
                        return false;
                loop = open(path, O_RDWR | O_CLOEXEC);
        } while (loop >= 0 && ioctl(loop, LOOP_CONFIGURE, &config) < 0 && errno == EBUSY);
        return loop >= 0 && mount(path, folder, type, 0, NULL) == 0;
}

bool has_images(const char *type)
{
        const char *must_run = getenv("PRIVTMP_MUST_RUN");
        pid_t pid;
        int status;

        if (must_run && strcmp(must_run, "1") == 0)
                return true;
        pid = fork();
        if (pid == 0)
                _exit(unshare(CLONE_NEWNS) == 0 &&
                                      mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
                                      mount("tmpfs", "/mnt", "tmpfs", 0, NULL) == 0 &&
                                      mkdir("/mnt/disk", 0700) == 0 &&
                                      mount_image("/mnt/disk", type)
                              ? EXIT_SUCCESS
                              : EXIT_FAILURE);
        return waitpid(pid, &status, 0) == pid && status == 0;
}

/* ------------------------------------------------------------------ processes */

void own_mounts(void)
{
        must(unshare(CLONE_NEWNS));
        must(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
}

void own_slave_mounts(void)
{
        must(unshare(CLONE_NEWNS));
        must(mount("none", "/", NULL, MS_REC | MS_SLAVE, NULL));
}

void become(uid_t uid)
{
        must(setgroups(0, NULL));
        must(setresgid(uid, uid, uid));
        must(setresuid(uid, uid, uid));
}

void own_users(uid_t uid)
{
        const int self = must(open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC));
        char map[32];

        must(prctl(PR_SET_DUMPABLE, 1)); /* else the maps are root's */
        must(unshare(CLONE_NEWUSER | CLONE_NEWNS));
        (void)snprintf(map, sizeof(map), "0 %u 1", uid);
        write_proc(self, "setgroups", "deny");
        write_proc(self, "uid_map", map);
        write_proc(self, "gid_map", map);
        must(close(self));
}

void become_root_of_own(uid_t uid)
{
        become(uid);
        own_users(uid);
}

void drop_capability(unsigned capability)
{
        struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
        struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

        must((int)syscall(SYS_capget, &header, data));
        data[capability / 32].effective &= ~(1U << capability % 32);
        data[capability / 32].permitted &= ~(1U << capability % 32);
        must((int)syscall(SYS_capset, &header, data));
}

pid_t child_start(void (*body)(void *arg), void *arg)
{
        int ready[2];
        char byte;
        pid_t pid;

        must(pipe2(ready, O_CLOEXEC));
        pid = must(fork());
        if (pid == 0) {
                must(close(ready[0]));
                body(arg);
                must((int)write(ready[1], "", 1));
                must(close(ready[1]));
                for (;;)
                        (void)pause();
        }
        must(close(ready[1]));
        ck_assert_msg(read(ready[0], &byte, 1) == 1, "a child has failed");
        must(close(ready[0]));
        return pid;
}

void child_end(pid_t pid)
{
        must(kill(pid, SIGKILL));
        must(waitpid(pid, NULL, 0));
}

void child_do(void (*body)(void *arg), void *arg)
{
        pid_t pid = must(fork());
        int status;

        if (pid == 0) {
                body(arg);
                _exit(EXIT_SUCCESS);
        }
        must(waitpid(pid, &status, 0));
        ck_assert_msg(status == 0, "a child has failed: status 0x%x", (unsigned)status);
}

void machine_run(void *arg)
{
        const struct machine *machine = arg;

        machine->set_up();
        machine->body(machine->i);
}

void machine_do(struct machine machine)
{
        pid_t first;
        int status;

        own_mounts();
        must(unshare(CLONE_NEWPID));
        first = must(fork());
        if (first == 0) {
                must(mount("proc", "/proc", "proc", 0, NULL));
                must(mount("none", "/", NULL, MS_REC | MS_SHARED, NULL));
                child_do(machine_run, &machine);
                _exit(EXIT_SUCCESS);
        }
        must(waitpid(first, &status, 0));
        ck_assert_msg(status == 0, "a machine has failed: status 0x%x", (unsigned)status);
}
