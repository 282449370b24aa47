// The arithmetic of panels in terms of one vector of floats, for whichever instruction set includes it.
//
// Before it is included, a file says what its vectors are:
//
//     floats, LANES                         a vector and its rows
//     TILE, VECTORS                         tokens and vectors that are multiplied together at most
//     KERNEL, OPERATION                     the attribute that allows the instructions, and always inlined
//     all, times, fused, negative           one number in every lane; a * b; a * b + c rounded once; -a
//     load_scales, load_sub_scales          16-bit scales, and bytes, of LANES rows
//     products                              exact sums of a part's products, as floats
//     put                                   what is written in the end
//
// `form`, `tokens` and `vectors` are constants wherever they are passed on, so that no branch is left.

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

OPERATION size_t part_bytes(panel_form form) { return sub_bytes(form.sub) + level_bytes(form.levels); }

/// Tokens and rows that are multiplied together, and what the tile asks for ahead of time: bytes
/// first..<last of each part, `ahead` bytes further on.
typedef struct {
    size_t row, token, count;
    size_t ahead, first, last;
} tile;

/// A vector's rows: where their next part begins, and the scale and offset of its span.
typedef struct {
    const uint8_t *from;
    size_t lane;
    floats scale, offset;
} tile_rows;

/// Moves on to the next span.
OPERATION void begin_span(panel_form form, int32_t scale_dtype, tile_rows *rows) {
    rows->scale = rows->offset = load_scales(scale_dtype, rows->from + 2 * rows->lane);
    if (form.offsets) {
        rows->offset = load_scales(scale_dtype, rows->from + 2 * (PANEL_ROWS + rows->lane));
    }
    rows->from += (form.offsets ? 4 : 2) * PANEL_ROWS;
}

/// Takes one part into the sums, and moves on by it.
OPERATION void multiply_part(
    panel_form form, tile_rows *rows, const ck_rounded **x, size_t tokens, size_t vectors,
    floats sums[TILE][VECTORS]
) {
    floats p[TILE][VECTORS][2];
    const uint8_t *levels[VECTORS];
    part_scales s[VECTORS];
#pragma clang loop unroll(full)
    for (size_t v = 0; v < vectors; v++) {
        s[v] = scales_of(form, rows[v].from + rows[v].lane, rows[v].scale, rows[v].offset);
        levels[v] = rows[v].from + sub_bytes(form.sub) + 4 * rows[v].lane;
        rows[v].from += part_bytes(form);
    }
    products(form, levels, x, tokens, vectors, p);
#pragma clang loop unroll(full)
    for (size_t t = 0; t < tokens; t++) {
#pragma clang loop unroll(full)
        for (size_t v = 0; v < vectors; v++) sums[t][v] = add_part(form, &s[v], p[t][v], x[t], sums[t][v]);
        x[t]++;
    }
}

/// `tokens` is at least the tile's count: what is computed too much is left.
OPERATION void multiply_tile(
    const ck_panels *p, const ck_panel_product *product, panel_form form, const tile *tile, size_t tokens,
    size_t vectors
) {
    size_t stride = p->columns / PART, parts = p->plan.span / PART;
    const ck_rounded *x[TILE];
    tile_rows rows[VECTORS];
    floats sums[TILE][VECTORS];
#pragma clang loop unroll(full)
    for (size_t v = 0; v < vectors; v++) {
        size_t row = tile->row + v * LANES;
        rows[v].from = p->start + row / PANEL_ROWS * p->plan.panel_bytes;
        rows[v].lane = row % PANEL_ROWS;
    }
#pragma clang loop unroll(full)
    for (size_t t = 0; t < tokens; t++) {
        size_t token = tile->token + (t < tile->count ? t : tile->count - 1);
        x[t] = product->x + token * stride;
#pragma clang loop unroll(full)
        for (size_t v = 0; v < vectors; v++) {
            sums[t][v] = all(0);
            // Results of many tokens lie too far apart for the CPU to see them coming.
            __builtin_prefetch(product->y + token * product->y_stride + tile->row + v * LANES, 1);
        }
    }
    for (size_t column = 0; column < p->columns; column += p->plan.span) {
#pragma clang loop unroll(full)
        for (size_t v = 0; v < vectors; v++) begin_span(form, p->plan.scale_dtype, &rows[v]);
        for (size_t part = 0; part < parts; part++) {
            for (size_t line = tile->first; line < tile->last; line += 64) {
#pragma clang loop unroll(full)
                for (size_t v = 0; v < vectors; v++) __builtin_prefetch(rows[v].from + tile->ahead + line);
            }
            multiply_part(form, rows, x, tokens, vectors, sums);
        }
    }
#pragma clang loop unroll(full)
    for (size_t t = 0; t < tokens; t++) {
#pragma clang loop unroll(full)
        for (size_t v = 0; v < vectors; v++) {
            if (t < tile->count) put(p, product, tile->row + v * LANES, tile->token + t, sums[t][v]);
        }
    }
}

/// All tokens times the rows of some vectors.
OPERATION void multiply_rows(
    const ck_panels *p, const ck_panel_product *product, panel_form form, size_t row, size_t vectors
) {
    size_t tokens = product->tokens, tiles = (tokens + TILE - 1) / TILE;
    // Every tile asks for a share of what comes next, so that memory is busy all the time.
    size_t bytes = part_bytes(form) + (form.sub == SUB_NONE ? 64 : 0), share = (bytes / 64 / tiles + 1) * 64;
    tile tile = {.row = row, .ahead = vectors * LANES > PANEL_ROWS ? 2 * p->plan.panel_bytes : AHEAD};
    for (size_t number = 0; number < tiles; number++) {
        tile.token = tokens * number / tiles;
        tile.count = tokens * (number + 1) / tiles - tile.token;
        tile.first = number * share;
        tile.last = tile.first + share < bytes ? tile.first + share : bytes;
        if (tile.count > 6) {
            multiply_tile(p, product, form, &tile, 8, vectors);
        } else if (tile.count > 4) {
            multiply_tile(p, product, form, &tile, 6, vectors);
        } else if (tile.count > 2) {
            multiply_tile(p, product, form, &tile, 4, vectors);
        } else if (tile.count == 2) {
            multiply_tile(p, product, form, &tile, 2, vectors);
        } else {
            multiply_tile(p, product, form, &tile, 1, vectors);
        }
    }
}

OPERATION void multiply_form(const ck_panels *p, const ck_panel_product *product, panel_form form) {
    size_t row = product->first_panel * PANEL_ROWS, last = product->last_panel * PANEL_ROWS;
    if (last > p->rows) last = p->rows;
    // For very few tokens memory is the limit, and it is read fastest in one place at a time.
    while (product->tokens > 2 && row + (VECTORS - 1) * LANES < last) {
        multiply_rows(p, product, form, row, VECTORS);
        row += VECTORS * LANES;
    }
    for (; row < last; row += LANES) multiply_rows(p, product, form, row, 1);
}

#define X(number, levels, sub, offsets, zero_shift)                                                 \
    static KERNEL void multiply_##number(const ck_panels *p, const ck_panel_product *product) {     \
        multiply_form(p, product, PANEL_FORM(levels, sub, offsets, zero_shift));                    \
    }
PANEL_FORMS(X)
#undef X

/// Walks over the panels once for each group of tokens.
static KERNEL void multiply_panels(const ck_panels *p, const ck_panel_product *product) {
    static void (*const forms[])(const ck_panels *, const ck_panel_product *) = {
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
        forms[p->plan.form](p, &part);
    }
}
