/* How fast text is escaped for JSON, by variant: bench_json_escape TEXT. Blocks of 32 KiB, as the writer uses. */
#include "base/clock.h"
#include "base/cpu.h"
#include "base/files.h"
#include "kernels/json_escape.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    enum { BLOCK_BYTES = 32 * 1024, ROUNDS = 15 };
    struct cy_buffer text = {0};
    struct cy_error error;
    if (argc < 2 || cy_read_file(argv[1], &text, &error) != CY_OK) {
        fprintf(stderr, "usage: bench_json_escape TEXT\n");
        return 2;
    }
    char *out = cy_alloc(CY_JSON_ESCAPE_GROWTH * BLOCK_BYTES + CY_JSON_ESCAPE_SPARE);
    const struct cy_json_escape_variant *variant = cy_json_escape_variants;
    for (;; variant++) {
        double best_ns = INFINITY;
        size_t written = 0;
        if ((variant->needs & ~cy_cpu_features()) != 0)
            continue;
        for (size_t round = 0; round < ROUNDS; round++) {
            uint64_t start = cy_clock_cpu_ns();
            written = 0;
            for (size_t at = 0; at < text.size; at += BLOCK_BYTES)
                written += variant->run(out, text.data + at, CY_MIN(text.size - at, BLOCK_BYTES));
            best_ns = fmin(best_ns, (double)(cy_clock_cpu_ns() - start));
        }
        printf("%-8s %6.2f GB/s   %zu bytes became %zu\n", variant->name, (double)text.size / best_ns, text.size, written);
        if (variant->needs == 0)
            break;
    }
    free(out);
    cy_buffer_release(&text);
    return 0;
}
