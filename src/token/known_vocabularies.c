#include "token/known_vocabularies.h"

static const struct cy_known_special gpt2_specials[] = {{"<|endoftext|>", 50256}, {0}};
static const struct cy_known_special p50k_edit_specials[] = {
    {"<|endoftext|>", 50256}, {"<|fim_prefix|>", 50281}, {"<|fim_middle|>", 50282}, {"<|fim_suffix|>", 50283}, {0}};
static const struct cy_known_special cl100k_specials[] = {{"<|endoftext|>", 100257},   {"<|fim_prefix|>", 100258},
                                                          {"<|fim_middle|>", 100259},  {"<|fim_suffix|>", 100260},
                                                          {"<|endofprompt|>", 100276}, {0}};
static const struct cy_known_special o200k_specials[] = {{"<|endoftext|>", 199999}, {"<|endofprompt|>", 200018}, {0}};

/* openai/tiktoken 0.14, tiktoken_ext/openai_public.py */
#define R50K_PATTERN "'(?:[sdmt]|ll|ve|re)| ?\\p{L}++| ?\\p{N}++| ?[^\\s\\p{L}\\p{N}]++|\\s++$|\\s+(?!\\S)|\\s"
#define CL100K_PATTERN                                                                                                                     \
    "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}++|\\p{N}{1,3}+| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*+|\\s++$|\\s*[\\r\\n]|"             \
    "\\s+(?!\\S)|\\s"
#define O200K_PATTERN                                                                                                                      \
    "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"              \
    "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"              \
    "\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"

static const struct cy_known_vocabulary known[] = {
    {"gpt2", R50K_PATTERN, gpt2_specials, 50256},
    {"r50k_base", R50K_PATTERN, gpt2_specials, 50256},
    {"p50k_base", R50K_PATTERN, gpt2_specials, 50280},
    {"p50k_edit", R50K_PATTERN, p50k_edit_specials, 50280},
    {"cl100k_base", CL100K_PATTERN, cl100k_specials, 100256},
    {"o200k_base", O200K_PATTERN, o200k_specials, 199998},
};

const struct cy_known_vocabulary *cy_known_vocabulary(struct cy_str name)
{
    for (size_t i = 0; i < CY_COUNT(known); i++)
        if (cy_str_is(name, known[i].name))
            return &known[i];
    return NULL;
}
