#include "cy_test.h"

#include "hub/card_head.h"

static struct cy_arena arena;

static struct cy_card_head read_head(const char *readme)
{
    struct cy_card_head head;
    struct cy_error error;
    cy_expect_ok(cy_card_head_read(cy_str(readme), &arena, &head, &error), error);
    return head;
}

CY_TEST("a card's head becomes JSON, the tags that clients filter by, and a title")
{
    struct cy_card_head head =
        read_head("---\nlicense: cc-by-4.0\nlanguage:\n- zh\n- en\ntask_categories: [text-generation]\ntags: [law, \"1\", "
                  "law]\npretty_name: 网页 '26\nconfigs:\n- config_name: zh\n  default: true\n  n: 12\n  m: \"12\"\n  "
                  "o: 007\n  p: ~\n---\n# demo\n");
    assert_true(head.is_there);
    cy_expect_str(head.json, "{\"license\":\"cc-by-4.0\",\"language\":[\"zh\",\"en\"],\"task_categories\":[\"text-generation\"],"
                             "\"tags\":[\"law\",\"1\",\"law\"],\"pretty_name\":\"网页 '26\",\"configs\":[{\"config_name\":\"zh\","
                             "\"default\":true,\"n\":12,\"m\":\"12\",\"o\":\"007\",\"p\":null}]}");
    cy_expect_str(head.title, "网页 '26");
    static const char *const tags[] = {"license:cc-by-4.0", "language:zh", "language:en", "task_categories:text-generation", "law", "1"};
    assert_int_equal(head.tag_count, CY_COUNT(tags));
    for (size_t i = 0; i < CY_COUNT(tags); i++)
        cy_expect_str(head.tags[i], tags[i]);
    cy_arena_release(&arena);
}

CY_TEST("a card without a head has its first heading as title")
{
    struct cy_card_head head = read_head("text\n\n# The web\n\nmore\n");
    assert_false(head.is_there);
    cy_expect_str(head.title, "The web");
    head = read_head("---\nlicense: mit\nno end");
    assert_false(head.is_there);
    head = read_head("---\r\nlicense: mit\r\n---\r\n");
    cy_expect_str(head.json, "{\"license\":\"mit\"}");
    head = read_head("---\n---\n# x");
    cy_expect_str(head.json, "{}");
    cy_arena_release(&arena);
}

CY_TEST("a head that is no YAML, no map, or grows too large by aliases is refused")
{
    struct cy_card_head head;
    struct cy_error error;
    assert_int_equal(cy_card_head_read(CY_STR("---\na: [1\n---\n"), &arena, &head, &error), CY_BAD_INPUT);
    assert_memory_equal(error.message, "README.md:", 10);
    assert_int_equal(cy_card_head_read(CY_STR("---\n- a\n---\n"), &arena, &head, &error), CY_BAD_INPUT);
    struct cy_buffer bomb = {0};
    cy_buffer_add_text(&bomb, "---\na0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
    for (int i = 1; i < 12; i++)
        cy_buffer_printf(&bomb, "a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n", i, i, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1,
                         i - 1);
    cy_buffer_add_text(&bomb, "---\n");
    assert_int_equal(cy_card_head_read(cy_buffer_str(&bomb), &arena, &head, &error), CY_BAD_INPUT);
    assert_string_equal(error.message, "README.md: the head is more than 1 MiB as JSON");
    cy_buffer_release(&bomb);
    cy_arena_release(&arena);
}
