#include "cy_test.h"

#include "hub/openid.h"

#include <openssl/evp.h>

static struct cy_arena arena;

/* "header.payload.signature" with this payload. */
static struct cy_str token_of(const char *payload)
{
    char *text = cy_arena_alloc(&arena, strlen(payload) * 2 + 8);
    int size = EVP_EncodeBlock((unsigned char *)text, (const unsigned char *)payload, (int)strlen(payload));
    for (int i = 0; i < size; i++)
        text[i] = (char)(text[i] == '+' ? '-' : text[i] == '/' ? '_' : text[i]);
    text[strcspn(text, "=")] = '\0';
    return cy_str(cy_arena_printf(&arena, "e30.%s.c2ln", text));
}

CY_TEST("an id token counts when issuer, client, time and nonce are what they must be; else the message says which is not")
{
    static const struct {
        const char *payload, *wrong; /* NULL: it is good */
    } rows[] = {
        {"{\"iss\":\"https://i\",\"aud\":\"c\",\"exp\":1000,\"nonce\":\"n\",\"sub\":\"s\",\"name\":\"词元? ?>\"}", NULL},
        {"{\"iss\":\"https://i\",\"aud\":[\"b\",\"c\"],\"azp\":\"c\",\"exp\":1000,\"nonce\":\"n\",\"sub\":\"s\"}", NULL},
        {"{\"iss\":\"https://i\",\"aud\":\"c\",\"exp\":941,\"nonce\":\"n\",\"sub\":\"s\"}", NULL}, /* clocks differ a little */
        {"{\"iss\":\"https://i\",\"aud\":\"c\",\"exp\":939,\"nonce\":\"n\",\"sub\":\"s\"}", "its time is over"},
        {"{\"iss\":\"https://i\",\"aud\":\"c\",\"nonce\":\"n\",\"sub\":\"s\"}", "its time is over"},
        {"{\"iss\":\"https://j\",\"aud\":\"c\",\"exp\":1000,\"nonce\":\"n\",\"sub\":\"s\"}", "it is of another issuer"},
        {"{\"iss\":\"https://i\",\"aud\":\"d\",\"exp\":1000,\"nonce\":\"n\",\"sub\":\"s\"}", "it is for another client"},
        {"{\"iss\":\"https://i\",\"aud\":[],\"exp\":1000,\"nonce\":\"n\",\"sub\":\"s\"}", "it is for another client"},
        {"{\"iss\":\"https://i\",\"aud\":[\"b\",\"c\"],\"azp\":\"b\",\"exp\":1000,\"nonce\":\"n\",\"sub\":\"s\"}",
         "it is for another client"},
        {"{\"iss\":\"https://i\",\"aud\":\"c\",\"exp\":1000,\"nonce\":\"m\",\"sub\":\"s\"}", "it answers another login"},
        {"{\"iss\":\"https://i\",\"aud\":\"c\",\"exp\":1000,\"sub\":\"s\"}", "it answers another login"},
        {"{\"iss\":\"https://i\",\"aud\":\"c\",\"exp\":1000,\"nonce\":\"n\",\"sub\":\"\"}", "it does not say who it is"},
        {"[]", "it is no token"},
        {"", "it is no token"},
    };
    for (size_t i = 0; i < CY_COUNT(rows); i++) {
        struct cy_openid_claims claims;
        struct cy_error error;
        enum cy_status status =
            cy_openid_read_token(token_of(rows[i].payload), CY_STR("https://i"), CY_STR("c"), CY_STR("n"), 1000, &arena, &claims, &error);
        if (rows[i].wrong == NULL) {
            cy_expect_ok(status, error);
            cy_expect_str(claims.subject, "s");
        } else {
            assert_int_equal(status, CY_BAD_INPUT);
            assert_string_equal(error.message, cy_arena_printf(&arena, "the login provider's token is refused: %s", rows[i].wrong));
        }
    }
    cy_arena_release(&arena);
}
