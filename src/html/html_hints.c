#include "html/html_hints.h"

static const struct {
    const char *name;
    int16_t score; /* log odds that text under such an element is content, against text at large; 1/16 nat */
} hints[] = {
#include "html/hint_table.h"
};

static uint32_t add_byte(uint32_t hash, uint8_t byte)
{
    return (hash ^ byte) * 16777619u;
}

static bool is_upper(char byte)
{
    return byte >= 'A' && byte <= 'Z';
}

static bool is_letter(char byte)
{
    char lower = (char)(byte | 32);
    return (lower >= 'a' && lower <= 'z') || (uint8_t)byte >= 0x80;
}

static size_t add_hash(uint32_t hashes[CY_HINT_NAMES_MAX], size_t count, uint32_t hash)
{
    if (count < CY_HINT_NAMES_MAX)
        hashes[count++] = hash;
    return count;
}

size_t cy_html_hint_hashes(struct cy_str attribute, uint32_t hashes[CY_HINT_NAMES_MAX])
{
    const uint32_t start = 2166136261u;
    size_t count = 0, size = CY_MIN(attribute.size, CY_HINT_ATTRIBUTE_BYTES);
    uint32_t whole = start, part = start;
    size_t parts = 0; /* finished, of the name at hand */
    for (size_t i = 0; i <= size; i++) {
        char byte = i < size ? attribute.data[i] : ' ';
        bool space = byte == ' ' || (byte >= '\t' && byte <= '\r');
        bool letter = is_letter(byte), hump = is_upper(byte) && i > 0 && !is_upper(attribute.data[i - 1]);
        if ((!letter || hump) && part != start) {
            bool last = space && parts == 0; /* a name of one part is the same as its whole */
            if (!last)
                count = add_hash(hashes, count, part);
            parts++;
            part = start;
        }
        if (space) {
            if (whole != start)
                count = add_hash(hashes, count, whole);
            whole = start;
            parts = 0;
        } else if (letter || byte == '-' || byte == '_') {
            uint8_t lower = (uint8_t)(is_upper(byte) ? byte + 32 : byte);
            whole = add_byte(whole, lower);
            if (letter)
                part = add_byte(part, lower);
        }
    }
    return count;
}

void cy_html_hint_index_init(struct cy_html_hint_index *index)
{
    *index = (struct cy_html_hint_index){{0}};
    CY_ASSERT(CY_COUNT(hints) < CY_COUNT(index->hashes) / 2);
    for (size_t i = 0; i < CY_COUNT(hints); i++) {
        uint32_t hash = 2166136261u;
        for (const char *at = hints[i].name; *at != '\0'; at++)
            hash = add_byte(hash, (uint8_t)*at);
        size_t slot = hash % CY_COUNT(index->hashes);
        while (index->hashes[slot] != 0)
            slot = (slot + 1) % CY_COUNT(index->hashes);
        index->hashes[slot] = hash;
        index->scores[slot] = hints[i].score;
    }
}

static bool find_score(const struct cy_html_hint_index *index, uint32_t hash, int *score)
{
    for (size_t slot = hash % CY_COUNT(index->hashes); index->hashes[slot] != 0; slot = (slot + 1) % CY_COUNT(index->hashes))
        if (index->hashes[slot] == hash) {
            *score = index->scores[slot];
            return true;
        }
    return false;
}

int cy_html_hint_score(const struct cy_html_hint_index *index, struct cy_str class_names, struct cy_str id, int *known)
{
    uint32_t hashes[CY_HINT_NAMES_MAX];
    const struct cy_str attributes[2] = {class_names, id};
    int sum = 0;
    *known = 0;
    for (size_t i = 0; i < CY_COUNT(attributes); i++) {
        size_t count = cy_html_hint_hashes(attributes[i], hashes);
        for (size_t j = 0; j < count; j++) {
            int score;
            if (!find_score(index, hashes[j], &score))
                continue;
            sum += score;
            *known += 1;
        }
    }
    return *known > 0 ? sum / *known : 0;
}
