/* Status and error. A function that can fail returns an `enum cy_status` and fills the caller's `struct cy_error`, which has a
 * fixed size, so that reporting never allocates and never leaks. The library explains; the program decides whether to print. */
#ifndef CY_BASE_ERROR_H
#define CY_BASE_ERROR_H

#include "base/bytes.h"

#include <stdatomic.h>

enum cy_status {
    CY_OK = 0,
    CY_END,         /* nothing more to read; not an error, fills no message */
    CY_BAD_INPUT,   /* a record or file that cannot be used */
    CY_BAD_RECIPE,  /* the recipe or the command line is wrong: exit status 2 */
    CY_IO,          /* reading or writing failed */
    CY_FAILED,      /* anything else that failed, and says why */
    CY_INTERRUPTED, /* stopped by the user; can be resumed: exit status 130 */
};

struct cy_error {
    enum cy_status status;
    char message[1024]; /* what was wrong, with the value, and where; lower case, no full stop */
    char hint[512];     /* what to do; empty when there is nothing to say */
};

/* Fills *error and returns `status`. A message that is too long is cut, never overrun. */
enum cy_status cy_error_set(struct cy_error *error, enum cy_status status, const char *format, ...) CY_PRINTF(3, 4);
/* Adds the hint to an error that is set; returns its status. */
enum cy_status cy_error_hint(struct cy_error *error, const char *format, ...) CY_PRINTF(2, 3);
/* "could not <what> "<path>": <strerror(errno)>", with status CY_IO. */
enum cy_status cy_error_errno(struct cy_error *error, const char *what, const char *path);
/* CY_INTERRUPTED, with its message, once *stop is true; CY_OK before, and for NULL: never. Asked in loops that last. */
enum cy_status cy_check_stop(const atomic_bool *stop, struct cy_error *error);
/* The name among `names` (NULL-terminated) nearest to `text` by edits; where none is near, the only one that holds it ("minhash" in
 * "dedup_minhash"). NULL when none is near enough to be meant. */
const char *cy_nearest_name(struct cy_str text, const char *const *names);

#endif
