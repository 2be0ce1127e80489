/* SentencePiece .model files: what is accepted encodes a text, counts as many ids as it encodes, encodes alike with its pieces in the cache,
 * and decodes what it encoded. */
#include "token/tokenizer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char text[] = "  Hello, w\xC3\xB6rld 12 \xE6\x95\xB0\xE6\x8D\xAE <s>\n\n\xFF e\xCC\x81 \xE2\x96\x81";
    const struct cy_str texts[] = {cy_str(text), {text, 7}, {(const char *)data, CY_MIN(size, (size_t)64)}};
    const struct cy_encoding as_ids = {.specials = CY_SPECIALS_AS_IDS}, *encodings[] = {NULL, &as_ids};
    struct cy_tokenizer *tokenizer;
    struct cy_error error;
    if (cy_tokenizer_parse(&tokenizer, (struct cy_str){(const char *)data, size}, "input", CY_VOCABULARY_SENTENCEPIECE, &error) != CY_OK)
        return 0;
    struct cy_token_cache *cache = cy_token_cache_new(tokenizer, 1 << 16);
    struct cy_ids ids = {0}, again = {0};
    struct cy_buffer decoded = {0};
    for (size_t i = 0; i < 2 * CY_COUNT(texts); i++) {
        const struct cy_encoding *encoding = encodings[i % 2];
        ids.count = again.count = decoded.size = 0;
        cy_tokenizer_encode(tokenizer, cache, texts[i / 2], encoding, &ids);
        cy_tokenizer_encode(tokenizer, cache, texts[i / 2], encoding, &again);
        CY_ASSERT(ids.count == again.count && (ids.count == 0 || memcmp(ids.items, again.items, ids.count * sizeof *ids.items) == 0));
        CY_ASSERT(cy_tokenizer_count(tokenizer, cache, texts[i / 2], encoding) == ids.count);
        CY_ASSERT(cy_tokenizer_decode(tokenizer, ids.items, ids.count, false, &decoded, &error) == CY_OK);
    }
    cy_buffer_release(&decoded);
    cy_ids_release(&again);
    cy_ids_release(&ids);
    cy_token_cache_free(cache);
    cy_tokenizer_free(tokenizer);
    return 0;
}
