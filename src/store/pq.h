/* libpq, by dlopen: with the 22 libraries that it brings along, linking it would cost every start of ciyuan 3.3 ms (measured: 0.4 ms
 * without, 3.8 ms with). The functions keep their own names: cy_pq.PQgetResult(…). */
#ifndef CY_STORE_PQ_H
#define CY_STORE_PQ_H

#include "base/error.h"

#include <libpq-fe.h>

#define CY_PQ_FUNCTIONS(F)                                                                                                                 \
    F(PQconnectdbParams)                                                                                                                   \
    F(PQfinish)                                                                                                                            \
    F(PQstatus)                                                                                                                            \
    F(PQerrorMessage)                                                                                                                      \
    F(PQsetNoticeProcessor)                                                                                                                \
    F(PQsocket)                                                                                                                            \
    F(PQsendQuery)                                                                                                                         \
    F(PQsendQueryParams)                                                                                                                   \
    F(PQsendPrepare)                                                                                                                       \
    F(PQsendDescribePrepared)                                                                                                              \
    F(PQsendQueryPrepared)                                                                                                                 \
    F(PQconsumeInput)                                                                                                                      \
    F(PQisBusy)                                                                                                                            \
    F(PQgetResult)                                                                                                                         \
    F(PQclear)                                                                                                                             \
    F(PQresultStatus)                                                                                                                      \
    F(PQresultErrorField)                                                                                                                  \
    F(PQcmdTuples)                                                                                                                         \
    F(PQcmdStatus)                                                                                                                         \
    F(PQntuples)                                                                                                                           \
    F(PQnfields)                                                                                                                           \
    F(PQftype)                                                                                                                             \
    F(PQgetisnull)                                                                                                                         \
    F(PQgetvalue)                                                                                                                          \
    F(PQgetlength)                                                                                                                         \
    F(PQnparams)                                                                                                                           \
    F(PQparamtype)

struct cy_pq {
#define CY_PQ_POINTER(name) __typeof__(&name) name;
    CY_PQ_FUNCTIONS(CY_PQ_POINTER)
#undef CY_PQ_POINTER
};
/* Filled by cy_pq_load, once a process; only read afterwards. */
extern struct cy_pq cy_pq;
enum cy_status cy_pq_load(struct cy_error *error);

#endif
