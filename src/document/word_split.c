#include "document/word_split.h"

#include "base/hash.h"
#include "base/unicode.h"
#include "document/piece_cache.h"
#include "document/word_affixes.h"
#include "document/word_specials.h"
#include "kernels/ascii_masks.h"

#include <stdlib.h>

struct cy_word_splitter {
    cy_ascii_masks_fn *masks;
    const uint32_t *classes;
    const struct cy_specials *specials;

    /* the text at hand */
    const char *text;
    size_t size;
    uint64_t *space, *letters, *high; /* a bit a byte; one word of zeros behind the last */
    size_t mask_capacity;             /* words */

    /* its words so far */
    uint32_t *starts, *sizes, *chars;
    uint64_t *hashes;
    uint8_t *flags;
    size_t count, capacity;

    struct cy_points piece; /* the one at hand */
    size_t point_capacity;
    uint8_t first_flag;            /* CY_WORD_FIRST until the piece has its first word */
    struct cy_cached_piece *cache; /* CY_PIECE_SLOTS */
};

struct cy_word_splitter *cy_word_splitter_new(void)
{
    struct cy_word_splitter *splitter = cy_alloc_zero(1, sizeof *splitter);
    splitter->masks = cy_ascii_masks();
    splitter->classes = cy_char_classes();
    splitter->specials = cy_specials();
    splitter->cache = aligned_alloc(64, CY_PIECE_SLOTS * sizeof *splitter->cache);
    CY_ASSERT(splitter->cache != NULL);
    memset(splitter->cache, 0, CY_PIECE_SLOTS * sizeof *splitter->cache);
    return splitter;
}

void cy_word_splitter_free(struct cy_word_splitter *splitter)
{
    if (splitter == NULL)
        return;
    free(splitter->space);
    free(splitter->starts);
    free(splitter->sizes);
    free(splitter->chars);
    free(splitter->hashes);
    free(splitter->flags);
    free(splitter->piece.ats);
    free(splitter->cache);
    free(splitter);
}

/* ---- room ---- */

static void reserve_words(struct cy_word_splitter *splitter, size_t more)
{
    if (splitter->capacity - splitter->count >= more)
        return;
    size_t capacity = CY_MAX(splitter->capacity * 2, splitter->count + more + 1024);
    splitter->starts = cy_realloc(splitter->starts, capacity * sizeof *splitter->starts);
    splitter->sizes = cy_realloc(splitter->sizes, capacity * sizeof *splitter->sizes);
    splitter->chars = cy_realloc(splitter->chars, capacity * sizeof *splitter->chars);
    splitter->hashes = cy_realloc(splitter->hashes, capacity * sizeof *splitter->hashes);
    splitter->flags = cy_realloc(splitter->flags, capacity * sizeof *splitter->flags);
    splitter->capacity = capacity;
}

static void reserve_points(struct cy_word_splitter *splitter, size_t count)
{
    if (splitter->point_capacity >= count)
        return;
    size_t capacity = CY_MAX(count, 4096);
    free(splitter->piece.ats);
    splitter->piece.ats = cy_alloc(3 * capacity * sizeof *splitter->piece.ats);
    splitter->piece.kinds = splitter->piece.ats + capacity;
    splitter->piece.points = splitter->piece.kinds + capacity;
    splitter->point_capacity = capacity;
}

static void reserve_masks(struct cy_word_splitter *splitter, size_t words)
{
    if (splitter->mask_capacity >= words)
        return;
    size_t capacity = words + words / 2;
    free(splitter->space);
    splitter->space = cy_alloc(3 * capacity * sizeof *splitter->space);
    splitter->letters = splitter->space + capacity;
    splitter->high = splitter->letters + capacity;
    splitter->mask_capacity = capacity;
}

/* ---- words out ---- */

/* The first `size` bytes at `at` as a number, size 1 to 8; reads past them only inside the text. */
static inline uint64_t load_short(const struct cy_word_splitter *splitter, size_t at, size_t size)
{
    if (splitter->size - at >= 8)
        return cy_load_u64(splitter->text + at) & (~(uint64_t)0 >> (64 - 8 * size));
    uint64_t bytes = 0;
    memcpy(&bytes, splitter->text + at, size);
    return bytes;
}

static inline uint64_t hash_at(const struct cy_word_splitter *splitter, size_t at, size_t size)
{
    if (size <= 8)
        return cy_word_hash_short(load_short(splitter, at, size), size);
    if (size <= 16)
        return cy_word_hash_middle(cy_load_u64(splitter->text + at), cy_load_u64(splitter->text + at + size - 8), size);
    return cy_hash64((struct cy_str){splitter->text + at, size}, 0);
}

uint64_t cy_word_hash(const char *word, size_t size_bytes)
{
    if (size_bytes == 0)
        return cy_word_hash_short(0, 0);
    return hash_at(&(struct cy_word_splitter){.text = word, .size = size_bytes}, 0, size_bytes);
}

static inline void emit(struct cy_word_splitter *splitter, size_t start, size_t size, size_t chars, uint64_t hash, unsigned flags)
{
    size_t word = splitter->count++;
    splitter->starts[word] = (uint32_t)start;
    splitter->sizes[word] = (uint32_t)size;
    splitter->chars[word] = (uint32_t)chars;
    splitter->hashes[word] = hash;
    splitter->flags[word] = (uint8_t)flags;
}

/* The flags of a word whose characters' classes are all in `any` and each of `all`. */
static inline unsigned word_flags(uint32_t any, uint32_t all, size_t chars)
{
    return (any & CY_CHAR_LETTER ? CY_WORD_LETTER : 0u) | (all & CY_CHAR_SYMBOL ? CY_WORD_SYMBOLS : 0u) |
           (all & CY_CHAR_PUNCT ? CY_WORD_PUNCT : 0u) | (chars == 1 && (all & CY_CHAR_STOP) ? CY_WORD_STOP : 0u);
}

/* Points [low, high) of the piece are a word. */
static void emit_points(struct cy_word_splitter *splitter, size_t low, size_t high)
{
    uint32_t any = 0, all = ~0u;
    for (size_t i = low; i < high; i++) {
        any |= splitter->piece.kinds[i];
        all &= splitter->piece.kinds[i];
    }
    size_t start = splitter->piece.ats[low], size = splitter->piece.ats[high] - start;
    emit(splitter, start, size, high - low, hash_at(splitter, start, size), word_flags(any, all, high - low) | splitter->first_flag);
    splitter->first_flag = 0;
}

/* A word inside the text, its characters not known yet. Words of specials are short. */
static void emit_bytes(struct cy_word_splitter *splitter, size_t start, size_t size, unsigned first_flag)
{
    uint32_t any = 0, all = ~0u;
    size_t chars = 0;
    for (const char *at = splitter->text + start, *end = at + size; at < end; chars++) {
        uint32_t kind = cy_char_class(splitter->classes, cy_utf8_decode(&at, end));
        any |= kind;
        all &= kind;
    }
    emit(splitter, start, size, chars, hash_at(splitter, start, size), word_flags(any, all, chars) | first_flag);
}

static void emit_special(struct cy_word_splitter *splitter, const struct cy_special *special, size_t start, unsigned first_flag)
{
    size_t from = 0;
    for (size_t i = 0; i < CY_SPECIAL_PIECES_MAX && special->ends[i] != 0; i++) {
        emit_bytes(splitter, start + from, special->ends[i] - from, i == 0 ? first_flag : 0);
        from = special->ends[i];
    }
}

/* ---- affixes: where a piece between white space is cut ---- */

static const struct cy_special *special_in(const struct cy_word_splitter *splitter, size_t low, size_t high)
{
    size_t start = splitter->piece.ats[low], size = splitter->piece.ats[high] - start;
    if (size > CY_SPECIAL_BYTES_MAX || !(splitter->specials->sizes[(uint8_t)splitter->text[start]] >> size & 1))
        return NULL;
    return cy_special_find(splitter->specials, splitter->text + start, size, hash_at(splitter, start, size));
}

/* ---- a piece ---- */

static bool has_stop(const struct cy_word_splitter *splitter, size_t low, size_t high)
{
    size_t start = splitter->piece.ats[low];
    return memchr(splitter->text + start, '.', splitter->piece.ats[high] - start) != NULL;
}

/* The piece without its affixes: whole when it is an address, else cut at its infixes. */
static void split_core(struct cy_word_splitter *splitter, size_t low, size_t high)
{
    bool checked = false;
    size_t from = low;
    for (size_t at = low; at < high;) {
        bool plain = splitter->piece.kinds[at] & (CY_CHAR_LETTER | CY_CHAR_DIGIT); /* most are: no call for them */
        size_t size = plain ? 0 : cy_infix_size(&splitter->piece, at, low, high);
        if (size > 0 && !checked) {
            checked = true;
            if (has_stop(splitter, low, high) && cy_is_address(&splitter->piece, low, high))
                break;
        }
        if (size == 0 || at == low) { /* what begins the piece is no infix */
            at += CY_MAX(size, 1);
            continue;
        }
        if (at > from)
            emit_points(splitter, from, at);
        emit_points(splitter, at, at + size);
        at += size;
        from = at;
    }
    if (from < high)
        emit_points(splitter, from, high);
}

/* Copies `count` words inside the arrays; the ranges may overlap. */
static void copy_words(struct cy_word_splitter *splitter, size_t to, size_t from, size_t count)
{
    memmove(splitter->starts + to, splitter->starts + from, count * sizeof *splitter->starts);
    memmove(splitter->sizes + to, splitter->sizes + from, count * sizeof *splitter->sizes);
    memmove(splitter->chars + to, splitter->chars + from, count * sizeof *splitter->chars);
    memmove(splitter->hashes + to, splitter->hashes + from, count * sizeof *splitter->hashes);
    memmove(splitter->flags + to, splitter->flags + from, count * sizeof *splitter->flags);
}

/* The longest special that two or more words from `word` on spell, up to word *end; NULL: none. */
static const struct cy_special *special_from(const struct cy_word_splitter *splitter, size_t word, size_t *end)
{
    const struct cy_special *longest = NULL;
    size_t start = splitter->starts[word];
    uint32_t sizes = splitter->specials->joining_sizes[(uint8_t)splitter->text[start]];
    for (size_t next = word + 2; next <= splitter->count; next++) {
        size_t size = splitter->starts[next - 1] + splitter->sizes[next - 1] - start;
        if (size > CY_SPECIAL_BYTES_MAX || sizes >> size == 0)
            break;
        if (!(sizes >> size & 1))
            continue;
        const struct cy_special *special =
            cy_special_find(splitter->specials, splitter->text + start, size, hash_at(splitter, start, size));
        if (special != NULL && special->joins) {
            longest = special;
            *end = next;
        }
    }
    return longest;
}

/* Words [first, count) that together spell a special, such as ) and : in "(so):", become it. */
static void join_specials(struct cy_word_splitter *splitter, size_t first)
{
    for (size_t word = first, end; word + 1 < splitter->count; word++) {
        const struct cy_special *special = special_from(splitter, word, &end);
        if (special == NULL)
            continue;
        size_t old_count = splitter->count, rest = old_count - end;
        emit_special(splitter, special, splitter->starts[word], splitter->flags[word] & CY_WORD_FIRST);
        size_t added = splitter->count - old_count;
        copy_words(splitter, splitter->count, end, rest);    /* what follows it, behind it, … */
        copy_words(splitter, word, old_count, added + rest); /* … and both to their place */
        splitter->count = word + added + rest;
        word += added - 1;
    }
}

/* Points [low, high) stand between white space, or between characters that are words by themselves. */
static void split_piece(struct cy_word_splitter *splitter, size_t low, size_t high)
{
    size_t first = splitter->count, end = high, left = 0;
    const struct cy_special *special = NULL;
    bool at_special = false;
    while (low < high && high - low != left && !at_special) {
        special = special_in(splitter, low, high);
        if (special != NULL)
            break;
        left = high - low;
        bool plain = splitter->piece.kinds[low] & (CY_CHAR_LOWER | CY_CHAR_DIGIT);
        size_t prefix = plain ? 0 : cy_prefix_size(&splitter->piece, low, high);
        if (prefix > 0 && prefix < left && (special = special_in(splitter, low + prefix, high)) != NULL) {
            emit_points(splitter, low, low + prefix);
            low += prefix;
            break;
        }
        size_t suffix = cy_suffix_size(&splitter->piece, low + prefix, high);
        if (suffix > 0 && suffix < left && (special = special_in(splitter, low, high - suffix)) != NULL) {
            splitter->piece.kinds[high - suffix] |= 1u << 31; /* a suffix begins here */
            high -= suffix;
            break;
        }
        if (prefix > 0)
            emit_points(splitter, low, low + prefix);
        if (suffix > 0)
            splitter->piece.kinds[high - suffix] |= 1u << 31;
        low += prefix;
        high -= suffix;
    }
    if (special != NULL) {
        emit_special(splitter, special, splitter->piece.ats[low], splitter->first_flag);
        splitter->first_flag = 0;
    } else if (low < high) {
        split_core(splitter, low, high);
    }
    for (size_t from = high; from < end;) {
        size_t to = from + 1;
        while (to < end && !(splitter->piece.kinds[to] >> 31))
            to++;
        emit_points(splitter, from, to);
        from = to;
    }
    if (splitter->count - first > 1)
        join_specials(splitter, first);
}

/* The bytes as points; returns how many. */
static inline size_t decode(struct cy_word_splitter *splitter, size_t start, size_t end)
{
    const struct cy_points *piece = &splitter->piece;
    const char *text = splitter->text;
    size_t count = 0, at = start;
    for (; at < end && (uint8_t)text[at] < 0x80; at++, count++) {
        piece->ats[count] = (uint32_t)at;
        piece->points[count] = (uint8_t)text[at];
        piece->kinds[count] = splitter->classes[(uint8_t)text[at]];
    }
    for (const char *from = text + at; from < text + end; count++) {
        piece->ats[count] = (uint32_t)(from - text);
        uint32_t point = cy_utf8_decode(&from, text + end);
        piece->points[count] = point;
        piece->kinds[count] = cy_char_class(splitter->classes, point);
    }
    piece->ats[count] = (uint32_t)end;
    return count;
}

/* Any bytes without ASCII white space, by the rules. */
static void split_points(struct cy_word_splitter *splitter, size_t start, size_t end)
{
    reserve_points(splitter, end - start + 1);
    size_t count = decode(splitter, start, end);
    splitter->first_flag = CY_WORD_FIRST;
    for (size_t low = 0, high; low < count; low = high) {
        high = low + 1;
        if (splitter->piece.kinds[low] & CY_CHAR_SPACE) {
            splitter->first_flag = CY_WORD_FIRST;
        } else if (splitter->piece.kinds[low] & CY_CHAR_UNSPACED) {
            while (high < count && (splitter->piece.kinds[high] & CY_CHAR_MARK))
                high++;
            emit_points(splitter, low, high);
        } else {
            while (high < count && !(splitter->piece.kinds[high] & (CY_CHAR_SPACE | CY_CHAR_UNSPACED)))
                high++;
            split_piece(splitter, low, high);
        }
    }
}

/* The words from `first` on, which the piece from `start` on was cut into, go to its slot. Not where white space stands between two of
 * them, nor where they are many. */
static void remember(struct cy_word_splitter *splitter, struct cy_cached_piece *slot, struct cy_piece piece, size_t start, size_t first)
{
    size_t from = start, count = splitter->count - first;
    if (count > CY_CACHED_WORDS_MAX)
        return;
    slot->size = 0;
    for (size_t i = 0; i < count; i++) {
        if (splitter->starts[first + i] != from)
            return;
        from += splitter->sizes[first + i];
        slot->ends[i] = (uint8_t)(from - start);
        slot->chars[i] = (uint8_t)splitter->chars[first + i];
        slot->flags[i] = splitter->flags[first + i];
    }
    slot->bytes = piece;
    slot->size = (uint8_t)(from - start);
    slot->word_count = (uint8_t)count;
}

static void emit_remembered(struct cy_word_splitter *splitter, const struct cy_cached_piece *piece, size_t start)
{
    size_t from = 0;
    for (size_t i = 0; i < piece->word_count; i++) {
        size_t size = piece->ends[i] - from;
        emit(splitter, start + from, size, piece->chars[i], hash_at(splitter, start + from, size), piece->flags[i]);
        from = piece->ends[i];
    }
}

/* Any bytes without ASCII white space. */
static __attribute__((noinline)) void split_any(struct cy_word_splitter *splitter, size_t start, size_t end)
{
    reserve_words(splitter, 2 * (end - start) + CY_SPECIAL_PIECES_MAX);
    if (end - start > CY_CACHED_BYTES_MAX) {
        split_points(splitter, start, end);
        return;
    }
    struct cy_piece piece = cy_piece_load(splitter->text, splitter->size, start, end - start);
    struct cy_cached_piece *slot = &splitter->cache[cy_piece_slot(piece)];
    if (cy_piece_is(slot, piece, end - start)) {
        emit_remembered(splitter, slot, start);
        return;
    }
    size_t first = splitter->count;
    split_points(splitter, start, end);
    remember(splitter, slot, piece, start, first);
}

/* ---- the text ---- */

/* 64 bits of a mask from bit `at` on. */
static inline uint64_t mask_from(const uint64_t *mask, size_t at)
{
    uint64_t low = mask[at / 64] >> (at % 64), high = mask[at / 64 + 1];
    return at % 64 == 0 ? low : low | high << (64 - at % 64);
}

/* How many letters begin at `at`; 64 or more count as 64. */
static inline size_t letter_run(const struct cy_word_splitter *splitter, size_t at)
{
    uint64_t others = ~mask_from(splitter->letters, at);
    return others == 0 ? 64 : (size_t)__builtin_ctzll(others);
}

static inline bool is_special(const struct cy_word_splitter *splitter, size_t start, size_t size, uint64_t hash)
{
    return __builtin_expect(cy_special_maybe(splitter->specials, hash), 0) &&
           cy_special_find_slow(splitter->specials, splitter->text + start, size, hash) != NULL;
}

/* One ASCII mark is a word. */
static inline void emit_mark(struct cy_word_splitter *splitter, size_t at, unsigned first_flag)
{
    uint32_t kind = splitter->classes[(uint8_t)splitter->text[at]];
    emit(splitter, at, 1, 1, hash_at(splitter, at, 1), word_flags(kind, kind, 1) | first_flag);
}

/* Letters and one mark behind them are two words, unless special. */
static inline bool split_marked(struct cy_word_splitter *splitter, size_t start, size_t end, unsigned first_flag)
{
    size_t letters = end - 1 - start;
    char last = splitter->text[end - 1];
    uint64_t hash = hash_at(splitter, start, letters);
    bool plain = last == ',' || last == ':' || last == ';' || last == '!' || last == '?' || last == ')' || last == '"';
    if (last == '.' && (splitter->text[end - 2] & 0x20)) /* apart after a small letter; Mr. is not cut */
        plain = !is_special(splitter, start, letters + 1, hash_at(splitter, start, letters + 1));
    if (!plain || is_special(splitter, start, letters, hash))
        return false;
    emit(splitter, start, letters, letters, hash, CY_WORD_LETTER | first_flag);
    bool stop = last == '.' || last == '!' || last == '?';
    emit(splitter, end - 1, 1, 1, hash_at(splitter, end - 1, 1), CY_WORD_SYMBOLS | CY_WORD_PUNCT | (stop ? CY_WORD_STOP : 0u));
    return true;
}

/* (letters, "letters, and these with one mark behind them. */
static bool split_opened(struct cy_word_splitter *splitter, size_t start, size_t end)
{
    size_t from = start + 1, letters = letter_run(splitter, from), size = end - from, count = splitter->count;
    if (letters < 2 || letters + 1 < size || is_special(splitter, start, end - start, hash_at(splitter, start, end - start)))
        return false;
    emit_mark(splitter, start, CY_WORD_FIRST);
    uint64_t hash = hash_at(splitter, from, size);
    if (letters >= size && !is_special(splitter, from, size, hash)) {
        emit(splitter, from, size, size, hash, CY_WORD_LETTER);
        return true;
    }
    if (letters + 1 == size && split_marked(splitter, from, end, 0))
        return true;
    splitter->count = count;
    return false;
}

/* well-known: letters, a hyphen, letters. */
static bool split_hyphenated(struct cy_word_splitter *splitter, size_t start, size_t end, size_t letters)
{
    size_t second = start + letters + 1;
    if (letters == 0 || second >= end || end - second >= 64 || letter_run(splitter, second) < end - second)
        return false;
    emit(splitter, start, letters, letters, hash_at(splitter, start, letters), CY_WORD_LETTER | CY_WORD_FIRST);
    emit_mark(splitter, second - 1, 0);
    emit(splitter, second, end - second, end - second, hash_at(splitter, second, end - second), CY_WORD_LETTER);
    return true;
}

/* Digits alone, or with a full stop or comma behind them. */
static bool split_digits(struct cy_word_splitter *splitter, size_t start, size_t end)
{
    size_t at = start;
    while (at < end && splitter->text[at] >= '0' && splitter->text[at] <= '9')
        at++;
    bool marked = at + 1 == end && (splitter->text[at] == '.' || splitter->text[at] == ',');
    if (at == start || (at < end && !marked))
        return false;
    emit(splitter, start, at - start, at - start, hash_at(splitter, start, at - start), CY_WORD_FIRST);
    if (marked)
        emit_mark(splitter, at, 0);
    return true;
}

/* The less frequent simple pieces; what is none goes the general way. */
static __attribute__((noinline)) void split_other(struct cy_word_splitter *splitter, size_t start, size_t end, size_t letters)
{
    char first = splitter->text[start];
    bool done = false;
    if (letters > 0 && start + letters < end && splitter->text[start + letters] == '-')
        done = split_hyphenated(splitter, start, end, letters);
    else if (first == '(' || first == '"')
        done = split_opened(splitter, start, end);
    else if (first >= '0' && first <= '9')
        done = split_digits(splitter, start, end);
    if (!done && end - start == 1 && first > ' ' && first < 0x7F)
        emit_mark(splitter, start, CY_WORD_FIRST);
    else if (!done)
        split_any(splitter, start, end);
}

/* One piece between ASCII white space. Nine of ten in prose are a word of letters, or one with a mark behind it. */
static inline void split_between_spaces(struct cy_word_splitter *splitter, size_t start, size_t end)
{
    size_t size = end - start, letters = letter_run(splitter, start);
    if (letters >= size) {
        uint64_t hash = hash_at(splitter, start, size);
        if (__builtin_expect(!is_special(splitter, start, size, hash), 1)) {
            emit(splitter, start, size, size, hash, CY_WORD_LETTER | CY_WORD_FIRST);
            return;
        }
    } else if (letters + 1 == size && letters > 1 && split_marked(splitter, start, end, CY_WORD_FIRST)) {
        return;
    }
    split_other(splitter, start, end, letters);
}

static void split_text(struct cy_word_splitter *splitter)
{
    size_t mask_words = (splitter->size + CY_MASK_BYTES - 1) / CY_MASK_BYTES, start = 0;
    uint64_t carry = 0; /* 1 while a piece goes on from the block before */
    for (size_t block = 0; block < mask_words; block++) {
        size_t first = block * CY_MASK_BYTES, left = splitter->size - first;
        uint64_t inside = ~splitter->space[block] & (left >= CY_MASK_BYTES ? ~(uint64_t)0 : ((uint64_t)1 << left) - 1);
        uint64_t edges = inside ^ (inside << 1 | carry); /* the first byte of each piece, and the first behind it */
        reserve_words(splitter, 2 * CY_MASK_BYTES);
        if (carry && edges != 0) {
            split_between_spaces(splitter, start, first + (size_t)__builtin_ctzll(edges));
            edges &= edges - 1;
        }
        while (edges != 0) {
            start = first + (size_t)__builtin_ctzll(edges);
            edges &= edges - 1;
            if (edges == 0)
                break;
            reserve_words(splitter, 2 * CY_MASK_BYTES);
            split_between_spaces(splitter, start, first + (size_t)__builtin_ctzll(edges));
            edges &= edges - 1;
        }
        carry = inside >> 63;
    }
    if (carry)
        split_between_spaces(splitter, start, splitter->size);
}

static void *copied(struct cy_arena *arena, const void *from, size_t size_bytes)
{
    void *to = cy_arena_alloc(arena, size_bytes);
    if (size_bytes > 0)
        memcpy(to, from, size_bytes);
    return to;
}

struct cy_words *cy_words_split(struct cy_word_splitter *splitter, struct cy_str text, struct cy_arena *arena)
{
    size_t mask_words = (text.size + CY_MASK_BYTES - 1) / CY_MASK_BYTES;
    reserve_masks(splitter, mask_words + 1);
    splitter->text = splitter->piece.text = text.data;
    splitter->size = text.size;
    splitter->count = 0;
    splitter->masks(text.data, text.size, splitter->space, splitter->letters, splitter->high);
    splitter->letters[mask_words] = 0;
    split_text(splitter);
    reserve_words(splitter, CY_WORDS_BEHIND);
    memset(splitter->hashes + splitter->count, 0, CY_WORDS_BEHIND * sizeof *splitter->hashes);
    uint64_t high = 0;
    for (size_t i = 0; i < mask_words; i++)
        high |= splitter->high[i];
    size_t count = splitter->count;
    struct cy_words *words = cy_arena_alloc(arena, sizeof *words);
    uint32_t *sizes = copied(arena, splitter->sizes, count * sizeof *sizes);
    *words = (struct cy_words){
        .text = text,
        .count = count,
        .ascii = high == 0,
        .starts = copied(arena, splitter->starts, count * sizeof *splitter->starts),
        .sizes = sizes,
        .chars = high == 0 ? sizes : copied(arena, splitter->chars, count * sizeof *splitter->chars),
        .hashes = copied(arena, splitter->hashes, (count + CY_WORDS_BEHIND) * sizeof *splitter->hashes),
        .flags = copied(arena, splitter->flags, count * sizeof *splitter->flags),
    };
    return words;
}
