/* Writes JSONL documents for measuring dedup: cc -O2 -o make_dedup_input tools/make_dedup_input.c -lm
 * Usage: make_dedup_input MEGABYTES SEED EXACT NEAR > part.jsonl
 *   EXACT  share of documents that repeat an earlier one byte for byte (0.1)
 *   NEAR   share that are an edit of an earlier one: 1 to 10 words in a hundred are replaced (0.2)
 *   the rest stand alone
 *
 * A document is a function of its number: words by Zipf's law from a vocabulary of 100,000, sentences, paragraphs, 400 bytes to 30 KB,
 * 3 KB in the mean. So an earlier document can be written again without keeping it, the input never repeats itself, and the same seed
 * gives the same bytes. On stderr, at the end: documents, exact, near, bytes; "kind": alone | exact | near and "of" stand in the metadata.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS = 100000, WORD_BYTES_MAX = 16, ALIAS_BITS = 20 };

static char vocabulary[WORDS][WORD_BYTES_MAX];
static uint8_t vocabulary_size[WORDS];
static uint32_t draw[1 << ALIAS_BITS]; /* words, each as often as Zipf's law says */

static uint64_t next_random(uint64_t *state) /* splitmix64 */
{
    uint64_t z = (*state += 0x9E3779B97F4A7C15u);
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

static double next_share(uint64_t *state)
{
    return (double)(next_random(state) >> 11) * 0x1p-53;
}

static void make_vocabulary(void)
{
    static const char *const onsets[] = {"b", "c", "d", "f", "g", "h",  "l",  "m",  "n",  "p",
                                         "r", "s", "t", "v", "w", "st", "tr", "ch", "sh", "pl"};
    static const char *const nuclei[] = {"a", "e", "i", "o", "u", "ai", "ea", "ou", "io", "er", "an", "en", "on", "in"};
    uint64_t state = 12345;
    for (uint32_t word = 0; word < WORDS; word++) {
        size_t syllables = word < 100 ? 1 : word < 3000 ? 2 : 3;
        for (size_t i = 0; i < syllables; i++) {
            uint64_t random = next_random(&state);
            strcat(vocabulary[word], onsets[random % 20]);
            strcat(vocabulary[word], nuclei[(random >> 32) % 14]);
        }
        vocabulary_size[word] = (uint8_t)strlen(vocabulary[word]);
    }
    double total = 0, sum = 0;
    for (uint32_t word = 0; word < WORDS; word++)
        total += 1.0 / (word + 2.7);
    uint32_t at = 0;
    for (uint32_t word = 0; word < WORDS; word++) {
        sum += 1.0 / (word + 2.7);
        uint32_t end = word + 1 == WORDS ? 1u << ALIAS_BITS : (uint32_t)(sum / total * (1 << ALIAS_BITS));
        while (at < end)
            draw[at++] = word;
    }
}

/* The text of document `number`; with edits > 0 that share of its words is replaced, by the random numbers of `editor`. */
static size_t make_text(uint64_t seed, uint64_t number, double edits, uint64_t editor, char *text)
{
    uint64_t state = seed ^ number * 0xD1342543DE82EF95u, edit_state = editor;
    double normal = sqrt(-2 * log(next_share(&state) + 1e-300)) * cos(6.283185307179586 * next_share(&state));
    size_t size_wanted = (size_t)fmin(30000, fmax(400, 2300 * exp(0.75 * normal)));
    const uint64_t edit_limit = (uint64_t)(edits * 0x1p32);
    size_t size = 0, in_sentence = 0, sentences = 0;
    while (size < size_wanted) {
        uint64_t random = next_random(&state);
        uint32_t word = draw[random & ((1 << ALIAS_BITS) - 1)];
        if (edit_limit > 0) {
            uint64_t chance = next_random(&edit_state);
            if ((chance & 0xFFFFFFFF) < edit_limit)
                word = draw[chance >> 32 & ((1 << ALIAS_BITS) - 1)];
        }
        memcpy(text + size, vocabulary[word], WORD_BYTES_MAX);
        if (in_sentence == 0)
            text[size] = (char)(text[size] - 32);
        size += vocabulary_size[word];
        in_sentence++;
        if (in_sentence > 4 && (random >> 40 & 15) == 0) {
            const char *end = ++sentences % 6 == 0 ? ".\\n" : ". "; /* as JSON writes it */
            memcpy(text + size, end, strlen(end));
            size += strlen(end);
            in_sentence = 0;
        } else {
            if ((random >> 44 & 15) == 0)
                text[size++] = ',';
            text[size++] = ' ';
        }
    }
    return size;
}

enum kind { ALONE, EXACT, NEAR };

/* What document `number` is, whatever stands before it. */
static enum kind kind_of(uint64_t seed, uint64_t number, double exact, double near)
{
    uint64_t state = ~seed ^ number * 0x9E3779B97F4A7C15u;
    const double chance = next_share(&state);
    return number == 0 ? ALONE : chance < exact ? EXACT : chance < exact + near ? NEAR : ALONE;
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: make_dedup_input MEGABYTES SEED EXACT NEAR\n");
        return 2;
    }
    static const char *const kinds[] = {"alone", "exact", "near"};
    const double bytes_wanted = atof(argv[1]) * 1e6, exact = atof(argv[3]), near = atof(argv[4]);
    const uint64_t seed = strtoull(argv[2], NULL, 10) * 0x9E3779B97F4A7C15u;
    static char text[64 * 1024], buffer[1 << 20];
    setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
    make_vocabulary();
    uint64_t state = seed + 1, counts[3] = {0};
    double bytes = 0;
    for (uint64_t number = 0; bytes < bytes_wanted; number++) {
        const enum kind kind = kind_of(seed, number, exact, near);
        uint64_t of = number;
        while (kind != ALONE && (of == number || kind_of(seed, of, exact, near) != ALONE))
            of = next_random(&state) % number; /* document 0 stands alone, so this ends */
        const double edits = kind == NEAR ? 0.01 + 0.09 * next_share(&state) : 0;
        const size_t size = make_text(seed, of, edits, next_random(&state), text);
        printf("{\"id\":\"doc-%llu\",\"text\":\"%.*s\",\"kind\":\"%s\",\"of\":%llu}\n", (unsigned long long)number, (int)size, text,
               kinds[kind], (unsigned long long)of);
        counts[kind]++;
        bytes += (double)size;
    }
    fprintf(stderr, "%llu documents alone, %llu exact, %llu near; %.0f bytes of text\n", (unsigned long long)counts[ALONE],
            (unsigned long long)counts[EXACT], (unsigned long long)counts[NEAR], bytes);
    return 0;
}
