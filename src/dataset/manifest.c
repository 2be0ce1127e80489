#include "dataset/manifest.h"

#include "base/hash.h"

#include <stdlib.h>

static const struct cy_str head = {"schema: 1\n", 10};

static int compare_files(const void *a, const void *b)
{
    return strcmp(((const struct cy_manifest_entry *)a)->name, ((const struct cy_manifest_entry *)b)->name);
}

void cy_manifest_print(struct cy_manifest_entry *files, size_t file_count, struct cy_buffer *out)
{
    if (file_count > 1)
        qsort(files, file_count, sizeof *files, compare_files);
    cy_buffer_add_str(out, head);
    for (size_t i = 0; i < file_count; i++) {
        CY_ASSERT(strchr(files[i].name, '\n') == NULL && (i == 0 || strcmp(files[i - 1].name, files[i].name) != 0));
        cy_buffer_printf(out, "%s  %llu  %s\n", files[i].sha256, (unsigned long long)files[i].size_bytes, files[i].name);
    }
}

void cy_manifest_build_id(struct cy_str text, char build_id[65])
{
    struct cy_sha256 hash;
    cy_sha256_init(&hash);
    cy_sha256_add(&hash, text.data, text.size);
    cy_sha256_final(&hash, build_id);
}
