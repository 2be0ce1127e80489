#include "token/shuffle.h"

static uint64_t next_random(uint64_t *state)
{
    uint64_t value = *state += UINT64_C(0x9e3779b97f4a7c15);
    value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
    return value ^ value >> 31;
}

/* A number below `bound`, each as likely as the other. */
static uint64_t random_below(uint64_t *state, uint64_t bound)
{
    unsigned __int128 product = (unsigned __int128)next_random(state) * bound;
    uint64_t unfair = -bound % bound; /* this many low parts would come once too often */
    while ((uint64_t)product < unfair)
        product = (unsigned __int128)next_random(state) * bound;
    return (uint64_t)(product >> 64);
}

void cy_shuffle(uint32_t *items, size_t count, uint64_t seed)
{
    for (size_t left = count; left > 1; left--) {
        size_t other = random_below(&seed, left);
        uint32_t item = items[left - 1];
        items[left - 1] = items[other];
        items[other] = item;
    }
}
