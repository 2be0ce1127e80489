/* A set of byte strings that is filled once and then only asked. The strings are borrowed. */
#ifndef CY_OPERATORS_STRING_SET_H
#define CY_OPERATORS_STRING_SET_H

#include "base/bytes.h"

struct cy_string_set {
    struct cy_str *slots; /* open addressing; data NULL: free */
    size_t slot_count;    /* a power of two, or 0 */
    size_t count;
};

/* {0} is a valid empty set. An empty string is not added. */
void cy_string_set_add(struct cy_string_set *set, struct cy_str text);
bool cy_string_set_has(const struct cy_string_set *set, struct cy_str text);
void cy_string_set_release(struct cy_string_set *set);

#endif
