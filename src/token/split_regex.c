/* Patterns that have no scanner of ours: PCRE2 with its JIT compiler, the classes written out from our own tables first. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "token/splitter.h"

#include "base/unicode.h"

#include <pcre2.h>
#include <pthread.h>
#include <stdlib.h>

/* ---- classes ---- */

typedef bool member_fn(uint32_t point, unsigned wanted);

static bool in_category(uint32_t point, unsigned wanted)
{
    return (wanted >> cy_category(point) & 1) != 0;
}
static bool in_script(uint32_t point, unsigned wanted)
{
    return cy_script(point) == (enum cy_script)wanted;
}
static bool is_space(uint32_t point, unsigned wanted)
{
    return cy_is_white_space(point) == (wanted != 0);
}
/* Unicode's \w (UTS #18, annex C): Alphabetic, marks, decimal numbers, connectors, and the two joiners. */
static bool is_word(uint32_t point, unsigned wanted)
{
    bool word = cy_is_alphabetic(point) || cy_is_mark(point) || cy_is_digit(point) || cy_category(point) == CY_PC || point == 0x200C ||
                point == 0x200D;
    return word == (wanted != 0);
}

static const struct {
    const char *name;
    unsigned categories;
} categories[] = {
    {"L", 1u << CY_LU | 1u << CY_LL | 1u << CY_LT | 1u << CY_LM | 1u << CY_LO},
    {"Lu", 1u << CY_LU},
    {"Ll", 1u << CY_LL},
    {"Lt", 1u << CY_LT},
    {"Lm", 1u << CY_LM},
    {"Lo", 1u << CY_LO},
    {"M", 1u << CY_MN | 1u << CY_MC | 1u << CY_ME},
    {"Mn", 1u << CY_MN},
    {"Mc", 1u << CY_MC},
    {"Me", 1u << CY_ME},
    {"N", 1u << CY_ND | 1u << CY_NL | 1u << CY_NO},
    {"Nd", 1u << CY_ND},
    {"Nl", 1u << CY_NL},
    {"No", 1u << CY_NO},
    {"P", 1u << CY_PC | 1u << CY_PD | 1u << CY_PS | 1u << CY_PE | 1u << CY_PI | 1u << CY_PF | 1u << CY_PO},
    {"Pc", 1u << CY_PC},
    {"Pd", 1u << CY_PD},
    {"Ps", 1u << CY_PS},
    {"Pe", 1u << CY_PE},
    {"Pi", 1u << CY_PI},
    {"Pf", 1u << CY_PF},
    {"Po", 1u << CY_PO},
    {"S", 1u << CY_SM | 1u << CY_SC | 1u << CY_SK | 1u << CY_SO},
    {"Sm", 1u << CY_SM},
    {"Sc", 1u << CY_SC},
    {"Sk", 1u << CY_SK},
    {"So", 1u << CY_SO},
    {"Z", 1u << CY_ZS | 1u << CY_ZL | 1u << CY_ZP},
    {"Zs", 1u << CY_ZS},
    {"Zl", 1u << CY_ZL},
    {"Zp", 1u << CY_ZP},
    {"C", 1u << CY_CN | 1u << CY_CC | 1u << CY_CF | 1u << CY_CS | 1u << CY_CO},
    {"Cc", 1u << CY_CC},
    {"Cf", 1u << CY_CF},
    {"Co", 1u << CY_CO},
    {"Cn", 1u << CY_CN},
};
static const struct {
    const char *name;
    enum cy_script script;
} scripts[] = {
    {"Han", CY_SCRIPT_HAN},
    {"Latin", CY_SCRIPT_LATIN},
    {"Hiragana", CY_SCRIPT_HIRAGANA},
    {"Katakana", CY_SCRIPT_KATAKANA},
    {"Hangul", CY_SCRIPT_HANGUL},
    {"Cyrillic", CY_SCRIPT_CYRILLIC},
    {"Greek", CY_SCRIPT_GREEK},
    {"Arabic", CY_SCRIPT_ARABIC},
    {"Hebrew", CY_SCRIPT_HEBREW},
    {"Thai", CY_SCRIPT_THAI},
    {"Lao", CY_SCRIPT_LAO},
    {"Khmer", CY_SCRIPT_KHMER},
    {"Myanmar", CY_SCRIPT_MYANMAR},
    {"Tibetan", CY_SCRIPT_TIBETAN},
    {"Bopomofo", CY_SCRIPT_BOPOMOFO},
    {"Armenian", CY_SCRIPT_ARMENIAN},
    {"Devanagari", CY_SCRIPT_DEVANAGARI},
    {"Bengali", CY_SCRIPT_BENGALI},
    {"Tamil", CY_SCRIPT_TAMIL},
    {"Telugu", CY_SCRIPT_TELUGU},
    {"Georgian", CY_SCRIPT_GEORGIAN},
    {"Ethiopic", CY_SCRIPT_ETHIOPIC},
};

/* The code points for which member(point, wanted) == yes, as ranges of a character class, without the brackets. */
static void add_ranges(struct cy_buffer *out, member_fn *member, unsigned wanted, bool yes)
{
    for (uint32_t point = 0; point <= CY_CODE_POINT_MAX;) {
        if (member(point, wanted) != yes || (point >= 0xD800 && point <= 0xDFFF)) {
            point++;
            continue;
        }
        uint32_t last = point;
        while (last < CY_CODE_POINT_MAX && member(last + 1, wanted) == yes && last + 1 != 0xD800)
            last++;
        cy_buffer_printf(out, "\\x{%X}", point);
        if (last > point)
            cy_buffer_printf(out, "-\\x{%X}", last);
        point = last + 1;
    }
}

static enum cy_status add_property(struct cy_str name, bool yes, struct cy_buffer *out, struct cy_error *error)
{
    if (name.size > 0 && name.data[0] == '^') {
        name = (struct cy_str){name.data + 1, name.size - 1};
        yes = !yes;
    }
    for (size_t i = 0; i < CY_COUNT(categories); i++)
        if (cy_str_is(name, categories[i].name))
            return add_ranges(out, in_category, categories[i].categories, yes), CY_OK;
    if (cy_str_starts(name, CY_STR("Script=")))
        name = (struct cy_str){name.data + 7, name.size - 7};
    for (size_t i = 0; i < CY_COUNT(scripts); i++)
        if (cy_str_is(name, scripts[i].name))
            return add_ranges(out, in_script, scripts[i].script, yes), CY_OK;
    return cy_error_set(error, CY_BAD_INPUT, "the pattern asks for the property \"%.*s\", which we do not have",
                        (int)CY_MIN(name.size, (size_t)64), name.data);
}

/* The escape that begins at pattern.data[*at] ('\\'), moved behind it. *class: whether it was one of ours. */
static enum cy_status expand_escape(struct cy_str pattern, size_t *at, struct cy_buffer *out, bool *class, struct cy_error *error)
{
    char letter = *at + 1 < pattern.size ? pattern.data[*at + 1] : 0;
    *class = true;
    switch (letter) {
    case 's':
    case 'S':
        add_ranges(out, is_space, 1, letter == 's');
        break;
    case 'w':
    case 'W':
        add_ranges(out, is_word, 1, letter == 'w');
        break;
    case 'd':
    case 'D':
        add_ranges(out, in_category, 1u << CY_ND, letter == 'd');
        break;
    case 'p':
    case 'P': {
        const char *name = pattern.data + *at + 2, *end = pattern.data + pattern.size;
        if (name < end && *name != '{') { /* \pL */
            *at += 3;
            return add_property((struct cy_str){name, 1}, letter == 'p', out, error);
        }
        const char *close = name < end ? memchr(name, '}', (size_t)(end - name)) : NULL;
        if (close == NULL)
            return cy_error_set(error, CY_BAD_INPUT, "the pattern ends within \\%c{", letter);
        *at = (size_t)(close + 1 - pattern.data);
        return add_property((struct cy_str){name + 1, (size_t)(close - name - 1)}, letter == 'p', out, error);
    }
    default:
        *class = false;
        cy_buffer_add(out, pattern.data + *at, CY_MIN((size_t)2, pattern.size - *at));
    }
    *at = CY_MIN(*at + 2, pattern.size);
    return CY_OK;
}

enum cy_status cy_pattern_expand(struct cy_str pattern, struct cy_buffer *out, struct cy_error *error)
{
    bool in_class = false;
    struct cy_buffer escape = {0};
    enum cy_status status = CY_OK;
    for (size_t at = 0; at < pattern.size && status == CY_OK;) {
        char byte = pattern.data[at];
        if (byte == '\\') {
            bool class;
            cy_buffer_clear(&escape);
            status = expand_escape(pattern, &at, &escape, &class, error);
            if (class && !in_class)
                cy_buffer_add_byte(out, '[');
            cy_buffer_add_str(out, cy_buffer_str(&escape));
            if (class && !in_class)
                cy_buffer_add_byte(out, ']');
            continue;
        }
        in_class = byte == '[' ? true : byte == ']' ? false : in_class;
        cy_buffer_add_byte(out, (uint8_t)byte);
        at++;
    }
    cy_buffer_release(&escape);
    return status;
}

/* ---- splitting ---- */

/* One attempt at one place may take so many steps: tokenizers' patterns take a few dozen, and as many as a run of a million letters has. A
 * pattern that meets the limit is hostile; when a text has met it so often (a second or so), its rest stays one piece. */
enum { MATCH_LIMIT = 10000000, DEAR_MAX = 8, JIT_STACK_BYTES = 8 << 20 };

struct regex_splitter {
    struct cy_splitter base;
    pcre2_code *code;
    uint32_t match_bit; /* added to the ends of matches: 0 or CY_PIECE_MATCH */
};

/* PCRE2 keeps what a match needs in objects that a thread reuses. */
static pthread_key_t thread_key;
static pthread_once_t thread_once = PTHREAD_ONCE_INIT;

struct thread_state {
    pcre2_match_data *match;
    pcre2_match_context *context;
    pcre2_jit_stack *stack;
};

static void state_free(void *pointer)
{
    struct thread_state *state = pointer;
    pcre2_match_data_free(state->match);
    pcre2_match_context_free(state->context);
    pcre2_jit_stack_free(state->stack);
    free(state);
}

static void make_key(void)
{
    CY_ASSERT(pthread_key_create(&thread_key, state_free) == 0);
}

static struct thread_state *this_thread(void)
{
    pthread_once(&thread_once, make_key);
    struct thread_state *state = pthread_getspecific(thread_key);
    if (state == NULL) {
        state = cy_alloc_zero(1, sizeof *state);
        state->match = pcre2_match_data_create(1, NULL);
        state->context = pcre2_match_context_create(NULL);
        state->stack = pcre2_jit_stack_create(32 << 10, JIT_STACK_BYTES, NULL);
        CY_ASSERT(state->match != NULL && state->context != NULL && state->stack != NULL);
        pcre2_set_match_limit(state->context, MATCH_LIMIT);
        pcre2_jit_stack_assign(state->context, NULL, state->stack);
        pthread_setspecific(thread_key, state);
    }
    return state;
}

static size_t character_bytes(struct cy_str text, size_t at)
{
    const char *next = text.data + at;
    cy_utf8_decode(&next, text.data + text.size);
    return (size_t)(next - text.data) - at;
}

static void regex_run(const struct cy_splitter *self, struct cy_str text, struct cy_piece_ends *ends)
{
    const struct regex_splitter *splitter = (const struct regex_splitter *)self;
    struct thread_state *state = this_thread();
    size_t piece = 0, from = 0;
    unsigned dear = 0;
    while (from < text.size && dear < DEAR_MAX) {
        int found = pcre2_match(splitter->code, (PCRE2_SPTR)text.data, text.size, from, 0, state->match, state->context);
        if (found == PCRE2_ERROR_JIT_STACKLIMIT) /* PCRE2's own interpreter takes its memory from the heap */
            found = pcre2_match(splitter->code, (PCRE2_SPTR)text.data, text.size, from, PCRE2_NO_JIT, state->match, state->context);
        if (found == PCRE2_ERROR_NOMATCH)
            break;
        if (found < 0) { /* too dear here: this character goes with what is not matched */
            dear++;
            from += character_bytes(text, from);
            continue;
        }
        const size_t *match = pcre2_get_ovector_pointer(state->match);
        if (match[1] == match[0]) { /* an empty match cuts nothing */
            from = match[1] + (match[1] < text.size ? character_bytes(text, match[1]) : 1);
            continue;
        }
        if (match[0] > piece)
            cy_piece_ends_add(ends, (uint32_t)match[0]);
        cy_piece_ends_add(ends, (uint32_t)match[1] | splitter->match_bit);
        piece = from = match[1];
    }
    if (piece < text.size)
        cy_piece_ends_add(ends, (uint32_t)text.size);
}

static void regex_release(struct cy_splitter *self)
{
    pcre2_code_free(((struct regex_splitter *)self)->code);
}

enum cy_status cy_splitter_regex(struct cy_splitter **splitter, struct cy_str pattern, struct cy_arena *arena, struct cy_error *error)
{
    struct cy_buffer expanded = {0};
    *splitter = NULL;
    enum cy_status status = cy_pattern_expand(pattern, &expanded, error);
    if (status == CY_OK) {
        int number;
        PCRE2_SIZE place;
        PCRE2_UCHAR reason[128];
        pcre2_code *code = pcre2_compile((PCRE2_SPTR)expanded.data, expanded.size,
                                         PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_DOLLAR_ENDONLY, &number, &place, NULL);
        if (code == NULL) {
            pcre2_get_error_message(number, reason, sizeof reason);
            status = cy_error_set(error, CY_BAD_INPUT, "the pattern \"%.*s\" cannot be used: %s", (int)CY_MIN(pattern.size, (size_t)200),
                                  pattern.data, (const char *)reason);
        } else {
            pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
            struct regex_splitter *made = cy_arena_zero(arena, sizeof *made);
            *made = (struct regex_splitter){{.run = regex_run, .release = regex_release}, code, 0};
            *splitter = &made->base;
        }
    }
    cy_buffer_release(&expanded);
    return status;
}

void cy_splitter_mark_matches(struct cy_splitter *splitter)
{
    CY_ASSERT(splitter->run == regex_run);
    ((struct regex_splitter *)splitter)->match_bit = CY_PIECE_MATCH;
}
