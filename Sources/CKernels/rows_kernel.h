// Matrices that are used as they lie, row by row, in terms of one vector of floats, for whichever instruction
// set includes it.
//
// A dot product is sixteen sums: sum l runs over columns l, l + 16, l + 32, ... from the left, each step
//
//     sum = fma(weight, x, sum)
//
// with zeros behind the last column. They are added in the end, two that are eight apart first, then four,
// then neighbours:
//
//     s[l] + s[l + 8] = e[l], e[l] + e[l + 4] = f[l], (f[0] + f[1]) + (f[2] + f[3])
//
// So all tables agree bit for bit, and a row's result depends neither on the tile that it is part of nor on
// how its weights are stored. Speed comes from the other dot products of the tile, which hide the latency.
//
// Before it is included, a file says what its vectors are:
//
//     floats, LANES                 a vector and its numbers
//     TILE_ROWS, TILE_TOKENS        dot products whose sums fit into the registers
//     KERNEL, OPERATION             the attribute that allows the instructions, and always inlined
//     all, fused                    one number in every lane; a * b + c rounded once
//     load_numbers                  LANES stored numbers of 32 or 16 bits
//     sums_of                       some sums of sixteen, as above
//
// `dtype`, `rows` and `tokens` are constants wherever they are passed on, so that no branch is left.

enum {
    WIDTH = 16,
    VECTORS = WIDTH / LANES,
    /// Rows that are multiplied together may fill this much of the second-level cache.
    GROUP_BYTES = 256 << 10,
    /// Tokens that packed rows are unpacked for at once: their sums stay in the first-level cache.
    PACKED_TOKENS = 32 / TILE_TOKENS * TILE_TOKENS,
};

/// Sixteen numbers.
typedef struct {
    floats v[VECTORS];
} wide;

OPERATION wide load_wide(int32_t dtype, const uint8_t *from) {
    wide w;
#pragma clang loop unroll(full)
    for (size_t i = 0; i < VECTORS; i++) {
        w.v[i] = load_numbers(dtype, from + i * LANES * ck_block_bytes(dtype));
    }
    return w;
}

/// The first `count` < 16 numbers, and zeros.
OPERATION wide load_some(int32_t dtype, const uint8_t *from, size_t count) {
    uint8_t bytes[WIDTH * 4] = {0};
    memcpy(bytes, from, count * ck_block_bytes(dtype));
    return load_wide(dtype, bytes);
}

/// Rows of numbers, and the tokens that they are multiplied with.
typedef struct {
    const uint8_t *weights;
    const float *x;
    size_t row_bytes;
    size_t x_stride;
    size_t columns;
    size_t ahead;  // what is needed next is so many bytes behind `weights`; 0: it is in the cache
} stretch;

/// Takes `count` (a constant) vectors of `rows` x `tokens` dot products along the whole groups of sixteen.
OPERATION void multiply_vectors(
    int32_t dtype, const stretch *s, wide *sums, size_t rows, size_t tokens, size_t first, size_t count
) {
    size_t size = ck_block_bytes(dtype), whole = s->columns / WIDTH * WIDTH;
    floats t[TILE_TOKENS][TILE_ROWS][VECTORS];
#pragma clang loop unroll(full)
    for (size_t i = 0; i < rows * tokens; i++) {
#pragma clang loop unroll(full)
        for (size_t v = 0; v < count; v++) t[i / rows][i % rows][v] = sums[i].v[first + v];
    }
    for (size_t k = 0; k < whole; k += WIDTH) {
        floats w[TILE_ROWS][VECTORS];
#pragma clang loop unroll(full)
        for (size_t r = 0; r < rows; r++) {
            const uint8_t *from = s->weights + r * s->row_bytes + (k + first * LANES) * size;
            if (s->ahead) __builtin_prefetch(from + s->ahead);
#pragma clang loop unroll(full)
            for (size_t v = 0; v < count; v++) w[r][v] = load_numbers(dtype, from + v * LANES * size);
        }
#pragma clang loop unroll(full)
        for (size_t i = 0; i < tokens; i++) {
            const float *x = s->x + i * s->x_stride + k + first * LANES;
#pragma clang loop unroll(full)
            for (size_t v = 0; v < count; v++) {
                floats xs = load_numbers(CK_F32, (const uint8_t *)(x + v * LANES));
#pragma clang loop unroll(full)
                for (size_t r = 0; r < rows; r++) t[i][r][v] = fused(w[r][v], xs, t[i][r][v]);
            }
        }
    }
#pragma clang loop unroll(full)
    for (size_t i = 0; i < rows * tokens; i++) {
#pragma clang loop unroll(full)
        for (size_t v = 0; v < count; v++) sums[i].v[first + v] = t[i / rows][i % rows][v];
    }
}

/// Takes `rows` x `tokens` dot products a stretch further, so many of their vectors at once as fit into the
/// registers.
OPERATION void multiply_tile(int32_t dtype, const stretch *s, wide *sums, size_t rows, size_t tokens) {
    size_t size = ck_block_bytes(dtype), rest = s->columns % WIDTH, whole = s->columns - rest;
    size_t together = rows * tokens * VECTORS <= TILE_ROWS * TILE_TOKENS ? VECTORS : 1;
#pragma clang loop unroll(disable)
    for (size_t v = 0; v < VECTORS; v += together) {
        multiply_vectors(dtype, s, sums, rows, tokens, v, together);
    }
    for (size_t r = 0; r < rows && rest > 0; r++) {
        wide w = load_some(dtype, s->weights + r * s->row_bytes + whole * size, rest);
        for (size_t i = 0; i < tokens; i++) {
            wide x = load_some(CK_F32, (const uint8_t *)(s->x + i * s->x_stride + whole), rest);
            for (size_t v = 0; v < VECTORS; v++) {
                wide *sum = sums + i * rows + r;
                sum->v[v] = fused(w.v[v], x.v[v], sum->v[v]);
            }
        }
    }
}

OPERATION void clear(wide *sums, size_t count) {
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < VECTORS; j++) sums[i].v[j] = all(0);
    }
}

/// Writes finished dot products; those of a token are `rows` rows from `row` on.
OPERATION void put(
    const ck_matrix *m, const ck_product *p, size_t row, size_t rows, size_t token, size_t tokens,
    const wide *sums
) {
    for (size_t i = 0; i < tokens; i++) {
        float *y = p->y + (token + i) * p->y_stride + row;
        float values[TILE_ROWS];
        sums_of((const floats *)(sums + i * rows), rows, values);
        for (size_t r = 0; r < rows; r++) {
            float value = values[r];
            if (m->bias) value += m->bias[row + r];
            y[r] = p->accumulate ? y[r] + value : value;
        }
    }
}

// --- numbers of 32 and 16 bits -------------------------------------------------------------------

/// Whole dot products of `tokens` tokens from `token` on.
OPERATION void multiply_place(
    const ck_matrix *m, const ck_product *p, int32_t dtype,
    size_t row, size_t rows, size_t token, size_t tokens
) {
    size_t row_bytes = m->columns * ck_block_bytes(dtype);
    stretch s = {
        .weights = (const uint8_t *)m->weights + row * row_bytes,
        .x = p->x + token * p->x_stride,
        .row_bytes = row_bytes,
        .x_stride = p->x_stride,
        .columns = m->columns,
        // Later tokens find the rows in the cache.
        .ahead = token == 0 ? rows * row_bytes : 0,
    };
    wide sums[TILE_ROWS * TILE_TOKENS];
    clear(sums, rows * tokens);
    // Results of many tokens lie too far apart for the CPU to see them coming.
    for (size_t i = 0; i < tokens; i++) __builtin_prefetch(p->y + (token + i) * p->y_stride + row, 1);
    multiply_tile(dtype, &s, sums, rows, tokens);
    put(m, p, row, rows, token, tokens, sums);
}

/// Some rows against tokens first..<last.
OPERATION void multiply_places(
    const ck_matrix *m, const ck_product *p, int32_t dtype, size_t row, size_t rows, size_t first, size_t last
) {
    size_t t = first;
    for (; t + TILE_TOKENS <= last; t += TILE_TOKENS) {
        multiply_place(m, p, dtype, row, rows, t, TILE_TOKENS);
    }
    if (TILE_TOKENS > 4 && last - t >= 4) multiply_place(m, p, dtype, row, rows, t, 4), t += 4;
    if (TILE_TOKENS > 2 && last - t >= 2) multiply_place(m, p, dtype, row, rows, t, 2), t += 2;
    if (t < last) multiply_place(m, p, dtype, row, rows, t, 1);
}

/// Streams the weights once, in groups of rows that stay in the second-level cache while all tokens pass; of
/// these a tile stays in the first-level cache while all rows of the group pass. A few tokens pass together.
OPERATION void multiply_plain(const ck_matrix *m, const ck_product *p, int32_t dtype) {
    size_t group = GROUP_BYTES / (m->columns * ck_block_bytes(dtype) + 1) / TILE_ROWS * TILE_ROWS;
    if (group < 2 * TILE_ROWS) group = 2 * TILE_ROWS;
    size_t step = p->tokens <= 2 * TILE_TOKENS ? p->tokens : TILE_TOKENS;
    for (size_t first = p->first_row; first < p->last_row; first += group) {
        size_t last = p->last_row - first < group ? p->last_row : first + group;
        for (size_t t = 0; t < p->tokens; t += step) {
            size_t end = p->tokens - t < step ? p->tokens : t + step, row = first;
            for (; row + TILE_ROWS <= last; row += TILE_ROWS) {
                multiply_places(m, p, dtype, row, TILE_ROWS, t, end);
            }
            for (; row < last; row++) multiply_places(m, p, dtype, row, 1, t, end);
        }
    }
}

// --- packed numbers ------------------------------------------------------------------------------

/// One copy for all callers, because it holds a loop for each format.
static KERNEL __attribute__((noinline)) void unpack(
    const ck_matrix *m, size_t row, size_t column, size_t count, float *to
) {
    read_packed(m, row, column, count, to);
}

/// `rows` (a constant) rows times tokens first..<last, at most PACKED_TOKENS of them. Rows are unpacked piece
/// by piece; between the pieces the sums wait in the cache.
OPERATION void multiply_packed_rows(
    const ck_matrix *m, const ck_product *p, size_t row, size_t rows, size_t first, size_t last
) {
    wide sums[TILE_ROWS * PACKED_TOKENS];
    float w[TILE_ROWS * CHUNK];
    size_t tokens = last - first;
    clear(sums, rows * tokens);
    for (size_t k = 0; k < m->columns; k += CHUNK) {
        size_t count = m->columns - k < CHUNK ? m->columns - k : CHUNK, t = 0;
        for (size_t r = 0; r < rows; r++) unpack(m, row + r, k, count, w + r * CHUNK);
        stretch s = {
            .weights = (const uint8_t *)w,
            .x = p->x + first * p->x_stride + k,
            .row_bytes = CHUNK * sizeof *w,
            .x_stride = p->x_stride,
            .columns = count,
        };
        for (; t + TILE_TOKENS <= tokens; t += TILE_TOKENS, s.x += TILE_TOKENS * p->x_stride) {
            multiply_tile(CK_F32, &s, sums + t * rows, rows, TILE_TOKENS);
        }
        for (; t < tokens; t++, s.x += p->x_stride) multiply_tile(CK_F32, &s, sums + t * rows, rows, 1);
    }
    put(m, p, row, rows, first, tokens, sums);
}

static KERNEL void multiply_packed(const ck_matrix *m, const ck_product *p) {
    for (size_t first = 0; first < p->tokens; first += PACKED_TOKENS) {
        size_t last = p->tokens - first < PACKED_TOKENS ? p->tokens : first + PACKED_TOKENS;
        size_t row = p->first_row;
        for (; row + TILE_ROWS <= p->last_row; row += TILE_ROWS) {
            multiply_packed_rows(m, p, row, TILE_ROWS, first, last);
        }
        for (; row < p->last_row; row++) multiply_packed_rows(m, p, row, 1, first, last);
    }
}

// --- numbers of any type -------------------------------------------------------------------------

static KERNEL void multiply_rows(const ck_matrix *m, const ck_product *p) {
    switch (m->dtype) {
    case CK_F32: multiply_plain(m, p, CK_F32); break;
    case CK_F16: multiply_plain(m, p, CK_F16); break;
    case CK_BF16: multiply_plain(m, p, CK_BF16); break;
    default: multiply_packed(m, p);
    }
}
