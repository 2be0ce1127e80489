/* Removes documents that do not read like prose: too few or too long words, symbols, bullets, no common words. */
#include "document/word_split.h"
#include "operators/language_thresholds.h"
#include "operators/operator.h"
#include "operators/quality_lines.h"

enum { WORDS, WORD_LENGTH, HASH_RATIO, ELLIPSIS_RATIO, BULLET_LINES, ELLIPSIS_LINES, ALPHA_WORDS, STOP_WORDS, MEASURES };
enum { STOP_WORDS_MAX = 64 }; /* more in a list is a mistake: the rule asks for two of them */

struct stop_list {
    struct cy_str words[STOP_WORDS_MAX];
    uint64_t hashes[STOP_WORDS_MAX];
    uint64_t filter[4]; /* bit hash % 256 of each */
    size_t count;
};

struct gopher_quality { /* their meaning: params */
    int64_t words_min, words_max;
    double word_length_min, word_length_max;
    double symbol_ratio_max, bullet_lines_max, ellipsis_lines_max, alpha_words_min;
    int64_t stop_words_min;
    struct cy_strs stop_words;
    bool by_language;
    struct stop_list *stop_list; /* of stop_words; the plan's */
};

static const struct cy_param params[] = {
    CY_PARAM_INTEGER(gopher_quality, words_min, 50, "words", "keep at or above this many that are not all symbols"),
    CY_PARAM_INTEGER(gopher_quality, words_max, 100000, "words", "keep at or below this many; 0: any"),
    CY_PARAM_NUMBER(gopher_quality, word_length_min, 3, "code points", "keep at or above this mean"),
    CY_PARAM_NUMBER(gopher_quality, word_length_max, 10, "code points", "keep at or below this mean; 0: any"),
    CY_PARAM_NUMBER(gopher_quality, symbol_ratio_max, 0.1, "a word", "keep at or below; # alone, and ... with … alone; 0: any"),
    CY_PARAM_NUMBER(gopher_quality, bullet_lines_max, 0.9, "fraction of lines", "keep at or below; 0: any"),
    CY_PARAM_NUMBER(gopher_quality, ellipsis_lines_max, 0.3, "fraction of lines", "keep at or below; 0: any"),
    CY_PARAM_NUMBER(gopher_quality, alpha_words_min, 0.8, "fraction of words", "keep at or above; words with a letter"),
    CY_PARAM_INTEGER(gopher_quality, stop_words_min, 2, "words", "keep with at least this many different ones of stop_words"),
    CY_PARAM_LIST(gopher_quality, stop_words, "[the, be, to, of, and, that, have, with]", "words", "what prose cannot do without"),
    CY_PARAM_BOOL(gopher_quality, by_language, false,
                  "take thresholds and stop words of the document's language where docs/quality.md has them"),
    {0},
};

static const struct cy_signal signals[] = {
    [WORDS] = {"words", "words", "words that are not all symbols"},
    [WORD_LENGTH] = {"word_length", "code points", "mean length of those words"},
    [HASH_RATIO] = {"hash_ratio", "a word", "# signs for each word"},
    [ELLIPSIS_RATIO] = {"ellipsis_ratio", "a word", "... and … for each word"},
    [BULLET_LINES] = {"bullet_lines", "fraction of lines", "lines that begin with • or -"},
    [ELLIPSIS_LINES] = {"ellipsis_lines", "fraction of lines", "lines that end in ... or …"},
    [ALPHA_WORDS] = {"alpha_words", "fraction of words", "words with a letter"},
    [STOP_WORDS] = {"stop_words", "words", "different stop words in the text"},
    {0},
};

static const struct cy_rule rules[] = {
    {"gopher_short_doc", "words", "words_min", CY_KEEP_AT_LEAST, "too few words"},
    {"gopher_long_doc", "words", "words_max", CY_KEEP_AT_MOST, "too many words"},
    {"gopher_below_avg_threshold", "word_length", "word_length_min", CY_KEEP_AT_LEAST, "words are too short on average"},
    {"gopher_above_avg_threshold", "word_length", "word_length_max", CY_KEEP_AT_MOST, "words are too long on average"},
    {"gopher_too_many_hashes", "hash_ratio", "symbol_ratio_max", CY_KEEP_AT_MOST, "too many # signs"},
    {"gopher_too_many_ellipsis", "ellipsis_ratio", "symbol_ratio_max", CY_KEEP_AT_MOST, "too many ellipses"},
    {"gopher_too_many_bullets", "bullet_lines", "bullet_lines_max", CY_KEEP_AT_MOST, "nearly all lines are bullets"},
    {"gopher_too_many_end_ellipsis", "ellipsis_lines", "ellipsis_lines_max", CY_KEEP_AT_MOST, "too many lines break off"},
    {"gopher_below_alpha_threshold", "alpha_words", "alpha_words_min", CY_KEEP_AT_LEAST, "too many words without a letter"},
    {"gopher_enough_stop_words", "stop_words", "stop_words_min", CY_KEEP_AT_LEAST, "the words of ordinary prose are missing"},
    {0},
};

/* ---- stop words ---- */

static void add_stop_word(struct stop_list *list, struct cy_str word)
{
    for (size_t i = 0; i < list->count; i++)
        if (cy_str_equal(list->words[i], word))
            return;
    CY_ASSERT(list->count < STOP_WORDS_MAX);
    uint64_t hash = cy_word_hash(word.data, word.size);
    list->words[list->count] = word;
    list->hashes[list->count++] = hash;
    list->filter[hash % 256 / 64] |= (uint64_t)1 << (hash % 64);
}

static struct stop_list stop_list_of(const char *words)
{
    struct stop_list list = {.count = 0};
    for (struct cy_str rest = cy_str(words); rest.size > 0;)
        add_stop_word(&list, cy_str_split(rest, ' ', &rest));
    return list;
}

/* How many different words of the list the text has. */
static size_t count_stop_words(const struct cy_words *words, const struct stop_list *list)
{
    uint64_t found = 0, all = list->count == 64 ? ~(uint64_t)0 : ((uint64_t)1 << list->count) - 1;
    for (size_t word = 0; word < words->count && found != all; word++) {
        uint64_t hash = words->hashes[word];
        if (!(list->filter[hash % 256 / 64] >> (hash % 64) & 1))
            continue;
        for (size_t i = 0; i < list->count; i++)
            if (list->hashes[i] == hash &&
                cy_str_equal(list->words[i], (struct cy_str){words->text.data + words->starts[word], words->sizes[word]}))
                found |= (uint64_t)1 << i;
    }
    return (size_t)__builtin_popcountll(found);
}

/* ---- measures ---- */

/* Occurrences of "..." that do not overlap, and of "…". */
static size_t count_ellipses(struct cy_str text, bool ascii)
{
    size_t count = 0;
    const char *end = text.data + text.size;
    for (const char *at = text.data; end - at >= 3 && (at = memchr(at, '.', (size_t)(end - at - 2))) != NULL;) {
        bool three = at[1] == '.' && at[2] == '.';
        count += three;
        at += three ? 3 : 1;
    }
    for (const char *at = text.data; !ascii && end - at >= 3 && (at = memchr(at, 0xE2, (size_t)(end - at - 2))) != NULL; at++)
        count += (uint8_t)at[1] == 0x80 && (uint8_t)at[2] == 0xA6;
    return count;
}

static void measure_words(const struct cy_words *words, double measured[MEASURES])
{
    size_t plain = 0, chars = 0, alpha = 0;
    for (size_t word = 0; word < words->count; word++) {
        bool symbols = words->flags[word] & CY_WORD_SYMBOLS;
        plain += !symbols;
        chars += symbols ? 0 : words->chars[word];
        alpha += words->flags[word] & CY_WORD_LETTER; /* bit 0 */
    }
    double all = words->count > 0 ? (double)words->count : 1;
    bool ascii = words->ascii;
    measured[WORDS] = (double)plain;
    measured[WORD_LENGTH] = plain > 0 ? (double)chars / (double)plain : 0;
    measured[HASH_RATIO] = (double)cy_count_byte(words->text, '#') / all;
    measured[ELLIPSIS_RATIO] = (double)count_ellipses(words->text, ascii) / all;
    measured[ALPHA_WORDS] = (double)alpha / all;
}

static void measure_lines(struct cy_str text, double measured[MEASURES])
{
    size_t at = 0, lines = 0, bullets = 0, ellipses = 0;
    struct cy_str line;
    for (; cy_next_line(text, &at, &line); lines++) {
        struct cy_str left = cy_strip_left(line), right = cy_strip_right(line);
        bullets += cy_str_starts(left, CY_STR("-")) || cy_str_starts(left, CY_STR("\u2022"));
        ellipses += cy_str_ends(right, CY_STR("...")) || cy_str_ends(right, CY_STR("\u2026"));
    }
    measured[BULLET_LINES] = lines > 0 ? (double)bullets / (double)lines : 0;
    measured[ELLIPSIS_LINES] = lines > 0 ? (double)ellipses / (double)lines : 0;
}

/* ---- the verdict ---- */

/* What a document is held to: one row a rule, in the order of `rules`. */
struct limit {
    size_t measure;
    double threshold;
};

static size_t set_limits(const struct gopher_quality *op, const struct cy_language_thresholds *row, struct limit limits[CY_COUNT(rules)])
{
    const struct limit all[] = {
        {WORDS, (double)op->words_min},
        {WORDS, (double)op->words_max},
        {WORD_LENGTH, row != NULL ? row->word_length_min : op->word_length_min},
        {WORD_LENGTH, row != NULL ? row->word_length_max : op->word_length_max},
        {HASH_RATIO, op->symbol_ratio_max},
        {ELLIPSIS_RATIO, op->symbol_ratio_max},
        {BULLET_LINES, op->bullet_lines_max},
        {ELLIPSIS_LINES, op->ellipsis_lines_max},
        {ALPHA_WORDS, row != NULL ? row->alpha_words_min : op->alpha_words_min},
        {STOP_WORDS, row != NULL && row->stop_words[0] == '\0' ? 0 : (double)op->stop_words_min},
    };
    memcpy(limits, all, sizeof all);
    return CY_COUNT(all);
}

static enum cy_status prepare(void *self, const struct cy_step_setup *setup, struct cy_error *error)
{
    struct gopher_quality *op = self;
    if (op->stop_words.count > STOP_WORDS_MAX)
        return cy_error_set(error, CY_BAD_RECIPE, "stop_words has %zu words, at most %d are allowed", op->stop_words.count, STOP_WORDS_MAX);
    op->stop_list = cy_arena_zero(setup->arena, sizeof *op->stop_list);
    for (size_t i = 0; i < op->stop_words.count; i++)
        add_stop_word(op->stop_list, op->stop_words.items[i]);
    return CY_OK;
}

static enum cy_status run(const void *self, struct cy_batch *batch, __attribute__((unused)) struct cy_error *error)
{
    const struct gopher_quality *op = self;
    for (size_t row = 0; row < batch->row_count; row++) {
        const struct cy_words *words = cy_words_of(batch, row);
        const struct cy_language_thresholds *by_language = op->by_language ? cy_language_thresholds_find(batch->languages[row]) : NULL;
        struct stop_list own;
        if (by_language != NULL)
            own = stop_list_of(by_language->stop_words);
        double measured[MEASURES];
        measure_words(words, measured);
        measure_lines(words->text, measured);
        measured[STOP_WORDS] = (double)count_stop_words(words, by_language != NULL ? &own : op->stop_list);
        for (size_t i = 0; i < MEASURES; i++)
            cy_batch_signal(batch, i)[row] = measured[i];
        struct limit limits[CY_COUNT(rules)];
        size_t count = set_limits(op, by_language, limits);
        for (size_t i = 0; i < count; i++) {
            double value = measured[limits[i].measure], threshold = limits[i].threshold;
            if (threshold > 0 && (rules[i].keep == CY_KEEP_AT_LEAST ? value < threshold : value > threshold))
                cy_batch_remove(batch, row, rules[i].name, value, threshold);
        }
    }
    return CY_OK;
}

const struct cy_operator cy_operator_gopher_quality = {
    .name = "gopher_quality",
    .summary = "remove documents that do not read like prose",
    .source = "Gopher: Rae et al. 2021, arXiv:2112.11446, appendix A.1.1; as datatrove 0.10.1 counts",
    .params = params,
    .signals = signals,
    .rules = rules,
    .self_size = sizeof(struct gopher_quality),
    .prepare = prepare,
    .run = run,
};
