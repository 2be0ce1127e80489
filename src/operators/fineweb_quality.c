/* Removes lists, menus and pages of fragments: lines without punctuation, short lines, repeated lines, more lines than words allow. */
#include "base/unicode.h"
#include "operators/language_thresholds.h"
#include "operators/operator.h"
#include "operators/quality_lines.h"

enum { LINE_PUNCT, SHORT_LINES, CHAR_DUP, NEW_LINES, MEASURES };

struct fineweb_quality { /* their meaning: params */
    double line_punct_min;
    bool line_punct_exclude_zero;
    double short_line_max;
    int64_t short_line_length;
    double char_dup_max, new_line_max;
    struct cy_str stop_chars;
    bool by_language;
};

static const struct cy_param params[] = {
    CY_PARAM_NUMBER(fineweb_quality, line_punct_min, 0.12, "fraction of lines", "keep at or above; lines that end in terminal punctuation"),
    CY_PARAM_BOOL(fineweb_quality, line_punct_exclude_zero, false, "keep documents where no line ends in terminal punctuation"),
    CY_PARAM_NUMBER(fineweb_quality, short_line_max, 0.67, "fraction of lines", "keep at or below; short lines"),
    CY_PARAM_INTEGER(fineweb_quality, short_line_length, 30, "code points", "a line is short at or below this"),
    CY_PARAM_NUMBER(fineweb_quality, char_dup_max, 0.01, "fraction of code points", "keep at or below; repeated lines"),
    CY_PARAM_NUMBER(fineweb_quality, new_line_max, 0.3, "a word", "keep at or below; line ends for each word"),
    CY_PARAM_TEXT(fineweb_quality, stop_chars, "", "characters", "terminal punctuation; empty: of all scripts, as docs/quality.md says"),
    CY_PARAM_BOOL(fineweb_quality, by_language, false, "take the thresholds of the document's language where docs/quality.md has them"),
    {0},
};

static const struct cy_signal signals[] = {
    [LINE_PUNCT] = {"line_punct_ratio", "fraction of lines", "lines that end in terminal punctuation"},
    [SHORT_LINES] = {"short_line_ratio", "fraction of lines", "lines of at most short_line_length code points"},
    [CHAR_DUP] = {"char_dup_ratio", "fraction of code points", "lines that stand in the text before"},
    [NEW_LINES] = {"new_line_ratio", "a word", "line ends for each word"},
    {0},
};

static const struct cy_rule rules[] = {
    {"empty", NULL, NULL, CY_KEEP_OTHER, "there is nothing but white space"},
    {"line_punct_ratio", "line_punct_ratio", "line_punct_min", CY_KEEP_AT_LEAST, "too few lines end like a sentence"},
    {"short_line_ratio", "short_line_ratio", "short_line_max", CY_KEEP_AT_MOST, "too many short lines"},
    {"char_dup_ratio", "char_dup_ratio", "char_dup_max", CY_KEEP_AT_MOST, "repeated lines are too long"},
    {"list_ratio", "new_line_ratio", "new_line_max", CY_KEEP_AT_MOST, "too many lines for its words"},
    {0},
};

static bool ends_like_sentence(struct cy_str line, struct cy_str stop_chars)
{
    const char *at = line.data + line.size;
    char byte = at[-1];
    if (stop_chars.size == 0 && byte >= 0) /* ASCII: the three that end sentences */
        return byte == '.' || byte == '!' || byte == '?';
    uint32_t last = cy_utf8_decode_back(line.data, &at);
    if (stop_chars.size == 0)
        return cy_is_terminal(last);
    for (const char *stop = stop_chars.data, *end = stop + stop_chars.size; stop < end;)
        if (cy_utf8_decode(&stop, end) == last)
            return true;
    return false;
}

/* What is counted over a text's lines; lines of white space alone do not count. */
struct tally {
    size_t lines, punct, shorts, newlines;
    struct cy_repeats repeats;
};

static struct tally count_lines(const struct fineweb_quality *op, struct cy_str text, bool ascii, struct cy_seen *seen)
{
    struct tally tally = {.newlines = cy_count_byte(text, '\n')};
    const char *end = text.data + text.size;
    cy_seen_begin(seen, tally.newlines + 1);
    for (const char *from = text.data, *newline; from <= end; from = newline + 1) {
        newline = from < end ? memchr(from, '\n', (size_t)(end - from)) : NULL;
        if (newline == NULL)
            newline = end;
        struct cy_str line = {from, (size_t)(newline - from)};
        if (cy_strip_left(line).size == 0)
            continue;
        tally.lines++;
        tally.punct += ends_like_sentence(line, op->stop_chars);
        tally.shorts += cy_char_count(line, ascii) <= (size_t)op->short_line_length;
        cy_repeats_add(&tally.repeats, seen, line, ascii);
    }
    return tally;
}

static void judge(const struct fineweb_quality *op, struct cy_batch *batch, size_t row, const double measured[MEASURES])
{
    const struct cy_language_thresholds *by_language = op->by_language ? cy_language_thresholds_find(batch->languages[row]) : NULL;
    double punct_min = by_language != NULL ? by_language->line_punct_min : op->line_punct_min;
    double short_max = by_language != NULL ? 1 : op->short_line_max; /* a fraction is never above 1: the rule is off */
    double dup_max = by_language != NULL ? by_language->char_dup_ratio_max : op->char_dup_max;
    double new_line_max = by_language != NULL ? by_language->new_line_ratio_max : op->new_line_max;
    if (measured[LINE_PUNCT] < punct_min && !(measured[LINE_PUNCT] == 0 && op->line_punct_exclude_zero))
        cy_batch_remove(batch, row, "line_punct_ratio", measured[LINE_PUNCT], punct_min);
    if (measured[SHORT_LINES] > short_max)
        cy_batch_remove(batch, row, "short_line_ratio", measured[SHORT_LINES], short_max);
    if (measured[CHAR_DUP] > dup_max)
        cy_batch_remove(batch, row, "char_dup_ratio", measured[CHAR_DUP], dup_max);
    if (measured[NEW_LINES] > new_line_max)
        cy_batch_remove(batch, row, "list_ratio", measured[NEW_LINES], new_line_max);
}

static enum cy_status run(const void *self, struct cy_batch *batch, __attribute__((unused)) struct cy_error *error)
{
    const struct fineweb_quality *op = self;
    struct cy_quality_scratch *scratch = cy_quality_scratch_of(batch->scratch);
    for (size_t row = 0; row < batch->row_count; row++) {
        bool ascii = cy_text_is_ascii(batch, row);
        struct tally tally = {0};
        if (batch->texts[row].size > 0)
            tally = count_lines(op, batch->texts[row], ascii, &scratch->lines);
        double measured[MEASURES] = {0};
        if (tally.lines == 0) {
            cy_batch_remove(batch, row, "empty", 0, 0);
        } else {
            size_t word_count = cy_word_count_of(batch, row);
            measured[LINE_PUNCT] = (double)tally.punct / (double)tally.lines;
            measured[SHORT_LINES] = (double)tally.shorts / (double)tally.lines;
            measured[CHAR_DUP] = (double)tally.repeats.chars / (double)(cy_char_count(batch->texts[row], ascii) - tally.newlines);
            measured[NEW_LINES] = (double)tally.newlines / (double)CY_MAX(word_count, 1);
            judge(op, batch, row, measured);
        }
        for (size_t i = 0; i < MEASURES; i++)
            cy_batch_signal(batch, i)[row] = measured[i];
    }
    return CY_OK;
}

const struct cy_operator cy_operator_fineweb_quality = {
    .name = "fineweb_quality",
    .summary = "remove lists, menus and pages of fragments",
    .source = "FineWeb: Penedo et al. 2024, arXiv:2406.17557, section 3.6; as datatrove 0.10.1 counts",
    .params = params,
    .signals = signals,
    .rules = rules,
    .self_size = sizeof(struct fineweb_quality),
    .run = run,
};
