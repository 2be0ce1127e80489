/* Statistics of columns, in the shapes of the public hub's datasets-server (`/statistics`), and histograms. What is exact says so by being
 * there; a median over more than MEDIAN_ROWS_MAX rows is an estimate (t-digest), and its column says "median_is_estimate". */
#include "hub/rows_query.h"
#include "hub/rows_source.h"

#include "dataset/json_write.h"

#include <math.h>
#include <yyjson.h>

enum {
    BINS = 10,                 /* of a histogram in statistics */
    LABELS_MAX = 1000,         /* a text column with more values than that is text, not a label */
    MEDIAN_ROWS_MAX = 5000000, /* beyond it an exact median would hold too much in memory */
};
static const double label_share_max = 0.2; /* values ÷ rows of a label column, at most */

struct column_job {
    struct cy_rows_source *source;
    const struct cy_rows_column *column;
    const char *measure; /* SQL: the number that is measured: the value, the text's length, the list's length, seconds */
    bool is_whole;       /* the number has no fraction */
    int64_t row_count;
};

static void add_from_where(const struct column_job *job, struct cy_buffer *sql)
{
    cy_rows_add_from(job->source, sql, 0, job->source->file_count);
    cy_rows_add_where(job->source, sql);
}

/* Counts of `bins` bins over the measure, edges[0] … edges[bins]; the last bin holds its upper edge. */
static enum cy_status count_bins(const struct column_job *job, const double *edges, size_t bins, int64_t *counts, struct cy_error *error)
{
    struct cy_buffer sql = {0};
    double width = bins > 0 ? edges[1] - edges[0] : 1;
    cy_buffer_printf(
        &sql,
        "SELECT CAST(least(greatest(floor((m - %.17g) / %.17g), 0), %zu) AS BIGINT) AS bin, count(*) FROM (SELECT CAST(%s AS DOUBLE) AS m",
        edges[0], width, bins - 1, job->measure);
    add_from_where(job, &sql);
    cy_buffer_printf(&sql, ") WHERE isfinite(m) AND m >= %.17g AND m <= %.17g GROUP BY bin", edges[0], edges[bins]);
    cy_buffer_add(&sql, "", 1);
    struct cy_duck_result *result;
    enum cy_status status = cy_duck_query(job->source->duck, sql.data, &result, error);
    cy_buffer_release(&sql);
    if (status != CY_OK)
        return status;
    size_t row_count;
    while ((status = cy_duck_next(result, &row_count, error)) == CY_OK)
        for (size_t row = 0; row < row_count; row++)
            counts[CY_MIN((size_t)cy_duck_int64(result, 0, row), bins - 1)] = cy_duck_int64(result, 1, row);
    cy_duck_result_free(result);
    return status == CY_END ? CY_OK : status;
}

/* Edges that rise; whole numbers get bins of a whole width. Returns how many bins there are. */
static size_t make_edges(double low, double high, bool is_whole, size_t bins_max, double *edges)
{
    double width = (high - low) / (double)bins_max;
    size_t bins = bins_max;
    if (is_whole) {
        width = ceil((high - low + 1) / (double)bins_max);
        bins = (size_t)ceil((high - low + 1) / width);
    }
    if (!(width > 0) || !isfinite(width)) { /* one value, or a range beyond doubles */
        bins = 1;
        width = high - low;
    }
    for (size_t i = 0; i < bins; i++)
        edges[i] = low + (double)i * width;
    edges[bins] = high;
    return CY_MAX(bins, 1);
}

/* A point on the axis: a number, or for a time its text. */
static void add_point(struct cy_buffer *out, const struct column_job *job, double value)
{
    if (isnan(value))
        cy_buffer_add_text(out, "null");
    else if (job->is_whole)
        cy_buffer_printf(out, "%.0f", value);
    else
        cy_buffer_add_number(out, value);
}

enum { COUNT, PRESENT, LOW, HIGH, MEAN, MEDIAN, STD, VALUE_COUNT };

static enum cy_status measure(const struct column_job *job, double values[VALUE_COUNT], struct cy_error *error)
{
    struct cy_buffer sql = {0};
    const char *median = job->row_count > MEDIAN_ROWS_MAX ? "approx_quantile(m, 0.5)" : "median(m)";
    cy_buffer_printf(
        &sql,
        "SELECT CAST(count(*) AS DOUBLE), CAST(count(m) AS DOUBLE), min(m), max(m), avg(m), CAST(%s AS DOUBLE), stddev_samp(m) FROM "
        "(SELECT CASE WHEN isfinite(CAST(%s AS DOUBLE)) THEN CAST(%s AS DOUBLE) END AS m",
        median, job->measure, job->measure);
    add_from_where(job, &sql);
    cy_buffer_add(&sql, ")", 2);
    enum cy_status status = cy_rows_numbers(job->source, sql.data, values, VALUE_COUNT, error);
    cy_buffer_release(&sql);
    return status;
}

static enum cy_status add_numbers(const struct column_job *job, struct cy_buffer *out, struct cy_error *error)
{
    double values[VALUE_COUNT], edges[BINS + 1];
    int64_t counts[BINS] = {0};
    enum cy_status status = measure(job, values, error);
    if (status != CY_OK)
        return status;
    size_t bins = values[PRESENT] > 0 ? make_edges(values[LOW], values[HIGH], job->is_whole, BINS, edges) : 0;
    if (bins > 0)
        status = count_bins(job, edges, bins, counts, error);
    if (status != CY_OK)
        return status;
    double missing = values[COUNT] - values[PRESENT];
    static const struct {
        const char *key;
        int which;
    } points[] = {{"min", LOW}, {"max", HIGH}};
    cy_buffer_printf(out, "{\"nan_count\":%.0f,\"nan_proportion\":", missing);
    cy_buffer_add_number(out, values[COUNT] > 0 ? missing / values[COUNT] : 0);
    for (size_t i = 0; i < CY_COUNT(points); i++) {
        cy_buffer_printf(out, ",\"%s\":", points[i].key);
        add_point(out, job, values[points[i].which]);
    }
    cy_buffer_add_text(out, ",\"mean\":");
    cy_buffer_add_number(out, values[MEAN]);
    cy_buffer_add_text(out, ",\"median\":");
    cy_buffer_add_number(out, values[MEDIAN]);
    cy_buffer_add_text(out, ",\"std\":");
    cy_buffer_add_number(out, values[STD]);
    cy_buffer_add_text(out, ",\"histogram\":");
    if (bins == 0)
        cy_buffer_add_text(out, "null");
    else {
        cy_buffer_add_text(out, "{\"hist\":[");
        for (size_t i = 0; i < bins; i++)
            cy_buffer_printf(out, i > 0 ? ",%lld" : "%lld", (long long)counts[i]);
        cy_buffer_add_text(out, "],\"bin_edges\":[");
        for (size_t i = 0; i <= bins; i++) {
            cy_buffer_add_text(out, i > 0 ? "," : "");
            add_point(out, job, edges[i]);
        }
        cy_buffer_add_text(out, "]}");
    }
    if (job->row_count > MEDIAN_ROWS_MAX)
        cy_buffer_add_text(out, ",\"median_is_estimate\":true");
    cy_buffer_add_byte(out, '}');
    return CY_OK;
}

/* Values and how often each stands there, the most frequent first. */
static enum cy_status add_frequencies(const struct column_job *job, struct cy_buffer *out, struct cy_error *error)
{
    struct cy_buffer sql = {0};
    bool flag = job->column->kind == CY_ROWS_BOOL;
    cy_buffer_printf(&sql, flag ? "SELECT CASE WHEN v THEN 'True' ELSE 'False' END, n" : "SELECT CAST(v AS VARCHAR), n");
    cy_buffer_printf(&sql, " FROM (SELECT %s AS v, count(*) AS n", job->column->sql);
    add_from_where(job, &sql);
    cy_buffer_printf(&sql, " GROUP BY v) WHERE v IS NOT NULL ORDER BY n DESC, v LIMIT %d", LABELS_MAX);
    cy_buffer_add(&sql, "", 1);
    struct cy_duck_result *result;
    enum cy_status status = cy_duck_query(job->source->duck, sql.data, &result, error);
    cy_buffer_release(&sql);
    if (status != CY_OK)
        return status;
    cy_buffer_add_text(out, "\"frequencies\":{");
    size_t row_count;
    bool first = true;
    while ((status = cy_duck_next(result, &row_count, error)) == CY_OK) {
        for (size_t row = 0; row < row_count; row++) {
            cy_buffer_add_text(out, first ? "" : ",");
            first = false;
            cy_buffer_add_json(out, cy_duck_text(result, 0, row));
            cy_buffer_printf(out, ":%lld", (long long)cy_duck_int64(result, 1, row));
        }
    }
    cy_duck_result_free(result);
    cy_buffer_add_byte(out, '}');
    return status == CY_END ? CY_OK : status;
}

/* Rows, NULLs and different values of a column; the last as 0 when it was not asked for. */
static enum cy_status count_values(const struct column_job *job, bool distinct, double values[3], struct cy_error *error)
{
    struct cy_buffer sql = {0};
    cy_buffer_printf(&sql, "SELECT CAST(count(*) AS DOUBLE), CAST(count(*) - count(%s) AS DOUBLE), CAST(%s%s%s AS DOUBLE)",
                     job->column->sql, distinct ? "approx_count_distinct(" : "0", distinct ? job->column->sql : "", distinct ? ")" : "");
    add_from_where(job, &sql);
    cy_buffer_add(&sql, "", 1);
    enum cy_status status = cy_rows_numbers(job->source, sql.data, values, 3, error);
    cy_buffer_release(&sql);
    return status;
}

static enum cy_status count_distinct(const struct column_job *job, double *distinct, struct cy_error *error)
{
    struct cy_buffer sql = {0};
    cy_buffer_printf(&sql, "SELECT CAST(count(DISTINCT %s) AS DOUBLE)", job->column->sql);
    add_from_where(job, &sql);
    cy_buffer_add(&sql, "", 1);
    enum cy_status status = cy_rows_numbers(job->source, sql.data, distinct, 1, error);
    cy_buffer_release(&sql);
    return status;
}

static enum cy_status add_labels(const struct column_job *job, struct cy_buffer *out, bool is_flag, double missing, double distinct,
                                 struct cy_error *error)
{
    double share = job->row_count > 0 ? missing / (double)job->row_count : 0;
    cy_buffer_printf(out, "{\"nan_count\":%.0f,\"nan_proportion\":", missing);
    cy_buffer_add_number(out, share);
    if (!is_flag)
        cy_buffer_printf(out, ",\"no_label_count\":0,\"no_label_proportion\":0.0,\"n_unique\":%.0f", distinct);
    cy_buffer_add_byte(out, ',');
    enum cy_status status = add_frequencies(job, out, error);
    cy_buffer_add_byte(out, '}');
    return status;
}

/* How a column of each kind is measured. */
static const char *measure_sql(const struct column_job *job, struct cy_arena *arena)
{
    const char *sql = job->column->sql;
    switch (job->column->kind) {
    case CY_ROWS_TEXT:
        return cy_arena_printf(arena, "length(%s)", sql);
    case CY_ROWS_LIST:
        return cy_arena_printf(arena, "len(%s)", sql);
    case CY_ROWS_BYTES:
        return cy_arena_printf(arena, "octet_length(%s)", sql);
    case CY_ROWS_TIME:
        return cy_arena_printf(arena, "epoch(%s)", sql);
    default:
        return sql;
    }
}

static enum cy_status add_column(struct column_job *job, struct cy_buffer *out, struct cy_error *error)
{
    static const char *const types[] = {
        [CY_ROWS_OTHER] = "other", [CY_ROWS_INTEGER] = "int", [CY_ROWS_NUMBER] = "float",  [CY_ROWS_TEXT] = "string_text",
        [CY_ROWS_BOOL] = "bool",   [CY_ROWS_LIST] = "list",   [CY_ROWS_TIME] = "datetime", [CY_ROWS_BYTES] = "binary"};
    enum cy_rows_kind kind = job->column->kind;
    double values[3];
    enum cy_status status = count_values(job, kind == CY_ROWS_TEXT, values, error);
    if (status != CY_OK)
        return status;
    job->row_count = (int64_t)values[0];
    /* The estimate of the different values is within some per cent: near the limit they are counted. */
    if (kind == CY_ROWS_TEXT && values[2] <= 1.2 * LABELS_MAX && values[2] <= 1.2 * label_share_max * values[0] + 10)
        status = count_distinct(job, &values[2], error);
    bool label = kind == CY_ROWS_TEXT && values[2] > 0 && values[2] <= LABELS_MAX && values[2] <= label_share_max * values[0];
    cy_buffer_add_text(out, "{\"column_name\":");
    cy_buffer_add_json(out, job->column->name);
    cy_buffer_printf(out, ",\"column_type\":\"%s\",\"column_statistics\":", label ? "string_label" : types[kind]);
    job->measure = measure_sql(job, job->source->arena);
    job->is_whole = kind != CY_ROWS_NUMBER && kind != CY_ROWS_TIME;
    if (status == CY_OK && (label || kind == CY_ROWS_BOOL))
        status = add_labels(job, out, kind == CY_ROWS_BOOL, values[1], values[2], error);
    else if (status == CY_OK && kind == CY_ROWS_OTHER)
        cy_buffer_printf(out, "{\"nan_count\":%.0f}", values[1]);
    else if (status == CY_OK)
        status = add_numbers(job, out, error);
    cy_buffer_add_byte(out, '}');
    return status;
}

static struct cy_str column_name(yyjson_val *question)
{
    yyjson_val *name = yyjson_obj_get(question, "column");
    return (struct cy_str){yyjson_get_str(name), yyjson_get_len(name)};
}

enum cy_status cy_rows_statistics(struct cy_rows_source *source, yyjson_val *question, struct cy_buffer *out, struct cy_error *error)
{
    struct cy_rows_column *leaves;
    size_t count;
    int64_t row_count;
    cy_rows_leaves(source, &leaves, &count);
    struct cy_str name = column_name(question);
    if (name.data != NULL) {
        const struct cy_rows_column *one = cy_rows_find_column(source, name, error);
        if (one == NULL)
            return CY_BAD_INPUT;
        leaves[0] = *one;
        count = 1;
    }
    enum cy_status status = cy_rows_count(source, &row_count, error);
    cy_buffer_printf(out, "{\"num_examples\":%lld,\"statistics\":[", (long long)row_count);
    for (size_t i = 0; i < count && status == CY_OK; i++) {
        cy_buffer_add_text(out, i > 0 ? "," : "");
        struct column_job job = {.source = source, .column = &leaves[i], .row_count = row_count};
        status = add_column(&job, out, error);
    }
    cy_buffer_add_text(out, "],\"partial\":false}");
    return status;
}

enum cy_status cy_rows_histogram(struct cy_rows_source *source, yyjson_val *question, struct cy_buffer *out, struct cy_error *error)
{
    yyjson_val *asked = yyjson_obj_get(question, "bins");
    int64_t bins_max = asked != NULL ? yyjson_get_sint(asked) : 20;
    if (bins_max < 1 || bins_max > CY_ROWS_BINS_MAX)
        return cy_error_set(error, CY_BAD_INPUT, "bins: 1 to %d are possible", CY_ROWS_BINS_MAX);
    struct column_job job = {.source = source, .column = cy_rows_find_column(source, column_name(question), error)};
    if (job.column == NULL)
        return CY_BAD_INPUT;
    job.measure = measure_sql(&job, source->arena);
    job.is_whole = job.column->kind != CY_ROWS_NUMBER && job.column->kind != CY_ROWS_TIME;
    if (job.column->kind == CY_ROWS_OTHER || job.column->kind == CY_ROWS_BOOL)
        return cy_error_set(error, CY_BAD_INPUT, "column \"%.*s\" is a %.*s, of which there is no histogram", (int)job.column->name.size,
                            job.column->name.data, (int)CY_MIN(job.column->type.size, 60), job.column->type.data);
    double values[VALUE_COUNT], edges[CY_ROWS_BINS_MAX + 1];
    int64_t counts[CY_ROWS_BINS_MAX] = {0};
    enum cy_status status = measure(&job, values, error);
    if (status != CY_OK)
        return status;
    size_t bins = values[PRESENT] > 0 ? make_edges(values[LOW], values[HIGH], job.is_whole, (size_t)bins_max, edges) : 0;
    if (bins > 0)
        status = count_bins(&job, edges, bins, counts, error);
    cy_buffer_add_text(out, "{\"edges\":[");
    for (size_t i = 0; bins > 0 && i <= bins; i++) {
        cy_buffer_add_text(out, i > 0 ? "," : "");
        add_point(out, &job, edges[i]);
    }
    cy_buffer_add_text(out, "],\"counts\":[");
    for (size_t i = 0; i < bins; i++)
        cy_buffer_printf(out, i > 0 ? ",%lld" : "%lld", (long long)counts[i]);
    cy_buffer_printf(out, "],\"null_count\":%.0f}", values[COUNT] - values[PRESENT]);
    return status;
}
