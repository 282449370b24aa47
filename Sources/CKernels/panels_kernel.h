// The arithmetic of panels in terms of one vector of floats, for whichever instruction set includes it.
//
// Before it is included, a file says what its vectors are:
//
//     floats, LANES, TILE                   a vector, its rows, tokens that are multiplied together
//     levels                                a part's levels of LANES rows
//     KERNEL                                the attribute that allows the instructions
//     all, times, fused, negative           one number in every lane; a * b; a * b + c rounded once; -a
//     load_scales, load_sub_scales          16-bit scales, and bytes, of LANES rows
//     unpack, products, put                 a part's levels; exact sums as floats; what is written in the end
//
// `form`, `half` and `tokens` are constants wherever they are passed on, so that no branch is left.

#define INLINE static inline __attribute__((always_inline)) KERNEL

INLINE floats add(panel_form form, const levels *l, const ck_rounded *x, int half, floats scale, floats sum) {
    return fused(products(form, l, x, half), times(scale, all(x->scale)), sum);
}

/// What a part's levels are multiplied with, and what is added.
typedef struct {
    floats scales[2], offsets[2];
} part_scales;

INLINE part_scales scales_of(panel_form form, const uint8_t *part, floats scale, floats offset) {
    part_scales s = {{scale, scale}, {offset, offset}};
    if (form.sub == SUB_NONE) return s;
    int halves = has_halves(form.sub), minima = has_minima(form.sub);
#pragma clang loop unroll(full)
    for (int half = 0; half <= halves; half++) {
        s.scales[half] = times(scale, load_sub_scales(!minima, part + half * PANEL_ROWS));
        if (!minima) continue;
        floats minimum = load_sub_scales(0, part + (1 + halves + half) * PANEL_ROWS);
        s.offsets[half] = negative(times(offset, minimum));
    }
    return s;
}

INLINE floats multiply_part(
    panel_form form, const levels *l, const part_scales *s, const ck_rounded *x, floats sum
) {
    if (!has_halves(form.sub)) {
        sum = add(form, l, x, -1, s->scales[0], sum);
        return form.offsets ? fused(s->offsets[0], all(x->scaled_total), sum) : sum;
    }
#pragma clang loop unroll(full)
    for (int half = 0; half < 2; half++) sum = add(form, l, x, half, s->scales[half], sum);
    if (!form.offsets) return sum;
#pragma clang loop unroll(full)
    for (int half = 0; half < 2; half++) sum = fused(s->offsets[half], all(x->scaled_totals[half]), sum);
    return sum;
}

/// The rows of one vector times `tokens` tokens.
INLINE void multiply_tile(
    const ck_panels *p, const ck_panel_product *product, panel_form form,
    size_t row, size_t token, size_t tokens
) {
    size_t x_stride = p->columns / PART, parts = p->plan.span / PART, lane = row % PANEL_ROWS;
    const uint8_t *from = p->start + row / PANEL_ROWS * p->plan.panel_bytes;
    const ck_rounded *x = product->x + token * x_stride;
    floats sums[TILE];
#pragma clang loop unroll(full)
    for (size_t t = 0; t < tokens; t++) sums[t] = all(0);
    for (size_t column = 0; column < p->columns; column += p->plan.span) {
        floats scale = load_scales(p->plan.scale_dtype, from + 2 * lane), offset = scale;
        if (form.offsets) offset = load_scales(p->plan.scale_dtype, from + 2 * PANEL_ROWS + 2 * lane);
        from += (form.offsets ? 4 : 2) * PANEL_ROWS;
        for (size_t part = 0; part < parts; part++, x++) {
            part_scales s = scales_of(form, from + lane, scale, offset);
            levels l = unpack(form, from + sub_bytes(form.sub) + 4 * lane);
            from += sub_bytes(form.sub) + level_bytes(form.levels);
#pragma clang loop unroll(full)
            for (size_t t = 0; t < tokens; t++) {
                sums[t] = multiply_part(form, &l, &s, x + t * x_stride, sums[t]);
            }
        }
    }
#pragma clang loop unroll(full)
    for (size_t t = 0; t < tokens; t++) put(p, product, row, token + t, sums[t]);
}

INLINE void multiply_panel(
    const ck_panels *p, const ck_panel_product *product, panel_form form, size_t panel
) {
    size_t first = panel * PANEL_ROWS, tokens = product->tokens;
    for (size_t row = first; row < first + PANEL_ROWS && row < p->rows; row += LANES) {
        size_t t = 0;
        for (; t + TILE <= tokens; t += TILE) multiply_tile(p, product, form, row, t, TILE);
        if (TILE > 4 && tokens & 4) multiply_tile(p, product, form, row, t, 4), t += 4;
        if (tokens & 2) multiply_tile(p, product, form, row, t, 2), t += 2;
        if (tokens & 1) multiply_tile(p, product, form, row, t, 1);
    }
}

#define X(number, levels, sub, offsets, zero_shift)                                              \
    static KERNEL void multiply_##number(                                                        \
        const ck_panels *p, const ck_panel_product *product, size_t panel                        \
    ) {                                                                                          \
        multiply_panel(p, product, PANEL_FORM(levels, sub, offsets, zero_shift), panel);         \
    }
PANEL_FORMS(X)
#undef X

static KERNEL void multiply_panels(const ck_panels *p, const ck_panel_product *product) {
    static void (*const forms[])(const ck_panels *, const ck_panel_product *, size_t) = {
#define X(number, levels, sub, offsets, zero_shift) multiply_##number,
        PANEL_FORMS(X)
#undef X
    };
    for (size_t panel = product->first_panel; panel < product->last_panel; panel++) {
        forms[p->plan.form](p, product, panel);
    }
}
