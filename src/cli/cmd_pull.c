/* Pulling: files come into FOLDER.pull, each checked against the hash that its version names; when all are there the folder gets its name.
 * A run that was cut goes on where it stopped. */
#include "cli/hub_pull.h"

#include "dataset/read.h"
#include "dataset/report_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A work folder may hold files of another version: they are not of this one. */
static enum cy_status begin_work(struct cy_pull *job)
{
    const char *mark = cy_arena_printf(job->arena, "%s.version", job->work);
    struct cy_buffer was = {0};
    enum cy_status status = CY_OK;
    if (cy_path_exists(mark))
        status = cy_read_file(mark, &was, job->error);
    if (status == CY_OK && !cy_str_is(cy_buffer_str(&was), job->sha)) {
        status = cy_remove_tree(job->work, job->error);
        if (status == CY_OK)
            status = cy_write_file(mark, cy_str(job->sha), job->error);
    }
    cy_buffer_release(&was);
    return status;
}

/* Checks the whole against MANIFEST where there is one, and gives the folder its name. */
static enum cy_status finish(struct cy_pull *job, const char *folder, bool *is_dataset)
{
    struct cy_dataset dataset = {0};
    struct cy_difference *differences;
    size_t count = 0;
    enum cy_status status = CY_OK;
    *is_dataset = cy_path_exists(cy_path_join(job->arena, job->work, "MANIFEST"));
    if (*is_dataset)
        status = cy_dataset_read_manifest(&dataset, job->work, job->error);
    if (*is_dataset && status == CY_OK)
        status = cy_dataset_differences(&dataset, 2, NULL, job->arena, &differences, &count, job->error);
    if (status == CY_OK && count > 0)
        status = cy_error_set(job->error, CY_FAILED, "the version is not what its MANIFEST says: %s: %s", differences[0].name,
                              differences[0].problem);
    cy_dataset_release(&dataset);
    if (status == CY_OK)
        status = cy_sync_folder(job->work, job->error);
    if (status == CY_OK && cy_files->rename(job->work, folder) != 0)
        status = cy_error_errno(job->error, "write", folder);
    if (status == CY_OK)
        unlink(cy_arena_printf(job->arena, "%s.version", job->work));
    return status;
}

static enum cy_status pull(struct cy_pull *job, const char *folder, bool *is_dataset)
{
    if (cy_path_exists(folder)) {
        cy_error_set(job->error, CY_FAILED, "\"%s\" is there already", folder);
        return cy_error_hint(job->error, "name another folder, or remove it");
    }
    enum cy_status status = cy_pull_find_version(job);
    if (status == CY_OK)
        status = cy_pull_list_files(job);
    if (status == CY_OK)
        status = begin_work(job);
    if (status == CY_OK)
        status = cy_pull_bring_all(job);
    return status == CY_OK ? finish(job, folder, is_dataset) : status;
}

int cy_cmd_pull(int argc, char **argv)
{
    const char *hub = NULL;
    const struct cy_option options[] = {
        CY_OPT_TEXT("hub", &hub, "URL", "the hub; default $CIYUAN_HUB, $HF_ENDPOINT, then " CY_HUB_URL_DEFAULT),
        CY_OPT_END,
    };
    static const char *const examples[] = {"ciyuan pull press/web-en",
                                           "fetch the newest version into the folder web-en",
                                           "ciyuan pull press/web-en@v1.0 old",
                                           "fetch a version by its tag into the folder old",
                                           NULL,
                                           NULL};
    int exit_status = cy_parse_options(
        &argc, argv,
        &(struct cy_usage){
            .command = "pull",
            .arguments = "[<options>] ORG/NAME[@REVISION] [FOLDER]",
            .summary =
                "Fetches a version of a repository from a hub and checks every file against the hash that the version names, and a dataset "
                "that ciyuan built against its MANIFEST. The folder appears when all is there; a run that was cut goes on where "
                "it stopped.",
            .options = options,
            .argument_min = 1,
            .argument_max = 2,
            .examples = examples,
        });
    if (exit_status >= 0)
        return exit_status;
    struct cy_error error;
    struct cy_arena arena = {0};
    struct cy_pull job = {.arena = &arena, .error = &error};
    const char *folder = NULL;
    bool is_dataset = false;
    enum cy_status status = cy_hub_name_read(argv[0], &arena, &job.name, &error);
    if (status == CY_OK)
        status = cy_hub_connect(hub, &job.remote, &error);
    if (status == CY_OK) {
        folder = argc > 1 ? argv[1] : cy_arena_printf(&arena, "%.*s", (int)job.name.name.size, job.name.name.data);
        job.work = cy_arena_printf(&arena, "%s.pull", folder);
        status = pull(&job, folder, &is_dataset);
    }
    if (status == CY_OK) {
        struct cy_buffer text = {0};
        cy_buffer_add_bytes(&text, job.all_bytes);
        printf("%s@%.12s is in %s: %zu files, %.*s, every hash as its version names it%s\n", job.name.path, job.sha, folder, job.file_count,
               (int)text.size, text.data, is_dataset ? ", all as MANIFEST says" : "");
        cy_buffer_release(&text);
    }
    cy_remote_close(job.remote);
    free(job.files);
    cy_arena_release(&arena);
    return status == CY_OK ? CY_EXIT_OK : cy_report(&error);
}
