/* Bytes: the borrowed view (`struct cy_str`) and the growing buffer (`struct cy_buffer`). */
#ifndef CY_BASE_BYTES_H
#define CY_BASE_BYTES_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A bug stops the program, in release builds too. */
#define CY_ASSERT(condition) ((condition) ? (void)0 : cy_assert_failed(#condition, __FILE__, __LINE__))
_Noreturn void cy_assert_failed(const char *condition, const char *file, int line);

#define CY_TARGET(features) __attribute__((target(features)))
#define CY_PRINTF(text, first) __attribute__((format(printf, text, first)))
#define CY_COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define CY_MIN(a, b) ((a) < (b) ? (a) : (b))
#define CY_MAX(a, b) ((a) > (b) ? (a) : (b))

/* A view of bytes that somebody else owns. Not terminated; data may be NULL when size is 0. */
struct cy_str {
    const char *data;
    size_t size; /* bytes */
};

#define CY_STR(literal) ((struct cy_str){("" literal), sizeof(literal) - 1})

static inline struct cy_str cy_str(const char *terminated)
{
    return (struct cy_str){terminated, terminated ? strlen(terminated) : 0};
}

static inline bool cy_str_equal(struct cy_str a, struct cy_str b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static inline bool cy_str_is(struct cy_str a, const char *terminated)
{
    return cy_str_equal(a, cy_str(terminated));
}

/* Byte order, the shorter first where one is the other's beginning: <0, 0, >0. */
int cy_str_compare(struct cy_str a, struct cy_str b);
bool cy_str_starts(struct cy_str text, struct cy_str prefix);
bool cy_str_ends(struct cy_str text, struct cy_str suffix);
bool cy_str_equal_nocase(struct cy_str a, struct cy_str b); /* ASCII only */
struct cy_str cy_str_trim(struct cy_str text);              /* ASCII white space at both ends */
/* The part before the first `byte`; *rest is what follows it, empty when there is none. */
struct cy_str cy_str_split(struct cy_str text, char byte, struct cy_str *rest);

/* Bytes of the UTF-8 character at the front of `text`, or 0 when it is none. The second byte's range depends on the first: Unicode 16.0,
 * table 3-7. */
static inline size_t cy_utf8_size(const char *text, size_t size_bytes)
{
    const uint8_t *at = (const uint8_t *)text;
    if (size_bytes == 0)
        return 0;
    uint8_t first = at[0];
    if (first < 0x80)
        return 1;
    size_t size = first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
    if (size == 0 || size > size_bytes)
        return 0;
    uint8_t low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    uint8_t high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (at[1] < low || at[1] > high)
        return 0;
    for (size_t i = 2; i < size; i++)
        if ((at[i] & 0xC0) != 0x80)
            return 0;
    return size;
}

/* A growing buffer on the heap. Life cycle: {0} is empty and valid; clear keeps the memory; release frees it. */
struct cy_buffer {
    char *data;
    size_t size;     /* bytes in use */
    size_t capacity; /* bytes allocated */
};

void cy_buffer_reserve(struct cy_buffer *buffer, size_t more_bytes); /* room for `more_bytes` past size */
void cy_buffer_add(struct cy_buffer *buffer, const void *data, size_t size_bytes);
void cy_buffer_add_str(struct cy_buffer *buffer, struct cy_str text);
void cy_buffer_add_text(struct cy_buffer *buffer, const char *terminated);
void cy_buffer_add_byte(struct cy_buffer *buffer, uint8_t byte);
void cy_buffer_printf(struct cy_buffer *buffer, const char *format, ...) CY_PRINTF(2, 3);
/* `text` as a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD. */
void cy_buffer_add_json(struct cy_buffer *buffer, struct cy_str text);
/* `text` with & < > " ' replaced for HTML text and attributes. */
void cy_buffer_add_html(struct cy_buffer *buffer, struct cy_str text);
void cy_buffer_clear(struct cy_buffer *buffer);
void cy_buffer_release(struct cy_buffer *buffer);
static inline struct cy_str cy_buffer_str(const struct cy_buffer *buffer)
{
    return (struct cy_str){buffer->data, buffer->size};
}

/* malloc and realloc that never return NULL: running out of memory ends the program with a message. Every write on disk is
 * atomic, so a run that ends so can be resumed. */
void *cy_alloc(size_t size_bytes);
void *cy_alloc_zero(size_t count, size_t size_bytes);
void *cy_realloc(void *old, size_t size_bytes);

static inline uint32_t cy_load_u32(const void *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static inline uint64_t cy_load_u64(const void *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

#endif
