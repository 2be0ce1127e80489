#include "html/html_builder.h"

#include <stdlib.h>

enum {
    NODES_KEPT_MAX = 64 * 1024,       /* a page larger than this gives its memory back before the next one */
    TEXT_KEPT_MAX = 16 * 1024 * 1024, /* bytes; the same */
};

void cy_html_tree_init(struct cy_html_tree *tree)
{
    *tree = (struct cy_html_tree){0};
    cy_tag_index_init(&tree->tags);
    cy_html_hint_index_init(&tree->hints);
}

static void free_arrays(struct cy_html_tree *tree)
{
    free(tree->nodes);
    free(tree->blocks);
    cy_buffer_release(&tree->text);
    tree->nodes = NULL;
    tree->blocks = NULL;
    tree->node_capacity = tree->block_capacity = 0;
}

void cy_html_tree_release(struct cy_html_tree *tree)
{
    free_arrays(tree);
    *tree = (struct cy_html_tree){0};
}

static void clear(struct cy_html_tree *tree, struct cy_str html)
{
    if (tree->node_capacity > NODES_KEPT_MAX || tree->block_capacity > NODES_KEPT_MAX || tree->text.capacity > TEXT_KEPT_MAX)
        free_arrays(tree);
    tree->html = html;
    tree->node_count = tree->block_count = tree->element_count = tree->depth_max = 0;
    tree->head = (struct cy_html_head){0};
}

/* ---- what an element is ---- */

static uint32_t context_of_tag(enum cy_tag tag)
{
    switch (tag) {
    case CY_TAG_nav:
        return CY_IN_NAV;
    case CY_TAG_header:
        return CY_IN_HEADER;
    case CY_TAG_footer:
        return CY_IN_FOOTER;
    case CY_TAG_aside:
        return CY_IN_ASIDE;
    case CY_TAG_main:
        return CY_IN_MAIN;
    case CY_TAG_article:
        return CY_IN_ARTICLE;
    case CY_TAG_form:
    case CY_TAG_search:
        return CY_IN_FORM;
    case CY_TAG_table:
        return CY_IN_TABLE;
    case CY_TAG_ul:
    case CY_TAG_ol:
    case CY_TAG_dl:
    case CY_TAG_menu:
    case CY_TAG_dir:
        return CY_IN_LIST;
    case CY_TAG_figure:
    case CY_TAG_figcaption:
        return CY_IN_FIGURE;
    case CY_TAG_button:
    case CY_TAG_label:
        return CY_IN_BUTTON;
    case CY_TAG_pre:
    case CY_TAG_listing:
        return CY_IN_PRE;
    case CY_TAG_blockquote:
    case CY_TAG_q:
        return CY_IN_QUOTE;
    case CY_TAG_details:
        return CY_IN_DETAILS;
    case CY_TAG_dialog:
        return CY_IN_DIALOG;
    case CY_TAG_template:
        return CY_IN_TEMPLATE;
    case CY_TAG_noscript:
        return CY_IN_NOSCRIPT;
    case CY_TAG_address:
        return CY_IN_ADDRESS;
    case CY_TAG_td:
    case CY_TAG_th:
        return CY_IN_CELL;
    case CY_TAG_li:
    case CY_TAG_dt:
    case CY_TAG_dd:
        return CY_IN_ITEM;
    default:
        return ((cy_tag_flags[tag] & CY_TAG_HEADING) != 0 ? CY_IN_HEADING : 0) | ((cy_tag_flags[tag] & CY_TAG_DROP) != 0 ? CY_IN_DROP : 0);
    }
}

static uint32_t context_of_role(struct cy_str role)
{
    static const struct {
        const char *role;
        uint32_t context;
    } roles[] = {{"navigation", CY_IN_NAV}, {"banner", CY_IN_HEADER},      {"contentinfo", CY_IN_FOOTER},
                 {"main", CY_IN_MAIN},      {"article", CY_IN_ARTICLE},    {"complementary", CY_IN_COMPLEMENTARY},
                 {"dialog", CY_IN_DIALOG},  {"alertdialog", CY_IN_DIALOG}, {"button", CY_IN_BUTTON},
                 {"search", CY_IN_FORM},    {"menu", CY_IN_NAV},           {"menubar", CY_IN_NAV}};
    for (size_t i = 0; i < CY_COUNT(roles); i++)
        if (cy_str_is(role, roles[i].role))
            return roles[i].context;
    return 0;
}

static bool holds(struct cy_str text, const char *part)
{
    return text.size > 0 && memmem(text.data, text.size, part, strlen(part)) != NULL;
}

static uint32_t context_of_attributes(struct cy_html_head *head, const struct cy_html_attributes *attributes)
{
    uint32_t context = 0;
    if (attributes->role.size > 0)
        context |= context_of_role(attributes->role);
    if (attributes->hidden || holds(attributes->style, "display:none") || holds(attributes->style, "display: none") ||
        holds(attributes->style, "visibility:hidden") || holds(attributes->style, "visibility: hidden"))
        context |= CY_IN_HIDDEN;
    if (cy_str_is(attributes->aria_hidden, "true"))
        context |= CY_IN_ARIA_HIDDEN;
    if (cy_str_is(attributes->aria_modal, "true"))
        context |= CY_IN_ARIA_MODAL;
    if (attributes->itemprop.size > 0 && (holds(attributes->itemprop, "articleBody") || holds(attributes->itemprop, "description") ||
                                          holds(attributes->itemprop, "reviewBody") || cy_str_is(attributes->itemprop, "text")))
        context |= CY_IN_ITEMPROP_TEXT;
    if (attributes->itemtype.size > 0) {
        head->schema_types |= cy_html_schema_of(attributes->itemtype);
        if (cy_str_ends(attributes->itemtype, CY_STR("Comment")) || cy_str_ends(attributes->itemtype, CY_STR("UserComments")))
            context |= CY_IN_COMMENT;
    }
    return context;
}

/* ---- the stack of open elements ---- */

static uint32_t class_hash(enum cy_tag tag, struct cy_str class_names)
{
    uint32_t hash = 2166136261u ^ (uint32_t)tag;
    for (size_t i = 0; i < CY_MIN(class_names.size, (size_t)CY_HINT_ATTRIBUTE_BYTES); i++)
        hash = (hash ^ (uint8_t)class_names.data[i]) * 16777619u;
    return hash;
}

static struct cy_html_hint hint_of(const struct cy_html_hint_index *hints, const struct cy_html_hint *parent,
                                   const struct cy_html_attributes *attributes)
{
    struct cy_html_hint hint = *parent;
    int known = 0, score = 0;
    if (attributes->class_names.size > 0 || attributes->id.size > 0)
        score = cy_html_hint_score(hints, attributes->class_names, attributes->id, &known);
    hint.own = (int16_t)score;
    if (known > 0) {
        hint.lowest = (int16_t)CY_MIN(hint.lowest, score);
        hint.highest = (int16_t)CY_MAX(hint.highest, score);
        hint.nearest = (int16_t)score;
        hint.sum = (int16_t)CY_MAX(CY_MIN(hint.sum + score, 2000), -2000);
    }
    return hint;
}

static uint32_t add_node(struct builder *builder, enum cy_tag tag, const struct cy_html_attributes *attributes, uint32_t context)
{
    struct cy_html_tree *tree = builder->tree;
    if (tree->node_count == tree->node_capacity) {
        tree->node_capacity = CY_MAX(tree->node_capacity * 2, 1024);
        tree->nodes = cy_realloc(tree->nodes, tree->node_capacity * sizeof *tree->nodes);
    }
    uint32_t index = (uint32_t)tree->node_count++, parent = builder->depth > 0 ? top_of(builder)->node : 0;
    static const struct cy_html_hint no_hint;
    const struct cy_html_hint hint = hint_of(&tree->hints, builder->depth > 0 ? &tree->nodes[parent].hint : &no_hint, attributes);
    const char *html = tree->html.data;
    tree->nodes[index] =
        (struct cy_html_node){.parent = parent,
                              .block_first = (uint32_t)tree->block_count,
                              .context = context,
                              .kind = class_hash(tag, attributes->class_names),
                              .class_offset = attributes->class_names.size > 0 ? (uint32_t)(attributes->class_names.data - html) : 0,
                              .class_size = (uint16_t)CY_MIN(attributes->class_names.size, (size_t)UINT16_MAX),
                              .id_offset = attributes->id.size > 0 ? (uint32_t)(attributes->id.data - html) : 0,
                              .id_size = (uint16_t)CY_MIN(attributes->id.size, (size_t)UINT16_MAX),
                              .depth = (uint16_t)(index > 0 ? tree->nodes[parent].depth + 1 : 0),
                              .tag = (uint8_t)tag,
                              .hint = hint};
    return index;
}

/* Tags whose end may be left out do not count as nested when the stack is full: a list of 50,000 items is not deep. */
static bool end_is_optional(enum cy_tag tag)
{
    return tag == CY_TAG_p || tag == CY_TAG_li || tag == CY_TAG_dt || tag == CY_TAG_dd || tag == CY_TAG_td || tag == CY_TAG_th ||
           tag == CY_TAG_tr || tag == CY_TAG_tbody || tag == CY_TAG_thead || tag == CY_TAG_tfoot || tag == CY_TAG_option || tag == CY_TAG_a;
}

static void push(struct builder *builder, enum cy_tag tag, const struct cy_html_attributes *attributes)
{
    struct cy_html_tree *tree = builder->tree;
    uint16_t flags = cy_tag_flags[tag];
    if (builder->depth == CY_HTML_DEPTH_MAX) {
        builder->overflow += !end_is_optional(tag);
        tree->depth_max = CY_MAX(tree->depth_max, builder->depth + builder->overflow);
        return;
    }
    const struct open_element *parent = top_of(builder);
    uint32_t own = context_of_tag(tag) | context_of_attributes(&tree->head, attributes), context = parent->context | own;
    bool has_node =
        (flags & CY_TAG_BLOCK) != 0 || own != 0 || tag == CY_TAG_a || attributes->class_names.size > 0 || attributes->id.size > 0;
    struct open_element open = {
        .node = parent->node, .block = parent->block, .context = context, .tag = (uint8_t)tag, .has_node = has_node};
    if (has_node)
        open.node = add_node(builder, tag, attributes, context);
    if ((flags & CY_TAG_BLOCK) != 0)
        open.block = open.node;
    builder->stack[builder->depth++] = open;
    builder->open_counts[tag]++;
    builder->bold_count += (flags & CY_TAG_STRONG) != 0;
    tree->depth_max = CY_MAX(tree->depth_max, builder->depth);
}

/* A closed formatting element no longer counts as open. */
static void close_element(struct builder *builder, struct open_element *open)
{
    if (open->closed)
        return;
    open->closed = true;
    builder->open_counts[open->tag]--;
    builder->bold_count -= (cy_tag_flags[open->tag] & CY_TAG_STRONG) != 0;
    builder->after_link |= open->tag == CY_TAG_a;
}

static void pop(struct builder *builder)
{
    struct open_element *open = top_of(builder);
    if ((cy_tag_flags[open->tag] & CY_TAG_BLOCK) != 0)
        cy_html_close_block(builder);
    else if ((cy_tag_flags[open->tag] & CY_TAG_SPACE) != 0)
        builder->gap = CY_MAX(builder->gap, GAP_SPACE);
    close_element(builder, open);
    if (open->has_node) {
        struct cy_html_node *node = &builder->tree->nodes[open->node];
        node->end = (uint32_t)builder->tree->node_count;
        node->block_end = (uint32_t)builder->tree->block_count;
    }
    builder->depth--;
}

static void pop_to(struct builder *builder, size_t position)
{
    while (builder->depth > position)
        pop(builder);
}

/* ---- end tags ---- */

/* Where `tag` is open within its scope (0 is the root, which is never it). */
static size_t find_open(const struct builder *builder, enum cy_tag tag)
{
    if (builder->open_counts[tag] == 0)
        return 0;
    bool of_table = tag == CY_TAG_tr || tag == CY_TAG_td || tag == CY_TAG_th || tag == CY_TAG_tbody || tag == CY_TAG_thead ||
                    tag == CY_TAG_tfoot || tag == CY_TAG_table || tag == CY_TAG_caption;
    for (size_t i = builder->depth; i-- > 1;) {
        const struct open_element *open = &builder->stack[i];
        if (open->tag == tag && !open->closed)
            return i;
        if (of_table ? open->tag == CY_TAG_table : (cy_tag_flags[open->tag] & CY_TAG_SCOPE) != 0)
            return 0;
    }
    return 0;
}

static void end_element(struct builder *builder, enum cy_tag tag)
{
    size_t position = find_open(builder, tag);
    uint16_t flags = cy_tag_flags[tag];
    if (position == 0)
        return;
    if ((flags & (CY_TAG_BLOCK | CY_TAG_SCOPE)) == 0)
        for (size_t i = builder->depth - 1; i > position; i--)
            if ((cy_tag_flags[builder->stack[i].tag] & CY_TAG_BLOCK) != 0) { /* blocks stay open; formatting ends here all the same */
                if ((flags & CY_TAG_FORMAT) != 0)
                    close_element(builder, &builder->stack[position]);
                return;
            }
    pop_to(builder, position);
}

static void end_heading(struct builder *builder)
{
    for (size_t i = builder->depth; i-- > 1 && (cy_tag_flags[builder->stack[i].tag] & CY_TAG_SCOPE) == 0;)
        if ((cy_tag_flags[builder->stack[i].tag] & CY_TAG_HEADING) != 0) {
            pop_to(builder, i);
            return;
        }
}

static void read_end_tag(struct builder *builder, const char *name, const char *name_end)
{
    enum cy_tag tag = cy_tag_find(&builder->tree->tags, name, (size_t)(name_end - name));
    if (tag == CY_TAG_br) {
        builder->gap = GAP_LINE;
        return;
    }
    if (tag == CY_TAG_html || tag == CY_TAG_head || tag == CY_TAG_body)
        return;
    if ((cy_tag_flags[tag] & CY_TAG_BLOCK) != 0)
        cy_html_close_block(builder);
    if (builder->overflow > 0 && !end_is_optional(tag))
        builder->overflow--;
    else if ((cy_tag_flags[tag] & CY_TAG_HEADING) != 0)
        end_heading(builder);
    else
        end_element(builder, tag);
}

/* ---- start tags ---- */

/* Closes the nearest open element of the list `closed`, unless one of `stops` is nearer. 0 ends the lists. */
static void close_nearest(struct builder *builder, const uint8_t *closed, const uint8_t *stops)
{
    bool any = false;
    for (const uint8_t *tag = closed; *tag != 0; tag++)
        any |= builder->open_counts[*tag] > 0;
    for (size_t i = builder->depth; any && i-- > 1;) {
        uint8_t open = builder->stack[i].tag;
        if (strchr((const char *)closed, open) != NULL && open != 0) {
            pop_to(builder, i);
            return;
        }
        if (open != 0 && strchr((const char *)stops, open) != NULL)
            return;
    }
}

/* Start tags that end other elements (13.2.6.4.7 and the table modes). */
static void close_implied(struct builder *builder, enum cy_tag tag)
{
    static const uint8_t li[] = {CY_TAG_li, 0},
                         lists[] = {CY_TAG_ul, CY_TAG_ol, CY_TAG_menu, CY_TAG_dir, CY_TAG_table, CY_TAG_td, CY_TAG_th, 0};
    static const uint8_t terms[] = {CY_TAG_dt, CY_TAG_dd, 0}, term_lists[] = {CY_TAG_dl, CY_TAG_table, CY_TAG_td, CY_TAG_th, 0};
    static const uint8_t cells[] = {CY_TAG_td, CY_TAG_th, CY_TAG_caption, 0}, rows[] = {CY_TAG_tr, CY_TAG_caption, 0};
    static const uint8_t groups[] = {CY_TAG_tbody, CY_TAG_thead, CY_TAG_tfoot, CY_TAG_caption, 0},
                         tables[] = {CY_TAG_table, CY_TAG_template, 0};
    static const uint8_t options[] = {CY_TAG_option, 0}, selects[] = {CY_TAG_select, CY_TAG_datalist, 0};
    static const uint8_t headings[] = {CY_TAG_h1, CY_TAG_h2, CY_TAG_h3, CY_TAG_h4, CY_TAG_h5, CY_TAG_h6, 0};
    switch (tag) {
    case CY_TAG_li:
        close_nearest(builder, li, lists);
        break;
    case CY_TAG_dt:
    case CY_TAG_dd:
        close_nearest(builder, terms, term_lists);
        break;
    case CY_TAG_td:
    case CY_TAG_th:
        close_nearest(builder, cells, tables);
        break;
    case CY_TAG_tr:
        close_nearest(builder, rows, tables);
        break;
    case CY_TAG_tbody:
    case CY_TAG_thead:
    case CY_TAG_tfoot:
        close_nearest(builder, groups, tables);
        break;
    case CY_TAG_option:
    case CY_TAG_optgroup:
        close_nearest(builder, options, selects);
        break;
    case CY_TAG_a: /* a link in a link ends the outer one */
        if (builder->open_counts[CY_TAG_a] > 0)
            end_element(builder, CY_TAG_a);
        break;
    case CY_TAG_button:
        if (builder->open_counts[CY_TAG_button] > 0)
            close_nearest(builder, (const uint8_t[]){CY_TAG_button, 0}, tables);
        break;
    default:
        if ((cy_tag_flags[tag] & CY_TAG_HEADING) != 0 && (cy_tag_flags[top_of(builder)->tag] & CY_TAG_HEADING) != 0)
            close_nearest(builder, headings, tables);
    }
    size_t paragraph = (cy_tag_flags[tag] & CY_TAG_ENDS_P) != 0 ? find_open(builder, CY_TAG_p) : 0;
    if (paragraph > 0)
        pop_to(builder, paragraph);
}

/* An element whose content is no markup; `at` is behind its start tag. */
static void read_raw(struct builder *builder, enum cy_tag tag, struct cy_str name, const struct cy_html_attributes *attributes)
{
    struct cy_html_head *head = &builder->tree->head;
    const char *first = builder->at, *close = cy_html_find_end_tag(first, builder->end, name.data, name.size);
    struct cy_str content = {first, (size_t)(close - first)};
    builder->at = close;
    if ((cy_tag_flags[tag] & CY_TAG_SPACE) != 0)
        builder->gap = CY_MAX(builder->gap, GAP_SPACE);
    if (tag == CY_TAG_title && head->title.size == 0)
        head->title = cy_html_decode_text(builder->arena, content);
    else if (tag == CY_TAG_script && cy_str_equal_nocase(attributes->type, CY_STR("application/ld+json")))
        cy_html_read_json_ld(head, content);
    if (close < builder->end) {
        const char *behind = cy_html_skip_attributes(close + 2 + name.size, builder->end);
        builder->at = behind != NULL ? behind : builder->end;
    }
}

static void read_void(struct builder *builder, enum cy_tag tag, const struct cy_html_attributes *attributes)
{
    uint16_t flags = cy_tag_flags[tag];
    if ((flags & CY_TAG_BLOCK) != 0)
        cy_html_close_block(builder);
    if ((flags & CY_TAG_SPACE) != 0)
        builder->gap = CY_MAX(builder->gap, GAP_SPACE);
    if (tag == CY_TAG_br) {
        builder->gap = GAP_LINE;
        if (builder->block_open)
            builder->tree->blocks[builder->tree->block_count - 1].break_count++;
    } else if (tag == CY_TAG_img) {
        builder->image_count++;
    } else if (tag == CY_TAG_meta) {
        cy_html_read_meta(&builder->tree->head, attributes);
    }
}

static void read_start_tag(struct builder *builder, struct cy_str name)
{
    struct cy_html_tree *tree = builder->tree;
    struct cy_html_attributes attributes = {0};
    bool self_closing = false;
    const char *behind = cy_html_read_attributes(name.data + name.size, builder->end, &attributes, &self_closing);
    builder->at = behind != NULL ? behind : builder->end;
    if (behind == NULL)
        return;
    enum cy_tag tag = cy_tag_find(&tree->tags, name.data, name.size);
    uint16_t flags = cy_tag_flags[tag];
    tree->element_count++;
    if (tag == CY_TAG_html && tree->head.language.size == 0)
        tree->head.language = attributes.language;
    if (tag == CY_TAG_html || tag == CY_TAG_head || tag == CY_TAG_body)
        return;
    if ((flags & CY_TAG_RAW) != 0) {
        read_raw(builder, tag, name, &attributes);
        return;
    }
    if (tag == CY_TAG_svg) {
        if (!self_closing)
            builder->at = cy_html_skip_svg(builder->at, builder->end, &tree->tags);
        builder->image_count++;
        return;
    }
    close_implied(builder, tag);
    if ((flags & CY_TAG_VOID) != 0) {
        read_void(builder, tag, &attributes);
        return;
    }
    if ((flags & CY_TAG_BLOCK) != 0)
        cy_html_close_block(builder);
    bool custom = tag == CY_TAG_OTHER && memchr(name.data, '-', name.size) != NULL; /* what a custom element looks like, nobody knows */
    if ((flags & CY_TAG_SPACE) != 0 || custom || (tag == CY_TAG_a && builder->after_link))
        builder->gap = CY_MAX(builder->gap, GAP_SPACE);
    push(builder, tag, &attributes);
    if (tag == CY_TAG_a && builder->block_open)
        tree->blocks[tree->block_count - 1].link_count++;
}

/* ---- the page ---- */

static bool is_letter(char byte)
{
    char lower = (char)(byte | 32);
    return lower >= 'a' && lower <= 'z';
}

/* What stands at '<': a tag, a declaration, or just the character. */
static void read_markup(struct builder *builder)
{
    const char *at = builder->at, *end = builder->end;
    size_t left = (size_t)(end - at);
    if (left > 1 && is_letter(at[1])) {
        const char *name_end = cy_html_name_end(at + 1, end);
        read_start_tag(builder, (struct cy_str){at + 1, (size_t)(name_end - at - 1)});
    } else if (left > 2 && at[1] == '/' && is_letter(at[2])) {
        const char *name_end = cy_html_name_end(at + 2, end), *behind = cy_html_skip_attributes(name_end, end);
        builder->at = behind != NULL ? behind : end;
        if (behind != NULL)
            read_end_tag(builder, at + 2, name_end);
    } else if (left > 1 && (at[1] == '!' || at[1] == '?' || at[1] == '/')) {
        builder->at = cy_html_skip_declaration(at, end);
    } else {
        cy_html_add_text(builder, at, at + 1);
        builder->at = at + 1;
    }
}

static enum cy_status check_limits(const struct cy_html_tree *tree, struct cy_error *error)
{
    if (tree->depth_max > CY_HTML_DEPTH_READABLE)
        return cy_error_set(error, CY_BAD_INPUT, "html_too_deep: more than %d elements are open at once", CY_HTML_DEPTH_READABLE);
    if (tree->element_count > CY_HTML_ELEMENTS_MAX)
        return cy_error_set(error, CY_BAD_INPUT, "html_too_large: more than %d elements", CY_HTML_ELEMENTS_MAX);
    return CY_OK;
}

enum cy_status cy_html_parse(struct cy_html_tree *tree, struct cy_str html, struct cy_arena *arena, struct cy_error *error)
{
    CY_ASSERT(html.size < UINT32_MAX);
    clear(tree, html);
    struct builder *builder = cy_arena_alloc(arena, sizeof *builder);
    *builder = (struct builder){.tree = tree, .arena = arena, .at = html.data, .end = html.data + html.size};
    cy_html_begin_text(builder);
    const struct cy_html_attributes none = {0};
    builder->stack[0] = (struct open_element){.node = add_node(builder, CY_TAG_OTHER, &none, 0), .tag = CY_TAG_OTHER, .has_node = true};
    builder->depth = 1;
    builder->open_counts[CY_TAG_OTHER] = 1;
    enum cy_status status = CY_OK;
    while (builder->at < builder->end && status == CY_OK) {
        const char *markup = memchr(builder->at, '<', (size_t)(builder->end - builder->at));
        if (markup == NULL)
            markup = builder->end;
        if (markup > builder->at)
            cy_html_add_text(builder, builder->at, markup);
        builder->at = markup;
        if (markup < builder->end)
            read_markup(builder);
        status = check_limits(tree, error);
    }
    cy_html_close_block(builder);
    pop_to(builder, 0);
    return status;
}
