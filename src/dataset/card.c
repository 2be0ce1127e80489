#include "dataset/report.h"

#include "dataset/carry_over.h"
#include "dataset/columns.h"
#include "dataset/report_view.h"

#include <inttypes.h>
#include <math.h>

/* The licences that the Hugging Face hub has an identifier for: SPDX in lower case. Others are `other` with their name. */
static const char *const hub_licenses[] = {
    "apache-2.0",
    "mit",
    "bsd-2-clause",
    "bsd-3-clause",
    "cc0-1.0",
    "cc-by-2.0",
    "cc-by-2.5",
    "cc-by-3.0",
    "cc-by-4.0",
    "cc-by-sa-3.0",
    "cc-by-sa-4.0",
    "cc-by-nc-2.0",
    "cc-by-nc-3.0",
    "cc-by-nc-4.0",
    "cc-by-nd-4.0",
    "cc-by-nc-nd-3.0",
    "cc-by-nc-nd-4.0",
    "cc-by-nc-sa-2.0",
    "cc-by-nc-sa-3.0",
    "cc-by-nc-sa-4.0",
    "odc-by",
    "odbl",
    "pddl",
    "gpl-2.0",
    "gpl-3.0",
    "lgpl-2.1",
    "lgpl-3.0",
    "agpl-3.0",
    "gfdl",
    "mpl-2.0",
    "unlicense",
    "wtfpl",
    "etalab-2.0",
    "cdla-permissive-1.0",
    "cdla-permissive-2.0",
    "cdla-sharing-1.0",
    "isc",
    "zlib",
    "artistic-2.0",
    "bsl-1.0",
};

enum {
    LANGUAGES_MAX = 200, /* in the YAML head */
    PARTIES_MAX = 20,    /* there, as tags */
    ROWS_MAX = 20,       /* of a table by name; build.json has all */
    NAME_SHOWN = 200,    /* bytes of a name that comes from data */
};

/* ---- YAML head ---- */

static const char *hub_license(struct cy_str license)
{
    for (size_t i = 0; i < CY_COUNT(hub_licenses); i++)
        if (cy_str_equal_nocase(license, cy_str(hub_licenses[i])))
            return hub_licenses[i];
    return NULL;
}

/* Licences of documents that were kept; the hub takes one identifier, or a list of those it knows. */
static void add_license(struct cy_buffer *out, const struct cy_tally_table *licenses)
{
    size_t stated = 0, unknown = 0;
    bool silent = false;
    for (size_t i = 0; i < licenses->count; i++) {
        if (licenses->rows[i].tally.kept_count == 0)
            continue;
        if (licenses->rows[i].name.size == 0)
            silent = true;
        else
            stated++, unknown += hub_license(licenses->rows[i].name) == NULL;
    }
    if (stated == 0) {
        cy_buffer_add_text(out, "license: unknown\n");
        return;
    }
    if (unknown > 0 || silent) {
        cy_buffer_add_text(out, "license: other\nlicense_name: ");
        struct cy_buffer names = {0};
        for (size_t i = 0; i < licenses->count && names.size < 500; i++) {
            if (licenses->rows[i].tally.kept_count == 0)
                continue;
            cy_buffer_add_text(&names, names.size > 0 ? ", " : "");
            cy_buffer_add_str(&names, licenses->rows[i].name.size > 0 ? licenses->rows[i].name : CY_STR("not stated"));
        }
        cy_buffer_add_json(out, cy_buffer_str(&names)); /* a JSON string is a YAML string */
        cy_buffer_add_byte(out, '\n');
        cy_buffer_release(&names);
        return;
    }
    cy_buffer_add_text(out, stated == 1 ? "license: " : "license:\n");
    for (size_t i = 0; i < licenses->count; i++)
        if (licenses->rows[i].tally.kept_count > 0)
            cy_buffer_printf(out, "%s%s\n", stated == 1 ? "" : "- ", hub_license(licenses->rows[i].name));
}

static bool is_language_code(struct cy_str name)
{
    if (name.size < 2 || name.size > 3)
        return false;
    for (size_t i = 0; i < name.size; i++)
        if (name.data[i] < 'a' || name.data[i] > 'z')
            return false;
    return true;
}

static void add_languages(struct cy_buffer *out, const struct cy_tally_table *languages)
{
    size_t count = 0;
    for (size_t i = 0; i < languages->count && count < LANGUAGES_MAX; i++) {
        if (!is_language_code(languages->rows[i].name) || languages->rows[i].tally.kept_count == 0)
            continue;
        if (count++ == 0)
            cy_buffer_add_text(out, "language:\n");
        cy_buffer_add_text(out, "- "); /* quoted, for `no` is a truth value in YAML 1.1 */
        cy_buffer_add_json(out, languages->rows[i].name);
        cy_buffer_add_byte(out, '\n');
    }
}

static const char *size_category(uint64_t count)
{
    static const struct {
        uint64_t below;
        const char *name;
    } categories[] = {
        {1000, "n<1K"},
        {10000, "1K<n<10K"},
        {100000, "10K<n<100K"},
        {1000000, "100K<n<1M"},
        {10000000, "1M<n<10M"},
        {100000000, "10M<n<100M"},
        {1000000000, "100M<n<1B"},
        {10000000000, "1B<n<10B"},
        {100000000000, "10B<n<100B"},
        {1000000000000, "100B<n<1T"},
    };
    for (size_t i = 0; i < CY_COUNT(categories); i++)
        if (count < categories[i].below)
            return categories[i].name;
    return "n>1T";
}

static const struct cy_shard *first_shard(const struct cy_build_counts *counts, const char *split)
{
    for (size_t i = 0; i < counts->shard_count; i++)
        if (strcmp(counts->shards[i].split, split) == 0)
            return &counts->shards[i];
    return NULL;
}

/* "data/train-00000.jsonl.zst" → ".jsonl.zst" */
static const char *shard_suffix(const struct cy_shard *shard)
{
    const char *name = strrchr(shard->name, '/');
    const char *dot = strchr(name != NULL ? name : shard->name, '.');
    return dot != NULL ? dot : "";
}

/* Names as they are in the files; a step's or vocabulary's name may need quotes. */
static void add_feature(struct cy_buffer *out, int depth, const char *name, const char *type)
{
    cy_buffer_printf(out, "%*s- name: ", depth, "");
    cy_buffer_add_json(out, cy_str(name));
    cy_buffer_printf(out, "\n%*s%s\n", depth + 2, "", type);
}

static bool has_signals(const struct cy_schema *schema)
{
    for (size_t i = 0; i < schema->step_count; i++)
        if (schema->steps[i].operator->signals != NULL && schema->steps[i].operator->signals[0].name != NULL)
            return true;
    return false;
}

static void add_features(struct cy_buffer *out, const struct cy_schema *schema, unsigned table)
{
    cy_buffer_add_text(out, "  features:\n");
    for (const struct cy_column *column = cy_columns; column->name != NULL; column++) {
        if ((column->tables & table) == 0)
            continue;
        switch (column->type) {
        case CY_COLUMN_TEXT:
            add_feature(out, 2, column->name, "dtype: string");
            break;
        case CY_COLUMN_INTEGER:
            add_feature(out, 2, column->name, "dtype: int64");
            break;
        case CY_COLUMN_NUMBER:
            add_feature(out, 2, column->name, "dtype: float64");
            break;
        case CY_COLUMN_TOKENS:
            if (schema->vocabulary_count > 0)
                add_feature(out, 2, column->name, "struct:");
            for (size_t i = 0; i < schema->vocabulary_count; i++)
                add_feature(out, 4, schema->vocabularies[i], "dtype: int64");
            break;
        case CY_COLUMN_SIGNALS:
            if (has_signals(schema))
                add_feature(out, 2, column->name, "struct:");
            for (size_t i = 0; i < schema->step_count; i++) {
                const struct cy_signal *signal = schema->steps[i].operator->signals;
                if (signal == NULL || signal->name == NULL)
                    continue;
                add_feature(out, 4, schema->steps[i].name, "struct:");
                for (; signal->name != NULL; signal++)
                    add_feature(out, 6, signal->name, "dtype: float64");
            }
            break;
        }
    }
}

/* `datasets` reads all configurations of a folder in one format, so the ledger, which is always Parquet, has one beside Parquet only. */
static bool verdicts_load(const struct cy_build_counts *counts)
{
    return first_shard(counts, "verdicts") != NULL && counts->options->format == CY_DATASET_PARQUET;
}

static void add_configs(struct cy_buffer *out, const struct cy_build_counts *counts)
{
    static const char *const splits[] = {"train", "validation"};
    cy_buffer_add_text(out, "configs:\n- config_name: default\n  data_files:\n");
    for (size_t i = 0; i < CY_COUNT(splits); i++) {
        const struct cy_shard *shard = first_shard(counts, splits[i]);
        if (shard != NULL)
            cy_buffer_printf(out, "  - split: %s\n    path: data/%s-*%s\n", splits[i], splits[i], shard_suffix(shard));
    }
    bool verdicts = verdicts_load(counts);
    if (verdicts)
        cy_buffer_add_text(out, "- config_name: verdicts\n  data_files:\n  - split: verdicts\n    path: verdicts/*.parquet\n");
    cy_buffer_add_text(out, "dataset_info:\n- config_name: default\n");
    add_features(out, counts->schema, CY_IN_DATA);
    if (verdicts) {
        cy_buffer_add_text(out, "- config_name: verdicts\n");
        add_features(out, counts->schema, CY_IN_VERDICTS);
    }
}

/* Parties, and the size in tokens of the first vocabulary: a hub of ours offers them as facets. */
static void add_own_tags(struct cy_buffer *out, const struct cy_build_counts *counts)
{
    const struct cy_tally_table *parties = &counts->parties;
    for (size_t i = 0, shown = 0; i < parties->count && shown < PARTIES_MAX; i++) {
        const struct cy_tally_row *row = &parties->rows[i];
        if (row->name.size == 0 || row->name.size > NAME_SHOWN || row->tally.kept_count == 0)
            continue;
        struct cy_buffer tag = {0};
        cy_buffer_printf(&tag, "party:%.*s", (int)row->name.size, row->name.data);
        cy_buffer_add_text(out, "- ");
        cy_buffer_add_json(out, cy_buffer_str(&tag));
        cy_buffer_add_byte(out, '\n');
        cy_buffer_release(&tag);
        shown++;
    }
    if (counts->schema->vocabulary_count > 0 && counts->total.tokens[0] >= 0)
        cy_buffer_printf(out, "- \"tokens:%s\"\n", size_category((uint64_t)counts->total.tokens[0]));
}

static void add_yaml(struct cy_buffer *out, const struct cy_build_counts *counts)
{
    cy_buffer_add_text(out, "---\npretty_name: ");
    cy_buffer_add_json(out, cy_str(counts->schema->name));
    cy_buffer_add_byte(out, '\n');
    add_license(out, &counts->licenses);
    add_languages(out, &counts->languages);
    cy_buffer_printf(out, "size_categories:\n- %s\ntags:\n- ciyuan\n- text\n", size_category(counts->total.kept_count));
    add_own_tags(out, counts);
    add_configs(out, counts);
    cy_buffer_add_text(out, "---\n");
}

/* ---- body ---- */

static bool is_word(uint8_t byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

/* Text from data in a Markdown table or line: no line breaks, nothing that Markdown or HTML would take as its own. An underscore inside a
 * word is plain. */
static void add_cell(struct cy_buffer *out, struct cy_str text)
{
    text = cy_text_beginning(text, NAME_SHOWN);
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = (uint8_t)text.data[i];
        if (byte < 0x20 || byte == 0x7F)
            cy_buffer_add_byte(out, ' ');
        else if (byte == '<')
            cy_buffer_add_text(out, "&lt;");
        else if (byte == '&')
            cy_buffer_add_text(out, "&amp;");
        else if (byte == '_' && i > 0 && i + 1 < text.size && is_word((uint8_t)text.data[i - 1]) && is_word((uint8_t)text.data[i + 1]))
            cy_buffer_add_byte(out, byte);
        else if (strchr("\\`*_{}[]()#+!|~", byte) != NULL)
            cy_buffer_add(out, (char[]){'\\', (char)byte}, 2);
        else
            cy_buffer_add_byte(out, byte);
    }
}

static void add_name(struct cy_buffer *out, struct cy_str name)
{
    if (name.size == 0)
        cy_buffer_add_text(out, "not stated");
    else
        add_cell(out, name);
}

static void add_summary(struct cy_buffer *out, const struct cy_build_counts *counts)
{
    const struct cy_tally *total = &counts->total;
    cy_buffer_add_text(out, "\n# ");
    add_cell(out, cy_str(counts->schema->name));
    cy_buffer_add_text(out, "\n\n");
    cy_buffer_add_count(out, total->kept_count);
    cy_buffer_add_text(out, " documents, ");
    cy_buffer_add_bytes(out, total->text_bytes);
    cy_buffer_add_text(out, " of text");
    for (size_t i = 0; i < counts->schema->vocabulary_count; i++) {
        cy_buffer_add_text(out, ", ");
        cy_buffer_add_count(out, (uint64_t)total->tokens[i]);
        cy_buffer_add_text(out, " tokens of ");
        add_cell(out, cy_str(counts->schema->vocabularies[i]));
    }
    cy_buffer_add_text(out, "; built by ciyuan " CIYUAN_VERSION " ([report](build.html)) from ");
    cy_buffer_add_count(out, total->read_count);
    cy_buffer_add_text(out, " records.\nEvery record that was not kept has a row in `verdicts/` that says why.\n\n"
                            "| | documents | share |\n| --- | ---: | ---: |\n");
    const struct {
        const char *name;
        uint64_t count;
    } rows[] = {{"read", total->read_count},
                {"kept", total->kept_count},
                {"removed", total->removed_count},
                {"unreadable", total->unreadable_count},
                {"skipped, not documents", total->skipped_count}};
    for (size_t i = 0; i < CY_COUNT(rows); i++) {
        cy_buffer_printf(out, "| %s | ", rows[i].name);
        cy_buffer_add_count(out, rows[i].count);
        cy_buffer_add_text(out, " | ");
        cy_buffer_add_share(out, rows[i].count, total->read_count);
        cy_buffer_add_text(out, " |\n");
    }
    cy_buffer_add_text(out, "\nSplits: train ");
    cy_buffer_add_count(out, counts->train_count);
    cy_buffer_add_text(out, ", validation ");
    cy_buffer_add_count(out, counts->validation_count);
    cy_buffer_add_text(out, counts->validation_count > 0 ? " (chosen by hash of the id).\n" : ".\n");
}

static void add_steps(struct cy_buffer *out, const struct cy_build_counts *counts)
{
    cy_buffer_add_text(
        out,
        "\n## How it was built\n\n`recipe.yaml` says it all, `recipe.lock` pins what ran; [build.html](build.html) shows every threshold "
        "and its histogram.\n\n| step | what it does | in | removed | out |\n| --- | --- | ---: | ---: | ---: |\n");
    for (size_t i = 0; i < counts->schema->step_count; i++) {
        const struct cy_step_counts *step = &counts->steps[i];
        uint64_t gone = step->removed_count + step->unreadable_count + step->skipped_count;
        cy_buffer_add_text(out, "| ");
        add_cell(out, cy_str(counts->schema->steps[i].name));
        cy_buffer_add_text(out, " | ");
        add_cell(out, cy_str(counts->schema->steps[i].operator->summary));
        cy_buffer_add_text(out, " | ");
        cy_buffer_add_count(out, step->in_count);
        cy_buffer_add_text(out, " | ");
        cy_buffer_add_count(out, gone);
        cy_buffer_add_text(out, " | ");
        cy_buffer_add_count(out, step->in_count - gone);
        cy_buffer_add_text(out, " |\n");
    }
    if (counts->schema->step_count == 0)
        cy_buffer_add_text(out, "\nThe recipe has no steps.\n");
}

static void add_reasons(struct cy_buffer *out, const struct cy_build_counts *counts)
{
    struct cy_arena arena = {0};
    cy_buffer_add_text(
        out,
        "\n## What was removed, and why\n\n| step | rule | kept when | documents | of all read |\n| --- | --- | --- | ---: | ---: |\n");
    bool any = false;
    for (size_t i = 0; i <= counts->schema->step_count; i++) {
        struct cy_rule_view *rules;
        size_t count = cy_rule_views(counts, i == 0 ? CY_STEP_READ : (uint32_t)(i - 1), &arena, &rules);
        for (size_t j = 0; j < count; j++) {
            if (rules[j].counts == NULL || rules[j].counts->count == 0)
                continue;
            any = true;
            cy_buffer_add_text(out, "| ");
            add_cell(out, cy_str(i == 0 ? "reading" : counts->schema->steps[i - 1].name));
            cy_buffer_printf(out, " | %s",
                             rules[j].what == CY_UNREADABLE ? "unreadable: "
                             : rules[j].what == CY_SKIPPED  ? "skipped: "
                                                            : "");
            add_cell(out, rules[j].name);
            cy_buffer_add_text(out, " | ");
            add_cell(out, rules[j].keep);
            cy_buffer_add_text(out, " | ");
            cy_buffer_add_count(out, rules[j].counts->count);
            cy_buffer_add_text(out, " | ");
            cy_buffer_add_share(out, rules[j].counts->count, counts->total.read_count);
            cy_buffer_add_text(out, " |\n");
        }
    }
    if (!any)
        cy_buffer_add_text(out, "\nNothing.\n");
    cy_buffer_add_text(out, "\n`ciyuan verdicts .` lists and explains them; `ciyuan verdicts . --id ID` says why one is gone.\n");
    cy_arena_release(&arena);
}

static void add_shares(struct cy_buffer *out, const struct cy_build_counts *counts, const char *title, const char *head,
                       const struct cy_tally_table *table, const char *none)
{
    cy_buffer_printf(out, "\n## %s\n\n", title);
    if (table->count == 0 || (table->count == 1 && table->rows[0].name.size == 0)) {
        cy_buffer_printf(out, "%s.\n", none);
        return;
    }
    cy_buffer_printf(out, "| %s | read | kept | of all kept |", head);
    for (size_t i = 0; i < counts->schema->vocabulary_count; i++) {
        cy_buffer_add_text(out, " tokens of ");
        add_cell(out, cy_str(counts->schema->vocabularies[i]));
        cy_buffer_add_text(out, " |");
    }
    cy_buffer_add_text(out, "\n| --- | ---: | ---: | ---: |");
    for (size_t i = 0; i < counts->schema->vocabulary_count; i++)
        cy_buffer_add_text(out, " ---: |");
    cy_buffer_add_byte(out, '\n');
    for (size_t i = 0; i < table->count && i < ROWS_MAX; i++) {
        cy_buffer_add_text(out, "| ");
        if (table->rows[i].name.size == 0)
            cy_buffer_add_text(out, none);
        else
            add_name(out, table->rows[i].name);
        cy_buffer_add_text(out, " | ");
        cy_buffer_add_count(out, table->rows[i].tally.read_count);
        cy_buffer_add_text(out, " | ");
        cy_buffer_add_count(out, table->rows[i].tally.kept_count);
        cy_buffer_add_text(out, " | ");
        cy_buffer_add_share(out, table->rows[i].tally.kept_count, counts->total.kept_count);
        for (size_t k = 0; k < counts->schema->vocabulary_count; k++) {
            cy_buffer_add_text(out, " | ");
            cy_buffer_add_count(out, (uint64_t)table->rows[i].tally.tokens[k]);
        }
        cy_buffer_add_text(out, " |\n");
    }
    if (table->count > ROWS_MAX)
        cy_buffer_printf(out, "\n%zu further ones are in `build.json`.\n", table->count - ROWS_MAX);
}

static void add_columns(struct cy_buffer *out, const struct cy_build_counts *counts)
{
    cy_buffer_add_text(out, "\n## Columns\n\n| column | in | meaning |\n| --- | --- | --- |\n");
    for (const struct cy_column *column = cy_columns; column->name != NULL; column++) {
        if (column->type == CY_COLUMN_TOKENS && counts->schema->vocabulary_count == 0)
            continue;
        if (column->type == CY_COLUMN_SIGNALS && !has_signals(counts->schema))
            continue;
        cy_buffer_printf(out, "| `%s` | %s | ", column->name,
                         column->tables == CY_IN_DATA       ? "data"
                         : column->tables == CY_IN_VERDICTS ? "verdicts"
                                                            : "both");
        add_cell(out, cy_str(column->meaning));
        cy_buffer_add_text(out, " |\n");
    }
}

static void add_loading(struct cy_buffer *out, const struct cy_build_counts *counts)
{
    const struct cy_shard *shard = first_shard(counts, "train");
    bool parquet = shard == NULL || strcmp(shard_suffix(shard), ".parquet") == 0;
    const char *suffix = shard == NULL ? ".parquet" : shard_suffix(shard);
    cy_buffer_add_text(out, "\n## How to load it\n\nIn the folder of this file:\n\n```python\nimport datasets, os\n"
                            "folder = os.path.abspath(\".\")\ndata = datasets.load_dataset(folder)\n");
    if (verdicts_load(counts))
        cy_buffer_add_text(out, "gone = datasets.load_dataset(folder, \"verdicts\", split=\"verdicts\")\n");
    else if (first_shard(counts, "verdicts") != NULL)
        cy_buffer_add_text(out, "gone = datasets.load_dataset(\"parquet\", data_files=\"verdicts/*.parquet\", split=\"train\")\n");
    cy_buffer_add_text(out, "```\n\n");
    if (counts->options->format == CY_DATASET_JSONL_ZST)
        cy_buffer_add_text(out, "(That needs `pip install zstandard`.)\n\n");
    cy_buffer_add_text(out, "```sql\n-- DuckDB\n");
    cy_buffer_printf(out, "SELECT language, count(*) FROM %s('data/*%s') GROUP BY 1 ORDER BY 2 DESC;\n",
                     parquet ? "read_parquet" : "read_json_auto", suffix);
    cy_buffer_add_text(out, "```\n\n```python\nimport glob\nimport pandas\n");
    if (parquet)
        cy_buffer_add_text(out, "data = pandas.read_parquet(\"data\")\n");
    else
        cy_buffer_printf(out, "data = pandas.concat(pandas.read_json(name, lines=True) for name in sorted(glob.glob(\"data/*%s\")))\n",
                         suffix);
    cy_buffer_add_text(
        out, "```\n\n```sh\nciyuan sql . \"SELECT rule, count(*) FROM verdicts GROUP BY rule ORDER BY 2 DESC\"\nciyuan verify .\n```\n");
}

static void add_limits(struct cy_buffer *out, const struct cy_build_counts *counts)
{
    const struct cy_tally *total = &counts->total;
    cy_buffer_add_text(out, "\n## Limits\n\nWhat follows from how it was built; nobody has stated more.\n\n");
    if (total->unreadable_count > 0) {
        cy_buffer_add_text(out, "- ");
        cy_buffer_add_count(out, total->unreadable_count);
        cy_buffer_add_text(out, " records could not be read and are missing.\n");
    }
    bool pii = false, duplicates = false, language = false;
    for (size_t i = 0; i < counts->schema->step_count; i++) {
        const char *operator= counts->schema->steps[i].operator->name;
        pii = pii || strcmp(operator, "pii") == 0;
        duplicates = duplicates || strncmp(operator, "dedup", 5) == 0;
        language = language || strcmp(operator, "language") == 0;
    }
    cy_buffer_add_text(out, pii ? "- Personal data was looked for by patterns (step `pii`); what no pattern describes is still there.\n"
                                : "- Personal data was not looked for.\n");
    cy_buffer_add_text(out, duplicates ? "- Duplicates were looked for; those below the threshold are still there.\n"
                                       : "- Duplicates were not looked for.\n");
    cy_buffer_add_text(out, language ? "- Languages are as a model identified them, document by document.\n"
                                     : "- Languages were not measured.\n");
    cy_buffer_add_text(
        out,
        "- Filters are rules over text: they also remove good documents and keep bad ones; build.html shows samples of what they removed.\n"
        "- Intended use, biases, annotations, maintenance: not stated.\n");
}

void cy_card(struct cy_buffer *out, const struct cy_build_counts *counts)
{
    add_yaml(out, counts);
    cy_buffer_add_byte(out, '\n');
    const size_t text = out->size;
    add_summary(out, counts);
    add_steps(out, counts);
    add_reasons(out, counts);
    add_shares(out, counts, "Languages", "language", &counts->languages, "not measured");
    add_shares(out, counts, "Parties", "party", &counts->parties, "not stated");
    add_shares(out, counts, "Licences", "licence", &counts->licenses, "not stated");
    add_columns(out, counts);
    add_loading(out, counts);
    add_limits(out, counts);
    cy_card_mark(out, text);
}
