#include "dataset/parquet_file.h"

#include "dataset/parquet_thrift.h"

#include <stdlib.h>

const struct cy_str cy_parquet_magic = {"PAR1", 4};

/* Values of parquet.thrift. */
enum { TYPE_INT32 = 1, TYPE_INT64 = 2, TYPE_DOUBLE = 5, TYPE_BYTE_ARRAY = 6 };
enum { REQUIRED = 0, OPTIONAL = 1, REPEATED = 2 };
enum { CONVERTED_UTF8 = 0, CONVERTED_LIST = 3 };
enum { LOGICAL_STRING = 1, LOGICAL_LIST = 3 };
enum { CODEC_ZSTD = 6 };
enum { ENCODING_PLAIN = 0, ENCODING_RLE = 3, ENCODING_RLE_DICTIONARY = 8 };
enum { FORMAT_VERSION = 2 };

void cy_parquet_footer_add(struct cy_parquet_footer *footer, struct cy_parquet_group *group, uint64_t file_offset)
{
    if (footer->group_count == footer->group_capacity) {
        footer->group_capacity = CY_MAX(2 * footer->group_capacity, 8);
        footer->groups = cy_realloc(footer->groups, footer->group_capacity * sizeof *footer->groups);
    }
    for (size_t i = 0; i < group->chunk_count; i++)
        group->chunks[i].offset += file_offset;
    struct cy_parquet_group *kept = &footer->groups[footer->group_count++];
    *kept = *group;
    kept->bytes = (struct cy_buffer){0};
    footer->row_count += group->row_count;
    group->chunks = NULL;
    group->chunk_count = 0;
}

void cy_parquet_footer_release(struct cy_parquet_footer *footer)
{
    for (size_t i = 0; i < footer->group_count; i++)
        cy_parquet_group_release(&footer->groups[i]);
    free(footer->groups);
    *footer = (struct cy_parquet_footer){0};
}

/* ---- schema ---- */

/* Whether columns a and b lie in the same struct of `depth` names. */
static bool same_struct(const struct cy_parquet_column *a, const struct cy_parquet_column *b, size_t depth)
{
    if (a->depth <= depth || b->depth <= depth)
        return false;
    for (size_t i = 0; i < depth; i++)
        if (strcmp(a->path[i], b->path[i]) != 0)
            return false;
    return true;
}

/* Elements directly under the struct of `depth` names that columns[first..end) share. */
static size_t child_count(const struct cy_parquet_column *columns, size_t first, size_t end, size_t depth)
{
    size_t count = 0;
    for (size_t i = first; i < end; i++)
        count += i == first || columns[i].depth == depth + 1 || !same_struct(&columns[i - 1], &columns[i], depth + 1);
    return count;
}

/* A list is three elements, one in the other (LogicalTypes.md, "Lists"). */
enum { LIST_ELEMENTS = 3 };
static const char *const list_path[LIST_ELEMENTS - 1] = {"list", "element"};

static void print_list(struct cy_thrift *thrift, const struct cy_parquet_column *column)
{
    CY_ASSERT(column->depth == 1 && !column->optional[0]);
    cy_thrift_item_struct(thrift);
    cy_thrift_i32(thrift, 3, REQUIRED);
    cy_thrift_binary(thrift, 4, cy_str(column->path[0]));
    cy_thrift_i32(thrift, 5, 1);
    cy_thrift_i32(thrift, 6, CONVERTED_LIST);
    cy_thrift_struct(thrift, 10);
    cy_thrift_struct(thrift, LOGICAL_LIST);
    cy_thrift_end(thrift);
    cy_thrift_end(thrift);
    cy_thrift_end(thrift);
    cy_thrift_item_struct(thrift);
    cy_thrift_i32(thrift, 3, REPEATED);
    cy_thrift_binary(thrift, 4, cy_str(list_path[0]));
    cy_thrift_i32(thrift, 5, 1);
    cy_thrift_end(thrift);
    cy_thrift_item_struct(thrift);
    cy_thrift_i32(thrift, 1, TYPE_INT32);
    cy_thrift_i32(thrift, 3, REQUIRED);
    cy_thrift_binary(thrift, 4, cy_str(list_path[1]));
    cy_thrift_end(thrift);
}

static void print_leaf(struct cy_thrift *thrift, const struct cy_parquet_column *column)
{
    static const int32_t types[] = {
        [CY_PARQUET_STRING] = TYPE_BYTE_ARRAY, [CY_PARQUET_INTEGER] = TYPE_INT64, [CY_PARQUET_NUMBER] = TYPE_DOUBLE};
    cy_thrift_item_struct(thrift);
    cy_thrift_i32(thrift, 1, types[column->type]);
    cy_thrift_i32(thrift, 3, column->optional[column->depth - 1] ? OPTIONAL : REQUIRED);
    cy_thrift_binary(thrift, 4, cy_str(column->path[column->depth - 1]));
    if (column->type == CY_PARQUET_STRING) {
        cy_thrift_i32(thrift, 6, CONVERTED_UTF8);
        cy_thrift_struct(thrift, 10);
        cy_thrift_struct(thrift, LOGICAL_STRING);
        cy_thrift_end(thrift);
        cy_thrift_end(thrift);
    }
    cy_thrift_end(thrift);
}

/* The elements of columns[first..end), which share a struct of `depth` names, depth first. With thrift NULL only counts; returns how many.
 */
static size_t print_elements(struct cy_thrift *thrift, const struct cy_parquet_column *columns, size_t first, size_t end, size_t depth)
{
    size_t count = 0;
    CY_ASSERT(depth < CY_PARQUET_DEPTH_MAX);
    for (size_t i = first, next; i < end; i = next) {
        const struct cy_parquet_column *column = &columns[i];
        count++;
        next = i + 1;
        if (column->type == CY_PARQUET_LIST) {
            count += LIST_ELEMENTS - 1;
            if (thrift != NULL)
                print_list(thrift, column);
            continue;
        }
        if (column->depth == depth + 1) {
            if (thrift != NULL)
                print_leaf(thrift, column);
            continue;
        }
        while (next < end && same_struct(column, &columns[next], depth + 1))
            next++;
        if (thrift != NULL) {
            cy_thrift_item_struct(thrift);
            cy_thrift_i32(thrift, 3, column->optional[depth] ? OPTIONAL : REQUIRED);
            cy_thrift_binary(thrift, 4, cy_str(column->path[depth]));
            cy_thrift_i32(thrift, 5, (int32_t)child_count(columns, i, next, depth + 1));
            cy_thrift_end(thrift);
        }
        count += print_elements(thrift, columns, i, next, depth + 1);
    }
    return count;
}

static void print_schema(struct cy_thrift *thrift, const struct cy_parquet_schema *schema)
{
    const struct cy_parquet_column *columns = schema->columns;
    cy_thrift_list(thrift, 2, CY_THRIFT_STRUCT, 1 + print_elements(NULL, columns, 0, schema->column_count, 0));
    cy_thrift_item_struct(thrift);
    cy_thrift_binary(thrift, 4, CY_STR("schema"));
    cy_thrift_i32(thrift, 5, (int32_t)child_count(columns, 0, schema->column_count, 0));
    cy_thrift_end(thrift);
    print_elements(thrift, columns, 0, schema->column_count, 0);
}

/* ---- row groups ---- */

static void print_statistics(struct cy_thrift *thrift, const struct cy_parquet_chunk *chunk)
{
    cy_thrift_struct(thrift, 12);
    cy_thrift_i64(thrift, 3, (int64_t)chunk->null_count);
    if (chunk->has_bounds) {
        cy_thrift_binary(thrift, 5, (struct cy_str){chunk->high.bytes, chunk->high.size});
        cy_thrift_binary(thrift, 6, (struct cy_str){chunk->low.bytes, chunk->low.size});
        cy_thrift_bool(thrift, 7, chunk->high.exact);
        cy_thrift_bool(thrift, 8, chunk->low.exact);
    }
    cy_thrift_end(thrift);
}

static void print_chunk(struct cy_thrift *thrift, const struct cy_parquet_column *column, const struct cy_parquet_chunk *chunk)
{
    static const int32_t types[] = {[CY_PARQUET_STRING] = TYPE_BYTE_ARRAY,
                                    [CY_PARQUET_INTEGER] = TYPE_INT64,
                                    [CY_PARQUET_NUMBER] = TYPE_DOUBLE,
                                    [CY_PARQUET_LIST] = TYPE_INT32};
    bool list = column->type == CY_PARQUET_LIST;
    bool dictionary = chunk->dictionary_bytes > 0;
    cy_thrift_item_struct(thrift);
    cy_thrift_i64(thrift, 2, 0); /* file_offset: deprecated, "writers should set it to 0" */
    cy_thrift_struct(thrift, 3);
    cy_thrift_i32(thrift, 1, types[column->type]);
    cy_thrift_list(thrift, 2, CY_THRIFT_I32, dictionary ? 3 : 2);
    cy_thrift_item_i32(thrift, ENCODING_PLAIN);
    cy_thrift_item_i32(thrift, ENCODING_RLE);
    if (dictionary)
        cy_thrift_item_i32(thrift, ENCODING_RLE_DICTIONARY);
    cy_thrift_list(thrift, 3, CY_THRIFT_BINARY, list ? LIST_ELEMENTS : column->depth);
    for (size_t i = 0; i < column->depth; i++)
        cy_thrift_item_binary(thrift, cy_str(column->path[i]));
    for (size_t i = 0; list && i < CY_COUNT(list_path); i++)
        cy_thrift_item_binary(thrift, cy_str(list_path[i]));
    cy_thrift_i32(thrift, 4, CODEC_ZSTD);
    cy_thrift_i64(thrift, 5, (int64_t)chunk->value_count);
    cy_thrift_i64(thrift, 6, (int64_t)chunk->plain_bytes);
    cy_thrift_i64(thrift, 7, (int64_t)chunk->packed_bytes);
    cy_thrift_i64(thrift, 9, (int64_t)(chunk->offset + chunk->dictionary_bytes));
    if (dictionary)
        cy_thrift_i64(thrift, 11, (int64_t)chunk->offset);
    print_statistics(thrift, chunk);
    cy_thrift_end(thrift);
    cy_thrift_end(thrift);
}

static void print_group(struct cy_thrift *thrift, const struct cy_parquet_schema *schema, const struct cy_parquet_group *group)
{
    CY_ASSERT(group->chunk_count == schema->column_count && group->chunk_count > 0);
    uint64_t plain_bytes = 0, packed_bytes = 0;
    for (size_t i = 0; i < group->chunk_count; i++) {
        plain_bytes += group->chunks[i].plain_bytes;
        packed_bytes += group->chunks[i].packed_bytes;
    }
    cy_thrift_item_struct(thrift);
    cy_thrift_list(thrift, 1, CY_THRIFT_STRUCT, group->chunk_count);
    for (size_t i = 0; i < group->chunk_count; i++)
        print_chunk(thrift, &schema->columns[i], &group->chunks[i]);
    cy_thrift_i64(thrift, 2, (int64_t)plain_bytes);
    cy_thrift_i64(thrift, 3, (int64_t)group->row_count);
    cy_thrift_i64(thrift, 5, (int64_t)group->chunks[0].offset);
    cy_thrift_i64(thrift, 6, (int64_t)packed_bytes);
    cy_thrift_end(thrift);
}

void cy_parquet_footer_print(const struct cy_parquet_footer *footer, const struct cy_parquet_schema *schema, struct cy_buffer *out)
{
    size_t start = out->size;
    struct cy_thrift thrift = {.out = out};
    cy_thrift_i32(&thrift, 1, FORMAT_VERSION);
    print_schema(&thrift, schema);
    cy_thrift_i64(&thrift, 3, (int64_t)footer->row_count);
    cy_thrift_list(&thrift, 4, CY_THRIFT_STRUCT, footer->group_count);
    for (size_t i = 0; i < footer->group_count; i++)
        print_group(&thrift, schema, &footer->groups[i]);
    cy_thrift_binary(&thrift, 6, CY_STR("ciyuan version " CIYUAN_VERSION));
    cy_thrift_list(&thrift, 7, CY_THRIFT_STRUCT, schema->column_count);
    for (size_t i = 0; i < schema->column_count; i++) {
        cy_thrift_item_struct(&thrift); /* ColumnOrder: */
        cy_thrift_struct(&thrift, 1);   /* the order that the type defines */
        cy_thrift_end(&thrift);
        cy_thrift_end(&thrift);
    }
    cy_thrift_end(&thrift);
    uint32_t size = (uint32_t)(out->size - start);
    cy_buffer_add(out, &size, sizeof size);
    cy_buffer_add_str(out, cy_parquet_magic);
}
