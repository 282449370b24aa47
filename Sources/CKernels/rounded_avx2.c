// Rounding to eight bits by AVX2, alone and behind what its numbers come from.
#include "panels.h"
#include "tables.h"

#if defined(__x86_64__)
#include "avx2_functions.h"

INLINE int32_t whole_sum8(__m256i lanes) {
    __m128i four = _mm_add_epi32(_mm256_castsi256_si128(lanes), _mm256_extracti128_si256(lanes, 1));
    four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4e));
    return _mm_cvtsi128_si32(_mm_add_epi32(four, _mm_shuffle_epi32(four, 0xb1)));
}

/// Rounds a part.
INLINE void round32(const __m256 v[4], ck_rounded *to) {
    __m256 largest = _mm256_setzero_ps();
    // The second operand is taken where one is not a number.
    for (int i = 0; i < 4; i++) largest = _mm256_max_ps(magnitude8(v[i]), largest);
    __m128 four = _mm_max_ps(_mm256_castps256_ps128(largest), _mm256_extractf128_ps(largest, 1));
    four = _mm_max_ps(four, _mm_movehl_ps(four, four));
    float top = _mm_cvtss_f32(_mm_max_ss(four, _mm_movehdup_ps(four)));
    __m256 inverse = all8(top > 0 ? 127 / top : 0);
    float scale = top / 127;
    __m256i whole[4];
    for (int i = 0; i < 4; i++) {
        __m256 level = _mm256_round_ps(
            _mm256_mul_ps(v[i], inverse), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC
        );
        __m256 fits = _mm256_cmp_ps(magnitude8(level), all8(127), _CMP_LE_OQ);
        whole[i] = _mm256_cvtps_epi32(_mm256_and_ps(level, fits));
    }
    int32_t totals[2] = {
        whole_sum8(_mm256_add_epi32(whole[0], whole[1])), whole_sum8(_mm256_add_epi32(whole[2], whole[3])),
    };
    __m256i first = _mm256_packs_epi32(whole[0], whole[1]);
    __m256i last = _mm256_packs_epi32(whole[2], whole[3]);
    __m256i words = _mm256_packs_epi16(first, last);
    words = _mm256_permutevar8x32_epi32(words, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
    _mm256_storeu_si256((__m256i *)to->levels, words);
    to->scale = scale;
    to->scaled_total = (float)(totals[0] + totals[1]) * scale;
    to->minus_total = -(totals[0] + totals[1]);
    for (int half = 0; half < 2; half++) {
        to->scaled_totals[half] = (float)totals[half] * scale;
        to->minus_totals[half] = -totals[half];
    }
    to->unused = 0;
}

AVX2 void round_avx2(const float *x, size_t columns, ck_rounded *to) {
    for (size_t start = 0; start < columns; start += PART, to++) {
        __m256 v[4];
        for (size_t i = 0; i < 4; i++) v[i] = _mm256_loadu_ps(x + start + 8 * i);
        round32(v, to);
    }
}

AVX2 void norm_round_avx2(
    const float *x, const float *weight, size_t columns, float epsilon, ck_rounded *to
) {
    __m256 factor = all8(rms_factor(x, columns, epsilon));
    for (size_t start = 0; start < columns; start += PART, to++) {
        __m256 v[4];
        for (size_t i = 0; i < 4; i++) {
            v[i] = _mm256_mul_ps(_mm256_loadu_ps(x + start + 8 * i), factor);
            v[i] = _mm256_mul_ps(v[i], _mm256_loadu_ps(weight + start + 8 * i));
        }
        round32(v, to);
    }
}

INLINE void activate_round_as(
    const ck_activation *a, int32_t kind, const float *x, const float *other, size_t columns, ck_rounded *to
) {
    const __m256 neutral = all8(kind == CK_SWIGLU ? 0 : 1);
    for (size_t start = 0; start < columns; start += PART, to++) {
        __m256 v[4];
        for (size_t i = 0; i < 4; i++) {
            __m256 second = other ? _mm256_loadu_ps(other + start + 8 * i) : neutral;
            v[i] = activated8(a, kind, _mm256_loadu_ps(x + start + 8 * i), second);
        }
        round32(v, to);
    }
}

AVX2 void activate_round_avx2(
    const ck_activation *a, const float *x, const float *other, size_t columns, ck_rounded *to
) {
    switch (a->kind) {
    case CK_SILU: activate_round_as(a, CK_SILU, x, other, columns, to); break;
    case CK_GELU: activate_round_as(a, CK_GELU, x, other, columns, to); break;
    case CK_GELU_TANH: activate_round_as(a, CK_GELU_TANH, x, other, columns, to); break;
    case CK_RELU: activate_round_as(a, CK_RELU, x, other, columns, to); break;
    case CK_RELU2: activate_round_as(a, CK_RELU2, x, other, columns, to); break;
    default: activate_round_as(a, CK_SWIGLU, x, other, columns, to); break;
    }
}

#endif
