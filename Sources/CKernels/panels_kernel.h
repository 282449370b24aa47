// The arithmetic of panels in terms of one vector of floats, for whichever instruction set includes it.
//
// Before it is included, a file says what its vectors are:
//
//     floats, LANES, TILE                   a vector, its rows, tokens that are multiplied together
//     KERNEL, OPERATION                     the attribute that allows the instructions, and always inlined
//     all, times, fused, negative           one number in every lane; a * b; a * b + c rounded once; -a
//     load_scales, load_sub_scales          16-bit scales, and bytes, of LANES rows
//     levels, unpack                        a part's levels of LANES rows
//     TOGETHER, products                    exact sums of a part's products, as floats, for so many tokens
//     put                                   what is written in the end
//
// `form` and `tokens` are constants wherever they are passed on, so that no branch is left.

enum {
    /// Tokens that walk over the weights together fill this much of the second-level cache.
    GROUP_BYTES = 256 << 10,
    /// Weights are asked for so many bytes before they are needed: the CPU alone asks too late where several
    /// tokens are read beside them.
    AHEAD = 8 << 10,
};

/// What a part's levels are multiplied with, and what is added.
typedef struct {
    floats scales[2], offsets[2];
} part_scales;

OPERATION part_scales scales_of(panel_form form, const uint8_t *part, floats scale, floats offset) {
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

/// One part's share of a token's sums; `p` are the products of its halves, or of the whole.
OPERATION floats add_part(
    panel_form form, const part_scales *s, floats p[2], const ck_rounded *x, floats sum
) {
    int halves = has_halves(form.sub);
    if (halves) {
        sum = fused(fused(p[1], s->scales[1], times(p[0], s->scales[0])), all(x->scale), sum);
    } else {
        sum = fused(p[0], times(s->scales[0], all(x->scale)), sum);
    }
    if (!form.offsets) return sum;
    sum = fused(s->offsets[0], all(halves ? x->scaled_totals[0] : x->scaled_total), sum);
    return halves ? fused(s->offsets[1], all(x->scaled_totals[1]), sum) : sum;
}

/// At most TOGETHER tokens, which move on by a part.
OPERATION void multiply_part(
    panel_form form, const levels *l, const part_scales *s, const ck_rounded **x, size_t tokens, floats *sums
) {
    floats p[TOGETHER][2];
    products(form, l, x, tokens, p);
#pragma clang loop unroll(full)
    for (size_t t = 0; t < tokens; t++) {
        sums[t] = add_part(form, s, p[t], x[t], sums[t]);
        x[t]++;
    }
}

/// Asks for the bytes AHEAD of a part, one line for each line of it.
OPERATION void prefetch_part(panel_form form, const uint8_t *part) {
    size_t bytes = sub_bytes(form.sub) + level_bytes(form.levels) + (form.sub == SUB_NONE ? 64 : 0);
#pragma clang loop unroll(full)
    for (size_t line = 0; line < bytes; line += 64) __builtin_prefetch(part + AHEAD + line);
}

/// The rows of one vector times `count` tokens from `token` on. `tokens` is at least that: what is computed
/// too much is left.
OPERATION void multiply_tile(
    const ck_panels *p, const ck_panel_product *product, panel_form form,
    size_t row, size_t token, size_t count, size_t tokens
) {
    size_t stride = p->columns / PART, parts = p->plan.span / PART, lane = row % PANEL_ROWS;
    const uint8_t *from = p->start + row / PANEL_ROWS * p->plan.panel_bytes;
    const ck_rounded *x[TILE];
    floats sums[TILE];
#pragma clang loop unroll(full)
    for (size_t t = 0; t < tokens; t++) {
        x[t] = product->x + (token + (t < count ? t : count - 1)) * stride;
        sums[t] = all(0);
    }
    for (size_t column = 0; column < p->columns; column += p->plan.span) {
        floats scale = load_scales(p->plan.scale_dtype, from + 2 * lane), offset = scale;
        if (form.offsets) offset = load_scales(p->plan.scale_dtype, from + 2 * PANEL_ROWS + 2 * lane);
        from += (form.offsets ? 4 : 2) * PANEL_ROWS;
        for (size_t part = 0; part < parts; part++) {
            part_scales s = scales_of(form, from + lane, scale, offset);
            levels l = unpack(form, from + sub_bytes(form.sub) + 4 * lane);
            // Later tiles find them in the cache.
            if (token == 0) prefetch_part(form, from);
            from += sub_bytes(form.sub) + level_bytes(form.levels);
#pragma clang loop unroll(full)
            for (size_t t = 0; t < tokens; t += TOGETHER) {
                multiply_part(form, &l, &s, x + t, tokens - t < TOGETHER ? tokens - t : TOGETHER, sums + t);
            }
        }
    }
#pragma clang loop unroll(full)
    for (size_t t = 0; t < tokens; t++) {
        if (t < count) put(p, product, row, token + t, sums[t]);
    }
}

OPERATION void multiply_panel(
    const ck_panels *p, const ck_panel_product *product, panel_form form, size_t panel
) {
    size_t first = panel * PANEL_ROWS, tokens = product->tokens, whole = tokens / TILE * TILE;
    for (size_t row = first; row < first + PANEL_ROWS && row < p->rows; row += LANES) {
        for (size_t t = 0; t < whole; t += TILE) multiply_tile(p, product, form, row, t, TILE, TILE);
        size_t rest = tokens - whole;
        if (rest > 4) {
            multiply_tile(p, product, form, row, whole, rest, TILE);
        } else if (rest > 2) {
            multiply_tile(p, product, form, row, whole, rest, 4);
        } else if (rest == 2) {
            multiply_tile(p, product, form, row, whole, 2, 2);
        } else if (rest == 1) {
            multiply_tile(p, product, form, row, whole, 1, 1);
        }
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

/// Walks over the panels once for each group of tokens.
static KERNEL void multiply_panels(const ck_panels *p, const ck_panel_product *product) {
    static void (*const forms[])(const ck_panels *, const ck_panel_product *, size_t) = {
#define X(number, levels, sub, offsets, zero_shift) multiply_##number,
        PANEL_FORMS(X)
#undef X
    };
    size_t stride = p->columns / PART, group = GROUP_BYTES / (stride * sizeof(ck_rounded)) / TILE * TILE;
    if (group < TILE) group = TILE;
    for (size_t first = 0; first < product->tokens; first += group) {
        ck_panel_product part = *product;
        part.x += first * stride;
        part.y += first * product->y_stride;
        part.tokens = product->tokens - first < group ? product->tokens - first : group;
        for (size_t panel = product->first_panel; panel < product->last_panel; panel++) {
            forms[p->plan.form](p, &part, panel);
        }
    }
}
