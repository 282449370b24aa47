// Rounding to eight bits by AVX2.
#include "panels.h"
#include "tables.h"

#if defined(__x86_64__)
#include "avx2_functions.h"

/// 127 / largest and largest / 127, or zeros where all is zero.
INLINE __m128 scales_of(__m256 largest) {
    __m128 top = _mm_max_ps(_mm256_castps256_ps128(largest), _mm256_extractf128_ps(largest, 1));
    top = _mm_max_ps(top, _mm_movehl_ps(top, top));
    top = _mm_max_ss(top, _mm_movehdup_ps(top));
    __m128 limit = _mm_set_ss(127);
    __m128 both = _mm_div_ps(_mm_movelh_ps(limit, top), _mm_shuffle_ps(top, limit, 0x00));
    return _mm_and_ps(both, _mm_cmpgt_ps(_mm_shuffle_ps(top, top, 0), _mm_setzero_ps()));
}

/// Rounds a part.
INLINE void round32(const __m256 v[4], ck_rounded *to) {
    __m256 largest = _mm256_setzero_ps();
    // The second operand is taken where one is not a number.
    for (int i = 0; i < 4; i++) largest = _mm256_max_ps(magnitude8(v[i]), largest);
    __m128 scales = scales_of(largest);
    __m256 inverse = _mm256_broadcastss_ps(scales);
    float scale = _mm_cvtss_f32(_mm_movehl_ps(scales, scales));
    __m256i whole[4];
    for (int i = 0; i < 4; i++) {
        __m256 level = _mm256_round_ps(
            _mm256_mul_ps(v[i], inverse), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC
        );
        __m256 fits = _mm256_cmp_ps(magnitude8(level), all8(127), _CMP_LE_OQ);
        whole[i] = _mm256_cvtps_epi32(_mm256_and_ps(level, fits));
    }
    __m256i first = _mm256_packs_epi32(whole[0], whole[1]);
    __m256i last = _mm256_packs_epi32(whole[2], whole[3]);
    __m256i bytes = _mm256_packs_epi16(first, last);
    bytes = _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
    _mm256_storeu_si256((__m256i *)to->levels, bytes);
    // Sums of eight bytes that have 128 added each.
    __m256i eights = _mm256_sad_epu8(_mm256_xor_si256(bytes, _mm256_set1_epi8(-128)), _mm256_setzero_si256());
    eights = _mm256_add_epi32(eights, _mm256_unpackhi_epi64(eights, eights));
    int32_t totals[2] = {
        _mm_cvtsi128_si32(_mm256_castsi256_si128(eights)) - 16 * 128,
        _mm_cvtsi128_si32(_mm256_extracti128_si256(eights, 1)) - 16 * 128,
    };
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

#endif
