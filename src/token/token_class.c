#include "token/token_class.h"

#define LETTER CY_CLASS_LETTER
#define BOTH_CASES (CY_CLASS_UPPER | CY_CLASS_LOWER)

const uint8_t cy_token_class_of_category[32] = {
    [CY_LU] = LETTER | CY_CLASS_UPPER,
    [CY_LL] = LETTER | CY_CLASS_LOWER,
    [CY_LT] = LETTER | CY_CLASS_UPPER,
    [CY_LM] = LETTER | BOTH_CASES,
    [CY_LO] = LETTER | BOTH_CASES,
    [CY_MN] = CY_CLASS_MARK | BOTH_CASES,
    [CY_MC] = CY_CLASS_MARK | BOTH_CASES,
    [CY_ME] = CY_CLASS_MARK | BOTH_CASES,
    [CY_ND] = CY_CLASS_NUMBER,
    [CY_NL] = CY_CLASS_NUMBER,
    [CY_NO] = CY_CLASS_NUMBER,
};

const uint8_t cy_token_class_of_ascii[128] = {
    ['\t'] = CY_CLASS_SPACE,         ['\n'] = CY_CLASS_SPACE | CY_CLASS_NEWLINE, ['\v'] = CY_CLASS_SPACE,
    ['\f'] = CY_CLASS_SPACE,         ['\r'] = CY_CLASS_SPACE | CY_CLASS_NEWLINE, [' '] = CY_CLASS_SPACE,
    ['0' ... '9'] = CY_CLASS_NUMBER, ['A' ... 'Z'] = LETTER | CY_CLASS_UPPER,    ['a' ... 'z'] = LETTER | CY_CLASS_LOWER,
};
