/* The parties of a version: those that its build report counts, and those that say themselves that they contributed. One that the report
 * names is unverified until an organisation of its name confirms it (standing.h). */
#ifndef CY_HUB_PARTIES_H
#define CY_HUB_PARTIES_H

#include "hub/standing.h"
#include "hub/versions.h"

enum {
    CY_PARTIES_MAX = 10000,                         /* of a version; the rest is left out */
    CY_PARTIES_REPORT_BYTES_MAX = 32 * 1024 * 1024, /* of build.json, which holds histograms too */
};

struct cy_party {
    struct cy_str name;
    uint64_t kept_count;                        /* documents of it, as build.json counts them; 0 when that does not name it */
    const struct cy_confirmation *confirmation; /* NULL: unverified */
};
/* Where the report is: false when the version has none that can be read. Needs the database; the reading of the object below does not. */
enum cy_status cy_parties_find_report(struct cy_database *database, struct cy_str repository_id, struct cy_str tree, struct cy_arena *arena,
                                      bool *found, char sha256[65], struct cy_error *error);
/* report: build.json, or empty. Parties without a name, which no source stated, are left out. In the order of the report, then of the
 * names. */
void cy_parties_merge(struct cy_str report, const struct cy_confirmation *confirmations, size_t confirmation_count, struct cy_arena *arena,
                      struct cy_party **parties, size_t *count);

#endif
