// Matrices in rows by AVX2, FMA and F16C: sixteen numbers in two registers.
#include <string.h>

#include "blocks.h"
#include "tables.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define KERNEL __attribute__((target("avx2,fma,f16c")))
#define OPERATION static inline __attribute__((always_inline)) KERNEL

enum { LANES = 8, TILE_ROWS = 3, TILE_TOKENS = 4 };

typedef __m256 floats;

OPERATION floats all(float number) { return _mm256_set1_ps(number); }
OPERATION floats fused(floats a, floats b, floats c) { return _mm256_fmadd_ps(a, b, c); }

OPERATION floats load_numbers(int32_t dtype, const uint8_t *from) {
    if (dtype == CK_F32) return _mm256_loadu_ps((const float *)from);
    __m128i halves = _mm_loadu_si128((const __m128i *)from);
    if (dtype == CK_F16) return _mm256_cvtph_ps(halves);
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(halves), 16));
}

OPERATION float sum_of(const floats v[2]) {
    __m256 eight = _mm256_add_ps(v[0], v[1]);
    __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    __m128 two = _mm_add_ps(four, _mm_movehdup_ps(four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehl_ps(two, two)));
}

OPERATION void sums_of(const floats *v, size_t count, float *to) {
    for (size_t i = 0; i < count; i++) to[i] = sum_of(v + 2 * i);
}

#include "rows_kernel.h"

void rows_multiply_avx2(const ck_matrix *matrix, const ck_product *product) {
    multiply_rows(matrix, product);
}

#endif
