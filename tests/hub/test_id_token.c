#include "cy_test.h"

#include "hub/id_token.h"

/* RFC 7515, appendix A.2 and A.3: the same claims, signed by RSA and by P-256. */
#define CLAIMS "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
static const char rsa_token[] =
    "eyJhbGciOiJSUzI1NiJ9." CLAIMS
    ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CU"
    "Ar7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO"
    "--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN"
    "_IoypGlUPQGe77Rw";
static const char ec_token[] =
    "eyJhbGciOiJFUzI1NiJ9." CLAIMS ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
#define RSA_KEY                                                                                                                            \
    "{\"kty\":\"RSA\",\"kid\":\"r\",\"n\":\"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4"  \
    "d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2Ca"     \
    "pHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ\","        \
    "\"e\":\"AQAB\"}"
#define EC_X "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define EC_Y "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
#define EC_KEY "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" EC_X "\",\"y\":\"" EC_Y "\"}"

static enum cy_status verify(const char *token, const char *keys, struct cy_arena *arena, struct cy_str *payload, bool *unknown_key,
                             struct cy_error *error)
{
    return cy_jws_verify(cy_str(token), cy_str(keys), arena, payload, unknown_key, error);
}

CY_TEST("the signed examples of RFC 7515 are verified by their keys, wherever those stand in the set")
{
    struct cy_arena arena = {0};
    struct cy_str payload;
    struct cy_error error;
    bool unknown_key;
    static const char both[] = "{\"keys\":[" EC_KEY "," RSA_KEY "]}";
    cy_expect_ok(verify(rsa_token, both, &arena, &payload, &unknown_key, &error), error);
    cy_expect_str(payload, "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}");
    cy_expect_ok(verify(ec_token, both, &arena, &payload, &unknown_key, &error), error);
    cy_arena_release(&arena);
}

CY_TEST("one changed letter of header, payload or signature is refused")
{
    struct cy_arena arena = {0};
    struct cy_str payload;
    struct cy_error error;
    bool unknown_key;
    static const char both[] = "{\"keys\":[" EC_KEY "," RSA_KEY "]}";
    char token[sizeof ec_token];
    for (size_t i = 0; i < sizeof ec_token - 1; i++) {
        memcpy(token, ec_token, sizeof token);
        token[i] = token[i] == 'A' ? 'B' : 'A';
        assert_int_equal(verify(token, both, &arena, &payload, &unknown_key, &error), CY_BAD_INPUT);
    }
    cy_arena_release(&arena);
}

CY_TEST("a token without a signature, by a symmetric algorithm, by a key of another kind, use or id, or with an extension is refused")
{
    struct cy_arena arena = {0};
    struct cy_str payload;
    struct cy_error error;
    bool unknown_key;
    static const struct {
        const char *header, *keys, *words;
        bool unknown_key;
    } rows[] = {
        {"{\"alg\":\"none\"}", "{\"keys\":[" EC_KEY "]}", "\"none\"", false},
        {"{\"alg\":\"HS256\"}", "{\"keys\":[" RSA_KEY "]}", "\"HS256\"", false},
        {"{\"alg\":\"ES256\"}", "{\"keys\":[" RSA_KEY "]}", "no key", true},
        {"{\"alg\":\"ES256\",\"kid\":\"other\"}", "{\"keys\":[" EC_KEY "]}", "\"other\"", true},
        {"{\"alg\":\"RS256\",\"kid\":\"r\"}", "{\"keys\":[" RSA_KEY "]}", "signature is wrong", false},
        {"{\"alg\":\"ES256\",\"crit\":[\"b64\"]}", "{\"keys\":[" EC_KEY "]}", "crit", false},
        {"{\"alg\":\"ES256\"}", "{\"keys\":[{\"kty\":\"EC\",\"use\":\"enc\",\"crv\":\"P-256\",\"x\":\"" EC_X "\",\"y\":\"" EC_Y "\"}]}",
         "no key", true},
        {"{\"alg\":\"ES256\"}", "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" EC_X "\",\"y\":\"" EC_X "\"}]}", "no key", true},
        {"{\"alg\":\"RS256\"}", "{\"keys\":[{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}]}", "no key", true},
        {"{\"alg\":\"ES256\"}", "not json", "no key", true},
        {"[]", "{\"keys\":[" EC_KEY "]}", "no JSON object", false},
    };
    for (size_t i = 0; i < CY_COUNT(rows); i++) {
        struct cy_buffer token = {0};
        cy_base64url_encode(&token, cy_str(rows[i].header));
        cy_buffer_printf(&token, "%s%c", strchr(ec_token, '.'), 0);
        assert_int_equal(verify(token.data, rows[i].keys, &arena, &payload, &unknown_key, &error), CY_BAD_INPUT);
        if (strstr(error.message, rows[i].words) == NULL)
            fail_msg("row %zu: %s", i, error.message);
        assert_int_equal(unknown_key, rows[i].unknown_key);
        cy_buffer_release(&token);
    }
    cy_arena_release(&arena);
}

CY_TEST("claims are checked one by one: issuer, audience, party, end, beginning, nonce, subject")
{
    static const struct {
        const char *claims, *words; /* words NULL: it is right */
    } rows[] = {
        {"{\"iss\":\"I\",\"aud\":\"C\",\"exp\":1100,\"iat\":1000,\"nonce\":\"N\",\"sub\":\"S\"}", NULL},
        {"{\"iss\":\"I\",\"aud\":[\"C\"],\"exp\":1100.5,\"iat\":1000,\"nonce\":\"N\",\"sub\":\"S\"}", NULL},
        {"{\"iss\":\"I\",\"aud\":[\"X\",\"C\"],\"azp\":\"C\",\"exp\":1100,\"iat\":1000,\"nonce\":\"N\",\"sub\":\"S\"}", NULL},
        {"{\"iss\":\"I\",\"aud\":[\"X\",\"C\"],\"exp\":1100,\"iat\":1000,\"nonce\":\"N\",\"sub\":\"S\"}", "aud"},
        {"{\"iss\":\"I\",\"aud\":\"C\",\"azp\":\"X\",\"exp\":1100,\"iat\":1000,\"nonce\":\"N\",\"sub\":\"S\"}", "azp"},
        {"{\"iss\":\"I\",\"aud\":\"X\",\"exp\":1100,\"iat\":1000,\"nonce\":\"N\",\"sub\":\"S\"}", "aud"},
        {"{\"iss\":\"I\",\"exp\":1100,\"iat\":1000,\"nonce\":\"N\",\"sub\":\"S\"}", "aud"},
        {"{\"iss\":\"X\",\"aud\":\"C\",\"exp\":1100,\"iat\":1000,\"nonce\":\"N\",\"sub\":\"S\"}", "issuer"},
        {"{\"iss\":\"I\",\"aud\":\"C\",\"exp\":941,\"iat\":900,\"nonce\":\"N\",\"sub\":\"S\"}", NULL},
        {"{\"iss\":\"I\",\"aud\":\"C\",\"exp\":940,\"iat\":900,\"nonce\":\"N\",\"sub\":\"S\"}", "exp"},
        {"{\"iss\":\"I\",\"aud\":\"C\",\"iat\":900,\"nonce\":\"N\",\"sub\":\"S\"}", "exp"},
        {"{\"iss\":\"I\",\"aud\":\"C\",\"exp\":\"1100\",\"iat\":900,\"nonce\":\"N\",\"sub\":\"S\"}", "exp"},
        {"{\"iss\":\"I\",\"aud\":\"C\",\"exp\":1100,\"iat\":1061,\"nonce\":\"N\",\"sub\":\"S\"}", "iat"},
        {"{\"iss\":\"I\",\"aud\":\"C\",\"exp\":1100,\"nonce\":\"N\",\"sub\":\"S\"}", "iat"},
        {"{\"iss\":\"I\",\"aud\":\"C\",\"exp\":1100,\"iat\":1000,\"nonce\":\"X\",\"sub\":\"S\"}", "nonce"},
        {"{\"iss\":\"I\",\"aud\":\"C\",\"exp\":1100,\"iat\":1000,\"sub\":\"S\"}", "nonce"},
        {"{\"iss\":\"I\",\"aud\":\"C\",\"exp\":1100,\"iat\":1000,\"nonce\":\"N\"}", "sub"},
        {"{\"iss\":\"I\",\"aud\":\"C\",\"exp\":1100,\"iat\":1000,\"nonce\":\"N\",\"sub\":\"a\\u0000b\"}", "sub"},
        {"[]", "no JSON object"},
        {"", "no JSON object"},
    };
    struct cy_id_token_wants wants = {CY_STR("I"), CY_STR("C"), CY_STR("N"), 1000};
    struct cy_arena arena = {0};
    struct cy_id_token token;
    struct cy_error error;
    for (size_t i = 0; i < CY_COUNT(rows); i++) {
        enum cy_status status = cy_id_token_read(cy_str(rows[i].claims), &wants, &arena, &token, &error);
        if (status != (rows[i].words == NULL ? CY_OK : CY_BAD_INPUT) || (status != CY_OK && strstr(error.message, rows[i].words) == NULL))
            fail_msg("row %zu: %d %s", i, (int)status, status != CY_OK ? error.message : "");
    }
    cy_arena_release(&arena);
}

CY_TEST("base64url is read as RFC 4648 writes it, one text for one value, and written so that it is read again")
{
    static const struct {
        const char *text, *bytes; /* bytes NULL: it is none */
    } rows[] = {{"", ""},       {"Zg", "f"}, {"Zm8", "fo"}, {"Zm9v", "foo"}, {"_-__", "\xff\xef\xff"}, {"Zh", NULL},
                {"Zg==", NULL}, {"Z", NULL}, {"Zm9", NULL}, {"Zm+v", NULL},  {"Zm/v", NULL},           {"Zm 9", NULL}};
    struct cy_arena arena = {0};
    struct cy_str bytes;
    for (size_t i = 0; i < CY_COUNT(rows); i++) {
        assert_int_equal(cy_base64url_decode(cy_str(rows[i].text), &arena, &bytes), rows[i].bytes != NULL);
        if (rows[i].bytes == NULL)
            continue;
        struct cy_buffer again = {0};
        cy_expect_str(bytes, rows[i].bytes);
        cy_base64url_encode(&again, bytes);
        cy_expect_str(cy_buffer_str(&again), rows[i].text);
        cy_buffer_release(&again);
    }
    cy_arena_release(&arena);
}
