// Panels by AVX-512 with VNNI: sixteen rows in one register, four products and their sum in one instruction.
#include "blocks.h"
#include "panels.h"
#include "tables.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,fma,f16c")))
#define INLINE static inline __attribute__((always_inline)) AVX512

/// Tokens that are multiplied together: their sums and a part's levels stay in registers.
enum { TILE = 8 };

typedef struct {
    __m512i steps[PART_STEPS];
} levels;

/// The levels of a part, a byte each.
INLINE levels unpack(panel_form form, const uint8_t *from) {
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
INLINE __m512i products(panel_form form, const levels *l, const ck_rounded *x, int half) {
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
    return _mm512_add_epi32(even, odd);
}

INLINE __m512 add(
    panel_form form, const levels *l, const ck_rounded *x, int half, __m512 scale, __m512 sum
) {
    __m512 total = _mm512_cvtepi32_ps(products(form, l, x, half));
    return _mm512_fmadd_ps(total, _mm512_mul_ps(scale, _mm512_set1_ps(x->scale)), sum);
}

INLINE __m512 load_scales(int32_t dtype, const uint8_t *from) {
    __m256i halves = _mm256_loadu_si256((const __m256i *)from);
    if (dtype == CK_F16) return _mm512_cvtph_ps(halves);
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16));
}

INLINE __m512 load_sub_scales(int is_signed, const uint8_t *from) {
    __m128i bytes = _mm_loadu_si128((const __m128i *)from);
    return _mm512_cvtepi32_ps(is_signed ? _mm512_cvtepi8_epi32(bytes) : _mm512_cvtepu8_epi32(bytes));
}

/// What a part's levels are multiplied with, and what is added.
typedef struct {
    __m512 scales[2], offsets[2];
} part_scales;

INLINE part_scales scales_of(panel_form form, const uint8_t *part, __m512 scale, __m512 offset) {
    part_scales s = {{scale, scale}, {offset, offset}};
    if (form.sub == SUB_NONE) return s;
    int halves = has_halves(form.sub), minima = has_minima(form.sub);
    const __m512 sign = _mm512_set1_ps(-0.0f);
#pragma clang loop unroll(full)
    for (int half = 0; half <= halves; half++) {
        s.scales[half] = _mm512_mul_ps(scale, load_sub_scales(!minima, part + half * PANEL_ROWS));
        if (!minima) continue;
        __m512 minimum = load_sub_scales(0, part + (1 + halves + half) * PANEL_ROWS);
        s.offsets[half] = _mm512_xor_ps(_mm512_mul_ps(offset, minimum), sign);
    }
    return s;
}

INLINE __m512 multiply_part(
    panel_form form, const levels *l, const part_scales *s, const ck_rounded *x, __m512 sum
) {
    if (!has_halves(form.sub)) {
        sum = add(form, l, x, -1, s->scales[0], sum);
        return form.offsets ? _mm512_fmadd_ps(s->offsets[0], _mm512_set1_ps(x->scaled_total), sum) : sum;
    }
#pragma clang loop unroll(full)
    for (int half = 0; half < 2; half++) sum = add(form, l, x, half, s->scales[half], sum);
    if (!form.offsets) return sum;
#pragma clang loop unroll(full)
    for (int half = 0; half < 2; half++) {
        sum = _mm512_fmadd_ps(s->offsets[half], _mm512_set1_ps(x->scaled_totals[half]), sum);
    }
    return sum;
}

INLINE void put(
    const ck_panels *p, const ck_panel_product *product, size_t panel, size_t token, __m512 sum
) {
    size_t row = panel * PANEL_ROWS, rows = p->rows - row < PANEL_ROWS ? p->rows - row : PANEL_ROWS;
    __mmask16 mask = (__mmask16)((1u << rows) - 1);
    if (p->bias) sum = _mm512_add_ps(sum, _mm512_maskz_loadu_ps(mask, p->bias + row));
    float *y = product->y + token * product->y_stride + row;
    if (product->accumulate) sum = _mm512_add_ps(_mm512_maskz_loadu_ps(mask, y), sum);
    _mm512_mask_storeu_ps(y, mask, sum);
}

/// One panel times `tokens` tokens; `form` and `tokens` are constants at every call.
INLINE void multiply_tile(
    const ck_panels *p, const ck_panel_product *product, panel_form form,
    size_t panel, size_t token, size_t tokens
) {
    size_t x_stride = p->columns / PART, parts = p->plan.span / PART;
    const uint8_t *from = p->start + panel * p->plan.panel_bytes;
    const ck_rounded *x = product->x + token * x_stride;
    __m512 sums[TILE];
#pragma clang loop unroll(full)
    for (size_t t = 0; t < tokens; t++) sums[t] = _mm512_setzero_ps();
    for (size_t column = 0; column < p->columns; column += p->plan.span) {
        __m512 scale = load_scales(p->plan.scale_dtype, from), offset = scale;
        if (form.offsets) offset = load_scales(p->plan.scale_dtype, from + 2 * PANEL_ROWS);
        from += (form.offsets ? 4 : 2) * PANEL_ROWS;
        for (size_t part = 0; part < parts; part++, x++) {
            part_scales s = scales_of(form, from, scale, offset);
            levels l = unpack(form, from + sub_bytes(form.sub));
            from += sub_bytes(form.sub) + level_bytes(form.levels);
#pragma clang loop unroll(full)
            for (size_t t = 0; t < tokens; t++) {
                sums[t] = multiply_part(form, &l, &s, x + t * x_stride, sums[t]);
            }
        }
    }
#pragma clang loop unroll(full)
    for (size_t t = 0; t < tokens; t++) put(p, product, panel, token + t, sums[t]);
}

INLINE void multiply_panel(
    const ck_panels *p, const ck_panel_product *product, panel_form form, size_t panel
) {
    size_t t = 0, tokens = product->tokens;
    for (; t + 8 <= tokens; t += 8) multiply_tile(p, product, form, panel, t, 8);
    if (tokens & 4) multiply_tile(p, product, form, panel, t, 4), t += 4;
    if (tokens & 2) multiply_tile(p, product, form, panel, t, 2), t += 2;
    if (tokens & 1) multiply_tile(p, product, form, panel, t, 1);
}

#define X(number, levels, sub, offsets, zero_shift)                                             \
    static AVX512 void multiply_##number(                                                          \
        const ck_panels *p, const ck_panel_product *product, size_t panel                         \
    ) {                                                                                          \
        multiply_panel(p, product, PANEL_FORM(levels, sub, offsets, zero_shift), panel);          \
    }
PANEL_FORMS(X)
#undef X

void panels_multiply_avx512(const ck_panels *p, const ck_panel_product *product) {
    static void (*const forms[])(const ck_panels *, const ck_panel_product *, size_t) = {
#define X(number, levels, sub, offsets, zero_shift) multiply_##number,
        PANEL_FORMS(X)
#undef X
    };
    for (size_t panel = product->first_panel; panel < product->last_panel; panel++) {
        forms[p->plan.form](p, product, panel);
    }
}

#endif
