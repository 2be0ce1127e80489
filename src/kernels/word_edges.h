/* Where the words of a text begin and end, as fastText splits it: at space, \t, \n, \v, \f, \r and the 0 byte. */
#ifndef CY_KERNELS_WORD_EDGES_H
#define CY_KERNELS_WORD_EDGES_H

#include "base/bytes.h"

static inline bool cy_is_word_space(uint8_t byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r') || byte == 0;
}

#define CY_WORD_EDGES_BYTES_MAX 32768
#define CY_WORD_EDGES_SPARE 64

/* edges[0], edges[1] = where the first word begins and ends, edges[2], edges[3] = the second, …; what stands before the text counts as
 * white space. A word that reaches the text's end has no end: the count is odd then. text    borrowed; size at most
 * CY_WORD_EDGES_BYTES_MAX; nothing outside is read edges   room for size + CY_WORD_EDGES_SPARE Returns the number of edges. Thread-safe. */
typedef size_t cy_word_edges_function(const uint8_t *text, size_t size, uint16_t *edges);
struct cy_word_edges_variant {
    const char *name;
    unsigned needs;
    cy_word_edges_function *run;
};
extern const struct cy_word_edges_variant cy_word_edges_variants[];
/* The best variant for a processor with these features (cy_cpu_features()). */
cy_word_edges_function *cy_word_edges_best(unsigned features);

#endif
