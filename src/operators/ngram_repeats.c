#include "operators/ngram_repeats.h"

#include "document/word_split.h"

#include <stdlib.h>

/* An n-gram occurs twice only if the (n-1)-grams at its two ends do. So each length looks only at the places where the length before had
 * repeats: in English prose one place in six after the 3-grams, one in thirty after the 9-grams. Words and n-grams have numbers, so a
 * longer n-gram is exactly a pair of numbers, and no hash of text is ever compared but a word's.
 *
 *     places    0   3   4   9  …   ascending: where an n-gram begins that occurs more than once
 *     kinds     0   1   2   0  …   which one, numbered by first occurrence
 *     counts[kind]                 how often it occurs                                                                                   */
struct level {
    uint32_t *places, *kinds, *counts;
    size_t place_count, kind_count;
};

/* How the n-gram of some number went on first, and the number of that pair. */
struct first_pair {
    uint32_t right, kind;
};

enum {
    AHEAD = 12, /* words before its turn, a word's slot is called into the cache: large documents' tables lie outside the nearest */
    REPETITIVE_SHARE = 4,  /* where more than one place in so many has a repeated 3-gram or longer, the array pays */
    GROWN_WORDS = 1 << 14, /* with more, a table for as many different keys as there are words is too wide for the cache: let it grow */
};

struct ngrams {
    const struct cy_words *words;
    struct cy_tally *tally;
    uint32_t *ends;            /* ends[i]: code points of words 0…i-1 */
    struct first_pair *firsts; /* by the number of a pair's left */
};

static void reserve(struct cy_quality_scratch *scratch, size_t numbers)
{
    if (scratch->number_capacity >= numbers)
        return;
    free(scratch->numbers);
    scratch->number_capacity = numbers + numbers / 2;
    scratch->numbers = cy_alloc(scratch->number_capacity * sizeof *scratch->numbers);
}

static size_t first_size(size_t keys_max)
{
    return keys_max <= GROWN_WORDS ? keys_max : CY_MAX(keys_max / 8, GROWN_WORDS);
}

/* The number of a key; a new one gets the level's next. */
static inline uint32_t kind_of(struct cy_tally *tally, struct level *level, uint64_t key)
{
    bool found;
    struct cy_tally_slot *slot = cy_tally_slot(tally, key, &found);
    if (!found) {
        slot->value = (uint32_t)level->kind_count;
        level->counts[level->kind_count++] = 0;
    }
    return slot->value;
}

/* Numbers every word. */
static void number_words(const struct ngrams *ngrams, struct level *level)
{
    const struct cy_words *words = ngrams->words;
    cy_tally_begin(ngrams->tally, first_size(words->count));
    level->kind_count = 0;
    for (size_t word = 0; word < words->count; word++) {
        if (word + AHEAD < words->count)
            cy_tally_prefetch(ngrams->tally, words->hashes[word + AHEAD]);
        uint32_t kind = kind_of(ngrams->tally, level, words->hashes[word]);
        level->counts[kind]++;
        level->places[word] = (uint32_t)word;
        level->kinds[word] = kind;
    }
    level->place_count = words->count;
}

/* Drops the places whose n-gram occurs once. */
static void keep_repeated(struct level *level)
{
    size_t kept = 0;
    for (size_t i = 0; i < level->place_count; i++) { /* without a branch: it would be guessed wrong half the time */
        level->places[kept] = level->places[i];
        level->kinds[kept] = level->kinds[i];
        kept += level->counts[level->kinds[i]] > 1;
    }
    level->place_count = kept;
}

/* From the repeated n-grams to all (n+1)-grams that may be repeated. */
static void lengthen(const struct ngrams *ngrams, const struct level *from, struct level *to)
{
    cy_tally_begin(ngrams->tally, first_size(from->place_count));
    to->place_count = to->kind_count = 0;
    for (size_t i = 0; i + 1 < from->place_count; i++) {
        if (from->places[i] + 1 != from->places[i + 1])
            continue;
        uint32_t kind = kind_of(ngrams->tally, to, cy_word_mix((uint64_t)from->kinds[i] << 32 | from->kinds[i + 1], 0));
        to->counts[kind]++;
        to->places[to->place_count] = from->places[i];
        to->kinds[to->place_count++] = kind;
    }
}

/* The same where much is repeated, as in lists of like entries: most n-grams then always go on the same way, so a pair is first looked for
 * in an array, by its left number, and only then in the table. */
static void lengthen_repetitive(const struct ngrams *ngrams, const struct level *from, struct level *to)
{
    struct first_pair *firsts = ngrams->firsts;
    memset(firsts, 0xFF, from->kind_count * sizeof *firsts);
    cy_tally_begin(ngrams->tally, first_size(from->place_count / 4));
    to->place_count = to->kind_count = 0;
    for (size_t i = 0; i + 1 < from->place_count; i++) {
        if (from->places[i] + 1 != from->places[i + 1])
            continue;
        uint32_t left = from->kinds[i], right = from->kinds[i + 1], kind;
        if (firsts[left].right == right) {
            kind = firsts[left].kind;
        } else if (firsts[left].right == UINT32_MAX) {
            kind = (uint32_t)to->kind_count;
            to->counts[to->kind_count++] = 0;
            firsts[left] = (struct first_pair){right, kind};
        } else {
            kind = kind_of(ngrams->tally, to, cy_word_mix((uint64_t)left << 32 | right, 0));
        }
        to->counts[kind]++;
        to->places[to->place_count] = from->places[i];
        to->kinds[to->place_count++] = kind;
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
    reserve(scratch, 10 * stride);
    uint32_t *numbers = scratch->numbers;
    struct ngrams ngrams = {words, &scratch->tally, numbers + 8 * stride, (struct first_pair *)numbers};
    struct level levels[2] = {{.places = numbers + 2 * stride, .kinds = numbers + 3 * stride, .counts = numbers + 4 * stride},
                              {.places = numbers + 5 * stride, .kinds = numbers + 6 * stride, .counts = numbers + 7 * stride}};
    uint8_t *seen = (uint8_t *)(numbers + 9 * stride);
    ngrams.ends[0] = 0;
    for (size_t word = 0; word < count; word++)
        ngrams.ends[word + 1] = ngrams.ends[word] + words->chars[word];
    number_words(&ngrams, &levels[0]);
    keep_repeated(&levels[0]);
    for (size_t n = CY_NGRAM_MIN; n <= CY_NGRAM_MAX; n++) {
        struct level *from = &levels[n % 2], *to = &levels[(n + 1) % 2];
        if (n > CY_NGRAM_MIN && from->place_count > count / REPETITIVE_SHARE)
            lengthen_repetitive(&ngrams, from, to);
        else
            lengthen(&ngrams, from, to);
        keep_repeated(to);
        if (n <= CY_NGRAM_TOP_MAX)
            out->top[n] = top_chars(&ngrams, to, n);
        else
            out->repeated[n] = repeated_chars(&ngrams, to, seen, n);
    }
}
