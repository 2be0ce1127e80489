#include "hub/access.h"

/* What each step of the ladder may do. */
static const unsigned role_access[] = {
    [CY_ROLE_NONE] = 0,
    [CY_ROLE_READ] = CY_ACCESS_SEE | CY_ACCESS_READ,
    [CY_ROLE_SEE_REMOVED] = CY_ACCESS_SEE | CY_ACCESS_READ | CY_ACCESS_SEE_REMOVED,
    [CY_ROLE_WRITE] = CY_ACCESS_SEE | CY_ACCESS_READ | CY_ACCESS_SEE_REMOVED | CY_ACCESS_WRITE,
    [CY_ROLE_ADMIN] = CY_ACCESS_SEE | CY_ACCESS_READ | CY_ACCESS_SEE_REMOVED | CY_ACCESS_WRITE | CY_ACCESS_ADMIN,
};
static const char *const role_names[] = {"none", "read", "see-removed", "write", "admin"};

unsigned cy_access_of(const struct cy_access_case *of)
{
    if (of->is_deleted)
        return 0;
    unsigned access = of->is_known ? role_access[of->role] : 0;
    if (of->is_local || (of->is_known && of->is_admin && (of->scopes & CY_SCOPE_ADMIN)))
        access = role_access[CY_ROLE_ADMIN];
    if (!of->is_private) {
        access |= CY_ACCESS_SEE;
        if (of->gate == CY_GATE_NONE || (of->is_known && of->is_accepted))
            access |= CY_ACCESS_READ;
    }
    if (of->is_disabled) /* an admin may still look at it and set it right */
        access &= access & CY_ACCESS_ADMIN ? CY_ACCESS_SEE | CY_ACCESS_ADMIN : CY_ACCESS_SEE;
    unsigned allowed = 0; /* by the token */
    if (of->is_local || (of->scopes & CY_SCOPE_READ))
        allowed |= CY_ACCESS_SEE | CY_ACCESS_READ | CY_ACCESS_SEE_REMOVED;
    if (of->is_local || (of->scopes & CY_SCOPE_WRITE))
        allowed |= CY_ACCESS_SEE | CY_ACCESS_WRITE | CY_ACCESS_ADMIN;
    return access & allowed;
}

const char *cy_role_name(enum cy_role role)
{
    CY_ASSERT((size_t)role < CY_COUNT(role_names));
    return role_names[role];
}

bool cy_role_parse(struct cy_str name, enum cy_role *role)
{
    for (size_t i = CY_ROLE_READ; i < CY_COUNT(role_names); i++)
        if (cy_str_is(name, role_names[i])) {
            *role = (enum cy_role)i;
            return true;
        }
    return false;
}
