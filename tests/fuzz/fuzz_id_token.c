/* A token, a newline, a key set: what a login provider may send. Whatever is verified can be read. */
#include "hub/id_token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cy_arena arena = {0};
    struct cy_str keys, payload, token = cy_str_split((struct cy_str){(const char *)data, size}, '\n', &keys);
    struct cy_id_token_wants wants = {CY_STR("joe"), CY_STR("C"), CY_STR("N"), 1000};
    struct cy_id_token read;
    struct cy_error error;
    bool unknown_key;
    if (cy_jws_verify(token, keys, &arena, &payload, &unknown_key, &error) == CY_OK)
        cy_id_token_read(payload, &wants, &arena, &read, &error);
    cy_id_token_read(keys, &wants, &arena, &read, &error);
    cy_arena_release(&arena);
    return 0;
}
