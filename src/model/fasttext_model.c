#include "model/fasttext_model.h"

#include "base/files.h"

#include <math.h>
#include <stdlib.h>

#include <emmintrin.h>

enum { FILE_MAGIC = 793712314, VERSION_OLD = 11, VERSION = 12, CENTROIDS = 256 };

/* What the file says, as long as it is read. */
struct reader {
    struct cy_str file;
    size_t place; /* bytes read */
    const char *name;
    struct cy_error *error;
    struct cy_fasttext *model;
    int64_t pruned_count; /* -1: every bucket has a row */
    const char *pruned;   /* pruned_count pairs of int32: bucket, row after the words */
};

static enum cy_status refuse(struct reader *in, const char *what)
{
    cy_error_set(in->error, CY_BAD_INPUT, "\"%s\" cannot be used as a fastText model: %s, at byte %zu", in->name, what, in->place);
    return cy_error_hint(in->error, "the file is damaged or of another kind; fetch it again");
}

/* The next `size` bytes, or NULL when the file ends before. */
static const char *take(struct reader *in, uint64_t size)
{
    if (size > in->file.size - in->place)
        return NULL;
    const char *at = in->file.data + in->place;
    in->place += size;
    return at;
}

/* Numbers of the file are little-endian, as this machine's. 0 when the file ends, which the caller sees by in->place or later. */
static int32_t take_i32(struct reader *in)
{
    const char *at = take(in, 4);
    return at != NULL ? (int32_t)cy_load_u32(at) : (in->place = in->file.size, 0);
}

static int64_t take_i64(struct reader *in)
{
    const char *at = take(in, 8);
    return at != NULL ? (int64_t)cy_load_u64(at) : (in->place = in->file.size, 0);
}

/* A byte that is 0 or 1; -1 when it is not, or the file ends. */
static int take_flag(struct reader *in)
{
    const char *at = take(in, 1);
    return at != NULL && (uint8_t)*at <= 1 ? *at : -1;
}

static enum cy_status read_arguments(struct reader *in)
{
    struct cy_fasttext *model = in->model;
    int32_t magic = take_i32(in), version = take_i32(in);
    if (magic != FILE_MAGIC)
        return refuse(in, "it does not begin with fastText's magic number");
    if (version != VERSION && version != VERSION_OLD)
        return refuse(in, "its version is neither 11 nor 12");
    int32_t dim = take_i32(in);
    take(in, 4 * 4); /* window, epochs, least count, negatives: of training only */
    int32_t word_ngrams = take_i32(in), loss = take_i32(in), kind = take_i32(in), buckets = take_i32(in);
    int32_t n_min = take_i32(in), n_max = take_i32(in);
    if (take(in, 4 + 8) == NULL) /* update rate, sampling threshold: of training only */
        return refuse(in, "it ends within the arguments");
    if (kind == CY_FASTTEXT_SUPERVISED && version == VERSION_OLD)
        n_max = 0; /* such models had no character n-grams, whatever the file says */
    if (dim < 1 || dim > CY_FASTTEXT_DIM_MAX)
        return refuse(in, "the number of dimensions is not in 1…1024");
    if (word_ngrams < 1 || word_ngrams > CY_NGRAM_MAX)
        return refuse(in, "the length of word n-grams is not in 1…15");
    if (loss < CY_FASTTEXT_HIERARCHICAL || loss > CY_FASTTEXT_ONE_VS_ALL || kind < CY_FASTTEXT_CBOW || kind > CY_FASTTEXT_SUPERVISED)
        return refuse(in, "its loss or kind is unknown");
    if (buckets < 0 || buckets > CY_FASTTEXT_BUCKETS_MAX || (buckets == 0 && (n_max > 0 || word_ngrams > 1)))
        return refuse(in, "the number of buckets is not in 1…67108864");
    if (n_max > CY_NGRAM_MAX)
        return refuse(in, "character n-grams are longer than 15");
    model->dim = (uint32_t)dim;
    model->lanes = (model->dim + CY_FASTTEXT_LANES - 1) / CY_FASTTEXT_LANES * CY_FASTTEXT_LANES;
    model->word_ngrams = (uint32_t)word_ngrams;
    model->loss = (enum cy_fasttext_loss)loss;
    model->kind = (enum cy_fasttext_kind)kind;
    model->ngrams.bucket_count = (uint32_t)buckets;
    model->ngrams.n_min = n_min > 1 ? (uint32_t)n_min : 1;
    model->ngrams.n_max = n_max > 0 && n_max >= n_min ? (uint32_t)n_max : 0;
    return CY_OK;
}

static uint64_t word_key_hash(struct cy_str word)
{
    uint8_t key[CY_WORD_KEY_BYTES] = {0};
    memcpy(key, word.data, CY_MIN(word.size, sizeof key));
    return cy_word_key_hash(key);
}

/* Words and labels go to slots by their hash; of two that are equal the later one is found, as in fastText. */
static void fill_word_slots(struct cy_fasttext *model)
{
    uint32_t entry_count = model->word_count + model->label_count;
    model->word_slot_bits = 4;
    while (((uint32_t)1 << model->word_slot_bits) < 2 * entry_count)
        model->word_slot_bits++;
    size_t slot_count = (size_t)1 << model->word_slot_bits;
    model->word_slots = cy_alloc(slot_count * sizeof *model->word_slots);
    memset(model->word_slots, 0xFF, slot_count * sizeof *model->word_slots);
    for (uint32_t i = 0; i < entry_count; i++) {
        struct cy_str word = cy_fasttext_name(model, i);
        uint64_t hash = word_key_hash(word), slot = hash >> (64 - model->word_slot_bits);
        while (model->word_slots[slot] != UINT64_MAX && !cy_str_equal(cy_fasttext_name(model, (uint32_t)model->word_slots[slot]), word))
            slot = (slot + 1) & (slot_count - 1);
        model->word_slots[slot] = hash << 32 | i;
        model->word_size_max = CY_MAX(model->word_size_max, word.size);
    }
}

static enum cy_status read_dictionary(struct reader *in)
{
    struct cy_fasttext *model = in->model;
    int32_t entries = take_i32(in), words = take_i32(in), labels = take_i32(in);
    take_i64(in); /* tokens seen in training */
    in->pruned_count = take_i64(in);
    if (words < 0 || words > CY_FASTTEXT_WORDS_MAX || labels < 0 || labels > CY_FASTTEXT_LABELS_MAX || entries != words + labels ||
        entries == 0)
        return refuse(in, "the numbers of words and labels do not fit together");
    if (in->pruned_count < -1 || in->pruned_count > (int64_t)model->ngrams.bucket_count)
        return refuse(in, "more buckets were kept than there are");
    /* An entry takes at least 10 bytes, so a file cannot ask for more memory than a few times its size. */
    if ((uint64_t)entries * 10 > in->file.size - in->place)
        return refuse(in, "it ends within the words");
    model->word_count = (uint32_t)words;
    model->label_count = (uint32_t)labels;
    model->text_offsets = cy_alloc(((size_t)entries + 1) * sizeof *model->text_offsets);
    model->label_counts = cy_alloc(((size_t)labels + 1) * sizeof *model->label_counts);
    struct cy_buffer text = {0};
    for (int32_t i = 0; i < entries; i++) {
        const char *word = in->file.data + in->place, *zero = memchr(word, 0, in->file.size - in->place);
        size_t word_size = zero != NULL ? (size_t)(zero - word) : 0;
        const char *tail = zero != NULL && text.size + word_size < UINT32_MAX / 2 && take(in, word_size + 1) != NULL ? take(in, 9) : NULL;
        if (tail == NULL || tail[8] != (i >= words)) {
            cy_buffer_release(&text);
            return refuse(in, tail == NULL ? "it ends within the words" : "words do not stand before labels");
        }
        model->text_offsets[i] = (uint32_t)text.size;
        cy_buffer_add(&text, word, word_size + 1);
        if (i >= words)
            model->label_counts[i - words] = (int64_t)cy_load_u64(tail);
    }
    model->text_offsets[entries] = (uint32_t)text.size;
    model->text = text.data;
    fill_word_slots(model);
    in->pruned = take(in, in->pruned_count > 0 ? (uint64_t)in->pruned_count * 8 : 0);
    return in->pruned != NULL ? CY_OK : refuse(in, "it ends within the kept buckets");
}

/* ---- matrices ---- */

/* A matrix as the file holds it: plain floats, or codes into tables of centroids (product quantization), with a norm coded apart. */
struct matrix {
    uint64_t row_count;
    uint32_t dim;
    const char *values; /* row_count * dim floats; NULL: quantized */
    const uint8_t *codes;
    uint32_t codes_per_row;
    uint32_t code_dim, code_dim_last; /* values that a code stands for; the last code of a row its own number */
    const char *centroids;            /* dim * 256 floats, one code's after the other's */
    const uint8_t *norm_codes;        /* NULL: every norm is 1 */
    const char *norms;                /* 256 floats */
};

static float float_at(const char *floats, uint64_t index)
{
    float value;
    memcpy(&value, floats + index * sizeof value, sizeof value);
    return value;
}

static enum cy_status read_matrix(struct reader *in, struct matrix *matrix, bool quantized)
{
    *matrix = (struct matrix){0};
    int with_norm = quantized ? take_flag(in) : 0;
    int64_t row_count = take_i64(in), dim = take_i64(in);
    if (with_norm < 0 || row_count < 1 || row_count > CY_FASTTEXT_WORDS_MAX + (int64_t)CY_FASTTEXT_BUCKETS_MAX || dim != in->model->dim)
        return refuse(in, "a matrix has a wrong size");
    matrix->row_count = (uint64_t)row_count;
    matrix->dim = (uint32_t)dim;
    if (!quantized) {
        matrix->values = take(in, matrix->row_count * matrix->dim * sizeof(float));
        return matrix->values != NULL ? CY_OK : refuse(in, "it ends within a matrix");
    }
    int32_t code_count = take_i32(in);
    matrix->codes = (const uint8_t *)take(in, code_count > 0 ? (uint32_t)code_count : 0);
    int32_t pq_dim = take_i32(in), codes_per_row = take_i32(in), code_dim = take_i32(in), code_dim_last = take_i32(in);
    if (matrix->codes == NULL || pq_dim != dim || codes_per_row < 1 || codes_per_row > dim || code_dim < 1 || code_dim > dim ||
        code_dim > CY_FASTTEXT_CODE_DIM_MAX || code_dim_last < 1 || code_dim_last > code_dim ||
        (codes_per_row - 1) * code_dim + code_dim_last != dim || code_count != codes_per_row * row_count)
        return refuse(in, "a quantizer's sizes do not fit together");
    matrix->codes_per_row = (uint32_t)codes_per_row;
    matrix->code_dim = (uint32_t)code_dim;
    matrix->code_dim_last = (uint32_t)code_dim_last;
    matrix->centroids = take(in, (uint64_t)matrix->dim * CENTROIDS * sizeof(float));
    if (matrix->centroids == NULL)
        return refuse(in, "it ends within a quantizer");
    if (with_norm == 0)
        return CY_OK;
    matrix->norm_codes = (const uint8_t *)take(in, matrix->row_count);
    int32_t one = take_i32(in) & take_i32(in) & take_i32(in) & take_i32(in); /* the quantizer of the norms has one value and one code */
    matrix->norms = take(in, CENTROIDS * sizeof(float));
    return matrix->norm_codes != NULL && one == 1 && matrix->norms != NULL ? CY_OK : refuse(in, "the quantizer of the norms is damaged");
}

/* values[0, dim) = row `row`, in floats as fastText computes them. */
static void matrix_row(const struct matrix *matrix, uint64_t row, float *values)
{
    if (matrix->values != NULL) {
        memcpy(values, matrix->values + row * matrix->dim * sizeof(float), matrix->dim * sizeof(float));
        return;
    }
    const uint8_t *codes = matrix->codes + row * matrix->codes_per_row;
    float norm = matrix->norm_codes != NULL ? float_at(matrix->norms, matrix->norm_codes[row]) : 1;
    if (matrix->code_dim == 2 && matrix->code_dim_last == 2) { /* what quantized models have: the loop below, of constant width */
        for (uint32_t code = 0; code < matrix->codes_per_row; code++) {
            float pair[2];
            memcpy(pair, matrix->centroids + ((uint64_t)code * CENTROIDS + codes[code]) * sizeof pair, sizeof pair);
            values[2 * code] = norm * pair[0];
            values[2 * code + 1] = norm * pair[1];
        }
        return;
    }
    for (uint32_t code = 0; code < matrix->codes_per_row; code++) {
        uint32_t width = code + 1 == matrix->codes_per_row ? matrix->code_dim_last : matrix->code_dim;
        uint64_t centroid = (uint64_t)code * CENTROIDS * matrix->code_dim + (uint64_t)codes[code] * width;
        for (uint32_t i = 0; i < width; i++)
            values[code * matrix->code_dim + i] = norm * float_at(matrix->centroids, centroid + i);
    }
}

static void *alloc_aligned(uint64_t size_bytes)
{
    void *memory = aligned_alloc(64, (size_bytes + 63) / 64 * 64);
    CY_ASSERT(memory != NULL);
    memset(memory, 0, size_bytes);
    return memory;
}

/* ---- rows ---- */

/* Where row `row` of the file goes: rows of words stay, those of buckets are put in the order of the buckets. */
static enum cy_status place_rows(struct reader *in, uint64_t file_row_count, uint32_t **file_rows)
{
    struct cy_fasttext *model = in->model;
    uint64_t unit_count = model->ngrams.bucket_count / 32 + 1;
    uint32_t bucket_row_count = in->pruned_count < 0 ? model->ngrams.bucket_count : (uint32_t)in->pruned_count;
    if (in->pruned_count < 0 ? file_row_count != (uint64_t)model->word_count + bucket_row_count
                             : file_row_count < (uint64_t)model->word_count + bucket_row_count)
        return refuse(in, "the first matrix has not as many rows as there are words and buckets");
    model->row_count = (uint64_t)model->word_count + bucket_row_count;
    uint32_t *bits = model->bucket_bits = cy_alloc_zero(unit_count, sizeof *bits);
    uint32_t *before = model->bucket_before = cy_alloc_zero(unit_count, sizeof *before);
    model->ngrams.bits = bits;
    model->ngrams.before = before;
    model->ngrams.row_first = model->word_count;
    uint32_t *rows = *file_rows = cy_alloc(model->row_count * sizeof *rows); /* for each of ours, the file's */
    for (uint64_t row = 0; row < model->row_count; row++)
        rows[row] = (uint32_t)row;
    if (in->pruned_count < 0) {
        for (uint32_t bucket = 0; bucket < model->ngrams.bucket_count; bucket++)
            bits[bucket / 32] |= 1u << bucket % 32;
    }
    for (int64_t i = 0; i < in->pruned_count; i++) {
        uint32_t bucket = cy_load_u32(in->pruned + i * 8);
        if (bucket >= model->ngrams.bucket_count || cy_load_u32(in->pruned + i * 8 + 4) >= file_row_count - model->word_count)
            return refuse(in, "a kept bucket is out of range");
        if (bits[bucket / 32] >> bucket % 32 & 1)
            return refuse(in, "a bucket is kept twice");
        bits[bucket / 32] |= 1u << bucket % 32;
    }
    for (uint64_t i = 1; i < unit_count; i++)
        before[i] = before[i - 1] + (uint32_t)__builtin_popcount(bits[i - 1]);
    for (int64_t i = 0; i < in->pruned_count; i++) {
        uint32_t bucket = cy_load_u32(in->pruned + i * 8), lower = bits[bucket / 32] & ((1u << bucket % 32) - 1);
        uint32_t row = model->word_count + before[bucket / 32] + (uint32_t)__builtin_popcount(lower);
        rows[row] = model->word_count + cy_load_u32(in->pruned + i * 8 + 4);
    }
    return CY_OK;
}

/* The rows are first put down as floats, for their unit follows from the largest, and then made whole numbers in place. */
static enum cy_status fill_rows(struct reader *in, const struct matrix *matrix, const uint32_t *file_rows)
{
    struct cy_fasttext *model = in->model;
    model->rows = alloc_aligned(model->row_count * model->lanes * sizeof *model->rows);
    int32_t largest_bits = 0; /* without their sign, floats stand in the order of their bits, and what is no number above all */
    for (uint64_t row = 0; row < model->row_count; row++) {
        float *values = (float *)(void *)(model->rows + row * model->lanes);
        matrix_row(matrix, file_rows[row], values);
        for (uint32_t i = 0; i < model->dim; i++)
            largest_bits = CY_MAX(largest_bits, (int32_t)(cy_load_u32(values + i) & INT32_MAX));
    }
    float largest;
    memcpy(&largest, &largest_bits, sizeof largest);
    if (!(largest <= CY_FASTTEXT_VALUE_MAX))
        return refuse(in, "a value of the first matrix is not within ±1e6");
    int exponent;
    frexp(largest, &exponent); /* largest < 2^exponent */
    model->row_unit = ldexp(1, exponent - CY_FASTTEXT_ROW_BITS);
    const __m128d scale = _mm_set1_pd(1 / model->row_unit); /* exact, and so is each product: powers of two */
    for (uint64_t i = 0; i < model->row_count * model->lanes; i += 4) {
        __m128 values = _mm_load_ps((const float *)(const void *)(model->rows + i));
        __m128i low = _mm_cvtpd_epi32(_mm_mul_pd(_mm_cvtps_pd(values), scale));
        __m128i high = _mm_cvtpd_epi32(_mm_mul_pd(_mm_cvtps_pd(_mm_movehl_ps(values, values)), scale));
        _mm_store_si128((__m128i *)(void *)(model->rows + i), _mm_unpacklo_epi64(low, high));
    }
    return CY_OK;
}

static enum cy_status read_rows(struct reader *in, bool *quantized)
{
    struct matrix matrix;
    uint32_t *file_rows = NULL;
    int flag = take_flag(in);
    if (flag < 0)
        return refuse(in, "it ends before the first matrix");
    *quantized = flag == 1;
    if (!*quantized && in->pruned_count >= 0)
        return refuse(in, "buckets were pruned and the matrix is not quantized");
    enum cy_status status = read_matrix(in, &matrix, *quantized);
    if (status == CY_OK)
        status = place_rows(in, matrix.row_count, &file_rows);
    if (status == CY_OK)
        status = fill_rows(in, &matrix, file_rows);
    free(file_rows);
    return status;
}

static enum cy_status read_output(struct reader *in, bool quantized)
{
    struct cy_fasttext *model = in->model;
    struct matrix matrix;
    int flag = take_flag(in);
    if (flag < 0)
        return refuse(in, "it ends before the second matrix");
    enum cy_status status = read_matrix(in, &matrix, quantized && flag == 1);
    if (status != CY_OK)
        return status;
    uint32_t expected = model->kind == CY_FASTTEXT_SUPERVISED ? model->label_count : model->word_count;
    if (matrix.row_count != expected)
        return refuse(in, "the second matrix has not a row for each label");
    model->output_count = expected;
    model->output = alloc_aligned(matrix.row_count * model->lanes * sizeof *model->output);
    for (uint64_t row = 0; row < matrix.row_count; row++) {
        float *values = model->output + row * model->lanes;
        matrix_row(&matrix, row, values);
        for (uint32_t i = 0; i < model->dim; i++)
            if (!(fabsf(values[i]) <= CY_FASTTEXT_VALUE_MAX))
                return refuse(in, "a value of the second matrix is not within ±1e6");
    }
    return CY_OK;
}

/* ---- tree ---- */

/* The Huffman tree as fastText builds it: labels stand from the most to the least frequent; of the two lists, labels not yet used and
 * nodes not yet used, the one with the smaller count gives the next child, nodes at equal counts. */
static enum cy_status build_tree(struct reader *in)
{
    struct cy_fasttext *model = in->model;
    const int64_t unused = 1000000000000000; /* fastText's count of a node not yet built */
    uint32_t label_count = model->label_count, node_count = 2 * label_count - 1;
    int64_t *counts = cy_alloc(node_count * sizeof *counts);
    uint32_t *heights = cy_alloc_zero(node_count, sizeof *heights);
    int64_t leaf = (int64_t)label_count - 1;
    uint32_t inner = label_count;
    bool fits = true;
    model->nodes = cy_alloc_zero(node_count, sizeof *model->nodes);
    for (uint32_t i = 0; i < node_count; i++)
        counts[i] = i < label_count ? model->label_counts[i] : unused;
    for (uint32_t i = 0; i < label_count; i++)
        fits = fits && counts[i] >= 0 && counts[i] < unused / label_count;
    for (uint32_t i = label_count; fits && i < node_count; i++) {
        uint32_t children[2];
        for (int side = 0; side < 2; side++)
            children[side] = leaf >= 0 && counts[leaf] < counts[inner] ? (uint32_t)leaf-- : inner++;
        fits = children[0] < i && children[1] < i;
        if (!fits)
            break;
        model->nodes[i] = (struct cy_fasttext_node){children[0], children[1]};
        counts[i] = counts[children[0]] + counts[children[1]];
        heights[i] = 1 + CY_MAX(heights[children[0]], heights[children[1]]);
        fits = heights[i] <= CY_FASTTEXT_DEPTH_MAX;
    }
    free(counts);
    free(heights);
    return fits ? CY_OK : refuse(in, "the labels' counts do not make a Huffman tree");
}

/* ---- the whole ---- */

static enum cy_status read_all(struct reader *in)
{
    bool quantized = false;
    enum cy_status status = read_arguments(in);
    if (status == CY_OK)
        status = read_dictionary(in);
    if (status == CY_OK)
        status = read_rows(in, &quantized);
    if (status == CY_OK)
        status = read_output(in, quantized);
    if (status == CY_OK && in->place != in->file.size)
        status = refuse(in, "something follows the second matrix");
    if (status == CY_OK && in->model->kind == CY_FASTTEXT_SUPERVISED && in->model->loss == CY_FASTTEXT_HIERARCHICAL)
        status = build_tree(in);
    return status;
}

enum cy_status cy_fasttext_parse(struct cy_fasttext **model, struct cy_str file, const char *name, struct cy_error *error)
{
    struct reader in = {.file = file, .name = name, .error = error, .model = cy_alloc_zero(1, sizeof **model)};
    enum cy_status status = read_all(&in);
    if (status != CY_OK) {
        cy_fasttext_free(in.model);
        in.model = NULL;
    }
    *model = in.model;
    return status;
}

enum cy_status cy_fasttext_load(struct cy_fasttext **model, const char *path, struct cy_error *error)
{
    struct cy_map map;
    *model = NULL;
    enum cy_status status = cy_map_file(&map, path, error);
    if (status != CY_OK)
        return status;
    status = cy_fasttext_parse(model, (struct cy_str){map.data, map.size}, path, error);
    cy_unmap(&map);
    return status;
}

void cy_fasttext_free(struct cy_fasttext *model)
{
    if (model == NULL)
        return;
    free((char *)model->text);
    free(model->text_offsets);
    free(model->label_counts);
    free(model->word_slots);
    free(model->bucket_bits);
    free(model->bucket_before);
    free(model->rows);
    free(model->output);
    free(model->nodes);
    free(model);
}

uint32_t cy_fasttext_find_hashed(const struct cy_fasttext *model, struct cy_str word, uint64_t key_hash)
{
    const uint64_t mask = ((uint64_t)1 << model->word_slot_bits) - 1, *slots = model->word_slots;
    for (uint64_t slot = key_hash >> (64 - model->word_slot_bits); slots[slot] != UINT64_MAX; slot = (slot + 1) & mask)
        if (slots[slot] >> 32 == (uint32_t)key_hash && cy_str_equal(cy_fasttext_name(model, (uint32_t)slots[slot]), word))
            return (uint32_t)slots[slot];
    return UINT32_MAX;
}

uint32_t cy_fasttext_find(const struct cy_fasttext *model, struct cy_str word)
{
    return word.size <= model->word_size_max ? cy_fasttext_find_hashed(model, word, word_key_hash(word)) : UINT32_MAX;
}

struct cy_str cy_fasttext_name(const struct cy_fasttext *model, uint32_t index)
{
    uint32_t offset = model->text_offsets[index];
    return (struct cy_str){model->text + offset, model->text_offsets[index + 1] - offset - 1};
}
