// Scores of a vocabulary, eight or sixteen at a time; the compiler chooses the registers.
#include "ck_scores.h"

#include <stdint.h>
#include <string.h>

// A product is rounded before it is added, whatever the CPU could do in one go.
#pragma STDC FP_CONTRACT OFF

#define INLINE static inline __attribute__((always_inline))

enum { GROUP = 4 };

typedef double doubles __attribute__((vector_size(64), aligned(8)));
typedef uint64_t words __attribute__((vector_size(64), aligned(8)));
typedef float eight_floats __attribute__((vector_size(32), aligned(4)));
typedef float floats __attribute__((vector_size(64), aligned(4)));
typedef int32_t masks __attribute__((vector_size(64), aligned(4)));

INLINE size_t find_above(const float *scores, size_t start, size_t count, float bound) {
    size_t i = start;
    for (; i + 64 <= count; i += 64) {
        masks isAtMost = {0};
        isAtMost = ~isAtMost;
        for (size_t j = 0; j < 64; j += 16) isAtMost &= *(const floats *)(scores + i + j) <= bound;
        if (__builtin_reduce_and(isAtMost) == 0) break;
    }
    while (i < count && scores[i] <= bound) i++;
    return i;
}

/// Of Taylor's series, from x^13 on.
static const double factors[14] = {
    1.0 / 6227020800, 1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320,
    1.0 / 5040, 1.0 / 720, 1.0 / 120, 1.0 / 24, 1.0 / 6, 0.5, 1, 1,
};

/// e^x of eight numbers each: 2 to the power of a whole number, times Taylor's series of the rest, of which
/// the next term is below 2^-57 because |r| <= ln 2 / 2.
///
/// Several at a time, because each series is one long chain.
INLINE void exponentials(doubles *x, int count) {
    // Adding 1.5 * 2^52 rounds to a whole number, which the sum's low bits then hold.
    const double magic = 0x1.8p52;
    doubles r[GROUP], sum[GROUP];
    words exponents[GROUP];
#pragma clang loop unroll(full)
    for (int i = 0; i < count; i++) {
        doubles shifted = x[i] * 0x1.71547652b82fep0 + magic;
        doubles wholes = shifted - magic;
        // ln 2 in two parts; the product with the first one is exact.
        r[i] = (x[i] - wholes * 0x1.62e42feep-1) - wholes * 0x1.a39ef35793c76p-33;
        exponents[i] = ((words)shifted + 1023) << 52;
        sum[i] = (doubles){0} + factors[0];
    }
#pragma clang loop unroll(full)
    for (int k = 1; k < 14; k++) {
#pragma clang loop unroll(full)
        for (int i = 0; i < count; i++) sum[i] = sum[i] * r[i] + factors[k];
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < count; i++) x[i] = sum[i] * (doubles)exponents[i];
}

INLINE void weigh_group(const float *scores, int count, double best, double factor, double *sums) {
    doubles x[GROUP], lowest = (doubles){0} + CK_LOWEST_EXPONENT;
#pragma clang loop unroll(full)
    for (int i = 0; i < count; i++) {
        x[i] = (__builtin_convertvector(*(const eight_floats *)(scores + 8 * i), doubles) - best) * factor;
        words isLow = (words)(x[i] < CK_LOWEST_EXPONENT);
        x[i] = (doubles)(((words)lowest & isLow) | ((words)x[i] & ~isLow));
    }
    exponentials(x, count);
#pragma clang loop unroll(full)
    for (int i = 0; i < count; i++) *(doubles *)sums += x[i];
}

INLINE void weigh(const float *scores, size_t count, double best, double factor, double *sums) {
    size_t i = 0;
    for (; i + 8 * GROUP <= count; i += 8 * GROUP) weigh_group(scores + i, GROUP, best, factor, sums);
    for (; i < count; i += 8) weigh_group(scores + i, 1, best, factor, sums);
}

#define TABLE(title, name, attribute)                                                            \
    static attribute size_t find_above_##name(                                                   \
        const float *scores, size_t start, size_t count, float bound                             \
    ) {                                                                                          \
        return find_above(scores, start, count, bound);                                          \
    }                                                                                            \
    static attribute void weigh_##name(                                                          \
        const float *scores, size_t count, double best, double factor, double *sums              \
    ) {                                                                                          \
        weigh(scores, count, best, factor, sums);                                                \
    }                                                                                            \
    static const ck_score_kernels name##_table = {title, find_above_##name, weigh_##name};

TABLE("portable", portable, )

const ck_score_kernels *ck_scores_portable(void) { return &portable_table; }

#if defined(__x86_64__)
TABLE("avx2", avx2, __attribute__((target("avx2"))))
TABLE("avx512", avx512, __attribute__((target("avx512f,avx512dq"))))

const ck_score_kernels *ck_scores_avx2(void) {
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") ? &avx2_table : NULL;
}

const ck_score_kernels *ck_scores_avx512(void) {
    int able = ck_scores_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq");
    return able ? &avx512_table : NULL;
}
#else
const ck_score_kernels *ck_scores_avx2(void) { return NULL; }
const ck_score_kernels *ck_scores_avx512(void) { return NULL; }
#endif

const ck_score_kernels *ck_scores_fastest(void) {
    const ck_score_kernels *table = ck_scores_avx512() ? ck_scores_avx512() : ck_scores_avx2();
    return table ? table : &portable_table;
}

double ck_exponential(double x) {
    if (!(x > CK_LOWEST_EXPONENT)) return 0;
    double shifted = x * 0x1.71547652b82fep0 + 0x1.8p52, wholes = shifted - 0x1.8p52;
    double r = (x - wholes * 0x1.62e42feep-1) - wholes * 0x1.a39ef35793c76p-33, sum = factors[0];
    for (int k = 1; k < 14; k++) sum = sum * r + factors[k];
    uint64_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits + 1023) << 52;
    double power;
    memcpy(&power, &bits, sizeof power);
    return sum * power;
}
