/* Objects: on disk and, where an S3 can be had, there: the same tests on both. */
#include "cy_test_objects.h"

#include "base/files.h"
#include "base/threads.h"
#include "store/database.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* sha256 of "abc" (FIPS 180-2, appendix B.1) */
static const char abc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
static const char unknown[] = "0000000000000000000000000000000000000000000000000000000000000000";

CY_TEST_EACH_OBJECTS("what is put is found under its sha256: whole, in parts, as a file and by its path")
{
    struct cy_objects *objects = cy_test_objects_open(test);
    struct cy_error error;
    struct cy_arena arena = {0};
    struct cy_str content;
    char sha256[65], part[8];
    bool exists;
    uint64_t size_bytes;
    size_t read_bytes;
    int file;
    const char *path;
    cy_expect_ok(cy_objects_stat(objects, abc, &exists, &size_bytes, &error), error);
    assert_false(exists);
    cy_expect_ok(cy_objects_put_bytes(objects, CY_STR("abc"), sha256, &error), error);
    assert_string_equal(sha256, abc);
    cy_expect_ok(cy_objects_stat(objects, abc, &exists, &size_bytes, &error), error);
    assert_true(exists);
    assert_int_equal(size_bytes, 3);
    cy_expect_ok(cy_objects_read_all(objects, abc, 3, &arena, &content, &error), error);
    cy_expect_str(content, "abc");
    assert_int_equal(cy_objects_read_all(objects, abc, 2, &arena, &content, &error), CY_BAD_INPUT);
    cy_expect_ok(cy_objects_read(objects, abc, 1, part, sizeof part, &read_bytes, &error), error);
    cy_expect_str(((struct cy_str){part, read_bytes}), "bc");
    cy_expect_ok(cy_objects_read(objects, abc, 3, part, sizeof part, &read_bytes, &error), error);
    assert_int_equal(read_bytes, 0); /* at the end */
    cy_expect_ok(cy_objects_open_file(objects, abc, &file, &size_bytes, &error), error);
    assert_int_equal(size_bytes, 3);
    assert_int_equal(read(file, part, sizeof part), 3);
    close(file);
    cy_expect_ok(cy_objects_hold_path(objects, abc, &arena, &path, &error), error);
    struct cy_buffer buffer = {0};
    cy_expect_ok(cy_read_file(path, &buffer, &error), error);
    cy_expect_str(cy_buffer_str(&buffer), "abc");
    cy_objects_release_path(objects, abc);
    cy_buffer_release(&buffer);
    cy_arena_release(&arena);
    cy_objects_close(objects);
}

CY_TEST_EACH_OBJECTS("an object that is not there is the end, and a name that is no hash is refused")
{
    struct cy_objects *objects = cy_test_objects_open(test);
    struct cy_error error;
    struct cy_arena arena = {0};
    struct cy_str content;
    char byte;
    size_t read_bytes;
    uint64_t size_bytes;
    bool exists;
    int file;
    const char *path;
    assert_int_equal(cy_objects_open_file(objects, unknown, &file, &size_bytes, &error), CY_END);
    assert_int_equal(cy_objects_read(objects, unknown, 0, &byte, 1, &read_bytes, &error), CY_END);
    assert_int_equal(cy_objects_read_all(objects, unknown, 9, &arena, &content, &error), CY_END);
    assert_int_equal(cy_objects_hold_path(objects, unknown, &arena, &path, &error), CY_END);
    cy_expect_ok(cy_objects_remove(objects, unknown, &error), error);
    const char *const wrong[] = {"",
                                 "abc",
                                 "../../../../etc/passwd",
                                 "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD",
                                 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad0",
                                 "../816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"};
    for (size_t i = 0; i < CY_COUNT(wrong); i++)
        assert_int_equal(cy_objects_stat(objects, wrong[i], &exists, &size_bytes, &error), CY_BAD_INPUT);
    cy_arena_release(&arena);
    cy_objects_close(objects);
}

CY_TEST_EACH_OBJECTS("an empty object is an object, and putting one twice changes nothing")
{
    struct cy_objects *objects = cy_test_objects_open(test);
    struct cy_error error;
    struct cy_arena arena = {0};
    struct cy_str content;
    char sha256[65], again[65];
    cy_expect_ok(cy_objects_put_bytes(objects, CY_STR(""), sha256, &error), error);
    cy_expect_ok(cy_objects_put_bytes(objects, CY_STR(""), again, &error), error);
    assert_string_equal(sha256, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_string_equal(again, sha256);
    cy_expect_ok(cy_objects_read_all(objects, sha256, 0, &arena, &content, &error), error);
    assert_int_equal(content.size, 0);
    cy_arena_release(&arena);
    cy_objects_close(objects);
}

static enum cy_status add_name(void *context, const char *sha256, uint64_t size_bytes, int64_t modified_ms, struct cy_error *error)
{
    (void)error;
    assert_true(size_bytes < 10);
    assert_true(modified_ms > 1600000000000);
    cy_buffer_add(context, sha256, 64);
    cy_buffer_add_byte(context, '\n');
    return CY_OK;
}

CY_TEST_EACH_OBJECTS("all objects are listed in the order of their names, and a removed one is gone")
{
    struct cy_objects *objects = cy_test_objects_open(test);
    struct cy_error error;
    struct cy_buffer list = {0};
    enum { OBJECTS = 40 };
    char names[OBJECTS][65];
    for (int i = 0; i < OBJECTS; i++) {
        char text[8];
        snprintf(text, sizeof text, "%d", i);
        cy_expect_ok(cy_objects_put_bytes(objects, cy_str(text), names[i], &error), error);
    }
    cy_expect_ok(cy_objects_remove(objects, names[7], &error), error);
    qsort(names[8], OBJECTS - 8, 65, (int (*)(const void *, const void *))strcmp);
    cy_expect_ok(cy_objects_each(objects, add_name, &list, &error), error);
    assert_int_equal(list.size, (OBJECTS - 1) * 65);
    for (size_t at = 65; at < list.size; at += 65)
        assert_true(memcmp(list.data + at - 65, list.data + at, 64) < 0);
    cy_buffer_add_byte(&list, '\0');
    assert_null(strstr(list.data, names[7]));
    for (int i = 8; i < OBJECTS; i++)
        assert_non_null(strstr(list.data, names[i]));
    cy_buffer_release(&list);
    cy_objects_close(objects);
}

CY_TEST_EACH_OBJECTS("what was spooled and not put is dropped, or swept once it is old")
{
    struct cy_objects *objects = cy_test_objects_open(test);
    struct cy_error error;
    struct cy_spool dropped, left;
    struct cy_arena arena = {0};
    char **names;
    size_t name_count;
    const char *folder = cy_path_join(&arena, test->options.data_folder, "spool");
    cy_expect_ok(cy_spool_open(objects, &dropped, &error), error);
    cy_expect_ok(cy_spool_add(&dropped, "x", 1, &error), error);
    cy_spool_drop(&dropped);
    cy_spool_drop(&dropped);
    cy_expect_ok(cy_spool_open(objects, &left, &error), error);
    cy_expect_ok(cy_spool_add(&left, "y", 1, &error), error);
    cy_expect_ok(cy_objects_sweep_spool(objects, 60 * 1000, &error), error); /* it is young: somebody may be writing it */
    cy_expect_ok(cy_list_folder(folder, &arena, &names, &name_count, &error), error);
    assert_int_equal(name_count, 1);
    cy_expect_ok(cy_objects_sweep_spool(objects, 0, &error), error);
    cy_expect_ok(cy_list_folder(folder, &arena, &names, &name_count, &error), error);
    assert_int_equal(name_count, 0);
    cy_spool_drop(&left);
    cy_arena_release(&arena);
    cy_objects_close(objects);
}

CY_TEST_EACH_OBJECTS("many objects are put at once, those that are there already and the same one twice among them")
{
    struct cy_objects *objects = cy_test_objects_open(test);
    struct cy_error error;
    struct cy_arena arena = {0};
    struct cy_str content;
    enum { MANY = 300 };
    struct cy_str contents[MANY];
    char(*names)[65] = cy_alloc(MANY * sizeof *names), sha256[65];
    for (size_t i = 0; i < MANY; i++)
        contents[i] = cy_str(cy_arena_printf(&arena, "number %zu", i % 200)); /* a third of them twice */
    contents[7] = CY_STR("");
    cy_expect_ok(cy_objects_put_bytes(objects, contents[5], sha256, &error), error);
    cy_expect_ok(cy_objects_put_all(objects, contents, MANY, names, &error), error);
    assert_string_equal(names[5], sha256);
    assert_string_equal(names[205], sha256);
    for (size_t i = 0; i < MANY; i += 13) {
        cy_expect_ok(cy_objects_read_all(objects, names[i], 100, &arena, &content, &error), error);
        assert_true(cy_str_equal(content, contents[i]));
    }
    cy_expect_ok(cy_objects_put_all(objects, contents, 0, names, &error), error);
    free(names);
    cy_arena_release(&arena);
    cy_objects_close(objects);
}

static void put_same(void *context, size_t thread)
{
    for (int i = 0; i < 50; i++) {
        struct cy_error error;
        char text[16], sha256[65];
        snprintf(text, sizeof text, "%d", (i + (int)thread) % 50);
        cy_expect_ok(cy_objects_put_bytes(context, cy_str(text), sha256, &error), error);
    }
}

CY_TEST_EACH_OBJECTS("threads may put the same objects at the same time")
{
    struct cy_objects *objects = cy_test_objects_open(test);
    struct cy_error error;
    struct cy_buffer list = {0};
    cy_run_threads(4, put_same, objects);
    cy_expect_ok(cy_objects_each(objects, add_name, &list, &error), error);
    assert_int_equal(list.size, 50 * 65);
    cy_buffer_release(&list);
    cy_objects_close(objects);
}

struct race {
    struct cy_objects *objects;
    int64_t before_ms;
};

static void put_or_remove(void *context, size_t thread)
{
    struct race *race = context;
    struct cy_error error;
    char sha256[65];
    bool removed;
    if (thread == 0)
        cy_expect_ok(cy_objects_put_bytes(race->objects, CY_STR("abc"), sha256, &error), error);
    else
        cy_expect_ok(cy_objects_remove_old(race->objects, abc, race->before_ms, &removed, &error), error);
}

/* Long enough for a put to come between the look and the removal, if it could. */
static int remove_slowly(const char *path)
{
    nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    return cy_files_system.remove(path);
}

CY_TEST("an old object that is put again while it is being removed as garbage is there when the put has returned")
{
    const struct cy_test_objects test = cy_test_objects_disk();
    struct race race = {.objects = cy_test_objects_open(&test), .before_ms = cy_now_ms() - 1000000};
    struct cy_error error;
    struct cy_arena arena = {0};
    const char *path;
    char sha256[65];
    bool exists;
    uint64_t size_bytes;
    const struct timespec old[2] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};
    cy_expect_ok(cy_objects_put_bytes(race.objects, CY_STR("abc"), sha256, &error), error);
    cy_expect_ok(cy_objects_hold_path(race.objects, abc, &arena, &path, &error), error);
    struct cy_files slow = cy_files_system;
    slow.remove = remove_slowly;
    cy_files = &slow;
    for (int round = 0; round < 50; round++) {
        assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
        cy_run_threads(2, put_or_remove, &race);
        cy_expect_ok(cy_objects_stat(race.objects, abc, &exists, &size_bytes, &error), error);
        assert_true(exists);
    }
    cy_files = &cy_files_system;
    cy_arena_release(&arena);
    cy_objects_close(race.objects);
}

CY_TEST("objects on disk are for their owner alone, and one that another hand cut is healed by the next put")
{
    const struct cy_test_objects test = cy_test_objects_disk();
    struct cy_objects *objects = cy_test_objects_open(&test);
    struct cy_error error;
    struct cy_arena arena = {0};
    struct stat about;
    char sha256[65];
    const char *path;
    struct cy_str content;
    cy_expect_ok(cy_objects_put_bytes(objects, CY_STR("abc"), sha256, &error), error);
    cy_expect_ok(cy_objects_hold_path(objects, abc, &arena, &path, &error), error);
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    assert_int_equal(stat(cy_path_join(&arena, test.options.data_folder, "objects"), &about), 0);
    assert_int_equal(about.st_mode & 0777, 0700);
    assert_int_equal(stat(cy_path_join(&arena, test.options.data_folder, "spool"), &about), 0);
    assert_int_equal(about.st_mode & 0777, 0700);
    assert_int_equal(truncate(path, 1), 0);
    cy_expect_ok(cy_objects_put_bytes(objects, CY_STR("abc"), sha256, &error), error);
    cy_expect_ok(cy_objects_read_all(objects, abc, 10, &arena, &content, &error), error);
    cy_expect_str(content, "abc");
    cy_arena_release(&arena);
    cy_objects_close(objects);
}
