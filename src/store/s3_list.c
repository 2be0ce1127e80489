#include "store/s3_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* "2026-11-24T20:50:00.000Z" */
static int64_t read_time_ms(struct cy_str text)
{
    char copy[32];
    struct tm parts = {0};
    snprintf(copy, sizeof copy, "%.*s", (int)CY_MIN(text.size, 31), text.data);
    const char *rest = strptime(copy, "%Y-%m-%dT%H:%M:%S", &parts);
    if (rest == NULL)
        return 0;
    int64_t ms = *rest == '.' ? (int64_t)(strtod(rest, NULL) * 1000 + 0.5) : 0;
    return (int64_t)timegm(&parts) * 1000 + ms;
}

static struct cy_str unescape(struct cy_arena *arena, struct cy_str text)
{
    static const struct {
        struct cy_str entity;
        char byte;
    } entities[] = {{{"&amp;", 5}, '&'}, {{"&lt;", 4}, '<'}, {{"&gt;", 4}, '>'}, {{"&quot;", 6}, '"'}, {{"&apos;", 6}, '\''}};
    char *to = cy_arena_alloc(arena, text.size + 1);
    size_t size = 0;
    while (text.size > 0) {
        size_t used = 1;
        to[size] = text.data[0];
        for (size_t i = 0; text.data[0] == '&' && i < CY_COUNT(entities); i++)
            if (cy_str_starts(text, entities[i].entity)) {
                to[size] = entities[i].byte;
                used = entities[i].entity.size;
            }
        size++;
        text = (struct cy_str){text.data + used, text.size - used};
    }
    return (struct cy_str){to, size};
}

typedef enum cy_status cy_s3_visit(void *context, const struct cy_s3_entry *entry, struct cy_error *error);

/* Calls `each` for the objects of one answer. */
static enum cy_status each_of_answer(struct cy_str xml, struct cy_arena *arena, cy_s3_visit *each, void *context, struct cy_error *error)
{
    struct cy_str object, key, size, modified, etag;
    enum cy_status status = CY_OK;
    for (size_t at = 0; status == CY_OK && cy_s3_tag(xml, &at, "Contents", &object);) {
        size_t key_at = 0, size_at = 0, modified_at = 0, etag_at = 0;
        char digits[24];
        if (!cy_s3_tag(object, &key_at, "Key", &key) || !cy_s3_tag(object, &size_at, "Size", &size) ||
            !cy_s3_tag(object, &modified_at, "LastModified", &modified))
            continue;
        snprintf(digits, sizeof digits, "%.*s", (int)CY_MIN(size.size, 23), size.data);
        etag = cy_s3_tag(object, &etag_at, "ETag", &etag) ? unescape(arena, etag) : CY_STR("");
        if (etag.size >= 2 && etag.data[0] == '"')
            etag = (struct cy_str){etag.data + 1, etag.size - 2};
        const struct cy_s3_entry entry = {unescape(arena, key), etag, strtoull(digits, NULL, 10), read_time_ms(modified)};
        status = each(context, &entry, error);
    }
    return status;
}

enum cy_status cy_s3_list(struct cy_s3 *s3, const char *prefix, cy_s3_visit *each, void *context, struct cy_error *error)
{
    struct cy_arena arena = {0}, page = {0};
    struct cy_str token = CY_STR(""), is_truncated;
    enum cy_status status;
    do {
        const struct cy_s3_pair query[] = {{CY_STR("list-type"), CY_STR("2")},
                                           {CY_STR("max-keys"), CY_STR("1000")},
                                           {CY_STR("prefix"), cy_str(prefix)},
                                           {CY_STR("continuation-token"), token}};
        struct cy_s3_call call = {.method = "GET", .key = "", .query = query, .query_count = token.size > 0 ? 4 : 3};
        status = cy_s3_run(s3, &call, error);
        struct cy_str xml = cy_buffer_str(&call.answer), next;
        if (status == CY_OK && call.http_status == 404)
            status = cy_error_set(error, CY_FAILED, "there is no such bucket");
        if (status == CY_OK)
            status = each_of_answer(xml, &page, each, context, error);
        size_t at = 0, next_at = 0;
        bool goes_on = cy_s3_tag(xml, &at, "IsTruncated", &is_truncated) && cy_str_is(is_truncated, "true") &&
                       cy_s3_tag(xml, &next_at, "NextContinuationToken", &next);
        token = goes_on ? unescape(&arena, next) : CY_STR("");
        cy_buffer_release(&call.answer);
        cy_arena_reset(&page);
    } while (status == CY_OK && token.size > 0);
    cy_arena_release(&page);
    cy_arena_release(&arena);
    return status;
}
