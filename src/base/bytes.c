#include "base/bytes.h"

#include <stdio.h>
#include <stdlib.h>

void cy_assert_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "ciyuan: a bug: %s does not hold (%s:%d)\n", condition, file, line);
    abort();
}

int cy_str_compare(struct cy_str a, struct cy_str b)
{
    size_t size = CY_MIN(a.size, b.size);
    int order = size == 0 ? 0 : memcmp(a.data, b.data, size);
    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

bool cy_str_starts(struct cy_str text, struct cy_str prefix)
{
    return text.size >= prefix.size && (prefix.size == 0 || memcmp(text.data, prefix.data, prefix.size) == 0);
}

bool cy_str_ends(struct cy_str text, struct cy_str suffix)
{
    return text.size >= suffix.size && (suffix.size == 0 || memcmp(text.data + text.size - suffix.size, suffix.data, suffix.size) == 0);
}

static char ascii_lower(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (char)(byte + 32) : byte;
}

bool cy_str_equal_nocase(struct cy_str a, struct cy_str b)
{
    if (a.size != b.size)
        return false;
    for (size_t i = 0; i < a.size; i++)
        if (ascii_lower(a.data[i]) != ascii_lower(b.data[i]))
            return false;
    return true;
}

static bool ascii_space(char byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

struct cy_str cy_str_trim(struct cy_str text)
{
    while (text.size > 0 && ascii_space(text.data[0]))
        text.data++, text.size--;
    while (text.size > 0 && ascii_space(text.data[text.size - 1]))
        text.size--;
    return text;
}

struct cy_str cy_str_split(struct cy_str text, char byte, struct cy_str *rest)
{
    const char *at = text.size == 0 ? NULL : memchr(text.data, byte, text.size);
    if (at == NULL) {
        *rest = (struct cy_str){NULL, 0};
        return text;
    }
    size_t head = (size_t)(at - text.data);
    *rest = (struct cy_str){at + 1, text.size - head - 1};
    return (struct cy_str){text.data, head};
}

static _Noreturn void out_of_memory(size_t size_bytes)
{
    fprintf(stderr, "ciyuan: out of memory (%zu bytes were asked for)\nhint: lower --memory or --threads; finished parts are kept\n",
            size_bytes);
    exit(1);
}

void *cy_alloc(size_t size_bytes)
{
    void *memory = malloc(size_bytes > 0 ? size_bytes : 1);
    if (memory == NULL)
        out_of_memory(size_bytes);
    return memory;
}

void *cy_alloc_zero(size_t count, size_t size_bytes)
{
    void *memory = calloc(count > 0 ? count : 1, size_bytes > 0 ? size_bytes : 1);
    if (memory == NULL)
        out_of_memory(count * size_bytes);
    return memory;
}

void *cy_realloc(void *old, size_t size_bytes)
{
    void *memory = realloc(old, size_bytes > 0 ? size_bytes : 1);
    if (memory == NULL)
        out_of_memory(size_bytes);
    return memory;
}

void cy_buffer_reserve(struct cy_buffer *buffer, size_t more_bytes)
{
    if (buffer->capacity - buffer->size >= more_bytes)
        return;
    buffer->capacity = CY_MAX(CY_MAX(buffer->capacity * 2, buffer->size + more_bytes), 64);
    buffer->data = cy_realloc(buffer->data, buffer->capacity);
}

void cy_buffer_add(struct cy_buffer *buffer, const void *data, size_t size_bytes)
{
    if (size_bytes == 0)
        return;
    cy_buffer_reserve(buffer, size_bytes);
    memcpy(buffer->data + buffer->size, data, size_bytes);
    buffer->size += size_bytes;
}

void cy_buffer_add_str(struct cy_buffer *buffer, struct cy_str text)
{
    cy_buffer_add(buffer, text.data, text.size);
}

void cy_buffer_add_text(struct cy_buffer *buffer, const char *terminated)
{
    cy_buffer_add(buffer, terminated, strlen(terminated));
}

void cy_buffer_add_byte(struct cy_buffer *buffer, uint8_t byte)
{
    cy_buffer_add(buffer, &byte, 1);
}

void cy_buffer_printf(struct cy_buffer *buffer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    cy_buffer_reserve(buffer, 128);
    size_t room = buffer->capacity - buffer->size;
    int size = vsnprintf(buffer->data + buffer->size, room, format, arguments);
    va_end(arguments);
    CY_ASSERT(size >= 0);
    if ((size_t)size >= room) {
        cy_buffer_reserve(buffer, (size_t)size + 1);
        va_start(arguments, format);
        vsnprintf(buffer->data + buffer->size, (size_t)size + 1, format, arguments);
        va_end(arguments);
    }
    buffer->size += (size_t)size;
}

void cy_buffer_add_json(struct cy_buffer *buffer, struct cy_str text)
{
    static const char hex[] = "0123456789abcdef";
    cy_buffer_reserve(buffer, text.size + 2);
    cy_buffer_add_byte(buffer, '"');
    size_t plain = 0; /* start of the run that needs no escape */
    for (size_t i = 0; i < text.size;) {
        uint8_t byte = (uint8_t)text.data[i];
        if (byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\') {
            i++;
            continue;
        }
        size_t size = cy_utf8_size(text.data + i, text.size - i);
        if (size > 1) {
            i += size;
            continue;
        }
        cy_buffer_add(buffer, text.data + plain, i - plain);
        if (size == 0)
            cy_buffer_add_text(buffer, "\xEF\xBF\xBD");
        else if (byte == '"' || byte == '\\')
            cy_buffer_add(buffer, (char[]){'\\', (char)byte}, 2);
        else if (byte == '\n')
            cy_buffer_add_text(buffer, "\\n");
        else if (byte == '\t')
            cy_buffer_add_text(buffer, "\\t");
        else if (byte == '\r')
            cy_buffer_add_text(buffer, "\\r");
        else
            cy_buffer_add(buffer, (char[]){'\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15]}, 6);
        plain = ++i;
    }
    cy_buffer_add(buffer, text.data + plain, text.size - plain);
    cy_buffer_add_byte(buffer, '"');
}

void cy_buffer_add_html(struct cy_buffer *buffer, struct cy_str text)
{
    for (size_t i = 0; i < text.size; i++) {
        switch (text.data[i]) {
        case '&':
            cy_buffer_add_text(buffer, "&amp;");
            break;
        case '<':
            cy_buffer_add_text(buffer, "&lt;");
            break;
        case '>':
            cy_buffer_add_text(buffer, "&gt;");
            break;
        case '"':
            cy_buffer_add_text(buffer, "&quot;");
            break;
        case '\'':
            cy_buffer_add_text(buffer, "&#39;");
            break;
        default:
            cy_buffer_add_byte(buffer, (uint8_t)text.data[i]);
        }
    }
}

void cy_buffer_clear(struct cy_buffer *buffer)
{
    buffer->size = 0;
}

void cy_buffer_release(struct cy_buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct cy_buffer){0};
}
