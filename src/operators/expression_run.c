#include "operators/expression_code.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <yyjson.h>

/* ---- values ---- */

static struct cy_value number_value(double number)
{
    return isnan(number) ? (struct cy_value){CY_VALUE_NULL} : (struct cy_value){.kind = CY_VALUE_NUMBER, .number = number};
}

/* -1: not counted. A double holds every number of tokens that a document can have. */
static struct cy_value tokens_value(int64_t count)
{
    return count < 0 ? (struct cy_value){CY_VALUE_NULL} : number_value((double)count);
}

static struct cy_value text_value(struct cy_str text)
{
    return (struct cy_value){.kind = CY_VALUE_TEXT, .text = text};
}

static struct cy_value bool_value(bool truth)
{
    return (struct cy_value){.kind = CY_VALUE_BOOL, .truth = truth};
}

bool cy_text_number(struct cy_str text, double *number)
{
    char copy[64], *end;
    text = cy_str_trim(text);
    if (text.size == 0 || text.size >= sizeof copy)
        return false;
    for (size_t i = 0; i < text.size; i++) /* strtod would take "inf", "nan" and "0x10" too */
        if (memchr("+-.0123456789eE", text.data[i], 15) == NULL)
            return false;
    memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    *number = strtod(copy, &end);
    return end == copy + text.size;
}

static void to_number(struct cy_value *value)
{
    double number;
    if (value->kind == CY_VALUE_BOOL)
        *value = number_value(value->truth);
    else if (value->kind == CY_VALUE_TEXT)
        *value = cy_text_number(value->text, &number) ? number_value(number) : (struct cy_value){CY_VALUE_NULL};
}

/* The fewest digits that give the same number back. */
static struct cy_str number_text(double number, struct cy_arena *arena)
{
    char *text = cy_arena_printf(arena, "%.15g", number);
    return cy_str(strtod(text, NULL) == number ? text : cy_arena_printf(arena, "%.17g", number));
}

static void to_text(struct cy_value *value, struct cy_arena *arena)
{
    if (value->kind == CY_VALUE_BOOL)
        *value = text_value(cy_str(value->truth ? "true" : "false"));
    else if (value->kind == CY_VALUE_NUMBER)
        *value = text_value(number_text(value->number, arena));
}

static void to_bool(struct cy_value *value)
{
    if (value->kind == CY_VALUE_NUMBER)
        *value = bool_value(value->number != 0);
    else if (value->kind == CY_VALUE_TEXT && cy_str_is(value->text, "true"))
        *value = bool_value(true);
    else if (value->kind == CY_VALUE_TEXT && cy_str_is(value->text, "false"))
        *value = bool_value(false);
    else if (value->kind == CY_VALUE_TEXT)
        *value = (struct cy_value){CY_VALUE_NULL};
}

/* Neither NULL. Two fields of metadata can hold different kinds: then their texts are compared. */
static int compare(struct cy_value a, struct cy_value b, struct cy_arena *arena)
{
    if (a.kind != b.kind) {
        to_text(&a, arena);
        to_text(&b, arena);
    }
    if (a.kind == CY_VALUE_TEXT)
        return cy_str_compare(a.text, b.text);
    if (a.kind == CY_VALUE_BOOL)
        return (int)a.truth - (int)b.truth;
    return (a.number > b.number) - (a.number < b.number);
}

/* ---- text ---- */

static char fold(char byte, bool fold_case)
{
    return fold_case && byte >= 'A' && byte <= 'Z' ? (char)(byte + 32) : byte;
}

/* The end of the character that begins at text.data[at]. */
static size_t next_character(struct cy_str text, size_t at)
{
    at++;
    while (at < text.size && ((uint8_t)text.data[at] & 0xC0) == 0x80)
        at++;
    return at;
}

/* Walks text and pattern together; after a mismatch the last % takes one character more. Only the last % needs to be tried again: what
 * stood before it has matched at the earliest place. */
bool cy_like(struct cy_str text, struct cy_str pattern, char escape, bool fold_case)
{
    size_t at = 0, want = 0, star_want = SIZE_MAX, star_at = 0;
    for (;;) {
        bool escaped = escape != '\0' && want + 1 < pattern.size && pattern.data[want] == escape;
        char wanted = want < pattern.size ? pattern.data[want + escaped] : '\0';
        if (want < pattern.size && !escaped && wanted == '%') {
            star_want = ++want;
            star_at = at;
            if (want == pattern.size)
                return true;
            continue;
        }
        if (at == text.size && want == pattern.size)
            return true;
        if (at < text.size && want < pattern.size) {
            if (!escaped && wanted == '_') {
                at = next_character(text, at);
                want++;
                continue;
            }
            if (fold(text.data[at], fold_case) == fold(wanted, fold_case)) {
                at++;
                want += 1 + (size_t)escaped;
                continue;
            }
        }
        if (star_want == SIZE_MAX || star_at >= text.size)
            return false;
        at = star_at = next_character(text, star_at);
        want = star_want;
        char first = pattern.data[want];
        if (!fold_case && first != '_' && first != '%' && first != escape) { /* a literal: straight to its next place */
            const char *found = at < text.size ? memchr(text.data + at, first, text.size - at) : NULL;
            if (found == NULL)
                return false;
            at = star_at = (size_t)(found - text.data);
        }
    }
}

static double character_count(struct cy_str text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.size; i++)
        count += ((uint8_t)text.data[i] & 0xC0) != 0x80;
    return (double)count;
}

static struct cy_str in_case(struct cy_str text, char first, struct cy_arena *arena)
{
    char *out = cy_arena_alloc(arena, text.size);
    for (size_t i = 0; i < text.size; i++)
        out[i] = text.data[i] >= first && text.data[i] < first + 26 ? (char)(text.data[i] ^ 0x20) : text.data[i];
    return (struct cy_str){out, text.size};
}

static bool contains(struct cy_str text, struct cy_str part)
{
    return part.size == 0 || (text.size >= part.size && memmem(text.data, text.size, part.data, part.size) != NULL);
}

/* ---- what is pushed ---- */

/* The row being tested; its metadata is parsed when first asked for. */
struct row {
    const struct cy_expression *expression;
    struct cy_batch *batch;
    size_t row;
    yyjson_doc *metadata;
    bool metadata_tried;
};

static struct cy_value text_or_null(struct cy_str text)
{
    return text.size > 0 ? text_value(text) : (struct cy_value){CY_VALUE_NULL};
}

static struct cy_value field_value(const struct row *row, enum cy_field field)
{
    static const struct cy_step_file nowhere = {"", "", ""};
    const struct cy_batch *batch = row->batch;
    uint32_t number = batch->origins[row->row].file;
    const struct cy_step_files *files = row->expression->files;
    const struct cy_step_file *file = files != NULL && number < files->count ? &files->items[number] : &nowhere;
    switch (field) {
    case CY_FIELD_TEXT:
        return text_value(batch->texts[row->row]);
    case CY_FIELD_ID:
        return text_value(batch->ids[row->row]);
    case CY_FIELD_URL:
        return text_or_null(batch->urls[row->row]);
    case CY_FIELD_MEDIA_TYPE:
        return text_or_null(batch->media_types[row->row]);
    case CY_FIELD_LANGUAGE:
        return text_or_null(batch->languages[row->row]);
    case CY_FIELD_SOURCE:
        return text_or_null(cy_str(file->name));
    case CY_FIELD_LICENSE:
        return text_or_null(cy_str(file->license));
    case CY_FIELD_PARTY:
        return text_or_null(cy_str(file->party));
    case CY_FIELD_BYTES:
        return number_value((double)batch->texts[row->row].size);
    case CY_FIELD_READ_BYTES:
        return number_value((double)batch->read_bytes[row->row]);
    }
    CY_ASSERT(!"a known field");
    return (struct cy_value){CY_VALUE_NULL};
}

static struct cy_value metadata_value(struct row *row, const struct cy_instruction *instruction)
{
    struct cy_str json = row->batch->metadata[row->row];
    if (!row->metadata_tried && json.size > 0)
        row->metadata = yyjson_read(json.data, json.size, 0);
    row->metadata_tried = true;
    yyjson_val *value = yyjson_doc_get_root(row->metadata);
    for (size_t i = 0; i < instruction->path_count; i++)
        value = yyjson_obj_get(value, instruction->path[i]);
    if (yyjson_is_str(value))
        return text_value((struct cy_str){yyjson_get_str(value), yyjson_get_len(value)});
    if (yyjson_is_num(value))
        return number_value(yyjson_get_num(value));
    if (yyjson_is_bool(value))
        return bool_value(yyjson_get_bool(value));
    if (!yyjson_is_ctn(value))
        return (struct cy_value){CY_VALUE_NULL}; /* absent, or null */
    size_t size;
    char *written = yyjson_val_write(value, 0, &size);
    struct cy_value text = text_value(cy_arena_str(row->batch->arena, (struct cy_str){written, written != NULL ? size : 0}));
    free(written);
    return text;
}

/* ---- the machine ---- */

static double arithmetic(enum cy_opcode op, double a, double b)
{
    switch (op) {
    case CY_OP_ADD:
        return a + b;
    case CY_OP_SUBTRACT:
        return a - b;
    case CY_OP_MULTIPLY:
        return a * b;
    case CY_OP_DIVIDE:
        return b == 0 ? NAN : a / b;
    default:
        return b == 0 ? NAN : fmod(a, b);
    }
}

/* Two values, neither NULL. */
static struct cy_value binary(const struct cy_instruction *instruction, const struct cy_value *a, const struct cy_value *b,
                              struct cy_arena *arena)
{
    switch (instruction->op) {
    case CY_OP_EQUAL:
        return bool_value(compare(*a, *b, arena) == 0);
    case CY_OP_UNEQUAL:
        return bool_value(compare(*a, *b, arena) != 0);
    case CY_OP_LESS:
        return bool_value(compare(*a, *b, arena) < 0);
    case CY_OP_LESS_EQUAL:
        return bool_value(compare(*a, *b, arena) <= 0);
    case CY_OP_GREATER:
        return bool_value(compare(*a, *b, arena) > 0);
    case CY_OP_GREATER_EQUAL:
        return bool_value(compare(*a, *b, arena) >= 0);
    case CY_OP_LIKE:
    case CY_OP_ILIKE:
        return bool_value(cy_like(a->text, b->text, (char)instruction->index, instruction->op == CY_OP_ILIKE));
    case CY_OP_CONTAINS:
        return bool_value(contains(a->text, b->text));
    case CY_OP_STARTS_WITH:
        return bool_value(cy_str_starts(a->text, b->text));
    case CY_OP_ENDS_WITH:
        return bool_value(cy_str_ends(a->text, b->text));
    default:
        return number_value(arithmetic(instruction->op, a->number, b->number));
    }
}

/* One value, not NULL. */
static struct cy_value unary(const struct cy_instruction *instruction, const struct cy_value *a, const struct row *row)
{
    switch (instruction->op) {
    case CY_OP_NEGATE:
        return number_value(-a->number);
    case CY_OP_ABS:
        return number_value(fabs(a->number));
    case CY_OP_NOT:
        return bool_value(!a->truth);
    case CY_OP_LENGTH:
        return number_value(character_count(a->text));
    case CY_OP_LOWER:
        return text_value(in_case(a->text, 'A', row->batch->arena));
    case CY_OP_UPPER:
        return text_value(in_case(a->text, 'a', row->batch->arena));
    default:
        break;
    }
    struct cy_pattern_budget budget = CY_PATTERN_BUDGET;
    enum cy_match_result result = cy_pattern_find(instruction->pattern, row->batch->scratch, a->text, 0, false, &budget, NULL);
    return result == CY_MATCH_LIMIT ? (struct cy_value){CY_VALUE_NULL} : bool_value(result == CY_MATCH_FOUND);
}

/* SQL's tables: false decides `and`, true decides `or`, else NULL wins. */
static struct cy_value logic(struct cy_value a, struct cy_value b, bool deciding)
{
    if ((a.kind == CY_VALUE_BOOL && a.truth == deciding) || (b.kind == CY_VALUE_BOOL && b.truth == deciding))
        return bool_value(deciding);
    return a.kind == CY_VALUE_NULL || b.kind == CY_VALUE_NULL ? (struct cy_value){CY_VALUE_NULL} : bool_value(!deciding);
}

static struct cy_value compared(const struct cy_value *a, const struct cy_value *b, enum cy_opcode op, struct cy_arena *arena)
{
    if (a->kind == CY_VALUE_NULL || b->kind == CY_VALUE_NULL)
        return (struct cy_value){CY_VALUE_NULL};
    return binary(&(struct cy_instruction){.op = op}, a, b, arena);
}

static struct cy_value pushed(const struct cy_instruction *instruction, struct row *row)
{
    switch (instruction->op) {
    case CY_OP_CONSTANT:
        return instruction->value;
    case CY_OP_FIELD:
        return field_value(row, (enum cy_field)instruction->index);
    case CY_OP_SIGNAL:
        return number_value(row->batch->signals[instruction->index][row->row]);
    case CY_OP_TOKENS:
        return tokens_value(row->batch->tokens[instruction->index][row->row]);
    default:
        return metadata_value(row, instruction);
    }
}

static bool jumps(enum cy_opcode op, const struct cy_value *top)
{
    if (op == CY_OP_JUMP_NOT_NULL)
        return top->kind != CY_VALUE_NULL;
    return top->kind == CY_VALUE_BOOL && top->truth == (op == CY_OP_JUMP_TRUE);
}

/* Runs the program; `operands` gets the last comparison's two values. */
static struct cy_value execute(const struct cy_expression *expression, struct row *row, struct cy_value operands[2])
{
    struct cy_value stack[CY_EXPRESSION_STACK_MAX + 1], *top = stack; /* stack[0] holds nothing */
    struct cy_arena *arena = row->batch->arena;
    for (size_t at = 0; at < expression->code_count; at++) {
        const struct cy_instruction *instruction = &expression->code[at];
        switch (instruction->op) {
        case CY_OP_CONSTANT ... CY_OP_METADATA:
            *++top = pushed(instruction, row);
            break;
        case CY_OP_TO_NUMBER:
            to_number(top - instruction->depth);
            break;
        case CY_OP_TO_TEXT:
            to_text(top - instruction->depth, arena);
            break;
        case CY_OP_TO_BOOL:
            to_bool(top - instruction->depth);
            break;
        case CY_OP_IS_NULL:
            *top = bool_value(top->kind == CY_VALUE_NULL);
            break;
        case CY_OP_NEGATE:
        case CY_OP_NOT:
        case CY_OP_LENGTH ... CY_OP_REGEXP:
            if (top->kind != CY_VALUE_NULL)
                *top = unary(instruction, top, row);
            break;
        case CY_OP_ADD ... CY_OP_ENDS_WITH:
            top--;
            operands[0] = top[0];
            operands[1] = top[1];
            if (top[0].kind == CY_VALUE_NULL || top[1].kind == CY_VALUE_NULL)
                *top = (struct cy_value){CY_VALUE_NULL};
            else
                *top = binary(instruction, &top[0], &top[1], arena);
            break;
        case CY_OP_AND:
        case CY_OP_OR:
            top--;
            *top = logic(top[0], top[1], instruction->op == CY_OP_OR);
            break;
        case CY_OP_BETWEEN:
            top -= 2;
            *top =
                logic(compared(&top[0], &top[1], CY_OP_GREATER_EQUAL, arena), compared(&top[0], &top[2], CY_OP_LESS_EQUAL, arena), false);
            break;
        case CY_OP_IN_ITEM:
            top--;
            *top = logic(top[0], compared(&top[-1], &top[1], CY_OP_EQUAL, arena), true);
            break;
        case CY_OP_IN_END:
            top--;
            *top = top[1];
            break;
        case CY_OP_JUMP_FALSE:
        case CY_OP_JUMP_TRUE:
        case CY_OP_JUMP_NOT_NULL:
            if (jumps(instruction->op, top))
                at = instruction->index - 1;
            break;
        case CY_OP_DROP:
            top--;
            break;
        }
    }
    CY_ASSERT(top == stack + 1);
    return *top;
}

enum cy_truth cy_expression_test(const struct cy_expression *expression, struct cy_batch *batch, size_t row, double *measured)
{
    struct row state = {.expression = expression, .batch = batch, .row = row};
    struct cy_value operands[2] = {{CY_VALUE_NULL}, {CY_VALUE_NULL}};
    struct cy_value result = execute(expression, &state, operands);
    const struct cy_value *operand = &operands[expression->constant_left];
    *measured = expression->measures && operand->kind == CY_VALUE_NUMBER ? operand->number : NAN;
    yyjson_doc_free(state.metadata);
    if (result.kind == CY_VALUE_NULL)
        return CY_UNKNOWN;
    CY_ASSERT(result.kind == CY_VALUE_BOOL);
    return result.truth ? CY_TRUE : CY_FALSE;
}

double cy_expression_threshold(const struct cy_expression *expression)
{
    return expression->threshold;
}
