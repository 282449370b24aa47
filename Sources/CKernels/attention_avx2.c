// Attention by AVX2, FMA and F16C.
#include <math.h>
#include <string.h>

#include "attention.h"
#include "blocks.h"
#include "tables.h"

#if defined(__x86_64__)
#include "avx2_functions.h"

#define KERNEL AVX2
#define OPERATION static inline __attribute__((always_inline)) KERNEL

enum { SUMS = 12 };

typedef __m256 floats;

OPERATION floats all(float number) { return _mm256_set1_ps(number); }
OPERATION floats load(const float *from) { return _mm256_loadu_ps(from); }
OPERATION void fetch_line(const uint8_t *from) { _mm_prefetch((const char *)from, _MM_HINT_T0); }
OPERATION void store(float *to, floats x) { _mm256_storeu_ps(to, x); }
OPERATION floats plus(floats a, floats b) { return _mm256_add_ps(a, b); }
OPERATION floats minus(floats a, floats b) { return _mm256_sub_ps(a, b); }
OPERATION floats times(floats a, floats b) { return _mm256_mul_ps(a, b); }
OPERATION floats over(floats a, floats b) { return _mm256_div_ps(a, b); }
OPERATION floats fused(floats a, floats b, floats c) { return _mm256_fmadd_ps(a, b, c); }
OPERATION floats largest(floats a, floats b) { return _mm256_max_ps(a, b); }
OPERATION float first_of(floats x) { return _mm256_cvtss_f32(x); }

OPERATION float largest_of(floats x) {
    __m128 four = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}

OPERATION floats read_numbers(int32_t kind, const uint8_t *from) {
    if (kind == CK_KV_F32) return _mm256_loadu_ps((const float *)from);
    if (kind == CK_KV_F16) return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)from));
    return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)from)));
}

/// Without a branch for each kind of 16-bit number, unlike `f32_of_f16`.
OPERATION float read_number(int32_t kind, const uint8_t *from) {
    if (kind == CK_KV_F32) return f32_of_bits(u32_at(from));
    return kind == CK_KV_F16 ? _cvtsh_ss(u16_at(from)) : (float)(int8_t)*from;
}

OPERATION floats lanes_within(floats x, size_t first, size_t last) {
    const floats lane = _mm256_setr_ps(0, 1, 2, 3, 4, 5, 6, 7);
    floats late = _mm256_cmp_ps(lane, all((float)last), _CMP_GE_OQ);
    floats early = _mm256_cmp_ps(lane, all((float)first), _CMP_LT_OQ);
    return _mm256_blendv_ps(x, all(-INFINITY), _mm256_or_ps(late, early));
}

OPERATION floats exp_of(floats x) { return exp8(x); }
OPERATION floats capped(floats x, float cap) { return capped8(x, cap); }

OPERATION float sum_of(const float *totals) {
    __m256 eight = _mm256_add_ps(_mm256_loadu_ps(totals), _mm256_loadu_ps(totals + 8));
    __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

#include "attention_kernel.h"

KERNEL void attend_avx2(const ck_attention *a) { attend(a); }

#endif
