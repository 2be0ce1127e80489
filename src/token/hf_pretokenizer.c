/* The file's pre-tokenizer. Where it only cuts, it becomes a splitter (and takes the fast path); else a cutter: a list of steps over
 * pieces that lie end to end in a buffer. */
#include "token/hf.h"

#include "token/peer_unicode.h"
#include "token/splitter.h"

#include <stdlib.h>

enum { DEPTH_MAX = 16, STEP_COUNT_MAX = 64 };

/* What becomes of the parts of a piece that are delimiters. */
enum behavior { ISOLATED, REMOVED, MERGED_WITH_PREVIOUS, MERGED_WITH_NEXT, CONTIGUOUS };

enum step_kind { STEP_SPLIT, STEP_METASPACE, STEP_PREFIX_SPACE };

/* Before which pieces Metaspace's character is put; in the order of `schemes`. */
enum prepend { PREPEND_NEVER, PREPEND_FIRST, PREPEND_ALWAYS };

/* Whether a character is a delimiter. */
typedef bool is_delimiter_fn(uint32_t point);

struct step {
    enum step_kind kind;
    enum behavior behavior;
    bool invert;
    struct cy_splitter *pattern;   /* what is a delimiter: with marked matches, unless it is isolated; */
    is_delimiter_fn *is_delimiter; /* or these characters, each alone */
    uint32_t delimiter;            /* or this one, where both are NULL */
    struct cy_str replacement;     /* Metaspace: of spaces, and what stands before a piece */
    enum prepend prepend;
    bool split;
};

struct cutter {
    struct cy_token_cutter base;
    struct step steps[STEP_COUNT_MAX];
    size_t count;
};

/* ---- running ---- */

struct pieces {
    struct cy_buffer bytes;
    struct cy_piece_ends ends;
    bool first; /* the first piece begins the input */
};

static void add_piece(struct pieces *pieces, struct cy_str piece)
{
    if (piece.size == 0)
        return;
    cy_buffer_add_str(&pieces->bytes, piece);
    cy_piece_ends_add(&pieces->ends, (uint32_t)pieces->bytes.size);
}

/* The parts of a piece: ends with CY_PIECE_MATCH where the part is a delimiter. */
static void find_parts(const struct step *step, struct cy_str piece, struct cy_piece_ends *parts)
{
    parts->count = 0;
    if (step->pattern != NULL) {
        step->pattern->run(step->pattern, piece, parts);
        return;
    }
    size_t other = 0; /* where the characters between delimiters begin */
    for (const char *at = piece.data, *end = piece.data + piece.size; at < end;) {
        size_t start = (size_t)(at - piece.data);
        uint32_t point = cy_utf8_decode(&at, end);
        if (step->is_delimiter != NULL ? !step->is_delimiter(point) : point != step->delimiter)
            continue;
        if (start > other)
            cy_piece_ends_add(parts, (uint32_t)start);
        other = (size_t)(at - piece.data);
        cy_piece_ends_add(parts, (uint32_t)other | CY_PIECE_MATCH);
    }
    if (other < piece.size)
        cy_piece_ends_add(parts, (uint32_t)piece.size);
}

/* Whether a new piece begins with part i > 0; `joined`: the part before is a delimiter that was joined to its neighbour. */
static bool cuts_before(const struct step *step, const struct cy_piece_ends *parts, size_t i)
{
    bool match = ((parts->items[i] & CY_PIECE_MATCH) != 0) != step->invert;
    bool previous = ((parts->items[i - 1] & CY_PIECE_MATCH) != 0) != step->invert;
    switch (step->behavior) {
    case CONTIGUOUS:
        return match != previous;
    case MERGED_WITH_PREVIOUS: /* a delimiter goes with what stands before, unless that is a delimiter */
        return !(match && !previous);
    case MERGED_WITH_NEXT:
        return !(previous && !match);
    case ISOLATED:
    case REMOVED:
        break;
    }
    return true;
}

static void run_split(const struct step *step, struct cy_str piece, bool opens, struct cy_piece_ends *parts, struct pieces *out)
{
    uint32_t start = 0;
    find_parts(step, piece, parts);
    for (size_t i = 0; i < parts->count; i++) {
        uint32_t end = parts->items[i] & ~CY_PIECE_MATCH;
        bool removed = step->behavior == REMOVED && ((parts->items[i] & CY_PIECE_MATCH) != 0) != step->invert;
        if (removed) {
            out->first = out->first && !(opens && i == 0);
            start = end;
        } else if (i + 1 == parts->count || cuts_before(step, parts, i + 1)) {
            add_piece(out, (struct cy_str){piece.data + start, end - start});
            start = end;
        }
    }
}

static void run_metaspace(const struct step *step, struct cy_str piece, bool opens, struct pieces *out)
{
    struct cy_buffer whole = {0};
    bool has = cy_str_starts(piece, step->replacement) || piece.data[0] == ' ';
    if (!has && (step->prepend == PREPEND_ALWAYS || (step->prepend == PREPEND_FIRST && opens && out->first)))
        cy_buffer_add_str(&whole, step->replacement);
    for (size_t i = 0; i < piece.size; i++) {
        if (piece.data[i] == ' ')
            cy_buffer_add_str(&whole, step->replacement);
        else
            cy_buffer_add_byte(&whole, (uint8_t)piece.data[i]);
    }
    struct cy_str rest = cy_buffer_str(&whole);
    while (step->split && rest.size > step->replacement.size) {
        const char *next = memmem(rest.data + 1, rest.size - 1, step->replacement.data, step->replacement.size);
        if (next == NULL)
            break;
        size_t size = (size_t)(next - rest.data);
        add_piece(out, (struct cy_str){rest.data, size});
        rest = (struct cy_str){next, rest.size - size};
    }
    add_piece(out, rest);
    cy_buffer_release(&whole);
}

static void run_step(const struct step *step, const struct pieces *in, struct cy_piece_ends *parts, struct pieces *out)
{
    uint32_t start = 0;
    out->first = in->first;
    for (size_t i = 0; i < in->ends.count; start = in->ends.items[i++]) {
        struct cy_str piece = {in->bytes.data + start, in->ends.items[i] - start};
        switch (step->kind) {
        case STEP_SPLIT:
            run_split(step, piece, i == 0, parts, out);
            break;
        case STEP_METASPACE:
            run_metaspace(step, piece, i == 0, out);
            break;
        case STEP_PREFIX_SPACE:
            if (piece.data[0] != ' ')
                cy_buffer_add_byte(&out->bytes, ' ');
            add_piece(out, piece);
            break;
        }
    }
}

static void run(const struct cy_token_cutter *self, struct cy_str text, bool first, struct cy_buffer *out, struct cy_piece_ends *ends)
{
    const struct cutter *cutter = (const struct cutter *)self;
    struct pieces from = {.first = first}, to = {.first = first};
    struct cy_piece_ends parts = {0};
    add_piece(&from, text);
    for (size_t i = 0; i < cutter->count; i++) {
        cy_buffer_clear(&to.bytes);
        to.ends.count = 0;
        run_step(&cutter->steps[i], &from, &parts, &to);
        struct pieces other = from;
        from = to;
        to = other;
    }
    cy_buffer_add_str(out, cy_buffer_str(&from.bytes));
    for (size_t i = 0; i < from.ends.count; i++)
        cy_piece_ends_add(ends, from.ends.items[i]);
    cy_buffer_release(&from.bytes);
    cy_buffer_release(&to.bytes);
    free(from.ends.items);
    free(to.ends.items);
    free(parts.items);
}

static void release(struct cy_token_cutter *self)
{
    struct cutter *cutter = (struct cutter *)self;
    for (size_t i = 0; i < cutter->count; i++)
        if (cutter->steps[i].pattern != NULL && cutter->steps[i].pattern->release != NULL)
            cutter->steps[i].pattern->release(cutter->steps[i].pattern);
}

/* ---- reading ---- */

static bool is_number(uint32_t point)
{
    return (cy_peer_class(point) & CY_PEER_NUMBER) != 0;
}

static bool is_white_space(uint32_t point)
{
    return cy_is_white_space(point);
}

static bool is_punctuation(uint32_t point)
{
    return (cy_peer_class(point) & CY_PEER_PUNCTUATION) != 0 || (point < 0x80 && cy_is_symbol(point));
}

static enum cy_status add_step(struct cutter *cutter, struct step step, struct cy_error *error)
{
    if (cutter->count == STEP_COUNT_MAX) {
        if (step.pattern != NULL && step.pattern->release != NULL)
            step.pattern->release(step.pattern);
        return cy_error_set(error, CY_BAD_INPUT, "the pre-tokenizer has more than %d steps", STEP_COUNT_MAX);
    }
    cutter->steps[cutter->count++] = step;
    return CY_OK;
}

static enum cy_status read_behavior(yyjson_val *section, enum behavior when_absent, enum behavior *behavior, struct cy_error *error)
{
    static const char *const names[] = {"Isolated", "Removed", "MergedWithPrevious", "MergedWithNext", "Contiguous"};
    yyjson_val *value = yyjson_obj_get(section, "behavior");
    *behavior = when_absent;
    if (value == NULL)
        return CY_OK;
    for (size_t i = 0; i < CY_COUNT(names); i++)
        if (yyjson_equals_str(value, names[i]))
            return *behavior = (enum behavior)i, CY_OK;
    return cy_error_set(error, CY_BAD_INPUT, "the pre-tokenizer's behavior \"%.60s\" is not known",
                        yyjson_is_str(value) ? yyjson_get_str(value) : "");
}

static enum cy_status read_split(struct cy_arena *arena, struct cutter *cutter, yyjson_val *section, struct cy_error *error)
{
    static const char *const keys[] = {"pattern", "behavior", "invert", NULL};
    struct step step = {.kind = STEP_SPLIT, .invert = cy_hf_flag(section, "invert", false)};
    struct cy_str pattern, literal;
    enum cy_status status = cy_hf_check_keys(section, "pre-tokenizer", keys, error);
    if (status == CY_OK)
        status = read_behavior(section, ISOLATED, &step.behavior, error);
    if (status == CY_OK)
        status = cy_hf_pattern(section, arena, &pattern, &literal, error);
    if (status != CY_OK)
        return status;
    if (step.behavior == ISOLATED) {
        status = cy_splitter_new(&step.pattern, pattern, arena, error);
    } else {
        status = cy_splitter_regex(&step.pattern, pattern, arena, error);
        if (status == CY_OK)
            cy_splitter_mark_matches(step.pattern);
    }
    return status == CY_OK ? add_step(cutter, step, error) : status;
}

/* GPT-2's pattern, which ByteLevel splits by. */
static const char byte_level_pattern[] = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

static enum cy_status read_byte_level(struct cy_hf *hf, struct cutter *cutter, yyjson_val *section, struct cy_error *error)
{
    static const char *const keys[] = {"add_prefix_space", "trim_offsets", "use_regex", NULL};
    struct step step = {.kind = STEP_SPLIT};
    enum cy_status status = cy_hf_check_keys(section, "pre-tokenizer", keys, error);
    hf->byte_level = true;
    if (status == CY_OK && cy_hf_flag(section, "add_prefix_space", true))
        status = add_step(cutter, (struct step){.kind = STEP_PREFIX_SPACE}, error);
    if (status != CY_OK || !cy_hf_flag(section, "use_regex", true))
        return status;
    status = cy_splitter_new(&step.pattern, cy_str(byte_level_pattern), &hf->tokenizer->arena, error);
    return status == CY_OK ? add_step(cutter, step, error) : status;
}

static enum cy_status read_metaspace(struct cy_arena *arena, struct cutter *cutter, yyjson_val *section, struct cy_error *error)
{
    static const char *const keys[] = {"replacement", "str_rep", "add_prefix_space", "prepend_scheme", "split", NULL};
    static const char *const schemes[] = {"never", "first", "always"};
    yyjson_val *scheme = yyjson_obj_get(section, "prepend_scheme");
    struct step step = {.kind = STEP_METASPACE,
                        .replacement = cy_arena_str(arena, cy_hf_str(yyjson_obj_get(section, "replacement"))),
                        .prepend = cy_hf_flag(section, "add_prefix_space", true) ? PREPEND_ALWAYS : PREPEND_NEVER,
                        .split = cy_hf_flag(section, "split", true)};
    enum cy_status status = cy_hf_check_keys(section, "pre-tokenizer", keys, error);
    for (size_t i = 0; i < CY_COUNT(schemes) && step.prepend != PREPEND_NEVER; i++)
        if (yyjson_equals_str(scheme, schemes[i]))
            step.prepend = (enum prepend)i;
    if (status == CY_OK && step.replacement.size == 0)
        status = cy_error_set(error, CY_BAD_INPUT, "the pre-tokenizer \"Metaspace\" has no replacement");
    return status == CY_OK ? add_step(cutter, step, error) : status;
}

/* \w+|[^\w\s]+: what lies between is dropped. */
static enum cy_status read_whitespace(struct cy_arena *arena, struct cutter *cutter, struct cy_error *error)
{
    struct step step = {.kind = STEP_SPLIT, .behavior = REMOVED, .invert = true};
    enum cy_status status = cy_splitter_regex(&step.pattern, CY_STR("\\w+|[^\\w\\s]+"), arena, error);
    if (status != CY_OK)
        return status;
    cy_splitter_mark_matches(step.pattern);
    return add_step(cutter, step, error);
}

static enum cy_status read_characters(struct cutter *cutter, yyjson_val *section, struct cy_str type, struct cy_error *error)
{
    struct step step = {.kind = STEP_SPLIT};
    if (cy_str_is(type, "WhitespaceSplit")) {
        step.is_delimiter = is_white_space;
        step.behavior = REMOVED;
    } else if (cy_str_is(type, "Digits")) {
        step.is_delimiter = is_number;
        step.behavior = cy_hf_flag(section, "individual_digits", false) ? ISOLATED : CONTIGUOUS;
    } else if (cy_str_is(type, "Punctuation")) {
        step.is_delimiter = is_punctuation;
        if (read_behavior(section, ISOLATED, &step.behavior, error) != CY_OK)
            return CY_BAD_INPUT;
    } else { /* CharDelimiterSplit */
        struct cy_str text = cy_hf_str(yyjson_obj_get(section, "delimiter"));
        const char *at = text.data;
        if (text.size == 0)
            return cy_error_set(error, CY_BAD_INPUT, "the pre-tokenizer \"CharDelimiterSplit\" has no delimiter");
        step.delimiter = cy_utf8_decode(&at, text.data + text.size);
        step.behavior = REMOVED;
    }
    return add_step(cutter, step, error);
}

static enum cy_status read_bert(struct cutter *cutter, struct cy_error *error)
{
    enum cy_status status = add_step(cutter, (struct step){.kind = STEP_SPLIT, .is_delimiter = is_white_space, .behavior = REMOVED}, error);
    return status == CY_OK ? add_step(cutter, (struct step){.kind = STEP_SPLIT, .is_delimiter = is_punctuation}, error) : status;
}

static enum cy_status read_section(struct cy_hf *hf, struct cutter *cutter, yyjson_val *section, unsigned depth, struct cy_error *error)
{
    struct cy_arena *arena = &hf->tokenizer->arena;
    struct cy_str type = cy_hf_type(section);
    if (hf->byte_level)
        return cy_error_set(error, CY_BAD_INPUT, "the file asks for a pre-tokenizer \"%.*s\" behind ByteLevel, which we do not have",
                            (int)CY_MIN(type.size, (size_t)80), type.data);
    if (cy_str_is(type, "Split"))
        return read_split(arena, cutter, section, error);
    if (cy_str_is(type, "ByteLevel"))
        return read_byte_level(hf, cutter, section, error);
    if (cy_str_is(type, "Metaspace"))
        return read_metaspace(arena, cutter, section, error);
    if (cy_str_is(type, "Whitespace"))
        return read_whitespace(arena, cutter, error);
    if (cy_str_is(type, "WhitespaceSplit") || cy_str_is(type, "Digits") || cy_str_is(type, "Punctuation") ||
        cy_str_is(type, "CharDelimiterSplit"))
        return read_characters(cutter, section, type, error);
    if (cy_str_is(type, "BertPreTokenizer"))
        return read_bert(cutter, error);
    if (!cy_str_is(type, "Sequence") || depth > DEPTH_MAX)
        return cy_hf_unknown("pre-tokenizer", section, error);
    size_t index, count;
    yyjson_val *part;
    enum cy_status status = CY_OK;
    yyjson_arr_foreach(yyjson_obj_get(section, "pretokenizers"), index, count, part)
    {
        if (status == CY_OK)
            status = read_section(hf, cutter, part, depth + 1, error);
    }
    return status;
}

/* Where every step cuts by a pattern alone, the patterns are all there is. */
static void use_splitters(struct cy_tokenizer *tokenizer, const struct cutter *cutter)
{
    struct cy_splitter *splitters[STEP_COUNT_MAX];
    for (size_t i = 0; i < cutter->count; i++) {
        const struct step *step = &cutter->steps[i];
        if (step->kind != STEP_SPLIT || step->behavior != ISOLATED || step->pattern == NULL)
            return;
        splitters[i] = step->pattern;
    }
    tokenizer->cutter = NULL;
    if (cutter->count > 0)
        tokenizer->splitter = cutter->count == 1 ? splitters[0] : cy_splitter_sequence(splitters, cutter->count, &tokenizer->arena);
}

enum cy_status cy_hf_read_pretokenizer(struct cy_hf *hf, yyjson_val *section, struct cy_error *error)
{
    if (section == NULL || yyjson_is_null(section))
        return CY_OK;
    struct cutter *made = cy_arena_zero(&hf->tokenizer->arena, sizeof *made);
    made->base = (struct cy_token_cutter){.run = run, .release = release};
    hf->tokenizer->cutter = &made->base;
    enum cy_status status = read_section(hf, made, section, 0, error);
    for (size_t i = 0; i < made->count && hf->tokenizer->normalizer != NULL; i++)
        if (made->steps[i].kind == STEP_METASPACE && made->steps[i].prepend == PREPEND_FIRST)
            cy_hf_watch_start(hf->tokenizer->normalizer);
    if (status == CY_OK)
        use_splitters(hf->tokenizer, made);
    return status;
}
