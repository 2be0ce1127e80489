#include "hub/git_objects.h"

#include <inttypes.h>
#include <stdio.h>

#include <openssl/evp.h>

void cy_hex(const uint8_t *bytes, size_t byte_count, char *hex)
{
    for (size_t i = 0; i < byte_count; i++) {
        hex[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        hex[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
    }
    hex[2 * byte_count] = '\0';
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool cy_hex_parse(struct cy_str hex, uint8_t *bytes, size_t byte_count)
{
    if (hex.size != 2 * byte_count)
        return false;
    for (size_t i = 0; i < byte_count; i++) {
        int high = digit_of(hex.data[2 * i]), low = digit_of(hex.data[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        bytes[i] = (uint8_t)(high * 16 + low);
    }
    return true;
}

void cy_oid_hex(const struct cy_oid *oid, char hex[CY_OID_HEX])
{
    cy_hex(oid->bytes, CY_OID_BYTES, hex);
}

bool cy_oid_parse(struct cy_str hex, struct cy_oid *oid)
{
    return cy_hex_parse(hex, oid->bytes, CY_OID_BYTES);
}

bool cy_oid_equal(const struct cy_oid *a, const struct cy_oid *b)
{
    return memcmp(a->bytes, b->bytes, CY_OID_BYTES) == 0;
}

void cy_git_oid(const char *type, struct cy_str content, struct cy_oid *oid)
{
    char head[48];
    int head_size = snprintf(head, sizeof head, "%s %zu", type, content.size) + 1; /* the 0 byte belongs to it */
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    CY_ASSERT(context != NULL && EVP_DigestInit_ex(context, EVP_sha1(), NULL) == 1);
    CY_ASSERT(EVP_DigestUpdate(context, head, (size_t)head_size) == 1);
    CY_ASSERT(content.size == 0 || EVP_DigestUpdate(context, content.data, content.size) == 1);
    CY_ASSERT(EVP_DigestFinal_ex(context, oid->bytes, NULL) == 1);
    EVP_MD_CTX_free(context);
}

size_t cy_git_lfs_pointer(const char sha256[65], uint64_t size_bytes, char text[CY_LFS_POINTER_BYTES])
{
    int size = snprintf(text, CY_LFS_POINTER_BYTES, "version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %" PRIu64 "\n", sha256,
                        size_bytes);
    CY_ASSERT(size > 0 && size < CY_LFS_POINTER_BYTES);
    return (size_t)size;
}

int cy_git_name_compare(struct cy_str a, bool a_is_folder, struct cy_str b, bool b_is_folder)
{
    size_t shared = CY_MIN(a.size, b.size);
    int order = shared > 0 ? memcmp(a.data, b.data, shared) : 0;
    if (order != 0)
        return order;
    int next_a = a.size > shared ? (uint8_t)a.data[shared] : a_is_folder ? '/' : 0;
    int next_b = b.size > shared ? (uint8_t)b.data[shared] : b_is_folder ? '/' : 0;
    return next_a - next_b;
}

void cy_git_tree_add(struct cy_buffer *tree, struct cy_str name, bool is_folder, const struct cy_oid *oid)
{
    cy_buffer_add_text(tree, is_folder ? "40000 " : "100644 ");
    cy_buffer_add_str(tree, name);
    cy_buffer_add_byte(tree, 0);
    cy_buffer_add(tree, oid->bytes, CY_OID_BYTES);
}

void cy_git_commit_add(struct cy_buffer *out, const struct cy_git_commit *commit)
{
    cy_buffer_printf(out, "tree %.*s\n", (int)commit->tree.size, commit->tree.data);
    if (commit->parent.size > 0)
        cy_buffer_printf(out, "parent %.*s\n", (int)commit->parent.size, commit->parent.data);
    static const char *const roles[] = {"author", "committer"};
    for (size_t i = 0; i < CY_COUNT(roles); i++)
        cy_buffer_printf(out, "%s %.*s <%.*s> %" PRId64 " +0000\n", roles[i], (int)commit->author_name.size, commit->author_name.data,
                         (int)commit->author_email.size, commit->author_email.data, commit->created_s);
    cy_buffer_add_byte(out, '\n');
    cy_buffer_add_str(out, commit->title);
    cy_buffer_add_byte(out, '\n');
    if (commit->message.size > 0) {
        cy_buffer_add_byte(out, '\n');
        cy_buffer_add_str(out, commit->message);
        cy_buffer_add_byte(out, '\n');
    }
}
