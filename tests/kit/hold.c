/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * hold: as an ordinary user, holds the kernel's lock of a file or directory until it is ended
 *
 *     hold [-k] write|dents PATH
 *
 * "write" holds a file's lock: write(2) from a page that is never read. "dents" holds a
 * directory's: getdents(2) into such a page. The page is one of a mapped FUSE file whose server, a
 * child of this process, never answers; killing the child frees the lock. All that is in user and
 * mount namespaces of their own, where nothing of the caller's is mounted any more; with -k, all of
 * it, and the file is opened there. It prints "PID
 * SERVER" when all is ready; the lock is held when the kernel has asked the server for the page,
 * which it says by "held" in one more line.
 */
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
        FILE_NODE = 2,
        FILE_BYTES = 1 << 20,
        MAPPED = 1 << 16,
        REQUEST_BYTES = 1 << 18,
};

static void must(int result, const char *what)
{
        if (result < 0)
                err(1, "%s", what);
}

static void write_text(const char *path, const char *text)
{
        int fd = open(path, O_WRONLY | O_CLOEXEC);

        must(fd, path);
        must((int)write(fd, text, strlen(text)), path);
        close(fd);
}

static void answer(int fd, const struct fuse_in_header *in, int error, void *out, size_t size)
{
        struct fuse_out_header header = {
                .len = (uint32_t)(sizeof(header) + size), .error = error, .unique = in->unique};
        struct iovec parts[] = {{&header, sizeof(header)}, {out, size}};

        (void)!writev(fd, parts, size > 0 ? 2 : 1);
}

static struct fuse_attr attributes(uint64_t node)
{
        struct fuse_attr top = {.ino = node, .mode = S_IFDIR | 0755, .nlink = 1};
        struct fuse_attr file = {
                .ino = node, .mode = S_IFREG | 0666, .nlink = 1, .size = FILE_BYTES};

        return node == FUSE_ROOT_ID ? top : file;
}

static void serve_one(int fd, const struct fuse_in_header *in, const struct fuse_init_in *asked)
{
        struct fuse_init_out init = {.major = FUSE_KERNEL_VERSION, .minor = 31, .max_write = 4096};
        struct fuse_attr_out attr = {.attr_valid = 3600, .attr = attributes(in->nodeid)};
        struct fuse_entry_out entry = {.nodeid = FILE_NODE,
                                       .entry_valid = 3600,
                                       .attr_valid = 3600,
                                       .attr = attributes(FILE_NODE)};
        struct fuse_open_out opened = {0};

        switch (in->opcode) {
        case FUSE_INIT:
                init.minor = asked->minor < init.minor ? asked->minor : init.minor;
                answer(fd, in, 0, &init, sizeof(init));
                break;
        case FUSE_GETATTR:
                answer(fd, in, 0, &attr, sizeof(attr));
                break;
        case FUSE_LOOKUP:
                answer(fd, in, 0, &entry, sizeof(entry));
                break;
        case FUSE_OPEN:
        case FUSE_OPENDIR:
                answer(fd, in, 0, &opened, sizeof(opened));
                break;
        case FUSE_READ: /* gets no answer: that is the point of it all */
                (void)!write(STDOUT_FILENO, "held\n", 5);
                break;
        case FUSE_FORGET:
        case FUSE_BATCH_FORGET:
                break;
        default:
                answer(fd, in, -ENOSYS, NULL, 0);
        }
}

static void serve(int fd)
{
        static union {
                struct fuse_in_header in;
                char bytes[REQUEST_BYTES];
        } request;

        for (;;) {
                ssize_t n = read(fd, &request, sizeof(request));

                if (n >= (ssize_t)sizeof(request.in))
                        serve_one(fd, &request.in,
                                  (const void *)(request.bytes + sizeof(request.in)));
                else if (errno != EINTR && errno != ENOENT)
                        _exit(0);
        }
}

static void enter_namespaces(void)
{
        const uid_t uid = geteuid();
        const gid_t gid = getegid();
        char map[64];

        must(unshare(CLONE_NEWUSER | CLONE_NEWNS), "unshare");
        write_text("/proc/self/setgroups", "deny");
        (void)snprintf(map, sizeof(map), "0 %u 1", uid);
        write_text("/proc/self/uid_map", map);
        (void)snprintf(map, sizeof(map), "0 %u 1", gid);
        write_text("/proc/self/gid_map", map);
}

/*
 * Mounts the file system. Unless all is to be kept, nothing that was mounted is in use by this
 * process afterwards. Returns the fd of the server.
 */
static int make_root(bool keeps)
{
        char options[96];
        int fd;

        must(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), "/");
        must(mount("hold", "/mnt", "tmpfs", 0, NULL), "/mnt");
        must(mkdir("/mnt/fuse", 0755), "/mnt/fuse");
        must(mkdir("/mnt/old", 0755), "/mnt/old");
        fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
        must(fd, "/dev/fuse");
        (void)snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", fd);
        must(mount("hold", "/mnt/fuse", "fuse", 0, options), "/mnt/fuse");
        if (keeps)
                return fd;
        must(chdir("/mnt"), "/mnt");
        must((int)syscall(SYS_pivot_root, ".", "old"), "pivot_root");
        must(chdir("/"), "/");
        must(umount2("/old", MNT_DETACH), "/old");
        return fd;
}

static void *map_page(const char *path)
{
        int file = open(path, O_RDWR | O_CLOEXEC);
        void *page;

        must(file, path);
        page = mmap(NULL, MAPPED, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        if (page == MAP_FAILED)
                page = mmap(NULL, MAPPED, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
        must(page == MAP_FAILED ? -1 : 0, "mmap");
        return page;
}

static int open_target(const char *path, bool writes)
{
        int fd = open(path, writes ? O_RDWR | O_CLOEXEC : O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        must(fd, path);
        return fd;
}

int main(int argc, char *argv[])
{
        const bool keeps = argc > 1 && strcmp(argv[1], "-k") == 0;
        const char *how = argc == 3 + keeps ? argv[1 + keeps] : "", *path = argv[argc - 1];
        const bool writes = strcmp(how, "write") == 0;
        int target = -1, fd;
        pid_t server;
        void *page;

        if (!writes && strcmp(how, "dents") != 0)
                errx(2, "usage: hold [-k] write|dents PATH");
        if (!keeps)
                target = open_target(path, writes);
        enter_namespaces();
        if (keeps)
                target = open_target(path, writes);
        fd = make_root(keeps);
        server = fork();
        must(server, "fork");
        if (server == 0) {
                (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
                close(target);
                serve(fd);
        }
        close(fd);
        page = map_page(keeps ? "/mnt/fuse/file" : "/fuse/file");
        (void)printf("%d %d\n", getpid(), server);
        (void)fflush(stdout);
        if (writes)
                (void)!write(target, page, 4096);
        else
                (void)!syscall(SYS_getdents64, target, page, 32768);
        return 0;
}
