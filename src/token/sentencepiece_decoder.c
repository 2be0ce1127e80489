/* From pieces back to text (sentencepiece_processor.cc, Decode). */
#include "token/sentencepiece.h"

#include "base/unicode.h"

struct decoder {
    struct cy_token_decoder base;
    const struct cy_sentencepiece *model;
    struct cy_token_normalizer *denormalizer; /* NULL: none */
};

/* Bytes that pieces stand for; what is not UTF-8 becomes U+FFFD, a byte each. */
static void add_bytes(struct cy_buffer *bytes, struct cy_buffer *out)
{
    if (bytes->size == 0)
        return;
    for (const char *at = bytes->data, *end = bytes->data + bytes->size; at < end;) {
        const char *start = at;
        uint32_t point = cy_utf8_decode(&at, end);
        if (point == CY_REPLACEMENT && at - start == 1)
            cy_buffer_add_text(out, "\xEF\xBF\xBD");
        else
            cy_buffer_add(out, start, (size_t)(at - start));
    }
    cy_buffer_clear(bytes);
}

static void add_with_spaces(struct cy_str piece, struct cy_buffer *out)
{
    const struct cy_str space = CY_STR(CY_SP_SPACE);
    const char *found;
    while (piece.size > 0 && (found = memmem(piece.data, piece.size, space.data, space.size)) != NULL) {
        size_t before = (size_t)(found - piece.data);
        cy_buffer_add(out, piece.data, before);
        cy_buffer_add_byte(out, ' ');
        piece = (struct cy_str){found + space.size, piece.size - before - space.size};
    }
    cy_buffer_add_str(out, piece);
}

/* opens: the text begins with this piece. Returns whether it was the space that was put before the text. */
static bool add_piece(const struct cy_sentencepiece *model, uint32_t id, bool opens, struct cy_buffer *out)
{
    struct cy_str piece = cy_vocabulary_token(&model->pieces, id);
    bool prefix = false;
    if (model->kinds[id] == CY_SP_CONTROL)
        return false;
    if (model->kinds[id] == CY_SP_UNKNOWN) {
        cy_buffer_add_str(out, model->unknown_surface);
        return false;
    }
    if (opens && (model->normalizing.dummy_prefix || model->normalizing.remove_extra) && cy_str_starts(piece, CY_STR(CY_SP_SPACE))) {
        piece = (struct cy_str){piece.data + strlen(CY_SP_SPACE), piece.size - strlen(CY_SP_SPACE)};
        prefix = !model->normalizing.remove_extra;
    }
    add_with_spaces(piece, out);
    return prefix;
}

static int hex(char digit)
{
    return digit <= '9' ? digit - '0' : digit - 'A' + 10;
}

static void add_text(const struct cy_sentencepiece *model, const uint32_t *ids, size_t count, struct cy_buffer *out)
{
    struct cy_buffer bytes = {0};
    const size_t start = out->size;
    bool opens = true, had_prefix = false;
    for (size_t i = 0; i < count; i++) {
        if (model->kinds[ids[i]] == CY_SP_BYTE) {
            const char *name = cy_vocabulary_token(&model->pieces, ids[i]).data; /* "<0xE4>" */
            cy_buffer_add_byte(&bytes, (uint8_t)(hex(name[3]) << 4 | hex(name[4])));
            continue;
        }
        add_bytes(&bytes, out);
        if (had_prefix || out->size > start)
            opens = false;
        had_prefix = add_piece(model, ids[i], opens, out);
    }
    add_bytes(&bytes, out);
    cy_buffer_release(&bytes);
}

static void run(const struct cy_token_decoder *self, const struct cy_tokenizer *tokenizer, const uint32_t *ids, size_t count,
                struct cy_buffer *out)
{
    const struct decoder *decoder = (const struct decoder *)self;
    (void)tokenizer;
    if (decoder->denormalizer == NULL) {
        add_text(decoder->model, ids, count, out);
        return;
    }
    struct cy_buffer text = {0};
    add_text(decoder->model, ids, count, &text);
    decoder->denormalizer->run(decoder->denormalizer, cy_buffer_str(&text), true, out);
    cy_buffer_release(&text);
}

struct cy_token_decoder *cy_sp_decoder_new(const struct cy_sentencepiece *model, struct cy_token_normalizer *denormalizer,
                                           struct cy_arena *arena)
{
    struct decoder *decoder = cy_arena_zero(arena, sizeof *decoder);
    decoder->base.run = run;
    decoder->model = model;
    decoder->denormalizer = denormalizer;
    return &decoder->base;
}
