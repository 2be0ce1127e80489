#include "document/patterns.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <stdlib.h>

enum {
    JIT_STACK_BYTES_MIN = 32 * 1024,
    JIT_STACK_BYTES_MAX = 1024 * 1024, /* a match that needs more is given up, as one that needs too many steps */
    HEAP_KIB_MAX = 8 * 1024,           /* the same for matching without the JIT */
    WINDOW_PLACES = 4096,              /* tried in one call: enough that the call itself costs nothing */
    WINDOW_STEPS = 500,                /* for each place: what `.*?x` needs for a line of 500 characters */
    PIECE_PLACES = 64,
    PIECE_STEPS = 100000,
};

struct cy_pattern {
    pcre2_code *code;
};

/* What one worker thread needs to match one pattern. */
struct matcher {
    pcre2_match_data *data;
    pcre2_match_context *context;
    pcre2_jit_stack *stack;
};

/* Whether \G stands in the pattern, its backslash not itself escaped. */
static bool holds_start_anchor(struct cy_str source)
{
    for (size_t i = 0; i + 1 < source.size; i++) {
        if (source.data[i] != '\\')
            continue;
        if (source.data[i + 1] == 'G')
            return true;
        i++;
    }
    return false;
}

enum cy_status cy_pattern_new(struct cy_pattern **pattern, struct cy_str source, struct cy_error *error)
{
    int number;
    size_t at;
    if (holds_start_anchor(source))
        return cy_error_set(error, CY_BAD_RECIPE, "the pattern \"%.*s\" holds \\G, which has no meaning here",
                            (int)CY_MIN(source.size, 200), source.data);
    PCRE2_SPTR data = (PCRE2_SPTR)(source.data != NULL ? source.data : "");
    pcre2_code *code = pcre2_compile(data, source.size, PCRE2_UTF | PCRE2_UCP | PCRE2_USE_OFFSET_LIMIT, &number, &at, NULL);
    if (code == NULL) {
        PCRE2_UCHAR reason[256];
        pcre2_get_error_message(number, reason, sizeof reason);
        cy_error_set(error, CY_BAD_RECIPE, "the pattern \"%.*s\" is wrong at byte %zu: %s", (int)CY_MIN(source.size, 200), source.data, at,
                     (const char *)reason);
        return cy_error_hint(error, "patterns are those of PCRE2; see docs/replace.md");
    }
    pcre2_jit_compile(code, PCRE2_JIT_COMPLETE); /* where it cannot, matching interprets: slower, the same results */
    *pattern = cy_alloc(sizeof **pattern);
    (*pattern)->code = code;
    return CY_OK;
}

void cy_pattern_free(struct cy_pattern *pattern)
{
    if (pattern == NULL)
        return;
    pcre2_code_free(pattern->code);
    free(pattern);
}

size_t cy_pattern_group_count(const struct cy_pattern *pattern)
{
    uint32_t count = 0;
    pcre2_pattern_info(pattern->code, PCRE2_INFO_CAPTURECOUNT, &count);
    return count;
}

size_t cy_pattern_group(const struct cy_pattern *pattern, struct cy_str name)
{
    char terminated[64];
    if (name.size >= sizeof terminated)
        return 0;
    memcpy(terminated, name.data, name.size);
    terminated[name.size] = '\0';
    int number = pcre2_substring_number_from_name(pattern->code, (PCRE2_SPTR)terminated);
    return number > 0 ? (size_t)number : 0;
}

static void *matcher_make(const void *context)
{
    const struct cy_pattern *pattern = context;
    struct matcher *matcher = cy_alloc(sizeof *matcher);
    matcher->data = pcre2_match_data_create_from_pattern(pattern->code, NULL);
    matcher->context = pcre2_match_context_create(NULL);
    matcher->stack = pcre2_jit_stack_create(JIT_STACK_BYTES_MIN, JIT_STACK_BYTES_MAX, NULL);
    CY_ASSERT(matcher->data != NULL && matcher->context != NULL);
    pcre2_set_heap_limit(matcher->context, HEAP_KIB_MAX);
    if (matcher->stack != NULL)
        pcre2_jit_stack_assign(matcher->context, NULL, matcher->stack);
    return matcher;
}

static void matcher_free(void *object)
{
    struct matcher *matcher = object;
    pcre2_match_data_free(matcher->data);
    pcre2_match_context_free(matcher->context);
    pcre2_jit_stack_free(matcher->stack);
    free(matcher);
}

/* The first match that begins in [at, last]. */
static enum cy_match_result find_within(const struct cy_pattern *pattern, struct matcher *matcher, struct cy_str text, size_t at,
                                        size_t last, uint32_t options, uint32_t steps, struct cy_match *match)
{
    pcre2_set_match_limit(matcher->context, steps);
    pcre2_set_offset_limit(matcher->context, last);
    PCRE2_SPTR data = (PCRE2_SPTR)(text.data != NULL ? text.data : "");
    int found = pcre2_match(pattern->code, data, text.size, at, options | PCRE2_NO_UTF_CHECK, matcher->data, matcher->context);
    if (found == PCRE2_ERROR_NOMATCH)
        return CY_MATCH_NONE;
    if (found < 0)
        return CY_MATCH_LIMIT;
    if (match != NULL) {
        match->group_count = (size_t)found;
        match->groups = pcre2_get_ovector_pointer(matcher->data);
    }
    return CY_MATCH_FOUND;
}

/* The last place of a window of `places` that begins at `at`: a character's beginning, or the text's end. */
static size_t window_last(struct cy_str text, size_t at, size_t places)
{
    if (text.size - at <= places)
        return text.size;
    size_t last = at + places;
    while (last > at && ((uint8_t)text.data[last] & 0xC0) == 0x80)
        last--;
    return last;
}

static size_t next_place(struct cy_str text, size_t at)
{
    for (at++; at < text.size && ((uint8_t)text.data[at] & 0xC0) == 0x80;)
        at++;
    return at;
}

/* A window that was too dear, again in pieces. */
static enum cy_match_result find_dear(const struct cy_pattern *pattern, struct matcher *matcher, struct cy_str text, size_t at, size_t last,
                                      uint32_t options, struct cy_pattern_budget *budget, struct cy_match *match)
{
    for (;;) {
        size_t piece_last = CY_MIN(window_last(text, at, PIECE_PLACES), last);
        enum cy_match_result result = find_within(pattern, matcher, text, at, piece_last, options, WINDOW_STEPS, match);
        if (result == CY_MATCH_LIMIT) {
            if (budget->pieces == 0)
                return CY_MATCH_LIMIT;
            budget->pieces--;
            result = find_within(pattern, matcher, text, at, piece_last, options, PIECE_STEPS, match);
        }
        if (result != CY_MATCH_NONE || piece_last == last)
            return result;
        at = next_place(text, piece_last);
        options = 0;
    }
}

enum cy_match_result cy_pattern_find(const struct cy_pattern *pattern, struct cy_scratch *scratch, struct cy_str text, size_t from,
                                     bool nonempty_here, struct cy_pattern_budget *budget, struct cy_match *match)
{
    struct matcher *matcher = cy_scratch_get(scratch, pattern, matcher_make, pattern, matcher_free);
    uint32_t options = nonempty_here ? PCRE2_NOTEMPTY_ATSTART : 0;
    for (size_t at = from;;) {
        size_t last = window_last(text, at, WINDOW_PLACES);
        enum cy_match_result result = find_within(pattern, matcher, text, at, last, options, WINDOW_STEPS, match);
        if (result == CY_MATCH_LIMIT)
            result = find_dear(pattern, matcher, text, at, last, options, budget, match);
        if (result != CY_MATCH_NONE || last == text.size)
            return result;
        at = next_place(text, last);
        options = 0;
    }
}
