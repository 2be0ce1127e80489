#include "hub/card_head.h"

#include "kernels/utf8.h"
#include "recipe/yaml.h"

#include <stdlib.h>

/* Where the head stands in the text, and what follows it. */
static bool split_head(struct cy_str readme, struct cy_str *head, struct cy_str *body)
{
    struct cy_str bom = CY_STR("\xef\xbb\xbf"), rest = readme;
    if (cy_str_starts(rest, bom))
        rest = (struct cy_str){rest.data + bom.size, rest.size - bom.size};
    *body = rest;
    struct cy_str line = cy_str_split(rest, '\n', &rest);
    if (!cy_str_is(cy_str_trim(line), "---"))
        return false;
    const char *start = rest.data;
    while (rest.size > 0) {
        line = cy_str_split(rest, '\n', &rest);
        if (cy_str_starts(line, CY_STR("---")) && cy_str_trim(line).size == 3) {
            *head = (struct cy_str){start, (size_t)(line.data - start)};
            *body = rest;
            return true;
        }
    }
    return false;
}

/* ---- YAML as JSON ---- */

/* Is it a number of YAML's core schema that JSON can hold as it stands? */
static bool is_json_number(struct cy_str text)
{
    size_t at = text.size > 0 && text.data[0] == '-', start = at;
    while (at < text.size && text.data[at] >= '0' && text.data[at] <= '9')
        at++;
    if (at == start || (text.data[start] == '0' && at - start > 1))
        return false;
    if (at < text.size && text.data[at] == '.') {
        size_t fraction = ++at;
        while (at < text.size && text.data[at] >= '0' && text.data[at] <= '9')
            at++;
        if (at == fraction)
            return false;
    }
    if (at < text.size && (text.data[at] | 32) == 'e') {
        at++;
        at += at < text.size && (text.data[at] == '+' || text.data[at] == '-');
        size_t exponent = at;
        while (at < text.size && text.data[at] >= '0' && text.data[at] <= '9')
            at++;
        if (at == exponent || at - exponent > 2) /* far from what a double cannot hold */
            return false;
    }
    return at == text.size && text.size <= 30;
}

static bool is_one_of(struct cy_str text, const char *const *words)
{
    for (; *words != NULL; words++)
        if (cy_str_is(text, *words))
            return true;
    return false;
}

static void add_scalar(struct cy_buffer *json, const struct cy_yaml *node)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL}, *const trues[] = {"true", "True", "TRUE", NULL},
                             *const falses[] = {"false", "False", "FALSE", NULL};
    if (node->is_plain && is_one_of(node->scalar, nulls))
        cy_buffer_add_text(json, "null");
    else if (node->is_plain && is_one_of(node->scalar, trues))
        cy_buffer_add_text(json, "true");
    else if (node->is_plain && is_one_of(node->scalar, falses))
        cy_buffer_add_text(json, "false");
    else if (node->is_plain && is_json_number(node->scalar))
        cy_buffer_add_str(json, node->scalar);
    else
        cy_buffer_add_json(json, node->scalar);
}

/* false when the JSON grows too large. The tree is at most 32 deep. */
static bool add_node(struct cy_buffer *json, const struct cy_yaml *node)
{
    if (node->kind == CY_YAML_SCALAR) {
        add_scalar(json, node);
        return json->size <= CY_CARD_JSON_BYTES_MAX;
    }
    cy_buffer_add_byte(json, node->kind == CY_YAML_LIST ? '[' : '{');
    for (size_t i = 0; i < node->child_count; i++) {
        if (i > 0)
            cy_buffer_add_byte(json, ',');
        if (node->kind == CY_YAML_MAP) {
            cy_buffer_add_json(json, node->children[i].key);
            cy_buffer_add_byte(json, ':');
        }
        if (!add_node(json, &node->children[i]))
            return false;
    }
    cy_buffer_add_byte(json, node->kind == CY_YAML_LIST ? ']' : '}');
    return json->size <= CY_CARD_JSON_BYTES_MAX;
}

/* ---- tags and title ---- */

static void add_tag(struct cy_card_head *head, struct cy_arena *arena, const char *key, const struct cy_yaml *value)
{
    if (value->kind != CY_YAML_SCALAR || value->scalar.size == 0 || value->scalar.size > CY_CARD_TAG_BYTES_MAX ||
        head->tag_count == CY_CARD_TAGS_MAX)
        return;
    const char *text = key == NULL ? cy_arena_printf(arena, "%.*s", (int)value->scalar.size, value->scalar.data)
                                   : cy_arena_printf(arena, "%s:%.*s", key, (int)value->scalar.size, value->scalar.data);
    struct cy_str tag = cy_str(text);
    for (size_t i = 0; i < head->tag_count; i++)
        if (cy_str_equal(head->tags[i], tag))
            return;
    head->tags[head->tag_count++] = tag;
}

static void add_tags_of(struct cy_card_head *head, struct cy_arena *arena, const struct cy_yaml *root, const char *member, const char *key)
{
    const struct cy_yaml *value = cy_yaml_get(root, member);
    if (value == NULL)
        return;
    if (value->kind == CY_YAML_SCALAR)
        add_tag(head, arena, key, value);
    else if (value->kind == CY_YAML_LIST)
        for (size_t i = 0; i < value->child_count; i++)
            add_tag(head, arena, key, &value->children[i]);
}

/* The first line "# …" of the text. */
static struct cy_str first_heading(struct cy_str body)
{
    while (body.size > 0) {
        struct cy_str line = cy_str_split(body, '\n', &body);
        if (cy_str_starts(line, CY_STR("# ")))
            return cy_str_trim((struct cy_str){line.data + 2, line.size - 2});
    }
    return CY_STR("");
}

static struct cy_str cut_text(struct cy_str text, size_t size_max)
{
    if (text.size <= size_max)
        return text;
    size_t size = size_max;
    while (size > 0 && ((uint8_t)text.data[size] & 0xc0) == 0x80) /* not within a character */
        size--;
    return (struct cy_str){text.data, size};
}

enum cy_status cy_card_head_read(struct cy_str readme, struct cy_arena *arena, struct cy_card_head *head, struct cy_error *error)
{
    *head = (struct cy_card_head){0};
    struct cy_str yaml, body;
    if (readme.size > CY_CARD_BYTES_MAX)
        return CY_OK;
    head->is_there = split_head(readme, &yaml, &body);
    head->title = cy_arena_str(arena, cut_text(first_heading(body), CY_CARD_TITLE_BYTES_MAX));
    head->body = cy_arena_str(arena, cut_text(body, CY_CARD_BODY_BYTES_MAX));
    if (cy_utf8_valid_bytes(head->body) != head->body.size || memchr(head->body.data, 0, head->body.size) != NULL)
        head->body = CY_STR(""); /* no text: nothing to be found in it */
    if (cy_utf8_valid_bytes(head->title) != head->title.size || (head->title.size > 0 && memchr(head->title.data, 0, head->title.size)))
        head->title = CY_STR("");
    if (!head->is_there)
        return CY_OK;
    head->json = CY_STR("{}");
    if (cy_str_trim(yaml).size == 0)
        return CY_OK;
    struct cy_yaml *root;
    if (cy_yaml_parse(yaml, "README.md", arena, &root, error) != CY_OK)
        return error->status = CY_BAD_INPUT;
    if (root->kind != CY_YAML_MAP)
        return cy_error_set(error, CY_BAD_INPUT, "README.md: the head between the lines \"---\" is no map of names and values");
    struct cy_buffer json = {0};
    bool fits = add_node(&json, root);
    if (fits)
        head->json = cy_arena_str(arena, cy_buffer_str(&json));
    cy_buffer_release(&json);
    if (!fits)
        return cy_error_set(error, CY_BAD_INPUT, "README.md: the head is more than 1 MiB as JSON");
    static const char *const keyed[] = {"license",         "language",          "task_categories",      "task_ids",       "size_categories",
                                        "multilinguality", "language_creators", "annotations_creators", "source_datasets"};
    head->tags = cy_arena_alloc(arena, CY_CARD_TAGS_MAX * sizeof *head->tags);
    for (size_t i = 0; i < CY_COUNT(keyed); i++)
        add_tags_of(head, arena, root, keyed[i], keyed[i]);
    add_tags_of(head, arena, root, "tags", NULL);
    const struct cy_yaml *name = cy_yaml_get(root, "pretty_name");
    if (name != NULL && name->kind == CY_YAML_SCALAR && name->scalar.size > 0)
        head->title = cut_text(name->scalar, CY_CARD_TITLE_BYTES_MAX);
    return CY_OK;
}
