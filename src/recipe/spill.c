#include "recipe/spill.h"

#include "base/hash.h"

#include <stdlib.h>
#include <zstd.h>

enum { MAGIC = 0x31425943, /* "CYB1" */ LEVEL = -12 /* measured beside -3 and 1: the quickest that still halves English text */ };

struct cy_spill_packer {
    ZSTD_CCtx *context;
    struct cy_buffer raw;
};

struct cy_spill_packer *cy_spill_packer_new(void)
{
    struct cy_spill_packer *packer = cy_alloc_zero(1, sizeof *packer);
    packer->context = ZSTD_createCCtx();
    CY_ASSERT(packer->context != NULL);
    return packer;
}

void cy_spill_packer_free(struct cy_spill_packer *packer)
{
    if (packer == NULL)
        return;
    ZSTD_freeCCtx(packer->context);
    cy_buffer_release(&packer->raw);
    free(packer);
}

/* The string columns of every row, in the order they are written. */
enum { TEXT_COLUMNS = 6 };
static struct cy_str **text_column(struct cy_batch *batch, size_t index)
{
    struct cy_str **columns[TEXT_COLUMNS] = {&batch->ids,      &batch->urls,      &batch->media_types,
                                             &batch->metadata, &batch->languages, &batch->texts};
    return columns[index];
}

/* The numbers of a verdict; its strings follow as columns of the rows that are gone. */
struct verdict_numbers {
    double measured, threshold, similarity;
    uint32_t what, step;
};
enum { VERDICT_TEXTS = 3 };
static struct cy_str *verdict_text(struct cy_verdict *verdict, size_t index)
{
    return index == 0 ? &verdict->rule : index == 1 ? &verdict->duplicate_of : &verdict->excerpt;
}

static void pack_texts(struct cy_buffer *out, const struct cy_str *texts, size_t count)
{
    cy_buffer_reserve(out, count * sizeof(uint32_t));
    for (size_t row = 0; row < count; row++) {
        uint32_t size = (uint32_t)texts[row].size;
        cy_buffer_add(out, &size, sizeof size);
    }
    for (size_t row = 0; row < count; row++)
        cy_buffer_add_str(out, texts[row]);
}

/* What is kept of each row's text, and how much is left out. */
static void pack_cuts(struct cy_buffer *out, const struct cy_batch *batch, size_t gone_text_max, struct cy_str *shown)
{
    for (size_t row = 0; row < batch->total_count; row++) {
        shown[row] = batch->texts[row];
        if (row >= batch->row_count)
            shown[row].size = CY_MIN(shown[row].size, gone_text_max);
        uint64_t cut_bytes = cy_batch_text_bytes(batch, row) - shown[row].size;
        cy_buffer_add(out, &cut_bytes, sizeof cut_bytes);
    }
}

void cy_spill_pack(struct cy_spill_packer *packer, const struct cy_batch *batch, size_t gone_text_max, struct cy_buffer *out)
{
    struct cy_buffer *raw = &packer->raw;
    size_t count = batch->total_count;
    cy_buffer_clear(raw);
    cy_buffer_add(raw, batch->origins, count * sizeof *batch->origins);
    cy_buffer_add(raw, batch->read_bytes, count * sizeof *batch->read_bytes);
    struct cy_str *shown = cy_arena_alloc(batch->arena, count * sizeof *shown);
    pack_cuts(raw, batch, gone_text_max, shown);
    for (size_t i = 0; i < batch->signal_count; i++)
        cy_buffer_add(raw, batch->signals[i], count * sizeof(double));
    for (size_t i = 0; i < batch->token_count; i++)
        cy_buffer_add(raw, batch->tokens[i], count * sizeof(int64_t));
    for (size_t i = 0; i < TEXT_COLUMNS; i++)
        pack_texts(raw, i + 1 < TEXT_COLUMNS ? *text_column((struct cy_batch *)batch, i) : shown, count);
    for (size_t row = batch->row_count; row < count; row++) {
        const struct cy_verdict *verdict = &batch->verdicts[row];
        struct verdict_numbers numbers = {verdict->measured, verdict->threshold, verdict->similarity, verdict->what, verdict->step};
        cy_buffer_add(raw, &numbers, sizeof numbers);
        for (size_t i = 0; i < VERDICT_TEXTS; i++)
            pack_texts(raw, verdict_text((struct cy_verdict *)verdict, i), 1);
    }
    CY_ASSERT(raw->size < UINT32_MAX);
    struct cy_spill_head head = {
        .magic = MAGIC, .raw_bytes = (uint32_t)raw->size, .row_count = (uint32_t)batch->row_count, .total_count = (uint32_t)count};
    for (size_t row = 0; row < batch->row_count; row++)
        head.text_bytes += batch->texts[row].size;
    size_t bound = ZSTD_compressBound(raw->size);
    cy_buffer_reserve(out, sizeof head + bound);
    char *packed = out->data + out->size + sizeof head;
    size_t size = ZSTD_compressCCtx(packer->context, packed, bound, raw->data, raw->size, LEVEL);
    CY_ASSERT(!ZSTD_isError(size));
    head.packed_bytes = (uint32_t)size;
    head.checksum = cy_hash64((struct cy_str){packed, size}, 0);
    memcpy(out->data + out->size, &head, sizeof head);
    out->size += sizeof head + size;
}

/* ---- unpacking ---- */

struct cursor {
    const char *at;
    size_t left;
};

static bool take(struct cursor *cursor, void *to, size_t size_bytes)
{
    if (cursor->left < size_bytes)
        return false;
    if (size_bytes > 0)
        memcpy(to, cursor->at, size_bytes);
    cursor->at += size_bytes;
    cursor->left -= size_bytes;
    return true;
}

/* Strings stay where they are in the raw bytes, which the arena owns. */
static bool take_texts(struct cursor *cursor, struct cy_str *texts, size_t count)
{
    if (cursor->left / sizeof(uint32_t) < count)
        return false;
    const char *sizes = cursor->at;
    cursor->at += count * sizeof(uint32_t);
    cursor->left -= count * sizeof(uint32_t);
    for (size_t row = 0; row < count; row++) {
        size_t size = cy_load_u32(sizes + row * sizeof(uint32_t));
        if (cursor->left < size)
            return false;
        texts[row] = (struct cy_str){cursor->at, size};
        cursor->at += size;
        cursor->left -= size;
    }
    return true;
}

static bool take_rows(struct cursor *cursor, const struct cy_spill_head *head, struct cy_batch *batch)
{
    size_t count = head->total_count;
    bool good = take(cursor, batch->origins, count * sizeof *batch->origins) &&
                take(cursor, batch->read_bytes, count * sizeof *batch->read_bytes) &&
                take(cursor, batch->cut_bytes, count * sizeof *batch->cut_bytes);
    for (size_t i = 0; good && i < batch->signal_count; i++)
        good = take(cursor, batch->signals[i], count * sizeof(double));
    for (size_t i = 0; good && i < batch->token_count; i++)
        good = take(cursor, batch->tokens[i], count * sizeof(int64_t));
    for (size_t i = 0; good && i < TEXT_COLUMNS; i++)
        good = take_texts(cursor, *text_column(batch, i), count);
    for (size_t row = head->row_count; good && row < count; row++) {
        struct cy_verdict *verdict = &batch->verdicts[row];
        struct verdict_numbers numbers = {0};
        good = take(cursor, &numbers, sizeof numbers);
        *verdict = (struct cy_verdict){.what = good ? (enum cy_fate)numbers.what : CY_REMOVED,
                                       .step = numbers.step,
                                       .measured = numbers.measured,
                                       .threshold = numbers.threshold,
                                       .similarity = numbers.similarity};
        for (size_t i = 0; good && i < VERDICT_TEXTS; i++)
            good = take_texts(cursor, verdict_text(verdict, i), 1);
    }
    return good && cursor->left == 0;
}

enum cy_status cy_spill_unpack(const struct cy_spill_head *head, const void *packed, struct cy_batch *batch, struct cy_error *error)
{
    CY_ASSERT(batch->total_count == 0);
    bool good = head->magic == MAGIC && head->row_count <= head->total_count &&
                cy_hash64((struct cy_str){packed, head->packed_bytes}, 0) == head->checksum;
    if (good) {
        char *raw = cy_arena_alloc(batch->arena, head->raw_bytes);
        good = ZSTD_decompress(raw, head->raw_bytes, packed, head->packed_bytes) == head->raw_bytes;
        for (uint32_t row = 0; good && row < head->total_count; row++)
            cy_batch_append(batch);
        batch->row_count = head->row_count;
        good = good && take_rows(&(struct cursor){raw, head->raw_bytes}, head, batch);
    }
    if (good)
        return CY_OK;
    cy_error_set(error, CY_FAILED, "a block of the work folder is damaged");
    return cy_error_hint(error, "run again with --restart to forget the work folder");
}
