#include "html/html_tags.h"

const uint16_t cy_tag_flags[CY_TAG_COUNT] = {
#define CY_TAG_FLAGS(name, flags) [CY_TAG_##name] = (flags),
    CY_TAGS(CY_TAG_FLAGS)
#undef CY_TAG_FLAGS
};

/* A name as 16 bytes padded with zeros: equal names, equal bytes. */
struct padded_name {
    char bytes[16];
};

static const struct padded_name names[CY_TAG_COUNT] = {
#define CY_TAG_NAME(name, flags) [CY_TAG_##name] = {#name},
    CY_TAGS(CY_TAG_NAME)
#undef CY_TAG_NAME
};

static struct padded_name pad_lower(const char *name, size_t size_bytes)
{
    struct padded_name padded = {{0}};
    for (size_t i = 0; i < size_bytes; i++)
        padded.bytes[i] = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] + 32) : name[i];
    return padded;
}

static size_t slot_of(const struct padded_name *name)
{
    uint64_t mixed = (cy_load_u64(name->bytes) ^ (cy_load_u64(name->bytes + 8) << 7)) * 0x9E3779B97F4A7C15u;
    return (size_t)(mixed >> 54);
}

void cy_tag_index_init(struct cy_tag_index *index)
{
    *index = (struct cy_tag_index){{0}};
    for (size_t tag = 1; tag < CY_TAG_COUNT; tag++) {
        size_t slot = slot_of(&names[tag]);
        while (index->slots[slot] != CY_TAG_OTHER)
            slot = (slot + 1) % CY_COUNT(index->slots);
        index->slots[slot] = (uint8_t)tag;
    }
}

enum cy_tag cy_tag_find(const struct cy_tag_index *index, const char *name, size_t size_bytes)
{
    if (size_bytes == 0 || size_bytes > CY_TAG_NAME_MAX)
        return CY_TAG_OTHER;
    struct padded_name wanted = pad_lower(name, size_bytes);
    for (size_t slot = slot_of(&wanted); index->slots[slot] != CY_TAG_OTHER; slot = (slot + 1) % CY_COUNT(index->slots))
        if (memcmp(&names[index->slots[slot]], &wanted, sizeof wanted) == 0)
            return (enum cy_tag)index->slots[slot];
    return CY_TAG_OTHER;
}
