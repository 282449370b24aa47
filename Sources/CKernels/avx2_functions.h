// Functions of eight numbers at once, for AVX2, FMA and F16C.
#ifndef AVX2_FUNCTIONS_H
#define AVX2_FUNCTIONS_H

#include <immintrin.h>
#include <math.h>
#include <string.h>

#include "ckernels.h"

#define AVX2 __attribute__((target("avx2,fma,f16c")))
#define INLINE static inline __attribute__((always_inline, target("avx2,fma,f16c")))

enum { LANES = 8 };

/// e^x with an error of about one unit in the last place; 0 below the smallest normal number.
INLINE __m256 exp8(__m256 x) {
    const __m256 low = _mm256_set1_ps(-87.3f), high = _mm256_set1_ps(88.3f);
    __m256 tiny = _mm256_cmp_ps(x, low, _CMP_LT_OQ);
    x = _mm256_max_ps(low, _mm256_min_ps(high, x));  // in this order of operands a NaN stays one
    __m256 n = _mm256_round_ps(
        _mm256_mul_ps(x, _mm256_set1_ps(1.44269504f)), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    // ln 2 in two parts, the first with few enough bits that n times it is exact
    __m256 r = _mm256_fnmadd_ps(n, _mm256_set1_ps(0.693145752f), x);
    r = _mm256_fnmadd_ps(n, _mm256_set1_ps(1.42860677e-6f), r);
    // Taylor's series: |r| <= 0.35, so the first term left out is below 2^-27
    __m256 y = _mm256_set1_ps(1.0f / 5040);
    y = _mm256_fmadd_ps(y, r, _mm256_set1_ps(1.0f / 720));
    y = _mm256_fmadd_ps(y, r, _mm256_set1_ps(1.0f / 120));
    y = _mm256_fmadd_ps(y, r, _mm256_set1_ps(1.0f / 24));
    y = _mm256_fmadd_ps(y, r, _mm256_set1_ps(1.0f / 6));
    y = _mm256_fmadd_ps(y, r, _mm256_set1_ps(0.5f));
    y = _mm256_fmadd_ps(y, r, _mm256_set1_ps(1));
    y = _mm256_fmadd_ps(y, r, _mm256_set1_ps(1));
    __m256i power = _mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127)), 23);
    return _mm256_andnot_ps(tiny, _mm256_mul_ps(y, _mm256_castsi256_ps(power)));
}

INLINE __m256 all8(float value) { return _mm256_set1_ps(value); }
INLINE __m256 negative8(__m256 x) { return _mm256_xor_ps(x, all8(-0.0f)); }
INLINE __m256 magnitude8(__m256 x) { return _mm256_andnot_ps(all8(-0.0f), x); }
/// The numbers of `x` where `mask` is set, those of `y` elsewhere.
INLINE __m256 choose8(__m256 mask, __m256 x, __m256 y) { return _mm256_blendv_ps(y, x, mask); }
/// x / (1 + e^-slope).
INLINE __m256 sigmoid8(__m256 x, __m256 slope) {
    return _mm256_div_ps(x, _mm256_add_ps(all8(1), exp8(negative8(slope))));
}

/// With an error of about two units in the last place: a series near 0, e^-2x elsewhere.
INLINE __m256 tanh8(__m256 x) {
    __m256 size = magnitude8(x), square = _mm256_mul_ps(x, x);
    __m256 e = exp8(_mm256_mul_ps(size, all8(-2)));
    __m256 far = _mm256_div_ps(_mm256_sub_ps(all8(1), e), _mm256_add_ps(all8(1), e));
    // |x| < 1/4: the first term left out is below 2^-26 of the result
    __m256 near = all8(62.0f / 2835);
    near = _mm256_fmadd_ps(near, square, all8(-17.0f / 315));
    near = _mm256_fmadd_ps(near, square, all8(2.0f / 15));
    near = _mm256_fmadd_ps(near, square, all8(-1.0f / 3));
    near = _mm256_fmadd_ps(_mm256_mul_ps(near, square), size, size);
    __m256 result = choose8(_mm256_cmp_ps(size, all8(0.25f), _CMP_LT_OQ), near, far);
    return _mm256_or_ps(result, _mm256_and_ps(x, all8(-0.0f)));
}

/// The share of a normal distribution below x: Chebyshev's fit of erfc from Numerical Recipes (erfcc), whose
/// relative error is below 1.2e-7 everywhere.
INLINE __m256 normal_share8(__m256 x) {
    static const float fit[] = {
        0.17087277f, -0.82215223f, 1.48851587f, -1.13520398f, 0.27886807f,
        -0.18628806f, 0.09678418f, 0.37409196f, 1.00002368f, -1.26551223f,
    };
    __m256 z = _mm256_mul_ps(magnitude8(x), all8(0.70710678f));
    __m256 t = _mm256_div_ps(all8(1), _mm256_fmadd_ps(z, all8(0.5f), all8(1)));
    __m256 power = all8(fit[0]);
#pragma clang loop unroll(full)
    for (size_t i = 1; i < sizeof fit / sizeof *fit; i++) power = _mm256_fmadd_ps(power, t, all8(fit[i]));
    __m256 above = _mm256_mul_ps(_mm256_mul_ps(t, all8(0.5f)), exp8(_mm256_fnmadd_ps(z, z, power)));
    return choose8(_mm256_cmp_ps(x, all8(0), _CMP_GT_OQ), _mm256_sub_ps(all8(1), above), above);
}

/// `kind` is a constant at every call.
INLINE __m256 activated8(const ck_activation *a, int32_t kind, __m256 x, __m256 other) {
    __m256 cube, limit = all8(a->limit);
    switch (kind) {
    case CK_SILU: return _mm256_mul_ps(sigmoid8(x, x), other);
    case CK_GELU: return _mm256_mul_ps(_mm256_mul_ps(x, normal_share8(x)), other);
    case CK_GELU_TANH:
        cube = _mm256_mul_ps(_mm256_mul_ps(x, x), x);
        cube = _mm256_fmadd_ps(cube, all8(0.044715f), x);
        return _mm256_mul_ps(sigmoid8(x, _mm256_mul_ps(cube, all8(1.59576912f))), other);
    case CK_RELU: return _mm256_mul_ps(_mm256_max_ps(all8(0), x), other);
    case CK_RELU2:
        x = _mm256_max_ps(all8(0), x);
        return _mm256_mul_ps(_mm256_mul_ps(x, x), other);
    default:
        x = _mm256_min_ps(limit, x);
        other = _mm256_max_ps(negative8(limit), _mm256_min_ps(limit, other));
        return _mm256_mul_ps(
            sigmoid8(x, _mm256_mul_ps(x, all8(a->alpha))), _mm256_add_ps(other, all8(1)));
    }
}

INLINE __m256 capped8(__m256 x, float cap) {
    return _mm256_mul_ps(tanh8(_mm256_div_ps(x, all8(cap))), all8(cap));
}

INLINE size_t size_of(int32_t dtype) { return dtype == CK_F32 ? 4 : 2; }

INLINE __m256 load8(int32_t dtype, const uint8_t *from) {
    if (dtype == CK_F32) return _mm256_loadu_ps((const float *)from);
    __m128i halves = _mm_loadu_si128((const __m128i *)from);
    if (dtype == CK_F16) return _mm256_cvtph_ps(halves);
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(halves), 16));
}

INLINE float sum8(__m256 lanes) {
    __m128 four = _mm_add_ps(_mm256_castps256_ps128(lanes), _mm256_extractf128_ps(lanes, 1));
    __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

/// The first `count` < 8 numbers, and zeros.
INLINE __m256 load_some(int32_t dtype, const uint8_t *from, size_t count) {
    uint8_t bytes[32] = {0};
    memcpy(bytes, from, count * size_of(dtype));
    return load8(dtype, bytes);
}

/// 1 / sqrt(mean(x * x) + epsilon): four times eight sums in turn, eight columns of the rest to the first.
INLINE float rms_factor(const float *x, size_t count, float epsilon) {
    __m256 sums[4] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps()};
    size_t i = 0;
    for (; i + 4 * LANES <= count; i += 4 * LANES) {
#pragma clang loop unroll(full)
        for (size_t j = 0; j < 4; j++) {
            __m256 v = _mm256_loadu_ps(x + i + j * LANES);
            sums[j] = _mm256_fmadd_ps(v, v, sums[j]);
        }
    }
    for (; i + LANES <= count; i += LANES) {
        __m256 v = _mm256_loadu_ps(x + i);
        sums[0] = _mm256_fmadd_ps(v, v, sums[0]);
    }
    if (i < count) {
        __m256 v = load_some(CK_F32, (const uint8_t *)(x + i), count - i);
        sums[0] = _mm256_fmadd_ps(v, v, sums[0]);
    }
    float square = sum8(_mm256_add_ps(_mm256_add_ps(sums[0], sums[1]), _mm256_add_ps(sums[2], sums[3])));
    return 1 / sqrtf(square / (float)count + epsilon);
}

#endif
