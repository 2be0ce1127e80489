#include "base/duck.h"

#include "base/files.h"

#include <dlfcn.h>
#include <duckdb.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

/* The library's functions, by their own names. */
#define FUNCTIONS(F)                                                                                                                       \
    F(duckdb_create_config)                                                                                                                \
    F(duckdb_set_config)                                                                                                                   \
    F(duckdb_destroy_config)                                                                                                               \
    F(duckdb_open_ext)                                                                                                                     \
    F(duckdb_close)                                                                                                                        \
    F(duckdb_connect)                                                                                                                      \
    F(duckdb_disconnect)                                                                                                                   \
    F(duckdb_free)                                                                                                                         \
    F(duckdb_prepare)                                                                                                                      \
    F(duckdb_prepare_error)                                                                                                                \
    F(duckdb_destroy_prepare)                                                                                                              \
    F(duckdb_pending_prepared_streaming)                                                                                                   \
    F(duckdb_pending_error)                                                                                                                \
    F(duckdb_destroy_pending)                                                                                                              \
    F(duckdb_execute_pending)                                                                                                              \
    F(duckdb_result_error)                                                                                                                 \
    F(duckdb_destroy_result)                                                                                                               \
    F(duckdb_column_count)                                                                                                                 \
    F(duckdb_column_name)                                                                                                                  \
    F(duckdb_column_type)                                                                                                                  \
    F(duckdb_fetch_chunk)                                                                                                                  \
    F(duckdb_destroy_data_chunk)                                                                                                           \
    F(duckdb_data_chunk_get_size)                                                                                                          \
    F(duckdb_data_chunk_get_vector)                                                                                                        \
    F(duckdb_vector_get_data)                                                                                                              \
    F(duckdb_vector_get_validity)

static struct {
#define POINTER(name) __typeof__(&name) name;
    FUNCTIONS(POINTER)
#undef POINTER
} api;

/* Loading happens once for the process, and is never undone; after load_once all threads only read. */
static pthread_once_t load_guard = PTHREAD_ONCE_INIT;
static enum cy_status load_status;
static struct cy_error load_error;

static void load_once(void)
{
    struct cy_arena arena = {0};
    const char *path;
    load_status = cy_find_data("libduckdb.so", &arena, &path, &load_error);
    if (load_status == CY_OK) {
        void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
        const char *missing = NULL;
        if (library == NULL)
            missing = dlerror();
#define RESOLVE(name)                                                                                                                      \
    if (library != NULL && (api.name = (__typeof__(&name))dlsym(library, #name)) == NULL)                                                  \
        missing = "it has no function " #name;
        FUNCTIONS(RESOLVE)
#undef RESOLVE
        if (missing != NULL) {
            load_status = cy_error_set(&load_error, CY_FAILED, "could not load \"%s\": %s", path, missing);
            cy_error_hint(&load_error, "run ./setup again: ciyuan was built for DuckDB 1.5");
        }
    }
    cy_arena_release(&arena);
}

/* ---- databases ---- */

enum { MEMORY_BYTES = 256 * 1024 * 1024 }; /* what a database may use when nothing is said: a row group and its pages fit */

struct cy_duck {
    duckdb_database database;
    duckdb_connection connection;
};

static void add_list(struct cy_buffer *sql, const char *setting, const char *const *paths, bool folders)
{
    cy_buffer_printf(sql, "SET %s=[", setting);
    bool first = true;
    for (size_t i = 0; paths[i] != NULL; i++) {
        if (cy_str_ends(cy_str(paths[i]), CY_STR("/")) != folders)
            continue;
        if (!first)
            cy_buffer_add_byte(sql, ',');
        first = false;
        cy_duck_add_literal(sql, cy_str(paths[i]));
    }
    cy_buffer_add(sql, "]", 2); /* and the 0 byte that ends it */
}

/* Lets SQL read nothing but the files and folders named, and keeps it from changing that. */
static enum cy_status close_off(struct cy_duck *duck, const char *const *allowed, struct cy_error *error)
{
    struct cy_buffer sql = {0};
    enum cy_status status = CY_OK;
    if (allowed != NULL) {
        add_list(&sql, "allowed_directories", allowed, true);
        status = cy_duck_run(duck, sql.data, error);
        cy_buffer_clear(&sql);
        add_list(&sql, "allowed_paths", allowed, false);
        if (status == CY_OK)
            status = cy_duck_run(duck, sql.data, error);
        if (status == CY_OK)
            status = cy_duck_run(duck, "SET enable_external_access=false", error);
    }
    if (status == CY_OK)
        status = cy_duck_run(duck, "SET lock_configuration=true", error);
    cy_buffer_release(&sql);
    return status;
}

enum cy_status cy_duck_open(struct cy_duck **duck, const struct cy_duck_options *options, struct cy_error *error)
{
    pthread_once(&load_guard, load_once);
    if (load_status != CY_OK) {
        *error = load_error;
        return load_status;
    }
    char memory[32], threads[32];
    snprintf(memory, sizeof memory, "%lldB", (long long)(options->memory_bytes > 0 ? options->memory_bytes : MEMORY_BYTES));
    snprintf(threads, sizeof threads, "%zu", options->thread_count > 0 ? options->thread_count : 1);
    const char *const settings[][2] = {
        {"memory_limit", memory},
        {"threads", threads},
        {"temp_directory", options->spill_folder != NULL ? options->spill_folder : ""},
        {"preserve_insertion_order", "true"},
        {"autoinstall_known_extensions", "false"},
        {"autoload_known_extensions", "false"},
        {"allow_community_extensions", "false"},
        {"access_mode", "automatic"},
    };
    duckdb_config config;
    if (api.duckdb_create_config(&config) != DuckDBSuccess)
        return cy_error_set(error, CY_FAILED, "could not set up DuckDB");
    enum cy_status status = CY_OK;
    for (size_t i = 0; i < CY_COUNT(settings) && status == CY_OK; i++)
        if (api.duckdb_set_config(config, settings[i][0], settings[i][1]) != DuckDBSuccess)
            status = cy_error_set(error, CY_FAILED, "DuckDB does not take %s = \"%s\"", settings[i][0], settings[i][1]);
    struct cy_duck *made = cy_alloc_zero(1, sizeof *made);
    char *problem = NULL;
    if (status == CY_OK && api.duckdb_open_ext(NULL, &made->database, config, &problem) != DuckDBSuccess)
        status = cy_error_set(error, CY_FAILED, "could not open a DuckDB database: %s", problem != NULL ? problem : "it does not say why");
    if (problem != NULL)
        api.duckdb_free(problem);
    api.duckdb_destroy_config(&config);
    if (status == CY_OK && api.duckdb_connect(made->database, &made->connection) != DuckDBSuccess)
        status = cy_error_set(error, CY_FAILED, "could not connect to a DuckDB database");
    if (status == CY_OK)
        status = close_off(made, options->allowed, error);
    if (status != CY_OK) {
        cy_duck_close(made);
        made = NULL;
    }
    *duck = made;
    return status;
}

void cy_duck_close(struct cy_duck *duck)
{
    if (duck == NULL)
        return;
    if (duck->connection != NULL)
        api.duckdb_disconnect(&duck->connection);
    if (duck->database != NULL)
        api.duckdb_close(&duck->database);
    free(duck);
}

/* ---- queries ---- */

struct cy_duck_result {
    duckdb_result result;
    duckdb_data_chunk chunk; /* NULL: none at hand */
    size_t column_count;
    struct cy_duck_column {
        const char *name;
        duckdb_type type;
        const void *data;         /* of the chunk */
        const uint64_t *validity; /* NULL: no value is NULL */
    } columns[];
};

static enum cy_status refused(struct cy_error *error, const char *problem)
{
    return cy_error_set(error, CY_BAD_INPUT, "%s", problem != NULL ? problem : "DuckDB failed and does not say why");
}

/* Runs the statement; *result must be destroyed when the status is CY_OK. */
static enum cy_status execute(struct cy_duck *duck, const char *sql, duckdb_result *result, struct cy_error *error)
{
    duckdb_prepared_statement statement = NULL;
    duckdb_pending_result pending = NULL;
    enum cy_status status = CY_OK;
    if (api.duckdb_prepare(duck->connection, sql, &statement) != DuckDBSuccess)
        status = refused(error, api.duckdb_prepare_error(statement));
    else if (api.duckdb_pending_prepared_streaming(statement, &pending) != DuckDBSuccess)
        status = refused(error, api.duckdb_pending_error(pending));
    else if (api.duckdb_execute_pending(pending, result) != DuckDBSuccess) {
        status = refused(error, api.duckdb_result_error(result));
        api.duckdb_destroy_result(result);
    }
    api.duckdb_destroy_pending(&pending);
    api.duckdb_destroy_prepare(&statement);
    return status;
}

enum cy_status cy_duck_run(struct cy_duck *duck, const char *sql, struct cy_error *error)
{
    duckdb_result result;
    enum cy_status status = execute(duck, sql, &result, error);
    if (status == CY_OK)
        api.duckdb_destroy_result(&result);
    return status;
}

enum cy_status cy_duck_query(struct cy_duck *duck, const char *sql, struct cy_duck_result **result, struct cy_error *error)
{
    duckdb_result raw;
    *result = NULL;
    enum cy_status status = execute(duck, sql, &raw, error);
    if (status != CY_OK)
        return status;
    size_t count = (size_t)api.duckdb_column_count(&raw);
    struct cy_duck_result *made = cy_alloc_zero(1, sizeof *made + count * sizeof made->columns[0]);
    made->result = raw;
    made->column_count = count;
    for (size_t i = 0; i < count; i++) {
        made->columns[i].name = api.duckdb_column_name(&made->result, i);
        made->columns[i].type = api.duckdb_column_type(&made->result, i);
    }
    *result = made;
    return CY_OK;
}

enum cy_status cy_duck_next(struct cy_duck_result *result, size_t *row_count, struct cy_error *error)
{
    *row_count = 0;
    while (*row_count == 0) {
        if (result->chunk != NULL)
            api.duckdb_destroy_data_chunk(&result->chunk);
        result->chunk = api.duckdb_fetch_chunk(result->result);
        if (result->chunk == NULL) {
            const char *problem = api.duckdb_result_error(&result->result);
            return problem != NULL && problem[0] != '\0' ? refused(error, problem) : CY_END;
        }
        *row_count = (size_t)api.duckdb_data_chunk_get_size(result->chunk);
        if (*row_count == 0) /* the stream's end */
            return CY_END;
    }
    for (size_t i = 0; i < result->column_count; i++) {
        duckdb_vector vector = api.duckdb_data_chunk_get_vector(result->chunk, i);
        result->columns[i].data = api.duckdb_vector_get_data(vector);
        result->columns[i].validity = api.duckdb_vector_get_validity(vector);
    }
    return CY_OK;
}

void cy_duck_result_free(struct cy_duck_result *result)
{
    if (result == NULL)
        return;
    if (result->chunk != NULL)
        api.duckdb_destroy_data_chunk(&result->chunk);
    api.duckdb_destroy_result(&result->result);
    free(result);
}

/* ---- values ---- */

size_t cy_duck_column_count(const struct cy_duck_result *result)
{
    return result->column_count;
}

const char *cy_duck_column_name(const struct cy_duck_result *result, size_t column)
{
    return result->columns[column].name;
}

int cy_duck_column_type(const struct cy_duck_result *result, size_t column)
{
    return (int)result->columns[column].type;
}

bool cy_duck_is_null(const struct cy_duck_result *result, size_t column, size_t row)
{
    const uint64_t *validity = result->columns[column].validity;
    return validity != NULL && (validity[row / 64] >> (row % 64) & 1) == 0;
}

struct cy_str cy_duck_text(const struct cy_duck_result *result, size_t column, size_t row)
{
    const struct cy_duck_column *values = &result->columns[column];
    CY_ASSERT(values->type == DUCKDB_TYPE_VARCHAR || values->type == DUCKDB_TYPE_BLOB);
    if (cy_duck_is_null(result, column, row))
        return (struct cy_str){"", 0};
    const duckdb_string_t *text = (const duckdb_string_t *)values->data + row;
    uint32_t size = text->value.inlined.length;
    return (struct cy_str){size <= sizeof text->value.inlined.inlined ? text->value.inlined.inlined : text->value.pointer.ptr, size};
}

int64_t cy_duck_int64(const struct cy_duck_result *result, size_t column, size_t row)
{
    const struct cy_duck_column *values = &result->columns[column];
    if (cy_duck_is_null(result, column, row))
        return 0;
    switch (values->type) {
    case DUCKDB_TYPE_BOOLEAN:
        return ((const bool *)values->data)[row];
    case DUCKDB_TYPE_TINYINT:
        return ((const int8_t *)values->data)[row];
    case DUCKDB_TYPE_SMALLINT:
        return ((const int16_t *)values->data)[row];
    case DUCKDB_TYPE_INTEGER:
        return ((const int32_t *)values->data)[row];
    case DUCKDB_TYPE_BIGINT:
        return ((const int64_t *)values->data)[row];
    case DUCKDB_TYPE_UTINYINT:
        return ((const uint8_t *)values->data)[row];
    case DUCKDB_TYPE_USMALLINT:
        return ((const uint16_t *)values->data)[row];
    case DUCKDB_TYPE_UINTEGER:
        return ((const uint32_t *)values->data)[row];
    case DUCKDB_TYPE_UBIGINT:
        return (int64_t)((const uint64_t *)values->data)[row];
    default:
        CY_ASSERT(!"an integer column");
        return 0;
    }
}

double cy_duck_number(const struct cy_duck_result *result, size_t column, size_t row)
{
    const struct cy_duck_column *values = &result->columns[column];
    if (cy_duck_is_null(result, column, row))
        return NAN;
    if (values->type == DUCKDB_TYPE_DOUBLE)
        return ((const double *)values->data)[row];
    if (values->type == DUCKDB_TYPE_FLOAT)
        return (double)((const float *)values->data)[row];
    return (double)cy_duck_int64(result, column, row);
}

/* ---- SQL ---- */

static void add_quoted(struct cy_buffer *sql, struct cy_str text, char quote)
{
    cy_buffer_add_byte(sql, (uint8_t)quote);
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == quote)
            cy_buffer_add_byte(sql, (uint8_t)quote);
        cy_buffer_add_byte(sql, (uint8_t)text.data[i]);
    }
    cy_buffer_add_byte(sql, (uint8_t)quote);
}

void cy_duck_add_literal(struct cy_buffer *sql, struct cy_str text)
{
    add_quoted(sql, text, '\'');
}

void cy_duck_add_name(struct cy_buffer *sql, struct cy_str name)
{
    add_quoted(sql, name, '"');
}
