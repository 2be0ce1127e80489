/* Masks personal data, or removes the documents that hold it. */
#include "operators/operator.h"
#include "operators/pii_find.h"

#include <stdlib.h>

struct pii {
    struct cy_str action;
    struct cy_strs classes;
    struct cy_str actions[CY_PII_CLASSES]; /* by class: email, ip, … */
    struct cy_str texts[CY_PII_CLASSES];   /* what stands in the place of a match */
    bool public_ips_only;
    enum { OFF, KEEP, MASK, REMOVE } does[CY_PII_CLASSES]; /* set by prepare */
    struct cy_pii_options options;
};

static const char *const class_names[] = {"email", "ip", "phone", "cn_id", "bank_card", NULL};
static const char *const actions[] = {"mask", "remove", NULL};
static const char *const class_actions[] = {"action", "mask", "remove", "keep", "off", NULL};

#define CLASS_ACTION(field, index, what)                                                                                                   \
    {                                                                                                                                      \
        field, CY_PARAM_KIND_CHOICE, offsetof(struct pii, actions) + (index) * sizeof(struct cy_str), "action",                            \
            "action | mask | remove | keep | off", "what to do with " what "; action: as `action` says; keep: only count", class_actions   \
    }
#define CLASS_TEXT(field, index, text)                                                                                                     \
    {                                                                                                                                      \
        field, CY_PARAM_KIND_TEXT, offsetof(struct pii, texts) + (index) * sizeof(struct cy_str), text, "text",                            \
            "stands where a match stood", NULL                                                                                             \
    }

static const struct cy_param params[] = {
    CY_PARAM_CHOICE(pii, action, "mask", actions, "mask | remove", "put a text in the place of each match, or remove the document"),
    CY_PARAM_LIST(pii, classes, "[email, ip, phone, cn_id, bank_card]", "classes", "what to look for"),
    CLASS_ACTION("email", CY_PII_EMAIL, "e-mail addresses"),
    CLASS_ACTION("ip", CY_PII_IP, "IP addresses"),
    CLASS_ACTION("phone", CY_PII_PHONE, "phone numbers"),
    CLASS_ACTION("cn_id", CY_PII_CN_ID, "Chinese identity numbers"),
    CLASS_ACTION("bank_card", CY_PII_BANK_CARD, "bank card numbers"),
    CLASS_TEXT("email_text", CY_PII_EMAIL, "<email>"),
    CLASS_TEXT("ip_text", CY_PII_IP, "<ip>"),
    CLASS_TEXT("phone_text", CY_PII_PHONE, "<phone>"),
    CLASS_TEXT("cn_id_text", CY_PII_CN_ID, "<cn_id>"),
    CLASS_TEXT("bank_card_text", CY_PII_BANK_CARD, "<bank_card>"),
    CY_PARAM_BOOL(pii, public_ips_only, true, "leave addresses that are not global, which name nobody"),
    {0},
};

/* In the order of enum cy_pii_class. */
static const struct cy_signal signals[] = {
    {"emails", "matches", "e-mail addresses found"},      {"ips", "matches", "IP addresses found"},
    {"phones", "matches", "phone numbers found"},         {"cn_ids", "matches", "Chinese identity numbers found"},
    {"bank_cards", "matches", "bank card numbers found"}, {0},
};

static const struct cy_rule rules[] = {
    {"email", "emails", NULL, CY_KEEP_AT_MOST, "an e-mail address stands in the text"},
    {"ip", "ips", NULL, CY_KEEP_AT_MOST, "an IP address stands in the text"},
    {"phone", "phones", NULL, CY_KEEP_AT_MOST, "a phone number stands in the text"},
    {"cn_id", "cn_ids", NULL, CY_KEEP_AT_MOST, "a Chinese identity number stands in the text"},
    {"bank_card", "bank_cards", NULL, CY_KEEP_AT_MOST, "a bank card number stands in the text"},
    {0},
};

static enum cy_status prepare(void *self, const struct cy_step_setup *setup, struct cy_error *error)
{
    (void)setup;
    struct pii *op = self;
    bool listed[CY_PII_CLASSES] = {false};
    for (size_t i = 0; i < op->classes.count; i++) {
        size_t class = 0;
        while (class_names[class] != NULL && !cy_str_is(op->classes.items[i], class_names[class]))
            class ++;
        if (class_names[class] == NULL) {
            cy_error_set(error, CY_BAD_RECIPE, "classes must be of email, ip, phone, cn_id and bank_card, found \"%.*s\"",
                         (int)CY_MIN(op->classes.items[i].size, 100), op->classes.items[i].data);
            const char *nearest = cy_nearest_name(op->classes.items[i], class_names);
            return nearest != NULL ? cy_error_hint(error, "did you mean \"%s\"?", nearest) : CY_BAD_RECIPE;
        }
        listed[class] = true;
    }
    op->options = (struct cy_pii_options){.public_ips_only = op->public_ips_only};
    for (size_t class = 0; class < CY_PII_CLASSES; class ++) {
        struct cy_str action = cy_str_is(op->actions[class], "action") ? op->action : op->actions[class];
        op->does[class] = cy_str_is(action, "mask") ? MASK : cy_str_is(action, "remove") ? REMOVE : cy_str_is(action, "keep") ? KEEP : OFF;
        if (!listed[class])
            op->does[class] = OFF;
        op->options.classes |= (unsigned)(op->does[class] != OFF) << class;
    }
    return CY_OK;
}

/* What the ledger may show of a match: its shape, each letter an x and each digit a 0. */
static struct cy_str masked(struct cy_arena *arena, struct cy_str match)
{
    char *shape = cy_arena_alloc(arena, match.size);
    size_t size = 0;
    for (size_t i = 0; i < match.size; i++) {
        uint8_t byte = (uint8_t)match.data[i];
        if ((byte & 0xC0) == 0x80)
            continue; /* one x a character */
        bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte >= 0x80;
        shape[size++] = (char)(byte >= '0' && byte <= '9' ? '0' : letter ? 'x' : (char)byte);
    }
    return (struct cy_str){shape, size};
}

/* What was found in one text. */
struct findings {
    size_t counts[CY_PII_CLASSES];
    struct cy_str first[CY_PII_CLASSES]; /* the first match of each class */
    bool changed;                        /* `out` holds the text with matches masked */
};

static void search(const struct pii *op, struct cy_str text, struct cy_buffer *out, struct findings *findings)
{
    struct cy_pii_match match;
    size_t copied = 0;
    *findings = (struct findings){0};
    cy_buffer_clear(out);
    for (size_t from = 0; cy_pii_find(text, from, &op->options, &match); from = match.end) {
        if (findings->counts[match.class]++ == 0)
            findings->first[match.class] = (struct cy_str){text.data + match.start, match.end - match.start};
        if (op->does[match.class] != MASK)
            continue;
        cy_buffer_add(out, text.data + copied, match.start - copied);
        cy_buffer_add_str(out, op->texts[match.class]);
        copied = match.end;
        findings->changed = true;
    }
    if (findings->changed)
        cy_buffer_add(out, text.data + copied, text.size - copied);
}

static enum cy_status run(const void *self, struct cy_batch *batch, struct cy_error *error)
{
    (void)error;
    const struct pii *op = self;
    struct cy_buffer *out = cy_scratch_buffer(batch->scratch, self);
    for (size_t row = 0; row < batch->row_count; row++) {
        struct findings findings;
        search(op, batch->texts[row], out, &findings);
        for (size_t class = 0; class < CY_PII_CLASSES; class ++) {
            size_t count = findings.counts[class];
            if (op->does[class] != OFF)
                cy_batch_signal(batch, class)[row] = (double)count;
            if (op->does[class] == REMOVE && count > 0)
                cy_batch_remove_hidden(batch, row, rules[class].name, (double)count, 0, masked(batch->arena, findings.first[class]));
        }
        if (findings.changed)
            batch->texts[row] = cy_arena_str(batch->arena, cy_buffer_str(out));
    }
    return CY_OK;
}

const struct cy_operator cy_operator_pii = {
    .name = "pii",
    .summary = "mask personal data, or remove the documents that hold it",
    .source = "e-mail and IP: datatrove 0.10.1's PIIFormatter, stricter; GB 11643-1999, ISO 7064; ISO/IEC 7812-1; ITU-T E.164",
    .params = params,
    .signals = signals,
    .rules = rules,
    .self_size = sizeof(struct pii),
    .prepare = prepare,
    .run = run,
};
