/* What expression.c, the grammar, is written with: the word looked at, the program so far, and the first error. No other file needs it. */
#ifndef CY_OPERATORS_EXPRESSION_COMPILER_H
#define CY_OPERATORS_EXPRESSION_COMPILER_H

#include "operators/expression_code.h"

enum cy_expression_type { CY_TYPE_ANY, CY_TYPE_NUMBER, CY_TYPE_TEXT, CY_TYPE_BOOL }; /* ANY: known only when it runs */
extern const char *const cy_expression_type_names[];

struct cy_compiler {
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

/* Errors. The first one counts; after it no word matches any more, so the grammar runs out by itself. `message` and `hint` are copied. */
void cy_compiler_fail(struct cy_compiler *compiler, size_t at, const char *message, const char *hint);
/* "expected <what>, found <the word looked at>" */
void cy_compiler_expected(struct cy_compiler *compiler, const char *what);
/* The word in quotes, or "the end". */
const char *cy_compiler_shown(const struct cy_compiler *compiler, const struct cy_word *word);

/* Words: looking at one, taking one if it is there, asking for one. Keywords in any case of letters. */
void cy_compiler_advance(struct cy_compiler *compiler);
bool cy_compiler_at_sign(const struct cy_compiler *compiler, const char *sign);
bool cy_compiler_at_word(const struct cy_compiler *compiler, const char *keyword);
bool cy_compiler_take_sign(struct cy_compiler *compiler, const char *sign);
bool cy_compiler_take_word(struct cy_compiler *compiler, const char *keyword);
void cy_compiler_need_sign(struct cy_compiler *compiler, const char *sign);

/* The program. Appends an instruction that changes the stack's depth by `change`; valid until the next call. */
struct cy_instruction *cy_compiler_emit(struct cy_compiler *compiler, enum cy_opcode op, int change);
/* A jump, and where it goes: to the next instruction. */
size_t cy_compiler_emit_jump(struct cy_compiler *compiler, enum cy_opcode op);
void cy_compiler_land(struct cy_compiler *compiler, size_t jump);
/* Makes the value `depth` below the top, of type `has`, one of type `wants`; at: where an error points if it cannot be. */
void cy_compiler_convert(struct cy_compiler *compiler, enum cy_expression_type has, enum cy_expression_type wants, unsigned depth,
                         size_t at);
/* Makes the top two values one type; two fields of metadata stay what they hold. at: where the upper one begins. */
enum cy_expression_type cy_compiler_unify(struct cy_compiler *compiler, enum cy_expression_type lower, enum cy_expression_type upper,
                                          size_t at);

#endif
