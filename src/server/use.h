/* A request that uses a dataset: its use is written before the first byte of the answer, and its body's bytes are
 * counted as they go out. */
#ifndef CY_SERVER_USE_H
#define CY_SERVER_USE_H

#include "server/app.h"

/* Begins a use of the repository's version for this answer (GET alone; nothing for HEAD, nor for If-None-Match with the answer's ETag,
 * which has no body). False: it could not be written, and the answer says so; then no byte of the file may go out. Call it last, once the
 * answer is set. */
bool cy_use_answer(struct cy_request *request, struct cy_response *response, struct cy_str repository_id, struct cy_str version,
                   const char *purpose);

#endif
