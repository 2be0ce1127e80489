/* Collecting garbage: what nothing names any more, and has not been touched for a while.
 *
 *     rows     xorbs not used for 28 days; parts of uploads given up; objects uploaded and never committed; repositories deleted longer ago
 *              than their retention time: their rows of versions go, and a tombstone stays
 *     objects  that no repository, no part and no xorb names, and that are older than the time of grace
 *
 * An upload that finds its object there already makes it young again, under the object's own lock (cy_objects_remove_old); and nothing is
 * taken that is younger than the oldest upload under way (puts.h), however short the time of grace, so that nothing is taken that is about
 * to be named. Where objects lie elsewhere their times are another clock's, in whole seconds: the time of grace must be longer than that. */
#ifndef CY_HUB_GARBAGE_H
#define CY_HUB_GARBAGE_H

#include "hub/audit.h"
#include "hub/hub.h"

struct cy_garbage_times {
    int64_t grace_ms;     /* of an object that nothing names; of spooled files */
    int64_t upload_ms;    /* of parts, and of objects that were never committed */
    int64_t xorb_ms;      /* after its last use */
    int64_t retention_ms; /* of deleted repositories */
};
extern const struct cy_garbage_times cy_garbage_times_default; /* a day; 7 days; 28 days; 30 days */

struct cy_garbage_report {
    uint64_t object_count, object_bytes; /* removed */
    uint64_t row_count;                  /* of uploads and xorbs */
    uint64_t repository_count;           /* erased */
};
enum cy_status cy_garbage_collect(struct cy_hub *hub, const struct cy_garbage_times *times, struct cy_garbage_report *report,
                                  struct cy_error *error);

/* An erasure order of the actor: the repository's versions go now, whatever the retention time, and its row says why from then on. Objects
 * that nothing else names are removed at once, save those put within the last ten minutes (another upload of the same bytes may be under
 * way): they go when garbage is collected. The uploaders' xorbs go too. */
enum cy_status cy_repository_erase(struct cy_hub *hub, const struct cy_actor *actor, struct cy_str repository_id, struct cy_str reason,
                                   struct cy_error *error);

#endif
