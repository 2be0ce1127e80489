#include "cy_test.h"

#include "base/files.h"
#include "base/sort.h"

static size_t compared_size;

static int compare_records(const void *a, const void *b)
{
    return memcmp(a, b, compared_size);
}

/* Sorts random records through cy_sort in uneven portions, and by qsort; the two must be the same bytes. alphabet: values a byte takes. */
static void check_sort(size_t record_size, size_t count, unsigned alphabet, int64_t memory_bytes, size_t thread_count)
{
    uint64_t random = cy_test_seed();
    uint8_t *expected = cy_alloc(count * record_size);
    for (size_t i = 0; i < count * record_size; i++)
        expected[i] = (uint8_t)(cy_test_random(&random) % alphabet);
    const char *folder = cy_test_folder();
    struct cy_sort *sort;
    struct cy_error error;
    cy_sort_open(&sort, folder, "records", record_size, memory_bytes, thread_count);
    for (size_t i = 0; i < count;) {
        size_t portion = 1 + cy_test_random(&random) % 3000, some = CY_MIN(portion, count - i);
        cy_expect_ok(cy_sort_add(sort, expected + i * record_size, some, &error), error);
        i += some;
    }
    cy_expect_ok(cy_sort_finish(sort, &error), error);
    compared_size = record_size;
    qsort(expected, count, record_size, compare_records);

    const uint8_t *record;
    for (size_t i = 0; i < count; i++) {
        cy_expect_ok(cy_sort_next(sort, &record, &error), error);
        if (memcmp(record, expected + i * record_size, record_size) != 0)
            fail_msg("record %zu of %zu (%zu bytes each) differs from qsort's", i, count, record_size);
    }
    assert_int_equal(cy_sort_next(sort, &record, &error), CY_END);
    assert_int_equal(cy_sort_count(sort), count);
    cy_sort_close(sort);

    struct cy_arena arena = {0};
    char **names;
    size_t name_count;
    cy_expect_ok(cy_list_folder(folder, &arena, &names, &name_count, &error), error);
    assert_int_equal(name_count, 0); /* close leaves no run behind */
    cy_arena_release(&arena);
    free(expected);
}

CY_TEST("sort gives what qsort gives, for every record size from 1 to 40 and for the largest, when memory holds all")
{
    for (size_t size = 1; size <= 40; size++)
        check_sort(size, 3000, 256, 1 << 20, 1);
    check_sort(CY_SORT_RECORD_BYTES_MAX, 300, 256, 1 << 20, 1);
}

CY_TEST("sort gives what qsort gives when runs are spilled, merged once and merged twice, on one and several threads")
{
    check_sort(16, 50000, 256, 256 * 1024, 1); /* 800 KB: 7 runs, 4 at once */
    check_sort(16, 100000, 256, 64 * 1024, 3); /* 49 runs, 2 at once */
    check_sort(13, 100000, 256, 512 * 1024, 2);
    check_sort(24, 40000, 256, 300 * 1024, 2);
    check_sort(448, 2000, 256, 64 * 1024, 2);
}

CY_TEST("sort keeps every one of many equal records, and goes past prefixes that all records share")
{
    check_sort(16, 60000, 1, 1 << 22, 3); /* all equal */
    check_sort(16, 60000, 2, 1 << 22, 3);
    check_sort(3, 60000, 4, 64 * 1024, 2);
    check_sort(24, 60000, 2, 1 << 24, 4);
}

CY_TEST("sort of nothing is nothing, and of one record that record")
{
    check_sort(16, 0, 256, 1 << 20, 2);
    check_sort(16, 1, 256, 1 << 20, 2);
}

CY_TEST("sort orders big-endian integers as numbers")
{
    struct cy_sort *sort;
    struct cy_error error;
    const uint64_t numbers[] = {1ull << 40, 255, 256, 0, UINT64_MAX, 3};
    const uint64_t in_order[] = {0, 3, 255, 256, 1ull << 40, UINT64_MAX};
    cy_sort_open(&sort, cy_test_folder(), "numbers", 8, 1 << 20, 1);
    for (size_t i = 0; i < CY_COUNT(numbers); i++) {
        uint8_t record[8];
        cy_store_big_u64(record, numbers[i]);
        cy_expect_ok(cy_sort_add(sort, record, 1, &error), error);
    }
    cy_expect_ok(cy_sort_finish(sort, &error), error);
    const uint8_t *records;
    size_t count;
    cy_expect_ok(cy_sort_next_many(sort, &records, &count, &error), error);
    assert_int_equal(count, CY_COUNT(numbers));
    for (size_t i = 0; i < count; i++)
        assert_int_equal(cy_load_big_u64(records + 8 * i), in_order[i]);
    cy_sort_close(sort);
}

CY_TEST("sort says which file it cannot make when its folder is not there")
{
    struct cy_sort *sort;
    struct cy_error error = {0};
    cy_sort_open(&sort, "/nonexistent-folder", "records", 16, 64 * 1024, 1);
    uint8_t block[16 * 4096] = {0};
    assert_int_equal(cy_sort_add(sort, block, 4096, &error), CY_IO);
    assert_non_null(strstr(error.message, "/nonexistent-folder/records-0.run"));
    cy_sort_close(sort);
}
