/* JSON Lines, plain, gzip and zstd (the file's own first bytes decide). */
#include "fuzz_source.h"

#include "source/columns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct cy_columns columns = {{"text", 4}, {"id", 2}, {"url", 3}};
    static const char *const suffixes[] = {".jsonl", ".jsonl.gz", ".jsonl.zst"};
    if (size < 1)
        return 0;
    fuzz_source("jsonl", &columns, suffixes[data[0] % 3], data + 1, size - 1, data[0] / 3);
    return 0;
}
