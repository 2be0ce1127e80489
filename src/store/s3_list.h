/* Listing a bucket: ListObjectsV2, page by page. */
#ifndef CY_STORE_S3_LIST_H
#define CY_STORE_S3_LIST_H

#include "store/s3_client.h"

struct cy_s3_entry {
    struct cy_str key;  /* unescaped */
    struct cy_str etag; /* without its quotes */
    uint64_t size_bytes;
    int64_t modified_ms;
};
/* Calls each for every object whose key begins with `prefix`, in the order of the keys. Text lives until it returns. */
enum cy_status cy_s3_list(struct cy_s3 *s3, const char *prefix,
                          enum cy_status (*each)(void *context, const struct cy_s3_entry *entry, struct cy_error *error), void *context,
                          struct cy_error *error);

#endif
