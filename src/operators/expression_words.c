/* The words of an expression. */
#include "operators/expression_code.h"

static bool name_byte(char byte, bool first)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_' || (uint8_t)byte >= 0x80 ||
           (!first && ((byte >= '0' && byte <= '9')));
}

static bool digit(struct cy_str source, size_t at)
{
    return at < source.size && source.data[at] >= '0' && source.data[at] <= '9';
}

static size_t number_end(struct cy_str source, size_t at)
{
    while (digit(source, at))
        at++;
    if (at < source.size && source.data[at] == '.')
        for (at++; digit(source, at);)
            at++;
    if (at < source.size && (source.data[at] == 'e' || source.data[at] == 'E')) {
        size_t sign = at + 1 < source.size && (source.data[at + 1] == '+' || source.data[at + 1] == '-');
        if (digit(source, at + 1 + sign))
            for (at += 1 + sign; digit(source, at);)
                at++;
    }
    return at;
}

/* Reads up to the closing quote; a doubled one stands for itself. */
static struct cy_word quoted_word(struct cy_str source, size_t at, enum cy_word_kind kind)
{
    char quote = source.data[at];
    size_t end = at + 1;
    for (; end < source.size; end++) {
        if (source.data[end] != quote)
            continue;
        if (end + 1 >= source.size || source.data[end + 1] != quote)
            return (struct cy_word){kind, {source.data + at + 1, end - at - 1}, at, end + 1};
        end++;
    }
    return (struct cy_word){CY_WORD_BAD, {source.data + at, 1}, at, at + 1};
}

struct cy_word cy_word_read(struct cy_str source, size_t at)
{
    static const char *const signs[] = {"==", "!=", "<>", "<=", ">=", "=", "<", ">", "(", ")", ",", ".", "+", "-", "*", "/", "%"};
    while (at < source.size && (source.data[at] == ' ' || (source.data[at] >= '\t' && source.data[at] <= '\r')))
        at++;
    if (at == source.size)
        return (struct cy_word){CY_WORD_END, {source.data + at, 0}, at, at};
    char byte = source.data[at];
    size_t end = at;
    if (byte == '\'')
        return quoted_word(source, at, CY_WORD_TEXT);
    if (byte == '"')
        return quoted_word(source, at, CY_WORD_QUOTED);
    if (digit(source, at) || (byte == '.' && digit(source, at + 1))) {
        end = number_end(source, at);
        return (struct cy_word){CY_WORD_NUMBER, {source.data + at, end - at}, at, end};
    }
    while (end < source.size && name_byte(source.data[end], end == at))
        end++;
    if (end > at)
        return (struct cy_word){CY_WORD_NAME, {source.data + at, end - at}, at, end};
    struct cy_str rest = {source.data + at, source.size - at};
    for (size_t i = 0; i < CY_COUNT(signs); i++)
        if (cy_str_starts(rest, cy_str(signs[i])))
            return (struct cy_word){CY_WORD_SIGN, {rest.data, strlen(signs[i])}, at, at + strlen(signs[i])};
    return (struct cy_word){CY_WORD_BAD, {rest.data, 1}, at, at + 1};
}
