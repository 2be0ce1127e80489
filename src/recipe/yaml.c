#include "recipe/yaml.h"

#include "kernels/utf8.h"

#include <libfyaml.h>

enum {
    DEPTH_MAX = 32,     /* a recipe needs 6 */
    NODES_MAX = 100000, /* a recipe of some MB */
};

struct anchor {
    struct cy_str name;
    struct cy_yaml node; /* a copy: children are shared, and an alias costs no more than its own node */
    struct anchor *next;
};

struct parser {
    struct fy_parser *events;
    const char *name;
    struct cy_arena *arena;
    struct cy_error *error;
    struct anchor *anchors;
    size_t node_count;
};

static enum cy_status wrong(const struct parser *parser, int line, int column, const char *what)
{
    return cy_error_set(parser->error, CY_BAD_RECIPE, "%s:%d:%d: %s", parser->name, line, column, what);
}

static struct cy_str token_text(struct parser *parser, struct fy_token *token)
{
    size_t size = 0;
    const char *text = token != NULL ? fy_token_get_text(token, &size) : NULL;
    return text != NULL ? cy_arena_str(parser->arena, (struct cy_str){text, size}) : (struct cy_str){"", 0};
}

static void mark_place(struct fy_event *event, int *line, int *column)
{
    const struct fy_mark *mark = fy_event_start_mark(event);
    *line = mark != NULL ? mark->line + 1 : 1;
    *column = mark != NULL ? mark->column + 1 : 1;
}

static enum cy_status parse_node(struct parser *parser, struct fy_event *event, struct cy_yaml *node, int depth);

/* A map's key, checked against the keys before it. Frees the event. */
static enum cy_status parse_key(struct parser *parser, struct fy_event *event, struct cy_yaml *child, const struct cy_buffer *list)
{
    enum cy_status status = CY_OK;
    mark_place(event, &child->key_line, &child->key_column);
    if (event->type != FYET_SCALAR)
        status = wrong(parser, child->key_line, child->key_column, "expected a name");
    else
        child->key = token_text(parser, event->scalar.value);
    fy_parser_event_free(parser->events, event);
    const struct cy_yaml *others = (const struct cy_yaml *)(const void *)list->data;
    for (size_t i = 0; status == CY_OK && i < list->size / sizeof *others; i++)
        if (cy_str_equal(others[i].key, child->key))
            status =
                cy_error_set(parser->error, CY_BAD_RECIPE, "%s:%d:%d: \"%.*s\" stands twice, first in line %d", parser->name,
                             child->key_line, child->key_column, (int)CY_MIN(child->key.size, 100), child->key.data, others[i].key_line);
    return status;
}

/* Children until the event that closes the list or map. */
static enum cy_status parse_children(struct parser *parser, struct cy_yaml *node, int depth)
{
    struct cy_buffer list = {0};
    enum cy_status status = CY_OK;
    while (status == CY_OK) {
        struct cy_yaml child = {0};
        struct fy_event *event = fy_parser_parse(parser->events);
        bool closed = event != NULL && (event->type == FYET_SEQUENCE_END || event->type == FYET_MAPPING_END);
        if (closed) {
            fy_parser_event_free(parser->events, event);
            break;
        }
        if (event != NULL && node->kind == CY_YAML_MAP) {
            status = parse_key(parser, event, &child, &list);
            event = status == CY_OK ? fy_parser_parse(parser->events) : NULL;
        }
        if (status == CY_OK)
            status = event != NULL ? parse_node(parser, event, &child, depth + 1) : CY_BAD_RECIPE; /* the diagnostics say why */
        cy_buffer_add(&list, &child, sizeof child);
    }
    node->child_count = list.size / sizeof *node;
    node->children = cy_arena_alloc(parser->arena, list.size);
    if (list.size > 0)
        memcpy(node->children, list.data, list.size);
    cy_buffer_release(&list);
    return status;
}

static enum cy_status parse_alias(struct parser *parser, struct fy_event *event, struct cy_yaml *node)
{
    struct cy_str name = token_text(parser, event->alias.anchor);
    node->column--; /* the mark is the name's, behind the star */
    const struct anchor *anchor = parser->anchors;
    while (anchor != NULL && !cy_str_equal(anchor->name, name))
        anchor = anchor->next;
    if (anchor == NULL)
        return wrong(parser, node->line, node->column, "this alias has no anchor before it");
    node->kind = anchor->node.kind;
    node->scalar = anchor->node.scalar;
    node->is_plain = anchor->node.is_plain;
    node->children = anchor->node.children;
    node->child_count = anchor->node.child_count;
    return CY_OK;
}

/* Fills *node from `event`, which it frees, and the events that belong to it. */
static enum cy_status parse_node(struct parser *parser, struct fy_event *event, struct cy_yaml *node, int depth)
{
    enum cy_status status = CY_OK;
    struct fy_token *anchor_token = NULL;
    mark_place(event, &node->line, &node->column);
    if (depth > DEPTH_MAX) {
        status = wrong(parser, node->line, node->column, "nested deeper than 32 levels");
    } else if (++parser->node_count > NODES_MAX) {
        status = wrong(parser, node->line, node->column, "more than 100,000 values");
    } else if (event->type == FYET_SCALAR) {
        node->kind = CY_YAML_SCALAR;
        node->scalar = token_text(parser, event->scalar.value);
        node->is_plain = event->scalar.value == NULL || fy_token_scalar_style(event->scalar.value) == FYSS_PLAIN;
        anchor_token = event->scalar.anchor;
    } else if (event->type == FYET_ALIAS) {
        status = parse_alias(parser, event, node);
    } else if (event->type == FYET_SEQUENCE_START) {
        node->kind = CY_YAML_LIST;
        anchor_token = event->sequence_start.anchor;
        status = parse_children(parser, node, depth);
    } else if (event->type == FYET_MAPPING_START) {
        node->kind = CY_YAML_MAP;
        anchor_token = event->mapping_start.anchor;
        status = parse_children(parser, node, depth);
    } else {
        status = wrong(parser, node->line, node->column, "expected a value");
    }
    if (status == CY_OK && anchor_token != NULL) { /* named only now that it is whole: an alias inside itself finds nothing */
        struct anchor *anchor = cy_arena_alloc(parser->arena, sizeof *anchor);
        *anchor = (struct anchor){token_text(parser, anchor_token), *node, parser->anchors};
        parser->anchors = anchor;
    }
    fy_parser_event_free(parser->events, event);
    return status;
}

/* Events: stream start, document start, the root, … */
static enum cy_status parse_document(struct parser *parser, struct cy_yaml **root)
{
    for (;;) {
        struct fy_event *event = fy_parser_parse(parser->events);
        if (event == NULL)
            return CY_BAD_RECIPE;
        enum fy_event_type type = event->type;
        if (type != FYET_STREAM_START && type != FYET_DOCUMENT_START && type != FYET_STREAM_END) {
            *root = cy_arena_zero(parser->arena, sizeof **root);
            return parse_node(parser, event, *root, 0);
        }
        fy_parser_event_free(parser->events, event);
        if (type == FYET_STREAM_END)
            return wrong(parser, 1, 1, "the file is empty");
    }
}

/* What libfyaml is not given: 0 bytes, bytes that are not UTF-8 (a directive of such bytes sends it round for ever), and directives. */
static bool check_bytes(const struct parser *parser, struct cy_str text)
{
    size_t valid = cy_utf8_valid_bytes(text);
    struct cy_str rest = {text.data, valid}, line;
    int number = 0;
    while (rest.size > 0) {
        line = cy_str_split(rest, '\n', &rest);
        number++;
        if (line.size > 0 && line.data[0] == '%')
            wrong(parser, number, 1, "directives (%) are not read: take this line out");
        else if (memchr(line.data, 0, line.size) != NULL)
            wrong(parser, number, 1, "this line holds a 0 byte: it is not YAML");
        else
            continue;
        return false;
    }
    if (valid < text.size)
        wrong(parser, number + (valid == 0 || text.data[valid - 1] == '\n'), 1, "this line is not UTF-8");
    return valid == text.size;
}

enum cy_status cy_yaml_parse(struct cy_str text, const char *name, struct cy_arena *arena, struct cy_yaml **root, struct cy_error *error)
{
    if (text.size == 0)
        text = CY_STR("");
    struct fy_diag_cfg diag_config;
    fy_diag_cfg_default(&diag_config);
    diag_config.fp = NULL;
    diag_config.level = FYET_ERROR;
    diag_config.colorize = false;
    struct fy_diag *diag = fy_diag_create(&diag_config);
    CY_ASSERT(diag != NULL);
    fy_diag_set_collect_errors(diag, true);
    struct fy_parse_cfg config = {.flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG | FYPCF_JSON_NONE, .diag = diag};
    struct fy_parser *events = fy_parser_create(&config);
    CY_ASSERT(events != NULL);
    struct parser parser = {.events = events, .name = name, .arena = arena, .error = error};
    *error = (struct cy_error){0};
    enum cy_status status = CY_BAD_RECIPE;
    if (!check_bytes(&parser, text))
        status = error->status;
    else if (fy_parser_set_string(events, text.data, text.size) == 0)
        status = parse_document(&parser, root);
    if (status != CY_OK && error->status == CY_OK) {
        void *previous = NULL;
        const struct fy_diag_error *first = fy_diag_errors_iterate(diag, &previous);
        if (first != NULL)
            wrong(&parser, CY_MAX(first->line, 1), CY_MAX(first->column, 1), first->msg);
        if (first != NULL)
            cy_error_hint(error, "this is not YAML: look at the brackets, braces, quotes and the indentation at this place and before it");
        else
            wrong(&parser, 1, 1, "this is not YAML");
    }
    fy_parser_destroy(events);
    fy_diag_destroy(diag);
    return status;
}

const struct cy_yaml *cy_yaml_get(const struct cy_yaml *map, const char *key)
{
    for (size_t i = 0; map->kind == CY_YAML_MAP && i < map->child_count; i++)
        if (cy_str_is(map->children[i].key, key))
            return &map->children[i];
    return NULL;
}
