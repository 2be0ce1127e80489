#include "token/train_pieces.h"

#include "base/hash.h"

#include <stdlib.h>

enum { BYTES = 256 };

/* A pair of neighbours. */
struct pair {
    uint32_t left, right;
    int64_t count;   /* as of now; that of a pair already merged means nothing */
    uint32_t *words; /* where it came up since it was last put into the queue */
    uint32_t word_count, word_capacity;
    bool touched; /* stands in `touched` of the step */
};

/* A pair in line. Its count is what it was when it was put here; `words` are those to look for it in. */
struct candidate {
    int64_t count;
    uint32_t left, right;
    uint32_t pair;
    uint32_t word_count;
    uint32_t *words; /* owned */
    uint64_t number; /* of candidates before it: of two that are the same the earlier comes first */
};

struct training {
    struct cy_trained *out;
    uint32_t *symbols; /* of all words end to end; a word shrinks in its place */
    uint64_t *word_firsts;
    uint32_t *word_sizes;
    int64_t *word_times;
    size_t word_count;
    struct pair *pairs;
    size_t pair_count, pair_capacity;
    uint32_t *pair_slots; /* hash → index + 1 */
    size_t pair_slot_count;
    uint32_t *touched;
    size_t touched_count, touched_capacity;
    struct candidate *queue; /* a heap: the first is next */
    size_t queue_count, queue_capacity;
    uint64_t candidate_count;
    uint32_t *token_slots; /* hash of the bytes → id + 1, not of specials that no bytes spell */
    size_t token_slot_count;
};

/* ---- tokens ---- */

static size_t token_slot(const struct training *training, struct cy_str text)
{
    size_t slot = cy_hash64(text, 0) & (training->token_slot_count - 1);
    while (training->token_slots[slot] != 0 && !cy_str_equal(cy_trained_text(training->out, training->token_slots[slot] - 1), text))
        slot = (slot + 1) & (training->token_slot_count - 1);
    return slot;
}

/* The id of the token with these bytes, a new one where there is none. */
static uint32_t add_token(struct training *training, struct cy_str text, bool special)
{
    struct cy_trained *out = training->out;
    size_t slot = token_slot(training, text);
    if (training->token_slots[slot] != 0)
        return training->token_slots[slot] - 1;
    uint32_t id = (uint32_t)out->token_count++;
    out->tokens[id] = (struct cy_trained_token){out->bytes.size, (uint32_t)text.size, special};
    cy_buffer_add_str(&out->bytes, text);
    training->token_slots[slot] = id + 1;
    return id;
}

/* The 256 bytes in the order of the letters that stand for them: printable Latin-1 first. */
static void add_bytes(struct training *training, uint32_t ids[BYTES])
{
    for (int own = 1; own >= 0; own--)
        for (int byte = 0; byte < BYTES; byte++) {
            bool printable = (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
            char text = (char)byte;
            if (printable == (own == 1))
                ids[byte] = add_token(training, (struct cy_str){&text, 1}, false);
        }
}

/* ---- pairs ---- */

static size_t pair_slot(const struct training *training, uint32_t left, uint32_t right)
{
    uint64_t mixed = ((uint64_t)left << 32 | right) * UINT64_C(0x9e3779b97f4a7c15);
    size_t slot = (mixed ^ mixed >> 32) & (training->pair_slot_count - 1);
    while (training->pair_slots[slot] != 0) {
        const struct pair *pair = &training->pairs[training->pair_slots[slot] - 1];
        if (pair->left == left && pair->right == right)
            break;
        slot = (slot + 1) & (training->pair_slot_count - 1);
    }
    return slot;
}

static void grow_pairs(struct training *training)
{
    training->pair_slot_count = CY_MAX(2 * training->pair_slot_count, 1 << 12);
    free(training->pair_slots);
    training->pair_slots = cy_alloc_zero(training->pair_slot_count, sizeof *training->pair_slots);
    for (size_t i = 0; i < training->pair_count; i++)
        training->pair_slots[pair_slot(training, training->pairs[i].left, training->pairs[i].right)] = (uint32_t)i + 1;
}

static uint32_t find_pair(struct training *training, uint32_t left, uint32_t right)
{
    if (2 * (training->pair_count + 1) > training->pair_slot_count)
        grow_pairs(training);
    size_t slot = pair_slot(training, left, right);
    if (training->pair_slots[slot] != 0)
        return training->pair_slots[slot] - 1;
    if (training->pair_count == training->pair_capacity) {
        training->pair_capacity = CY_MAX(2 * training->pair_capacity, 1024);
        training->pairs = cy_realloc(training->pairs, training->pair_capacity * sizeof *training->pairs);
    }
    training->pairs[training->pair_count] = (struct pair){.left = left, .right = right};
    training->pair_slots[slot] = (uint32_t)++training->pair_count;
    return (uint32_t)training->pair_count - 1;
}

/* The pair came up `times` more in a word, or went. Words come one after the other, so a pair's list never has one twice. */
static void change_pair(struct training *training, uint32_t left, uint32_t right, int64_t times, uint32_t word)
{
    uint32_t index = find_pair(training, left, right);
    struct pair *pair = &training->pairs[index];
    pair->count += times;
    if (times < 0 || (pair->word_count > 0 && pair->words[pair->word_count - 1] == word))
        return;
    if (pair->word_count == pair->word_capacity) {
        pair->word_capacity = CY_MAX(2 * pair->word_capacity, 2);
        pair->words = cy_realloc(pair->words, pair->word_capacity * sizeof *pair->words);
    }
    pair->words[pair->word_count++] = word;
    if (pair->touched)
        return;
    pair->touched = true;
    if (training->touched_count == training->touched_capacity) {
        training->touched_capacity = CY_MAX(2 * training->touched_capacity, 1024);
        training->touched = cy_realloc(training->touched, training->touched_capacity * sizeof *training->touched);
    }
    training->touched[training->touched_count++] = index;
}

/* ---- the queue ---- */

static bool comes_before(const struct candidate *one, const struct candidate *other)
{
    if (one->count != other->count)
        return one->count > other->count;
    if (one->left != other->left)
        return one->left < other->left;
    return one->right != other->right ? one->right < other->right : one->number < other->number;
}

static void push(struct training *training, struct candidate candidate)
{
    if (training->queue_count == training->queue_capacity) {
        training->queue_capacity = CY_MAX(2 * training->queue_capacity, 1024);
        training->queue = cy_realloc(training->queue, training->queue_capacity * sizeof *training->queue);
    }
    size_t at = training->queue_count++;
    for (size_t above; at > 0 && comes_before(&candidate, &training->queue[above = (at - 1) / 2]); at = above)
        training->queue[at] = training->queue[above];
    training->queue[at] = candidate;
}

static struct candidate pop(struct training *training)
{
    struct candidate first = training->queue[0], last = training->queue[--training->queue_count];
    size_t at = 0;
    for (size_t below; (below = 2 * at + 1) < training->queue_count; at = below) {
        if (below + 1 < training->queue_count && comes_before(&training->queue[below + 1], &training->queue[below]))
            below++;
        if (!comes_before(&training->queue[below], &last))
            break;
        training->queue[at] = training->queue[below];
    }
    training->queue[at] = last;
    return first;
}

/* Puts the pairs that came up in this step in line, with the words in which they did. */
static void queue_touched(struct training *training)
{
    for (size_t i = 0; i < training->touched_count; i++) {
        struct pair *pair = &training->pairs[training->touched[i]];
        if (pair->count > 0)
            push(training, (struct candidate){.count = pair->count,
                                              .left = pair->left,
                                              .right = pair->right,
                                              .pair = training->touched[i],
                                              .words = pair->words,
                                              .word_count = pair->word_count,
                                              .number = training->candidate_count++});
        else
            free(pair->words);
        pair->words = NULL;
        pair->word_count = pair->word_capacity = 0;
        pair->touched = false;
    }
    training->touched_count = 0;
}

/* ---- words ---- */

struct sorted_piece {
    struct cy_str text;
    int64_t times;
};

static int compare_pieces(const void *one, const void *other)
{
    return cy_str_compare(((const struct sorted_piece *)one)->text, ((const struct sorted_piece *)other)->text);
}

/* Pieces become words of byte tokens, in the order of their bytes, so that it does not matter which thread counted what. */
static void take_words(struct training *training, const struct cy_piece_counts *counts, const uint32_t byte_ids[BYTES])
{
    size_t count, size = 0;
    const struct cy_piece_count *pieces = cy_piece_counts_all(counts, &count);
    struct sorted_piece *sorted = cy_alloc(CY_MAX(count, 1) * sizeof *sorted);
    for (size_t i = 0; i < count; i++) {
        sorted[i] = (struct sorted_piece){cy_piece_text(counts, &pieces[i]), pieces[i].times};
        size += pieces[i].size;
    }
    if (count > 0)
        qsort(sorted, count, sizeof *sorted, compare_pieces);
    training->symbols = cy_alloc(CY_MAX(size, 1) * sizeof *training->symbols);
    training->word_firsts = cy_alloc(CY_MAX(count, 1) * sizeof *training->word_firsts);
    training->word_sizes = cy_alloc(CY_MAX(count, 1) * sizeof *training->word_sizes);
    training->word_times = cy_alloc(CY_MAX(count, 1) * sizeof *training->word_times);
    training->word_count = count;
    size = 0;
    for (size_t i = 0; i < count; i++) {
        training->word_firsts[i] = size;
        training->word_sizes[i] = (uint32_t)sorted[i].text.size;
        training->word_times[i] = sorted[i].times;
        for (size_t k = 0; k < sorted[i].text.size; k++)
            training->symbols[size++] = byte_ids[(uint8_t)sorted[i].text.data[k]];
    }
    free(sorted);
}

static void count_pairs(struct training *training)
{
    for (uint32_t word = 0; word < training->word_count; word++) {
        const uint32_t *symbols = training->symbols + training->word_firsts[word];
        for (uint32_t i = 1; i < training->word_sizes[word]; i++)
            change_pair(training, symbols[i - 1], symbols[i], training->word_times[word], word);
    }
    queue_touched(training);
}

/* Puts `merged` in place of every left, right of a word, from the left, and counts the neighbours' pairs anew. */
static void merge_word(struct training *training, uint32_t word, uint32_t left, uint32_t right, uint32_t merged)
{
    uint32_t *symbols = training->symbols + training->word_firsts[word];
    uint32_t size = training->word_sizes[word], kept = 0;
    int64_t times = training->word_times[word];
    for (uint32_t i = 0; i < size; i++, kept++) {
        if (symbols[i] != left || i + 1 >= size || symbols[i + 1] != right) {
            symbols[kept] = symbols[i];
            continue;
        }
        if (kept > 0) {
            change_pair(training, symbols[kept - 1], left, -times, word);
            change_pair(training, symbols[kept - 1], merged, times, word);
        }
        if (i + 2 < size) {
            change_pair(training, right, symbols[i + 2], -times, word);
            change_pair(training, merged, symbols[i + 2], times, word);
        }
        symbols[kept] = merged;
        i++;
    }
    training->word_sizes[word] = kept;
}

/* ---- all together ---- */

static void merge_pair(struct training *training, const struct candidate *top)
{
    struct cy_trained *out = training->out;
    struct cy_str left = cy_trained_text(out, top->left), right = cy_trained_text(out, top->right);
    struct cy_buffer text = {0};
    cy_buffer_add_str(&text, left);
    cy_buffer_add_str(&text, right);
    uint32_t merged = add_token(training, cy_buffer_str(&text), false);
    cy_buffer_release(&text);
    out->merges[out->merge_count][0] = top->left;
    out->merges[out->merge_count++][1] = top->right;
    for (uint32_t i = 0; i < top->word_count; i++)
        merge_word(training, top->words[i], top->left, top->right, merged);
    queue_touched(training);
}

/* Merges until the vocabulary is full, or no pair is frequent enough. */
static void learn(struct training *training, const struct cy_train_options *options)
{
    struct cy_trained *out = training->out;
    size_t merge_capacity = CY_MAX(options->vocabulary_size, 1);
    out->merges = cy_alloc(merge_capacity * sizeof *out->merges);
    while (out->token_count < options->vocabulary_size && training->queue_count > 0) {
        struct candidate top = pop(training);
        int64_t now = training->pairs[top.pair].count;
        if (top.count != now) {
            top.count = now;
            push(training, top);
            continue;
        }
        bool frequent = top.count >= CY_MAX(options->frequency_min, 1);
        if (frequent && out->merge_count == merge_capacity) { /* merges that spell a token which is there make no new one */
            merge_capacity *= 2;
            out->merges = cy_realloc(out->merges, merge_capacity * sizeof *out->merges);
        }
        if (frequent)
            merge_pair(training, &top);
        free(top.words);
        if (!frequent)
            break;
    }
}

static void training_release(struct training *training)
{
    for (size_t i = 0; i < training->queue_count; i++)
        free(training->queue[i].words);
    for (size_t i = 0; i < training->pair_count; i++)
        free(training->pairs[i].words);
    free(training->queue);
    free(training->pairs);
    free(training->pair_slots);
    free(training->touched);
    free(training->token_slots);
    free(training->symbols);
    free(training->word_firsts);
    free(training->word_sizes);
    free(training->word_times);
}

void cy_bpe_train(const struct cy_piece_counts *counts, const struct cy_train_pattern *pattern, const struct cy_train_options *options,
                  struct cy_buffer *out, size_t *token_count)
{
    struct cy_trained trained = {0};
    struct training training = {.out = &trained};
    size_t token_max = CY_MAX(options->vocabulary_size, options->special_count + BYTES);
    uint32_t byte_ids[BYTES];
    trained.tokens = cy_alloc(token_max * sizeof *trained.tokens);
    training.token_slot_count = 1 << 10;
    while (training.token_slot_count < 2 * token_max)
        training.token_slot_count *= 2;
    training.token_slots = cy_alloc_zero(training.token_slot_count, sizeof *training.token_slots);
    for (size_t i = 0; i < options->special_count; i++)
        add_token(&training, options->specials[i], true);
    add_bytes(&training, byte_ids);
    take_words(&training, counts, byte_ids);
    count_pairs(&training);
    learn(&training, options);
    training_release(&training);
    *token_count = trained.token_count;
    cy_trained_print(&trained, pattern, out);
    cy_trained_release(&trained);
}
