#include "dataset/held.h"

#include "dataset/counts.h"

#include <stdlib.h>

/* The text that the files will show of a row. */
static struct cy_str shown_text(const struct cy_dataset_options *options, const struct cy_row *row)
{
    const struct cy_verdict *verdict = &row->batch->verdicts[row->row];
    if (verdict->what == CY_KEPT)
        return row->batch->texts[row->row];
    if (verdict->excerpt.size > 0) /* it is shown in the text's place, and copied with the verdict */
        return CY_STR("");
    return cy_row_excerpt(options, row->batch, row->row, options->removed_text == CY_TEXT_FULL ? SIZE_MAX : CY_EXCERPT_BYTES);
}

uint64_t cy_held_bytes(const struct cy_dataset_options *options, const struct cy_rows *rows)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < rows->count; i++)
        bytes += CY_HELD_ROW_BYTES + shown_text(options, &rows->items[i]).size;
    return bytes;
}

static void copy_row(const struct cy_dataset_options *options, const struct cy_row *from, struct cy_batch *to)
{
    const struct cy_batch *batch = from->batch;
    struct cy_arena *arena = to->arena;
    size_t row = cy_batch_append(to);
    to->texts[row] = cy_arena_str(arena, shown_text(options, from));
    to->ids[row] = cy_arena_str(arena, batch->ids[from->row]);
    to->urls[row] = cy_arena_str(arena, batch->urls[from->row]);
    to->metadata[row] = cy_arena_str(arena, batch->metadata[from->row]);
    to->languages[row] = cy_arena_str(arena, batch->languages[from->row]);
    to->origins[row] = batch->origins[from->row];
    to->read_bytes[row] = batch->read_bytes[from->row];
    to->cut_bytes[row] = batch->cut_bytes[from->row];
    to->verdicts[row] = batch->verdicts[from->row];
    to->verdicts[row].rule = cy_arena_str(arena, to->verdicts[row].rule);
    to->verdicts[row].duplicate_of = cy_arena_str(arena, to->verdicts[row].duplicate_of);
    to->verdicts[row].excerpt = cy_arena_str(arena, to->verdicts[row].excerpt);
    for (size_t i = 0; i < to->signal_count; i++)
        to->signals[i][row] = batch->signals[i][from->row];
    for (size_t i = 0; i < to->token_count; i++)
        to->tokens[i][row] = batch->tokens[i][from->row];
}

struct cy_held *cy_held_new(const struct cy_dataset_options *options, const struct cy_rows *rows)
{
    struct cy_held *held = cy_alloc_zero(1, sizeof *held);
    const struct cy_batch *first = rows->items[0].batch;
    held->bytes = cy_held_bytes(options, rows);
    cy_batch_init(&held->batch, &held->arena, NULL, rows->count, first->signal_count, first->token_count, NULL, 0);
    for (size_t i = 0; i < rows->count; i++)
        copy_row(options, &rows->items[i], &held->batch);
    return held;
}

void cy_held_free(struct cy_held *held)
{
    while (held != NULL) {
        struct cy_held *next = held->next;
        cy_arena_release(&held->arena);
        free(held);
        held = next;
    }
}

struct cy_rows cy_held_rows(const struct cy_held *held)
{
    struct cy_rows rows = {0};
    size_t count = 0;
    for (const struct cy_held *one = held; one != NULL; one = one->next)
        count += one->batch.total_count;
    rows.items = cy_alloc(count * sizeof *rows.items);
    for (const struct cy_held *one = held; one != NULL; one = one->next)
        for (size_t row = 0; row < one->batch.total_count; row++)
            rows.items[rows.count++] = (struct cy_row){&one->batch, row};
    return rows;
}
