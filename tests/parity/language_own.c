/* Our side of language.py: the same input and output as language_peer.cc. Every record is read twice, the second time with its words in the
 * cache; the two guesses must be the same double. */
#include "model/language_id.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    struct cy_error error;
    struct cy_language_id *id;
    if (argc < 2 || cy_language_id_load(&id, argv[1], &error) != CY_OK)
        return fprintf(stderr, "%s\n", argc < 2 ? "usage: language_own MODEL" : error.message), 2;
    struct cy_word_cache *cache = cy_language_id_cache_new(id);
    uint32_t size;
    while (fread(&size, sizeof size, 1, stdin) == 1) {
        char *data = malloc(size > 0 ? size : 1);
        if (fread(data, 1, size, stdin) != size)
            return 1;
        struct cy_str text = {data, size};
        struct cy_language_guess top[5], guess = cy_language_id_predict(id, cache, text);
        size_t count = cy_language_id_predict_top(id, cache, text, top, 5);
        if (count > 0 && (top[0].score != guess.score || !cy_str_equal(top[0].label, guess.label)))
            printf("UNSTABLE ");
        for (size_t i = 0; i < count; i++)
            printf("%.*s %.9g ", (int)top[i].label.size, top[i].label.data, top[i].score);
        printf("\n");
        free(data);
    }
    cy_word_cache_free(cache);
    cy_language_id_free(id);
    return 0;
}
