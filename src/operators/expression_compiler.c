#include "operators/expression_compiler.h"

#include <stdlib.h>

const char *const cy_expression_type_names[] = {"a value", "a number", "a text", "a condition"};

/* ---- errors ---- */

static size_t column_of(const struct cy_compiler *compiler, size_t at)
{
    size_t column = 1;
    for (size_t i = 0; i < at; i++)
        column += ((uint8_t)compiler->source.data[i] & 0xC0) != 0x80;
    return column;
}

/* The first error counts. */
void cy_compiler_fail(struct cy_compiler *compiler, size_t at, const char *message, const char *hint)
{
    if (compiler->failed)
        return;
    compiler->failed = true;
    cy_error_set(compiler->error, CY_BAD_RECIPE, "column %zu of the expression: %s", column_of(compiler, at), message);
    if (hint != NULL)
        cy_error_hint(compiler->error, "%s", hint);
    compiler->word =
        (struct cy_word){CY_WORD_END, {compiler->source.data, 0}, compiler->source.size, compiler->source.size}; /* nothing more matches */
}

const char *cy_compiler_shown(const struct cy_compiler *compiler, const struct cy_word *word)
{
    int size = (int)CY_MIN(word->end - word->at, 60);
    if (word->kind == CY_WORD_END)
        return "the end";
    return cy_arena_printf(compiler->arena, "\"%.*s\"", size, compiler->source.data + word->at);
}

void cy_compiler_expected(struct cy_compiler *compiler, const char *what)
{
    const char *hint = NULL;
    if (compiler->word.kind == CY_WORD_BAD && (*compiler->word.text.data == '\'' || *compiler->word.text.data == '"'))
        hint = "the quote is never closed; a quote within a text is written twice";
    else if (compiler->word.kind == CY_WORD_BAD &&
             (*compiler->word.text.data == '&' || *compiler->word.text.data == '|' || *compiler->word.text.data == '!'))
        hint = "write and, or, not";
    cy_compiler_fail(compiler, compiler->word.at,
                     cy_arena_printf(compiler->arena, "expected %s, found %s", what, cy_compiler_shown(compiler, &compiler->word)), hint);
}

/* ---- small steps ---- */

void cy_compiler_advance(struct cy_compiler *compiler)
{
    compiler->word = cy_word_read(compiler->source, compiler->word.end);
}

bool cy_compiler_at_sign(const struct cy_compiler *compiler, const char *sign)
{
    return compiler->word.kind == CY_WORD_SIGN && cy_str_is(compiler->word.text, sign);
}

bool cy_compiler_at_word(const struct cy_compiler *compiler, const char *keyword)
{
    return compiler->word.kind == CY_WORD_NAME && cy_str_equal_nocase(compiler->word.text, cy_str(keyword));
}

bool cy_compiler_take_sign(struct cy_compiler *compiler, const char *sign)
{
    bool found = cy_compiler_at_sign(compiler, sign);
    if (found)
        cy_compiler_advance(compiler);
    return found;
}

bool cy_compiler_take_word(struct cy_compiler *compiler, const char *keyword)
{
    bool found = cy_compiler_at_word(compiler, keyword);
    if (found)
        cy_compiler_advance(compiler);
    return found;
}

void cy_compiler_need_sign(struct cy_compiler *compiler, const char *sign)
{
    if (!cy_compiler_take_sign(compiler, sign))
        cy_compiler_expected(compiler, cy_arena_printf(compiler->arena, "\"%s\"", sign));
}

/* Appends an instruction that changes the stack's depth by `change`. */
struct cy_instruction *cy_compiler_emit(struct cy_compiler *compiler, enum cy_opcode op, int change)
{
    struct cy_expression *out = compiler->out;
    if (out->code_count == CY_EXPRESSION_CODE_MAX)
        cy_compiler_fail(compiler, compiler->word.at, "the expression is too long", "split it into several where steps");
    if (compiler->depth + (size_t)CY_MAX(change, 0) > CY_EXPRESSION_STACK_MAX)
        cy_compiler_fail(compiler, compiler->word.at, "the expression is nested too deep", "split it into several where steps");
    if (compiler->failed)
        return &compiler->nowhere;
    compiler->depth += (size_t)(ptrdiff_t)change;
    if (out->code_count == compiler->code_capacity) {
        compiler->code_capacity = CY_MAX(compiler->code_capacity * 2, 16);
        out->code = cy_realloc(out->code, compiler->code_capacity * sizeof *out->code);
    }
    struct cy_instruction *instruction = &out->code[out->code_count++];
    *instruction = (struct cy_instruction){.op = op};
    return instruction;
}

/* A jump whose target `land` fills in. */
size_t cy_compiler_emit_jump(struct cy_compiler *compiler, enum cy_opcode op)
{
    cy_compiler_emit(compiler, op, 0);
    return compiler->out->code_count - 1;
}

void cy_compiler_land(struct cy_compiler *compiler, size_t jump)
{
    if (!compiler->failed)
        compiler->out->code[jump].index = (uint32_t)compiler->out->code_count;
}

/* Makes the value `depth` below the top, of type `has`, one of type `wants`; at: where to point if it cannot be. */
void cy_compiler_convert(struct cy_compiler *compiler, enum cy_expression_type has, enum cy_expression_type wants, unsigned depth,
                         size_t at)
{
    static const enum cy_opcode ops[] = {
        [CY_TYPE_NUMBER] = CY_OP_TO_NUMBER, [CY_TYPE_TEXT] = CY_OP_TO_TEXT, [CY_TYPE_BOOL] = CY_OP_TO_BOOL};
    if (has == wants || wants == CY_TYPE_ANY)
        return;
    if (has == CY_TYPE_ANY)
        cy_compiler_emit(compiler, ops[wants], 0)->depth = depth;
    else
        cy_compiler_fail(
            compiler, at,
            cy_arena_printf(compiler->arena, "expected %s, found %s", cy_expression_type_names[wants], cy_expression_type_names[has]),
            NULL);
}

/* Makes the top two values one type; two fields of metadata stay what they hold. `at`: where the upper one begins. */
enum cy_expression_type cy_compiler_unify(struct cy_compiler *compiler, enum cy_expression_type lower, enum cy_expression_type upper,
                                          size_t at)
{
    enum cy_expression_type type = lower != CY_TYPE_ANY ? lower : upper;
    cy_compiler_convert(compiler, lower, type, 1, at);
    cy_compiler_convert(compiler, upper, type, 0, at);
    return type;
}
