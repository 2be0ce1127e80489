/* Cleans documents line by line, as C4 did, and removes those of which too few sentences are left. */
#include "base/files.h"
#include "base/unicode.h"
#include "operators/bad_words.h"
#include "operators/c4_phrases.h"
#include "operators/operator.h"
#include "operators/quality_lines.h"

#include <math.h>
#include <stdlib.h>

enum {
    LINES,
    LINES_KEPT,
    LONG_WORD_LINES,
    NO_PUNCT_LINES,
    FEW_WORD_LINES,
    JAVASCRIPT_LINES,
    POLICY_LINES,
    LOREM_LINES,
    CURLY_LINES,
    CITATIONS,
    SENTENCES,
    BAD_WORDS,
    MEASURES
};

struct c4_quality { /* their meaning: params */
    bool split_paragraph, remove_citations, filter_no_terminal_punct;
    int64_t sentences_min, words_per_line_min, word_length_max;
    bool filter_lorem_ipsum, filter_javascript, filter_curly_bracket, filter_policy;
    struct cy_str bad_words;
    struct cy_bad_words *bad_word_list; /* NULL: none */
};

static const struct cy_param params[] = {
    CY_PARAM_BOOL(c4_quality, split_paragraph, true, "look at lines; false: at sentences"),
    CY_PARAM_BOOL(c4_quality, remove_citations, true, "take [1], [edit] and [citation needed] out of lines"),
    CY_PARAM_BOOL(c4_quality, filter_no_terminal_punct, true, "drop lines that do not end in . ? ! \" or '"),
    CY_PARAM_INTEGER(c4_quality, sentences_min, 5, "sentences", "keep at or above; in the lines kept"),
    CY_PARAM_INTEGER(c4_quality, words_per_line_min, 3, "words between white space", "drop lines with fewer"),
    CY_PARAM_INTEGER(c4_quality, word_length_max, 1000, "code points", "drop lines with a longer word between white space; -1: any"),
    CY_PARAM_BOOL(c4_quality, filter_lorem_ipsum, true, "remove documents with \"lorem ipsum\""),
    CY_PARAM_BOOL(c4_quality, filter_javascript, true, "drop lines with \"javascript\""),
    CY_PARAM_BOOL(c4_quality, filter_curly_bracket, true, "remove documents with {"),
    CY_PARAM_BOOL(c4_quality, filter_policy, true, "drop lines about terms of use, privacy policies and cookies"),
    CY_PARAM_TEXT(c4_quality, bad_words, "", "path", "a file of words, one a line; remove documents that hold one; empty: none"),
    {0},
};

static const struct cy_signal signals[] = {
    [LINES] = {"lines", "lines", "lines of the text"},
    [LINES_KEPT] = {"lines_kept", "lines", "lines that no rule dropped"},
    [LONG_WORD_LINES] = {"long_word_lines", "lines", "dropped: a word between white space is too long"},
    [NO_PUNCT_LINES] = {"no_punct_lines", "lines", "dropped: the end is no terminal punctuation"},
    [FEW_WORD_LINES] = {"few_word_lines", "lines", "dropped: too few words"},
    [JAVASCRIPT_LINES] = {"javascript_lines", "lines", "dropped: \"javascript\""},
    [POLICY_LINES] = {"policy_lines", "lines", "dropped: terms of use, privacy policy, cookies"},
    [LOREM_LINES] = {"lorem_ipsum_lines", "lines", "with \"lorem ipsum\", of those not dropped"},
    [CURLY_LINES] = {"curly_bracket_lines", "lines", "with {, of those not dropped"},
    [CITATIONS] = {"citations", "marks", "taken out of lines"},
    [SENTENCES] = {"sentences", "sentences", "in the lines kept"},
    [BAD_WORDS] = {"bad_words", "words", "occurrences of listed words in what is left; NULL: no list"},
    {0},
};

static const struct cy_rule rules[] = {
    {"lorem_ipsum", "lorem_ipsum_lines", NULL, CY_KEEP_AT_MOST, "filler text"},
    {"curly_bracket", "curly_bracket_lines", NULL, CY_KEEP_AT_MOST, "code, or a template"},
    {"too_few_sentences", "sentences", "sentences_min", CY_KEEP_AT_LEAST, "too few sentences are left"},
    {"document_removed_with_badwords", "bad_words", NULL, CY_KEEP_AT_MOST, "a listed word"},
    {0},
};

/* ---- a document on its way ---- */

/* What is left of the text, and how many words it has. */
struct remains {
    char *text;
    size_t size;
    size_t word_count;
};

struct cleaning {
    const struct c4_quality *op;
    const struct cy_words *words;
    struct cy_batch *batch;
    size_t word; /* the first word behind the lines so far */
    struct cy_phrase_places places;
    size_t place;          /* the first of places behind them */
    size_t bracket, curly; /* the next [ and { at or behind the line, or the text's end */
    struct remains remains;
    double *counts;   /* MEASURES */
    const char *rule; /* why the document goes, found while its lines are read */
};

struct line {
    struct cy_str text; /* without white space at its ends, later without citations */
    size_t first, end;  /* its words, before citations go */
    bool changed;       /* a citation went: the words are not the text's any more */
};

/* ---- what a line is made of ---- */

static size_t count_pieces(const struct cy_words *words, size_t first, size_t end)
{
    size_t count = 0;
    for (size_t word = first; word < end; word++)
        count += words->flags[word] & CY_WORD_FIRST;
    return count / CY_WORD_FIRST;
}

/* Whether a run of words without white space between is longer than chars_max. */
static bool has_long_piece(const struct cy_words *words, const struct line *line, int64_t chars_max)
{
    int64_t chars = 0;
    if (chars_max < 0 || (int64_t)line->text.size <= chars_max)
        return false;
    for (size_t word = line->first; word < line->end; word++) {
        chars = words->flags[word] & CY_WORD_FIRST ? words->chars[word] : chars + words->chars[word];
        if (chars > chars_max)
            return true;
    }
    return false;
}

/* The size of a citation mark at the beginning of text: [ digits ], [edit], [citation needed]; 0: none. */
static size_t citation_size(struct cy_str text)
{
    if (cy_str_starts(text, CY_STR("[edit]")))
        return strlen("[edit]");
    if (cy_str_starts(text, CY_STR("[citation needed]")))
        return strlen("[citation needed]");
    for (const char *at = text.data + 1, *end = text.data + text.size; at < end;) {
        uint32_t point = cy_utf8_decode(&at, end);
        if (point == ']')
            return (size_t)(at - text.data);
        if (!cy_is_digit(point))
            break;
    }
    return 0;
}

static void take_out_citations(struct cleaning *cleaning, struct line *line)
{
    const char *at = line->text.data, *end = at + line->text.size, *from = at;
    char *out = NULL;
    size_t size = 0;
    while (at < end && (at = memchr(at, '[', (size_t)(end - at))) != NULL) {
        size_t citation = citation_size((struct cy_str){at, (size_t)(end - at)});
        if (citation == 0) {
            at++;
            continue;
        }
        if (out == NULL)
            out = cy_arena_alloc(cleaning->batch->arena, line->text.size);
        memcpy(out + size, from, (size_t)(at - from));
        size += (size_t)(at - from);
        from = at += citation;
        cleaning->counts[CITATIONS]++;
    }
    if (out == NULL)
        return;
    memcpy(out + size, from, (size_t)(end - from));
    line->text = (struct cy_str){out, size + (size_t)(end - from)};
    line->changed = true;
}

static bool ends_like_sentence(struct cy_str line)
{
    return line.size > 0 && memchr(".?!\"'", line.data[line.size - 1], 5) != NULL && !cy_str_ends(line, CY_STR("..."));
}

/* The phrases in the line, whose text without citations was text[start, end). */
static unsigned phrases_in(struct cleaning *cleaning, const struct line *line, size_t start, size_t end)
{
    const struct cy_phrase_places *places = &cleaning->places;
    unsigned found = 0;
    while (cleaning->place < places->count && places->offsets[cleaning->place] < start)
        cleaning->place++;
    for (; cleaning->place < places->count && places->offsets[cleaning->place] < end; cleaning->place++)
        found |= places->phrases[cleaning->place];
    if (line->changed) { /* what stood around a citation may be a phrase now; the places of the whole text are found anew for later lines */
        found = cy_phrases_in(cleaning->batch->scratch, line->text);
        cleaning->places = cy_phrase_places_of(cleaning->batch->scratch, cleaning->words->text);
    }
    return found;
}

/* Where the first `byte` at or behind `from` stands; the text's end: nowhere. */
static size_t next_byte(struct cy_str text, char byte, size_t from)
{
    const char *found = from < text.size ? memchr(text.data + from, byte, text.size - from) : NULL;
    return found != NULL ? (size_t)(found - text.data) : text.size;
}

/* Whether text[start, end) holds the byte; *next is where the last search ended. */
static bool has_byte(struct cy_str text, char byte, size_t *next, size_t start, size_t end)
{
    if (*next < start)
        *next = next_byte(text, byte, start);
    return *next < end;
}

/* ---- what is left ---- */

/* Adds the line to what is left; returns its sentences. */
static size_t keep_line(struct cleaning *cleaning, const struct line *line)
{
    struct remains *remains = &cleaning->remains;
    if (cleaning->counts[LINES_KEPT]++ > 0)
        remains->text[remains->size++] = cleaning->op->split_paragraph ? '\n' : ' ';
    memcpy(remains->text + remains->size, line->text.data, line->text.size);
    remains->size += line->text.size;
    if (!line->changed) {
        remains->word_count += line->end - line->first;
        return cy_words_sentences(cleaning->words, line->first, line->end, false);
    }
    const struct cy_words *own = cy_words_split(cy_word_splitter_of(cleaning->batch->scratch), line->text, cleaning->batch->arena);
    size_t tail = own->count > 0 ? own->starts[own->count - 1] + own->sizes[own->count - 1] : 0;
    struct cy_str after = {line->text.data + tail, line->text.size - tail};
    remains->word_count += own->count;
    return cy_words_sentences(own, 0, own->count, after.size > 1 || (after.size == 1 && after.data[0] != ' '));
}

/* ---- a line ---- */

/* Says which rule drops the line, or -1 when it stays. */
static int judge_line(struct cleaning *cleaning, struct line *line, size_t start, size_t end)
{
    const struct c4_quality *op = cleaning->op;
    struct cy_str text = cleaning->words->text;
    if (has_long_piece(cleaning->words, line, op->word_length_max))
        return LONG_WORD_LINES;
    if (op->remove_citations && has_byte(text, '[', &cleaning->bracket, start, end))
        take_out_citations(cleaning, line);
    if (op->filter_no_terminal_punct && !ends_like_sentence(line->text))
        return NO_PUNCT_LINES;
    if ((int64_t)count_pieces(cleaning->words, line->first, line->end) < op->words_per_line_min)
        return FEW_WORD_LINES;
    unsigned phrases = phrases_in(cleaning, line, start, end);
    if (op->filter_lorem_ipsum && (phrases & CY_PHRASE_LOREM))
        return LOREM_LINES;
    if (op->filter_javascript && (phrases & CY_PHRASE_JAVASCRIPT))
        return JAVASCRIPT_LINES;
    if (op->filter_curly_bracket && has_byte(text, '{', &cleaning->curly, start, end))
        return CURLY_LINES;
    if (op->filter_policy && (phrases & CY_PHRASE_POLICY))
        return POLICY_LINES;
    return -1;
}

static void clean_line(struct cleaning *cleaning, struct cy_str whole)
{
    const struct cy_words *words = cleaning->words;
    size_t end = (size_t)(whole.data - words->text.data) + whole.size;
    struct line line = {.text = cy_strip(whole), .first = cleaning->word};
    while (cleaning->word < words->count && words->starts[cleaning->word] < end)
        cleaning->word++;
    line.end = cleaning->word;
    cleaning->counts[LINES]++;
    size_t start = (size_t)(line.text.data - words->text.data);
    int cause = judge_line(cleaning, &line, start, start + line.text.size);
    if (cause >= 0) {
        cleaning->counts[cause]++;
    } else {
        size_t sentences = keep_line(cleaning, &line);
        cleaning->counts[SENTENCES] += (double)CY_MAX(sentences, 1);
    }
    if (cleaning->rule == NULL && (cause == LOREM_LINES || cause == CURLY_LINES))
        cleaning->rule = cause == LOREM_LINES ? "lorem_ipsum" : "curly_bracket";
}

/* Sentences in place of lines: each ends with its last word. */
static void clean_sentences(struct cleaning *cleaning)
{
    const struct cy_words *words = cleaning->words;
    for (size_t first = 0, end; first < words->count; first = end) {
        end = cy_words_sentence_end(words, first, words->count);
        size_t last = words->starts[end - 1] + words->sizes[end - 1];
        double sentences = cleaning->counts[SENTENCES];
        clean_line(cleaning, (struct cy_str){words->text.data + words->starts[first], last - words->starts[first]});
        cleaning->counts[SENTENCES] = sentences + (cleaning->counts[SENTENCES] > sentences);
    }
}

/* ---- the document ---- */

/* What is left becomes the row's text, unless nothing has changed. White space separates words, so lines keep their words. */
static void replace_text(struct cleaning *cleaning, size_t row)
{
    struct cy_batch *batch = cleaning->batch;
    struct cy_str left = cy_strip((struct cy_str){cleaning->remains.text, cleaning->remains.size});
    if (cy_str_equal(cleaning->words->text, left))
        return;
    batch->texts[row] = left;
    cy_word_count_set(batch, row, cleaning->remains.word_count, cleaning->words->ascii);
}

static void judge(struct cleaning *cleaning, size_t row)
{
    const struct c4_quality *op = cleaning->op;
    double *counts = cleaning->counts;
    struct cy_batch *batch = cleaning->batch;
    if (cleaning->rule != NULL)
        cy_batch_remove(batch, row, cleaning->rule, counts[strcmp(cleaning->rule, "lorem_ipsum") == 0 ? LOREM_LINES : CURLY_LINES], 0);
    else if (counts[SENTENCES] < (double)op->sentences_min)
        cy_batch_remove(batch, row, "too_few_sentences", counts[SENTENCES], (double)op->sentences_min);
    else if (counts[BAD_WORDS] > 0)
        cy_batch_remove(batch, row, "document_removed_with_badwords", counts[BAD_WORDS], 0);
    else
        replace_text(cleaning, row);
}

static void clean(const struct c4_quality *op, struct cy_batch *batch, size_t row, double counts[MEASURES])
{
    struct cleaning cleaning = {.op = op, .words = cy_words_of(batch, row), .batch = batch, .counts = counts};
    struct cy_str text = cleaning.words->text, line;
    cleaning.places = cy_phrase_places_of(batch->scratch, text);
    cleaning.remains.text = cy_arena_alloc(batch->arena, text.size + 1);
    cleaning.bracket = next_byte(text, '[', 0);
    cleaning.curly = next_byte(text, '{', 0);
    if (op->split_paragraph)
        for (size_t at = 0; cy_next_line(text, &at, &line);)
            clean_line(&cleaning, line);
    else
        clean_sentences(&cleaning);
    counts[BAD_WORDS] = NAN;
    if (op->bad_word_list != NULL)
        counts[BAD_WORDS] = (double)cy_bad_words_count(op->bad_word_list, (struct cy_str){cleaning.remains.text, cleaning.remains.size},
                                                       batch->languages[row]);
    judge(&cleaning, row);
}

static enum cy_status prepare(void *self, const struct cy_step_setup *setup, struct cy_error *error)
{
    struct c4_quality *op = self;
    if (op->bad_words.size == 0)
        return CY_OK;
    const char *path = cy_path_join(setup->arena, setup->folder, cy_arena_str(setup->arena, op->bad_words).data);
    return cy_bad_words_open(&op->bad_word_list, path, error);
}

static void release(void *self)
{
    cy_bad_words_free(((struct c4_quality *)self)->bad_word_list);
}

static enum cy_status run(const void *self, struct cy_batch *batch, __attribute__((unused)) struct cy_error *error)
{
    for (size_t row = 0; row < batch->row_count; row++) {
        double counts[MEASURES] = {0};
        clean(self, batch, row, counts);
        for (size_t i = 0; i < MEASURES; i++)
            cy_batch_signal(batch, i)[row] = counts[i];
    }
    return CY_OK;
}

const struct cy_operator cy_operator_c4_quality = {
    .name = "c4_quality",
    .summary = "drop lines that are no prose, and documents with too few sentences left",
    .source = "C4: Raffel et al. 2020, JMLR 21(140), section 2.2; as datatrove 0.10.1 counts",
    .params = params,
    .signals = signals,
    .rules = rules,
    .self_size = sizeof(struct c4_quality),
    .prepare = prepare,
    .release = release,
    .run = run,
};
