/* tokenizer.json files: what is accepted encodes a text, counts as many ids as it encodes, and decodes what it encoded. */
#include "token/tokenizer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char text[] = " Hello, w\xC3\xB6rld 12 \xE6\x95\xB0\xE6\x8D\xAE <s>\n\n\xFF e\xCC\x81";
    const struct cy_str texts[] = {cy_str(text), {text, 7}, {(const char *)data, CY_MIN(size, (size_t)64)}};
    const struct cy_encoding encoding = {.specials = CY_SPECIALS_AS_IDS, .affixes = true};
    struct cy_tokenizer *tokenizer;
    struct cy_error error;
    if (cy_tokenizer_parse(&tokenizer, (struct cy_str){(const char *)data, size}, "input", CY_VOCABULARY_TOKENIZER, &error) != CY_OK)
        return 0;
    struct cy_token_cache *cache = cy_token_cache_new(tokenizer, 1 << 16);
    struct cy_ids ids = {0};
    struct cy_buffer decoded = {0};
    for (size_t i = 0; i < CY_COUNT(texts); i++) {
        ids.count = decoded.size = 0;
        cy_tokenizer_encode(tokenizer, cache, texts[i], &encoding, &ids);
        CY_ASSERT(cy_tokenizer_count(tokenizer, cache, texts[i], &encoding) == ids.count);
        CY_ASSERT(cy_tokenizer_decode(tokenizer, ids.items, ids.count, false, &decoded, &error) == CY_OK);
    }
    cy_buffer_release(&decoded);
    cy_ids_release(&ids);
    cy_token_cache_free(cache);
    cy_tokenizer_free(tokenizer);
    return 0;
}
