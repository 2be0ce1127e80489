#include "token/normal_steps.h"

#include "token/peer_unicode.h"

/* Chinese characters, as BERT means them: CJK ideographs without kana and Hangul. */
static bool is_chinese(uint32_t point)
{
    return (point >= 0x4E00 && point <= 0x9FFF) || (point >= 0x3400 && point <= 0x4DBF) || (point >= 0x20000 && point <= 0x2A6DF) ||
           (point >= 0x2A700 && point <= 0x2B73F) || (point >= 0x2B740 && point <= 0x2B81F) || (point >= 0x2B920 && point <= 0x2CEAF) ||
           (point >= 0xF900 && point <= 0xFAFF) || (point >= 0x2F800 && point <= 0x2FA1F);
}

static bool is_control(uint32_t point)
{
    return point != '\t' && point != '\n' && point != '\r' && (cy_peer_class(point) & CY_PEER_CONTROL) != 0;
}

static void clean(struct cy_str text, struct cy_buffer *out)
{
    for (const char *at = text.data, *end = text.data + text.size; at < end;) {
        const char *start = at;
        uint32_t point = cy_utf8_decode(&at, end);
        if (point == 0 || point == CY_REPLACEMENT || is_control(point))
            continue;
        if (cy_is_white_space(point))
            cy_buffer_add_byte(out, ' ');
        else
            cy_buffer_add(out, start, (size_t)(at - start));
    }
}

static void space_chinese(struct cy_str text, struct cy_buffer *out)
{
    for (const char *at = text.data, *end = text.data + text.size; at < end;) {
        const char *start = at;
        bool chinese = is_chinese(cy_utf8_decode(&at, end));
        if (chinese)
            cy_buffer_add_byte(out, ' ');
        cy_buffer_add(out, start, (size_t)(at - start));
        if (chinese)
            cy_buffer_add_byte(out, ' ');
    }
}

static void strip_accents(struct cy_str text, struct cy_buffer *out)
{
    struct cy_buffer parts = {0};
    cy_normal_run(&(struct cy_normal_step){.kind = CY_NORMAL_FORM_D}, text, &parts);
    for (const char *at = parts.data, *end = parts.data + parts.size; at < end;) {
        const char *start = at;
        if ((cy_peer_class(cy_utf8_decode(&at, end)) & CY_PEER_NONSPACING) == 0)
            cy_buffer_add(out, start, (size_t)(at - start));
    }
    cy_buffer_release(&parts);
}

static void lower(struct cy_str text, struct cy_buffer *out)
{
    cy_normal_run(&(struct cy_normal_step){.kind = CY_NORMAL_LOWER}, text, out);
}

void cy_normal_bert(const struct cy_normal_step *step, struct cy_str text, struct cy_buffer *out)
{
    void (*const parts[])(struct cy_str text, struct cy_buffer * out) = {step->clean ? clean : NULL, step->chinese ? space_chinese : NULL,
                                                                         step->accents ? strip_accents : NULL, step->lower ? lower : NULL};
    struct cy_buffer spare[2] = {0};
    unsigned other = 0; /* the one that does not hold the text */
    for (size_t i = 0; i < CY_COUNT(parts); i++) {
        if (parts[i] == NULL)
            continue;
        cy_buffer_clear(&spare[other]);
        parts[i](text, &spare[other]);
        text = cy_buffer_str(&spare[other]);
        other ^= 1;
    }
    cy_buffer_add_str(out, text);
    cy_buffer_release(&spare[0]);
    cy_buffer_release(&spare[1]);
}

void cy_normal_nmt(struct cy_str text, struct cy_buffer *out)
{
    for (const char *at = text.data, *end = text.data + text.size; at < end;) {
        const char *start = at;
        uint32_t point = cy_utf8_decode(&at, end);
        bool damaged = point == CY_REPLACEMENT && at - start == 1;
        bool space = point == '\t' || point == '\n' || point == '\f' || point == '\r' || point == 0x1680 ||
                     (point >= 0x200B && point <= 0x200F) || point == 0x2028 || point == 0x2029 || point == 0x2581 || point == 0xFEFF ||
                     point == CY_REPLACEMENT;
        if (space && !damaged)
            cy_buffer_add_byte(out, ' ');
        else if (!(point >= 1 && point <= 0x1F) && point != 0x7F && point != 0x8F && point != 0x9F)
            cy_buffer_add(out, start, (size_t)(at - start));
    }
}
