#include "hub/rows_feature.h"

enum { DEPTH_MAX = 64 };

/* Source: the table of dtypes of `datasets` (features.py, string_to_arrow). */
static const struct {
    const char *type, *dtype;
    enum cy_rows_kind kind;
} types[] = {
    {"BOOLEAN", "bool", CY_ROWS_BOOL},
    {"TINYINT", "int8", CY_ROWS_INTEGER},
    {"SMALLINT", "int16", CY_ROWS_INTEGER},
    {"INTEGER", "int32", CY_ROWS_INTEGER},
    {"BIGINT", "int64", CY_ROWS_INTEGER},
    {"UTINYINT", "uint8", CY_ROWS_INTEGER},
    {"USMALLINT", "uint16", CY_ROWS_INTEGER},
    {"UINTEGER", "uint32", CY_ROWS_INTEGER},
    {"UBIGINT", "uint64", CY_ROWS_INTEGER},
    {"HUGEINT", "decimal128(38, 0)", CY_ROWS_NUMBER},
    {"FLOAT", "float32", CY_ROWS_NUMBER},
    {"DOUBLE", "float64", CY_ROWS_NUMBER},
    {"VARCHAR", "string", CY_ROWS_TEXT},
    {"BLOB", "binary", CY_ROWS_BYTES},
    {"DATE", "date32", CY_ROWS_TIME},
    {"TIME", "time64[us]", CY_ROWS_TIME},
    {"TIMESTAMP", "timestamp[us]", CY_ROWS_TIME},
    {"TIMESTAMP_S", "timestamp[s]", CY_ROWS_TIME},
    {"TIMESTAMP_MS", "timestamp[ms]", CY_ROWS_TIME},
    {"TIMESTAMP_NS", "timestamp[ns]", CY_ROWS_TIME},
    {"TIMESTAMP WITH TIME ZONE", "timestamp[us, tz=UTC]", CY_ROWS_TIME},
};

enum cy_rows_kind cy_rows_kind_of(struct cy_str type)
{
    if (cy_str_ends(type, CY_STR("]")))
        return CY_ROWS_LIST;
    if (cy_str_starts(type, CY_STR("DECIMAL(")))
        return CY_ROWS_NUMBER;
    for (size_t i = 0; i < CY_COUNT(types); i++)
        if (cy_str_is(type, types[i].type))
            return types[i].kind;
    return CY_ROWS_OTHER;
}

static struct cy_str skip(struct cy_str text, size_t count)
{
    return (struct cy_str){text.data + count, text.size - count};
}

size_t cy_rows_member_end(struct cy_str list)
{
    size_t depth = 0;
    char quote = 0;
    for (size_t i = 0; i < list.size; i++) {
        char c = list.data[i];
        if (quote != 0)
            quote = c == quote ? 0 : quote; /* a doubled quote closes and opens again */
        else if (c == '"' || c == '\'')
            quote = c;
        else if (c == '(' || c == '[')
            depth++;
        else if (c == ')' || c == ']')
            depth -= depth > 0;
        else if (c == ',' && depth == 0)
            return i;
    }
    return list.size;
}

static void add_feature(struct cy_buffer *out, struct cy_str type, size_t depth);

static void add_value(struct cy_buffer *out, const char *dtype)
{
    cy_buffer_printf(out, "{\"dtype\":\"%s\",\"_type\":\"Value\"}", dtype);
}

/* The name that begins a member of a STRUCT, quoted or not, as JSON; returns how many bytes of `member` it takes. */
static size_t add_name(struct cy_buffer *out, struct cy_str member)
{
    struct cy_buffer name = {0};
    size_t at = 0;
    if (member.size > 0 && member.data[0] == '"') {
        for (at = 1; at < member.size; at++) {
            if (member.data[at] == '"' && (at + 1 == member.size || member.data[++at] != '"'))
                break;
            cy_buffer_add_byte(&name, (uint8_t)member.data[at]);
        }
    } else {
        for (; at < member.size && member.data[at] != ' '; at++)
            cy_buffer_add_byte(&name, (uint8_t)member.data[at]);
    }
    cy_buffer_add_json(out, cy_buffer_str(&name));
    cy_buffer_release(&name);
    return at;
}

static void add_struct(struct cy_buffer *out, struct cy_str members, size_t depth)
{
    cy_buffer_add_byte(out, '{');
    for (bool first = true; members.size > 0; first = false) {
        size_t end = cy_rows_member_end(members);
        struct cy_str member = cy_str_trim((struct cy_str){members.data, end});
        if (!first)
            cy_buffer_add_byte(out, ',');
        size_t taken = add_name(out, member);
        cy_buffer_add_byte(out, ':');
        add_feature(out, cy_str_trim(skip(member, taken)), depth + 1);
        members = cy_str_trim(skip(members, CY_MIN(end + 1, members.size)));
    }
    cy_buffer_add_byte(out, '}');
}

static void add_map(struct cy_buffer *out, struct cy_str members, size_t depth)
{
    size_t end = cy_rows_member_end(members);
    cy_buffer_add_text(out, "{\"feature\":{\"key\":");
    add_feature(out, cy_str_trim((struct cy_str){members.data, end}), depth + 1);
    cy_buffer_add_text(out, ",\"value\":");
    add_feature(out, cy_str_trim(skip(members, CY_MIN(end + 1, members.size))), depth + 1);
    cy_buffer_add_text(out, "},\"_type\":\"List\"}");
}

/* T[] and T[3]: `open` is where the last bracket stands. */
static void add_list(struct cy_buffer *out, struct cy_str type, size_t open, size_t depth)
{
    struct cy_str length = {type.data + open + 1, type.size - open - 2};
    cy_buffer_add_text(out, "{\"feature\":");
    add_feature(out, (struct cy_str){type.data, open}, depth + 1);
    if (length.size > 0)
        cy_buffer_printf(out, ",\"length\":%.*s", (int)length.size, length.data);
    cy_buffer_add_text(out, ",\"_type\":\"List\"}");
}

static void add_feature(struct cy_buffer *out, struct cy_str type, size_t depth)
{
    static const struct cy_str structure = CY_STR("STRUCT("), map = CY_STR("MAP("), decimal = CY_STR("DECIMAL(");
    if (depth < DEPTH_MAX && cy_str_ends(type, CY_STR("]"))) {
        size_t open = type.size - 1;
        while (open > 0 && type.data[open] != '[')
            open--;
        add_list(out, type, open, depth);
    } else if (depth < DEPTH_MAX && cy_str_ends(type, CY_STR(")")) && cy_str_starts(type, structure)) {
        add_struct(out, (struct cy_str){type.data + structure.size, type.size - structure.size - 1}, depth);
    } else if (depth < DEPTH_MAX && cy_str_ends(type, CY_STR(")")) && cy_str_starts(type, map)) {
        add_map(out, (struct cy_str){type.data + map.size, type.size - map.size - 1}, depth);
    } else if (cy_str_starts(type, decimal)) {
        int precision = 38, scale = 0;
        struct cy_str rest = skip(type, decimal.size);
        for (precision = 0; rest.size > 0 && rest.data[0] >= '0' && rest.data[0] <= '9' && precision < 100; rest = skip(rest, 1))
            precision = precision * 10 + (rest.data[0] - '0');
        for (; rest.size > 0; rest = skip(rest, 1))
            if (rest.data[0] >= '0' && rest.data[0] <= '9' && scale < 100)
                scale = scale * 10 + (rest.data[0] - '0');
        cy_buffer_printf(out, "{\"dtype\":\"decimal128(%d, %d)\",\"_type\":\"Value\"}", precision, scale);
    } else {
        const char *dtype = "string";
        for (size_t i = 0; i < CY_COUNT(types); i++)
            if (cy_str_is(type, types[i].type))
                dtype = types[i].dtype;
        add_value(out, dtype);
    }
}

void cy_rows_add_feature(struct cy_buffer *out, struct cy_str type)
{
    add_feature(out, type, 0);
}
