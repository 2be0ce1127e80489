#include "operators/ngram_repeats.h"

#include "document/word_split.h"

#include <stdlib.h>

/* An n-gram occurs twice only if the (n-1)-grams at its two ends do. So each length looks only at the places where the length before had
 * repeats, and there are few: in English prose one place in seven after the pairs, one in fifty after the 5-grams. Words and n-grams have
 * numbers by their first occurrence, so a longer n-gram is exactly a pair of numbers, and no hash of text is ever compared but a word's.
 *
 *     places    0   3   4   9  …   ascending: where an n-gram begins that occurs more than once
 *     kinds     0   1   2   0  …   which one
 *     counts[kind]                 how often it occurs                                                                                   */
struct level {
    uint32_t *places, *kinds, *counts;
    size_t place_count, kind_count;
};

struct ngrams {
    const struct cy_words *words;
    struct cy_tally *tally;
    uint32_t *ends; /* ends[i]: code points of words 0…i-1 */
};

static void reserve(struct cy_quality_scratch *scratch, size_t numbers)
{
    if (scratch->number_capacity >= numbers)
        return;
    free(scratch->numbers);
    scratch->number_capacity = numbers + numbers / 2;
    scratch->numbers = cy_alloc(scratch->number_capacity * sizeof *scratch->numbers);
}

/* The number of the pair; a new one gets the next. */
static inline uint32_t pair_kind(struct cy_tally *tally, struct level *level, uint32_t left, uint32_t right)
{
    bool found;
    struct cy_tally_slot *slot = cy_tally_slot(tally, cy_word_mix((uint64_t)left << 32 | right, 0), &found);
    if (!found) {
        slot->value = (uint32_t)level->kind_count++;
        level->counts[slot->value] = 0;
    }
    level->counts[slot->value]++;
    return slot->value;
}

/* Numbers every word; then only those that occur more than once stay. */
static void number_words(const struct ngrams *ngrams, struct level *level)
{
    const struct cy_words *words = ngrams->words;
    cy_tally_begin(ngrams->tally, words->count);
    level->kind_count = 0;
    for (size_t word = 0; word < words->count; word++) {
        bool found;
        struct cy_tally_slot *slot = cy_tally_slot(ngrams->tally, words->hashes[word], &found);
        if (!found) {
            slot->value = (uint32_t)level->kind_count++;
            level->counts[slot->value] = 0;
        }
        level->counts[slot->value]++;
        level->places[word] = (uint32_t)word;
        level->kinds[word] = slot->value;
    }
    level->place_count = words->count;
}

/* Drops the places whose n-gram occurs once. */
static void keep_repeated(struct level *level)
{
    size_t kept = 0;
    for (size_t i = 0; i < level->place_count; i++) {
        level->places[kept] = level->places[i];
        level->kinds[kept] = level->kinds[i];
        kept += level->counts[level->kinds[i]] > 1;
    }
    level->place_count = kept;
}

/* From the repeated n-grams to all (n+1)-grams that may be repeated. */
static void lengthen(struct cy_tally *tally, const struct level *from, struct level *to)
{
    cy_tally_begin(tally, from->place_count);
    to->place_count = to->kind_count = 0;
    for (size_t i = 0; i + 1 < from->place_count; i++) {
        if (from->places[i] + 1 != from->places[i + 1])
            continue;
        to->places[to->place_count] = from->places[i];
        to->kinds[to->place_count++] = pair_kind(tally, to, from->kinds[i], from->kinds[i + 1]);
    }
}

/* Code points of the n words from `word` on, end to end. */
static inline uint32_t chars_of(const struct ngrams *ngrams, size_t word, size_t n)
{
    return ngrams->ends[word + n] - ngrams->ends[word];
}

static double top_chars(const struct ngrams *ngrams, const struct level *level, size_t n)
{
    if (ngrams->words->count < n)
        return 0;
    size_t place = 0, count = 1; /* when none is repeated, the text's first */
    for (size_t i = 0; i < level->place_count; i++)
        if (level->counts[level->kinds[i]] > count) {
            count = level->counts[level->kinds[i]];
            place = level->places[i];
        }
    return (double)(chars_of(ngrams, place, n) + n - 1) * (double)count;
}

static double repeated_chars(const struct ngrams *ngrams, const struct level *level, uint8_t *seen, size_t n)
{
    size_t next = 0; /* the walk has passed the words before */
    uint64_t chars = 0;
    memset(seen, 0, level->kind_count);
    for (size_t i = 0; i < level->place_count; i++) {
        size_t place = level->places[i];
        if (place < next)
            continue;
        if (seen[level->kinds[i]]) {
            chars += chars_of(ngrams, place, n);
            next = place + n;
        }
        seen[level->kinds[i]] = 1;
    }
    return (double)chars;
}

void cy_ngram_repeats(const struct cy_words *words, struct cy_quality_scratch *scratch, struct cy_ngram_repeats *out)
{
    size_t count = words->count, stride = count + 1;
    reserve(scratch, 8 * stride);
    uint32_t *numbers = scratch->numbers;
    struct ngrams ngrams = {words, &scratch->tally, numbers};
    struct level levels[2] = {{.places = numbers + stride, .kinds = numbers + 2 * stride, .counts = numbers + 3 * stride},
                              {.places = numbers + 4 * stride, .kinds = numbers + 5 * stride, .counts = numbers + 6 * stride}};
    uint8_t *seen = (uint8_t *)(numbers + 7 * stride);
    ngrams.ends[0] = 0;
    for (size_t word = 0; word < count; word++)
        ngrams.ends[word + 1] = ngrams.ends[word] + words->chars[word];
    number_words(&ngrams, &levels[0]);
    keep_repeated(&levels[0]);
    for (size_t n = CY_NGRAM_MIN; n <= CY_NGRAM_MAX; n++) {
        struct level *from = &levels[n % 2], *to = &levels[(n + 1) % 2];
        lengthen(ngrams.tally, from, to);
        keep_repeated(to);
        if (n <= CY_NGRAM_TOP_MAX)
            out->top[n] = top_chars(&ngrams, to, n);
        else
            out->repeated[n] = repeated_chars(&ngrams, to, seen, n);
    }
}
