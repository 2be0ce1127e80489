/* A source: where raw records come from. One file a format, one row in formats.h.
 *
 * A reader finds where records begin and end, and appends them as raw bytes; it runs under the engine's reading lock, so it does as little
 * as it can. `decode` makes documents of them (JSON fields, character encodings, HTTP heads) on the worker threads. Whatever is damaged
 * becomes a row with a verdict; a reader returns an error only when nothing of the file can be read, or the machine failed. */
#ifndef CY_SOURCE_SOURCE_H
#define CY_SOURCE_SOURCE_H

#include "base/files.h"
#include "base/params.h"
#include "document/batch.h"

enum { CY_RECORD_BYTES_MAX = 64 * 1024 * 1024 }; /* a larger record is unreadable ("too_large") */

/* One file to read. */
struct cy_input {
    const char *path; /* as the program opens it */
    const char *name; /* as the dataset names it: relative to the recipe's folder */
    uint32_t file;    /* index for cy_origin.file */
    bool skipped;     /* stands in the source folder, but no format has its suffix: one skipped entry, not opened */
};

struct cy_reader; /* the format's own */

struct cy_format {
    const char *name; /* "warc" */
    const char *summary;
    const char *const *suffixes;   /* ".warc", NULL-terminated; a compression suffix (.gz, .zst) is taken off before */
    const struct cy_param *params; /* the format's fields in a recipe's source, ends with {0} */
    size_t self_size;
    /* Checks the parameters when the recipe is read. NULL: there is nothing to check. CY_BAD_RECIPE when one is wrong. */
    enum cy_status (*check)(const void *self, struct cy_error *error);
    /* Opens at `from` ({0}: the beginning), a place that `tell` gave before. */
    enum cy_status (*open)(const void *self, const struct cy_input *input, struct cy_place from, struct cy_reader **reader,
                           struct cy_error *error);
    /* Appends the next record to the batch (raw text in the batch's arena, origins[row].file and .place, read_bytes; for a damaged or
     * non-document record also the verdict; media_types, urls, ids where the framing knows them). CY_OK: one row came; CY_END: no more. */
    enum cy_status (*next)(struct cy_reader *reader, struct cy_batch *batch, struct cy_error *error);
    struct cy_place (*tell)(const struct cy_reader *reader); /* where the next record begins */
    void (*close)(struct cy_reader *reader);
    /* Raw rows → documents, for all rows alive: texts becomes valid UTF-8 (or the row gets a verdict), ids, urls, metadata, languages are
     * set where the record has them; an empty id is filled by the engine. Thread-safe. */
    enum cy_status (*decode)(const void *self, struct cy_batch *batch, struct cy_error *error);
};

extern const struct cy_format *const cy_formats[]; /* NULL ends it */
const struct cy_format *cy_format_find(struct cy_str name);
/* By the file's name, compression suffix taken off; NULL when none fits. */
const struct cy_format *cy_format_of_path(const char *path);

#endif
