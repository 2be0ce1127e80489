#include "token/splitter.h"

#include <stdlib.h>

void cy_piece_ends_add(struct cy_piece_ends *ends, uint32_t end)
{
    if (ends->count == ends->capacity) {
        ends->capacity = CY_MAX(2 * ends->capacity, (size_t)256);
        ends->items = cy_realloc(ends->items, ends->capacity * sizeof *ends->items);
    }
    ends->items[ends->count++] = end;
}

/* ---- known patterns ---- */

#define GPT2_WORDS " ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+"
#define SPACES "\\s+(?!\\S)|\\s+"
#define CONTRACTIONS "'s|'t|'re|'ve|'m|'ll|'d"
#define O200K_UPPER "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]"
#define O200K_LOWER "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]"

static const struct {
    const char *pattern;
    struct cy_scan scan;
} known[] = {
    {CONTRACTIONS "|" GPT2_WORDS "|" SPACES, {CY_SCAN_GPT2}},
    {"'(?:[sdmt]|ll|ve|re)| ?\\p{L}++| ?\\p{N}++| ?[^\\s\\p{L}\\p{N}]++|\\s++$|\\s+(?!\\S)|\\s", {CY_SCAN_GPT2}},
    {"(?i:" CONTRACTIONS ")|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|" SPACES,
     {CY_SCAN_CL100K, .numbers_max = 3}},
    {"'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}++|\\p{N}{1,3}+| "
     "?[^\\s\\p{L}\\p{N}]++[\\r\\n]*+|\\s++$|\\s*[\\r\\n]|\\s+(?!\\S)|\\s",
     {CY_SCAN_CL100K, .numbers_max = 3, .last_space_whole = true}},
    /* Qwen 2 and 3 */
    {"(?i:" CONTRACTIONS ")|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|" SPACES,
     {CY_SCAN_CL100K, .numbers_max = 1}},
    /* Qwen 3.5 */
    {"(?i:" CONTRACTIONS ")|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|" SPACES,
     {CY_SCAN_CL100K, .numbers_max = 1, .marks_are_letters = true}},
    {"[^\\r\\n\\p{L}\\p{N}]?" O200K_UPPER "*" O200K_LOWER "+(?i:" CONTRACTIONS ")?|[^\\r\\n\\p{L}\\p{N}]?" O200K_UPPER "+" O200K_LOWER
     "*(?i:" CONTRACTIONS ")?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|" SPACES,
     {CY_SCAN_O200K, .numbers_max = 3}},
};

const struct cy_scan *cy_scan_find(struct cy_str pattern)
{
    for (size_t i = 0; i < CY_COUNT(known); i++)
        if (cy_str_is(pattern, known[i].pattern))
            return &known[i].scan;
    return NULL;
}

struct scan_splitter {
    struct cy_splitter base;
    const struct cy_scan *scan;
};

static void scan_run(const struct cy_splitter *self, struct cy_str text, struct cy_piece_ends *ends)
{
    const struct cy_scan *scan = ((const struct scan_splitter *)self)->scan;
    for (size_t at = 0; at < text.size;) {
        at = cy_scan_piece(scan, text.data, text.size, at);
        cy_piece_ends_add(ends, (uint32_t)at);
    }
}

const struct cy_scan *cy_splitter_scan(const struct cy_splitter *splitter)
{
    return splitter != NULL && splitter->run == scan_run ? ((const struct scan_splitter *)splitter)->scan : NULL;
}

enum cy_status cy_splitter_new(struct cy_splitter **splitter, struct cy_str pattern, struct cy_arena *arena, struct cy_error *error)
{
    const struct cy_scan *scan = cy_scan_find(pattern);
    if (scan == NULL)
        return cy_splitter_regex(splitter, pattern, arena, error);
    struct scan_splitter *made = cy_arena_zero(arena, sizeof *made);
    *made = (struct scan_splitter){{.run = scan_run}, scan};
    *splitter = &made->base;
    return CY_OK;
}

/* ---- one after the other ---- */

struct sequence {
    struct cy_splitter base;
    struct cy_splitter **items;
    size_t count;
};

static void sequence_run(const struct cy_splitter *self, struct cy_str text, struct cy_piece_ends *ends)
{
    const struct sequence *sequence = (const struct sequence *)self;
    struct cy_piece_ends outer = {0}, inner = {0};
    cy_piece_ends_add(&outer, (uint32_t)text.size);
    for (size_t i = 0; i < sequence->count; i++) {
        struct cy_piece_ends next = {0};
        uint32_t start = 0;
        for (size_t piece = 0; piece < outer.count; start = outer.items[piece++]) {
            inner.count = 0;
            sequence->items[i]->run(sequence->items[i], (struct cy_str){text.data + start, outer.items[piece] - start}, &inner);
            for (size_t part = 0; part < inner.count; part++)
                cy_piece_ends_add(&next, start + inner.items[part]);
        }
        free(outer.items);
        outer = next;
    }
    for (size_t i = 0; i < outer.count; i++)
        cy_piece_ends_add(ends, outer.items[i]);
    free(outer.items);
    free(inner.items);
}

static void sequence_release(struct cy_splitter *self)
{
    struct sequence *sequence = (struct sequence *)self;
    for (size_t i = 0; i < sequence->count; i++)
        if (sequence->items[i]->release != NULL)
            sequence->items[i]->release(sequence->items[i]);
}

struct cy_splitter *cy_splitter_sequence(struct cy_splitter **splitters, size_t count, struct cy_arena *arena)
{
    struct sequence *made = cy_arena_zero(arena, sizeof *made);
    made->base = (struct cy_splitter){.run = sequence_run, .release = sequence_release};
    made->items = cy_arena_alloc(arena, (count + 1) * sizeof *made->items);
    memcpy(made->items, splitters, count * sizeof *splitters);
    made->count = count;
    return &made->base;
}
