/* WARC files, plain and gzip (the file's own first bytes decide). */
#include "fuzz_source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    fuzz_source("warc", NULL, data[0] % 2 == 0 ? ".warc" : ".warc.gz", data + 1, size - 1, data[0] / 2);
    return 0;
}
