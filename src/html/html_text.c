#include "html/html_builder.h"
#include "html/html_entities.h"

enum kind { PLAIN, SPACE, AMPERSAND, CONTROL, LEAD };

/* LEAD: may begin a character that is white space or invisible (C2: U+0080 to 00BF; E1: 1680; E2: 2000 to 2FFF; E3: 3000; EF: FEFF). */
static const uint8_t kinds[256] = {
    [0x00] = CONTROL, [0x01] = CONTROL, [0x02] = CONTROL, [0x03] = CONTROL, [0x04] = CONTROL, [0x05] = CONTROL,  [0x06] = CONTROL,
    [0x07] = CONTROL, [0x08] = CONTROL, ['\t'] = SPACE,   ['\n'] = SPACE,   [0x0B] = SPACE,   ['\f'] = SPACE,    ['\r'] = SPACE,
    [0x0E] = CONTROL, [0x0F] = CONTROL, [0x10] = CONTROL, [0x11] = CONTROL, [0x12] = CONTROL, [0x13] = CONTROL,  [0x14] = CONTROL,
    [0x15] = CONTROL, [0x16] = CONTROL, [0x17] = CONTROL, [0x18] = CONTROL, [0x19] = CONTROL, [0x1A] = CONTROL,  [0x1B] = CONTROL,
    [0x1C] = CONTROL, [0x1D] = CONTROL, [0x1E] = CONTROL, [0x1F] = CONTROL, [' '] = SPACE,    ['&'] = AMPERSAND, [0x7F] = CONTROL,
    [0xC2] = LEAD,    [0xE1] = LEAD,    [0xE2] = LEAD,    [0xE3] = LEAD,    [0xEF] = LEAD,
};

/* What the character at `at` is, and its bytes: SPACE for the blanks of Unicode, CONTROL for what is not seen, PLAIN for the rest. */
static enum kind kind_of_lead(const char *at, const char *end, size_t *bytes)
{
    uint8_t a = (uint8_t)at[0], b = end - at > 1 ? (uint8_t)at[1] : 0, c = end - at > 2 ? (uint8_t)at[2] : 0;
    *bytes = 1;
    if (a == 0xC2) {
        *bytes = 2;
        if (b == 0xA0)
            return SPACE; /* no-break space */
        if (b == 0xAD || (b >= 0x80 && b < 0xA0))
            return CONTROL; /* soft hyphen, C1 */
        return PLAIN;
    }
    if (a == 0xE2 && b == 0x80 && c >= 0x80 && c <= 0xAF) {
        *bytes = 3;
        if (c <= 0x8A || c == 0xA8 || c == 0xA9 || c == 0xAF)
            return SPACE; /* U+2000 to 200A, line and paragraph separator, narrow no-break space */
        if (c == 0x8B || c == 0x8E || c == 0x8F || (c >= 0xAA && c <= 0xAE))
            return CONTROL; /* zero width space, direction marks; the joiners 200C and 200D are letters' business */
        return PLAIN;
    }
    if (a == 0xE2 && b == 0x81 && (c == 0x9F || c == 0xA0)) {
        *bytes = 3;
        return c == 0x9F ? SPACE : CONTROL; /* medium mathematical space, word joiner */
    }
    if ((a == 0xE3 && b == 0x80 && c == 0x80) || (a == 0xE1 && b == 0x9A && c == 0x80)) {
        *bytes = 3;
        return SPACE; /* ideographic and ogham space */
    }
    if (a == 0xEF && b == 0xBB && c == 0xBF) {
        *bytes = 3;
        return CONTROL; /* byte order mark */
    }
    return PLAIN;
}

static void open_block(struct builder *builder)
{
    struct cy_html_tree *tree = builder->tree;
    if (tree->block_count == tree->block_capacity) {
        tree->block_capacity = CY_MAX(tree->block_capacity * 2, 512);
        tree->blocks = cy_realloc(tree->blocks, tree->block_capacity * sizeof *tree->blocks);
    }
    const struct open_element *top = top_of(builder);
    tree->blocks[tree->block_count++] = (struct cy_html_block){.node = top->block,
                                                               .inner = top->node,
                                                               .text_offset = (uint32_t)tree->text.size,
                                                               .image_count = builder->image_count,
                                                               .context = top->context,
                                                               .inner_tag = top->tag};
    builder->image_count = 0;
    builder->block_open = true;
    builder->gap = GAP_NONE;
}

static void put(struct builder *builder, const char *bytes, size_t size)
{
    struct cy_buffer *text = &builder->tree->text;
    memcpy(text->data + text->size, bytes, size); /* enough is reserved for the whole page */
    text->size += size;
}

/* What the rest of the page can add at most: the reference that grows most is &nGt;, from 5 bytes to 6. */
static size_t text_bytes_max(const struct builder *builder)
{
    size_t rest = (size_t)(builder->end - builder->at);
    return rest + rest / 4 + 2 * CY_ENTITY_BYTES_MAX;
}

/* Before a character that is seen: the block is open and the gap is written. */
static void begin_character(struct builder *builder)
{
    if (!builder->block_open)
        open_block(builder);
    else if (builder->gap != GAP_NONE)
        put(builder, builder->gap == GAP_SPACE ? " " : builder->blank_line ? "\n\n" : "\n", 1 + builder->blank_line);
    builder->gap = GAP_NONE;
    builder->blank_line = false;
    if (builder->indent > 0)
        cy_buffer_reserve(&builder->tree->text, text_bytes_max(builder) + builder->indent);
    for (; builder->indent > 0; builder->indent--)
        put(builder, " ", 1);
    builder->after_link = false;
}

static void add_space(struct builder *builder, char byte)
{
    enum { INDENT_MAX = 64 }; /* keeps a line of blanks from growing the text */
    if ((top_of(builder)->context & CY_IN_PRE) == 0) {
        builder->gap = CY_MAX(builder->gap, GAP_SPACE);
    } else if (byte == '\n') {
        builder->blank_line = builder->gap == GAP_LINE;
        builder->gap = GAP_LINE;
        builder->indent = 0;
    } else if (byte != '\r' && builder->indent < INDENT_MAX) {
        builder->indent += byte == '\t' ? 4 : 1;
    }
}

/* A reference may stand for a blank or for something invisible too; what it decodes to holds no references. */
static size_t add_reference(struct builder *builder, const char *at, const char *end)
{
    char value[CY_ENTITY_BYTES_MAX];
    size_t value_bytes = 0, taken = cy_entity_decode((struct cy_str){at, (size_t)(end - at)}, value, &value_bytes);
    if (taken == 0) {
        begin_character(builder);
        put(builder, "&", 1);
        return 1;
    }
    size_t first_bytes = value_bytes;
    enum kind kind = (enum kind)kinds[(uint8_t)value[0]];
    if (kind == LEAD)
        kind = kind_of_lead(value, value + value_bytes, &first_bytes);
    if (kind == SPACE) {
        add_space(builder, value[0]);
    } else if (kind != CONTROL) {
        begin_character(builder);
        put(builder, value, value_bytes);
    }
    return taken;
}

void cy_html_add_text(struct builder *builder, const char *at, const char *end)
{
    struct cy_buffer *text = &builder->tree->text;
    if ((top_of(builder)->context & CY_IN_DROP) != 0)
        return;
    size_t before = text->size;
    while (at < end) {
        const char *run = at;
        while (at < end && kinds[(uint8_t)*at] == PLAIN)
            at++;
        if (at > run) {
            begin_character(builder);
            put(builder, run, (size_t)(at - run));
        }
        if (at == end)
            break;
        enum kind kind = (enum kind)kinds[(uint8_t)*at];
        size_t bytes = 1;
        if (kind == LEAD)
            kind = kind_of_lead(at, end, &bytes);
        bytes = CY_MIN(bytes, (size_t)(end - at)); /* a character may be cut off */
        if (kind == SPACE) {
            add_space(builder, *at);
        } else if (kind == AMPERSAND) {
            bytes = add_reference(builder, at, end);
        } else if (kind == PLAIN) {
            begin_character(builder);
            put(builder, at, bytes);
        }
        at += bytes;
    }
    if (!builder->block_open)
        return;
    struct cy_html_block *block = &builder->tree->blocks[builder->tree->block_count - 1];
    size_t added = text->size - CY_MAX(before, block->text_offset);
    if (builder->open_counts[CY_TAG_a] > 0)
        block->link_bytes += (uint32_t)added;
    if (builder->bold_count > 0)
        block->bold_bytes += (uint32_t)added;
}

void cy_html_begin_text(struct builder *builder)
{
    cy_buffer_clear(&builder->tree->text);
    cy_buffer_reserve(&builder->tree->text, text_bytes_max(builder));
}

void cy_html_close_block(struct builder *builder)
{
    builder->gap = GAP_NONE;
    builder->blank_line = false;
    builder->indent = 0;
    builder->after_link = false;
    if (!builder->block_open)
        return;
    struct cy_html_block *block = &builder->tree->blocks[builder->tree->block_count - 1];
    block->text_size = (uint32_t)(builder->tree->text.size - block->text_offset);
    builder->block_open = false;
}

struct cy_str cy_html_decode_text(struct cy_arena *arena, struct cy_str raw)
{
    char *out = cy_arena_alloc(arena, raw.size + raw.size / 4 + CY_ENTITY_BYTES_MAX);
    size_t size = 0;
    bool space = false;
    for (size_t i = 0; i < raw.size;) {
        char value[CY_ENTITY_BYTES_MAX] = {raw.data[i]};
        size_t value_bytes = 1, taken = 0;
        if (raw.data[i] == '&')
            taken = cy_entity_decode((struct cy_str){raw.data + i, raw.size - i}, value, &value_bytes);
        if (taken == 0) {
            value[0] = raw.data[i];
            value_bytes = taken = 1;
        }
        i += taken;
        enum kind kind = (enum kind)kinds[(uint8_t)value[0]];
        if (kind == SPACE || (value_bytes == 2 && (uint8_t)value[0] == 0xC2 && (uint8_t)value[1] == 0xA0)) {
            space = size > 0;
            continue;
        }
        if (kind == CONTROL)
            continue;
        if (space)
            out[size++] = ' ';
        space = false;
        memcpy(out + size, value, value_bytes);
        size += value_bytes;
    }
    return (struct cy_str){out, size};
}
