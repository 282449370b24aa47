// AVX2, FMA and F16C.
//
// A dot product is one accumulator of eight lanes that walks its row from the left, whatever tile it is part
// of; speed comes from the other dot products of the tile, which hide its latency. That is the whole of batch
// invariance here.
#include <math.h>
#include <string.h>

#include "blocks.h"
#include "ckernels.h"
#include "tables.h"

#if defined(__x86_64__)
#include "avx2_functions.h"

/// Tokens that are multiplied together may fill this much of the second-level cache.
enum { TOKEN_BYTES = 256 << 10 };

/// Tokens that packed rows are unpacked for at once: their sums stay in the first-level cache.
enum { PACKED_TOKENS = 60 };

/// The first `count` < 8 numbers, and zeros.
INLINE __m256 load_some(int32_t dtype, const uint8_t *from, size_t count) {
    uint8_t bytes[32] = {0};
    memcpy(bytes, from, count * size_of(dtype));
    return load8(dtype, bytes);
}

// --- matrix --------------------------------------------------------------------------------------

INLINE void put(const ck_matrix *m, const ck_product *p, size_t row, size_t token, float value) {
    if (m->bias) value += m->bias[row];
    float *y = p->y + token * p->y_stride + row;
    *y = p->accumulate ? *y + value : value;
}

/// `rows` x `tokens` dot products. Both are constants at every call, so that the accumulators stay in
/// registers.
INLINE void tile(
    const ck_matrix *m, const ck_product *p, int32_t dtype,
    size_t row, size_t rows, size_t token, size_t tokens
) {
    size_t columns = m->columns, whole = columns / LANES * LANES, size = size_of(dtype);
    const uint8_t *w = (const uint8_t *)m->weights + row * columns * size;
    const float *x = p->x + token * p->x_stride;
    __m256 sums[12];
#pragma clang loop unroll(full)
    for (size_t i = 0; i < rows * tokens; i++) sums[i] = _mm256_setzero_ps();
    for (size_t k = 0; k < whole; k += LANES) {
        __m256 ws[8];
#pragma clang loop unroll(full)
        for (size_t r = 0; r < rows; r++) ws[r] = load8(dtype, w + (r * columns + k) * size);
#pragma clang loop unroll(full)
        for (size_t t = 0; t < tokens; t++) {
            __m256 xs = _mm256_loadu_ps(x + t * p->x_stride + k);
#pragma clang loop unroll(full)
            for (size_t r = 0; r < rows; r++) {
                sums[r * tokens + t] = _mm256_fmadd_ps(ws[r], xs, sums[r * tokens + t]);
            }
        }
    }
    if (whole < columns) {
        for (size_t r = 0; r < rows; r++) {
            __m256 ws = load_some(dtype, w + (r * columns + whole) * size, columns - whole);
            for (size_t t = 0; t < tokens; t++) {
                const float *tail = x + t * p->x_stride + whole;
                __m256 xs = load_some(CK_F32, (const uint8_t *)tail, columns - whole);
                sums[r * tokens + t] = _mm256_fmadd_ps(ws, xs, sums[r * tokens + t]);
            }
        }
    }
#pragma clang loop unroll(full)
    for (size_t r = 0; r < rows; r++) {
#pragma clang loop unroll(full)
        for (size_t t = 0; t < tokens; t++) {
            put(m, p, row + r, token + t, sum8(sums[r * tokens + t]));
        }
    }
}

/// Some rows against tokens first..<last.
INLINE void tiles(
    const ck_matrix *m, const ck_product *p, int32_t dtype, size_t row, size_t rows, size_t first, size_t last
) {
    size_t t = first;
    for (; t + 4 <= last; t += 4) tile(m, p, dtype, row, rows, t, 4);
    if (last - t == 3) tile(m, p, dtype, row, rows, t, 3);
    if (last - t == 2) tile(m, p, dtype, row, rows, t, 2);
    if (last - t == 1) tile(m, p, dtype, row, rows, t, 1);
}

INLINE void multiply_group(
    const ck_matrix *m, const ck_product *p, int32_t dtype, size_t first, size_t last
) {
    size_t row = p->first_row;
    if (last - first == 1) {
        for (; row + 8 <= p->last_row; row += 8) tile(m, p, dtype, row, 8, first, 1);
    } else if (last - first == 2) {
        for (; row + 4 <= p->last_row; row += 4) tile(m, p, dtype, row, 4, first, 2);
    }
    for (; row + 3 <= p->last_row; row += 3) tiles(m, p, dtype, row, 3, first, last);
    for (; row < p->last_row; row++) tiles(m, p, dtype, row, 1, first, last);
}

// --- packed matrix -------------------------------------------------------------------------------

/// One copy for all callers, because it holds a loop for each format.
static AVX2 __attribute__((noinline)) void unpack(
    const ck_matrix *m, size_t row, size_t column, size_t count, float *to
) {
    read_packed(m, row, column, count, to);
}

/// Takes `count` unpacked columns of `rows` rows, CHUNK apart in `w`, into the sums of `tokens` tokens. The
/// last two are constants at every call.
INLINE void packed_tile(
    const float *w, const float *x, size_t stride, size_t count, __m256 *sums, size_t rows, size_t tokens
) {
    __m256 s[12];
#pragma clang loop unroll(full)
    for (size_t i = 0; i < rows * tokens; i++) s[i] = sums[i];
    for (size_t k = 0; k < count; k += LANES) {
        __m256 xs[3];
#pragma clang loop unroll(full)
        for (size_t t = 0; t < tokens; t++) xs[t] = _mm256_loadu_ps(x + t * stride + k);
#pragma clang loop unroll(full)
        for (size_t r = 0; r < rows; r++) {
            __m256 ws = _mm256_loadu_ps(w + r * CHUNK + k);
#pragma clang loop unroll(full)
            for (size_t t = 0; t < tokens; t++) s[t * rows + r] = _mm256_fmadd_ps(ws, xs[t], s[t * rows + r]);
        }
    }
#pragma clang loop unroll(full)
    for (size_t i = 0; i < rows * tokens; i++) sums[i] = s[i];
}

/// `rows` (a constant) rows times tokens first..<last, at most PACKED_TOKENS of them. Rows are unpacked piece
/// by piece; between the pieces the sums wait in the cache.
INLINE void packed_rows(
    const ck_matrix *m, const ck_product *p, size_t row, size_t rows, size_t first, size_t last
) {
    __m256 sums[4 * PACKED_TOKENS];
    float w[4 * CHUNK];
    for (size_t i = 0; i < rows * (last - first); i++) sums[i] = _mm256_setzero_ps();
    for (size_t k = 0; k < m->columns; k += CHUNK) {
        size_t count = m->columns - k < CHUNK ? m->columns - k : CHUNK;
        for (size_t r = 0; r < rows; r++) unpack(m, row + r, k, count, w + r * CHUNK);
        const float *x = p->x + first * p->x_stride + k;
        size_t t = 0, tokens = last - first;
        for (; t + 3 <= tokens; t += 3) {
            packed_tile(w, x + t * p->x_stride, p->x_stride, count, sums + t * rows, rows, 3);
        }
        x += t * p->x_stride;
        if (tokens - t == 2) packed_tile(w, x, p->x_stride, count, sums + t * rows, rows, 2);
        if (tokens - t == 1) packed_tile(w, x, p->x_stride, count, sums + t * rows, rows, 1);
    }
    for (size_t i = 0; i < rows * (last - first); i++) {
        put(m, p, row + i % rows, first + i / rows, sum8(sums[i]));
    }
}

static AVX2 void multiply_packed(const ck_matrix *m, const ck_product *p) {
    for (size_t first = 0; first < p->tokens; first += PACKED_TOKENS) {
        size_t last = p->tokens - first < PACKED_TOKENS ? p->tokens : first + PACKED_TOKENS;
        size_t row = p->first_row;
        for (; row + 4 <= p->last_row; row += 4) packed_rows(m, p, row, 4, first, last);
        for (; row < p->last_row; row++) packed_rows(m, p, row, 1, first, last);
    }
}

// --- matrix of any type --------------------------------------------------------------------------

/// Streams the weights once per group of tokens; a group's activations stay in the cache meanwhile.
static AVX2 void multiply(const ck_matrix *m, const ck_product *p) {
    if (m->dtype > CK_BF16) {
        multiply_packed(m, p);
        return;
    }
    size_t group = TOKEN_BYTES / (m->columns * sizeof(float) + 1) / 4 * 4;
    if (group < 8) group = 8;
    for (size_t first = 0; first < p->tokens; first += group) {
        size_t last = p->tokens - first < group ? p->tokens : first + group;
        switch (m->dtype) {
        case CK_F32: multiply_group(m, p, CK_F32, first, last); break;
        case CK_F16: multiply_group(m, p, CK_F16, first, last); break;
        default: multiply_group(m, p, CK_BF16, first, last); break;
        }
    }
}

// --- rows ----------------------------------------------------------------------------------------

INLINE void activate_as(const ck_activation *a, int32_t kind, float *x, const float *other, size_t count) {
    const __m256 neutral = all8(kind == CK_SWIGLU ? 0 : 1);
    size_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        __m256 second = other ? _mm256_loadu_ps(other + i) : neutral;
        _mm256_storeu_ps(x + i, activated8(a, kind, _mm256_loadu_ps(x + i), second));
    }
    if (i == count) return;
    float last[LANES];
    __m256 second = other ? load_some(CK_F32, (const uint8_t *)(other + i), count - i) : neutral;
    __m256 first = load_some(CK_F32, (const uint8_t *)(x + i), count - i);
    _mm256_storeu_ps(last, activated8(a, kind, first, second));
    memcpy(x + i, last, (count - i) * sizeof *x);
}

static AVX2 void activate(const ck_activation *a, float *x, const float *other, size_t count) {
    switch (a->kind) {
    case CK_SILU: activate_as(a, CK_SILU, x, other, count); break;
    case CK_GELU: activate_as(a, CK_GELU, x, other, count); break;
    case CK_GELU_TANH: activate_as(a, CK_GELU_TANH, x, other, count); break;
    case CK_RELU: activate_as(a, CK_RELU, x, other, count); break;
    case CK_RELU2: activate_as(a, CK_RELU2, x, other, count); break;
    default: activate_as(a, CK_SWIGLU, x, other, count); break;
    }
}

static AVX2 void soft_cap(float *x, size_t count, float cap) {
    size_t i = 0;
    for (; i + LANES <= count; i += LANES) _mm256_storeu_ps(x + i, capped8(_mm256_loadu_ps(x + i), cap));
    if (i == count) return;
    float last[LANES];
    _mm256_storeu_ps(last, capped8(load_some(CK_F32, (const uint8_t *)(x + i), count - i), cap));
    memcpy(x + i, last, (count - i) * sizeof *x);
}

static AVX2 void add_scaled(float *y, const float *x, float scale, size_t count) {
    size_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        __m256 sum = _mm256_fmadd_ps(all8(scale), _mm256_loadu_ps(x + i), _mm256_loadu_ps(y + i));
        _mm256_storeu_ps(y + i, sum);
    }
    for (; i < count; i++) y[i] = fmaf(scale, x[i], y[i]);
}

static AVX2 void layer_norm(
    const float *x, const float *weight, const float *bias, size_t count, float epsilon, float *y
) {
    const __m256 lane = _mm256_setr_ps(0, 1, 2, 3, 4, 5, 6, 7);
    size_t whole = count / LANES * LANES, rest = count - whole;
    __m256 last = load_some(CK_F32, (const uint8_t *)(x + whole), rest);
    __m256 sums = last, squares = _mm256_setzero_ps();
    for (size_t i = 0; i < whole; i += LANES) sums = _mm256_add_ps(sums, _mm256_loadu_ps(x + i));
    float mean = sum8(sums) / (float)count;
    __m256 means = all8(mean);
    for (size_t i = 0; i < whole; i += LANES) {
        __m256 v = _mm256_sub_ps(_mm256_loadu_ps(x + i), means);
        squares = _mm256_fmadd_ps(v, v, squares);
    }
    __m256 v = _mm256_sub_ps(last, means);
    v = _mm256_and_ps(v, _mm256_cmp_ps(lane, all8((float)rest), _CMP_LT_OQ));
    squares = _mm256_fmadd_ps(v, v, squares);
    float factor = 1 / sqrtf(sum8(squares) / (float)count + epsilon);
    for (size_t i = 0; i < whole; i += LANES) {
        v = _mm256_mul_ps(_mm256_sub_ps(_mm256_loadu_ps(x + i), means), all8(factor));
        __m256 shift = bias ? _mm256_loadu_ps(bias + i) : _mm256_setzero_ps();
        _mm256_storeu_ps(y + i, _mm256_fmadd_ps(v, _mm256_loadu_ps(weight + i), shift));
    }
    for (size_t i = whole; i < count; i++) {
        y[i] = fmaf((x[i] - mean) * factor, weight[i], bias ? bias[i] : 0);
    }
}

static AVX2 void rms_norm(const float *x, const float *weight, size_t count, float epsilon, float *y) {
    __m256 sums[4] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps()};
    size_t i = 0;
    for (; i + 4 * LANES <= count; i += 4 * LANES) {
#pragma clang loop unroll(full)
        for (size_t j = 0; j < 4; j++) {
            __m256 v = _mm256_loadu_ps(x + i + j * LANES);
            sums[j] = _mm256_fmadd_ps(v, v, sums[j]);
        }
    }
    for (; i + LANES <= count; i += LANES) {
        __m256 v = _mm256_loadu_ps(x + i);
        sums[0] = _mm256_fmadd_ps(v, v, sums[0]);
    }
    if (i < count) {
        __m256 v = load_some(CK_F32, (const uint8_t *)(x + i), count - i);
        sums[0] = _mm256_fmadd_ps(v, v, sums[0]);
    }
    float square = sum8(_mm256_add_ps(_mm256_add_ps(sums[0], sums[1]), _mm256_add_ps(sums[2], sums[3])));
    float factor = 1 / sqrtf(square / (float)count + epsilon);
    __m256 factors = _mm256_set1_ps(factor);
    for (i = 0; i + LANES <= count; i += LANES) {
        __m256 v = _mm256_mul_ps(_mm256_loadu_ps(x + i), factors);
        _mm256_storeu_ps(y + i, _mm256_mul_ps(v, _mm256_loadu_ps(weight + i)));
    }
    for (; i < count; i++) y[i] = x[i] * factor * weight[i];
}

static AVX2 void rotate(float *x, const float *cosines, const float *sines, size_t half) {
    size_t i = 0;
    for (; i + 4 <= half; i += 4) {
        __m128 first = _mm_loadu_ps(x + i), second = _mm_loadu_ps(x + i + half);
        __m128 c = _mm_loadu_ps(cosines + i), s = _mm_loadu_ps(sines + i);
        _mm_storeu_ps(x + i, _mm_fmsub_ps(first, c, _mm_mul_ps(second, s)));
        _mm_storeu_ps(x + i + half, _mm_fmadd_ps(second, c, _mm_mul_ps(first, s)));
    }
    for (; i < half; i++) {
        float first = x[i], second = x[i + half];
        x[i] = fmaf(first, cosines[i], -(second * sines[i]));
        x[i + half] = fmaf(second, cosines[i], first * sines[i]);
    }
}

static AVX2 void rotate_pairs(float *x, const float *cosines, const float *sines, size_t half) {
    for (size_t i = 0; i < half; i++) {
        float first = x[2 * i], second = x[2 * i + 1];
        x[2 * i] = fmaf(first, cosines[i], -(second * sines[i]));
        x[2 * i + 1] = fmaf(second, cosines[i], first * sines[i]);
    }
}

static AVX2 void widen(int32_t dtype, const void *from, size_t count, float *to) {
    const uint8_t *bytes = from;
    size_t size = size_of(dtype), i = 0;
    for (; i + LANES <= count; i += LANES) _mm256_storeu_ps(to + i, load8(dtype, bytes + i * size));
    if (i == count) return;
    float last[LANES];
    _mm256_storeu_ps(last, load_some(dtype, bytes + i * size, count - i));
    memcpy(to + i, last, (count - i) * sizeof *to);
}

static AVX2 void read_row(const ck_matrix *m, size_t row, float *to) {
    if (m->dtype <= CK_BF16) {
        widen(m->dtype, (const uint8_t *)m->weights + row * m->columns * size_of(m->dtype), m->columns, to);
    } else {
        unpack(m, row, 0, m->columns, to);
    }
}

static AVX2 void narrow(int32_t dtype, const float *from, size_t count, void *to) {
    if (dtype != CK_F16) {
        ck_portable()->narrow(dtype, from, count, to);
        return;
    }
    uint8_t *bytes = to;
    for (size_t i = 0; i < count; i += LANES) {
        size_t some = count - i < LANES ? count - i : LANES;
        __m256 v = some == LANES ? _mm256_loadu_ps(from + i)
                                 : load_some(CK_F32, (const uint8_t *)(from + i), some);
        __m128i halves = _mm256_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
        memcpy(bytes + i * 2, &halves, some * 2);
    }
}

// --- tables --------------------------------------------------------------------------------------

/// Two tables that differ in how panels are multiplied and in attention.
#define TABLE(title, by_panels, attention)                                                       \
    {                                                                                            \
        .name = title, .multiply = multiply, .multiply_panels = by_panels,                       \
        .round = panels_round_avx2, .rms_norm = rms_norm, .layer_norm = layer_norm,              \
        .rotate = rotate, .rotate_pairs = rotate_pairs, .activate = activate,                    \
        .soft_cap = soft_cap, .add_scaled = add_scaled, .keep = keep_avx2, .attend = attention,  \
        .widen = widen, .narrow = narrow, .read_row = read_row,                                  \
    }

const ck_kernels *ck_avx2(void) {
    static const ck_kernels table = TABLE("avx2", panels_multiply_avx2, attend_avx2);
    __builtin_cpu_init();
    int able = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")
        && __builtin_cpu_supports("f16c");
    return able ? &table : NULL;
}

const ck_kernels *ck_avx512(void) {
    static const ck_kernels table = TABLE("avx512", panels_multiply_avx512, attend_avx512);
    int able = ck_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")
        && __builtin_cpu_supports("avx512vnni");
    return able ? &table : NULL;
}

#else
const ck_kernels *ck_avx2(void) { return NULL; }
const ck_kernels *ck_avx512(void) { return NULL; }
#endif
