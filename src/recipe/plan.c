#include "recipe/plan.h"

#include "base/files.h"
#include "recipe/reading.h"
#include "source/expand.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    STEPS_MAX = 1000,            /* a recipe of a thousand steps is a mistake */
    RECIPE_BYTES_MAX = 16 << 20, /* and so is one of 16 MiB */
};

/* ---- sources ---- */

static const char *const source_keys[] = {"path", "format", "license", "party", NULL};

static enum cy_status known_format(const struct cy_reading *reading, const struct cy_yaml *map, const char *name,
                                   const struct cy_format **format)
{
    const char *names[64] = {NULL};
    size_t count = 0;
    for (const struct cy_format *const *each = cy_formats; *each != NULL; each++)
        names[count++] = (*each)->name;
    *format = cy_format_find(cy_str(name));
    const struct cy_yaml *node = cy_yaml_get(map, "format");
    return *format != NULL ? CY_OK : cy_reading_unknown(reading, node->line, node->column, "unknown format", cy_str(name), names);
}

/* The one format that the files' names say; files of no known format do not count. */
static enum cy_status format_of_files(const struct cy_reading *reading, const struct cy_yaml *node, const struct cy_source_file *files,
                                      size_t file_count, const struct cy_format **format)
{
    *format = NULL;
    for (size_t i = 0; i < file_count; i++) {
        if (files[i].format == NULL)
            continue;
        if (*format != NULL && *format != files[i].format) {
            cy_reading_wrong(reading, node->line, node->column, "\"%s\" holds files of two formats, %s and %s", node->scalar.data,
                             (*format)->name, files[i].format->name);
            return cy_error_hint(reading->error, "name the format (format: %s), or write two sources with a glob each",
                                 files[i].format->name);
        }
        *format = files[i].format;
    }
    if (*format != NULL)
        return CY_OK;
    cy_reading_wrong(reading, node->line, node->column, "no format is known by the name of \"%s\"", files[0].name);
    return cy_error_hint(reading->error, "name it: format: warc | html | jsonl | parquet | csv | text");
}

/* Splits a path and resolves its folder's links. False: the folder is not there. */
static bool resolve(const char *path, char resolved[PATH_MAX])
{
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    char folder[PATH_MAX], real[PATH_MAX];
    snprintf(folder, sizeof folder, "%.*s", slash == NULL ? 1 : (int)CY_MAX(slash - path, 1), slash == NULL ? "." : path);
    return realpath(folder, real) != NULL && snprintf(resolved, PATH_MAX, "%s/%s", strcmp(real, "/") == 0 ? "" : real, name) < PATH_MAX;
}

/* A source's folder may hold the output. What a build makes beside its dataset (OUTPUT.work, OUTPUT.log) is left out, else a build could
 * not be resumed; the dataset itself is no input of its own. */
static enum cy_status leave_out_own(const struct cy_reading *reading, const struct cy_yaml *node, struct cy_source_file *files,
                                    size_t *file_count)
{
    char output[PATH_MAX], path[PATH_MAX];
    if (!resolve(reading->plan->output, output))
        return CY_OK;
    size_t size = strlen(output), kept = 0;
    for (size_t i = 0; i < *file_count; i++) {
        const char *rest = resolve(files[i].path, path) && strncmp(path, output, size) == 0 ? path + size : "";
        if (rest[0] == '/') {
            cy_reading_wrong(reading, node->line, node->column, "\"%s\" lies in the output", files[i].name);
            return cy_error_hint(reading->error, "a dataset cannot be its own source: name an output outside of the sources");
        }
        if (strncmp(rest, ".work/", 6) != 0 && strcmp(rest, ".log") != 0)
            files[kept++] = files[i];
    }
    *file_count = kept;
    return kept > 0 ? CY_OK
                    : cy_reading_wrong(reading, node->line, node->column, "\"%s\" holds only files of the build itself", node->scalar.data);
}

static void add_files(struct cy_plan *plan, struct cy_plan_source *source, uint32_t index, const struct cy_source_file *files,
                      size_t file_count, bool all)
{
    size_t count = plan->file_count + file_count;
    plan->files = cy_realloc(plan->files, count * sizeof *plan->files);
    plan->file_sources = cy_realloc(plan->file_sources, count * sizeof *plan->file_sources);
    plan->file_sizes = cy_realloc(plan->file_sizes, count * sizeof *plan->file_sizes);
    source->file_first = (uint32_t)plan->file_count;
    source->file_count = (uint32_t)file_count;
    for (size_t i = 0; i < file_count; i++) {
        uint32_t file = (uint32_t)(plan->file_count + i);
        bool known = all || files[i].format == source->format;
        plan->files[file] = (struct cy_input){.path = files[i].path, .name = files[i].name, .file = file, .skipped = !known};
        plan->file_sources[file] = index;
        plan->file_sizes[file] = files[i].size_bytes;
        plan->input_bytes += known ? files[i].size_bytes : 0;
    }
    plan->file_count = count;
}

static enum cy_status read_source(const struct cy_reading *reading, const struct cy_yaml *node, uint32_t index)
{
    struct cy_plan *plan = reading->plan;
    struct cy_plan_source *source = &plan->sources[index];
    if (node->kind == CY_YAML_SCALAR) { /* a path alone */
        struct cy_yaml *map = cy_arena_zero(&plan->arena, sizeof *map), *path = cy_arena_zero(&plan->arena, sizeof *path);
        *path = *node;
        path->key = CY_STR("path");
        *map = (struct cy_yaml){.kind = CY_YAML_MAP, .line = node->line, .column = node->column, .children = path, .child_count = 1};
        node = map;
    }
    if (node->kind != CY_YAML_MAP)
        return cy_reading_wrong(reading, node->line, node->column, "a source is a map with a path");
    const char *format_name;
    enum cy_status status = cy_reading_scalar(reading, node, "path", NULL, &source->path);
    if (status == CY_OK)
        status = cy_reading_scalar(reading, node, "license", "", &source->license);
    if (status == CY_OK)
        status = cy_reading_scalar(reading, node, "party", "", &source->party);
    if (status == CY_OK)
        status = cy_reading_scalar(reading, node, "format", "", &format_name);
    if (status == CY_OK && format_name[0] != '\0')
        status = known_format(reading, node, format_name, &source->format);
    if (status != CY_OK)
        return status;
    const struct cy_yaml *path = cy_yaml_get(node, "path");
    struct cy_source_file *files;
    size_t file_count;
    status = cy_source_expand(plan->folder, source->path, &plan->arena, &files, &file_count, reading->error);
    if (status != CY_OK)
        return cy_reading_locate(reading, path->line, path->column, status);
    status = leave_out_own(reading, path, files, &file_count);
    if (status != CY_OK)
        return status;
    bool named = source->format != NULL;
    if (!named)
        status = format_of_files(reading, path, files, file_count, &source->format);
    if (status != CY_OK)
        return status;
    source->self = cy_arena_zero(&plan->arena, CY_MAX(source->format->self_size, 1));
    cy_params_default(source->format->params, source->self, &plan->arena);
    status = cy_reading_set_params(reading, source->format->params, source->self, node, source_keys, source->format->name);
    if (status == CY_OK && source->format->check != NULL) {
        status = source->format->check(source->self, reading->error);
        if (status != CY_OK)
            cy_reading_locate(reading, node->line, node->column, status);
    }
    if (status == CY_OK)
        add_files(plan, source, index, files, file_count, named);
    return status;
}

/* What a recipe is about comes first among what can be wrong with it; files are looked for last. */
static enum cy_status check_sources(const struct cy_reading *reading, const struct cy_yaml *root)
{
    const struct cy_yaml *list = cy_yaml_get(root, "sources");
    if (list == NULL) {
        cy_reading_wrong(reading, root->line, root->column, "\"sources\" is missing");
        return cy_error_hint(reading->error, "write what to read: sources: [data/*.jsonl]; `ciyuan init FILES…` writes a recipe");
    }
    if (list->kind != CY_YAML_LIST || list->child_count == 0) {
        cy_reading_wrong(reading, list->line, list->column, "sources must be a list of at least one path");
        return cy_error_hint(reading->error, "a list has brackets, sources: [%.200s], or a line with \"- \" for each",
                             list->kind == CY_YAML_SCALAR && list->scalar.size > 0 ? list->scalar.data : "data/*.jsonl");
    }
    return CY_OK;
}

static enum cy_status read_sources(const struct cy_reading *reading, const struct cy_yaml *root)
{
    struct cy_plan *plan = reading->plan;
    const struct cy_yaml *list = cy_yaml_get(root, "sources");
    plan->source_count = list->child_count;
    plan->sources = cy_arena_zero(&plan->arena, plan->source_count * sizeof *plan->sources);
    for (size_t i = 0; i < plan->source_count; i++) {
        enum cy_status status = read_source(reading, &list->children[i], (uint32_t)i);
        if (status != CY_OK)
            return status;
    }
    return CY_OK;
}

/* ---- steps ---- */

/* A step as written: a name, or {name: parameters}, with `as:` among the parameters. */
struct written_step {
    struct cy_str name;
    int line, column;
    const struct cy_yaml *params; /* a map, or NULL; a scalar for an operator's scalar parameter */
    const char *as;
};

static enum cy_status split_step(const struct cy_reading *reading, const struct cy_yaml *node, struct written_step *step)
{
    *step = (struct written_step){.line = node->line, .column = node->column};
    if (node->kind == CY_YAML_SCALAR) {
        step->name = node->scalar;
        return CY_OK;
    }
    if (node->kind != CY_YAML_MAP || node->child_count == 0 || node->child_count > 2)
        return cy_reading_wrong(reading, node->line, node->column, "a step is an operator's name, or name: {parameters}");
    for (size_t i = 0; i < node->child_count; i++) {
        const struct cy_yaml *child = &node->children[i];
        if (cy_str_is(child->key, "as")) {
            enum cy_status status = cy_reading_scalar(reading, node, "as", NULL, &step->as);
            if (status != CY_OK)
                return status;
        } else if (step->name.size > 0) {
            cy_reading_wrong(reading, child->key_line, child->key_column, "\"%.*s\" stands beside the step \"%.*s\"",
                             (int)CY_MIN(child->key.size, 100), child->key.data, (int)CY_MIN(step->name.size, 100), step->name.data);
            return cy_error_hint(reading->error,
                                 "parameters are written in braces behind the name, %.*s: {…}, or deeper than it; another step "
                                 "begins with \"- \"",
                                 (int)CY_MIN(step->name.size, 100), step->name.data);
        } else {
            step->name = child->key;
            step->params = child;
            step->line = child->key_line;
            step->column = child->key_column;
        }
    }
    if (step->params != NULL && step->params->kind == CY_YAML_MAP && step->as == NULL) {
        const struct cy_yaml *as = cy_yaml_get(step->params, "as");
        if (as != NULL)
            return cy_reading_scalar(reading, step->params, "as", NULL, &step->as);
    }
    return CY_OK;
}

static bool is_name(const char *text)
{
    size_t size = strlen(text);
    return size > 0 && size <= 64 && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_") == size && (text[0] < '0' || text[0] > '9');
}

/* A column of tokens is called as its vocabulary; two of one name could not be told apart. */
static enum cy_status add_vocabulary(const struct cy_reading *reading, const struct cy_yaml *node, size_t index)
{
    struct cy_plan *plan = reading->plan;
    const struct cy_plan_step *step = &plan->steps[index];
    const char *name = step->operator->token_column(step->self);
    for (size_t i = 0; i < plan->token_count; i++)
        if (strcmp(plan->vocabularies[i], name) == 0) {
            cy_reading_wrong(reading, node->line, node->column, "%s counts the tokens of \"%.100s\", as %s does", step->name, name,
                             plan->steps[plan->vocabulary_steps[i]].name);
            return cy_error_hint(reading->error, "give its column a name of its own: column: %.100s_2", name);
        }
    plan->vocabularies = cy_realloc(plan->vocabularies, (plan->token_count + 1) * sizeof *plan->vocabularies);
    plan->vocabulary_steps = cy_realloc(plan->vocabulary_steps, (plan->token_count + 1) * sizeof *plan->vocabulary_steps);
    plan->vocabularies[plan->token_count] = name;
    plan->vocabulary_steps[plan->token_count++] = (uint32_t)index;
    return CY_OK;
}

static enum cy_status read_step(const struct cy_reading *reading, const struct cy_yaml *node, size_t index)
{
    struct cy_plan *plan = reading->plan;
    struct cy_plan_step *step = &plan->steps[index];
    struct written_step written;
    enum cy_status status = split_step(reading, node, &written);
    if (status != CY_OK)
        return status;
    const char *names[256] = {NULL};
    size_t name_count = 0;
    for (const struct cy_operator *const *each = cy_operators; *each != NULL; each++)
        names[name_count++] = (*each)->name;
    step->operator= cy_operator_find(written.name);
    if (step->operator== NULL)
        return cy_reading_unknown(reading, written.line, written.column, "there is no operator", written.name, names);
    step->name = written.as != NULL ? written.as : step->operator->name;
    if (!is_name(step->name))
        return cy_reading_wrong(reading, written.line, written.column, "\"%s\" cannot name a step: use a to z, 0 to 9 and _", step->name);
    for (size_t i = 0; i < index; i++)
        if (strcmp(plan->steps[i].name, step->name) == 0) {
            cy_reading_wrong(reading, written.line, written.column, "%s stands twice", step->name);
            return cy_error_hint(reading->error, "give the second a name of its own for its signals: as: %s_2", step->name);
        }
    step->self = cy_arena_zero(&plan->arena, CY_MAX(step->operator->self_size, 1));
    cy_params_default(step->operator->params, step->self, &plan->arena);
    static const char *const others[] = {"as", NULL};
    const struct cy_yaml empty = {.kind = CY_YAML_MAP, .line = written.line, .column = written.column};
    const struct cy_yaml *params = written.params != NULL ? written.params : &empty;
    const char *scalar_param = step->operator->scalar_param;
    if (params->kind == CY_YAML_MAP || (params->kind == CY_YAML_SCALAR && params->scalar.size == 0)) {
        status = cy_reading_set_params(reading, step->operator->params, step->self, params->kind == CY_YAML_MAP ? params : &empty, others,
                                       step->operator->name);
    } else if (scalar_param != NULL) {
        status = cy_reading_set_param(reading, cy_param_find(step->operator->params, cy_str(scalar_param)), step->self, params);
    } else {
        status = cy_reading_wrong(reading, params->line, params->column, "%s takes {name: value, …}", step->operator->name);
        cy_error_hint(reading->error, "`ciyuan operators %s` lists its parameters", step->operator->name);
    }
    if (status != CY_OK)
        return status;
    step->signal_first = plan->signal_count;
    if (step->operator->prepare != NULL) {
        struct cy_step_setup setup = {.arena = &plan->arena,
                                      .folder = plan->folder,
                                      .step_name = step->name,
                                      .signal_names = plan->signal_names,
                                      .signal_count = plan->signal_count,
                                      .token_names = plan->vocabularies,
                                      .token_count = plan->token_count,
                                      .files = reading->step_files,
                                      .inputs = &step->inputs};
        status = step->operator->prepare(step->self, &setup, reading->error);
        if (status != CY_OK)
            return cy_reading_locate(reading, params->line, params->column, status);
    }
    plan->step_count = index + 1; /* from here on, release is owed */
    for (const struct cy_signal *signal = step->operator->signals; signal != NULL && signal->name != NULL; signal++) {
        plan->signal_names = cy_realloc(plan->signal_names, (plan->signal_count + 1) * sizeof *plan->signal_names);
        plan->signal_names[plan->signal_count++] = cy_arena_printf(&plan->arena, "%s.%s", step->name, signal->name);
    }
    step->token_first = plan->token_count;
    return step->operator->token_column != NULL ? add_vocabulary(reading, params, index) : CY_OK;
}

static enum cy_status read_steps(const struct cy_reading *reading, const struct cy_yaml *root)
{
    struct cy_plan *plan = reading->plan;
    const struct cy_yaml *list = cy_yaml_get(root, "steps");
    if (list == NULL || (list->kind == CY_YAML_SCALAR && list->scalar.size == 0))
        return CY_OK; /* no step: everything that can be read is kept */
    if (list->kind != CY_YAML_LIST) {
        cy_reading_wrong(reading, list->line, list->column, "steps must be a list");
        return cy_error_hint(reading->error, "a list has brackets, steps: [normalize, language], or a line with \"- \" for each");
    }
    if (list->child_count > STEPS_MAX)
        return cy_reading_wrong(reading, list->line, list->column, "more than %d steps", STEPS_MAX);
    plan->steps = cy_arena_zero(&plan->arena, list->child_count * sizeof *plan->steps);
    for (size_t i = 0; i < list->child_count; i++) {
        enum cy_status status = read_step(reading, &list->children[i], i);
        if (status != CY_OK)
            return status;
    }
    return CY_OK;
}

static void list_step_files(const struct cy_reading *reading)
{
    struct cy_plan *plan = reading->plan;
    struct cy_step_file *files = cy_arena_alloc(&plan->arena, plan->file_count * sizeof *files);
    for (size_t i = 0; i < plan->file_count; i++) {
        const struct cy_plan_source *source = &plan->sources[plan->file_sources[i]];
        files[i] = (struct cy_step_file){plan->files[i].name, source->license, source->party};
    }
    *reading->step_files = (struct cy_step_files){files, plan->file_count};
}

static void cut_phases(struct cy_plan *plan)
{
    plan->phases = cy_arena_zero(&plan->arena, (plan->step_count + 1) * sizeof *plan->phases);
    size_t step = 0;
    do {
        struct cy_phase *phase = &plan->phases[plan->phase_count++];
        phase->step_first = step;
        while (step < plan->step_count && plan->steps[step].operator->barrier == NULL)
            step++;
        phase->barrier_first = step;
        size_t end = CY_MIN(plan->step_count, step + CY_PHASE_BARRIERS_MAX);
        while (step < end && plan->steps[step].operator->barrier != NULL) {
            plan->steps[step].mark = step - phase->barrier_first;
            step++;
        }
        phase->step_end = step;
    } while (step < plan->step_count);
}

/* ---- output ---- */

static enum cy_status read_split(const struct cy_reading *reading, const struct cy_yaml *node, struct cy_dataset_options *options)
{
    static const char *const keys[] = {"validation", NULL};
    if (node == NULL)
        return CY_OK;
    if (node->kind != CY_YAML_MAP)
        return cy_reading_wrong(reading, node->line, node->column, "split must be {validation: share}");
    enum cy_status status = cy_reading_check_keys(reading, node, keys);
    const struct cy_yaml *share = status == CY_OK ? cy_yaml_get(node, "validation") : NULL;
    if (share == NULL)
        return status;
    if (share->kind != CY_YAML_SCALAR)
        return cy_reading_wrong(reading, share->line, share->column, "validation must be one value, a share from 0 to below 1");
    char *end;
    options->validation_share = strtod(share->scalar.data, &end);
    if (share->scalar.size == 0 || *end != '\0' || !(options->validation_share >= 0 && options->validation_share < 1))
        return cy_reading_wrong(reading, share->line, share->column, "validation must be a share from 0 to below 1, found \"%s\"",
                                share->scalar.data);
    return CY_OK;
}

static enum cy_status read_choice(const struct cy_reading *reading, const struct cy_yaml *map, const char *key, const char *const *names,
                                  int *value)
{
    const struct cy_yaml *node = cy_yaml_get(map, key);
    if (node == NULL)
        return CY_OK;
    for (int i = 0; names[i] != NULL; i++)
        if (node->kind == CY_YAML_SCALAR && cy_str_is(node->scalar, names[i])) {
            *value = i;
            return CY_OK;
        }
    char what[64];
    snprintf(what, sizeof what, "unknown %s", key);
    return cy_reading_unknown(reading, node->line, node->column, what, node->kind == CY_YAML_SCALAR ? node->scalar : CY_STR("a list"),
                              names);
}

/* How hard to compress: zstd's levels, or libdeflate's for gzip. */
static enum cy_status read_level(const struct cy_reading *reading, const struct cy_yaml *map, struct cy_dataset_options *options)
{
    const struct cy_yaml *node = cy_yaml_get(map, "level");
    if (node == NULL)
        return CY_OK;
    long level_max = options->format == CY_DATASET_JSONL ? 0 : options->format == CY_DATASET_JSONL_GZ ? 12 : 19;
    char *end = NULL;
    long level = node->kind == CY_YAML_SCALAR && node->scalar.size > 0 ? strtol(node->scalar.data, &end, 10) : 0;
    if (level_max == 0)
        return cy_reading_wrong(reading, node->line, node->column, "level is for compressed formats: parquet, jsonl.gz, jsonl.zst");
    if (end == NULL || *end != '\0' || level < 1 || level > level_max)
        return cy_reading_wrong(reading, node->line, node->column, "level must be a whole number from 1 to %ld", level_max);
    options->level = (int)level;
    return CY_OK;
}

static enum cy_status read_output(const struct cy_reading *reading, const struct cy_yaml *root, const char *output)
{
    static const char *const keys[] = {"path", "format", "level", "shard_size", "split", "removed_text", NULL};
    static const char *const formats[] = {"parquet", "jsonl", "jsonl.gz", "jsonl.zst", NULL};
    static const char *const removed[] = {"excerpt", "full", "none", NULL};
    struct cy_plan *plan = reading->plan;
    plan->options = (struct cy_dataset_options){.format = CY_DATASET_PARQUET, .shard_bytes = 256 << 20, .removed_text = CY_TEXT_EXCERPT};
    const struct cy_yaml *node = cy_yaml_get(root, "output");
    const struct cy_yaml empty = {.kind = CY_YAML_MAP, .line = root->line, .column = root->column};
    if (node == NULL && output == NULL) {
        cy_reading_wrong(reading, root->line, root->column, "\"output\" is missing");
        return cy_error_hint(reading->error, "write output: {path: FOLDER}, or give --output FOLDER");
    }
    if (node == NULL)
        node = &empty;
    struct cy_yaml map = *node, path = {.kind = CY_YAML_SCALAR, .key = CY_STR("path"), .scalar = node->scalar, .line = node->line};
    if (node->kind == CY_YAML_SCALAR)
        map = (struct cy_yaml){.kind = CY_YAML_MAP, .children = &path, .child_count = 1, .line = node->line, .column = node->column};
    if (map.kind != CY_YAML_MAP)
        return cy_reading_wrong(reading, node->line, node->column, "output must be a map with a path");
    enum cy_status status = cy_reading_check_keys(reading, &map, keys);
    const char *written = output;
    int format = plan->options.format, text = plan->options.removed_text;
    if (status == CY_OK && output == NULL)
        status = cy_reading_scalar(reading, &map, "path", NULL, &written);
    if (status == CY_OK)
        status = read_choice(reading, &map, "format", formats, &format);
    if (status == CY_OK)
        status = read_choice(reading, &map, "removed_text", removed, &text);
    if (status == CY_OK)
        status = read_split(reading, cy_yaml_get(&map, "split"), &plan->options);
    const struct cy_yaml *shard = cy_yaml_get(&map, "shard_size");
    if (status == CY_OK && shard != NULL) {
        status = cy_parse_size(shard->scalar, &plan->options.shard_bytes, reading->error);
        if (status != CY_OK)
            return cy_reading_locate(reading, shard->line, shard->column, status);
    }
    if (status != CY_OK)
        return status;
    plan->options.format = (enum cy_dataset_format)format;
    plan->options.removed_text = text == 0 ? CY_TEXT_EXCERPT : text == 1 ? CY_TEXT_FULL : CY_TEXT_NONE;
    status = read_level(reading, &map, &plan->options);
    if (status != CY_OK)
        return status;
    plan->output = output != NULL ? cy_arena_text(&plan->arena, output) : cy_path_join(&plan->arena, plan->folder, written);
    size_t size = strlen(plan->output);
    while (size > 1 && plan->output[size - 1] == '/')
        ((char *)plan->output)[--size] = '\0';
    return size > 0 ? CY_OK : cy_reading_wrong(reading, node->line, node->column, "the output's path is empty");
}

/* ---- the whole ---- */

enum cy_status cy_plan_parse(struct cy_plan *plan, struct cy_str text, const char *name, const char *folder, const char *output,
                             struct cy_error *error)
{
    static const char *const keys[] = {"name", "sources", "steps", "output", NULL};
    *plan = (struct cy_plan){0};
    struct cy_reading reading = {plan, name, error, cy_arena_zero(&plan->arena, sizeof(struct cy_step_files))};
    plan->folder = cy_arena_text(&plan->arena, folder);
    plan->recipe_text = cy_arena_str(&plan->arena, text);
    struct cy_yaml *root;
    enum cy_status status = cy_yaml_parse(plan->recipe_text, name, &plan->arena, &root, error);
    if (status == CY_OK && root->kind != CY_YAML_MAP)
        status = cy_reading_wrong(&reading, root->line, root->column, "a recipe is a map with name, sources, steps and output");
    if (status == CY_OK)
        status = cy_reading_check_keys(&reading, root, keys);
    if (status == CY_OK)
        status = cy_reading_scalar(&reading, root, "name", "dataset", &plan->name);
    if (status == CY_OK)
        status = check_sources(&reading, root);
    if (status == CY_OK)
        status = read_output(&reading, root, output);
    if (status == CY_OK)
        status = read_steps(&reading, root);
    if (status == CY_OK)
        status = read_sources(&reading, root);
    if (status == CY_OK) {
        list_step_files(&reading);
        cut_phases(plan);
    }
    return status;
}

enum cy_status cy_plan_parse_steps(struct cy_plan *plan, struct cy_str text, const char *name, const char *folder, struct cy_error *error)
{
    *plan = (struct cy_plan){0};
    struct cy_reading reading = {plan, name, error, cy_arena_zero(&plan->arena, sizeof(struct cy_step_files))};
    plan->folder = cy_arena_text(&plan->arena, folder);
    plan->recipe_text = cy_arena_str(&plan->arena, text);
    struct cy_yaml *list;
    enum cy_status status = cy_yaml_parse(plan->recipe_text, name, &plan->arena, &list, error);
    if (status != CY_OK)
        return status;
    list->key = CY_STR("steps");
    status = read_steps(&reading, &(struct cy_yaml){.kind = CY_YAML_MAP, .children = list, .child_count = 1});
    if (status == CY_OK)
        cut_phases(plan);
    return status;
}

enum cy_status cy_plan_open(struct cy_plan *plan, const char *path, const char *output, struct cy_error *error)
{
    *plan = (struct cy_plan){0};
    struct cy_buffer text = {0};
    if (cy_format_of_path(path) != NULL && cy_path_exists(path)) {
        cy_error_set(error, CY_BAD_RECIPE, "\"%s\" is data by its name, not a recipe", path);
        return cy_error_hint(error, "`ciyuan init %s --output recipe.yaml` writes a recipe for it", path);
    }
    enum cy_status status = cy_read_file(path, &text, error);
    if (status != CY_OK)
        cy_error_hint(error, "name a recipe; `ciyuan init FILES… --output recipe.yaml` writes one");
    if (status == CY_OK && text.size > RECIPE_BYTES_MAX)
        status = cy_error_set(error, CY_BAD_RECIPE, "\"%s\" is larger than 16 MiB: it is no recipe", path);
    const char *slash = strrchr(path, '/');
    char folder[PATH_MAX] = ".";
    if (slash != NULL)
        snprintf(folder, sizeof folder, "%.*s", slash == path ? 1 : (int)(slash - path), path);
    if (status == CY_OK)
        status = cy_plan_parse(plan, cy_buffer_str(&text), path, folder, output, error);
    cy_buffer_release(&text);
    return status;
}

void cy_plan_release(struct cy_plan *plan)
{
    for (size_t i = 0; i < plan->step_count; i++)
        if (plan->steps[i].operator->release != NULL)
            plan->steps[i].operator->release(plan->steps[i].self);
    free(plan->files);
    free(plan->file_sources);
    free(plan->file_sizes);
    free(plan->signal_names);
    free(plan->vocabularies);
    free(plan->vocabulary_steps);
    cy_arena_release(&plan->arena);
    *plan = (struct cy_plan){0};
}
