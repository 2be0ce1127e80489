/* Xorbs and shards: the first byte chooses which. What is accepted is decoded too. */
#include "hub/xet_shard.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct cy_str text = {(const char *)data + 1, size - 1};
    struct cy_error error;
    struct cy_arena arena = {0};
    struct cy_shard shard;
    struct cy_buffer chunks = {0}, plain = {0};
    if (data[0] % 2 == 0) {
        if (cy_shard_read(text, &arena, &shard, &error) == CY_OK)
            for (size_t i = 0; i < shard.file_count; i++)
                CY_ASSERT(shard.files[i].segment_count * 48 <= text.size && shard.files[i].sha256[64] == '\0');
    } else if (cy_xorb_chunks(text, &chunks, &error) == CY_OK) {
        for (size_t i = 0; i < chunks.size / sizeof(struct cy_xorb_chunk) && plain.size < (8 << 20); i++) {
            struct cy_xorb_chunk chunk;
            memcpy(&chunk, chunks.data + i * sizeof chunk, sizeof chunk);
            size_t before = plain.size;
            if (cy_xorb_decode((struct cy_str){text.data + chunk.offset, CY_XORB_CHUNK_HEAD + chunk.stored_size}, &plain, &error) == CY_OK)
                CY_ASSERT(plain.size == before + chunk.plain_size);
        }
    }
    cy_buffer_release(&chunks);
    cy_buffer_release(&plain);
    cy_arena_release(&arena);
    return 0;
}
