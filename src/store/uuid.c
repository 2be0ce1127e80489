#include "store/database.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/random.h>
#include <time.h>

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

int64_t cy_now_ms(void)
{
    return (int64_t)(now_ns() / 1000000u);
}

/* The time of the newest id, in steps of 2^-12 ms: 48 bits of milliseconds and 12 bits of their fraction (RFC 9562 §6.2, method 3). */
static _Atomic uint64_t newest;

static uint64_t next_step(void)
{
    uint64_t ns = now_ns(), ms = ns / 1000000u;
    uint64_t wanted = ms << 12 | (ns % 1000000u) * 4096u / 1000000u;
    uint64_t last = atomic_load(&newest), step;
    do
        step = CY_MAX(wanted, last + 1); /* a clock that stands still or goes back does not make an id smaller than the one before */
    while (!atomic_compare_exchange_weak(&newest, &last, step));
    return step;
}

void cy_uuid(char text[37])
{
    uint64_t step = next_step(), random;
    CY_ASSERT(getrandom(&random, sizeof random, 0) == sizeof random);
    random = (random & 0x3FFFFFFFFFFFFFFFu) | 0x8000000000000000u; /* variant 10 */
    snprintf(text, 37, "%08x-%04x-7%03x-%04x-%012llx", (unsigned)(step >> 28), (unsigned)(step >> 12 & 0xFFFF), (unsigned)(step & 0xFFF),
             (unsigned)(random >> 48), (unsigned long long)(random & 0xFFFFFFFFFFFFu));
}
