// Plain C for any CPU. Written to be read: the other files must agree with it bit for bit.
#include <math.h>
#include <string.h>

#include "blocks.h"
#include "ckernels.h"
#include "portable_functions.h"
#include "tables.h"

enum { LANES = 8 };

static uint16_t f16_of_f32(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
    uint32_t magnitude = bits & 0x7fffffff;
    if (magnitude > 0x7f800000) return sign | 0x7e00 | (uint16_t)(magnitude >> 13 & 0x3ff);
    if (magnitude >= 0x477ff000) return sign | 0x7c00;  // rounds past 65504
    if (magnitude < 0x38800000) {                       // subnormal: adding 0.5 leaves multiples of 2^-24
        float rounded;
        memcpy(&rounded, &magnitude, sizeof rounded);
        rounded += 0.5f;
        memcpy(&bits, &rounded, sizeof bits);
        return sign | (uint16_t)(bits - 0x3f000000);
    }
    uint32_t odd = magnitude >> 13 & 1;
    return sign | (uint16_t)((magnitude + 0xfff + odd - (112u << 23)) >> 13);
}

static uint16_t bf16_of_f32(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    if ((bits & 0x7fffffff) > 0x7f800000) return (uint16_t)(bits >> 16 | 0x40);
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static void widen(int32_t dtype, const void *from, size_t count, float *to) {
    for (size_t i = 0; i < count; i++) to[i] = number_at(dtype, from, i);
}

static void narrow(int32_t dtype, const float *from, size_t count, void *to) {
    if (dtype == CK_F32) {
        memcpy(to, from, count * sizeof *from);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        uint16_t half = dtype == CK_F16 ? f16_of_f32(from[i]) : bf16_of_f32(from[i]);
        memcpy((uint8_t *)to + i * 2, &half, 2);
    }
}

static float sum(const float lanes[LANES]) {
    return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

static void read_row(const ck_matrix *m, size_t row, float *to) {
    if (m->dtype <= CK_BF16) {
        size_t row_bytes = m->columns * ck_block_bytes(m->dtype);
        widen(m->dtype, (const uint8_t *)m->weights + row * row_bytes, m->columns, to);
    } else {
        read_packed(m, row, 0, m->columns, to);
    }
}

/// The root of the mean square, turned over: four times eight sums in turn, eight columns of the rest to the
/// first.
static float rms_factor(const float *x, size_t count, float epsilon) {
    float sums[4][LANES] = {{0}}, lanes[LANES];
    size_t whole = count / (4 * LANES) * (4 * LANES);
    for (size_t i = 0; i < count; i++) {
        float *s = &sums[i < whole ? i / LANES % 4 : 0][i % LANES];
        *s = fmaf(x[i], x[i], *s);
    }
    for (size_t l = 0; l < LANES; l++) lanes[l] = (sums[0][l] + sums[1][l]) + (sums[2][l] + sums[3][l]);
    return 1 / sqrtf(sum(lanes) / (float)count + epsilon);
}

static void rms_norm(const float *x, const float *weight, size_t count, float epsilon, float *y) {
    float factor = rms_factor(x, count, epsilon);
    for (size_t i = 0; i < count; i++) y[i] = x[i] * factor * weight[i];
}

/// Columns behind the last whole eight come first in the sums of the mean, and last in those of the squares.
static void layer_norm(
    const float *x, const float *weight, const float *bias, size_t count, float epsilon, float *y
) {
    float lanes[LANES] = {0}, squares[LANES] = {0};
    size_t whole = count / LANES * LANES;
    for (size_t i = whole; i < count; i++) lanes[i % LANES] = x[i];
    for (size_t i = 0; i < whole; i++) lanes[i % LANES] += x[i];
    float mean = sum(lanes) / (float)count;
    for (size_t i = 0; i < count; i++) {
        float v = x[i] - mean;
        squares[i % LANES] = fmaf(v, v, squares[i % LANES]);
    }
    float factor = 1 / sqrtf(sum(squares) / (float)count + epsilon);
    for (size_t i = 0; i < count; i++) {
        y[i] = fmaf((x[i] - mean) * factor, weight[i], bias ? bias[i] : 0);
    }
}

static void turn(float *first, float *second, float cosine, float sine) {
    float a = *first, b = *second;
    *first = fmaf(a, cosine, -(b * sine));
    *second = fmaf(b, cosine, a * sine);
}

static void rotate(float *x, const float *cosines, const float *sines, size_t half) {
    for (size_t i = 0; i < half; i++) turn(x + i, x + i + half, cosines[i], sines[i]);
}

static void rotate_pairs(float *x, const float *cosines, const float *sines, size_t half) {
    for (size_t i = 0; i < half; i++) turn(x + 2 * i, x + 2 * i + 1, cosines[i], sines[i]);
}

static void activate(const ck_activation *activation, float *x, const float *other, size_t count) {
    float neutral = activation->kind == CK_SWIGLU ? 0 : 1;
    for (size_t i = 0; i < count; i++) x[i] = activated(activation, x[i], other ? other[i] : neutral);
}

static void soft_cap(float *x, size_t count, float cap) {
    for (size_t i = 0; i < count; i++) x[i] = tanh_of(x[i] / cap) * cap;
}

static void add_scaled(float *y, const float *x, float scale, size_t count) {
    for (size_t i = 0; i < count; i++) y[i] = fmaf(scale, x[i], y[i]);
}

const ck_kernels *ck_portable(void) {
    static const ck_kernels table = {
        .name = "portable",
        .multiply = rows_multiply_portable,
        .multiply_panels = panels_multiply_portable,
        .round = round_portable,
        .rms_norm = rms_norm,
        .layer_norm = layer_norm,
        .rotate = rotate,
        .rotate_pairs = rotate_pairs,
        .activate = activate,
        .soft_cap = soft_cap,
        .add_scaled = add_scaled,
        .keep = keep_portable,
        .attend = attend_portable,
        .widen = widen,
        .narrow = narrow,
        .read_row = read_row,
    };
    return &table;
}
