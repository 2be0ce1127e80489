/* Uses: who took what, counted once. A use is (principal, repository, version, contract, purpose, UTC hour).
 *
 *     first byte wanted ─▶ its row is there, durable ─▶ bytes flow ─▶ added to the row every second
 *     its hour is over and nothing flows ─▶ closed and put into the outbox, in one transaction, under its own id: handed on once
 *
 * A use that is known already costs a look into a table in memory. After a crash the open rows are found again; what flowed since the last
 * second is lost, never more. A download is a use with the purpose "download"; a repository's download count is the number of its uses. */
#ifndef CY_HUB_USES_H
#define CY_HUB_USES_H

#include "store/database.h"

struct cy_uses;
/* One use that is under way; owned by cy_uses. */
struct cy_use;

/* A thread of its own writes every second. */
struct cy_uses *cy_uses_open(struct cy_store *store);
void cy_uses_close(struct cy_uses *uses); /* writes what is left; NULL is fine. Nothing may be under way */

struct cy_use_key {
    struct cy_str principal_id; /* of the user; empty: nobody has logged in */
    struct cy_str repository_id, version;
    struct cy_str contract_id; /* empty: none */
    const char *purpose;       /* "download", "rows" */
};
/* The row is durable on return. Every use that began must end. Thread-safe. */
enum cy_status cy_use_begin(struct cy_uses *uses, const struct cy_use_key *key, struct cy_use **use, struct cy_error *error);
/* Body bytes that have gone out since it was told last. Never blocks. */
void cy_use_add(struct cy_use *use, uint64_t body_bytes);
void cy_use_end(struct cy_uses *uses, struct cy_use *use);
/* What the thread does, now: writes what has flowed, and closes what is over. now_ms: the time it is (tests have their own). */
enum cy_status cy_uses_write(struct cy_uses *uses, int64_t now_ms, struct cy_error *error);

#define CY_USE_HOUR_MS (INT64_C(3600) * 1000)
#define CY_OUTBOX_USES                                                                                                                     \
    "use" /* the topic; content: {"id", "principal", "repository", "version", "contract", "purpose", "hour", "files", "bytes"} */

#endif
