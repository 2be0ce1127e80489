/* The compiler: words of the text → instructions, in one pass of recursive descent. */
#include "operators/expression_code.h"

#include <math.h>
#include <stdlib.h>

enum type { TYPE_ANY, TYPE_NUMBER, TYPE_TEXT, TYPE_BOOL }; /* ANY: known only when it runs */
static const char *const type_names[] = {"a value", "a number", "a text", "a condition"};

struct parser {
    struct cy_str source;
    struct cy_word word; /* the one looked at */
    const struct cy_expression_names *names;
    struct cy_arena *arena;
    struct cy_error *error;
    bool failed;
    size_t nesting;
    size_t depth; /* values on the stack at this point of the program */
    size_t code_capacity;
    struct cy_instruction nowhere; /* written to after an error, never read */
    struct cy_expression *out;
};

/* ---- errors ---- */

static size_t column_of(const struct parser *parser, size_t at)
{
    size_t column = 1;
    for (size_t i = 0; i < at; i++)
        column += ((uint8_t)parser->source.data[i] & 0xC0) != 0x80;
    return column;
}

/* The first error counts. */
static void fail_at(struct parser *parser, size_t at, const char *message, const char *hint)
{
    if (parser->failed)
        return;
    parser->failed = true;
    cy_error_set(parser->error, CY_BAD_RECIPE, "column %zu of the expression: %s", column_of(parser, at), message);
    if (hint != NULL)
        cy_error_hint(parser->error, "%s", hint);
    parser->word =
        (struct cy_word){CY_WORD_END, {parser->source.data, 0}, parser->source.size, parser->source.size}; /* nothing more matches */
}

static const char *word_shown(const struct parser *parser, const struct cy_word *word)
{
    int size = (int)CY_MIN(word->end - word->at, 60);
    if (word->kind == CY_WORD_END)
        return "the end";
    return cy_arena_printf(parser->arena, "\"%.*s\"", size, parser->source.data + word->at);
}

static void fail_expected(struct parser *parser, const char *what)
{
    const char *hint = NULL;
    if (parser->word.kind == CY_WORD_BAD && (*parser->word.text.data == '\'' || *parser->word.text.data == '"'))
        hint = "the quote is never closed; a quote within a text is written twice";
    else if (parser->word.kind == CY_WORD_BAD &&
             (*parser->word.text.data == '&' || *parser->word.text.data == '|' || *parser->word.text.data == '!'))
        hint = "write and, or, not";
    fail_at(parser, parser->word.at, cy_arena_printf(parser->arena, "expected %s, found %s", what, word_shown(parser, &parser->word)),
            hint);
}

/* ---- small steps ---- */

static void advance(struct parser *parser)
{
    parser->word = cy_word_read(parser->source, parser->word.end);
}

static bool is_sign(const struct parser *parser, const char *sign)
{
    return parser->word.kind == CY_WORD_SIGN && cy_str_is(parser->word.text, sign);
}

static bool is_keyword(const struct parser *parser, const char *keyword)
{
    return parser->word.kind == CY_WORD_NAME && cy_str_equal_nocase(parser->word.text, cy_str(keyword));
}

static bool take_sign(struct parser *parser, const char *sign)
{
    bool found = is_sign(parser, sign);
    if (found)
        advance(parser);
    return found;
}

static bool take_keyword(struct parser *parser, const char *keyword)
{
    bool found = is_keyword(parser, keyword);
    if (found)
        advance(parser);
    return found;
}

static void need_sign(struct parser *parser, const char *sign)
{
    if (!take_sign(parser, sign))
        fail_expected(parser, cy_arena_printf(parser->arena, "\"%s\"", sign));
}

/* Appends an instruction that changes the stack's depth by `change`. */
static struct cy_instruction *emit(struct parser *parser, enum cy_opcode op, int change)
{
    struct cy_expression *out = parser->out;
    if (out->code_count == CY_EXPRESSION_CODE_MAX)
        fail_at(parser, parser->word.at, "the expression is too long", "split it into several where steps");
    if (parser->depth + (size_t)CY_MAX(change, 0) > CY_EXPRESSION_STACK_MAX)
        fail_at(parser, parser->word.at, "the expression is nested too deep", "split it into several where steps");
    if (parser->failed)
        return &parser->nowhere;
    parser->depth += (size_t)(ptrdiff_t)change;
    if (out->code_count == parser->code_capacity) {
        parser->code_capacity = CY_MAX(parser->code_capacity * 2, 16);
        out->code = cy_realloc(out->code, parser->code_capacity * sizeof *out->code);
    }
    struct cy_instruction *instruction = &out->code[out->code_count++];
    *instruction = (struct cy_instruction){.op = op};
    return instruction;
}

/* A jump whose target `land` fills in. */
static size_t emit_jump(struct parser *parser, enum cy_opcode op)
{
    emit(parser, op, 0);
    return parser->out->code_count - 1;
}

static void land(struct parser *parser, size_t jump)
{
    if (!parser->failed)
        parser->out->code[jump].index = (uint32_t)parser->out->code_count;
}

/* Makes the value `depth` below the top, of type `has`, one of type `wants`; at: where to point if it cannot be. */
static void convert(struct parser *parser, enum type has, enum type wants, unsigned depth, size_t at)
{
    static const enum cy_opcode ops[] = {[TYPE_NUMBER] = CY_OP_TO_NUMBER, [TYPE_TEXT] = CY_OP_TO_TEXT, [TYPE_BOOL] = CY_OP_TO_BOOL};
    if (has == wants || wants == TYPE_ANY)
        return;
    if (has == TYPE_ANY)
        emit(parser, ops[wants], 0)->depth = depth;
    else
        fail_at(parser, at, cy_arena_printf(parser->arena, "expected %s, found %s", type_names[wants], type_names[has]), NULL);
}

/* Makes the top two values one type; two fields of metadata stay what they hold. `at`: where the upper one begins. */
static enum type unify(struct parser *parser, enum type lower, enum type upper, size_t at)
{
    enum type type = lower != TYPE_ANY ? lower : upper;
    convert(parser, lower, type, 1, at);
    convert(parser, upper, type, 0, at);
    return type;
}

/* ---- names ---- */

static const struct {
    const char *name;
    enum cy_field field;
    enum type type;
} fields[] = {
    {"text", CY_FIELD_TEXT, TYPE_TEXT},
    {"id", CY_FIELD_ID, TYPE_TEXT},
    {"url", CY_FIELD_URL, TYPE_TEXT},
    {"media_type", CY_FIELD_MEDIA_TYPE, TYPE_TEXT},
    {"language", CY_FIELD_LANGUAGE, TYPE_TEXT},
    {"bytes", CY_FIELD_BYTES, TYPE_NUMBER},
    {"read_bytes", CY_FIELD_READ_BYTES, TYPE_NUMBER},
};

static const struct {
    const char *name;
    enum cy_opcode op;
    enum type takes, gives;
    unsigned argument_count; /* one or two, all of one type */
} functions[] = {
    {"length", CY_OP_LENGTH, TYPE_TEXT, TYPE_NUMBER, 1},     {"lower", CY_OP_LOWER, TYPE_TEXT, TYPE_TEXT, 1},
    {"upper", CY_OP_UPPER, TYPE_TEXT, TYPE_TEXT, 1},         {"abs", CY_OP_ABS, TYPE_NUMBER, TYPE_NUMBER, 1},
    {"contains", CY_OP_CONTAINS, TYPE_TEXT, TYPE_BOOL, 2},   {"starts_with", CY_OP_STARTS_WITH, TYPE_TEXT, TYPE_BOOL, 2},
    {"ends_with", CY_OP_ENDS_WITH, TYPE_TEXT, TYPE_BOOL, 2},
};
static const char *const special_functions[] = {"regexp", "coalesce"}; /* parsed by hand below */

/* The hint for a name that is not known: the nearest of all fields, functions and signals. */
static const char *nearest_hint(const struct parser *parser, const char *name)
{
    size_t count = 0, names_max = CY_COUNT(fields) + CY_COUNT(functions) + CY_COUNT(special_functions) + parser->names->signal_count + 1;
    const char **names = cy_arena_alloc(parser->arena, names_max * sizeof *names);
    for (size_t i = 0; i < CY_COUNT(fields); i++)
        names[count++] = fields[i].name;
    for (size_t i = 0; i < CY_COUNT(functions); i++)
        names[count++] = functions[i].name;
    for (size_t i = 0; i < CY_COUNT(special_functions); i++)
        names[count++] = special_functions[i];
    for (size_t i = 0; i < parser->names->signal_count; i++)
        names[count++] = cy_arena_printf(parser->arena, "signals.%s", parser->names->signal_names[i]);
    names[count] = NULL;
    struct cy_str tail = cy_str(cy_arena_printf(parser->arena, ".%s", name));
    for (size_t i = 0; i < parser->names->signal_count; i++) { /* "gopher_quality.words", or "words": the front left out */
        const char *signal = parser->names->signal_names[i];
        if (strcmp(signal, name) == 0 || cy_str_ends(cy_str(signal), tail))
            return cy_arena_printf(parser->arena, "did you mean \"signals.%s\"?", signal);
    }
    const char *nearest = cy_nearest_name(cy_str(name), names);
    if (nearest != NULL)
        return cy_arena_printf(parser->arena, "did you mean \"%s\"?", nearest);
    if (parser->names->signal_count == 0 && strncmp(name, "signals.", 8) == 0)
        return "signals are those of the steps before this one, and there is none";
    return "fields are text, id, url, media_type, language, bytes, read_bytes, metadata.<field> and signals.<step>.<signal>";
}

/* The text of a quoted word, doubled quotes made single, terminated. */
static struct cy_str unquoted(const struct parser *parser, const struct cy_word *word)
{
    char *text = cy_arena_alloc(parser->arena, word->text.size + 1);
    size_t size = 0;
    for (size_t i = 0; i < word->text.size; i++) {
        text[size++] = word->text.data[i];
        if (word->text.data[i] == (word->kind == CY_WORD_TEXT ? '\'' : '"'))
            i++;
    }
    text[size] = '\0';
    return (struct cy_str){text, size};
}

static enum type push_constant(struct parser *parser, struct cy_value value, enum type type)
{
    emit(parser, CY_OP_CONSTANT, 1)->value = value;
    return type;
}

static enum type push_signal(struct parser *parser, const char *const *path, size_t path_count, size_t at)
{
    const char *name = path_count > 1 ? path[1] : "";
    for (size_t i = 2; i < path_count; i++)
        name = cy_arena_printf(parser->arena, "%s.%s", name, path[i]);
    for (size_t i = 0; i < parser->names->signal_count; i++) {
        if (strcmp(parser->names->signal_names[i], name) != 0)
            continue;
        emit(parser, CY_OP_SIGNAL, 1)->index = (uint32_t)i;
        return TYPE_NUMBER;
    }
    const char *full = cy_arena_printf(parser->arena, "signals.%s", name);
    fail_at(parser, at, cy_arena_printf(parser->arena, "no step before this one has the signal \"%s\"", name), nearest_hint(parser, full));
    return TYPE_NUMBER;
}

/* A name with its parts: text, metadata.author, signals.gopher_quality.words. */
static enum type parse_name(struct parser *parser)
{
    const char **path = cy_arena_alloc(parser->arena, CY_EXPRESSION_PATH_MAX * sizeof *path);
    size_t count = 0, at = parser->word.at;
    bool quoted = parser->word.kind == CY_WORD_QUOTED;
    do {
        if (parser->word.kind != CY_WORD_NAME && parser->word.kind != CY_WORD_QUOTED && count > 0)
            fail_expected(parser, "a name after the dot");
        if (count == CY_EXPRESSION_PATH_MAX)
            fail_at(parser, parser->word.at, "the name has too many parts", NULL);
        if (parser->failed)
            return TYPE_ANY;
        path[count++] = parser->word.kind == CY_WORD_QUOTED ? unquoted(parser, &parser->word).data
                                                            : cy_arena_str(parser->arena, parser->word.text).data;
        advance(parser);
    } while (take_sign(parser, "."));
    if (count > 1 && strcmp(path[0], "metadata") == 0) {
        struct cy_instruction *instruction = emit(parser, CY_OP_METADATA, 1);
        instruction->path = path + 1;
        instruction->path_count = (uint32_t)count - 1;
        return TYPE_ANY;
    }
    if (strcmp(path[0], "signals") == 0)
        return push_signal(parser, path, count, at);
    for (size_t i = 0; count == 1 && i < CY_COUNT(fields); i++) {
        if (strcmp(path[0], fields[i].name) != 0)
            continue;
        emit(parser, CY_OP_FIELD, 1)->index = fields[i].field;
        return fields[i].type;
    }
    const char *name = path[0];
    for (size_t i = 1; i < count; i++)
        name = cy_arena_printf(parser->arena, "%s.%s", name, path[i]);
    if (strcmp(name, "metadata") == 0)
        fail_at(parser, at, "metadata needs the name of a field", "write metadata.<field>, as in metadata.author = 'Li Bai'");
    else
        fail_at(parser, at, cy_arena_printf(parser->arena, "there is no field \"%s\"", name),
                quoted ? "names stand in \"…\", texts in '…'" : nearest_hint(parser, name));
    return TYPE_ANY;
}

/* ---- the grammar, from the inside out ---- */

static enum type parse_or(struct parser *parser);
static enum type parse_sum(struct parser *parser);

static bool enter(struct parser *parser)
{
    if (parser->nesting == CY_EXPRESSION_NESTING_MAX)
        fail_at(parser, parser->word.at, "the expression is nested too deep", "split it into several where steps");
    parser->nesting++;
    return !parser->failed;
}

/* regexp(text, 'pattern'): the pattern is compiled here, so it must be a literal. */
static enum type parse_regexp(struct parser *parser)
{
    size_t at = parser->word.at;
    convert(parser, parse_sum(parser), TYPE_TEXT, 0, at);
    need_sign(parser, ",");
    if (parser->word.kind != CY_WORD_TEXT)
        fail_expected(parser, "a pattern in '…'");
    if (parser->failed)
        return TYPE_BOOL;
    struct cy_pattern *pattern;
    struct cy_error error;
    if (cy_pattern_new(&pattern, unquoted(parser, &parser->word), &error) != CY_OK)
        fail_at(parser, parser->word.at, error.message, error.hint);
    else {
        struct cy_instruction *instruction = emit(parser, CY_OP_REGEXP, 0);
        instruction->pattern = pattern;
        if (parser->failed)
            cy_pattern_free(pattern);
        advance(parser);
    }
    need_sign(parser, ")");
    return TYPE_BOOL;
}

/* coalesce(a, b, …): the first that is not NULL. */
static enum type parse_coalesce(struct parser *parser)
{
    size_t jumps[CY_EXPRESSION_STACK_MAX], jump_count = 0;
    enum type type = parse_sum(parser);
    while (take_sign(parser, ",")) {
        if (jump_count == CY_COUNT(jumps))
            fail_at(parser, parser->word.at, "coalesce has too many values", NULL);
        if (parser->failed)
            return type;
        jumps[jump_count++] = emit_jump(parser, CY_OP_JUMP_NOT_NULL);
        emit(parser, CY_OP_DROP, -1);
        size_t at = parser->word.at;
        enum type next = parse_sum(parser);
        if (type != TYPE_ANY && next != TYPE_ANY && type != next)
            fail_at(parser, at, cy_arena_printf(parser->arena, "expected %s as before, found %s", type_names[type], type_names[next]),
                    NULL);
        type = type == next ? type : TYPE_ANY; /* then the place where it stands says what it must be */
    }
    for (size_t i = 0; i < jump_count; i++)
        land(parser, jumps[i]);
    need_sign(parser, ")");
    return type;
}

static enum type parse_call(struct parser *parser, struct cy_word name)
{
    if (cy_str_equal_nocase(name.text, CY_STR("regexp")))
        return parse_regexp(parser);
    if (cy_str_equal_nocase(name.text, CY_STR("coalesce")))
        return parse_coalesce(parser);
    for (size_t i = 0; i < CY_COUNT(functions); i++) {
        if (!cy_str_equal_nocase(name.text, cy_str(functions[i].name)))
            continue;
        for (unsigned argument = 0; argument < functions[i].argument_count; argument++) {
            if (argument > 0)
                need_sign(parser, ",");
            size_t at = parser->word.at;
            convert(parser, parse_sum(parser), functions[i].takes, 0, at);
        }
        emit(parser, functions[i].op, 1 - (int)functions[i].argument_count);
        need_sign(parser, ")");
        return functions[i].gives;
    }
    const char *text = cy_arena_str(parser->arena, name.text).data;
    fail_at(parser, name.at, cy_arena_printf(parser->arena, "there is no function \"%s\"", text), nearest_hint(parser, text));
    return TYPE_ANY;
}

static bool reserved(struct cy_str text)
{
    static const char *const words[] = {"and", "or", "not", "in", "like", "ilike", "is", "between", "escape"};
    for (size_t i = 0; i < CY_COUNT(words); i++)
        if (cy_str_equal_nocase(text, cy_str(words[i])))
            return true;
    return false;
}

static enum type parse_primary(struct parser *parser)
{
    struct cy_word word = parser->word;
    double number;
    if (word.kind == CY_WORD_NUMBER) {
        if (!cy_text_number(word.text, &number) || !isfinite(number))
            fail_at(parser, word.at, cy_arena_printf(parser->arena, "%s is not a number", word_shown(parser, &word)), NULL);
        advance(parser);
        return push_constant(parser, (struct cy_value){.kind = CY_VALUE_NUMBER, .number = number}, TYPE_NUMBER);
    }
    if (word.kind == CY_WORD_TEXT) {
        advance(parser);
        return push_constant(parser, (struct cy_value){.kind = CY_VALUE_TEXT, .text = unquoted(parser, &word)}, TYPE_TEXT);
    }
    if (take_sign(parser, "(")) {
        enum type type = parse_or(parser);
        need_sign(parser, ")");
        return type;
    }
    if (take_keyword(parser, "null"))
        return push_constant(parser, (struct cy_value){CY_VALUE_NULL}, TYPE_ANY);
    if (is_keyword(parser, "true") || is_keyword(parser, "false")) {
        bool truth = is_keyword(parser, "true");
        advance(parser);
        return push_constant(parser, (struct cy_value){.kind = CY_VALUE_BOOL, .truth = truth}, TYPE_BOOL);
    }
    if ((word.kind != CY_WORD_NAME && word.kind != CY_WORD_QUOTED) || (word.kind == CY_WORD_NAME && reserved(word.text))) {
        fail_expected(parser, "a value");
        return TYPE_ANY;
    }
    struct cy_word after = cy_word_read(parser->source, word.end);
    if (word.kind != CY_WORD_NAME || after.kind != CY_WORD_SIGN || !cy_str_is(after.text, "("))
        return parse_name(parser);
    advance(parser);
    advance(parser);
    return parse_call(parser, word);
}

static enum type parse_unary(struct parser *parser)
{
    enum type type = TYPE_ANY;
    if (enter(parser)) {
        if (take_sign(parser, "-")) {
            size_t at = parser->word.at, first = parser->out->code_count;
            convert(parser, parse_unary(parser), TYPE_NUMBER, 0, at);
            bool one = !parser->failed && parser->out->code_count == first + 1;
            if (one && parser->out->code[first].op == CY_OP_CONSTANT) /* a negative literal stays a constant */
                parser->out->code[first].value.number = -parser->out->code[first].value.number;
            else
                emit(parser, CY_OP_NEGATE, 0);
            type = TYPE_NUMBER;
        } else {
            type = parse_primary(parser);
        }
    }
    parser->nesting--;
    return type;
}

struct operation {
    const char *sign;
    enum cy_opcode op;
};

/* side {sign side}, for the signs given, all over numbers and from left to right. */
static enum type parse_arithmetic(struct parser *parser, enum type (*side)(struct parser *), const struct operation *operations)
{
    size_t left_at = parser->word.at;
    enum type type = side(parser);
    for (;;) {
        const struct operation *found = operations;
        while (found->sign != NULL && !is_sign(parser, found->sign))
            found++;
        if (found->sign == NULL)
            return type;
        convert(parser, type, TYPE_NUMBER, 0, left_at);
        advance(parser);
        size_t right_at = parser->word.at;
        convert(parser, side(parser), TYPE_NUMBER, 0, right_at);
        emit(parser, found->op, -1);
        type = TYPE_NUMBER;
    }
}

static enum type parse_product(struct parser *parser)
{
    static const struct operation operations[] = {{"*", CY_OP_MULTIPLY}, {"/", CY_OP_DIVIDE}, {"%", CY_OP_REMAINDER}, {NULL, 0}};
    return parse_arithmetic(parser, parse_unary, operations);
}

static enum type parse_sum(struct parser *parser)
{
    static const struct operation operations[] = {{"+", CY_OP_ADD}, {"-", CY_OP_SUBTRACT}, {NULL, 0}};
    return parse_arithmetic(parser, parse_product, operations);
}

/* Remembers whether this comparison, if it is the whole expression, has a measured number and a threshold.
 * Its left side is code[first..middle), its right side code[middle..now). */
static void note_measure(struct parser *parser, enum type type, size_t first, size_t middle)
{
    struct cy_expression *out = parser->out;
    if (parser->failed)
        return;
    bool left = middle == first + 1 && out->code[first].op == CY_OP_CONSTANT;
    bool right = out->code_count == middle + 1 && out->code[middle].op == CY_OP_CONSTANT;
    const struct cy_instruction *constant = &out->code[left ? first : middle];
    out->measures = type == TYPE_NUMBER && first == 0 && left != right && constant->value.kind == CY_VALUE_NUMBER;
    out->constant_left = left;
    out->threshold = out->measures ? constant->value.number : NAN;
}

static bool parse_comparison(struct parser *parser, enum type left, size_t first)
{
    static const struct operation operations[] = {{"=", CY_OP_EQUAL},    {"==", CY_OP_EQUAL},         {"!=", CY_OP_UNEQUAL},
                                                  {"<>", CY_OP_UNEQUAL}, {"<", CY_OP_LESS},           {"<=", CY_OP_LESS_EQUAL},
                                                  {">", CY_OP_GREATER},  {">=", CY_OP_GREATER_EQUAL}, {NULL, 0}};
    const struct operation *found = operations;
    while (found->sign != NULL && !is_sign(parser, found->sign))
        found++;
    if (found->sign == NULL)
        return false;
    advance(parser);
    size_t at = parser->word.at, middle = parser->out->code_count;
    enum type right = parse_sum(parser);
    enum type type = left != TYPE_ANY ? left : right;
    note_measure(parser, type, first, middle);
    unify(parser, left, right, at);
    emit(parser, found->op, -1);
    return true;
}

static void parse_in(struct parser *parser, enum type left)
{
    need_sign(parser, "(");
    enum type type = left;
    push_constant(parser, (struct cy_value){.kind = CY_VALUE_BOOL, .truth = false}, TYPE_BOOL);
    do {
        size_t at = parser->word.at;
        enum type item = parse_sum(parser);
        if (type == TYPE_ANY && item != TYPE_ANY) { /* the first item of a known type says what a metadata field is */
            type = item;
            convert(parser, TYPE_ANY, type, 2, at);
        }
        convert(parser, item, type, 0, at);
        emit(parser, CY_OP_IN_ITEM, -1);
    } while (take_sign(parser, ","));
    need_sign(parser, ")");
    emit(parser, CY_OP_IN_END, -1);
}

static void parse_like(struct parser *parser, enum type left, size_t left_at, enum cy_opcode op)
{
    convert(parser, left, TYPE_TEXT, 0, left_at);
    size_t at = parser->word.at;
    convert(parser, parse_sum(parser), TYPE_TEXT, 0, at);
    char escape = '\0';
    if (take_keyword(parser, "escape")) {
        if (parser->word.kind != CY_WORD_TEXT || parser->word.text.size != 1 || (uint8_t)*parser->word.text.data >= 0x80)
            fail_expected(parser, "one ASCII character in '…'");
        else
            escape = *parser->word.text.data;
        advance(parser);
    }
    emit(parser, op, -1)->index = (uint8_t)escape;
}

static void parse_between(struct parser *parser, enum type left)
{
    size_t at = parser->word.at;
    enum type low = parse_sum(parser);
    enum type type = unify(parser, left, low, at);
    if (!take_keyword(parser, "and"))
        fail_expected(parser, "and");
    at = parser->word.at;
    enum type high = parse_sum(parser);
    if (type == TYPE_ANY) {
        convert(parser, TYPE_ANY, high, 2, at);
        convert(parser, TYPE_ANY, high, 1, at);
    } else {
        convert(parser, high, type, 0, at);
    }
    emit(parser, CY_OP_BETWEEN, -2);
}

static enum type parse_predicate(struct parser *parser)
{
    size_t at = parser->word.at, first = parser->out->code_count;
    enum type type = parse_sum(parser);
    if (parse_comparison(parser, type, first))
        return TYPE_BOOL;
    if (take_keyword(parser, "is")) {
        bool negated = take_keyword(parser, "not");
        if (!take_keyword(parser, "null"))
            fail_expected(parser, "null");
        emit(parser, CY_OP_IS_NULL, 0);
        if (negated)
            emit(parser, CY_OP_NOT, 0);
        return TYPE_BOOL;
    }
    bool negated = take_keyword(parser, "not");
    if (take_keyword(parser, "in"))
        parse_in(parser, type);
    else if (take_keyword(parser, "like"))
        parse_like(parser, type, at, CY_OP_LIKE);
    else if (take_keyword(parser, "ilike"))
        parse_like(parser, type, at, CY_OP_ILIKE);
    else if (take_keyword(parser, "between"))
        parse_between(parser, type);
    else if (negated)
        fail_expected(parser, "in, like, ilike or between");
    else
        return type;
    if (negated)
        emit(parser, CY_OP_NOT, 0);
    return TYPE_BOOL;
}

static enum type parse_not(struct parser *parser)
{
    enum type type = TYPE_ANY;
    if (enter(parser)) {
        if (take_keyword(parser, "not")) {
            size_t at = parser->word.at;
            convert(parser, parse_not(parser), TYPE_BOOL, 0, at);
            emit(parser, CY_OP_NOT, 0);
            type = TYPE_BOOL;
        } else {
            type = parse_predicate(parser);
        }
    }
    parser->nesting--;
    return type;
}

/* side {keyword side}; the jump skips the right side where the left has decided. */
static enum type parse_logic(struct parser *parser, enum type (*side)(struct parser *), const char *keyword, enum cy_opcode op,
                             enum cy_opcode jump_op)
{
    size_t at = parser->word.at;
    enum type type = side(parser);
    while (take_keyword(parser, keyword)) {
        convert(parser, type, TYPE_BOOL, 0, at);
        size_t jump = emit_jump(parser, jump_op);
        at = parser->word.at;
        convert(parser, side(parser), TYPE_BOOL, 0, at);
        emit(parser, op, -1);
        land(parser, jump);
        type = TYPE_BOOL;
    }
    return type;
}

static enum type parse_and(struct parser *parser)
{
    return parse_logic(parser, parse_not, "and", CY_OP_AND, CY_OP_JUMP_FALSE);
}

static enum type parse_or(struct parser *parser)
{
    return parse_logic(parser, parse_and, "or", CY_OP_OR, CY_OP_JUMP_TRUE);
}

/* ---- the whole ---- */

enum cy_status cy_expression_new(struct cy_expression **expression, struct cy_str text, const struct cy_expression_names *names,
                                 struct cy_arena *arena, struct cy_error *error)
{
    struct cy_expression *out = cy_alloc_zero(1, sizeof *out);
    if (text.data == NULL)
        text = CY_STR("");
    struct parser parser = {.source = text, .names = names, .arena = arena, .error = error, .out = out};
    out->threshold = NAN;
    parser.word = cy_word_read(text, 0);
    enum type type = parse_or(&parser);
    if (!parser.failed && parser.word.kind != CY_WORD_END)
        fail_expected(&parser, "and, or, or the end");
    convert(&parser, type, TYPE_BOOL, 0, 0);
    if (parser.failed) {
        cy_expression_free(out);
        return error->status;
    }
    const struct cy_instruction *last = &out->code[out->code_count - 1];
    if (last->op < CY_OP_EQUAL || last->op > CY_OP_GREATER_EQUAL) { /* a comparison within something larger decides nothing alone */
        out->measures = false;
        out->threshold = NAN;
    }
    *expression = out;
    return CY_OK;
}

void cy_expression_free(struct cy_expression *expression)
{
    if (expression == NULL)
        return;
    for (size_t i = 0; i < expression->code_count; i++)
        cy_pattern_free(expression->code[i].pattern);
    free(expression->code);
    free(expression);
}
