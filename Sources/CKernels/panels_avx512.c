// Panels by AVX-512 with VNNI: sixteen rows in one register, four products and their sum in one instruction.
#include <string.h>

#include "blocks.h"
#include "panels.h"
#include "tables.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define KERNEL __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,fma,f16c")))
#define OPERATION static inline __attribute__((always_inline)) KERNEL

enum { LANES = 16, TILE = 8, VECTORS = 2 };

typedef __m512 floats;

OPERATION floats all(float number) { return _mm512_set1_ps(number); }
OPERATION floats times(floats a, floats b) { return _mm512_mul_ps(a, b); }
OPERATION floats fused(floats a, floats b, floats c) { return _mm512_fmadd_ps(a, b, c); }
OPERATION floats negative(floats a) { return _mm512_xor_ps(a, _mm512_set1_ps(-0.0f)); }

/// Step `s` of a part's levels, a byte each.
OPERATION __m512i levels_of_step(panel_form form, const uint8_t *from, int s) {
    if (form.levels == LEVELS_8) return _mm512_loadu_si512(from + s * 64);
    __m512i pair = _mm512_loadu_si512(from + s / 2 * 64);
    __m512i level = _mm512_and_si512(s % 2 ? _mm512_srli_epi16(pair, 4) : pair, _mm512_set1_epi8(15));
    if (form.levels == LEVELS_UNEVEN) {
        __m128i row = _mm_loadu_si128((const __m128i *)levels_of(form.zero_shift));
        return _mm512_shuffle_epi8(_mm512_broadcast_i32x4(row), level);
    }
    if (form.levels == LEVELS_5) {
        __m512i fifths = _mm512_loadu_si512(from + 256);
        fifths = s < 4 ? _mm512_slli_epi16(fifths, 4u - (unsigned)s)
                       : _mm512_srli_epi16(fifths, (unsigned)s - 4u);
        return _mm512_or_si512(level, _mm512_and_si512(fifths, _mm512_set1_epi8(16)));
    }
    if (form.levels == LEVELS_6) {
        __m512i sixths = _mm512_loadu_si512(from + 256 + s / 4 * 64);
        int up = 4 - s % 4 * 2;
        sixths = up >= 0 ? _mm512_slli_epi16(sixths, (unsigned)up) : _mm512_srli_epi16(sixths, (unsigned)-up);
        return _mm512_or_si512(level, _mm512_and_si512(sixths, _mm512_set1_epi8(48)));
    }
    return level;
}

/// Counted from the level that stands for zero.
OPERATION void products(
    panel_form form, const uint8_t *const *levels, const ck_rounded *const *x, size_t tokens, size_t vectors,
    floats to[TILE][VECTORS][2]
) {
    int halves = has_halves(form.sub), steps = PART_STEPS >> halves;
#pragma clang loop unroll(full)
    for (int half = 0; half <= halves; half++) {
        __m512i sums[TILE][VECTORS];
#pragma clang loop unroll(full)
        for (size_t t = 0; t < tokens; t++) {
            __m512i first = _mm512_setzero_si512();
            if (form.zero_shift >= 0) {
                first = _mm512_set1_epi32(halves ? x[t]->minus_totals[half] : x[t]->minus_total);
                first = _mm512_slli_epi32(first, (unsigned)form.zero_shift);
            }
#pragma clang loop unroll(full)
            for (size_t v = 0; v < vectors; v++) sums[t][v] = first;
        }
#pragma clang loop unroll(full)
        for (int s = half * steps; s < (half + 1) * steps; s++) {
            __m512i level[VECTORS];
#pragma clang loop unroll(full)
            for (size_t v = 0; v < vectors; v++) level[v] = levels_of_step(form, levels[v], s);
#pragma clang loop unroll(full)
            for (size_t t = 0; t < tokens; t++) {
                int32_t bytes;
                memcpy(&bytes, x[t]->levels + 4 * s, sizeof bytes);
                __m512i four = _mm512_set1_epi32(bytes);
#pragma clang loop unroll(full)
                for (size_t v = 0; v < vectors; v++) {
                    sums[t][v] = _mm512_dpbusd_epi32(sums[t][v], level[v], four);
                }
            }
        }
#pragma clang loop unroll(full)
        for (size_t t = 0; t < tokens; t++) {
#pragma clang loop unroll(full)
            for (size_t v = 0; v < vectors; v++) to[t][v][half] = _mm512_cvtepi32_ps(sums[t][v]);
        }
    }
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
