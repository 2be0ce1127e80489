#include "hub/audit.h"

#include "base/hash.h"

#include <inttypes.h>

enum { VERIFY_ROWS = 1000 }; /* read at a time */

void cy_audit_hash(const struct cy_audit_entry *entry, struct cy_str previous_hash, char hash[65])
{
    struct cy_buffer bytes = {0}, number = {0};
    cy_buffer_printf(&number, "%" PRId64, entry->sequence);
    size_t sequence_size = number.size;
    cy_buffer_printf(&number, "%" PRId64, entry->created_ms);
    const struct cy_str parts[] = {previous_hash,
                                   {number.data, sequence_size},
                                   {number.data + sequence_size, number.size - sequence_size},
                                   entry->actor_id,
                                   entry->actor_name,
                                   entry->action,
                                   entry->subject_id,
                                   entry->detail};
    for (size_t i = 0; i < CY_COUNT(parts); i++) {
        cy_buffer_printf(&bytes, "%zu:", parts[i].size);
        cy_buffer_add_str(&bytes, parts[i]);
    }
    struct cy_sha256 sha;
    cy_sha256_init(&sha);
    cy_sha256_add(&sha, bytes.data, bytes.size);
    cy_sha256_final(&sha, hash);
    cy_buffer_release(&bytes);
    cy_buffer_release(&number);
}

enum cy_status cy_audit_add(struct cy_database *database, const struct cy_actor *actor, const char *action, struct cy_str subject_id,
                            struct cy_str detail, struct cy_error *error)
{
    struct cy_arena arena = {0};
    struct cy_result rows;
    enum cy_status status = cy_database_run(database, CY_SQL_audit_last, NULL, 0, &arena, &rows, error);
    if (status == CY_OK) {
        bool is_first = rows.row_count == 0;
        struct cy_audit_entry entry = {
            .sequence = is_first ? 1 : cy_result_integer(&rows, 0, 0) + 1,
            .created_ms = cy_now_ms(),
            .actor_id = actor->id,
            .actor_name = actor->name,
            .action = cy_str(action),
            .subject_id = subject_id,
            .detail = detail,
        };
        struct cy_str previous = is_first ? CY_STR(CY_AUDIT_START) : cy_result_text(&rows, 0, 1);
        char hash[65];
        cy_audit_hash(&entry, previous, hash);
        status =
            CY_RUN(database, CY_SQL_audit_insert, &arena, NULL, error, cy_value_integer(entry.sequence), cy_value_integer(entry.created_ms),
                   cy_value_text(entry.actor_id), cy_value_text(entry.actor_name), cy_value_text(entry.action),
                   cy_value_text(entry.subject_id), cy_value_text(entry.detail), cy_value_text(previous), cy_value_text(cy_str(hash)));
    }
    cy_arena_release(&arena);
    return status;
}

static enum cy_status verify_row(const struct cy_result *rows, size_t row, int64_t sequence, char previous[65], struct cy_error *error)
{
    struct cy_audit_entry entry = {
        .sequence = cy_result_integer(rows, row, 0),
        .created_ms = cy_result_integer(rows, row, 1),
        .actor_id = cy_result_text(rows, row, 2),
        .actor_name = cy_result_text(rows, row, 3),
        .action = cy_result_text(rows, row, 4),
        .subject_id = cy_result_text(rows, row, 5),
        .detail = cy_result_text(rows, row, 6),
    };
    if (entry.sequence != sequence)
        return cy_error_set(error, CY_BAD_INPUT, "the audit log has no entry %" PRId64 ": one was taken out", sequence);
    if (!cy_str_is(cy_result_text(rows, row, 7), previous))
        return cy_error_set(error, CY_BAD_INPUT, "entry %" PRId64 " of the audit log does not follow the one before it", sequence);
    cy_audit_hash(&entry, cy_str(previous), previous);
    if (!cy_str_is(cy_result_text(rows, row, 8), previous))
        return cy_error_set(error, CY_BAD_INPUT, "entry %" PRId64 " of the audit log was changed after it was written", sequence);
    return CY_OK;
}

enum cy_status cy_audit_verify(struct cy_database *database, uint64_t *entry_count, struct cy_error *error)
{
    struct cy_arena arena = {0};
    char previous[65] = CY_AUDIT_START;
    int64_t sequence = 0;
    enum cy_status status = CY_OK;
    for (bool more = true; more && status == CY_OK;) {
        struct cy_result rows = {0};
        status = CY_RUN(database, CY_SQL_audit_from, &arena, &rows, error, cy_value_integer(sequence), cy_value_integer(VERIFY_ROWS));
        for (size_t row = 0; status == CY_OK && row < rows.row_count; row++)
            status = verify_row(&rows, row, ++sequence, previous, error);
        more = status == CY_OK && rows.row_count == VERIFY_ROWS;
        cy_arena_reset(&arena);
    }
    *entry_count = (uint64_t)sequence;
    cy_arena_release(&arena);
    return status;
}
