#include "hub/hub_names.h"

#include "kernels/utf8.h"

/* First parts of paths on this server that are no account, and names that would mislead. */
static const char *const reserved[] = {
    "about",         "account",
    "accounts",      "admin",
    "api",           "apple-touch-icon.png",
    "ask-access",    "assets",
    "auth",          "cas",
    "ciyuan",        "dashboard",
    "datasets",      "datasets-server",
    "delta-sharing", "docs",
    "events",        "exchange",
    "explore",       "favicon.ico",
    "health",        "healthz",
    "help",          "home",
    "join",          "label",
    "ledger",        "login",
    "logout",        "me",
    "meter",         "metrics",
    "models",        "new",
    "nobody",        "notifications",
    "null",          "oauth",
    "openapi.json",  "organizations",
    "orgs",          "password",
    "readyz",        "register",
    "resolve",       "robots.txt",
    "root",          "runs",
    "search",        "security",
    "settings",      "signup",
    "spaces",        "static",
    "status",        "support",
    "system",        "tags",
    "tasks",         "terms",
    "tree",          "user",
    "users",         "v1",
    "wall",          "web",
    "well-known",    "www",
};

static bool is_letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static enum cy_status refuse(struct cy_error *error, const char *what, struct cy_str name, const char *why)
{
    struct cy_buffer shown = {0};
    cy_buffer_add_json(&shown, (struct cy_str){name.data, CY_MIN(name.size, 120)});
    cy_error_set(error, CY_BAD_INPUT, "%.*s cannot be the name of %s: %s", (int)shown.size, shown.data, what, why);
    cy_buffer_release(&shown);
    return CY_BAD_INPUT;
}

/* What both kinds share; NULL when nothing is wrong. */
static const char *fault_of(struct cy_str name)
{
    for (size_t i = 0; i < name.size; i++)
        if (!is_letter_or_digit(name.data[i]) && strchr("-_.", name.data[i]) == NULL)
            return "only letters, digits, \"-\", \"_\" and \".\" may stand in it";
    for (size_t i = 1; i < name.size; i++)
        if (name.data[i] == name.data[i - 1] && (name.data[i] == '-' || name.data[i] == '.'))
            return "\"--\" and \"..\" may not stand in it";
    return NULL;
}

enum cy_status cy_account_name_check(struct cy_str name, struct cy_error *error)
{
    static const char what[] = "an account";
    if (name.size == 0 || name.size > CY_ACCOUNT_NAME_MAX)
        return refuse(error, what, name, "it needs 1 to 42 characters");
    const char *fault = memchr(name.data, 0, name.size) != NULL ? "it holds a 0 byte" : fault_of(name);
    if (fault != NULL)
        return refuse(error, what, name, fault);
    if (!is_letter_or_digit(name.data[0]) || !is_letter_or_digit(name.data[name.size - 1]))
        return refuse(error, what, name, "it must begin and end with a letter or digit");
    for (size_t i = 0; i < CY_COUNT(reserved); i++)
        if (cy_str_equal_nocase(name, cy_str(reserved[i])))
            return refuse(error, what, name, "the server keeps it for itself");
    return CY_OK;
}

enum cy_status cy_repository_name_check(struct cy_str name, struct cy_error *error)
{
    static const char what[] = "a repository";
    if (name.size == 0 || name.size > CY_REPOSITORY_NAME_MAX)
        return refuse(error, what, name, "it needs 1 to 96 characters");
    const char *fault = memchr(name.data, 0, name.size) != NULL ? "it holds a 0 byte" : fault_of(name);
    if (fault != NULL)
        return refuse(error, what, name, fault);
    if (strchr("-.", name.data[0]) != NULL || strchr("-.", name.data[name.size - 1]) != NULL)
        return refuse(error, what, name, "it may not begin or end with \"-\" or \".\"");
    if (cy_str_ends(name, CY_STR(".git")))
        return refuse(error, what, name, "it may not end with \".git\"");
    return CY_OK;
}

/* git-check-ref-format(1), rules 1 and 3 to 10; NULL when nothing is wrong. */
static const char *ref_fault_of(struct cy_str name)
{
    for (size_t i = 0; i < name.size; i++) {
        uint8_t c = (uint8_t)name.data[i];
        if (c <= 0x20 || c == 0x7f || strchr("~^:?*[\\", c) != NULL)
            return "spaces, control characters and any of ~^:?*[\\ may not stand in it";
        char next = i + 1 < name.size ? name.data[i + 1] : '\0';
        if ((c == '.' && next == '.') || (c == '/' && next == '/') || (c == '@' && next == '{'))
            return "\"..\", \"//\" and \"@{\" may not stand in it";
        if (c == '.' && (i == 0 || name.data[i - 1] == '/'))
            return "no part of it may begin with \".\"";
    }
    struct cy_str rest = name;
    while (rest.size > 0)
        if (cy_str_ends(cy_str_split(rest, '/', &rest), CY_STR(".lock")))
            return "no part of it may end with \".lock\"";
    if (name.data[0] == '/' || name.data[0] == '-' || name.data[name.size - 1] == '/' || name.data[name.size - 1] == '.')
        return "it may not begin with \"/\" or \"-\", nor end with \"/\" or \".\"";
    return cy_str_is(name, "@") || cy_str_is(name, "HEAD") ? "git keeps it for itself" : NULL;
}

enum cy_status cy_ref_name_check(struct cy_str name, struct cy_error *error)
{
    static const char what[] = "a branch or tag";
    if (name.size == 0 || name.size > CY_REF_NAME_MAX)
        return refuse(error, what, name, "it needs 1 to 200 bytes");
    if (cy_utf8_valid_bytes(name) != name.size)
        return refuse(error, what, name, "it is not UTF-8");
    const char *fault = ref_fault_of(name);
    if (fault != NULL)
        return refuse(error, what, name, fault);
    size_t digits = 0;
    while (digits < name.size && strchr("0123456789abcdef", name.data[digits]) != NULL)
        digits++;
    if (digits == name.size && name.size == 40)
        return refuse(error, what, name, "it looks like a version");
    if (cy_str_starts(name, CY_STR("refs/")))
        return refuse(error, what, name, "it may not begin with \"refs/\"");
    return CY_OK;
}

struct cy_str cy_name_key(struct cy_arena *arena, struct cy_str name)
{
    char *key = cy_arena_alloc(arena, name.size + 1);
    for (size_t i = 0; i < name.size; i++)
        key[i] = (char)(name.data[i] >= 'A' && name.data[i] <= 'Z' ? name.data[i] + 32 : name.data[i]);
    key[name.size] = '\0';
    return (struct cy_str){key, name.size};
}
