#include "token/pack.h"

#include <stdlib.h>

enum { NONE = UINT32_MAX, WORD_BITS = 64 };

/* Bins by the room they have left, and which rooms there are: two levels of bits, so that the next larger one is found at once. */
struct rooms {
    uint32_t *newest;  /* [room]: the bin that came last; NONE */
    uint32_t *older;   /* [bin]: the one of the same room before it */
    uint64_t *words;   /* bit room: a bin has it */
    uint64_t *summary; /* bit word: it is not 0 */
    size_t word_count, summary_count;
};

static void rooms_init(struct rooms *rooms, size_t room_max, size_t bin_max)
{
    rooms->word_count = room_max / WORD_BITS + 1;
    rooms->summary_count = rooms->word_count / WORD_BITS + 1;
    rooms->newest = cy_alloc((room_max + 1) * sizeof *rooms->newest);
    memset(rooms->newest, 0xff, (room_max + 1) * sizeof *rooms->newest);
    rooms->older = cy_alloc(CY_MAX(bin_max, 1) * sizeof *rooms->older);
    rooms->words = cy_alloc_zero(rooms->word_count, sizeof *rooms->words);
    rooms->summary = cy_alloc_zero(rooms->summary_count, sizeof *rooms->summary);
}

static void rooms_release(struct rooms *rooms)
{
    free(rooms->newest);
    free(rooms->older);
    free(rooms->words);
    free(rooms->summary);
}

static void rooms_add(struct rooms *rooms, uint32_t room, uint32_t bin)
{
    size_t word = room / WORD_BITS;
    rooms->older[bin] = rooms->newest[room];
    rooms->newest[room] = bin;
    rooms->words[word] |= UINT64_C(1) << room % WORD_BITS;
    rooms->summary[word / WORD_BITS] |= UINT64_C(1) << word % WORD_BITS;
}

/* The first bit at or behind `from`; bits behind the end are 0. SIZE_MAX: there is none. */
static size_t next_bit(const uint64_t *words, size_t word_count, size_t from)
{
    size_t word = from / WORD_BITS;
    uint64_t bits = word < word_count ? words[word] & (~UINT64_C(0) << from % WORD_BITS) : 0;
    while (bits == 0 && ++word < word_count)
        bits = words[word];
    return bits != 0 ? word * WORD_BITS + (size_t)__builtin_ctzll(bits) : SIZE_MAX;
}

/* Takes out the newest bin of the smallest room that is at least `room`; NONE: there is none. */
static uint32_t rooms_take(struct rooms *rooms, uint32_t room, uint32_t *found)
{
    size_t word = room / WORD_BITS;
    uint64_t bits = rooms->words[word] & (~UINT64_C(0) << room % WORD_BITS);
    if (bits == 0) {
        word = next_bit(rooms->summary, rooms->summary_count, word + 1);
        if (word == SIZE_MAX)
            return NONE;
        bits = rooms->words[word];
    }
    *found = (uint32_t)(word * WORD_BITS + (size_t)__builtin_ctzll(bits));
    uint32_t bin = rooms->newest[*found];
    rooms->newest[*found] = rooms->older[bin];
    if (rooms->newest[*found] == NONE) {
        rooms->words[word] &= ~(UINT64_C(1) << *found % WORD_BITS);
        if (rooms->words[word] == 0)
            rooms->summary[word / WORD_BITS] &= ~(UINT64_C(1) << word % WORD_BITS);
    }
    return bin;
}

/* Pieces by length, the longest first, equal ones as they stand: counted, then placed. */
static uint32_t *by_length(const struct cy_pack_piece *pieces, size_t count, uint32_t length)
{
    uint32_t *order = cy_alloc(CY_MAX(count, 1) * sizeof *order);
    size_t *starts = cy_alloc_zero((size_t)length + 2, sizeof *starts);
    for (size_t i = 0; i < count; i++)
        starts[length - pieces[i].length + 1]++;
    for (size_t i = 1; i <= length; i++)
        starts[i] += starts[i - 1];
    for (size_t i = 0; i < count; i++)
        order[starts[length - pieces[i].length]++] = (uint32_t)i;
    free(starts);
    return order;
}

/* Numbers the bins by their first piece. */
static void renumber(struct cy_pack_piece *pieces, size_t count, size_t bin_count)
{
    uint32_t *numbers = cy_alloc(CY_MAX(bin_count, 1) * sizeof *numbers), next = 0;
    memset(numbers, 0xff, bin_count * sizeof *numbers);
    for (size_t i = 0; i < count; i++) {
        if (numbers[pieces[i].bin] == NONE)
            numbers[pieces[i].bin] = next++;
        pieces[i].bin = numbers[pieces[i].bin];
    }
    free(numbers);
}

size_t cy_pack_best_fit(struct cy_pack_piece *pieces, size_t count, uint32_t length)
{
    CY_ASSERT(count < NONE && length >= 1 && length <= CY_PACK_LENGTH_MAX);
    struct rooms rooms;
    uint32_t bin_count = 0;
    rooms_init(&rooms, length, count);
    uint32_t *order = by_length(pieces, count, length);
    for (size_t i = 0; i < count; i++) {
        struct cy_pack_piece *piece = &pieces[order[i]];
        uint32_t room = length, bin = rooms_take(&rooms, piece->length, &room);
        CY_ASSERT(piece->length >= 1 && piece->length <= length);
        piece->bin = bin != NONE ? bin : bin_count++;
        if (room > piece->length)
            rooms_add(&rooms, room - piece->length, piece->bin);
    }
    free(order);
    rooms_release(&rooms);
    renumber(pieces, count, bin_count);
    return bin_count;
}
