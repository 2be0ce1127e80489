#include "source/sniff.h"

#include "source/encoding.h"
#include "source/stream.h"

const char *cy_sniff_file(const char *path)
{
    enum { HEAD_BYTES = 256 * 1024 };
    struct cy_stream *stream;
    struct cy_error ignored;
    if (cy_stream_open(&stream, path, (struct cy_place){0}, &ignored) != CY_OK)
        return NULL;
    struct cy_arena arena = {0};
    struct cy_str head = cy_stream_peek(stream, HEAD_BYTES);
    const char *name = cy_encoding_guess((struct cy_str){head.data, CY_MIN(head.size, HEAD_BYTES)}, &arena);
    cy_arena_release(&arena);
    cy_stream_close(stream);
    return name;
}
