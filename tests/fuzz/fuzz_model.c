/* Model files and texts: the first two bytes say how many of the rest are the text, which a model that is accepted must identify. */
#include "model/language_id.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cy_language_id *id;
    struct cy_error error;
    if (size < 2)
        return 0;
    size_t text_size = CY_MIN(data[0] | (size_t)data[1] << 8, size - 2);
    struct cy_str text = {(const char *)data + 2, text_size}, file = {(const char *)data + 2 + text_size, size - 2 - text_size};
    if (cy_language_id_parse(&id, file, "input", &error) != CY_OK)
        return 0;
    struct cy_word_cache *cache = cy_language_id_cache_new(id), *fresh;
    struct cy_language_guess top, guess = cy_language_id_predict(id, cache, text);
    size_t count = cy_language_id_predict_top(id, cache, text, &top, 1);
    CY_ASSERT(count == 0 ? guess.label.size == 0 && guess.score == 0 : top.score == guess.score);
    fresh = cy_language_id_cache_new(id); /* nothing depends on the cache */
    CY_ASSERT(cy_language_id_predict(id, fresh, text).score == guess.score);
    cy_word_cache_free(fresh);
    cy_word_cache_free(cache);
    cy_language_id_free(id);
    return 0;
}
