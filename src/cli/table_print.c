#include "cli/table_print.h"

#include "base/unicode.h"

#include <stdlib.h>

/* ---- widths ---- */

/* East Asian Wide and Fullwidth (UAX #11), to the block; close enough to line columns up. */
static bool is_wide(uint32_t point)
{
    return (point >= 0x1100 && point <= 0x115F) || (point >= 0x2E80 && point <= 0xA4CF && point != 0x303F) ||
           (point >= 0xAC00 && point <= 0xD7A3) || (point >= 0xF900 && point <= 0xFAFF) || (point >= 0xFE30 && point <= 0xFE6F) ||
           (point >= 0xFF00 && point <= 0xFF60) || (point >= 0xFFE0 && point <= 0xFFE6) || (point >= 0x1F300 && point <= 0x1FAFF) ||
           (point >= 0x20000 && point <= 0x3FFFD);
}

static size_t point_columns(uint32_t point)
{
    if (cy_is_mark(point) || cy_category(point) == CY_CF)
        return 0;
    return is_wide(point) ? 2 : 1;
}

size_t cy_text_columns(struct cy_str text)
{
    size_t columns = 0;
    for (const char *at = text.data, *end = text.data + text.size; at < end;)
        columns += point_columns(cy_utf8_decode(&at, end));
    return columns;
}

/* ---- cells ---- */

void cy_print_table_init(struct cy_print_table *table, size_t column_count, const bool *right, size_t cell_chars_max)
{
    *table = (struct cy_print_table){.column_count = column_count, .right = right, .cell_chars_max = cell_chars_max};
}

/* What is shown of a cell: on one line, valid UTF-8, cut. */
static struct cy_str shown(struct cy_print_table *table, struct cy_str cell)
{
    struct cy_buffer text = {0};
    size_t columns = 0;
    for (const char *at = cell.data, *end = cell.data + cell.size; at < end;) {
        uint32_t point = cy_utf8_decode(&at, end);
        if (cy_category(point) == CY_CC || cy_category(point) == CY_ZL || cy_category(point) == CY_ZP)
            point = ' ';
        columns += point_columns(point);
        char bytes[4];
        if (columns > table->cell_chars_max - (at < end)) {
            cy_buffer_add_text(&text, "…");
            break;
        }
        cy_buffer_add(&text, bytes, cy_utf8_encode(point, bytes));
    }
    struct cy_str copy = cy_arena_str(&table->arena, cy_buffer_str(&text));
    cy_buffer_release(&text);
    return copy;
}

void cy_print_table_add(struct cy_print_table *table, struct cy_str cell)
{
    if (table->cell_count == table->cell_capacity) {
        table->cell_capacity = CY_MAX(table->cell_capacity * 2, 64);
        table->cells = cy_realloc(table->cells, table->cell_capacity * sizeof *table->cells);
    }
    table->cells[table->cell_count++] = shown(table, cell);
}

/* ---- printing ---- */

static void measure(struct cy_print_table *table)
{
    table->widths = cy_alloc_zero(CY_MAX(table->column_count, 1), sizeof *table->widths);
    for (size_t i = 0; i < table->cell_count; i++) {
        size_t *width = &table->widths[i % table->column_count];
        *width = CY_MAX(*width, cy_text_columns(table->cells[i]));
    }
}

static void print_spaces(FILE *out, size_t count)
{
    for (; count > 0; count--)
        fputc(' ', out);
}

void cy_print_table_flush(struct cy_print_table *table, FILE *out)
{
    bool with_head = table->widths == NULL;
    if (with_head)
        measure(table);
    for (size_t i = 0; i + table->column_count <= table->cell_count; i += table->column_count) {
        for (size_t column = 0; column < table->column_count; column++) {
            struct cy_str cell = table->cells[i + column];
            size_t columns = cy_text_columns(cell), space = table->widths[column] > columns ? table->widths[column] - columns : 0;
            if (table->right[column])
                print_spaces(out, space);
            fwrite(cell.data, 1, cell.size, out);
            if (column + 1 < table->column_count)
                print_spaces(out, (table->right[column] ? 0 : space) + 2);
        }
        fputc('\n', out);
        if (with_head && i == 0) {
            for (size_t column = 0; column < table->column_count; column++) {
                for (size_t j = 0; j < table->widths[column]; j++)
                    fputs("─", out);
                fputs(column + 1 < table->column_count ? "  " : "\n", out);
            }
        }
    }
    table->cell_count = 0;
    cy_arena_reset(&table->arena);
}

void cy_print_table_release(struct cy_print_table *table)
{
    free(table->cells);
    free(table->widths);
    cy_arena_release(&table->arena);
}
