#include "cy_test_barrier.h"

#include "base/files.h"

struct memory_barrier {
    struct cy_barrier barrier;
    const uint8_t *marks;
    size_t read_max;
    struct cy_test_removal *removals;
};

static enum cy_status read_marks(struct cy_barrier *barrier, size_t slot, uint64_t first, uint64_t count, const uint8_t **marks,
                                 uint64_t *got, __attribute__((unused)) struct cy_error *error)
{
    const struct memory_barrier *memory = barrier->engine;
    assert_true(slot < barrier->thread_count);
    assert_true(count >= 1 && first + count <= barrier->row_count);
    *marks = memory->marks + first * barrier->mark_size;
    *got = memory->read_max > 0 ? CY_MIN(count, (uint64_t)memory->read_max) : count;
    return CY_OK;
}

static enum cy_status remove_row(struct cy_barrier *barrier, uint64_t row, uint64_t kept, struct cy_str duplicate_of, const char *rule,
                                 double measured, double threshold, double similarity, __attribute__((unused)) struct cy_error *error)
{
    const struct memory_barrier *memory = barrier->engine;
    assert_true(row < barrier->row_count);
    struct cy_test_removal *removal = &memory->removals[row];
    if (removal->removed)
        fail_msg("row %llu is removed twice", (unsigned long long)row);
    assert_true((kept < row) != (kept == UINT64_MAX));
    *removal = (struct cy_test_removal){true, kept, "", rule, measured, threshold, similarity};
    snprintf(removal->duplicate_of, sizeof removal->duplicate_of, "%.*s", (int)duplicate_of.size, duplicate_of.data);
    return CY_OK;
}

/* The marks of all texts, from batches of 100 rows. */
static uint8_t *make_marks(const struct cy_operator *operator, const void * self, const struct cy_str *texts, size_t count, bool are_urls)
{
    enum { BATCH_ROWS = 100 };
    const size_t size = operator->mark_size(self);
    uint8_t *marks = cy_alloc_zero(count, size);
    struct cy_arena arena = {0};
    struct cy_scratch *scratch = cy_scratch_new();
    struct cy_error error;
    for (size_t first = 0; first < count; first += BATCH_ROWS) {
        struct cy_batch batch;
        cy_batch_init(&batch, &arena, scratch, BATCH_ROWS, 8, 0, &size, 1);
        for (size_t i = first; i < count && i < first + BATCH_ROWS; i++) {
            size_t row = cy_batch_append(&batch);
            *(are_urls ? &batch.urls[row] : &batch.texts[row]) = texts[i];
        }
        cy_expect_ok(operator->run(self, &batch, &error), error);
        memcpy(marks + first * size, batch.marks[0], batch.row_count * size);
        cy_arena_reset(&arena);
    }
    cy_scratch_free(scratch);
    cy_arena_release(&arena);
    return marks;
}

void cy_test_barrier(const char *operator_name, const char *params, const struct cy_str *texts, size_t count,
                     const struct cy_test_barrier_options *options, struct cy_test_removal *removals)
{
    const struct cy_operator *operator= cy_operator_find(cy_str(operator_name));
    struct cy_arena arena = {0};
    struct cy_error error;
    void *self = cy_test_prepare(operator_name, params, &arena);
    uint8_t *marks = make_marks(operator, self, texts, count, options->are_urls);
    memset(removals, 0, count * sizeof *removals);
    struct memory_barrier memory = {.marks = marks, .read_max = options->read_max, .removals = removals};
    memory.barrier = (struct cy_barrier){
        .row_count = count,
        .folder = cy_test_folder(),
        .memory_bytes = options->memory_bytes > 0 ? options->memory_bytes : 64 << 20,
        .thread_count = CY_MAX(options->thread_count, (size_t)1),
        .mark_size = operator->mark_size(self),
        .engine = &memory,
        .read = read_marks,
        .remove = remove_row,
    };
    cy_expect_ok(operator->barrier(self, &memory.barrier, &error), error);
    char **names;
    size_t name_count;
    cy_expect_ok(cy_list_folder(memory.barrier.folder, &arena, &names, &name_count, &error), error);
    assert_int_equal(name_count, 0);
    if (operator->release != NULL)
        operator->release(self);
    free(marks);
    cy_arena_release(&arena);
}
