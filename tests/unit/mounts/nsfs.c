/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test-nsfs: does the kernel's list show all mount namespaces, and what is mounted in them?
 *
 * Needs root, and the first process namespace: tests/host/run -1.
 */
#include "ground/cleanup.h"
#include "command/census.h"
#include "kit/ground.h"
#include "host/linux61.h"
#include "mounts/statmount.h"

static const struct deadline *patient(void)
{
        static struct deadline deadline;

        deadline = deadline_in_ms(20 * 1000);
        return &deadline;
}

static const struct deadline *over(void)
{
        static struct deadline deadline;

        deadline = deadline_in_ms(0);
        return &deadline;
}

/* ------------------------------------------------------------------ namespaces */

static void leave(void *arg)
{
        (void)arg;
        own_mounts();
}

static struct namespace_id id_of(pid_t pid)
{
        struct namespace_id id;
        char path[64];

        (void)snprintf(path, sizeof(path), "/proc/%d/ns/mnt", (int)pid);
        ck_assert_int_eq(namespace_open(path, &id, NULL), 0);
        return id;
}

/* Is one of them that one? */
struct search {
        struct namespace_id id;
        bool found;
};

static int compare_one(void *arg, const struct nsfs_entry *entry)
{
        struct search *search = arg;
        struct namespace_id id;

        ck_assert_int_eq(namespace_identify(entry->fd, &id), 0);
        ck_assert(namespace_is_same(&id, &entry->id));
        search->found |= namespace_is_same(&id, &search->id);
        return 0;
}

/* Is it in the list, with its number? */
static bool is_listed(struct namespace_id id)
{
        struct search search = {.id = id};

        ck_assert_int_eq(nsfs_each(patient(), compare_one, &search), 0);
        return search.found;
}

static int try_to_list(const struct deadline *deadline)
{
        return nsfs_each(deadline, compare_one, &(struct search){.found = false});
}

START_TEST(ones_own_namespace_is_listed)
{
        ck_assert(is_listed(id_of(getpid())));
        own_mounts();
        ck_assert(is_listed(id_of(getpid())));
}
END_TEST

/* Older and younger ones: the kernel gives ids in no order. */
START_TEST(others_are_listed_as_long_as_they_are_there)
{
        struct namespace_id ids[20];
        pid_t pids[20];

        for (size_t i = 0; i < 20; i++) {
                pids[i] = child_start(leave, NULL);
                ids[i] = id_of(pids[i]);
        }
        own_mounts();
        for (size_t i = 0; i < 20; i++)
                ck_assert(is_listed(ids[i]));
        for (size_t i = 0; i < 20; i++)
                child_end(pids[i]);
        for (size_t i = 0; i < 20; i++)
                ck_assert(!is_listed(ids[i]));
}
END_TEST

static void leave_as_alice(void *arg)
{
        (void)arg;
        become(ALICE);
        must(unshare(CLONE_NEWUSER | CLONE_NEWNS));
}

START_TEST(those_that_a_user_made_are_listed)
{
        ck_assert(is_listed(id_of(child_start(leave_as_alice, NULL))));
}
END_TEST

START_TEST(one_that_is_only_held_open_is_listed)
{
        pid_t child = child_start(leave, NULL);
        struct namespace_id id = id_of(child);
        char path[64];
        int fd;

        (void)snprintf(path, sizeof(path), "/proc/%d/ns/mnt", (int)child);
        fd = must(open(path, O_RDONLY | O_CLOEXEC));
        child_end(child);
        ck_assert(is_listed(id));
        must(close(fd));
        ck_assert(!is_listed(id));
}
END_TEST

START_TEST(listing_leaves_no_fd_behind)
{
        unsigned fds = count_fds();

        (void)is_listed(id_of(getpid()));
        ck_assert_uint_eq(count_fds(), fds);
}
END_TEST

static bool has_id(const struct namespace_id *ids, size_t n, struct namespace_id id)
{
        bool found = false;

        for (size_t i = 0; i < n; i++)
                found |= namespace_is_same(&ids[i], &id);
        return found;
}

/* Without the list those of the tasks, without ids: the second time. */
START_TEST(who_is_alive_is_told_with_the_list_and_without)
{
        struct namespace_id own = id_of(getpid()), other = id_of(child_start(leave, NULL));
        struct namespace_id *alive = NULL;
        size_t n = 0;

        if (_i == 1) {
                must(linux61_begin());
                own.id = other.id = 0;
        }
        ck_assert_int_eq(census_alive(&alive, &n, patient()), 0);
        ck_assert(has_id(alive, n, own));
        ck_assert(has_id(alive, n, other));
        ck_assert(!has_id(alive, n, (struct namespace_id){.number = 1}));
        free(alive);
}
END_TEST

static unsigned calls_left; /* of reallocarray(), until one fails; 0: none */

void *__real_reallocarray(void *array, size_t n, size_t size);
void *__wrap_reallocarray(void *array, size_t n, size_t size);

void *__wrap_reallocarray(void *array, size_t n, size_t size)
{
        if (calls_left > 0 && --calls_left == 0) {
                errno = ENOMEM;
                return NULL;
        }
        return __real_reallocarray(array, n, size);
}

/* Who is missing there counts as gone, and loses a record. */
START_TEST(without_memory_nobody_is_told_who_is_alive)
{
        struct namespace_id *alive = NULL;
        unsigned failed = 0;
        size_t n = 0;
        int r;

        if (_i == 1)
                must(linux61_begin());
        for (unsigned call = 1;; call++) {
                calls_left = call;
                r = census_alive(&alive, &n, patient());
                if (calls_left > 0)
                        break;
                ck_assert_int_eq(r, -ENOMEM);
                ck_assert_ptr_null(alive);
                failed++;
        }
        calls_left = 0;
        ck_assert_int_eq(r, 0);
        ck_assert_uint_ge(failed, 1);
        free(alive);
}
END_TEST

/* ------------------------------------------------------------------ mounts */

static char roots[4][32 * 1024]; /* of the first mounts seen */
static size_t n_roots, stop_at;  /* stop_at: return 7 then */

static int note_root(void *arg, const char *root)
{
        ck_assert_ptr_eq(arg, roots);
        if (n_roots < 4)
                (void)snprintf(roots[n_roots], sizeof(roots[0]), "%s", root);
        return ++n_roots == stop_at ? 7 : 0;
}

static struct nsfs_entry entry_of(pid_t pid)
{
        return (struct nsfs_entry){.id = id_of(pid)};
}

static int each_mount(struct nsfs_entry entry, dev_t device, const struct deadline *deadline)
{
        const struct mounts_wanted wanted = {
                .device = device, .deadline = deadline, .each = note_root, .arg = roots};

        n_roots = 0;
        return statmount_each(&entry, &wanted);
}

/* A new file system on /mnt, that nobody else has. Its device. */
static dev_t mount_mnt(void)
{
        struct stat st;

        must(mount("tmpfs", "/mnt", "tmpfs", 0, NULL));
        must(stat("/mnt", &st));
        return st.st_dev;
}

static void set_up(void)
{
        own_mounts();
        must(mount("tmpfs", "/tmp", "tmpfs", 0, NULL));
}

START_TEST(of_a_mount_its_place_in_the_file_system_is_told)
{
        dev_t device = mount_mnt();
        pid_t child;

        must(mkdir("/mnt/one", 0700));
        must(mkdir("/mnt/one/two", 0700));
        must(mount("/mnt/one/two", "/mnt/one", NULL, MS_BIND, NULL));
        child = child_start(leave, NULL);
        must(umount2("/mnt/one", MNT_DETACH));
        ck_assert_int_eq(each_mount(entry_of(child), device, patient()), 0);
        ck_assert_uint_eq(n_roots, 2);
        ck_assert_str_eq(roots[0], "/");
        ck_assert_str_eq(roots[1], "/one/two");
        ck_assert_int_eq(each_mount(entry_of(getpid()), device, patient()), 0);
        ck_assert_uint_eq(n_roots, 1);
}
END_TEST

START_TEST(names_are_told_as_they_are)
{
        static const char odd[] = "/a b\\040c\\\td\n#\\";
        dev_t device = mount_mnt();
        char path[64];

        (void)snprintf(path, sizeof(path), "/mnt%s", odd);
        must(mkdir(path, 0700));
        must(mount(path, "/tmp", NULL, MS_BIND, NULL));
        ck_assert_int_eq(each_mount(entry_of(getpid()), device, patient()), 0);
        ck_assert_uint_eq(n_roots, 2);
        ck_assert_str_eq(roots[1], odd);
}
END_TEST

/* 70 levels of 200 letters: longer than any path. */
START_TEST(a_place_of_any_length_is_told)
{
        dev_t device = mount_mnt();
        char name[201];

        memset(name, 'x', 200);
        name[200] = '\0';
        must(chdir("/mnt"));
        for (unsigned i = 0; i < 70; i++) {
                must(mkdir(name, 0700));
                must(chdir(name));
        }
        must(mount(".", "/tmp", NULL, MS_BIND, NULL));
        ck_assert_int_eq(each_mount(entry_of(getpid()), device, patient()), 0);
        ck_assert_uint_eq(n_roots, 2);
        ck_assert_uint_eq(strlen(roots[1]), 70 * 201);
}
END_TEST

START_TEST(what_was_removed_is_told_as_such)
{
        dev_t device = mount_mnt();

        must(mkdir("/mnt/gone", 0700));
        must(mount("/mnt/gone", "/tmp", NULL, MS_BIND, NULL));
        must(rmdir("/mnt/gone"));
        ck_assert_int_eq(each_mount(entry_of(getpid()), device, patient()), 0);
        ck_assert_uint_eq(n_roots, 2);
        ck_assert_str_eq(roots[1], "/gone//deleted");
}
END_TEST

START_TEST(all_of_a_thousand_mounts_are_told)
{
        dev_t device = mount_mnt();

        for (unsigned i = 0; i < 1000; i++)
                must(mount("/mnt", "/tmp", NULL, MS_BIND, NULL));
        ck_assert_int_eq(each_mount(entry_of(getpid()), device, patient()), 0);
        ck_assert_uint_eq(n_roots, 1001);
}
END_TEST

START_TEST(whoever_asks_can_stop)
{
        dev_t device = mount_mnt();

        for (unsigned i = 0; i < 10; i++)
                must(mount("/mnt", "/tmp", NULL, MS_BIND, NULL));
        stop_at = 4;
        ck_assert_int_eq(each_mount(entry_of(getpid()), device, patient()), 7);
        ck_assert_uint_eq(n_roots, 4);
}
END_TEST

/* ------------------------------------------------------------------ what can't be had */

START_TEST(when_the_time_is_over_nothing_is_told)
{
        dev_t device = mount_mnt();

        (void)child_start(leave, NULL);
        ck_assert_int_eq(try_to_list(over()), -ETIMEDOUT);
        ck_assert_int_eq(each_mount(entry_of(getpid()), device, over()), -ETIMEDOUT);
}
END_TEST

static void try_list(void)
{
        unsigned fds = count_fds();

        ck_assert_int_eq(try_to_list(patient()), -EOPNOTSUPP);
        ck_assert_uint_eq(count_fds(), fds);
}

START_TEST(as_on_linux_61_there_is_no_list)
{
        struct nsfs_entry own = entry_of(getpid());

        must(linux61_begin());
        try_list();
        ck_assert_int_eq(each_mount(own, 1, patient()), -EOPNOTSUPP);
}
END_TEST

START_TEST(without_the_right_to_it_there_is_no_list)
{
        drop_capability(CAP_SYS_ADMIN);
        try_list();
}
END_TEST

static void list_all_or_nothing(void *arg)
{
        const struct namespace_id *outside = arg;
        int r;

        must(mount("proc", "/proc", "proc", 0, NULL));
        r = try_to_list(patient());
        ck_assert(r == -EOPNOTSUPP || (r == 0 && is_listed(*outside)));
}

/* Some kernels list them there, some do not. */
START_TEST(in_another_process_namespace_there_is_a_whole_list_or_none)
{
        struct namespace_id outside = id_of(getpid());

        must(unshare(CLONE_NEWPID | CLONE_NEWNS));
        child_do(list_all_or_nothing, &outside);
}
END_TEST

static void try_list_as_alice(void *arg)
{
        leave_as_alice(arg);
        try_list();
}

START_TEST(in_a_users_own_namespaces_there_is_no_list)
{
        child_do(try_list_as_alice, NULL);
}
END_TEST

/* What is mounted outside of the chroot is hidden: of its own namespace. */
struct own_mounts {
        struct namespace_id id;
        dev_t device;
        int r;
};

static int read_own(void *arg, const struct nsfs_entry *entry)
{
        struct own_mounts *own = arg;

        if (namespace_is_same(&entry->id, &own->id))
                own->r = each_mount(*entry, own->device, patient());
        return 0;
}

START_TEST(the_chrooted_are_not_told_of_half_a_namespace)
{
        struct own_mounts own = {.r = -1};

        must(mkdir("/tmp/jail", 0700));
        must(mount("/", "/tmp/jail", NULL, MS_BIND, NULL));
        must(mount("/proc", "/tmp/jail/proc", NULL, MS_BIND | MS_REC, NULL));
        own.id = id_of(getpid());
        own.device = mount_mnt();
        must(chroot("/tmp/jail"));
        ck_assert_int_eq(nsfs_each(patient(), read_own, &own), 0);
        ck_assert_int_eq(own.r, -EOPNOTSUPP);
}
END_TEST

/* ------------------------------------------------------------------ all of it */

static int pass_over(void *arg, const struct nsfs_entry *entry)
{
        (void)arg;
        (void)entry;
        return 0;
}

static bool is_listing(void)
{
        return nsfs_each(patient(), pass_over, NULL) == 0;
}

int main(void)
{
        Suite *suite = suite_create("nsfs");
        TCase *list = tcase_create("list"), *mounts = tcase_create("mounts"),
              *not = tcase_create("not");

        if (!is_listing()) {
                puts("1..0 # SKIP this kernel lists no namespaces");
                return EXIT_SUCCESS;
        }
        tcase_add_test(list, ones_own_namespace_is_listed);
        tcase_add_test(list, others_are_listed_as_long_as_they_are_there);
        tcase_add_test(list, those_that_a_user_made_are_listed);
        tcase_add_test(list, one_that_is_only_held_open_is_listed);
        tcase_add_test(list, listing_leaves_no_fd_behind);
        tcase_add_loop_test(list, who_is_alive_is_told_with_the_list_and_without, 0, 2);
        tcase_add_loop_test(list, without_memory_nobody_is_told_who_is_alive, 0, 2);
        suite_add_tcase(suite, list);

        tcase_add_checked_fixture(mounts, set_up, NULL);
        tcase_add_test(mounts, of_a_mount_its_place_in_the_file_system_is_told);
        tcase_add_test(mounts, names_are_told_as_they_are);
        tcase_add_test(mounts, a_place_of_any_length_is_told);
        tcase_add_test(mounts, what_was_removed_is_told_as_such);
        tcase_add_test(mounts, all_of_a_thousand_mounts_are_told);
        tcase_add_test(mounts, whoever_asks_can_stop);
        tcase_set_timeout(mounts, 30);
        suite_add_tcase(suite, mounts);

        tcase_add_checked_fixture(not, set_up, NULL);
        tcase_add_test(not, when_the_time_is_over_nothing_is_told);
        tcase_add_test(not, as_on_linux_61_there_is_no_list);
        tcase_add_test(not, without_the_right_to_it_there_is_no_list);
        tcase_add_test(not, in_another_process_namespace_there_is_a_whole_list_or_none);
        tcase_add_test(not, in_a_users_own_namespaces_there_is_no_list);
        tcase_add_test(not, the_chrooted_are_not_told_of_half_a_namespace);
        suite_add_tcase(suite, not );
        return scratch_run(suite);
}
