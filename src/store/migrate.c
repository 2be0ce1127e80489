#include "base/hash.h"
#include "store/driver.h"

static const char migrations_table[] = "CREATE TABLE IF NOT EXISTS migrations ("
                                       "name TEXT PRIMARY KEY, sha256 TEXT NOT NULL, applied_ms BIGINT NOT NULL)";

static void hash_text(const char *text, char hex[65])
{
    struct cy_sha256 hash;
    cy_sha256_init(&hash);
    cy_sha256_add(&hash, text, strlen(text));
    cy_sha256_final(&hash, hex);
}

static enum cy_status apply(struct cy_database *database, const struct cy_sql_row *migration, struct cy_error *error)
{
    char hex[65];
    hash_text(migration->text, hex);
    enum cy_status status = cy_database_step(database, CY_STEP_BEGIN_WRITE, error);
    if (status == CY_OK)
        status = cy_database_script(database, migration->name, migration->text, error);
    if (status == CY_OK)
        status = CY_RUN(database, CY_SQL_migration_add, NULL, NULL, error, cy_value_text(cy_str(migration->name)),
                        cy_value_text(cy_str(hex)), cy_value_integer(cy_now_ms()));
    if (status == CY_OK)
        status = cy_database_step(database, CY_STEP_COMMIT, error);
    if (status != CY_OK)
        cy_database_step(database, CY_STEP_ROLLBACK, error);
    return status;
}

static const struct cy_sql_row *find_migration(struct cy_str name)
{
    for (const struct cy_sql_row *migration = cy_migrations; migration->name != NULL; migration++)
        if (cy_str_is(name, migration->name))
            return migration;
    return NULL;
}

/* What the database has had must be what this program would do. */
static enum cy_status check_recorded(const struct cy_result *recorded, struct cy_error *error)
{
    for (size_t row = 0; row < recorded->row_count; row++) {
        struct cy_str name = cy_result_text(recorded, row, 0), sha256 = cy_result_text(recorded, row, 1);
        const struct cy_sql_row *known = find_migration(name);
        if (known == NULL) {
            cy_error_set(error, CY_FAILED, "cannot use this database: its schema is newer than this ciyuan, which does not know \"%.*s\"",
                         (int)name.size, name.data);
            return cy_error_hint(error, "use the ciyuan that last served it, or a newer one");
        }
        char hex[65];
        hash_text(known->text, hex);
        if (!cy_str_is(sha256, hex)) {
            cy_error_set(error, CY_FAILED, "cannot use this database: its schema \"%.*s\" differs from this ciyuan's (%.12s… and %.12s…)",
                         (int)name.size, name.data, sha256.data, hex);
            return cy_error_hint(error, "it was made by another build of ciyuan: use that one, or begin with an empty data folder");
        }
    }
    return CY_OK;
}

static bool is_recorded(const struct cy_result *recorded, const char *name)
{
    for (size_t row = 0; row < recorded->row_count; row++)
        if (cy_str_is(cy_result_text(recorded, row, 0), name))
            return true;
    return false;
}

enum cy_status cy_migrate(struct cy_database *database, bool may_write, struct cy_error *error)
{
    struct cy_arena arena = {0};
    struct cy_result recorded;
    enum cy_status status = may_write ? cy_database_script(database, "migrations", migrations_table, error) : CY_OK;
    if (status == CY_OK)
        status = cy_database_run(database, CY_SQL_migration_list, NULL, 0, &arena, &recorded, error);
    if (status == CY_OK)
        status = check_recorded(&recorded, error);
    for (const struct cy_sql_row *migration = cy_migrations; status == CY_OK && migration->name != NULL; migration++) {
        if (is_recorded(&recorded, migration->name))
            continue;
        if (may_write) {
            status = apply(database, migration, error);
        } else {
            cy_error_set(error, CY_FAILED, "cannot read this database: its schema is older than this ciyuan and lacks \"%s\"",
                         migration->name);
            status = cy_error_hint(error, "start `ciyuan serve` on it once, which brings it up to date");
        }
    }
    cy_arena_release(&arena);
    return status;
}
