#include "token/train_pieces.h"

#include <inttypes.h>
#include <stdlib.h>

void cy_trained_release(struct cy_trained *trained)
{
    cy_buffer_release(&trained->bytes);
    free(trained->tokens);
    free(trained->merges);
    *trained = (struct cy_trained){0};
}

/* GPT-2's letters for bytes (openai/gpt-2 encoder.py, bytes_to_unicode): printable Latin-1 stands for itself, the others are U+0100 and on.
 */
static void add_letter(struct cy_buffer *out, uint8_t byte)
{
    unsigned point = byte;
    if (byte <= ' ')
        point = 0x100u + byte;
    else if (byte >= 0x7F && byte <= 0xA0)
        point = 0x100u + 33 + byte - 0x7Fu;
    else if (byte == 0xAD)
        point = 0x100u + 33 + 34;
    if (point >= 0x80) {
        cy_buffer_add_byte(out, (uint8_t)(0xC0 | point >> 6));
        cy_buffer_add_byte(out, (uint8_t)(0x80 | (point & 0x3F)));
    } else {
        cy_buffer_add_byte(out, (uint8_t)point);
    }
}

/* The token as a JSON string. */
static void add_token(const struct cy_trained *trained, uint32_t id, struct cy_buffer *out)
{
    struct cy_str text = cy_trained_text(trained, id);
    struct cy_buffer letters = {0};
    if (trained->tokens[id].special)
        cy_buffer_add_str(&letters, text);
    for (size_t i = 0; !trained->tokens[id].special && i < text.size; i++)
        add_letter(&letters, (uint8_t)text.data[i]);
    cy_buffer_add_json(out, cy_buffer_str(&letters));
    cy_buffer_release(&letters);
}

static void add_specials(const struct cy_trained *trained, struct cy_buffer *out)
{
    bool any = false;
    cy_buffer_add_text(out, "  \"added_tokens\": [");
    for (uint32_t id = 0; id < trained->token_count; id++) {
        if (!trained->tokens[id].special)
            continue;
        cy_buffer_printf(out, "%s\n    {\n      \"id\": %" PRIu32 ",\n      \"content\": ", any ? "," : "", id);
        add_token(trained, id, out);
        cy_buffer_add_text(out, ",\n      \"single_word\": false,\n      \"lstrip\": false,\n      \"rstrip\": false,\n      "
                                "\"normalized\": false,\n      \"special\": true\n    }");
        any = true;
    }
    cy_buffer_add_text(out, any ? "\n  ],\n" : "],\n");
}

/* ByteLevel, behind a Split where the pattern is not its own. `indent`: spaces before its members. */
static void add_byte_level(struct cy_buffer *out, int indent, bool prefix_space, bool with_regex)
{
    cy_buffer_printf(
        out, "{\n%*s\"type\": \"ByteLevel\",\n%*s\"add_prefix_space\": %s,\n%*s\"trim_offsets\": true,\n%*s\"use_regex\": %s\n%*s}", indent,
        "", indent, "", prefix_space ? "true" : "false", indent, "", indent, "", with_regex ? "true" : "false", indent - 2, "");
}

static void add_pre_tokenizer(const struct cy_train_pattern *pattern, struct cy_buffer *out)
{
    cy_buffer_add_text(out, "  \"pre_tokenizer\": ");
    if (pattern->byte_level) {
        add_byte_level(out, 4, false, true);
    } else {
        cy_buffer_add_text(out, "{\n    \"type\": \"Sequence\",\n    \"pretokenizers\": [\n      {\n        \"type\": \"Split\",\n        "
                                "\"pattern\": {\n          \"Regex\": ");
        cy_buffer_add_json(out, cy_str(pattern->pattern));
        cy_buffer_add_text(out, "\n        },\n        \"behavior\": \"Isolated\",\n        \"invert\": false\n      },\n      ");
        add_byte_level(out, 8, false, false);
        cy_buffer_add_text(out, "\n    ]\n  }");
    }
    cy_buffer_add_text(out, ",\n");
}

static void add_model(const struct cy_trained *trained, struct cy_buffer *out)
{
    cy_buffer_add_text(out, "  \"model\": {\n    \"type\": \"BPE\",\n    \"dropout\": null,\n    \"unk_token\": null,\n    "
                            "\"continuing_subword_prefix\": null,\n    \"end_of_word_suffix\": null,\n    \"fuse_unk\": false,\n    "
                            "\"byte_fallback\": false,\n    \"ignore_merges\": false,\n    \"vocab\": {");
    for (uint32_t id = 0; id < trained->token_count; id++) {
        cy_buffer_add_text(out, id > 0 ? ",\n      " : "\n      ");
        add_token(trained, id, out);
        cy_buffer_printf(out, ": %" PRIu32, id);
    }
    cy_buffer_add_text(out, "\n    },\n    \"merges\": [");
    for (size_t i = 0; i < trained->merge_count; i++) {
        cy_buffer_add_text(out, i > 0 ? ",\n      [\n        " : "\n      [\n        ");
        add_token(trained, trained->merges[i][0], out);
        cy_buffer_add_text(out, ",\n        ");
        add_token(trained, trained->merges[i][1], out);
        cy_buffer_add_text(out, "\n      ]");
    }
    cy_buffer_add_text(out, trained->merge_count > 0 ? "\n    ]\n  }" : "]\n  }");
}

void cy_trained_print(const struct cy_trained *trained, const struct cy_train_pattern *pattern, struct cy_buffer *out)
{
    cy_buffer_add_text(out, "{\n  \"version\": \"1.0\",\n  \"truncation\": null,\n  \"padding\": null,\n");
    add_specials(trained, out);
    cy_buffer_add_text(out, "  \"normalizer\": null,\n");
    add_pre_tokenizer(pattern, out);
    cy_buffer_add_text(out, "  \"post_processor\": null,\n  \"decoder\": ");
    add_byte_level(out, 4, true, true);
    cy_buffer_add_text(out, ",\n");
    add_model(trained, out);
    cy_buffer_add_text(out, "\n}");
}
