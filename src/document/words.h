/* Words: how a text is split into them, once for all steps that need them.
 *
 * The rule (docs/words.md): white space separates; in each piece between, punctuation at both ends and some inside is a word of its own,
 * as spaCy's English tokenizer does it, contractions and abbreviations included; each character of a script that is written without
 * spaces (Han, kana, Thai, …) is a word with the marks that follow it. White space is never a word. One rule for all languages. */
#ifndef CY_DOCUMENT_WORDS_H
#define CY_DOCUMENT_WORDS_H

#include "document/batch.h"

enum cy_word_flag {
    CY_WORD_LETTER = 1 << 0,  /* has a letter (category L*) */
    CY_WORD_SYMBOLS = 1 << 1, /* nothing but characters of datatrove's punctuation set (cy_is_symbol_char) */
    CY_WORD_PUNCT = 1 << 2,   /* nothing but category P* */
    CY_WORD_STOP = 1 << 3,    /* a character that ends a sentence */
    CY_WORD_FIRST = 1 << 4,   /* follows white space, or begins the text */
};

/* Zeros behind the hashes, so that as many can be looked at from any word on. */
enum { CY_WORDS_BEHIND = 16 };

/* The words of one text, in order; `count` values in each array. */
struct cy_words {
    struct cy_str text;
    size_t count;
    bool ascii;             /* all of text is */
    const uint32_t *starts; /* offsets in bytes; documents over 64 MiB are unreadable, so 32 bits suffice */
    const uint32_t *sizes;  /* bytes */
    const uint32_t *chars;  /* code points; the same array as sizes when the text is ASCII */
    const uint64_t *hashes; /* cy_word_hash of the word's bytes; CY_WORDS_BEHIND zeros follow the last */
    const uint8_t *flags;   /* enum cy_word_flag */
};

/* The words of batch->texts[row]. Split once: the steps of a batch share the result, which belongs to the batch's arena. A step that
 * changes a text puts the new one in other memory, so that old words are never taken for its. */
const struct cy_words *cy_words_of(struct cy_batch *batch, size_t row);
/* How many they are: without splitting, where a step has told it. */
size_t cy_word_count_of(struct cy_batch *batch, size_t row);
/* Tells the batch how many words a row's new text has, where a step knows that without splitting it: batch->texts[row] is the text. */
void cy_word_count_set(struct cy_batch *batch, size_t row, size_t count, bool ascii);
/* Whether all of the row's text is known to be ASCII; splits it where nobody has. */
bool cy_text_is_ascii(struct cy_batch *batch, size_t row);

/* The same for any text: the result and its arrays belong to arena; the splitter is working memory, one a thread. */
struct cy_word_splitter;
struct cy_word_splitter *cy_word_splitter_new(void);
void cy_word_splitter_free(struct cy_word_splitter *splitter);
struct cy_words *cy_words_split(struct cy_word_splitter *splitter, struct cy_str text, struct cy_arena *arena);
/* The worker's splitter. */
struct cy_word_splitter *cy_word_splitter_of(struct cy_scratch *scratch);

/* How many sentences words[first..end) make: one, and another at each word that follows a sentence's end and is neither punctuation nor
 * such an end itself. White space longer than one space counts as such a word, as in spaCy; space_after: so does what follows the last
 * word. 0 when there is no word. */
size_t cy_words_sentences(const struct cy_words *words, size_t first, size_t end, bool space_after);
/* The end of the sentence that begins at word `first`: the first word of the next one, or `end`. */
size_t cy_words_sentence_end(const struct cy_words *words, size_t first, size_t end);

/* Equal bytes have equal hashes; 64 bits, well mixed. Not for hostile input across documents, only within one. */
uint64_t cy_word_hash(const char *word, size_t size_bytes);

/* Whether the character is in datatrove's PUNCTUATION_SET: ASCII punctuation save the back-tick, control characters, CJK punctuation,
 * and what ends a sentence in any script. */
bool cy_is_symbol_char(uint32_t point);
/* Whether it ends a sentence or a line in some script: . ! ? 。 ！ ？ । ؟ and 141 others (cy_is_terminal). */
bool cy_is_terminal(uint32_t point);
/* White space as Python's str.isspace() has it: White_Space and U+001C…U+001F. */
bool cy_is_space_char(uint32_t point);

#endif
