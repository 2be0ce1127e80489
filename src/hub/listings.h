/* A listing is a folder of a version: git's tree with, for each file, what git does not keep in it, its size and the sha256 of its content.
 * One row of `listings` holds one folder, so that one read lists it with all its sizes and hashes.
 *
 *     content = u8 version 1, then a record an entry, in git's order:
 *               u8 flags (1 folder, 2 large file) · u16 name size · name · oid[20] · for a file: u64 size, sha256[32]
 *
 * Numbers are little-endian. The tree's bytes and name follow from it exactly. A large file stands in git's tree as its LFS pointer: oid is
 * the name of the pointer's blob, size and sha256 are the content's. */
#ifndef CY_HUB_LISTINGS_H
#define CY_HUB_LISTINGS_H

#include "base/arena.h"
#include "base/error.h"
#include "hub/git_objects.h"

enum {
    CY_SHA256_BYTES = 32,
    CY_ENTRIES_MAX = 100000, /* in one folder: a listing is read and written whole, and is then some 10 MB */
    CY_PATH_NAME_MAX = 255,  /* bytes of one name: what file systems take */
    CY_FILE_PATH_BYTES_MAX = 1024,
    CY_PATH_DEPTH_MAX = 32,
};

struct cy_entry {
    struct cy_str name;
    bool is_folder, is_large;
    struct cy_oid oid;
    uint64_t size_bytes;             /* 0 for a folder */
    uint8_t sha256[CY_SHA256_BYTES]; /* of a file */
};
struct cy_listing {
    struct cy_entry *entries; /* in git's order */
    size_t entry_count;
};

/* Names point into `content`, entries lie in arena. CY_BAD_INPUT when the content is damaged. */
enum cy_status cy_listing_read(struct cy_str content, struct cy_arena *arena, struct cy_listing *listing, struct cy_error *error);
/* Sorts the entries, adds the content to *content, and gives the tree's name. Two entries of one name are a bug. */
void cy_listing_write(struct cy_listing *listing, struct cy_buffer *content, struct cy_oid *tree);
/* The bytes of git's tree. */
void cy_listing_git_tree(const struct cy_listing *listing, struct cy_buffer *tree);
/* NULL when there is none. */
const struct cy_entry *cy_listing_find(const struct cy_listing *listing, struct cy_str name);

/* A file's entry from its content's hash and size; oid is the blob's own for a small file (give it), of the pointer for a large one. */
void cy_entry_large(struct cy_entry *entry, const char sha256[65], uint64_t size_bytes);

/* A path in a version: UTF-8, names parted by "/", none of them empty, ".", "..", ".git" or with a control character; within the limits
 * above. CY_BAD_INPUT says which path and why. */
enum cy_status cy_path_check(struct cy_str path, struct cy_error *error);

/* ---- what a commit changes ---- */

enum cy_change_kind { CY_CHANGE_PUT, CY_CHANGE_DELETE, CY_CHANGE_DELETE_FOLDER };
struct cy_change {
    enum cy_change_kind kind;
    struct cy_str path;    /* checked by cy_path_check */
    struct cy_entry entry; /* of PUT; its name is set here */
};

struct cy_new_listing {
    struct cy_oid tree;
    struct cy_str content;
};
struct cy_tree_change {
    /* Where folders that are there already come from: the content under a tree's name, in the arena. */
    enum cy_status (*load)(void *context, const struct cy_oid *tree, struct cy_arena *arena, struct cy_str *content,
                           struct cy_error *error);
    void *context;
    struct cy_arena *arena;
    struct cy_oid root;                  /* out */
    struct cy_new_listing *new_listings; /* out: of folders that were changed; may repeat what is there already */
    size_t new_count;
};
/* Applies changes[0..change_count) in their order to the tree `base` (NULL: an empty one): the last about a path counts, a folder that
 * becomes empty goes, deleting what is not there changes nothing. Only folders on changed paths are loaded and written.
 * CY_BAD_INPUT: a file would stand where a folder is, or the other way round; a folder would hold too many entries. */
enum cy_status cy_tree_apply(struct cy_tree_change *tree, const struct cy_oid *base, const struct cy_change *changes, size_t change_count,
                             struct cy_error *error);

#endif
