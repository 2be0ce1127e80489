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
    CY_PARAM_BOOL(normalize, fix_mojibake, false, "put right what is surely mojibake: a whole text where that is exact, else part by part"),
    CY_PARAM_NUMBER(normalize, mojibake_max, 20, "per 1,000 code points", "keep at or below this"),
    CY_PARAM_NUMBER(normalize, replaced_chars_max, 20, "per 1,000 code points", "keep at or below this"),
    {0},
};

enum { SIGNAL_MOJIBAKE, SIGNAL_REPLACED_CHARS, SIGNAL_REMOVED_CHARS, SIGNAL_REPAIRED_CHARS };
static const struct cy_signal signals[] = {
    {"mojibake", "per 1,000 code points", "characters that were decoded wrongly and are not repaired"},
    {"replaced_chars", "per 1,000 code points", "U+FFFD, where a decoder met bytes that it could not read"},
    {"removed_chars", "code points", "control and invisible characters taken out"},
    {"repaired_chars", "code points", "characters of mojibake put right"},
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
    struct cy_buffer repaired[2], formed, cleaned, composed;
};

static void *buffers_make(const void *context)
{
    (void)context;
    return cy_alloc_zero(1, sizeof(struct buffers));
}

static void buffers_free(void *object)
{
    struct buffers *buffers = object;
    cy_buffer_release(&buffers->repaired[0]);
    cy_buffer_release(&buffers->repaired[1]);
    cy_buffer_release(&buffers->formed);
    cy_buffer_release(&buffers->cleaned);
    cy_buffer_release(&buffers->composed);
    free(buffers);
}

static struct cy_str cleaned(const struct normalize *op, struct cy_str text, struct cy_buffer *buffer, struct cy_clean_counts *counts)
{
    const struct cy_clean_options options = {op->collapse_spaces, op->unify_spaces, op->remove_invisible, op->blank_lines_max};
    cy_buffer_clear(buffer);
    return cy_text_clean(text, &options, buffer, counts) ? cy_buffer_str(buffer) : text;
}

static struct cy_str formed(struct cy_str text, enum cy_form form, struct cy_buffer *buffer)
{
    if (cy_is_normal(text, form))
        return text;
    cy_buffer_clear(buffer);
    cy_normalize(text, form, buffer);
    return cy_buffer_str(buffer);
}

/* Puts mojibake right as long as there is some; *repaired grows by the characters. Each round takes a level of wrong decoding off, which
 * had at least doubled the sequence: there are few. */
static struct cy_str repaired_text(const struct normalize *op, struct cy_str text, struct buffers *buffers, size_t *repaired)
{
    for (size_t round = 0;; round++) {
        struct cy_buffer *out = &buffers->repaired[round % 2];
        cy_buffer_clear(out);
        size_t here;
        if (op->fix_mojibake && cy_mojibake_repair(text, out))
            here = cy_utf8_count(text.data, text.size) - cy_utf8_count(out->data, out->size);
        else
            here = cy_mojibake_repair_parts(text, op->fix_mojibake, out);
        if (here == 0)
            return text;
        *repaired += here;
        text = cy_buffer_str(out);
    }
}

/* The text in its one form; borrowed from `text` or the buffers. Mojibake is put right before form KC would change its characters;
 * cleaning comes before form KC, since it makes a ™ of a C1 control, and again after it, since it makes spaces of other characters; form C
 * comes last, since taking an invisible character out can bring two together that compose. */
static struct cy_str normal_text(const struct normalize *op, struct cy_str text, struct buffers *buffers, struct cy_clean_counts *counts,
                                 size_t *repaired)
{
    struct cy_str clean = cleaned(op, text, &buffers->cleaned, counts);
    if (counts->mojibake > 0) {
        text = repaired_text(op, text, buffers, repaired);
        clean = cleaned(op, text, &buffers->cleaned, counts);
    }
    if (op->form_number == CY_FORM_KC && !cy_is_normal(clean, CY_FORM_KC)) {
        struct cy_clean_counts of_formed; /* less true than those of the text itself */
        clean = cleaned(op, formed(clean, CY_FORM_KC, &buffers->formed), &buffers->cleaned, &of_formed);
    }
    return op->form_number != 0 ? formed(clean, CY_FORM_C, &buffers->composed) : clean;
}

/* One row. What taking characters out and composing have brought together can be mojibake again: then once more from the beginning. */
static struct cy_str normalize_row(const struct normalize *op, struct cy_batch *batch, struct cy_str text, struct cy_clean_counts *counts,
                                   size_t *repaired)
{
    struct buffers *buffers = cy_scratch_get(batch->scratch, op, buffers_make, NULL, buffers_free);
    *repaired = 0;
    struct cy_str normal = normal_text(op, text, buffers, counts, repaired);
    if (normal.data != text.data)
        normal = cy_arena_str(batch->arena, normal);
    while (op->fix_mojibake && normal.data != text.data) {
        size_t repaired_before = *repaired;
        text = normal;
        normal = repaired_text(op, text, buffers, repaired);
        if (*repaired == repaired_before)
            break;
        struct cy_clean_counts more;
        normal = normal_text(op, cy_arena_str(batch->arena, normal), buffers, &more, repaired);
        normal = cy_arena_str(batch->arena, normal);
        counts->mojibake = more.mojibake;
        counts->removed_chars += more.removed_chars;
    }
    return normal;
}

static enum cy_status run(const void *self, struct cy_batch *batch, struct cy_error *error)
{
    (void)error;
    const struct normalize *op = self;
    double *mojibake = cy_batch_signal(batch, SIGNAL_MOJIBAKE), *replaced = cy_batch_signal(batch, SIGNAL_REPLACED_CHARS);
    double *removed = cy_batch_signal(batch, SIGNAL_REMOVED_CHARS), *repaired_chars = cy_batch_signal(batch, SIGNAL_REPAIRED_CHARS);
    for (size_t row = 0; row < batch->row_count; row++) {
        struct cy_clean_counts counts;
        size_t repaired;
        struct cy_str old = batch->texts[row], text = normalize_row(op, batch, old, &counts, &repaired);
        double thousands = (double)cy_utf8_count(old.data, old.size) / 1000;
        mojibake[row] = counts.mojibake > 0 ? (double)counts.mojibake / thousands : 0;
        replaced[row] = counts.replaced_chars > 0 ? (double)counts.replaced_chars / thousands : 0;
        removed[row] = (double)counts.removed_chars;
        repaired_chars[row] = (double)repaired;
        batch->texts[row] = text;
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
