/* Our side of tokens.py: records (a little-endian uint32 size, then that many bytes) on standard input; for each, a uint32 count and that
 * many uint32 ids on standard output. Every record is encoded twice, the second time with its pieces in the cache, counted, and decoded
 * again; where one of these differs, the program says so and ends with status 1. With "hf" or "hf-affixes" (tokens_hf.py) special tokens
 * are ids, and the decoded text need not be the text: it follows the ids, a uint32 size and that many bytes. "hf-plain": the same, but
 * special tokens are text (tokens_sentencepiece.py). */
#include "token/tokenizer.h"

#include <stdio.h>
#include <stdlib.h>

static int differs(const char *what, struct cy_str text)
{
    fprintf(stderr, "%s differs: \"%.*s\"\n", what, (int)CY_MIN(text.size, (size_t)200), text.data);
    return 1;
}

int main(int argc, char **argv)
{
    struct cy_error error;
    struct cy_tokenizer *tokenizer;
    if (argc < 2 || cy_tokenizer_load(&tokenizer, argv[1], CY_VOCABULARY_ANY, &error) != CY_OK)
        return fprintf(stderr, "%s\n", argc < 2 ? "usage: tokens_own VOCABULARY [special]" : error.message), 2;
    const bool hf = argc > 2 && strncmp(argv[2], "hf", 2) == 0, affixes = hf && strcmp(argv[2], "hf-affixes") == 0;
    const bool plain = argc < 3 || strcmp(argv[2], "hf-plain") == 0;
    const struct cy_encoding specials = {.specials = CY_SPECIALS_AS_IDS, .affixes = affixes}, *encoding = plain ? NULL : &specials;
    struct cy_token_cache *cache = cy_token_cache_new(tokenizer, 0);
    struct cy_ids ids = {0}, again = {0};
    struct cy_buffer decoded = {0};
    uint32_t size;
    while (fread(&size, sizeof size, 1, stdin) == 1) {
        char *data = malloc(size + 1); /* exactly so much, for the address sanitizer */
        if (fread(data, 1, size, stdin) != size)
            return 1;
        struct cy_str text = {data, size};
        ids.count = again.count = decoded.size = 0;
        cy_tokenizer_encode(tokenizer, cache, text, encoding, &ids);
        cy_tokenizer_encode(tokenizer, cache, text, encoding, &again);
        if (ids.count != again.count || (ids.count > 0 && memcmp(ids.items, again.items, ids.count * sizeof *ids.items) != 0))
            return differs("the second encoding", text);
        if (cy_tokenizer_count(tokenizer, cache, text, encoding) != ids.count)
            return differs("the count", text);
        if (cy_tokenizer_decode(tokenizer, ids.items, ids.count, false, &decoded, &error) != CY_OK ||
            (!hf && (decoded.size != size || (size > 0 && memcmp(decoded.data, data, size) != 0))))
            return differs("what is decoded", text);
        uint32_t count = (uint32_t)ids.count;
        fwrite(&count, sizeof count, 1, stdout);
        fwrite(ids.items, sizeof *ids.items, ids.count, stdout);
        if (hf) {
            uint32_t decoded_size = (uint32_t)decoded.size;
            fwrite(&decoded_size, sizeof decoded_size, 1, stdout);
            fwrite(decoded.data, 1, decoded.size, stdout);
        }
        free(data);
    }
    cy_buffer_release(&decoded);
    cy_ids_release(&ids);
    cy_ids_release(&again);
    cy_token_cache_free(cache);
    cy_tokenizer_free(tokenizer);
    return 0;
}
