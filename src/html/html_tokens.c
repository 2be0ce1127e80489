#include "html/html_tokens.h"

#include <strings.h>

enum { SPACE = 1, NAME_END = 2, ATTRIBUTE_END = 4, UNQUOTED_END = 8 };

/* What ends what: white space and '/' and '>' end a tag's name; '=' ends an attribute's name too. */
static const uint8_t classes[256] = {
    ['\t'] = 15,
    ['\n'] = 15,
    ['\f'] = 15,
    ['\r'] = 15,
    [' '] = 15,
    ['/'] = NAME_END | ATTRIBUTE_END,
    ['>'] = NAME_END | ATTRIBUTE_END | UNQUOTED_END,
    ['='] = ATTRIBUTE_END,
};

static bool in_class(const char *at, uint8_t class)
{
    return (classes[(uint8_t)*at] & class) != 0;
}

const char *cy_html_name_end(const char *at, const char *end)
{
    while (at < end && !in_class(at, NAME_END))
        at++;
    return at;
}

/* The value behind '=': *value is set, the place behind it is returned; NULL at the end of the page. */
static const char *read_value(const char *at, const char *end, struct cy_str *value)
{
    while (at < end && in_class(at, SPACE))
        at++;
    if (at == end)
        return NULL;
    if (*at == '"' || *at == '\'') {
        const char *close = memchr(at + 1, *at, (size_t)(end - at - 1));
        if (close == NULL)
            return NULL;
        *value = (struct cy_str){at + 1, (size_t)(close - at - 1)};
        return close + 1;
    }
    const char *first = at;
    while (at < end && !in_class(at, UNQUOTED_END))
        at++;
    *value = (struct cy_str){first, (size_t)(at - first)};
    return at;
}

static bool name_is(const char *name, size_t size, const char *literal)
{
    return strncasecmp(name, literal, size) == 0;
}

/* The field for an attribute's value, or NULL when nobody reads it. */
static struct cy_str *field_of(struct cy_html_attributes *attributes, const char *name, size_t size)
{
    switch (size) {
    case 2:
        return name_is(name, size, "id") ? &attributes->id : NULL;
    case 4:
        if (name_is(name, size, "href"))
            attributes->href = true;
        return name_is(name, size, "role")   ? &attributes->role
               : name_is(name, size, "name") ? &attributes->name
               : name_is(name, size, "lang") ? &attributes->language
               : name_is(name, size, "type") ? &attributes->type
                                             : NULL;
    case 5:
        return name_is(name, size, "class") ? &attributes->class_names : name_is(name, size, "style") ? &attributes->style : NULL;
    case 6:
        if (name_is(name, size, "hidden"))
            attributes->hidden = true;
        return NULL;
    case 7:
        return name_is(name, size, "content") ? &attributes->content : NULL;
    case 8:
        return name_is(name, size, "property")   ? &attributes->name
               : name_is(name, size, "itemprop") ? &attributes->itemprop
               : name_is(name, size, "itemtype") ? &attributes->itemtype
                                                 : NULL;
    case 10:
        return name_is(name, size, "aria-modal") ? &attributes->aria_modal : NULL;
    case 11:
        return name_is(name, size, "aria-hidden") ? &attributes->aria_hidden : NULL;
    default:
        return NULL;
    }
}

const char *cy_html_read_attributes(const char *at, const char *end, struct cy_html_attributes *attributes, bool *self_closing)
{
    for (;;) {
        while (at < end && in_class(at, SPACE))
            at++;
        if (at == end)
            return NULL;
        if (*at == '>') {
            *self_closing = at[-1] == '/';
            return at + 1;
        }
        if (*at == '/') {
            at++;
            continue;
        }
        const char *name = at++; /* a '=' in front belongs to the name (13.2.5.32) */
        while (at < end && !in_class(at, ATTRIBUTE_END))
            at++;
        struct cy_str unread, *field = field_of(attributes, name, (size_t)(at - name));
        if (field == NULL || field->data != NULL)
            field = &unread;
        const char *behind = at;
        while (behind < end && in_class(behind, SPACE))
            behind++;
        if (behind < end && *behind == '=') {
            at = read_value(behind + 1, end, field);
            if (at == NULL)
                return NULL;
        }
    }
}

const char *cy_html_skip_attributes(const char *at, const char *end)
{
    struct cy_html_attributes unread = {0};
    bool self_closing;
    if (at < end && *at == '>')
        return at + 1;
    return cy_html_read_attributes(at, end, &unread, &self_closing);
}

const char *cy_html_skip_declaration(const char *at, const char *end)
{
    bool comment = end - at >= 4 && memcmp(at, "<!--", 4) == 0;
    if (!comment) {
        const char *close = memchr(at, '>', (size_t)(end - at));
        return close == NULL ? end : close + 1;
    }
    const char *from = at + 4;
    if (from < end && *from == '>') /* <!--> is a whole comment, and so is <!---> (13.2.5.43) */
        return from + 1;
    if (end - from >= 2 && from[0] == '-' && from[1] == '>')
        return from + 2;
    while (from < end) { /* ends at --> or --!> */
        const char *close = memchr(from, '>', (size_t)(end - from));
        if (close == NULL)
            return end;
        if (close - at >= 6 && close[-1] == '-' && close[-2] == '-')
            return close + 1;
        if (close - at >= 7 && close[-1] == '!' && close[-2] == '-' && close[-3] == '-')
            return close + 1;
        from = close + 1;
    }
    return end;
}

const char *cy_html_find_end_tag(const char *at, const char *end, const char *name, size_t name_bytes)
{
    while (at < end) {
        at = memchr(at, '<', (size_t)(end - at));
        if (at == NULL)
            return end;
        if ((size_t)(end - at) > name_bytes + 2 && at[1] == '/' && strncasecmp(at + 2, name, name_bytes) == 0 &&
            in_class(at + 2 + name_bytes, NAME_END))
            return at;
        at++;
    }
    return end;
}

const char *cy_html_skip_svg(const char *at, const char *end, const struct cy_tag_index *tags)
{
    size_t depth = 1;
    while (at < end) {
        at = memchr(at, '<', (size_t)(end - at));
        if (at == NULL)
            return end;
        bool closes = at + 1 < end && at[1] == '/';
        const char *name = at + 1 + closes, *name_end = cy_html_name_end(name, CY_MIN(end, name + CY_TAG_NAME_MAX + 1));
        enum cy_tag tag = cy_tag_find(tags, name, (size_t)(name_end - name));
        if (tag == CY_TAG_svg) {
            const char *behind = memchr(name_end, '>', (size_t)(end - name_end));
            if (behind == NULL)
                return end;
            if (closes && --depth == 0)
                return behind + 1;
            if (!closes && behind[-1] != '/')
                depth++;
        } else if (!closes && (cy_tag_flags[tag] & CY_TAG_BLOCK) != 0) {
            return at; /* an element of HTML breaks out of a drawing (13.2.6.5) */
        } else if (name < end && *name == '!') {
            at = cy_html_skip_declaration(at, end);
            continue;
        }
        at++;
    }
    return end;
}
