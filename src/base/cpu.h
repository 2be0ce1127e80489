/* What this processor can do, found at run time. CIYUAN_CPU=scalar|avx2|avx512 pins a kernel's row for tests and benchmarks. */
#ifndef CY_BASE_CPU_H
#define CY_BASE_CPU_H

#include "base/bytes.h"

enum cy_cpu_feature {
    CY_CPU_AVX2 = 1 << 0,   /* with BMI1, BMI2, LZCNT, POPCNT and FMA: every x86-64-v3 machine */
    CY_CPU_AVX512 = 1 << 1, /* F, BW, DQ, VL, CD: x86-64-v4 */
    CY_CPU_VBMI2 = 1 << 2,  /* VBMI and VBMI2 on top of it */
};

/* The features present, less what CIYUAN_CPU takes away. Thread-safe; asked of the processor once. */
unsigned cy_cpu_features(void);

/* Every kernel's table of variants is an array of structs that begin with {name, needs, function}, best first, ending with the
 * scalar definition, whose `needs` is 0. Typical use, once at start:
 *     for (variant = variants; (variant->needs & ~cy_cpu_features()) != 0; variant++) {}                        */
#endif
