/* Brings text into one form: Unicode normalization, white space, control and invisible characters; measures and repairs wrong decoding. */
#include "base/unicode.h"
#include "base/unicode_nfc.h"
#include "operators/mojibake.h"
#include "operators/operator.h"
#include "operators/text_clean.h"

#include <stdlib.h>

struct normalize {
    struct cy_str form;
    bool collapse_spaces;
    bool unify_spaces;
    bool remove_invisible;
    int64_t blank_lines_max;
    bool fix_mojibake;
    double mojibake_max;
    double replaced_chars_max;
    enum cy_form form_number; /* 0: none; set by prepare */
};

static const char *const forms[] = {"nfc", "nfkc", "none", NULL};

static const struct cy_param params[] = {
    CY_PARAM_CHOICE(normalize, form, "nfc", forms, "nfc | nfkc | none", "the Unicode normalization form, of Unicode 16.0"),
    CY_PARAM_BOOL(normalize, collapse_spaces, true, "a run of blanks within a line becomes one; blanks at line ends go; indentation stays"),
    CY_PARAM_BOOL(normalize, unify_spaces, true, "no-break, ideographic and the other spaces become U+0020"),
    CY_PARAM_BOOL(normalize, remove_invisible, true, "zero-width and directional characters go; joiners stay"),
    CY_PARAM_INTEGER(normalize, blank_lines_max, 2, "lines", "blank lines in a row that stay; -1: any number"),
    CY_PARAM_BOOL(normalize, fix_mojibake, false, "undo a wrong decoding of a whole text where that is exact"),
    CY_PARAM_NUMBER(normalize, mojibake_max, 20, "per 1,000 code points", "keep at or below this"),
    CY_PARAM_NUMBER(normalize, replaced_chars_max, 20, "per 1,000 code points", "keep at or below this"),
    {0},
};

enum { SIGNAL_MOJIBAKE, SIGNAL_REPLACED_CHARS, SIGNAL_REMOVED_CHARS };
static const struct cy_signal signals[] = {
    {"mojibake", "per 1,000 code points", "characters that were decoded wrongly and are not repaired"},
    {"replaced_chars", "per 1,000 code points", "U+FFFD, where a decoder met bytes that it could not read"},
    {"removed_chars", "code points", "control and invisible characters taken out"},
    {0},
};

static const struct cy_rule rules[] = {
    {"mojibake_max", "mojibake", "mojibake_max", CY_KEEP_AT_MOST, "text was decoded with a wrong encoding"},
    {"replaced_chars_max", "replaced_chars", "replaced_chars_max", CY_KEEP_AT_MOST, "text was decoded with losses"},
    {0},
};

static enum cy_status prepare(void *self, const struct cy_step_setup *setup, struct cy_error *error)
{
    (void)setup, (void)error;
    struct normalize *op = self;
    op->form_number = cy_str_is(op->form, "nfc") ? CY_FORM_C : cy_str_is(op->form, "nfkc") ? CY_FORM_KC : 0;
    return CY_OK;
}

/* A worker's buffers: the text goes from one to the other, and only what was changed is copied to the batch. */
struct buffers {
    struct cy_buffer repaired, formed, cleaned, composed;
};

static void *buffers_make(const void *context)
{
    (void)context;
    return cy_alloc_zero(1, sizeof(struct buffers));
}

static void buffers_free(void *object)
{
    struct buffers *buffers = object;
    cy_buffer_release(&buffers->repaired);
    cy_buffer_release(&buffers->formed);
    cy_buffer_release(&buffers->cleaned);
    cy_buffer_release(&buffers->composed);
    free(buffers);
}

static struct cy_str formed(struct cy_str text, enum cy_form form, struct cy_buffer *buffer)
{
    if (cy_is_normal(text, form))
        return text;
    cy_buffer_clear(buffer);
    cy_normalize(text, form, buffer);
    return cy_buffer_str(buffer);
}

/* The text in its one form; borrowed from `text` or the buffers. Form KC comes before cleaning, since it makes spaces of other characters;
 * form C comes after it, since taking an invisible character out can bring two together that compose. */
static struct cy_str normal_text(const struct normalize *op, struct cy_str text, struct buffers *buffers, struct cy_clean_counts *counts)
{
    const struct cy_clean_options options = {op->collapse_spaces, op->unify_spaces, op->remove_invisible, op->blank_lines_max};
    cy_buffer_clear(&buffers->repaired);
    cy_buffer_clear(&buffers->cleaned);
    if (op->fix_mojibake && cy_mojibake_repair(text, &buffers->repaired))
        text = cy_buffer_str(&buffers->repaired);
    if (op->form_number == CY_FORM_KC)
        text = formed(text, CY_FORM_KC, &buffers->formed);
    if (cy_text_clean(text, &options, &buffers->cleaned, counts))
        text = cy_buffer_str(&buffers->cleaned);
    return op->form_number != 0 ? formed(text, CY_FORM_C, &buffers->composed) : text;
}

static enum cy_status run(const void *self, struct cy_batch *batch, struct cy_error *error)
{
    (void)error;
    const struct normalize *op = self;
    struct buffers *buffers = cy_scratch_get(batch->scratch, self, buffers_make, NULL, buffers_free);
    double *mojibake = cy_batch_signal(batch, SIGNAL_MOJIBAKE), *replaced = cy_batch_signal(batch, SIGNAL_REPLACED_CHARS);
    double *removed = cy_batch_signal(batch, SIGNAL_REMOVED_CHARS);
    for (size_t row = 0; row < batch->row_count; row++) {
        struct cy_clean_counts counts;
        struct cy_str old = batch->texts[row], text = normal_text(op, old, buffers, &counts);
        double thousands = (double)cy_utf8_count(old.data, old.size) / 1000;
        mojibake[row] = counts.mojibake > 0 ? (double)counts.mojibake / thousands : 0;
        replaced[row] = counts.replaced_chars > 0 ? (double)counts.replaced_chars / thousands : 0;
        removed[row] = (double)counts.removed_chars;
        if (text.data != old.data)
            batch->texts[row] = cy_arena_str(batch->arena, text);
        if (mojibake[row] > op->mojibake_max)
            cy_batch_remove(batch, row, "mojibake_max", mojibake[row], op->mojibake_max);
        else if (replaced[row] > op->replaced_chars_max)
            cy_batch_remove(batch, row, "replaced_chars_max", replaced[row], op->replaced_chars_max);
    }
    return CY_OK;
}

const struct cy_operator cy_operator_normalize = {
    .name = "normalize",
    .summary = "bring text into one form: Unicode normalization, white space, control characters; find wrong decoding",
    .source = "UAX #15 (Unicode 16.0); Windows-1252 of the WHATWG Encoding Standard",
    .params = params,
    .signals = signals,
    .rules = rules,
    .self_size = sizeof(struct normalize),
    .prepare = prepare,
    .run = run,
};
