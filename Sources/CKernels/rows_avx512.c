// Matrices in rows by AVX-512: sixteen numbers in one register.
#include <string.h>

#include "blocks.h"
#include "tables.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define KERNEL __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma,f16c")))
#define OPERATION static inline __attribute__((always_inline)) KERNEL

enum { LANES = 16, TILE_ROWS = 4, TILE_TOKENS = 6 };

typedef __m512 floats;

OPERATION floats all(float number) { return _mm512_set1_ps(number); }
OPERATION floats fused(floats a, floats b, floats c) { return _mm512_fmadd_ps(a, b, c); }

OPERATION floats load_numbers(int32_t dtype, const uint8_t *from) {
    if (dtype == CK_F32) return _mm512_loadu_ps(from);
    __m256i halves = _mm256_loadu_si256((const __m256i *)from);
    if (dtype == CK_F16) return _mm512_cvtph_ps(halves);
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16));
}

OPERATION float sum_of(const floats v[1]) {
    __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(v[0]), _mm512_extractf32x8_ps(v[0], 1));
    __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    __m128 two = _mm_add_ps(four, _mm_movehdup_ps(four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehl_ps(two, two)));
}

/// Four sums side by side, each added in the same order.
OPERATION void four_sums_of(const floats v[4], float *to) {
    floats ab = _mm512_add_ps(_mm512_shuffle_f32x4(v[0], v[1], 0x44), _mm512_shuffle_f32x4(v[0], v[1], 0xee));
    floats cd = _mm512_add_ps(_mm512_shuffle_f32x4(v[2], v[3], 0x44), _mm512_shuffle_f32x4(v[2], v[3], 0xee));
    floats four = _mm512_add_ps(_mm512_shuffle_f32x4(ab, cd, 0x88), _mm512_shuffle_f32x4(ab, cd, 0xdd));
    floats two = _mm512_add_ps(four, _mm512_movehdup_ps(four));
    floats one = _mm512_add_ps(two, _mm512_permute_ps(two, 0x4e));
    _mm_storeu_ps(to, _mm512_castps512_ps128(_mm512_maskz_compress_ps(0x1111, one)));
}

OPERATION void sums_of(const floats *v, size_t count, float *to) {
    if (count == 4) return four_sums_of(v, to);
    for (size_t i = 0; i < count; i++) to[i] = sum_of(v + i);
}

#include "rows_kernel.h"

void rows_multiply_avx512(const ck_matrix *matrix, const ck_product *product) {
    multiply_rows(matrix, product);
}

#endif
