#include "base/cpu.h"

#include <stdatomic.h>
#include <stdlib.h>

static unsigned detect(void)
{
    unsigned features = 0;
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
        __builtin_cpu_supports("popcnt") && __builtin_cpu_supports("fma"))
        features |= CY_CPU_AVX2;
    if ((features & CY_CPU_AVX2) && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512cd"))
        features |= CY_CPU_AVX512;
    if ((features & CY_CPU_AVX512) && __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2"))
        features |= CY_CPU_VBMI2;
    const char *pin = getenv("CIYUAN_CPU");
    if (pin != NULL && strcmp(pin, "scalar") == 0)
        features = 0;
    else if (pin != NULL && strcmp(pin, "avx2") == 0)
        features &= CY_CPU_AVX2;
    return features;
}

unsigned cy_cpu_features(void)
{
    static _Atomic unsigned known; /* features + 1, 0 while unknown; two threads that race find the same */
    unsigned value = atomic_load_explicit(&known, memory_order_relaxed);
    if (value == 0) {
        value = detect() + 1;
        atomic_store_explicit(&known, value, memory_order_relaxed);
    }
    return value - 1;
}
