#include "cy_test.h"

#include "kernels/split_masks.h"

#include <ctype.h>

CY_TEST("every variant of split_masks says of each byte what ctype says of it in the C locale")
{
    char bytes[256 + CY_SPLIT_WINDOW];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)i;
    for (const struct cy_split_masks_variant *variant = cy_split_masks_variants;; variant++) {
        if ((variant->needs & ~cy_cpu_features()) != 0)
            continue;
        for (size_t offset = 0; offset < 256; offset++) { /* every byte at every place of the window */
            struct cy_split_masks masks;
            variant->run(bytes + offset, &masks);
            for (unsigned i = 0; i < CY_SPLIT_WINDOW; i++) {
                int byte = (uint8_t)bytes[offset + i], ascii = byte < 0x80;
                bool right = (masks.letters >> i & 1) == (unsigned)(ascii && isalpha(byte) != 0) &&
                             (masks.upper >> i & 1) == (unsigned)(ascii && isupper(byte) != 0) &&
                             (masks.numbers >> i & 1) == (unsigned)(ascii && isdigit(byte) != 0) &&
                             (masks.spaces >> i & 1) == (unsigned)(ascii && isspace(byte) != 0) &&
                             (masks.newlines >> i & 1) == (unsigned)(byte == '\r' || byte == '\n') &&
                             (masks.blanks >> i & 1) == (unsigned)(byte == ' ') && (masks.quotes >> i & 1) == (unsigned)(byte == '\'') &&
                             (masks.slashes >> i & 1) == (unsigned)(byte == '/') && (masks.high >> i & 1) == (unsigned)!ascii;
                if (!right)
                    fail_msg("%s: the byte 0x%02X at %u", variant->name, byte, i);
            }
        }
        if (variant->needs == 0)
            break;
    }
}
