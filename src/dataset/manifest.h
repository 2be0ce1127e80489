/* MANIFEST: what a dataset consists of, and its name. The build id is the sha256 of this file.
 *
 *     schema: 1
 *     <sha256, 64 hex digits>  <bytes>  <name>        one line a file, in byte order of the names
 *
 * It lists data, verdicts, build.json, build.html, samples.json, recipe.yaml and recipe.lock; not README.md and croissant.json, which
 * people edit and which say nothing that the others do not. */
#ifndef CY_DATASET_MANIFEST_H
#define CY_DATASET_MANIFEST_H

#include "base/bytes.h"

struct cy_manifest_entry {
    const char *name; /* relative to the dataset's folder, with '/' */
    uint64_t size_bytes;
    char sha256[65];
};

/* Sorts the files by name and appends the manifest. No two names are equal, and none holds a line feed. */
void cy_manifest_print(struct cy_manifest_entry *files, size_t file_count, struct cy_buffer *out);
/* The sha256 of the manifest's text: the build id. */
void cy_manifest_build_id(struct cy_str text, char build_id[65]);

#endif
