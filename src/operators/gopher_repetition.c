/* Removes documents that repeat themselves: lines, paragraphs, and word n-grams. */
#include "base/unicode.h"
#include "operators/language_thresholds.h"
#include "operators/ngram_repeats.h"
#include "operators/operator.h"

enum { PARA_FRAC, PARA_CHAR_FRAC, LINE_FRAC, LINE_CHAR_FRAC, TOP_2, TOP_3, TOP_4, DUP_5, DUP_6, DUP_7, DUP_8, DUP_9, DUP_10, MEASURES };

struct gopher_repetition { /* their meaning: params */
    double dup_para_frac_max, dup_para_char_frac_max, dup_line_frac_max, dup_line_char_frac_max;
    double top_2_gram_max, top_3_gram_max, top_4_gram_max;
    double dup_5_gram_max, dup_6_gram_max, dup_7_gram_max, dup_8_gram_max, dup_9_gram_max, dup_10_gram_max;
    bool by_language;
};

#define LIMIT(field, fallback, meaning)                                                                                                    \
    CY_PARAM_NUMBER(gopher_repetition, field, fallback, "fraction", "keep at or below; 0: any; " meaning)
static const struct cy_param params[] = {
    LIMIT(dup_para_frac_max, 0.3, "repeated paragraphs of all paragraphs"),
    LIMIT(dup_para_char_frac_max, 0.2, "code points in repeated paragraphs"),
    LIMIT(dup_line_frac_max, 0.3, "repeated lines of all lines"),
    LIMIT(dup_line_char_frac_max, 0.2, "code points in repeated lines"),
    LIMIT(top_2_gram_max, 0.2, "code points in the most frequent pair of words"),
    LIMIT(top_3_gram_max, 0.18, "code points in the most frequent 3 words"),
    LIMIT(top_4_gram_max, 0.16, "code points in the most frequent 4 words"),
    LIMIT(dup_5_gram_max, 0.15, "code points in repeated 5-grams of words"),
    LIMIT(dup_6_gram_max, 0.14, "code points in repeated 6-grams of words"),
    LIMIT(dup_7_gram_max, 0.13, "code points in repeated 7-grams of words"),
    LIMIT(dup_8_gram_max, 0.12, "code points in repeated 8-grams of words"),
    LIMIT(dup_9_gram_max, 0.11, "code points in repeated 9-grams of words"),
    LIMIT(dup_10_gram_max, 0.10, "code points in repeated 10-grams of words"),
    CY_PARAM_BOOL(gopher_repetition, by_language, false, "take the thresholds of the document's language where docs/quality.md has them"),
    {0},
};

static const struct cy_signal signals[] = {
    [PARA_FRAC] = {"dup_para_frac", "fraction", "paragraphs that stand in the text before, of all paragraphs"},
    [PARA_CHAR_FRAC] = {"dup_para_char_frac", "fraction", "code points of such paragraphs, of all"},
    [LINE_FRAC] = {"dup_line_frac", "fraction", "lines that stand in the text before, of all lines"},
    [LINE_CHAR_FRAC] = {"dup_line_char_frac", "fraction", "code points of such lines, of all"},
    [TOP_2] = {"top_2_gram", "fraction", "code points of the most frequent pair of words, of all"},
    [TOP_3] = {"top_3_gram", "fraction", "code points of the most frequent 3 words, of all"},
    [TOP_4] = {"top_4_gram", "fraction", "code points of the most frequent 4 words, of all"},
    [DUP_5] = {"dup_5_gram", "fraction", "code points of repeated 5-grams of words, of all"},
    [DUP_6] = {"dup_6_gram", "fraction", "code points of repeated 6-grams of words, of all"},
    [DUP_7] = {"dup_7_gram", "fraction", "code points of repeated 7-grams of words, of all"},
    [DUP_8] = {"dup_8_gram", "fraction", "code points of repeated 8-grams of words, of all"},
    [DUP_9] = {"dup_9_gram", "fraction", "code points of repeated 9-grams of words, of all"},
    [DUP_10] = {"dup_10_gram", "fraction", "code points of repeated 10-grams of words, of all"},
    {0},
};

/* In the order in which they are asked; `measure` i of the signals. */
static const struct cy_rule rules[] = {
    [PARA_FRAC] = {"dup_para_frac", "dup_para_frac", "dup_para_frac_max", CY_KEEP_AT_MOST, "too many repeated paragraphs"},
    [PARA_CHAR_FRAC] = {"dup_para_char_frac", "dup_para_char_frac", "dup_para_char_frac_max", CY_KEEP_AT_MOST,
                        "repeated paragraphs are too long"},
    [LINE_FRAC] = {"dup_line_frac", "dup_line_frac", "dup_line_frac_max", CY_KEEP_AT_MOST, "too many repeated lines"},
    [LINE_CHAR_FRAC] = {"dup_line_char_frac", "dup_line_char_frac", "dup_line_char_frac_max", CY_KEEP_AT_MOST,
                        "repeated lines are too long"},
    [TOP_2] = {"top_2_gram", "top_2_gram", "top_2_gram_max", CY_KEEP_AT_MOST, "one pair of words makes up too much of the text"},
    [TOP_3] = {"top_3_gram", "top_3_gram", "top_3_gram_max", CY_KEEP_AT_MOST, "one group of 3 words makes up too much of the text"},
    [TOP_4] = {"top_4_gram", "top_4_gram", "top_4_gram_max", CY_KEEP_AT_MOST, "one group of 4 words makes up too much of the text"},
    [DUP_5] = {"duplicated_5_n_grams", "dup_5_gram", "dup_5_gram_max", CY_KEEP_AT_MOST, "repeated 5-grams make up too much of the text"},
    [DUP_6] = {"duplicated_6_n_grams", "dup_6_gram", "dup_6_gram_max", CY_KEEP_AT_MOST, "repeated 6-grams make up too much of the text"},
    [DUP_7] = {"duplicated_7_n_grams", "dup_7_gram", "dup_7_gram_max", CY_KEEP_AT_MOST, "repeated 7-grams make up too much of the text"},
    [DUP_8] = {"duplicated_8_n_grams", "dup_8_gram", "dup_8_gram_max", CY_KEEP_AT_MOST, "repeated 8-grams make up too much of the text"},
    [DUP_9] = {"duplicated_9_n_grams", "dup_9_gram", "dup_9_gram_max", CY_KEEP_AT_MOST, "repeated 9-grams make up too much of the text"},
    [DUP_10] = {"duplicated_10_n_grams", "dup_10_gram", "dup_10_gram_max", CY_KEEP_AT_MOST,
                "repeated 10-grams make up too much of the text"},
    [MEASURES] = {"empty", NULL, NULL, CY_KEEP_OTHER, "there is no text"},
    {0},
};

/* What parts of a text are repeated: those between runs of newlines. */
struct parts {
    struct cy_repeats repeats;
    size_t count;
    const char *from; /* the one at hand begins here */
};

static inline void end_part(struct parts *parts, const char *end, bool ascii, struct cy_seen *seen)
{
    cy_repeats_add(&parts->repeats, seen, (struct cy_str){parts->from, (size_t)(end - parts->from)}, ascii);
    parts->count++;
}

/* Lines lie between runs of newlines, paragraphs of the stripped text between runs of two or more; a run at an end of the text leaves an
 * empty line, as re.split does. One walk for both. */
static void count_parts(struct cy_str text, bool ascii, struct cy_quality_scratch *scratch, struct parts *lines, struct parts *paragraphs)
{
    struct cy_str stripped = cy_strip(text);
    const char *end = text.data + text.size, *stripped_end = stripped.data + stripped.size, *run = NULL, *behind = NULL;
    *lines = (struct parts){.from = text.data};
    *paragraphs = (struct parts){.from = stripped.data};
    for (size_t at = 0; at < text.size; at += CY_NEWLINES_BYTES)
        for (uint64_t newlines = cy_newlines(text, at); newlines != 0; newlines &= newlines - 1) {
            const char *newline = text.data + at + __builtin_ctzll(newlines);
            if (newline != behind) {
                run = newline;
                end_part(lines, run, ascii, &scratch->lines);
            } else if (newline == run + 1 && run > stripped.data && run < stripped_end) {
                end_part(paragraphs, run, ascii, &scratch->paragraphs);
            }
            behind = lines->from = newline + 1;
            if (newline > run && run > stripped.data && run < stripped_end)
                paragraphs->from = behind;
        }
    end_part(lines, end, ascii, &scratch->lines);
    end_part(paragraphs, stripped_end, ascii, &scratch->paragraphs);
}

static void measure(const struct cy_words *words, struct cy_quality_scratch *scratch, double measured[MEASURES])
{
    double char_count = (double)cy_char_count(words->text, words->ascii);
    size_t newline_count = cy_count_byte(words->text, '\n');
    struct parts lines, paragraphs;
    cy_seen_begin(&scratch->lines, newline_count + 1);
    cy_seen_begin(&scratch->paragraphs, newline_count / 2 + 1);
    count_parts(words->text, words->ascii, scratch, &lines, &paragraphs);
    measured[PARA_FRAC] = (double)paragraphs.repeats.count / (double)paragraphs.count;
    measured[PARA_CHAR_FRAC] = (double)paragraphs.repeats.chars / char_count;
    measured[LINE_FRAC] = (double)lines.repeats.count / (double)lines.count;
    measured[LINE_CHAR_FRAC] = (double)lines.repeats.chars / char_count;
    struct cy_ngram_repeats repeats;
    cy_ngram_repeats(words, scratch, &repeats);
    for (size_t n = CY_NGRAM_MIN; n <= CY_NGRAM_MAX; n++)
        measured[TOP_2 + n - CY_NGRAM_MIN] = (n <= CY_NGRAM_TOP_MAX ? repeats.top[n] : repeats.repeated[n]) / char_count;
}

static void set_limits(const struct gopher_repetition *op, struct cy_str language, double limits[MEASURES])
{
    const struct cy_language_thresholds *row = op->by_language ? cy_language_thresholds_find(language) : NULL;
    const double own[MEASURES] = {op->dup_para_frac_max, op->dup_para_char_frac_max, op->dup_line_frac_max, op->dup_line_char_frac_max,
                                  op->top_2_gram_max,    op->top_3_gram_max,         op->top_4_gram_max,    op->dup_5_gram_max,
                                  op->dup_6_gram_max,    op->dup_7_gram_max,         op->dup_8_gram_max,    op->dup_9_gram_max,
                                  op->dup_10_gram_max};
    memcpy(limits, own, sizeof own);
    if (row == NULL)
        return;
    limits[PARA_FRAC] = limits[PARA_CHAR_FRAC] = limits[LINE_CHAR_FRAC] = 0;
    limits[LINE_FRAC] = row->dup_line_frac_max;
    memcpy(limits + TOP_2, row->top_gram_max, sizeof row->top_gram_max);
    memcpy(limits + DUP_5, row->dup_gram_max, sizeof row->dup_gram_max);
}

static enum cy_status run(const void *self, struct cy_batch *batch, __attribute__((unused)) struct cy_error *error)
{
    struct cy_quality_scratch *scratch = cy_quality_scratch_of(batch->scratch);
    for (size_t row = 0; row < batch->row_count; row++) {
        double measured[MEASURES] = {0}, limits[MEASURES];
        if (batch->texts[row].size == 0)
            cy_batch_remove(batch, row, "empty", 0, 0);
        else
            measure(cy_words_of(batch, row), scratch, measured);
        set_limits(self, batch->languages[row], limits);
        for (size_t i = 0; i < MEASURES; i++) {
            cy_batch_signal(batch, i)[row] = measured[i];
            if (limits[i] > 0 && measured[i] > limits[i])
                cy_batch_remove(batch, row, rules[i].name, measured[i], limits[i]);
        }
    }
    return CY_OK;
}

const struct cy_operator cy_operator_gopher_repetition = {
    .name = "gopher_repetition",
    .summary = "remove documents that repeat their lines, paragraphs or phrases",
    .source = "Gopher: Rae et al. 2021, arXiv:2112.11446, table A1; as datatrove 0.10.1 counts",
    .params = params,
    .signals = signals,
    .rules = rules,
    .self_size = sizeof(struct gopher_repetition),
    .run = run,
};
