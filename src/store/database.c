#include "store/driver.h"

#include "base/unicode.h"

static const struct cy_value *cell(const struct cy_result *rows, size_t row, size_t column)
{
    CY_ASSERT(row < rows->row_count && column < rows->column_count);
    return &rows->values[row * rows->column_count + column];
}

int64_t cy_result_integer(const struct cy_result *rows, size_t row, size_t column)
{
    const struct cy_value *value = cell(rows, row, column);
    if (value->kind == CY_VALUE_REAL)
        return (int64_t)value->real;
    return value->kind == CY_VALUE_INTEGER ? value->integer : 0;
}

double cy_result_real(const struct cy_result *rows, size_t row, size_t column)
{
    const struct cy_value *value = cell(rows, row, column);
    if (value->kind == CY_VALUE_INTEGER)
        return (double)value->integer;
    return value->kind == CY_VALUE_REAL ? value->real : 0.0;
}

struct cy_str cy_result_text(const struct cy_result *rows, size_t row, size_t column)
{
    const struct cy_value *value = cell(rows, row, column);
    bool is_text = value->kind == CY_VALUE_TEXT || value->kind == CY_VALUE_BYTES;
    return is_text ? value->text : CY_STR("");
}

bool cy_result_is_null(const struct cy_result *rows, size_t row, size_t column)
{
    return cell(rows, row, column)->kind == CY_VALUE_NULL;
}

/* After a failure inside a transaction PostgreSQL refuses all that follows; so do we, whatever the database, that code which works on
 * SQLite works on both. */
static enum cy_status refuse(const struct cy_database *database, const char *name, struct cy_error *error)
{
    return cy_error_set(error, CY_FAILED, "query %s: not run, because an earlier one of this transaction failed: %.700s", name,
                        database->failure.message);
}

static void note_failure(struct cy_database *database, const struct cy_error *error)
{
    if (database->transaction == CY_TRANSACTION_OPEN)
        database->transaction = CY_TRANSACTION_FAILED;
    database->failure = *error;
}

/* PostgreSQL takes no text that is not UTF-8 or holds a 0 byte; so neither database is given any. */
static enum cy_status check_texts(const struct cy_query *query, const struct cy_value *parameters, size_t count, struct cy_error *error)
{
    for (size_t i = 0; i < count; i++) {
        struct cy_str text = parameters[i].text;
        if (parameters[i].kind != CY_VALUE_TEXT || text.size == 0)
            continue;
        if (memchr(text.data, 0, text.size) != NULL || !cy_utf8_is_valid(text.data, text.size))
            return cy_error_set(error, CY_BAD_INPUT, "query %s: parameter $%zu is not UTF-8 text, or holds a 0 byte", query->name, i + 1);
    }
    return CY_OK;
}

static enum cy_status run(struct cy_database *database, const struct cy_query *query, const struct cy_value *parameters,
                          size_t parameter_count, struct cy_arena *arena, struct cy_result *rows, struct cy_error *error)
{
    if (database->transaction == CY_TRANSACTION_FAILED || database->transaction == CY_TRANSACTION_LOST)
        return refuse(database, query->name, error);
    struct cy_result unread;
    struct cy_result *result = rows != NULL ? rows : &unread;
    *result = (struct cy_result){0};
    enum cy_status status = check_texts(query, parameters, parameter_count, error);
    if (status == CY_OK)
        status = database->driver->run(database, query, parameters, parameter_count, rows != NULL ? arena : NULL, result, error);
    if (status != CY_OK)
        note_failure(database, error);
    return status;
}

enum cy_status cy_database_run(struct cy_database *database, enum cy_sql query, const struct cy_value *parameters, size_t parameter_count,
                               struct cy_arena *arena, struct cy_result *rows, struct cy_error *error)
{
    const struct cy_query sent = {cy_sql_table[query].name, cy_sql_table[query].text, (int)query};
    return run(database, &sent, parameters, parameter_count, arena, rows, error);
}

enum cy_status cy_database_run_text(struct cy_database *database, const char *name, const char *text, const struct cy_value *parameters,
                                    size_t parameter_count, struct cy_arena *arena, struct cy_result *rows, struct cy_error *error)
{
    const struct cy_query sent = {name, text, -1};
    return run(database, &sent, parameters, parameter_count, arena, rows, error);
}

enum cy_status cy_database_script(struct cy_database *database, const char *name, const char *text, struct cy_error *error)
{
    enum cy_status status = database->driver->script(database, name, text, error);
    if (status != CY_OK)
        note_failure(database, error);
    return status;
}

enum cy_status cy_database_step(struct cy_database *database, enum cy_step step, struct cy_error *error)
{
    struct cy_error unheard;
    switch (step) {
    case CY_STEP_BEGIN_READ:
    case CY_STEP_BEGIN_WRITE:
        CY_ASSERT(database->transaction == CY_TRANSACTION_NONE);
        database->transaction = CY_TRANSACTION_OPEN;
        database->is_worth_retry = database->is_unknown = false;
        break;
    case CY_STEP_ROLLBACK:
        if (database->transaction != CY_TRANSACTION_NONE)
            database->driver->step(database, step, &unheard);
        database->transaction = CY_TRANSACTION_NONE;
        return CY_OK;
    default:
        CY_ASSERT(database->transaction != CY_TRANSACTION_NONE);
        break;
    }
    enum cy_status status = database->driver->step(database, step, error);
    if (status != CY_OK) { /* a step that fails leaves nothing to build on */
        database->transaction = CY_TRANSACTION_LOST;
        database->failure = *error;
    } else if (step == CY_STEP_COMMIT) {
        database->transaction = CY_TRANSACTION_NONE;
    } else if (step == CY_STEP_MARK_UNDO) {
        database->transaction = CY_TRANSACTION_OPEN;
    }
    return status;
}
