#include "source/warc_head.h"

#include "source/source.h"

#include <isa-l/igzip_lib.h>
#include <stdlib.h>

bool cy_warc_begins(struct cy_str text)
{
    if (!cy_str_starts(text, CY_STR("WARC/1.")) || text.size < 9 || text.data[7] < '0' || text.data[7] > '9')
        return false;
    return text.data[8] == '\n' || (text.size > 9 && text.data[8] == '\r' && text.data[9] == '\n');
}

size_t cy_warc_find(struct cy_str text, size_t from)
{
    for (size_t at = from; at < text.size; at++) {
        const char *found = memmem(text.data + at, text.size - at, "WARC/1.", 7);
        if (found == NULL)
            return text.size;
        at = (size_t)(found - text.data);
        if ((at == 0 || text.data[at - 1] == '\n') && cy_warc_begins((struct cy_str){found, text.size - at}))
            return at;
    }
    return text.size;
}

size_t cy_warc_head_size(struct cy_str text)
{
    for (size_t at = 0; at < text.size;) {
        const char *end = memchr(text.data + at, '\n', text.size - at);
        if (end == NULL)
            return 0;
        size_t size = (size_t)(end - text.data) - at;
        at += size + 1;
        if (size == 0 || (size == 1 && end[-1] == '\r'))
            return at;
    }
    return 0;
}

static bool read_length(struct cy_str digits, uint64_t *value)
{
    if (digits.size == 0 || digits.size > 18) /* 18 digits fit in 64 bits, and no record has more bytes */
        return false;
    *value = 0;
    for (size_t i = 0; i < digits.size; i++) {
        if (digits.data[i] < '0' || digits.data[i] > '9')
            return false;
        *value = *value * 10 + (uint64_t)(digits.data[i] - '0');
    }
    return true;
}

/* The next "name: value" of a head, and moves *rest behind it. false: the head is done, or its next line has no colon (name is empty). */
static bool next_field(struct cy_str *rest, struct cy_str *name, struct cy_str *value)
{
    struct cy_str line = cy_str_trim(cy_str_split(*rest, '\n', rest));
    if (line.size == 0)
        return false;
    *name = cy_str_trim(cy_str_split(line, ':', value));
    *value = cy_str_trim(*value);
    return true;
}

const char *cy_warc_head_read(struct cy_str text, struct cy_warc_head *head)
{
    *head = (struct cy_warc_head){.size = cy_warc_head_size(text)};
    struct cy_str rest = {text.data, head->size}, name, value, length = {NULL, 0};
    if (!cy_warc_begins(text) || head->size == 0)
        return "warc_head";
    cy_str_split(rest, '\n', &rest);
    const struct {
        const char *name;
        struct cy_str *value;
    } fields[] = {
        {"WARC-Type", &head->type},
        {"WARC-Record-ID", &head->id},
        {"WARC-Target-URI", &head->uri},
        {"WARC-Date", &head->date},
        {"Content-Type", &head->content_type},
        {"Content-Length", &length},
        {"WARC-Identified-Payload-Type", &head->payload_type},
    };
    while (next_field(&rest, &name, &value))
        for (size_t i = 0; i < CY_COUNT(fields); i++)
            if (fields[i].value->data == NULL && cy_str_equal_nocase(name, cy_str(fields[i].name)))
                *fields[i].value = value;
    if (head->uri.size > 1 && head->uri.data[0] == '<' &&
        head->uri.data[head->uri.size - 1] == '>') /* WARC 1.0's grammar, as wget writes it */
        head->uri = (struct cy_str){head->uri.data + 1, head->uri.size - 2};
    if (!read_length(length, &head->content_length))
        return "content_length";
    return head->type.size > 0 ? NULL : "warc_head";
}

/* ---- HTTP ---- */

void cy_http_head_read(struct cy_str response, struct cy_http_head *head)
{
    *head = (struct cy_http_head){0};
    if (!cy_str_starts(response, CY_STR("HTTP/")))
        return;
    head->size = cy_warc_head_size(response);
    if (head->size == 0)
        head->size = response.size;
    struct cy_str rest = {response.data, head->size}, name, value, after;
    struct cy_str line = cy_str_trim(cy_str_split(rest, '\n', &rest));
    cy_str_split(line, ' ', &after);
    struct cy_str code = cy_str_split(cy_str_trim(after), ' ', &value);
    uint64_t status = 0;
    head->status = read_length(code, &status) && status < 1000 ? (int)status : 0;
    while (next_field(&rest, &name, &value)) {
        if (head->content_type.size == 0 && cy_str_equal_nocase(name, CY_STR("Content-Type")))
            head->content_type = value;
        else if (cy_str_equal_nocase(name, CY_STR("Content-Encoding")))
            head->content_encoding = value;
        else if (cy_str_equal_nocase(name, CY_STR("Transfer-Encoding")))
            head->chunked = cy_str_ends(value, CY_STR("chunked")) || cy_str_equal_nocase(value, CY_STR("chunked"));
    }
}

/* A chunk's size line (RFC 9112, 7.1): hex digits, then extensions. Returns the bytes of the line, 0 when it is none. */
static size_t chunk_line(struct cy_str text, size_t *size)
{
    size_t at = 0;
    *size = 0;
    for (; at < text.size && at < 8; at++) { /* 8 digits: 4 GiB */
        char byte = text.data[at];
        int digit = byte >= '0' && byte <= '9'   ? byte - '0'
                    : byte >= 'a' && byte <= 'f' ? byte - 'a' + 10
                    : byte >= 'A' && byte <= 'F' ? byte - 'A' + 10
                                                 : -1;
        if (digit < 0)
            break;
        *size = *size * 16 + (size_t)digit;
    }
    if (at == 0 || at == text.size || strchr(" \t;\r\n", text.data[at]) == NULL)
        return 0;
    const char *end = memchr(text.data + at, '\n', text.size - at);
    return end == NULL ? 0 : (size_t)(end - text.data) + 1;
}

static struct cy_str unchunk(struct cy_str packed, struct cy_arena *arena)
{
    size_t size, line = chunk_line(packed, &size), at = 0, out_size = 0;
    if (line == 0) /* it only claims to be chunked */
        return packed;
    char *out = cy_arena_alloc(arena, packed.size);
    while (line > 0 && size > 0) {
        at += line;
        size_t here = CY_MIN(size, packed.size - at);
        memcpy(out + out_size, packed.data + at, here);
        out_size += here;
        at += here;
        while (at < packed.size && (packed.data[at] == '\r' || packed.data[at] == '\n'))
            at++;
        line = chunk_line((struct cy_str){packed.data + at, packed.size - at}, &size);
    }
    cy_arena_shrink(arena, out, packed.size, out_size);
    return (struct cy_str){out, out_size};
}

/* Decompresses a body that begins as `wrapper` says (ISAL_GZIP, ISAL_ZLIB, ISAL_DEFLATE). false: no byte came of it. Where the body is damaged,
 * ISA-L may count bytes that it did not write: all memory it sees begins as zeros, so that the same body always gives the same text. */
static bool inflate_body(struct cy_str packed, uint32_t wrapper, struct cy_arena *arena, struct cy_str *body, bool *too_large)
{
    enum { ROOM_BYTES_MAX = CY_RECORD_BYTES_MAX + 1 };
    struct inflate_state *state = cy_alloc_zero(1, sizeof *state);
    isal_inflate_init(state);
    state->crc_flag = wrapper;
    state->next_in = (uint8_t *)packed.data;
    state->avail_in = (uint32_t)packed.size;
    size_t capacity = CY_MIN(packed.size * 4 + 4096, ROOM_BYTES_MAX), size = 0; /* pages shrink to a fourth or so */
    char *out = cy_alloc_zero(1, capacity);
    for (;;) {
        state->next_out = (uint8_t *)out + size;
        state->avail_out = (uint32_t)(capacity - size);
        int status = isal_inflate(state);
        size = capacity - state->avail_out;
        if (status != ISAL_DECOMP_OK || state->block_state == ISAL_BLOCK_FINISH || state->avail_out > 0 || capacity == ROOM_BYTES_MAX)
            break; /* the end, damage, no more input, or enough: what came so far is the body */
        capacity = CY_MIN(capacity * 2, ROOM_BYTES_MAX);
        out = cy_realloc(out, capacity);
        memset(out + size, 0, capacity - size);
    }
    free(state);
    *too_large = size > CY_RECORD_BYTES_MAX;
    if (size > 0 && !*too_large)
        *body = cy_arena_str(arena, (struct cy_str){out, size});
    free(out);
    return size > 0;
}

const char *cy_http_body(const struct cy_http_head *head, struct cy_str packed, struct cy_arena *arena, struct cy_str *body)
{
    *body = head->chunked ? unchunk(packed, arena) : packed;
    struct cy_str rest, coding = cy_str_trim(cy_str_split(head->content_encoding, ',', &rest));
    if (body->size == 0 || coding.size == 0 || cy_str_equal_nocase(coding, CY_STR("identity")))
        return NULL;
    const uint8_t *at = (const uint8_t *)body->data;
    bool gzip_magic = body->size > 2 && at[0] == 0x1F && at[1] == 0x8B, too_large = false;
    if (cy_str_equal_nocase(coding, CY_STR("gzip")) || cy_str_equal_nocase(coding, CY_STR("x-gzip"))) {
        if (!gzip_magic) /* stored unpacked */
            return NULL;
        bool came = inflate_body(*body, ISAL_GZIP, arena, body, &too_large);
        return too_large ? "too_large" : came ? NULL : "content_encoding: gzip";
    }
    if (cy_str_equal_nocase(coding, CY_STR("deflate"))) {
        /* zlib's wrapper as RFC 9110 asks, or bare as some servers send it; text begins like neither */
        bool zlib = body->size > 2 && (at[0] & 0x0F) == 8 && (at[0] * 256 + at[1]) % 31 == 0;
        struct cy_str unpacked = *body;
        bool came = inflate_body(*body, zlib ? ISAL_ZLIB : ISAL_DEFLATE, arena, &unpacked, &too_large);
        if (too_large)
            return "too_large";
        if (!came && zlib)
            return "content_encoding: deflate";
        *body = unpacked; /* stored unpacked where nothing came */
        return NULL;
    }
    if (cy_str_equal_nocase(coding, CY_STR("br")))
        return at[0] == '<' ? NULL : "content_encoding: br";
    return NULL;
}
