#include "operators/ngram_repeats.h"

#include <stdlib.h>

#include <emmintrin.h>

/* All n-grams of all nine lengths stand in one tree of words, as deep as the longest: the path from the root to depth n spells an n-gram.
 * Where a path does not branch it is not stored, but read off the text itself: every n-gram has a place, its first in the text.
 *
 *     text     a b c d e f   a b c x         place 6 shares the pair "a b" with place 0, and the word behind it. It leaves there, and
 *     places   0             6               is the branch (0, 3 words, "x") from now on: the place of "a b c x", "a b c x …", …
 *
 * So a place costs one look-up for its pair, a comparison with the text behind the pair's first place, and one look-up more each time
 * it leaves the first place of what it has spelt so far; it adds at most one branch. Most places of prose end at the first look-up.
 *
 * Words are compared by their hashes of 64 bits, in full: a branch that was found is one only if all its words are equal.
 *
 * The walks of the six repeated lengths go on side by side. A walk is at a place, or has jumped over it; and the n-gram of a place counts
 * as seen if the walk was at it or at a later one that is equal. */
enum {
    PLACE_BITS = 28, /* a document has at most 64 MiB, so fewer words */
    DEPTH_BITS = 4,
    GROUP = 8,
    GROUPS_MIN = 8,
    LARGE_WORDS = 1 << 14, /* with more, room matters more than free slots */
    AHEAD = 12,            /* places before its turn, a pair's group is called into the cache: large tables lie outside the nearest */
    AHEAD_WORDS = 1 << 12, /* with fewer they lie in it */
    RING = 16,             /* at least the longest jump */
};

/* Branches whose hashes say so, in one line of the cache, looked at all at once: of each a tag, 0 where there is none, and the place of its
 * first n-gram, with the depth it leaves at above that. */
struct group {
    uint32_t tags[GROUP], places[GROUP];
};

static const uint64_t FACTOR = 0x9E3779B97F4A7C15u;

/* What is known of the n-grams whose first place this is. */
struct record {
    uint32_t more[CY_NGRAM_TOP_MAX - CY_NGRAM_MIN + 1]; /* how often the n-gram of 2, 3, 4 words came again */
    uint32_t unseen;                                    /* bit n: the walk of n has been at no place equal to this one */
};

struct ngrams {
    const uint64_t *words; /* their hashes */
    size_t count;
    const uint32_t *ends; /* ends[i]: code points of words 0…i-1 */
    struct group *groups;
    unsigned shift; /* a hash's place in groups: its highest bits */
    size_t mask;
    struct record *records;              /* by place; only those of branches are in use */
    uint64_t best[CY_NGRAM_TOP_MAX + 1]; /* the most frequent so far: how often it came again, then its place, inverted, so that of */
                                         /* several the first is the greatest */
    uint32_t jumping;                    /* bit n: the walk of n is not at this place */
    uint32_t landing[RING];              /* bit n at place % RING: the walk of n goes on here */
    uint64_t chars[CY_NGRAM_MAX + 1];
};

/* How many words from each of two places on are equal, at most CY_NGRAM_MAX; 16 bytes at a time, which every x86-64 has. */
static inline unsigned equal_words(const uint64_t *one, const uint64_t *other)
{
    __m128i equal[5];
    for (size_t i = 0; i < 5; i++)
        equal[i] = _mm_cmpeq_epi32(_mm_loadu_si128((const __m128i *)(one + 2 * i)), _mm_loadu_si128((const __m128i *)(other + 2 * i)));
    __m128i first = _mm_packs_epi16(_mm_packs_epi32(equal[0], equal[1]), _mm_packs_epi32(equal[2], equal[3]));
    unsigned halves = (unsigned)_mm_movemask_epi8(first) | (unsigned)_mm_movemask_ps(_mm_castsi128_ps(equal[4])) << 16;
    return (unsigned)__builtin_ctz(~halves) / 2; /* two bits a word; the bits behind the last are 0 */
}

/* Which of eight numbers are not 0 but all ones, a bit each. */
static inline unsigned set_of(__m128i low, __m128i high)
{
    return (unsigned)_mm_movemask_epi8(_mm_packs_epi16(_mm_packs_epi32(low, high), _mm_setzero_si128()));
}

static inline uint64_t pair_hash(const struct ngrams *ngrams, size_t place)
{
    return ngrams->words[place] * FACTOR + ngrams->words[place + 1];
}

/* The first place of the n-gram of depth + 1 words at `place`, whose first `depth` are those of a first place that `hash` knows, and how
 * many words are equal there. Without one this place becomes it, and 0 is returned. */
static inline unsigned find(struct ngrams *ngrams, uint64_t hash, unsigned depth, size_t place, size_t *first)
{
    const __m128i tag = _mm_set1_epi32((int)((uint32_t)hash | 1));
    for (size_t at = hash >> ngrams->shift;; at = (at + 1) & ngrams->mask) {
        struct group *group = &ngrams->groups[at];
        __m128i low = _mm_load_si128((const __m128i *)(void *)group->tags), high = _mm_load_si128((const __m128i *)(void *)group->tags + 1);
        for (unsigned hits = set_of(_mm_cmpeq_epi32(low, tag), _mm_cmpeq_epi32(high, tag)); hits != 0; hits &= hits - 1) {
            uint32_t found = group->places[__builtin_ctz(hits)];
            if (found >> PLACE_BITS != depth)
                continue;
            *first = found & (((uint32_t)1 << PLACE_BITS) - 1);
            unsigned equal = equal_words(ngrams->words + place, ngrams->words + *first);
            if (equal > depth)
                return equal;
        }
        unsigned empty = set_of(_mm_cmpeq_epi32(low, _mm_setzero_si128()), _mm_cmpeq_epi32(high, _mm_setzero_si128()));
        if (empty != 0) {
            unsigned slot = (unsigned)__builtin_ctz(empty);
            group->tags[slot] = (uint32_t)hash | 1;
            group->places[slot] = (uint32_t)place | depth << PLACE_BITS;
            ngrams->records[place] = (struct record){.unseen = ngrams->jumping};
            return 0;
        }
    }
}

/* The n-grams of from to end-1 words at `place` stood at `first` before. */
static inline void count(struct ngrams *ngrams, unsigned from, unsigned end, size_t first)
{
    for (unsigned n = from; n < end && n <= CY_NGRAM_TOP_MAX; n++) {
        uint64_t times = ++ngrams->records[first].more[n - CY_NGRAM_MIN], key = times << 32 | (uint32_t)~first;
        ngrams->best[n] = CY_MAX(ngrams->best[n], key);
    }
}

static inline void walk(struct ngrams *ngrams, unsigned from, unsigned end, size_t place, size_t first)
{
    uint32_t lengths = ((uint32_t)1 << end) - ((uint32_t)1 << from); /* from ≤ end */
    uint32_t here = lengths & ~ngrams->jumping, jump = here & ~ngrams->records[first].unseen;
    ngrams->records[first].unseen &= ~here;
    ngrams->jumping |= jump;
    for (; jump != 0; jump &= jump - 1) {
        unsigned n = (unsigned)__builtin_ctz(jump);
        ngrams->chars[n] += ngrams->ends[place + n] - ngrams->ends[place];
        ngrams->landing[(place + n) % RING] |= (uint32_t)1 << n;
    }
}

static inline void visit(struct ngrams *ngrams, size_t place)
{
    const uint32_t walks = (2u << CY_NGRAM_MAX) - (2u << CY_NGRAM_TOP_MAX);
    ngrams->jumping &= ~ngrams->landing[place % RING];
    ngrams->landing[place % RING] = 0;
    /* What is longer than any n-gram that a walk is at, or than the text, need not be found. */
    unsigned longest = 31 - (unsigned)__builtin_clz((walks & ~ngrams->jumping) | (uint32_t)1 << CY_NGRAM_TOP_MAX);
    unsigned limit = (unsigned)CY_MIN((size_t)longest, ngrams->count - place);
    uint64_t hash = pair_hash(ngrams, place);
    for (unsigned depth = CY_NGRAM_MIN - 1; depth < limit;) {
        size_t first = 0;
        unsigned equal = find(ngrams, hash, depth, place, &first);
        if (equal == 0)
            return;
        equal = CY_MIN(equal, limit);
        count(ngrams, depth + 1, equal + 1, first);
        if (equal > CY_NGRAM_TOP_MAX)
            walk(ngrams, CY_MAX(depth, (unsigned)CY_NGRAM_TOP_MAX) + 1, equal + 1, place, first);
        depth = equal;
        hash = ngrams->words[place + depth] + (first << DEPTH_BITS | depth) * FACTOR;
    }
}

static void open_tables(struct ngrams *ngrams, const struct cy_words *words, struct cy_quality_scratch *scratch)
{
    size_t group_count = GROUPS_MIN, count = words->count, slot_count = count <= LARGE_WORDS ? count + count / 2 : count;
    while (group_count * GROUP < slot_count)
        group_count *= 2;
    size_t numbers = group_count * GROUP + count * sizeof(struct record) / sizeof(uint64_t) + (count + 2) / 2;
    if (scratch->number_capacity < numbers) {
        free(scratch->numbers);
        scratch->number_capacity = (numbers + numbers / 2 + GROUP - 1) / GROUP * GROUP;
        scratch->numbers = aligned_alloc(sizeof(struct group), scratch->number_capacity * sizeof *scratch->numbers);
        CY_ASSERT(scratch->numbers != NULL);
    }
    uint32_t *ends;
    ngrams->groups = (struct group *)(void *)scratch->numbers;
    ngrams->records = (struct record *)(void *)(ngrams->groups + group_count);
    ngrams->ends = ends = (uint32_t *)(void *)(ngrams->records + count);
    ngrams->mask = group_count - 1;
    ngrams->shift = 64 - (unsigned)__builtin_ctzll(group_count);
    memset(ngrams->groups, 0, group_count * sizeof *ngrams->groups);
    ends[0] = 0;
    for (size_t word = 0; word < count; word++)
        ends[word + 1] = ends[word] + words->chars[word];
}

/* Code points of the most frequent n-gram, its words joined by spaces; when none came again, the text's first. */
static double top_chars(const struct ngrams *ngrams, size_t n)
{
    if (ngrams->count < n)
        return 0;
    uint64_t best = ngrams->best[n];
    size_t place = best == 0 ? 0 : (uint32_t)~best;
    return (double)(ngrams->ends[place + n] - ngrams->ends[place] + n - 1) * (double)((best >> 32) + 1);
}

void cy_ngram_repeats(const struct cy_words *words, struct cy_quality_scratch *scratch, struct cy_ngram_repeats *out)
{
    struct ngrams ngrams = {.words = words->hashes, .count = words->count};
    open_tables(&ngrams, words, scratch);
    size_t place = 0, pairs = words->count > 0 ? words->count - 1 : 0;
    if (words->count > AHEAD_WORDS)
        for (; place + AHEAD < pairs; place++) {
            __builtin_prefetch(&ngrams.groups[pair_hash(&ngrams, place + AHEAD) >> ngrams.shift], 1);
            visit(&ngrams, place);
        }
    for (; place < pairs; place++)
        visit(&ngrams, place);
    for (size_t n = CY_NGRAM_MIN; n <= CY_NGRAM_TOP_MAX; n++)
        out->top[n] = top_chars(&ngrams, n);
    for (size_t n = CY_NGRAM_TOP_MAX + 1; n <= CY_NGRAM_MAX; n++)
        out->repeated[n] = (double)ngrams.chars[n];
}
