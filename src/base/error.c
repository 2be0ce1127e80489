#include "base/error.h"

#include <errno.h>
#include <stdio.h>

enum cy_status cy_error_set(struct cy_error *error, enum cy_status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    error->status = status;
    vsnprintf(error->message, sizeof error->message, format, arguments);
    error->hint[0] = '\0';
    va_end(arguments);
    return status;
}

enum cy_status cy_error_hint(struct cy_error *error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->hint, sizeof error->hint, format, arguments);
    va_end(arguments);
    return error->status;
}

enum cy_status cy_error_errno(struct cy_error *error, const char *what, const char *path)
{
    int number = errno;
    return cy_error_set(error, CY_IO, "could not %s \"%s\": %s", what, path, strerror(number));
}

enum cy_status cy_check_stop(const atomic_bool *stop, struct cy_error *error)
{
    return stop != NULL && atomic_load_explicit(stop, memory_order_relaxed) ? cy_error_set(error, CY_INTERRUPTED, "interrupted") : CY_OK;
}

enum { NAME_SIZE_MAX = 64 }; /* longer names are not compared */

/* Levenshtein distance; both at most NAME_SIZE_MAX bytes. */
static size_t edit_distance(struct cy_str a, struct cy_str b)
{
    size_t row[NAME_SIZE_MAX + 1];
    for (size_t j = 0; j <= b.size; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.size; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.size; j++) {
            size_t replaced = diagonal + (a.data[i - 1] != b.data[j - 1]);
            diagonal = row[j];
            row[j] = CY_MIN(replaced, CY_MIN(row[j], row[j - 1]) + 1);
        }
    }
    return row[b.size];
}

const char *cy_nearest_name(struct cy_str text, const char *const *names)
{
    enum { PART_SIZE_MIN = 4 }; /* less of a name may stand in it by chance */
    const char *nearest = NULL, *holder = NULL;
    size_t holder_count = 0, distance_min = text.size / 3 + 2; /* further away, it was not a slip of the finger */
    if (text.size > NAME_SIZE_MAX)
        return NULL;
    for (; *names != NULL; names++) {
        struct cy_str name = cy_str(*names);
        if (name.size > NAME_SIZE_MAX)
            continue;
        if (text.size >= PART_SIZE_MIN && memmem(name.data, name.size, text.data, text.size) != NULL) {
            holder = *names;
            holder_count++;
        }
        size_t distance = edit_distance(text, name);
        if (distance < distance_min) {
            distance_min = distance;
            nearest = *names;
        }
    }
    return nearest == NULL && holder_count == 1 ? holder : nearest;
}
