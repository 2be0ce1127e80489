#include "token/bpe.h"

#include "base/cpu.h"

#include <immintrin.h>
#include <stdlib.h>

/* ---- few parts ---- */

/* The definition: of all pairs the one of the lowest rank, the leftmost of equal ones, becomes one token, until none merges. */
static size_t merge_scalar(const struct cy_bpe *bpe, const char *bytes, uint32_t *ids, size_t count)
{
    uint32_t ranks[CY_BPE_PARTS_MAX];
    for (size_t i = 0; i + 1 < count; i++)
        ranks[i] = bytes != NULL ? bpe->byte_pairs[(uint8_t)bytes[i] << 8 | (uint8_t)bytes[i + 1]] : cy_bpe_rank(bpe, ids[i], ids[i + 1]);
    while (count > 1) {
        size_t best = 0;
        for (size_t i = 1; i + 1 < count; i++)
            best = ranks[i] < ranks[best] ? i : best;
        if (ranks[best] == CY_BPE_NONE)
            break;
        ids[best] = cy_bpe_merged(bpe, ranks[best]);
        count--;
        for (size_t i = best + 1; i < count; i++) {
            ids[i] = ids[i + 1];
            ranks[i - 1] = ranks[i];
        }
        if (best + 1 < count)
            ranks[best] = cy_bpe_rank(bpe, ids[best], ids[best + 1]);
        if (best > 0)
            ranks[best - 1] = cy_bpe_rank(bpe, ids[best - 1], ids[best]);
    }
    return count;
}

#define AVX512 CY_TARGET("avx512f,avx512bw,avx512dq,avx512vl,bmi,bmi2,lzcnt,popcnt")

/* The bucket at once; a full one that has not the pair goes on to the next. */
AVX512 static inline uint32_t rank_avx512(const struct cy_bpe *bpe, uint32_t left, uint32_t right)
{
    const uint64_t pair = (uint64_t)left << 21 | right, mask = ((size_t)CY_BPE_BUCKET << bpe->pair_bits) - 1;
    const __m512i wanted = _mm512_set1_epi64((long long)pair);
    for (size_t slot = cy_bpe_bucket(bpe, pair);; slot = (slot + CY_BPE_BUCKET) & mask) {
        __m512i bucket = _mm512_load_si512(bpe->pairs + slot);
        __mmask8 found = _mm512_cmpeq_epi64_mask(_mm512_srli_epi64(bucket, 22), wanted);
        /* what is not found gives CY_BPE_NONE without a branch; a bucket is full once in a hundred times */
        __m512i first = _mm512_mask_compress_epi64(_mm512_set1_epi64(CY_BPE_NONE), found, bucket);
        if (__builtin_expect(found == 0 && bpe->pairs[slot + CY_BPE_BUCKET - 1] != UINT64_MAX, 0))
            continue;
        return (uint32_t)_mm_cvtsi128_si64(_mm512_castsi512_si128(first)) & CY_BPE_NONE;
    }
}

/* The ranks of the pairs of bytes that begin at bytes[0..16), CY_BPE_NONE from pair_count on. */
AVX512 static inline __m512i byte_ranks(const struct cy_bpe *bpe, const char *bytes, size_t pair_count)
{
    const __mmask16 pairs = pair_count < 16 ? (__mmask16)((1u << pair_count) - 1) : (__mmask16)0xFFFF;
    __m512i first = _mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(pairs, bytes)),
            second = _mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(pairs, bytes + 1));
    __m512i index = _mm512_or_si512(_mm512_slli_epi32(first, 8), second);
    return _mm512_mask_i32gather_epi32(_mm512_set1_epi32(CY_BPE_NONE), pairs, index, (const int *)bpe->byte_pairs, 4);
}

/* Parts keep their places; a bit of `alive` says whether one is still there, and the ranks of all pairs stand in `lanes` registers. */
AVX512 __attribute__((always_inline)) static inline size_t merge_lanes(const struct cy_bpe *bpe, const char *bytes, uint32_t *ids,
                                                                       size_t count, size_t lanes)
{
    __m512i lane[CY_BPE_PARTS_MAX / 16];
    const __m512i none = _mm512_set1_epi32(CY_BPE_NONE);
    uint64_t alive = ~(uint64_t)0 >> (64 - count);
    if (bytes != NULL) {
        for (size_t i = 0; i < lanes; i++)
            lane[i] = byte_ranks(bpe, bytes + 16 * i, count - 1 > 16 * i ? count - 1 - 16 * i : 0);
    } else {
        uint32_t ranks[CY_BPE_PARTS_MAX];
        for (size_t i = 0; i < lanes; i++)
            _mm512_storeu_si512(ranks + 16 * i, none);
        for (size_t i = 0; i + 1 < count; i++)
            ranks[i] = rank_avx512(bpe, ids[i], ids[i + 1]);
        for (size_t i = 0; i < lanes; i++)
            lane[i] = _mm512_loadu_si512(ranks + 16 * i);
    }
    for (;;) {
        __m512i lowest = lane[0];
        for (size_t i = 1; i < lanes; i++)
            lowest = _mm512_min_epu32(lowest, lane[i]);
        uint32_t rank = _mm512_reduce_min_epu32(lowest);
        if (rank == CY_BPE_NONE)
            break;
        uint64_t where = 0;
        for (size_t i = 0; i < lanes; i++)
            where |= (uint64_t)_mm512_cmpeq_epi32_mask(lane[i], _mm512_set1_epi32((int)rank)) << (16 * i);
        const uint64_t left = where & -where, behind = alive & ~(left | (left - 1)), before = alive & (left - 1);
        const uint64_t right = behind & -behind, after = behind & ~right;
        const uint32_t id = cy_bpe_merged(bpe, rank);
        ids[__builtin_ctzll(left)] = id;
        alive &= ~right;
        /* where there is nothing beside it, any id is looked up, lest a branch be mistaken */
        const unsigned next = (unsigned)__builtin_ctzll(after | (uint64_t)1 << 63), place = 63 - (unsigned)__builtin_clzll(before | 1);
        const uint64_t previous = before != 0 ? (uint64_t)1 << place : 0;
        uint32_t right_rank = rank_avx512(bpe, id, ids[next]), left_rank = rank_avx512(bpe, ids[place], id);
        right_rank = after != 0 ? right_rank : CY_BPE_NONE;
        for (size_t i = 0; i < lanes; i++) {
            lane[i] = _mm512_mask_mov_epi32(lane[i], (__mmask16)(right >> (16 * i)), none);
            lane[i] = _mm512_mask_set1_epi32(lane[i], (__mmask16)(left >> (16 * i)), (int)right_rank);
            lane[i] = _mm512_mask_set1_epi32(lane[i], (__mmask16)(previous >> (16 * i)), (int)left_rank);
        }
    }
    size_t left_count = 0;
    for (; alive != 0; alive &= alive - 1)
        ids[left_count++] = ids[__builtin_ctzll(alive)];
    return left_count;
}

AVX512 static size_t merge_avx512(const struct cy_bpe *bpe, const char *bytes, uint32_t *ids, size_t count)
{
    if (count < 2)
        return count;
    if (count <= 16)
        return merge_lanes(bpe, bytes, ids, count, 1);
    return count <= 32 ? merge_lanes(bpe, bytes, ids, count, 2) : merge_lanes(bpe, bytes, ids, count, 4);
}

const struct cy_bpe_merge_variant cy_bpe_merge_variants[CY_BPE_MERGE_VARIANTS] = {
    {"avx512", CY_CPU_AVX2 | CY_CPU_AVX512, merge_avx512},
    {"scalar", 0, merge_scalar},
};

cy_bpe_merge_fn *cy_bpe_merge_parts(void)
{
    const struct cy_bpe_merge_variant *variant = cy_bpe_merge_variants;
    while ((variant->needs & ~cy_cpu_features()) != 0)
        variant++;
    return variant->run;
}

/* ---- many parts: a heap of pairs, the lowest rank and then the leftmost on top ---- */

static void heap_reserve(struct cy_bpe_heap *heap, size_t parts)
{
    if (parts <= heap->capacity)
        return;
    heap->capacity = parts;
    heap->entries = cy_realloc(heap->entries, 3 * parts * sizeof *heap->entries); /* a merge takes one pair away and adds two */
    heap->ids = cy_realloc(heap->ids, parts * sizeof *heap->ids);
    heap->ranks = cy_realloc(heap->ranks, parts * sizeof *heap->ranks);
    heap->next = cy_realloc(heap->next, parts * sizeof *heap->next);
    heap->previous = cy_realloc(heap->previous, parts * sizeof *heap->previous);
}

void cy_bpe_heap_release(struct cy_bpe_heap *heap)
{
    free(heap->entries);
    free(heap->ids);
    free(heap->ranks);
    free(heap->next);
    free(heap->previous);
    *heap = (struct cy_bpe_heap){0};
}

static void sift_down(uint64_t *entries, size_t count, size_t at)
{
    uint64_t moved = entries[at];
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        child += child + 1 < count && entries[child + 1] < entries[child];
        if (moved <= entries[child])
            break;
        entries[at] = entries[child];
    }
    entries[at] = moved;
}

static void push(uint64_t *entries, size_t *count, uint64_t entry)
{
    size_t at = (*count)++;
    for (size_t parent; at > 0 && entry < entries[parent = (at - 1) / 2]; at = parent)
        entries[at] = entries[parent];
    entries[at] = entry;
}

/* heap->ids[0..count) are the first ids; the ids left are appended to *ids. */
static void merge_many(const struct cy_bpe *bpe, struct cy_bpe_heap *heap, size_t count, struct cy_ids *ids)
{
    uint32_t *parts = heap->ids, *ranks = heap->ranks, *next = heap->next, *previous = heap->previous;
    size_t entry_count = 0;
    for (size_t i = 0; i < count; i++) {
        ranks[i] = i + 1 < count ? cy_bpe_rank(bpe, parts[i], parts[i + 1]) : CY_BPE_NONE;
        next[i] = (uint32_t)(i + 1);
        previous[i] = (uint32_t)i - 1;
        if (ranks[i] != CY_BPE_NONE)
            heap->entries[entry_count++] = (uint64_t)ranks[i] << 32 | i;
    }
    for (size_t i = entry_count / 2; i-- > 0;)
        sift_down(heap->entries, entry_count, i);
    while (entry_count > 0) {
        const uint64_t entry = heap->entries[0];
        const uint32_t left = (uint32_t)entry, rank = (uint32_t)(entry >> 32), right = next[left];
        heap->entries[0] = heap->entries[--entry_count];
        if (entry_count > 0)
            sift_down(heap->entries, entry_count, 0);
        if (ranks[left] != rank) /* the pair was changed meanwhile */
            continue;
        parts[left] = cy_bpe_merged(bpe, rank);
        ranks[right] = CY_BPE_NONE;
        next[left] = next[right];
        if (next[left] < count) {
            previous[next[left]] = left;
            ranks[left] = cy_bpe_rank(bpe, parts[left], parts[next[left]]);
            if (ranks[left] != CY_BPE_NONE)
                push(heap->entries, &entry_count, (uint64_t)ranks[left] << 32 | left);
        } else {
            ranks[left] = CY_BPE_NONE;
        }
        if (left > 0) {
            const uint32_t before = previous[left];
            ranks[before] = cy_bpe_rank(bpe, parts[before], parts[left]);
            if (ranks[before] != CY_BPE_NONE)
                push(heap->entries, &entry_count, (uint64_t)ranks[before] << 32 | before);
        }
    }
    for (size_t i = 0; i < count; i = next[i])
        cy_ids_add(ids, parts[i]);
}

/* ---- a piece ---- */

/* The first ids of a piece, at most `room` of them: bytes, and for characters of three bytes what their own merges give where those
 * come before all merges with what stands beside (see bpe_load.c). Returns the bytes taken. */
static size_t first_ids(const struct cy_bpe *bpe, struct cy_str piece, uint32_t *ids, size_t room, size_t *count)
{
    const uint8_t *bytes = (const uint8_t *)piece.data;
    size_t at = 0, n = 0;
    while (at < piece.size && n + 3 <= room) {
        uint32_t point = bpe->chars != NULL ? cy_bpe_char_at(bytes + at, piece.size - at) : 0; /* NULL: while loading */
        uint64_t entry = point > 0 ? bpe->chars[point - 0x800] : 0;
        unsigned ids_count = point > 0 ? (unsigned)(entry >> CY_BPE_CHAR_COUNT) : 3;
        if (ids_count == 3) {
            ids[n++] = bpe->byte_ids[bytes[at++]];
            continue;
        }
        ids[n] = (uint32_t)entry & CY_TOKEN_ID_MAX;
        ids[n + 1] = (uint32_t)(entry >> 21) & CY_TOKEN_ID_MAX;
        n += ids_count;
        at += 3;
    }
    *count = n;
    return at;
}

void cy_bpe_merge_piece(const struct cy_bpe *bpe, cy_bpe_merge_fn *merge, struct cy_bpe_heap *heap, struct cy_str piece, struct cy_ids *ids)
{
    uint32_t few[CY_BPE_PARTS_MAX + 3];
    size_t count;
    if (piece.size <= CY_BPE_PARTS_MAX * 3 && first_ids(bpe, piece, few, CY_COUNT(few), &count) == piece.size &&
        count <= CY_BPE_PARTS_MAX) {
        count = merge(bpe, count == piece.size ? piece.data : NULL, few, count);
        cy_ids_reserve(ids, count);
        memcpy(ids->items + ids->count, few, count * sizeof *few);
        ids->count += count;
        return;
    }
    heap_reserve(heap, piece.size + 3);
    first_ids(bpe, piece, heap->ids, piece.size + 3, &count);
    merge_many(bpe, heap, count, ids);
    if (heap->capacity > CY_BPE_HEAP_KEPT)
        cy_bpe_heap_release(heap);
}

void cy_bpe_merge_ids(const struct cy_bpe *bpe, cy_bpe_merge_fn *merge, struct cy_bpe_heap *heap, const uint32_t *first, size_t count,
                      struct cy_ids *ids)
{
    if (count == 0) /* `first` may be NULL */
        return;
    if (count > CY_BPE_PARTS_MAX) {
        heap_reserve(heap, count);
        memcpy(heap->ids, first, count * sizeof *first);
        merge_many(bpe, heap, count, ids);
        return;
    }
    cy_ids_reserve(ids, CY_BPE_PARTS_MAX); /* a variant may look at a place behind the last part, and not use what it finds */
    memcpy(ids->items + ids->count, first, count * sizeof *first);
    ids->count += merge(bpe, NULL, ids->items + ids->count, count);
}
