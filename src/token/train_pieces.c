#include "token/train_pieces.h"

#include "base/hash.h"
#include "token/tokenizer_parts.h"

#include <stdlib.h>

/* Each as the model's own tokenizer.json writes it, and known to cy_splitter_new, which has a scanner for it. Those of tiktoken 0.14 hold
 * "++" and "{1,3}+", which Hugging Face's Oniguruma takes for something else, so they are not here. */
const struct cy_train_pattern cy_train_patterns[] = {
    {"gpt2", "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+", true},
    {"o200k",
     "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
     "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
     "\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
     false},
    {"llama3",
     "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
     false},
    {"qwen3",
     "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
     false},
    {"qwen3_5",
     "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|"
     "\\s+(?!\\S)|\\s+",
     false},
    {0},
};

const struct cy_train_pattern *cy_train_pattern_find(const char *name)
{
    for (const struct cy_train_pattern *pattern = cy_train_patterns; pattern->name != NULL; pattern++)
        if (strcmp(pattern->name, name) == 0)
            return pattern;
    return NULL;
}

/* The table of pieces, and what splits texts. */
struct cy_piece_counts {
    struct cy_arena arena; /* the splitter's */
    struct cy_splitter *splitter;
    struct cy_piece_ends ends;
    struct cy_buffer bytes; /* of all pieces end to end */
    struct cy_piece_count *pieces;
    size_t count, capacity;
    uint32_t *slots; /* hash → index + 1; a power of two */
    size_t slot_count;
};

enum { SLOTS_FIRST = 1 << 12 };

enum cy_status cy_piece_counts_new(struct cy_piece_counts **counts, const struct cy_train_pattern *pattern, struct cy_error *error)
{
    struct cy_piece_counts *made = cy_alloc_zero(1, sizeof *made);
    enum cy_status status = cy_splitter_new(&made->splitter, cy_str(pattern->pattern), &made->arena, error);
    if (status != CY_OK) {
        cy_arena_release(&made->arena);
        free(made);
        return status;
    }
    made->slot_count = SLOTS_FIRST;
    made->slots = cy_alloc_zero(made->slot_count, sizeof *made->slots);
    *counts = made;
    return CY_OK;
}

void cy_piece_counts_free(struct cy_piece_counts *counts)
{
    if (counts == NULL)
        return;
    if (counts->splitter->release != NULL)
        counts->splitter->release(counts->splitter);
    cy_arena_release(&counts->arena);
    free(counts->ends.items);
    cy_buffer_release(&counts->bytes);
    free(counts->pieces);
    free(counts->slots);
    free(counts);
}

struct cy_str cy_piece_text(const struct cy_piece_counts *counts, const struct cy_piece_count *piece)
{
    return (struct cy_str){counts->bytes.data + piece->first, piece->size};
}

const struct cy_piece_count *cy_piece_counts_all(const struct cy_piece_counts *counts, size_t *count)
{
    *count = counts->count;
    return counts->pieces;
}

static void grow_slots(struct cy_piece_counts *counts)
{
    counts->slot_count *= 2;
    free(counts->slots);
    counts->slots = cy_alloc_zero(counts->slot_count, sizeof *counts->slots);
    for (size_t i = 0; i < counts->count; i++) {
        size_t slot = counts->pieces[i].hash & (counts->slot_count - 1);
        while (counts->slots[slot] != 0)
            slot = (slot + 1) & (counts->slot_count - 1);
        counts->slots[slot] = (uint32_t)i + 1;
    }
}

static void add_piece(struct cy_piece_counts *counts, struct cy_str text, int64_t times)
{
    uint64_t hash = cy_hash64(text, 0);
    size_t slot = hash & (counts->slot_count - 1);
    for (; counts->slots[slot] != 0; slot = (slot + 1) & (counts->slot_count - 1)) {
        struct cy_piece_count *piece = &counts->pieces[counts->slots[slot] - 1];
        if (piece->hash == hash && cy_str_equal(cy_piece_text(counts, piece), text)) {
            piece->times += times;
            return;
        }
    }
    if (counts->count == counts->capacity) {
        counts->capacity = CY_MAX(2 * counts->capacity, 1024);
        counts->pieces = cy_realloc(counts->pieces, counts->capacity * sizeof *counts->pieces);
    }
    CY_ASSERT(counts->count < UINT32_MAX - 1 && text.size <= UINT32_MAX);
    counts->slots[slot] = (uint32_t)counts->count + 1;
    counts->pieces[counts->count++] =
        (struct cy_piece_count){.hash = hash, .first = counts->bytes.size, .size = (uint32_t)text.size, .times = times};
    cy_buffer_add_str(&counts->bytes, text);
    if (2 * counts->count > counts->slot_count)
        grow_slots(counts);
}

void cy_piece_counts_add(struct cy_piece_counts *counts, struct cy_str text)
{
    size_t start = 0;
    if (text.size == 0)
        return;
    counts->ends.count = 0;
    counts->splitter->run(counts->splitter, text, &counts->ends);
    for (size_t i = 0; i < counts->ends.count; start = counts->ends.items[i++])
        add_piece(counts, (struct cy_str){text.data + start, counts->ends.items[i] - start}, 1);
}

void cy_piece_counts_merge(struct cy_piece_counts *into, const struct cy_piece_counts *from)
{
    for (size_t i = 0; i < from->count; i++)
        add_piece(into, cy_piece_text(from, &from->pieces[i]), from->pieces[i].times);
}
