#include "operators/text_clean.h"

#include "base/unicode.h"
#include "kernels/clean_mask.h"
#include "operators/mojibake.h"

/* Text goes to `out` in runs: text[copied, …) is still to be copied. A position in the output is called v: what is in `out`, and the run.
 */
struct cleaner {
    struct cy_str text;
    const struct cy_clean_options *options;
    struct cy_buffer *out;
    size_t out_start; /* of this text in out */
    size_t copied;
    bool changed;
    size_t line_start;  /* v where the line begins */
    size_t indent_end;  /* v up to which the line is blank */
    size_t line_feeds;  /* that stand in a row before line_start */
    size_t counted_end; /* mojibake before this place is counted */
    struct cy_clean_counts *counts;
};

enum kind {
    KIND_PLAIN,     /* stays as it is */
    KIND_LINE_FEED, /* ends a line */
    KIND_BLANK,     /* space or tab, or a space that becomes one */
    KIND_REMOVED,   /* control or invisible */
    KIND_CP1252,    /* a C1 control that stands for a character */
    KIND_REPLACED,  /* U+FFFD */
};

static size_t output_position(const struct cleaner *cleaner, size_t at)
{
    return cleaner->out->size - cleaner->out_start + (at - cleaner->copied);
}

static void copy_up_to(struct cleaner *cleaner, size_t at)
{
    cy_buffer_add(cleaner->out, cleaner->text.data + cleaner->copied, at - cleaner->copied);
    cleaner->copied = at;
}

/* Puts new_text in the place of text[at, end). */
static void replace(struct cleaner *cleaner, size_t at, size_t end, struct cy_str new_text)
{
    copy_up_to(cleaner, at);
    cy_buffer_add_str(cleaner->out, new_text);
    cleaner->copied = end;
    cleaner->changed = true;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

/* Whether the output before text[at] ends with a blank. */
static bool blank_before(const struct cleaner *cleaner, size_t at)
{
    if (at > cleaner->copied)
        return is_blank(cleaner->text.data[at - 1]);
    return cleaner->out->size > cleaner->out_start && is_blank(cleaner->out->data[cleaner->out->size - 1]);
}

static void trim_blanks(struct cleaner *cleaner, size_t at)
{
    if (!cleaner->options->collapse_spaces || !blank_before(cleaner, at))
        return;
    copy_up_to(cleaner, at);
    cleaner->changed = true;
    while (blank_before(cleaner, at))
        cleaner->out->size--;
}

static void end_line(struct cleaner *cleaner, size_t at, size_t end)
{
    trim_blanks(cleaner, at);
    size_t v = output_position(cleaner, at);
    size_t row = v == cleaner->line_start ? cleaner->line_feeds + 1 : 1;
    int64_t blank_lines_max = cleaner->options->blank_lines_max;
    bool too_many = blank_lines_max >= 0 && row > (size_t)blank_lines_max + 1;
    if (v == 0 || too_many) { /* line_feeds stays as it is: this one adds none */
        replace(cleaner, at, end, CY_STR(""));
        cleaner->indent_end = cleaner->line_start = v;
        return;
    }
    if (end - at != 1 || cleaner->text.data[at] != '\n')
        replace(cleaner, at, end, CY_STR("\n"));
    cleaner->line_feeds = row;
    cleaner->line_start = cleaner->indent_end = v + 1;
}

static void blank(struct cleaner *cleaner, size_t at, size_t end)
{
    size_t v = output_position(cleaner, at);
    bool indentation = v == cleaner->indent_end;
    if (!indentation && cleaner->options->collapse_spaces && blank_before(cleaner, at)) {
        replace(cleaner, at, end, CY_STR(""));
        return;
    }
    if (end - at != 1)
        replace(cleaner, at, end, CY_STR(" "));
    if (indentation)
        cleaner->indent_end = v + 1;
}

static enum kind kind_of_space(const struct cleaner *cleaner)
{
    return cleaner->options->unify_spaces ? KIND_BLANK : KIND_PLAIN;
}

static enum kind kind_of_invisible(const struct cleaner *cleaner)
{
    return cleaner->options->remove_invisible ? KIND_REMOVED : KIND_PLAIN;
}

static enum kind kind_of(const struct cleaner *cleaner, uint32_t point)
{
    if (point < 0x80) {
        if (point == ' ' || point == '\t')
            return KIND_BLANK;
        if (point >= '\n' && point <= '\r')
            return KIND_LINE_FEED;
        return point < ' ' || point == 0x7F ? KIND_REMOVED : KIND_PLAIN;
    }
    switch (point) {
    case 0x85:   /* next line */
    case 0x2028: /* line separator */
    case 0x2029: /* paragraph separator */
        return KIND_LINE_FEED;
    case 0x80 ... 0x84:
    case 0x86 ... 0x9F:
        return cy_cp1252_point((uint8_t)point) != 0 ? KIND_CP1252 : KIND_REMOVED;
    case 0xA0:
    case 0x1680:
    case 0x2000 ... 0x200A:
    case 0x202F:
    case 0x205F:
    case 0x3000:
        return kind_of_space(cleaner);
    case 0xAD:              /* soft hyphen */
    case 0x180E:            /* Mongolian vowel separator */
    case 0x200B:            /* zero width space */
    case 0x200E ... 0x200F: /* left-to-right and right-to-left mark */
    case 0x202A ... 0x202E: /* directional embeddings and overrides */
    case 0x2060:            /* word joiner */
    case 0x2066 ... 0x206F: /* directional isolates, deprecated controls */
    case 0xFEFF:            /* byte order mark */
        return kind_of_invisible(cleaner);
    case 0xFFF9 ... 0xFFFB: /* interlinear annotation */
    case 0xFFFE ... 0xFFFF: /* noncharacters */
        return KIND_REMOVED;
    case 0xFFFD:
        return KIND_REPLACED;
    default:
        return KIND_PLAIN;
    }
}

static void count_mojibake(struct cleaner *cleaner, size_t at)
{
    size_t end = 0;
    if (at < cleaner->counted_end)
        return;
    if ((uint8_t)cleaner->text.data[at] == 0xC3) {
        size_t count = cy_mojibake_latin(cleaner->text, at, &end);
        cleaner->counts->mojibake += count;
        if (count > 0)
            cleaner->counted_end = end;
    } else if ((uint8_t)cleaner->text.data[at] == 0xE9) {
        cleaner->counts->mojibake += cy_mojibake_gbk(cleaner->text, at);
    }
}

/* Looks at the character at text[at] and returns where it ends. */
static size_t visit(struct cleaner *cleaner, size_t at)
{
    const char *place = cleaner->text.data + at, *limit = cleaner->text.data + cleaner->text.size;
    uint32_t point = cy_utf8_decode(&place, limit);
    size_t end = (size_t)(place - cleaner->text.data);
    char encoded[4];
    switch (kind_of(cleaner, point)) {
    case KIND_PLAIN:
        count_mojibake(cleaner, at);
        break;
    case KIND_LINE_FEED:
        if (point == '\r' && place < limit && *place == '\n')
            replace(cleaner, at, end, CY_STR("")); /* the line feed ends the line */
        else
            end_line(cleaner, at, end);
        break;
    case KIND_BLANK:
        blank(cleaner, at, end);
        break;
    case KIND_REMOVED:
        cleaner->counts->removed_chars++;
        replace(cleaner, at, end, CY_STR(""));
        break;
    case KIND_CP1252:
        cleaner->counts->mojibake += at >= cleaner->counted_end; /* within a sequence it is counted with it */
        replace(cleaner, at, end, (struct cy_str){encoded, cy_utf8_encode(cy_cp1252_point((uint8_t)point), encoded)});
        break;
    case KIND_REPLACED:
        cleaner->counts->replaced_chars++;
        break;
    }
    return end;
}

/* Takes the white space off the output's end; line feeds always, blanks as the options say. */
static void finish(struct cleaner *cleaner)
{
    size_t at = cleaner->text.size;
    for (;;) {
        trim_blanks(cleaner, at);
        size_t size = output_position(cleaner, at);
        if (size == 0)
            break;
        char last = at > cleaner->copied ? cleaner->text.data[at - 1] : cleaner->out->data[cleaner->out->size - 1];
        if (last != '\n')
            break;
        copy_up_to(cleaner, at);
        cleaner->out->size--;
        cleaner->changed = true;
    }
    if (cleaner->changed)
        copy_up_to(cleaner, at);
}

bool cy_text_clean(struct cy_str text, const struct cy_clean_options *options, struct cy_buffer *out, struct cy_clean_counts *counts)
{
    const struct cy_clean_mask_variant *kernel = cy_clean_mask_best();
    struct cleaner cleaner = {.text = text, .options = options, .out = out, .out_start = out->size, .counts = counts};
    size_t next = 0; /* everything before it has been looked at */
    *counts = (struct cy_clean_counts){0};
    for (size_t at = 0; at < text.size; at += CY_CLEAN_BLOCK) {
        char tail[CY_CLEAN_BLOCK];
        const char *block = text.data + at;
        if (text.size - at < CY_CLEAN_BLOCK) {
            memset(tail, 'x', sizeof tail);
            block = memcpy(tail, block, text.size - at);
        }
        for (uint64_t mask = kernel->mask(block, at > 0 ? text.data[at - 1] : '\n'); mask != 0; mask &= mask - 1) {
            size_t marked = at + (size_t)__builtin_ctzll(mask);
            if (marked < next)
                continue;
            next = visit(&cleaner, marked);
            while (next < text.size && text.data[next] == ' ') /* after a space that was changed or a character that went */
                next = visit(&cleaner, next);
        }
    }
    finish(&cleaner);
    return cleaner.changed;
}
