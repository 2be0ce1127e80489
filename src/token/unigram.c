/* The unigram language model: of all ways to cut a piece into tokens, the one whose scores add up to the most. The best way to each place
 * is found from left to right (Viterbi), over a trie of all tokens. As in Hugging Face: a character that no token of its own covers may be
 * unknown, at the lowest score less unknown_penalty; unknown ones in a row become one. */
#include "token/hf_model.h"

#include "base/unicode.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const double unknown_penalty = 10.0; /* sentencepiece, unigram_model.cc, kUnkPenalty */

struct unigram {
    struct cy_token_model base;
    struct cy_unigram_source source;
    double unknown_score;
    uint64_t *edges; /* the trie: (node << 8 | byte) << 32 | child, open addressing; UINT64_MAX: free */
    unsigned edge_bits;
    uint32_t *node_ids; /* [node]: the token that ends there, UINT32_MAX: none */
    size_t node_count;
    uint32_t byte_ids[256];
};

/* The best way to a place. */
struct way {
    double score;
    uint32_t start; /* where its last token begins; UINT32_MAX: no way */
    uint32_t id;
};

struct memory {
    struct way *ways;
    size_t capacity;
    struct cy_ids path; /* where its tokens end, the last first */
};

static void *memory_new(const struct cy_token_model *model, size_t size_bytes_max)
{
    (void)model;
    (void)size_bytes_max;
    return cy_alloc_zero(1, sizeof(struct memory));
}

static void memory_free(void *pointer)
{
    struct memory *memory = pointer;
    free(memory->ways);
    cy_ids_release(&memory->path);
    free(memory);
}

/* ---- the trie ---- */

static size_t edge_slot(const struct unigram *model, uint64_t key)
{
    const size_t mask = ((size_t)1 << model->edge_bits) - 1;
    size_t slot = (size_t)(key * UINT64_C(0x9E3779B97F4A7C15) >> (64 - model->edge_bits));
    while (model->edges[slot] != UINT64_MAX && model->edges[slot] >> 32 != key)
        slot = (slot + 1) & mask;
    return slot;
}

/* The node behind the byte; 0, which is the root, when there is none. */
static uint32_t child_of(const struct unigram *model, uint32_t node, uint8_t byte)
{
    uint64_t edge = model->edges[edge_slot(model, (uint64_t)node << 8 | byte)];
    return edge == UINT64_MAX ? 0 : (uint32_t)edge;
}

static void add_token(struct unigram *model, struct cy_str token, uint32_t id)
{
    uint32_t node = 0;
    for (size_t i = 0; i < token.size; i++) {
        uint64_t key = (uint64_t)node << 8 | (uint8_t)token.data[i];
        uint64_t *edge = &model->edges[edge_slot(model, key)];
        if (*edge == UINT64_MAX)
            *edge = key << 32 | model->node_count++;
        node = (uint32_t)*edge;
    }
    model->node_ids[node] = id;
}

/* ---- encoding ---- */

static void reach(struct way *way, double score, size_t start, uint32_t id)
{
    if (way->start == UINT32_MAX || score > way->score)
        *way = (struct way){score, (uint32_t)start, id};
}

/* SentencePiece adds up in single precision, and starts again from zero when a sum is beyond this (unigram_model.cc). */
static const double single_limit = 100000;

static void restart(struct way *ways, size_t start, size_t frontier)
{
    const double offset = ways[start].score;
    if (fabs(offset) <= single_limit)
        return;
    for (size_t at = start; at <= frontier; at++)
        if (at == start || ways[at].start != UINT32_MAX)
            ways[at].score = (double)(float)(ways[at].score - offset);
}

/* The sum of two floats that are held in doubles, rounded once (a double has more than twice a float's bits). */
static double add_single(double a, double b)
{
    return (double)(float)(a + b);
}

static void find_ways(const struct unigram *model, struct way *ways, struct cy_str piece)
{
    const bool single = model->source.sentencepiece;
    size_t frontier = 0;
    for (size_t at = 0; at <= piece.size; at++)
        ways[at] = (struct way){0, UINT32_MAX, UINT32_MAX};
    for (size_t start = 0; start < piece.size;) {
        const char *next = piece.data + start;
        cy_utf8_decode(&next, piece.data + piece.size);
        size_t character = (size_t)(next - piece.data);
        bool covered = false;
        uint32_t node = 0;
        if (single)
            restart(ways, start, frontier);
        for (size_t at = start; at < piece.size && (node = child_of(model, node, (uint8_t)piece.data[at])) != 0; at++) {
            uint32_t id = model->node_ids[node];
            if (id == UINT32_MAX)
                continue;
            double score = model->source.scores[id];
            reach(&ways[at + 1], single ? add_single(score, ways[start].score) : score + ways[start].score, start, id);
            frontier = CY_MAX(frontier, at + 1);
            covered = covered || at + 1 == character;
        }
        if (!covered) {
            double score = model->unknown_score;
            reach(&ways[character], single ? add_single(score, ways[start].score) : score + ways[start].score, start,
                  model->source.unknown);
            frontier = CY_MAX(frontier, character);
        }
        start = character;
    }
}

/* The ids of what is unknown: a token after all where several together are one, its bytes' tokens, or the unknown one. */
static void add_unknown(const struct unigram *model, struct cy_str text, struct cy_ids *ids)
{
    uint32_t id = model->source.sentencepiece ? UINT32_MAX : cy_token_table_find(model->source.names, text);
    bool bytes = model->source.byte_fallback;
    for (size_t i = 0; i < text.size && bytes; i++)
        bytes = model->byte_ids[(uint8_t)text.data[i]] != UINT32_MAX;
    if (id == UINT32_MAX && bytes) {
        for (size_t i = 0; i < text.size; i++)
            cy_ids_add(ids, model->byte_ids[(uint8_t)text.data[i]]);
        return;
    }
    if (id == UINT32_MAX)
        id = model->source.unknown;
    if (id != UINT32_MAX)
        cy_ids_add(ids, id);
}

static void encode(const struct cy_token_model *self, struct cy_token_cache *cache, struct cy_str piece, struct cy_ids *ids)
{
    const struct unigram *model = (const struct unigram *)self;
    struct memory *memory = cy_token_cache_memory(cache);
    if (memory->capacity < piece.size + 1) {
        memory->capacity = CY_MAX(piece.size + 1, 2 * memory->capacity);
        memory->ways = cy_realloc(memory->ways, memory->capacity * sizeof *memory->ways);
    }
    struct way *ways = memory->ways;
    find_ways(model, ways, piece);
    memory->path.count = 0;
    for (size_t end = piece.size; end > 0; end = ways[end].start)
        cy_ids_add(&memory->path, (uint32_t)end);
    uint32_t start = 0, unknown = UINT32_MAX; /* where a run of unknown characters begins */
    for (size_t i = memory->path.count; i-- > 0; start = memory->path.items[i]) {
        uint32_t end = memory->path.items[i], id = ways[end].id;
        if (id == model->source.unknown) {
            unknown = unknown == UINT32_MAX ? start : unknown;
            continue;
        }
        if (unknown != UINT32_MAX)
            add_unknown(model, (struct cy_str){piece.data + unknown, start - unknown}, ids);
        unknown = UINT32_MAX;
        cy_ids_add(ids, id);
    }
    if (unknown != UINT32_MAX)
        add_unknown(model, (struct cy_str){piece.data + unknown, piece.size - unknown}, ids);
}

static void release(struct cy_token_model *self)
{
    struct unigram *model = (struct unigram *)self;
    free(model->edges);
    free(model->node_ids);
}

struct cy_token_model *cy_unigram_new(const struct cy_unigram_source *source, struct cy_arena *arena)
{
    const struct cy_vocabulary *vocabulary = source->vocabulary;
    struct unigram *model = cy_arena_zero(arena, sizeof *model);
    size_t nodes_max = (vocabulary->count > 0 ? vocabulary->ends[vocabulary->count - 1] : 0) + 1;
    model->base = (struct cy_token_model){.encode = encode, .memory_new = memory_new, .memory_free = memory_free, .release = release};
    model->source = *source;
    for (model->edge_bits = 4; (size_t)1 << model->edge_bits < 2 * nodes_max;)
        model->edge_bits++;
    model->edges = cy_alloc(sizeof *model->edges << model->edge_bits);
    memset(model->edges, 0xFF, sizeof *model->edges << model->edge_bits);
    model->node_ids = cy_alloc(nodes_max * sizeof *model->node_ids);
    memset(model->node_ids, 0xFF, nodes_max * sizeof *model->node_ids);
    model->node_count = 1;
    double lowest = source->sentencepiece ? source->lowest : INFINITY;
    for (uint32_t id = 0; id < vocabulary->count; id++) {
        if (source->left_out != NULL && source->left_out[id])
            continue;
        add_token(model, cy_vocabulary_token(vocabulary, id), id); /* of two with the same bytes the last counts */
        if (!source->sentencepiece)
            lowest = CY_MIN(lowest, source->scores[id]);
    }
    model->node_ids[0] = UINT32_MAX; /* an empty token covers nothing */
    model->unknown_score = source->sentencepiece ? add_single(lowest, -unknown_penalty) : lowest - unknown_penalty;
    for (unsigned byte = 0; byte < 256; byte++) {
        char name[8];
        int size = snprintf(name, sizeof name, "<0x%02X>", byte);
        model->byte_ids[byte] = cy_token_table_find(source->names, (struct cy_str){name, (size_t)size});
    }
    return &model->base;
}
