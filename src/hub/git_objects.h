/* Git's objects: the bytes of a blob, a tree and a commit, and the sha1 that names them, so that a version has the name that git gives it
 * and git itself can be served from what lies here. Pure: nothing is read or written.
 *
 *     object = "<type> <size>\0" content; its name is the sha1 of all of it (git: Documentation/gitformat-pack, "loose objects")
 *
 * Tests hold all three equal to `git hash-object`, `git mktree` and `git fsck --strict`. */
#ifndef CY_HUB_GIT_OBJECTS_H
#define CY_HUB_GIT_OBJECTS_H

#include "base/bytes.h"

enum {
    CY_OID_BYTES = 20,
    CY_OID_HEX = 41,            /* with the 0 byte */
    CY_LFS_POINTER_BYTES = 200, /* room for the pointer of any object */
};

/* A sha1. */
struct cy_oid {
    uint8_t bytes[CY_OID_BYTES];
};

void cy_oid_hex(const struct cy_oid *oid, char hex[CY_OID_HEX]);
bool cy_oid_parse(struct cy_str hex, struct cy_oid *oid); /* 40 lower-case hex digits, or false */
bool cy_oid_equal(const struct cy_oid *a, const struct cy_oid *b);

/* bytes[0..byte_count) as lower-case hex digits with a 0 byte, and back (false when it is no lower-case hex of just that length). */
void cy_hex(const uint8_t *bytes, size_t byte_count, char *hex);
bool cy_hex_parse(struct cy_str hex, uint8_t *bytes, size_t byte_count);

/* The name of an object of `type` ("blob", "tree", "commit"). */
void cy_git_oid(const char *type, struct cy_str content, struct cy_oid *oid);

/* The text that stands in the tree for a large file (git-lfs: docs/spec.md "The Pointer"); returns its size. */
size_t cy_git_lfs_pointer(const char sha256[65], uint64_t size_bytes, char text[CY_LFS_POINTER_BYTES]);

/* git orders the entries of a tree by their names' bytes, a folder as if its name ended in "/". <0, 0, >0. */
int cy_git_name_compare(struct cy_str a, bool a_is_folder, struct cy_str b, bool b_is_folder);

/* Adds one entry to a tree's bytes; entries come in the order of cy_git_name_compare. */
void cy_git_tree_add(struct cy_buffer *tree, struct cy_str name, bool is_folder, const struct cy_oid *oid);

struct cy_git_commit {
    struct cy_str tree;   /* hex */
    struct cy_str parent; /* hex, or empty */
    struct cy_str author_name, author_email;
    int64_t created_s;            /* since 1970; the zone is +0000 */
    struct cy_str title, message; /* the message follows the title after an empty line, when there is one */
};
/* The commit's bytes; author and committer are the same. */
void cy_git_commit_add(struct cy_buffer *out, const struct cy_git_commit *commit);

#endif
