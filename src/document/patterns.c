#include "document/patterns.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <stdlib.h>

enum {
    JIT_STACK_BYTES_MIN = 32 * 1024,
    JIT_STACK_BYTES_MAX = 1024 * 1024, /* a match that needs more is given up, as one that needs too many steps */
    HEAP_KIB_MAX = 8 * 1024,           /* the same for matching without the JIT */
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

enum cy_status cy_pattern_new(struct cy_pattern **pattern, struct cy_str source, struct cy_error *error)
{
    int number;
    size_t at;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)source.data, source.size, PCRE2_UTF | PCRE2_UCP, &number, &at, NULL);
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
    pcre2_set_match_limit(matcher->context, CY_PATTERN_STEPS_MAX);
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

enum cy_match_result cy_pattern_find(const struct cy_pattern *pattern, struct cy_scratch *scratch, struct cy_str text, size_t from,
                                     bool nonempty_here, struct cy_match *match)
{
    struct matcher *matcher = cy_scratch_get(scratch, pattern, matcher_make, pattern, matcher_free);
    uint32_t options = PCRE2_NO_UTF_CHECK | (nonempty_here ? PCRE2_NOTEMPTY_ATSTART : 0);
    PCRE2_SPTR data = (PCRE2_SPTR)(text.data != NULL ? text.data : "");
    int found = pcre2_match(pattern->code, data, text.size, from, options, matcher->data, matcher->context);
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
