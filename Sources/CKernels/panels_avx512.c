// Panels by AVX-512 with VNNI: sixteen rows in one register, four products and their sum in one instruction.
#include "blocks.h"
#include "panels.h"
#include "tables.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define KERNEL __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,fma,f16c")))
#define OPERATION static inline __attribute__((always_inline)) KERNEL

enum { LANES = 16, TILE = 8 };

typedef __m512 floats;

OPERATION floats all(float number) { return _mm512_set1_ps(number); }
OPERATION floats times(floats a, floats b) { return _mm512_mul_ps(a, b); }
OPERATION floats fused(floats a, floats b, floats c) { return _mm512_fmadd_ps(a, b, c); }
OPERATION floats negative(floats a) { return _mm512_xor_ps(a, _mm512_set1_ps(-0.0f)); }

typedef struct {
    __m512i steps[PART_STEPS];
} levels;

/// The levels of a part, a byte each.
OPERATION levels unpack(panel_form form, const uint8_t *from) {
    levels l;
    if (form.levels == LEVELS_8) {
#pragma clang loop unroll(full)
        for (int s = 0; s < PART_STEPS; s++) l.steps[s] = _mm512_loadu_si512(from + s * 64);
        return l;
    }
    const __m512i low = _mm512_set1_epi8(15);
#pragma clang loop unroll(full)
    for (int k = 0; k < 4; k++) {
        __m512i pair = _mm512_loadu_si512(from + k * 64);
        l.steps[2 * k] = _mm512_and_si512(pair, low);
        l.steps[2 * k + 1] = _mm512_and_si512(_mm512_srli_epi16(pair, 4), low);
    }
    if (form.levels == LEVELS_UNEVEN) {
        __m512i table = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)levels_of(form.zero_shift)));
#pragma clang loop unroll(full)
        for (int s = 0; s < PART_STEPS; s++) l.steps[s] = _mm512_shuffle_epi8(table, l.steps[s]);
    }
    if (form.levels == LEVELS_5) {
        __m512i fifths = _mm512_loadu_si512(from + 256);
        const __m512i bit = _mm512_set1_epi8(16);
#pragma clang loop unroll(full)
        for (int s = 0; s < PART_STEPS; s++) {
            __m512i moved = s < 4 ? _mm512_slli_epi16(fifths, 4 - s) : _mm512_srli_epi16(fifths, s - 4);
            l.steps[s] = _mm512_or_si512(l.steps[s], _mm512_and_si512(moved, bit));
        }
    }
    if (form.levels == LEVELS_6) {
        const __m512i bits = _mm512_set1_epi8(48);
#pragma clang loop unroll(full)
        for (int s = 0; s < PART_STEPS; s++) {
            __m512i sixths = _mm512_loadu_si512(from + 256 + s / 4 * 64);
            int up = 4 - s % 4 * 2;
            __m512i moved = up >= 0 ? _mm512_slli_epi16(sixths, up) : _mm512_srli_epi16(sixths, -up);
            l.steps[s] = _mm512_or_si512(l.steps[s], _mm512_and_si512(moved, bits));
        }
    }
    return l;
}

/// Levels times eight-bit numbers, exactly; steps `first` to `last` - 1.
OPERATION floats products(panel_form form, const levels *l, const ck_rounded *x, int half) {
    int first = half > 0 ? 4 : 0, last = half == 0 ? 4 : 8;
    const int32_t *fours = (const int32_t *)x->levels;
    __m512i even = _mm512_setzero_si512(), odd = even;
    if (form.zero_shift >= 0) {
        int32_t minus = half < 0 ? x->minus_total : x->minus_totals[half];
        even = _mm512_slli_epi32(_mm512_set1_epi32(minus), (unsigned)form.zero_shift);
    }
#pragma clang loop unroll(full)
    for (int s = first; s < last; s += 2) {
        even = _mm512_dpbusd_epi32(even, l->steps[s], _mm512_set1_epi32(fours[s]));
        odd = _mm512_dpbusd_epi32(odd, l->steps[s + 1], _mm512_set1_epi32(fours[s + 1]));
    }
    return _mm512_cvtepi32_ps(_mm512_add_epi32(even, odd));
}

OPERATION floats load_scales(int32_t dtype, const uint8_t *from) {
    __m256i halves = _mm256_loadu_si256((const __m256i *)from);
    if (dtype == CK_F16) return _mm512_cvtph_ps(halves);
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16));
}

OPERATION floats load_sub_scales(int is_signed, const uint8_t *from) {
    __m128i bytes = _mm_loadu_si128((const __m128i *)from);
    return _mm512_cvtepi32_ps(is_signed ? _mm512_cvtepi8_epi32(bytes) : _mm512_cvtepu8_epi32(bytes));
}

OPERATION void put(
    const ck_panels *p, const ck_panel_product *product, size_t row, size_t token, floats sum
) {
    size_t rows = p->rows - row < PANEL_ROWS ? p->rows - row : PANEL_ROWS;
    __mmask16 mask = (__mmask16)((1u << rows) - 1);
    if (p->bias) sum = _mm512_add_ps(sum, _mm512_maskz_loadu_ps(mask, p->bias + row));
    float *y = product->y + token * product->y_stride + row;
    if (product->accumulate) sum = _mm512_add_ps(_mm512_maskz_loadu_ps(mask, y), sum);
    _mm512_mask_storeu_ps(y, mask, sum);
}

#include "panels_kernel.h"

void panels_multiply_avx512(const ck_panels *panels, const ck_panel_product *product) {
    multiply_panels(panels, product);
}

#endif
