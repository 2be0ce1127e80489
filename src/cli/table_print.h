/* A table on a terminal: columns as wide as what they hold, numbers to the right, wide characters counted as two. */
#ifndef CY_CLI_TABLE_PRINT_H
#define CY_CLI_TABLE_PRINT_H

#include "base/arena.h"

#include <stdio.h>

struct cy_print_table {
    struct cy_arena arena; /* the cells */
    size_t column_count;
    const bool *right; /* [column]: numbers */
    size_t cell_chars_max;
    struct cy_str *cells; /* row by row; the head first */
    size_t cell_count;
    size_t cell_capacity;
    size_t *widths; /* fixed by the first print; NULL before */
};

/* Cells are cut at cell_chars_max columns of the terminal, with "…". `right` is borrowed. */
void cy_print_table_init(struct cy_print_table *table, size_t column_count, const bool *right, size_t cell_chars_max);
/* Appends a cell, left to right, row by row; copied. Control characters become spaces. */
void cy_print_table_add(struct cy_print_table *table, struct cy_str cell);
/* Prints the rows added so far and forgets them; widths stay as the first rows needed them. */
void cy_print_table_flush(struct cy_print_table *table, FILE *out);
void cy_print_table_release(struct cy_print_table *table);

/* Columns of a terminal that the text takes: 0 for marks, 2 for East Asian wide characters. */
size_t cy_text_columns(struct cy_str text);

#endif
