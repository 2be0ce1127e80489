#include "dataset/parquet_group.h"

#include "base/hash.h"
#include "dataset/parquet_levels.h"
#include "dataset/parquet_thrift.h"

#include <libdeflate.h>
#include <stdlib.h>
#include <zstd.h>

enum {
    PAGE_BYTES = 1 << 20,            /* a page closes at the value that reaches this: what a reader unpacks to see one value */
    DICTIONARY_BYTES_MAX = 1 << 20,  /* a larger dictionary costs more than it saves */
    DICTIONARY_VALUES_MAX = 1 << 15, /* the same */
};

enum { PAGE_DATA = 0, PAGE_DICTIONARY = 2 };                                /* parquet.thrift, PageType */
enum { ENCODING_PLAIN = 0, ENCODING_RLE = 3, ENCODING_RLE_DICTIONARY = 8 }; /* parquet.thrift, Encoding */

struct cy_parquet_encoder {
    ZSTD_CCtx *zstd;
    struct cy_buffer body, packed, head;
    struct cy_buffer levels;  /* uint32_t, those of the page */
    struct cy_buffer indices; /* uint32_t, of the column's values that are there */
    struct cy_buffer slots;   /* uint32_t, hash table over the dictionary: index + 1 */
    struct cy_buffer entries; /* struct cy_str, the dictionary in the order in which values came first */
};

/* A column on its way. */
struct column_run {
    struct cy_parquet_encoder *encoder;
    const struct cy_parquet_column *column;
    const struct cy_parquet_values *values;
    size_t row_count;
    unsigned level_max;
    struct cy_buffer *out;
    struct cy_parquet_chunk *chunk;
};

unsigned cy_parquet_level_max(const struct cy_parquet_column *column)
{
    unsigned level = 0;
    for (size_t i = 0; i < column->depth; i++)
        level += column->optional[i];
    return level;
}

struct cy_parquet_encoder *cy_parquet_encoder_new(int zstd_level)
{
    struct cy_parquet_encoder *encoder = cy_alloc_zero(1, sizeof *encoder);
    encoder->zstd = ZSTD_createCCtx();
    CY_ASSERT(encoder->zstd != NULL);
    ZSTD_CCtx_setParameter(encoder->zstd, ZSTD_c_compressionLevel, zstd_level);
    return encoder;
}

void cy_parquet_encoder_free(struct cy_parquet_encoder *encoder)
{
    if (encoder == NULL)
        return;
    ZSTD_freeCCtx(encoder->zstd);
    cy_buffer_release(&encoder->body);
    cy_buffer_release(&encoder->packed);
    cy_buffer_release(&encoder->head);
    cy_buffer_release(&encoder->levels);
    cy_buffer_release(&encoder->indices);
    cy_buffer_release(&encoder->slots);
    cy_buffer_release(&encoder->entries);
    free(encoder);
}

/* ---- pages ---- */

static bool is_there(const struct column_run *run, size_t row)
{
    return run->values->levels == NULL || run->values->levels[row] == run->level_max;
}

/* Compresses encoder->body and appends the page. */
static void add_page(const struct column_run *run, int type, size_t value_count, int encoding)
{
    struct cy_parquet_encoder *encoder = run->encoder;
    size_t body_size = encoder->body.size;
    CY_ASSERT(body_size <= INT32_MAX);
    cy_buffer_clear(&encoder->packed);
    cy_buffer_reserve(&encoder->packed, ZSTD_compressBound(body_size));
    size_t packed_size = ZSTD_compress2(encoder->zstd, encoder->packed.data, encoder->packed.capacity, encoder->body.data, body_size);
    CY_ASSERT(!ZSTD_isError(packed_size));

    cy_buffer_clear(&encoder->head);
    struct cy_thrift thrift = {.out = &encoder->head};
    cy_thrift_i32(&thrift, 1, type);
    cy_thrift_i32(&thrift, 2, (int32_t)body_size);
    cy_thrift_i32(&thrift, 3, (int32_t)packed_size);
    cy_thrift_i32(&thrift, 4, (int32_t)libdeflate_crc32(0, encoder->packed.data, packed_size));
    cy_thrift_struct(&thrift, type == PAGE_DATA ? 5 : 7);
    cy_thrift_i32(&thrift, 1, (int32_t)value_count);
    cy_thrift_i32(&thrift, 2, encoding);
    if (type == PAGE_DATA) {
        cy_thrift_i32(&thrift, 3, ENCODING_RLE); /* definition levels */
        cy_thrift_i32(&thrift, 4, ENCODING_RLE); /* repetition levels, which only lists have */
    }
    cy_thrift_end(&thrift);
    cy_thrift_end(&thrift);

    cy_buffer_add(run->out, encoder->head.data, encoder->head.size);
    cy_buffer_add(run->out, encoder->packed.data, packed_size);
    run->chunk->plain_bytes += encoder->head.size + body_size;
    run->chunk->packed_bytes += encoder->head.size + packed_size;
    cy_buffer_clear(&encoder->body);
}

/* The levels of rows [first, end), behind their size. Nothing where no value can be NULL. */
static void add_levels(const struct column_run *run, size_t first, size_t end)
{
    if (run->level_max == 0)
        return;
    struct cy_parquet_encoder *encoder = run->encoder;
    cy_buffer_clear(&encoder->levels);
    cy_buffer_reserve(&encoder->levels, (end - first) * sizeof(uint32_t));
    uint32_t *levels = (uint32_t *)(void *)encoder->levels.data;
    for (size_t row = first; row < end; row++)
        levels[row - first] = run->values->levels == NULL ? run->level_max : run->values->levels[row];
    size_t size_at = encoder->body.size;
    cy_buffer_add(&encoder->body, &(uint32_t){0}, sizeof(uint32_t));
    cy_add_rle_hybrid(&encoder->body, levels, end - first, cy_bit_width(run->level_max));
    uint32_t size = (uint32_t)(encoder->body.size - size_at - sizeof(uint32_t));
    memcpy(encoder->body.data + size_at, &size, sizeof size); /* little-endian, as this machine is */
}

static void add_string(struct cy_buffer *out, struct cy_str text)
{
    uint32_t size = (uint32_t)text.size;
    cy_buffer_reserve(out, sizeof size + text.size);
    memcpy(out->data + out->size, &size, sizeof size);
    if (text.size > 0)
        memcpy(out->data + out->size + sizeof size, text.data, text.size);
    out->size += sizeof size + text.size;
}

/* Bytes of a row's value in the PLAIN encoding. */
static size_t plain_size(const struct column_run *run, size_t row)
{
    if (!is_there(run, row))
        return 0;
    return run->column->type == CY_PARQUET_STRING ? sizeof(uint32_t) + run->values->strings[row].size : sizeof(int64_t);
}

static void add_plain(const struct column_run *run, size_t first, size_t end)
{
    struct cy_buffer *body = &run->encoder->body;
    const struct cy_parquet_values *values = run->values;
    for (size_t row = first; row < end; row++) {
        if (!is_there(run, row))
            continue;
        if (run->column->type == CY_PARQUET_STRING)
            add_string(body, values->strings[row]);
        else if (run->column->type == CY_PARQUET_INTEGER)
            cy_buffer_add(body, &values->integers[row], sizeof(int64_t));
        else
            cy_buffer_add(body, &values->numbers[row], sizeof(double));
    }
}

static void add_plain_pages(const struct column_run *run)
{
    for (size_t first = 0, end; first < run->row_count; first = end) {
        size_t size = 0;
        for (end = first; end < run->row_count && size < PAGE_BYTES; end++)
            size += plain_size(run, end);
        cy_buffer_reserve(&run->encoder->body, size);
        add_levels(run, first, end);
        add_plain(run, first, end);
        add_page(run, PAGE_DATA, end - first, ENCODING_PLAIN);
    }
}

/* ---- lists ---- */

enum { LIST_LEVEL_MAX = 1 }; /* of either kind: the list is required, and so are its items */

static uint64_t list_first(const struct column_run *run, size_t row)
{
    return row > 0 ? run->values->item_ends[row - 1] : 0;
}

/* How many levels a row has: one an item, and one for an empty list. */
static size_t list_levels(const struct column_run *run, size_t row)
{
    return CY_MAX((size_t)(run->values->item_ends[row] - list_first(run, row)), 1);
}

/* Appends encoder->levels, which are 0 or 1, behind their size. */
static void add_list_levels(struct cy_parquet_encoder *encoder)
{
    size_t size_at = encoder->body.size;
    cy_buffer_add(&encoder->body, &(uint32_t){0}, sizeof(uint32_t));
    cy_add_rle_hybrid(&encoder->body, (const uint32_t *)(const void *)encoder->levels.data, encoder->levels.size / sizeof(uint32_t),
                      LIST_LEVEL_MAX);
    uint32_t size = (uint32_t)(encoder->body.size - size_at - sizeof(uint32_t));
    memcpy(encoder->body.data + size_at, &size, sizeof size);
}

/* The page of rows [first, end), level_count levels. */
static void add_list_page(const struct column_run *run, size_t first, size_t end, size_t level_count)
{
    struct cy_parquet_encoder *encoder = run->encoder;
    uint64_t item_first = list_first(run, first), item_end = run->values->item_ends[end - 1];
    cy_buffer_clear(&encoder->levels);
    cy_buffer_reserve(&encoder->levels, level_count * sizeof(uint32_t));
    encoder->levels.size = level_count * sizeof(uint32_t);
    uint32_t *levels = (uint32_t *)(void *)encoder->levels.data;
    for (size_t row = first, at = 0; row < end; at += list_levels(run, row++))
        for (size_t i = 0, count = list_levels(run, row); i < count; i++)
            levels[at + i] = i > 0;
    add_list_levels(encoder);
    for (size_t row = first, at = 0; row < end; at += list_levels(run, row++))
        for (size_t i = 0, count = list_levels(run, row); i < count; i++)
            levels[at + i] = run->values->item_ends[row] > list_first(run, row);
    add_list_levels(encoder);
    cy_buffer_add(&encoder->body, run->values->items + item_first, (item_end - item_first) * sizeof *run->values->items);
    add_page(run, PAGE_DATA, level_count, ENCODING_PLAIN);
    run->chunk->value_count += level_count;
}

static void add_list_pages(const struct column_run *run)
{
    for (size_t first = 0, end; first < run->row_count; first = end) {
        size_t level_count = 0;
        for (end = first; end < run->row_count && level_count * sizeof(int32_t) < PAGE_BYTES; end++)
            level_count += list_levels(run, end);
        add_list_page(run, first, end, level_count);
    }
}

/* ---- dictionary ---- */

/* Finds or adds `text`; its index, or UINT32_MAX when the dictionary is full. */
static uint32_t dictionary_index(struct cy_parquet_encoder *encoder, struct cy_str text, size_t *dictionary_bytes)
{
    uint32_t *slots = (uint32_t *)(void *)encoder->slots.data;
    struct cy_str *entries = (struct cy_str *)(void *)encoder->entries.data;
    size_t mask = 2 * DICTIONARY_VALUES_MAX - 1;
    size_t slot = cy_hash64(text, 0) & mask;
    for (; slots[slot] != 0; slot = (slot + 1) & mask)
        if (cy_str_equal(entries[slots[slot] - 1], text))
            return slots[slot] - 1;
    size_t count = encoder->entries.size / sizeof(struct cy_str);
    *dictionary_bytes += sizeof(uint32_t) + text.size;
    if (count == DICTIONARY_VALUES_MAX || *dictionary_bytes > DICTIONARY_BYTES_MAX)
        return UINT32_MAX;
    cy_buffer_add(&encoder->entries, &text, sizeof text);
    slots[slot] = (uint32_t)count + 1;
    return (uint32_t)count;
}

/* Fills encoder->indices; false when a dictionary does not pay: too large, or fewer than two uses an entry. */
static bool make_dictionary(const struct column_run *run)
{
    struct cy_parquet_encoder *encoder = run->encoder;
    size_t slots_bytes = 2 * DICTIONARY_VALUES_MAX * sizeof(uint32_t), dictionary_bytes = 0;
    cy_buffer_clear(&encoder->slots);
    cy_buffer_reserve(&encoder->slots, slots_bytes);
    memset(encoder->slots.data, 0, slots_bytes);
    cy_buffer_clear(&encoder->entries);
    cy_buffer_clear(&encoder->indices);
    for (size_t row = 0; row < run->row_count; row++) {
        if (!is_there(run, row))
            continue;
        uint32_t index = dictionary_index(encoder, run->values->strings[row], &dictionary_bytes);
        if (index == UINT32_MAX)
            return false;
        cy_buffer_add(&encoder->indices, &index, sizeof index);
    }
    size_t entry_count = encoder->entries.size / sizeof(struct cy_str), value_count = encoder->indices.size / sizeof(uint32_t);
    return value_count >= 2 * entry_count && value_count > 0;
}

static void add_dictionary_pages(const struct column_run *run)
{
    struct cy_parquet_encoder *encoder = run->encoder;
    const struct cy_str *entries = (const struct cy_str *)(const void *)encoder->entries.data;
    size_t entry_count = encoder->entries.size / sizeof(struct cy_str);
    for (size_t i = 0; i < entry_count; i++)
        add_string(&encoder->body, entries[i]);
    add_page(run, PAGE_DICTIONARY, entry_count, ENCODING_PLAIN);
    run->chunk->dictionary_bytes = run->chunk->packed_bytes;

    /* One data page: an index takes at most 15 bits, so a group of any sensible size stays near PAGE_BYTES. */
    unsigned bit_width = CY_MAX(cy_bit_width((uint32_t)entry_count - 1), 1); /* 0 is allowed, but not every reader takes it */
    add_levels(run, 0, run->row_count);
    cy_buffer_add_byte(&encoder->body, (uint8_t)bit_width);
    cy_add_rle_hybrid(&encoder->body, (const uint32_t *)(const void *)encoder->indices.data, encoder->indices.size / sizeof(uint32_t),
                      bit_width);
    add_page(run, PAGE_DATA, run->row_count, ENCODING_RLE_DICTIONARY);
}

/* ---- statistics ---- */

static size_t cut_at_code_point(struct cy_str text, size_t size_max)
{
    size_t size = CY_MIN(text.size, size_max);
    while (size < text.size && size > 0 && ((uint8_t)text.data[size] & 0xC0) == 0x80)
        size--;
    return size;
}

/* Bytes of the code point whose last byte is at[-1], for UTF-8. */
static size_t last_point_size(const char *at)
{
    size_t size = 1;
    while (((uint8_t)at[-(ptrdiff_t)size] & 0xC0) == 0x80)
        size++;
    return size;
}

/* The code point after the one of `size` bytes at `point`, of the same size; false when there is none. UTF-8 sorts as its code points do.
 */
static bool next_point(char *point, size_t size)
{
    uint8_t *bytes = (uint8_t *)point;
    if (size == 1)
        return bytes[0] < 0x7F ? (bytes[0]++, true) : false;
    for (size_t i = size; i-- > 1;) {
        if (bytes[i] < 0xBF) {
            bytes[i]++;
            return !(bytes[0] == 0xED && bytes[1] > 0x9F) && !(bytes[0] == 0xF4 && bytes[1] > 0x8F); /* no surrogate, no end of Unicode */
        }
        bytes[i] = 0x80;
    }
    static const uint8_t lead_max[] = {0, 0, 0xDF, 0xEF, 0xF4};
    return bytes[0] < lead_max[size] ? (bytes[0]++, true) : false;
}

static bool string_low(struct cy_parquet_bound *bound, struct cy_str text)
{
    bound->size = (uint8_t)cut_at_code_point(text, CY_PARQUET_BOUND_BYTES);
    bound->exact = bound->size == text.size;
    if (bound->size > 0)
        memcpy(bound->bytes, text.data, bound->size);
    return true;
}

/* A string that is cut sorts before the whole, so its last code point is raised; where that cannot be, the one before it. */
static bool string_high(struct cy_parquet_bound *bound, struct cy_str text)
{
    string_low(bound, text);
    if (bound->exact)
        return true;
    while (bound->size > 0) {
        size_t size = last_point_size(bound->bytes + bound->size);
        if (next_point(bound->bytes + bound->size - size, size))
            return true;
        bound->size -= (uint8_t)size;
    }
    return false;
}

static void set_bound(struct cy_parquet_bound *bound, const void *value)
{
    memcpy(bound->bytes, value, sizeof(int64_t));
    bound->size = sizeof(int64_t);
    bound->exact = true;
}

/* Nulls, and the rows of the least and the greatest value; false when there is no value. */
static bool find_bounds(const struct column_run *run, size_t *low, size_t *high)
{
    const struct cy_parquet_values *values = run->values;
    bool found = false;
    for (size_t row = 0; row < run->row_count; row++) {
        if (!is_there(run, row)) {
            run->chunk->null_count++;
            continue;
        }
        if (!found) {
            *low = *high = row;
            found = true;
            continue;
        }
        switch (run->column->type) {
        case CY_PARQUET_STRING:
            if (run->column->bounds && cy_str_compare(values->strings[row], values->strings[*low]) < 0)
                *low = row;
            else if (run->column->bounds && cy_str_compare(values->strings[row], values->strings[*high]) > 0)
                *high = row;
            break;
        case CY_PARQUET_INTEGER:
            *low = values->integers[row] < values->integers[*low] ? row : *low;
            *high = values->integers[row] > values->integers[*high] ? row : *high;
            break;
        case CY_PARQUET_NUMBER:
            *low = values->numbers[row] < values->numbers[*low] ? row : *low;
            *high = values->numbers[row] > values->numbers[*high] ? row : *high;
            break;
        case CY_PARQUET_LIST:
            break;
        }
    }
    return found;
}

static void set_statistics(const struct column_run *run)
{
    struct cy_parquet_chunk *chunk = run->chunk;
    size_t low = 0, high = 0;
    if (!find_bounds(run, &low, &high) || !run->column->bounds)
        return;
    switch (run->column->type) {
    case CY_PARQUET_STRING:
        chunk->has_bounds = string_low(&chunk->low, run->values->strings[low]) && string_high(&chunk->high, run->values->strings[high]);
        break;
    case CY_PARQUET_INTEGER:
        set_bound(&chunk->low, &run->values->integers[low]);
        set_bound(&chunk->high, &run->values->integers[high]);
        chunk->has_bounds = true;
        break;
    case CY_PARQUET_NUMBER: {
        /* parquet.thrift, ColumnOrder: a zero must be -0 as the least and +0 as the greatest, for readers that tell them apart. */
        double least = run->values->numbers[low], greatest = run->values->numbers[high];
        set_bound(&chunk->low, &(double){least == 0 ? -0.0 : least});
        set_bound(&chunk->high, &(double){greatest == 0 ? 0.0 : greatest});
        chunk->has_bounds = true;
        break;
    }
    case CY_PARQUET_LIST:
        break;
    }
}

/* ---- groups ---- */

void cy_parquet_group_init(struct cy_parquet_group *group, size_t column_count, uint64_t row_count)
{
    *group = (struct cy_parquet_group){.row_count = row_count};
    group->chunks = cy_alloc_zero(column_count, sizeof *group->chunks);
}

void cy_parquet_group_add(struct cy_parquet_group *group, struct cy_parquet_encoder *encoder, const struct cy_parquet_column *column,
                          const struct cy_parquet_values *values)
{
    struct cy_parquet_chunk *chunk = &group->chunks[group->chunk_count++];
    chunk->offset = group->bytes.size;
    const struct column_run run = {.encoder = encoder,
                                   .column = column,
                                   .values = values,
                                   .row_count = group->row_count,
                                   .level_max = cy_parquet_level_max(column),
                                   .out = &group->bytes,
                                   .chunk = chunk};
    cy_buffer_clear(&encoder->body);
    if (column->type == CY_PARQUET_LIST) {
        add_list_pages(&run);
        return;
    }
    chunk->value_count = group->row_count;
    set_statistics(&run);
    if (column->dictionary && column->type == CY_PARQUET_STRING && make_dictionary(&run))
        add_dictionary_pages(&run);
    else
        add_plain_pages(&run);
}

void cy_parquet_group_release(struct cy_parquet_group *group)
{
    cy_buffer_release(&group->bytes);
    free(group->chunks);
    *group = (struct cy_parquet_group){0};
}
