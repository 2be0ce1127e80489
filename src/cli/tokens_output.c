#include "cli/tokens_output.h"

#include <stdio.h>
#include <stdlib.h>

enum cy_status cy_tokens_output_open(struct cy_tokens_output *output, const char *path, struct cy_error *error)
{
    struct cy_buffer partial = {0};
    *output = (struct cy_tokens_output){.path = path};
    if (strcmp(path, "-") == 0)
        return CY_OK;
    cy_buffer_printf(&partial, "%s.partial", path);
    cy_buffer_add_byte(&partial, '\0');
    output->partial = partial.data;
    enum cy_status status = cy_writer_open(&output->writer, output->partial, error);
    if (status != CY_OK)
        free(output->partial);
    return status;
}

void cy_tokens_output_add(struct cy_tokens_output *output, const void *data, size_t size_bytes)
{
    if (output->partial != NULL)
        cy_writer_add(&output->writer, data, size_bytes);
    else if (size_bytes > 0 && fwrite(data, 1, size_bytes, stdout) != size_bytes)
        output->failed = true;
}

enum cy_status cy_tokens_output_close(struct cy_tokens_output *output, enum cy_status status, struct cy_error *error)
{
    if (output->partial == NULL) {
        if (status == CY_OK && (output->failed || fflush(stdout) != 0))
            status = cy_error_errno(error, "write to", "standard output");
        return status;
    }
    if (status != CY_OK)
        cy_writer_abandon(&output->writer);
    else
        status = cy_writer_close(&output->writer, error);
    if (status == CY_OK && cy_files->rename(output->partial, output->path) != 0)
        status = cy_error_errno(error, "put in place", output->path);
    free(output->partial);
    output->partial = NULL;
    return status;
}

void cy_tokens_add_ids(struct cy_buffer *out, const uint32_t *ids, size_t count, size_t id_bytes)
{
    if (id_bytes == sizeof(uint32_t)) {
        cy_buffer_add(out, ids, count * sizeof *ids);
        return;
    }
    cy_buffer_reserve(out, count * sizeof(uint16_t));
    for (size_t i = 0; i < count; i++) {
        uint16_t id = (uint16_t)ids[i];
        memcpy(out->data + out->size, &id, sizeof id);
        out->size += sizeof id;
    }
}
