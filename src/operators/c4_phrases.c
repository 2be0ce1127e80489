#include "operators/c4_phrases.h"

#include "kernels/phrase_anchors.h"

#include <stdlib.h>

/* Each phrase, and where in it its anchor stands (kernels/phrase_anchors.h). */
static const struct {
    const char *text;
    uint8_t anchor;
    uint8_t phrase;
} phrases[] = {
    {"lorem ipsum", 7, CY_PHRASE_LOREM},      {"javascript", 0, CY_PHRASE_JAVASCRIPT}, {"terms of use", 2, CY_PHRASE_POLICY},
    {"privacy policy", 3, CY_PHRASE_POLICY},  {"cookie policy", 3, CY_PHRASE_POLICY},  {"uses cookies", 8, CY_PHRASE_POLICY},
    {"use of cookies", 10, CY_PHRASE_POLICY}, {"use cookies", 7, CY_PHRASE_POLICY},
};

struct finder {
    cy_phrase_anchors_fn *anchors;
    uint64_t *hits;
    size_t hit_capacity;
    uint32_t *offsets;
    uint8_t *kinds;
    size_t count, capacity;
};

static void *make_finder(__attribute__((unused)) const void *context)
{
    struct finder *finder = cy_alloc_zero(1, sizeof *finder);
    finder->anchors = cy_phrase_anchors();
    return finder;
}

static void free_finder(void *object)
{
    struct finder *finder = object;
    free(finder->hits);
    free(finder->offsets);
    free(finder->kinds);
    free(finder);
}

static void add_place(struct finder *finder, size_t offset, uint8_t phrase)
{
    if (finder->count == finder->capacity) {
        finder->capacity = CY_MAX(finder->capacity * 2, 64);
        finder->offsets = cy_realloc(finder->offsets, finder->capacity * sizeof *finder->offsets);
        finder->kinds = cy_realloc(finder->kinds, finder->capacity * sizeof *finder->kinds);
    }
    finder->offsets[finder->count] = (uint32_t)offset;
    finder->kinds[finder->count++] = phrase;
}

/* Adds the phrases whose anchor stands at `at`. Of "uses cookies" and "cookie policy" in "uses cookies", one is enough. */
static void check_place(struct finder *finder, struct cy_str text, size_t at)
{
    for (size_t i = 0; i < CY_COUNT(phrases); i++) {
        size_t size = strlen(phrases[i].text);
        if (at < phrases[i].anchor || text.size - (at - phrases[i].anchor) < size)
            continue;
        if (!cy_str_equal_nocase((struct cy_str){text.data + at - phrases[i].anchor, size}, (struct cy_str){phrases[i].text, size}))
            continue;
        add_place(finder, at, phrases[i].phrase);
        return;
    }
}

struct cy_phrase_places cy_phrase_places_of(struct cy_scratch *scratch, struct cy_str text)
{
    static const char owner;
    struct finder *finder = cy_scratch_get(scratch, &owner, make_finder, NULL, free_finder);
    size_t words = (text.size + 63) / 64;
    if (words > finder->hit_capacity) {
        free(finder->hits);
        finder->hit_capacity = words + words / 2;
        finder->hits = cy_alloc(finder->hit_capacity * sizeof *finder->hits);
    }
    finder->count = 0;
    finder->anchors(text.data, text.size, finder->hits);
    for (size_t word = 0; word < words; word++)
        for (uint64_t bits = finder->hits[word]; bits != 0; bits &= bits - 1)
            check_place(finder, text, word * 64 + (size_t)__builtin_ctzll(bits));
    return (struct cy_phrase_places){finder->offsets, finder->kinds, finder->count};
}

unsigned cy_phrases_in(struct cy_scratch *scratch, struct cy_str text)
{
    struct cy_phrase_places places = cy_phrase_places_of(scratch, text);
    unsigned found = 0;
    for (size_t i = 0; i < places.count; i++)
        found |= places.phrases[i];
    return found;
}
