/* Names of accounts and repositories: what they may be, and which the server keeps for itself. Pure. */
#ifndef CY_HUB_NAMES_H
#define CY_HUB_NAMES_H

#include "base/arena.h"
#include "base/error.h"

enum {
    CY_ACCOUNT_NAME_MAX = 42,    /* characters: what the public hub takes */
    CY_REPOSITORY_NAME_MAX = 96, /* the same */
    CY_REF_NAME_MAX = 200,       /* bytes: room for any name in use, and short enough for a file's name */
};

/* Letters, digits, "-", "_" and "."; a letter or digit at both ends; no "--" or ".."; not reserved (the first part of a path on this server
 * that is no account: "api", "datasets", …). CY_BAD_INPUT says why. */
enum cy_status cy_account_name_check(struct cy_str name, struct cy_error *error);
/* Letters, digits, "-", "_" and "."; no "-" or "." at the ends; no "--" or ".."; does not end in ".git". */
enum cy_status cy_repository_name_check(struct cy_str name, struct cy_error *error);
/* A branch's or tag's name by the rules of git-check-ref-format(1); one of 40 hex digits is refused too, for it would hide a version. */
enum cy_status cy_ref_name_check(struct cy_str name, struct cy_error *error);

/* Lower case of ASCII letters, in arena: what must be unique. */
struct cy_str cy_name_key(struct cy_arena *arena, struct cy_str name);

#endif
