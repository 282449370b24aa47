// Panels by AVX2: eight rows in one register.
//
// Products of levels and eight-bit numbers are summed in pairs of sixteen bits for as many steps as cannot
// overflow, and then widened: that halves the work against widening each time.
#include <string.h>

#include "blocks.h"
#include "panels.h"
#include "tables.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define KERNEL __attribute__((target("avx2,fma,f16c")))
#define OPERATION static inline __attribute__((always_inline)) KERNEL

enum { LANES = 8, TILE = 8, VECTORS = 1 };

typedef __m256 floats;

OPERATION floats all(float number) { return _mm256_set1_ps(number); }
OPERATION floats times(floats a, floats b) { return _mm256_mul_ps(a, b); }
OPERATION floats fused(floats a, floats b, floats c) { return _mm256_fmadd_ps(a, b, c); }
OPERATION floats negative(floats a) { return _mm256_xor_ps(a, _mm256_set1_ps(-0.0f)); }

OPERATION int is_signed(panel_form form) {
    return form.levels == LEVELS_8 || (form.levels == LEVELS_UNEVEN && form.zero_shift == 7);
}

/// Steps whose pairs of products still fit into sixteen bits when they are added: 2 x 127 x the largest level
/// each.
OPERATION int steps_per_sum(panel_form form) {
    if (is_signed(form)) return 1;
    switch (form.levels) {
    case LEVELS_4: return 8;
    case LEVELS_5: return 4;
    case LEVELS_6: return 2;
    default: return 4;
    }
}

/// Step `s` of a part's levels for eight of its rows, a byte each; bytes as such become signed by their zero.
OPERATION __m256i levels_of_step(panel_form form, const uint8_t *from, int s) {
    if (form.levels == LEVELS_8) {
        return _mm256_xor_si256(_mm256_loadu_si256((const __m256i *)(from + s * 64)), _mm256_set1_epi8(-128));
    }
    __m256i pair = _mm256_loadu_si256((const __m256i *)(from + s / 2 * 64));
    __m256i level = _mm256_and_si256(s % 2 ? _mm256_srli_epi16(pair, 4) : pair, _mm256_set1_epi8(15));
    if (form.levels == LEVELS_UNEVEN) {
        __m128i row = _mm_loadu_si128((const __m128i *)levels_of(form.zero_shift));
        // Byte-wide levels are taken as signed, so that they can be multiplied.
        if (form.zero_shift == 7) row = _mm_xor_si128(row, _mm_set1_epi8(-128));
        return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(row), level);
    }
    if (form.levels == LEVELS_5) {
        __m256i fifths = _mm256_loadu_si256((const __m256i *)(from + 256));
        fifths = s < 4 ? _mm256_slli_epi16(fifths, 4 - s) : _mm256_srli_epi16(fifths, s - 4);
        return _mm256_or_si256(level, _mm256_and_si256(fifths, _mm256_set1_epi8(16)));
    }
    if (form.levels == LEVELS_6) {
        __m256i sixths = _mm256_loadu_si256((const __m256i *)(from + 256 + s / 4 * 64));
        int up = 4 - s % 4 * 2;
        sixths = up >= 0 ? _mm256_slli_epi16(sixths, up) : _mm256_srli_epi16(sixths, -up);
        return _mm256_or_si256(level, _mm256_and_si256(sixths, _mm256_set1_epi8(48)));
    }
    return level;
}

/// What the sums begin with, so that they count from the level that stands for zero.
OPERATION __m256i first_total(panel_form form, int32_t minus) {
    // Signed levels have 128 taken off already.
    int off_by = is_signed(form) ? 128 : 0;
    int zero = (form.zero_shift >= 0 ? 1 << form.zero_shift : 0) - off_by;
    if (zero == 0) return _mm256_setzero_si256();
    __m256i total = _mm256_set1_epi32(minus);
    if (zero < 0) return _mm256_slli_epi32(_mm256_sub_epi32(_mm256_setzero_si256(), total), 7);
    return _mm256_slli_epi32(total, form.zero_shift);
}

/// Takes steps `first` to `last` - 1 into each token's sums; they fit into sixteen bits.
OPERATION void add_steps(
    panel_form form, const uint8_t *from, const ck_rounded *const *x, size_t tokens, int first, int last,
    __m256i *totals
) {
    __m256i sums[TILE];
#pragma clang loop unroll(full)
    for (int s = first; s < last; s++) {
        __m256i level = levels_of_step(form, from, s);
        __m256i size = is_signed(form) ? _mm256_abs_epi8(level) : level;
#pragma clang loop unroll(full)
        for (size_t t = 0; t < tokens; t++) {
            int32_t bytes;
            memcpy(&bytes, x[t]->levels + 4 * s, sizeof bytes);
            __m256i four = _mm256_set1_epi32(bytes);
            if (is_signed(form)) four = _mm256_sign_epi8(four, level);
            __m256i pairs = _mm256_maddubs_epi16(size, four);
            sums[t] = s == first ? pairs : _mm256_add_epi16(sums[t], pairs);
            // Steps stay apart: taken together, their levels would need more registers than there are.
            __asm volatile("" : "+x"(sums[t]));
        }
    }
#pragma clang loop unroll(full)
    for (size_t t = 0; t < tokens; t++) {
        totals[t] = _mm256_add_epi32(totals[t], _mm256_madd_epi16(sums[t], _mm256_set1_epi16(1)));
    }
}

OPERATION void products(
    panel_form form, const uint8_t *const *levels, const ck_rounded *const *x, size_t tokens, size_t vectors,
    floats to[TILE][VECTORS][2]
) {
    int halves = has_halves(form.sub), stride = steps_per_sum(form), steps = PART_STEPS >> halves;
#pragma clang loop unroll(full)
    for (int half = 0; half <= halves; half++) {
#pragma clang loop unroll(full)
        for (size_t v = 0; v < vectors; v++) {
            __m256i totals[TILE];
#pragma clang loop unroll(full)
            for (size_t t = 0; t < tokens; t++) {
                totals[t] = first_total(form, halves ? x[t]->minus_totals[half] : x[t]->minus_total);
            }
#pragma clang loop unroll(full)
            for (int s = half * steps; s < (half + 1) * steps; s += stride < steps ? stride : steps) {
                add_steps(form, levels[v], x, tokens, s, s + (stride < steps ? stride : steps), totals);
            }
#pragma clang loop unroll(full)
            for (size_t t = 0; t < tokens; t++) to[t][v][half] = _mm256_cvtepi32_ps(totals[t]);
        }
    }
}

OPERATION floats load_scales(int32_t dtype, const uint8_t *from) {
    __m128i halves = _mm_loadu_si128((const __m128i *)from);
    if (dtype == CK_F16) return _mm256_cvtph_ps(halves);
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(halves), 16));
}

OPERATION floats load_sub_scales(int is_signed, const uint8_t *from) {
    __m128i bytes = _mm_loadl_epi64((const __m128i *)from);
    return _mm256_cvtepi32_ps(is_signed ? _mm256_cvtepi8_epi32(bytes) : _mm256_cvtepu8_epi32(bytes));
}

/// Eight rows from `row` on; the matrix may end within them.
OPERATION void put(
    const ck_panels *p, const ck_panel_product *product, size_t row, size_t token, floats sum
) {
    size_t rows = p->rows - row < LANES ? p->rows - row : LANES;
    float *y = product->y + token * product->y_stride + row;
    float values[LANES], biases[LANES] = {0}, before[LANES] = {0};
    if (p->bias) {
        memcpy(biases, p->bias + row, rows * sizeof *biases);
        sum = _mm256_add_ps(sum, _mm256_loadu_ps(biases));
    }
    if (product->accumulate) {
        memcpy(before, y, rows * sizeof *before);
        sum = _mm256_add_ps(_mm256_loadu_ps(before), sum);
    }
    _mm256_storeu_ps(values, sum);
    memcpy(y, values, rows * sizeof *values);
}

#include "panels_kernel.h"

void panels_multiply_avx2(const ck_panels *panels, const ck_panel_product *product) {
    multiply_panels(panels, product);
}

#endif
