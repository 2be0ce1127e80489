/* Decoders: a list of strings, one a token, goes through steps; what is left is put end to end. */
#include "token/hf.h"

#include "base/unicode.h"

#include <stdlib.h>

enum { DEPTH_MAX = 16, STEP_COUNT_MAX = 64 };

enum step_kind { STEP_REPLACE, STEP_BYTE_FALLBACK, STEP_FUSE, STEP_STRIP, STEP_METASPACE, STEP_WORDPIECE, STEP_SUFFIX, STEP_SPACES };

struct step {
    enum step_kind kind;
    struct cy_str pattern, content;
    size_t start, stop;
    bool flag; /* Metaspace: the first one stands for nothing; WordPiece: clean up */
};

struct decoder {
    struct cy_token_decoder base;
    struct step steps[STEP_COUNT_MAX];
    size_t count;
};

/* ---- running ---- */

/* Strings end to end. */
struct strings {
    struct cy_buffer bytes;
    struct cy_ids ends;
};

static struct cy_str string_at(const struct strings *strings, size_t i)
{
    uint32_t start = i > 0 ? strings->ends.items[i - 1] : 0;
    if (strings->bytes.size == 0)
        return (struct cy_str){"", 0}; /* all are empty, and no memory may be there to point into */
    return (struct cy_str){strings->bytes.data + start, strings->ends.items[i] - start};
}

static void end_string(struct strings *strings)
{
    cy_ids_add(&strings->ends, (uint32_t)strings->bytes.size);
}

static void add_replaced(struct cy_buffer *out, struct cy_str text, struct cy_str pattern, struct cy_str content)
{
    const char *found;
    while (pattern.size > 0 && text.size > 0 && (found = memmem(text.data, text.size, pattern.data, pattern.size)) != NULL) {
        size_t before = (size_t)(found - text.data);
        cy_buffer_add(out, text.data, before);
        cy_buffer_add_str(out, content);
        text = (struct cy_str){found + pattern.size, text.size - before - pattern.size};
    }
    cy_buffer_add_str(out, text);
}

static int hex(char byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    byte |= 0x20;
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* The byte of "<0xE4>", -1 for another string. */
static int byte_of(struct cy_str text)
{
    if (text.size != 6 || memcmp(text.data, "<0x", 3) != 0 || text.data[5] != '>' || hex(text.data[3]) < 0 || hex(text.data[4]) < 0)
        return -1;
    return hex(text.data[3]) << 4 | hex(text.data[4]);
}

/* A run of bytes is a string where it is UTF-8; else each byte is U+FFFD. */
static void byte_fallback(const struct strings *in, struct strings *out)
{
    struct cy_buffer run = {0};
    for (size_t i = 0; i <= in->ends.count; i++) {
        int byte = i < in->ends.count ? byte_of(string_at(in, i)) : -1;
        if (byte >= 0) {
            cy_buffer_add_byte(&run, (uint8_t)byte);
            continue;
        }
        if (run.size > 0 && cy_utf8_is_valid(run.data, run.size)) {
            cy_buffer_add_str(&out->bytes, cy_buffer_str(&run));
            end_string(out);
        } else {
            for (size_t lost = 0; lost < run.size; lost++) {
                cy_buffer_add_text(&out->bytes, "\xEF\xBF\xBD");
                end_string(out);
            }
        }
        cy_buffer_clear(&run);
        if (i < in->ends.count) {
            cy_buffer_add_str(&out->bytes, string_at(in, i));
            end_string(out);
        }
    }
    cy_buffer_release(&run);
}

static struct cy_str strip(const struct step *step, struct cy_str text)
{
    for (size_t i = 0; i < step->start && cy_str_starts(text, step->content); i++)
        text = (struct cy_str){text.data + step->content.size, text.size - step->content.size};
    for (size_t i = 0; i < step->stop && cy_str_ends(text, step->content); i++)
        text.size -= step->content.size;
    return text;
}

/* WordPiece's clean-up of English, one replacement after the other. */
static void clean_up(struct cy_str text, struct cy_buffer *out)
{
    static const char *const pairs[][2] = {{" .", "."},   {" ?", "?"},     {" !", "!"},    {" ,", ","},
                                           {" ' ", "'"},  {" n't", "n't"}, {" 'm", "'m"},  {" do not", " don't"},
                                           {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};
    struct cy_buffer from = {0}, to = {0};
    cy_buffer_add_str(&from, text);
    for (size_t i = 0; i < CY_COUNT(pairs); i++) {
        cy_buffer_clear(&to);
        add_replaced(&to, cy_buffer_str(&from), cy_str(pairs[i][0]), cy_str(pairs[i][1]));
        struct cy_buffer other = from;
        from = to;
        to = other;
    }
    cy_buffer_add_str(out, cy_buffer_str(&from));
    cy_buffer_release(&from);
    cy_buffer_release(&to);
}

static void wordpiece(const struct step *step, struct cy_str text, bool first, struct cy_buffer *out)
{
    struct cy_buffer whole = {0};
    if (!first && cy_str_starts(text, step->pattern))
        text = (struct cy_str){text.data + step->pattern.size, text.size - step->pattern.size};
    else if (!first)
        cy_buffer_add_byte(&whole, ' ');
    cy_buffer_add_str(&whole, text);
    if (step->flag)
        clean_up(cy_buffer_str(&whole), out);
    else
        cy_buffer_add_str(out, cy_buffer_str(&whole));
    cy_buffer_release(&whole);
}

/* One string through a step that takes strings one by one. */
static void run_one(const struct step *step, struct cy_str text, size_t i, size_t count, struct cy_buffer *out)
{
    switch (step->kind) {
    case STEP_REPLACE:
        add_replaced(out, text, step->pattern, step->content);
        break;
    case STEP_STRIP:
        cy_buffer_add_str(out, strip(step, text));
        break;
    case STEP_METASPACE:
        add_replaced(out, text, step->pattern, i == 0 && step->flag ? CY_STR("") : CY_STR(" "));
        break;
    case STEP_WORDPIECE:
        wordpiece(step, text, i == 0, out);
        break;
    case STEP_SUFFIX:
        add_replaced(out, text, step->pattern, i + 1 == count ? CY_STR("") : CY_STR(" "));
        break;
    case STEP_SPACES:
        if (i > 0)
            cy_buffer_add_byte(out, ' ');
        cy_buffer_add_str(out, text);
        break;
    case STEP_BYTE_FALLBACK:
    case STEP_FUSE:
        CY_ASSERT(false);
    }
}

static void run_step(const struct step *step, const struct strings *in, struct strings *out)
{
    size_t count = in->ends.count;
    if (step->kind == STEP_BYTE_FALLBACK) {
        byte_fallback(in, out);
    } else if (step->kind == STEP_FUSE) {
        cy_buffer_add_str(&out->bytes, cy_buffer_str(&in->bytes));
        end_string(out);
    } else {
        for (size_t i = 0; i < count; i++) {
            run_one(step, string_at(in, i), i, count, &out->bytes);
            end_string(out);
        }
    }
}

static void run(const struct cy_token_decoder *self, const struct cy_tokenizer *tokenizer, const uint32_t *ids, size_t count,
                struct cy_buffer *out)
{
    const struct decoder *decoder = (const struct decoder *)self;
    struct strings from = {0}, to = {0};
    for (size_t i = 0; i < count; i++) {
        cy_buffer_add_str(&from.bytes, cy_tokenizer_token(tokenizer, ids[i]));
        end_string(&from);
    }
    for (size_t i = 0; i < decoder->count; i++) {
        cy_buffer_clear(&to.bytes);
        to.ends.count = 0;
        run_step(&decoder->steps[i], &from, &to);
        struct strings other = from;
        from = to;
        to = other;
    }
    cy_buffer_add_str(out, cy_buffer_str(&from.bytes));
    cy_buffer_release(&from.bytes);
    cy_buffer_release(&to.bytes);
    cy_ids_release(&from.ends);
    cy_ids_release(&to.ends);
}

/* ---- reading ---- */

static enum cy_status add_step(struct decoder *decoder, struct step step, struct cy_error *error)
{
    if (decoder->count == STEP_COUNT_MAX)
        return cy_error_set(error, CY_BAD_INPUT, "the decoder has more than %d steps", STEP_COUNT_MAX);
    decoder->steps[decoder->count++] = step;
    return CY_OK;
}

static enum cy_status read_replace(struct cy_arena *arena, struct decoder *decoder, yyjson_val *section, struct cy_error *error)
{
    struct step step = {.kind = STEP_REPLACE, .content = cy_arena_str(arena, cy_hf_str(yyjson_obj_get(section, "content")))};
    struct cy_str pattern;
    enum cy_status status = cy_hf_pattern(section, arena, &pattern, &step.pattern, error);
    if (status == CY_OK && step.pattern.size == 0)
        status = cy_error_set(error, CY_BAD_INPUT, "the file asks for the decoder \"Replace\" with a Regex, which we do not have");
    return status == CY_OK ? add_step(decoder, step, error) : status;
}

static enum cy_status read_strip(struct cy_arena *arena, struct decoder *decoder, yyjson_val *section, struct cy_error *error)
{
    struct step step = {.kind = STEP_STRIP,
                        .content = cy_arena_str(arena, cy_hf_str(yyjson_obj_get(section, "content"))),
                        .start = yyjson_get_uint(yyjson_obj_get(section, "start")),
                        .stop = yyjson_get_uint(yyjson_obj_get(section, "stop"))};
    if (step.content.size == 0)
        return cy_error_set(error, CY_BAD_INPUT, "the decoder \"Strip\" has no content");
    return add_step(decoder, step, error);
}

static enum cy_status read_metaspace(struct cy_arena *arena, struct decoder *decoder, yyjson_val *section, struct cy_error *error)
{
    struct step step = {.kind = STEP_METASPACE,
                        .pattern = cy_arena_str(arena, cy_hf_str(yyjson_obj_get(section, "replacement"))),
                        .flag = !yyjson_equals_str(yyjson_obj_get(section, "prepend_scheme"), "never") &&
                                cy_hf_flag(section, "add_prefix_space", true)};
    if (step.pattern.size == 0)
        return cy_error_set(error, CY_BAD_INPUT, "the decoder \"Metaspace\" has no replacement");
    return add_step(decoder, step, error);
}

static enum cy_status read_section(struct cy_arena *arena, struct decoder *decoder, yyjson_val *section, unsigned depth,
                                   struct cy_error *error)
{
    struct cy_str type = cy_hf_type(section);
    if (cy_str_is(type, "Replace"))
        return read_replace(arena, decoder, section, error);
    if (cy_str_is(type, "ByteFallback"))
        return add_step(decoder, (struct step){.kind = STEP_BYTE_FALLBACK}, error);
    if (cy_str_is(type, "Fuse"))
        return add_step(decoder, (struct step){.kind = STEP_FUSE}, error);
    if (cy_str_is(type, "Strip"))
        return read_strip(arena, decoder, section, error);
    if (cy_str_is(type, "Metaspace"))
        return read_metaspace(arena, decoder, section, error);
    if (cy_str_is(type, "WordPiece"))
        return add_step(decoder,
                        (struct step){.kind = STEP_WORDPIECE,
                                      .pattern = cy_arena_str(arena, cy_hf_str(yyjson_obj_get(section, "prefix"))),
                                      .flag = cy_hf_flag(section, "cleanup", true)},
                        error);
    if (cy_str_is(type, "BPEDecoder"))
        return add_step(decoder,
                        (struct step){.kind = STEP_SUFFIX, .pattern = cy_arena_str(arena, cy_hf_str(yyjson_obj_get(section, "suffix")))},
                        error);
    if (!cy_str_is(type, "Sequence") || depth > DEPTH_MAX)
        return cy_hf_unknown("decoder", section, error);
    size_t index, count;
    yyjson_val *part;
    enum cy_status status = CY_OK;
    yyjson_arr_foreach(yyjson_obj_get(section, "decoders"), index, count, part)
    {
        if (status == CY_OK)
            status = read_section(arena, decoder, part, depth + 1, error);
    }
    return status;
}

enum cy_status cy_hf_read_decoder(struct cy_hf *hf, yyjson_val *decoder, struct cy_error *error)
{
    struct cy_arena *arena = &hf->tokenizer->arena;
    bool none = decoder == NULL || yyjson_is_null(decoder);
    if (hf->byte_level) { /* the tokens are bytes already */
        if (!none && cy_str_is(cy_hf_type(decoder), "ByteLevel"))
            return CY_OK;
        return none ? cy_error_set(error, CY_BAD_INPUT, "the file has the pre-tokenizer ByteLevel, but not the decoder")
                    : cy_hf_unknown("decoder beside ByteLevel", decoder, error);
    }
    struct decoder *made = cy_arena_zero(arena, sizeof *made);
    made->base.run = run;
    hf->tokenizer->decoder = &made->base;
    return none ? add_step(made, (struct step){.kind = STEP_SPACES}, error) : read_section(arena, made, decoder, 0, error);
}
