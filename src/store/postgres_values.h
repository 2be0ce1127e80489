/* PostgreSQL's binary form of values, by the types' OIDs (its catalog pg_type; the functions *send under src/backend/utils/adt). */
#ifndef CY_STORE_POSTGRES_VALUES_H
#define CY_STORE_POSTGRES_VALUES_H

#include "store/database.h"

/* A parameter as libpq takes it. */
struct cy_pq_parameter {
    const char *data; /* NULL: SQL's NULL */
    int size_bytes;
    int is_binary;
    char number[32]; /* where data points to, of numbers */
};

/* Encodes `value` for a parameter of this type. false: the type does not take such a value. */
bool cy_pq_encode(const struct cy_value *value, unsigned type, struct cy_pq_parameter *parameter);
/* Decodes a cell that is not NULL; text is copied into the arena. false: a type that no query of ours should return. */
bool cy_pq_decode(unsigned type, const char *data, size_t size_bytes, struct cy_arena *arena, struct cy_value *value);

#endif
