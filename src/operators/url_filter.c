/* Removes documents by their URL: blocked domains and URLs, words in the URL. No list comes with the program. */
#include "base/files.h"
#include "base/hash.h"
#include "operators/operator.h"
#include "operators/string_set.h"

#include <hs.h>
#include <math.h>
#include <stdlib.h>

struct url_filter {
    struct cy_strs domains, urls, allow_domains, allow_urls;
    struct cy_strs banned_words, banned_subwords, soft_banned_words;
    int64_t soft_word_threshold;
    struct cy_str no_url;
    /* set by prepare */
    struct cy_string_set domain_set, url_set, allow_domain_set, allow_url_set, word_set, soft_word_set;
    hs_database_t *subwords; /* all banned subwords at once; NULL: none */
    bool keep_without_url;
};

enum {
    URL_BYTES_MAX = 8192, /* what is looked at: longer ones are data in disguise */
    WORDS_MAX = 1024,     /* words of a URL that are counted */
};

static const char *const no_url_choices[] = {"keep", "remove", NULL};

#define LIST(field, meaning) CY_PARAM_LIST(url_filter, field, "[]", "entries, or @file with one a line", meaning)
static const struct cy_param params[] = {
    LIST(domains, "remove what comes from these domains and those below them"),
    LIST(urls, "remove these pages"),
    LIST(allow_domains, "keep what comes from these domains and those below them, whatever else holds"),
    LIST(allow_urls, "keep these pages, whatever else holds"),
    LIST(banned_words, "remove when one of these is a word of the URL"),
    LIST(banned_subwords, "remove when one of these stands anywhere in the URL's letters and digits"),
    LIST(soft_banned_words, "count which of these are words of the URL"),
    CY_PARAM_INTEGER(url_filter, soft_word_threshold, 2, "different soft words", "remove at or above this"),
    CY_PARAM_CHOICE(url_filter, no_url, "keep", no_url_choices, "keep | remove", "what to do with documents that have no URL"),
    {0},
};

static const struct cy_signal signals[] = {
    {"soft_words", "different words", "soft banned words in the URL"},
    {0},
};

static const struct cy_rule rules[] = {
    {"domain", NULL, NULL, CY_KEEP_OTHER, "the domain, or one above it, is blocked"},
    {"url", NULL, NULL, CY_KEEP_OTHER, "the page is blocked"},
    {"word", NULL, NULL, CY_KEEP_OTHER, "a banned word stands in the URL"},
    {"soft_words", "soft_words", "soft_word_threshold", CY_KEEP_BELOW, "too many soft banned words stand in the URL"},
    {"subword", NULL, NULL, CY_KEEP_OTHER, "a banned subword stands in the URL"},
    {"no_url", NULL, NULL, CY_KEEP_OTHER, "the document has no URL"},
    {0},
};

/* ---- URLs ---- */

static char lower(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (char)(byte + 32) : byte;
}

static bool is_alnum(char byte)
{
    byte = lower(byte);
    return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9');
}

/* The URL without scheme, user, port, fragment and last slash, the host in lower case. `out` holds url.size bytes. host_size: of the host
 * at its beginning, without its last dot. */
static struct cy_str bare_url(struct cy_str url, char *out, size_t *host_size)
{
    const char *scheme = url.size > 0 ? memmem(url.data, url.size, "://", 3) : NULL;
    if (scheme != NULL && memchr(url.data, '/', url.size) == scheme + 1)
        url = (struct cy_str){scheme + 3, url.size - (size_t)(scheme + 3 - url.data)};
    struct cy_str rest, fragment, host, address = cy_str_split(url, '#', &fragment);
    size_t end = 0;
    while (end < address.size && address.data[end] != '/' && address.data[end] != '?')
        end++;
    host = (struct cy_str){address.data, end};
    rest = (struct cy_str){address.data + end, address.size - end};
    const char *user = end > 0 ? memrchr(host.data, '@', end) : NULL;
    if (user != NULL)
        host = (struct cy_str){user + 1, end - (size_t)(user + 1 - host.data)};
    const char *port = host.size > 0 ? memrchr(host.data, ':', host.size) : NULL;
    if (port != NULL && memchr(port, ']', host.size - (size_t)(port - host.data)) == NULL)
        host.size = (size_t)(port - host.data);
    while (host.size > 0 && host.data[host.size - 1] == '.')
        host.size--;
    while (rest.size > 0 && rest.data[rest.size - 1] == '/')
        rest.size--;
    for (size_t i = 0; i < host.size; i++)
        out[i] = lower(host.data[i]);
    if (rest.size > 0)
        memcpy(out + host.size, rest.data, rest.size);
    *host_size = host.size;
    return (struct cy_str){out, host.size + rest.size};
}

/* The page that a bare URL means: without "www.", so that two ways to write it become one. */
static struct cy_str page_of(struct cy_str bare)
{
    size_t skipped = cy_str_starts(bare, CY_STR("www.")) ? 4 : 0;
    return (struct cy_str){bare.data + skipped, bare.size - skipped};
}

/* Whether the host or a domain above it is in the set: a.b.org, b.org, org. No list of public suffixes is needed. */
static bool has_domain(const struct cy_string_set *set, struct cy_str host)
{
    while (set->count > 0 && host.size > 0) {
        if (cy_string_set_has(set, host))
            return true;
        cy_str_split(host, '.', &host);
    }
    return false;
}

/* ---- lists ---- */

/* How an entry of a list is written in its set. Strings may be changed in place. */
enum entry_kind { ENTRY_DOMAIN, ENTRY_URL, ENTRY_WORD };

static struct cy_str entry_text(struct cy_str entry, enum entry_kind kind, struct cy_arena *arena)
{
    char *out = cy_arena_alloc(arena, entry.size);
    size_t size = 0, host_size;
    if (kind == ENTRY_WORD) {
        for (size_t i = 0; i < entry.size; i++)
            if (is_alnum(entry.data[i]))
                out[size++] = lower(entry.data[i]);
        return (struct cy_str){out, size};
    }
    if (kind == ENTRY_DOMAIN) {
        struct cy_str name, first = cy_str_split(entry, ' ', &name);
        if (cy_str_is(first, "0.0.0.0") || cy_str_is(first, "127.0.0.1"))
            entry = cy_str_trim(name); /* a line of a hosts file */
        while (cy_str_starts(entry, CY_STR("*.")) || cy_str_starts(entry, CY_STR(".")))
            entry.size -= entry.data[0] == '*' ? 2 : 1, entry.data += entry.data[0] == '*' ? 2 : 1;
    }
    struct cy_str url = bare_url(entry, out, &host_size);
    return kind == ENTRY_DOMAIN ? (struct cy_str){url.data, host_size} : page_of(url);
}

static void note_file(const struct cy_step_setup *setup, struct cy_str item, struct cy_str content)
{
    struct cy_sha256 hash;
    char sha256[65];
    cy_sha256_init(&hash);
    cy_sha256_add(&hash, content.data, content.size);
    cy_sha256_final(&hash, sha256);
    cy_step_note_input(setup, (struct cy_str){item.data + 1, item.size - 1}, sha256);
}

/* Calls add for each entry of the list, those of its files too. */
static enum cy_status each_entry(const struct cy_strs *list, enum entry_kind kind, const struct cy_step_setup *setup,
                                 void (*add)(void *to, struct cy_str entry), void *to, struct cy_error *error)
{
    for (size_t i = 0; i < list->count; i++) {
        struct cy_str item = list->items[i], lines, line;
        if (item.size == 0 || item.data[0] != '@') {
            add(to, entry_text(cy_str_trim(item), kind, setup->arena));
            continue;
        }
        struct cy_buffer content = {0};
        const char *path =
            cy_path_join(setup->arena, setup->folder, cy_arena_str(setup->arena, (struct cy_str){item.data + 1, item.size - 1}).data);
        enum cy_status status = cy_read_file(path, &content, error);
        if (status == CY_OK)
            note_file(setup, item, cy_buffer_str(&content));
        for (lines = cy_buffer_str(&content); status == CY_OK && lines.size > 0;) {
            line = cy_str_trim(cy_str_split(lines, '\n', &lines));
            if (line.size > 0 && line.data[0] != '#')
                add(to, entry_text(line, kind, setup->arena));
        }
        cy_buffer_release(&content);
        if (status != CY_OK)
            return cy_error_hint(error, "an entry that begins with @ names a file, relative to the recipe");
    }
    return CY_OK;
}

static void add_to_set(void *to, struct cy_str entry)
{
    cy_string_set_add(to, entry);
}

/* Patterns for vectorscan. */
struct literals {
    const char **texts; /* heap, grown as needed */
    size_t *sizes;
    unsigned *flags;
    size_t count, capacity;
};

static void add_literal(void *to, struct cy_str entry)
{
    struct literals *literals = to;
    if (entry.size == 0)
        return;
    if (literals->count == literals->capacity) {
        literals->capacity = CY_MAX(literals->capacity * 2, 64);
        literals->texts = cy_realloc(literals->texts, literals->capacity * sizeof *literals->texts);
        literals->sizes = cy_realloc(literals->sizes, literals->capacity * sizeof *literals->sizes);
        literals->flags = cy_realloc(literals->flags, literals->capacity * sizeof *literals->flags);
    }
    literals->texts[literals->count] = entry.data;
    literals->sizes[literals->count] = entry.size;
    literals->flags[literals->count++] = HS_FLAG_SINGLEMATCH;
}

static enum cy_status compile_subwords(struct url_filter *op, const struct cy_step_setup *setup, struct cy_error *error)
{
    struct literals literals = {0};
    enum cy_status status = each_entry(&op->banned_subwords, ENTRY_WORD, setup, add_literal, &literals, error);
    hs_compile_error_t *failure = NULL;
    if (status == CY_OK && literals.count > 0 &&
        hs_compile_lit_multi(literals.texts, literals.flags, NULL, literals.sizes, (unsigned)literals.count, HS_MODE_BLOCK, NULL,
                             &op->subwords, &failure) != HS_SUCCESS)
        status = cy_error_set(error, CY_BAD_RECIPE, "banned_subwords: could not compile %zu words: %s", literals.count, failure->message);
    hs_free_compile_error(failure);
    free(literals.texts);
    free(literals.sizes);
    free(literals.flags);
    return status;
}

static enum cy_status prepare(void *self, const struct cy_step_setup *setup, struct cy_error *error)
{
    struct url_filter *op = self;
    const struct {
        const struct cy_strs *list;
        enum entry_kind kind;
        struct cy_string_set *set;
    } lists[] = {
        {&op->domains, ENTRY_DOMAIN, &op->domain_set},
        {&op->urls, ENTRY_URL, &op->url_set},
        {&op->allow_domains, ENTRY_DOMAIN, &op->allow_domain_set},
        {&op->allow_urls, ENTRY_URL, &op->allow_url_set},
        {&op->banned_words, ENTRY_WORD, &op->word_set},
        {&op->soft_banned_words, ENTRY_WORD, &op->soft_word_set},
    };
    op->keep_without_url = cy_str_is(op->no_url, "keep");
    enum cy_status status = CY_OK;
    for (size_t i = 0; i < CY_COUNT(lists) && status == CY_OK; i++)
        status = each_entry(lists[i].list, lists[i].kind, setup, add_to_set, lists[i].set, error);
    return status == CY_OK ? compile_subwords(op, setup, error) : status;
}

static void release(void *self)
{
    struct url_filter *op = self;
    cy_string_set_release(&op->domain_set);
    cy_string_set_release(&op->url_set);
    cy_string_set_release(&op->allow_domain_set);
    cy_string_set_release(&op->allow_url_set);
    cy_string_set_release(&op->word_set);
    cy_string_set_release(&op->soft_word_set);
    hs_free_database(op->subwords);
}

/* ---- the work ---- */

/* The words of a URL, runs of ASCII letters and digits, in lower case. */
struct words {
    struct cy_str items[WORDS_MAX];
    size_t count;
    char letters[URL_BYTES_MAX]; /* all words, end to end */
    size_t letters_size;
};

static void split_words(struct cy_str url, struct words *words)
{
    words->count = words->letters_size = 0;
    for (size_t at = 0; at < url.size && words->count < WORDS_MAX;) {
        size_t start = words->letters_size;
        for (; at < url.size && is_alnum(url.data[at]); at++)
            words->letters[words->letters_size++] = lower(url.data[at]);
        if (words->letters_size > start)
            words->items[words->count++] = (struct cy_str){words->letters + start, words->letters_size - start};
        else
            at++;
    }
}

static bool has_word(const struct words *words, const struct cy_string_set *set)
{
    for (size_t i = 0; i < words->count; i++)
        if (cy_string_set_has(set, words->items[i]))
            return true;
    return false;
}

/* How many of the set's words the URL has; one that stands twice counts once. */
static size_t count_words(const struct words *words, const struct cy_string_set *set)
{
    size_t count = 0;
    for (size_t i = 0; i < words->count; i++) {
        if (!cy_string_set_has(set, words->items[i]))
            continue;
        bool seen = false;
        for (size_t j = 0; j < i && !seen; j++)
            seen = cy_str_equal(words->items[i], words->items[j]);
        count += !seen;
    }
    return count;
}

static void *scratch_make(const void *context)
{
    hs_scratch_t *scratch = NULL;
    CY_ASSERT(hs_alloc_scratch(context, &scratch) == HS_SUCCESS);
    return scratch;
}

static void scratch_free(void *object)
{
    hs_free_scratch(object);
}

static int note_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *context)
{
    (void)id, (void)from, (void)to, (void)flags;
    *(bool *)context = true;
    return 1; /* one is enough */
}

static bool has_subword(const struct url_filter *op, struct cy_scratch *scratch, const struct words *words)
{
    bool found = false;
    if (op->subwords == NULL)
        return false;
    hs_scratch_t *space = cy_scratch_get(scratch, op, scratch_make, op->subwords, scratch_free);
    hs_scan(op->subwords, words->letters, (unsigned)words->letters_size, 0, space, note_match, &found);
    return found;
}

static void judge(const struct url_filter *op, struct cy_batch *batch, size_t row, double *soft_words)
{
    struct cy_str url = batch->urls[row];
    char bare[URL_BYTES_MAX];
    size_t host_size;
    struct words words;
    if (url.size == 0) {
        if (!op->keep_without_url)
            cy_batch_remove(batch, row, "no_url", NAN, NAN);
        return;
    }
    url.size = CY_MIN(url.size, URL_BYTES_MAX);
    struct cy_str whole = bare_url(url, bare, &host_size), host = {whole.data, host_size}, page = page_of(whole);
    split_words(url, &words);
    size_t soft_count = count_words(&words, &op->soft_word_set);
    *soft_words = (double)soft_count;
    if (has_domain(&op->allow_domain_set, host) || cy_string_set_has(&op->allow_url_set, page))
        return;
    if (has_domain(&op->domain_set, host))
        cy_batch_remove(batch, row, "domain", NAN, NAN);
    else if (cy_string_set_has(&op->url_set, page))
        cy_batch_remove(batch, row, "url", NAN, NAN);
    else if (has_word(&words, &op->word_set))
        cy_batch_remove(batch, row, "word", NAN, NAN);
    else if (op->soft_word_set.count > 0 && (int64_t)soft_count >= op->soft_word_threshold)
        cy_batch_remove(batch, row, "soft_words", (double)soft_count, (double)op->soft_word_threshold);
    else if (has_subword(op, batch->scratch, &words))
        cy_batch_remove(batch, row, "subword", NAN, NAN);
}

static enum cy_status run(const void *self, struct cy_batch *batch, struct cy_error *error)
{
    (void)error;
    double *soft_words = cy_batch_signal(batch, 0);
    for (size_t row = 0; row < batch->row_count; row++)
        judge(self, batch, row, &soft_words[row]);
    return CY_OK;
}

const struct cy_operator cy_operator_url_filter = {
    .name = "url_filter",
    .summary = "remove documents by their URL: blocked domains and pages, words in it",
    .source = "datatrove 0.10.1's URLFilter (RefinedWeb: Penedo et al. 2023, arXiv:2306.01116, appendix G.1)",
    .params = params,
    .signals = signals,
    .rules = rules,
    .self_size = sizeof(struct url_filter),
    .prepare = prepare,
    .release = release,
    .run = run,
};
