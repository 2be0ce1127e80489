#include "cy_test.h"

#include "kernels/word_edges.h"

CY_TEST("every variant of word_edges finds the words that strtok finds, at every size and offset")
{
    static const char bytes[] = "ab\x80\xFF\x0E\x08!\x1F   \t\n\v\f\r"; /* and the 0 byte at the end */
    uint64_t random = cy_test_seed();
    for (int round = 0; round < 3000; round++) {
        size_t size = cy_test_random(&random) % 400, word_share = cy_test_random(&random) % 8;
        uint8_t *text = malloc(size + !size);
        char *copy = malloc(size + 1);
        for (size_t i = 0; i < size; i++)
            text[i] = (uint8_t)(cy_test_random(&random) % 8 < word_share ? 'w' : bytes[cy_test_random(&random) % sizeof bytes]);
        for (size_t i = 0; i < size; i++)
            copy[i] = text[i] == 0 ? ' ' : (char)text[i];
        copy[size] = '\0';
        uint16_t expected[512], *edges = malloc((size + CY_WORD_EDGES_SPARE) * sizeof *edges);
        size_t expected_count = 0;
        char *rest = NULL;
        for (char *word = strtok_r(copy, " \t\n\v\f\r", &rest); word != NULL; word = strtok_r(NULL, " \t\n\v\f\r", &rest)) {
            expected[expected_count++] = (uint16_t)(word - copy);
            expected[expected_count++] = (uint16_t)(word - copy + (ptrdiff_t)strlen(word));
        }
        if (expected_count > 0 && expected[expected_count - 1] == size)
            expected_count--; /* a word that reaches the end has no end */
        for (const struct cy_word_edges_variant *variant = cy_word_edges_variants;; variant++) {
            if ((variant->needs & ~cy_cpu_features()) != 0)
                continue;
            size_t count = variant->run(text, size, edges);
            if (count != expected_count || memcmp(edges, expected, count * sizeof *edges) != 0)
                fail_msg("%s: %zu edges, expected %zu, in a text of %zu bytes", variant->name, count, expected_count, size);
            if (variant->needs == 0)
                break;
        }
        free(text);
        free(copy);
        free(edges);
    }
}
