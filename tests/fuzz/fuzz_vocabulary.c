/* Vocabulary files and texts: the first byte chooses the format, the second says how many bytes of text follow, the rest is the file. What
 * is accepted must encode the text, count it alike, and decode it to the same bytes where the vocabulary is one of bytes. */
#include "token/tokenizer_parts.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cy_tokenizer *tokenizer;
    struct cy_error error;
    if (size < 2)
        return 0;
    size_t text_size = CY_MIN((size_t)data[1], size - 2);
    struct cy_str text = {(const char *)data + 2, text_size}, file = {(const char *)data + 2 + text_size, size - 2 - text_size};
    enum cy_vocabulary_format format = (enum cy_vocabulary_format)(data[0] % (CY_VOCABULARY_SENTENCEPIECE + 1));
    if (cy_tokenizer_parse(&tokenizer, file, "r50k_base", format, &error) != CY_OK)
        return 0;
    struct cy_token_cache *cache = cy_token_cache_new(tokenizer, 1 << 16);
    struct cy_ids ids = {0}, again = {0};
    struct cy_buffer decoded = {0};
    const struct cy_encoding encoding = {.specials = data[0] & 128 ? CY_SPECIALS_AS_IDS : CY_SPECIALS_AS_TEXT,
                                         .affixes = (data[0] & 64) != 0};
    cy_tokenizer_encode(tokenizer, cache, text, &encoding, &ids);
    cy_tokenizer_encode(tokenizer, cache, text, &encoding, &again); /* nothing depends on the cache */
    CY_ASSERT(ids.count == again.count && (ids.count == 0 || memcmp(ids.items, again.items, ids.count * sizeof *ids.items) == 0));
    CY_ASSERT(cy_tokenizer_count(tokenizer, cache, text, &encoding) == ids.count);
    enum cy_status status = cy_tokenizer_decode(tokenizer, ids.items, ids.count, false, &decoded, &error);
    bool of_bytes = tokenizer->normalizer == NULL && tokenizer->decoder == NULL && tokenizer->added_count == 0 && !encoding.affixes &&
                    (format == CY_VOCABULARY_RANKS || format == CY_VOCABULARY_RANKS_JSON);
    if (of_bytes)
        CY_ASSERT(status == CY_OK && cy_str_equal(cy_buffer_str(&decoded), text));
    cy_buffer_release(&decoded);
    cy_ids_release(&again);
    cy_ids_release(&ids);
    cy_token_cache_free(cache);
    cy_tokenizer_free(tokenizer);
    return 0;
}
