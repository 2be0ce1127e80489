#include "document/words.h"

#include "base/unicode.h"
#include "document/word_classes.h"
#include "document/word_split.h"

#include <stdlib.h>

static void *make_splitter(__attribute__((unused)) const void *context)
{
    return cy_word_splitter_new();
}

static void free_splitter(void *splitter)
{
    cy_word_splitter_free(splitter);
}

struct cy_word_splitter *cy_word_splitter_of(struct cy_scratch *scratch)
{
    static const char owner;
    return cy_scratch_get(scratch, &owner, make_splitter, NULL, free_splitter);
}

/* What is known of the row's text as it is now, or NULL. */
static const struct cy_words *known_words(const struct cy_batch *batch, size_t row)
{
    const struct cy_words *known = batch->words[row];
    struct cy_str text = batch->texts[row];
    return known != NULL && known->text.data == text.data && known->text.size == text.size ? known : NULL;
}

const struct cy_words *cy_words_of(struct cy_batch *batch, size_t row)
{
    const struct cy_words *known = known_words(batch, row);
    if (known == NULL || known->starts == NULL) /* only the count is known */
        known = batch->words[row] = cy_words_split(cy_word_splitter_of(batch->scratch), batch->texts[row], batch->arena);
    return known;
}

size_t cy_word_count_of(struct cy_batch *batch, size_t row)
{
    const struct cy_words *known = known_words(batch, row);
    return (known != NULL ? known : cy_words_of(batch, row))->count;
}

bool cy_text_is_ascii(struct cy_batch *batch, size_t row)
{
    const struct cy_words *known = known_words(batch, row);
    return (known != NULL ? known : cy_words_of(batch, row))->ascii;
}

void cy_word_count_set(struct cy_batch *batch, size_t row, size_t count, bool ascii)
{
    struct cy_words *words = cy_arena_zero(batch->arena, sizeof *words);
    words->text = batch->texts[row];
    words->count = count;
    words->ascii = ascii;
    batch->words[row] = words;
}

/* Whether there is white space before the word that spaCy makes a token of: more than a single space. */
static bool follows_wide_space(const struct cy_words *words, size_t word)
{
    if (word == 0 || !(words->flags[word] & CY_WORD_FIRST))
        return false;
    size_t end = words->starts[word - 1] + words->sizes[word - 1], gap = words->starts[word] - end;
    return gap > 1 || (gap == 1 && words->text.data[end] != ' ');
}

/* Walks on from `word` inside a sentence to the first word of the next; *stopped: whether the sentence has met its end at `end`. */
static size_t next_sentence(const struct cy_words *words, size_t word, size_t end, bool *stopped)
{
    size_t first = word;
    *stopped = false;
    for (; word < end; word++) {
        uint8_t flags = words->flags[word];
        if (*stopped && (!(flags & (CY_WORD_PUNCT | CY_WORD_STOP)) || (word > first && follows_wide_space(words, word))))
            return word;
        if (flags & CY_WORD_STOP)
            *stopped = true;
    }
    return end;
}

size_t cy_words_sentence_end(const struct cy_words *words, size_t first, size_t end)
{
    bool stopped;
    return next_sentence(words, first, end, &stopped);
}

size_t cy_words_sentences(const struct cy_words *words, size_t first, size_t end, bool space_after)
{
    size_t count = 0;
    bool stopped = false;
    for (size_t word = first; word < end; count++)
        word = next_sentence(words, word, end, &stopped);
    return count + (stopped && space_after);
}
