#include "dataset/jsonl_rows.h"

#include "kernels/json_escape.h"

#include <libdeflate.h>
#include <math.h>
#include <yyjson.h>
#include <zstd.h>

enum {
    GZIP_LEVEL = 5, /* libdeflate's; within half a percent of zlib's default, at 1.3 times the speed of 6 (bench/dataset.md) */
    ZSTD_LEVEL = 3, /* zstd's default */
};

/* ---- values ---- */

void cy_jsonl_add_string(struct cy_buffer *out, struct cy_str text)
{
    enum { BLOCK_BYTES = 32 * 1024 }; /* escaped at a time: room is needed for all of it to be escapes */
    cy_json_escape_function *escape = cy_json_escape_best();
    cy_buffer_add_byte(out, '"');
    for (size_t at = 0; at < text.size; at += BLOCK_BYTES) {
        size_t size = CY_MIN(text.size - at, BLOCK_BYTES);
        cy_buffer_reserve(out, CY_JSON_ESCAPE_GROWTH * size + CY_JSON_ESCAPE_SPARE);
        out->size += escape(out->data + out->size, text.data + at, size);
    }
    cy_buffer_add_byte(out, '"');
}

static void add_integer(struct cy_buffer *out, int64_t value)
{
    char digits[24];
    size_t at = sizeof digits;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do
        digits[--at] = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    if (value < 0)
        digits[--at] = '-';
    cy_buffer_add(out, digits + at, sizeof digits - at);
}

void cy_jsonl_add_number(struct cy_buffer *out, double value)
{
    const double whole_max = 1e15; /* whole numbers up to here are exact and have at most 16 digits */
    if (!isfinite(value)) {
        cy_buffer_add_text(out, "null");
        return;
    }
    if (fabs(value) < whole_max && value == (double)(int64_t)value && !(value == 0 && signbit(value))) {
        add_integer(out, (int64_t)value);
        cy_buffer_add(out, ".0", 2);
        return;
    }
    char memory[1024]; /* yyjson asks for some 40 bytes */
    yyjson_alc pool;
    CY_ASSERT(yyjson_alc_pool_init(&pool, memory, sizeof memory));
    yyjson_val number = {0};
    unsafe_yyjson_set_real(&number, value);
    size_t size;
    const char *text = yyjson_val_write_opts(&number, YYJSON_WRITE_NOFLAG, &pool, &size, NULL);
    CY_ASSERT(text != NULL);
    cy_buffer_add(out, text, size);
}

static void add_optional(struct cy_buffer *out, struct cy_str text, bool optional)
{
    if (optional && text.size == 0)
        cy_buffer_add_text(out, "null");
    else
        cy_jsonl_add_string(out, text);
}

static void add_key(struct cy_buffer *out, const char *name)
{
    cy_jsonl_add_string(out, cy_str(name));
    cy_buffer_add_byte(out, ':');
}

/* ---- rows ---- */

/* ,"tokens":{…} from column `at` on; returns the first column after it. */
static size_t add_tokens(const struct cy_table *table, size_t at, const struct cy_row *row, struct cy_buffer *out)
{
    cy_buffer_add_text(out, ",\"tokens\":{");
    for (size_t first = at; at < table->parquet.column_count && table->columns[at].field == CY_FIELD_TOKENS; at++) {
        if (at > first)
            cy_buffer_add_byte(out, ',');
        add_key(out, table->parquet.columns[at].path[1]);
        int64_t count = cy_field_integer(&table->columns[at], row);
        if (count < 0)
            cy_buffer_add_text(out, "null");
        else
            add_integer(out, count);
    }
    cy_buffer_add_byte(out, '}');
    return at;
}

/* "step":{…} or "step":null, for the step whose first column is `at`. */
static void add_step(const struct cy_table *table, size_t at, const struct cy_row *row, struct cy_buffer *out)
{
    const struct cy_table_column *column = &table->columns[at];
    add_key(out, table->parquet.columns[at].path[1]);
    if (!cy_row_reached(column, row)) {
        cy_buffer_add_text(out, "null");
        return;
    }
    for (size_t i = 0; i < column->signal_count; i++) {
        cy_buffer_add_byte(out, i == 0 ? '{' : ',');
        add_key(out, table->parquet.columns[at + i].path[2]);
        cy_jsonl_add_number(out, cy_field_number(&table->columns[at + i], row));
    }
    cy_buffer_add_byte(out, '}');
}

static size_t add_signals(const struct cy_table *table, size_t at, const struct cy_row *row, struct cy_buffer *out)
{
    cy_buffer_add_text(out, ",\"signals\":{");
    for (size_t first = at; at < table->parquet.column_count && table->columns[at].field == CY_FIELD_SIGNAL;
         at += table->columns[at].signal_count) {
        if (at > first)
            cy_buffer_add_byte(out, ',');
        add_step(table, at, row, out);
    }
    cy_buffer_add_byte(out, '}');
    return at;
}

static void print_row(const struct cy_table *table, const struct cy_row *row, struct cy_buffer *out)
{
    for (size_t at = 0; at < table->parquet.column_count;) {
        const struct cy_parquet_column *column = &table->parquet.columns[at];
        const struct cy_table_column *field = &table->columns[at];
        if (field->field == CY_FIELD_TOKENS) {
            at = add_tokens(table, at, row, out);
            continue;
        }
        if (field->field == CY_FIELD_SIGNAL) {
            at = add_signals(table, at, row, out);
            continue;
        }
        cy_buffer_add_byte(out, at == 0 ? '{' : ',');
        add_key(out, column->path[0]);
        if (column->type == CY_PARQUET_STRING)
            add_optional(out, cy_field_text(table, field->field, row), column->optional[0]);
        else
            add_integer(out, cy_field_integer(field, row));
        at++;
    }
    cy_buffer_add(out, "}\n", 2);
}

void cy_jsonl_print(const struct cy_table *documents, const struct cy_rows *rows, struct cy_buffer *out)
{
    for (size_t i = 0; i < rows->count; i++)
        print_row(documents, &rows->items[i], out);
}

/* ---- compression ---- */

static struct cy_buffer pack_gzip(struct cy_str in, int level)
{
    struct libdeflate_compressor *deflate = libdeflate_alloc_compressor(level);
    struct cy_buffer out = {0};
    CY_ASSERT(deflate != NULL);
    cy_buffer_reserve(&out, libdeflate_gzip_compress_bound(deflate, in.size));
    out.size = libdeflate_gzip_compress(deflate, in.data, in.size, out.data, out.capacity);
    CY_ASSERT(out.size > 0);
    libdeflate_free_compressor(deflate);
    return out;
}

static struct cy_buffer pack_zstd(struct cy_str in, int level)
{
    struct cy_buffer out = {0};
    cy_buffer_reserve(&out, ZSTD_compressBound(in.size));
    out.size = ZSTD_compress(out.data, out.capacity, in.data, in.size, level);
    CY_ASSERT(!ZSTD_isError(out.size));
    return out;
}

void cy_jsonl_pack(enum cy_dataset_format format, int level, struct cy_buffer *lines)
{
    if (format != CY_DATASET_JSONL_GZ && format != CY_DATASET_JSONL_ZST)
        return;
    bool gzip = format == CY_DATASET_JSONL_GZ;
    int effort = level != 0 ? level : gzip ? GZIP_LEVEL : ZSTD_LEVEL;
    struct cy_buffer packed = gzip ? pack_gzip(cy_buffer_str(lines), effort) : pack_zstd(cy_buffer_str(lines), effort);
    cy_buffer_release(lines);
    *lines = packed;
}
