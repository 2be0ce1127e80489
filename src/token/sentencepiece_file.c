/* The messages of a .model file in protobuf's wire format (protobuf.dev, "Encoding"): fields that are not known are passed over, of a field
 * that stands twice the last one counts. */
#include "token/sentencepiece.h"

#include "base/unicode.h"

#include <math.h>
#include <stdio.h>

enum { FILE_BYTES_MAX = 512 << 20, PIECE_BYTES_MAX = 7999 /* model_interface.cc, kMaxPieceSize */ };

/* ---- the wire ---- */

enum wire_type { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

struct field {
    uint64_t key; /* number << 3 | wire type */
    uint64_t number;
    struct cy_str bytes;
};

#define KEY(number, type) ((uint64_t)(number) << 3 | (type))

static bool read_varint(struct cy_str *rest, uint64_t *value)
{
    *value = 0;
    for (unsigned shift = 0; shift < 70 && rest->size > 0; shift += 7) {
        uint8_t byte = (uint8_t)*rest->data++;
        rest->size--;
        if (shift < 64)
            *value |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80)
            return true;
    }
    return false;
}

static bool read_bytes(struct cy_str *rest, uint64_t size, struct cy_str *bytes)
{
    if (size > rest->size)
        return false;
    *bytes = (struct cy_str){rest->data, size};
    *rest = (struct cy_str){rest->data + size, rest->size - size};
    return true;
}

/* The next field of a message that is not at its end. */
static bool read_field(struct cy_str *rest, struct field *field)
{
    uint64_t size = 0;
    *field = (struct field){0};
    if (!read_varint(rest, &field->key) || field->key >> 3 == 0)
        return false;
    switch (field->key & 7) {
    case WIRE_VARINT:
        return read_varint(rest, &field->number);
    case WIRE_64:
        return read_bytes(rest, 8, &field->bytes);
    case WIRE_BYTES:
        return read_varint(rest, &size) && read_bytes(rest, size, &field->bytes);
    case WIRE_32:
        if (!read_bytes(rest, 4, &field->bytes))
            return false;
        field->number = cy_load_u32(field->bytes.data);
        return true;
    default:
        return false;
    }
}

static enum cy_status damaged(struct cy_error *error)
{
    return cy_error_set(error, CY_BAD_INPUT, "it is no SentencePiece model, or is damaged: its messages do not end where they should");
}

/* ---- messages ---- */

struct piece {
    struct cy_str text;
    float score;
    enum cy_sp_kind kind;
};

static bool read_piece(struct cy_str message, struct piece *piece)
{
    struct field field;
    *piece = (struct piece){.kind = CY_SP_NORMAL};
    while (message.size > 0) {
        if (!read_field(&message, &field))
            return false;
        uint32_t bits = (uint32_t)field.number;
        if (field.key == KEY(1, WIRE_BYTES))
            piece->text = field.bytes;
        else if (field.key == KEY(2, WIRE_32))
            memcpy(&piece->score, &bits, sizeof bits);
        else if (field.key == KEY(3, WIRE_VARINT) && field.number >= CY_SP_NORMAL && field.number <= CY_SP_BYTE)
            piece->kind = (enum cy_sp_kind)field.number;
    }
    return true;
}

static bool read_trainer(struct cy_str message, struct cy_sentencepiece *model)
{
    struct field field;
    while (message.size > 0) {
        if (!read_field(&message, &field))
            return false;
        if (field.key == KEY(3, WIRE_VARINT))
            model->type = field.number;
        else if (field.key == KEY(24, WIRE_VARINT))
            model->normalizing.suffix = field.number != 0;
        else if (field.key == KEY(35, WIRE_VARINT))
            model->byte_fallback = field.number != 0;
        else if (field.key == KEY(44, WIRE_BYTES))
            model->unknown_surface = field.bytes;
    }
    return true;
}

static bool read_normalizing(struct cy_str message, struct cy_sp_normalizing *normalizing)
{
    struct field field;
    while (message.size > 0) {
        if (!read_field(&message, &field))
            return false;
        if (field.key == KEY(2, WIRE_BYTES))
            normalizing->charsmap = field.bytes;
        else if (field.key == KEY(3, WIRE_VARINT))
            normalizing->dummy_prefix = field.number != 0;
        else if (field.key == KEY(4, WIRE_VARINT))
            normalizing->remove_extra = field.number != 0;
        else if (field.key == KEY(5, WIRE_VARINT))
            normalizing->escape = field.number != 0;
    }
    return true;
}

/* The number of pieces and of their bytes, and all that is not a piece. */
static bool read_model(struct cy_str message, struct cy_sentencepiece *model, size_t *count, size_t *size_bytes)
{
    struct field field;
    struct piece piece;
    bool fine = true;
    *count = *size_bytes = 0;
    while (message.size > 0 && fine) {
        fine = read_field(&message, &field);
        if (fine && field.key == KEY(1, WIRE_BYTES)) {
            fine = read_piece(field.bytes, &piece);
            *size_bytes += piece.text.size;
            (*count)++;
        } else if (fine && field.key == KEY(2, WIRE_BYTES)) {
            fine = read_trainer(field.bytes, model);
        } else if (fine && field.key == KEY(3, WIRE_BYTES)) {
            fine = read_normalizing(field.bytes, &model->normalizing);
        } else if (fine && field.key == KEY(5, WIRE_BYTES)) {
            fine = read_normalizing(field.bytes, &model->denormalizing);
        }
    }
    return fine;
}

/* ---- pieces ---- */

static enum cy_status bad_piece(size_t id, struct cy_str text, const char *why, struct cy_error *error)
{
    return cy_error_set(error, CY_BAD_INPUT, "piece %zu, \"%.*s\", %s", id, (int)CY_MIN(text.size, (size_t)60), text.data, why);
}

/* A piece of one zero byte, which some converters write, is left out of the model. */
static bool is_null_piece(struct cy_str text)
{
    return text.size == 1 && text.data[0] == '\0';
}

/* As model_interface.cc, InitializePieces. */
static enum cy_status check_piece(struct cy_sentencepiece *model, uint32_t id, struct piece *piece, struct cy_error *error)
{
    if (is_null_piece(piece->text) && model->byte_fallback)
        piece->kind = CY_SP_UNUSED;
    if (piece->text.size == 0)
        return bad_piece(id, piece->text, "is empty", error);
    if (piece->text.size > PIECE_BYTES_MAX)
        return bad_piece(id, piece->text, "is too long", error);
    if (!(is_null_piece(piece->text) && piece->kind == CY_SP_UNUSED) && memchr(piece->text.data, '\0', piece->text.size) != NULL)
        return bad_piece(id, piece->text, "has a zero byte", error);
    if (!cy_utf8_is_valid(piece->text.data, piece->text.size))
        return bad_piece(id, piece->text, "is not UTF-8", error);
    if (!isfinite(piece->score))
        return bad_piece(id, piece->text, "has no finite score", error);
    if (piece->kind == CY_SP_UNKNOWN && model->unknown != UINT32_MAX)
        return bad_piece(id, piece->text, "is the second unknown one", error);
    if (piece->kind == CY_SP_UNKNOWN)
        model->unknown = id;
    if (piece->kind == CY_SP_UNUSED && model->type == CY_SP_BPE && !is_null_piece(piece->text))
        return bad_piece(id, piece->text, "is not to be used; we do not have that in BPE", error);
    return CY_OK;
}

/* The pieces themselves; sizes are known. */
static enum cy_status read_pieces(struct cy_sentencepiece *model, struct cy_str file, size_t count, size_t size_bytes,
                                  struct cy_error *error)
{
    struct cy_arena *arena = &model->tokenizer->arena;
    char *bytes = cy_arena_alloc(arena, size_bytes + 1);
    uint32_t *ends = cy_arena_alloc(arena, (count + 1) * sizeof *ends), end = 0, id = 0;
    model->kinds = cy_arena_alloc(arena, count + 1);
    model->scores = cy_arena_alloc(arena, (count + 1) * sizeof *model->scores);
    for (struct field field; file.size > 0 && read_field(&file, &field);) {
        struct piece piece;
        if (field.key != KEY(1, WIRE_BYTES) || !read_piece(field.bytes, &piece))
            continue;
        if (check_piece(model, id, &piece, error) != CY_OK)
            return CY_BAD_INPUT;
        memcpy(bytes + end, piece.text.data, piece.text.size);
        ends[id] = end += (uint32_t)piece.text.size;
        model->kinds[id] = (uint8_t)piece.kind;
        model->scores[id++] = piece.score;
    }
    model->pieces = (struct cy_vocabulary){bytes, ends, count};
    cy_token_table_init(&model->names, &model->pieces, arena);
    for (uint32_t other = 0; other < count; other++)
        if (cy_token_table_find(&model->names, cy_vocabulary_token(&model->pieces, other)) != other &&
            !is_null_piece(cy_vocabulary_token(&model->pieces, other)))
            return bad_piece(other, cy_vocabulary_token(&model->pieces, other), "stands in the vocabulary twice", error);
    return CY_OK;
}

/* The bytes' pieces, "<0x00>" to "<0xFF>": all of them or none. */
static enum cy_status find_bytes(struct cy_sentencepiece *model, struct cy_error *error)
{
    for (unsigned byte = 0; byte < 256 && model->byte_fallback; byte++) {
        char name[8];
        struct cy_str text = {name, (size_t)snprintf(name, sizeof name, "<0x%02X>", byte)};
        model->byte_ids[byte] = cy_token_table_find(&model->names, text);
        if (model->byte_ids[byte] == UINT32_MAX || model->kinds[model->byte_ids[byte]] != CY_SP_BYTE)
            return cy_error_set(error, CY_BAD_INPUT, "the model falls back to bytes, but has no piece %s", name);
    }
    for (uint32_t id = 0; id < model->pieces.count; id++) {
        struct cy_str text = cy_vocabulary_token(&model->pieces, id);
        if (model->kinds[id] == CY_SP_BYTE &&
            (!model->byte_fallback || text.size != 6 || memcmp(text.data, "<0x", 3) != 0 || text.data[5] != '>' ||
             memchr("0123456789ABCDEF", text.data[3], 16) == NULL || memchr("0123456789ABCDEF", text.data[4], 16) == NULL))
            return bad_piece(id, text, model->byte_fallback ? "stands for no byte" : "stands for a byte, which the model has no use for",
                             error);
    }
    return CY_OK;
}

enum cy_status cy_sp_read(struct cy_sentencepiece *model, struct cy_str file, struct cy_error *error)
{
    struct cy_arena *arena = &model->tokenizer->arena;
    size_t count, size_bytes;
    model->type = CY_SP_UNIGRAM;
    model->unknown = UINT32_MAX;
    model->unknown_surface = CY_STR(" \xE2\x81\x87 ");
    model->normalizing = model->denormalizing = (struct cy_sp_normalizing){.dummy_prefix = true, .remove_extra = true, .escape = true};
    if (file.size > FILE_BYTES_MAX)
        return cy_error_set(error, CY_BAD_INPUT, "the file has %zu bytes; at most %d can be used", file.size, FILE_BYTES_MAX);
    if (!read_model(file, model, &count, &size_bytes))
        return damaged(error);
    if (count == 0 || count > CY_TOKEN_ID_MAX)
        return cy_error_set(error, CY_BAD_INPUT, "the model has %zu pieces; 1 to %d can be used", count, CY_TOKEN_ID_MAX);
    model->unknown_surface = cy_arena_str(arena, model->unknown_surface);
    enum cy_status status = read_pieces(model, file, count, size_bytes, error);
    if (status == CY_OK)
        status = find_bytes(model, error);
    if (status == CY_OK && model->unknown == UINT32_MAX && !model->byte_fallback)
        status = cy_error_set(error, CY_BAD_INPUT, "the model has no unknown piece");
    model->matcher = cy_sp_matcher_new(model, arena);
    return status;
}
