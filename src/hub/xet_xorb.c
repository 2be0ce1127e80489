#include "hub/xet_xorb.h"

#include <lz4frame.h>
#include <stdlib.h>

static uint32_t load_u24(const char *at)
{
    const uint8_t *bytes = (const uint8_t *)at;
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16;
}

enum cy_status cy_xorb_chunks(struct cy_str xorb, struct cy_buffer *chunks, struct cy_error *error)
{
    if (xorb.size > CY_XORB_BYTES_MAX)
        return cy_error_set(error, CY_BAD_INPUT, "the xorb has %zu bytes; %d are possible", xorb.size, CY_XORB_BYTES_MAX);
    size_t count = 0;
    for (size_t at = 0; at < xorb.size; count++) {
        if (count == CY_XORB_CHUNKS_MAX)
            return cy_error_set(error, CY_BAD_INPUT, "the xorb has more than %d chunks", CY_XORB_CHUNKS_MAX);
        if (xorb.size - at < CY_XORB_CHUNK_HEAD)
            return cy_error_set(error, CY_BAD_INPUT, "chunk %zu of the xorb ends within its head, at byte %zu", count, at);
        const char *head = xorb.data + at;
        struct cy_xorb_chunk chunk = {(uint32_t)at, load_u24(head + 1), load_u24(head + 5)};
        uint8_t scheme = (uint8_t)head[4];
        if (head[0] != 0 || scheme > 2 || chunk.plain_size == 0 || chunk.plain_size > CY_XORB_CHUNK_PLAIN_MAX ||
            (scheme == 0 && chunk.stored_size != chunk.plain_size))
            return cy_error_set(error, CY_BAD_INPUT,
                                "chunk %zu of the xorb has a head that is not possible: version %u, scheme %u, %u bytes of %u", count,
                                (unsigned)(uint8_t)head[0], (unsigned)scheme, chunk.stored_size, chunk.plain_size);
        at += CY_XORB_CHUNK_HEAD;
        if (chunk.stored_size > xorb.size - at)
            return cy_error_set(error, CY_BAD_INPUT, "chunk %zu of the xorb says %u bytes, and %zu are left", count, chunk.stored_size,
                                xorb.size - at);
        cy_buffer_add(chunks, &chunk, sizeof chunk);
        at += chunk.stored_size;
    }
    return count > 0 ? CY_OK : cy_error_set(error, CY_BAD_INPUT, "the xorb is empty");
}

/* One LZ4 frame to just plain_size bytes. */
static bool decode_frame(struct cy_str stored, char *plain, size_t plain_size)
{
    LZ4F_dctx *context;
    if (LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION)))
        return false;
    size_t in = 0, out = 0, left = 1;
    while (left != 0 && in < stored.size) {
        size_t taken = stored.size - in, given = plain_size - out;
        left = LZ4F_decompress(context, plain + out, &given, stored.data + in, &taken, NULL);
        if (LZ4F_isError(left) || (taken == 0 && given == 0))
            break;
        in += taken;
        out += given;
    }
    LZ4F_freeDecompressionContext(context);
    return left == 0 && in == stored.size && out == plain_size;
}

/* Byte i of group g is byte 4 i + g of the text; the first size % 4 groups are one longer. */
static void ungroup(const char *grouped, char *plain, size_t size)
{
    const char *from = grouped;
    for (size_t group = 0; group < 4; group++)
        for (size_t at = group; at < size; at += 4)
            plain[at] = *from++;
}

enum cy_status cy_xorb_decode(struct cy_str chunk, struct cy_buffer *plain, struct cy_error *error)
{
    CY_ASSERT(chunk.size >= CY_XORB_CHUNK_HEAD);
    size_t plain_size = load_u24(chunk.data + 5);
    uint8_t scheme = (uint8_t)chunk.data[4];
    struct cy_str stored = {chunk.data + CY_XORB_CHUNK_HEAD, chunk.size - CY_XORB_CHUNK_HEAD};
    CY_ASSERT(plain_size <= CY_XORB_CHUNK_PLAIN_MAX);
    cy_buffer_reserve(plain, plain_size);
    char *out = plain->data + plain->size;
    bool is_good = true;
    if (scheme == 0) {
        is_good = stored.size == plain_size;
        memcpy(out, stored.data, CY_MIN(stored.size, plain_size));
    } else if (scheme == 1) {
        is_good = decode_frame(stored, out, plain_size);
    } else {
        char *grouped = cy_alloc(CY_MAX(plain_size, 1));
        is_good = decode_frame(stored, grouped, plain_size);
        if (is_good)
            ungroup(grouped, out, plain_size);
        free(grouped);
    }
    if (!is_good)
        return cy_error_set(error, CY_BAD_INPUT, "a chunk does not decode to the %zu bytes that it says", plain_size);
    plain->size += plain_size;
    return CY_OK;
}

void cy_xet_name(const uint8_t hash[32], char name[CY_XORB_NAME])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < 32; i++) {
        uint8_t byte = hash[i / 8 * 8 + (7 - i % 8)];
        name[2 * i] = digits[byte >> 4];
        name[2 * i + 1] = digits[byte & 15];
    }
    name[64] = '\0';
}

bool cy_xet_name_is_valid(struct cy_str name)
{
    if (name.size != CY_XORB_NAME - 1)
        return false;
    for (size_t i = 0; i < name.size; i++)
        if (!((name.data[i] >= '0' && name.data[i] <= '9') || (name.data[i] >= 'a' && name.data[i] <= 'f')))
            return false;
    return true;
}
