#include "recipe/intake.h"

#include <stdio.h>

void cy_intake_open(struct cy_intake *intake, const struct cy_plan *plan, struct cy_cursor from, uint64_t record_limit)
{
    *intake = (struct cy_intake){.plan = plan, .cursor = from, .record_limit = record_limit};
}

void cy_intake_close(struct cy_intake *intake)
{
    if (intake->reader != NULL)
        intake->format->close(intake->reader);
    intake->reader = NULL;
}

static void next_file(struct cy_intake *intake)
{
    cy_intake_close(intake);
    intake->cursor.file++;
    intake->cursor.place = (struct cy_place){0};
}

/* The file's type in a skipped verdict: its suffix, or "file". */
static struct cy_str suffix_of(const char *name)
{
    const char *slash = strrchr(name, '/'), *dot = strrchr(slash != NULL ? slash : name, '.');
    return cy_str(dot != NULL && dot[1] != '\0' ? dot : "file");
}

/* One row: the next record of the current file, or its skipped entry. CY_END: the file is read. */
static enum cy_status fill_row(struct cy_intake *intake, struct cy_batch *batch, struct cy_error *error)
{
    const struct cy_input *input = &intake->plan->files[intake->cursor.file];
    const struct cy_plan_source *source = &intake->plan->sources[intake->plan->file_sources[intake->cursor.file]];
    size_t row = batch->total_count;
    if (input->skipped) {
        if (intake->cursor.place.record > 0)
            return CY_END;
        cy_batch_append(batch);
        batch->origins[row] = (struct cy_origin){.file = input->file};
        batch->read_bytes[row] = intake->plan->file_sizes[input->file];
        cy_batch_skip(batch, row, suffix_of(input->name));
        intake->cursor.place.record = 1;
    } else {
        enum cy_status status = CY_OK;
        if (intake->reader == NULL) {
            intake->format = source->format;
            status = source->format->open(source->self, input, intake->cursor.place, &intake->reader, error);
        }
        if (status == CY_OK)
            status = intake->format->next(intake->reader, batch, error);
        if (status != CY_OK)
            return status;
        CY_ASSERT(batch->total_count == row + 1);
        intake->cursor.place = intake->format->tell(intake->reader);
    }
    batch->origins[row].file = input->file;
    batch->origins[row].ordinal = intake->cursor.ordinal++;
    batch->text_bytes += batch->texts[row].size;
    return CY_OK;
}

enum cy_status cy_intake_fill(struct cy_intake *intake, struct cy_batch *batch, const struct cy_plan_source **source,
                              struct cy_error *error)
{
    const struct cy_plan *plan = intake->plan;
    uint32_t source_index = 0;
    while (intake->cursor.file < plan->file_count && intake->cursor.ordinal < intake->record_limit) {
        uint32_t index = plan->file_sources[intake->cursor.file];
        if (batch->total_count > 0 && index != source_index)
            break;
        source_index = index;
        enum cy_status status = fill_row(intake, batch, error);
        if (status == CY_END)
            next_file(intake);
        else if (status != CY_OK)
            return status;
        if (batch->total_count >= CY_BATCH_ROWS_MAX || batch->text_bytes >= CY_BATCH_BYTES_MAX)
            break;
    }
    intake->cursor.end = intake->cursor.file >= plan->file_count || intake->cursor.ordinal >= intake->record_limit;
    *source = &plan->sources[source_index];
    return batch->total_count > 0 ? CY_OK : CY_END;
}

enum cy_status cy_intake_decode(const struct cy_plan *plan, const struct cy_plan_source *source, struct cy_batch *batch,
                                struct cy_error *error)
{
    cy_batch_compact(batch); /* what the reader judged is gone before decoding */
    enum cy_status status = batch->row_count > 0 ? source->format->decode(source->self, batch, error) : CY_OK;
    cy_batch_compact(batch);
    for (size_t row = 0; row < batch->total_count; row++) {
        const struct cy_origin *origin = &batch->origins[row];
        if (batch->ids[row].size == 0)
            batch->ids[row] =
                cy_str(cy_arena_printf(batch->arena, "%s#%llu", plan->files[origin->file].name, (unsigned long long)origin->place.record));
        if (batch->verdicts[row].what == CY_SKIPPED)
            batch->texts[row] = (struct cy_str){"", 0}; /* not a document: its bytes are no text */
    }
    return status;
}
