// Attention by AVX-512.
#include <math.h>
#include <string.h>

#include "attention.h"
#include "blocks.h"
#include "tables.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define KERNEL __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma,f16c")))
#define OPERATION static inline __attribute__((always_inline)) KERNEL

enum { LANES = 16, SUMS = 24 };

typedef __m512 floats;

OPERATION floats all(float number) { return _mm512_set1_ps(number); }
OPERATION floats load(const float *from) { return _mm512_loadu_ps(from); }
OPERATION void store(float *to, floats x) { _mm512_storeu_ps(to, x); }
OPERATION floats plus(floats a, floats b) { return _mm512_add_ps(a, b); }
OPERATION floats minus(floats a, floats b) { return _mm512_sub_ps(a, b); }
OPERATION floats times(floats a, floats b) { return _mm512_mul_ps(a, b); }
OPERATION floats over(floats a, floats b) { return _mm512_div_ps(a, b); }
OPERATION floats fused(floats a, floats b, floats c) { return _mm512_fmadd_ps(a, b, c); }
OPERATION floats largest(floats a, floats b) { return _mm512_max_ps(a, b); }
OPERATION float first_of(floats x) { return _mm512_cvtss_f32(x); }
OPERATION float largest_of(floats x) { return _mm512_reduce_max_ps(x); }

OPERATION floats read_numbers(int32_t kind, const uint8_t *from) {
    if (kind == CK_KV_F32) return _mm512_loadu_ps(from);
    if (kind == CK_KV_F16) return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)from));
    return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)from)));
}

OPERATION floats lanes_within(floats x, size_t first, size_t last) {
    __mmask16 mask = (__mmask16)((1u << last) - (1u << first));
    return _mm512_mask_blend_ps(mask, all(-INFINITY), x);
}

OPERATION floats exp_of(floats x) {
    __mmask16 normal = _mm512_cmp_ps_mask(x, all(-87.3f), _CMP_NLT_UQ);
    floats n = _mm512_roundscale_ps(times(x, all(1.44269504f)), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    floats r = _mm512_fnmadd_ps(n, all(0.693145752f), x);
    r = _mm512_fnmadd_ps(n, all(1.42860677e-6f), r);
    floats y = fused(all(1.0f / 5040), r, all(1.0f / 720));
    y = fused(y, r, all(1.0f / 120));
    y = fused(y, r, all(1.0f / 24));
    y = fused(y, r, all(1.0f / 6));
    y = fused(y, r, all(0.5f));
    y = fused(y, r, all(1));
    y = fused(y, r, all(1));
    return _mm512_maskz_scalef_ps(normal, y, n);
}

OPERATION floats capped(floats x, float cap) {
    x = over(x, all(cap));
    floats size = _mm512_abs_ps(x), square = times(x, x), e = exp_of(times(size, all(-2)));
    floats far = over(minus(all(1), e), plus(all(1), e));
    floats near = fused(all(62.0f / 2835), square, all(-17.0f / 315));
    near = fused(near, square, all(2.0f / 15));
    near = fused(near, square, all(-1.0f / 3));
    near = fused(times(near, square), size, size);
    floats result = _mm512_mask_blend_ps(_mm512_cmp_ps_mask(size, all(0.25f), _CMP_LT_OQ), far, near);
    return times(_mm512_or_ps(result, _mm512_and_ps(x, all(-0.0f))), all(cap));
}

OPERATION float sum_of(const float *totals) {
    __m256 eight = _mm256_add_ps(_mm256_loadu_ps(totals), _mm256_loadu_ps(totals + 8));
    __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

#include "attention_kernel.h"

KERNEL void attend_avx512(const ck_attention *a) { attend(a); }

#endif
