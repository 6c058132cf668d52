/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* scene: a host of its own for one test, and login programs in it */
#include "kit/scene.h"

struct scene *scene;

char scene_mounts[SCENE_TEXT]; /* process 1's, at the begin */

off_t scene_log; /* where the log of this test begins */

/* ------------------------------------------------------------------ files */

void scene_read(const char *path, char *text, size_t size)
{
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        size_t used = 0;
        ssize_t n;

        assert_done(fd >= 0, path);
        while ((n = read(fd, text + used, size - 1 - used)) > 0)
                used += (size_t)n;
        text[used] = '\0';
        close(fd);
}

void scene_write(const char *path, const char *text)
{
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

        assert_done(fd >= 0, path);
        ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
        close(fd);
}

void scene_copy(const char *from, const char *to)
{
        int in = open(from, O_RDONLY | O_CLOEXEC);
        int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
        ssize_t n;

        assert_done(in >= 0 && out >= 0, from);
        while ((n = sendfile(out, in, NULL, 1 << 20)) > 0)
                ;
        ck_assert_int_eq(n, 0);
        close(in);
        close(out);
}

int scene_count(const char *path, unsigned *ret)
{
        DIR *dir = opendir(path);

        *ret = 0;
        if (!dir)
                return -errno;
        for (struct dirent *entry; (entry = readdir(dir));)
                *ret += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
        closedir(dir);
        return 0;
}

unsigned scene_entries(const char *path)
{
        unsigned n;
        int r = scene_count(path, &n);

        ck_assert_msg(r == 0 || r == -ENOENT, "%s: %s", path, strerror(-r));
        return n;
}

void scene_first_entry(const char *path, char name[NAME_MAX + 1])
{
        DIR *dir = opendir(path);
        struct dirent *entry;

        assert_done(dir, path);
        do
                entry = readdir(dir);
        while (entry && entry->d_name[0] == '.');
        ck_assert_msg(entry, "%s is empty", path);
        strcpy(name, entry->d_name);
        closedir(dir);
}

bool scene_has(const char *path)
{
        return faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

void scene_wait(bool (*ask)(void *), void *arg, const char *what)
{
        for (int waited = 0; !ask(arg); waited += 2) {
                ck_assert_msg(waited < SCENE_PATIENCE_MS, "waited in vain: %s", what);
                nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
        }
}

/* ------------------------------------------------------------------ the scene */

void scene_mount(const char *source, const char *target, const char *type, unsigned long flags,
                 const char *data)
{
        assert_done(mount(source, target, type, flags, data) == 0, target);
}

void scene_make_run(void)
{
        int fd = open_tree(AT_FDCWD, "/run/log", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

        assert_done(fd >= 0, "/run/log");
        scene_mount("tmpfs", "/run", "tmpfs", 0, "mode=755");
        ck_assert_int_eq(mkdir("/run/log", 0755), 0);
        ck_assert_int_eq(move_mount(fd, "", AT_FDCWD, "/run/log", MOVE_MOUNT_F_EMPTY_PATH), 0);
        close(fd);
}

void scene_be_first(void)
{
        pid_t pid;

        fflush(NULL);
        assert_done(unshare(CLONE_NEWNS | CLONE_NEWPID) == 0, "no namespaces");
        pid = fork();
        ck_assert_int_ge(pid, 0);
        if (pid > 0)
                check_waitpid_and_exit(pid);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        scene_mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
        scene_mount("proc", "/proc", "proc", 0, NULL);
}

void scene_set(void)
{
        const char *module = getenv("PRIVTMP_MODULE");
        struct stat log;

        umask(022);
        ck_assert_int_eq(chdir("/"), 0);
        scene_mount("tmpfs", "/srv", "tmpfs", 0, "mode=755");
        if (module)
                scene_copy(module, "/srv/module.so");
        scene_make_run();
        scene_mount("tmpfs", "/tmp", "tmpfs", 0, "mode=1777");
        scene_mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL);
        scene_write("/srv/table", SCENE_TABLE);

        scene = mmap(NULL, sizeof(*scene), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
                     0);
        ck_assert_ptr_ne(scene, MAP_FAILED);
        openlog("scene", LOG_NDELAY, LOG_AUTHPRIV);
        ck_assert_int_eq(stat(SCENE_LOG, &log), 0);
        scene_log = log.st_size;
        scene_read("/proc/self/mountinfo", scene_mounts, sizeof(scene_mounts));
}

void scene_begin(void)
{
        scene_be_first();
        scene_set();
}

void scene_begin_beside(void)
{
        assert_done(unshare(CLONE_NEWNS) == 0, "no namespace");
        scene_mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
        assert_done(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0, "orphans");
        scene_set();
}

void scene_mounted(void)
{
        scene_read("/proc/self/mountinfo", scene_mounts, sizeof(scene_mounts));
}

/* ------------------------------------------------------------------ what the host sees */

unsigned scene_instances(uid_t uid)
{
        char path[64];

        snprintf(path, sizeof(path), SCENE_BASE "/%u", uid);
        return scene_entries(path);
}

void scene_instance(uid_t uid, char path[PATH_MAX])
{
        char folder[64], name[NAME_MAX + 1];

        snprintf(folder, sizeof(folder), SCENE_BASE "/%u", uid);
        ck_assert_uint_eq(scene_entries(folder), 1);
        scene_first_entry(folder, name);
        snprintf(path, PATH_MAX, "%s/%s", folder, name);
}

void scene_age(uid_t uid)
{
        const struct timespec times[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
        char path[64];
        DIR *dir;

        snprintf(path, sizeof(path), SCENE_BASE "/%u", uid);
        dir = opendir(path);
        for (struct dirent *entry; dir && (entry = readdir(dir));)
                (void)utimensat(dirfd(dir), entry->d_name, times, AT_SYMLINK_NOFOLLOW);
        if (dir)
                closedir(dir);
}

void scene_empty_trash(void)
{
        static const char *const folders[] = {SCENE_BASE "/.trash", SCENE_BASE "/.work"};

        for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
                int trash = open(folders[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;

                while (r == 0 && scene_entries(folders[i]) > 0) {
                        struct remove_budget budget = {0};
                        char name[NAME_MAX + 1];

                        scene_first_entry(folders[i], name);
                        r = remove_tree(trash, name, &budget);
                }
                ck_assert_int_eq(r, 0);
                close(trash);
        }
}

const char *scene_mounts_now(void)
{
        static char now[SCENE_TEXT];

        scene_read("/proc/self/mountinfo", now, sizeof(now));
        return now;
}

const char *scene_mounts_left(void)
{
        static char words[512];
        const char *before = scene_mounts, *now = scene_mounts_now();

        if (strcmp(before, now) == 0)
                return NULL;
        /* from the line on that differs */
        for (const char *a = before, *b = now; *a && *a == *b; a++, b++)
                if (*a == '\n') {
                        before = a + 1;
                        now = b + 1;
                }
        (void)snprintf(words, sizeof(words), "a mount is left: \"%.*s\" in place of \"%.*s\"",
                       (int)strcspn(now, "\n"), now, (int)strcspn(before, "\n"), before);
        return words;
}

/* Adds the processes whose mounts have that name. */
static void who_sees(const char *name, char *words, size_t size)
{
        static char mounts[SCENE_TEXT];
        DIR *proc = opendir("/proc");
        char path[300];

        ck_assert_ptr_nonnull(proc);
        for (struct dirent *entry; (entry = readdir(proc));) {
                size_t used = strlen(words);
                FILE *file;

                snprintf(path, sizeof(path), "/proc/%s/mountinfo", entry->d_name);
                file = fopen(path, "re"); /* not there is what is no process, or has ended */
                mounts[file ? fread(mounts, 1, sizeof(mounts) - 1, file) : 0] = '\0';
                if (strstr(mounts, name))
                        snprintf(words + used, size - used, " %s", entry->d_name);
                if (file)
                        fclose(file);
        }
        closedir(proc);
}

/* Whose it is, and why it may be there still. */
static const char *instance_left(uid_t uid)
{
        static char words[512];
        char folder[64], name[NAME_MAX + 1], path[PATH_MAX];
        int lock;

        snprintf(folder, sizeof(folder), SCENE_BASE "/%u", uid);
        scene_first_entry(folder, name);
        snprintf(path, sizeof(path), "%s/%s/lock", folder, name);
        lock = open(path, O_RDONLY | O_CLOEXEC);
        snprintf(words, sizeof(words), "an instance is left: %u/%s, %s, seen by", uid, name,
                 lock < 0                              ? "no lock"
                 : flock(lock, LOCK_EX | LOCK_NB) == 0 ? "free"
                                                       : "locked");
        close(lock);
        who_sees(name, words, sizeof(words));
        return words;
}

const char *scene_left_but_records(void)
{
        static const uid_t uids[] = {0, ALICE, BOB};
        const char *mounts = scene_mounts_left();

        if (mounts)
                return mounts;
        for (size_t i = 0; i < sizeof(uids) / sizeof(uids[0]); i++)
                if (scene_instances(uids[i]) > 0)
                        return instance_left(uids[i]);
        if (scene_entries(SCENE_BASE "/.trash") + scene_entries(SCENE_BASE "/.work") > 0)
                return "trash is left";
        return NULL;
}

const char *scene_left(void)
{
        const char *words = scene_left_but_records();

        return !words && scene_entries("/run/privtmp") > 0 ? "a record is left" : words;
}

bool scene_has_marker(void *arg)
{
        struct scene_marked *marked = arg;
        char *end;

        scene_read(SCENE_LOG, marked->log, marked->size);
        end = strstr(marked->log + scene_log, marked->marker);
        if (end)
                *end = '\0';
        return end;
}

const char *scene_log_text(void)
{
        static unsigned n;
        static char log[4 * 1024 * 1024];
        struct scene_marked marked = {.log = log, .size = sizeof(log)};

        snprintf(marked.marker, sizeof(marked.marker), "marker %jx.%u", (uintmax_t)scene_log, ++n);
        syslog(LOG_INFO, "%s", marked.marker);
        scene_wait(scene_has_marker, &marked, "for the log");
        return log + scene_log;
}

/* ------------------------------------------------------------------ the state of a process */

struct scene_spot scene_spot(int fd, const char *path)
{
        struct statx stx;
        struct scene_spot spot = {0};

        if (statx(fd, path, AT_EMPTY_PATH | AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT,
                  STATX_INO | STATX_MNT_ID, &stx) == 0)
                spot = (struct scene_spot){(dev_t)stx.stx_dev_major << 32 | stx.stx_dev_minor,
                                           stx.stx_ino, stx.stx_mnt_id};
        return spot;
}

uint64_t scene_environ(void)
{
        uint64_t digest = 0xcbf29ce484222325;

        for (char **entry = environ; entry && *entry; entry++)
                for (const char *byte = *entry;; byte++) {
                        digest = (digest ^ (unsigned char)*byte) * 0x100000001b3;
                        if (*byte == '\0')
                                break;
                }
        return digest ^ (uintptr_t)environ;
}

ino_t scene_ns(void)
{
        struct stat st;

        return stat("/proc/thread-self/ns/mnt", &st) == 0 ? st.st_ino : 0;
}

void scene_state_take(struct scene_state *state)
{
        memset(state, 0, sizeof(*state));
        for (int fd = 0; fd < SCENE_FDS; fd++) {
                state->fds[fd].flags = fcntl(fd, F_GETFD);
                if (state->fds[fd].flags >= 0)
                        state->fds[fd].file = scene_spot(fd, "");
        }
        state->cwd = scene_spot(AT_FDCWD, "");
        state->root = scene_spot(AT_FDCWD, "/");
        state->tmp = scene_spot(AT_FDCWD, "/tmp");
        state->ns = scene_ns();
        state->umask = umask(0);
        umask(state->umask);
        for (int i = 0; i < RLIM_NLIMITS; i++)
                getrlimit((__rlimit_resource_t)i, &state->limits[i]);
        for (int i = 1; i < NSIG; i++)
                sigaction(i, NULL, &state->actions[i]);
        sigprocmask(SIG_SETMASK, NULL, &state->blocked);
        getresuid(&state->uids[0], &state->uids[1], &state->uids[2]);
        getresgid(&state->gids[0], &state->gids[1], &state->gids[2]);
        state->environ = scene_environ();
        state->has_children = waitid(P_ALL, 0, &(siginfo_t){0}, WEXITED | WNOHANG | WNOWAIT) == 0;
}

bool scene_same_spot(const struct scene_spot *a, const struct scene_spot *b)
{
        return a->dev == b->dev && a->ino == b->ino && a->mount == b->mount;
}

const char *scene_fds_differ(const struct scene_state *a, const struct scene_state *b)
{
        static char text[64];

        for (int fd = 0; fd < SCENE_FDS; fd++) {
                const struct scene_fd *one = &a->fds[fd], *two = &b->fds[fd];

                if (one->flags == two->flags && scene_same_spot(&one->file, &two->file))
                        continue;
                snprintf(text, sizeof(text), "fd %d was %s, now it is %s", fd,
                         one->flags < 0 ? "closed" : "open",
                         two->flags < 0   ? "closed"
                         : one->flags < 0 ? "open"
                                          : "another");
                return text;
        }
        return NULL;
}

const char *scene_processes_differ(const struct scene_state *a, const struct scene_state *b)
{
        if (a->umask != b->umask)
                return "another umask";
        for (int i = 0; i < RLIM_NLIMITS; i++)
                if (a->limits[i].rlim_cur != b->limits[i].rlim_cur ||
                    a->limits[i].rlim_max != b->limits[i].rlim_max)
                        return "another limit";
        for (int i = 1; i < NSIG; i++)
                if (a->actions[i].sa_handler != b->actions[i].sa_handler ||
                    a->actions[i].sa_flags != b->actions[i].sa_flags ||
                    sigismember(&a->blocked, i) != sigismember(&b->blocked, i))
                        return "a signal is treated in another way";
        for (int i = 0; i < 3; i++)
                if (a->uids[i] != b->uids[i] || a->gids[i] != b->gids[i])
                        return "another user or group";
        if (a->environ != b->environ)
                return "another environment";
        return a->has_children != b->has_children ? "another number of children" : NULL;
}

const char *scene_states_differ(const struct scene_state *a, const struct scene_state *b)
{
        const char *words = scene_processes_differ(a, b);

        if (!words)
                words = scene_fds_differ(a, b);
        if (words)
                return words;
        if (a->ns != b->ns)
                return "another mount namespace";
        if (!scene_same_spot(&a->root, &b->root))
                return "another root";
        if (!scene_same_spot(&a->cwd, &b->cwd))
                return "another working directory";
        return scene_same_spot(&a->tmp, &b->tmp) ? NULL : "another /tmp";
}

void assert_new_fds_are_hidden(const struct scene_state *a, const struct scene_state *b)
{
        for (int fd = 0; fd < SCENE_FDS; fd++) {
                if (a->fds[fd].flags >= 0 || b->fds[fd].flags < 0)
                        continue;
                ck_assert_int_gt(fd, STDERR_FILENO);
                ck_assert_int_eq(b->fds[fd].flags, FD_CLOEXEC);
        }
}
