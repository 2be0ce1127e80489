/* The grammar: words of the text → instructions, in one pass of recursive descent. */
#include "operators/expression_compiler.h"

#include <math.h>
#include <stdlib.h>

/* ---- names ---- */

static const struct {
    const char *name;
    enum cy_field field;
    enum cy_expression_type type;
} fields[] = {
    {"text", CY_FIELD_TEXT, CY_TYPE_TEXT},         {"id", CY_FIELD_ID, CY_TYPE_TEXT},
    {"url", CY_FIELD_URL, CY_TYPE_TEXT},           {"media_type", CY_FIELD_MEDIA_TYPE, CY_TYPE_TEXT},
    {"language", CY_FIELD_LANGUAGE, CY_TYPE_TEXT}, {"source", CY_FIELD_SOURCE, CY_TYPE_TEXT},
    {"license", CY_FIELD_LICENSE, CY_TYPE_TEXT},   {"party", CY_FIELD_PARTY, CY_TYPE_TEXT},
    {"bytes", CY_FIELD_BYTES, CY_TYPE_NUMBER},     {"read_bytes", CY_FIELD_READ_BYTES, CY_TYPE_NUMBER},
};

static const struct {
    const char *name;
    enum cy_opcode op;
    enum cy_expression_type takes, gives;
    unsigned argument_count; /* one or two, all of one type */
} functions[] = {
    {"length", CY_OP_LENGTH, CY_TYPE_TEXT, CY_TYPE_NUMBER, 1},     {"lower", CY_OP_LOWER, CY_TYPE_TEXT, CY_TYPE_TEXT, 1},
    {"upper", CY_OP_UPPER, CY_TYPE_TEXT, CY_TYPE_TEXT, 1},         {"abs", CY_OP_ABS, CY_TYPE_NUMBER, CY_TYPE_NUMBER, 1},
    {"contains", CY_OP_CONTAINS, CY_TYPE_TEXT, CY_TYPE_BOOL, 2},   {"starts_with", CY_OP_STARTS_WITH, CY_TYPE_TEXT, CY_TYPE_BOOL, 2},
    {"ends_with", CY_OP_ENDS_WITH, CY_TYPE_TEXT, CY_TYPE_BOOL, 2},
};
static const char *const special_functions[] = {"regexp", "coalesce"}; /* parsed by hand below */

/* The hint for a name that is not known: the nearest of all fields, functions and signals. */
static const char *nearest_hint(const struct cy_compiler *compiler, const char *name)
{
    const struct cy_expression_names *known = compiler->names;
    size_t count = 0,
           names_max = CY_COUNT(fields) + CY_COUNT(functions) + CY_COUNT(special_functions) + known->signal_count + known->token_count + 1;
    const char **names = cy_arena_alloc(compiler->arena, names_max * sizeof *names);
    for (size_t i = 0; i < CY_COUNT(fields); i++)
        names[count++] = fields[i].name;
    for (size_t i = 0; i < CY_COUNT(functions); i++)
        names[count++] = functions[i].name;
    for (size_t i = 0; i < CY_COUNT(special_functions); i++)
        names[count++] = special_functions[i];
    for (size_t i = 0; i < known->signal_count; i++)
        names[count++] = cy_arena_printf(compiler->arena, "signals.%s", known->signal_names[i]);
    for (size_t i = 0; i < known->token_count; i++)
        names[count++] = cy_arena_printf(compiler->arena, "tokens.%s", known->token_names[i]);
    names[count] = NULL;
    struct cy_str tail = cy_str(cy_arena_printf(compiler->arena, ".%s", name));
    for (size_t i = 0; i < known->signal_count; i++) { /* "gopher_quality.words", or "words": the front left out */
        const char *signal = known->signal_names[i];
        if (strcmp(signal, name) == 0 || cy_str_ends(cy_str(signal), tail))
            return cy_arena_printf(compiler->arena, "did you mean \"signals.%s\"?", signal);
    }
    const char *nearest = cy_nearest_name(cy_str(name), names);
    if (nearest != NULL)
        return cy_arena_printf(compiler->arena, "did you mean \"%s\"?", nearest);
    if (known->signal_count == 0 && strncmp(name, "signals.", 8) == 0)
        return "signals are those of the steps before this one, and there is none";
    return "fields are text, id, url, media_type, language, source, license, party, bytes, read_bytes, metadata.<field>, "
           "signals.<step>.<signal> and tokens.<vocabulary>";
}

/* The text of a quoted word, doubled quotes made single, terminated. */
static struct cy_str unquoted(const struct cy_compiler *compiler, const struct cy_word *word)
{
    char *text = cy_arena_alloc(compiler->arena, word->text.size + 1);
    size_t size = 0;
    for (size_t i = 0; i < word->text.size; i++) {
        text[size++] = word->text.data[i];
        if (word->text.data[i] == (word->kind == CY_WORD_TEXT ? '\'' : '"'))
            i++;
    }
    text[size] = '\0';
    return (struct cy_str){text, size};
}

static enum cy_expression_type push_constant(struct cy_compiler *compiler, struct cy_value value, enum cy_expression_type type)
{
    cy_compiler_emit(compiler, CY_OP_CONSTANT, 1)->value = value;
    return type;
}

/* The parts of a name behind the first, put together again: "gopher_quality.words". */
static const char *rest_of(const struct cy_compiler *compiler, const char *const *path, size_t path_count)
{
    const char *name = path_count > 1 ? path[1] : "";
    for (size_t i = 2; i < path_count; i++)
        name = cy_arena_printf(compiler->arena, "%s.%s", name, path[i]);
    return name;
}

static enum cy_expression_type push_signal(struct cy_compiler *compiler, const char *const *path, size_t path_count, size_t at)
{
    const char *name = rest_of(compiler, path, path_count);
    for (size_t i = 0; i < compiler->names->signal_count; i++) {
        if (strcmp(compiler->names->signal_names[i], name) != 0)
            continue;
        cy_compiler_emit(compiler, CY_OP_SIGNAL, 1)->index = (uint32_t)i;
        return CY_TYPE_NUMBER;
    }
    const char *full = cy_arena_printf(compiler->arena, "signals.%s", name);
    cy_compiler_fail(compiler, at, cy_arena_printf(compiler->arena, "no step before this one has the signal \"%s\"", name),
                     nearest_hint(compiler, full));
    return CY_TYPE_NUMBER;
}

static enum cy_expression_type push_tokens(struct cy_compiler *compiler, const char *const *path, size_t path_count, size_t at)
{
    const char *name = rest_of(compiler, path, path_count);
    for (size_t i = 0; i < compiler->names->token_count; i++) {
        if (strcmp(compiler->names->token_names[i], name) != 0)
            continue;
        cy_compiler_emit(compiler, CY_OP_TOKENS, 1)->index = (uint32_t)i;
        return CY_TYPE_NUMBER;
    }
    const char *what = name[0] == '\0' ? "tokens needs the name of a vocabulary"
                                       : cy_arena_printf(compiler->arena, "no step before this one counts the tokens of \"%s\"", name);
    const char *hint = compiler->names->token_count > 0 ? nearest_hint(compiler, cy_arena_printf(compiler->arena, "tokens.%s", name))
                                                        : "put a step before it that counts them: count_tokens: <vocabulary>";
    cy_compiler_fail(compiler, at, what, hint);
    return CY_TYPE_NUMBER;
}

/* A name with its parts: text, metadata.author, signals.gopher_quality.words. */
static enum cy_expression_type parse_name(struct cy_compiler *compiler)
{
    const char **path = cy_arena_alloc(compiler->arena, CY_EXPRESSION_PATH_MAX * sizeof *path);
    size_t count = 0, at = compiler->word.at;
    bool quoted = compiler->word.kind == CY_WORD_QUOTED;
    do {
        if (compiler->word.kind != CY_WORD_NAME && compiler->word.kind != CY_WORD_QUOTED && count > 0)
            cy_compiler_expected(compiler, "a name after the dot");
        if (count == CY_EXPRESSION_PATH_MAX)
            cy_compiler_fail(compiler, compiler->word.at, "the name has too many parts", NULL);
        if (compiler->failed)
            return CY_TYPE_ANY;
        path[count++] = compiler->word.kind == CY_WORD_QUOTED ? unquoted(compiler, &compiler->word).data
                                                              : cy_arena_str(compiler->arena, compiler->word.text).data;
        cy_compiler_advance(compiler);
    } while (cy_compiler_take_sign(compiler, "."));
    if (count > 1 && strcmp(path[0], "metadata") == 0) {
        struct cy_instruction *instruction = cy_compiler_emit(compiler, CY_OP_METADATA, 1);
        instruction->path = path + 1;
        instruction->path_count = (uint32_t)count - 1;
        return CY_TYPE_ANY;
    }
    if (strcmp(path[0], "signals") == 0)
        return push_signal(compiler, path, count, at);
    if (strcmp(path[0], "tokens") == 0)
        return push_tokens(compiler, path, count, at);
    for (size_t i = 0; count == 1 && i < CY_COUNT(fields); i++) {
        if (strcmp(path[0], fields[i].name) != 0)
            continue;
        cy_compiler_emit(compiler, CY_OP_FIELD, 1)->index = fields[i].field;
        return fields[i].type;
    }
    const char *name = path[0];
    for (size_t i = 1; i < count; i++)
        name = cy_arena_printf(compiler->arena, "%s.%s", name, path[i]);
    if (strcmp(name, "metadata") == 0)
        cy_compiler_fail(compiler, at, "metadata needs the name of a field", "write metadata.<field>, as in metadata.author = 'Li Bai'");
    else
        cy_compiler_fail(compiler, at, cy_arena_printf(compiler->arena, "there is no field \"%s\"", name),
                         quoted ? "names stand in \"…\", texts in '…'" : nearest_hint(compiler, name));
    return CY_TYPE_ANY;
}

/* ---- the grammar, from the inside out ---- */

static enum cy_expression_type parse_or(struct cy_compiler *compiler);
static enum cy_expression_type parse_sum(struct cy_compiler *compiler);

static bool enter(struct cy_compiler *compiler)
{
    if (compiler->nesting == CY_EXPRESSION_NESTING_MAX)
        cy_compiler_fail(compiler, compiler->word.at, "the expression is nested too deep", "split it into several where steps");
    compiler->nesting++;
    return !compiler->failed;
}

/* regexp(text, 'pattern'): the pattern is compiled here, so it must be a literal. */
static enum cy_expression_type parse_regexp(struct cy_compiler *compiler)
{
    size_t at = compiler->word.at;
    cy_compiler_convert(compiler, parse_sum(compiler), CY_TYPE_TEXT, 0, at);
    cy_compiler_need_sign(compiler, ",");
    if (compiler->word.kind != CY_WORD_TEXT)
        cy_compiler_expected(compiler, "a pattern in '…'");
    if (compiler->failed)
        return CY_TYPE_BOOL;
    struct cy_pattern *pattern;
    struct cy_error error;
    if (cy_pattern_new(&pattern, unquoted(compiler, &compiler->word), &error) != CY_OK)
        cy_compiler_fail(compiler, compiler->word.at, error.message, error.hint);
    else {
        struct cy_instruction *instruction = cy_compiler_emit(compiler, CY_OP_REGEXP, 0);
        instruction->pattern = pattern;
        if (compiler->failed)
            cy_pattern_free(pattern);
        cy_compiler_advance(compiler);
    }
    cy_compiler_need_sign(compiler, ")");
    return CY_TYPE_BOOL;
}

/* coalesce(a, b, …): the first that is not NULL. */
static enum cy_expression_type parse_coalesce(struct cy_compiler *compiler)
{
    size_t jumps[CY_EXPRESSION_STACK_MAX], jump_count = 0;
    enum cy_expression_type type = parse_sum(compiler);
    while (cy_compiler_take_sign(compiler, ",")) {
        if (jump_count == CY_COUNT(jumps))
            cy_compiler_fail(compiler, compiler->word.at, "coalesce has too many values", NULL);
        if (compiler->failed)
            return type;
        jumps[jump_count++] = cy_compiler_emit_jump(compiler, CY_OP_JUMP_NOT_NULL);
        cy_compiler_emit(compiler, CY_OP_DROP, -1);
        size_t at = compiler->word.at;
        enum cy_expression_type next = parse_sum(compiler);
        if (type != CY_TYPE_ANY && next != CY_TYPE_ANY && type != next)
            cy_compiler_fail(compiler, at,
                             cy_arena_printf(compiler->arena, "expected %s as before, found %s", cy_expression_type_names[type],
                                             cy_expression_type_names[next]),
                             NULL);
        type = type == next ? type : CY_TYPE_ANY; /* then the place where it stands says what it must be */
    }
    for (size_t i = 0; i < jump_count; i++)
        cy_compiler_land(compiler, jumps[i]);
    cy_compiler_need_sign(compiler, ")");
    return type;
}

static enum cy_expression_type parse_call(struct cy_compiler *compiler, struct cy_word name)
{
    if (cy_str_equal_nocase(name.text, CY_STR("regexp")))
        return parse_regexp(compiler);
    if (cy_str_equal_nocase(name.text, CY_STR("coalesce")))
        return parse_coalesce(compiler);
    for (size_t i = 0; i < CY_COUNT(functions); i++) {
        if (!cy_str_equal_nocase(name.text, cy_str(functions[i].name)))
            continue;
        for (unsigned argument = 0; argument < functions[i].argument_count; argument++) {
            if (argument > 0)
                cy_compiler_need_sign(compiler, ",");
            size_t at = compiler->word.at;
            cy_compiler_convert(compiler, parse_sum(compiler), functions[i].takes, 0, at);
        }
        cy_compiler_emit(compiler, functions[i].op, 1 - (int)functions[i].argument_count);
        cy_compiler_need_sign(compiler, ")");
        return functions[i].gives;
    }
    const char *text = cy_arena_str(compiler->arena, name.text).data;
    cy_compiler_fail(compiler, name.at, cy_arena_printf(compiler->arena, "there is no function \"%s\"", text),
                     nearest_hint(compiler, text));
    return CY_TYPE_ANY;
}

static bool reserved(struct cy_str text)
{
    static const char *const words[] = {"and", "or", "not", "in", "like", "ilike", "is", "between", "escape"};
    for (size_t i = 0; i < CY_COUNT(words); i++)
        if (cy_str_equal_nocase(text, cy_str(words[i])))
            return true;
    return false;
}

static enum cy_expression_type parse_primary(struct cy_compiler *compiler)
{
    struct cy_word word = compiler->word;
    double number;
    if (word.kind == CY_WORD_NUMBER) {
        if (!cy_text_number(word.text, &number) || !isfinite(number))
            cy_compiler_fail(compiler, word.at, cy_arena_printf(compiler->arena, "%s is not a number", cy_compiler_shown(compiler, &word)),
                             NULL);
        cy_compiler_advance(compiler);
        return push_constant(compiler, (struct cy_value){.kind = CY_VALUE_NUMBER, .number = number}, CY_TYPE_NUMBER);
    }
    if (word.kind == CY_WORD_TEXT) {
        cy_compiler_advance(compiler);
        return push_constant(compiler, (struct cy_value){.kind = CY_VALUE_TEXT, .text = unquoted(compiler, &word)}, CY_TYPE_TEXT);
    }
    if (cy_compiler_take_sign(compiler, "(")) {
        enum cy_expression_type type = parse_or(compiler);
        cy_compiler_need_sign(compiler, ")");
        return type;
    }
    if (cy_compiler_take_word(compiler, "null"))
        return push_constant(compiler, (struct cy_value){CY_VALUE_NULL}, CY_TYPE_ANY);
    if (cy_compiler_at_word(compiler, "true") || cy_compiler_at_word(compiler, "false")) {
        bool truth = cy_compiler_at_word(compiler, "true");
        cy_compiler_advance(compiler);
        return push_constant(compiler, (struct cy_value){.kind = CY_VALUE_BOOL, .truth = truth}, CY_TYPE_BOOL);
    }
    if ((word.kind != CY_WORD_NAME && word.kind != CY_WORD_QUOTED) || (word.kind == CY_WORD_NAME && reserved(word.text))) {
        cy_compiler_expected(compiler, "a value");
        return CY_TYPE_ANY;
    }
    struct cy_word after = cy_word_read(compiler->source, word.end);
    if (word.kind != CY_WORD_NAME || after.kind != CY_WORD_SIGN || !cy_str_is(after.text, "("))
        return parse_name(compiler);
    cy_compiler_advance(compiler);
    cy_compiler_advance(compiler);
    return parse_call(compiler, word);
}

static enum cy_expression_type parse_unary(struct cy_compiler *compiler)
{
    enum cy_expression_type type = CY_TYPE_ANY;
    if (enter(compiler)) {
        if (cy_compiler_take_sign(compiler, "-")) {
            size_t at = compiler->word.at, first = compiler->out->code_count;
            cy_compiler_convert(compiler, parse_unary(compiler), CY_TYPE_NUMBER, 0, at);
            bool one = !compiler->failed && compiler->out->code_count == first + 1;
            if (one && compiler->out->code[first].op == CY_OP_CONSTANT) /* a negative literal stays a constant */
                compiler->out->code[first].value.number = -compiler->out->code[first].value.number;
            else
                cy_compiler_emit(compiler, CY_OP_NEGATE, 0);
            type = CY_TYPE_NUMBER;
        } else {
            type = parse_primary(compiler);
        }
    }
    compiler->nesting--;
    return type;
}

struct operation {
    const char *sign;
    enum cy_opcode op;
};

/* side {sign side}, for the signs given, all over numbers and from left to right. */
static enum cy_expression_type parse_arithmetic(struct cy_compiler *compiler, enum cy_expression_type (*side)(struct cy_compiler *),
                                                const struct operation *operations)
{
    size_t left_at = compiler->word.at;
    enum cy_expression_type type = side(compiler);
    for (;;) {
        const struct operation *found = operations;
        while (found->sign != NULL && !cy_compiler_at_sign(compiler, found->sign))
            found++;
        if (found->sign == NULL)
            return type;
        cy_compiler_convert(compiler, type, CY_TYPE_NUMBER, 0, left_at);
        cy_compiler_advance(compiler);
        size_t right_at = compiler->word.at;
        cy_compiler_convert(compiler, side(compiler), CY_TYPE_NUMBER, 0, right_at);
        cy_compiler_emit(compiler, found->op, -1);
        type = CY_TYPE_NUMBER;
    }
}

static enum cy_expression_type parse_product(struct cy_compiler *compiler)
{
    static const struct operation operations[] = {{"*", CY_OP_MULTIPLY}, {"/", CY_OP_DIVIDE}, {"%", CY_OP_REMAINDER}, {NULL, 0}};
    return parse_arithmetic(compiler, parse_unary, operations);
}

static enum cy_expression_type parse_sum(struct cy_compiler *compiler)
{
    static const struct operation operations[] = {{"+", CY_OP_ADD}, {"-", CY_OP_SUBTRACT}, {NULL, 0}};
    return parse_arithmetic(compiler, parse_product, operations);
}

/* Remembers whether this comparison, if it is the whole expression, has a measured number and a threshold.
 * Its left side is code[first..middle), its right side code[middle..now). */
static void note_measure(struct cy_compiler *compiler, enum cy_expression_type type, size_t first, size_t middle)
{
    struct cy_expression *out = compiler->out;
    if (compiler->failed)
        return;
    bool left = middle == first + 1 && out->code[first].op == CY_OP_CONSTANT;
    bool right = out->code_count == middle + 1 && out->code[middle].op == CY_OP_CONSTANT;
    const struct cy_instruction *constant = &out->code[left ? first : middle];
    out->measures = type == CY_TYPE_NUMBER && first == 0 && left != right && constant->value.kind == CY_VALUE_NUMBER;
    out->constant_left = left;
    out->threshold = out->measures ? constant->value.number : NAN;
}

static bool parse_comparison(struct cy_compiler *compiler, enum cy_expression_type left, size_t first)
{
    static const struct operation operations[] = {{"=", CY_OP_EQUAL},    {"==", CY_OP_EQUAL},         {"!=", CY_OP_UNEQUAL},
                                                  {"<>", CY_OP_UNEQUAL}, {"<", CY_OP_LESS},           {"<=", CY_OP_LESS_EQUAL},
                                                  {">", CY_OP_GREATER},  {">=", CY_OP_GREATER_EQUAL}, {NULL, 0}};
    const struct operation *found = operations;
    while (found->sign != NULL && !cy_compiler_at_sign(compiler, found->sign))
        found++;
    if (found->sign == NULL)
        return false;
    cy_compiler_advance(compiler);
    size_t at = compiler->word.at, middle = compiler->out->code_count;
    enum cy_expression_type right = parse_sum(compiler);
    enum cy_expression_type type = left != CY_TYPE_ANY ? left : right;
    note_measure(compiler, type, first, middle);
    cy_compiler_unify(compiler, left, right, at);
    cy_compiler_emit(compiler, found->op, -1);
    return true;
}

static void parse_in(struct cy_compiler *compiler, enum cy_expression_type left)
{
    cy_compiler_need_sign(compiler, "(");
    enum cy_expression_type type = left;
    push_constant(compiler, (struct cy_value){.kind = CY_VALUE_BOOL, .truth = false}, CY_TYPE_BOOL);
    do {
        size_t at = compiler->word.at;
        enum cy_expression_type item = parse_sum(compiler);
        if (type == CY_TYPE_ANY && item != CY_TYPE_ANY) { /* the first item of a known type says what a metadata field is */
            type = item;
            cy_compiler_convert(compiler, CY_TYPE_ANY, type, 2, at);
        }
        cy_compiler_convert(compiler, item, type, 0, at);
        cy_compiler_emit(compiler, CY_OP_IN_ITEM, -1);
    } while (cy_compiler_take_sign(compiler, ","));
    cy_compiler_need_sign(compiler, ")");
    cy_compiler_emit(compiler, CY_OP_IN_END, -1);
}

static void parse_like(struct cy_compiler *compiler, enum cy_expression_type left, size_t left_at, enum cy_opcode op)
{
    cy_compiler_convert(compiler, left, CY_TYPE_TEXT, 0, left_at);
    size_t at = compiler->word.at;
    cy_compiler_convert(compiler, parse_sum(compiler), CY_TYPE_TEXT, 0, at);
    char escape = '\0';
    if (cy_compiler_take_word(compiler, "escape")) {
        if (compiler->word.kind != CY_WORD_TEXT || compiler->word.text.size != 1 || (uint8_t)*compiler->word.text.data >= 0x80)
            cy_compiler_expected(compiler, "one ASCII character in '…'");
        else
            escape = *compiler->word.text.data;
        cy_compiler_advance(compiler);
    }
    cy_compiler_emit(compiler, op, -1)->index = (uint8_t)escape;
}

static void parse_between(struct cy_compiler *compiler, enum cy_expression_type left)
{
    size_t at = compiler->word.at;
    enum cy_expression_type low = parse_sum(compiler);
    enum cy_expression_type type = cy_compiler_unify(compiler, left, low, at);
    if (!cy_compiler_take_word(compiler, "and"))
        cy_compiler_expected(compiler, "and");
    at = compiler->word.at;
    enum cy_expression_type high = parse_sum(compiler);
    if (type == CY_TYPE_ANY) {
        cy_compiler_convert(compiler, CY_TYPE_ANY, high, 2, at);
        cy_compiler_convert(compiler, CY_TYPE_ANY, high, 1, at);
    } else {
        cy_compiler_convert(compiler, high, type, 0, at);
    }
    cy_compiler_emit(compiler, CY_OP_BETWEEN, -2);
}

static enum cy_expression_type parse_predicate(struct cy_compiler *compiler)
{
    size_t at = compiler->word.at, first = compiler->out->code_count;
    enum cy_expression_type type = parse_sum(compiler);
    if (parse_comparison(compiler, type, first))
        return CY_TYPE_BOOL;
    if (cy_compiler_take_word(compiler, "is")) {
        bool negated = cy_compiler_take_word(compiler, "not");
        if (!cy_compiler_take_word(compiler, "null"))
            cy_compiler_expected(compiler, "null");
        cy_compiler_emit(compiler, CY_OP_IS_NULL, 0);
        if (negated)
            cy_compiler_emit(compiler, CY_OP_NOT, 0);
        return CY_TYPE_BOOL;
    }
    bool negated = cy_compiler_take_word(compiler, "not");
    if (cy_compiler_take_word(compiler, "in"))
        parse_in(compiler, type);
    else if (cy_compiler_take_word(compiler, "like"))
        parse_like(compiler, type, at, CY_OP_LIKE);
    else if (cy_compiler_take_word(compiler, "ilike"))
        parse_like(compiler, type, at, CY_OP_ILIKE);
    else if (cy_compiler_take_word(compiler, "between"))
        parse_between(compiler, type);
    else if (negated)
        cy_compiler_expected(compiler, "in, like, ilike or between");
    else
        return type;
    if (negated)
        cy_compiler_emit(compiler, CY_OP_NOT, 0);
    return CY_TYPE_BOOL;
}

static enum cy_expression_type parse_not(struct cy_compiler *compiler)
{
    enum cy_expression_type type = CY_TYPE_ANY;
    if (enter(compiler)) {
        if (cy_compiler_take_word(compiler, "not")) {
            size_t at = compiler->word.at;
            cy_compiler_convert(compiler, parse_not(compiler), CY_TYPE_BOOL, 0, at);
            cy_compiler_emit(compiler, CY_OP_NOT, 0);
            type = CY_TYPE_BOOL;
        } else {
            type = parse_predicate(compiler);
        }
    }
    compiler->nesting--;
    return type;
}

/* side {keyword side}; the jump skips the right side where the left has decided. */
static enum cy_expression_type parse_logic(struct cy_compiler *compiler, enum cy_expression_type (*side)(struct cy_compiler *),
                                           const char *keyword, enum cy_opcode op, enum cy_opcode jump_op)
{
    size_t at = compiler->word.at;
    enum cy_expression_type type = side(compiler);
    while (cy_compiler_take_word(compiler, keyword)) {
        cy_compiler_convert(compiler, type, CY_TYPE_BOOL, 0, at);
        size_t jump = cy_compiler_emit_jump(compiler, jump_op);
        at = compiler->word.at;
        cy_compiler_convert(compiler, side(compiler), CY_TYPE_BOOL, 0, at);
        cy_compiler_emit(compiler, op, -1);
        cy_compiler_land(compiler, jump);
        type = CY_TYPE_BOOL;
    }
    return type;
}

static enum cy_expression_type parse_and(struct cy_compiler *compiler)
{
    return parse_logic(compiler, parse_not, "and", CY_OP_AND, CY_OP_JUMP_FALSE);
}

static enum cy_expression_type parse_or(struct cy_compiler *compiler)
{
    return parse_logic(compiler, parse_and, "or", CY_OP_OR, CY_OP_JUMP_TRUE);
}

/* ---- the whole ---- */

enum cy_status cy_expression_new(struct cy_expression **expression, struct cy_str text, const struct cy_expression_names *names,
                                 struct cy_arena *arena, struct cy_error *error)
{
    struct cy_expression *out = cy_alloc_zero(1, sizeof *out);
    if (text.data == NULL)
        text = CY_STR("");
    struct cy_compiler compiler = {.source = text, .names = names, .arena = arena, .error = error, .out = out};
    out->threshold = NAN;
    out->files = names->files;
    compiler.word = cy_word_read(text, 0);
    enum cy_expression_type type = parse_or(&compiler);
    if (!compiler.failed && compiler.word.kind != CY_WORD_END)
        cy_compiler_expected(&compiler, "and, or, or the end");
    cy_compiler_convert(&compiler, type, CY_TYPE_BOOL, 0, 0);
    if (compiler.failed) {
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
