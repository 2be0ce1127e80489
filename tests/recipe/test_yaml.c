#include "cy_test.h"

#include "recipe/yaml.h"

static struct cy_arena arena;

static const struct cy_yaml *parse(const char *text)
{
    struct cy_yaml *root = NULL;
    struct cy_error error;
    cy_expect_ok(cy_yaml_parse(cy_str(text), "r.yaml", &arena, &root, &error), error);
    return root;
}

static void refuse(const char *text, const char *message)
{
    struct cy_yaml *root;
    struct cy_error error;
    assert_int_equal(cy_yaml_parse(cy_str(text), "r.yaml", &arena, &root, &error), CY_BAD_RECIPE);
    assert_string_equal(error.message, message);
}

CY_TEST("a YAML tree knows line and column of each value and key")
{
    const struct cy_yaml *root = parse("name: web\nsteps:\n  - language: {keep: [en, zh]}\n  - c4_quality\n");
    assert_int_equal(root->kind, CY_YAML_MAP);
    cy_expect_str(cy_yaml_get(root, "name")->scalar, "web");
    const struct cy_yaml *steps = cy_yaml_get(root, "steps");
    assert_int_equal(steps->child_count, 2);
    const struct cy_yaml *keep = cy_yaml_get(cy_yaml_get(&steps->children[0], "language"), "keep");
    assert_int_equal(keep->key_line, 3);
    assert_int_equal(keep->key_column, 16);
    cy_expect_str(keep->children[1].scalar, "zh");
    assert_int_equal(steps->children[1].line, 4);
    assert_int_equal(steps->children[1].column, 5);
    cy_arena_release(&arena);
}

CY_TEST("an alias stands for what its anchor named")
{
    const struct cy_yaml *root = parse("a: &x {k: [1, 2]}\nb: *x\nc: &s word\nd: *s\n");
    cy_expect_str(cy_yaml_get(cy_yaml_get(root, "b"), "k")->children[1].scalar, "2");
    cy_expect_str(cy_yaml_get(root, "d")->scalar, "word");
    cy_arena_release(&arena);
}

CY_TEST("what is no YAML is refused with its place")
{
    refuse("a: 1\na: 2\n", "r.yaml:2:1: \"a\" stands twice, first in line 1");
    refuse("", "r.yaml:1:1: the file is empty");
    refuse("a: *nothing\n", "r.yaml:1:4: this alias has no anchor before it");
    refuse("a: &x [*x]\n", "r.yaml:1:8: this alias has no anchor before it");
    refuse("a: 1\nb: \xbd\n", "r.yaml:2:1: this line is not UTF-8");
    refuse("%a\xbd 8 &x [1\n", "r.yaml:1:1: directives (%) are not read: take this line out");
    struct cy_yaml *root;
    struct cy_error error;
    assert_int_equal(cy_yaml_parse(CY_STR("a: [1, 2\nb: 3\n"), "r.yaml", &arena, &root, &error), CY_BAD_RECIPE);
    assert_string_equal(error.message, "r.yaml:3:1: flow sequence without a closing bracket");
    struct cy_buffer deep = {0};
    for (int i = 0; i < 100000; i++)
        cy_buffer_add_byte(&deep, '[');
    assert_int_equal(cy_yaml_parse(cy_buffer_str(&deep), "r.yaml", &arena, &root, &error), CY_BAD_RECIPE);
    cy_buffer_release(&deep);
    cy_arena_release(&arena);
}
