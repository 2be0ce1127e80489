/* The access matrix, a row a case: who × role × visibility × gate → what. */
#include "cy_test.h"

#include "hub/access.h"

/* "s" sees it, "r" reads, "v" sees what was removed, "w" writes, "a" administers. */
static const char *letters(unsigned access, char text[8])
{
    static const char all[] = "srvwa";
    size_t size = 0;
    for (size_t i = 0; i < 5; i++)
        if (access & 1U << i)
            text[size++] = all[i];
    text[size] = '\0';
    return text;
}

CY_TEST("who may do what with a repository: role × visibility × gate")
{
    enum { NOBODY = -1 };
    static const struct {
        int role; /* NOBODY: not logged in */
        bool is_accepted;
        const char *public_, *gated, *private_, *private_gated;
    } rows[] = {
        {NOBODY, false, "sr", "s", "", ""},
        {CY_ROLE_NONE, false, "sr", "s", "", ""},
        {CY_ROLE_NONE, true, "sr", "sr", "", ""}, /* an accepted request opens files, not the door */
        {CY_ROLE_READ, false, "sr", "sr", "sr", "sr"},
        {CY_ROLE_SEE_REMOVED, false, "srv", "srv", "srv", "srv"},
        {CY_ROLE_WRITE, false, "srvw", "srvw", "srvw", "srvw"},
        {CY_ROLE_ADMIN, false, "srvwa", "srvwa", "srvwa", "srvwa"},
    };
    for (size_t i = 0; i < CY_COUNT(rows); i++) {
        struct cy_access_case of = {.is_known = rows[i].role != NOBODY,
                                    .scopes = rows[i].role == NOBODY ? CY_SCOPE_READ : CY_SCOPE_ALL,
                                    .role = rows[i].role == NOBODY ? CY_ROLE_NONE : (enum cy_role)rows[i].role,
                                    .is_accepted = rows[i].is_accepted};
        char text[8];
        for (enum cy_gate gate = CY_GATE_NONE; gate <= CY_GATE_MANUAL; gate++) {
            of.gate = gate;
            of.is_private = false;
            assert_string_equal(letters(cy_access_of(&of), text), gate == CY_GATE_NONE ? rows[i].public_ : rows[i].gated);
            of.is_private = true;
            assert_string_equal(letters(cy_access_of(&of), text), gate == CY_GATE_NONE ? rows[i].private_ : rows[i].private_gated);
            of.is_deleted = true;
            assert_string_equal(letters(cy_access_of(&of), text), "");
            of.is_deleted = false;
        }
    }
}

CY_TEST("a token never allows more than its scopes, whatever its user may")
{
    static const struct {
        unsigned scopes;
        const char *private_, *public_;
    } rows[] = {
        {0, "", ""},
        {CY_SCOPE_READ, "srv", "srv"},
        {CY_SCOPE_WRITE, "swa", "swa"},
        {CY_SCOPE_READ | CY_SCOPE_WRITE, "srvwa", "srvwa"},
        {CY_SCOPE_ADMIN, "", ""},
    };
    for (size_t i = 0; i < CY_COUNT(rows); i++) {
        struct cy_access_case of = {.is_known = true, .scopes = rows[i].scopes, .role = CY_ROLE_ADMIN};
        char text[8];
        assert_string_equal(letters(cy_access_of(&of), text), rows[i].public_);
        of.is_private = true;
        assert_string_equal(letters(cy_access_of(&of), text), rows[i].private_);
    }
}

CY_TEST("an admin of the server reaches everything by a token of that scope only; the owner of the folder always")
{
    char text[8];
    struct cy_access_case of = {.is_known = true, .is_admin = true, .scopes = CY_SCOPE_READ | CY_SCOPE_WRITE, .is_private = true};
    assert_string_equal(letters(cy_access_of(&of), text), "");
    of.scopes = CY_SCOPE_ALL;
    assert_string_equal(letters(cy_access_of(&of), text), "srvwa");
    of = (struct cy_access_case){.is_local = true, .is_private = true};
    assert_string_equal(letters(cy_access_of(&of), text), "srvwa");
    of.is_deleted = true;
    assert_string_equal(letters(cy_access_of(&of), text), "");
}

CY_TEST("a disabled repository shows itself and nothing in it; its admin can set it right")
{
    char text[8];
    struct cy_access_case of = {.is_known = true, .scopes = CY_SCOPE_ALL, .role = CY_ROLE_WRITE, .is_disabled = true};
    assert_string_equal(letters(cy_access_of(&of), text), "s");
    of.role = CY_ROLE_ADMIN;
    assert_string_equal(letters(cy_access_of(&of), text), "sa");
}
