#include "kernels/ngram_rows.h"

#include "base/cpu.h"

static inline bool continues(uint8_t byte)
{
    return (byte & 0xC0) == 0x80;
}

/* Appends the row of the bucket that `hash` falls into; returns the new count. */
static inline size_t push_row(const struct cy_ngram_table *table, uint32_t hash, uint32_t *rows, size_t count)
{
    uint32_t bucket = hash % table->bucket_count, bit = bucket & 31;
    uint64_t rank = table->ranks[bucket >> 5];
    rows[count] = table->row_first + (uint32_t)(rank >> 32) + (uint32_t)__builtin_popcount((uint32_t)rank & ((1u << bit) - 1));
    return count + (rank >> bit & 1);
}

/* The definition. */
static size_t ngram_rows_scalar(const struct cy_ngram_table *table, const uint8_t *word, size_t word_size, size_t first, size_t end,
                                uint32_t *rows)
{
    const size_t size = word_size + 2;
    size_t count = 0;
#define AT(place) ((place) == 0 ? '<' : (place) == size - 1 ? '>' : word[(place)-1])
    for (size_t begin = first; begin < end; begin++) {
        if (continues(AT(begin)))
            continue;
        uint32_t hash = CY_FNV_BASIS;
        size_t place = begin;
        for (uint32_t chars = 1; place < size && chars <= table->n_max; chars++) {
            do
                hash = cy_fnv_step(hash, AT(place));
            while (++place < size && continues(AT(place)));
            bool lone_bracket = chars == 1 && (begin == 0 || place == size);
            if (chars >= table->n_min && !lone_bracket)
                count = push_row(table, hash, rows, count);
        }
    }
#undef AT
    return count;
}

const struct cy_ngram_rows_variant cy_ngram_rows_variants[] = {
    {"scalar", 0, ngram_rows_scalar},
};

cy_ngram_rows_function *cy_ngram_rows_best(void)
{
    const struct cy_ngram_rows_variant *variant = cy_ngram_rows_variants;
    while ((variant->needs & ~cy_cpu_features()) != 0)
        variant++;
    return variant->run;
}
