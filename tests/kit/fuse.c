/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fuse: a FUSE file system of an ordinary user's that stops answering */
#include "kit/fuse.h"

bool fuse_is_there(void)
{
        const char *must_run = getenv("PRIVTMP_MUST_RUN");
        int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);

        fd_close(fd);
        /* where nothing may be left out, the tests run, and say what is missing */
        return fd >= 0 || (must_run && strcmp(must_run, "1") == 0);
}

void fuse_answer(int fd, const struct fuse_in_header *in, int error, void *out, size_t size)
{
        struct fuse_out_header header = {
                .len = (uint32_t)(sizeof(header) + size), .error = error, .unique = in->unique};
        struct iovec parts[] = {{&header, sizeof(header)}, {out, size}};

        must((int)writev(fd, parts, size > 0 ? 2 : 1));
}

struct fuse_attr fuse_attr_of(uint64_t node, int cat)
{
        struct fuse_attr attr = {.ino = node, .mode = S_IFDIR | 0755, .nlink = 2};
        struct stat st;

        if (node == FUSE_CAT) {
                must(fstat(cat, &st));
                attr.mode = S_IFREG | 0755;
                attr.nlink = 1;
                attr.size = (uint64_t)st.st_size;
        }
        return attr;
}

void fuse_look_up(int fd, const struct fuse_in_header *in, const char *name, int cat)
{
        struct fuse_entry_out entry = {
                .nodeid = strcmp(name, "sub") == 0 ? FUSE_SUB : FUSE_CAT,
        };

        entry.attr = fuse_attr_of(entry.nodeid, cat);
        if (strcmp(name, "sub") == 0 || strcmp(name, "cat") == 0)
                fuse_answer(fd, in, 0, &entry, sizeof(entry));
        else
                fuse_answer(fd, in, -ENOENT, NULL, 0);
}

void fuse_serve_one(int fd, const struct fuse_in_header *in, const void *rest, int cat)
{
        static char content[FUSE_BYTES];
        const struct fuse_init_in *asked = rest;
        const struct fuse_read_in *read = rest;
        struct fuse_init_out init = {.major = FUSE_KERNEL_VERSION, .max_write = 4096};
        struct fuse_attr_out attr = {.attr = fuse_attr_of(in->nodeid, cat)};
        struct fuse_open_out opened = {0};

        switch (in->opcode) {
        case FUSE_INIT:
                init.minor = asked->minor < FUSE_KERNEL_MINOR_VERSION ? asked->minor
                                                                      : FUSE_KERNEL_MINOR_VERSION;
                fuse_answer(fd, in, 0, &init, sizeof(init));
                break;
        case FUSE_GETATTR:
                fuse_answer(fd, in, 0, &attr, sizeof(attr));
                break;
        case FUSE_LOOKUP:
                fuse_look_up(fd, in, rest, cat);
                break;
        case FUSE_OPEN:
        case FUSE_OPENDIR:
                fuse_answer(fd, in, 0, &opened, sizeof(opened));
                break;
        case FUSE_READ:
                ck_assert_uint_le(read->size, FUSE_BYTES);
                fuse_answer(
                        fd, in, 0, content,
                        (size_t)must((int)pread(cat, content, read->size, (off_t)read->offset)));
                break;
        case FUSE_ACCESS:
        case FUSE_FLUSH:
        case FUSE_RELEASE:
        case FUSE_RELEASEDIR:
                fuse_answer(fd, in, 0, NULL, 0);
                break;
        case FUSE_FORGET:
        case FUSE_BATCH_FORGET:
                break;
        default:
                fuse_answer(fd, in, -ENOSYS, NULL, 0);
        }
}

void fuse_serve(int fd)
{
        static union {
                struct fuse_in_header in;
                char bytes[FUSE_BYTES];
        } request;
        int cat = must(open("/bin/cat", O_RDONLY | O_CLOEXEC));

        for (;;) {
                ssize_t n = read(fd, &request, sizeof(request));

                if (n >= (ssize_t)sizeof(request.in))
                        fuse_serve_one(fd, &request.in, request.bytes + sizeof(request.in), cat);
                else if (errno != EINTR && errno != ENOENT)
                        _exit(EXIT_SUCCESS); /* unmounted */
        }
}

pid_t fuse_mount_from(const char *source, const char *path, uid_t owner)
{
        int fd = must(open("/dev/fuse", O_RDWR | O_CLOEXEC));
        char options[128];
        pid_t server;

        (void)snprintf(options, sizeof(options),
                       "fd=%d,rootmode=40000,user_id=%u,group_id=%u,allow_other,max_read=%d", fd,
                       owner, owner, FUSE_BYTES);
        must(mount(source, path, "fuse.test", MS_NOSUID | MS_NODEV, options));
        server = must(fork());
        if (server == 0)
                fuse_serve(fd);
        must(close(fd));
        return server;
}

pid_t fuse_mount(const char *path, uid_t owner)
{
        return fuse_mount_from("test", path, owner);
}

void fuse_silence(pid_t server)
{
        int status;

        must(kill(server, SIGSTOP));
        must(waitpid(server, &status, WUNTRACED));
        ck_assert(WIFSTOPPED(status));
        (void)signal(SIGALRM, SIG_DFL); /* Check's handler would not end the waiting */
        alarm(60);
}
