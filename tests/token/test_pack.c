#include "cy_test.h"

#include "token/pack.h"
#include "token/shuffle.h"

enum { PIECES_MAX = 400 };

/* Best fit by its definition: the longest piece first, into the bin with the least room that is enough, of equal ones the one that got a
 * piece last. */
static size_t pack_slowly(struct cy_pack_piece *pieces, size_t count, uint32_t length)
{
    static uint32_t room[PIECES_MAX], time[PIECES_MAX];
    static bool placed[PIECES_MAX];
    size_t bin_count = 0;
    memset(placed, 0, sizeof placed);
    for (uint32_t now = 1; now <= count; now++) {
        size_t piece = SIZE_MAX, best = SIZE_MAX;
        for (size_t i = 0; i < count; i++)
            if (!placed[i] && (piece == SIZE_MAX || pieces[i].length > pieces[piece].length))
                piece = i;
        for (size_t bin = 0; bin < bin_count; bin++)
            if (room[bin] >= pieces[piece].length &&
                (best == SIZE_MAX || room[bin] < room[best] || (room[bin] == room[best] && time[bin] > time[best])))
                best = bin;
        if (best == SIZE_MAX) {
            best = bin_count++;
            room[best] = length;
        }
        room[best] -= pieces[piece].length;
        time[best] = now;
        placed[piece] = true;
        pieces[piece].bin = (uint32_t)best;
    }
    return bin_count;
}

CY_TEST("packing puts each piece where best fit by its definition puts it")
{
    static struct cy_pack_piece fast[PIECES_MAX], slow[PIECES_MAX];
    static const uint32_t lengths[] = {1, 7, 63, 64, 65, 100, 5000, 300000};
    uint64_t seed = cy_test_seed();
    for (int round = 0; round < 100; round++) {
        uint32_t length = lengths[cy_test_random(&seed) % CY_COUNT(lengths)];
        size_t count = cy_test_random(&seed) % PIECES_MAX;
        for (size_t i = 0; i < count; i++)
            fast[i] = slow[i] = (struct cy_pack_piece){.length = (uint32_t)(1 + cy_test_random(&seed) % length)};
        size_t bin_count = cy_pack_best_fit(fast, count, length);
        assert_int_equal(bin_count, pack_slowly(slow, count, length));
        for (size_t i = 0; i < count; i++) /* the same bins, whatever their numbers */
            for (size_t k = 0; k < i; k++)
                assert_int_equal(fast[i].bin == fast[k].bin, slow[i].bin == slow[k].bin);
    }
}

CY_TEST("bins are numbered by their first piece, and hold no more than their length")
{
    struct cy_pack_piece pieces[] = {{0, 3, 0}, {3, 10, 0}, {13, 7, 0}, {20, 6, 0}, {26, 4, 0}};
    assert_int_equal(cy_pack_best_fit(pieces, CY_COUNT(pieces), 10), 3);
    /* 10 alone; 7 takes 3, 6 takes 4 */
    static const uint32_t bins[] = {0, 1, 0, 2, 2};
    for (size_t i = 0; i < CY_COUNT(pieces); i++)
        assert_int_equal(pieces[i].bin, bins[i]);
}

CY_TEST("nothing to pack is no bin")
{
    assert_int_equal(cy_pack_best_fit(NULL, 0, 4096), 0);
}

CY_TEST("a shuffle keeps every item, follows from its seed alone, and gives each order alike")
{
    uint64_t seed = cy_test_seed();
    unsigned counts[6] = {0};
    for (int round = 0; round < 6000; round++) {
        uint32_t items[3] = {0, 1, 2}, again[3] = {0, 1, 2};
        uint64_t one = cy_test_random(&seed);
        cy_shuffle(items, 3, one);
        cy_shuffle(again, 3, one);
        assert_memory_equal(items, again, sizeof items);
        assert_int_equal(1 << items[0] | 1 << items[1] | 1 << items[2], 7);
        counts[items[0] * 2 + (items[1] > items[2])]++;
    }
    for (size_t i = 0; i < CY_COUNT(counts); i++) /* 1,000 each; seven standard deviations are 202 */
        assert_in_range(counts[i], 798, 1202);
}
