#include "store/s3_sign.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

static void add_hex(struct cy_buffer *buffer, const uint8_t *bytes, size_t size_bytes)
{
    for (size_t i = 0; i < size_bytes; i++)
        cy_buffer_printf(buffer, "%02x", bytes[i]);
}

/* Percent-encoding as AWS has it: all but A-Z a-z 0-9 - . _ ~, and the slashes of a path. */
static void add_encoded(struct cy_buffer *buffer, struct cy_str text, bool keeps_slash)
{
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        bool is_plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
                        c == '~' || (c == '/' && keeps_slash);
        if (is_plain)
            cy_buffer_add_byte(buffer, (uint8_t)c);
        else
            cy_buffer_printf(buffer, "%%%02X", (unsigned)(uint8_t)c);
    }
}

static int compare_pairs(const void *a, const void *b)
{
    const struct cy_s3_pair *one = a, *other = b;
    int order = cy_str_compare(one->name, other->name);
    return order != 0 ? order : cy_str_compare(one->value, other->value);
}

static struct cy_str encode(struct cy_arena *arena, struct cy_str text)
{
    struct cy_buffer buffer = {0};
    add_encoded(&buffer, text, false);
    struct cy_str encoded = cy_arena_str(arena, cy_buffer_str(&buffer));
    cy_buffer_release(&buffer);
    return encoded;
}

/* Encoded, then sorted by the encoded names. */
static void add_query(struct cy_buffer *buffer, const struct cy_s3_unsigned *request, struct cy_arena *arena)
{
    struct cy_s3_pair *pairs = cy_arena_alloc(arena, (request->query_count + 1) * sizeof *pairs);
    for (size_t i = 0; i < request->query_count; i++)
        pairs[i] = (struct cy_s3_pair){encode(arena, request->query[i].name), encode(arena, request->query[i].value)};
    qsort(pairs, request->query_count, sizeof *pairs, compare_pairs);
    for (size_t i = 0; i < request->query_count; i++) {
        cy_buffer_add_text(buffer, i > 0 ? "&" : "");
        cy_buffer_add_str(buffer, pairs[i].name);
        cy_buffer_add_byte(buffer, '=');
        cy_buffer_add_str(buffer, pairs[i].value);
    }
}

static void sha256(struct cy_str text, uint8_t digest[32])
{
    unsigned size = 32;
    CY_ASSERT(EVP_Digest(text.size > 0 ? text.data : "", text.size, digest, &size, EVP_sha256(), NULL) == 1);
}

static void hmac(const uint8_t *key, size_t key_bytes, struct cy_str text, uint8_t digest[32])
{
    unsigned size = 32;
    CY_ASSERT(HMAC(EVP_sha256(), key, (int)key_bytes, (const uint8_t *)text.data, text.size, digest, &size) != NULL);
}

/* HMAC over HMAC: the secret, the day, the region, the service, "aws4_request". */
static void signing_key(const struct cy_s3_unsigned *request, const char *day, uint8_t key[32])
{
    struct cy_buffer secret = {0};
    cy_buffer_printf(&secret, "AWS4%s", request->secret_key);
    hmac((const uint8_t *)secret.data, secret.size, cy_str(day), key);
    hmac(key, 32, cy_str(request->region), key);
    hmac(key, 32, CY_STR("s3"), key);
    hmac(key, 32, CY_STR("aws4_request"), key);
    OPENSSL_cleanse(secret.data, secret.size);
    cy_buffer_release(&secret);
}

void cy_s3_sign(const struct cy_s3_unsigned *request, struct cy_arena *arena, struct cy_s3_signed *out)
{
    struct cy_buffer text = {0}, target = {0};
    uint8_t digest[32], key[32];
    char date[17], day[9];
    struct tm parts;
    time_t time_s = (time_t)request->time_s;
    gmtime_r(&time_s, &parts);
    strftime(date, sizeof date, "%Y%m%dT%H%M%SZ", &parts);
    strftime(day, sizeof day, "%Y%m%d", &parts);
    const char *token = request->session_token;
    const char *names =
        token != NULL ? "host;x-amz-content-sha256;x-amz-date;x-amz-security-token" : "host;x-amz-content-sha256;x-amz-date";

    /* the canonical request */
    cy_buffer_printf(&text, "%s\n", request->method);
    add_encoded(&target, request->path, true);
    cy_buffer_add_str(&text, cy_buffer_str(&target));
    cy_buffer_add_byte(&text, '\n');
    size_t query_at = text.size;
    add_query(&text, request, arena);
    if (text.size > query_at) {
        cy_buffer_add_byte(&target, '?');
        cy_buffer_add(&target, text.data + query_at, text.size - query_at);
    }
    cy_buffer_printf(&text, "\nhost:%.*s\nx-amz-content-sha256:%s\nx-amz-date:%s\n", (int)request->host.size, request->host.data,
                     request->payload_sha256, date);
    if (token != NULL)
        cy_buffer_printf(&text, "x-amz-security-token:%s\n", token);
    cy_buffer_printf(&text, "\n%s\n%s", names, request->payload_sha256);

    /* the string to sign, and its signature */
    sha256(cy_buffer_str(&text), digest);
    cy_buffer_clear(&text);
    cy_buffer_printf(&text, "AWS4-HMAC-SHA256\n%s\n%s/%s/s3/aws4_request\n", date, day, request->region);
    add_hex(&text, digest, 32);
    signing_key(request, day, key);
    hmac(key, 32, cy_buffer_str(&text), digest);
    cy_buffer_clear(&text);
    cy_buffer_printf(&text, "AWS4-HMAC-SHA256 Credential=%s/%s/%s/s3/aws4_request, SignedHeaders=%s, Signature=", request->access_key, day,
                     request->region, names);
    add_hex(&text, digest, 32);

    out->target = (char *)cy_arena_str(arena, cy_buffer_str(&target)).data;
    out->date = cy_arena_text(arena, date);
    out->authorization = (char *)cy_arena_str(arena, cy_buffer_str(&text)).data;
    cy_buffer_release(&text);
    cy_buffer_release(&target);
}
