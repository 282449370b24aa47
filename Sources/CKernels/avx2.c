// AVX2, FMA and F16C.
#include <math.h>
#include <string.h>

#include "blocks.h"
#include "ckernels.h"
#include "tables.h"

#if defined(__x86_64__)
#include "avx2_functions.h"

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
    float factor = rms_factor(x, count, epsilon);
    size_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        __m256 v = _mm256_mul_ps(_mm256_loadu_ps(x + i), all8(factor));
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
        read_packed(m, row, 0, m->columns, to);
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

/// Two tables that differ in how matrices are multiplied and in attention.
#define TABLE(title, by_rows, by_panels, attention)                                              \
    {                                                                                            \
        .name = title, .multiply = by_rows, .multiply_panels = by_panels,                        \
        .round = round_avx2, .rms_norm = rms_norm, .layer_norm = layer_norm,                     \
        .rotate = rotate, .rotate_pairs = rotate_pairs, .activate = activate,                    \
        .soft_cap = soft_cap, .add_scaled = add_scaled, .keep = keep_avx2, .attend = attention,  \
        .widen = widen, .narrow = narrow, .read_row = read_row,                                  \
    }

const ck_kernels *ck_avx2(void) {
    static const ck_kernels table = TABLE(
        "avx2", rows_multiply_avx2, panels_multiply_avx2, attend_avx2
    );
    __builtin_cpu_init();
    int able = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")
        && __builtin_cpu_supports("f16c");
    return able ? &table : NULL;
}

const ck_kernels *ck_avx512(void) {
    static const ck_kernels table = TABLE(
        "avx512", rows_multiply_avx512, panels_multiply_avx512, attend_avx512
    );
    int able = ck_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")
        && __builtin_cpu_supports("avx512vnni");
    return able ? &table : NULL;
}

#else
const ck_kernels *ck_avx2(void) { return NULL; }
const ck_kernels *ck_avx512(void) { return NULL; }
#endif
