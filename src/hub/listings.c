#include "hub/listings.h"

#include "kernels/utf8.h"

#include <stdio.h>
#include <stdlib.h>

enum { FLAG_FOLDER = 1, FLAG_LARGE = 2, LISTING_VERSION = 1 };

static enum cy_status damaged(struct cy_error *error, size_t at)
{
    return cy_error_set(error, CY_BAD_INPUT, "a stored folder listing is damaged at byte %zu", at);
}

enum cy_status cy_listing_read(struct cy_str content, struct cy_arena *arena, struct cy_listing *listing, struct cy_error *error)
{
    *listing = (struct cy_listing){0};
    if (content.size == 0 || content.data[0] != LISTING_VERSION)
        return damaged(error, 0);
    size_t allocated = (content.size / 30 + 1) * sizeof *listing->entries; /* an entry has at least 24 bytes, with a name of some */
    listing->entries = cy_arena_alloc(arena, allocated);
    size_t capacity = allocated / sizeof *listing->entries;
    for (size_t at = 1; at < content.size;) {
        const char *record = content.data + at;
        size_t left = content.size - at;
        if (left < 3)
            return damaged(error, at);
        uint8_t flags = (uint8_t)record[0];
        size_t name_size = (uint8_t)record[1] | (size_t)(uint8_t)record[2] << 8;
        size_t size = 3 + name_size + CY_OID_BYTES + (flags & FLAG_FOLDER ? 0 : 8 + CY_SHA256_BYTES);
        if (left < size || name_size == 0)
            return damaged(error, at);
        if (listing->entry_count == capacity) { /* many very short names */
            struct cy_entry *more = cy_arena_alloc(arena, 2 * capacity * sizeof *more);
            memcpy(more, listing->entries, capacity * sizeof *more);
            listing->entries = more;
            capacity *= 2;
        }
        struct cy_entry *entry = &listing->entries[listing->entry_count++];
        *entry = (struct cy_entry){
            .name = {record + 3, name_size}, .is_folder = (flags & FLAG_FOLDER) != 0, .is_large = (flags & FLAG_LARGE) != 0};
        const char *rest = record + 3 + name_size;
        memcpy(entry->oid.bytes, rest, CY_OID_BYTES);
        if (!entry->is_folder) {
            entry->size_bytes = cy_load_u64(rest + CY_OID_BYTES);
            memcpy(entry->sha256, rest + CY_OID_BYTES + 8, CY_SHA256_BYTES);
        }
        at += size;
    }
    return CY_OK;
}

static int compare_entries(const void *a, const void *b)
{
    const struct cy_entry *one = a, *other = b;
    return cy_git_name_compare(one->name, one->is_folder, other->name, other->is_folder);
}

void cy_listing_git_tree(const struct cy_listing *listing, struct cy_buffer *tree)
{
    for (size_t i = 0; i < listing->entry_count; i++)
        cy_git_tree_add(tree, listing->entries[i].name, listing->entries[i].is_folder, &listing->entries[i].oid);
}

void cy_listing_write(struct cy_listing *listing, struct cy_buffer *content, struct cy_oid *tree)
{
    bool is_sorted = true;
    for (size_t i = 1; i < listing->entry_count && is_sorted; i++)
        is_sorted = compare_entries(&listing->entries[i - 1], &listing->entries[i]) < 0;
    if (!is_sorted)
        qsort(listing->entries, listing->entry_count, sizeof *listing->entries, compare_entries);
    cy_buffer_add_byte(content, LISTING_VERSION);
    for (size_t i = 0; i < listing->entry_count; i++) {
        const struct cy_entry *entry = &listing->entries[i];
        CY_ASSERT(entry->name.size > 0 && entry->name.size <= CY_PATH_NAME_MAX);
        CY_ASSERT(i == 0 || compare_entries(&listing->entries[i - 1], entry) < 0);
        cy_buffer_add_byte(content, (uint8_t)((entry->is_folder ? FLAG_FOLDER : 0) | (entry->is_large ? FLAG_LARGE : 0)));
        cy_buffer_add_byte(content, (uint8_t)entry->name.size);
        cy_buffer_add_byte(content, (uint8_t)(entry->name.size >> 8));
        cy_buffer_add_str(content, entry->name);
        cy_buffer_add(content, entry->oid.bytes, CY_OID_BYTES);
        if (!entry->is_folder) {
            cy_buffer_add(content, &entry->size_bytes, 8);
            cy_buffer_add(content, entry->sha256, CY_SHA256_BYTES);
        }
    }
    struct cy_buffer git = {0};
    cy_listing_git_tree(listing, &git);
    cy_git_oid("tree", cy_buffer_str(&git), tree);
    cy_buffer_release(&git);
}

const struct cy_entry *cy_listing_find(const struct cy_listing *listing, struct cy_str name)
{
    /* A name stands once, but git sorts it in one of two places: look for the file, then for the folder. */
    for (int is_folder = 0; is_folder < 2; is_folder++) {
        size_t low = 0, high = listing->entry_count;
        while (low < high) {
            size_t middle = low + (high - low) / 2;
            const struct cy_entry *entry = &listing->entries[middle];
            int order = cy_git_name_compare(entry->name, entry->is_folder, name, is_folder);
            if (order == 0)
                return entry;
            if (order < 0)
                low = middle + 1;
            else
                high = middle;
        }
    }
    return NULL;
}

void cy_entry_large(struct cy_entry *entry, const char sha256[65], uint64_t size_bytes)
{
    char pointer[CY_LFS_POINTER_BYTES];
    size_t size = cy_git_lfs_pointer(sha256, size_bytes, pointer);
    entry->is_large = true;
    entry->is_folder = false;
    entry->size_bytes = size_bytes;
    CY_ASSERT(cy_hex_parse(cy_str(sha256), entry->sha256, CY_SHA256_BYTES));
    cy_git_oid("blob", (struct cy_str){pointer, size}, &entry->oid);
}

static enum cy_status bad_path(struct cy_error *error, struct cy_str path, const char *why)
{
    struct cy_buffer shown = {0};
    cy_buffer_add_json(&shown, (struct cy_str){path.data, CY_MIN(path.size, 200)});
    cy_error_set(error, CY_BAD_INPUT, "%.*s cannot be a path: %s", (int)shown.size, shown.data, why);
    cy_buffer_release(&shown);
    return CY_BAD_INPUT;
}

enum cy_status cy_path_check(struct cy_str path, struct cy_error *error)
{
    if (path.size == 0 || path.size > CY_FILE_PATH_BYTES_MAX)
        return bad_path(error, path, path.size == 0 ? "it is empty" : "it has more than 1024 bytes");
    if (cy_utf8_valid_bytes(path) != path.size)
        return bad_path(error, path, "it is not UTF-8");
    for (size_t i = 0; i < path.size; i++)
        if ((uint8_t)path.data[i] < 0x20 || path.data[i] == 0x7f || path.data[i] == '\\')
            return bad_path(error, path, "it holds a control character or a backslash");
    size_t depth = 0;
    struct cy_str rest = path;
    for (bool more = true; more; depth++) {
        more = memchr(rest.data, '/', rest.size) != NULL;
        struct cy_str name = cy_str_split(rest, '/', &rest);
        if (name.size == 0 || (more && rest.size == 0))
            return bad_path(error, path, "a name in it is empty");
        if (name.size > CY_PATH_NAME_MAX)
            return bad_path(error, path, "a name in it has more than 255 bytes");
        if (cy_str_is(name, ".") || cy_str_is(name, ".."))
            return bad_path(error, path, "\".\" and \"..\" are no names");
        if (cy_str_equal_nocase(name, CY_STR(".git")) || cy_str_equal_nocase(name, CY_STR("git~1")))
            return bad_path(error, path, "git keeps \".git\" for itself");
    }
    if (depth > CY_PATH_DEPTH_MAX)
        return bad_path(error, path, "it is deeper than 32 folders");
    return CY_OK;
}

/* ---- changes, gathered into a tree of their own ---- */

enum node_kind {
    NODE_FOLDER,  /* something below it changes */
    NODE_FILE,    /* a file is put here */
    NODE_DELETED, /* nothing stands here any more */
};
struct node {
    struct cy_str name;
    enum node_kind kind;
    bool file_cleared, folder_cleared; /* an earlier change took away the file, or the folder, that stood here */
    const struct cy_change *change;
    struct node **children; /* by name */
    size_t child_count, child_capacity;
};

static struct node *child_of(struct node *parent, struct cy_str name, struct cy_arena *arena)
{
    size_t low = 0, high = parent->child_count;
    if (high > 0 && cy_str_compare(parent->children[high - 1]->name, name) < 0)
        low = high; /* they mostly come in order */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = cy_str_compare(parent->children[middle]->name, name);
        if (order == 0)
            return parent->children[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (parent->child_count == parent->child_capacity) {
        size_t capacity = CY_MAX(2 * parent->child_capacity, 8);
        struct node **children = cy_arena_alloc(arena, capacity * sizeof(struct node *));
        if (parent->child_count > 0)
            memcpy(children, parent->children, parent->child_count * sizeof(struct node *));
        parent->children = children;
        parent->child_capacity = capacity;
    }
    memmove(parent->children + low + 1, parent->children + low, (parent->child_count - low) * sizeof(struct node *));
    struct node *node = cy_arena_zero(arena, sizeof *node);
    node->name = name;
    parent->children[low] = node;
    parent->child_count++;
    return node;
}

static const struct node *find_child(const struct node *parent, struct cy_str name)
{
    size_t low = 0, high = parent->child_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = cy_str_compare(parent->children[middle]->name, name);
        if (order == 0)
            return parent->children[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static void note_cleared(struct node *node)
{
    if (node->kind == NODE_DELETED && node->change->kind == CY_CHANGE_DELETE_FOLDER)
        node->folder_cleared = true;
    else if (node->kind == NODE_DELETED)
        node->file_cleared = true;
}

/* The node of a change's path; folders on the way come to be. */
static enum cy_status add_change(struct node *root, const struct cy_change *change, struct cy_arena *arena, struct cy_error *error)
{
    struct node *node = root;
    struct cy_str rest = change->path;
    while (rest.size > 0) {
        if (node->kind == NODE_FILE && change->kind != CY_CHANGE_PUT)
            return CY_OK; /* nothing stands below a file */
        if (node->kind == NODE_FILE)
            return bad_path(error, change->path, "a folder in it is a file of the same commit");
        note_cleared(node);
        node->kind = NODE_FOLDER;
        struct cy_str name = cy_str_split(rest, '/', &rest);
        node = child_of(node, name, arena);
    }
    note_cleared(node);
    if (change->kind == CY_CHANGE_PUT) {
        if (node->kind == NODE_FOLDER && node->child_count > 0)
            return bad_path(error, change->path, "the same commit changes files below it");
        node->kind = NODE_FILE;
        node->change = change;
    } else if (change->kind == CY_CHANGE_DELETE && node->kind == NODE_FOLDER && node->child_count > 0) {
        node->file_cleared = true; /* where a folder stands, what changes below it still does */
    } else {
        node->kind = NODE_DELETED;
        node->change = change;
        node->child_count = 0;
    }
    return CY_OK;
}

/* ---- the new folders, from the leaves up ---- */

struct builder {
    struct cy_tree_change *out;
    struct cy_buffer list; /* struct cy_new_listing */
};

static enum cy_status build_folder(struct builder *builder, const struct node *node, const struct cy_oid *base, struct cy_oid *tree,
                                   size_t *entry_count, struct cy_error *error);

/* What one child of a changed folder becomes. Nothing is appended when nothing stands there any more. */
static enum cy_status build_child(struct builder *builder, const struct node *child, const struct cy_entry *old, struct cy_listing *listing,
                                  struct cy_error *error)
{
    struct cy_entry *entry = &listing->entries[listing->entry_count];
    if (child->kind == NODE_FILE) {
        if (old != NULL && old->is_folder && !child->folder_cleared)
            return bad_path(error, child->change->path, "a folder has this name");
        *entry = child->change->entry;
        entry->name = child->name;
        listing->entry_count++;
        return CY_OK;
    }
    if (child->kind == NODE_DELETED) {
        bool is_folder_deletion = child->change->kind == CY_CHANGE_DELETE_FOLDER;
        /* A folder is not deleted as a file, nor a file as a folder. */
        if (old != NULL && (old->is_folder ? !is_folder_deletion && !child->folder_cleared : is_folder_deletion && !child->file_cleared)) {
            *entry = *old;
            listing->entry_count++;
        }
        return CY_OK;
    }
    *entry = (struct cy_entry){.name = child->name, .is_folder = true};
    size_t below;
    const struct cy_oid *old_tree = old != NULL && old->is_folder && !child->folder_cleared ? &old->oid : NULL;
    enum cy_status status = build_folder(builder, child, old_tree, &entry->oid, &below, error);
    bool file_stays = old != NULL && !old->is_folder && !child->file_cleared;
    if (status == CY_OK && file_stays && below > 0)
        status = bad_path(error, child->name, "it is a file, and the commit puts files below it");
    if (status == CY_OK && file_stays)
        *entry = *old;
    listing->entry_count += status == CY_OK && (file_stays || below > 0);
    return status;
}

static enum cy_status build_folder(struct builder *builder, const struct node *node, const struct cy_oid *base, struct cy_oid *tree,
                                   size_t *entry_count, struct cy_error *error)
{
    struct cy_arena *arena = builder->out->arena;
    struct cy_listing old = {0}, listing = {0};
    struct cy_str content;
    enum cy_status status = CY_OK;
    if (base != NULL) {
        status = builder->out->load(builder->out->context, base, arena, &content, error);
        if (status == CY_OK)
            status = cy_listing_read(content, arena, &old, error);
    }
    if (status != CY_OK)
        return status;
    listing.entries = cy_arena_alloc(arena, (old.entry_count + node->child_count + 1) * sizeof *listing.entries);
    for (size_t i = 0; i < old.entry_count; i++)
        if (find_child(node, old.entries[i].name) == NULL)
            listing.entries[listing.entry_count++] = old.entries[i];
    for (size_t i = 0; status == CY_OK && i < node->child_count; i++)
        status = build_child(builder, node->children[i], cy_listing_find(&old, node->children[i]->name), &listing, error);
    if (status == CY_OK && listing.entry_count > CY_ENTRIES_MAX)
        status = cy_error_set(error, CY_BAD_INPUT, "the folder \"%.*s\" would hold %zu entries, and %d is the limit", (int)node->name.size,
                              node->name.data != NULL ? node->name.data : "", listing.entry_count, (int)CY_ENTRIES_MAX);
    if (status != CY_OK)
        return status;
    struct cy_buffer bytes = {0};
    cy_listing_write(&listing, &bytes, tree);
    *entry_count = listing.entry_count;
    if (listing.entry_count > 0 || node->name.data == NULL) { /* only the root may be empty */
        struct cy_new_listing made = {*tree, cy_arena_str(arena, cy_buffer_str(&bytes))};
        cy_buffer_add(&builder->list, &made, sizeof made);
    }
    cy_buffer_release(&bytes);
    return CY_OK;
}

enum cy_status cy_tree_apply(struct cy_tree_change *tree, const struct cy_oid *base, const struct cy_change *changes, size_t change_count,
                             struct cy_error *error)
{
    struct node root = {0};
    enum cy_status status = CY_OK;
    for (size_t i = 0; status == CY_OK && i < change_count; i++)
        status = add_change(&root, &changes[i], tree->arena, error);
    struct builder builder = {.out = tree};
    size_t entry_count;
    if (status == CY_OK)
        status = build_folder(&builder, &root, base, &tree->root, &entry_count, error);
    if (status == CY_OK) {
        tree->new_count = builder.list.size / sizeof *tree->new_listings;
        tree->new_listings = cy_arena_alloc(tree->arena, CY_MAX(builder.list.size, 1));
        if (builder.list.size > 0)
            memcpy(tree->new_listings, builder.list.data, builder.list.size);
    }
    cy_buffer_release(&builder.list);
    return status;
}
