/* What expression.c compiles to and expression_run.c runs. No other file needs it. */
#ifndef CY_OPERATORS_EXPRESSION_CODE_H
#define CY_OPERATORS_EXPRESSION_CODE_H

#include "document/patterns.h"
#include "operators/expression.h"

enum {
    CY_EXPRESSION_STACK_MAX = 64,    /* values at once; an expression that people write needs five */
    CY_EXPRESSION_CODE_MAX = 16384,  /* instructions: a list of some thousand names still fits */
    CY_EXPRESSION_NESTING_MAX = 100, /* brackets, "not" and "-" within each other: bounds the parser's own stack */
    CY_EXPRESSION_PATH_MAX = 16,     /* names in metadata.a.b.c */
};

enum cy_word_kind { CY_WORD_END, CY_WORD_NUMBER, CY_WORD_TEXT, CY_WORD_NAME, CY_WORD_QUOTED, CY_WORD_SIGN, CY_WORD_BAD };

struct cy_word {
    enum cy_word_kind kind;
    struct cy_str text; /* as written; of a text literal or quoted name what is between the quotes, a doubled quote still double */
    size_t at;          /* byte where it begins */
    size_t end;         /* byte after it */
};

/* The word of `source` at or after byte `at`, white space skipped. */
struct cy_word cy_word_read(struct cy_str source, size_t at);

enum cy_value_kind { CY_VALUE_NULL = 0, CY_VALUE_NUMBER, CY_VALUE_TEXT, CY_VALUE_BOOL };

struct cy_value {
    enum cy_value_kind kind;
    union {
        double number; /* never NaN: that is NULL */
        struct cy_str text;
        bool truth;
    };
};

enum cy_field {
    CY_FIELD_TEXT,
    CY_FIELD_ID,
    CY_FIELD_URL,
    CY_FIELD_MEDIA_TYPE,
    CY_FIELD_LANGUAGE,
    CY_FIELD_SOURCE,
    CY_FIELD_LICENSE,
    CY_FIELD_PARTY,
    CY_FIELD_BYTES,
    CY_FIELD_READ_BYTES
};

enum cy_opcode {
    /* push one value */
    CY_OP_CONSTANT, /* value */
    CY_OP_FIELD,    /* index: enum cy_field */
    CY_OP_SIGNAL,   /* index: column */
    CY_OP_TOKENS,   /* index: column */
    CY_OP_METADATA, /* path, path_count */
    /* change the value `depth` below the top in place */
    CY_OP_TO_NUMBER,
    CY_OP_TO_TEXT,
    CY_OP_TO_BOOL,
    /* one value → one */
    CY_OP_NEGATE,
    CY_OP_NOT,
    CY_OP_IS_NULL,
    CY_OP_LENGTH,
    CY_OP_LOWER,
    CY_OP_UPPER,
    CY_OP_ABS,
    CY_OP_REGEXP, /* pattern */
    /* two values → one; NULL if one is NULL */
    CY_OP_ADD,
    CY_OP_SUBTRACT,
    CY_OP_MULTIPLY,
    CY_OP_DIVIDE,
    CY_OP_REMAINDER,
    CY_OP_EQUAL,
    CY_OP_UNEQUAL,
    CY_OP_LESS,
    CY_OP_LESS_EQUAL,
    CY_OP_GREATER,
    CY_OP_GREATER_EQUAL,
    CY_OP_LIKE,  /* index: the escape character's byte, 0 for none */
    CY_OP_ILIKE, /* the same */
    CY_OP_CONTAINS,
    CY_OP_STARTS_WITH,
    CY_OP_ENDS_WITH,
    /* two truths → one, in three-valued logic */
    CY_OP_AND,
    CY_OP_OR,
    /* value, low, high → truth */
    CY_OP_BETWEEN,
    /* value, truth so far, item → value, truth */
    CY_OP_IN_ITEM,
    /* value, truth → truth */
    CY_OP_IN_END,
    /* control: go to instruction `index` if the top is so, keeping it */
    CY_OP_JUMP_FALSE,
    CY_OP_JUMP_TRUE,
    CY_OP_JUMP_NOT_NULL,
    CY_OP_DROP,
};

struct cy_instruction {
    enum cy_opcode op;
    uint32_t index;
    uint32_t depth;
    uint32_t path_count;
    struct cy_value value;
    const char *const *path;
    struct cy_pattern *pattern; /* owned by the expression */
};

struct cy_expression {
    struct cy_instruction *code;
    size_t code_count;
    const struct cy_step_files *files;
    bool measures;      /* the whole expression compares a number with a constant */
    bool constant_left; /* … which stands on the left */
    double threshold;
};

/* One SQL LIKE: % any run of characters, _ one character. `escape`: this byte makes the next one stand for itself; 0: none. */
bool cy_like(struct cy_str text, struct cy_str pattern, char escape, bool fold_case);
/* The number that the whole of `text` is in decimal ("12", "-0.5", "1e3", spaces around it allowed); false when it is none. */
bool cy_text_number(struct cy_str text, double *number);

#endif
