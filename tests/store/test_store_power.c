/* A machine that loses its power or its room: what was acknowledged is there afterwards. */
#include "cy_disk.h"
#include "cy_test_objects.h"
#include "cy_test_store.h"
#include "cy_test_vfs.h"

#include "base/files.h"
#include "base/hash.h"
#include "base/threads.h"

#include <errno.h>
#include <stdatomic.h>
#include <sqlite3.h>

/* ---- the database ---- */

enum { WRITERS = 4, ROWS_MAX = 400 };

struct run {
    struct cy_store *store;
    atomic_bool is_acknowledged[WRITERS][ROWS_MAX];
    bool expects_full; /* stops at a full disk only */
};

struct row {
    size_t writer, number;
};

static enum cy_status add_row(struct cy_database *database, void *context, struct cy_error *error)
{
    const struct row *row = context;
    char name[32], filler[600];
    snprintf(name, sizeof name, "%zu-%zu", row->writer, row->number);
    memset(filler, 'x', sizeof filler); /* some rows a page: pages are split, the log grows fast */
    return cy_database_run_text(database, "row_add", "INSERT INTO rows (name, filler) VALUES ($1, $2)",
                                (const struct cy_value[]){cy_value_text(cy_str(name)), cy_value_text((struct cy_str){filler, 600})}, 2,
                                NULL, NULL, error);
}

static enum cy_status make_rows(struct cy_database *database, void *context, struct cy_error *error)
{
    (void)context;
    return cy_database_script(database, "rows", "CREATE TABLE rows (name TEXT PRIMARY KEY, filler TEXT NOT NULL)", error);
}

static void write_until_error(void *context, size_t thread)
{
    struct run *run = context;
    for (size_t number = 0; number < ROWS_MAX; number++) {
        struct cy_error error;
        struct row row = {thread, number};
        enum cy_status status = cy_store_write(run->store, 0, add_row, &row, &error);
        if (status != CY_OK) {
            if (run->expects_full && strstr(error.message, "the disk is full") == NULL)
                fail_msg("not a full disk: %s", error.message);
            return;
        }
        run->is_acknowledged[thread][number] = true;
    }
}

static size_t expect_acknowledged(const struct run *run, struct cy_store *store)
{
    struct cy_error error;
    struct cy_arena arena = {0};
    struct cy_database *reader;
    struct cy_result result;
    size_t count = 0;
    cy_expect_ok(cy_store_reader(store, &reader, &error), error);
    cy_expect_ok(cy_database_run_text(reader, "check", "PRAGMA integrity_check", NULL, 0, &arena, &result, &error), error);
    cy_expect_str(cy_result_text(&result, 0, 0), "ok");
    for (size_t writer = 0; writer < WRITERS; writer++)
        for (size_t number = 0; number < ROWS_MAX; number++) {
            if (!run->is_acknowledged[writer][number])
                continue;
            char name[32];
            snprintf(name, sizeof name, "%zu-%zu", writer, number);
            struct cy_value value = cy_value_text(cy_str(name));
            cy_expect_ok(cy_database_run_text(reader, "row", "SELECT 1 FROM rows WHERE name = $1", &value, 1, &arena, &result, &error),
                         error);
            if (result.row_count != 1)
                fail_msg("row %s was acknowledged and is lost", name);
            count++;
        }
    cy_store_reader_back(store, reader);
    cy_arena_release(&arena);
    return count;
}

CY_TEST("SQLite that loses power at any write keeps every acknowledged commit")
{
    enum { ROUNDS = 60 };
    uint64_t seed = cy_test_seed();
    size_t acknowledged = 0;
    for (int round = 0; round < ROUNDS; round++) {
        struct cy_test_store test = cy_test_store_sqlite();
        struct run *run = cy_alloc_zero(1, sizeof *run);
        struct cy_error error;
        uint64_t calls_max = 1 + cy_test_random(&seed) % (round % 10 == 0 ? 40 : 3000);
        cy_test_vfs_begin(calls_max, UINT64_MAX);
        bool has_table = false;
        if (cy_store_open(&run->store, &test.options, &error) == CY_OK) {
            has_table = cy_store_write(run->store, 0, make_rows, NULL, &error) == CY_OK;
            cy_run_threads(WRITERS, write_until_error, run);
            cy_store_close(run->store);
        }
        cy_test_vfs_lose_power(cy_test_random(&seed));
        cy_test_vfs_end();
        struct cy_store *store = cy_test_store_open(&test);
        if (has_table)
            acknowledged += expect_acknowledged(run, store);
        cy_store_close(store);
        free(run);
    }
    assert_true(acknowledged > 0);
}

CY_TEST("a full disk is told as such, what was acknowledged stays, and writing goes on when there is room")
{
    uint64_t seed = cy_test_seed();
    for (int round = 0; round < 5; round++) {
        struct cy_test_store test = cy_test_store_sqlite();
        struct run *run = cy_alloc_zero(1, sizeof *run);
        struct cy_error error;
        run->expects_full = true;
        cy_test_vfs_begin(UINT64_MAX, 1500000 + cy_test_random(&seed) % 500000);
        run->store = cy_test_store_open(&test);
        cy_expect_ok(cy_store_write(run->store, 0, make_rows, NULL, &error), error);
        cy_run_threads(WRITERS, write_until_error, run);
        struct row late = {WRITERS, 0};
        assert_int_equal(cy_store_write(run->store, 0, add_row, &late, &error), CY_IO);
        assert_non_null(strstr(error.message, "the disk is full"));
        assert_non_null(strstr(error.hint, "make room"));
        size_t before = expect_acknowledged(run, run->store);
        assert_true(before > 0);
        cy_test_vfs_make_room();
        cy_expect_ok(cy_store_write(run->store, 0, add_row, &late, &error), error);
        assert_int_equal(expect_acknowledged(run, run->store), before);
        cy_store_close(run->store);
        cy_test_vfs_end();
        struct cy_store *store = cy_test_store_open(&test);
        assert_int_equal(expect_acknowledged(run, store), before);
        assert_int_equal(cy_test_count(store, "SELECT count(*) FROM rows WHERE name = '4-0'"), 1);
        cy_store_close(store);
        free(run);
    }
}

/* ---- objects ---- */

enum { OBJECTS = 120 };

static struct cy_str object_text(int number, char text[3000])
{
    size_t size = (size_t)(number * 24);
    memset(text, 'a' + number % 26, size);
    memcpy(text, &number, sizeof number);
    return (struct cy_str){text, CY_MAX(size, sizeof number)};
}

static enum cy_status expect_whole(void *context, const char *sha256, uint64_t size_bytes, int64_t modified_ms, struct cy_error *error)
{
    (void)modified_ms;
    const char *path;
    char found[65];
    uint64_t found_bytes;
    struct cy_arena arena = {0};
    cy_expect_ok(cy_objects_hold_path(context, sha256, &arena, &path, error), *error);
    cy_expect_ok(cy_sha256_file(path, NULL, found, &found_bytes, error), *error);
    assert_int_equal(found_bytes, size_bytes);
    assert_string_equal(found, sha256);
    cy_objects_release_path(context, sha256);
    cy_arena_release(&arena);
    return CY_OK;
}

static enum cy_status put_ten(struct cy_objects *objects, int first, char (*sha256)[65])
{
    char texts[10][3000];
    struct cy_str contents[10];
    struct cy_error error;
    for (int i = 0; i < 10; i++)
        contents[i] = object_text(first + i, texts[i]);
    return cy_objects_put_all(objects, contents, 10, sha256, &error);
}

CY_TEST("a disk that loses power keeps every acknowledged object, and none that is not whole")
{
    uint64_t seed = cy_test_seed();
    for (int round = 0; round < 20; round++) {
        const struct cy_test_objects test = cy_test_objects_disk();
        struct cy_objects *objects;
        struct cy_error error;
        struct cy_arena arena = {0};
        char text[3000], sha256[OBJECTS][65];
        int count = 0;
        cy_disk_begin(cy_test_random(&seed),
                      1 + cy_test_random(&seed) % (round % 5 == 0 ? 300 : 260 + OBJECTS * 6)); /* opening makes 256 folders */
        if (cy_objects_open(&objects, &test.options, &error) == CY_OK) {
            if (round % 2 == 0) {
                while (count < OBJECTS && cy_objects_put_bytes(objects, object_text(count, text), sha256[count], &error) == CY_OK)
                    count++;
            } else {
                while (count < OBJECTS && put_ten(objects, count, &sha256[count]) == CY_OK)
                    count += 10;
            }
            cy_objects_close(objects);
        }
        cy_disk_lose_power();
        cy_disk_end();
        objects = cy_test_objects_open(&test);
        for (int i = 0; i < count; i++) {
            struct cy_str content, expected = object_text(i, text);
            cy_expect_ok(cy_objects_read_all(objects, sha256[i], 3000, &arena, &content, &error), error);
            assert_true(cy_str_equal(content, expected));
        }
        cy_expect_ok(cy_objects_each(objects, expect_whole, objects, &error), error);
        cy_expect_ok(cy_objects_sweep_spool(objects, 0, &error), error);
        cy_objects_close(objects);
        cy_arena_release(&arena);
    }
}

static int64_t room_bytes; /* of the disk below */

static ssize_t write_with_room(int file, const void *data, size_t size_bytes)
{
    if (room_bytes <= 0) {
        errno = ENOSPC;
        return -1;
    }
    size_bytes = CY_MIN(size_bytes, (size_t)room_bytes);
    room_bytes -= (int64_t)size_bytes;
    return cy_files_system.write(file, data, size_bytes);
}

CY_TEST("a full disk refuses an object with a clear error, and leaves nothing of it behind")
{
    const struct cy_test_objects test = cy_test_objects_disk();
    struct cy_objects *objects = cy_test_objects_open(&test);
    struct cy_error error;
    struct cy_arena arena = {0};
    struct cy_str content;
    char **names, sha256[65], other[65];
    size_t name_count;
    cy_expect_ok(cy_objects_put_bytes(objects, CY_STR("what was there before"), sha256, &error), error);
    struct cy_files small = cy_files_system;
    small.write = write_with_room;
    room_bytes = 5;
    cy_files = &small;
    enum cy_status status = cy_objects_put_bytes(objects, CY_STR("too long for the room"), other, &error);
    cy_files = &cy_files_system;
    assert_int_equal(status, CY_IO);
    assert_non_null(strstr(error.message, strerror(ENOSPC)));
    assert_non_null(strstr(error.hint, "make room"));
    cy_expect_ok(cy_list_folder(cy_path_join(&arena, test.options.data_folder, "spool"), &arena, &names, &name_count, &error), error);
    assert_int_equal(name_count, 0);
    cy_expect_ok(cy_objects_read_all(objects, sha256, 100, &arena, &content, &error), error);
    cy_expect_str(content, "what was there before");
    cy_arena_release(&arena);
    cy_objects_close(objects);
}
