/* The house's first rule: data flows one way. A folder may use what stands before it in the layout, never what stands after it. */
#include "cy_test.h"

#include "base/files.h"

static const char *const layout[] = {"base",      "kernels", "document", "source", "html",  "token", "model",
                                     "operators", "dataset", "recipe",   "api",    "store", "meter", "hub",
                                     "label",     "assess",  "exchange", "server", "cli"};

static int place_of(struct cy_str folder)
{
    for (size_t i = 0; i < CY_COUNT(layout); i++)
        if (cy_str_is(folder, layout[i]))
            return (int)i;
    return -1;
}

/* The folder of an include line of ours, or empty. */
static struct cy_str included_folder(struct cy_str line)
{
    struct cy_str rest, before = cy_str_split(line, '"', &rest);
    if (!cy_str_starts(cy_str_trim(before), CY_STR("#include")) || rest.size == 0)
        return CY_STR("");
    struct cy_str path = cy_str_split(rest, '"', &rest), name;
    struct cy_str folder = cy_str_split(path, '/', &name);
    return name.size > 0 ? folder : CY_STR("");
}

static void check_file(const char *path, int place)
{
    struct cy_buffer text = {0};
    struct cy_error error;
    cy_expect_ok(cy_read_file(path, &text, &error), error);
    struct cy_str rest = cy_buffer_str(&text);
    while (rest.size > 0) {
        struct cy_str line = cy_str_split(rest, '\n', &rest), folder = included_folder(line);
        if (folder.size == 0)
            continue;
        int other = place_of(folder);
        if (other < 0)
            fail_msg("%s: %.*s: there is no folder \"%.*s\" in the layout", path, (int)line.size, line.data, (int)folder.size, folder.data);
        if (other > place)
            fail_msg("%s: %.*s: %s stands before %s in the layout and may not use it", path, (int)line.size, line.data, layout[place],
                     layout[other]);
    }
    cy_buffer_release(&text);
}

CY_TEST("a folder includes only what stands before it in the layout")
{
    struct cy_arena arena = {0};
    struct cy_error error;
    char **folders, **names;
    size_t folder_count, name_count, file_count = 0;
    const char *source = CIYUAN_SOURCE "/src";
    cy_expect_ok(cy_list_folder(source, &arena, &folders, &folder_count, &error), error);
    for (size_t i = 0; i < folder_count; i++) {
        int place = place_of(cy_str(folders[i]));
        if (place < 0)
            fail_msg("src/%s is no folder of the layout", folders[i]);
        const char *folder = cy_path_join(&arena, source, folders[i]);
        cy_expect_ok(cy_list_folder(folder, &arena, &names, &name_count, &error), error);
        for (size_t j = 0; j < name_count; j++) {
            const char *path = cy_path_join(&arena, folder, names[j]);
            if (cy_path_is_folder(path)) /* sql/, migrations/: no includes */
                continue;
            check_file(path, place);
            file_count++;
        }
    }
    assert_true(file_count > 50);
    cy_arena_release(&arena);
}

CY_TEST("the check of layers sees an include that goes the wrong way")
{
    cy_expect_str(included_folder(CY_STR("#include \"cli/options.h\"")), "cli");
    cy_expect_str(included_folder(CY_STR("#include <stdio.h>")), "");
    cy_expect_str(included_folder(CY_STR("  #include \"base/bytes.h\" /* why */")), "base");
    assert_true(place_of(CY_STR("cli")) > place_of(CY_STR("base")));
}
