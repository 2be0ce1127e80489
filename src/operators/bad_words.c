#include "operators/bad_words.h"

#include "base/files.h"
#include "base/unicode.h"
#include "operators/quality_lines.h"

#include <stdlib.h>

/* Entries sorted by bytes, and by first byte where they begin: few are compared at a place. */
struct cy_bad_words {
    struct cy_buffer text; /* of the file, lower-cased */
    struct cy_str *entries;
    size_t count;
    size_t firsts[257]; /* entries that begin with byte b: [firsts[b], firsts[b + 1]) */
};

static void add_lower(struct cy_buffer *out, struct cy_str text)
{
    for (const char *at = text.data, *end = text.data + text.size; at < end;) {
        char encoded[4];
        cy_buffer_add(out, encoded, cy_utf8_encode(cy_lower(cy_utf8_decode(&at, end)), encoded));
    }
}

static int compare(const void *a, const void *b)
{
    return cy_str_compare(*(const struct cy_str *)a, *(const struct cy_str *)b);
}

enum cy_status cy_bad_words_open(struct cy_bad_words **list, const char *path, struct cy_error *error)
{
    struct cy_buffer file = {0};
    enum cy_status status = cy_read_file(path, &file, error);
    *list = NULL;
    if (status == CY_OK) {
        struct cy_bad_words *made = cy_alloc_zero(1, sizeof *made);
        add_lower(&made->text, cy_buffer_str(&file));
        struct cy_str text = cy_buffer_str(&made->text), line;
        for (size_t at = 0; cy_next_line(text, &at, &line);) {
            line = cy_strip(line);
            if (line.size == 0)
                continue;
            made->entries = cy_realloc(made->entries, (made->count + 1) * sizeof *made->entries);
            made->entries[made->count++] = line;
        }
        if (made->count > 0)
            qsort(made->entries, made->count, sizeof *made->entries, compare);
        for (size_t i = 0; i < made->count; i++)
            made->firsts[(uint8_t)made->entries[i].data[0] + 1]++;
        for (size_t byte = 0; byte < 256; byte++)
            made->firsts[byte + 1] += made->firsts[byte];
        *list = made;
    }
    cy_buffer_release(&file);
    return status;
}

void cy_bad_words_free(struct cy_bad_words *list)
{
    if (list == NULL)
        return;
    cy_buffer_release(&list->text);
    free(list->entries);
    free(list);
}

static bool is_word_char(uint32_t point)
{
    return point == '_' || cy_is_letter(point) || cy_is_number(point);
}

static bool ends_word(struct cy_str text, size_t at)
{
    const char *from = text.data + at;
    return at == text.size || !is_word_char(cy_utf8_decode(&from, text.data + text.size));
}

size_t cy_bad_words_count(const struct cy_bad_words *list, struct cy_str text, struct cy_str language)
{
    bool anywhere = cy_str_is(language, "ja") || cy_str_is(language, "th") || cy_str_is(language, "zh");
    struct cy_buffer lower = {0};
    add_lower(&lower, text);
    text = cy_buffer_str(&lower);
    size_t count = 0;
    bool begins = true; /* no word goes on here */
    for (const char *at = text.data, *end = text.data + text.size; at < end;) {
        size_t offset = (size_t)(at - text.data);
        uint8_t first = (uint8_t)*at;
        for (size_t i = list->firsts[first]; (begins || anywhere) && i < list->firsts[first + 1]; i++) {
            struct cy_str entry = list->entries[i], rest = {at, text.size - offset};
            if (!cy_str_starts(rest, entry) || !(anywhere || ends_word(text, offset + entry.size)))
                continue;
            count++;
            break;
        }
        begins = !is_word_char(cy_utf8_decode(&at, end));
    }
    cy_buffer_release(&lower);
    return count;
}
