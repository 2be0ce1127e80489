#include "cli/account_ask.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <yyjson.h>

static int run_verify(int argc, char **argv)
{
    struct cy_local local = {0};
    const struct cy_option options[] = {CY_LOCAL_OPTIONS(local), CY_OPT_END};
    static const char *const examples[] = {"ciyuan audit verify", "check that nobody changed the log afterwards", NULL, NULL};
    int exit_status =
        cy_parse_options(&argc, argv,
                         &(struct cy_usage){
                             .command = "audit verify",
                             .arguments = "",
                             .summary = "Walks the audit log, in which each entry holds the hash of the one before it. Exit status 1 when "
                                        "an entry was changed or taken out.",
                             .options = options,
                             .examples = examples,
                         });
    if (exit_status >= 0)
        return exit_status;
    struct cy_arena arena = {0};
    struct cy_buffer body = {0};
    struct cy_str answer;
    exit_status = cy_accounts_ask(&local, "GET", "/api/v1/audit/verify", &body, &arena, &answer);
    if (exit_status == CY_EXIT_OK) {
        yyjson_doc *document = yyjson_read(answer.data, answer.size, YYJSON_READ_NOFLAG);
        yyjson_val *root = yyjson_doc_get_root(document);
        bool is_good = yyjson_is_true(yyjson_obj_get(root, "is_good"));
        uint64_t count = yyjson_get_uint(yyjson_obj_get(root, "entry_count"));
        if (is_good)
            printf("good: %" PRIu64 " entries, each follows from the one before it\n", count);
        else
            printf("broken: %s\n", cy_accounts_member(answer, "problem", &arena).data);
        exit_status = is_good ? CY_EXIT_OK : CY_EXIT_FAILED;
        yyjson_doc_free(document);
    }
    cy_arena_release(&arena);
    return exit_status;
}

static void print_entry(yyjson_val *entry)
{
    time_t seconds = (time_t)(yyjson_get_sint(yyjson_obj_get(entry, "created_ms")) / 1000);
    struct tm parts;
    char when[32], *detail = yyjson_val_write(yyjson_obj_get(entry, "detail"), YYJSON_WRITE_NOFLAG, NULL);
    gmtime_r(&seconds, &parts);
    strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &parts);
    printf("%" PRId64 "  %s  %-12s  %-20s  %s  %s\n", yyjson_get_sint(yyjson_obj_get(entry, "sequence")), when,
           yyjson_get_str(yyjson_obj_get(entry, "actor")), yyjson_get_str(yyjson_obj_get(entry, "action")),
           yyjson_get_str(yyjson_obj_get(entry, "subject_id")), detail != NULL ? detail : "");
    free(detail);
}

static int run_list(int argc, char **argv)
{
    struct cy_local local = {0};
    uint64_t after = 0, limit = 100;
    static const char *const examples[] = {"ciyuan audit list --limit 1000",
                                           "the first thousand entries",
                                           "ciyuan audit list --after 1000",
                                           "what was done since",
                                           NULL,
                                           NULL};
    const struct cy_option options[] = {
        CY_OPT_COUNT("after", &after, "N", "entries after this number (0)"),
        CY_OPT_COUNT("limit", &limit, "N", "this many, 1,000 at most (100)"),
        CY_LOCAL_OPTIONS(local),
        CY_OPT_END,
    };
    int exit_status = cy_parse_options(&argc, argv,
                                       &(struct cy_usage){
                                           .command = "audit list",
                                           .arguments = "[<options>]",
                                           .summary = "Prints the audit log: number, time, who, what, the subject's id, details.",
                                           .options = options,
                                           .examples = examples,
                                       });
    if (exit_status >= 0)
        return exit_status;
    struct cy_arena arena = {0};
    struct cy_buffer body = {0};
    struct cy_str answer;
    const char *target = cy_arena_printf(&arena, "/api/v1/audit?after=%" PRIu64 "&limit=%" PRIu64, after, limit);
    exit_status = cy_accounts_ask(&local, "GET", target, &body, &arena, &answer);
    if (exit_status == CY_EXIT_OK) {
        yyjson_doc *document = yyjson_read(answer.data, answer.size, YYJSON_READ_NOFLAG);
        yyjson_val *items = yyjson_obj_get(yyjson_doc_get_root(document), "items"), *item;
        size_t i, count;
        yyjson_arr_foreach(items, i, count, item) print_entry(item);
        yyjson_doc_free(document);
    }
    cy_arena_release(&arena);
    return exit_status;
}

int cy_cmd_audit(int argc, char **argv)
{
    static const struct cy_command commands[] = {
        {"verify", "check that the audit log is whole", run_verify},
        {"list", "print what was done, by whom", run_list},
        {0},
    };
    return cy_run_command_of("audit", "The audit log of a server: each entry is written in the transaction it tells of.", commands, argc,
                             argv);
}
