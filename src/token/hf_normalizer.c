/* The file's normalizer: a list of steps, each over what the one before left. */
#include "token/hf.h"

#include "base/unicode.h"
#include "token/normal_charsmap.h"
#include "token/normal_steps.h"
#include "token/splitter.h"

enum { DEPTH_MAX = 16, STEP_COUNT_MAX = 512 }; /* files from PEGASUS' kind have one Replace a character */

struct normalizer {
    struct cy_token_normalizer base;
    struct cy_normal_step *steps;
    size_t count;
};

/* ---- running ---- */

static void run(const struct cy_token_normalizer *self, struct cy_str text, bool first, struct cy_buffer *out)
{
    const struct normalizer *normalizer = (const struct normalizer *)self;
    struct cy_buffer spare[2] = {0};
    (void)first;
    for (size_t i = 0; i < normalizer->count; i++) {
        struct cy_buffer *into = i + 1 == normalizer->count ? out : &spare[i % 2];
        cy_buffer_clear(into);
        cy_normal_run(&normalizer->steps[i], text, into);
        text = cy_buffer_str(into);
    }
    cy_buffer_release(&spare[0]);
    cy_buffer_release(&spare[1]);
}

static bool loses_start(const struct cy_token_normalizer *self, struct cy_str text)
{
    const struct normalizer *normalizer = (const struct normalizer *)self;
    struct cy_buffer from = {0}, to = {0};
    const char *second = text.data;
    cy_utf8_decode(&second, text.data + text.size);
    size_t start = (size_t)(second - text.data);
    cy_buffer_add_str(&from, text);
    for (size_t i = 0; i < normalizer->count && start > 0; i++) {
        cy_buffer_clear(&to);
        start = cy_normal_start(&normalizer->steps[i], cy_buffer_str(&from), start);
        cy_normal_run(&normalizer->steps[i], cy_buffer_str(&from), &to);
        struct cy_buffer other = from;
        from = to;
        to = other;
    }
    cy_buffer_release(&from);
    cy_buffer_release(&to);
    return start == 0;
}

void cy_hf_watch_start(struct cy_token_normalizer *normalizer)
{
    normalizer->loses_start = loses_start;
}

static void release(struct cy_token_normalizer *self)
{
    struct normalizer *normalizer = (struct normalizer *)self;
    for (size_t i = 0; i < normalizer->count; i++)
        if (normalizer->steps[i].pattern != NULL && normalizer->steps[i].pattern->release != NULL)
            normalizer->steps[i].pattern->release(normalizer->steps[i].pattern);
}

/* ---- reading ---- */

static enum cy_status add_step(struct normalizer *normalizer, struct cy_normal_step step, struct cy_error *error)
{
    if (normalizer->count == STEP_COUNT_MAX)
        return cy_error_set(error, CY_BAD_INPUT, "the normalizer has more than %d steps", STEP_COUNT_MAX);
    normalizer->steps[normalizer->count++] = step;
    return CY_OK;
}

static enum cy_status read_replace(struct cy_arena *arena, struct normalizer *normalizer, yyjson_val *section, struct cy_error *error)
{
    struct cy_normal_step step = {.kind = CY_NORMAL_REPLACE, .to = cy_arena_str(arena, cy_hf_str(yyjson_obj_get(section, "content")))};
    struct cy_str pattern;
    enum cy_status status = cy_hf_pattern(section, arena, &pattern, &step.from, error);
    if (status == CY_OK && step.from.size == 0) {
        step.kind = CY_NORMAL_REPLACE_REGEX;
        status = cy_splitter_regex(&step.pattern, pattern, arena, error);
        if (status == CY_OK)
            cy_splitter_mark_matches(step.pattern);
    }
    return status == CY_OK ? add_step(normalizer, step, error) : status;
}

static enum cy_status read_charsmap(struct cy_arena *arena, struct normalizer *normalizer, yyjson_val *section, struct cy_error *error)
{
    struct cy_normal_step step = {.kind = CY_NORMAL_CHARSMAP};
    yyjson_val *map = yyjson_obj_get(section, "precompiled_charsmap");
    if (map == NULL || yyjson_is_null(map) || yyjson_get_len(map) == 0)
        return CY_OK;
    enum cy_status status = cy_charsmap_read_base64(&step.charsmap, cy_hf_str(map), arena, error);
    return status == CY_OK ? add_step(normalizer, step, error) : status;
}

static struct cy_normal_step bert_step(yyjson_val *section)
{
    bool lower = cy_hf_flag(section, "lowercase", true);
    return (struct cy_normal_step){.kind = CY_NORMAL_BERT,
                                   .clean = cy_hf_flag(section, "clean_text", true),
                                   .chinese = cy_hf_flag(section, "handle_chinese_chars", true),
                                   .accents = cy_hf_flag(section, "strip_accents", lower),
                                   .lower = lower};
}

static enum cy_status read_section(struct cy_arena *arena, struct normalizer *normalizer, yyjson_val *section, unsigned depth,
                                   struct cy_error *error)
{
    static const char *const keys[] = {"pattern",
                                       "content",
                                       "prepend",
                                       "strip_left",
                                       "strip_right",
                                       "normalizers",
                                       "lowercase",
                                       "clean_text",
                                       "precompiled_charsmap",
                                       "strip_accents",
                                       "handle_chinese_chars",
                                       NULL};
    static const struct {
        const char *type;
        enum cy_normal_kind kind;
    } plain[] = {{"NFC", CY_NORMAL_FORM_C},
                 {"NFKC", CY_NORMAL_FORM_KC},
                 {"NFD", CY_NORMAL_FORM_D},
                 {"NFKD", CY_NORMAL_FORM_KD},
                 {"Nmt", CY_NORMAL_NMT},
                 {"Lowercase", CY_NORMAL_LOWER},
                 {"StripAccents", CY_NORMAL_STRIP_MARKS}};
    struct cy_str type = cy_hf_type(section);
    enum cy_status status = cy_hf_check_keys(section, "normalizer", keys, error);
    if (status != CY_OK)
        return status;
    for (size_t i = 0; i < CY_COUNT(plain); i++)
        if (cy_str_is(type, plain[i].type))
            return add_step(normalizer, (struct cy_normal_step){.kind = plain[i].kind}, error);
    if (cy_str_is(type, "Replace"))
        return read_replace(arena, normalizer, section, error);
    if (cy_str_is(type, "Prepend"))
        return add_step(
            normalizer,
            (struct cy_normal_step){.kind = CY_NORMAL_PREPEND, .to = cy_arena_str(arena, cy_hf_str(yyjson_obj_get(section, "prepend")))},
            error);
    if (cy_str_is(type, "Strip"))
        return add_step(normalizer,
                        (struct cy_normal_step){.kind = CY_NORMAL_STRIP,
                                                .left = cy_hf_flag(section, "strip_left", true),
                                                .right = cy_hf_flag(section, "strip_right", true)},
                        error);
    if (cy_str_is(type, "BertNormalizer"))
        return add_step(normalizer, bert_step(section), error);
    if (cy_str_is(type, "Precompiled"))
        return read_charsmap(arena, normalizer, section, error);
    if (!cy_str_is(type, "Sequence") || depth > DEPTH_MAX)
        return cy_hf_unknown("normalizer", section, error);
    size_t index, count;
    yyjson_val *part;
    yyjson_arr_foreach(yyjson_obj_get(section, "normalizers"), index, count, part)
    {
        if (status == CY_OK)
            status = read_section(arena, normalizer, part, depth + 1, error);
    }
    return status;
}

enum cy_status cy_hf_read_normalizer(struct cy_hf *hf, yyjson_val *section, struct cy_error *error)
{
    struct cy_arena *arena = &hf->tokenizer->arena;
    if (section == NULL || yyjson_is_null(section))
        return CY_OK;
    struct normalizer *made = cy_arena_zero(arena, sizeof *made);
    made->base = (struct cy_token_normalizer){.run = run, .release = release};
    made->steps = cy_arena_zero(arena, STEP_COUNT_MAX * sizeof *made->steps);
    hf->tokenizer->normalizer = &made->base; /* so that it is released whatever comes */
    enum cy_status status = read_section(arena, made, section, 0, error);
    if (made->count == 0)
        hf->tokenizer->normalizer = NULL;
    return status;
}
