/* Replaces what a regular expression matches. */
#include "document/patterns.h"
#include "operators/operator.h"
#include "source/source.h"

#include <stdlib.h>

/* `with`, taken apart: literal text, then the text of a group, then literal text … */
struct piece {
    struct cy_str literal;
    size_t group; /* SIZE_MAX: none follows */
};

struct replace {
    struct cy_str pattern;
    struct cy_str with;
    int64_t max_per_document;
    struct cy_pattern *compiled;
    struct piece *pieces; /* set by prepare */
    size_t piece_count;
};

static const struct cy_param params[] = {
    CY_PARAM_TEXT(replace, pattern, NULL, "PCRE2 pattern", "what to replace"),
    CY_PARAM_TEXT(replace, with, "", "text", "what to put there; $1 or ${name} is a group, $0 the match, $$ a dollar sign"),
    CY_PARAM_INTEGER(replace, max_per_document, -1, "matches", "replace no more than this; -1: all"),
    {0},
};

enum { SIGNAL_REPLACEMENTS, SIGNAL_LIMIT_HIT };
static const struct cy_signal signals[] = {
    {"replacements", "matches", "matches replaced"},
    {"limit_hit", "0 or 1", "matching cost too much and was given up: the text is as it was"},
    {0},
};

static enum cy_status bad_with(struct cy_error *error, const struct replace *op, size_t at, const char *what)
{
    cy_error_set(error, CY_BAD_RECIPE, "with: %s at byte %zu of \"%.*s\"", what, at, (int)CY_MIN(op->with.size, 200), op->with.data);
    return cy_error_hint(error, "write $1 … $%zu, $0 for the whole match, ${name} for a named group, $$ for a dollar sign",
                         cy_pattern_group_count(op->compiled));
}

/* Reads what follows the dollar sign at `at`: digits, or a number or name in { }. Returns where it ends, 0 when it is none. */
static size_t read_group(const struct replace *op, size_t at, size_t *group)
{
    struct cy_str rest = {op->with.data + at + 1, op->with.size - at - 1}, name = rest, after;
    bool braces = rest.size > 0 && rest.data[0] == '{';
    if (braces) {
        name = cy_str_split((struct cy_str){rest.data + 1, rest.size - 1}, '}', &after);
        if (name.data + name.size == rest.data + rest.size)
            return 0; /* never closed */
    } else {
        name.size = 0;
        while (name.size < rest.size && name.size < 2 && rest.data[name.size] >= '0' && rest.data[name.size] <= '9')
            name.size++;
    }
    bool digits = name.size > 0;
    size_t number = 0;
    for (size_t i = 0; i < name.size && digits; i++) {
        digits = name.data[i] >= '0' && name.data[i] <= '9' && number < 1000;
        number = number * 10 + (size_t)(name.data[i] - '0');
    }
    *group = digits ? number : cy_pattern_group(op->compiled, name);
    bool known = digits ? number <= cy_pattern_group_count(op->compiled) : *group > 0;
    return known ? (size_t)(name.data + name.size - op->with.data) + braces : 0;
}

static enum cy_status compile_with(struct replace *op, struct cy_arena *arena, struct cy_error *error)
{
    char *literal = cy_arena_alloc(arena, op->with.size);
    size_t size = 0;
    op->pieces = cy_arena_alloc(arena, (op->with.size + 1) * sizeof *op->pieces);
    for (size_t at = 0; at < op->with.size;) {
        if (op->with.data[at] != '$') {
            literal[size++] = op->with.data[at++];
            continue;
        }
        if (at + 1 < op->with.size && op->with.data[at + 1] == '$') {
            literal[size++] = '$';
            at += 2;
            continue;
        }
        size_t group, end = read_group(op, at, &group);
        if (end == 0)
            return bad_with(error, op, at, "the pattern has no such group");
        op->pieces[op->piece_count++] = (struct piece){{literal, size}, group};
        literal += size;
        size = 0;
        at = end;
    }
    op->pieces[op->piece_count++] = (struct piece){{literal, size}, SIZE_MAX};
    return CY_OK;
}

static enum cy_status prepare(void *self, const struct cy_step_setup *setup, struct cy_error *error)
{
    struct replace *op = self;
    enum cy_status status = cy_pattern_new(&op->compiled, op->pattern, error);
    return status != CY_OK ? status : compile_with(op, setup->arena, error);
}

static void release(void *self)
{
    cy_pattern_free(((struct replace *)self)->compiled);
}

static void add_replacement(const struct replace *op, struct cy_str text, const struct cy_match *match, struct cy_buffer *out)
{
    for (size_t i = 0; i < op->piece_count; i++) {
        const struct piece *piece = &op->pieces[i];
        cy_buffer_add_str(out, piece->literal);
        if (piece->group >= match->group_count || match->groups[2 * piece->group] > match->groups[2 * piece->group + 1])
            continue; /* no group, or one that took no part in the match */
        size_t start = match->groups[2 * piece->group], end = match->groups[2 * piece->group + 1];
        if (start <= end && end <= text.size)
            cy_buffer_add(out, text.data + start, end - start);
    }
}

/* Replaces in one text. Returns false when it cost too much or grew too large: the text must stay. count 0: nothing matched. */
static bool replace_in(const struct replace *op, struct cy_scratch *scratch, struct cy_str text, struct cy_buffer *out, size_t *count)
{
    struct cy_pattern_budget budget = CY_PATTERN_BUDGET;
    struct cy_match match;
    size_t copied = 0, from = 0;
    bool nonempty_here = false;
    cy_buffer_clear(out);
    for (*count = 0; op->max_per_document < 0 || *count < (size_t)op->max_per_document; (*count)++) {
        enum cy_match_result result = cy_pattern_find(op->compiled, scratch, text, from, nonempty_here, &budget, &match);
        if (result == CY_MATCH_LIMIT || out->size > CY_RECORD_BYTES_MAX)
            return false;
        if (result == CY_MATCH_NONE)
            break;
        size_t start = match.groups[0], end = match.groups[1];
        if (start < copied || end < start)
            return false; /* \K in a lookaround can turn a match round: there is nothing sane to replace */
        cy_buffer_add(out, text.data + copied, start - copied);
        add_replacement(op, text, &match, out);
        copied = from = end;
        nonempty_here = start == end; /* an empty match is not found twice; after another one it is, as in Perl */
    }
    cy_buffer_add(out, text.data + copied, text.size - copied);
    return out->size <= CY_RECORD_BYTES_MAX;
}

static enum cy_status run(const void *self, struct cy_batch *batch, struct cy_error *error)
{
    (void)error;
    const struct replace *op = self;
    struct cy_buffer *out = cy_scratch_buffer(batch->scratch, self);
    double *replacements = cy_batch_signal(batch, SIGNAL_REPLACEMENTS), *limit_hit = cy_batch_signal(batch, SIGNAL_LIMIT_HIT);
    for (size_t row = 0; row < batch->row_count; row++) {
        size_t count;
        bool done = replace_in(op, batch->scratch, batch->texts[row], out, &count);
        limit_hit[row] = !done;
        replacements[row] = done ? (double)count : 0;
        if (done && count > 0)
            batch->texts[row] = cy_arena_str(batch->arena, cy_buffer_str(out));
    }
    return CY_OK;
}

const struct cy_operator cy_operator_replace = {
    .name = "replace",
    .summary = "replace what a regular expression matches",
    .source = "PCRE2 10.42, with its Unicode 14 classes",
    .params = params,
    .signals = signals,
    .self_size = sizeof(struct replace),
    .prepare = prepare,
    .release = release,
    .run = run,
};
