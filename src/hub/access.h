/* Who may do what with a repository. One pure function over what the tables say; the tests walk its whole table, a row a case. */
#ifndef CY_HUB_ACCESS_H
#define CY_HUB_ACCESS_H

#include "base/bytes.h"

/* What a token may be used for, as bits; a session of the page has all of them. */
enum cy_scope {
    CY_SCOPE_READ = 1,  /* read what its user may read */
    CY_SCOPE_WRITE = 2, /* commit, make, change and delete repositories, as its user may */
    CY_SCOPE_ADMIN = 4, /* what an admin of the whole server may: users, quotas, everybody's repositories */
    CY_SCOPE_ALL = 7,
};

/* Steps of a ladder: each may do what the one before may. Of a member in an organisation, or granted for one repository. */
enum cy_role {
    CY_ROLE_NONE = 0,
    CY_ROLE_READ = 1,        /* read the files */
    CY_ROLE_SEE_REMOVED = 2, /* also verdicts, samples and evidence: text that was removed */
    CY_ROLE_WRITE = 3,       /* also commit */
    CY_ROLE_ADMIN = 4,       /* also settings, members, access requests, move and delete */
};

/* What is allowed, as bits. */
enum cy_access {
    CY_ACCESS_SEE = 1, /* that it exists, its card, its tree */
    CY_ACCESS_READ = 2,
    CY_ACCESS_SEE_REMOVED = 4,
    CY_ACCESS_WRITE = 8,
    CY_ACCESS_ADMIN = 16,
};

enum cy_gate { CY_GATE_NONE, CY_GATE_AUTO, CY_GATE_MANUAL };

struct cy_access_case {
    /* who */
    bool is_known;     /* a user; false: nobody has logged in */
    bool is_admin;     /* of the whole server */
    bool is_local;     /* the owner of the data folder, by the local socket */
    unsigned scopes;   /* enum cy_scope; of nobody: CY_SCOPE_READ */
    enum cy_role role; /* the highest of: his own namespace (admin), membership of its organisation, a grant */
    bool is_accepted;  /* his access request was accepted */
    /* what */
    bool is_private, is_disabled, is_deleted;
    enum cy_gate gate;
};
/* Bits of enum cy_access. */
unsigned cy_access_of(const struct cy_access_case *of);

/* "read", "see-removed", "write", "admin"; NULL and false where there is none of that name. */
const char *cy_role_name(enum cy_role role);
bool cy_role_parse(struct cy_str name, enum cy_role *role);

#endif
