#include "cli/summary.h"

#include "base/files.h"

#include <yyjson.h>

char *cy_format_count(uint64_t count, char text[32])
{
    char digits[32];
    int size = snprintf(digits, sizeof digits, "%llu", (unsigned long long)count), used = 0;
    for (int i = 0; i < size; i++) {
        if (i > 0 && (size - i) % 3 == 0)
            text[used++] = ',';
        text[used++] = digits[i];
    }
    text[used] = '\0';
    return text;
}

char *cy_format_bytes(uint64_t bytes, char text[32])
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB"};
    double value = (double)bytes;
    size_t unit = 0;
    while (value >= 999.95 && unit + 1 < CY_COUNT(units))
        value /= 1000, unit++;
    snprintf(text, 32, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
    return text;
}

static uint64_t count_of(yyjson_val *object, const char *key)
{
    return yyjson_get_uint(yyjson_obj_get(object, key));
}

static const char *text_of(yyjson_val *object, const char *key)
{
    const char *text = yyjson_get_str(yyjson_obj_get(object, key));
    return text != NULL ? text : "";
}

static double share(uint64_t part, uint64_t whole)
{
    return whole > 0 ? 100.0 * (double)part / (double)whole : 0;
}

static void print_total(FILE *out, yyjson_val *total)
{
    static const char *const rows[] = {"read", "kept", "removed", "unreadable", "skipped"};
    char count[32], bytes[32];
    uint64_t read = count_of(total, "read");
    for (size_t i = 0; i < CY_COUNT(rows); i++)
        fprintf(out, "  %-12s %12s  %5.1f %%%s%s\n", rows[i], cy_format_count(count_of(total, rows[i]), count),
                share(count_of(total, rows[i]), read),
                i == 1   ? "  text "
                : i == 0 ? "  raw "
                         : "",
                i == 1   ? cy_format_bytes(count_of(total, "text_bytes"), bytes)
                : i == 0 ? cy_format_bytes(count_of(total, "read_bytes"), bytes)
                         : "");
}

/* "tokens  12,345  of o200k_base", a line a vocabulary. */
static void print_tokens(FILE *out, yyjson_val *tokens)
{
    size_t index, count;
    yyjson_val *vocabulary, *number;
    yyjson_obj_foreach(tokens, index, count, vocabulary, number)
    {
        char text[32];
        fprintf(out, "  %-12s %12s  of %s, in what was kept\n", index == 0 ? "tokens" : "", cy_format_count(yyjson_get_uint(number), text),
                yyjson_get_str(vocabulary));
    }
}

/* Of the first vocabulary. */
static uint64_t first_tokens(yyjson_val *row)
{
    yyjson_obj_iter items = yyjson_obj_iter_with(yyjson_obj_get(row, "tokens"));
    return yyjson_get_uint(yyjson_obj_iter_get_val(yyjson_obj_iter_next(&items)));
}

static void print_rules(FILE *out, yyjson_val *rules)
{
    enum { RULES_SHOWN = 20 }; /* reasons of damage name a byte, so that there may be one a record */
    size_t index, count, shown = 0;
    yyjson_val *rule;
    yyjson_arr_foreach(rules, index, count, rule)
    {
        char number[32];
        if (count_of(rule, "count") == 0 || ++shown > RULES_SHOWN)
            continue;
        const char *keep = text_of(rule, "keep");
        fprintf(out, "      %-26s %12s   %s%s%s\n", text_of(rule, "name"), cy_format_count(count_of(rule, "count"), number),
                text_of(rule, "meaning"), keep[0] != '\0' ? "; keeps " : "", keep);
    }
    if (shown > RULES_SHOWN)
        fprintf(out, "      … and %zu more\n", shown - RULES_SHOWN);
}

static void print_steps(FILE *out, yyjson_val *root)
{
    fprintf(out, "\n  %-30s %12s   why\n", "step and rule", "gone");
    if (yyjson_arr_size(yyjson_obj_get(root, "reading")) > 0) {
        fprintf(out, "    (reading)\n");
        print_rules(out, yyjson_obj_get(root, "reading"));
    }
    size_t index, count;
    yyjson_val *step;
    yyjson_arr_foreach(yyjson_obj_get(root, "steps"), index, count, step)
    {
        char number[32];
        uint64_t gone = count_of(step, "in") - count_of(step, "out");
        fprintf(out, "    %-28s %12s   %.1f %% of the documents that reached it\n", text_of(step, "name"), cy_format_count(gone, number),
                share(gone, count_of(step, "in")));
        print_rules(out, yyjson_obj_get(step, "rules"));
    }
}

static void print_table(FILE *out, yyjson_val *table, const char *title, const char *unnamed, size_t row_limit)
{
    size_t index, count;
    yyjson_val *row;
    if (yyjson_arr_size(table) == 0)
        return;
    bool with_tokens = yyjson_obj_size(yyjson_obj_get(yyjson_arr_get_first(table), "tokens")) > 0;
    fprintf(out, "\n  %-20s %12s %12s %12s %12s%s\n", title, "read", "kept", "removed", "text kept",
            with_tokens ? "      tokens kept" : "");
    yyjson_arr_foreach(table, index, count, row)
    {
        char read[32], kept[32], removed[32], bytes[32];
        if (index == row_limit) {
            fprintf(out, "    … and %zu more\n", count - index);
            break;
        }
        const char *name = text_of(row, "name");
        fprintf(out, "    %-18s %12s %12s %12s %12s", name[0] != '\0' ? name : unnamed, cy_format_count(count_of(row, "read"), read),
                cy_format_count(count_of(row, "kept"), kept), cy_format_count(count_of(row, "removed"), removed),
                cy_format_bytes(count_of(row, "text_bytes"), bytes));
        if (with_tokens)
            fprintf(out, " %16s", cy_format_count(first_tokens(row), read));
        fputc('\n', out);
    }
}

enum cy_status cy_summary_print(FILE *out, const char *folder, size_t row_limit, struct cy_error *error)
{
    struct cy_arena arena = {0};
    struct cy_buffer text = {0};
    const char *path = cy_path_join(&arena, folder, "build.json");
    enum cy_status status = cy_read_file(path, &text, error);
    if (status != CY_OK) {
        cy_error_hint(error, "a dataset is a folder that `ciyuan build` made");
    } else {
        yyjson_read_err problem;
        yyjson_doc *json = yyjson_read_opts(text.data, text.size, 0, NULL, &problem);
        yyjson_val *root = yyjson_doc_get_root(json);
        if (json == NULL) {
            status = cy_error_set(error, CY_BAD_INPUT, "\"%s\" is not JSON: %s at byte %zu", path, problem.msg, problem.pos);
        } else {
            print_total(out, yyjson_obj_get(root, "total"));
            print_tokens(out, yyjson_ptr_get(root, "/total/tokens"));
            print_steps(out, root);
            print_table(out, yyjson_obj_get(root, "languages"), "language", "(not identified)", row_limit);
            print_table(out, yyjson_obj_get(root, "parties"), "party", "(not stated)", row_limit);
        }
        yyjson_doc_free(json);
    }
    cy_buffer_release(&text);
    cy_arena_release(&arena);
    return status;
}
