/* The audit log: who did what to what. An entry is written in the transaction it tells of, and holds the hash of the entry before it, so
 * that one that was changed or taken out afterwards shows: `ciyuan audit verify` walks the chain.
 *
 *     hash = sha256 of previous_hash, sequence, created_ms, actor_id, actor_name, action, subject_id, detail; each as text, led by its
 *            size in decimal and ":" (netstrings without the comma), so that no two entries are the same bytes */
#ifndef CY_HUB_AUDIT_H
#define CY_HUB_AUDIT_H

#include "store/database.h"

/* Who does it. Text is borrowed. */
struct cy_actor {
    struct cy_str id; /* of a user; empty: the owner of the data folder, at the command line */
    struct cy_str name;
};
struct cy_audit_entry {
    int64_t sequence, created_ms;
    struct cy_str actor_id, actor_name;
    struct cy_str action;     /* "repository.create" */
    struct cy_str subject_id; /* of the repository, account or token */
    struct cy_str detail;     /* a JSON object */
};
#define CY_AUDIT_START "0000000000000000000000000000000000000000000000000000000000000000" /* what the first entry follows */

void cy_audit_hash(const struct cy_audit_entry *entry, struct cy_str previous_hash, char hash[65]);

/* Within a piece of cy_store_write's work. detail: a JSON object as text. */
enum cy_status cy_audit_add(struct cy_database *database, const struct cy_actor *actor, const char *action, struct cy_str subject_id,
                            struct cy_str detail, struct cy_error *error);

/* Walks the whole chain. CY_BAD_INPUT names the first entry that does not follow from the one before it. */
enum cy_status cy_audit_verify(struct cy_database *database, uint64_t *entry_count, struct cy_error *error);

#endif
