#include "document/batch.h"

#include <math.h>
#include <stdlib.h>

/* ---- scratch ---- */

struct scratch_entry {
    const void *owner;
    void *object;
    void (*free_object)(void *object);
};

struct cy_scratch {
    struct scratch_entry *entries; /* few: one or two a step */
    size_t entry_count;
};

static void *make_buffer(const void *context)
{
    (void)context;
    return cy_alloc_zero(1, sizeof(struct cy_buffer));
}

static void free_buffer(void *object)
{
    cy_buffer_release(object);
    free(object);
}

struct cy_buffer *cy_scratch_buffer(struct cy_scratch *scratch, const void *owner)
{
    return cy_scratch_get(scratch, owner, make_buffer, NULL, free_buffer);
}

struct cy_scratch *cy_scratch_new(void)
{
    return cy_alloc_zero(1, sizeof(struct cy_scratch));
}

void *cy_scratch_get(struct cy_scratch *scratch, const void *owner, void *(*make)(const void *context), const void *context,
                     void (*free_object)(void *object))
{
    for (size_t i = 0; i < scratch->entry_count; i++)
        if (scratch->entries[i].owner == owner)
            return scratch->entries[i].object;
    void *object = make(context);
    scratch->entries = cy_realloc(scratch->entries, (scratch->entry_count + 1) * sizeof *scratch->entries);
    scratch->entries[scratch->entry_count++] = (struct scratch_entry){owner, object, free_object};
    return object;
}

void cy_scratch_free(struct cy_scratch *scratch)
{
    if (scratch == NULL)
        return;
    for (size_t i = 0; i < scratch->entry_count; i++)
        if (scratch->entries[i].free_object != NULL)
            scratch->entries[i].free_object(scratch->entries[i].object);
    free(scratch->entries);
    free(scratch);
}

/* ---- columns ---- */

static void *grown(struct cy_batch *batch, const void *old, size_t item_bytes, size_t capacity)
{
    void *column = cy_arena_alloc(batch->arena, capacity * item_bytes);
    if (batch->total_count > 0)
        memcpy(column, old, batch->total_count * item_bytes);
    return column;
}

static void set_capacity(struct cy_batch *batch, size_t capacity)
{
    batch->texts = grown(batch, batch->texts, sizeof *batch->texts, capacity);
    batch->ids = grown(batch, batch->ids, sizeof *batch->ids, capacity);
    batch->urls = grown(batch, batch->urls, sizeof *batch->urls, capacity);
    batch->media_types = grown(batch, batch->media_types, sizeof *batch->media_types, capacity);
    batch->metadata = grown(batch, batch->metadata, sizeof *batch->metadata, capacity);
    batch->languages = grown(batch, batch->languages, sizeof *batch->languages, capacity);
    batch->origins = grown(batch, batch->origins, sizeof *batch->origins, capacity);
    batch->verdicts = grown(batch, batch->verdicts, sizeof *batch->verdicts, capacity);
    batch->read_bytes = grown(batch, batch->read_bytes, sizeof *batch->read_bytes, capacity);
    batch->cut_bytes = grown(batch, batch->cut_bytes, sizeof *batch->cut_bytes, capacity);
    batch->words = grown(batch, batch->words, sizeof *batch->words, capacity);
    for (size_t i = 0; i < batch->signal_count; i++)
        batch->signals[i] = grown(batch, batch->signals[i], sizeof(double), capacity);
    for (size_t i = 0; i < batch->token_count; i++)
        batch->tokens[i] = grown(batch, batch->tokens[i], sizeof(int64_t), capacity);
    for (size_t i = 0; i < batch->mark_count; i++)
        batch->marks[i] = grown(batch, batch->marks[i], batch->mark_sizes[i], capacity);
    batch->row_capacity = capacity;
}

void cy_batch_init(struct cy_batch *batch, struct cy_arena *arena, struct cy_scratch *scratch, size_t row_capacity, size_t signal_count,
                   size_t token_count, const size_t *mark_sizes, size_t mark_count)
{
    *batch = (struct cy_batch){.arena = arena,
                               .scratch = scratch,
                               .signal_count = signal_count,
                               .token_count = token_count,
                               .mark_count = mark_count,
                               .step = CY_STEP_READ};
    batch->signals = cy_arena_alloc(arena, signal_count * sizeof *batch->signals);
    batch->tokens = cy_arena_alloc(arena, token_count * sizeof *batch->tokens);
    batch->marks = cy_arena_alloc(arena, mark_count * sizeof *batch->marks);
    batch->mark_sizes = cy_arena_alloc(arena, mark_count * sizeof *batch->mark_sizes);
    if (mark_count > 0)
        memcpy(batch->mark_sizes, mark_sizes, mark_count * sizeof *mark_sizes);
    set_capacity(batch, CY_MAX(row_capacity, 1));
}

size_t cy_batch_append(struct cy_batch *batch)
{
    CY_ASSERT(batch->row_count == batch->total_count);
    if (batch->total_count == batch->row_capacity)
        set_capacity(batch, batch->row_capacity * 2);
    size_t row = batch->total_count++;
    batch->row_count++;
    const struct cy_str none = {"", 0};
    batch->texts[row] = batch->ids[row] = batch->urls[row] = batch->media_types[row] = batch->metadata[row] = batch->languages[row] = none;
    batch->origins[row] = (struct cy_origin){0};
    batch->verdicts[row] = (struct cy_verdict){.what = CY_KEPT,
                                               .step = CY_STEP_READ,
                                               .rule = none,
                                               .measured = NAN,
                                               .threshold = NAN,
                                               .duplicate_of = none,
                                               .similarity = NAN,
                                               .excerpt = none};
    batch->read_bytes[row] = batch->cut_bytes[row] = 0;
    batch->words[row] = NULL;
    for (size_t i = 0; i < batch->signal_count; i++)
        batch->signals[i][row] = NAN;
    for (size_t i = 0; i < batch->token_count; i++)
        batch->tokens[i][row] = -1;
    for (size_t i = 0; i < batch->mark_count; i++)
        memset(batch->marks[i] + row * batch->mark_sizes[i], 0, batch->mark_sizes[i]);
    return row;
}

double *cy_batch_signal(struct cy_batch *batch, size_t index)
{
    CY_ASSERT(batch->step_signal_first + index < batch->signal_count);
    return batch->signals[batch->step_signal_first + index];
}

int64_t *cy_batch_tokens(struct cy_batch *batch)
{
    CY_ASSERT(batch->step_token_first < batch->token_count);
    return batch->tokens[batch->step_token_first];
}

/* ---- verdicts ---- */

static void judge(struct cy_batch *batch, size_t row, enum cy_fate what, struct cy_str rule, double measured, double threshold)
{
    struct cy_verdict *verdict = &batch->verdicts[row];
    CY_ASSERT(row < batch->row_count);
    if (verdict->what != CY_KEPT)
        return;
    verdict->what = what;
    verdict->step = batch->step;
    verdict->rule = rule;
    verdict->measured = measured;
    verdict->threshold = threshold;
}

void cy_batch_remove(struct cy_batch *batch, size_t row, const char *rule, double measured, double threshold)
{
    judge(batch, row, CY_REMOVED, cy_str(rule), measured, threshold);
}

void cy_batch_remove_hidden(struct cy_batch *batch, size_t row, const char *rule, double measured, double threshold, struct cy_str masked)
{
    if (batch->verdicts[row].what == CY_KEPT)
        batch->verdicts[row].excerpt = masked.size > 0 ? masked : CY_STR("***"); /* empty would mean: show the text */
    judge(batch, row, CY_REMOVED, cy_str(rule), measured, threshold);
}

void cy_batch_unreadable(struct cy_batch *batch, size_t row, const char *reason)
{
    judge(batch, row, CY_UNREADABLE, cy_str(reason), NAN, NAN);
}

void cy_batch_unreadable_at(struct cy_batch *batch, size_t row, const char *reason, double byte)
{
    judge(batch, row, CY_UNREADABLE, cy_str(reason), byte, NAN);
}

void cy_batch_skip(struct cy_batch *batch, size_t row, struct cy_str type)
{
    judge(batch, row, CY_SKIPPED, type, NAN, NAN);
}

/* Reorders one column: order[new] = old. `spare` holds total_count items. */
static void permute(void *column, size_t item_bytes, const uint32_t *order, size_t first, size_t count, void *spare)
{
    char *from = column, *to = spare;
    for (size_t i = first; i < count; i++)
        memcpy(to + i * item_bytes, from + (size_t)order[i] * item_bytes, item_bytes);
    memcpy(from + first * item_bytes, to + first * item_bytes, (count - first) * item_bytes);
}

void cy_batch_compact(struct cy_batch *batch)
{
    size_t count = batch->row_count, alive = 0, first = 0;
    while (first < count && batch->verdicts[first].what == CY_KEPT)
        first++;
    if (first == count)
        return;
    uint32_t *order = cy_arena_alloc(batch->arena, count * sizeof *order);
    for (size_t row = 0; row < count; row++)
        if (batch->verdicts[row].what == CY_KEPT)
            order[alive++] = (uint32_t)row;
    size_t gone = alive;
    for (size_t row = 0; row < count; row++)
        if (batch->verdicts[row].what != CY_KEPT)
            order[gone++] = (uint32_t)row;
    size_t item_bytes_max = sizeof(struct cy_verdict);
    for (size_t i = 0; i < batch->mark_count; i++)
        item_bytes_max = CY_MAX(item_bytes_max, batch->mark_sizes[i]);
    void *spare = cy_arena_alloc(batch->arena, count * item_bytes_max);
    permute(batch->texts, sizeof *batch->texts, order, first, count, spare);
    permute(batch->ids, sizeof *batch->ids, order, first, count, spare);
    permute(batch->urls, sizeof *batch->urls, order, first, count, spare);
    permute(batch->media_types, sizeof *batch->media_types, order, first, count, spare);
    permute(batch->metadata, sizeof *batch->metadata, order, first, count, spare);
    permute(batch->languages, sizeof *batch->languages, order, first, count, spare);
    permute(batch->origins, sizeof *batch->origins, order, first, count, spare);
    permute(batch->verdicts, sizeof *batch->verdicts, order, first, count, spare);
    permute(batch->read_bytes, sizeof *batch->read_bytes, order, first, count, spare);
    permute(batch->cut_bytes, sizeof *batch->cut_bytes, order, first, count, spare);
    permute(batch->words, sizeof *batch->words, order, first, count, spare);
    for (size_t i = 0; i < batch->signal_count; i++)
        permute(batch->signals[i], sizeof(double), order, first, count, spare);
    for (size_t i = 0; i < batch->token_count; i++)
        permute(batch->tokens[i], sizeof(int64_t), order, first, count, spare);
    for (size_t i = 0; i < batch->mark_count; i++)
        permute(batch->marks[i], batch->mark_sizes[i], order, first, count, spare);
    batch->row_count = alive;
}
