/* Signs requests for tests/parity/s3_sign.py. A request is a line of fields parted by tabs, each %-encoded: method, host, path, payload
 * hash, access key, secret key, session token or nothing, region, seconds, then name and value of each part of the query. Prints target,
 * date and authorization, parted by tabs. */
#include "store/s3_sign.h"

#include <stdio.h>
#include <stdlib.h>

static struct cy_str decode(struct cy_arena *arena, struct cy_str text)
{
    char *to = cy_arena_alloc(arena, text.size + 1);
    size_t size = 0;
    for (size_t i = 0; i < text.size; i++) {
        char digits[3] = {0};
        if (text.data[i] == '%') {
            memcpy(digits, text.data + i + 1, 2);
            to[size++] = (char)strtol(digits, NULL, 16);
            i += 2;
        } else {
            to[size++] = text.data[i];
        }
    }
    to[size] = '\0';
    return (struct cy_str){to, size};
}

int main(void)
{
    enum { FIELDS_MAX = 64 };
    char *line = NULL;
    size_t capacity = 0;
    ssize_t size;
    while ((size = getline(&line, &capacity, stdin)) > 0) {
        struct cy_arena arena = {0};
        struct cy_str fields[FIELDS_MAX], rest = {line, (size_t)size - 1};
        size_t count = 0;
        for (bool more = true; more && count < FIELDS_MAX;) {
            more = memchr(rest.data, '\t', rest.size) != NULL;
            fields[count++] = decode(&arena, cy_str_split(rest, '\t', &rest));
        }
        struct cy_s3_pair query[FIELDS_MAX];
        struct cy_s3_unsigned request = {
            .method = fields[0].data,
            .host = fields[1],
            .path = fields[2],
            .payload_sha256 = fields[3].data,
            .access_key = fields[4].data,
            .secret_key = fields[5].data,
            .session_token = fields[6].size > 0 ? fields[6].data : NULL,
            .region = fields[7].data,
            .time_s = strtoll(fields[8].data, NULL, 10),
            .query = query,
        };
        for (size_t i = 9; i + 1 < count; i += 2)
            query[request.query_count++] = (struct cy_s3_pair){fields[i], fields[i + 1]};
        struct cy_s3_signed sign;
        cy_s3_sign(&request, &arena, &sign);
        printf("%s\t%s\t%s\n", sign.target, sign.date, sign.authorization);
        cy_arena_release(&arena);
    }
    free(line);
    return 0;
}
