#include "cli/options.h"

#include "base/clock.h"
#include "cli/local_call.h"
#include "dataset/report_view.h"
#include "hub/doctor.h"

#include <stdio.h>
#include <unistd.h>

enum { SHOW_MS = 500 };

struct view {
    bool is_terminal;
    uint64_t shown_ns;
};

static void clear_line(const struct view *view)
{
    if (view->is_terminal && view->shown_ns > 0)
        fputs("\r\033[K", stderr);
}

static void show_problem(void *context, const char *words)
{
    clear_line(context);
    puts(words);
}

static void show_progress(void *context, const struct cy_doctor_report *report)
{
    struct view *view = context;
    uint64_t now = cy_clock_ns();
    if (!view->is_terminal || now - view->shown_ns < (uint64_t)SHOW_MS * 1000000)
        return;
    view->shown_ns = now;
    struct cy_buffer line = {0};
    cy_buffer_add_count(&line, report->object_count);
    cy_buffer_add_text(&line, " objects, ");
    cy_buffer_add_bytes(&line, report->object_bytes);
    fprintf(stderr, "\rlooking  %.*s\033[K", (int)line.size, line.data);
    cy_buffer_release(&line);
}

static void print_report(const struct cy_doctor_report *report, bool verifies)
{
    static const struct {
        const char *one, *many;
    } names[] = {{"repository", "repositories"}, {"version", "versions"}, {"folder", "folders"}, {"file", "files"}, {"object", "objects"}};
    const uint64_t counts[] = {report->repository_count, report->commit_count, report->folder_count, report->file_count,
                               report->object_count};
    struct cy_buffer line = {0};
    for (size_t i = 0; i < CY_COUNT(names); i++) {
        cy_buffer_add_text(&line, i > 0 ? ", " : "");
        cy_buffer_add_count(&line, counts[i]);
        cy_buffer_printf(&line, " %s", counts[i] == 1 ? names[i].one : names[i].many);
    }
    cy_buffer_add_text(&line, " of ");
    cy_buffer_add_bytes(&line, report->object_bytes);
    printf("%.*s, %s\n", (int)line.size, line.data, verifies ? "every byte read" : "sizes alone looked at: --verify reads every byte");
    if (report->problem_count == 0)
        puts("all that was acknowledged is there");
    else
        printf("%llu %s\n", (unsigned long long)report->problem_count, report->problem_count == 1 ? "problem" : "problems");
    cy_buffer_release(&line);
}

int cy_cmd_doctor(int argc, char **argv)
{
    const char *data_folder = cy_data_folder(NULL), *database_url = NULL, *objects_url = NULL;
    bool verifies = false;
    const struct cy_option options[] = {
        CY_OPT_TEXT("data", &data_folder, "DIR", "the server's data folder ($CIYUAN_DATA, then " CY_DATA_FOLDER_DEFAULT ")"),
        CY_OPT_TEXT("database", &database_url, "URL", "as `ciyuan serve` has it"),
        CY_OPT_TEXT("objects", &objects_url, "URL", "as `ciyuan serve` has it"),
        CY_OPT_FLAG("verify", &verifies, "read every object and compute its hash again"),
        CY_OPT_END,
    };
    static const char *const examples[] = {"ciyuan doctor --data /srv/ciyuan --verify", "check every version and every byte of it", NULL,
                                           NULL};
    int exit_status = cy_parse_options(
        &argc, argv,
        &(struct cy_usage){
            .command = "doctor",
            .arguments = "[<options>]",
            .summary = "Checks that all is there that a server acknowledged: every version of every repository, its folders, its files "
                       "and their bytes. Prints what is not, and exits with 1 when anything is not. Works beside a running server, "
                       "and changes nothing.",
            .options = options,
            .examples = examples,
        });
    if (exit_status >= 0)
        return exit_status;
    struct cy_error error;
    struct view view = {.is_terminal = isatty(2) != 0};
    struct cy_doctor doctor = {.verifies = verifies, .problem = show_problem, .progress = show_progress, .context = &view};
    struct cy_doctor_report report = {0};
    enum cy_status status = cy_store_open(
        &doctor.store, &(struct cy_store_options){.data_folder = data_folder, .database_url = database_url, .read_only = true}, &error);
    if (status == CY_OK)
        status = cy_objects_open(&doctor.objects, &(struct cy_objects_options){.data_folder = data_folder, .url = objects_url}, &error);
    if (status == CY_OK)
        status = cy_doctor_run(&doctor, &report, &error);
    clear_line(&view);
    if (status == CY_OK)
        print_report(&report, verifies);
    cy_objects_close(doctor.objects);
    cy_store_close(doctor.store);
    if (status != CY_OK)
        return cy_report(&error);
    return report.problem_count == 0 ? CY_EXIT_OK : CY_EXIT_FAILED;
}
